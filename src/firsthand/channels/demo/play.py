"""The play itself: step by step through some days, every deed one of the actions that the pages call too.

Requests of one step go to the actions in one batch, as the web server's gatherers hand them over. Whatever happens is
what the actions answered; the play only decides who asks for what, and when. docs/decisions/0009-demo-time.md.
"""

import asyncio
import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeVar
from uuid import UUID

from firsthand.arrival.actions import check_in
from firsthand.arrival.model import Arrived, CheckInRequest
from firsthand.audit.model import ActorKind, Caller, Channel
from firsthand.booking.actions import confirm_bookings, give_back_bookings
from firsthand.booking.desk import BookedAtDesk, DeskRequest, book_at_desk
from firsthand.booking.model import Booked, ChangeRequest, GivenBack, Held, Reason, Refused, TakeRequest
from firsthand.booking.taking import take_places
from firsthand.channels.demo.cast import Cast
from firsthand.channels.demo.chores import AT_ONCE, Chores
from firsthand.channels.demo.crew import Rounds
from firsthand.channels.demo.people import document_of
from firsthand.channels.demo.plan import TICK, Conduct, Days, Visit, on_a_step
from firsthand.platform.clock import ManualClock
from firsthand.platform.scope import HospitalScope
from firsthand.platform.world import World
from firsthand.release.actions import read_returns
from firsthand.release.model import Offer, Pool
from firsthand.release.rules import expected_at

Progress = Callable[[int, int], None]
"""Called with the steps done, and how many there are."""

Acknowledge = Callable[[UUID], None]
"""Called with the id of each booking once it is confirmed to its patient."""

_STEPS_AN_HOUR: Final = timedelta(hours=1) // TICK
_SEAL_EVERY_STEPS: Final = 6 * _STEPS_AN_HOUR
_LATE: Final = timedelta(minutes=20)
_SPREAD: Final = timedelta(minutes=50)
_FAR_TOO_EARLY: Final = timedelta(hours=3)
_WALK_IN_HOURS: Final = range(7, 20)
_DESK_OPENS: Final = timedelta(minutes=110)


@dataclass(frozen=True, slots=True)
class Appointment:
    """A booked place, as its patient knows it. person: who comes with it, by place in the list of people."""

    person: int
    booking_id: UUID
    code: str
    offer: Offer
    number: int

    @property
    def expected_at(self) -> datetime:
        """About when he is seen."""
        offer = self.offer
        return expected_at(offer.starts_at, offer.ends_at, capacity=offer.capacity, number=self.number)


@dataclass(frozen=True, slots=True)
class _Take:
    """Somebody asks for the session of his wishes that has this number."""

    visit: Visit
    wish: int


@dataclass(frozen=True, slots=True)
class _Confirm:
    visit: Visit
    offer: Offer
    held: Held


@dataclass(frozen=True, slots=True)
class _GiveBack:
    appointment: Appointment


@dataclass(frozen=True, slots=True)
class _Present:
    """A person stands at a hospital's desk with an appointment's code."""

    appointment: Appointment
    person: int
    hospital_id: UUID


@dataclass(frozen=True, slots=True)
class _Lapse:
    """A hold that nobody confirmed runs out."""


_Act = _Take | _Confirm | _GiveBack | _Present | _Lapse
A = TypeVar("A", _Take, _Confirm, _GiveBack, _Present, _Lapse)


class Play:
    """Plays what people mean to do, and everything that follows."""

    def __init__(
        self,
        world: World,
        clock: ManualClock,
        days: Days,
        cast: Cast,
        chores: Chores,
        rounds: Rounds,
        acknowledge: Acknowledge,
    ) -> None:
        """Prepare to play. clock: the one in `world`, which stands at the start of `days`."""
        self.tally = chores.tally
        self.expected: dict[UUID, Appointment] = {}
        self._world, self._clock, self._days, self._cast, self._chores = world, clock, days, cast, chores
        self._rounds, self._acknowledge = rounds, acknowledge
        self._agenda: defaultdict[datetime, list[_Act]] = defaultdict(list)

    async def run(self, visits: Sequence[Visit], chance: random.Random, progress: Progress) -> None:
        """Play to the last instant, with everything done that was due by then. chance: for who walks in."""
        for visit in visits:
            self._at(visit.at, _Take(visit, 0))
        steps = (self._days.end - self._days.start) // TICK
        for step in range(1, steps + 1):
            self._clock.move_to(self._days.start + step * TICK)
            await self._live(self._agenda.pop(self._clock.now(), []))
            if step % _STEPS_AN_HOUR == 0 or step == steps:
                await self._let_one_walk_in(chance)
                await self._rounds.go(self.tally)
                await self._chores.settle_no_shows()
                await self._chores.work_off_outbox()
            if step % _SEAL_EVERY_STEPS == 0:
                await self._chores.seal()
            progress(step, steps)

    def _at(self, instant: datetime, act: _Act) -> None:
        """Let something happen at the first step from an instant on, and not before the next step."""
        self._agenda[max(on_a_step(self._days, instant), self._clock.now() + TICK)].append(act)

    async def _live(self, acts: Sequence[_Act]) -> None:
        await asyncio.gather(self._book(acts), self._present(_of_kind(acts, _Present)))

    async def _book(self, acts: Sequence[_Act]) -> None:
        await self._take(_of_kind(acts, _Take))
        await self._confirm(_of_kind(acts, _Confirm))
        await self._give_back(_of_kind(acts, _GiveBack))
        if _of_kind(acts, _Lapse):
            await self._chores.end_holds()

    # --- booking ------------------------------------------------------------------------------------------------------

    async def _take(self, takes: Sequence[_Take]) -> None:
        if not takes:
            return
        now = self._clock.now()
        for take, answer in zip(takes, await take_places(self._world, [self._request(t) for t in takes]), strict=True):
            visit, offer = take.visit, take.visit.choices[take.wish]
            if isinstance(answer, Held):
                if visit.conduct is Conduct.FORGETS:
                    self._at(answer.until, _Lapse())
                else:
                    self._at(now, _Confirm(visit, offer, answer))
                continue
            self.tally.refuse("take", _words(answer))
            if answer.reason is Reason.PLACE_TAKEN and take.wish + 1 < len(visit.choices):
                self._at(now, _Take(visit, take.wish + 1))

    def _request(self, take: _Take) -> TakeRequest:
        visit, people = take.visit, self._cast.person_ids
        session_id = visit.choices[take.wish].session_id
        holder = patient = people[visit.patient]
        if visit.family is not None:
            holder, patient = people[visit.person], visit.family.dependant_id
        return TakeRequest(self._person(visit.person), session_id, holder, patient)

    async def _confirm(self, confirms: Sequence[_Confirm]) -> None:
        if not confirms:
            return
        requests = [ChangeRequest(self._person(c.visit.person), c.held.booking_id) for c in confirms]
        for confirm, answer in zip(confirms, await confirm_bookings(self._world, requests), strict=True):
            if not isinstance(answer, Booked):
                self.tally.refuse("confirm", _words(answer))
                continue
            visit, held = confirm.visit, confirm.held
            appointment = Appointment(visit.comes, held.booking_id, answer.code, confirm.offer, held.number)
            self.tally.booked_for_others += visit.family is not None
            self._count_booked(appointment)
            self._intend(visit, appointment)

    def _count_booked(self, appointment: Appointment) -> None:
        self._acknowledge(appointment.booking_id)
        self.tally.booked += 1
        self.expected[appointment.booking_id] = appointment

    async def _give_back(self, returns: Sequence[_GiveBack]) -> None:
        if not returns:
            return
        requests = [ChangeRequest(self._person(r.appointment.person), r.appointment.booking_id) for r in returns]
        for answer in await give_back_bookings(self._world, requests):
            if isinstance(answer, GivenBack):
                self.tally.returned += 1
                del self.expected[answer.booking_id]
            else:
                self.tally.refuse("give_back", _words(answer))

    # --- the day itself -----------------------------------------------------------------------------------------------

    def _intend(self, visit: Visit, appointment: Appointment) -> None:
        """Put into the agenda what a person does about his appointment."""
        offer, expected, own = appointment.offer, appointment.expected_at, appointment.offer.hospital_id
        comes = max(offer.starts_at - _DESK_OPENS, expected - visit.luck * _SPREAD)
        himself = _Present(appointment, visit.comes, own)
        match visit.conduct:
            case Conduct.COMES:
                self._at(comes, himself)
            case Conduct.COMES_EARLY:
                self._at(offer.starts_at - _FAR_TOO_EARLY, himself)
                self._at(comes, himself)
            case Conduct.COMES_LATE:
                self._at(expected + _LATE + visit.luck * _SPREAD, himself)
            case Conduct.GOES_TO_ANOTHER_HOSPITAL:
                other = next((hospital for hospital in self._cast.desks if hospital != own), own)
                self._at(comes, _Present(appointment, visit.comes, other))
                self._at(comes + 2 * TICK, himself)
            case Conduct.SENDS_ANOTHER:
                another = (visit.person + 1) % len(self._cast.person_ids)
                self._at(comes, _Present(appointment, another, own))
            case Conduct.GIVES_BACK:
                now = self._clock.now()
                self._at(now + visit.luck * max(offer.starts_at - now, timedelta()), _GiveBack(appointment))
            case Conduct.STAYS_AWAY | Conduct.FORGETS:
                pass

    async def _present(self, presents: Sequence[_Present]) -> None:
        """Let people step up to the desks, several at once: no two of a step show the same code."""
        desks = asyncio.Semaphore(AT_ONCE)

        async def step_up(present: _Present) -> None:
            request = CheckInRequest(
                self._cast.desks[present.hospital_id].caller,
                present.appointment.code,
                document_of(present.person + 1),
            )
            async with desks:
                answer = await check_in(self._world, request)
            if isinstance(answer, Arrived):
                self.tally.arrived += 1
                self.tally.late += answer.late
                del self.expected[answer.booking_id]
            else:
                self.tally.refuse("check_in", answer.reason.value)

        await asyncio.gather(*(step_up(present) for present in presents))

    async def _let_one_walk_in(self, chance: random.Random) -> None:
        """Let somebody without an appointment ask at a desk for a place of today that was given back."""
        now = self._clock.now()
        if now.astimezone(self._days.time_zone).hour not in _WALK_IN_HOURS:
            return
        hospital_id, person = chance.choice(list(self._cast.desks)), chance.randrange(len(self._cast.person_ids))
        returns = await read_returns(self._world, hospital_id, now=now)
        today = now.astimezone(self._days.time_zone).date()
        offer = next((offer for offer in returns if offer.day == today and now < offer.starts_at), None)
        if offer is None:
            return
        caller, scope = self._cast.desks[hospital_id].caller, HospitalScope(hospital_id)
        request = DeskRequest(caller, scope, offer.session_id, document_of(person + 1), Pool.RETURNED)
        answer = await book_at_desk(self._world, request)
        if isinstance(answer, BookedAtDesk):
            self.tally.at_desk += 1
            appointment = Appointment(person, answer.booking_id, answer.code, offer, answer.number)
            self._count_booked(appointment)
            self._at(offer.starts_at - _DESK_OPENS, _Present(appointment, person, hospital_id))
        else:
            self.tally.refuse("book_at_desk", _words(answer))

    def _person(self, person: int) -> Caller:
        return Caller(ActorKind.PERSON, self._cast.person_ids[person], Channel.WEB, "demo")


def _of_kind(acts: Sequence[_Act], kind: type[A]) -> list[A]:
    return [act for act in acts if isinstance(act, kind)]


def _words(refused: Refused) -> str:
    return f"{refused.reason} ({refused.cap})" if refused.cap else refused.reason.value
