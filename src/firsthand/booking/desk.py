"""A clerk books a place for the person at the counter."""

from dataclasses import dataclass
from uuid import UUID

from firsthand.audit.model import DONE, Caller, Line
from firsthand.audit.store import append
from firsthand.booking.actions import confirm_bookings
from firsthand.booking.model import ChangeRequest, Reason, Refused, TakeRequest
from firsthand.booking.taking import take_places
from firsthand.directory.counter.finding import require_found
from firsthand.directory.counter.model import Deed
from firsthand.directory.counter.model import Reason as CounterReason
from firsthand.directory.counter.model import Refused as CounterRefused
from firsthand.directory.person.store import names_of
from firsthand.identity.document.model import Document
from firsthand.identity.document.store import find_person
from firsthand.platform.access import Permission
from firsthand.platform.idempotency import IdempotencyKey
from firsthand.platform.scope import HospitalScope
from firsthand.platform.world import World
from firsthand.release.model import Pool


@dataclass(frozen=True, slots=True)
class DeskRequest:
    """A clerk asks for a place of a session for the person whose document lies before him."""

    caller: Caller
    scope: HospitalScope
    session_id: UUID
    document: Document
    pool: Pool
    key: IdempotencyKey | None = None


@dataclass(frozen=True, slots=True)
class FoundRequest:
    """A clerk asks for a place of a session for a person whom he has found."""

    caller: Caller
    scope: HospitalScope
    session_id: UUID
    person_id: UUID
    pool: Pool
    key: IdempotencyKey | None = None


@dataclass(frozen=True, slots=True)
class BookedAtDesk:
    """The place is booked: the person is told its code and number at once."""

    booking_id: UUID
    code: str
    number: int
    patient_name: str


async def book_at_desk(world: World, request: DeskRequest) -> BookedAtDesk | Refused:
    """Take a place for the person and confirm it at once: he stands there.

    Two transactions under keys of their own. Where the second does not come about, the hold runs out by itself, and
    asking again under the same key goes on where it stopped.
    """
    if not request.caller.may(Permission.BOOK_AT_DESK, at=request.scope.hospital_id):
        async with world.database.transaction() as conn:
            await append(conn, [_line(world, request, Reason.NOT_PERMITTED, None)])
        return Refused(Reason.NOT_PERMITTED)
    found = await _find_patient(world, request)
    if found is None:
        return Refused(Reason.PERSON_UNKNOWN)
    return await _book(world, request, *found)


async def book_for_found(world: World, request: FoundRequest) -> BookedAtDesk | Refused:
    """Book for a person whom this clerk has found here, who stands at the counter or speaks on the phone.

    The same rules and caps as everywhere. A person whom the clerk has not found lately is unknown to him.
    """
    async with world.database.transaction() as conn:
        caller, scope, person_id = request.caller, request.scope, request.person_id
        basis = await require_found(conn, world, caller, scope, person_id, Permission.BOOK_AT_DESK, Deed.BOOK)
        outcome: str = DONE
        if isinstance(basis, CounterRefused):
            unknown = basis.reason is CounterReason.NOT_FOUND
            outcome = Reason.PERSON_UNKNOWN if unknown else Reason.NOT_PERMITTED
        names = await names_of(conn, world.keyring, scope, [person_id] if outcome == DONE else [])
        await append(conn, [_line(world, request, outcome, person_id)])
    if outcome != DONE:
        return Refused(Reason(outcome))
    return await _book(world, request, person_id, names[person_id])


async def _book(
    world: World, request: DeskRequest | FoundRequest, person_id: UUID, name: str
) -> BookedAtDesk | Refused:
    take = TakeRequest(request.caller, request.session_id, person_id, person_id, request.pool, request.key)
    (held,) = await take_places(world, [take])
    if isinstance(held, Refused):
        return held
    confirm_key = None
    if request.key is not None:
        # No caller can send this key himself: what he sends has no line break.
        confirm_key = IdempotencyKey(request.key.principal, f"{request.key.key}\nconfirm", request.key.fingerprint)
    (booked,) = await confirm_bookings(world, [ChangeRequest(request.caller, held.booking_id, confirm_key)])
    if isinstance(booked, Refused):
        return booked
    return BookedAtDesk(booked.booking_id, booked.code, held.number, name)


async def _find_patient(world: World, request: DeskRequest) -> tuple[UUID, str] | None:
    async with world.database.transaction() as conn:
        person_id = await find_person(conn, world.keyring, request.scope, request.document)
        names = await names_of(conn, world.keyring, request.scope, [person_id] if person_id else [])
        await append(conn, [_line(world, request, DONE if person_id else Reason.PERSON_UNKNOWN, person_id)])
        return (person_id, names[person_id]) if person_id else None


def _line(world: World, request: DeskRequest | FoundRequest, outcome: str, person_id: UUID | None) -> Line:
    return Line(
        at=world.clock.now(),
        caller=request.caller,
        action="booking.find_patient",
        outcome=outcome,
        hospital_id=request.scope.hospital_id,
        person_id=person_id,
    )
