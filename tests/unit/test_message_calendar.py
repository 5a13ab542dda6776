"""The calendar's entry of an e-mail: whatever its texts hold, it is one event with these properties."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import example, given
from hypothesis import strategies as st

from firsthand.messages.calendar import LINE_OCTETS_MAX, write_event
from firsthand.messages.model import Event, EventMethod

START = datetime(2026, 3, 27, 1, 30, tzinfo=UTC)
PROPERTIES = [
    "BEGIN", "VERSION", "PRODID", "CALSCALE", "METHOD", "BEGIN", "UID", "SEQUENCE", "STATUS", "DTSTAMP", "DTSTART",
    "DTEND", "SUMMARY", "LOCATION", "DESCRIPTION", "ORGANIZER", "ATTENDEE", "URL", "END", "END",
]  # fmt: skip
texts = st.text(max_size=120)


def lines_of(event: Event, organizer: str = "a@example.org", attendee: str = "b@example.org") -> list[str]:
    content = write_event(event, now=START, organizer=organizer, attendee=attendee)
    physical = content.split(b"\r\n")
    assert physical.pop() == b""
    assert all(len(line) <= LINE_OCTETS_MAX for line in physical)
    assert not any(byte in line for line in physical for byte in (b"\r", b"\n", b"\0", b"\x1b"))
    return content.decode().replace("\r\n ", "").split("\r\n")[:-1]


@given(texts, texts, texts, texts, texts, texts)
@example("a\r\nEND:VEVENT", "b\nATTENDEE:mailto:x", "\u2028X:y", "x\r\nX-A:b", "a@b\r\nX:y", "b;RSVP=TRUE:c")
def test_no_text_becomes_a_property(
    summary: str, location: str, description: str, url: str, organizer: str, attendee: str
) -> None:
    event = Event(
        UUID(int=1), EventMethod.CANCEL, 3, START, START + timedelta(hours=1), summary, location, description,
        f"https://example.org/{url}",
    )  # fmt: skip
    lines = lines_of(event, f"o{organizer}", f"p{attendee}")
    assert [line.split(":")[0].split(";")[0] for line in lines] == PROPERTIES
    assert {"METHOD:CANCEL", "STATUS:CANCELLED", "SEQUENCE:3", f"UID:{event.id}"} <= set(lines)


def test_a_file_to_keep_names_nobody_and_asks_nothing() -> None:
    event = Event(UUID(int=1), EventMethod.PUBLISH, 0, START, START + timedelta(hours=1), "s")
    kept = write_event(event, now=START).decode()
    assert not any(name in kept for name in ("METHOD", "ORGANIZER", "ATTENDEE", "URL"))
