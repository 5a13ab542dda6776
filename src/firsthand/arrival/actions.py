"""The verbs of arrival: check in, settle who did not come, and the desk's day."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from firsthand.arrival import rules, store
from firsthand.arrival.model import (
    Arrived,
    CheckInRequest,
    DeskDay,
    ExpectedPatient,
    Reason,
    Refused,
    SessionTally,
)
from firsthand.audit.model import DONE, ActorKind, Caller, Line
from firsthand.audit.store import append
from firsthand.booking import store as booking_store
from firsthand.booking.actions import who, within_sight
from firsthand.booking.model import Booking, State
from firsthand.directory.counter.naming import other_names_of
from firsthand.directory.family.acting import ties_between
from firsthand.directory.family.model import Kind
from firsthand.directory.person.store import names_of, same_people
from firsthand.identity.document.store import documented, find_person
from firsthand.platform.access import Permission
from firsthand.platform.database import Connection
from firsthand.platform.idempotency import Answers, answer_once
from firsthand.platform.scope import CityScope, HospitalScope, PersonScope
from firsthand.platform.world import World
from firsthand.policy.actions import read_in_force
from firsthand.policy.model import ArrivalPolicy
from firsthand.release.store import read_offers_of_day

# The whole city is looked through, so that somebody at the wrong hospital can be told so.
_AT_DESK = CityScope("find the booking that a person shows at the desk")
_FOR_DEPENDANT = CityScope("show a carer for whom he booked")
# Past sessions are kept for ever, and all but the last hour's are settled. Only where no worker was up for longer than
# this do bookings stay as they were.
SETTLED_LATE_MAX: Final = timedelta(days=30)
_ANSWERS: Answers[Arrived | Refused] = Answers(
    (Arrived, Refused), in_flight=Refused(Reason.KEY_IN_FLIGHT), other_payload=Refused(Reason.KEY_REUSED)
)


async def check_in(world: World, request: CheckInRequest) -> Arrived | Refused:
    """Check in the person who stands at the desk with a booking's code and a document."""
    async with world.database.transaction() as conn:
        now = world.clock.now()

        async def act(fresh: list[CheckInRequest]) -> list[Arrived | Refused]:
            return [await _check_in(world, conn, one, now) for one in fresh]

        (answer,) = await answer_once(conn, [request], act, _ANSWERS, now=now)
        return answer


async def mark_no_shows(world: World, caller: Caller, *, limit: int = 1000) -> int:
    """Settle up to `limit` bookings whose session is over and whose patient did not come; return how many."""
    scope = CityScope("settle who did not come")
    async with world.database.transaction() as conn:
        now = world.clock.now()
        policy = await read_in_force(conn, ArrivalPolicy, at=now)
        ended_before = now - timedelta(minutes=policy.no_show_after_end_minutes)
        due = await booking_store.lock_unattended(
            conn, scope, ended_after=now - SETTLED_LATE_MAX, ended_before=ended_before, limit=limit
        )
        bookings = await booking_store.read_bookings(conn, scope, due)
        settled = await booking_store.settle(conn, scope, due, State.NO_SHOW)
        lines = [
            Line(
                at=now,
                caller=caller,
                action="arrival.no_show",
                outcome=DONE,
                hospital_id=bookings[booking_id].hospital_id,
                subject_id=booking_id,
                person_id=bookings[booking_id].patient_id,
                purpose=scope.purpose,
                detail=who(bookings[booking_id]),
            )
            for booking_id in sorted(settled)
        ]
        await append(conn, lines)
        return len(settled)


async def read_desk_day(
    world: World,
    caller: Caller,
    scope: HospitalScope,
    day: date,
    *,
    session_id: UUID | None = None,
    limit: int = 50,
    offset: int = 0,
) -> DeskDay | Refused:
    """Return a hospital's local day: its sessions with their tallies, and one page of the patients with their names.

    That the names were read is recorded, once for the list. Refused with NOT_PERMITTED alone.
    """
    async with world.database.transaction() as conn:
        now = world.clock.now()
        if not caller.may(Permission.SEE_DAY, at=scope.hospital_id):
            await append(conn, [_read_line(caller, scope, "arrival.read_day", Reason.NOT_PERMITTED, now)])
            return Refused(Reason.NOT_PERMITTED)
        offers = await read_offers_of_day(conn, scope.hospital_id, day)
        counts = await booking_store.count_of_day(conn, scope, day)
        bookings = await booking_store.list_of_day(conn, scope, day, session_id=session_id, limit=limit, offset=offset)
        patients = await _expected(world, conn, scope, bookings)
        await append(
            conn,
            [
                Line(
                    at=now,
                    caller=caller,
                    action="arrival.read_day",
                    outcome=DONE,
                    hospital_id=scope.hospital_id,
                    subject_id=session_id,
                    detail={"day": day.isoformat(), "names": len(patients)},
                )
            ],
        )
    tallies = []
    total: Counter[UUID] = Counter()
    for offer in offers:
        by_state = counts.get(offer.session_id, {})
        booked, arrived, no_show = (by_state.get(state, 0) for state in (State.BOOKED, State.ARRIVED, State.NO_SHOW))
        tallies.append(SessionTally(offer, booked, arrived, no_show))
        total[offer.session_id] = booked + arrived + no_show
    return DeskDay(day, tuple(tallies), patients, total[session_id] if session_id else total.total())


async def read_patient(
    world: World, caller: Caller, scope: PersonScope | HospitalScope, booking_id: UUID
) -> ExpectedPatient | None:
    """Return one booking with its patient's name and arrival, or None where there is none within `scope`.

    That a hospital's staff read the name is recorded; that somebody read his own is not. To staff who may not see the
    hospital's day there is none.
    """
    async with world.database.transaction() as conn:
        if isinstance(scope, HospitalScope) and not caller.may(Permission.SEE_DAY, at=scope.hospital_id):
            line = _read_line(caller, scope, "arrival.read_patient", Reason.NOT_PERMITTED, world.clock.now())
            await append(conn, [line])
            return None
        bookings = list((await booking_store.read_bookings(conn, scope, [booking_id])).values())
        found = await _expected(world, conn, scope, await within_sight(world, conn, scope, bookings))
        if found and isinstance(scope, HospitalScope):
            line = Line(
                at=world.clock.now(),
                caller=caller,
                action="arrival.read_patient",
                outcome=DONE,
                hospital_id=scope.hospital_id,
                subject_id=booking_id,
                person_id=found[0].booking.patient_id,
            )
            await append(conn, [line])
        return found[0] if found else None


async def _comes_for(
    world: World, conn: Connection, booking: Booking | None, presented: UUID | None, now: datetime
) -> UUID | None:
    """Return for whom the person comes whose document was presented: himself, or his child without a document.

    A child with a document shows it. Whoever may act for an adult cannot come in his place.
    """
    if booking is None or presented is None or presented == booking.patient_id:
        return presented
    same = await same_people(conn, _AT_DESK, [presented, booking.patient_id])
    if presented in same and booking.patient_id in same and same[presented].id == same[booking.patient_id].id:
        return booking.patient_id  # two records of one person, that were merged
    ties = await ties_between(conn, world.keyring, _AT_DESK, [(presented, booking.patient_id)], now=now)
    if Kind.GUARDIAN not in ties.values() or await documented(conn, _AT_DESK, [booking.patient_id]):
        return presented
    return booking.patient_id


def _read_line(caller: Caller, scope: HospitalScope, action: str, outcome: str, now: datetime) -> Line:
    return Line(at=now, caller=caller, action=action, outcome=outcome, hospital_id=scope.hospital_id)


async def _expected(
    world: World, conn: Connection, scope: PersonScope | HospitalScope, bookings: Sequence[Booking]
) -> tuple[ExpectedPatient, ...]:
    # A person sees the name of a dependant too, with the booking that he took for him: `within_sight` let it through.
    of_whom = _FOR_DEPENDANT if isinstance(scope, PersonScope) else scope
    names = await names_of(conn, world.keyring, of_whom, [booking.patient_id for booking in bookings])
    others: dict[UUID, tuple[str, ...]] = {}
    if isinstance(scope, HospitalScope):
        others = await other_names_of(conn, world.keyring, scope, sorted({booking.patient_id for booking in bookings}))
    check_ins = await store.read_check_ins(conn, scope, [booking.id for booking in bookings])
    patients = []
    for booking in bookings:
        arrived_at, late = check_ins.get(booking.id, (None, False))
        name, besides = names.get(booking.patient_id, ""), others.get(booking.patient_id, ())
        patients.append(ExpectedPatient(booking, name, arrived_at, late, besides))
    return tuple(patients)


async def _check_in(world: World, conn: Connection, request: CheckInRequest, now: datetime) -> Arrived | Refused:
    caller = request.caller
    permitted = caller.kind is ActorKind.STAFF and caller.may(Permission.CHECK_IN, at=caller.hospital_id)
    if not permitted or caller.id is None or caller.hospital_id is None:
        answer: Arrived | Refused = Refused(Reason.NOT_PERMITTED)
        await append(conn, [_line(caller, None, answer, now)])
        return answer
    found = await booking_store.find_by_code(conn, _AT_DESK, request.code)
    locked = await booking_store.lock_bookings(conn, _AT_DESK, [found.id]) if found else {}
    booking = locked.get(found.id) if found else None
    presented = await find_person(conn, world.keyring, _AT_DESK, request.document)
    policy = await read_in_force(conn, ArrivalPolicy, at=now)
    comes_for = await _comes_for(world, conn, booking, presented, now)
    decision = rules.decide_check_in(booking, comes_for, caller.hospital_id, policy, now=now)
    if isinstance(decision, Refused) or booking is None:
        answer = decision if isinstance(decision, Refused) else Refused(Reason.CODE_UNKNOWN)
    else:
        own = HospitalScope(caller.hospital_id)
        await booking_store.settle(conn, own, [booking.id], State.ARRIVED)
        await store.insert_check_in(conn, own, booking.id, caller.id, at=now, late=decision)
        answer = Arrived(
            booking_id=booking.id,
            session_id=booking.session_id,
            patient_id=booking.patient_id,
            number=booking.number,
            expected_at=booking.expected_at,
            at=now,
            late=decision,
        )
    await append(conn, [_line(caller, booking, answer, now, presented=presented)])
    return answer


def _line(
    caller: Caller, booking: Booking | None, answer: Arrived | Refused, now: datetime, *, presented: UUID | None = None
) -> Line:
    detail: dict[str, str | bool] = dict(who(booking))
    if isinstance(answer, Arrived) and booking:
        detail |= {"late": answer.late, "by_guardian": presented != booking.patient_id}
    return Line(
        at=now,
        caller=caller,
        action="arrival.check_in",
        outcome=answer.reason if isinstance(answer, Refused) else DONE,
        hospital_id=caller.hospital_id,
        subject_id=booking.id if booking else None,
        person_id=booking.patient_id if booking else None,
        purpose=_AT_DESK.purpose,
        detail=detail,
    )
