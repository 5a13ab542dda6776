"""The clocks."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.platform.clock import ManualClock, SystemClock

START = datetime(2026, 3, 8, 8, 0, tzinfo=ZoneInfo("Asia/Shanghai"))


@given(st.lists(st.timedeltas(timedelta(0), timedelta(days=9)), max_size=5))
def test_a_manual_clock_stands_until_it_is_moved(steps: list[timedelta]) -> None:
    clock = ManualClock(START)
    for step in steps:
        clock.advance(step)
        assert clock.now() == clock.now()
    assert clock.now() == START + sum(steps, timedelta(0))
    assert clock.now().tzinfo is UTC


@given(st.timedeltas(timedelta.min / 2, timedelta(microseconds=-1)))
def test_it_never_goes_back(step: timedelta) -> None:
    clock = ManualClock(START)
    with pytest.raises(ValueError, match="cannot go back"):
        clock.advance(max(step, timedelta(days=-365_000)))
    assert clock.now() == START


def test_a_move_is_a_move_in_real_time_whatever_the_clocks_of_the_place_do() -> None:
    before = datetime(2026, 3, 8, 1, 30, tzinfo=ZoneInfo("America/New_York"))  # an hour is about to be left out
    clock = ManualClock(before)
    clock.advance(timedelta(hours=1))
    assert clock.now() == datetime(2026, 3, 8, 7, 30, tzinfo=UTC)


def test_the_systems_clock_is_in_utc_and_never_before_itself() -> None:
    one, other = SystemClock().now(), SystemClock().now()
    assert one.tzinfo is UTC
    assert datetime(2026, 1, 1, tzinfo=UTC) < one <= other
