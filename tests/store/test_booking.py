"""A place's way through take, confirm, give back and expiry, on the real database."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from unittest.mock import ANY
from uuid import uuid4

import psycopg
import pytest

from firsthand.booking.actions import (
    confirm_bookings,
    expire_holds,
    give_back_bookings,
    read_booking,
    read_own_bookings,
)
from firsthand.booking.model import Booked, GivenBack, Held, Reason, Refused, State, TakeRequest
from firsthand.booking.taking import CONFIRMED_LATE_MAX, take_places
from firsthand.platform.clock import ManualClock
from firsthand.platform.outbox import Task, drain
from firsthand.platform.scope import HospitalScope, PersonScope
from firsthand.platform.world import World
from firsthand.policy.model import Cap
from firsthand.release.model import Pool, SessionStatus
from tests.city import (
    NO_CAPS,
    SYSTEM,
    City,
    Opening,
    assert_consistent,
    booking_states,
    capped,
    hold,
    make_city,
    place_states,
    publish,
    set_policy,
)
from tests.conftest import START, FreshDatabase
from tests.people import as_owner, audited


@pytest.fixture(autouse=True)
async def _places_and_bookings_agree(world: World) -> AsyncIterator[None]:
    yield
    await assert_consistent(world)


async def test_a_place_is_held_booked_and_given_back(world: World) -> None:
    city = await make_city(world, places=2)
    held = await hold(world, city)
    assert (held.number, held.until) == (1, START + timedelta(minutes=15))
    assert await place_states(world, city.session_ids[0]) == {"open": 1, "taken": 1}

    (booked,) = await confirm_bookings(world, [city.change(0, held.booking_id)])
    assert isinstance(booked, Booked)
    kept = await read_booking(world, PersonScope(city.person_ids[0]), held.booking_id)
    assert kept is not None
    assert (kept.state, kept.code, kept.booked_at) == (State.BOOKED, booked.code, START)

    answers = await give_back_bookings(world, [city.change(0, held.booking_id)])
    assert answers == [GivenBack(held.booking_id)]
    assert await place_states(world, city.session_ids[0]) == {"open": 1, "returned": 1}


async def test_a_returned_place_is_only_given_out_at_its_hospitals_desk(world: World) -> None:
    await set_policy(world, NO_CAPS)
    city = await make_city(world, sessions=[Opening(1), Opening(1, hospital=1)], persons=2)
    held = await hold(world, city)
    await give_back_bookings(world, [city.change(0, held.booking_id)])

    own = city.take(1)
    asked = [
        own,
        TakeRequest(city.person(1), own.session_id, own.holder_id, own.patient_id, Pool.RETURNED),
        TakeRequest(city.desk(1), own.session_id, own.holder_id, own.patient_id, Pool.RETURNED),
        city.take_at_desk(1, pool=Pool.OPEN),
    ]
    assert [answer.reason for answer in await take_places(world, asked) if isinstance(answer, Refused)] == [
        Reason.PLACE_TAKEN,
        Reason.NOT_PERMITTED,
        Reason.NOT_PERMITTED,
        Reason.PLACE_TAKEN,
    ]
    (given_out,) = await take_places(world, [city.take_at_desk(1)])
    assert isinstance(given_out, Held)
    assert await place_states(world, city.session_ids[0]) == {"taken": 1}


async def test_a_hold_that_runs_out_ends_and_its_place_waits_at_the_desk(world: World, clock: ManualClock) -> None:
    city = await make_city(world, places=1)
    held = await hold(world, city)
    clock.move_to(held.until - timedelta(microseconds=1))
    assert await expire_holds(world, SYSTEM) == 0
    clock.move_to(held.until)
    assert await confirm_bookings(world, [city.change(0, held.booking_id)]) == [Refused(Reason.HOLD_EXPIRED)]
    assert await expire_holds(world, SYSTEM) == 1
    assert await expire_holds(world, SYSTEM) == 0
    assert await confirm_bookings(world, [city.change(0, held.booking_id)]) == [Refused(Reason.HOLD_EXPIRED)]
    assert await place_states(world, city.session_ids[0]) == {"returned": 1}


async def test_holds_run_out_a_limited_number_at_a_time(world: World, clock: ManualClock) -> None:
    await set_policy(world, NO_CAPS)
    city = await make_city(world, places=5)
    await take_places(world, [city.take() for _ in range(5)])
    clock.advance(timedelta(hours=1))
    assert [await expire_holds(world, SYSTEM, limit=2) for _ in range(4)] == [2, 2, 1, 0]


async def test_nobody_changes_what_is_not_his(world: World) -> None:
    city = await make_city(world, sessions=[Opening(1), Opening(1, hospital=1)], persons=2)
    held = await hold(world, city)
    for stranger in (city.person(1), city.desk(1), SYSTEM):
        change = city.change(0, held.booking_id)
        foreign = type(change)(stranger, change.booking_id)
        assert await confirm_bookings(world, [foreign]) == [Refused(Reason.BOOKING_UNKNOWN)]
        assert await give_back_bookings(world, [foreign]) == [Refused(Reason.BOOKING_UNKNOWN)]
    assert await confirm_bookings(world, [city.change(0, uuid4())]) == [Refused(Reason.BOOKING_UNKNOWN)]
    assert await read_booking(world, PersonScope(city.person_ids[1]), held.booking_id) is None
    assert await read_booking(world, HospitalScope(city.hospital_ids[1]), held.booking_id) is None
    assert await read_booking(world, HospitalScope(city.hospital_ids[0]), held.booking_id) is not None
    assert await read_own_bookings(world, PersonScope(city.person_ids[1])) == []
    assert [booking.id for booking in await read_own_bookings(world, PersonScope(city.person_ids[0]))] == [
        held.booking_id
    ]


async def test_a_batch_answers_each_request_in_order(world: World) -> None:
    await set_policy(world, NO_CAPS)
    city = await make_city(world, sessions=[Opening(2), Opening(2, day=2, status=SessionStatus.CLOSED)], persons=5)
    unknown = TakeRequest(city.person(2), uuid4(), city.person_ids[2], city.person_ids[2])
    answers = await take_places(world, [city.take(0, 1), city.take(1), unknown, city.take(3), city.take(4)])
    assert [answer.reason if isinstance(answer, Refused) else answer.number for answer in answers] == [
        Reason.SESSION_CLOSED,
        1,
        Reason.SESSION_UNKNOWN,
        2,
        Reason.PLACE_TAKEN,
    ]


async def test_one_booking_is_changed_once_in_a_batch(world: World) -> None:
    city = await make_city(world)
    held = await hold(world, city)
    twice = [city.change(0, held.booking_id)] * 2
    answers = await give_back_bookings(world, twice)
    assert answers == [GivenBack(held.booking_id), Refused(Reason.ALREADY_ENDED)]
    assert await give_back_bookings(world, twice[:1]) == [Refused(Reason.ALREADY_ENDED)]


async def test_caps_count_across_hospitals(world: World) -> None:
    await set_policy(world, capped(Cap("day", 1, per_department=False, max_count=2)))
    city = await make_city(world, sessions=[Opening(hospital=number) for number in range(3)], persons=2)
    for session in (0, 1):
        await hold(world, city, session=session)
    assert await take_places(world, [city.take(0, 2)]) == [Refused(Reason.CAP_REACHED, "day")]
    assert isinstance((await take_places(world, [city.take(1, 2)]))[0], Held)


async def test_a_given_back_booking_no_longer_counts_against_a_cap(world: World) -> None:
    await set_policy(world, capped(Cap("day", 1, per_department=False, max_count=1)))
    city = await make_city(world)
    held = await hold(world, city)
    assert await take_places(world, [city.take()]) == [Refused(Reason.CAP_REACHED, "day")]
    await give_back_bookings(world, [city.change(0, held.booking_id)])
    await hold(world, city)


async def test_a_hold_that_has_run_out_no_longer_counts_though_no_worker_ended_it(
    world: World, clock: ManualClock
) -> None:
    await set_policy(world, capped(Cap("day", 1, per_department=False, max_count=1)))
    city = await make_city(world)
    held = await hold(world, city)
    clock.move_to(held.until + CONFIRMED_LATE_MAX)
    await hold(world, city)


async def test_a_hold_counts_while_somebody_may_still_be_confirming_it(world: World, clock: ManualClock) -> None:
    """One node takes after the hold's end; another, whose confirmation began before it, is late to commit."""
    await set_policy(world, capped(Cap("day", 1, per_department=False, max_count=1)))
    city = await make_city(world)
    held = await hold(world, city)
    late = replace(world, clock=ManualClock(held.until - timedelta(microseconds=1)))
    clock.move_to(held.until + timedelta(seconds=1))
    assert await take_places(world, [city.take()]) == [Refused(Reason.CAP_REACHED, "day")]
    (booked,) = await confirm_bookings(late, [city.change(0, held.booking_id)])
    assert isinstance(booked, Booked)
    assert list((await booking_states(world)).values()) == ["booked"]


async def test_a_hold_that_a_worker_has_ended_counts_no_longer(world: World, clock: ManualClock) -> None:
    await set_policy(world, capped(Cap("day", 1, per_department=False, max_count=1)))
    city = await make_city(world)
    held = await hold(world, city)
    clock.move_to(held.until)
    assert await expire_holds(world, SYSTEM) == 1
    await hold(world, city)


async def test_who_books_while_the_session_runs_is_not_expected_before_he_booked(
    world: World, clock: ManualClock
) -> None:
    city = await make_city(world, sessions=[Opening(hour=9, hours=3)])
    clock.move_to(START + timedelta(days=1, hours=2))
    held = await hold(world, city)
    kept = await read_booking(world, PersonScope(city.person_ids[0]), held.booking_id)
    assert kept is not None
    assert (held.number, kept.expected_at) == (1, clock.now())


async def test_nobody_moves_a_session_to_the_desk_by_taking_and_giving_back(world: World, clock: ManualClock) -> None:
    await set_policy(world, replace(NO_CAPS, ended_a_day_max=3))
    city = await make_city(world, persons=2)
    for _ in range(3):
        held = await hold(world, city)
        await give_back_bookings(world, [city.change(0, held.booking_id)])
    assert await take_places(world, [city.take(), city.take(1)]) == [Refused(Reason.TOO_MANY_RETURNS), ANY]
    (at_desk,) = await take_places(world, [city.take_at_desk(0)])
    assert isinstance(at_desk, Held)
    clock.advance(timedelta(days=1))
    await hold(world, city)


async def test_one_persons_requests_in_one_batch_do_not_pass_a_cap_together(world: World) -> None:
    await set_policy(world, capped(Cap("day", 1, per_department=False, max_count=2)))
    city = await make_city(world, persons=2)
    answers = await take_places(world, [city.take(person) for person in (0, 0, 0, 1, 1, 1)])
    assert [isinstance(answer, Held) for answer in answers] == [True, True, False, True, True, False]


async def test_a_request_that_finds_no_place_does_not_count_against_its_persons_cap(world: World) -> None:
    await set_policy(world, capped(Cap("day", 1, per_department=False, max_count=1)))
    city = await make_city(world, sessions=[Opening(0), Opening(1)])
    full, free = await take_places(world, [city.take(0, 0), city.take(0, 1)])
    assert full == Refused(Reason.PLACE_TAKEN)
    assert isinstance(free, Held)


async def test_a_later_policy_changes_the_cap_from_its_instant_on(world: World, clock: ManualClock) -> None:
    one, two = (capped(Cap("day", 1, per_department=False, max_count=count)) for count in (1, 2))
    change = START + timedelta(hours=1)
    await set_policy(world, one)
    await set_policy(world, two, effective_from=change)
    city = await make_city(world)
    held = await hold(world, city)
    await confirm_bookings(world, [city.change(0, held.booking_id)])
    clock.move_to(change - timedelta(microseconds=1))
    assert await take_places(world, [city.take()]) == [Refused(Reason.CAP_REACHED, "day")]
    clock.move_to(change)
    await hold(world, city)


async def test_a_session_withdrawn_by_its_hospital_is_not_bookable(world: World, clock: ManualClock) -> None:
    await set_policy(world, NO_CAPS)
    city = await make_city(world, sessions=[Opening(2), Opening(1, day=2)])
    held = await hold(world, city)
    clock.advance(timedelta(minutes=1))
    await publish(world, [Opening(2, status=SessionStatus.WITHDRAWN), Opening(1, day=2)])
    assert await take_places(world, [city.take()]) == [Refused(Reason.SESSION_CLOSED)]
    assert await give_back_bookings(world, [city.change(0, held.booking_id)]) == [GivenBack(held.booking_id)]
    assert await take_places(world, [city.take_at_desk()]) == [Refused(Reason.SESSION_CLOSED)]


async def test_done_and_refused_alike_are_recorded(world: World, fresh_database: FreshDatabase) -> None:
    city = await make_city(world, places=1, persons=2)
    before = len(audited(fresh_database))
    held = await hold(world, city)
    await take_places(world, [city.take(1)])
    await confirm_bookings(world, [city.change(1, held.booking_id), city.change(0, held.booking_id)])
    await give_back_bookings(world, [city.change(0, held.booking_id), city.change(0, uuid4())])
    assert audited(fresh_database)[before:] == [
        ("booking.take", "done"),
        ("booking.take", "place_taken"),
        ("booking.confirm", "booking_unknown"),
        ("booking.confirm", "done"),
        ("booking.give_back", "done"),
        ("booking.give_back", "booking_unknown"),
    ]


async def test_what_is_undone_leaves_no_audit_line(world: World, fresh_database: FreshDatabase) -> None:
    city = await make_city(world)
    before = audited(fresh_database)
    taken, spoiled = city.take(), city.take()
    spoiled = TakeRequest(
        type(spoiled.caller)(spoiled.caller.kind, spoiled.caller.id, spoiled.caller.channel, "nul\x00"),
        spoiled.session_id,
        spoiled.holder_id,
        spoiled.patient_id,
    )
    with pytest.raises(psycopg.DataError):
        await take_places(world, [taken, spoiled])
    assert audited(fresh_database) == before
    assert await booking_states(world) == {}


async def test_only_a_change_to_a_booked_place_is_told(world: World) -> None:
    await set_policy(world, NO_CAPS)
    city = await make_city(world)
    kept, held = await hold(world, city), await hold(world, city)
    await confirm_bookings(world, [city.change(0, kept.booking_id)])
    await give_back_bookings(world, [city.change(0, booking.booking_id) for booking in (kept, held)])
    async with world.database.transaction() as conn:
        assert await drain(conn, limit=10) == [
            Task("booking.tell", {"booking_id": str(kept.booking_id), "event": event})
            for event in ("booking_confirmed", "booking_given_back")
        ]


async def test_not_even_the_owner_hands_a_booking_over(world: World, fresh_database: FreshDatabase) -> None:
    city = await make_city(world, sessions=2, persons=2)
    await hold(world, city)
    other_person = f"'{city.person_ids[1]}'"
    for column, other in {
        "holder_id": other_person,
        "patient_id": other_person,
        "id": other_person,
        "place_id": "(SELECT max(id) FROM release.place)",
        "session_id": "(SELECT id FROM release.session WHERE id <> session_id)",
        "code": "'ZZZZZZZZZZZZ'",
        "payer_id": other_person,
        "acted_by": other_person,
        "acted_by_kind": "'staff'",
    }.items():
        with pytest.raises(psycopg.errors.CheckViolation, match="never change"):
            as_owner(fresh_database, f"UPDATE booking.booking SET {column} = {other} RETURNING id")


async def test_the_application_lacks_the_right(world: World) -> None:
    for statement in (
        "UPDATE booking.booking SET holder_id = holder_id",
        "UPDATE booking.booking SET patient_id = patient_id",
        "UPDATE booking.booking SET code = code",
        "UPDATE booking.booking SET payer_id = payer_id",
        "UPDATE booking.booking SET acted_by = acted_by",
        "UPDATE booking.booking SET held_until = held_until",
        "DELETE FROM booking.booking",
        "TRUNCATE booking.booking",
        "DELETE FROM release.place",
        "UPDATE release.place SET session_id = session_id",
        "DELETE FROM arrival.check_in",
        "UPDATE arrival.check_in SET late = false",
        "SELECT * FROM audit.line",
        "UPDATE policy.version SET body = body",
        "ALTER TABLE booking.booking DISABLE TRIGGER ALL",
        "UPDATE release.session SET feed = feed",
        "UPDATE release.session SET external_id = external_id",
        "UPDATE release.schedule SET feed = feed",
        "UPDATE release.publication SET feed = feed",
        "UPDATE directory.hospital SET external_id = external_id",
        "UPDATE directory.department SET hospital_id = hospital_id",
        "UPDATE directory.doctor SET name = name",
        "UPDATE directory.person SET created_at = created_at",
        "UPDATE identity.document SET number = number",
        "UPDATE identity.password SET staff_id = staff_id",
        "UPDATE identity.session SET subject_id = subject_id",
        "UPDATE messages.message SET body = body",
        "UPDATE platform.deployment SET kind = 'live'",
        "DELETE FROM migration.applied",
        "DROP TABLE jobs.procrastinate_jobs",
        "CREATE TABLE public.other ()",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            async with world.database.transaction() as conn:
                await conn.execute(statement.encode())


async def test_a_live_place_cannot_be_booked_again_whatever_the_program_does(
    world: World, fresh_database: FreshDatabase
) -> None:
    city = await make_city(world, persons=2)
    held = await hold(world, city)
    for live in ("held", "booked", "arrived", "no_show"):
        with pytest.raises(psycopg.errors.UniqueViolation, match="booking_one_per_place"):
            as_owner(fresh_database, _second_booking(city, held, live))
    as_owner(fresh_database, _second_booking(city, held, "expired"))
    assert sorted((await booking_states(world)).values()) == ["expired", "held"]


def _second_booking(city: City, held: Held, state: str) -> str:
    return f"""
    INSERT INTO booking.booking (id, place_id, session_id, holder_id, patient_id, payer_id, acted_by_kind,
                                 acted_by, channel, code, state, held_until, taken_at, booked_at, ended_at)
    SELECT '{uuid4()}', place_id, session_id, '{city.person_ids[1]}', '{city.person_ids[1]}', payer_id, acted_by_kind,
           acted_by, channel, 'SECONDSECOND', '{state}', held_until, taken_at, taken_at, taken_at
    FROM booking.booking WHERE id = '{held.booking_id}' RETURNING id"""
