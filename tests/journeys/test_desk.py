"""The desk's day: a clerk signs in, checks people in as a scanner types, gives a returned place, and signs out."""

import pytest
from playwright.sync_api import expect

from firsthand.arrival.model import Reason
from firsthand.channels.read_out import READ_OUT
from firsthand.platform.i18n import Language, say
from tests.journeys.town import LOOKS, PASSWORD, Clinic, Kept, hospital_name, words_of
from tests.journeys.walk import Walk

pytestmark = pytest.mark.browser


def test_a_clerk_checks_people_in(walk: Walk) -> None:
    town, look = walk.town, walk.look
    kept = walk.served.do(lambda world: town.book(world, look, Clinic.HEART_TODAY))
    other = walk.served.do(lambda world: town.book(world, look, Clinic.HEART_TODAY))
    sign_in(walk)
    walk.reads("Check in")
    assert hospital_name(look) in walk.heading()
    walk.examine("desk")

    walk.button("Check in").click()
    walk.reads("Enter the code of the appointment")
    walk.reads("Enter the document's number")
    walk.examine("desk-empty")

    scan(walk, kept.code[:-1], kept.person.document.number)
    walk.reads("A booking code has 12 letters and digits")
    walk.examine("desk-invalid")

    scan(walk, kept.code, other.person.document.number)
    expect(walk.tab.get_by_role("alert")).to_contain_text(walk.say("This document is not the patient's"))
    for language in Language:
        expect(walk.tab.get_by_role("alert")).to_contain_text(say(language, READ_OUT[Reason.WRONG_PERSON]))
    assert kept.person.name not in walk.tab.get_by_role("alert").inner_text()
    walk.examine("desk-wrong-person")

    scan(walk, kept.code, kept.person.document.number)
    expect(walk.tab.get_by_role("alert")).to_contain_text(walk.say("Checked in"))
    expect(walk.tab.get_by_role("alert")).to_contain_text(kept.person.name)
    expect(walk.box("Code")).to_be_focused()
    expect(walk.box("Code")).to_have_value("")
    walk.examine("desk-arrived")
    walk.picture("desk", look=LOOKS[1], height=1200)

    scan(walk, grouped(kept), kept.person.document.number)
    expect(walk.tab.get_by_role("alert")).to_contain_text(walk.say("Already checked in"))
    walk.examine("desk-already")

    late = town.late[look.hospital]
    scan(walk, late.code, late.person.document.number)
    expect(walk.tab.get_by_role("alert")).to_contain_text(walk.say("Checked in, late"))
    walk.examine("desk-late")

    walk.tab.locator(f"a[href^='/desk?session={town.session(look, Clinic.HEART_TODAY)}']").click()
    rows = walk.tab.locator("tbody tr")
    expect(rows.filter(has_text=words_of(look).heart)).to_have_count(rows.count())
    expect(rows.filter(has_text=other.code[-4:])).to_contain_text(walk.say("Booked"))
    expect(walk.box("Code")).to_be_focused()
    walk.examine("desk-session")
    sign_out(walk)


def test_a_clerk_books_a_returned_place_for_a_person_at_the_counter(walk: Walk) -> None:
    town, look = walk.town, walk.look
    person = walk.served.register(look)
    walk.be(walk.served.sign_in_clerk(look))
    walk.open("/desk")
    walk.link("Returned places").click()
    walk.arrive("Returned places")
    walk.examine("returned")

    walk.button("Book for this person").click()
    walk.reads("Choose a session from the list")
    walk.examine("returned-empty")

    offered = walk.tab.locator(f"input[value='{town.session(look, Clinic.CHILDREN_TODAY)}']")
    offered.check()
    walk.box("Document number").fill(town.newcomer(look).document.number)
    walk.button("Book for this person").click()
    walk.reads("Nobody is registered with this document. Register the person first")
    walk.examine("returned-unknown")

    expect(offered).to_be_checked()
    walk.box("Document number").fill(person.document.number)
    walk.button("Book for this person").click()
    walk.reads("Booked for %(name)s", name=person.name)
    code = walk.shown_code()
    walk.examine("returned-booked")

    walk.link("Today").click()
    scan(walk, code, person.document.number)
    expect(walk.tab.get_by_role("alert")).to_contain_text(person.name)


def sign_in(walk: Walk) -> None:
    """Sign in at the look's hospital, after a slip of the finger."""
    walk.open("/")
    walk.link("For hospital desks").click()
    walk.arrive("Sign in at the desk")
    walk.examine("desk-sign-in")
    walk.box("User name").fill(f"desk{walk.look.hospital}")
    walk.box("Password").fill(f"{PASSWORD}s")
    walk.button("Sign in").click()
    walk.reads("The user name or the password is not right")
    walk.examine("desk-sign-in-wrong")
    assert walk.box("Password").input_value() == ""
    walk.box("Password").fill(PASSWORD)
    walk.button("Sign in").click()
    walk.reads("You are signed in")


def sign_out(walk: Walk) -> None:
    """Sign out, and find the day closed."""
    walk.tab.get_by_role("button", name=walk.say("Sign out")).click()
    walk.arrive("Sign in at the desk")
    walk.reads("You are signed out")
    walk.open("/desk")
    walk.arrive("Sign in at the desk")


def scan(walk: Walk, code: str, number: str) -> None:
    """Scan a code and then a document: a scanner types into the field that has the focus, and ends with Enter."""
    expect(walk.box("Code")).to_be_focused()
    walk.tab.keyboard.type(code)
    walk.tab.keyboard.press("Enter")
    expect(walk.box("Document number")).to_be_focused()
    walk.tab.keyboard.type(number)
    with walk.tab.expect_navigation():
        walk.tab.keyboard.press("Enter")


def grouped(kept: Kept) -> str:
    """Return a code as people write it down."""
    return "-".join(kept.code[start : start + 4] for start in (0, 4, 8)).lower()
