"""The SQL of passwords."""

from collections.abc import Sequence
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from firsthand.platform.database import Connection

_ADD: LiteralString = "INSERT INTO identity.password (staff_id, phc, changed_at) VALUES (%s, %s, %s)"
_REPLACE: LiteralString = """
INSERT INTO identity.password (staff_id, phc, changed_at) VALUES (%s, %s, %s)
ON CONFLICT (staff_id) DO UPDATE SET phc = excluded.phc, changed_at = excluded.changed_at
"""
_CHANGED_AT: LiteralString = "SELECT changed_at FROM identity.password WHERE staff_id = %s"
_READ: LiteralString = "SELECT phc FROM identity.password WHERE staff_id = %s"
_ERASE_OF: LiteralString = "DELETE FROM identity.password WHERE staff_id = ANY(%s)"


async def add(conn: Connection, staff_id: UUID, phc: str, *, now: datetime) -> None:
    """Give a new member of staff a password, as a PHC string."""
    await conn.execute(_ADD, (staff_id, phc, now))


async def read(conn: Connection, staff_id: UUID) -> str | None:
    """Return the PHC string of a member of staff, or None when there is none."""
    row = await (await conn.execute(_READ, (staff_id,))).fetchone()
    return row[0] if row else None


async def replace(conn: Connection, staff_id: UUID, phc: str, *, now: datetime) -> None:
    """Give a member of staff another password, or his first one."""
    await conn.execute(_REPLACE, (staff_id, phc, now))


async def read_changed_at(conn: Connection, staff_id: UUID) -> datetime | None:
    """Return when a member of staff got his password, or None when he has none."""
    row = await (await conn.execute(_CHANGED_AT, (staff_id,))).fetchone()
    return row[0] if row else None


async def erase_of(conn: Connection, staff_ids: Sequence[UUID]) -> int:
    """Erase the passwords of members of staff who left, and return how many there were."""
    return (await conn.execute(_ERASE_OF, (list(staff_ids),))).rowcount
