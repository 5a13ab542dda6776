"""When messages go out: quiet hours across midnight and changes of the clock, tries, and giving up."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from firsthand.messages.model import Message, SendError, State, StoredMessage, Template, Way
from firsthand.messages.rules import (
    CLAIMED_FOR,
    CODES,
    RETRY_SECONDS_MAX,
    USEFUL_FOR,
    Send,
    Settle,
    Wait,
    decide,
    due_at,
    expires_at,
    is_quiet,
    next_try,
    quiet_until,
    retry_seconds,
)
from firsthand.messages.senders.email import ANSWER_SECONDS_MAX
from firsthand.messages.senders.sms import TRY_SECONDS_MAX
from firsthand.platform.i18n import Language
from firsthand.policy.model import MessagePolicy

ZONES = ("Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo", "UTC")
NIGHT = MessagePolicy(time(22), time(7), "Asia/Shanghai")
START = datetime(2026, 3, 2, 0, 0, tzinfo=UTC)
QUEUED = StoredMessage(
    id=UUID(int=1),
    person_id=None,
    address="+8613800000001",
    template=Template.BOOKING_CONFIRMED,
    language=Language.ENGLISH,
    body="words",
    state=State.QUEUED,
    made_at=START,
    way=Way.SMS,
    due_at=START,
    send_after=None,
    expires_at=START + USEFUL_FOR,
    attempts=0,
    last_error=None,
    event=None,
)
instants = st.integers(0, 10**9).map(lambda half: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=half // 2))
times = st.times().map(lambda at: at.replace(second=0, microsecond=0))
policies = st.builds(MessagePolicy, times, times, st.sampled_from(ZONES))


def at(text: str, zone: str = "Asia/Shanghai") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


@given(policies, instants)
@example(MessagePolicy(time(22), time(2, 30), "Europe/Berlin"), datetime(2026, 3, 29, 0, 15, tzinfo=UTC))  # 02 -> 03
@example(MessagePolicy(time(22), time(2, 30), "Europe/Berlin"), datetime(2026, 10, 25, 0, 15, tzinfo=UTC))  # 02:15 once
@example(MessagePolicy(time(22), time(2, 30), "Europe/Berlin"), datetime(2026, 10, 25, 1, 15, tzinfo=UTC))  # and again
@example(MessagePolicy(time(3), time(2, 30), "Europe/Berlin"), datetime(2026, 3, 29, 0, 45, tzinfo=UTC))
def test_what_waits_goes_out_when_it_is_not_quiet_and_before_two_days(policy: MessagePolicy, now: datetime) -> None:
    zone = ZoneInfo(policy.time_zone)
    ends_at = quiet_until(policy, now=now, zone=zone)
    assert (ends_at is None) == (not is_quiet(policy, now, zone))
    if ends_at is not None:
        assert now < ends_at <= now + timedelta(hours=49)
        assert not is_quiet(policy, ends_at, zone)


@given(policies, instants, st.floats(0, 1))
def test_between_now_and_the_end_it_is_quiet_but_for_an_hour_of_the_clock(
    policy: MessagePolicy, now: datetime, part: float
) -> None:
    zone = ZoneInfo(policy.time_zone)
    ends_at = quiet_until(policy, now=now, zone=zone)
    if ends_at is not None:
        between = now + (ends_at - now) * part
        near_the_end = ends_at - between <= timedelta(hours=1)
        assert is_quiet(policy, between, zone) or near_the_end or _clock_changes(zone, now, ends_at)


def _clock_changes(zone: ZoneInfo, start: datetime, end: datetime) -> bool:
    return start.astimezone(zone).utcoffset() != end.astimezone(zone).utcoffset()


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-03-02T21:59:59", "2026-03-02T21:59:59"),
        ("2026-03-02T22:00:00", "2026-03-03T07:00:00"),
        ("2026-03-03T00:00:00", "2026-03-03T07:00:00"),
        ("2026-03-03T06:59:59", "2026-03-03T07:00:00"),
        ("2026-03-03T07:00:00", "2026-03-03T07:00:00"),
        ("2026-12-31T23:30:00", "2027-01-01T07:00:00"),
    ],
)
def test_news_of_the_night_comes_in_the_morning(now: str, due: str) -> None:
    later = at(due) + timedelta(days=3)
    found = due_at(Template.BOOKING_CONFIRMED, NIGHT, now=at(now), time_zone="", concerns_at=later)
    assert found == at(due)


def test_the_night_ends_an_hour_earlier_in_the_night_of_summer_time() -> None:
    policy = replace(NIGHT, time_zone="Europe/Berlin")
    evening = at("2026-03-28T23:00:00", "Europe/Berlin")
    found = due_at(Template.TIE_ENDED, policy, now=evening, time_zone="", concerns_at=None)
    assert found - evening.astimezone(UTC) == timedelta(hours=7)


def test_the_hospitals_zone_counts_where_there_is_one() -> None:
    noon_in_berlin = at("2026-03-02T12:00:00", "Europe/Berlin")
    later = noon_in_berlin + timedelta(days=9)
    asked = {"now": noon_in_berlin, "concerns_at": later}
    late = replace(NIGHT, quiet_from=time(18))
    assert due_at(Template.BOOKING_CONFIRMED, late, time_zone="Europe/Berlin", **asked) == noon_in_berlin
    assert due_at(Template.BOOKING_CONFIRMED, late, time_zone="", **asked) > noon_in_berlin


@given(policies, instants, st.sampled_from(sorted(CODES)))
def test_a_code_is_never_held_back(policy: MessagePolicy, now: datetime, template: Template) -> None:
    assert due_at(template, policy, now=now, time_zone="", concerns_at=None) == now


@given(policies, instants)
def test_what_the_policy_exempts_is_never_held_back(policy: MessagePolicy, now: datetime) -> None:
    exempting = replace(policy, exempt=(Template.EMAIL_CHANGED.value,))
    assert due_at(Template.EMAIL_CHANGED, exempting, now=now, time_zone="", concerns_at=None) == now


@given(policies, instants, st.integers(0, 20))
def test_news_of_the_same_day_is_never_held_back(policy: MessagePolicy, now: datetime, hours: int) -> None:
    zone = ZoneInfo(policy.time_zone)
    concerns_at = now + timedelta(hours=hours)
    if concerns_at.astimezone(zone).date() == now.astimezone(zone).date():
        found = due_at(Template.BOOKING_GIVEN_BACK, policy, now=now, time_zone="", concerns_at=concerns_at)
        assert found == now


def test_news_of_the_evening_about_the_next_morning_does_not_wait() -> None:
    now, tomorrow = at("2026-03-02T23:30:00"), at("2026-03-03T08:00:00")
    assert due_at(Template.BOOKING_GIVEN_BACK, NIGHT, now=now, time_zone="", concerns_at=tomorrow) == now


@given(instants, st.integers(0, 2000), st.integers(0, 5000))
def test_a_message_is_tried_later_and_later_until_its_time_is_over(now: datetime, attempts: int, minutes: int) -> None:
    message = replace(QUEUED, attempts=attempts, expires_at=now + timedelta(minutes=minutes))
    match next_try(message, SendError.BUSY, now=now):
        case Wait(until):
            assert now < until < message.expires_at
            assert until - now <= timedelta(seconds=RETRY_SECONDS_MAX)
            assert decide(replace(message, send_after=until), now=now) == Wait(until)
            assert decide(replace(message, send_after=until), now=until) == Send()
        case Settle(state, error):
            assert (state, error) == (State.GAVE_UP, SendError.BUSY)
            assert now + timedelta(seconds=RETRY_SECONDS_MAX) >= message.expires_at


@given(st.integers(0, 10_000))
def test_waiting_grows_up_to_a_bound(attempts: int) -> None:
    assert 1 <= retry_seconds(attempts) <= retry_seconds(attempts + 1) <= RETRY_SECONDS_MAX


def test_a_code_that_has_run_out_is_not_sent() -> None:
    code = replace(QUEUED, template=Template.ONE_TIME_CODE, expires_at=START)
    assert decide(code, now=START) == Settle(State.GAVE_UP, SendError.TIME_OVER)
    tried = replace(code, last_error=SendError.UNREACHABLE)
    assert decide(tried, now=START) == Settle(State.GAVE_UP, SendError.UNREACHABLE)


def test_a_message_to_nobody_is_sent_to_nobody() -> None:
    assert decide(replace(QUEUED, address=""), now=START) == Settle(State.DISCARDED)


def test_a_message_is_of_use_as_long_as_its_code_or_for_a_day() -> None:
    code = Message(None, "", Template.ONE_TIME_CODE, Language.ENGLISH, {"code": "1", "minutes": "5"}, "k")
    news = replace(code, template=Template.TIE_ENDED, facts={})
    assert expires_at(code, due=START) == START + timedelta(minutes=5)
    assert expires_at(news, due=START) == START + USEFUL_FOR
    assert expires_at(replace(news, expires_at=START), due=START) == START


def test_no_sender_outlasts_its_claim() -> None:
    assert timedelta(seconds=TRY_SECONDS_MAX) < CLAIMED_FOR
    assert timedelta(seconds=10 * ANSWER_SECONDS_MAX) < CLAIMED_FOR


@pytest.mark.parametrize(
    "broken", [{"time_zone": "Mars/Olympus"}, {"time_zone": "../etc"}, {"quiet_from": time(1, tzinfo=UTC)}]
)
def test_quiet_hours_that_mean_nothing_are_refused(broken: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="time"):
        replace(NIGHT, **broken)  # type: ignore[arg-type]
