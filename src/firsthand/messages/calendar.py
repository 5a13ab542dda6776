"""An appointment as a calendar file: iCalendar (RFC 5545) with one event, alone or as part of an e-mail (RFC 5546)."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import quote

from firsthand.messages.model import Event, EventMethod

LINE_OCTETS_MAX: Final = 75
# Nobody knows how long a visit takes. An hour is kept free, and no more than the session lasts.
KEPT_FREE: Final = timedelta(hours=1)
# What an address may hold and a URI may show as it is. Everything else is written as %XX.
_SAFE_IN_ADDRESS: Final = "@+"
_SAFE_IN_URL: Final = ":/?#[]@!$&'()*+,;=%"


def write_event(event: Event, *, now: datetime, organizer: str = "", attendee: str = "") -> bytes:
    """Return the file. Whatever the texts hold, it has one event and the properties that are written here.

    The patient is not named, and neither code nor document are in it: a calendar is often shared.

    now: an aware instant. organizer, attendee: e-mail addresses, for the methods that ask for them; an attendee has
    accepted already, for it is his own appointment.
    """
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Firsthand//Appointments//EN",
        "CALSCALE:GREGORIAN",
        *([f"METHOD:{event.method}"] if organizer else []),
        "BEGIN:VEVENT",
        f"UID:{event.id}",
        f"SEQUENCE:{event.sequence}",
        f"STATUS:{'CANCELLED' if event.method is EventMethod.CANCEL else 'CONFIRMED'}",
        f"DTSTAMP:{_instant(now)}",
        f"DTSTART:{_instant(event.starts_at)}",
        f"DTEND:{_instant(event.ends_at)}",
        f"SUMMARY:{_text(event.summary)}",
        f"LOCATION:{_text(event.location)}",
        f"DESCRIPTION:{_text(event.description)}",
        *([f"ORGANIZER:mailto:{quote(organizer, safe=_SAFE_IN_ADDRESS)}"] if organizer else []),
        *(
            [f"ATTENDEE;PARTSTAT=ACCEPTED;RSVP=FALSE:mailto:{quote(attendee, safe=_SAFE_IN_ADDRESS)}"]
            if attendee
            else []
        ),
        *([f"URL:{quote(event.url, safe=_SAFE_IN_URL)}"] if event.url else []),
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return b"".join(folded for line in lines for folded in _fold(line))


def _instant(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _text(text: str) -> str:
    """Escape a text value (RFC 5545, 3.3.11). Control characters may not stand in one, nor may what turns a line."""
    escaped = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    lines = escaped.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\\n")
    return "".join(character for character in lines if character.isprintable())


def _fold(line: str) -> Iterator[bytes]:
    """Yield a content line in pieces of at most 75 octets, none of which splits a character (RFC 5545, 3.1)."""
    piece = b""
    for character in line:
        encoded = character.encode(errors="replace")
        if len(piece) + len(encoded) > LINE_OCTETS_MAX:
            yield piece + b"\r\n"
            piece = b" "
        piece += encoded
    yield piece + b"\r\n"
