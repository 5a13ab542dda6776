"""Taking places: the hot action of the house.

A batch of requests is one transaction: persons are locked in the order of their ids, what caps count is read after
the locks, each request is decided in turn, and places are taken last, by guarded updates that pass over places which
somebody else is just taking. Nothing here raises for one request's sake. Source: docs/decisions/0006-gather.md.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from firsthand.audit.model import DONE, ActorKind, Line
from firsthand.audit.store import append
from firsthand.booking import rules, store
from firsthand.booking.model import Held, PatientDay, Reason, Refused, TakeFacts, TakeRequest
from firsthand.booking.store import NewBooking
from firsthand.directory.family.acting import acting_for
from firsthand.directory.person.model import OnePerson
from firsthand.directory.person.store import lock_people
from firsthand.platform.chance import new_booking_code, new_id
from firsthand.platform.database import Connection
from firsthand.platform.idempotency import Answers, answer_once
from firsthand.platform.scope import CityScope
from firsthand.platform.world import World
from firsthand.policy.actions import read_in_force
from firsthand.policy.model import BookingPolicy
from firsthand.release.model import Pool, SessionFacts
from firsthand.release.store import read_facts
from firsthand.release.store import take_places as take_out

_SCOPE = CityScope("count a patient's bookings at every hospital against the caps")
# A confirmation that began in time can be committed after the hold's end, and the clocks of two nodes differ a little.
# Until that is over the hold counts against caps, or one who confirms at its last moment and takes would pass them.
CONFIRMED_LATE_MAX: Final = timedelta(seconds=30)
_ANSWERS: Answers[Held | Refused] = Answers(
    types=(Held, Refused),
    in_flight=Refused(Reason.KEY_IN_FLIGHT),
    other_payload=Refused(Reason.KEY_REUSED),
)


async def take_places(world: World, requests: Sequence[TakeRequest]) -> list[Held | Refused]:
    """Hold a place for each request that may have one, and answer each, in order, in one transaction."""
    async with world.database.transaction() as conn:
        now = world.clock.now()

        async def act(fresh: list[TakeRequest]) -> list[Held | Refused]:
            return await _take(world, conn, fresh, now=now)

        return await answer_once(conn, requests, act, _ANSWERS, now=now)


@dataclass(slots=True)
class _Ledger:
    """What is known of the batch's persons and sessions; grows as places are taken."""

    sessions: dict[UUID, SessionFacts]
    people: dict[UUID, OnePerson]
    acting: set[tuple[UUID, UUID]]
    patient_days: dict[UUID, list[PatientDay]]
    holds_live: Counter[UUID]
    ended_in_a_day: Counter[UUID]

    def facts_for(self, request: TakeRequest) -> TakeFacts:
        """Gather what the decision on one request rests on."""
        session = self.sessions.get(request.session_id)
        holder, patient = self.one(request.holder_id), self.one(request.patient_id)
        by_person = request.caller.kind is ActorKind.PERSON
        return TakeFacts(
            permitted=rules.may_take(request, session.hospital_id if session else None, self.acting),
            patient_known={request.holder_id, request.patient_id} <= self.people.keys(),
            session=session,
            holds_live=self.holds_live[holder],
            # Taking and giving back moves a place from everybody's pool to the desk's: no person may do that at will.
            ended_in_a_day=self.ended_in_a_day[holder] if by_person else 0,
            patient_days=tuple(self.patient_days.get(patient, ())),
        )

    def count_in(self, request: TakeRequest, session: SessionFacts) -> None:
        """Remember that a place was taken, for the next requests of the same persons."""
        self.holds_live[self.one(request.holder_id)] += 1
        self.patient_days.setdefault(self.one(request.patient_id), []).append(PatientDay.of(session))

    def one(self, person_id: UUID) -> UUID:
        """Return the id under which a person is counted: that of the record that is kept."""
        person = self.people.get(person_id)
        return person.id if person else person_id


async def _take(
    world: World, conn: Connection, requests: Sequence[TakeRequest], *, now: datetime
) -> list[Held | Refused]:
    policy = await read_in_force(conn, BookingPolicy, at=now)
    ledger = await _open_ledger(world, conn, requests, policy, now=now)
    answers: dict[int, Held | Refused] = {}
    for turn in _turns(requests, ledger.one):
        allowed: list[tuple[int, datetime]] = []
        for index in turn:
            decision = rules.decide_take(ledger.facts_for(requests[index]), policy, now=now)
            if isinstance(decision, Refused):
                answers[index] = decision
            else:
                allowed.append((index, decision))
        held = await _hold(world, conn, requests, allowed, now=now)
        for index, _ in allowed:
            answers[index] = held.get(index, Refused(Reason.PLACE_TAKEN))
            if index in held:
                ledger.count_in(requests[index], ledger.sessions[requests[index].session_id])
    ordered = [answers[index] for index in range(len(requests))]
    await append(
        conn,
        [
            _line(request, answer, ledger.sessions.get(request.session_id), now)
            for request, answer in zip(requests, ordered, strict=True)
        ],
    )
    return ordered


def _turns(requests: Sequence[TakeRequest], one: Callable[[UUID], UUID]) -> list[list[int]]:
    """Share the requests out into turns in which no person appears twice, each person's requests in their order.

    A person's second request is decided when it is known whether the first one found a place.
    """
    next_turn: Counter[UUID] = Counter()
    turns: list[list[int]] = []
    for index, request in enumerate(requests):
        persons = {one(request.holder_id), one(request.patient_id)}
        turn = max(next_turn[person] for person in persons)
        for person in persons:
            next_turn[person] = turn + 1
        if turn == len(turns):
            turns.append([])
        turns[turn].append(index)
    return turns


async def _open_ledger(
    world: World, conn: Connection, requests: Sequence[TakeRequest], policy: BookingPolicy, *, now: datetime
) -> _Ledger:
    sessions = await read_facts(conn, list({request.session_id for request in requests}))
    persons = {one for request in requests for one in (request.holder_id, request.patient_id, request.payer)}
    people = await lock_people(conn, _SCOPE, sorted(persons))
    # Under the locks, which whoever ends a tie takes too: once he is answered, nobody takes a place by it.
    pairs = [pair for request in requests for pair in rules.ties_needed(request)]
    acting = await acting_for(conn, world.keyring, _SCOPE, pairs, now=now)
    held_after = now - CONFIRMED_LATE_MAX
    patient_days: dict[UUID, list[PatientDay]] = {}
    if sessions:
        margin = timedelta(days=rules.widest_cap_days(policy))
        days = [session.day for session in sessions.values()]
        patients = _all_ids(people, {request.patient_id for request in requests})
        by_record = await store.read_patient_days(
            conn, _SCOPE, list(patients), first=min(days) - margin, last=max(days) + margin, held_after=held_after
        )
        for record_id, counted_days in by_record.items():
            patient_days.setdefault(patients[record_id], []).extend(counted_days)
    holders = _all_ids(people, {request.holder_id for request in requests})
    counts = await store.count_of_holders(
        conn, _SCOPE, list(holders), held_after=held_after, ended_after=now - rules.ENDED_COUNTS
    )
    holds_live, ended_in_a_day = Counter[UUID](), Counter[UUID]()
    for record_id, counted in counts.items():
        holds_live[holders[record_id]] += counted.holds_live
        ended_in_a_day[holders[record_id]] += counted.ended
    return _Ledger(sessions, people, acting, patient_days, holds_live, ended_in_a_day)


def _all_ids(people: Mapping[UUID, OnePerson], wanted: Iterable[UUID]) -> dict[UUID, UUID]:
    """Return every record of the wanted persons, with the id of the one that is kept."""
    return {record_id: people[asked].id for asked in wanted if asked in people for record_id in people[asked].ids}


async def _hold(
    world: World,
    conn: Connection,
    requests: Sequence[TakeRequest],
    allowed: Sequence[tuple[int, datetime]],
    *,
    now: datetime,
) -> dict[int, Held]:
    """Take places for the allowed requests, first come first served, and return what each one got."""
    rows: dict[int, NewBooking] = {}
    numbers: dict[int, int] = {}
    for pool in Pool:
        wanting = [(index, until) for index, until in allowed if requests[index].pool is pool]
        found = await take_out(conn, Counter(requests[index].session_id for index, _ in wanting), pool)
        for index, until in wanting:
            request = requests[index]
            if places := found.get(request.session_id):
                place_id, number = places.pop(0)
                numbers[index] = number
                rows[index] = NewBooking(
                    id=new_id(world.chance, now),
                    place_id=place_id,
                    session_id=request.session_id,
                    holder_id=request.holder_id,
                    patient_id=request.patient_id,
                    payer_id=request.payer,
                    acted_by_kind=request.caller.kind,
                    acted_by=request.caller.id,
                    channel=request.caller.channel,
                    code=new_booking_code(world.chance),
                    held_until=until,
                )
    standing = await store.insert_held(conn, _SCOPE, list(rows.values()), now=now)
    return {
        index: Held(row.id, row.session_id, numbers[index], row.held_until)
        for index, row in rows.items()
        if row.id in standing
    }


def _line(request: TakeRequest, answer: Held | Refused, session: SessionFacts | None, now: datetime) -> Line:
    line = Line(
        at=now,
        caller=request.caller,
        action="booking.take",
        outcome=DONE,
        hospital_id=session.hospital_id if session else None,
        person_id=request.patient_id,
        purpose=_SCOPE.purpose,
        detail={
            "session": str(request.session_id),
            "pool": request.pool,
            "holder": str(request.holder_id),
            "payer": str(request.payer),
        },
    )
    if isinstance(answer, Refused):
        return replace(line, outcome=answer.reason, detail={**line.detail, "cap": answer.cap})
    return replace(line, subject_id=answer.booking_id, detail={**line.detail, "number": answer.number})
