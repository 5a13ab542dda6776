"""What is over its term is erased by the worker, and nothing else."""

from datetime import timedelta

import pytest

from firsthand.arrival.actions import check_in
from firsthand.arrival.model import Arrived
from firsthand.booking.actions import confirm_bookings, read_own_bookings
from firsthand.booking.model import Booked
from firsthand.booking.telling import tell_patient
from firsthand.channels.worker.erasing import AT_ONCE, ERASE_SECONDS, STEPS, erase_over
from firsthand.directory.family.actions import end_tie
from firsthand.messages.actions import DemoSender, send_message
from firsthand.messages.model import Template, Way
from firsthand.platform.clock import ManualClock
from firsthand.platform.scope import PersonScope
from firsthand.platform.world import World
from firsthand.policy.register import HOLDINGS
from firsthand.policy.retention import APPOINTMENT_TERM, ENDED_TERM, MESSAGE_TERM, Ending
from tests.city import SYSTEM, City, Opening, hold, make_city
from tests.conftest import START, FreshDatabase
from tests.families import person, tied
from tests.people import as_owner, audited, said

SENDERS = {Way.SMS: DemoSender()}
COUNTED = ("booking.booking", "arrival.check_in", "messages.message", "directory.tie", "directory.consent")


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


def counts(database: FreshDatabase) -> dict[str, int]:
    """Count the rows of the tables that people's doings fill."""
    found = {}
    for table in COUNTED:
        ((count,),) = as_owner(database, f"SELECT count(*) FROM {table}")
        assert isinstance(count, int)
        found[table] = count
    return found


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


def test_every_term_of_days_in_the_register_is_carried_out_by_a_step() -> None:
    listed = {
        held.table
        for held in HOLDINGS
        if held.term in {MESSAGE_TERM, APPOINTMENT_TERM, ENDED_TERM} and held.term.ending is Ending.ERASE
    }
    # A person's row waits for the deletion of accounts; see docs/decisions/0016-retention.md.
    assert listed - {"directory.person"} == set().union(*(step.tables for step in STEPS))
    for step in STEPS:
        terms = {held.term for held in HOLDINGS if held.table in step.tables}
        assert terms == {step.term}
