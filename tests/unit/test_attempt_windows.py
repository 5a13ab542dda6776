"""Windows of attempts, and what counts as one place on the network."""

from datetime import UTC, datetime, timedelta
from ipaddress import IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.channels.requests import origin_of
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


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "origin"),
    [
        ("192.0.2.7", "", "192.0.2.7"),
        ("192.0.2.7", "198.51.100.1", "192.0.2.7"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "203.0.113.9, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("10.0.0.1", "2001:db8:1::7", "2001:db8:1::7"),
        ("::ffff:10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("::ffff:192.0.2.7", "198.51.100.1", "192.0.2.7"),
        ("10.0.0.1", "", "unknown"),
        ("10.0.0.1", "198.51.100.1, nonsense", "unknown"),
        ("", "", "unknown"),
    ],
)
def test_a_forwarded_address_is_believed_from_a_trusted_proxy_alone(peer: str, forwarded_for: str, origin: str) -> None:
    assert origin_of(peer, forwarded_for, ("10.0.0.0/8",)) == origin


def test_clients_of_different_ipv6_networks_count_apart() -> None:
    networks = [network_of(origin_of(f"2001:db8:{number}::7", "", ())) for number in range(3)]
    assert networks == ["2001:db8::/64", "2001:db8:1::/64", "2001:db8:2::/64"]


@pytest.mark.parametrize(("attempts_max", "window_seconds"), [(0, 60), (1, 0), (1, 86_401)])
def test_a_limit_that_means_nothing_is_a_mistake(attempts_max: int, window_seconds: int) -> None:
    with pytest.raises(ValueError, match="a limit allows"):
        Limit("x", attempts_max, window_seconds)
