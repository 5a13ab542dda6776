"""The SQL that counts whom a change would touch."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import LiteralString

from firsthand.platform.database import Connection
from firsthand.policy.model import Cap

# A preview waits no longer than that, and loads the city's one database no longer.
_IN_TIME: LiteralString = "SET LOCAL statement_timeout = '2s'"

_HOLDERS: LiteralString = """
SELECT count(*) FROM (
    SELECT FROM booking.booking WHERE state = 'held' AND held_until > %(now)s
    GROUP BY holder_id HAVING count(*) > %(most)s
) AS above
"""
# Of each live booking that is to come: how many there are from its day on for as long as the cap counts.
_PATIENTS: LiteralString = """
SELECT count(DISTINCT patient_id) FROM (
    SELECT booking.patient_id, count(*) OVER (
        PARTITION BY booking.patient_id,
                     CASE WHEN %(per_department)s THEN facts.hospital_id END,
                     CASE WHEN %(per_department)s THEN facts.department_id END
        ORDER BY facts.day RANGE BETWEEN CURRENT ROW AND make_interval(days => %(more_days)s) FOLLOWING
    ) AS many
    FROM booking.booking JOIN release.session_facts AS facts USING (session_id)
    WHERE (booking.state = 'booked' OR booking.state = 'held' AND booking.held_until > %(now)s)
      AND facts.day >= %(first)s
) AS live WHERE many > %(most)s
"""


async def be_quick(conn: Connection) -> None:
    """Let no statement of this transaction take long: one that does raises Unavailable."""
    await conn.execute(_IN_TIME)


async def count_holders(conn: Connection, most: int, *, now: datetime) -> int:  # scope: a number of the whole city
    """Return how many people hold more than `most` places at an aware instant."""
    return await _one(conn, _HOLDERS, {"now": now, "most": most})


async def count_patients(
    conn: Connection, cap: Cap, *, first: date, now: datetime
) -> int:  # scope: a number of the whole city
    """Return how many patients have more live bookings, from a day on, than a cap allows.

    Merged records count by themselves here, and bookings of no department as those of one: it is a preview's figure.
    """
    values = {
        "per_department": cap.per_department,
        "more_days": cap.days - 1,
        "first": first,
        "now": now,
        "most": cap.max_count,
    }
    return await _one(conn, _PATIENTS, values)


async def _one(conn: Connection, query: LiteralString, values: Mapping[str, object]) -> int:
    row = await (await conn.execute(query, values)).fetchone()
    return int(row[0]) if row else 0
