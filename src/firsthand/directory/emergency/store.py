"""The SQL of emergency accesses. Reasons and judgements are sealed: they say something of a patient."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from firsthand.directory.emergency.model import Access, Waiting
from firsthand.platform.crypto import Keyring
from firsthand.platform.database import Connection
from firsthand.platform.scope import CityScope, HospitalScope

_ADD: LiteralString = """
INSERT INTO directory.break_glass (id, staff_id, hospital_id, person_id, found_by, reason, opened_at, expires_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
"""
_ACCESS: LiteralString = """
SELECT id, staff_id, hospital_id, person_id, found_by, reason, opened_at, expires_at, reviewed_by, reviewed_at,
       justified, words, lapsed_at
FROM directory.break_glass
"""
_IN_SCOPE: LiteralString = "(%(hospital_id)s::uuid IS NULL OR hospital_id = %(hospital_id)s)"
_BY_ID: LiteralString = _ACCESS + " WHERE id = %(id)s AND " + _IN_SCOPE
_LOCK: LiteralString = _BY_ID + " FOR NO KEY UPDATE"
_WAITING_FIRST: LiteralString = (
    _ACCESS
    + " WHERE "
    + _IN_SCOPE
    + " ORDER BY coalesce(reviewed_at, lapsed_at) IS NOT NULL, opened_at DESC LIMIT %(limit)s"
)
_OWN: LiteralString = _ACCESS + " WHERE staff_id = %(staff_id)s AND " + _IN_SCOPE + " AND expires_at > %(now)s"
_REVIEW: LiteralString = """
UPDATE directory.break_glass SET reviewed_by = %s, reviewed_at = %s, justified = %s, words = %s
WHERE id = %s AND reviewed_at IS NULL
"""
_WAITING: LiteralString = (
    "SELECT count(*), min(opened_at) FROM directory.break_glass WHERE reviewed_at IS NULL"
    " AND lapsed_at IS NULL AND staff_id IS DISTINCT FROM %(but)s AND " + _IN_SCOPE
)
_OVERDUE: LiteralString = """
SELECT count(*) FROM directory.break_glass WHERE reviewed_at IS NULL AND lapsed_at IS NULL AND opened_at < %s
"""
_LOCK_UNREVIEWED: LiteralString = (
    _ACCESS
    + " WHERE reviewed_at IS NULL AND lapsed_at IS NULL AND opened_at < %s"
    + " ORDER BY opened_at, id LIMIT %s FOR NO KEY UPDATE SKIP LOCKED"
)
_LAPSE: LiteralString = "UPDATE directory.break_glass SET lapsed_at = %s WHERE id = ANY(%s)"
_OPENED_BY: LiteralString = "SELECT FROM directory.break_glass WHERE staff_id = %s AND person_id = ANY(%s) LIMIT 1"
_ERASE: LiteralString = """
DELETE FROM directory.break_glass WHERE id IN (
    SELECT id FROM directory.break_glass WHERE coalesce(reviewed_at, lapsed_at) < %s LIMIT %s
)
"""

_REASON, _WORDS = "directory.break_glass.reason", "directory.break_glass.words"


async def add(conn: Connection, keyring: Keyring, _scope: CityScope, access: Access) -> None:
    """Add an access that was just opened."""
    row = (
        access.id,
        access.staff_id,
        access.hospital_id,
        access.person_id,
        access.found_by,
        keyring.seal(access.reason.encode(), purpose=_REASON, context=access.id.bytes),
        access.opened_at,
        access.expires_at,
    )
    await conn.execute(_ADD, row)


async def find(conn: Connection, keyring: Keyring, scope: CityScope | HospitalScope, access_id: UUID) -> Access | None:
    """Return an access that was opened at a hospital within `scope`."""
    row = await (await conn.execute(_BY_ID, {"id": access_id, **_limits(scope)})).fetchone()
    return _access(keyring, row) if row else None


async def lock(conn: Connection, keyring: Keyring, scope: CityScope | HospitalScope, access_id: UUID) -> Access | None:
    """Return an access within `scope`, which nobody else reviews until the transaction ends."""
    row = await (await conn.execute(_LOCK, {"id": access_id, **_limits(scope)})).fetchone()
    return _access(keyring, row) if row else None


async def list_accesses(
    conn: Connection, keyring: Keyring, scope: CityScope | HospitalScope, *, limit: int
) -> list[Access]:
    """Return the accesses within `scope`: those that wait for a review first, each part the newest first."""
    rows = await (await conn.execute(_WAITING_FIRST, {"limit": limit, **_limits(scope)})).fetchall()
    return [_access(keyring, row) for row in rows]


async def list_open(
    conn: Connection, keyring: Keyring, scope: HospitalScope, staff_id: UUID, *, now: datetime
) -> list[Access]:
    """Return the accesses that a member of staff opened at a hospital and that are open at an aware instant."""
    values = {"staff_id": staff_id, "now": now, **_limits(scope)}
    accesses = [_access(keyring, row) for row in await (await conn.execute(_OWN, values)).fetchall()]
    return [access for access in accesses if access.is_open(now)]


async def review(
    conn: Connection,
    keyring: Keyring,
    _scope: CityScope | HospitalScope,
    access_id: UUID,
    *,
    reviewed_by: UUID,
    justified: bool,
    words: str,
    now: datetime,
) -> bool:
    """Write a review down, and say whether it is the first."""
    sealed = keyring.seal(words.encode(), purpose=_WORDS, context=access_id.bytes)
    return (await conn.execute(_REVIEW, (reviewed_by, now, justified, sealed, access_id))).rowcount > 0


async def read_waiting(
    conn: Connection, hospital_id: UUID | None, *, but: UUID | None = None
) -> Waiting:  # scope: a count, of a hospital or the whole city
    """Return how many accesses wait for a review at a hospital, or in the city (None), without those of one member."""
    row = await (await conn.execute(_WAITING, {"hospital_id": hospital_id, "but": but})).fetchone()
    return Waiting(*row) if row else Waiting(0, None)


async def count_overdue(conn: Connection, *, before: datetime) -> int:  # scope: a count of the whole city
    """Return how many accesses were opened before an aware instant and have not been reviewed."""
    row = await (await conn.execute(_OVERDUE, (before,))).fetchone()
    return row[0] if row else 0


async def lock_unreviewed(
    conn: Connection, keyring: Keyring, _scope: CityScope, before: datetime, *, limit: int
) -> list[Access]:
    """Lock up to `limit` accesses that were opened before an aware instant and that nobody has reviewed."""
    rows = await (await conn.execute(_LOCK_UNREVIEWED, (before, limit))).fetchall()
    return [_access(keyring, row) for row in rows]


async def lapse(conn: Connection, _scope: CityScope, ids: Sequence[UUID], *, now: datetime) -> None:
    """Note of locked accesses that nobody reviewed them in time."""
    await conn.execute(_LAPSE, (now, list(ids)))


async def has_opened(
    conn: Connection, _scope: CityScope | HospitalScope, staff_id: UUID, person_ids: Sequence[UUID]
) -> bool:
    """Say whether a member of staff has opened the record of one of these people in an emergency."""
    return (await conn.execute(_OPENED_BY, (staff_id, list(person_ids)))).rowcount > 0


async def erase_reviewed(conn: Connection, _scope: CityScope, before: datetime, *, limit: int) -> int:
    """Erase up to `limit` accesses whose review was given, or lapsed, before an aware instant; return how many."""
    return (await conn.execute(_ERASE, (before, limit))).rowcount


def _limits(scope: CityScope | HospitalScope) -> dict[str, UUID | None]:
    return {"hospital_id": scope.hospital_id if isinstance(scope, HospitalScope) else None}


def _access(keyring: Keyring, row: Sequence[Any]) -> Access:
    (access_id, staff_id, hospital_id, person_id, found_by, reason, opened_at, expires_at, *review_) = row
    reviewed_by, reviewed_at, justified, words, lapsed_at = review_
    return Access(
        id=access_id,
        staff_id=staff_id,
        hospital_id=hospital_id,
        person_id=person_id,
        found_by=found_by,
        reason=keyring.open(reason, purpose=_REASON, context=access_id.bytes).decode(),
        opened_at=opened_at,
        expires_at=expires_at,
        reviewed_by=reviewed_by,
        reviewed_at=reviewed_at,
        justified=justified,
        words=keyring.open(words, purpose=_WORDS, context=access_id.bytes).decode() if words else "",
        lapsed_at=lapsed_at,
    )
