"""Whatever people do in whatever order, the database says what a few lines of plain Python say.

Hypothesis makes up the lives; after each step every answer, booking and place is compared with the model's.
"""

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar, TypeVar
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from firsthand.arrival.actions import check_in, mark_no_shows
from firsthand.arrival.model import Arrived
from firsthand.booking.actions import confirm_bookings, expire_holds, give_back_bookings
from firsthand.booking.model import Booked, GivenBack, Held
from firsthand.booking.taking import CONFIRMED_LATE_MAX, take_places
from firsthand.platform.chance import SeededChance
from firsthand.platform.clock import ManualClock
from firsthand.platform.crypto import make_keyring
from firsthand.platform.database import Database
from firsthand.platform.postgres import Role
from firsthand.platform.world import World
from firsthand.release.model import Pool
from tests.city import SYSTEM, City, Opening, assert_consistent, booking_states, make_city
from tests.conftest import START, FreshDatabase
from tests.people import as_owner

T = TypeVar("T")

# Two sessions of one department, another department, another hospital, another day.
OPENINGS = (
    Opening(2, day=1, hour=9),
    Opening(1, day=1, hour=14),
    Opening(2, day=1, hour=10, department="Cardiology"),
    Opening(2, day=1, hour=13, hospital=1, department=None),
    Opening(2, day=2, hour=9, hospital=1, department=None),
)
PERSONS = 3
LIVE = {"held", "booked", "arrived", "no_show"}


@dataclass
class Appointment:
    """A booking as the model knows it. `code` is told when it is confirmed."""

    person: int
    session: int
    number: int
    state: str
    held_until: datetime
    code: str | None = None
    ended_at: datetime | None = None


@dataclass
class Model:
    """The rules in short, under the policy that the migrations ship."""

    appointments: dict[UUID, Appointment] = field(default_factory=dict)
    places: dict[tuple[int, int], str] = field(
        default_factory=lambda: {
            (session, number): "open"
            for session, opening in enumerate(OPENINGS)
            for number in range(1, opening.places + 1)
        }
    )

    def take(self, person: int, session: int, pool: str, now: datetime) -> int | str:
        """Return the number that a person gets, or the reason why he gets none."""
        wanted = OPENINGS[session]
        # A hold counts for a while after its end, while somebody may still be confirming it.
        counted = now - CONFIRMED_LATE_MAX
        mine = [a for a in self.appointments.values() if a.person == person and a.state in LIVE]
        own = [a for a in mine if a.state != "held" or a.held_until > counted]
        that_day = [a for a in own if OPENINGS[a.session].day == wanted.day]
        there = [a for a in that_day if _department(OPENINGS[a.session]) == _department(wanted)]
        left = sorted(number for (of, number), state in self.places.items() if of == session and state == pool)
        if now > ends_at(session) - timedelta(minutes=30):
            return "too_late"
        if sum(a.state == "held" for a in own) >= 2:
            return "too_many_holds"
        lately = [a for a in self.appointments.values() if a.person == person and a.state in {"given_back", "expired"}]
        if pool == "open" and sum(a.ended_at is not None and a.ended_at > now - timedelta(days=1) for a in lately) >= 6:
            return "too_many_returns"
        if len(there) >= 1 or len(that_day) >= 2 or len(own) >= 3:
            return "cap_reached"
        return left[0] if left else "place_taken"

    def confirm(self, appointment: Appointment, now: datetime) -> str:
        """Return the booking's next state, or the reason why it has none."""
        if appointment.state == "held" and now < appointment.held_until:
            return "booked"
        ended = {"held": "hold_expired", "expired": "hold_expired", "given_back": "already_ended"}
        return ended.get(appointment.state, "already_booked")

    def give_back(self, appointment: Appointment, now: datetime) -> str:
        """Return the booking's next state, or the reason why it has none."""
        if appointment.state == "held":
            return "given_back"
        if appointment.state == "booked":
            return "given_back" if now <= starts_at(appointment.session) else "too_late"
        return "already_ended"

    def check_in(self, appointment: Appointment, person: int, now: datetime) -> str:
        """Return how the person at the desk of the right hospital is answered."""
        if person != appointment.person:
            return "wrong_person"
        if appointment.state != "booked":
            told = {"arrived": "already_arrived", "no_show": "counted_as_missed"}
            return told.get(appointment.state, appointment.state)
        begins, ends = starts_at(appointment.session), ends_at(appointment.session)
        today = (now + timedelta(hours=8)).date() == (begins + timedelta(hours=8)).date()
        if now < begins - timedelta(hours=2):
            return "too_early" if today else "other_day"
        if now > ends + timedelta(minutes=30):
            return "counted_as_missed" if today else "other_day"
        expected = begins + (ends - begins) * (appointment.number - 1) / OPENINGS[appointment.session].places
        return "late" if now > expected + timedelta(minutes=15) else "in time"

    def end(self, appointment: Appointment, state: str, now: datetime) -> None:
        """End a booking; its place waits at the desk."""
        appointment.state, appointment.ended_at = state, now
        self.places[appointment.session, appointment.number] = "returned"


class Life(RuleBasedStateMachine):
    """Steps that people, clerks, jobs and the clock take in one city."""

    bench: ClassVar["Bench"]

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        self.clock = ManualClock(START)
        self.world = self.bench.fresh_world(self.clock)
        self.city = self.bench.city

    def teardown(self) -> None:
        self.bench.run(assert_consistent(self.world))

    @rule(person=st.integers(0, PERSONS - 1), session=st.integers(0, len(OPENINGS) - 1), at_desk=st.booleans())
    def take(self, person: int, session: int, at_desk: bool) -> None:  # noqa: FBT001 - drawn by name
        pool = Pool.RETURNED if at_desk else Pool.OPEN
        request = self.city.take_at_desk(person, session) if at_desk else self.city.take(person, session)
        expected = self.model.take(person, session, pool, self.clock.now())
        (answer,) = self.bench.run(take_places(self.world, [request]))
        if not isinstance(answer, Held):
            assert answer.reason == expected
            return
        assert answer.number == expected
        self.model.places[session, answer.number] = "taken"
        self.model.appointments[answer.booking_id] = Appointment(person, session, answer.number, "held", answer.until)

    @initialize(wishes=st.lists(st.tuples(st.integers(0, PERSONS - 1), st.integers(0, len(OPENINGS) - 1)), min_size=3))
    def begin_with_a_few_bookings(self, wishes: list[tuple[int, int]]) -> None:
        for person, session in wishes:
            self.take(person, session, at_desk=False)
            for booking_id in list(self.model.appointments)[-1:]:
                self.confirm_one(booking_id)

    @precondition(lambda self: self.model.appointments)
    @rule(data=st.data())
    def confirm(self, data: st.DataObject) -> None:
        booking_id, _ = self.some(data)
        self.confirm_one(booking_id)

    def confirm_one(self, booking_id: UUID) -> None:
        appointment = self.model.appointments[booking_id]
        expected = self.model.confirm(appointment, self.clock.now())
        (answer,) = self.bench.run(confirm_bookings(self.world, [self.city.change(appointment.person, booking_id)]))
        assert ("booked" if isinstance(answer, Booked) else answer.reason) == expected
        if isinstance(answer, Booked):
            appointment.state, appointment.code = "booked", answer.code

    @precondition(lambda self: self.model.appointments)
    @rule(data=st.data())
    def give_back(self, data: st.DataObject) -> None:
        booking_id, appointment = self.some(data)
        expected = self.model.give_back(appointment, self.clock.now())
        (answer,) = self.bench.run(give_back_bookings(self.world, [self.city.change(appointment.person, booking_id)]))
        assert ("given_back" if isinstance(answer, GivenBack) else answer.reason) == expected
        if isinstance(answer, GivenBack):
            self.model.end(appointment, "given_back", self.clock.now())

    @precondition(lambda self: any(a.code for a in self.model.appointments.values()))
    @rule(person=st.integers(0, PERSONS - 1), himself=st.booleans(), data=st.data())
    def arrive(self, person: int, himself: bool, data: st.DataObject) -> None:  # noqa: FBT001 - drawn by name
        _, appointment = self.some(data, with_code=True)
        person = appointment.person if himself else person
        expected = self.model.check_in(appointment, person, self.clock.now())
        assert appointment.code is not None
        hospital = OPENINGS[appointment.session].hospital
        answer = self.bench.run(check_in(self.world, self.city.check_in(person, appointment.code, hospital=hospital)))
        if isinstance(answer, Arrived):
            assert ("late" if answer.late else "in time") == expected
            appointment.state = "arrived"
        else:
            assert answer.reason == expected

    @rule()
    def expire(self) -> None:
        now = self.clock.now()
        due = [a for a in self.model.appointments.values() if a.state == "held" and a.held_until <= now]
        assert self.bench.run(expire_holds(self.world, SYSTEM)) == len(due)
        for appointment in due:
            self.model.end(appointment, "expired", self.clock.now())

    @rule()
    def count_who_did_not_come(self) -> None:
        closed = self.clock.now() - timedelta(minutes=30)
        due = [a for a in self.model.appointments.values() if a.state == "booked" and ends_at(a.session) <= closed]
        assert self.bench.run(mark_no_shows(self.world, SYSTEM)) == len(due)
        for appointment in due:
            appointment.state = "no_show"

    @rule(minutes=st.sampled_from([1, 14, 15, 16]))
    def wait_a_little(self, minutes: int) -> None:
        self.clock.advance(timedelta(minutes=minutes))

    @rule(minutes=st.sampled_from([-121, -30, 0, 16, 100, 200, 211]))
    def wait_for_the_next_session(self, minutes: int) -> None:
        """Wait until about the beginning of the session that is still to end first."""
        now = self.clock.now()
        next_one = min(range(len(OPENINGS)), key=lambda session: (ends_at(session) <= now, ends_at(session)))
        self.clock.move_to(max(now, starts_at(next_one) + timedelta(minutes=minutes)))

    @invariant()
    def the_database_agrees(self) -> None:
        states = {booking_id: appointment.state for booking_id, appointment in self.model.appointments.items()}
        assert self.bench.run(booking_states(self.world)) == states
        assert self.bench.run(self.bench.places(self.world)) == self.model.places

    def some(self, data: st.DataObject, *, with_code: bool = False) -> tuple[UUID, Appointment]:
        known = [(id_, a) for id_, a in self.model.appointments.items() if a.code or not with_code]
        return known[data.draw(st.integers(0, len(known) - 1))]


class Bench:
    """One database for many lives, emptied of bookings before each."""

    def __init__(self, runner: asyncio.Runner, database: FreshDatabase) -> None:
        self._runner = runner
        self._owned = database
        self._database = Database(database.dsn(Role.APP), connections_max=2)
        self._keyring = make_keyring()
        self._lives = 0
        self.run(self._database.open())
        self.city: City = self.run(make_city(self._world(ManualClock(START)), sessions=OPENINGS, persons=PERSONS))

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Wait for an action."""
        return self._runner.run(coroutine)

    def fresh_world(self, clock: ManualClock) -> World:
        """Begin a life: the same city with every place open."""
        as_owner(
            self._owned,
            """WITH come AS (DELETE FROM arrival.check_in), booked AS (DELETE FROM booking.booking)
            UPDATE release.place SET state = 'open' RETURNING id""",
        )
        return self._world(clock)

    async def places(self, world: World) -> dict[tuple[int, int], str]:
        """Return the state of every place, by the number of its session and its own."""
        async with world.database.transaction() as conn:
            rows = await (await conn.execute("SELECT session_id, number, state FROM release.place")).fetchall()
        return {(self.city.session_ids.index(session_id), number): state for session_id, number, state in rows}

    def close(self) -> None:
        """Give the connections up."""
        self.run(self._database.close())

    def _world(self, clock: ManualClock) -> World:
        self._lives += 1
        return World(self._database, clock, SeededChance(self._lives), self._keyring)


@pytest.fixture
def bench(fresh_database: FreshDatabase) -> Iterator[Bench]:
    with asyncio.Runner() as runner, closing(Bench(runner, fresh_database)) as made:
        yield made


def test_the_database_agrees_with_the_model_whatever_happens(bench: Bench) -> None:
    Life.bench = bench
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=25,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def starts_at(session: int) -> datetime:
    """When a session begins. START is eight in the morning."""
    opening = OPENINGS[session]
    return START + timedelta(days=opening.day, hours=opening.hour - 8)


def ends_at(session: int) -> datetime:
    """When a session ends."""
    return starts_at(session) + timedelta(hours=OPENINGS[session].hours)


def _department(opening: Opening) -> tuple[int, str | None]:
    return opening.hospital, opening.department
