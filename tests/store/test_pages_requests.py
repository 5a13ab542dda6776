"""The pages of people's requests, as browsers without scripts get them."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from litestar import Litestar

from firsthand.booking.actions import confirm_bookings
from firsthand.channels.worker.erasing import delete_accounts
from firsthand.directory.staff.duties import read_duties, session_of
from firsthand.identity.session.store import open_staff_session
from firsthand.platform.access import Role
from firsthand.platform.clock import ManualClock
from firsthand.platform.world import World
from tests.city import City, Opening, hold, make_city
from tests.requests import REASONS, WRONG_NAME
from tests.staffing import Crew, make_crew
from tests.visitor import Visitor, visiting

FRESH_IS_OVER = timedelta(minutes=11)


@pytest.fixture
async def city(world: World) -> City:
    return await make_city(world, sessions=[Opening(), Opening(hospital=1)], persons=3)


@pytest.fixture
async def crew(world: World, city: City) -> Crew:
    return await make_crew(world, city)


@pytest.fixture
async def me(app: Litestar, world: World, city: City) -> AsyncIterator[Visitor]:
    async with visiting(app) as one:
        await one.sign_in(world, city.documents[0])
        yield one


@pytest.fixture
async def boss(app: Litestar, world: World, crew: Crew) -> AsyncIterator[Visitor]:
    """The supervisor of the first hospital."""
    async with visiting(app) as one:
        (duty,) = await read_duties(world, crew.staff_id(Role.SUPERVISOR))
        async with world.database.transaction() as conn:
            opened = await open_staff_session(conn, world, session_of(duty))
        one.client.cookies.set("firsthand_session", opened.token)
        yield one


async def test_a_correction_is_asked_answered_and_read(me: Visitor, boss: Visitor, city: City) -> None:
    page = await me.open("/me/requests")
    assert "You have asked nothing yet" in page.text
    await me.open("/me/requests/correction")
    wrong = await me.send("/me/requests/correction", {"about": "account", "words": "short"})
    assert wrong.status_code == 422
    assert "Choose what it is about" in wrong.text
    wrong = await me.send("/me/requests/correction", {"about": "name", "words": "short"})
    assert "Write it in your words" in wrong.text
    here = str(city.hospital_ids[0])
    page = await me.send("/me/requests/correction", {"about": "name", "words": WRONG_NAME, "hospital": here})
    assert "Your request was sent" in page.text
    assert WRONG_NAME in page.text

    page = await boss.open("/admin/requests")
    assert "Due by" in page.text
    assert WRONG_NAME not in page.text
    assert "Person 0" not in page.text
    address = page.text.split('href="/admin/requests/')[1].split('"')[0]
    page = await boss.open(f"/admin/requests/{address}")
    assert WRONG_NAME in page.text
    assert "Person 0" in page.text
    assert "Find the person by the document" in page.text
    page = await boss.send(f"/admin/requests/{address}", {"words": REASONS})
    assert page.status_code == 422
    page = await boss.send(f"/admin/requests/{address}", {"granted": "yes", "words": REASONS})
    assert "The answer was sent" in page.text
    assert "Nothing waits for an answer" in page.text
    page = await boss.open(f"/admin/requests/{address}")
    assert REASONS in page.text

    page = await me.open("/me/requests")
    assert REASONS in page.text
    assert "Come to a hospital" in page.text


async def test_an_objection_is_taken_back(me: Visitor) -> None:
    await me.open("/me/requests/objection?about=look")
    page = await me.send("/me/requests/objection", {"about": "look", "words": "I was not there on that day."})
    action = next(one for one in page.text.split('action="') if one.startswith("/me/requests/")).split('"')[0]
    page = await me.send(action)
    assert "Your request was taken back" in page.text
    assert "Taken back" in page.text


async def test_the_hub_and_my_data_lead_there(me: Visitor) -> None:
    assert 'href="/me/requests"' in (await me.open("/me")).text
    page = await me.open("/me/data")
    for address in ("correction", "objection", "deletion"):
        assert f'href="/me/requests/{address}"' in page.text


async def test_an_account_is_deleted_after_a_document_a_yes_and_a_week(
    me: Visitor, world: World, city: City, clock: ManualClock
) -> None:
    page = await me.open("/me/requests/deletion")
    assert "What stays, and why" in page.text
    document = city.documents[0]
    typed = {"document_type": document.type, "document_number": document.number}
    page = await me.send("/me/requests/deletion", {**typed, "understood": ""})
    assert page.status_code == 422
    assert "Confirm that you have read" in page.text
    other = city.documents[1]
    page = await me.send(
        "/me/requests/deletion",
        {"document_type": other.type, "document_number": other.number, "understood": "yes"},
    )
    assert page.status_code == 422
    assert "not the number of a document of yours" in page.text
    page = await me.send("/me/requests/deletion", {**typed, "understood": "yes"})
    assert "You have asked for your account to be deleted" in page.text
    assert "Your account is deleted on" in page.text
    assert "Have my account deleted" not in page.text
    clock.advance(timedelta(days=7))
    await delete_accounts(world)
    page = await me.open("/me/requests")
    assert page.url.path == "/sign-in"


async def test_who_signed_in_long_ago_shows_once_more_who_he_is(me: Visitor, clock: ManualClock) -> None:
    clock.advance(FRESH_IS_OVER)
    page = await me.open("/me/requests/deletion")
    assert page.url.path == "/sign-in/again"
    assert "next=" in str(page.url)


async def test_it_is_said_until_when_an_appointment_counts(
    me: Visitor, world: World, city: City, clock: ManualClock
) -> None:
    held = await hold(world, city)
    await confirm_bookings(world, [city.change(0, held.booking_id)])
    clock.advance(timedelta(seconds=1))
    page = await me.open("/me/requests/deletion")
    assert "until then an appointment of yours counts" in page.text
