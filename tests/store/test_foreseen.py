"""What a change of a policy would touch is counted as things stand, and never holds a page up."""

from dataclasses import replace
from datetime import timedelta

import psycopg

from firsthand.booking.foreseen.actions import foresee
from firsthand.booking.foreseen.model import Touched, What
from firsthand.platform.clock import ManualClock
from firsthand.platform.postgres import Role
from firsthand.platform.world import World
from firsthand.policy.documents import DocumentPolicy
from firsthand.policy.model import BookingPolicy, Cap, FamilyPolicy, Policy
from tests.city import NO_CAPS, Opening, capped, hold, make_city, set_policy
from tests.conftest import START, FreshDatabase
from tests.families import tied
from tests.policy_samples import KIND, POLICIES

DAY = Cap("day", 1, per_department=False, max_count=1)
TODAY = START.date()


async def count(world: World, before: Policy, after: Policy) -> list[tuple[What, str, int | None]]:
    found = await foresee(world, before, after, today=TODAY)
    return [(one.what, one.name, one.count) for one in found]


def holding(most: int) -> BookingPolicy:
    return replace(NO_CAPS, holds_live_max=most)


async def test_who_holds_more_than_would_be_allowed_is_counted_while_he_does(world: World, clock: ManualClock) -> None:
    city = await make_city(world, sessions=3, persons=3)
    await set_policy(world, NO_CAPS)
    for person, session in ((0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (2, 0)):
        await hold(world, city, person, session)
    for most, people in ((1, 2), (2, 1), (3, 0)):
        assert await count(world, NO_CAPS, holding(most)) == [(What.HOLDERS, "", people)]
    clock.advance(timedelta(seconds=NO_CAPS.hold_seconds))
    assert await count(world, NO_CAPS, holding(1)) == [(What.HOLDERS, "", 0)]


async def test_patients_beyond_a_cap_are_counted_over_its_days_and_departments(world: World) -> None:
    openings = [
        Opening(day=1), Opening(day=1, hour=14), Opening(day=2, department="Cardiology"), Opening(day=7),
        Opening(day=8, hospital=1),
    ]  # fmt: skip
    city = await make_city(world, sessions=openings, persons=4)
    await set_policy(world, NO_CAPS)
    for person, session in ((0, 0), (0, 1), (1, 0), (1, 2), (2, 0), (2, 4), (3, 3)):
        await hold(world, city, person, session)
    for cap, people in (
        (DAY, 1),
        (Cap("two", 2, per_department=False, max_count=1), 2),
        (Cap("two", 2, per_department=True, max_count=1), 1),
        (Cap("week", 7, per_department=False, max_count=1), 2),
        (Cap("eight", 8, per_department=False, max_count=1), 3),
        (Cap("eight", 8, per_department=False, max_count=0), 4),
        (Cap("eight", 8, per_department=False, max_count=2), 0),
    ):
        assert await count(world, NO_CAPS, capped(cap)) == [(What.PATIENTS, cap.name, people)], cap


async def test_carers_and_dependants_beyond_a_limit_are_counted(world: World) -> None:
    city = await make_city(world, persons=4)
    for carer, dependant in ((0, 1), (0, 2), (3, 1)):
        await tied(world, city, carer, dependant)
    before = POLICIES["family"]
    assert isinstance(before, FamilyPolicy)
    for most, people in ((1, 1), (2, 0)):
        after = replace(before, dependants_max=most, carers_max=most)
        assert await count(world, before, after) == [(What.CARERS, "", people), (What.DEPENDANTS, "", people)]


async def test_documents_of_a_kind_that_goes_are_counted(world: World) -> None:
    before = DocumentPolicy(365, (KIND, replace(KIND, code="passport")))
    await make_city(world, persons=3)
    assert await count(world, before, DocumentPolicy(365)) == [
        (What.DOCUMENTS, "military_id", 0),
        (What.DOCUMENTS, "passport", 3),
    ]


async def test_a_count_that_takes_too_long_has_no_number(world: World, fresh_database: FreshDatabase) -> None:
    with psycopg.connect(fresh_database.dsn(Role.OWNER)) as owner:
        owner.execute("LOCK TABLE booking.booking")
        found = await foresee(world, NO_CAPS, replace(capped(DAY), holds_live_max=1), today=TODAY)
    assert found == (Touched(What.HOLDERS, "", None), Touched(What.PATIENTS, "day", None))
