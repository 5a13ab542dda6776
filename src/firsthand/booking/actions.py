"""The verbs of booking after a place is held: confirm, give back, let holds run out, and look up.

Taking places, the hot one, has a file of its own: `taking.py`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from firsthand.audit.model import DONE, ActorKind, Caller, Line
from firsthand.audit.store import append
from firsthand.booking import rules, store
from firsthand.booking.model import (
    Booked,
    Booking,
    ChangeRequest,
    GivenBack,
    Reason,
    Refused,
    State,
)
from firsthand.directory.family.acting import acting_for
from firsthand.directory.person.store import same_people
from firsthand.messages.model import Template
from firsthand.platform.database import Connection
from firsthand.platform.idempotency import Answers, answer_once
from firsthand.platform.outbox import Task, defer
from firsthand.platform.scope import CityScope, HospitalScope, PersonScope, Scope
from firsthand.platform.world import World
from firsthand.policy.actions import read_in_force
from firsthand.policy.model import BookingPolicy
from firsthand.release.store import return_places

TELL_TASK = "booking.tell"
_BATCH_SCOPE = CityScope("answer requests of many persons in one transaction")
_CONFIRM_ANSWERS: Answers[Booked | Refused] = Answers(
    (Booked, Refused), in_flight=Refused(Reason.KEY_IN_FLIGHT), other_payload=Refused(Reason.KEY_REUSED)
)
_GIVE_BACK_ANSWERS: Answers[GivenBack | Refused] = Answers(
    (GivenBack, Refused), in_flight=Refused(Reason.KEY_IN_FLIGHT), other_payload=Refused(Reason.KEY_REUSED)
)


async def confirm_bookings(world: World, requests: Sequence[ChangeRequest]) -> list[Booked | Refused]:
    """Make held places booked appointments, and answer each request, in order, in one transaction."""
    async with world.database.transaction() as conn:
        now = world.clock.now()

        async def act(fresh: list[ChangeRequest]) -> list[Booked | Refused]:
            bookings, refusals = await _decide_changes(
                world, conn, fresh, lambda booking: rules.decide_confirm(booking, now=now), now=now
            )
            changed = await store.confirm(conn, _BATCH_SCOPE, _allowed(fresh, refusals), now=now)
            await _leave_word(conn, changed, Template.BOOKING_CONFIRMED, now)
            answers: list[Booked | Refused] = [
                refusal or Booked(request.booking_id, bookings[request.booking_id].code)
                for request, refusal in zip(fresh, refusals, strict=True)
            ]
            await _record(conn, "booking.confirm", fresh, answers, bookings, now)
            return answers

        return await answer_once(conn, requests, act, _CONFIRM_ANSWERS, now=now)


async def give_back_bookings(world: World, requests: Sequence[ChangeRequest]) -> list[GivenBack | Refused]:
    """Give bookings back, their places into the returned pool, and answer each request in one transaction."""
    async with world.database.transaction() as conn:
        now = world.clock.now()
        policy = await read_in_force(conn, BookingPolicy, at=now)

        async def act(fresh: list[ChangeRequest]) -> list[GivenBack | Refused]:
            bookings, refusals = await _decide_changes(
                world, conn, fresh, lambda booking: rules.decide_give_back(booking, policy, now=now), now=now
            )
            ended = await store.end(conn, _BATCH_SCOPE, _allowed(fresh, refusals), State.GIVEN_BACK, now=now)
            await return_places(conn, sorted(bookings[booking_id].place_id for booking_id in ended))
            told = {booking_id for booking_id in ended if bookings[booking_id].state is State.BOOKED}
            await _leave_word(conn, told, Template.BOOKING_GIVEN_BACK, now)
            answers: list[GivenBack | Refused] = [
                refusal or GivenBack(request.booking_id) for request, refusal in zip(fresh, refusals, strict=True)
            ]
            await _record(conn, "booking.give_back", fresh, answers, bookings, now)
            return answers

        return await answer_once(conn, requests, act, _GIVE_BACK_ANSWERS, now=now)


async def expire_holds(world: World, caller: Caller, *, limit: int = 1000) -> int:
    """End up to `limit` holds whose time is over and return how many. Their places go into the returned pool.

    They are not open again at once: an instant at which a place reappears is one that a tout can aim at.
    """
    scope = CityScope("end holds whose time is over")
    async with world.database.transaction() as conn:
        now = world.clock.now()
        due = await store.lock_expired_holds(conn, scope, now=now, limit=limit)
        bookings = await store.read_bookings(conn, scope, due)
        ended = await store.end(conn, scope, due, State.EXPIRED, now=now)
        await return_places(conn, sorted(bookings[booking_id].place_id for booking_id in ended))
        await append(
            conn,
            [
                Line(
                    at=now,
                    caller=caller,
                    action="booking.expire",
                    outcome=DONE,
                    hospital_id=bookings[booking_id].hospital_id,
                    subject_id=booking_id,
                    person_id=bookings[booking_id].patient_id,
                    purpose=scope.purpose,
                    detail=who(bookings[booking_id]),
                )
                for booking_id in sorted(ended)
            ],
        )
        return len(ended)


async def read_own_bookings(world: World, scope: PersonScope, *, limit: int = 100) -> list[Booking]:
    """Return a person's bookings, and those that he holds for others while he may act for them, the latest first."""
    async with world.database.transaction() as conn:
        own = await same_people(conn, scope, [scope.person_id])
        ids = own[scope.person_id].ids if scope.person_id in own else ()
        found = await store.list_of_person(conn, scope, ids, limit=limit)
        return await within_sight(world, conn, scope, found)


async def read_booking(world: World, scope: PersonScope | HospitalScope, booking_id: UUID) -> Booking | None:
    """Return one booking, or None where there is none within `scope`."""
    async with world.database.transaction() as conn:
        found = list((await store.read_bookings(conn, scope, [booking_id])).values())
        return next(iter(await within_sight(world, conn, scope, found)), None)


async def within_sight(world: World, conn: Connection, scope: Scope, bookings: Sequence[Booking]) -> list[Booking]:
    """Return those of the bookings that a person may see: not what he took for somebody for whom he acts no more.

    Whoever is no person sees what the scope let him read.
    """
    if not isinstance(scope, PersonScope):
        return list(bookings)
    same = await same_people(conn, scope, [scope.person_id])
    own = set(same[scope.person_id].ids) if scope.person_id in same else {scope.person_id}
    pairs = [(scope.person_id, one.patient_id) for one in bookings if one.patient_id not in own]
    acting = await acting_for(conn, world.keyring, scope, pairs, now=world.clock.now())
    return [one for one in bookings if one.patient_id in own or (scope.person_id, one.patient_id) in acting]


def who(booking: Booking | None) -> dict[str, str]:
    """Return who holds a booking and who pays it, as its audit lines say beside its patient."""
    return {"holder": str(booking.holder_id), "payer": str(booking.payer_id)} if booking else {}


async def _decide_changes(
    world: World,
    conn: Connection,
    requests: Sequence[ChangeRequest],
    decide: Callable[[Booking], Refused | None],
    *,
    now: datetime,
) -> tuple[dict[UUID, Booking], list[Refused | None]]:
    """Lock the bookings asked about; return those that exist, and for each request its refusal or None.

    A booking that the caller may not change is as unknown to him as one that does not exist.
    """
    found = await store.lock_bookings(conn, _BATCH_SCOPE, sorted({request.booking_id for request in requests}))
    pairs = [(one.holder_id, one.patient_id) for one in found.values() if rules.is_for_another(one)]
    acting = await acting_for(conn, world.keyring, _BATCH_SCOPE, pairs, now=now, lock=True)
    named = await _as_named(conn, requests, found)
    changing: set[UUID] = set()
    refusals: list[Refused | None] = []
    for request, caller in zip(requests, named, strict=True):
        booking = found.get(request.booking_id)
        if booking is None or not rules.may_change(caller, booking, acting):
            refusals.append(Refused(Reason.BOOKING_UNKNOWN))
        elif booking.id in changing:
            refusals.append(Refused(Reason.ALREADY_ENDED))
        else:
            refusal = decide(booking)
            refusals.append(refusal)
            if refusal is None:
                changing.add(booking.id)
    return found, refusals


async def _as_named(conn: Connection, requests: Sequence[ChangeRequest], found: Mapping[UUID, Booking]) -> list[Caller]:
    """Return who calls, by the record that the booking names where that was merged into his. Else nothing is looked up.

    A booking's people never change, so what was taken under a record that is merged stays under it.
    """
    strangers = set()
    for request in requests:
        booking, caller = found.get(request.booking_id), request.caller
        people = {booking.holder_id, booking.patient_id} if booking else set()
        if people and caller.kind is ActorKind.PERSON and caller.id is not None and caller.id not in people:
            strangers |= {caller.id, *people}
    same = await same_people(conn, _BATCH_SCOPE, sorted(strangers)) if strangers else {}
    named = []
    for request in requests:
        booking, caller = found.get(request.booking_id), request.caller
        own = same[caller.id].ids if caller.id in same else ()
        as_patient = booking is not None and booking.patient_id in own
        as_holder = booking is not None and booking.holder_id in own
        if booking is not None and caller.kind is ActorKind.PERSON and (as_patient or as_holder):
            caller = replace(caller, id=booking.patient_id if as_patient else booking.holder_id)
        named.append(caller)
    return named


def _allowed(requests: Sequence[ChangeRequest], refusals: Sequence[Refused | None]) -> list[UUID]:
    return [request.booking_id for request, refusal in zip(requests, refusals, strict=True) if refusal is None]


async def _leave_word(conn: Connection, booking_ids: set[UUID], event: Template, now: datetime) -> None:
    """Leave the telling to the worker: finding names and addresses has no place in a hot transaction."""
    tasks = [
        Task(TELL_TASK, {"booking_id": str(booking_id), "event": event.value}) for booking_id in sorted(booking_ids)
    ]
    await defer(conn, tasks, now=now)


async def _record(
    conn: Connection,
    action: str,
    requests: Sequence[ChangeRequest],
    answers: Sequence[object],
    bookings: dict[UUID, Booking],
    now: datetime,
) -> None:
    lines = []
    for request, answer in zip(requests, answers, strict=True):
        booking = bookings.get(request.booking_id)
        lines.append(
            Line(
                at=now,
                caller=request.caller,
                action=action,
                outcome=answer.reason if isinstance(answer, Refused) else DONE,
                hospital_id=booking.hospital_id if booking else None,
                subject_id=request.booking_id,
                person_id=booking.patient_id if booking else None,
                detail=who(booking),
            )
        )
    await append(conn, lines)
