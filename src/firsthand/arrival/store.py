"""The room's SQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from firsthand.platform.database import Connection
from firsthand.platform.scope import CityScope, HospitalScope, PersonScope, Scope
from firsthand.policy.held import Row, rows_of

_INSERT: LiteralString = """
INSERT INTO arrival.check_in (booking_id, hospital_id, staff_id, at, late) VALUES (%s, %s, %s, %s, %s)
"""
_READ: LiteralString = """
SELECT booking_id, at, late FROM arrival.check_in
WHERE booking_id = ANY(%s) AND (%s::uuid IS NULL OR hospital_id = %s)
"""
_HELD: LiteralString = """
SELECT booking_id, hospital_id, staff_id, at, late FROM arrival.check_in WHERE booking_id = ANY(%s) ORDER BY at DESC
"""
_ERASE: LiteralString = "SELECT arrival.erase_check_ins(%s)"


async def insert_check_in(
    conn: Connection, scope: HospitalScope, booking_id: UUID, staff_id: UUID, *, at: datetime, late: bool
) -> None:
    """Write down that the patient of a booking came to a hospital of `scope`."""
    await conn.execute(_INSERT, (booking_id, scope.hospital_id, staff_id, at, late))


async def read_check_ins(
    conn: Connection, scope: Scope, booking_ids: Sequence[UUID]
) -> dict[UUID, tuple[datetime, bool]]:
    """Return when the patients of these bookings came and whether they were late.

    A hospital sees only who came to it. A person's bookings were read as his own, which this table cannot tell.
    """
    only = scope.hospital_id if isinstance(scope, HospitalScope) else None
    rows = await (await conn.execute(_READ, (list(booking_ids), only, only))).fetchall()
    return {booking_id: (at, late) for booking_id, at, late in rows}


async def held_check_ins(conn: Connection, _scope: PersonScope, booking_ids: Sequence[UUID]) -> list[Row]:
    """Return every column of the check-ins to a person's bookings, for himself, the latest first."""
    return rows_of(
        "booking_id hospital_id staff_id at late", await (await conn.execute(_HELD, (list(booking_ids),))).fetchall()
    )


async def erase_check_ins(conn: Connection, _scope: CityScope, booking_ids: Sequence[UUID]) -> int:
    """Erase who came to these bookings, and return how many. The database itself keeps what is not long over."""
    row = await (await conn.execute(_ERASE, (list(booking_ids),))).fetchone()
    return int(row[0]) if row else 0
