"""The rules of the desk: reading a code, and who may check in when."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.arrival.model import Reason, Refused
from firsthand.arrival.rules import decide_check_in, parse_code
from firsthand.audit.model import ActorKind
from firsthand.booking.model import Booking, State
from firsthand.platform.chance import BOOKING_CODE_LENGTH, CODE_ALPHABET, SeededChance, new_booking_code
from firsthand.policy.model import ArrivalPolicy

POLICY = ArrivalPolicy(early_minutes_max=120, late_after_minutes=15, no_show_after_end_minutes=30)
PATIENT, HOLDER, HOSPITAL, OTHER_HOSPITAL = (UUID(int=number) for number in range(1, 5))
STARTS_AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
BOOKING = Booking(
    id=UUID(int=100),
    place_id=1,
    session_id=UUID(int=200),
    number=5,
    hospital_id=HOSPITAL,
    day=date(2026, 3, 2),
    starts_at=STARTS_AT,
    ends_at=STARTS_AT + timedelta(hours=3),
    time_zone="Asia/Shanghai",
    expected_at=STARTS_AT + timedelta(hours=1),
    holder_id=HOLDER,
    patient_id=PATIENT,
    code="ABCDEFGH0123",
    state=State.BOOKED,
    held_until=STARTS_AT,
    taken_at=STARTS_AT - timedelta(days=1),
    booked_at=STARTS_AT - timedelta(days=1),
    ended_at=None,
    payer_id=PATIENT,
    acted_by_kind=ActorKind.PERSON,
    acted_by=HOLDER,
)
instants = st.datetimes(datetime(2026, 2, 27), datetime(2026, 3, 6), timezones=st.just(UTC))  # noqa: DTZ001
codes = st.integers(0, 2**32).map(lambda seed: new_booking_code(SeededChance(seed)))
# How people and keyboards put one character of a code.
SPELLINGS = {
    "0": "0Oo０Ｏｏ",
    "1": "1IiLl１ＩｉＬｌ",
}


@st.composite
def spelt(draw: st.DrawFn) -> tuple[str, str]:
    """A code, and some way of writing it."""
    code = draw(codes)
    written = ""
    for character in code:
        full_width = chr(ord(character) + 0xFEE0)
        ways = SPELLINGS.get(character, character + character.lower() + full_width + full_width.lower())
        written += draw(st.sampled_from(ways)) + draw(st.sampled_from(["", "", "", " ", "-", "－", "\u3000", "\n"]))
    return code, written


@given(spelt())
def test_a_code_is_read_in_any_case_width_and_grouping(pair: tuple[str, str]) -> None:
    code, written = pair
    assert parse_code(written) == code


@given(st.text(max_size=80))
def test_anything_else_is_no_code(raw: str) -> None:
    parsed = parse_code(raw)
    if isinstance(parsed, Refused):
        assert parsed == Refused(Reason.CODE_INVALID)
    else:
        assert len(parsed) == BOOKING_CODE_LENGTH
        assert set(parsed) <= set(CODE_ALPHABET)
        assert parse_code(parsed) == parsed


@given(codes, st.sampled_from("Uu!*_.ÅЖ中\x00\ud800²"), st.integers(0, BOOKING_CODE_LENGTH - 1))
def test_a_foreign_character_spoils_a_code(code: str, foreign: str, position: int) -> None:
    spoilt = code[:position] + foreign + code[position + 1 :]
    assert parse_code(spoilt) == Refused(Reason.CODE_INVALID)


@given(codes, st.integers(0, BOOKING_CODE_LENGTH - 1))
def test_a_code_too_short_or_too_long_is_refused(code: str, length: int) -> None:
    for wrong in (code[:length], code + code[0], code + " " * 64):
        assert parse_code(wrong) == Refused(Reason.CODE_INVALID)


def test_letters_that_only_look_alike_after_upper_casing_are_refused() -> None:
    assert parse_code("ABCDEFGH012ı") == Refused(Reason.CODE_INVALID)
    assert parse_code("ABCDEFGH01ß") == Refused(Reason.CODE_INVALID)


@given(
    st.sampled_from(State),
    st.sampled_from([HOSPITAL, OTHER_HOSPITAL]),
    instants,
    st.sampled_from([HOLDER, UUID(int=9), None]),
)
def test_the_wrong_person_learns_nothing_else(state: State, desk: UUID, now: datetime, presented: UUID | None) -> None:
    booking = replace(BOOKING, state=state)
    assert decide_check_in(booking, presented, desk, POLICY, now=now) == Refused(Reason.WRONG_PERSON)


@given(st.sampled_from([PATIENT, None]), instants)
def test_an_unknown_code_is_said_to_be_unknown(presented: UUID | None, now: datetime) -> None:
    assert decide_check_in(None, presented, HOSPITAL, POLICY, now=now) == Refused(Reason.CODE_UNKNOWN)


@given(st.sampled_from(State), instants)
def test_at_another_hospital_nothing_but_that_is_said(state: State, now: datetime) -> None:
    booking = replace(BOOKING, state=state)
    assert decide_check_in(booking, PATIENT, OTHER_HOSPITAL, POLICY, now=now) == Refused(Reason.OTHER_HOSPITAL)


@given(st.sampled_from(sorted(set(State) - {State.BOOKED})), instants)
def test_only_a_booked_place_is_checked_in(state: State, now: datetime) -> None:
    reason = {
        State.HELD: Reason.NOT_CONFIRMED,
        State.GIVEN_BACK: Reason.GIVEN_BACK,
        State.EXPIRED: Reason.HOLD_EXPIRED,
        State.ARRIVED: Reason.ALREADY_ARRIVED,
        State.NO_SHOW: Reason.COUNTED_AS_MISSED,
    }[state]
    assert decide_check_in(replace(BOOKING, state=state), PATIENT, HOSPITAL, POLICY, now=now) == Refused(reason)


@given(instants)
def test_the_patient_is_checked_in_while_the_desk_waits_and_late_after_his_time(now: datetime) -> None:
    decision = decide_check_in(BOOKING, PATIENT, HOSPITAL, POLICY, now=now)
    opens, closes = STARTS_AT - timedelta(minutes=120), BOOKING.ends_at + timedelta(minutes=30)
    if opens <= now <= closes:
        assert decision is (now > BOOKING.expected_at + timedelta(minutes=15))
        return
    assert isinstance(decision, Refused)
    on_the_day = now.astimezone(ZoneInfo(BOOKING.time_zone)).date() == BOOKING.day
    assert decision == (
        Refused(Reason.TOO_EARLY if now < opens else Reason.COUNTED_AS_MISSED)
        if on_the_day
        else Refused(Reason.OTHER_DAY, BOOKING.day)
    )


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (STARTS_AT - timedelta(minutes=120), False),
        (BOOKING.expected_at + timedelta(minutes=15), False),
        (BOOKING.expected_at + timedelta(minutes=15, microseconds=1), True),
        (BOOKING.ends_at + timedelta(minutes=30), True),
    ],
)
def test_the_edges_belong_to_the_patient(at: datetime, expected: bool) -> None:  # noqa: FBT001 - what is expected
    assert decide_check_in(BOOKING, PATIENT, HOSPITAL, POLICY, now=at) is expected


def test_a_session_past_midnight_checks_in_on_both_its_days() -> None:
    evening = datetime(2026, 3, 2, 15, 30, tzinfo=UTC)  # half past eleven at night in Shanghai
    night = replace(BOOKING, starts_at=evening, expected_at=evening, ends_at=evening + timedelta(hours=2))
    for minutes in (-30, 10, 60, 120):
        decision = decide_check_in(night, PATIENT, HOSPITAL, POLICY, now=evening + timedelta(minutes=minutes))
        assert decision is (minutes > 15)
    gone = decide_check_in(night, PATIENT, HOSPITAL, POLICY, now=evening + timedelta(hours=4))
    assert gone == Refused(Reason.OTHER_DAY, night.day)
