"""The SQL of the bookings in which one person has a part, for himself."""

from collections.abc import Sequence
from typing import LiteralString
from uuid import UUID

from firsthand.platform.database import Connection
from firsthand.platform.scope import PersonScope
from firsthand.policy.held import Row, rows_of

# hospital_id, starts_at, ends_at and number are the session's and the place's: what session_id and place_id stand for.
_BOOKING: LiteralString = (
    "id session_id hospital_id starts_at ends_at number holder_id patient_id payer_id acted_by_kind acted_by channel"
    " code state held_until taken_at booked_at ended_at"
)
_READ: LiteralString = """
SELECT booking.id, booking.session_id, facts.hospital_id, facts.starts_at, facts.ends_at, place.number,
       booking.holder_id, booking.patient_id, booking.payer_id, booking.acted_by_kind, booking.acted_by,
       booking.channel, booking.code, booking.state, booking.held_until, booking.taken_at, booking.booked_at,
       booking.ended_at
FROM booking.booking
JOIN release.session_facts AS facts USING (session_id)
JOIN release.place_entry AS place ON place.place_id = booking.place_id
WHERE booking.id IN (SELECT id FROM booking.booking WHERE holder_id = ANY(%(ids)s)
                     UNION SELECT id FROM booking.booking WHERE patient_id = ANY(%(ids)s)
                     UNION SELECT id FROM booking.booking
                           WHERE payer_id = ANY(%(ids)s) AND payer_id <> patient_id AND payer_id <> holder_id)
ORDER BY facts.starts_at DESC, booking.id
"""


async def read_rows(conn: Connection, _scope: PersonScope, person_ids: Sequence[UUID]) -> list[Row]:
    """Return every booking that a person took, is the patient of, or pays, the latest session first.

    person_ids: each of his records, of which the action has made sure. It leaves out what is another's alone by now.
    """
    return rows_of(_BOOKING, await (await conn.execute(_READ, {"ids": list(person_ids)})).fetchall())
