"""People ask about their own data, a supervisor answers; somebody has his account deleted and thinks better of it."""

import pytest
from playwright.sync_api import Browser, expect

from firsthand.platform.access import Role
from tests.journeys.hiring import hire
from tests.journeys.served import Served
from tests.journeys.town import CROSSED, Look, Somebody, hospital_name
from tests.journeys.walk import Walk, Watch, walking

pytestmark = pytest.mark.browser

WORDS = "My name is written with the wrong character 晓."
REASONS = "Come to our desk with your identity card 请携带身份证。"


def ask(walk: Walk) -> Somebody:
    """Go from any page to the requests in two clicks, and ask for a correction."""
    person = walk.be_somebody()
    walk.open("/")
    walk.link("Me").click()
    walk.link("Requests").click()
    walk.arrive("Requests")
    walk.reads("You have asked nothing yet")
    walk.examine("requests-none")
    walk.tab.locator("main a[href='/me/requests/objection']").click()
    walk.arrive("Object")
    walk.examine("request-objection")
    walk.open("/me/requests/correction")
    walk.arrive("Ask for a correction")
    walk.button("Send the request").click()
    walk.reads("Choose what it is about")
    walk.examine("request-nothing-chosen")
    walk.box("My name").check()
    walk.box("Who should answer").select_option(label=hospital_name(walk.look))
    walk.button("Send the request").click()
    walk.reads("Write it in your words, in ten characters or more")
    walk.box("In your words").fill(WORDS)
    walk.button("Send the request").click()
    walk.reads("Your request was sent")
    walk.arrive("Requests")
    expect(walk.tab.get_by_role("main")).to_contain_text(WORDS)
    walk.examine("requests-open")
    return person


def answer(walk: Walk, person: Somebody, staff_token: str) -> None:
    """As the hospital's supervisor, read what was asked, and answer."""
    walk.be(staff_token)
    walk.open("/desk")
    walk.tab.locator("header a[href='/admin/requests']").click()
    walk.arrive("Requests")
    expect(walk.tab.get_by_role("main")).not_to_contain_text(WORDS)
    walk.examine("admin-requests")
    walk.tab.locator("main a[href^='/admin/requests/']").first.click()
    expect(walk.tab.get_by_role("main")).to_contain_text(WORDS)
    expect(walk.tab.get_by_role("main")).to_contain_text(person.name)
    walk.examine("admin-request")
    walk.box("I grant it").check()
    walk.button("Send the answer").click()
    walk.reads("Write it in your words, in ten characters or more")
    walk.examine("admin-request-wordless")
    walk.box("Reasons, in plain words").fill(REASONS)
    walk.button("Send the answer").click()
    walk.reads("The answer was sent")
    walk.reads("Nothing waits for an answer")
    walk.examine("admin-requests-answered")


def leave_and_stay(walk: Walk, person: Somebody) -> None:
    """Read the answer, ask for the account to be deleted, and take that back."""
    walk.be(walk.served.sign_in(person))
    walk.open("/me/requests")
    expect(walk.tab.get_by_role("main")).to_contain_text(REASONS)
    walk.reads("Granted")
    walk.examine("requests-answered")
    walk.tab.locator("main a[href='/me/requests/deletion']").click()
    walk.arrive("Have my account deleted")
    walk.reads("What stays, and why")
    walk.examine("deletion")
    walk.button("Delete my account").click()
    walk.reads("Confirm that you have read what goes and what stays")
    walk.examine("deletion-unconfirmed")
    walk.box("Document number").fill(person.document.number)
    walk.box("I have read what goes, what stays, and when").check()
    walk.button("Delete my account").click()
    walk.reads("You have asked for your account to be deleted")
    walk.reads("Waits to be carried out")
    walk.examine("requests-leaving")
    walk.tab.get_by_role("button", name=walk.say("Keep my account")).click()
    walk.reads("Your request was taken back")
    walk.examine("requests-stayed")


def live_through(walk: Walk, username: str) -> None:
    person = ask(walk)
    staff_id = hire(walk, f"{username}{walk.look.hospital}", Role.SUPERVISOR)
    answer(walk, person, walk.served.sign_in_staff(staff_id))
    leave_and_stay(walk, person)


def test_a_person_asks_is_answered_leaves_and_stays(walk: Walk) -> None:
    live_through(walk, "answerer")


@pytest.mark.parametrize("look", CROSSED, ids=str)
def test_the_same_without_scripts(served: Served, browser: Browser, look: Look, watch: Watch) -> None:
    with walking(served, browser, look, watch, scripts=False) as walk:
        live_through(walk, "plain-answerer")
