"""The room's SQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, LiteralString
from uuid import UUID

from firsthand.audit.model import ActorKind
from firsthand.booking.model import Booking, Counting, PatientDay, State
from firsthand.platform.database import Connection
from firsthand.platform.scope import CityScope, HospitalScope, PersonScope, Scope
from firsthand.release.rules import expected_at

# %b sends arrays in binary: a quarter of the client's work for a batch was writing them out as text.
# A person's few bookings are looked up one person at a time, by the index (LATERAL with OFFSET 0 keeps it so). A plan
# made while the table was small, and kept, would read every booking of the days, or all holds of the city, each time.
_PATIENT_DAYS: LiteralString = """
WITH live AS MATERIALIZED (
    SELECT asked.patient_id, own.session_id
    FROM unnest(%b::uuid[]) AS asked (patient_id)
    CROSS JOIN LATERAL (
        SELECT booking.session_id FROM booking.booking
        WHERE booking.patient_id = asked.patient_id AND booking.state IN ('held', 'booked', 'arrived', 'no_show')
          AND (booking.state <> 'held' OR booking.held_until > %s)
        OFFSET 0
    ) AS own
)
SELECT live.patient_id, facts.day, facts.hospital_id, facts.department_id
FROM live JOIN release.session_facts AS facts USING (session_id)
WHERE facts.day BETWEEN %s AND %s
"""
_HOLDER_COUNTS: LiteralString = """
SELECT own.holder_id,
       count(*) FILTER (WHERE own.state = 'held' AND own.held_until > %s),
       count(*) FILTER (WHERE own.state IN ('given_back', 'expired') AND own.ended_at > %s)
FROM unnest(%b::uuid[]) AS asked (holder_id)
CROSS JOIN LATERAL (
    SELECT booking.holder_id, booking.state, booking.held_until, booking.ended_at FROM booking.booking
    WHERE booking.holder_id = asked.holder_id OFFSET 0
) AS own
GROUP BY own.holder_id
"""
_INSERT: LiteralString = """
INSERT INTO booking.booking
    (id, place_id, session_id, holder_id, patient_id, payer_id, acted_by_kind, acted_by, channel, code, state,
     held_until, taken_at)
SELECT id, place_id, session_id, holder_id, patient_id, payer_id, acted_by_kind, acted_by, channel, code, 'held',
       held_until, %s
FROM unnest(%b::uuid[], %b::bigint[], %b::uuid[], %b::uuid[], %b::uuid[], %b::uuid[], %b::text[], %b::uuid[],
            %b::text[], %b::text[], %b::timestamptz[])
     AS taken (id, place_id, session_id, holder_id, patient_id, payer_id, acted_by_kind, acted_by, channel, code,
               held_until)
ON CONFLICT (place_id) WHERE state IN ('held', 'booked', 'arrived', 'no_show') DO NOTHING RETURNING id
"""
_BOOKING: LiteralString = """
SELECT booking.id, booking.place_id, booking.session_id, place.number, facts.hospital_id, facts.day,
       facts.starts_at, facts.ends_at, facts.time_zone, facts.capacity, booking.holder_id, booking.patient_id,
       booking.code, booking.state, booking.held_until, booking.taken_at, booking.booked_at, booking.ended_at,
       booking.payer_id, booking.acted_by_kind, booking.acted_by
FROM booking.booking
JOIN release.session_facts AS facts USING (session_id)
JOIN release.place_entry AS place ON place.place_id = booking.place_id
"""
# What a scope may see, wherever a booking is looked up by its id or code. A person sees what was booked under a record
# that was merged into his, too.
_IN_SCOPE: LiteralString = """
(%(any_person)s OR booking.holder_id = %(person_id)s OR booking.patient_id = %(person_id)s
 OR EXISTS (SELECT FROM directory.merged_entry AS merged
            WHERE merged.merged_into = %(person_id)s AND merged.id IN (booking.holder_id, booking.patient_id)))
AND (%(any_hospital)s OR facts.hospital_id = %(hospital_id)s)
"""
_BY_ID: LiteralString = _BOOKING + "WHERE booking.id = ANY(%(ids)s) AND " + _IN_SCOPE
_LOCK: LiteralString = _BY_ID + " ORDER BY booking.id FOR NO KEY UPDATE OF booking"
_BY_CODE: LiteralString = _BOOKING + "WHERE booking.code = %(code)s AND " + _IN_SCOPE
_OF_PERSON: LiteralString = (
    _BOOKING
    + """
WHERE booking.id IN (SELECT id FROM booking.booking WHERE holder_id = ANY(%(person_ids)s)
                     UNION SELECT id FROM booking.booking WHERE patient_id = ANY(%(person_ids)s))
  AND (%(hospital_id)s::uuid IS NULL OR facts.hospital_id = %(hospital_id)s)
ORDER BY facts.starts_at DESC, booking.id LIMIT %(limit)s
"""
)
_EXPECTED_HERE: LiteralString = """
SELECT DISTINCT booking.patient_id
FROM booking.booking JOIN release.session_facts AS facts USING (session_id)
WHERE booking.patient_id = ANY(%(person_ids)s) AND facts.hospital_id = %(hospital_id)s
  AND booking.state IN ('held', 'booked', 'arrived', 'no_show')
"""
_OF_DAY: LiteralString = (
    _BOOKING
    + """
WHERE facts.day = %(day)s AND facts.hospital_id = %(hospital_id)s
  AND booking.state IN ('booked', 'arrived', 'no_show')
  AND (%(session_id)s::uuid IS NULL OR booking.session_id = %(session_id)s)
ORDER BY facts.starts_at, booking.session_id, place.number LIMIT %(limit)s OFFSET %(offset)s
"""
)
_COUNTS_OF_DAY: LiteralString = """
SELECT booking.session_id, booking.state, count(*)
FROM booking.booking JOIN release.session_facts AS facts USING (session_id)
WHERE facts.day = %s AND facts.hospital_id = %s GROUP BY booking.session_id, booking.state
"""
_LIVE: LiteralString = """
SELECT count(*), count(*) - count(DISTINCT place_id) FROM booking.booking
WHERE state IN ('held', 'booked', 'arrived', 'no_show')
"""
_CONFIRM: LiteralString = """
UPDATE booking.booking SET state = 'booked', booked_at = %s
WHERE id = ANY(%s) AND state = 'held' AND held_until > %s RETURNING id
"""
_END: LiteralString = """
UPDATE booking.booking SET state = %s, ended_at = %s
WHERE id = ANY(%s) AND state IN ('held', 'booked') RETURNING id
"""
_EXPIRED_HOLDS: LiteralString = """
SELECT id FROM booking.booking WHERE state = 'held' AND held_until <= %s
ORDER BY held_until LIMIT %s FOR NO KEY UPDATE SKIP LOCKED
"""
# From the sessions that are over to what is left to settle in them, one session at a time, by the indexes (OFFSET 0 and
# LIMIT keep it so). Begun from the bookings, it would look through every future one each time: 80 s for a city.
_UNATTENDED: LiteralString = """
SELECT unattended.id
FROM (SELECT session_id FROM release.session_facts
      WHERE status <> 'withdrawn' AND ends_at > %(ended_after)s AND ends_at <= %(ended_before)s OFFSET 0) AS over
CROSS JOIN LATERAL (
    SELECT id FROM booking.booking WHERE booking.session_id = over.session_id AND booking.state = 'booked'
    ORDER BY id LIMIT %(limit)s FOR NO KEY UPDATE SKIP LOCKED
) AS unattended
LIMIT %(limit)s
"""
# One person at a time, as where a place is taken. Holds and what came back count against whoever held them.
_COUNTING: LiteralString = """
SELECT own.state, facts.day, facts.time_zone, own.held_until, own.ended_at
FROM unnest(%(ids)s::uuid[]) AS asked (person_id)
CROSS JOIN LATERAL (
    SELECT session_id, state, held_until, NULL::timestamptz AS ended_at FROM booking.booking
    WHERE booking.patient_id = asked.person_id AND state IN ('held', 'booked', 'arrived', 'no_show')
    UNION
    SELECT session_id, state, held_until, ended_at FROM booking.booking
    WHERE booking.holder_id = asked.person_id
      AND (state = 'held' OR (state IN ('given_back', 'expired') AND ended_at > %(ended_after)s))
) AS own
JOIN release.session_facts AS facts USING (session_id)
WHERE own.ended_at IS NOT NULL OR facts.day >= %(first)s
"""
_LAST_SESSION_END: LiteralString = """
SELECT max(facts.ends_at)
FROM booking.booking JOIN release.session_facts AS facts USING (session_id)
WHERE booking.holder_id = ANY(%(ids)s) OR booking.patient_id = ANY(%(ids)s)
"""
_OVER_BEFORE: LiteralString = """
SELECT booking.id FROM release.session_facts AS facts JOIN booking.booking USING (session_id)
WHERE facts.ends_at < %s ORDER BY facts.ends_at, booking.id LIMIT %s
"""
_ERASE: LiteralString = "SELECT booking.erase_bookings(%s)"
_SETTLE: LiteralString = """
UPDATE booking.booking SET state = %(state)s FROM release.session_facts AS facts
WHERE booking.id = ANY(%(ids)s) AND booking.state = 'booked' AND facts.session_id = booking.session_id
  AND (%(any_hospital)s OR facts.hospital_id = %(hospital_id)s)
RETURNING booking.id
"""


@dataclass(frozen=True, slots=True)
class HolderCounts:
    """What a holder has: holds that live, and places that came back lately."""

    holds_live: int = 0
    ended: int = 0


@dataclass(frozen=True, slots=True)
class NewBooking:
    """A row to be: a place taken for a patient, held until an instant."""

    id: UUID
    place_id: int
    session_id: UUID
    holder_id: UUID
    patient_id: UUID
    payer_id: UUID
    acted_by_kind: ActorKind
    acted_by: UUID | None
    channel: str
    code: str
    held_until: datetime


async def read_patient_days(
    conn: Connection,
    _scope: CityScope,
    patient_ids: Sequence[UUID],
    *,
    first: date,
    last: date,
    held_after: datetime,
) -> dict[UUID, list[PatientDay]]:
    """Return the live bookings of these patients on the days from `first` to `last`, at every hospital.

    A hold that ran out at `held_after`, an aware instant, or before counts no longer, whether the worker has ended it
    yet or not.

    Run it after the persons are locked, as a statement of its own: a statement's snapshot is older than the lock that
    it waits for.
    """
    rows = await (await conn.execute(_PATIENT_DAYS, (list(patient_ids), held_after, first, last))).fetchall()
    days: dict[UUID, list[PatientDay]] = {}
    for patient_id, day, hospital_id, department_id in rows:
        days.setdefault(patient_id, []).append(PatientDay(day, hospital_id, department_id))
    return days


async def count_of_holders(
    conn: Connection,
    _scope: CityScope,
    holder_ids: Sequence[UUID],
    *,
    held_after: datetime,
    ended_after: datetime,
) -> dict[UUID, HolderCounts]:
    """Return what counts against those who have any booking.

    held_after, ended_after: aware instants. Holds that run out, and places that came back, before them do not count.
    """
    rows = await (await conn.execute(_HOLDER_COUNTS, (held_after, ended_after, list(holder_ids)))).fetchall()
    return {holder_id: HolderCounts(holds_live, ended) for holder_id, holds_live, ended in rows}


async def insert_held(
    conn: Connection,
    _scope: CityScope,
    bookings: Sequence[NewBooking],
    *,
    now: datetime,
) -> set[UUID]:
    """Insert held bookings and return the ids of those that stand; a place in another live booking is left out."""
    if not bookings:
        return set()
    columns = (
        [booking.id for booking in bookings],
        [booking.place_id for booking in bookings],
        [booking.session_id for booking in bookings],
        [booking.holder_id for booking in bookings],
        [booking.patient_id for booking in bookings],
        [booking.payer_id for booking in bookings],
        [booking.acted_by_kind for booking in bookings],
        [booking.acted_by for booking in bookings],
        [booking.channel for booking in bookings],
        [booking.code for booking in bookings],
        [booking.held_until for booking in bookings],
    )
    return {row[0] for row in await (await conn.execute(_INSERT, (now, *columns))).fetchall()}


async def read_bookings(conn: Connection, scope: Scope, ids: Sequence[UUID]) -> dict[UUID, Booking]:
    """Return those of the bookings that exist within `scope`."""
    rows = await (await conn.execute(_BY_ID, {"ids": list(ids), **_limits(scope)})).fetchall()
    return {row[0]: _booking(row) for row in rows}


async def lock_bookings(conn: Connection, scope: Scope, ids: Sequence[UUID]) -> dict[UUID, Booking]:
    """Lock those of the bookings that exist within `scope`, in the order of their ids, and return them."""
    rows = await (await conn.execute(_LOCK, {"ids": list(ids), **_limits(scope)})).fetchall()
    return {row[0]: _booking(row) for row in rows}


async def find_by_code(conn: Connection, scope: Scope, code: str) -> Booking | None:
    """Return the booking with this code within `scope`."""
    row = await (await conn.execute(_BY_CODE, {"code": code, **_limits(scope)})).fetchone()
    return _booking(row) if row else None


async def list_of_person(
    conn: Connection, scope: PersonScope | HospitalScope, person_ids: Sequence[UUID], *, limit: int
) -> list[Booking]:
    """Return the bookings that a person holds or is the patient of, the latest session first.

    person_ids: every record of his. A hospital's desk sees only those at its hospital.
    """
    hospital_id = scope.hospital_id if isinstance(scope, HospitalScope) else None
    values = {"limit": limit, "person_ids": list(person_ids), "hospital_id": hospital_id}
    return [_booking(row) for row in await (await conn.execute(_OF_PERSON, values)).fetchall()]


async def expected_here(conn: Connection, scope: HospitalScope, person_ids: Sequence[UUID]) -> set[UUID]:
    """Return which of these people are patients of a booking at the hospital that is to come or was lately."""
    values = {"person_ids": list(person_ids), "hospital_id": scope.hospital_id}
    return {patient_id for (patient_id,) in await (await conn.execute(_EXPECTED_HERE, values)).fetchall()}


async def list_of_day(
    conn: Connection, scope: HospitalScope, day: date, *, session_id: UUID | None, limit: int, offset: int
) -> list[Booking]:
    """Return a hospital's expected, arrived and missed bookings of a local day, in the order of the sessions."""
    values = {
        "day": day,
        "hospital_id": scope.hospital_id,
        "session_id": session_id,
        "limit": limit,
        "offset": offset,
    }
    return [_booking(row) for row in await (await conn.execute(_OF_DAY, values)).fetchall()]


async def count_of_day(conn: Connection, scope: HospitalScope, day: date) -> dict[UUID, dict[State, int]]:
    """Return for each session of a hospital's local day how many bookings stand in each state."""
    rows = await (await conn.execute(_COUNTS_OF_DAY, (day, scope.hospital_id))).fetchall()
    counts: dict[UUID, dict[State, int]] = {}
    for session_id, state, count in rows:
        counts.setdefault(session_id, {})[State(state)] = count
    return counts


async def count_live(conn: Connection, _scope: CityScope) -> tuple[int, int]:
    """Return how many live bookings there are, and how many of them share a place with another (always 0)."""
    row = await (await conn.execute(_LIVE)).fetchone()
    return (int(row[0]), int(row[1])) if row else (0, 0)


async def confirm(conn: Connection, _scope: CityScope, ids: Sequence[UUID], *, now: datetime) -> set[UUID]:
    """Make unexpired holds bookings and return the ids of those that were."""
    return {row[0] for row in await (await conn.execute(_CONFIRM, (now, list(ids), now))).fetchall()}


async def end(
    conn: Connection,
    _scope: CityScope,
    ids: Sequence[UUID],
    state: State,
    *,
    now: datetime,
) -> set[UUID]:
    """End held or booked bookings as given back or expired, and return the ids of those that were."""
    return {row[0] for row in await (await conn.execute(_END, (state, now, list(ids)))).fetchall()}


async def lock_expired_holds(conn: Connection, _scope: CityScope, *, now: datetime, limit: int) -> list[UUID]:
    """Lock up to `limit` holds whose time is over, passing over those that somebody else has locked."""
    return [row[0] for row in await (await conn.execute(_EXPIRED_HOLDS, (now, limit))).fetchall()]


async def lock_unattended(
    conn: Connection, _scope: CityScope, *, ended_after: datetime, ended_before: datetime, limit: int
) -> list[UUID]:
    """Lock up to `limit` bookings whose session ended between two instants and whose patient has not come.

    A session that its hospital withdrew did not take place: nobody missed it.
    """
    values = {"ended_after": ended_after, "ended_before": ended_before, "limit": limit}
    return [row[0] for row in await (await conn.execute(_UNATTENDED, values)).fetchall()]


async def settle(conn: Connection, scope: HospitalScope | CityScope, ids: Sequence[UUID], state: State) -> set[UUID]:
    """Settle booked bookings within `scope` as arrived or no-show, and return the ids of those that were."""
    only = scope.hospital_id if isinstance(scope, HospitalScope) else None
    values = {"state": state, "ids": list(ids), "any_hospital": only is None, "hospital_id": only}
    return {row[0] for row in await (await conn.execute(_SETTLE, values)).fetchall()}


async def read_counting(
    conn: Connection, _scope: CityScope, person_ids: Sequence[UUID], *, first: date, ended_after: datetime
) -> list[Counting]:
    """Return what may count against these people's caps: live bookings from a day on, holds, and what came back since.

    Run it after the persons are locked, as a statement of its own.
    """
    values = {"ids": list(person_ids), "first": first, "ended_after": ended_after}
    rows = await (await conn.execute(_COUNTING, values)).fetchall()
    return [Counting(State(state), *rest) for state, *rest in rows]


async def last_session_end(conn: Connection, _scope: CityScope, person_ids: Sequence[UUID]) -> datetime | None:
    """Return when the last session ends of which these people hold, or are the patients of, a booking."""
    row = await (await conn.execute(_LAST_SESSION_END, {"ids": list(person_ids)})).fetchone()
    return row[0] if row else None


async def over_before(conn: Connection, _scope: CityScope, before: datetime, *, limit: int) -> list[UUID]:
    """Return up to `limit` bookings of sessions that ended before an aware instant, the oldest first."""
    return [row[0] for row in await (await conn.execute(_OVER_BEFORE, (before, limit))).fetchall()]


async def erase(conn: Connection, _scope: CityScope, ids: Sequence[UUID]) -> int:
    """Erase bookings for good, and return how many. The database itself keeps what is not long over."""
    row = await (await conn.execute(_ERASE, (list(ids),))).fetchone()
    return int(row[0]) if row else 0


def _limits(scope: Scope) -> dict[str, object]:
    match scope:
        case PersonScope(person_id):
            return {"any_person": False, "person_id": person_id, "any_hospital": True, "hospital_id": None}
        case HospitalScope(hospital_id):
            return {"any_person": True, "person_id": None, "any_hospital": False, "hospital_id": hospital_id}
        case CityScope():
            return {"any_person": True, "person_id": None, "any_hospital": True, "hospital_id": None}


def _booking(row: tuple[Any, ...]) -> Booking:
    (id_, place_id, session_id, number, hospital_id, day, starts_at, ends_at, time_zone, capacity, *rest) = row
    holder_id, patient_id, code, state, held_until, taken_at, booked_at, ended_at, *who = rest
    payer_id, acted_by_kind, acted_by = who
    return Booking(
        id=id_,
        place_id=place_id,
        session_id=session_id,
        number=number,
        hospital_id=hospital_id,
        day=day,
        starts_at=starts_at,
        ends_at=ends_at,
        time_zone=time_zone,
        # Who books while the session runs may get an early number: he is not late before he has booked.
        expected_at=max(expected_at(starts_at, ends_at, capacity=capacity, number=number), taken_at),
        holder_id=holder_id,
        patient_id=patient_id,
        code=code,
        state=State(state),
        held_until=held_until,
        taken_at=taken_at,
        booked_at=booked_at,
        ended_at=ended_at,
        payer_id=payer_id,
        acted_by_kind=ActorKind(acted_by_kind),
        acted_by=acted_by,
    )
