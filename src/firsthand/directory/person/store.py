"""The SQL of people. Names and phones are sealed, each to its row."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from firsthand.directory.person.model import Contact, PersonName, Phone, Registration
from firsthand.identity.document.store import NewDocument, add_documents
from firsthand.platform.chance import new_id
from firsthand.platform.crypto import Keyring
from firsthand.platform.database import Connection
from firsthand.platform.i18n import Language
from firsthand.platform.scope import PersonScope, Scope
from firsthand.platform.world import World

_ADD: LiteralString = """
INSERT INTO directory.person (id, name, phone, language, created_at)
SELECT * FROM unnest(%s::uuid[], %s::bytea[], %s::bytea[], %s::text[], %s::timestamptz[])
"""
_NAMES: LiteralString = "SELECT id, name FROM directory.person WHERE id = ANY(%s)"
_CONTACTS: LiteralString = "SELECT id, phone, language FROM directory.person WHERE id = ANY(%s)"
# Ordered before it locks, so that two transactions never wait for each other both ways.
_LOCK: LiteralString = "SELECT id FROM directory.person WHERE id = ANY(%b) ORDER BY id FOR NO KEY UPDATE"

_NAME, _PHONE = "directory.person.name", "directory.person.phone"


@dataclass(frozen=True, slots=True)
class NewPerson:
    """A person to be added under a new id."""

    id: UUID
    registration: Registration


async def add_people(
    conn: Connection, world: World, people: Sequence[NewPerson], *, now: datetime
) -> set[UUID]:  # scope: writes for the registration that calls it, and reads nothing
    """Add people with their documents, and return the ids of those who were new.

    A person whose document somebody has already is left out, even when two transactions add him at the same moment.
    The documents go first, for they decide; their foreign key is checked when the transaction ends.
    """
    if not people:
        return set()
    documents = [NewDocument(new_id(world.chance, now), person.id, person.registration.document) for person in people]
    added = await add_documents(conn, world.keyring, documents, now=now)
    rows = [person for person in people if person.id in added]
    await conn.execute(
        _ADD,
        (
            [person.id for person in rows],
            [_sealed(world.keyring, person.registration.name, _NAME, person.id) for person in rows],
            [_sealed(world.keyring, person.registration.phone, _PHONE, person.id) for person in rows],
            [person.registration.language for person in rows],
            [now] * len(rows),
        ),
    )
    return added


async def lock_people(conn: Connection, scope: Scope, person_ids: Sequence[UUID]) -> set[UUID]:
    """Lock people in the order of their ids until the transaction ends, and return those who exist.

    Two transactions that concern one person then follow each other. Whatever is counted under the lock is counted in
    a later statement: this one's snapshot is older than the lock it waited for.
    """
    rows = await (await conn.execute(_LOCK, (_within(scope, person_ids),))).fetchall()
    return {person_id for (person_id,) in rows}


async def names_of(
    conn: Connection, keyring: Keyring, scope: Scope, person_ids: Sequence[UUID]
) -> dict[UUID, PersonName]:
    """Return the names of those who exist. The action that shows a list of names to staff records that it did."""
    rows = await (await conn.execute(_NAMES, (_within(scope, person_ids),))).fetchall()
    return {person_id: PersonName(_opened(keyring, name, _NAME, person_id)) for person_id, name in rows}


async def contacts_of(
    conn: Connection, keyring: Keyring, scope: Scope, person_ids: Sequence[UUID]
) -> dict[UUID, Contact]:
    """Return where those who exist are reached, for messages to them."""
    rows = await (await conn.execute(_CONTACTS, (_within(scope, person_ids),))).fetchall()
    return {
        person_id: Contact(person_id, Phone(_opened(keyring, phone, _PHONE, person_id)), Language(language))
        for person_id, phone, language in rows
    }


def _within(scope: Scope, person_ids: Sequence[UUID]) -> list[UUID]:
    # Who belongs to a hospital is told by its bookings, which this room cannot see: staff's actions ask only for
    # people whom they found there, or whose document lies before them.
    if isinstance(scope, PersonScope):
        return [person_id for person_id in person_ids if person_id == scope.person_id]
    return list(person_ids)


def _sealed(keyring: Keyring, text: str, purpose: str, person_id: UUID) -> bytes:
    return keyring.seal(text.encode(), purpose=purpose, context=person_id.bytes)


def _opened(keyring: Keyring, sealed: bytes, purpose: str, person_id: UUID) -> str:
    return keyring.open(sealed, purpose=purpose, context=person_id.bytes).decode()
