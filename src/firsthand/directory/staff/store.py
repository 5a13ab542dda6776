"""The SQL of staff."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from firsthand.directory.staff.model import Duty, Staff, Username
from firsthand.platform.access import Role
from firsthand.platform.database import Connection

_ADD: LiteralString = """
INSERT INTO directory.staff (id, hospital_id, username, display_name, created_at)
VALUES (%s, %s, %s, %s, %s) ON CONFLICT (username) DO NOTHING
"""
_HOSPITAL: LiteralString = "SELECT FROM directory.hospital WHERE id = %s"
_FIND: LiteralString = """
SELECT id, hospital_id, username, display_name, active FROM directory.staff WHERE id = %s
"""
_FIND_BY_USERNAME: LiteralString = """
SELECT id, hospital_id, username, display_name, active FROM directory.staff WHERE username = %s
"""
_NAMES: LiteralString = "SELECT id, display_name FROM directory.staff WHERE id = ANY(%s::uuid[])"
# Held against `deactivate`: a session is opened either before it, and ended by it, or not at all.
_HOLD_ACTIVE: LiteralString = "SELECT FROM directory.staff WHERE id = %s AND active FOR SHARE"
_LOCK: LiteralString = "SELECT FROM directory.staff WHERE id = %s AND active FOR NO KEY UPDATE"
_ADD_DUTY: LiteralString = """
INSERT INTO directory.duty (id, staff_id, hospital_id, role, begins_at, ends_at, given_by)
VALUES (%s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (staff_id, role, hospital_id) WHERE ends_at IS NULL DO NOTHING
"""
_DUTY: LiteralString = "SELECT id, staff_id, hospital_id, role, begins_at, ends_at FROM directory.duty"
_DUTY_BY_ID: LiteralString = _DUTY + " WHERE id = %s"
_LIVE_DUTIES: LiteralString = (
    _DUTY + " WHERE staff_id = %(staff_id)s AND begins_at <= %(now)s AND (ends_at IS NULL OR ends_at > %(now)s)"
    " ORDER BY begins_at DESC, id DESC"
)
_LIVE_DUTIES_OF: LiteralString = (
    _DUTY + " WHERE staff_id = ANY(%(staff_ids)s) AND begins_at <= %(now)s AND (ends_at IS NULL OR ends_at > %(now)s)"
    " ORDER BY begins_at DESC, id DESC"
)
_DUTIES_OF_MANY: LiteralString = _DUTY + " WHERE staff_id = ANY(%s) ORDER BY begins_at DESC, id DESC"
_DUTIES_OF: LiteralString = _DUTY + " WHERE staff_id = %s ORDER BY begins_at DESC, id DESC"
# Whoever has left comes last. A duty at the hospital counts as long as it lasts.
_WITHIN: LiteralString = """
FROM directory.staff
WHERE (%(hospital_id)s::uuid IS NULL OR hospital_id = %(hospital_id)s OR EXISTS (
          SELECT FROM directory.duty WHERE duty.staff_id = staff.id AND duty.hospital_id = %(hospital_id)s
          AND (duty.ends_at IS NULL OR duty.ends_at > %(now)s)))
  AND (strpos(lower(display_name), lower(%(text)s)) > 0 OR strpos(username, lower(%(text)s)) > 0)
"""
_SEARCH: LiteralString = (
    "SELECT id, hospital_id, username, display_name, active "
    + _WITHIN
    + " ORDER BY active DESC, display_name, id LIMIT %(limit)s OFFSET %(offset)s"
)
_COUNT_SEARCH: LiteralString = "SELECT count(*) " + _WITHIN
_END_DUTY: LiteralString = """
UPDATE directory.duty SET ends_at = greatest(begins_at, %(now)s)
WHERE id = %(id)s AND (ends_at IS NULL OR ends_at > %(now)s)
"""
_DEACTIVATE: LiteralString = "UPDATE directory.staff SET active = false, left_at = %s WHERE id = %s AND active"
_LEFT_BEFORE: LiteralString = "SELECT id FROM directory.staff WHERE left_at < %s"


async def add(conn: Connection, staff: Staff, *, now: datetime) -> bool:
    """Add a member of staff, and say whether the username was free."""
    row = (staff.id, staff.hospital_id, staff.username, staff.display_name, now)
    return (await conn.execute(_ADD, row)).rowcount > 0


async def hospital_exists(conn: Connection, hospital_id: UUID) -> bool:
    """Say whether there is such a hospital."""
    return (await conn.execute(_HOSPITAL, (hospital_id,))).rowcount > 0


async def find(conn: Connection, staff_id: UUID) -> Staff | None:
    """Return a member of staff, active or not."""
    return _staff(await (await conn.execute(_FIND, (staff_id,))).fetchone())


async def find_by_username(conn: Connection, username: Username) -> Staff | None:
    """Return a member of staff, active or not."""
    return _staff(await (await conn.execute(_FIND_BY_USERNAME, (username,))).fetchone())


async def names_of_staff(conn: Connection, staff_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Return the names that colleagues see of those who exist, active or not."""
    return dict(await (await conn.execute(_NAMES, (list(staff_ids),))).fetchall())


async def hold_active(conn: Connection, staff_id: UUID) -> bool:
    """Say whether a member of staff is active, and keep it so until the transaction ends."""
    return (await conn.execute(_HOLD_ACTIVE, (staff_id,))).rowcount > 0


async def lock_active(conn: Connection, staff_id: UUID) -> bool:
    """Say whether a member of staff is active, and let nobody else change his duties until the transaction ends."""
    return (await conn.execute(_LOCK, (staff_id,))).rowcount > 0


async def add_duty(conn: Connection, duty: Duty, *, given_by: UUID | None) -> bool:
    """Give a duty, and say whether it is new. One without an end that he has already is not given twice.

    given_by: the member of staff who gives it; None for the operator.
    """
    row = (duty.id, duty.staff_id, duty.hospital_id, duty.role, duty.begins_at, duty.ends_at, given_by)
    return (await conn.execute(_ADD_DUTY, row)).rowcount > 0


async def find_duty(conn: Connection, duty_id: UUID) -> Duty | None:
    """Return a duty, ended or not."""
    row = await (await conn.execute(_DUTY_BY_ID, (duty_id,))).fetchone()
    return _duty(row) if row else None


async def live_duties(conn: Connection, staff_id: UUID, *, now: datetime) -> list[Duty]:
    """Return the duties that a member of staff has at an aware instant, the newest first."""
    return [
        _duty(row) for row in await (await conn.execute(_LIVE_DUTIES, {"staff_id": staff_id, "now": now})).fetchall()
    ]


async def live_duties_of(conn: Connection, staff_ids: Sequence[UUID], *, now: datetime) -> dict[UUID, list[Duty]]:
    """Return the duties that these members of staff have at an aware instant, the newest first."""
    values = {"staff_ids": list(staff_ids), "now": now}
    duties: dict[UUID, list[Duty]] = {}
    for row in await (await conn.execute(_LIVE_DUTIES_OF, values)).fetchall():
        duties.setdefault(row[1], []).append(_duty(row))
    return duties


async def duties_of(conn: Connection, staff_id: UUID) -> list[Duty]:
    """Return every duty that a member of staff ever had, the newest first."""
    return [_duty(row) for row in await (await conn.execute(_DUTIES_OF, (staff_id,))).fetchall()]


async def duties_of_many(conn: Connection, staff_ids: Sequence[UUID]) -> dict[UUID, list[Duty]]:
    """Return every duty that these members of staff ever had, the newest first."""
    duties: dict[UUID, list[Duty]] = {}
    for row in await (await conn.execute(_DUTIES_OF_MANY, (list(staff_ids),))).fetchall():
        duties.setdefault(row[1], []).append(_duty(row))
    return duties


async def search(
    conn: Connection, hospital_id: UUID | None, text: str, *, now: datetime, limit: int, offset: int
) -> list[Staff]:
    """Return one page of a hospital's staff, or the city's (None), with a text in the name or username, by name."""
    values = {"hospital_id": hospital_id, "text": text, "now": now, "limit": limit, "offset": offset}
    rows = await (await conn.execute(_SEARCH, values)).fetchall()
    return [staff for row in rows if (staff := _staff(row))]


async def count_search(conn: Connection, hospital_id: UUID | None, text: str, *, now: datetime) -> int:
    """Return how many `search` finds in all."""
    values = {"hospital_id": hospital_id, "text": text, "now": now}
    row = await (await conn.execute(_COUNT_SEARCH, values)).fetchone()
    return row[0] if row else 0


async def end_duty(conn: Connection, duty_id: UUID, *, now: datetime) -> bool:
    """End a duty, and say whether it was still to end."""
    return (await conn.execute(_END_DUTY, {"id": duty_id, "now": now})).rowcount > 0


async def deactivate(conn: Connection, staff_id: UUID, *, now: datetime) -> bool:
    """Note that a member of staff has left, and say whether he was active."""
    return (await conn.execute(_DEACTIVATE, (now, staff_id))).rowcount > 0


async def left_before(conn: Connection, before: datetime) -> list[UUID]:
    """Return everybody of the staff who left before an aware instant."""
    return [staff_id for (staff_id,) in await (await conn.execute(_LEFT_BEFORE, (before,))).fetchall()]


def _staff(row: tuple[Any, ...] | None) -> Staff | None:
    if row is None:
        return None
    staff_id, hospital_id, username, display_name, active = row
    return Staff(staff_id, hospital_id, Username(username), display_name, active)


def _duty(row: tuple[Any, ...]) -> Duty:
    duty_id, staff_id, hospital_id, role, begins_at, ends_at = row
    return Duty(duty_id, staff_id, hospital_id, Role(role), begins_at, ends_at)
