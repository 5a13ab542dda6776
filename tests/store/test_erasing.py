"""What is over its term is erased by the worker, and nothing else."""

from datetime import timedelta

import psycopg
import pytest

from firsthand.arrival.actions import check_in
from firsthand.arrival.model import Arrived
from firsthand.booking.actions import confirm_bookings, read_own_bookings
from firsthand.booking.model import Booked
from firsthand.booking.telling import tell_patient
from firsthand.channels.worker.erasing import AT_ONCE, ERASE_SECONDS, STEPS, erase_over
from firsthand.directory.correction.deciding import approve_correction, refuse_correction
from firsthand.directory.correction.model import LAPSES_AFTER as UNDECIDED_MAX
from firsthand.directory.correction.model import Reason, Refused
from firsthand.directory.emergency.actions import count_waiting, open_record, review_access
from firsthand.directory.emergency.model import Access, Waiting, Wanted
from firsthand.directory.emergency.model import Reason as EmergencyReason
from firsthand.directory.emergency.model import Refused as EmergencyRefused
from firsthand.directory.erasing import erase_emergencies
from firsthand.directory.family.actions import end_tie
from firsthand.directory.staff.actions import deactivate_staff
from firsthand.directory.staff_sign_in.actions import sign_in_staff
from firsthand.directory.staff_sign_in.enrolment import finish_enrolment, read_enrolment
from firsthand.directory.staff_sign_in.model import Enrolled, Typed
from firsthand.directory.staff_sign_in.resets import reset_second_factor
from firsthand.identity.reset.model import Reset
from firsthand.identity.step.model import OpenedStep
from firsthand.identity.totp.rules import code_at, step_at
from firsthand.messages.actions import DemoSender, send_message
from firsthand.messages.model import Template, Way
from firsthand.platform.clock import ManualClock
from firsthand.platform.metrics import NOT_ERASED
from firsthand.platform.postgres import Role
from firsthand.platform.scope import PersonScope
from firsthand.platform.world import World
from firsthand.policy.register import HOLDINGS
from firsthand.policy.retention import APPOINTMENT_TERM, ENDED_TERM, LEFT_TERM, MESSAGE_TERM, Ending
from tests.city import SYSTEM, City, Opening, hold, make_city
from tests.conftest import START, FreshDatabase
from tests.counter import open_counter, passport
from tests.families import person, tied
from tests.people import HERE, STRANGER, as_owner, audited, said
from tests.visitor import PASSWORD

SENDERS = {Way.SMS: DemoSender()}
COUNTED = ("booking.booking", "arrival.check_in", "messages.message", "directory.tie", "directory.consent")
DECIDED = ("directory.correction", "directory.break_glass", "identity.sign_in_reset")
SECRETS = ("identity.password", "identity.totp", "identity.recovery_code")
WHY = "Found unconscious at the bus stop, no papers"


@pytest.fixture
async def city(world: World, clock: ManualClock) -> City:
    """A city in which somebody came to his appointment, was told of it, and no longer acts for another."""
    city = await make_city(world, sessions=[Opening(day=0, hour=9)], persons=2)
    held = await hold(world, city)
    (booked,) = await confirm_bookings(world, [city.change(0, held.booking_id)])
    assert isinstance(booked, Booked)
    await tell_patient(world, SYSTEM, held.booking_id, Template.BOOKING_CONFIRMED)
    for message in await said(world):
        await send_message(world, SYSTEM, message.id, SENDERS)
    clock.advance(timedelta(hours=1))
    assert isinstance(await check_in(world, city.check_in(0, booked.code)), Arrived)
    tie_id = await tied(world, city)
    own = city.person_ids[1]
    await end_tie(world, person(own), PersonScope(own), tie_id)
    return city


def counts(database: FreshDatabase, tables: tuple[str, ...] = COUNTED) -> dict[str, int]:
    """Count the rows of tables: those that people's doings fill, or others."""
    found = {}
    for table in tables:
        ((count,),) = as_owner(database, f"SELECT count(*) FROM {table}")
        assert isinstance(count, int)
        found[table] = count
    return found


async def set_up_an_app(world: World) -> None:
    """Let the city's clerk sign in for the first time, with an authenticator app and its recovery codes."""
    step = await sign_in_staff(world, STRANGER, Typed("desk0", PASSWORD, HERE, ""))
    assert isinstance(step, OpenedStep), step
    found = await read_enrolment(world, step.step.token_hash)
    assert found is not None
    code = code_at(found[1].secret, step_at(world.clock.now()))
    assert isinstance(await finish_enrolment(world, STRANGER, step.step.token_hash, code), Enrolled)


async def test_nothing_goes_before_its_term(
    world: World, city: City, clock: ManualClock, fresh_database: FreshDatabase
) -> None:
    before = counts(fresh_database)
    assert all(before.values()), before
    clock.move_to(START + timedelta(days=MESSAGE_TERM.days) - timedelta(minutes=1))
    assert await erase_over(world) == ERASE_SECONDS
    assert counts(fresh_database) == before
    assert len(await read_own_bookings(world, PersonScope(city.person_ids[0]))) == 1


async def test_messages_go_first_and_the_rest_after_years(
    world: World, city: City, clock: ManualClock, fresh_database: FreshDatabase
) -> None:
    before = counts(fresh_database)
    # What still waits to be sent stays: only what was sent is over.
    for message in await said(world):
        await send_message(world, SYSTEM, message.id, SENDERS)
    clock.move_to(START + timedelta(days=MESSAGE_TERM.days + 1))
    await erase_over(world)
    assert counts(fresh_database) == {**before, "messages.message": 0}
    clock.move_to(START + timedelta(days=max(APPOINTMENT_TERM.days, ENDED_TERM.days) + 1))
    await erase_over(world)
    assert counts(fresh_database) == dict.fromkeys(COUNTED, 0)
    erased = [action for action, outcome in audited(fresh_database) if "erase" in str(action) and outcome == "done"]
    assert erased == ["messages.erase", "arrival.erase_appointments", "directory.erase_ties"]
    assert await read_own_bookings(world, PersonScope(city.person_ids[0])) == []
    assert await erase_over(world) == ERASE_SECONDS > AT_ONCE


async def test_what_was_decided_reviewed_or_reset_goes_after_three_years(
    world: World, clock: ManualClock, fresh_database: FreshDatabase
) -> None:
    city = await make_city(world, sessions=[Opening(day=0, hour=9)], persons=2)
    counter = await open_counter(world, city)
    assert await approve_correction(
        world, counter.supervisor, counter.scope, await counter.ask_document(0, passport(1))
    )
    opened = await open_record(world, counter.clerk, Wanted(city.documents[1]), WHY)
    assert isinstance(opened, Access)
    await review_access(world, counter.supervisor, opened.id, justified=True, words=WHY)
    assert isinstance(await reset_second_factor(world, SYSTEM, city.staff_ids[0]), Reset)
    assert counts(fresh_database, DECIDED) == dict.fromkeys(DECIDED, 1)
    clock.move_to(START + timedelta(days=ENDED_TERM.days) - timedelta(minutes=1))
    await erase_over(world)
    assert counts(fresh_database, DECIDED) == dict.fromkeys(DECIDED, 1)
    clock.advance(timedelta(minutes=2))
    await erase_over(world)
    assert counts(fresh_database, DECIDED) == dict.fromkeys(DECIDED, 0)
    done = {action for action, outcome in audited(fresh_database) if outcome == "done"}
    assert done >= {"directory.erase_corrections", "directory.erase_emergencies", "directory.erase_resets"}


async def test_what_nobody_decides_ends_is_told_and_goes_three_years_later(
    world: World, clock: ManualClock, fresh_database: FreshDatabase
) -> None:
    city = await make_city(world, sessions=[Opening(day=0, hour=9)], persons=2)
    counter = await open_counter(world, city)
    asked = await counter.ask_document(0, passport(1))
    opened = await open_record(world, counter.clerk, Wanted(city.documents[1]), WHY)
    assert isinstance(opened, Access)
    clock.move_to(START + UNDECIDED_MAX)
    await erase_over(world)
    assert await refuse_correction(world, counter.clerk, counter.scope, asked) == Refused(Reason.NOT_PERMITTED)
    assert [one.template for one in await said(world)] == ["emergency_access"]
    clock.advance(timedelta(minutes=1))
    await erase_over(world)
    await erase_over(world)
    told = [one.template for one in await said(world)]
    assert sorted(told) == ["correction_lapsed", "emergency_access", "emergency_lapsed"]
    boss = counter.supervisor
    assert await approve_correction(world, boss, counter.scope, asked) == Refused(Reason.ALREADY_DECIDED)
    late = await review_access(world, boss, opened.id, justified=True, words=WHY)
    assert late == EmergencyRefused(EmergencyReason.LAPSED)
    assert await count_waiting(world, boss) == Waiting(0, None)
    # What lapsed does not stand in the way of asking again.
    assert await counter.ask_document(0, passport(1)) != asked
    clock.advance(timedelta(days=ENDED_TERM.days, minutes=1))
    await erase_over(world)
    assert counts(fresh_database, DECIDED)["directory.break_glass"] == 0
    # By then the people themselves have not come for as long, and are forgotten with what was asked about them.
    assert counts(fresh_database, DECIDED)["directory.correction"] == 0


async def test_emergency_accesses_go_in_batches(
    world: World, clock: ManualClock, fresh_database: FreshDatabase
) -> None:
    city = await make_city(world, sessions=[Opening(day=0, hour=9)], persons=3)
    counter = await open_counter(world, city)
    for number in range(3):
        opened = await open_record(world, counter.clerk, Wanted(city.documents[number]), WHY)
        assert isinstance(opened, Access)
        await review_access(world, counter.supervisor, opened.id, justified=True, words=WHY)
    clock.advance(timedelta(days=1))
    for left in (1, 0, 0):
        await erase_emergencies(world, SYSTEM, before=clock.now(), limit=2)
        assert counts(fresh_database, DECIDED)["directory.break_glass"] == left


async def test_one_kind_that_cannot_go_keeps_no_other(
    world: World, city: City, clock: ManualClock, fresh_database: FreshDatabase
) -> None:
    assert len(city.session_ids) == 1
    with psycopg.connect(fresh_database.dsn(Role.OWNER)) as owner:
        owner.execute("REVOKE EXECUTE ON FUNCTION booking.erase_bookings(uuid[]) FROM firsthand_app")
    for message in await said(world):
        await send_message(world, SYSTEM, message.id, SENDERS)
    clock.move_to(START + timedelta(days=ENDED_TERM.days + 1))
    failed = NOT_ERASED.labels("erase_appointments")
    before = failed._value.get()  # noqa: SLF001 - the library shows a counter's value to nobody else
    assert await erase_over(world) == ERASE_SECONDS
    assert failed._value.get() == before + 1  # noqa: SLF001
    left = counts(fresh_database)
    assert (left["booking.booking"], left["arrival.check_in"], left["directory.tie"]) == (1, 1, 0)
    with psycopg.connect(fresh_database.dsn(Role.OWNER)) as owner:
        owner.execute("GRANT EXECUTE ON FUNCTION booking.erase_bookings(uuid[]) TO firsthand_app")
    await erase_over(world)
    assert counts(fresh_database)["booking.booking"] == 0


async def test_by_what_somebody_signed_in_goes_thirty_days_after_he_left(
    world: World, clock: ManualClock, fresh_database: FreshDatabase
) -> None:
    city = await make_city(world, sessions=[Opening(day=0, hour=9)])
    await open_counter(world, city)
    as_owner(fresh_database, "UPDATE platform.deployment SET kind = 'live' RETURNING kind")
    await set_up_an_app(world)
    assert await deactivate_staff(world, SYSTEM, city.staff_ids[0]) is None
    before = counts(fresh_database, SECRETS)
    assert before == {"identity.password": 3, "identity.totp": 1, "identity.recovery_code": 10}
    clock.move_to(START + timedelta(days=LEFT_TERM.days))
    await erase_over(world)
    assert counts(fresh_database, SECRETS) == before
    clock.advance(timedelta(seconds=1))
    await erase_over(world)
    assert counts(fresh_database, SECRETS) == {
        "identity.password": 2,
        "identity.totp": 0,
        "identity.recovery_code": 0,
    }


def test_every_term_of_days_in_the_register_is_carried_out_by_a_step() -> None:
    listed = {
        held.table
        for held in HOLDINGS
        if held.term in {MESSAGE_TERM, APPOINTMENT_TERM, ENDED_TERM, LEFT_TERM} and held.term.ending is Ending.ERASE
    }
    # A person's row waits for the deletion of accounts; see docs/decisions/0016-retention.md.
    assert listed - {"directory.person"} == set().union(*(step.tables for step in STEPS))
    for step in STEPS:
        terms = {held.term for held in HOLDINGS if held.table in step.tables}
        assert terms == {step.term}
