"""A person has news by e-mail, and staff look at what messages say: in both languages, on a phone and at a desk."""

from uuid import UUID

import pytest
from playwright.sync_api import expect

from firsthand.audit.model import ActorKind, Caller, Channel
from firsthand.booking.actions import confirm_bookings
from firsthand.booking.model import Booked, ChangeRequest
from firsthand.directory.staff.actions import add_staff
from firsthand.directory.staff.model import Staff
from firsthand.messages.model import Template
from firsthand.messages.templates import SUBJECTS
from firsthand.platform.access import Role
from firsthand.platform.world import World
from tests.deployment import wait_until
from tests.journeys.town import PASSWORD, Clinic, Somebody, hospital_name
from tests.journeys.walk import Walk

pytestmark = pytest.mark.browser

MAKER = Caller(ActorKind.SYSTEM, None, Channel.CLI, "journeys")


def test_a_person_has_news_by_email(walk: Walk) -> None:
    person = walk.be_somebody()
    address = f"somebody.{walk.look.hospital}@example.org"
    walk.open("/me/email")
    walk.arrive("E-mail")
    walk.examine("email-none")
    walk.box("E-mail address").fill("somebody")
    walk.button("Send a code").click()
    walk.reads("Check the e-mail address: it should look like name@example.org")
    expect(walk.box("E-mail address")).to_have_value("somebody")
    walk.examine("email-problem")
    walk.box("E-mail address").fill(address)
    walk.button("Send a code").click()
    walk.arrive("Confirm your e-mail address")
    walk.examine("email-code")
    code = walk.read_code(address)
    walk.box("Six-digit code").fill("000000" if code != "000000" else "111111")
    walk.button("Continue").click()
    walk.reads("That code is not right. Check the message and try again")
    walk.box("Six-digit code").fill(code)
    walk.button("Continue").click()
    walk.arrive("E-mail")
    walk.reads("News of your appointments now also comes by e-mail")
    expect(walk.tab.locator(".fh-address")).to_have_text(address)
    walk.examine("email")
    book(walk, person)
    expect_news(walk, address)
    walk.open("/me/email")
    walk.button("No news by e-mail any more").click()
    walk.reads("No news comes by e-mail any more")
    expect(walk.tab.locator(".fh-address")).to_have_count(0)


def book(walk: Walk, person: Somebody) -> None:
    """Book a place for the person, so that there is news."""
    booking_id = walk.served.hold(person, walk.town.session(walk.look, Clinic.SKIN_TOMORROW_LATER))
    caller = Caller(ActorKind.PERSON, person.id, Channel.WEB, "journeys")

    async def booked(world: World) -> None:
        (answer,) = await confirm_bookings(world, [ChangeRequest(caller, booking_id)])
        assert isinstance(answer, Booked)

    walk.served.do(booked)


def expect_news(walk: Walk, address: str) -> None:
    """Wait for the worker's message to the mailbox."""

    def told() -> bool:
        walk.open("/demo/outbox")
        to_him = walk.tab.locator("li.fh-card").filter(has_text=address)
        return to_him.filter(has_text=hospital_name(walk.look)).count() > 0

    wait_until(told)


def test_an_administrator_sees_what_messages_say_and_what_became_of_them(walk: Walk) -> None:
    async def hired(world: World) -> UUID:
        added = await add_staff(
            world,
            MAKER,
            None,
            username=f"messages{walk.look.hospital}",
            display_name="The administrator",
            role=Role.CITY_ADMIN,
            password=PASSWORD,
        )
        assert isinstance(added, Staff)
        return added.id

    walk.be(walk.served.sign_in_staff(walk.served.do(hired)))
    walk.open("/admin/messages")
    walk.arrive("Messages")
    walk.reads("What they say")
    for template in Template:
        title = walk.tab.locator(f"#{template.value} summary")
        expect(title).to_have_text(SUBJECTS[template][walk.look.language])
    walk.examine("messages")
    news = walk.tab.locator(f"#{Template.BOOKING_CONFIRMED.value}")
    news.locator("summary").click()
    expect(news.locator(".fh-file").first).to_contain_text("METHOD:REQUEST")
    walk.examine("messages-open")
