"""Reads a timetable: a CSV file with one row for each doctor's, or each department's, half day.

Columns: hospital, department, doctor, day, half_day, places, fee. A timetable speaks for the days from its first to its
last, and is silent on all others. Source: docs/decisions/0004-feeds.md.
"""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from firsthand.channels.feeds import limits
from firsthand.channels.feeds.decoding import YEAR_MAX, YEAR_MIN
from firsthand.channels.feeds.problem import Place, Problem, Problems, Rejected, shown
from firsthand.directory.hospital.model import Hospital
from firsthand.release.publication.model import CAPACITY_MAX, Days, Publication, Schedule, Session

_COLUMNS: Final = {
    "hospital": "hospital", "医院": "hospital", "医院名称": "hospital",
    "department": "department", "科室": "department", "科室名称": "department",
    "doctor": "doctor", "医生": "doctor", "医师": "doctor", "医生姓名": "doctor",
    "day": "day", "date": "day", "日期": "day", "出诊日期": "day",
    "half_day": "half_day", "half day": "half_day", "时段": "half_day", "午别": "half_day",
    "places": "places", "号源数": "places", "号数": "places", "名额": "places",
    "fee": "fee", "费用": "fee", "挂号费": "fee",
}  # fmt: skip
_REQUIRED: Final = ("hospital", "day", "half_day", "places")
_HALF_DAYS: Final = {
    "morning": "morning", "am": "morning", "上午": "morning",
    "afternoon": "afternoon", "pm": "afternoon", "下午": "afternoon",
}  # fmt: skip
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_WHOLE: Final = re.compile(r"\d{1,9}", re.ASCII)
_FEE: Final = re.compile(r"(\d{1,7})(?:\.(\d{1,2}))?", re.ASCII)
_CURRENCY: Final = re.compile(r"[A-Z]{3}", re.ASCII)


@dataclass(frozen=True, slots=True)
class TimetableOptions:
    """What a timetable itself does not say. The hours of the half days are local times."""

    feed: str
    time_zone: str
    currency: str = "CNY"
    morning: tuple[time, time] = (time(8), time(12))
    afternoon: tuple[time, time] = (time(13, 30), time(17, 30))


@dataclass(frozen=True, slots=True)
class Timetable:
    """A timetable that was read, and the encoding it was in: utf-8 or gb18030."""

    publication: Publication
    encoding: str


def read_timetable(raw: bytes, file: str, options: TimetableOptions) -> Timetable | Rejected:
    """Read a whole timetable, or say everything that is wrong with it."""
    problems = Problems()
    decoded = _decode(raw, file)
    if isinstance(decoded, Problem):
        return Rejected((decoded,))
    if not _CURRENCY.fullmatch(options.currency):
        what = f"is {shown(options.currency)}; three capitals like CNY are expected"
        return Rejected((Problem(file, None, "currency", what),))
    text, encoding = decoded
    reader = _Reader(options, ZoneInfo(options.time_zone))
    for place, row in _rows(text, file, problems):
        reader.read(row, place)
        if problems.more:
            break
    if not problems.found and not reader.sessions:
        problems.add(Problem(file, 1, "", "holds no row after its header"))
    return problems.rejection() or Timetable(reader.publication(), encoding)


def _decode(raw: bytes, file: str) -> tuple[str, str] | Problem:
    try:
        return raw.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError:
        pass
    try:
        return raw.decode("gb18030"), "gb18030"
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        return Problem(file, line, "", f"is neither UTF-8 nor GB18030: byte 0x{raw[error.start]:02x}")


def _rows(text: str, file: str, problems: Problems) -> Iterator[tuple[Place, dict[str, str]]]:
    """Yield each row that is not blank as a mapping of our column names."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    columns: list[str | None] | None = None
    line = 1
    count = 0
    try:
        for cells in reader:
            place = Place(problems, file, line)
            line = reader.line_num + 1
            if not any(cell.strip() for cell in cells):
                continue
            if columns is None:
                columns = _header(cells, place)
                if columns is None:
                    return
            elif len(cells) > len(columns):
                place.report("", f"has {len(cells)} cells, but the header has {len(columns)}")
            elif (count := count + 1) > limits.LINES_MAX:
                place.report("", f"the timetable has more than {limits.LINES_MAX} rows")
                return
            else:
                yield place, {name: cell for name, cell in zip(columns, cells, strict=False) if name}
    except csv.Error as error:
        Place(problems, file, line).report("", f"is not CSV: {error}")
        return
    if columns is None:
        Place(problems, file, 1).report("", "is empty; a header is expected")


def _header(cells: list[str], place: Place) -> list[str | None] | None:
    columns = [_COLUMNS.get(cell.strip().lower()) for cell in cells]
    missing = [name for name in _REQUIRED if name not in columns]
    twice = sorted({name for name in columns if name and columns.count(name) > 1})
    if missing:
        place.report("", f"the header lacks {', '.join(missing)}")
    if twice:
        place.report("", f"the header has {', '.join(twice)} twice")
    return None if missing or twice else columns


@dataclass(slots=True)
class _Reader:
    """Gathers rows."""

    options: TimetableOptions
    zone: ZoneInfo
    hospitals: dict[str, Hospital] = field(default_factory=dict)
    schedules: dict[str, Schedule] = field(default_factory=dict)
    sessions: dict[str, tuple[Place, Session]] = field(default_factory=dict)
    days: list[date] = field(default_factory=list)
    places: int = 0

    def read(self, row: dict[str, str], place: Place) -> None:
        """Add one row, or its problems."""
        name_max = limits.NAME_LENGTH_MAX
        hospital = place.text("hospital", row.get("hospital", ""), length_max=name_max, required=True)
        department = place.text("department", row.get("department", ""), length_max=name_max)
        doctor = place.text("doctor", row.get("doctor", ""), length_max=name_max)
        day = _day(row.get("day", ""), place)
        half_day = self._half_day(row.get("half_day", ""), place)
        capacity = _whole(row.get("places", ""), place)
        fee_cents = _fee(row.get("fee", ""), place)
        self._count_places(capacity, place)
        if day is None or half_day is None:
            return
        name, (starts, ends) = half_day
        self.days.append(day)
        schedule_id = _joined(hospital, department, doctor)
        session = Session(
            external_id=_joined(hospital, department, doctor, day.isoformat(), name),
            schedule=schedule_id,
            starts_at=datetime.combine(day, starts, self.zone).astimezone(UTC),
            ends_at=datetime.combine(day, ends, self.zone).astimezone(UTC),
            capacity=capacity,
            fee_cents=fee_cents,
            currency=None if fee_cents is None else self.options.currency,
        )
        first = self.sessions.setdefault(session.external_id, (place, session))[0]
        if first is not place:
            place.report("", f"repeats the hospital, department, doctor, day and half day of line {first.line}")
        self.hospitals[hospital] = Hospital(hospital, hospital, self.options.time_zone)
        self.schedules[schedule_id] = Schedule(
            schedule_id, hospital, department=department or None, doctor=doctor or None
        )

    def publication(self) -> Publication:
        """Return what the rows say together."""
        return Publication(
            feed=self.options.feed,
            published_at=None,
            complete=True,
            hospitals=tuple(self.hospitals.values()),
            schedules=tuple(self.schedules.values()),
            sessions=tuple(session for _, session in self.sessions.values()),
            days=Days(min(self.days), max(self.days)),
        )

    def _half_day(self, text: str, place: Place) -> tuple[str, tuple[time, time]] | None:
        name = _HALF_DAYS.get(text.strip().lower())
        if name is None:
            place.report("half_day", f"is {shown(text)}; one of {', '.join(_HALF_DAYS)} is expected")
            return None
        return name, self.options.morning if name == "morning" else self.options.afternoon

    def _count_places(self, capacity: int, place: Place) -> None:
        self.places += capacity
        if self.places > limits.PLACES_MAX >= self.places - capacity:
            place.report("places", f"the timetable has more than {limits.PLACES_MAX} places")


def _joined(*parts: str) -> str:
    """Join names into one that no other names give."""
    return msgspec.json.encode(parts).decode()


def _day(text: str, place: Place) -> date | None:
    text = text.strip()
    try:
        day = date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError as error:
        place.report("day", f"is {shown(text)}: {error}")
        return None
    if day is None or not YEAR_MIN <= day.year <= YEAR_MAX:
        place.report("day", f"is {shown(text)}; a day like 2026-03-31 is expected")
        return None
    return day


def _whole(text: str, place: Place) -> int:
    text = text.strip()
    value: object = int(text) if _WHOLE.fullmatch(text) else text
    return place.whole_number("places", value, maximum=CAPACITY_MAX)


def _fee(text: str, place: Place) -> int | None:
    """Return a fee in hundredths, or None where the cell is empty."""
    text = text.strip()
    if not text:
        return None
    match = _FEE.fullmatch(text)
    if match is None:
        place.report("fee", f"is {shown(text)}; an amount like 50 or 12.50 is expected")
        return None
    return int(match[1]) * 100 + int((match[2] or "").ljust(2, "0"))
