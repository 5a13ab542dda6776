"""The room's SQL for sessions and places. Importing what hospitals publish has its own store in `publication`."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, LiteralString
from uuid import UUID

from firsthand.platform.database import Connection
from firsthand.release.model import Offer, OfferPage, OfferSearch, Pool, SessionFacts, SessionStatus

_FACTS: LiteralString = """
SELECT session_id, hospital_id, department_id, day, starts_at, ends_at, status, capacity, time_zone
FROM release.session_facts WHERE session_id = ANY(%b)
"""
# SKIP LOCKED: places that another transaction is just taking are passed over, so nobody waits in line for a lock and
# no two transactions can block each other. Sessions are served in the order of their ids. A chosen row was in the pool
# when it was locked, and stays so until it is taken.
_TAKE: LiteralString = """
WITH wanted AS (
    SELECT * FROM unnest(%b::uuid[], %b::integer[]) AS wanted (session_id, places) ORDER BY session_id
), chosen AS (
    SELECT free.id FROM wanted CROSS JOIN LATERAL (
        SELECT id FROM release.place
        WHERE place.session_id = wanted.session_id AND place.state = %s
        ORDER BY number LIMIT wanted.places FOR NO KEY UPDATE SKIP LOCKED
    ) AS free
)
UPDATE release.place SET state = 'taken' FROM chosen WHERE place.id = chosen.id
RETURNING place.session_id, place.id, place.number
"""
_RETURN: LiteralString = """
UPDATE release.place SET state = 'returned'
WHERE id IN (SELECT id FROM release.place WHERE id = ANY(%s) AND state = 'taken' ORDER BY id FOR NO KEY UPDATE)
"""
_OFFER_COLUMNS: LiteralString = """
SELECT session.id, session.hospital_id, hospital.name, hospital.address, department.name, doctor.name,
       schedule.service, session.day, session.starts_at, session.ends_at, hospital.time_zone, session.capacity,
       (SELECT count(*) FROM release.place WHERE place.session_id = session.id AND place.state = 'open'),
       (SELECT count(*) FROM release.place WHERE place.session_id = session.id AND place.state = 'returned'),
       session.status, session.fee_cents, session.currency, session.deep_link, session.phone
"""
_OFFER_TABLES: LiteralString = """
FROM release.session
JOIN release.schedule ON schedule.id = session.schedule_id
JOIN directory.hospital_entry AS hospital ON hospital.id = session.hospital_id
LEFT JOIN directory.department_entry AS department ON department.id = schedule.department_id
LEFT JOIN directory.doctor_entry AS doctor ON doctor.id = schedule.doctor_id
"""
_SEARCH_WHERE: LiteralString = """
WHERE session.status <> 'withdrawn' AND session.ends_at > %(ends_after)s
  AND (%(day_from)s::date IS NULL OR session.day >= %(day_from)s)
  AND (%(day_until)s::date IS NULL OR session.day <= %(day_until)s)
  AND (%(hospital_id)s::uuid IS NULL OR session.hospital_id = %(hospital_id)s)
  AND (%(text)s = '' OR strpos(lower(concat_ws(' ', hospital.name, department.name, doctor.name, schedule.service)),
                               lower(%(text)s)) > 0)
"""
_SEARCH_ORDER: LiteralString = "ORDER BY session.day, session.starts_at, hospital.name, session.id"
# The page is chosen before anything is counted: else places are counted for every session of the pages before it, and
# whoever asks for the last page keeps the server busy for seconds.
_SEARCH: LiteralString = (
    "WITH found AS MATERIALIZED (SELECT session.id "
    + _OFFER_TABLES
    + _SEARCH_WHERE
    + _SEARCH_ORDER
    + " LIMIT %(limit)s OFFSET %(offset)s) "
    + _OFFER_COLUMNS
    + _OFFER_TABLES
    + "JOIN found ON found.id = session.id "
    + _SEARCH_ORDER
)
_COUNT: LiteralString = "SELECT count(*) " + _OFFER_TABLES + _SEARCH_WHERE
_OFFERS_BY_ID: LiteralString = _OFFER_COLUMNS + _OFFER_TABLES + "WHERE session.id = ANY(%s)"
_OFFERS_OF_DAY: LiteralString = (
    _OFFER_COLUMNS
    + _OFFER_TABLES
    + "WHERE session.hospital_id = %s AND session.day = %s ORDER BY session.starts_at, session.id"
)
_RETURNED_AT: LiteralString = (
    _OFFER_COLUMNS
    + _OFFER_TABLES
    + """WHERE session.hospital_id = %s AND session.ends_at > %s AND EXISTS (
        SELECT FROM release.place WHERE place.session_id = session.id AND place.state = 'returned')
    ORDER BY session.starts_at, session.id LIMIT %s"""
)


async def read_facts(conn: Connection, session_ids: Sequence[UUID]) -> dict[UUID, SessionFacts]:
    """Return the facts of those sessions that exist."""
    rows = await (await conn.execute(_FACTS, (list(session_ids),))).fetchall()
    return {row[0]: _facts(row) for row in rows}


async def take_places(conn: Connection, counts: Mapping[UUID, int], pool: Pool) -> dict[UUID, list[tuple[int, int]]]:
    """Take up to so many places of each session out of `pool`, the lowest numbers first.

    Returns (place id, number) by session; fewer than asked for where no more are left.
    """
    if not counts:
        return {}
    rows = await (await conn.execute(_TAKE, (list(counts.keys()), list(counts.values()), pool))).fetchall()
    taken: dict[UUID, list[tuple[int, int]]] = {}
    for session_id, place_id, number in sorted(rows, key=lambda row: (row[0], row[2])):
        taken.setdefault(session_id, []).append((place_id, number))
    return taken


async def return_places(conn: Connection, place_ids: Sequence[int]) -> int:
    """Move taken places into the returned pool and return how many. They are not open again."""
    if not place_ids:
        return 0
    return (await conn.execute(_RETURN, (list(place_ids),))).rowcount


async def search_offers(conn: Connection, search: OfferSearch) -> OfferPage:
    """Return one page of the sessions that match, the soonest first."""
    values = {
        "ends_after": search.ends_after,
        "day_from": search.day_from,
        "day_until": search.day_until,
        "hospital_id": search.hospital_id,
        "text": search.text,
        "limit": search.limit,
        "offset": search.offset,
    }
    rows = await (await conn.execute(_SEARCH, values)).fetchall()
    count = await (await conn.execute(_COUNT, values)).fetchone()
    return OfferPage(tuple(_offer(row) for row in rows), int(count[0]) if count else 0)


async def read_offers(conn: Connection, session_ids: Sequence[UUID]) -> dict[UUID, Offer]:
    """Return those of the sessions that exist, withdrawn ones too: a booking may hang on one."""
    rows = await (await conn.execute(_OFFERS_BY_ID, (list(session_ids),))).fetchall()
    return {row[0]: _offer(row) for row in rows}


async def read_offers_of_day(conn: Connection, hospital_id: UUID, day: date) -> list[Offer]:
    """Return a hospital's sessions of a local day, withdrawn ones too, in the order of their start."""
    rows = await (await conn.execute(_OFFERS_OF_DAY, (hospital_id, day))).fetchall()
    return [_offer(row) for row in rows]


async def read_offers_with_returns(
    conn: Connection, hospital_id: UUID, *, ends_after: datetime, limit: int
) -> list[Offer]:
    """Return a hospital's sessions that have returned places, the soonest first."""
    rows = await (await conn.execute(_RETURNED_AT, (hospital_id, ends_after, limit))).fetchall()
    return [_offer(row) for row in rows]


def _facts(row: tuple[Any, ...]) -> SessionFacts:
    session_id, hospital_id, department_id, day, starts_at, ends_at, status, capacity, time_zone = row
    return SessionFacts(
        session_id, hospital_id, department_id, day, starts_at, ends_at, SessionStatus(status), capacity, time_zone
    )


def _offer(row: tuple[Any, ...]) -> Offer:
    *before, status, fee_cents, currency, deep_link, phone = row
    session_id, hospital_id, hospital, address, department, doctor, service, day, *times = before
    starts_at, ends_at, time_zone, capacity, open_count, returned_count = times
    return Offer(
        session_id=session_id,
        hospital_id=hospital_id,
        hospital_name=hospital,
        hospital_address=address,
        department_name=department,
        doctor_name=doctor,
        service=service,
        day=day,
        starts_at=starts_at,
        ends_at=ends_at,
        time_zone=time_zone,
        capacity=capacity,
        open_count=open_count,
        returned_count=returned_count,
        status=SessionStatus(status),
        fee_cents=fee_cents,
        currency=currency,
        deep_link=deep_link,
        phone=phone,
    )
