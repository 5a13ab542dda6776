"""Finding a person at the counter or on the phone, and looking at his record.

A clerk finds whoever shows him a document, and only those. Without one he finds whoever has a booking at his hospital
(`booking.finding`). What he found holds for half an hour and for him alone: every deed for a person asks for it.
"""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from firsthand.audit.model import DONE, ActorKind, Caller, Detail, Line
from firsthand.audit.store import append
from firsthand.directory.counter import rules, store
from firsthand.directory.counter.limits import PER_CLERK, PER_CLERK_DAY
from firsthand.directory.counter.model import (
    FOUND_FOR,
    MINOR_YEARS,
    Basis,
    Deed,
    Found,
    MaskedDocument,
    Reason,
    Record,
    Refused,
    Relative,
)
from firsthand.directory.person.model import OnePerson
from firsthand.directory.person.store import births_of, contacts_of, names_of, same_people
from firsthand.identity.document.model import Document, StoredDocument
from firsthand.identity.document.store import find_person, read_rows
from firsthand.platform.access import Permission
from firsthand.platform.attempts import allow
from firsthand.platform.database import Connection
from firsthand.platform.days import local_day
from firsthand.platform.scope import CityScope, HospitalScope
from firsthand.platform.world import World
from firsthand.policy.actions import read_in_force
from firsthand.policy.model import FamilyPolicy

_FIND = "directory.find_person"
_SAME = CityScope("know the records of one person as one")


async def find_by_document(world: World, caller: Caller, scope: HospitalScope, document: Document) -> Found | Refused:
    """Find the person whose document lies on the counter."""
    async with world.database.transaction() as conn:
        refused = await may_search(conn, world, caller, scope)
        person_id = None if refused else await find_person(conn, world.keyring, scope, document)
        if refused or person_id is None:
            return await _refuse_find(conn, world, caller, scope, refused or Refused(Reason.NOT_FOUND))
        return await open_found(conn, world, caller, scope, person_id, Basis.DOCUMENT)


async def find_on_phone(
    world: World, caller: Caller, scope: HospitalScope, document: Document, name: str, born_on: date
) -> Found | Refused:
    """Find the person who says his document's number, his name and his date of birth on the phone.

    All three must be right; a clerk learns nothing of which was wrong.
    """
    async with world.database.transaction() as conn:
        refused = await may_search(conn, world, caller, scope)
        person_id = None if refused else await find_person(conn, world.keyring, scope, document)
        if not refused and (
            person_id is None or not await _is_who_he_says(conn, world, scope, person_id, name, born_on)
        ):
            refused = Refused(Reason.NOT_FOUND)
        if refused or person_id is None:
            return await _refuse_find(conn, world, caller, scope, refused or Refused(Reason.NOT_FOUND))
        return await open_found(conn, world, caller, scope, person_id, Basis.PHONE)


async def find_child(world: World, caller: Caller, scope: HospitalScope, child_id: UUID) -> Found | Refused:
    """Find a child without a document through his guardian, who was found and stands at the counter."""
    async with world.database.transaction() as conn:
        guardian_id = await store.guardian_of(conn, scope, child_id)
        guardian = (await same_people(conn, _SAME, [guardian_id])).get(guardian_id) if guardian_id else None
        basis = await opened_basis(conn, world, caller, scope, guardian.id) if guardian else None
        if basis is not None and child_id not in await _minors(conn, world, scope, [child_id]):
            basis = None  # who has come of age is found by his own document
        if not caller.may(Permission.FIND_PERSON, at=scope.hospital_id):
            return await _refuse_find(conn, world, caller, scope, Refused(Reason.NOT_PERMITTED))
        if basis is None:
            return await _refuse_find(conn, world, caller, scope, Refused(Reason.NOT_FOUND))
        return await open_found(conn, world, caller, scope, child_id, basis)


async def read_record(world: World, caller: Caller, scope: HospitalScope, person_id: UUID) -> Record | Refused:
    """Return what the desk sees of a person whom this clerk has found. That it was looked at is recorded each time."""
    async with world.database.transaction() as conn:
        basis = await require_found(conn, world, caller, scope, person_id, Permission.FIND_PERSON, Deed.LOOK)
        answer = basis if isinstance(basis, Refused) else await _record(conn, world, scope, person_id, basis)
        shown = 0 if isinstance(answer, Refused) else len(answer.documents)
        detail = {"documents_masked": shown}
        await append(conn, [line_of(world, caller, scope, "directory.read_record", answer, person_id, detail)])
        return answer


async def read_numbers(
    world: World, caller: Caller, scope: HospitalScope, person_id: UUID
) -> list[StoredDocument] | Refused:
    """Return the document numbers of a person who stands at the counter. Each reading is recorded, and he sees it."""
    async with world.database.transaction() as conn:
        basis = await require_found(conn, world, caller, scope, person_id, Permission.READ_DOCUMENTS, Deed.READ_NUMBERS)
        if isinstance(basis, Refused):
            await append(conn, [line_of(world, caller, scope, "identity.document_read", basis, person_id)])
            return basis
        documents = await read_rows(conn, world.keyring, scope, person_id)
        detail = {"documents": len(documents)}
        await append(conn, [line_of(world, caller, scope, "identity.document_read", None, person_id, detail)])
        return documents


# --- for the actions of this room and of those below ------------------------------------------------------------------


async def may_search(conn: Connection, world: World, caller: Caller, scope: HospitalScope) -> Refused | None:
    """Say why this clerk may not look for anybody now; None where he may, and the search is counted."""
    if caller.kind is not ActorKind.STAFF or not caller.may(Permission.FIND_PERSON, at=scope.hospital_id):
        return Refused(Reason.NOT_PERMITTED)
    subject = world.keyring.blind_index("desk.find", str(caller.id))
    now = world.clock.now()
    counted = [await allow(conn, limit, subject, now=now) for limit in (PER_CLERK, PER_CLERK_DAY)]
    return None if all(counted) else Refused(Reason.TOO_MANY_SEARCHES)


async def open_found(
    conn: Connection, world: World, caller: Caller, scope: HospitalScope, person_id: UUID, basis: Basis
) -> Found:
    """Write down that the caller has found this person, and record it. The record that is kept is opened."""
    person = (await same_people(conn, _SAME, [person_id])).get(person_id, OnePerson(person_id, (person_id,)))
    now = world.clock.now()
    if caller.id is None:
        raise TypeError("staff have an id")
    await store.open_record(conn, scope, caller.id, person.id, basis, now=now, until=now + FOUND_FOR)
    await append(conn, [line_of(world, caller, scope, _FIND, None, person.id, {"basis": basis.value})])
    return Found(person.id, basis)


async def opened_basis(
    conn: Connection, world: World, caller: Caller, scope: HospitalScope, person_id: UUID
) -> Basis | None:
    """Return how this clerk knows the person, None where he has not found him here lately."""
    if caller.kind is not ActorKind.STAFF or caller.id is None:
        return None
    return await store.find_opened(conn, scope, caller.id, person_id, now=world.clock.now())


async def require_found(
    conn: Connection,
    world: World,
    caller: Caller,
    scope: HospitalScope,
    person_id: UUID,
    permission: Permission,
    deed: Deed,
) -> Basis | Refused:
    """Return how the caller knows the person where that is enough for the deed, or why it may not be done."""
    if caller.kind is not ActorKind.STAFF or not caller.may(permission, at=scope.hospital_id):
        return Refused(Reason.NOT_PERMITTED)
    basis = await opened_basis(conn, world, caller, scope, person_id)
    if basis is None:
        return Refused(Reason.NOT_FOUND)
    return basis if rules.allows(basis, deed) else Refused(Reason.DOCUMENT_NEEDED)


def line_of(
    world: World,
    caller: Caller,
    scope: HospitalScope | None,
    action: str,
    answer: object,
    person_id: UUID | None,
    detail: Detail | None = None,
    subject_id: UUID | None = None,
) -> Line:
    """Return the audit line of something done for a person at the counter, or refused."""
    return Line(
        at=world.clock.now(),
        caller=caller,
        action=action,
        outcome=answer.reason if isinstance(answer, Refused) else DONE,
        hospital_id=scope.hospital_id if scope else None,
        subject_id=subject_id,
        person_id=person_id,
        detail=detail or {},
    )


async def _refuse_find(
    conn: Connection, world: World, caller: Caller, scope: HospitalScope, refused: Refused
) -> Refused:
    await append(conn, [line_of(world, caller, scope, _FIND, refused, None)])
    return refused


async def names_known(conn: Connection, world: World, scope: HospitalScope, ids: Sequence[UUID]) -> list[str]:
    """Return every name of one person: of each of his records, and the other names of each."""
    names = await names_of(conn, world.keyring, scope, ids)
    variants = await store.variants_of(conn, world.keyring, scope, ids)
    return [*names.values(), *(variant.name for found in variants.values() for variant in found)]


async def _is_who_he_says(
    conn: Connection, world: World, scope: HospitalScope, person_id: UUID, name: str, born_on: date
) -> bool:
    people = await same_people(conn, _SAME, [person_id])
    ids = people[person_id].ids if person_id in people else (person_id,)
    births = await births_of(conn, world.keyring, scope, ids)
    return born_on in births.values() and rules.is_same_name(name, await names_known(conn, world, scope, ids))


async def _minors(conn: Connection, world: World, scope: HospitalScope, ids: Sequence[UUID]) -> list[UUID]:
    """Return those of these people who have not come of age, in their order."""
    now = world.clock.now()
    births = await births_of(conn, world.keyring, scope, ids)
    today = local_day(now, (await read_in_force(conn, FamilyPolicy, at=now)).time_zone)
    return [one for one in ids if one in births and rules.age_on(births[one], today) < MINOR_YEARS]


async def _record(conn: Connection, world: World, scope: HospitalScope, person_id: UUID, basis: Basis) -> Record:
    keyring = world.keyring
    person = (await same_people(conn, _SAME, [person_id]))[person_id]
    children = await _minors(conn, world, scope, await store.children_of(conn, scope, person.ids))
    guardian_id = await store.guardian_of(conn, scope, person_id)
    everybody = [*person.ids, *children, *([guardian_id] if guardian_id else [])]
    names = await names_of(conn, keyring, scope, everybody)
    births = await births_of(conn, keyring, scope, everybody)
    variants = await store.variants_of(conn, keyring, scope, person.ids)
    contact = (await contacts_of(conn, keyring, scope, [person_id]))[person_id]
    documents = await read_rows(conn, keyring, scope, person_id)
    return Record(
        person_id=person_id,
        basis=basis,
        name=names[person_id],
        variants=tuple(variants.get(person_id, ())),
        merged_names=tuple(dict.fromkeys(names[one] for one in person.ids[1:] if names[one] != names[person_id])),
        born_on=births.get(person_id),
        phone_tail=contact.phone[-rules.TAIL_CHARACTERS :],
        documents=tuple(
            MaskedDocument(one.id, one.document.type, rules.tail(one.document.number), one.created_at)
            for one in documents
        ),
        children=tuple(Relative(child, names[child], births.get(child)) for child in children),
        guardian=Relative(guardian_id, names[guardian_id], births.get(guardian_id)) if guardian_id else None,
        merged=len(person.ids) - 1,
    )
