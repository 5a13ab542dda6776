"""An appointment as a calendar file: iCalendar (RFC 5545) with one event."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from firsthand.channels.web.contexts import BookingFacts
from firsthand.platform.i18n import Language, format_span, format_time, phrase, say

LINE_OCTETS_MAX: Final = 75
# Nobody knows how long a visit takes. An hour is kept free, and no more than the session lasts.
KEPT_FREE: Final = timedelta(hours=1)


def calendar_of(booking: BookingFacts, language: Language, *, base_url: str, now: datetime) -> bytes:
    """Return the file. Its event begins about when the patient is seen.

    The code and the document are left out: a calendar is often shared.

    base_url: where people reach the pages. now: an aware instant.
    """
    session, zone = booking.session, booking.session.hospital.time_zone
    host = base_url.split("://", 1)[-1].split("/", 1)[0]
    span = format_span(session.starts_at, session.ends_at, zone, language)
    described = say(
        language,
        phrase("Session %(span)s, number %(number)s, seen at about %(time)s. Bring the document you booked with."),
        span=span,
        number=booking.number,
        time=format_time(booking.expected_at, zone, language),
    )
    lines = (
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Firsthand//Appointments//EN",
        "CALSCALE:GREGORIAN",
        "BEGIN:VEVENT",
        f"UID:{booking.id}@{host}",
        f"DTSTAMP:{_instant(now)}",
        f"DTSTART:{_instant(booking.expected_at)}",
        f"DTEND:{_instant(min(session.ends_at, booking.expected_at + KEPT_FREE))}",
        f"SUMMARY:{_text(f'{session.title}, {session.hospital.name}')}",
        f"LOCATION:{_text(', '.join(part for part in (session.hospital.name, session.hospital.address) if part))}",
        f"DESCRIPTION:{_text(described)}",
        f"URL:{base_url}/bookings/{booking.id}",
        "END:VEVENT",
        "END:VCALENDAR",
    )
    return b"".join(folded for line in lines for folded in _fold(line))


def _instant(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _text(text: str) -> str:
    """Escape a text value (RFC 5545, 3.3.11). Other control characters may not stand in one."""
    escaped = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    lines = escaped.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\\n")
    return "".join(character for character in lines if character.isprintable())


def _fold(line: str) -> Iterator[bytes]:
    """Yield a content line in pieces of at most 75 octets, none of which splits a character (RFC 5545, 3.1)."""
    piece = b""
    for character in line:
        encoded = character.encode()
        if len(piece) + len(encoded) > LINE_OCTETS_MAX:
            yield piece + b"\r\n"
            piece = b" "
        piece += encoded
    yield piece + b"\r\n"
