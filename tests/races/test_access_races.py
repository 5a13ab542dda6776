"""Duties, accounts and emergency accesses, changed by several at the same moment."""

import asyncio
from collections import Counter as Tally
from datetime import timedelta
from uuid import UUID

import pytest

from firsthand.audit.model import Caller
from firsthand.directory.emergency.actions import list_own_open, list_reviews, open_record, review_access
from firsthand.directory.emergency.model import Access, Wanted
from firsthand.directory.emergency.model import Reason as EmergencyReason
from firsthand.directory.emergency.model import Refused as EmergencyRefused
from firsthand.directory.staff.actions import add_staff, deactivate_staff
from firsthand.directory.staff.duties import end_duty, give_duty, read_duties, session_of, switch_duty
from firsthand.directory.staff.model import Duty, Reason, Refused, Staff
from firsthand.directory.staff_sign_in.actions import sign_in_staff
from firsthand.directory.staff_sign_in.model import Typed
from firsthand.identity.session.actions import find_sessions, list_sessions
from firsthand.identity.session.model import OpenedSession, SignedIn
from firsthand.identity.session.store import open_staff_session
from firsthand.messages.model import Template
from firsthand.platform.access import Role
from firsthand.platform.world import World
from tests.api_client import open_api
from tests.city import City, Opening, make_city, place_states
from tests.conftest import START, FreshDatabase
from tests.people import HERE, STRANGER, SYSTEM, audited, said
from tests.staffing import PASSWORD, Crew, make_crew, username_of

WHY = "Found unconscious at the bus stop, no papers"
JUDGED = "He was brought in by ambulance, see the log"
TIMES = 5


@pytest.fixture
async def city(world: World) -> City:
    return await make_city(world, sessions=[Opening(places=20), Opening(hospital=1)], persons=12)


@pytest.fixture
async def crew(world: World, city: City) -> Crew:
    return await make_crew(world, city)


def managers(crew: Crew) -> list[Caller]:
    """Return two administrators who may give and end duties at the first hospital."""
    return [crew.caller(Role.HOSPITAL_ADMIN), crew.caller(Role.CITY_ADMIN)]


async def signed_in(world: World, staff_id: UUID) -> SignedIn:
    """Open a session for a member of the crew in the oldest of his duties."""
    *_, duty = await read_duties(world, staff_id)
    async with world.database.transaction() as conn:
        return (await open_staff_session(conn, world, session_of(duty))).signed_in


async def live(world: World, sessions: list[SignedIn]) -> list[SignedIn]:
    """Return which sessions are still good."""
    found = await find_sessions(world, [one.token_hash for one in sessions])
    return [one for one in found if one is not None]


async def test_two_administrators_end_one_duty_and_it_ends_once(
    world: World, crew: Crew, fresh_database: FreshDatabase
) -> None:
    (duty,) = await read_duties(world, crew.staff_id(Role.DESK))
    answers = await asyncio.gather(*(end_duty(world, caller, duty.id) for caller in managers(crew) * TIMES))
    assert Tally(map(str, answers)) == {"None": 1, str(Refused(Reason.DUTY_UNKNOWN)): 2 * TIMES - 1}
    assert await read_duties(world, crew.staff_id(Role.DESK)) == []
    ended = [outcome for action, outcome in audited(fresh_database) if action == "directory.end_duty"]
    assert Tally(ended) == {"done": 1, "duty_unknown": 2 * TIMES - 1}


@pytest.mark.parametrize("days", [None, 30], ids=["without an end", "with an end"])
async def test_two_administrators_give_one_duty_and_it_is_held_once(world: World, crew: Crew, days: int | None) -> None:
    ends_at = START + timedelta(days=days) if days else None
    staff_id, here = crew.staff_id(Role.DESK), crew.hospital_ids[0]
    answers = await asyncio.gather(
        *(
            give_duty(world, caller, staff_id, Role.SUPERVISOR, here, ends_at=ends_at)
            for caller in managers(crew) * TIMES
        )
    )
    assert sum(isinstance(answer, Duty) for answer in answers) == 1
    assert answers.count(Refused(Reason.DUTY_HELD)) == 2 * TIMES - 1
    assert [duty.role for duty in await read_duties(world, staff_id)] == [Role.SUPERVISOR, Role.DESK]


async def test_a_duty_is_given_and_the_account_closed_and_none_goes_on(world: World, crew: Crew) -> None:
    staff_id, here = crew.staff_id(Role.DESK), crew.hospital_ids[0]
    city_admin = crew.caller(Role.CITY_ADMIN)
    given, closed = await asyncio.gather(
        give_duty(world, crew.caller(Role.HOSPITAL_ADMIN), staff_id, Role.SUPERVISOR, here),
        deactivate_staff(world, city_admin, staff_id),
    )
    assert closed is None
    assert isinstance(given, Duty) or given == Refused(Reason.STAFF_UNKNOWN)
    after = await give_duty(world, city_admin, staff_id, Role.OFFICER, here)
    assert after == Refused(Reason.STAFF_UNKNOWN)


async def test_an_account_is_closed_once(world: World, crew: Crew) -> None:
    staff_id = crew.staff_id(Role.DESK)
    answers = await asyncio.gather(*(deactivate_staff(world, caller, staff_id) for caller in managers(crew) * TIMES))
    assert Tally(map(str, answers)) == {"None": 1, str(Refused(Reason.STAFF_UNKNOWN)): 2 * TIMES - 1}


async def test_one_user_name_is_given_once(world: World, crew: Crew) -> None:
    answers = await asyncio.gather(
        *(
            add_staff(
                world,
                caller,
                crew.hospital_ids[0],
                username="new.one",
                display_name="New One",
                role=Role.DESK,
                password=PASSWORD,
            )
            for caller in managers(crew) * 2
        )
    )
    assert sum(isinstance(answer, Staff) for answer in answers) == 1
    assert answers.count(Refused(Reason.USERNAME_TAKEN)) == 3


async def test_a_duty_ends_while_its_holder_changes_into_it_and_no_session_lives_on_in_it(
    world: World, crew: Crew
) -> None:
    staff_id, here = crew.staff_id(Role.DESK), crew.hospital_ids[0]
    await give_duty(world, SYSTEM, staff_id, Role.SUPERVISOR, here)
    for _ in range(3):
        newer = await give_duty(world, SYSTEM, staff_id, Role.OFFICER, here)
        assert isinstance(newer, Duty)
        sessions = [await signed_in(world, staff_id) for _ in range(3)]
        answers = await asyncio.gather(
            end_duty(world, crew.caller(Role.HOSPITAL_ADMIN), newer.id),
            *(switch_duty(world, crew.caller(Role.DESK), one, newer.id) for one in sessions),
            sign_in_staff(world, STRANGER, Typed(username_of(Role.DESK), PASSWORD, HERE)),
        )
        assert answers[0] is None
        opened = [answer.signed_in for answer in answers if isinstance(answer, OpenedSession)]
        assert newer.id not in {one.duty_id for one in await live(world, [*sessions, *opened])}


async def test_one_session_changed_into_two_duties_at_once_is_one_session(world: World, crew: Crew) -> None:
    staff_id, here = crew.staff_id(Role.DESK), crew.hospital_ids[0]
    for role in (Role.SUPERVISOR, Role.OFFICER):
        await give_duty(world, SYSTEM, staff_id, role, here)
    session = await signed_in(world, staff_id)
    wanted = [duty.id for duty in await read_duties(world, staff_id) if duty.id != session.duty_id]
    answers = await asyncio.gather(
        *(switch_duty(world, crew.caller(Role.DESK), session, duty_id) for duty_id in wanted * TIMES)
    )
    (opened,) = [answer for answer in answers if isinstance(answer, OpenedSession)]
    assert len(await list_sessions(world, opened.signed_in)) == 1


async def test_a_clerk_who_is_let_go_while_he_books_books_nothing_afterwards(
    world: World, city: City, crew: Crew
) -> None:
    async with open_api(world, city) as api:
        booking = asyncio.gather(*(api.book_at_desk(person, key=f"desk {person}") for person in range(10)))
        assert await deactivate_staff(world, crew.caller(Role.CITY_ADMIN), city.staff_ids[0]) is None
        answers = await booking
        assert {answer.status_code for answer in answers} <= {201, 401}
        booked = sum(answer.status_code == 201 for answer in answers)
        after = await api.book_at_desk(11, key="after")
        assert after.status_code == 401
        day = await api.http.get("/api/v1/desk/day", headers=api.as_desk())
        assert day.status_code == 401
    assert await bookings_of(world, city) == booked


async def bookings_of(world: World, city: City) -> int:
    """Return how many places of the first session are taken."""
    return (await place_states(world, city.session_ids[0])).get("taken", 0)


async def test_two_reviewers_of_one_access_write_one_review(world: World, city: City, crew: Crew) -> None:
    access = await open_record(world, crew.caller(Role.DESK), Wanted(city.documents[0]), WHY)
    assert isinstance(access, Access)
    reviewers = [crew.caller(Role.SUPERVISOR), crew.caller(Role.AUDITOR)]
    answers = await asyncio.gather(
        *(
            review_access(world, caller, access.id, justified=number % 2 == 0, words=f"{JUDGED} {number}")
            for number, caller in enumerate(reviewers * TIMES)
        )
    )
    first = [number for number, answer in enumerate(answers) if isinstance(answer, Access)]
    assert len(first) == 1
    assert answers.count(EmergencyRefused(EmergencyReason.ALREADY_REVIEWED)) == 2 * TIMES - 1
    reviews = await list_reviews(world, crew.caller(Role.AUDITOR))
    assert isinstance(reviews, list)
    (kept,) = [one.access for one in reviews]
    assert (kept.justified, kept.words) == (first[0] % 2 == 0, f"{JUDGED} {first[0]}")


async def test_an_access_asked_for_twice_at_once_is_one_and_told_once(world: World, city: City, crew: Crew) -> None:
    clerk, officer = crew.caller(Role.DESK), crew.caller(Role.OFFICER)
    asked = [open_record(world, caller, Wanted(city.documents[0]), WHY) for caller in (clerk, officer) * 3]
    answers = await asyncio.gather(*asked)
    opened: set[UUID] = {answer.id for answer in answers if isinstance(answer, Access)}
    # Each of the two has his own, for which he answers himself.
    assert len(opened) == 2
    assert len([one for one in await said(world) if one.template is Template.EMERGENCY_ACCESS]) == 2
    assert len(await list_own_open(world, clerk)) == len(await list_own_open(world, officer)) == 1


async def test_an_access_reviewed_while_it_is_asked_for_again_is_not_reopened_by_the_review(
    world: World, city: City, crew: Crew
) -> None:
    clerk = crew.caller(Role.DESK)
    access = await open_record(world, clerk, Wanted(city.documents[0]), WHY)
    assert isinstance(access, Access)
    _, again = await asyncio.gather(
        review_access(world, crew.caller(Role.SUPERVISOR), access.id, justified=False, words=JUDGED),
        open_record(world, clerk, Wanted(city.documents[0]), WHY),
    )
    assert isinstance(again, Access)
    still_open = await list_own_open(world, clerk)
    # Either the second was the first one, which is closed; or it came later, is another, and waits for its own review.
    assert [one.id for one in still_open] == ([] if again.id == access.id else [again.id])
