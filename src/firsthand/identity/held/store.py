"""The SQL of what this room holds on one person, for himself: documents, sessions and passkeys.

Hashes, keys and challenges are left out: they would help whoever stole the answer, and tell the person nothing.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from firsthand.identity.session.model import PERSON_IDLE
from firsthand.platform.crypto import Keyring
from firsthand.platform.database import Connection
from firsthand.platform.scope import PersonScope
from firsthand.policy.held import Rows, rows_of

_DOCUMENT: LiteralString = "id person_id type created_at number"
_FORMER: LiteralString = "type created_at ended_at erase_after number"
_SESSION: LiteralString = "method device created_at last_seen_at expires_at"
_PASSKEY: LiteralString = "backed_up created_at last_used_at name"

_READ_DOCUMENTS: LiteralString = """
SELECT id, person_id, type, created_at, number FROM identity.document
WHERE person_id = ANY(%s) ORDER BY created_at, id
"""
_READ_FORMER: LiteralString = """
SELECT id, type, created_at, ended_at, erase_after, number FROM identity.former_document
WHERE person_id = ANY(%s) ORDER BY ended_at DESC, id
"""
_READ_SESSIONS: LiteralString = """
SELECT method, device, created_at, last_seen_at, expires_at FROM identity.session
WHERE subject_kind = 'person' AND subject_id = ANY(%s) AND expires_at > %s AND last_seen_at > %s
ORDER BY last_seen_at DESC, id
"""
_READ_PASSKEYS: LiteralString = """
SELECT id, backed_up, created_at, last_used_at, name FROM identity.passkey
WHERE subject_kind = 'person' AND subject_id = ANY(%s) ORDER BY created_at, id
"""
_DOCUMENT_NUMBER, _PASSKEY_NAME = "identity.document.number", "identity.passkey.name"


async def read_rows(
    conn: Connection, keyring: Keyring, _scope: PersonScope, person_ids: Sequence[UUID], *, now: datetime
) -> Rows:
    """Return every row of a person's. person_ids: each of his records, of which the action has made sure.

    Document numbers are whole: `account` masks them, or records that they were read.
    """
    ids = list(person_ids)
    documents = await (await conn.execute(_READ_DOCUMENTS, (ids,))).fetchall()
    former = await (await conn.execute(_READ_FORMER, (ids,))).fetchall()
    sessions = await (await conn.execute(_READ_SESSIONS, (ids, now, now - PERSON_IDLE))).fetchall()
    passkeys = await (await conn.execute(_READ_PASSKEYS, (ids,))).fetchall()
    return {
        "identity.document": rows_of(
            _DOCUMENT, [(*row[:-1], _opened(keyring, _DOCUMENT_NUMBER, row[0], row[-1])) for row in documents]
        ),
        "identity.former_document": rows_of(
            _FORMER, [(*row[1:-1], _opened(keyring, _DOCUMENT_NUMBER, row[0], row[-1])) for row in former]
        ),
        "identity.session": rows_of(_SESSION, sessions),
        "identity.passkey": rows_of(
            _PASSKEY, [(*row[1:-1], _opened(keyring, _PASSKEY_NAME, row[0], row[-1])) for row in passkeys]
        ),
    }


def _opened(keyring: Keyring, purpose: str, row_id: UUID, sealed: bytes) -> str:
    return keyring.open(sealed, purpose=purpose, context=row_id.bytes).decode()
