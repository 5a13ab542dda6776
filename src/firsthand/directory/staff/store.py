"""The SQL of staff."""

from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from firsthand.directory.staff.model import Staff, Username
from firsthand.platform.access import Role
from firsthand.platform.database import Connection

_ADD: LiteralString = """
INSERT INTO directory.staff (id, hospital_id, username, display_name, role, created_at)
VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (username) DO NOTHING
"""
_HOSPITAL: LiteralString = "SELECT FROM directory.hospital WHERE id = %s"
_FIND: LiteralString = """
SELECT id, hospital_id, username, display_name, role, active FROM directory.staff WHERE id = %s
"""
_FIND_BY_USERNAME: LiteralString = """
SELECT id, hospital_id, username, display_name, role, active FROM directory.staff WHERE username = %s
"""
# Held against `deactivate`: a session is opened either before it, and ended by it, or not at all.
_HOLD_ACTIVE: LiteralString = "SELECT FROM directory.staff WHERE id = %s AND active FOR SHARE"
_DEACTIVATE: LiteralString = "UPDATE directory.staff SET active = false WHERE id = %s AND active"


async def add(conn: Connection, staff: Staff, *, now: datetime) -> bool:
    """Add a member of staff, and say whether the username was free."""
    row = (staff.id, staff.hospital_id, staff.username, staff.display_name, staff.role, now)
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


async def hold_active(conn: Connection, staff_id: UUID) -> bool:
    """Say whether a member of staff is active, and keep it so until the transaction ends."""
    return (await conn.execute(_HOLD_ACTIVE, (staff_id,))).rowcount > 0


async def deactivate(conn: Connection, staff_id: UUID) -> bool:
    """Note that a member of staff has left, and say whether he was active."""
    return (await conn.execute(_DEACTIVATE, (staff_id,))).rowcount > 0


def _staff(row: tuple[Any, ...] | None) -> Staff | None:
    if row is None:
        return None
    staff_id, hospital_id, username, display_name, role, active = row
    return Staff(staff_id, hospital_id, Username(username), display_name, Role(role), active)
