"""Which version of a policy is in force, and what a policy cannot say."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.policy.model import ArrivalPolicy, BookingPolicy, Cap, Version
from firsthand.policy.rules import in_force

NOW = datetime(2026, 3, 2, tzinfo=UTC)
starts = st.sets(st.integers(-1000, 1000), max_size=10)


def version(second: int) -> Version[ArrivalPolicy]:
    return Version(NOW + timedelta(seconds=second), ArrivalPolicy(0, 0, second), "a test")


@given(starts.flatmap(lambda seconds: st.permutations(sorted(seconds))), st.integers(-1001, 1001))
def test_the_version_in_force_is_the_last_to_have_begun(seconds: list[int], at: int) -> None:
    found = in_force([version(second) for second in seconds], at=NOW + timedelta(seconds=at))
    begun = [second for second in seconds if second <= at]
    assert (found.no_show_after_end_minutes if found else None) == max(begun, default=None)


@given(starts, st.integers(-1000, 1000), st.integers(1, 1000))
def test_a_version_to_come_changes_nothing_before_it_begins(seconds: set[int], at: int, later: int) -> None:
    versions = [version(second) for second in seconds]
    instant = NOW + timedelta(seconds=at)
    assert in_force([*versions, version(at + later)], at=instant) == in_force(versions, at=instant)


@pytest.mark.parametrize(("days", "max_count"), [(0, 1), (-1, 1), (1, -1)])
def test_a_cap_that_means_nothing_is_refused(days: int, max_count: int) -> None:
    with pytest.raises(ValueError, match="cap week"):
        Cap("week", days, per_department=False, max_count=max_count)
    body = {"name": "week", "days": days, "per_department": False, "max_count": max_count}
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(body, Cap)


def test_a_policy_must_say_everything() -> None:
    with pytest.raises(msgspec.ValidationError, match="holds_live_max"):
        msgspec.convert({"hold_seconds": 900}, BookingPolicy)
