"""Reads and writes release.publication, schedule, session and place on behalf of imports. Holds no personal data."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from firsthand.platform.database import Connection
from firsthand.release.model import SessionStatus
from firsthand.release.publication.model import (
    Imported,
    PlaceChange,
    PlaceCounts,
    ScheduleRow,
    SessionRow,
)

_LOCK: LiteralString = "SELECT pg_advisory_xact_lock(hashtextextended('release.publication ' || %s, 0))"

_READ_LAST: LiteralString = "SELECT published_at, digest FROM release.publication WHERE feed = %s"

_RECORD: LiteralString = """
INSERT INTO release.publication (feed, published_at, digest, imported_at) VALUES (%s, %s, %s, %s)
ON CONFLICT (feed) DO UPDATE
SET published_at = excluded.published_at, digest = excluded.digest, imported_at = excluded.imported_at
"""

_READ_SCHEDULES: LiteralString = """
SELECT id, external_id, hospital_id, department_id, doctor_id, service
FROM release.schedule WHERE feed = %s AND external_id = ANY(%s::text[])
"""

_INSERT_SCHEDULES: LiteralString = """
INSERT INTO release.schedule (id, feed, external_id, hospital_id, department_id, doctor_id, service)
SELECT n.id, %s, n.external_id, n.hospital_id, n.department_id, n.doctor_id, n.service
FROM unnest(%s::uuid[], %s::text[], %s::uuid[], %s::uuid[], %s::uuid[], %s::text[])
     AS n (id, external_id, hospital_id, department_id, doctor_id, service)
"""

_UPDATE_SCHEDULES: LiteralString = """
UPDATE release.schedule AS s
SET hospital_id = n.hospital_id, department_id = n.department_id, doctor_id = n.doctor_id, service = n.service
FROM unnest(%s::uuid[], %s::text[], %s::uuid[], %s::uuid[], %s::uuid[], %s::text[])
     AS n (id, external_id, hospital_id, department_id, doctor_id, service)
WHERE s.id = n.id
"""

# What the publication mentions, and what it might withdraw by leaving it out.
_READ_SESSIONS: LiteralString = """
SELECT id, external_id, schedule_id, hospital_id, starts_at, ends_at, day, capacity, status,
       fee_cents, currency, deep_link, phone
FROM release.session WHERE feed = %s AND (ends_at > %s OR external_id = ANY(%s::text[]))
"""

_INSERT_SESSIONS: LiteralString = """
INSERT INTO release.session (id, feed, external_id, schedule_id, hospital_id, starts_at, ends_at, day, capacity,
                             status, fee_cents, currency, deep_link, phone)
SELECT n.id, %s, n.external_id, n.schedule_id, n.hospital_id, n.starts_at, n.ends_at, n.day, n.capacity,
       n.status, n.fee_cents, n.currency, n.deep_link, n.phone
FROM unnest(%s::uuid[], %s::text[], %s::uuid[], %s::uuid[], %s::timestamptz[], %s::timestamptz[], %s::date[],
            %s::int[], %s::text[], %s::int[], %s::text[], %s::text[], %s::text[])
     AS n (id, external_id, schedule_id, hospital_id, starts_at, ends_at, day, capacity, status, fee_cents,
           currency, deep_link, phone)
"""

_UPDATE_SESSIONS: LiteralString = """
UPDATE release.session AS s
SET schedule_id = n.schedule_id, hospital_id = n.hospital_id, starts_at = n.starts_at, ends_at = n.ends_at,
    day = n.day, capacity = n.capacity, status = n.status, fee_cents = n.fee_cents, currency = n.currency,
    deep_link = n.deep_link, phone = n.phone
FROM unnest(%s::uuid[], %s::text[], %s::uuid[], %s::uuid[], %s::timestamptz[], %s::timestamptz[], %s::date[],
            %s::int[], %s::text[], %s::int[], %s::text[], %s::text[], %s::text[])
     AS n (id, external_id, schedule_id, hospital_id, starts_at, ends_at, day, capacity, status, fee_cents,
           currency, deep_link, phone)
WHERE s.id = n.id
"""

# In the order in which bookings lock places, so that the two never wait for each other.
_LOCK_PLACES: LiteralString = """
SELECT count(*) FROM (
    SELECT FROM release.place WHERE session_id = ANY(%s::uuid[]) ORDER BY id FOR NO KEY UPDATE
) AS locked
"""

_COUNT_PLACES: LiteralString = """
SELECT session_id, count(*) FILTER (WHERE state = 'open'), count(*) FILTER (WHERE state = 'taken'),
       count(*) FILTER (WHERE state = 'returned'), count(*) FILTER (WHERE state = 'withdrawn'), max(number)
FROM release.place WHERE session_id = ANY(%s::uuid[]) GROUP BY session_id
"""

_ADD_PLACES: LiteralString = """
INSERT INTO release.place (session_id, number)
SELECT n.session_id, series.number
FROM unnest(%s::uuid[], %s::int[], %s::int[]) AS n (session_id, first, last),
     generate_series(n.first, n.last) AS series (number)
ORDER BY n.session_id, series.number
"""

_RESTORE_PLACES: LiteralString = """
UPDATE release.place SET state = 'open'
FROM (
    SELECT p.id, n.count, row_number() OVER (PARTITION BY p.session_id ORDER BY p.number) AS rank
    FROM unnest(%s::uuid[], %s::int[]) AS n (session_id, count)
    JOIN release.place AS p ON p.session_id = n.session_id AND p.state = 'withdrawn'
) AS lowest
WHERE place.id = lowest.id AND place.state = 'withdrawn' AND lowest.rank <= lowest.count
"""

_WITHDRAW_PLACES: LiteralString = """
UPDATE release.place SET state = 'withdrawn'
FROM (
    SELECT p.id, n.state, n.count,
           row_number() OVER (PARTITION BY p.session_id, p.state ORDER BY p.number DESC) AS rank
    FROM unnest(%s::uuid[], %s::text[], %s::int[]) AS n (session_id, state, count)
    JOIN release.place AS p ON p.session_id = n.session_id AND p.state = n.state
) AS highest
WHERE place.id = highest.id AND place.state = highest.state AND highest.rank <= highest.count
"""


async def lock_feed(conn: Connection, feed: str) -> None:
    """Let one import of `feed` run at a time: the next one waits until this transaction ends."""
    await conn.execute(_LOCK, (feed,))


async def read_last(conn: Connection, feed: str) -> Imported | None:
    """Return the last publication that was taken in from `feed`."""
    row = await (await conn.execute(_READ_LAST, (feed,))).fetchone()
    return None if row is None else Imported(row[0], row[1])


async def record(conn: Connection, feed: str, imported: Imported, *, now: datetime) -> None:
    """Write down that this publication of `feed` is the one that stands."""
    await conn.execute(_RECORD, (feed, imported.published_at, imported.digest, now))


async def read_schedules(
    conn: Connection, feed: str, external_ids: Sequence[str]
) -> dict[str, tuple[UUID, ScheduleRow]]:
    """Return those schedules of `feed` that are known by one of `external_ids`, by external id."""
    rows = await (await conn.execute(_READ_SCHEDULES, (feed, list(external_ids)))).fetchall()
    return {row[1]: (row[0], ScheduleRow(*row[1:])) for row in rows}


async def insert_schedules(conn: Connection, feed: str, rows: Sequence[tuple[UUID, ScheduleRow]]) -> None:
    """Add schedules that `feed` names for the first time."""
    if rows:
        await conn.execute(_INSERT_SCHEDULES, (feed, *_schedule_columns(rows)))


async def update_schedules(conn: Connection, rows: Sequence[tuple[UUID, ScheduleRow]]) -> None:
    """Bring schedules up to date."""
    if rows:
        await conn.execute(_UPDATE_SCHEDULES, _schedule_columns(rows))


async def read_sessions(
    conn: Connection, feed: str, external_ids: Sequence[str], *, now: datetime
) -> dict[str, tuple[UUID, SessionRow]]:
    """Return the sessions of `feed` that are named by `external_ids` or end after `now`, by external id."""
    rows = await (await conn.execute(_READ_SESSIONS, (feed, now, list(external_ids)))).fetchall()
    return {row[1]: (row[0], _session_row(row)) for row in rows}


async def insert_sessions(conn: Connection, feed: str, rows: Sequence[tuple[UUID, SessionRow]]) -> None:
    """Add sessions that `feed` names for the first time."""
    if rows:
        await conn.execute(_INSERT_SESSIONS, (feed, *_session_columns(rows)))


async def update_sessions(conn: Connection, rows: Sequence[tuple[UUID, SessionRow]]) -> None:
    """Bring sessions up to date."""
    if rows:
        await conn.execute(_UPDATE_SESSIONS, _session_columns(rows))


async def lock_places(conn: Connection, session_ids: Sequence[UUID]) -> None:
    """Hold the places of these sessions still until the transaction ends. Bookings pass over them meanwhile."""
    if session_ids:
        await conn.execute(_LOCK_PLACES, (list(session_ids),))


async def count_places(conn: Connection, session_ids: Sequence[UUID]) -> dict[UUID, PlaceCounts]:
    """Count the places of each of these sessions by state. A session without places is left out."""
    if not session_ids:
        return {}
    rows = await (await conn.execute(_COUNT_PLACES, (list(session_ids),))).fetchall()
    return {row[0]: PlaceCounts(*row[1:]) for row in rows}


async def change_places(
    conn: Connection, changes: Mapping[UUID, PlaceChange], counts: Mapping[UUID, PlaceCounts]
) -> None:
    """Carry out what was planned for the places of each session. `counts` is what it was planned from."""
    restored = {id_: change.restore for id_, change in changes.items() if change.restore}
    if restored:
        await conn.execute(_RESTORE_PLACES, (list(restored), list(restored.values())))
    added = [(id_, counts[id_].highest, change.add) for id_, change in changes.items() if change.add]
    if added:
        firsts = [highest + 1 for _, highest, _ in added]
        lasts = [highest + add for _, highest, add in added]
        await conn.execute(_ADD_PLACES, ([id_ for id_, _, _ in added], firsts, lasts))
    withdrawn = [(id_, "open", change.withdraw_open) for id_, change in changes.items() if change.withdraw_open]
    withdrawn += [
        (id_, "returned", change.withdraw_returned) for id_, change in changes.items() if change.withdraw_returned
    ]
    if withdrawn:
        ids, states, numbers = zip(*withdrawn, strict=True)
        await conn.execute(_WITHDRAW_PLACES, (list(ids), list(states), list(numbers)))


def _session_row(row: tuple[Any, ...]) -> SessionRow:
    _, external_id, schedule_id, hospital_id, starts_at, ends_at, day, capacity, status, *rest = row
    return SessionRow(
        external_id, schedule_id, hospital_id, starts_at, ends_at, day, capacity, SessionStatus(status), *rest
    )


def _schedule_columns(rows: Sequence[tuple[UUID, ScheduleRow]]) -> tuple[list[object], ...]:
    return (
        [id_ for id_, _ in rows],
        [row.external_id for _, row in rows],
        [row.hospital_id for _, row in rows],
        [row.department_id for _, row in rows],
        [row.doctor_id for _, row in rows],
        [row.service for _, row in rows],
    )


def _session_columns(rows: Sequence[tuple[UUID, SessionRow]]) -> tuple[list[object], ...]:
    return (
        [id_ for id_, _ in rows],
        [row.external_id for _, row in rows],
        [row.schedule_id for _, row in rows],
        [row.hospital_id for _, row in rows],
        [row.starts_at for _, row in rows],
        [row.ends_at for _, row in rows],
        [row.day for _, row in rows],
        [row.capacity for _, row in rows],
        [row.status.value for _, row in rows],
        [row.fee_cents for _, row in rows],
        [row.currency for _, row in rows],
        [row.deep_link for _, row in rows],
        [row.phone for _, row in rows],
    )
