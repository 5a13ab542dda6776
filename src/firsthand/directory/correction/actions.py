"""Asking for a correction at the counter, and looking at what is asked for."""

from collections.abc import Sequence
from uuid import UUID

from firsthand.audit.model import ActorKind, Caller, Line
from firsthand.audit.store import append
from firsthand.directory.correction import rules, store
from firsthand.directory.correction.model import (
    Correction,
    Evidence,
    Kind,
    OnePersonTwice,
    Reason,
    Refused,
    ShownCorrection,
    State,
    Wish,
    WrongDocument,
)
from firsthand.directory.correction.recording import line_of
from firsthand.directory.counter.finding import require_found
from firsthand.directory.counter.model import Deed, MaskedDocument
from firsthand.directory.counter.model import Refused as CounterRefused
from firsthand.directory.counter.rules import tail
from firsthand.directory.person.model import PersonName
from firsthand.directory.person.store import lock_records, names_of
from firsthand.directory.staff.store import find as find_staff
from firsthand.identity.document.store import find_person, read_former, read_rows
from firsthand.platform.access import Permission
from firsthand.platform.chance import new_id
from firsthand.platform.database import Connection
from firsthand.platform.scope import HospitalScope
from firsthand.platform.world import World

PAGE_SIZE = 50


async def ask_correction(
    world: World, caller: Caller, scope: HospitalScope, wish: Wish, evidence: Evidence
) -> UUID | Refused:
    """Ask for a correction of somebody whose document lies on the counter, and return its id.

    Nothing changes until a second member of staff approves it.
    """
    async with world.database.transaction() as conn:
        answer = await _ask(conn, world, caller, scope, wish, evidence)
        subject = answer if isinstance(answer, UUID) else None
        kind = Kind.MERGER if isinstance(wish, OnePersonTwice) else Kind.DOCUMENT
        detail = {"kind": kind.value, "evidence": evidence.kind.value}
        await append(
            conn, [line_of(world, caller, scope, "directory.ask_correction", answer, wish.person_id, subject, detail)]
        )
        return answer


async def read_corrections(
    world: World, caller: Caller, scope: HospitalScope, *, limit: int = PAGE_SIZE, offset: int = 0
) -> tuple[list[ShownCorrection], int] | Refused:
    """Return one page of a hospital's corrections as whoever decides sees them, and how many there are.

    That names and masked documents were shown is recorded for each person who was: he sees who looked.
    """
    async with world.database.transaction() as conn:
        answer: tuple[list[ShownCorrection], int] | Refused = Refused(Reason.NOT_PERMITTED)
        if caller.kind is ActorKind.STAFF and caller.may(Permission.APPROVE_CORRECTION, at=scope.hospital_id):
            found, total = await store.read_page(conn, world.keyring, scope, limit=limit, offset=offset)
            answer = [await _shown(conn, world, caller, scope, one) for one in found], total
        await append(conn, _read_lines(world, caller, scope, answer))
        return answer


def _read_lines(
    world: World, caller: Caller, scope: HospitalScope, answer: tuple[list[ShownCorrection], int] | Refused
) -> list[Line]:
    """Return a line for each person of whom something was shown, and one where that was nobody."""
    shown = [] if isinstance(answer, Refused) else [one.correction for one in answer[0]]
    people = {person_id for one in shown for person_id in (one.person_id, one.other_id) if person_id is not None}
    whom: Sequence[UUID | None] = sorted(people) or [None]
    detail = {"corrections": len(shown)}
    return [
        line_of(world, caller, scope, "directory.read_corrections", answer, person_id, None, detail)
        for person_id in whom
    ]


async def _ask(
    conn: Connection, world: World, caller: Caller, scope: HospitalScope, wish: Wish, evidence: Evidence
) -> UUID | Refused:
    people = [wish.person_id] + ([wish.other_id] if isinstance(wish, OnePersonTwice) else [])
    for person_id in people:
        basis = await require_found(
            conn, world, caller, scope, person_id, Permission.ASK_CORRECTION, Deed.ASK_CORRECTION
        )
        if isinstance(basis, CounterRefused):
            return Refused(Reason(basis.reason.value))
    if isinstance(wish, OnePersonTwice):
        records = await lock_records(conn, scope, people)
        refused = rules.check_merger(records.get(wish.person_id), records.get(wish.other_id))
    else:
        refused = await _check_document(conn, world, scope, wish)
    if refused is not None:
        return refused
    new = _new(world, caller, scope, wish, evidence)
    return new.id if await store.add(conn, world.keyring, scope, new) else Refused(Reason.ALREADY_ASKED)


async def _check_document(conn: Connection, world: World, scope: HospitalScope, wish: WrongDocument) -> Refused | None:
    rows = {row.id: row.document for row in await read_rows(conn, world.keyring, scope, wish.person_id)}
    if wish.document_id not in rows:
        return Refused(Reason.DOCUMENT_UNKNOWN)
    if wish.replacement is None:
        return None
    if wish.replacement in rows.values():
        return Refused(Reason.SAME_DOCUMENT)
    owner = await find_person(conn, world.keyring, scope, wish.replacement)
    return None if owner is None else Refused(Reason.DOCUMENT_KNOWN)


def _new(world: World, caller: Caller, scope: HospitalScope, wish: Wish, evidence: Evidence) -> Correction:
    if caller.id is None:
        raise TypeError("staff have an id")
    now = world.clock.now()
    return Correction(
        id=new_id(world.chance, now),
        kind=Kind.MERGER if isinstance(wish, OnePersonTwice) else Kind.DOCUMENT,
        state=State.ASKED,
        hospital_id=scope.hospital_id,
        person_id=wish.person_id,
        other_id=wish.other_id if isinstance(wish, OnePersonTwice) else None,
        document_id=wish.document_id if isinstance(wish, WrongDocument) else None,
        replacement=wish.replacement if isinstance(wish, WrongDocument) else None,
        evidence=evidence,
        documents=(),
        asked_by=caller.id,
        asked_at=now,
        decided_by=None,
        decided_at=None,
        undone_at=None,
    )


async def _shown(
    conn: Connection, world: World, caller: Caller, scope: HospitalScope, correction: Correction
) -> ShownCorrection:
    people = [correction.person_id] + ([correction.other_id] if correction.other_id else [])
    names = await names_of(conn, world.keyring, scope, people)
    staff = await find_staff(conn, correction.asked_by)
    document = None
    if correction.document_id is not None:
        rows = await read_rows(conn, world.keyring, scope, correction.person_id)
        former = await read_former(conn, world.keyring, scope, correction.document_id)
        found = next((row for row in [*rows, *([former] if former else [])] if row.id == correction.document_id), None)
        document = (
            MaskedDocument(found.id, found.document.type, tail(found.document.number), found.created_at)
            if found
            else None
        )
    replacement = None
    if correction.replacement is not None:
        number = correction.replacement
        replacement = MaskedDocument(correction.id, number.type, tail(number.number), correction.asked_at)
    return ShownCorrection(
        correction=correction,
        name=names.get(correction.person_id, PersonName("")),
        other_name=names.get(correction.other_id, PersonName("")) if correction.other_id else PersonName(""),
        document=document,
        replacement=replacement,
        asked_by=staff.display_name if staff else "",
        is_own=correction.asked_by == caller.id,
    )
