"""The desk on the real database: who is checked in, who is told what, and who did not come."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest

from firsthand.arrival.actions import check_in, mark_no_shows, read_desk_day
from firsthand.arrival.model import Arrived, DeskDay, Reason, Refused
from firsthand.arrival.store import read_check_ins
from firsthand.booking.actions import confirm_bookings, give_back_bookings, read_booking
from firsthand.booking.model import Booked, State
from firsthand.booking.store import lock_unattended, settle
from firsthand.identity.document.model import Document, DocumentType
from firsthand.platform.clock import ManualClock
from firsthand.platform.database import Connection
from firsthand.platform.scope import CityScope, HospitalScope, PersonScope
from firsthand.platform.world import World
from firsthand.release.model import SessionStatus
from tests.city import (
    NO_CAPS,
    SYSTEM,
    City,
    Opening,
    assert_consistent,
    booking_states,
    hold,
    make_city,
    publish,
    set_policy,
)
from tests.conftest import START, FreshDatabase
from tests.people import audited

# The session of `make_city` begins at nine in the morning of the next day, in Shanghai.
BEGINS = START + timedelta(hours=25)
ENDS = BEGINS + timedelta(hours=3)
ANYBODY = CityScope("test")


@pytest.fixture(autouse=True)
async def _places_and_bookings_agree(world: World) -> AsyncIterator[None]:
    yield
    await assert_consistent(world)


async def rows_fetched(conn: Connection) -> int:
    """Return how many bookings this connection has read by an index so far."""
    query = "SELECT idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relid = 'booking.booking'::regclass"
    row = await (await conn.execute(query)).fetchone()
    assert row is not None
    return int(row[0])


async def test_settling_looks_at_no_booking_of_a_session_to_come(world: World, clock: ManualClock) -> None:
    await set_policy(world, NO_CAPS)
    city = await make_city(world, sessions=2, places=20, persons=20)
    missed, _ = await book(world, city)
    for person in range(20):
        await book(world, city, person, session=1)
    clock.move_to(ENDS + timedelta(minutes=30))
    async with world.database.transaction() as conn:
        await conn.execute("SET LOCAL enable_seqscan = off")  # these tables are small: else nothing else is done
        before = await rows_fetched(conn)
        due = await lock_unattended(conn, ANYBODY, ended_after=START, ended_before=ENDS, limit=1000)
        assert (due, await rows_fetched(conn) - before) == ([missed], 1)


async def book(world: World, city: City, person: int = 0, session: int = 0) -> tuple[UUID, str]:
    """Book a place and return the booking's id and code."""
    held = await hold(world, city, person, session)
    (booked,) = await confirm_bookings(world, [city.change(person, held.booking_id)])
    assert isinstance(booked, Booked)
    return held.booking_id, booked.code


async def test_a_patient_arrives_once(world: World, clock: ManualClock) -> None:
    city = await make_city(world)
    booking_id, code = await book(world, city)
    clock.move_to(BEGINS)
    assert await check_in(world, city.check_in(0, code)) == Arrived(
        booking_id=booking_id,
        session_id=city.session_ids[0],
        patient_id=city.person_ids[0],
        number=1,
        expected_at=BEGINS,
        at=BEGINS,
        late=False,
    )
    assert await check_in(world, city.check_in(0, code)) == Refused(Reason.ALREADY_ARRIVED)
    kept = await read_booking(world, PersonScope(city.person_ids[0]), booking_id)
    assert kept is not None
    assert kept.state is State.ARRIVED
    clock.move_to(ENDS + timedelta(days=1))
    assert await mark_no_shows(world, SYSTEM) == 0


async def test_a_hospitals_scope_settles_and_sees_only_its_own(world: World, clock: ManualClock) -> None:
    city = await make_city(world, sessions=[Opening(hospital=0), Opening(hospital=1)])
    held = await hold(world, city)
    (booked,) = await confirm_bookings(world, [city.change(0, held.booking_id)])
    assert isinstance(booked, Booked)
    own, other = (HospitalScope(hospital_id) for hospital_id in city.hospital_ids)
    async with world.database.transaction() as conn:
        assert await settle(conn, other, [held.booking_id], State.ARRIVED) == set()
    clock.move_to(START + timedelta(days=1, hours=1))
    assert isinstance(await check_in(world, city.check_in(0, booked.code)), Arrived)
    async with world.database.transaction() as conn:
        assert await read_check_ins(conn, other, [held.booking_id]) == {}
        assert held.booking_id in await read_check_ins(conn, own, [held.booking_id])


async def test_late_is_later_than_ones_own_number(world: World, clock: ManualClock) -> None:
    city = await make_city(world, places=2, persons=2)
    codes = [(await book(world, city, person))[1] for person in (0, 1)]
    clock.move_to(BEGINS + timedelta(minutes=20))
    arrivals = [await check_in(world, city.check_in(person, codes[person])) for person in (0, 1)]
    assert [arrival.late for arrival in arrivals if isinstance(arrival, Arrived)] == [True, False]


async def test_whoever_is_not_the_patient_is_refused_and_leaves_the_place_alone(
    world: World, clock: ManualClock, fresh_database: FreshDatabase
) -> None:
    await set_policy(world, NO_CAPS)
    city = await make_city(world, sessions=[Opening(), Opening(hospital=1)], persons=2)
    _, code = await book(world, city)
    clock.move_to(BEGINS)
    before = len(audited(fresh_database))
    unknown = replace(city.check_in(0, code), document=Document(DocumentType.PASSPORT, "UNKNOWN1"))
    himself = city.check_in(0, code)
    asked = [
        city.check_in(1, code),
        unknown,
        city.check_in(0, "ZZZZZZZZZZZZ"),
        city.check_in(0, code, hospital=1),
        replace(himself, caller=city.person(0)),
        replace(himself, caller=SYSTEM),
    ]
    reasons = [
        Reason.WRONG_PERSON,
        Reason.WRONG_PERSON,
        Reason.CODE_UNKNOWN,
        Reason.OTHER_HOSPITAL,
        Reason.NOT_PERMITTED,
        Reason.NOT_PERMITTED,
    ]
    assert [await check_in(world, request) for request in asked] == [Refused(reason) for reason in reasons]
    assert audited(fresh_database)[before:] == [("arrival.check_in", reason) for reason in reasons]
    assert isinstance(await check_in(world, himself), Arrived)


async def test_a_hold_and_a_booking_given_back_are_not_checked_in(world: World, clock: ManualClock) -> None:
    await set_policy(world, replace(NO_CAPS, hold_seconds=100_000))
    city = await make_city(world)
    held = await hold(world, city)
    kept = await read_booking(world, PersonScope(city.person_ids[0]), held.booking_id)
    assert kept is not None
    clock.move_to(BEGINS - timedelta(hours=1))
    assert await check_in(world, city.check_in(0, kept.code)) == Refused(Reason.NOT_CONFIRMED)
    await give_back_bookings(world, [city.change(0, held.booking_id)])
    assert await check_in(world, city.check_in(0, kept.code)) == Refused(Reason.GIVEN_BACK)


async def test_who_has_not_come_when_the_desk_closes_has_missed_it(
    world: World, clock: ManualClock, fresh_database: FreshDatabase
) -> None:
    city = await make_city(world, persons=3)
    (missed, code), (came, other) = await book(world, city), await book(world, city, 1)
    held = await hold(world, city, 2)
    clock.move_to(BEGINS)
    await check_in(world, city.check_in(1, other))
    clock.move_to(ENDS + timedelta(minutes=30) - timedelta(microseconds=1))
    assert await mark_no_shows(world, SYSTEM) == 0
    clock.advance(timedelta(microseconds=1))
    assert [await mark_no_shows(world, SYSTEM) for _ in range(2)] == [1, 0]
    assert await booking_states(world) == {missed: "no_show", came: "arrived", held.booking_id: "held"}
    assert await check_in(world, city.check_in(0, code)) == Refused(Reason.COUNTED_AS_MISSED)
    assert audited(fresh_database).count(("arrival.no_show", "done")) == 1


async def test_nobody_has_missed_a_session_that_its_hospital_withdrew(world: World, clock: ManualClock) -> None:
    await set_policy(world, NO_CAPS)
    city = await make_city(world, sessions=2)
    (withdrawn_id, _), (missed_id, _) = await book(world, city, 0, 0), await book(world, city, 0, 1)
    clock.advance(timedelta(minutes=1))
    await publish(world, [replace(city.openings[0], status=SessionStatus.WITHDRAWN), city.openings[1]])
    clock.advance(timedelta(days=7))
    assert await mark_no_shows(world, SYSTEM) == 1
    assert await booking_states(world) == {withdrawn_id: "booked", missed_id: "no_show"}


async def test_the_desk_sees_its_own_day_page_by_page_and_that_is_recorded(
    world: World, clock: ManualClock, fresh_database: FreshDatabase
) -> None:
    await set_policy(world, NO_CAPS)
    openings = [Opening(hour=9), Opening(hour=14), Opening(hospital=1), Opening(day=2)]
    city = await make_city(world, sessions=openings, persons=3)
    _, first_to_come = await book(world, city, 1, 0)
    for person, session in ((0, 0), (2, 1), (0, 2), (1, 3)):
        await book(world, city, person, session)
    await hold(world, city, 2, 0)
    clock.move_to(BEGINS + timedelta(hours=1))
    await check_in(world, city.check_in(1, first_to_come))
    scope = HospitalScope(city.hospital_ids[0])
    tomorrow = date(2026, 3, 3)
    found = [await read_desk_day(world, city.desk(), scope, tomorrow, limit=2, offset=offset) for offset in (0, 2)]
    pages = [page for page in found if isinstance(page, DeskDay)]
    assert [patient.name for page in pages for patient in page.patients] == ["Person 1", "Person 0", "Person 2"]
    assert [patient.arrived_at for patient in pages[0].patients] == [clock.now(), None]
    assert [patient.late for patient in pages[0].patients] == [True, False]
    tallies = [(tally.offer.session_id, tally.booked, tally.arrived, tally.no_show) for tally in pages[0].sessions]
    assert tallies == [(city.session_ids[0], 1, 1, 0), (city.session_ids[1], 1, 0, 0)]
    assert [page.total for page in pages] == [3, 3]
    one = await read_desk_day(world, city.desk(), scope, tomorrow, session_id=city.session_ids[1])
    assert isinstance(one, DeskDay)
    assert (one.total, [patient.name for patient in one.patients]) == (1, ["Person 2"])
    assert audited(fresh_database).count(("arrival.read_day", "done")) == 3
