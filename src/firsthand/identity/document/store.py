"""The SQL of documents. A number is sealed, and found by a keyed hash of its type and itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from firsthand.identity.document.model import Document, StoredDocument
from firsthand.platform.crypto import Keyring
from firsthand.platform.database import Connection
from firsthand.platform.scope import CityScope, HospitalScope, PersonScope, Scope

_FIND: LiteralString = """
SELECT blind_index, person_id FROM identity.document
WHERE blind_index = ANY(%s) AND (%s::uuid IS NULL OR person_id = %s)
"""
_ADD: LiteralString = """
INSERT INTO identity.document (id, person_id, type, number, blind_index, created_at)
SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::bytea[], %s::bytea[], %s::timestamptz[])
ON CONFLICT (blind_index) DO NOTHING RETURNING person_id
"""
_READ: LiteralString = """
SELECT id, type, number FROM identity.document
WHERE person_id = %s AND (%s::uuid IS NULL OR person_id = %s) ORDER BY created_at, id
"""
_DOCUMENTED: LiteralString = "SELECT DISTINCT person_id FROM identity.document WHERE person_id = ANY(%s)"
_READ_MANY: LiteralString = """
SELECT id, person_id, type, number FROM identity.document WHERE person_id = ANY(%s) ORDER BY created_at, id
"""

_READ_ROWS: LiteralString = """
SELECT id, type, number, created_at FROM identity.document
WHERE person_id = %s AND (%s::uuid IS NULL OR person_id = %s) ORDER BY created_at, id
"""
_MOVE: LiteralString = """
UPDATE identity.document SET person_id = %s WHERE person_id = %s AND (%s::uuid[] IS NULL OR id = ANY(%s)) RETURNING id
"""
# The number stays sealed as it is: to this row's id.
_RETIRE: LiteralString = """
WITH ended AS (DELETE FROM identity.document WHERE id = %s AND person_id = %s
               RETURNING id, person_id, type, number, created_at)
INSERT INTO identity.former_document (id, person_id, type, number, created_at, ended_at, erase_after)
SELECT *, %s::timestamptz, %s::timestamptz FROM ended RETURNING id
"""
_FORMER: LiteralString = """
SELECT id, person_id, type, number, created_at FROM identity.former_document WHERE id = %s
"""
_RESTORE: LiteralString = """
INSERT INTO identity.document (id, person_id, type, number, blind_index, created_at)
SELECT id, person_id, type, number, %s, created_at FROM identity.former_document WHERE id = %s
ON CONFLICT (blind_index) DO NOTHING RETURNING id
"""
_COUNT: LiteralString = "SELECT count(*) FROM identity.document WHERE type = %s"
_FORGET_FORMER: LiteralString = "DELETE FROM identity.former_document WHERE id = %s"
_MARKS: LiteralString = "SELECT blind_index FROM identity.document WHERE person_id = ANY(%s) ORDER BY blind_index"
_FORGET: LiteralString = "DELETE FROM identity.document WHERE person_id = ANY(%s)"
_FORGET_ALL_FORMER: LiteralString = "DELETE FROM identity.former_document WHERE person_id = ANY(%s)"
_ERASE_FORMER: LiteralString = "DELETE FROM identity.former_document WHERE erase_after <= %s"

_NUMBER = "identity.document.number"


@dataclass(frozen=True, slots=True)
class NewDocument:
    """A document to be added: `id` is new, and `person_id` may belong to a person added in the same transaction."""

    id: UUID
    person_id: UUID
    document: Document


def document_index(keyring: Keyring, document: Document) -> bytes:
    """Return the keyed hash (32 bytes) by which a document is found."""
    return keyring.blind_index("document", document.key)


async def find_people(
    conn: Connection, keyring: Keyring, scope: Scope, documents: Sequence[Document]
) -> list[UUID | None]:
    """Return, for each document in order, the person it belongs to, or None when it is not known.

    A hospital's staff find whoever shows them a document; a person finds only himself.
    """
    indexes = [document_index(keyring, document) for document in documents]
    only = _only(scope)
    rows = await (await conn.execute(_FIND, (indexes, only, only))).fetchall()
    found = {bytes(index): person_id for index, person_id in rows}
    return [found.get(index) for index in indexes]


async def find_person(conn: Connection, keyring: Keyring, scope: Scope, document: Document) -> UUID | None:
    """Return the person to whom the document belongs, or None when it is not known."""
    (person_id,) = await find_people(conn, keyring, scope, [document])
    return person_id


async def add_documents(
    conn: Connection, keyring: Keyring, documents: Sequence[NewDocument], *, now: datetime
) -> set[UUID]:  # scope: writes for the registration that calls it, and reads nothing
    """Add documents and return the people whose document was new; one that somebody has already is left out.

    Rows go in by the order of their index, so that two transactions adding the same ones cannot block each other.
    """
    indexed = [(document_index(keyring, new.document), new) for new in documents]
    rows = sorted(indexed, key=lambda pair: pair[0])
    cursor = await conn.execute(
        _ADD,
        (
            [new.id for _, new in rows],
            [new.person_id for _, new in rows],
            [new.document.type for _, new in rows],
            [keyring.seal(new.document.number.encode(), purpose=_NUMBER, context=new.id.bytes) for _, new in rows],
            [index for index, _ in rows],
            [now] * len(rows),
        ),
    )
    return {person_id for (person_id,) in await cursor.fetchall()}


async def read(conn: Connection, keyring: Keyring, scope: Scope, person_id: UUID) -> list[Document]:
    """Return a person's documents, opened, oldest first. Whoever calls this writes an audit line of the reading."""
    only = _only(scope)
    rows = await (await conn.execute(_READ, (person_id, only, only))).fetchall()
    return [
        Document(kind, keyring.open(number, purpose=_NUMBER, context=row_id.bytes).decode())
        for row_id, kind, number in rows
    ]


async def documented(conn: Connection, _scope: Scope, person_ids: Sequence[UUID]) -> set[UUID]:
    """Return who of these people has a document at all; no number is opened."""
    return {row[0] for row in await (await conn.execute(_DOCUMENTED, (list(person_ids),))).fetchall()}


async def read_many(
    conn: Connection, keyring: Keyring, _scope: CityScope, person_ids: Sequence[UUID]
) -> dict[UUID, list[Document]]:
    """Return the documents of many people, opened, each one's oldest first. Whoever calls this records the reading."""
    rows = await (await conn.execute(_READ_MANY, (list(person_ids),))).fetchall()
    found: dict[UUID, list[Document]] = {}
    for row_id, person_id, kind, number in rows:
        opened = keyring.open(number, purpose=_NUMBER, context=row_id.bytes).decode()
        found.setdefault(person_id, []).append(Document(kind, opened))
    return found


async def read_rows(conn: Connection, keyring: Keyring, scope: Scope, person_id: UUID) -> list[StoredDocument]:
    """Return a person's documents with the ids of their rows. Whoever calls this records the reading, as of `read`."""
    only = _only(scope)
    rows = await (await conn.execute(_READ_ROWS, (person_id, only, only))).fetchall()
    return [
        StoredDocument(
            row_id, Document(kind, keyring.open(number, purpose=_NUMBER, context=row_id.bytes).decode()), created_at
        )
        for row_id, kind, number, created_at in rows
    ]


async def count_of_type(conn: Connection, document_type: str) -> int:  # scope: a number of the whole city
    """Return how many documents of a type are kept."""
    row = await (await conn.execute(_COUNT, (document_type,))).fetchone()
    return row[0] if row else 0


async def move(
    conn: Connection, _scope: HospitalScope, from_id: UUID, to_id: UUID, only: Sequence[UUID] | None = None
) -> list[UUID]:
    """Give the documents of one record (`only` these of them) to another, and return which they were."""
    wanted = None if only is None else list(only)
    rows = await (await conn.execute(_MOVE, (to_id, from_id, wanted, wanted))).fetchall()
    return sorted(row_id for (row_id,) in rows)


async def retire(
    conn: Connection, _scope: HospitalScope, document_id: UUID, person_id: UUID, *, now: datetime, erase_after: datetime
) -> bool:
    """Take a document from a person, and keep it sealed until `erase_after`. Its number is free at the commit.

    False where the document is not his, or no longer.
    """
    row = await (await conn.execute(_RETIRE, (document_id, person_id, now, erase_after))).fetchone()
    return row is not None


async def read_former(
    conn: Connection, keyring: Keyring, _scope: HospitalScope, document_id: UUID
) -> StoredDocument | None:
    """Return a retired document, opened, None where it is erased. Whoever calls this records the reading."""
    row = await (await conn.execute(_FORMER, (document_id,))).fetchone()
    if row is None:
        return None
    row_id, _, kind, number, created_at = row
    opened = keyring.open(number, purpose=_NUMBER, context=row_id.bytes).decode()
    return StoredDocument(row_id, Document(kind, opened), created_at)


async def restore(conn: Connection, keyring: Keyring, scope: HospitalScope, document_id: UUID) -> bool | None:
    """Give a retired document back to whose it was. None where it is erased; False where its number has a new owner."""
    former = await read_former(conn, keyring, scope, document_id)
    if former is None:
        return None
    opened = former.document
    if await (await conn.execute(_RESTORE, (document_index(keyring, opened), document_id))).fetchone() is None:
        return False
    await conn.execute(_FORGET_FORMER, (document_id,))
    return True


async def marks_of(conn: Connection, _scope: Scope, person_ids: Sequence[UUID]) -> list[bytes]:
    """Return the keyed hashes (32 bytes each) by which people's documents are found; no number is opened."""
    return [bytes(mark) for (mark,) in await (await conn.execute(_MARKS, (list(person_ids),))).fetchall()]


async def forget(conn: Connection, _scope: CityScope, person_ids: Sequence[UUID]) -> int:
    """Erase the documents of these people, former ones too, and return how many. Their numbers are free."""
    erased = (await conn.execute(_FORGET, (list(person_ids),))).rowcount
    return erased + (await conn.execute(_FORGET_ALL_FORMER, (list(person_ids),))).rowcount


async def erase_former(conn: Connection, *, now: datetime) -> int:  # scope: erases what has run out, and reads nothing
    """Erase the retired documents whose term is over, and return how many they were."""
    return (await conn.execute(_ERASE_FORMER, (now,))).rowcount


def _only(scope: Scope) -> UUID | None:
    return scope.person_id if isinstance(scope, PersonScope) else None
