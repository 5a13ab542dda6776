"""Policies as they are kept: what was in force on any day can be read back."""

from datetime import UTC, datetime, time, timedelta

import psycopg
import pytest

from firsthand.messages.model import Template
from firsthand.platform.world import World
from firsthand.policy.actions import PolicyMissingError, read_in_force
from firsthand.policy.model import ArrivalPolicy, BookingPolicy, Cap, MessagePolicy, Version
from firsthand.policy.store import add_version, read_versions
from tests.city import NO_CAPS, set_policy
from tests.conftest import START


async def test_the_shipped_policies_are_in_force(world: World) -> None:
    async with world.database.transaction() as conn:
        booking = await read_in_force(conn, BookingPolicy, at=START)
        arrival = await read_in_force(conn, ArrivalPolicy, at=START)
        with pytest.raises(PolicyMissingError, match="BookingPolicy"):
            await read_in_force(conn, BookingPolicy, at=datetime(2019, 12, 31, tzinfo=UTC))
    assert booking.caps == (
        Cap("department_day", 1, per_department=True, max_count=1),
        Cap("day", 1, per_department=False, max_count=2),
        Cap("week", 7, per_department=False, max_count=3),
    )
    assert arrival == ArrivalPolicy(early_minutes_max=120, late_after_minutes=15, no_show_after_end_minutes=30)


async def test_a_version_is_kept_beside_the_ones_before_it(world: World) -> None:
    change = START + timedelta(days=30)
    await set_policy(world, NO_CAPS, effective_from=change)
    async with world.database.transaction() as conn:
        assert len(await read_versions(conn, BookingPolicy)) == 2
        assert len(await read_versions(conn, ArrivalPolicy)) == 1
        before, after = [
            await read_in_force(conn, BookingPolicy, at=at) for at in (change - timedelta(microseconds=1), change)
        ]
    assert before != NO_CAPS
    assert after == NO_CAPS


async def test_a_version_is_never_replaced(world: World) -> None:
    await set_policy(world, NO_CAPS)
    async with world.database.transaction() as conn:
        with pytest.raises(psycopg.errors.UniqueViolation):
            await add_version(conn, Version(START, NO_CAPS, "again"))


async def test_what_the_shipped_quiet_hours_exempt_are_messages(world: World) -> None:
    async with world.database.connection() as conn:
        policy = await read_in_force(conn, MessagePolicy, at=world.clock.now())
    assert set(policy.exempt) <= {template.value for template in Template}
    assert (policy.quiet_from, policy.quiet_until) == (time(22), time(7))
