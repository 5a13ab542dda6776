"""Windows of attempts, and what counts as one place on the network."""

from datetime import UTC, datetime, timedelta
from ipaddress import IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.platform.attempts import Limit, network_of, window_start

instants = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds


@given(instants, st.integers(1, 86_400))
def test_an_instant_lies_in_its_window(now: datetime, seconds: int) -> None:
    start = window_start(now, seconds)
    assert start <= now < start + timedelta(seconds=seconds)
    assert window_start(start, seconds) == start


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        (" 192.0.2.7 ", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::1", "::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "unknown"),
        ("proxy, 192.0.2.7", "unknown"),
    ],
)
def test_what_counts_as_one_place(address: str, network: str) -> None:
    assert network_of(address) == network


# Below 2**16 lie the IPv4-mapped addresses, which count one by one.
@given(st.integers(2**16, 2**64 - 1), st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
def test_addresses_of_one_ipv6_network_count_together(network: int, host: int, other_host: int) -> None:
    one, other = (str(IPv6Address(network << 64 | each)) for each in (host, other_host))
    assert network_of(one) == network_of(other)


@pytest.mark.parametrize(("attempts_max", "window_seconds"), [(0, 60), (1, 0), (1, 86_401)])
def test_a_limit_that_means_nothing_is_a_mistake(attempts_max: int, window_seconds: int) -> None:
    with pytest.raises(ValueError, match="a limit allows"):
        Limit("x", attempts_max, window_seconds)
