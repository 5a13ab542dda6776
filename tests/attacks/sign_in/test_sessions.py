"""Attacks on sessions: planted, ended, left alone, of others."""

from urllib.parse import urlencode

import pytest

from firsthand.directory.person.model import Phone
from firsthand.directory.person.phones import change_phone, request_phone_change
from firsthand.identity.code.model import CodeRequested
from firsthand.identity.session.actions import find_sessions
from firsthand.identity.session.model import PERSON_IDLE
from firsthand.platform.world import World
from tests.attacks.sign_in.town import (
    HOME,
    SECURITY,
    Town,
    advance,
    be,
    csrf_of,
    last_code,
    last_line,
    sessions_of,
    sign_in_by_phone,
    signed_in,
)
from tests.conftest import FreshDatabase
from tests.people import STRANGER
from tests.visitor import Visitor


async def test_a_planted_session_cookie_is_not_taken_over(
    victim: Visitor, world: World, town: Town, fresh_database: FreshDatabase
) -> None:
    planted = "A" * 43
    victim.client.cookies.set("firsthand_session", planted, domain="pages.test")
    await sign_in_by_phone(victim, world, town)
    tokens = [cookie.value for cookie in victim.client.cookies.jar if cookie.name == "firsthand_session"]
    assert planted not in tokens
    assert await sessions_of(fresh_database) == 1


async def test_the_session_of_a_thief_planted_in_a_victims_browser_ends_when_the_victim_signs_in(
    victim: Visitor, world: World, town: Town
) -> None:
    thiefs = await be(victim, world, town, 1)
    await victim.open("/sign-in/again")
    victim.client.cookies.set("firsthand_visitor", "planted", domain="pages.test")
    page = await victim.open("/bookings")
    await victim.send("/sign-out")
    await sign_in_by_phone(victim, world, town)
    assert await find_sessions(world, [thiefs.signed_in.token_hash]) == [None]
    assert page.status_code == 200


@pytest.mark.parametrize("how", ["signed out", "ended by id", "others ended", "left alone", "phone changed"])
async def test_the_token_of_a_session_that_is_over(
    victim: Visitor, thief: Visitor, world: World, town: Town, how: str
) -> None:
    stolen = await be(thief, world, town)
    own = await be(victim, world, town)
    await victim.open(SECURITY)
    match how:
        case "signed out":
            await thief.open(SECURITY)
            await thief.send("/sign-out")
            thief.client.cookies.set("firsthand_session", stolen.token, domain="pages.test")
        case "ended by id":
            await victim.send(f"{SECURITY}/sessions/{stolen.signed_in.session_id}/end")
        case "others ended":
            await victim.send(f"{SECURITY}/sessions/end-others")
        case "left alone":
            advance(world, PERSON_IDLE)
        case _:
            asked = await request_phone_change(world, STRANGER, own.signed_in, Phone("+8613811112222"), HOME)
            assert isinstance(asked, CodeRequested)
            code = await last_code(world)
            assert await change_phone(world, STRANGER, own.signed_in, asked.code_id, code, HOME) is None
    page = await thief.open("/bookings")
    assert page.url.path == "/sign-in"
    answer = await thief.client.get("/api/v1/bookings", headers={"authorization": f"Bearer {stolen.token}"})
    assert answer.status_code == 401


async def test_ending_anothers_session_by_its_id(
    victim: Visitor, thief: Visitor, world: World, town: Town, fresh_database: FreshDatabase
) -> None:
    others = await be(victim, world, town, 0)
    own = await be(thief, world, town, 1)
    csrf = await csrf_of(thief, SECURITY)
    body = urlencode({"csrf": csrf}).encode()
    answer = await thief.post(f"{SECURITY}/sessions/{others.signed_in.session_id}/end", body)
    assert answer.status_code == 409
    assert last_line(fresh_database) == ("identity.end_own_session", "session_unknown")
    bearer = {"authorization": f"Bearer {own.token}"}
    answer = await thief.client.delete(f"/api/v1/sign-ins/{others.signed_in.session_id}", headers=bearer)
    assert answer.status_code == 404
    assert await find_sessions(world, [others.signed_in.token_hash]) == [others.signed_in]


async def test_listing_shows_ones_own_sessions_alone(thief: Visitor, world: World, town: Town) -> None:
    others, own = await signed_in(world, town, 0), await be(thief, world, town, 1)
    page = await thief.open(SECURITY)
    assert str(others.signed_in.session_id) not in page.text
    answer = await thief.client.get("/api/v1/sign-ins", headers={"authorization": f"Bearer {own.token}"})
    assert [one["id"] for one in answer.json()] == [str(own.signed_in.session_id)]
