"""Policies in a browser: one administrator proposes, another decides, and the rule governs from its instant on."""

from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Locator, expect

from firsthand.channels.web.policy_words import FIELDS, POLICIES
from firsthand.platform.access import Role
from firsthand.platform.clock import ManualClock
from tests.journeys.hiring import hire
from tests.journeys.town import Clinic
from tests.journeys.walk import Walk

pytestmark = pytest.mark.browser

WHY = "The hospitals asked for it: most people confirm within a minute"
HELD_FOR = FIELDS["booking.hold_seconds"].name


def begin_to_propose(walk: Walk, name: str) -> None:
    """Go to the form of a change, by the way that staff are shown."""
    walk.open("/admin")
    way(walk).click()
    walk.arrive("Policies")
    walk.tab.get_by_role("main").locator(f"a[href='/admin/policies/{name}']").click()
    walk.arrive(POLICIES[name].name)
    walk.button("Propose a change").click()
    walk.arrive("Propose a change")


def way(walk: Walk) -> Locator:
    """Return the way to policies at the top of the page, whatever waits there."""
    return walk.tab.get_by_role("navigation").locator("a[href='/admin/policies']")


def hold_at(walk: Walk, instant: datetime) -> timedelta:
    """Return for how long a place is held that a new person takes at an instant."""
    person = walk.served.register(walk.look)
    session = walk.town.session(walk.look, Clinic.NOT_YET)
    held = walk.served.do(lambda world: walk.town.hold(world, person, session), clock=ManualClock(instant))
    return held.until - instant


def test_what_two_agree_on_governs_a_booking_from_its_instant_on(walk: Walk) -> None:
    number = walk.look.hospital
    one, two = (hire(walk, f"ruler{name}{number}", Role.CITY_ADMIN) for name in "ab")
    # Each look changes the rule on a day of its own, to a time of its own.
    day, seconds = walk.town.today + timedelta(days=15 + number), 600 + 60 * number
    begins = datetime.combine(day, time(), ZoneInfo(walk.town.time_zone))
    walk.be(walk.served.sign_in_staff(one))
    begin_to_propose(walk, "booking")
    walk.examine("policy-change")
    walk.box(HELD_FOR).fill("soon")
    walk.button("Propose").click()
    expect(walk.tab.locator(".nhsuk-error-summary")).to_be_focused()
    walk.examine("policy-change-problem")
    walk.box(HELD_FOR).fill(str(seconds))
    walk.box("Day from which it is in force").fill(day.isoformat())
    walk.box("Why, and on what it rests").fill(WHY)
    walk.button("Propose").click()
    walk.reads("It is proposed, and waits for a second person")
    walk.reads("You proposed this. Somebody else decides")
    expect(walk.tab.locator(".fh-changes tbody tr")).to_have_count(1)
    expect(walk.button("Approve it")).to_have_count(0)
    walk.examine("policy-proposed")
    before = hold_at(walk, begins - timedelta(minutes=1))

    walk.be(walk.served.sign_in_staff(two))
    walk.open("/admin")
    expect(way(walk).locator(".fh-badge")).to_be_visible()
    way(walk).click()
    walk.examine("policies-waiting")
    decide(walk, WHY)
    walk.button("Approve it").click()
    walk.reads("Tick that you have read what changes")
    walk.examine("policy-not-read")
    walk.box("I have read what changes").check()
    walk.button("Approve it").click()
    walk.reads("Approved. It is in force from its time on")
    walk.examine("policy-approved")
    walk.link("What is in force").click()
    walk.examine("policy-coming")
    assert hold_at(walk, begins - timedelta(minutes=1)) == before
    assert hold_at(walk, begins) == timedelta(seconds=seconds)


def decide(walk: Walk, why: str) -> None:
    """Open the newest proposal that waits, and check that it is the one."""
    walk.tab.get_by_role("main").locator("a[href^='/admin/policies/proposals/']").first.click()
    walk.reads("Waits for a second person")
    expect(walk.tab.locator("blockquote").first).to_have_text(why)
    walk.examine("policy-to-decide")


def test_a_kind_of_document_is_added_and_refused_and_a_change_is_taken_back(walk: Walk) -> None:
    number = walk.look.hospital
    one, two = (hire(walk, f"ruler{name}{number}", Role.CITY_ADMIN) for name in "cd")
    walk.be(walk.served.sign_in_staff(one))
    begin_to_propose(walk, "document")
    walk.examine("policy-document-change")
    walk.tab.get_by_text(walk.say("Add one more")).first.click()
    for field, text in (("code", f"book_{number}"), ("name_zh", "海员证"), ("name_en", "Seaman's book")):
        walk.tab.locator(f"[id='kinds.2.{field}']").fill(text)
    walk.tab.locator("[name='kinds.2.alphabet.digits']").check()
    walk.tab.locator("[id='kinds.2.characters_min']").fill("8")
    walk.tab.locator("[id='kinds.2.characters_max']").fill("9")
    walk.tab.locator("[name='kinds.1.remove']").check()
    walk.box("Why, and on what it rests").fill(WHY)
    walk.button("Propose").click()
    walk.reads("It is proposed, and waits for a second person")
    expect(walk.tab.get_by_role("main")).to_contain_text("海员证")
    walk.examine("policy-document-proposed")
    added = walk.tab.url.rpartition("/")[2]

    begin_to_propose(walk, "arrival")
    walk.box(FIELDS["arrival.late_after_minutes"].name).fill(str(20 + number))
    walk.box("Why, and on what it rests").fill(WHY)
    walk.button("Propose").click()
    walk.button("Take it back").click()
    walk.reads("Tick that you want to take it back")
    walk.box("It is to have no effect").check()
    walk.button("Take it back").click()
    walk.reads("Taken back. Nothing changes")
    walk.examine("policy-withdrawn")

    walk.be(walk.served.sign_in_staff(two))
    refuse(walk, UUID(added))


def refuse(walk: Walk, proposal_id: UUID) -> None:
    """Refuse a proposal, at first without a reason."""
    walk.open(f"/admin/policies/proposals/{proposal_id}")
    walk.button("Refuse it").click()
    walk.reads("Say it in a sentence of 10 characters or more, for somebody else to weigh")
    walk.examine("policy-refused-without-reason")
    walk.box("Why not").fill("Nobody has shown such a document at a desk")
    walk.button("Refuse it").click()
    walk.reads("Refused. Nothing changes")
    walk.reads("Why it was refused:")
    walk.examine("policy-refused")
