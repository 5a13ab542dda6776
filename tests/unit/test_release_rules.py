"""When a number is expected."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from firsthand.release.rules import expected_at

instants = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
lengths = st.timedeltas(timedelta(microseconds=1), timedelta(days=1))
capacities = st.integers(0, 10_000)
numbers = st.integers(1, 10_001)


@given(instants, lengths, capacities, numbers)
def test_everybody_is_expected_within_the_session(
    starts_at: datetime, length: timedelta, capacity: int, number: int
) -> None:
    ends_at = starts_at + length
    assert starts_at <= expected_at(starts_at, ends_at, capacity=capacity, number=number) <= ends_at


@given(instants, lengths, capacities, numbers, numbers)
def test_a_higher_number_is_never_expected_earlier(
    starts_at: datetime, length: timedelta, capacity: int, one: int, other: int
) -> None:
    first, second = (
        expected_at(starts_at, starts_at + length, capacity=capacity, number=number) for number in sorted([one, other])
    )
    assert first <= second


@given(instants, st.integers(1, 24), st.integers(1, 60))
def test_the_time_is_shared_out_evenly(starts_at: datetime, hours: int, capacity: int) -> None:
    ends_at = starts_at + timedelta(hours=hours)
    times = [expected_at(starts_at, ends_at, capacity=capacity, number=number + 1) for number in range(capacity)]
    share = timedelta(hours=hours) / capacity
    assert times[0] == starts_at
    gaps = [later - earlier for earlier, later in zip(times, [*times[1:], ends_at], strict=True)]
    assert all(abs(gap - share) <= timedelta(microseconds=1) for gap in gaps)
