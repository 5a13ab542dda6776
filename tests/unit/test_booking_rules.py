"""The rules of booking, against an oracle that counts by brute force, and by what must always hold."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.audit.model import ActorKind, Caller, Channel
from firsthand.booking.model import Booking, PatientDay, Reason, Refused, State, TakeFacts, TakeRequest
from firsthand.booking.rules import (
    decide_confirm,
    decide_give_back,
    decide_take,
    first_cap_reached,
    may_change,
    may_take,
    widest_cap_days,
)
from firsthand.platform.access import Role
from firsthand.policy.model import BookingPolicy, Cap
from firsthand.release.model import Pool, SessionFacts, SessionStatus

MONDAY = date(2026, 3, 2)
NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
PERSON, OTHER_PERSON, STAFF, SESSION = (UUID(int=number) for number in range(1, 5))
HOSPITAL, OTHER_HOSPITAL, DEPARTMENT, OTHER_DEPARTMENT = (UUID(int=number) for number in range(5, 9))
POLICY = BookingPolicy(
    hold_seconds=900,
    holds_live_max=2,
    ended_a_day_max=6,
    booking_days_ahead_max=28,
    take_cutoff_minutes=30,
    give_back_cutoff_minutes=60,
    caps=(Cap("day", 1, per_department=False, max_count=2), Cap("week", 7, per_department=False, max_count=3)),
)
FACTS = TakeFacts(
    permitted=True,
    patient_known=True,
    session=SessionFacts(
        session_id=SESSION,
        hospital_id=HOSPITAL,
        department_id=DEPARTMENT,
        day=MONDAY,
        starts_at=NOW + timedelta(hours=1),
        ends_at=NOW + timedelta(hours=4),
        status=SessionStatus.OPEN,
        capacity=10,
        time_zone="Asia/Shanghai",
    ),
    holds_live=0,
    ended_in_a_day=0,
    patient_days=(),
)
BOOKING = Booking(
    id=UUID(int=100),
    place_id=1,
    session_id=SESSION,
    number=1,
    hospital_id=HOSPITAL,
    day=MONDAY,
    starts_at=NOW + timedelta(hours=2),
    ends_at=NOW + timedelta(hours=4),
    time_zone="Asia/Shanghai",
    expected_at=NOW + timedelta(hours=2),
    holder_id=PERSON,
    patient_id=OTHER_PERSON,
    code="ABCDEFGH0123",
    state=State.BOOKED,
    held_until=NOW + timedelta(minutes=15),
    taken_at=NOW,
    booked_at=NOW,
    ended_at=None,
    payer_id=OTHER_PERSON,
    acted_by_kind=ActorKind.PERSON,
    acted_by=PERSON,
)

patient_days = st.builds(
    PatientDay,
    day=st.integers(-9, 9).map(lambda step: MONDAY + timedelta(days=step)),
    hospital_id=st.sampled_from([HOSPITAL, OTHER_HOSPITAL]),
    department_id=st.sampled_from([DEPARTMENT, OTHER_DEPARTMENT, None]),
)
caps = st.builds(
    Cap,
    name=st.text(max_size=3),
    days=st.integers(1, 8),
    per_department=st.booleans(),
    max_count=st.integers(0, 4),
)


def passes(booked: list[PatientDay], wanted: PatientDay, cap: Cap) -> bool:
    """Say whether some window of `cap.days` days would hold too many, looking at every window there is."""
    everything = [
        entry.day
        for entry in [*booked, wanted]
        if not cap.per_department
        or (entry.hospital_id == wanted.hospital_id and entry.department_id == wanted.department_id)
    ]
    windows = [{MONDAY + timedelta(days=first + offset) for offset in range(cap.days)} for first in range(-40, 40)]
    return any(wanted.day in window and sum(day in window for day in everything) > cap.max_count for window in windows)


@given(st.lists(patient_days, max_size=8), patient_days, st.lists(caps, max_size=4))
def test_the_first_cap_reached_is_the_first_that_some_window_passes(
    booked: list[PatientDay], wanted: PatientDay, caps: list[Cap]
) -> None:
    expected = next((cap for cap in caps if passes(booked, wanted, cap)), None)
    assert first_cap_reached(booked, wanted, caps) is expected


@given(st.lists(patient_days, max_size=8), patient_days, patient_days, caps)
def test_one_more_booking_never_frees_a_cap(
    booked: list[PatientDay], more: PatientDay, wanted: PatientDay, cap: Cap
) -> None:
    if first_cap_reached(booked, wanted, [cap]):
        assert first_cap_reached([*booked, more], wanted, [cap])


@given(
    st.lists(patient_days, max_size=8).flatmap(lambda days: st.tuples(st.just(days), st.permutations(days))),
    patient_days,
    st.lists(caps, max_size=4),
)
def test_the_order_of_bookings_does_not_matter(
    orders: tuple[list[PatientDay], list[PatientDay]], wanted: PatientDay, caps: list[Cap]
) -> None:
    assert first_cap_reached(orders[0], wanted, caps) is first_cap_reached(orders[1], wanted, caps)


@given(st.lists(patient_days, max_size=30), caps)
def test_whoever_is_only_given_what_the_rule_allows_never_passes_a_cap(asked: list[PatientDay], cap: Cap) -> None:
    held: list[PatientDay] = []
    for wanted in asked:
        if first_cap_reached(held, wanted, [cap]) is None:
            held.append(wanted)
    for entry in held:
        rest = held.copy()
        rest.remove(entry)
        assert not passes(rest, entry, cap)


@given(st.lists(patient_days, max_size=8), patient_days, st.lists(caps, max_size=4))
def test_bookings_farther_away_than_the_widest_cap_do_not_matter(
    booked: list[PatientDay], wanted: PatientDay, caps: list[Cap]
) -> None:
    margin = timedelta(days=widest_cap_days(replace(POLICY, caps=tuple(caps))))
    near = [entry for entry in booked if abs(entry.day - wanted.day) <= margin]
    assert first_cap_reached(booked, wanted, caps) is first_cap_reached(near, wanted, caps)


def test_a_department_is_one_of_its_hospital_and_no_department_is_one_too() -> None:
    cap = Cap("department", 1, per_department=True, max_count=1)
    here = PatientDay(MONDAY, HOSPITAL, None)
    assert first_cap_reached([here], here, [cap]) is cap
    assert first_cap_reached([replace(here, department_id=DEPARTMENT)], here, [cap]) is None
    assert first_cap_reached([replace(here, hospital_id=OTHER_HOSPITAL)], here, [cap]) is None


# Each makes the facts worse in one way. A refusal earlier in the list goes before one later in it.
WORSE: list[tuple[Reason, Callable[[TakeFacts], TakeFacts]]] = [
    (Reason.SESSION_UNKNOWN, lambda facts: replace(facts, session=None)),
    (Reason.NOT_PERMITTED, lambda facts: replace(facts, permitted=False)),
    (Reason.PERSON_UNKNOWN, lambda facts: replace(facts, patient_known=False)),
    (Reason.SESSION_CLOSED, lambda facts: _with_session(facts, status=SessionStatus.CLOSED)),
    (Reason.SESSION_CLOSED, lambda facts: _with_session(facts, status=SessionStatus.WITHDRAWN)),
    (Reason.TOO_EARLY, lambda facts: _with_session(facts, day=MONDAY + timedelta(days=29))),
    (Reason.TOO_LATE, lambda facts: _with_session(facts, ends_at=NOW)),
    (Reason.TOO_MANY_HOLDS, lambda facts: replace(facts, holds_live=2)),
    (Reason.TOO_MANY_RETURNS, lambda facts: replace(facts, ended_in_a_day=6)),
    (Reason.CAP_REACHED, lambda facts: replace(facts, patient_days=(PatientDay(MONDAY, HOSPITAL, None),) * 2)),
]


def _with_session(facts: TakeFacts, **changes: Any) -> TakeFacts:  # noqa: ANN401 - whatever the fields hold
    return facts if facts.session is None else replace(facts, session=replace(facts.session, **changes))


@given(st.sets(st.integers(0, len(WORSE) - 1)))
def test_refusals_come_in_one_order_and_without_any_the_place_is_held(worse: set[int]) -> None:
    facts = FACTS
    for index in sorted(worse, reverse=True):
        facts = WORSE[index][1](facts)
    decision = decide_take(facts, POLICY, now=NOW)
    if worse:
        assert isinstance(decision, Refused)
        assert decision.reason is WORSE[min(worse)][0]
        assert decision.cap == ("day" if decision.reason is Reason.CAP_REACHED else None)
    else:
        assert decision == NOW + timedelta(seconds=POLICY.hold_seconds)


@given(st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC)), st.integers(1, 100_000))  # noqa: DTZ001
def test_a_hold_lasts_as_long_as_the_policy_says_whatever_the_clocks_of_the_hospital_do(
    now: datetime, hold_seconds: int
) -> None:
    facts = _with_session(FACTS, time_zone="America/New_York", day=now.date(), ends_at=now + timedelta(hours=5))
    until = decide_take(facts, replace(POLICY, hold_seconds=hold_seconds), now=now)
    assert isinstance(until, datetime)
    assert (until - now).total_seconds() == hold_seconds


# Midnight of the day on which bookings open, 28 local days before the session's day: also across the nights on which
# New York's clocks change (8 March and 1 November 2026).
@pytest.mark.parametrize(
    ("time_zone", "day"),
    [
        ("Asia/Shanghai", date(2026, 3, 30)),
        ("America/New_York", date(2026, 3, 30)),
        ("America/New_York", date(2026, 4, 5)),
        ("America/New_York", date(2026, 4, 6)),
        ("America/New_York", date(2026, 11, 28)),
        ("America/New_York", date(2026, 11, 29)),
        ("Pacific/Kiritimati", date(2026, 3, 30)),
    ],
)
def test_booking_opens_at_local_midnight(time_zone: str, day: date) -> None:
    opens = datetime.combine(day - timedelta(days=28), datetime.min.time(), ZoneInfo(time_zone)).astimezone(UTC)
    facts = _with_session(FACTS, time_zone=time_zone, day=day, ends_at=opens + timedelta(days=29))
    assert decide_take(facts, POLICY, now=opens - timedelta(microseconds=1)) == Refused(Reason.TOO_EARLY)
    assert isinstance(decide_take(facts, POLICY, now=opens), datetime)


def test_a_place_can_be_taken_until_the_cutoff_itself() -> None:
    assert FACTS.session is not None
    last = FACTS.session.ends_at - timedelta(minutes=POLICY.take_cutoff_minutes)
    assert isinstance(decide_take(FACTS, POLICY, now=last), datetime)
    late = last + timedelta(microseconds=1)
    assert decide_take(FACTS, POLICY, now=late) == Refused(Reason.TOO_LATE)


@given(st.sampled_from(State), st.integers(-5, 5))
def test_only_a_hold_that_has_not_run_out_is_confirmed(state: State, microseconds: int) -> None:
    booking = replace(BOOKING, state=state)
    now = booking.held_until + timedelta(microseconds=microseconds)
    expected = {
        State.HELD: None if microseconds < 0 else Refused(Reason.HOLD_EXPIRED),
        State.EXPIRED: Refused(Reason.HOLD_EXPIRED),
        State.GIVEN_BACK: Refused(Reason.ALREADY_ENDED),
    }.get(state, Refused(Reason.ALREADY_BOOKED))
    assert decide_confirm(booking, now=now) == expected


@given(st.sampled_from(State), st.integers(-5, 5))
def test_a_hold_is_always_given_back_and_a_booking_until_the_cutoff(state: State, microseconds: int) -> None:
    booking = replace(BOOKING, state=state)
    cutoff = booking.starts_at - timedelta(minutes=POLICY.give_back_cutoff_minutes)
    expected = {
        State.HELD: None,
        State.BOOKED: None if microseconds <= 0 else Refused(Reason.TOO_LATE),
    }.get(state, Refused(Reason.ALREADY_ENDED))
    assert decide_give_back(booking, POLICY, now=cutoff + timedelta(microseconds=microseconds)) == expected


callers = st.builds(
    Caller,
    kind=st.sampled_from(ActorKind),
    id=st.sampled_from([PERSON, OTHER_PERSON, STAFF, None]),
    channel=st.sampled_from(Channel),
    request_id=st.just("test"),
    hospital_id=st.sampled_from([HOSPITAL, OTHER_HOSPITAL, None]),
    role=st.sampled_from([*Role, None]),
)
requests = st.builds(
    TakeRequest,
    caller=callers,
    session_id=st.just(SESSION),
    holder_id=st.sampled_from([PERSON, OTHER_PERSON]),
    patient_id=st.sampled_from([PERSON, OTHER_PERSON]),
    pool=st.sampled_from(Pool),
    payer_id=st.sampled_from([PERSON, OTHER_PERSON, STAFF, None]),
)


pairs = st.frozensets(st.sampled_from([(PERSON, OTHER_PERSON), (OTHER_PERSON, PERSON), (STAFF, PERSON)]))


@given(requests, st.sampled_from([HOSPITAL, None]), pairs)
def test_whoever_may_take_is_the_patient_a_carer_of_his_or_his_hospitals_desk(
    request: TakeRequest, hospital_id: UUID | None, acting: frozenset[tuple[UUID, UUID]]
) -> None:
    caller, patient = request.caller, request.patient_id
    holder_may = request.holder_id == patient or (request.holder_id, patient) in acting
    payer_may = request.payer == patient or (request.payer, patient) in acting
    holder = caller.kind is ActorKind.PERSON and caller.id == request.holder_id and request.pool is Pool.OPEN
    desk = (
        caller.kind is ActorKind.STAFF
        and caller.role in {Role.DESK, Role.SUPERVISOR}
        and caller.hospital_id == hospital_id == HOSPITAL
    )
    assert may_take(request, hospital_id, acting) == (holder_may and payer_may and (holder or desk))


@given(callers, pairs)
def test_whoever_may_change_is_the_patient_the_holder_while_he_may_act_or_the_hospitals_desk(
    caller: Caller, acting: frozenset[tuple[UUID, UUID]]
) -> None:
    holds = caller.id == PERSON and (PERSON, OTHER_PERSON) in acting
    expected = {
        ActorKind.PERSON: caller.id == OTHER_PERSON or holds,
        ActorKind.STAFF: caller.hospital_id == HOSPITAL and caller.role in {Role.DESK, Role.SUPERVISOR},
    }
    assert may_change(caller, BOOKING, acting) == expected.get(caller.kind, False)
