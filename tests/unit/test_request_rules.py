"""The rules of people's requests, for any words, caps, instants and bookings."""

import unicodedata
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from firsthand.booking.model import Counting, PatientDay
from firsthand.booking.model import State as BookingState
from firsthand.booking.rules import ENDED_COUNTS, counted_until, first_cap_reached, widest_cap_days
from firsthand.channels.web.request_refusals import TOLD
from firsthand.directory.request.model import (
    ABOUT,
    ANSWER_WITHIN,
    WORDS_CHARACTERS_MAX,
    WORDS_CHARACTERS_MIN,
    About,
    Kind,
    Reason,
    Refused,
    Request,
    State,
    Wish,
)
from firsthand.directory.request.rules import (
    check_answer,
    check_withdrawal,
    cooling,
    decide_deletion,
    due_at,
    parse_wish,
    parse_words,
)
from firsthand.policy.model import BookingPolicy, Cap

SHANGHAI = "Asia/Shanghai"
LATE = timedelta(seconds=30)
INSTANTS = st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - see timezones
DAYS = st.dates(date(2026, 1, 1), date(2026, 3, 1))
CAPS = st.lists(
    st.builds(
        Cap, name=st.just("any"), days=st.integers(1, 30), per_department=st.booleans(), max_count=st.integers(0, 3)
    ),
    max_size=4,
)
HOSPITAL = UUID(int=1)


def request(kind: Kind = Kind.CORRECTION, state: State = State.ASKED) -> Request:
    asked_at = datetime(2026, 3, 2, tzinfo=UTC)
    return Request(UUID(int=1), UUID(int=2), kind, ABOUT[kind][0], None, "words", state, asked_at, due_at(asked_at))


@given(st.text(max_size=2 * WORDS_CHARACTERS_MAX))
def test_what_is_kept_of_words_is_one_line_of_a_bounded_length(raw: str) -> None:
    words = parse_words(raw)
    if isinstance(words, Refused):
        assert words.reason in {Reason.WORDS_TOO_SHORT, Reason.WORDS_TOO_LONG, Reason.WORDS_INVALID}
        return
    assert WORDS_CHARACTERS_MIN <= len(words) <= WORDS_CHARACTERS_MAX
    assert words == unicodedata.normalize("NFC", words) == " ".join(words.split())
    assert parse_words(words) == words


@pytest.mark.parametrize("raw", ["line\x00 with a NUL in it", "turned \u202earound", "a bell \x07 rings here"])
def test_hidden_characters_are_no_words(raw: str) -> None:
    assert parse_words(raw) == Refused(Reason.WORDS_INVALID)


@given(st.sampled_from(Kind), st.one_of(st.sampled_from(About), st.text(max_size=20)))
def test_a_wish_is_about_what_its_kind_can_be_about(kind: Kind, about: str) -> None:
    wish = parse_wish(kind, about, None, "ten characters and more")
    if kind is not Kind.DELETION and about in set(ABOUT[kind]):
        assert wish == Wish(kind, About(about), None, "ten characters and more")
    else:
        assert wish == Refused(Reason.ABOUT_UNKNOWN)


@given(INSTANTS)
def test_an_answer_is_due_in_fifteen_days(asked_at: datetime) -> None:
    assert due_at(asked_at) - asked_at == ANSWER_WITHIN == timedelta(days=15)


@given(CAPS)
def test_a_deletion_waits_a_week_and_as_long_as_any_cap_counts(caps: list[Cap]) -> None:
    waits = cooling(caps)
    assert waits >= timedelta(days=7)
    assert all(waits >= timedelta(days=cap.days) for cap in caps)
    assert waits == timedelta(days=7) or any(waits == timedelta(days=cap.days) for cap in caps)


@given(INSTANTS, INSTANTS, st.one_of(st.none(), INSTANTS))
def test_a_deletion_runs_once_all_its_waiting_is_over(
    now: datetime, runs_from: datetime, counted: datetime | None
) -> None:
    waits = decide_deletion(runs_from, counted, now=now)
    over = now >= runs_from and (counted is None or now >= counted)
    assert (waits is None) == over
    if waits is not None:
        # Looked at again then, with nothing changed, it runs; and not an instant before.
        assert decide_deletion(runs_from, counted, now=waits) is None
        assert decide_deletion(runs_from, counted, now=waits - timedelta(microseconds=1)) is not None


@given(CAPS, DAYS, DAYS, st.sampled_from([SHANGHAI, "America/New_York", "Pacific/Kiritimati"]))
def test_what_counts_no_more_is_near_no_day_that_can_still_be_booked(
    caps: list[Cap], booked_on: date, today: date, zone: str
) -> None:
    policy = BookingPolicy(900, 2, 5, 28, 30, 0, tuple(caps))
    now = datetime.combine(today, datetime.min.time(), ZoneInfo(zone)).astimezone(UTC)
    one = Counting(BookingState.ARRIVED, booked_on, zone, now - timedelta(days=90), None)
    if counted_until([one], widest_cap_days(policy), late=LATE, now=now) is not None:
        return
    assume(all(cap.max_count > 0 for cap in caps))
    kept = PatientDay(booked_on, HOSPITAL, None)
    for ahead in range(40):
        wanted = PatientDay(today + timedelta(days=ahead), HOSPITAL, None)
        assert first_cap_reached([kept] * 9, wanted, caps) is None


@given(INSTANTS, st.integers(0, 48))
def test_what_came_back_counts_for_a_day(now: datetime, hours: int) -> None:
    ended = now - timedelta(hours=hours)
    one = Counting(BookingState.GIVEN_BACK, now.date(), SHANGHAI, ended, ended)
    assert counted_until([one], 6, late=LATE, now=now) == (ended + ENDED_COUNTS if hours < 24 else None)


@given(INSTANTS)
def test_a_hold_counts_until_nobody_can_have_confirmed_it_any_more(now: datetime) -> None:
    held = Counting(BookingState.HELD, now.date() - timedelta(days=30), SHANGHAI, now, None)
    assert counted_until([held], 0, late=LATE, now=now) == now + LATE


@pytest.mark.parametrize("state", list(State), ids=str)
def test_only_what_waits_is_withdrawn_or_answered(state: State) -> None:
    waits = state is State.ASKED
    assert check_withdrawal(request(state=state)) == (None if waits else Refused(Reason.ALREADY_ENDED))
    answer = check_answer(request(state=state), own_doing=False)
    assert answer == (None if waits else Refused(Reason.ALREADY_ENDED))


def test_nobody_answers_a_deletion_nor_what_is_not_there_nor_what_he_did_himself() -> None:
    assert check_answer(request(Kind.DELETION), own_doing=False) == Refused(Reason.REQUEST_UNKNOWN)
    assert check_answer(None, own_doing=False) == Refused(Reason.REQUEST_UNKNOWN)
    assert check_withdrawal(None) == Refused(Reason.REQUEST_UNKNOWN)
    assert check_answer(request(Kind.OBJECTION), own_doing=True) == Refused(Reason.OWN_DOING)


def test_every_reason_has_words() -> None:
    assert TOLD.keys() == set(Reason)
