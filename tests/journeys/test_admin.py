"""Administration in a browser: staff and their duties, hospitals, and acting in another duty."""

from datetime import timedelta
from uuid import UUID

import pytest
from playwright.sync_api import Locator, expect

from firsthand.channels.web.admin_words import ROLES
from firsthand.directory.staff.duties import give_duty
from firsthand.directory.staff.model import Duty
from firsthand.platform.access import Role
from firsthand.platform.world import World
from tests.journeys.hiring import hire
from tests.journeys.test_keyboard import press, tab_to
from tests.journeys.town import CROSSED, PASSWORD, hospital_name, words_of
from tests.journeys.walk import Walk
from tests.people import SYSTEM

pytestmark = pytest.mark.browser


def test_an_administrator_finds_nobody_and_adds_somebody(walk: Walk) -> None:
    number = walk.look.hospital
    hire(walk, f"admin{number}", Role.HOSPITAL_ADMIN)
    sign_in(walk, f"admin{number}")
    walk.arrive("Administration")
    walk.examine("admin")
    walk.link("Staff").click()
    walk.arrive("Staff")
    walk.examine("admin-staff")
    walk.box("Name or user name").fill("nobody is called this")
    walk.button("Search").click()
    walk.reads("Nobody was found")
    walk.examine("admin-staff-nobody")

    walk.tab.get_by_role("main").get_by_role("button", name=walk.say("Add somebody")).click()
    walk.arrive("Add somebody to the staff")
    walk.examine("admin-staff-new")
    walk.button("Add").click()
    expect(walk.tab.locator(".nhsuk-error-summary")).to_be_focused()
    walk.examine("admin-staff-new-empty")
    name, username = words_of(walk.look).doctors[0], f"new.one.{number}"
    add_somebody(walk, name, f"desk{number}")
    walk.reads("Somebody has this user name already. Choose another")
    expect(walk.box("First password")).to_have_value("")
    add_somebody(walk, name, username)
    walk.arrive(name)
    walk.reads("The account is there, and can sign in")
    walk.examine("admin-staff-one")


def test_an_administrator_gives_and_ends_duties_and_closes_an_account(walk: Walk) -> None:
    username = f"leaver{walk.look.hospital}"
    staff_id = hire(walk, username, Role.DESK)
    walk.be(walk.served.sign_in_staff(hire(walk, f"closer{walk.look.hospital}", Role.HOSPITAL_ADMIN)))
    walk.open(f"/admin/staff/{staff_id}")
    walk.box("Role").select_option(Role.SUPERVISOR.value)
    walk.box("Last day").fill((walk.town.today - timedelta(days=30)).isoformat())
    walk.button("Give this duty").click()
    expect(walk.tab.locator(".nhsuk-error-summary")).to_be_focused()
    walk.examine("admin-duty-past")
    walk.box("Last day").fill((walk.town.today + timedelta(days=30)).isoformat())
    walk.button("Give this duty").click()
    walk.reads("The duty is given")
    expect(duties(walk)).to_have_count(2)
    duties(walk).filter(has_text=walk.say(ROLES[Role.DESK])).get_by_role("button").click()
    walk.reads("The duty has ended, with every session in it")
    expect(duties(walk)).to_have_count(1)
    walk.tab.get_by_text(walk.say("Duties that are over"), exact=True).click()
    walk.examine("admin-staff-one-past")

    close = walk.tab.get_by_role("main").get_by_role("button", name=walk.say("Close the account"))
    close.click()
    walk.arrive("Close the account?")
    walk.examine("admin-staff-leave")
    walk.link("Keep it").click()
    expect(duties(walk)).to_have_count(1)
    close.click()
    walk.button("Yes, close it").click()
    walk.reads("Has left: the account is closed, and is kept because the record names it.")
    walk.examine("admin-staff-one-left")
    walk.open(f"/admin/staff?text={username}")
    walk.reads("Has left")


def test_a_hospital_its_departments_and_doctors_are_looked_after(walk: Walk) -> None:
    walk.be(walk.served.sign_in_staff(hire(walk, f"houses{walk.look.hospital}", Role.CITY_ADMIN)))
    walk.open("/admin")
    walk.link("Hospitals").click()
    walk.arrive("Hospitals")
    walk.examine("admin-hospitals")
    walk.tab.locator(".fh-hub a").filter(has_text=hospital_name(walk.look)).click()
    walk.arrive(hospital_name(walk.look))
    walk.examine("admin-hospital")

    walk.box("Web page").fill("javascript:alert(1)")
    walk.button("Save").click()
    expect(walk.tab.locator(".nhsuk-error-summary")).to_be_focused()
    walk.examine("admin-hospital-wrong")
    walk.box("Web page").fill("https://by-hand.hospital.example")
    walk.button("Save").click()
    walk.reads("Said by hand: imports leave it as it is.")
    walk.reads("Leave to the feed again")
    walk.examine("admin-hospital-by-hand")
    again = walk.tab.get_by_role("region", name=walk.say("Leave to the feed again"))
    again.get_by_role("button", name=walk.say("Web page"), exact=True).click()
    expect(again).to_have_count(0)

    for label, section in (("Name of a department", "Departments"), ("Name of a doctor", "Doctors")):
        listed = walk.tab.get_by_role("region", name=walk.say(section))
        name, other = f"{section} A{walk.look.hospital}", f"{section} B{walk.look.hospital}"
        walk.box(label).fill(name)
        listed.get_by_role("button", name=walk.say("Add"), exact=True).click()
        walk.box(label).fill(name)
        listed.get_by_role("button", name=walk.say("Add"), exact=True).click()
        expect(walk.tab.locator(".nhsuk-error-summary")).to_be_focused()
        walk.examine(f"admin-hospital-twice-{section.lower()}")
        listed.get_by_role("link", name=name, exact=True).click()
        walk.arrive(name)
        walk.box(label).fill(other)
        walk.button("Save").click()
        expect(listed).to_contain_text(walk.say("in the feed: %(name)s", name=name))
        listed.get_by_role("link", name=other, exact=True).click()
        walk.examine(f"admin-entry-{section.lower()}")
        walk.button("Take it off the list").click()
        expect(listed.get_by_role("listitem").filter(has_text=other)).to_contain_text(walk.say("no longer listed"))
    walk.examine("admin-hospital-lists")


def test_one_acts_in_another_duty_and_is_shown_its_ways(walk: Walk) -> None:
    staff_id = hire(walk, f"twofold{walk.look.hospital}", Role.DESK)
    also(walk, staff_id, Role.HOSPITAL_ADMIN)
    walk.be(walk.served.sign_in_staff(staff_id))
    walk.open("/admin")
    expect(walk.link("Today")).to_have_count(0)
    walk.tab.locator(".fh-standing a").click()
    walk.arrive("My duties")
    walk.examine("duties")
    walk.tab.get_by_role("main").get_by_role("button", name=walk.say("Act in this duty")).click()
    walk.reads("You act in this duty now")
    expect(walk.link("Today")).to_be_visible()
    expect(walk.tab.locator(".fh-standing")).to_contain_text(walk.say(ROLES[Role.DESK]))
    walk.open("/admin/staff")
    walk.arrive("You may not see this page")


@pytest.mark.parametrize("look", CROSSED, ids=str)
def test_somebody_is_added_by_the_keyboard_alone(walk: Walk) -> None:
    number = walk.look.hospital
    walk.be(walk.served.sign_in_staff(hire(walk, f"keys{number}", Role.HOSPITAL_ADMIN)))
    walk.open("/admin")
    press(walk, walk.link("Staff"))
    walk.arrive("Staff")
    press(walk, walk.tab.get_by_role("main").get_by_role("button", name=walk.say("Add somebody")))
    walk.arrive("Add somebody to the staff")
    for label, text in (("Name that colleagues see", "By Keyboard"), ("User name", f"by.keyboard.{number}")):
        tab_to(walk, walk.box(label))
        walk.tab.keyboard.type(text)
    tab_to(walk, walk.box("Role"))
    walk.tab.keyboard.press("ArrowDown")
    tab_to(walk, walk.box("First password"))
    walk.tab.keyboard.type(PASSWORD)
    walk.tab.keyboard.press("Enter")
    walk.arrive("By Keyboard")


def sign_in(walk: Walk, username: str) -> None:
    """Sign in at the pages, by password."""
    walk.open("/desk/sign-in")
    walk.box("User name").fill(username)
    walk.box("Password").fill(PASSWORD)
    walk.button("Sign in").click()


def add_somebody(walk: Walk, name: str, username: str) -> None:
    """Fill in who is to be added, with a first duty at the desk, and send it."""
    walk.box("Name that colleagues see").fill(name)
    walk.box("User name").fill(username)
    walk.box("Role").select_option(Role.DESK.value)
    walk.box("First password").fill(PASSWORD)
    walk.button("Add").click()


def duties(walk: Walk) -> Locator:
    """Return the rows of duties that go on."""
    return walk.tab.locator(".fh-rows li")


def also(walk: Walk, staff_id: UUID, role: Role) -> None:
    """Give a member of staff one more duty at the look's hospital."""

    async def given(world: World) -> None:
        duty = await give_duty(world, SYSTEM, staff_id, role, walk.town.hospitals[walk.look.hospital])
        assert isinstance(duty, Duty), duty

    walk.served.do(given)
