"""The SQL of documents. A number is sealed, and found by a keyed hash of its type and itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from firsthand.identity.document.model import Document, DocumentType
from firsthand.platform.crypto import Keyring
from firsthand.platform.database import Connection
from firsthand.platform.scope import CityScope, PersonScope, Scope

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
        Document(DocumentType(kind), keyring.open(number, purpose=_NUMBER, context=row_id.bytes).decode())
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
        found.setdefault(person_id, []).append(Document(DocumentType(kind), opened))
    return found


def _only(scope: Scope) -> UUID | None:
    return scope.person_id if isinstance(scope, PersonScope) else None
