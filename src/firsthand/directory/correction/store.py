"""The SQL of corrections. Notes and replacement numbers are sealed, each to its row."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

import msgspec

from firsthand.directory.correction.model import Correction, Evidence, EvidenceKind, Kind, State
from firsthand.identity.document.model import Document
from firsthand.platform.crypto import Keyring
from firsthand.platform.database import Connection
from firsthand.platform.scope import CityScope, HospitalScope

_COLUMNS: LiteralString = """
SELECT id, kind, state, hospital_id, person_id, other_id, document_id, replacement, evidence_kind, evidence, documents,
       asked_by, asked_at, decided_by, decided_at, undone_at
FROM directory.correction
"""
_ADD: LiteralString = """
INSERT INTO directory.correction
    (id, kind, state, hospital_id, person_id, other_id, document_id, replacement, evidence_kind, evidence, asked_by,
     asked_at)
VALUES (%s, %s, 'asked', %s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING RETURNING id
"""
_LOCK: LiteralString = _COLUMNS + "WHERE id = %s AND hospital_id = %s FOR UPDATE"
_LIST: LiteralString = (
    _COLUMNS + "WHERE hospital_id = %s ORDER BY (state = 'asked') DESC, asked_at DESC, id LIMIT %s OFFSET %s"
)
_COUNT: LiteralString = "SELECT count(*) FROM directory.correction WHERE hospital_id = %s"
_DECIDE: LiteralString = """
UPDATE directory.correction SET state = %s, decided_by = %s, decided_at = %s, documents = %s
WHERE id = %s AND state = 'asked'
"""
_UNDO: LiteralString = """
UPDATE directory.correction SET state = 'undone', undone_by = %s, undone_at = %s WHERE id = %s AND state = 'approved'
"""

_EVIDENCE, _REPLACEMENT = "directory.correction.evidence", "directory.correction.replacement"

# One by one, each with its own message: they are few.
_LOCK_UNDECIDED: LiteralString = (
    _COLUMNS + "WHERE state = 'asked' AND asked_at < %s ORDER BY asked_at, id LIMIT %s FOR UPDATE SKIP LOCKED"
)
_LAPSE: LiteralString = "UPDATE directory.correction SET state = 'lapsed', decided_at = %s WHERE id = ANY(%s)"

# Once decided, undone, refused or lapsed, and nothing more came of it for so long.
_ERASE: LiteralString = """
DELETE FROM directory.correction WHERE id IN (
    SELECT id FROM directory.correction WHERE state <> 'asked' AND coalesce(undone_at, decided_at) < %s LIMIT %s
)
"""


async def add(conn: Connection, keyring: Keyring, scope: HospitalScope, new: Correction) -> bool:
    """Write down what is asked for; False where the same is asked for already."""
    context = new.id.bytes
    replacement = None
    if new.replacement is not None:
        replacement = keyring.seal(msgspec.json.encode(new.replacement), purpose=_REPLACEMENT, context=context)
    row = (
        new.id,
        new.kind,
        scope.hospital_id,
        new.person_id,
        new.other_id,
        new.document_id,
        replacement,
        new.evidence.kind,
        keyring.seal(new.evidence.note.encode(), purpose=_EVIDENCE, context=context),
        new.asked_by,
        new.asked_at,
    )
    return await (await conn.execute(_ADD, row)).fetchone() is not None


async def lock(conn: Connection, keyring: Keyring, scope: HospitalScope, correction_id: UUID) -> Correction | None:
    """Return a correction of this hospital, held until the transaction ends."""
    row = await (await conn.execute(_LOCK, (correction_id, scope.hospital_id))).fetchone()
    return _correction(keyring, row) if row else None


async def read_page(
    conn: Connection, keyring: Keyring, scope: HospitalScope, *, limit: int, offset: int
) -> tuple[list[Correction], int]:
    """Return one page of a hospital's corrections, those to decide first and then the newest, and their number."""
    rows = await (await conn.execute(_LIST, (scope.hospital_id, limit, offset))).fetchall()
    count = await (await conn.execute(_COUNT, (scope.hospital_id,))).fetchone()
    return [_correction(keyring, row) for row in rows], int(count[0]) if count else 0


async def decide(
    conn: Connection,
    _scope: HospitalScope,
    correction_id: UUID,
    state: State,
    staff_id: UUID,
    documents: Sequence[UUID],
    *,
    now: datetime,
) -> None:
    """Write down how a locked correction was decided, by whom, and which documents it moved or brought."""
    await conn.execute(_DECIDE, (state, staff_id, now, list(documents), correction_id))


async def undo(conn: Connection, _scope: HospitalScope, correction_id: UUID, staff_id: UUID, *, now: datetime) -> None:
    """Write down that a locked correction was undone, and by whom."""
    await conn.execute(_UNDO, (staff_id, now, correction_id))


async def lock_undecided(
    conn: Connection, keyring: Keyring, _scope: CityScope, before: datetime, *, limit: int
) -> list[Correction]:
    """Lock up to `limit` corrections that were asked for before an aware instant and that nobody has decided."""
    rows = await (await conn.execute(_LOCK_UNDECIDED, (before, limit))).fetchall()
    return [_correction(keyring, row) for row in rows]


async def lapse(conn: Connection, _scope: CityScope, ids: Sequence[UUID], *, now: datetime) -> None:
    """End locked corrections that nobody decided."""
    await conn.execute(_LAPSE, (now, list(ids)))


async def erase_decided(conn: Connection, _scope: CityScope, before: datetime, *, limit: int) -> int:
    """Erase up to `limit` corrections that came to their end before an aware instant, and return how many."""
    return (await conn.execute(_ERASE, (before, limit))).rowcount


def _correction(keyring: Keyring, row: tuple[Any, ...]) -> Correction:
    row_id, kind, state, hospital_id, person_id, other_id, document_id, replacement, seen, note, documents, *rest = row
    asked_by, asked_at, decided_by, decided_at, undone_at = rest
    opened = None
    if replacement is not None:
        plain = keyring.open(replacement, purpose=_REPLACEMENT, context=row_id.bytes)
        opened = msgspec.json.decode(plain, type=Document)
    return Correction(
        id=row_id,
        kind=Kind(kind),
        state=State(state),
        hospital_id=hospital_id,
        person_id=person_id,
        other_id=other_id,
        document_id=document_id,
        replacement=opened,
        evidence=Evidence(EvidenceKind(seen), keyring.open(note, purpose=_EVIDENCE, context=row_id.bytes).decode()),
        documents=tuple(documents),
        asked_by=asked_by,
        asked_at=asked_at,
        decided_by=decided_by,
        decided_at=decided_at,
        undone_at=undone_at,
    )
