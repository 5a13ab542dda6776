"""The SQL of people. Names and phones are sealed, each to its row."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import LiteralString
from uuid import UUID

from firsthand.directory.person.model import (
    Contact,
    EmailAddress,
    OnePerson,
    PersonName,
    Phone,
    RecordState,
    Registration,
)
from firsthand.directory.person.rules import name_key
from firsthand.identity.document.rules import birth_of
from firsthand.identity.document.store import NewDocument, add_documents, read_many
from firsthand.platform.chance import new_id
from firsthand.platform.crypto import Keyring
from firsthand.platform.database import Connection
from firsthand.platform.i18n import Language
from firsthand.platform.scope import CityScope, HospitalScope, PersonScope, Scope
from firsthand.platform.world import World

_ADD: LiteralString = """
INSERT INTO directory.person
    (id, name, phone, phone_index, born_on, name_index, language, guardian_id, created_at)
SELECT * FROM unnest(%s::uuid[], %s::bytea[], %s::bytea[], %s::bytea[], %s::bytea[], %s::bytea[], %s::text[],
                     %s::uuid[], %s::timestamptz[])
"""
_NAMES: LiteralString = "SELECT id, name FROM directory.person WHERE id = ANY(%s)"
_CONTACTS: LiteralString = """
SELECT id, phone, CASE WHEN email_verified_at IS NULL THEN NULL ELSE email END, language
FROM directory.person WHERE id = ANY(%s)
"""
_BIRTHS: LiteralString = "SELECT id, born_on FROM directory.person WHERE id = ANY(%s) AND born_on IS NOT NULL"
# A record that was merged into another is that person's no longer: nobody signs in by its phone.
_BY_PHONE: LiteralString = """
SELECT id FROM directory.person
WHERE phone_index = %s AND merged_into IS NULL AND state = 'active' AND (%s::uuid IS NULL OR id = %s) ORDER BY id
"""
# A merged record leads to the one that is kept, and that is locked. One whose account is deleted while this waits for
# him is nobody any more: the state is looked at again under the lock. Ordered before it locks, so that two transactions
# never wait for each other both ways. For those never merged this is all.
_LOCK: LiteralString = """
SELECT id, merged_into, merged_count FROM directory.person
WHERE id IN (SELECT coalesce(asked.merged_into, asked.id) FROM directory.person AS asked WHERE asked.id = ANY(%b))
  AND state = 'active'
ORDER BY id FOR NO KEY UPDATE
"""
_LOCK_RECORDS: LiteralString = """
SELECT id, merged_into, merged_count, state = 'active' FROM directory.person
WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE
"""
_STATES: LiteralString = """
SELECT id, merged_into, merged_count, state = 'active' FROM directory.person WHERE id = ANY(%s)
"""
_MERGE: LiteralString = "UPDATE directory.person SET merged_into = %s WHERE id = %s AND merged_into IS NULL"
_PART: LiteralString = "UPDATE directory.person SET merged_into = NULL WHERE id = %s AND merged_into = %s"
_COUNT_MERGED: LiteralString = "UPDATE directory.person SET merged_count = merged_count + %s WHERE id = %s"
_SAME: LiteralString = """
SELECT asked.id, kept.id, ARRAY(SELECT other.id FROM directory.person AS other WHERE other.merged_into = kept.id
                                ORDER BY other.id)
FROM directory.person AS asked JOIN directory.person AS kept ON kept.id = coalesce(asked.merged_into, asked.id)
WHERE asked.id = ANY(%s)
"""
_UNINDEXED: LiteralString = """
SELECT id, phone, name FROM directory.person WHERE phone IS NOT NULL AND phone_index IS NULL
ORDER BY id LIMIT %s FOR NO KEY UPDATE SKIP LOCKED
"""
_INDEX: LiteralString = """
UPDATE directory.person SET phone_index = given.phone_index, born_on = coalesce(person.born_on, given.born_on),
       name_index = coalesce(person.name_index, given.name_index)
FROM unnest(%s::uuid[], %s::bytea[], %s::bytea[], %s::bytea[]) AS given (id, phone_index, born_on, name_index)
WHERE person.id = given.id
"""

# Who signs in is not one who has not come for years. Written once a year, so that a sign-in seldom writes it.
_NOTE_SIGNED_IN: LiteralString = """
UPDATE directory.person SET seen_at = %(now)s
WHERE id = %(id)s AND coalesce(seen_at, created_at) < %(now)s - interval '1 year'
"""
_PHONE_CHANGED: LiteralString = "SELECT phone_changed_at FROM directory.person WHERE id = %s"
_SET_PHONE: LiteralString = """
UPDATE directory.person SET phone = %s, phone_index = %s, phone_changed_at = %s WHERE id = %s
"""

_NAME, _PHONE, _EMAIL = "directory.person.name", "directory.person.phone", "directory.person.email"
_BORN_ON = "directory.person.born_on"


@dataclass(frozen=True, slots=True)
class NewPerson:
    """A person to be added under a new id. Where no phone is given, he is reached at none."""

    id: UUID
    registration: Registration


@dataclass(frozen=True, slots=True)
class NewChild:
    """A child to be added under a new id, without a document: he is found through his guardian."""

    id: UUID
    guardian_id: UUID
    name: PersonName
    born_on: date
    language: Language


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
            [_sealed_or_none(world.keyring, person.registration.phone, _PHONE, person.id) for person in rows],
            [phone_index(world.keyring, person.registration.phone) for person in rows],
            [_sealed_birth(world.keyring, _birth(person.registration), person.id) for person in rows],
            [name_index(world.keyring, person.registration.name, _birth(person.registration)) for person in rows],
            [person.registration.language for person in rows],
            [None] * len(rows),
            [now] * len(rows),
        ),
    )
    return added


async def add_child(
    conn: Connection, keyring: Keyring, _scope: PersonScope | HospitalScope, child: NewChild, *, now: datetime
) -> None:
    """Add a child without a document or a phone, under the guardian whom the action has made sure of."""
    name = _sealed(keyring, child.name, _NAME, child.id)
    born_on = _sealed_birth(keyring, child.born_on, child.id)
    named = name_index(keyring, child.name, child.born_on)
    await conn.execute(
        _ADD, ([child.id], [name], [None], [None], [born_on], [named], [child.language], [child.guardian_id], [now])
    )


async def lock_people(conn: Connection, scope: Scope, person_ids: Sequence[UUID]) -> dict[UUID, OnePerson]:
    """Lock people in the order of their ids until the transaction ends; return for each id of somebody whose it is.

    Who has had his account deleted is nobody: whatever is done to people locks them here first, and finds him missing.

    Two transactions that concern one person then follow each other, whichever of his records they name: the one that
    is kept is locked. Whatever is counted under the lock is counted in a later statement: this one's snapshot is older
    than the lock it waited for.
    """
    asked = _within(scope, person_ids)
    rows = await (await conn.execute(_LOCK, (asked,))).fetchall()
    locked = {person_id for person_id, _, _ in rows}
    if locked <= set(asked) and all(merged_into is None and count == 0 for _, merged_into, count in rows):
        return {person_id: OnePerson(person_id, (person_id,)) for person_id in locked}
    people = await same_people(conn, scope, asked)
    # A merger that was committed while this one waited: then the record it left is locked, and the kept one is not.
    if missed := sorted({person.id for person in people.values()} - locked):
        locked |= {person_id for person_id, _, _ in await (await conn.execute(_LOCK, (missed,))).fetchall()}
    return {asked_id: person for asked_id, person in people.items() if person.id in locked}


async def same_people(conn: Connection, scope: Scope, person_ids: Sequence[UUID]) -> dict[UUID, OnePerson]:
    """Return for each id that exists whose it is: the record that is kept, and every id that is this person."""
    rows = await (await conn.execute(_SAME, (_within(scope, person_ids),))).fetchall()
    return {asked: OnePerson(kept, (kept, *merged)) for asked, kept, merged in rows}


async def lock_records(conn: Connection, _scope: HospitalScope, ids: Sequence[UUID]) -> dict[UUID, RecordState]:
    """Lock these very records, in the order of their ids, and return how they stand: for merging them."""
    rows = await (await conn.execute(_LOCK_RECORDS, (list(ids),))).fetchall()
    return {row[0]: RecordState(*row) for row in rows}


async def read_states(conn: Connection, scope: PersonScope, ids: Sequence[UUID]) -> dict[UUID, RecordState]:
    """Return how these records of a person's own stand."""
    rows = await (await conn.execute(_STATES, (_within(scope, ids),))).fetchall()
    return {row[0]: RecordState(*row) for row in rows}


async def merge(conn: Connection, _scope: HospitalScope, other_id: UUID, kept_id: UUID) -> None:
    """Make a locked record one with another locked one, which is kept."""
    await conn.execute(_MERGE, (kept_id, other_id))
    await conn.execute(_COUNT_MERGED, (1, kept_id))


async def part(conn: Connection, _scope: HospitalScope, other_id: UUID, kept_id: UUID) -> bool:
    """Let two locked records stand for themselves again; False where they were not one."""
    if (await conn.execute(_PART, (other_id, kept_id))).rowcount == 0:
        return False
    await conn.execute(_COUNT_MERGED, (-1, kept_id))
    return True


async def find_by_phone(conn: Connection, keyring: Keyring, scope: Scope, phone: Phone) -> list[UUID]:
    """Return everybody with this phone, in the order of their ids: a family may share one."""
    only = scope.person_id if isinstance(scope, PersonScope) else None
    rows = await (await conn.execute(_BY_PHONE, (phone_index(keyring, phone), only, only))).fetchall()
    return [person_id for (person_id,) in rows]


async def note_signed_in(conn: Connection, scope: PersonScope, *, now: datetime) -> None:
    """Note that somebody is still here, where that was last known a year ago."""
    await conn.execute(_NOTE_SIGNED_IN, {"id": scope.person_id, "now": now})


async def phone_changed_at(conn: Connection, scope: PersonScope) -> datetime | None:
    """Return when the person's phone was last changed, None where it never was."""
    row = await (await conn.execute(_PHONE_CHANGED, (scope.person_id,))).fetchone()
    return row[0] if row else None


async def set_phone(conn: Connection, keyring: Keyring, scope: PersonScope, phone: Phone, *, now: datetime) -> None:
    """Give the person another phone, which he has shown to be his."""
    sealed = _sealed(keyring, phone, _PHONE, scope.person_id)
    await conn.execute(_SET_PHONE, (sealed, phone_index(keyring, phone), now, scope.person_id))


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
        person_id: Contact(
            person_id,
            Phone(_opened(keyring, phone, _PHONE, person_id) if phone else ""),
            Language(language),
            EmailAddress(_opened(keyring, email, _EMAIL, person_id) if email else ""),
        )
        for person_id, phone, email, language in rows
    }


async def births_of(conn: Connection, keyring: Keyring, scope: Scope, person_ids: Sequence[UUID]) -> dict[UUID, date]:
    """Return the dates of birth of those whose is known."""
    rows = await (await conn.execute(_BIRTHS, (_within(scope, person_ids),))).fetchall()
    return {
        person_id: date.fromisoformat(_opened(keyring, born_on, _BORN_ON, person_id)) for person_id, born_on in rows
    }


async def index_phones(conn: Connection, keyring: Keyring, scope: CityScope, *, limit: int) -> int:
    """Give up to `limit` people of the version before a phone index, and a date of birth where a document says it.

    Returns how many they were; several workers may do it at once.
    """
    rows = await (await conn.execute(_UNINDEXED, (limit,))).fetchall()
    if not rows:
        return 0
    documents = await read_many(conn, keyring, scope, [person_id for person_id, _, _ in rows])
    indexes, births, names = [], [], []
    for person_id, phone, name in rows:
        indexes.append(phone_index(keyring, Phone(_opened(keyring, phone, _PHONE, person_id))))
        born_on = next(filter(None, (birth_of(document) for document in documents.get(person_id, ()))), None)
        births.append(_sealed_birth(keyring, born_on, person_id))
        names.append(name_index(keyring, _opened(keyring, name, _NAME, person_id), born_on))
    await conn.execute(_INDEX, ([person_id for person_id, _, _ in rows], indexes, births, names))
    return len(rows)


def phone_index(keyring: Keyring, phone: Phone) -> bytes | None:
    """Return the keyed hash (32 bytes) by which a phone is found, None for no phone."""
    return keyring.blind_index(_PHONE, phone) if phone else None


def name_index(keyring: Keyring, name: str, born_on: date | None) -> bytes | None:
    """Return the keyed hash (32 bytes) of a name and a date of birth together, None where the date is not known.

    Of a name alone there is none: whoever has the database and could ask for hashes would try out common names.
    """
    return keyring.blind_index("directory.person.name_and_birth", f"{born_on}:{name_key(name)}") if born_on else None


def _birth(registration: Registration) -> date | None:
    # What the document says comes before what was typed.
    return birth_of(registration.document) or registration.born_on


def _within(scope: Scope, person_ids: Sequence[UUID]) -> list[UUID]:
    # Who belongs to a hospital is told by its bookings, which this room cannot see: staff's actions ask only for
    # people whom they found there, or whose document lies before them.
    if isinstance(scope, PersonScope):
        return [person_id for person_id in person_ids if person_id == scope.person_id]
    return list(person_ids)


def _sealed(keyring: Keyring, text: str, purpose: str, person_id: UUID) -> bytes:
    return keyring.seal(text.encode(), purpose=purpose, context=person_id.bytes)


def _sealed_or_none(keyring: Keyring, text: str, purpose: str, person_id: UUID) -> bytes | None:
    return _sealed(keyring, text, purpose, person_id) if text else None


def _sealed_birth(keyring: Keyring, born_on: date | None, person_id: UUID) -> bytes | None:
    return _sealed(keyring, born_on.isoformat(), _BORN_ON, person_id) if born_on else None


def _opened(keyring: Keyring, sealed: bytes, purpose: str, person_id: UUID) -> str:
    return keyring.open(sealed, purpose=purpose, context=person_id.bytes).decode()
