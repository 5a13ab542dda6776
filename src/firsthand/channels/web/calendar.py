"""A booking as a calendar file to keep."""

from datetime import datetime

from firsthand.channels.web.contexts import BookingFacts
from firsthand.messages.calendar import KEPT_FREE, write_event
from firsthand.messages.model import Event, EventMethod
from firsthand.platform.i18n import Language, format_span, format_time, phrase, say


def calendar_of(booking: BookingFacts, language: Language, *, base_url: str, now: datetime) -> bytes:
    """Return the file. Its event begins about when the patient is seen, and is the one that an e-mail brings.

    base_url: where people reach the pages. now: an aware instant.
    """
    session, zone = booking.session, booking.session.hospital.time_zone
    described = say(
        language,
        phrase("Session %(span)s, number %(number)s, seen at about %(time)s. Bring the document you booked with."),
        span=format_span(session.starts_at, session.ends_at, zone, language),
        number=booking.number,
        time=format_time(booking.expected_at, zone, language),
    )
    event = Event(
        id=booking.id,
        method=EventMethod.PUBLISH,
        sequence=0,
        starts_at=booking.expected_at,
        ends_at=min(session.ends_at, booking.expected_at + KEPT_FREE),
        summary=f"{session.title}, {session.hospital.name}",
        location=", ".join(part for part in (session.hospital.name, session.hospital.address) if part),
        description=described,
        url=f"{base_url}/bookings/{booking.id}",
    )
    return write_event(event, now=now)
