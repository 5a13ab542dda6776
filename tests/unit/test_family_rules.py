"""The rules of ties: majority on every birthday, caps, cooling, and that words and their version go together."""

import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.channels.web.family_refusals import TOLD
from firsthand.channels.web.words import PROBLEMS
from firsthand.directory.family import words
from firsthand.directory.family.model import Ended, How, Kind, Past, Reason, Refused, State, Tie
from firsthand.directory.family.rules import (
    check_caps,
    check_child,
    check_renewal,
    counted_from,
    is_of_age,
    majority_day,
    may_act,
    may_ask_again,
    name_in_message,
    parse_label,
    usable_from,
)
from firsthand.policy.model import FamilyPolicy

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
POLICY = FamilyPolicy(
    dependants_max=6,
    carers_max=4,
    undocumented_children_max=2,
    new_ties_a_month_max=4,
    ended_counts_days=90,
    again_days=30,
    cooling_hours=24,
    asked_expires_days=14,
    carer_term_days=730,
    renew_within_days=60,
    majority_years=18,
    time_zone="Asia/Shanghai",
)
TIE = Tie(
    id=UUID(int=1),
    kind=Kind.GUARDIAN,
    carer_id=UUID(int=2),
    dependant_id=UUID(int=3),
    state=State.ACTIVE,
    asked_at=NOW,
    lapses_at=NOW + timedelta(days=14),
    code_id=None,
    active_from=NOW,
    usable_from=NOW + timedelta(hours=24),
    term_ends_at=None,
    counted_from=date(2026, 1, 1),
    ended_at=None,
    ended_why=None,
    label="Child",
)

births = st.dates(date(1950, 1, 1), date(2026, 1, 1))
zones = st.sampled_from(["Asia/Shanghai", "America/New_York", "Pacific/Kiritimati", "Pacific/Pago_Pago", "UTC"])
moments = st.integers(0, 400).map(lambda days: NOW - timedelta(days=days))
pasts = st.builds(
    Past,
    state=st.sampled_from(State),
    asked_at=moments,
    was_active=st.booleans(),
    ended_at=moments,
    ended_why=st.sampled_from(Ended),
    undocumented=st.booleans(),
).map(lambda past: past if past.state is State.ENDED else replace(past, ended_at=None, ended_why=None))


@given(births, zones)
def test_majority_begins_with_the_first_moment_of_the_day_wherever_the_city_lies(born_on: date, zone: str) -> None:
    policy = replace(POLICY, time_zone=zone)
    day = majority_day(born_on, policy)
    begins = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone))
    assert not is_of_age(born_on, policy, now=begins - timedelta(microseconds=1))
    assert is_of_age(born_on, policy, now=begins)


@given(births)
def test_the_day_of_majority_is_the_birthday_or_the_last_of_february(born_on: date) -> None:
    day = majority_day(born_on, POLICY)
    assert day.year == born_on.year + 18
    leap_day = (born_on.month, born_on.day) == (2, 29)
    assert (day.month, day.day) == ((2, 28) if leap_day else (born_on.month, born_on.day))
    assert counted_from(born_on, POLICY) == date(day.year, 1, 1) <= day


@given(births, births)
def test_the_older_comes_of_age_no_later(one: date, other: date) -> None:
    older, younger = sorted((one, other))
    assert majority_day(older, POLICY) <= majority_day(younger, POLICY)


@given(births, st.datetimes(datetime(2026, 1, 1), datetime(2046, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_a_guardian_acts_until_the_majority_and_not_a_moment_longer(born_on: date, now: datetime) -> None:
    tie = replace(TIE, counted_from=counted_from(born_on, POLICY), usable_from=NOW)
    acts = may_act(tie, born_on, POLICY, now=now)
    assert acts == (now >= NOW and not is_of_age(born_on, POLICY, now=now))
    # Without the date of birth he acts only while the year of the majority has not begun.
    assert may_act(tie, None, POLICY, now=now) <= acts


@given(st.sampled_from(Kind), st.sampled_from(How), st.integers(0, 200))
def test_only_a_guardian_at_a_desk_need_not_wait(kind: Kind, how: How, hours: int) -> None:
    wait = usable_from(kind, how, replace(POLICY, cooling_hours=hours), now=NOW) - NOW
    at_once = (kind, how) == (Kind.GUARDIAN, How.DESK)
    assert wait == timedelta(hours=0 if at_once else hours)


@given(ties=st.lists(pasts, max_size=12), undocumented=st.booleans())
def test_caps_count_what_is_there_what_was_asked_lately_and_what_ended_lately(
    *, ties: list[Past], undocumented: bool
) -> None:
    lately = [tie for tie in ties if NOW - tie.asked_at < timedelta(days=30)]
    placed = [
        tie
        for tie in ties
        if tie.state is not State.ENDED
        or (
            tie.was_active
            and tie.ended_why is not Ended.MAJORITY
            and tie.ended_at is not None
            and NOW - tie.ended_at < timedelta(days=90)
        )
    ]
    full = len(lately) >= 4 or len(placed) >= 6 or (undocumented and sum(tie.undocumented for tie in placed) >= 2)
    refused = check_caps(ties, POLICY, undocumented=undocumented, now=NOW)
    assert (refused is not None) == full


@given(ties=st.lists(pasts, max_size=12), more=pasts, undocumented=st.booleans())
def test_one_more_tie_never_makes_room(*, ties: list[Past], more: Past, undocumented: bool) -> None:
    if check_caps(ties, POLICY, undocumented=undocumented, now=NOW) is not None:
        assert check_caps([*ties, more], POLICY, undocumented=undocumented, now=NOW) is not None


@given(ties=st.lists(pasts, max_size=8), undocumented=st.booleans())
def test_ending_a_tie_by_hand_makes_no_room_at_once(*, ties: list[Past], undocumented: bool) -> None:
    ended = [
        replace(tie, state=State.ENDED, ended_at=NOW, ended_why=Ended.BY_CARER, was_active=True)
        if tie.state is State.ACTIVE
        else tie
        for tie in ties
    ]
    before, after = (check_caps(each, POLICY, undocumented=undocumented, now=NOW) for each in (ties, ended))
    assert before == after


@given(pasts)
def test_a_pair_does_not_flap(past: Past) -> None:
    again = may_ask_again(past, POLICY, now=NOW)
    if past.state is not State.ENDED:
        assert not again
    elif past.was_active or past.ended_why is Ended.DECLINED:
        assert past.ended_at is not None
        assert again == (NOW - past.ended_at >= timedelta(days=30))
    else:
        assert again


@given(births, st.one_of(st.none(), births), moments)
def test_a_child_is_born_and_under_age_and_is_who_the_document_says(
    born_on: date, says: date | None, now: datetime
) -> None:
    refused = check_child(born_on, says, POLICY, now=now)
    allowed = (
        born_on <= now.astimezone(ZoneInfo("Asia/Shanghai")).date()
        and says in {None, born_on}
        and not is_of_age(born_on, POLICY, now=now)
    )
    assert (refused is None) == allowed


@given(st.integers(-800, 800))
def test_a_tie_is_renewed_only_near_its_end(days: int) -> None:
    tie = replace(TIE, kind=Kind.CARER, counted_from=None, term_ends_at=NOW + timedelta(days=days))
    refused = check_renewal(tie, POLICY, now=NOW)
    expected = Refused(Reason.ALREADY_ENDED) if days <= 0 else Refused(Reason.TOO_EARLY_TO_RENEW) if days > 60 else None
    assert refused == expected


@given(st.text(max_size=200))
def test_a_name_in_a_message_says_nothing_but_a_name(name: str) -> None:
    said = name_in_message(name)
    assert len(said) <= 30
    assert not set(said) & set("0123456789/:.@\\{}<>\n\r")


@pytest.mark.parametrize("label", ["", " ", "x" * 31, "1", "a\x00b", "\u202eabc"])
def test_a_label_is_a_short_name(label: str) -> None:
    assert parse_label(label) == Refused(Reason.LABEL_INVALID)


def test_every_refusal_is_told() -> None:
    assert TOLD.keys() == set(Reason)
    assert {told.problem for told in TOLD.values() if told} <= PROBLEMS.keys()


def test_whoever_changes_the_words_gives_them_a_new_version() -> None:
    said = hashlib.sha256(repr([(kind, language, lines) for kind, by in words.ALLOWS.items()
                                for language, lines in by.items()]).encode()).hexdigest()[:16]  # fmt: skip
    assert (words.VERSION, said) == ("2026-11", "d5b282eece5981c2")
