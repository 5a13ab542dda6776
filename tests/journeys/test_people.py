"""People at the counter: a clerk finds, registers, changes and books; a supervisor decides what was asked."""

from uuid import UUID

import pytest
from playwright.sync_api import expect

from firsthand.directory.staff.actions import add_staff
from firsthand.directory.staff.model import Staff
from firsthand.platform.access import Role
from firsthand.platform.world import World
from tests.journeys.town import PASSWORD, Clinic, Somebody
from tests.journeys.walk import Walk
from tests.people import SYSTEM

pytestmark = pytest.mark.browser


def test_a_clerk_registers_somebody_without_a_phone_and_books_for_him(walk: Walk) -> None:
    walk.be(walk.served.sign_in_clerk(walk.look))
    walk.open("/desk")
    walk.link("People").click()
    walk.arrive("Find a person")
    walk.examine("people-find")
    somebody = walk.town.newcomer(walk.look)
    walk.box("Document number").fill(somebody.document.number)
    walk.button("Find").click()
    walk.reads("Nobody was found. Check what you entered, or register the person")
    walk.examine("people-nobody")

    walk.link("Register a new person").click()
    walk.arrive("Register a new person")
    walk.examine("people-new")
    walk.button("Register this person").click()
    walk.reads("Enter the document's number")
    walk.examine("people-new-empty")
    walk.box("Document number").fill(somebody.document.number)
    walk.box("Name").fill(somebody.name)
    walk.button("Register this person").click()
    walk.reads("The person is registered")
    assert somebody.name in walk.heading()
    walk.reads("Found by the document on the counter")
    walk.examine("people-record")

    walk.button("Show the numbers").click()
    expect(walk.tab.get_by_role("main")).to_contain_text(somebody.document.number)
    walk.examine("people-numbers")

    walk.button("Book for this person").click()
    walk.examine("people-book")
    walk.button("Book for this person").click()
    walk.reads("Choose a session from the list")
    walk.examine("people-book-empty")
    session = walk.town.session(walk.look, Clinic.SKIN_TOMORROW)
    walk.tab.locator(f"input[value='open:{session}']").check()
    walk.button("Book for this person").click()
    walk.reads("Booked for %(name)s", name=somebody.name)
    code = walk.shown_code()
    walk.examine("people-booked")
    walk.link("Back to the record").click()
    walk.reads("code ends in %(tail)s", tail=code[-4:])
    walk.examine("people-record-booked")


def test_a_person_is_found_by_code_by_name_and_on_the_phone(walk: Walk) -> None:
    kept = walk.served.do(lambda world: walk.town.book(world, walk.look, Clinic.SKIN_TOMORROW))
    walk.be(walk.served.sign_in_clerk(walk.look))
    walk.open("/desk/people?by=code")
    walk.examine("people-find-code")
    walk.button("Find").click()
    walk.reads("A booking code has 12 letters and digits")
    walk.box("Code").fill(kept.code.lower())
    walk.button("Find").click()
    walk.reads("Found by an appointment here")
    walk.reads("To change anything, find the person by the document on the counter.")
    walk.examine("people-record-by-booking")
    for by in ("name", "phone"):
        walk.open(f"/desk/people?by={by}")
        walk.button("Find").click()
        walk.reads("Enter your name as it is on your document")
        walk.reads("Enter the date of birth as year-month-day, for example 1990-12-31")
        walk.examine(f"people-find-{by}-empty")
        if by == "phone":
            walk.box("Document number").fill(kept.person.document.number)
        walk.box("Name").fill(kept.person.name)
        walk.box("Date of birth").fill("1990-01-01")
        walk.examine(f"people-find-{by}")


def test_a_record_is_changed_with_the_document_on_the_counter(walk: Walk) -> None:
    person = walk.served.register(walk.look)
    find(walk, person)
    for change, label, value in (
        ("Add a document", "Document number", f"N{walk.look.hospital}{person.document.number[-7:-1]}"),
        ("Change the mobile number", "New mobile number", f"139{person.phone[-8:]}"),
        ("Add another name", "Name", "Older Name"),
        ("Register a child without a document", "Name of the child", "Little One"),
    ):
        walk.link(change).click()
        walk.arrive(change)
        name = change.lower().replace(" ", "-")
        walk.examine(f"people-{name}")
        walk.button("Save").click()
        walk.reads("Confirm that the document lies before you")
        walk.examine(f"people-{name}-unconfirmed")
        if change == "Add a document":
            walk.box("Kind of document").select_option("passport")
        walk.box(label).fill(value)
        if change == "Register a child without a document":
            walk.box("Date of birth").fill("2020-02-03")
        confirm(walk)
        walk.button("Save").click()
        expect(walk.tab.get_by_role("status").first).to_be_visible()
        assert person.name in walk.heading()
    walk.reads("Older Name")
    walk.examine("people-record-changed")
    walk.tab.get_by_role("main").get_by_role(
        "button", name=walk.say("Open the record of %(name)s", name="Little One")
    ).click()
    walk.reads("Guardian: %(name)s", name=person.name)
    walk.examine("people-record-child")


def test_corrections_are_asked_by_one_and_decided_by_another(walk: Walk) -> None:
    person, other = walk.served.register(walk.look), walk.served.register(walk.look)
    walk.be(walk.served.sign_in_staff(supervisor(walk)))
    walk.open("/desk/people")
    walk.link("Corrections to decide").click()
    walk.arrive("Corrections")
    walk.examine("corrections-empty")

    find(walk, person)
    walk.link("Have a wrong document corrected").click()
    walk.examine("people-correction")
    walk.tab.locator("input[name='wrong']").check()
    tell(walk, "The last digits differ from the card.")
    walk.button("Ask for it").click()
    walk.reads("Asked for. Somebody else decides")
    walk.link("Have two records merged").click()
    walk.examine("people-merger")
    walk.box("Document number").fill(other.document.number)
    tell(walk, "short")
    walk.button("Ask for it").click()
    walk.reads("Write down what you saw, in ten characters or more")
    walk.examine("people-merger-short")
    tell(walk, "Both documents show the same face and birth.")
    walk.button("Ask for it").click()
    walk.reads("Asked for. Somebody else decides")

    walk.be(walk.served.sign_in_staff(supervisor(walk)))
    walk.open("/desk/corrections")
    walk.examine("corrections")
    walk.tab.get_by_role("button", name=walk.say("Approve")).first.click()
    walk.reads("Approved. The person is told")
    walk.tab.get_by_role("button", name=walk.say("Refuse")).first.click()
    walk.reads("Refused. Nothing was changed")
    walk.tab.get_by_role("button", name=walk.say("Undo")).first.click()
    walk.reads("Undone. The person is told")
    walk.examine("corrections-decided")


def test_a_person_keeps_his_own_other_names(walk: Walk) -> None:
    walk.be_somebody()
    walk.open("/me/names")
    walk.arrive("My other names")
    walk.examine("own-names-empty")
    walk.button("Add this name").click()
    walk.reads("Enter your name as it is on your document")
    walk.examine("own-names-missing")
    walk.box("Name").fill("Older Name")
    walk.button("Add this name").click()
    walk.reads("Older Name")
    walk.examine("own-names")
    walk.tab.get_by_role("button", name=walk.say("Remove %(name)s", name="Older Name")).click()
    walk.reads("You have no other names here.")


_supervisors: dict[int, UUID] = {}


def supervisor(walk: Walk) -> UUID:
    """Return the supervisor of the look's hospital."""
    number = walk.look.hospital

    async def added(world: World) -> UUID:
        staff = await add_staff(
            world,
            SYSTEM,
            walk.town.hospitals[number],
            username=f"supervisor{number}",
            display_name=f"Supervisor {number}",
            role=Role.SUPERVISOR,
            password=PASSWORD,
        )
        assert isinstance(staff, Staff), staff
        return staff.id

    if number not in _supervisors:
        _supervisors[number] = walk.served.do(added)
    return _supervisors[number]


def find(walk: Walk, person: Somebody) -> None:
    """The clerk finds a person by his document."""
    walk.be(walk.served.sign_in_clerk(walk.look))
    walk.open("/desk/people")
    walk.box("Document number").fill(person.document.number)
    walk.button("Find").click()
    walk.reads("Found by the document on the counter")


def confirm(walk: Walk) -> None:
    """Say that the document lies on the counter."""
    walk.box("The document lies before me, and I compared it with the person").check()


def tell(walk: Walk, note: str) -> None:
    """Write down what was seen, and confirm it."""
    walk.box("What it shows").fill(note)
    confirm(walk)
