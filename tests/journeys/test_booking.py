"""A newcomer registers, finds a session, books it, takes it along, and gives it back: with scripts and without."""

import re
from datetime import UTC, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from firsthand.directory.person.model import Registration
from firsthand.platform.i18n import Language
from tests.journeys.served import Served
from tests.journeys.town import CROSSED, LOOKS, Clinic, Look, hospital_name, words_of
from tests.journeys.walk import Walk, Watch, walking

pytestmark = pytest.mark.browser


def test_a_newcomer_books_and_gives_back(walk: Walk, tmp_path: Path) -> None:
    newcomer = walk.town.newcomer(walk.look)
    find_session(walk)
    walk.session_link(walk.town.session(walk.look, Clinic.SKIN_TOMORROW)).click()
    walk.arrive(words_of(walk.look).skin)
    walk.examine("session-signed-out")
    walk.button("Sign in to hold a place").click()
    walk.arrive("Sign in")
    walk.examine("sign-in")
    register(walk, newcomer)
    walk.arrive(words_of(walk.look).skin)
    walk.reads("You are signed in")
    walk.examine("session")
    walk.button("Hold a place").click()
    walk.arrive("Confirm your appointment")
    walk.examine("held")
    walk.button("Confirm").click()
    walk.arrive("Your appointment")
    walk.reads("Your appointment is booked")
    code = walk.shown_code()
    walk.examine("booked")
    walk.picture("appointment", look=LOOKS[0], height=1000)
    check_calendar(walk, tmp_path, code)
    booking = walk.tab.url
    give_back(walk)
    sign_out(walk)
    walk.open(booking.removeprefix(walk.served.address))
    walk.arrive("Sign in")
    sign_in(walk, newcomer)
    walk.arrive("Your appointment")
    walk.reads("You gave this appointment back. Thank you: the place can help somebody else.")
    walk.examine("given-back")


@pytest.mark.parametrize("look", CROSSED, ids=str)
def test_the_same_without_scripts(served: Served, browser: Browser, look: Look, watch: Watch, tmp_path: Path) -> None:
    with walking(served, browser, look, watch, scripts=False) as walk:
        newcomer = walk.town.newcomer(look)
        find_session(walk)
        walk.session_link(walk.town.session(look, Clinic.SKIN_TOMORROW)).click()
        walk.button("Sign in to hold a place").click()
        register(walk, newcomer)
        walk.button("Hold a place").click()
        walk.arrive("Confirm your appointment")
        walk.reads("Confirm before then, or the place goes back.")
        walk.button("Confirm").click()
        walk.arrive("Your appointment")
        check_calendar(walk, tmp_path, walk.shown_code())
        give_back(walk)
        sign_out(walk)
        walk.link("Sign in").click()
        sign_in(walk, newcomer)
        walk.arrive("My appointments")
        walk.reads("Given back")


@pytest.mark.parametrize("look", CROSSED, ids=str)
def test_every_page_has_a_name_of_its_own_and_keeps_it_in_the_other_language(walk: Walk) -> None:
    walk.be_somebody()
    session_id = walk.town.session(walk.look, Clinic.CHILDREN_LATER)
    titles, headings = set(), set()
    addresses = ["/", f"/?hospital={walk.town.hospitals[walk.look.hospital]}", f"/sessions/{session_id}", "/bookings",
                 "/about", "/demo/outbox", "/desk/sign-in"]  # fmt: skip
    for address in addresses:
        walk.open(address)
        titles.add(walk.tab.title())
        headings.add(walk.heading())
        other = Language.ENGLISH if walk.look.language is Language.CHINESE else Language.CHINESE
        walk.tab.locator(f"a[hreflang='{other}']").first.click()
        expect(walk.tab.locator("html")).to_have_attribute("lang", other)
        assert walk.tab.url.removeprefix(walk.served.address).split("?")[0] == address.split("?")[0]
        assert all(field in walk.tab.url for field in address.partition("?")[2].split("&"))
        walk.tab.locator(f"a[hreflang='{walk.look.language}']").first.click()
        expect(walk.tab.locator("html")).to_have_attribute("lang", walk.look.language)
    assert len(titles) == len(headings) == len(addresses) - 1  # the search is one page, whatever is looked for
    walk.open("/about")
    walk.examine("about")


def find_session(walk: Walk) -> None:
    """Look for dermatology in the look's hospital."""
    words = words_of(walk.look)
    walk.open("/")
    walk.arrive("Find an appointment")
    walk.examine("finder-all")
    walk.box("Hospital").select_option(label=hospital_name(walk.look))
    walk.button("Search").click()
    offered = walk.tab.locator(".fh-session")
    expect(offered).to_have_count(len(Clinic))
    walk.examine("finder")
    walk.tab.evaluate("document.activeElement.blur()")
    walk.picture("finder", look=LOOKS[0], height=1120)
    walk.box("Department, doctor or service").fill(words.skin)
    walk.button("Search").click()
    expect(offered).to_have_count(4)
    assert all(words.skin in text for text in offered.all_inner_texts())
    walk.tab.locator("summary").click()
    walk.box("First day").fill(walk.town.day(1).isoformat())
    walk.box("Last day").fill(walk.town.day(1).isoformat())
    walk.button("Search").click()
    expect(offered).to_have_count(2)
    walk.examine("finder-days")


def register(walk: Walk, newcomer: Registration) -> None:
    """Register from the page that asks to sign in."""
    walk.link("Register").click()
    walk.arrive("Register")
    walk.button("Send me a code").click()
    walk.reads("Enter your name as it is on your document")
    walk.examine("register-empty")
    walk.box("Name").fill(newcomer.name)
    walk.box("Document number").fill(newcomer.document.number)
    walk.box("Mobile number").fill(newcomer.phone)
    walk.examine("register")
    walk.button("Send me a code").click()
    enter_code(walk, newcomer)


def sign_in(walk: Walk, known: Registration) -> None:
    """Sign in with a document, and hear of a slip of the finger first."""
    walk.link("Use a document instead").click()
    walk.arrive("Sign in with a document")
    walk.examine("sign-in-document")
    walk.box("Document number").fill(known.document.number[:-3])
    walk.button("Send me a code").click()
    walk.reads("Check the document's number: a digit or letter seems to be wrong")
    walk.examine("sign-in-wrong")
    walk.box("Document number").fill(known.document.number)
    walk.button("Send me a code").click()
    enter_code(walk, known)


def enter_code(walk: Walk, known: Registration) -> None:
    """Enter the code that was sent, after a wrong one."""
    walk.arrive("Enter the code")
    walk.examine("code")
    code = walk.read_code(known.phone)
    walk.box("Six-digit code").fill("000000" if code != "000000" else "000001")
    walk.button("Continue").click()
    walk.reads("That code is not right. Check the message and try again")
    walk.examine("code-wrong")
    walk.box("Six-digit code").fill(code)
    walk.button("Continue").click()


def check_calendar(walk: Walk, folder: Path, code: str) -> None:
    """Take the appointment into a calendar, which is told when it is and nothing that is secret."""
    with walk.tab.expect_download() as saving:
        walk.link("Add to my calendar").click()
    file = folder / "appointment.ics"
    saving.value.save_as(file)
    event = re.sub(r"\r\n[ \t]", "", file.read_bytes().decode())
    starts_at = walk.town.at(Clinic.SKIN_TOMORROW).astimezone(UTC)
    found = re.search(r"^DTSTART:(\w+)\r$", event, re.MULTILINE)
    assert found is not None, event
    assert f"{starts_at:%Y%m%dT%H%M%SZ}" <= found[1] <= f"{starts_at + timedelta(hours=3):%Y%m%dT%H%M%SZ}"
    assert words_of(walk.look).skin in event
    assert code not in event


def give_back(walk: Walk) -> None:
    """Give the appointment back, after a second thought."""
    walk.link("Give the appointment back").click()
    walk.arrive("Give this appointment back?")
    walk.examine("give-back")
    walk.link("No, keep it").click()
    walk.arrive("Your appointment")
    walk.link("Give the appointment back").click()
    walk.button("Yes, give it back").click()
    walk.arrive("My appointments")
    walk.reads("Your appointment is given back")
    walk.reads("No appointment is coming up")
    walk.examine("bookings-past")


def sign_out(walk: Walk) -> None:
    """Sign out, and see that the pages forgot who it was."""
    walk.tab.get_by_role("button", name=walk.say("Sign out")).click()
    walk.arrive("Find an appointment")
    walk.reads("You are signed out")
    expect(walk.link("Sign in")).to_be_visible()
