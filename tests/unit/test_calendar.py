"""The calendar file, whatever hospitals are called."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from hypothesis import example, given
from hypothesis import strategies as st

from firsthand.booking.model import State
from firsthand.channels.web.calendar import calendar_of
from firsthand.channels.web.contexts import BookingFacts, HospitalFacts, SessionFacts
from firsthand.platform.i18n import Language

START = datetime(2026, 3, 27, 0, tzinfo=UTC)
HOSPITAL = HospitalFacts(UUID(int=1), "第三人民医院", "解放路 12 号", "Asia/Shanghai")
SESSION = SessionFacts(
    UUID(int=2), HOSPITAL, "", "Cardiology", "", date(2026, 3, 27), START, START + timedelta(hours=4)
)
BOOKING = BookingFacts(
    UUID(int=3), SESSION, State.BOOKED, 7, START + timedelta(minutes=90), "7KQM4XTB9RWD", "王小明", START
)


def lines_of(booking: BookingFacts, language: Language = Language.ENGLISH) -> dict[str, str]:
    """Return the file's properties, having checked its form: CRLF, lines of 75 octets at most, whole characters."""
    content = calendar_of(booking, language, base_url="https://appointments.example", now=START)
    assert content.endswith(b"\r\n")
    physical = content.split(b"\r\n")[:-1]
    assert all(len(line) <= 75 for line in physical)
    assert all(line.decode() for line in physical)
    assert not any(b"\n" in line or b"\r" in line for line in physical)
    whole = content.decode().replace("\r\n ", "").split("\r\n")[:-1]
    assert whole[0:5:4] == ["BEGIN:VCALENDAR", "BEGIN:VEVENT"]
    assert whole[-2:] == ["END:VEVENT", "END:VCALENDAR"]
    return dict(line.split(":", 1) for line in whole[1:-2] if not line.startswith("BEGIN"))


def test_the_event_is_when_the_patient_is_seen_in_utc() -> None:
    found = lines_of(BOOKING)
    assert (found["DTSTART"], found["DTEND"]) == ("20260327T013000Z", "20260327T023000Z")
    assert found["DTSTAMP"] == "20260327T000000Z"
    assert found["UID"] == str(UUID(int=3))
    assert found["URL"] == f"https://appointments.example/bookings/{UUID(int=3)}"
    assert found["DESCRIPTION"].startswith("Session 08:00 to 12:00\\, number 7\\, seen at about 09:30.")


def test_the_event_ends_with_the_session() -> None:
    found = lines_of(replace(BOOKING, expected_at=SESSION.ends_at - timedelta(minutes=10)))
    assert found["DTEND"] == "20260327T040000Z"


def test_the_code_and_the_name_stay_out_of_it() -> None:
    for language in Language:
        told = " ".join(lines_of(BOOKING, language).values())
        assert BOOKING.code not in told
        assert BOOKING.patient_name not in told


@given(st.text(min_size=1, max_size=200))
@example("a;b,c\\d\ne\r\nBEGIN:VEVENT")
@example("院" * 100)
@example("\u2028\x85\x0b")
def test_no_name_breaks_the_file(name: str) -> None:
    hospital = replace(HOSPITAL, name=name, address="")
    found = lines_of(replace(BOOKING, session=replace(SESSION, hospital=hospital)))
    unescaped = found["LOCATION"].replace("\\n", "\n").replace("\\,", ",").replace("\\;", ";").replace("\\\\", "\\")
    if name.isprintable() and "\\" not in name:
        assert unescaped == name
    assert found.keys() == lines_of(BOOKING).keys()
