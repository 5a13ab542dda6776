"""The demo's people have numbers in the right form that are nobody's, and plans that keep to the days of the play."""

import random
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from firsthand.channels.demo.people import PEOPLE_MAX, document_of, registration_of
from firsthand.channels.demo.plan import TICK, Days, on_a_step, plan_visits
from firsthand.directory.person.rules import parse_name, parse_phone
from firsthand.identity.document.rules import parse_document
from firsthand.release.model import Offer, SessionStatus

START = datetime(2026, 3, 2, 3, 7, tzinfo=UTC)
DAYS = Days(START, START + timedelta(days=9), ZoneInfo("Asia/Shanghai"))


@given(st.integers(1, PEOPLE_MAX))
def test_a_person_is_what_a_form_would_accept(number: int) -> None:
    registration = registration_of(number)
    document = registration.document
    assert parse_document(document.type, document.number) == document
    assert parse_name(registration.name) == registration.name
    assert document.number.startswith("99")  # no district of China
    assert not isinstance(parse_phone(registration.phone.removeprefix("+")), str)


def test_no_two_people_share_a_document_or_a_phone() -> None:
    everybody = [registration_of(number) for number in range(1, PEOPLE_MAX + 1)]
    assert len({document_of(number).number for number in range(1, PEOPLE_MAX + 1)}) == PEOPLE_MAX
    assert len({registration.phone for registration in everybody}) == PEOPLE_MAX


@given(st.integers(0, 2**32), st.integers(1, 12))
def test_plans_keep_to_the_days_of_the_play(seed: int, people: int) -> None:
    offers = [_offer(number) for number in range(12)]
    visits = plan_visits(random.Random(seed), DAYS, offers, people)  # noqa: S311 - a test's own
    assert visits == plan_visits(random.Random(seed), DAYS, offers, people)  # noqa: S311
    for visit in visits:
        assert DAYS.start < visit.at < DAYS.end
        assert on_a_step(DAYS, visit.at) == visit.at
        assert visit.choices
        assert 0 <= visit.person < people
        assert 0 <= visit.patient < people
        assert all(offer.ends_at > visit.at for offer in visit.choices)


@given(st.timedeltas(timedelta(0), timedelta(days=9)))
def test_a_step_is_the_first_one_not_before(after: timedelta) -> None:
    step = on_a_step(DAYS, DAYS.start + after)
    assert (step - DAYS.start) % TICK == timedelta(0)
    assert timedelta(0) <= step - (DAYS.start + after) < TICK


def _offer(number: int) -> Offer:
    starts_at = START + timedelta(days=2 + number // 2, hours=number % 2)
    return Offer(
        session_id=UUID(int=number),
        hospital_id=UUID(int=100 + number % 2),
        hospital_name=f"Hospital {number % 2}",
        hospital_address="",
        department_name=None,
        doctor_name=None,
        service="",
        day=starts_at.date(),
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=4),
        time_zone="Asia/Shanghai",
        capacity=10,
        open_count=10,
        returned_count=0,
        status=SessionStatus.OPEN,
        fee_cents=None,
        currency=None,
        deep_link="",
        phone="",
    )
