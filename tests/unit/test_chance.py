"""Ids, codes and digits: their form, their order, and that nothing is likelier than anything else."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import RFC_4122

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.platform.chance import (
    BOOKING_CODE_LENGTH,
    CODE_ALPHABET,
    SeededChance,
    SystemChance,
    new_booking_code,
    new_digits,
    new_id,
)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
instants = st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
raw_bytes = st.binary(min_size=10, max_size=10)


class Rigged:
    """Randomness that is what a test says, call by call."""

    def __init__(self, *draws: bytes) -> None:
        self._draws = iter(draws)

    def bytes(self, count: int) -> bytes:
        drawn = next(self._draws)
        assert len(drawn) == count
        return drawn


@given(
    instants | st.integers(1, 7 * 10**12).map(lambda end: EPOCH + timedelta(milliseconds=end, microseconds=-1)),
    raw_bytes,
)
def test_an_id_is_a_uuid_of_version_7_that_tells_its_millisecond(now: datetime, drawn: bytes) -> None:
    made = new_id(Rigged(drawn), now)
    assert (made.version, made.variant) == (7, RFC_4122)
    assert made.int >> 80 == (now - EPOCH) // timedelta(milliseconds=1)


@given(instants, instants, raw_bytes, raw_bytes)
def test_ids_are_in_the_order_of_their_milliseconds(
    one: datetime, other: datetime, drawn: bytes, drawn_too: bytes
) -> None:
    earlier, later = sorted([one, other])
    if later - earlier >= timedelta(milliseconds=1):
        assert new_id(Rigged(drawn), earlier) < new_id(Rigged(drawn_too), later)


@given(raw_bytes, raw_bytes)
def test_all_74_random_bits_count(drawn: bytes, drawn_too: bytes) -> None:
    random_bits = (1 << 80) - 1 & ~(0xF << 76) & ~(0x3 << 62)
    same = int.from_bytes(drawn) & random_bits == int.from_bytes(drawn_too) & random_bits
    assert (new_id(Rigged(drawn), EPOCH) == new_id(Rigged(drawn_too), EPOCH)) == same


@given(st.integers(0, 2**60 - 1), st.integers(0, 2**60 - 1))
def test_a_code_has_12_characters_and_60_bits(one: int, other: int) -> None:
    codes = [new_booking_code(Rigged(bits.to_bytes(8))) for bits in (one, other)]
    assert all(len(code) == BOOKING_CODE_LENGTH and set(code) <= set(CODE_ALPHABET) for code in codes)
    assert (codes[0] == codes[1]) == (one == other)


def test_each_digit_comes_equally_often() -> None:
    drawn: Counter[str] = Counter()
    for number in range(2**16):
        # A draw that would make some digits likelier than others is thrown away for the next one.
        digits = new_digits(Rigged(number.to_bytes(2), bytes(2)), 1)
        if number < 2**16 - 2**16 % 10:
            drawn[digits] += 1
        else:
            assert digits == "0"
    assert drawn == dict.fromkeys("0123456789", 6553)


@given(st.integers(1, 12), st.integers())
def test_digits_are_as_many_as_asked_for(count: int, seed: int) -> None:
    digits = new_digits(SeededChance(seed), count)
    assert len(digits) == count
    assert digits.isascii()
    assert digits.isdigit()


@given(st.integers(), st.lists(st.integers(0, 40), max_size=5))
def test_a_seed_repeats_itself(seed: int, counts: list[int]) -> None:
    one, other = SeededChance(seed), SeededChance(seed)
    assert [one.bytes(count) for count in counts] == [other.bytes(count) for count in counts]


@pytest.mark.parametrize("count", [0, 1, 32])
def test_the_systems_randomness_is_as_long_as_asked_for(count: int) -> None:
    assert len(SystemChance().bytes(count)) == count
    assert count < 32 or SystemChance().bytes(count) != SystemChance().bytes(count)
