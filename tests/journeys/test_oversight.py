"""What is looked at afterwards, in a browser: emergencies from the desk to their review, and the audit record."""

from uuid import UUID

import pytest
from playwright.sync_api import expect

from firsthand.audit.model import ActorKind, Caller, Channel
from firsthand.directory.emergency.actions import open_record
from firsthand.directory.emergency.model import Access, Wanted
from firsthand.platform.access import Role
from firsthand.platform.world import World
from tests.journeys.hiring import hire
from tests.journeys.test_keyboard import press, tab_to
from tests.journeys.town import CROSSED, Clinic, Somebody
from tests.journeys.walk import Walk

pytestmark = pytest.mark.browser

WHY = "Found unconscious at the bus stop, no papers"
JUDGED = "Came by ambulance, as the log says"


def test_a_clerk_opens_a_record_in_an_emergency(walk: Walk) -> None:
    kept = walk.served.do(lambda world: walk.town.book(world, walk.look, Clinic.CHILDREN_LATER))
    walk.be(walk.served.sign_in_staff(hire(walk, f"clerk{walk.look.hospital}", Role.DESK)))
    walk.open("/desk")
    walk.link("Emergency").click()
    walk.arrive("Emergency access")
    walk.examine("emergency")
    walk.button("Open the record").click()
    expect(walk.tab.locator(".nhsuk-error-summary")).to_be_focused()
    walk.examine("emergency-empty")
    walk.box("Phone").fill(kept.person.phone)
    walk.box("Reason").fill("urgent")
    walk.box("I have read this, and it is an emergency").check()
    walk.button("Open the record").click()
    walk.examine("emergency-no-reason")
    walk.box("Reason").fill(WHY)
    walk.box("I have read this, and it is an emergency").check()
    walk.button("Open the record").click()
    expect(walk.tab.locator("h1")).to_contain_text(kept.person.name)
    expect(walk.tab.get_by_role("link", name=kept.person.phone)).to_be_visible()
    assert kept.person.document.number not in walk.tab.content()
    walk.examine("emergency-record")
    walk.link("Back").click()
    walk.reads("Open now")
    walk.examine("emergency-open")


def test_a_supervisor_reviews_what_somebody_opened_and_signs_him_out(walk: Walk) -> None:
    person = walk.served.register(walk.look)
    clerk_id = hire(walk, f"doubtful{walk.look.hospital}", Role.DESK)
    clerk, access = walk.served.sign_in_staff(clerk_id), opened(walk, clerk_id, person)
    walk.be(walk.served.sign_in_staff(hire(walk, f"reviewer{walk.look.hospital}", Role.SUPERVISOR)))
    walk.open("/desk")
    walk.tab.locator("a[href='/admin/reviews']", has=walk.tab.locator(".fh-badge")).click()
    walk.arrive("Emergency accesses to review")
    form = walk.tab.locator("section").filter(has=walk.tab.locator(f"form[action$='{access.id}']"))
    expect(form).to_contain_text(WHY)
    expect(form).to_contain_text(person.name)
    walk.examine("reviews")
    record = form.get_by_role("button", name=walk.say("Record the review"))
    record.click()
    expect(walk.tab.locator(".nhsuk-error-summary")).to_be_focused()
    walk.examine("reviews-empty")
    no = form.get_by_label(walk.say("No: close it, and sign the member of staff out everywhere"))
    words = form.get_by_label(walk.say("Why, in words"))
    no.check()
    words.fill("no")
    record.click()
    expect(no).to_be_checked()
    walk.tab.locator(".nhsuk-error-summary a").first.click()
    expect(words).to_be_focused()
    walk.examine("reviews-no-words")
    words.fill(JUDGED)
    record.click()
    walk.reads("Your review is recorded")
    walk.reads("Not justified")
    expect(form).to_have_count(0)
    walk.examine("reviews-done")

    walk.be(clerk)
    walk.open("/desk")
    walk.arrive("Sign in at the desk")


def opened(walk: Walk, staff_id: UUID, person: Somebody) -> Access:
    """Let a clerk open the person's record."""
    hospital_id = walk.town.hospitals[walk.look.hospital]
    caller = Caller(ActorKind.STAFF, staff_id, Channel.DESK, "journeys", hospital_id, Role.DESK)

    async def asked(world: World) -> Access:
        access = await open_record(world, caller, Wanted(person.document), WHY)
        assert isinstance(access, Access), access
        return access

    return walk.served.do(asked)


def test_an_auditor_follows_somebody_through_the_record(walk: Walk) -> None:
    person = walk.served.register(walk.look)
    auditor = hire(walk, f"auditor{walk.look.hospital}", Role.AUDITOR)
    walk.be(walk.served.sign_in_staff(auditor))
    walk.open("/admin")
    walk.link("Audit record").click()
    walk.arrive("Audit record")
    rows = walk.tab.locator("tbody tr")
    expect(rows).to_have_count(50)
    walk.examine("audit")
    oldest = int(rows.last.locator("th").inner_text())
    walk.link("Older lines").click()
    expect(rows.first.locator("th")).to_have_text(str(oldest - 1))
    walk.examine("audit-older")

    walk.box("Id of the person").fill(str(person.id))
    walk.button("Search").click()
    # The reading about a person is itself about him.
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("audit.read_lines")
    walk.examine("audit-person")
    rows.last.get_by_role("link", name="directory.register").click()
    expect(walk.box("Action")).to_have_value("directory.register")
    walk.box("Outcome").fill("there is no such outcome")
    walk.button("Search").click()
    walk.reads("No line was found")
    walk.examine("audit-none")
    walk.box("Id of the person").fill("somebody")
    walk.button("Search").click()
    expect(walk.tab.locator(".nhsuk-error-summary")).to_be_focused()
    walk.examine("audit-wrong")
    walk.open(f"/admin/audit?staff={auditor}")
    expect(rows.first).to_contain_text("audit.read_lines")


@pytest.mark.parametrize("look", CROSSED, ids=str)
def test_an_emergency_is_opened_by_the_keyboard_alone(walk: Walk) -> None:
    person = walk.served.register(walk.look)
    walk.be(walk.served.sign_in_staff(hire(walk, f"hurried{walk.look.hospital}", Role.OFFICER)))
    walk.open("/staff/duties")  # unlike a desk's day, it leaves the focus where the page begins
    press(walk, walk.link("Emergency"))
    walk.arrive("Emergency access")
    for label, text in (("Phone", person.phone), ("Reason", WHY)):
        tab_to(walk, walk.box(label))
        walk.tab.keyboard.type(text)
    press(walk, walk.box("I have read this, and it is an emergency"), "Space")
    press(walk, walk.button("Open the record"))
    expect(walk.tab.locator("h1")).to_contain_text(person.name)
