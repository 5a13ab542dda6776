"""The SQL of what is said of hospitals by hand. The feed's own names stay: by them the next import knows each entry."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, LiteralString
from uuid import UUID

from firsthand.directory.hospital.model import Entry, Hospital, Kind, Managed
from firsthand.platform.database import Connection

_HOSPITAL: LiteralString = """
SELECT id, external_id, name, time_zone, address, phone, url, feed, by_hand FROM directory.hospital WHERE id = %s
"""
_LOCK: LiteralString = _HOSPITAL + " FOR NO KEY UPDATE"
_SAY: LiteralString = """
UPDATE directory.hospital SET name = %s, address = %s, phone = %s, url = %s, by_hand = %s WHERE id = %s
"""
_ENTRIES: Final[Mapping[Kind, LiteralString]] = {
    Kind.DEPARTMENT: """
SELECT id, coalesce(shown_as, name), name, retired_at FROM directory.department WHERE hospital_id = %s
ORDER BY retired_at IS NOT NULL, 2, id
""",
    Kind.DOCTOR: """
SELECT id, coalesce(shown_as, name), name, retired_at FROM directory.doctor WHERE hospital_id = %s
ORDER BY retired_at IS NOT NULL, 2, id
""",
}
_ADD: Final[Mapping[Kind, LiteralString]] = {
    Kind.DEPARTMENT: """
INSERT INTO directory.department AS kept (id, hospital_id, name) VALUES (%s, %s, %s)
ON CONFLICT (hospital_id, name) DO UPDATE SET retired_at = NULL, shown_as = NULL WHERE kept.retired_at IS NOT NULL
""",
    Kind.DOCTOR: """
INSERT INTO directory.doctor AS kept (id, hospital_id, name) VALUES (%s, %s, %s)
ON CONFLICT (hospital_id, name) DO UPDATE SET retired_at = NULL, shown_as = NULL WHERE kept.retired_at IS NOT NULL
""",
}
_RENAME: Final[Mapping[Kind, LiteralString]] = {
    Kind.DEPARTMENT: "UPDATE directory.department SET shown_as = nullif(%s, name) WHERE id = %s AND hospital_id = %s",
    Kind.DOCTOR: "UPDATE directory.doctor SET shown_as = nullif(%s, name) WHERE id = %s AND hospital_id = %s",
}
_RETIRE: Final[Mapping[Kind, LiteralString]] = {
    Kind.DEPARTMENT: """
UPDATE directory.department SET retired_at = %s WHERE id = %s AND hospital_id = %s AND retired_at IS NULL
""",
    Kind.DOCTOR: """
UPDATE directory.doctor SET retired_at = %s WHERE id = %s AND hospital_id = %s AND retired_at IS NULL
""",
}


async def find(conn: Connection, hospital_id: UUID) -> Managed | None:
    """Return a hospital with its lists."""
    row = await (await conn.execute(_HOSPITAL, (hospital_id,))).fetchone()
    if row is None:
        return None
    departments, doctors = [await list_entries(conn, kind, hospital_id) for kind in (Kind.DEPARTMENT, Kind.DOCTOR)]
    return Managed(row[0], Hospital(*row[1:7]), row[7], frozenset(row[8]), tuple(departments), tuple(doctors))


async def lock(conn: Connection, hospital_id: UUID) -> Managed | None:
    """Return a hospital without its lists; nobody else changes it or them until the transaction ends."""
    row = await (await conn.execute(_LOCK, (hospital_id,))).fetchone()
    return Managed(row[0], Hospital(*row[1:7]), row[7], frozenset(row[8]), (), ()) if row else None


async def say(conn: Connection, hospital_id: UUID, hospital: Hospital, by_hand: Sequence[str]) -> None:
    """Write down what a hospital is called and how it is reached, and which of it no import changes."""
    row = (hospital.name, hospital.address, hospital.phone, hospital.url, list(by_hand), hospital_id)
    await conn.execute(_SAY, row)


async def list_entries(conn: Connection, kind: Kind, hospital_id: UUID) -> list[Entry]:
    """Return a hospital's departments or doctors by name, those that are no longer listed last."""
    return [Entry(*row) for row in await (await conn.execute(_ENTRIES[kind], (hospital_id,))).fetchall()]


async def add(conn: Connection, kind: Kind, hospital_id: UUID, entry_id: UUID, name: str) -> bool:
    """Add an entry, or list one again that was retired, and say whether it was not listed yet."""
    return (await conn.execute(_ADD[kind], (entry_id, hospital_id, name))).rowcount > 0


async def rename(conn: Connection, kind: Kind, hospital_id: UUID, entry_id: UUID, name: str) -> bool:
    """Call an entry something else, and say whether there is such a one."""
    return (await conn.execute(_RENAME[kind], (name, entry_id, hospital_id))).rowcount > 0


async def retire(conn: Connection, kind: Kind, hospital_id: UUID, entry_id: UUID, *, now: datetime) -> bool:
    """List an entry no longer, and say whether it was listed."""
    return (await conn.execute(_RETIRE[kind], (now, entry_id, hospital_id))).rowcount > 0
