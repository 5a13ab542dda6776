"""What a desk does for a person whose document lies on the counter: register him, add a document, change his phone."""

from uuid import UUID

from firsthand.audit.model import ActorKind, Caller, Detail
from firsthand.audit.store import append
from firsthand.directory.counter import rules, store
from firsthand.directory.counter.finding import line_of, open_found, require_found
from firsthand.directory.counter.model import (
    DOCUMENTS_MAX,
    PHONE_COOLING,
    Basis,
    Deed,
    Found,
    NewAtDesk,
    Reason,
    Refused,
)
from firsthand.directory.counter.telling import tell
from firsthand.directory.family.desk import TiedChild, tie_child
from firsthand.directory.person.model import Phone, Registration
from firsthand.directory.person.store import (
    NewChild,
    NewPerson,
    add_child,
    add_people,
    births_of,
    contacts_of,
    lock_people,
    names_of,
)
from firsthand.identity.document.model import Document
from firsthand.identity.document.rules import birth_of
from firsthand.identity.document.store import NewDocument, add_documents, find_person, read_rows
from firsthand.identity.passkey.model import Subject
from firsthand.identity.passkey.store import remove_all
from firsthand.identity.session.model import SubjectKind
from firsthand.identity.session.store import end_all
from firsthand.messages.model import Template
from firsthand.platform.access import Permission
from firsthand.platform.chance import new_id
from firsthand.platform.database import Connection
from firsthand.platform.days import local_day
from firsthand.platform.scope import HospitalScope
from firsthand.platform.world import World
from firsthand.policy.actions import read_in_force
from firsthand.policy.model import FamilyPolicy


async def register_at_desk(world: World, caller: Caller, scope: HospitalScope, new: NewAtDesk) -> Found | Refused:
    """Register the person whose document lies on the counter, with or without a phone, and find him at once.

    Where the document is known, he is not registered again: DOCUMENT_KNOWN, and the clerk finds him by it.
    """
    async with world.database.transaction() as conn:
        if caller.kind is not ActorKind.STAFF or not caller.may(Permission.REGISTER_PERSON, at=scope.hospital_id):
            return await _refuse(conn, world, caller, scope, "directory.register_at_desk", Reason.NOT_PERMITTED, None)
        now = world.clock.now()
        says = birth_of(new.document)
        if says is not None and new.born_on is not None and says != new.born_on:
            reason = Reason.BIRTH_CONTRADICTS
            return await _refuse(conn, world, caller, scope, "directory.register_at_desk", reason, None)
        person_id = new_id(world.chance, now)
        registration = Registration(new.document, new.name, new.phone, new.language, new.born_on)
        if not await add_people(conn, world, [NewPerson(person_id, registration)], now=now):
            return await _refuse(conn, world, caller, scope, "directory.register_at_desk", Reason.DOCUMENT_KNOWN, None)
        detail: Detail = {"document_type": new.document.type, "phone": bool(new.phone)}
        line = line_of(world, caller, scope, "directory.register_at_desk", None, person_id, detail)
        await append(conn, [line])
        contacts = await contacts_of(conn, world.keyring, scope, [person_id])
        await tell(conn, world, scope, contacts.values(), Template.REGISTERED_AT_DESK, person_id)
        return await open_found(conn, world, caller, scope, person_id, Basis.DOCUMENT)


async def register_child(
    world: World, caller: Caller, scope: HospitalScope, guardian_id: UUID, child: NewChild
) -> Found | Refused:
    """Register a child without a document under the guardian who stands at the counter, and find it at once.

    child.guardian_id is set to the guardian's record that is kept, and he may act for it where his caps have room.
    Later it is given a document by `add_document`. A child of his with the same name and date of birth is the same:
    it is found, and not registered once more.
    """
    action = "directory.register_child"
    async with world.database.transaction() as conn:
        basis = await require_found(conn, world, caller, scope, guardian_id, Permission.REGISTER_PERSON, Deed.CHANGE)
        if isinstance(basis, Refused):
            return await _refuse(conn, world, caller, scope, action, basis.reason, guardian_id)
        guardian = (await lock_people(conn, scope, [guardian_id])).get(guardian_id)
        if guardian is None:
            return await _refuse(conn, world, caller, scope, action, Reason.NOT_FOUND, guardian_id)
        now = world.clock.now()
        children = await store.children_of(conn, scope, guardian.ids)
        if same := await _same_child(conn, world, scope, children, child):
            return await open_found(conn, world, caller, scope, same, basis)
        zone = (await read_in_force(conn, FamilyPolicy, at=now)).time_zone
        refused = rules.check_child(child.born_on, len(children), today=local_day(now, zone))
        if refused:
            return await _refuse(conn, world, caller, scope, action, refused.reason, guardian.id)
        row = NewChild(new_id(world.chance, now), guardian.id, child.name, child.born_on, child.language)
        await add_child(conn, world.keyring, scope, row, now=now)
        await append(conn, [line_of(world, caller, scope, action, None, row.id, {"guardian": str(guardian.id)})])
        await tie_child(conn, world, caller, scope, TiedChild(guardian.id, row.id, child.language, (basis.value,)))
        return await open_found(conn, world, caller, scope, row.id, basis)


async def _same_child(
    conn: Connection, world: World, scope: HospitalScope, children: list[UUID], child: NewChild
) -> UUID | None:
    """Return which of a guardian's children has the name and the date of birth of one to be registered, if any."""
    names = await names_of(conn, world.keyring, scope, children)
    births = await births_of(conn, world.keyring, scope, children)
    return next((one for one in children if (names[one], births.get(one)) == (child.name, child.born_on)), None)


async def add_document(
    world: World, caller: Caller, scope: HospitalScope, person_id: UUID, document: Document
) -> Document | Refused:
    """Bind one more document to a person: to one who shows both, or the first to a child found through his guardian.

    A document that somebody has already stays his: then the two records may be one person's, and are merged.
    """
    action = "directory.add_document"
    async with world.database.transaction() as conn:
        basis = await require_found(conn, world, caller, scope, person_id, Permission.REGISTER_PERSON, Deed.CHANGE)
        if isinstance(basis, Refused):
            return await _refuse(conn, world, caller, scope, action, basis.reason, person_id)
        people = await lock_people(conn, scope, [person_id])
        now = world.clock.now()
        if person_id not in people or people[person_id].id != person_id:
            return await _refuse(conn, world, caller, scope, action, Reason.NOT_FOUND, person_id)
        row = NewDocument(new_id(world.chance, now), person_id, document)
        reason = await _why_not_added(conn, world, scope, person_id, document)
        if reason is None and not await add_documents(conn, world.keyring, [row], now=now):
            owner = await find_person(conn, world.keyring, scope, document)
            reason = Reason.DOCUMENT_OF_THIS_PERSON if owner == person_id else Reason.DOCUMENT_KNOWN
        if reason is not None:
            return await _refuse(conn, world, caller, scope, action, reason, person_id)
        detail = {"document_type": document.type}
        await append(conn, [line_of(world, caller, scope, action, None, person_id, detail, row.id)])
        contacts = await contacts_of(conn, world.keyring, scope, [person_id])
        await tell(conn, world, scope, contacts.values(), Template.DOCUMENT_ADDED, row.id)
        return document


async def change_phone(
    world: World, caller: Caller, scope: HospitalScope, person_id: UUID, phone: Phone
) -> Phone | Refused:
    """Give the person at the counter another phone to sign in with, or none (""). His sessions and passkeys end.

    The old phone is told, and the new one. After a change there is none for a day: he can object meanwhile.
    """
    action = "directory.change_phone"
    async with world.database.transaction() as conn:
        basis = await require_found(conn, world, caller, scope, person_id, Permission.RECOVER_SIGN_IN, Deed.CHANGE)
        if isinstance(basis, Refused):
            return await _refuse(conn, world, caller, scope, action, basis.reason, person_id)
        people = await lock_people(conn, scope, [person_id])
        if person_id not in people or people[person_id].id != person_id:
            return await _refuse(conn, world, caller, scope, action, Reason.NOT_FOUND, person_id)
        now = world.clock.now()
        old = (await contacts_of(conn, world.keyring, scope, [person_id]))[person_id]
        changed_at = await store.phone_changed_at(conn, scope, person_id)
        reason = Reason.SAME_PHONE if old.phone == phone else None
        if reason is None and changed_at is not None and now < changed_at + PHONE_COOLING:
            reason = Reason.CHANGED_LATELY
        if reason is not None:
            return await _refuse(conn, world, caller, scope, action, reason, person_id)
        await store.change_phone(conn, world.keyring, scope, person_id, phone, now=now)
        ended = await end_all(conn, SubjectKind.PERSON, person_id)
        # Who has lost his phone has lost the passkeys on it; he adds new ones when he has signed in.
        removed = await remove_all(conn, Subject(SubjectKind.PERSON, person_id))
        detail = {"sessions_ended": ended, "passkeys_removed": removed, "phone": bool(phone)}
        await append(conn, [line_of(world, caller, scope, action, None, person_id, detail)])
        new = (await contacts_of(conn, world.keyring, scope, [person_id]))[person_id]
        await tell(conn, world, scope, [old, new], Template.PHONE_CHANGED, new_id(world.chance, now))
        return phone


async def _why_not_added(
    conn: Connection, world: World, scope: HospitalScope, person_id: UUID, document: Document
) -> Reason | None:
    if len(await read_rows(conn, world.keyring, scope, person_id)) >= DOCUMENTS_MAX:
        return Reason.TOO_MANY_DOCUMENTS
    born_on = (await births_of(conn, world.keyring, scope, [person_id])).get(person_id)
    says = birth_of(document)
    return Reason.BIRTH_CONTRADICTS if says and born_on and says != born_on else None


async def _refuse(
    conn: Connection,
    world: World,
    caller: Caller,
    scope: HospitalScope,
    action: str,
    reason: Reason,
    person_id: UUID | None,
) -> Refused:
    refused = Refused(reason)
    await append(conn, [line_of(world, caller, scope, action, refused, person_id)])
    return refused
