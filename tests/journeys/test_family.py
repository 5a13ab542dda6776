"""Families: asking, answering, ending; the desk with both documents; and a child booked for and checked in."""

from datetime import UTC, date, datetime, timedelta

import pytest
from playwright.sync_api import expect

from firsthand.directory.family.actions import read_family
from firsthand.messages.model import Template
from firsthand.platform.clock import ManualClock
from firsthand.platform.scope import PersonScope
from tests.families import born_document, child_of, register
from tests.journeys.town import Clinic, Somebody
from tests.journeys.walk import Walk
from tests.people import said
from tests.visitor import code_in

pytestmark = pytest.mark.browser


def test_an_adult_is_asked_says_yes_and_ends_it(walk: Walk) -> None:
    other = walk.served.register(walk.look)
    carer = walk.be_somebody()
    walk.open("/bookings")
    walk.link("Me").click()
    walk.arrive("Me")
    walk.examine("me")
    walk.link("Family").click()
    walk.arrive("Family")
    walk.reads("You act for nobody")
    walk.examine("family-empty")

    ask(walk, other, "Grandmother")
    walk.examine("family-asked")
    walk.button("Confirm").click()
    walk.reads("Enter the code")
    walk.examine("family-asked-empty")

    walk.be(walk.served.sign_in(other))
    walk.open("/me/family")
    walk.reads("Waits for your answer")
    walk.examine("family-to-answer")
    link_of(walk, "Look and answer")
    walk.reads("If somebody urges you to agree, or offers money for it, say no.")
    walk.examine("family-confirm")
    walk.button("Yes, I agree").click()
    walk.reads("It is confirmed")
    walk.reads("People who act for you")
    expect(walk.tab.get_by_role("main")).to_contain_text(carer.name)
    walk.examine("family-carer")

    link_of(walk, "End")
    walk.examine("family-end")
    walk.button("Yes, end it").click()
    walk.reads("It has ended")
    walk.reads("Nobody acts for you.")
    walk.examine("family-over")


def test_a_code_from_the_other_phone_confirms_and_a_no_is_a_no(walk: Walk) -> None:
    other, third = walk.served.register(walk.look), walk.served.register(walk.look)
    walk.be_somebody()
    ask(walk, other, "Grandmother")
    sent = [one for one in walk.served.do(said) if (one.person_id, one.template) == (other.id, Template.TIE_ASKED_CODE)]
    code = code_in(sent[-1])
    walk.box("Code from their phone").fill(code[:-1] + str((int(code[-1]) + 1) % 10))
    walk.button("Confirm").click()
    walk.reads("That code is not right. Check the message and try again")
    walk.examine("family-code-wrong")
    walk.box("Code from their phone").fill(code)
    walk.button("Confirm").click()
    walk.reads("It is confirmed")
    expect(walk.tab.get_by_role("main")).to_contain_text(other.name)
    walk.examine("family-cooling")

    ask(walk, third, "Grandfather")
    walk.be(walk.served.sign_in(third))
    walk.open("/me/family")
    link_of(walk, "Say no")
    walk.examine("family-say-no")
    walk.button("Yes, say no").click()
    walk.reads("You said no")
    walk.examine("family-declined")


def test_a_child_without_a_document_is_added_booked_for_and_checked_in_by_the_guardian(walk: Walk) -> None:
    guardian = walk.be_somebody()
    walk.open("/me/family/child")
    walk.examine("family-child")
    walk.button("Add").click()
    walk.reads("Say whether the child has a document")
    walk.reads("Tick the box if this is so")
    walk.examine("family-child-empty")
    walk.box("Name of the child").fill("Little One")
    walk.box("Date of birth").fill("2024-02-29")
    walk.tab.get_by_label(walk.say("It has none"), exact=True).check()
    walk.box("I am a guardian of this child").check()
    walk.button("Add").click()
    walk.reads("It is confirmed")
    walk.reads("Has no document: check in with your own")
    walk.examine("family-child-added")

    session = walk.town.session(walk.look, Clinic.CHILDREN_TODAY)
    walk.open(f"/sessions/{session}")
    expect(walk.tab.get_by_label("Little One", exact=True)).to_have_count(0)
    expect(walk.tab.get_by_role("listitem").filter(has_text="Little One")).to_be_visible()
    walk.examine("session-cooling")
    a_day_ago = ManualClock(datetime.now(UTC) - timedelta(hours=25))
    walk.served.do(lambda world: child_of(world, guardian.id, name="Elder One"), clock=a_day_ago)
    walk.open(f"/sessions/{session}")
    walk.tab.get_by_label("Elder One", exact=True).check()
    walk.box("I pay for it").check()
    walk.examine("session-for-child")
    walk.button("Hold the place").click()
    walk.reads("Only %(name)s can use the place, and must come.", name="Elder One")
    walk.reads("It is yours, because the child has none")
    walk.examine("booking-for-child")
    walk.button("Confirm").click()
    walk.reads("Your appointment is booked")
    code = walk.shown_code()
    walk.open("/bookings")
    walk.reads("For %(name)s", name="Elder One")
    walk.examine("bookings-for-child")

    check_in(walk, code, guardian.document.number)
    expect(walk.tab.get_by_role("alert")).to_contain_text("Elder One")
    walk.examine("desk-child-arrived")


def test_a_desk_confirms_a_tie_from_both_documents_and_the_child_is_seen_the_same_day(walk: Walk) -> None:
    guardian, number = walk.served.register(walk.look), walk.look.hospital
    document = born_document(date(2019, 9, 9), 100 + number)
    walk.served.do(lambda world: register(world, document, "Small One"))
    walk.be(walk.served.sign_in_clerk(walk.look))
    walk.open("/desk")
    walk.link("Families").click()
    walk.arrive("Families")
    walk.examine("desk-family")
    walk.button("Confirm the tie").click()
    walk.reads("Tick the box if this is so")
    walk.examine("desk-family-empty")
    numbers = walk.box("Document number")
    numbers.nth(0).fill(guardian.document.number)
    numbers.nth(1).fill(document.number)
    walk.box("I saw both documents and both people, and heard them agree").check()
    walk.button("Confirm the tie").click()
    walk.reads("The tie is confirmed")
    walk.examine("desk-family-confirmed")

    walk.be(walk.served.sign_in(guardian))
    session = walk.town.session(walk.look, Clinic.CHILDREN_TODAY)
    walk.open(f"/sessions/{session}")
    walk.tab.get_by_label("Small One", exact=True).check()
    walk.button("Hold the place").click()
    walk.button("Confirm").click()
    walk.reads("The patient's own document")
    code = walk.shown_code()
    walk.examine("booking-for-child-with-document")
    check_in(walk, code, guardian.document.number)
    expect(walk.tab.get_by_role("alert")).to_contain_text(walk.say("This document is not the patient's"))
    check_in(walk, code, document.number)
    expect(walk.tab.get_by_role("alert")).to_contain_text("Small One")

    walk.open("/desk/family")
    numbers = walk.box("Document number")
    numbers.nth(0).fill(guardian.document.number)
    numbers.nth(1).fill(document.number)
    walk.button("End their tie").click()
    walk.reads("The tie has ended")
    found = walk.served.do(lambda world: read_family(world, PersonScope(guardian.id)))
    assert [one.living for one in found.dependants] == [False]


def ask(walk: Walk, other: Somebody, label: str) -> None:
    """Ask to act for an adult."""
    walk.open("/me/family")
    walk.button("Ask to act for an adult").click()
    walk.arrive("Ask to act for an adult")
    walk.examine("family-adult")
    walk.button("Ask").click()
    walk.reads("Enter the document's number")
    walk.examine("family-adult-empty")
    walk.box("What you call this person").fill(label)
    walk.box("Document number").fill(other.document.number)
    walk.box("This person knows that I ask, and wants it").check()
    walk.button("Ask").click()
    walk.arrive("It is asked")


def link_of(walk: Walk, name: str) -> None:
    """Follow the first link of a tie that begins with these words."""
    walk.tab.get_by_role("main").get_by_role("link", name=walk.say(name)).first.click()


def check_in(walk: Walk, code: str, number: str) -> None:
    """Check somebody in at the look's hospital."""
    walk.be(walk.served.sign_in_clerk(walk.look))
    walk.open("/desk")
    walk.box("Code").fill(code)
    walk.box("Document number").fill(number)
    walk.button("Check in").click()
