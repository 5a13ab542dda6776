"""Reads and writes directory.hospital, directory.department and directory.doctor.

None of them is personal data: doctors appear under the names that hospitals publish.
"""

from collections.abc import Mapping, Sequence
from typing import LiteralString
from uuid import UUID

from firsthand.directory.hospital.model import Hospital, Named, StoredHospital
from firsthand.platform.database import Connection

_READ: LiteralString = """
SELECT id, by_hand, external_id, name, time_zone, address, phone, url
FROM directory.hospital WHERE feed = %s AND external_id = ANY(%s::text[])
"""

_ALL: LiteralString = """
SELECT id, external_id, name, time_zone, address, phone, url FROM directory.hospital ORDER BY name, id
"""

_BY_ID: LiteralString = """
SELECT id, external_id, name, time_zone, address, phone, url FROM directory.hospital WHERE id = ANY(%s::uuid[])
"""

_INSERT: LiteralString = """
INSERT INTO directory.hospital (id, feed, external_id, name, time_zone, address, phone, url)
SELECT n.id, %s, n.external_id, n.name, n.time_zone, n.address, n.phone, n.url
FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[])
     AS n (id, external_id, name, time_zone, address, phone, url)
"""

_UPDATE: LiteralString = """
UPDATE directory.hospital AS h
SET time_zone = n.time_zone,
    name = CASE WHEN 'name' = ANY(h.by_hand) THEN h.name ELSE n.name END,
    address = CASE WHEN 'address' = ANY(h.by_hand) THEN h.address ELSE n.address END,
    phone = CASE WHEN 'phone' = ANY(h.by_hand) THEN h.phone ELSE n.phone END,
    url = CASE WHEN 'url' = ANY(h.by_hand) THEN h.url ELSE n.url END
FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[])
     AS n (id, name, time_zone, address, phone, url)
WHERE h.id = n.id
"""

_NAMES: LiteralString = "SELECT id, name FROM directory.hospital WHERE id = ANY(%s::uuid[])"

# What the feed names is there again, whoever had retired it.
_ADD_DEPARTMENTS: LiteralString = """
INSERT INTO directory.department AS kept (id, hospital_id, name)
SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::text[])
ON CONFLICT (hospital_id, name) DO UPDATE SET retired_at = NULL WHERE kept.retired_at IS NOT NULL
"""

_READ_DEPARTMENTS: LiteralString = """
SELECT hospital_id, name, id FROM directory.department WHERE hospital_id = ANY(%s::uuid[])
"""

_ADD_DOCTORS: LiteralString = """
INSERT INTO directory.doctor AS kept (id, hospital_id, name)
SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::text[])
ON CONFLICT (hospital_id, name) DO UPDATE SET retired_at = NULL WHERE kept.retired_at IS NOT NULL
"""

_READ_DOCTORS: LiteralString = """
SELECT hospital_id, name, id FROM directory.doctor WHERE hospital_id = ANY(%s::uuid[])
"""


async def read_hospitals(conn: Connection, feed: str, external_ids: Sequence[str]) -> list[StoredHospital]:
    """Return those hospitals of `feed` that are known by one of `external_ids`."""
    rows = await (await conn.execute(_READ, (feed, list(external_ids)))).fetchall()
    return [StoredHospital(row[0], Hospital(*row[2:]), frozenset(row[1])) for row in rows]


async def list_hospitals(conn: Connection) -> list[StoredHospital]:
    """Return every hospital of the city, by name."""
    rows = await (await conn.execute(_ALL)).fetchall()
    return [StoredHospital(row[0], Hospital(*row[1:])) for row in rows]


async def find_hospitals(conn: Connection, hospital_ids: Sequence[UUID]) -> dict[UUID, StoredHospital]:
    """Return those hospitals that exist, by their ids."""
    rows = await (await conn.execute(_BY_ID, (list(hospital_ids),))).fetchall()
    return {row[0]: StoredHospital(row[0], Hospital(*row[1:])) for row in rows}


async def read_names(conn: Connection, hospital_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Return the names of those hospitals that exist."""
    return dict(await (await conn.execute(_NAMES, (list(hospital_ids),))).fetchall())


async def insert_hospitals(conn: Connection, feed: str, hospitals: Sequence[StoredHospital]) -> None:
    """Add hospitals that `feed` names for the first time."""
    if hospitals:
        ids = [stored.id for stored in hospitals]
        external_ids = [stored.hospital.external_id for stored in hospitals]
        await conn.execute(_INSERT, (feed, ids, external_ids, *_columns(hospitals)))


async def update_hospitals(conn: Connection, hospitals: Sequence[StoredHospital]) -> None:
    """Bring hospitals that are already here up to date."""
    if hospitals:
        await conn.execute(_UPDATE, ([stored.id for stored in hospitals], *_columns(hospitals)))


async def ensure_departments(conn: Connection, wanted: Mapping[Named, UUID]) -> dict[Named, UUID]:
    """Return the id of each wanted department, adding under the offered id those that are not there yet."""
    if not wanted:
        return {}
    await conn.execute(_ADD_DEPARTMENTS, _named(wanted))
    rows = await (await conn.execute(_READ_DEPARTMENTS, (list({named.hospital_id for named in wanted}),))).fetchall()
    return {Named(hospital_id, name): id_ for hospital_id, name, id_ in rows}


async def ensure_doctors(conn: Connection, wanted: Mapping[Named, UUID]) -> dict[Named, UUID]:
    """Return the id of each wanted doctor, adding under the offered id those that are not there yet."""
    if not wanted:
        return {}
    await conn.execute(_ADD_DOCTORS, _named(wanted))
    rows = await (await conn.execute(_READ_DOCTORS, (list({named.hospital_id for named in wanted}),))).fetchall()
    return {Named(hospital_id, name): id_ for hospital_id, name, id_ in rows}


def _columns(hospitals: Sequence[StoredHospital]) -> tuple[list[str], ...]:
    return (
        [stored.hospital.name for stored in hospitals],
        [stored.hospital.time_zone for stored in hospitals],
        [stored.hospital.address for stored in hospitals],
        [stored.hospital.phone for stored in hospitals],
        [stored.hospital.url for stored in hospitals],
    )


def _named(wanted: Mapping[Named, UUID]) -> tuple[list[UUID], list[UUID], list[str]]:
    return list(wanted.values()), [named.hospital_id for named in wanted], [named.name for named in wanted]
