"""What cannot be done, and how people are told: each refusal that a visitor can run into."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from playwright.sync_api import expect

from firsthand.audit.model import ActorKind, Caller, Channel
from firsthand.booking.actions import expire_holds
from firsthand.platform.clock import ManualClock
from tests.journeys.town import CROSSED, Clinic
from tests.journeys.walk import Walk

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("look", CROSSED, ids=str)]
WORKER = Caller(ActorKind.SYSTEM, None, Channel.WORKER, "journeys")


def test_the_last_place_goes_to_somebody_else(walk: Walk) -> None:
    walk.be_somebody()
    session_id = walk.town.session(walk.look, Clinic.LAST_PLACE)
    walk.open(f"/sessions/{session_id}")
    expect(walk.tab.locator(".fh-places--few")).to_be_visible()
    walk.served.hold(walk.served.register(walk.look), session_id)
    walk.button("Hold a place").click()
    walk.reads("The last place has just gone")
    walk.reads("Full")
    expect(walk.button("Hold a place")).to_have_count(0)
    walk.examine("full-meanwhile")
    walk.open(f"/sessions/{walk.town.session(walk.look, Clinic.EYES_TOMORROW)}")
    walk.reads("Every place is taken. Places that come back do not reappear here: the hospital's desk gives them out.")
    walk.examine("full")


def test_the_hospital_closes_a_session_meanwhile(walk: Walk) -> None:
    walk.be_somebody()
    walk.open(f"/sessions/{walk.town.session(walk.look, Clinic.CLOSED_SOON)}")
    closed = frozenset({(walk.look.hospital, Clinic.CLOSED_SOON)})
    walk.served.do(lambda world: walk.town.publish(world, closed=closed))
    walk.button("Hold a place").click()
    walk.reads("The hospital has closed this session")
    walk.examine("closed-meanwhile")
    walk.served.do(walk.town.publish)
    walk.open(f"/sessions/{walk.town.session(walk.look, Clinic.NOT_YET)}")
    walk.reads("There is no need to be fast: look again when it suits you.")
    walk.examine("not-yet")


def test_one_department_gives_one_appointment_a_day(walk: Walk) -> None:
    person = walk.be_somebody()
    walk.served.hold(person, walk.town.session(walk.look, Clinic.SKIN_TOMORROW))
    walk.open(f"/sessions/{walk.town.session(walk.look, Clinic.SKIN_TOMORROW)}")
    walk.reads("You already have a place in this session.")
    walk.examine("session-own")
    walk.open(f"/sessions/{walk.town.session(walk.look, Clinic.SKIN_TOMORROW_LATER)}")
    walk.button("Hold a place").click()
    walk.reads("You already have an appointment in this department on this day")
    expect(walk.button("Hold a place")).to_have_count(0)
    walk.examine("cap-reached")
    walk.button("My appointments").click()
    walk.arrive("My appointments")
    walk.reads("Not yet confirmed")


def test_a_hold_runs_out(walk: Walk) -> None:
    person = walk.be_somebody()
    booking_id = walk.served.hold(person, walk.town.session(walk.look, Clinic.CHILDREN_LATER))
    walk.open(f"/bookings/{booking_id}")
    walk.arrive("Confirm your appointment")
    a_quarter_of_an_hour_later = ManualClock(datetime.now(UTC) + timedelta(minutes=16))
    assert walk.served.do(lambda world: expire_holds(world, WORKER), clock=a_quarter_of_an_hour_later)
    walk.button("Confirm").click()
    walk.reads("The time to confirm has run out, so the place is no longer held for you")
    walk.reads("The place was not confirmed in time, so it is no longer held for you.")
    walk.examine("expired")
    walk.link("All my appointments").click()
    walk.reads("Hold ran out")


def test_a_page_that_was_open_for_too_long(walk: Walk) -> None:
    person = walk.be_somebody()
    session_id = walk.town.session(walk.look, Clinic.CHILDREN_LATER)
    walk.open(f"/sessions/{session_id}")
    walk.be(walk.served.sign_in(person))  # signed in anew in another window
    walk.button("Hold a place").click()
    walk.arrive("You may not see this page")
    walk.examine("forbidden")
    walk.open("/bookings")
    walk.reads("No appointment is coming up")
    walk.examine("bookings-none")


def test_what_is_not_there_or_not_ones_own(walk: Walk) -> None:
    kept = walk.served.do(lambda world: walk.town.book(world, walk.look, Clinic.CHILDREN_LATER))
    walk.be_somebody()
    unknown: list[str | UUID] = [kept.booking_id, f"{kept.booking_id}/give-back", uuid4()]
    for address in ["/nowhere", f"/sessions/{uuid4()}", *(f"/bookings/{booking}" for booking in unknown)]:
        walk.open(address)
        walk.arrive("We cannot find that page")
        assert kept.code not in walk.tab.content()
    walk.examine("not-found")
    walk.open(f"/?from={walk.town.day(2)}&to={walk.town.day(1)}")
    walk.reads("The last day must not be before the first")
    walk.examine("finder-problem")
    walk.open("/?text=zzzz")
    walk.reads("Nothing was found")
    walk.examine("finder-nothing")


def test_nobody_is_shown_what_is_a_persons_own(walk: Walk) -> None:
    for address, title in (("/bookings", "Sign in"), ("/desk", "Sign in at the desk")):
        walk.open(address)
        walk.arrive(title)
        assert walk.tab.url.endswith(f"?next={address}")
