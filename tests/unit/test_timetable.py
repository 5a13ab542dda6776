from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.channels.feeds.problem import Rejected
from firsthand.channels.feeds.timetable import Timetable, TimetableOptions, read_timetable
from firsthand.release.publication.model import Days, Session

OPTIONS = TimetableOptions("clinic", "Asia/Shanghai")
ENGLISH = "hospital,department,doctor,day,half_day,places,fee\n"
CHINESE = "医院,科室,医生,日期,时段,号源数,挂号费\n"


def read(raw: bytes, options: TimetableOptions = OPTIONS) -> Timetable:
    timetable = read_timetable(raw, "t.csv", options)
    assert isinstance(timetable, Timetable), timetable
    return timetable


def only_session(row: str, options: TimetableOptions = OPTIONS) -> Session:
    (session,) = read((ENGLISH + row).encode(), options).publication.sessions
    return session


def test_a_half_day_is_a_session_in_local_time() -> None:
    session = only_session("人民医院,内科,王医生,2026-03-09,morning,20,50.5")
    assert session.starts_at == datetime(2026, 3, 9, 0, 0, tzinfo=UTC)
    assert session.ends_at == datetime(2026, 3, 9, 4, 0, tzinfo=UTC)
    assert (session.capacity, session.fee_cents, session.currency) == (20, 5050, "CNY")


@pytest.mark.parametrize(("word", "hour"), [("pm", 5), ("下午", 5), ("AFTERNOON", 5), ("am", 0), ("上午", 0)])
def test_the_words_for_half_days(word: str, hour: int) -> None:
    assert only_session(f"A,,,2026-03-09,{word},1,").starts_at.hour == hour


def test_the_hours_zone_and_currency_are_options() -> None:
    options = TimetableOptions("f", "Europe/London", "GBP", morning=(time(9), time(10)))
    session = only_session("A,,,2026-07-01,am,1,0", options)
    assert session.starts_at == datetime(2026, 7, 1, 8, 0, tzinfo=UTC)
    assert (session.fee_cents, session.currency) == (0, "GBP")


def test_department_doctor_and_fee_may_be_empty_or_have_no_column() -> None:
    publication = read(b"day,places,hospital,half_day\n2026-03-09,5,A,am\n").publication
    assert publication.schedules[0].department is None
    assert publication.schedules[0].doctor is None
    assert publication.sessions[0].currency is None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_chinese_headers_in_the_encodings_of_chinese_hospitals(encoding: str) -> None:
    raw = (CHINESE + "人民医院,内科,王医生,2026-03-09,上午,20,50\r\n").encode(encoding)
    timetable = read(raw)
    assert timetable.encoding == ("gb18030" if encoding == "gb18030" else "utf-8")
    assert timetable.publication.hospitals[0].name == "人民医院"
    assert timetable.publication.schedules[0].doctor == "王医生"


def test_a_timetable_speaks_for_its_days_alone() -> None:
    rows = "A,,,2026-03-12,am,1,\nA,,,2026-03-09,am,1,\n\n ,,,,,,\nA,,,2026-03-10,pm,1,"
    publication = read((ENGLISH + rows).encode()).publication
    assert publication.complete
    assert publication.days == Days(date(2026, 3, 9), date(2026, 3, 12))
    assert publication.published_at is None


def test_names_that_run_together_are_still_apart() -> None:
    rows = 'A,B C,,2026-03-09,am,1,\nA,B,C,2026-03-09,am,1,\n"A""",",",C,2026-03-09,am,1,'
    assert len(read((ENGLISH + rows).encode()).publication.sessions) == 3


def test_a_quoted_cell_over_two_lines_does_not_shift_the_count() -> None:
    rejected = read_timetable((ENGLISH + '"A\nB",,,2026-03-09,am,1,\nA,,,bad,am,1,').encode(), "t.csv", OPTIONS)
    assert isinstance(rejected, Rejected)
    assert [problem.line for problem in rejected.problems] == [2, 4]


@given(st.binary(max_size=400))
def test_no_bytes_raise(raw: bytes) -> None:
    assert isinstance(read_timetable(raw, "t.csv", OPTIONS), Timetable | Rejected)


@given(st.text(max_size=200))
def test_no_rows_raise(text: str) -> None:
    raw = (ENGLISH + text).encode("utf-8", "surrogatepass")
    assert isinstance(read_timetable(raw, "t.csv", OPTIONS), Timetable | Rejected)


names = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=10)
rows = st.tuples(
    names,
    names,
    names,
    st.dates(date(2026, 1, 1), date(2027, 1, 1)),
    st.sampled_from(["上午", "pm"]),
    st.integers(0, 99),
)


@given(st.lists(rows, min_size=1, max_size=10, unique_by=lambda row: row[3:5]))
def test_every_row_becomes_a_session_of_its_day(given_rows: list[tuple[str, str, str, date, str, int]]) -> None:
    text = ENGLISH + "".join(f"{a},{b},{c},{day},{half},{places},\n" for a, b, c, day, half, places in given_rows)
    publication = read(text.encode()).publication
    assert len(publication.sessions) == len(given_rows)
    for (_, _, _, day, half, places), session in zip(given_rows, publication.sessions, strict=True):
        assert session.starts_at + timedelta(hours=8) == datetime.combine(
            day, time(8) if half == "上午" else time(13, 30), UTC
        )
        assert session.capacity == places
