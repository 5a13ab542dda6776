"""Attacks by forms and scripts of other sites, by addresses to go on to, and by headers."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest
from litestar import Litestar

from firsthand.identity.code import limits
from firsthand.platform.world import World
from tests.attacks.sign_in.town import (
    SECURITY,
    Town,
    be,
    begin,
    csrf_of,
    end,
    last_code,
    own_passkey,
    post_json,
    sessions_of,
    sign_in_by_phone,
)
from tests.conftest import FreshDatabase
from tests.people import as_owner, audited
from tests.visitor import BASE_URL, Visitor, forms_of, kept, visiting

# --- forms and scripts of other sites

POSTS = (
    "/sign-in",
    "/sign-in/document",
    "/register",
    "/sign-in/code",
    "/sign-in/choose",
    "/sign-in/again",
    f"{SECURITY}/sessions/end-others",
    f"{SECURITY}/sessions/{UUID(int=1)}/end",
    f"{SECURITY}/passkeys/{UUID(int=1)}",
    f"{SECURITY}/passkeys/{UUID(int=1)}/remove",
    f"{SECURITY}/phone",
    f"{SECURITY}/phone/code",
)
JSON_POSTS = (
    "/sign-in/passkey/options",
    "/sign-in/passkey",
    f"{SECURITY}/passkeys/options",
    f"{SECURITY}/passkeys",
)


@pytest.mark.parametrize("address", POSTS)
async def test_a_form_without_or_with_anothers_token(
    victim: Visitor, thief: Visitor, world: World, town: Town, fresh_database: FreshDatabase, address: str
) -> None:
    await be(victim, world, town)
    stolen = await csrf_of(thief)
    before, lines = kept(fresh_database), audited(fresh_database)
    for fields in ({}, {"csrf": ""}, {"csrf": stolen}):
        answer = await victim.post(address, urlencode({**fields, "phone": "+8613800000001"}).encode())
        assert answer.status_code == 403
    assert (kept(fresh_database), audited(fresh_database)) == (before, lines)


NASTY = (
    "",
    "\u0000",
    "\r\nSet-Cookie: x=1",
    "'; DROP TABLE x; --",
    "<script>alert(1)</script>",
    "9" * 900,
    "\u202e",
    "%00",
    "☃" * 300,
)


@pytest.mark.parametrize("address", POSTS)
async def test_senseless_fields_in_ones_own_form(
    victim: Visitor, world: World, town: Town, fresh_database: FreshDatabase, address: str
) -> None:
    await be(victim, world, town)
    csrf = await csrf_of(victim, SECURITY)
    names = ("attempt", "code", "phone", "name", "choice", "secret", "person", "next", "proof", "language")
    before = as_owner(fresh_database, "SELECT person::text FROM directory.person ORDER BY 1")
    for nasty in NASTY:
        if address == f"{SECURITY}/sessions/end-others":
            break
        answer = await victim.post(address, urlencode({"csrf": csrf, **dict.fromkeys(names, nasty)}).encode())
        assert answer.status_code < 500, nasty
        assert "<script>alert" not in answer.text
        assert "x=1" not in str(answer.headers.get_list("set-cookie"))
    assert as_owner(fresh_database, "SELECT person::text FROM directory.person ORDER BY 1") == before


@pytest.mark.parametrize("address", JSON_POSTS)
async def test_senseless_texts_in_ones_own_script(
    victim: Visitor, world: World, town: Town, fresh_database: FreshDatabase, address: str
) -> None:
    await be(victim, world, town)
    csrf = await csrf_of(victim, SECURITY)
    for nasty in NASTY:
        sent = {"csrf": csrf, **dict.fromkeys(("id", "credential", "name", "next"), nasty)}
        answer = await post_json(victim, address, sent)
        assert answer.status_code < 500, nasty
        assert "firsthand_session" not in str(answer.headers.get_list("set-cookie"))
    assert as_owner(fresh_database, "SELECT FROM identity.passkey") == []


@pytest.mark.parametrize("address", JSON_POSTS)
async def test_a_script_without_or_with_anothers_token(
    victim: Visitor, thief: Visitor, world: World, town: Town, fresh_database: FreshDatabase, address: str
) -> None:
    await be(victim, world, town)
    stolen = await csrf_of(thief)
    before = kept(fresh_database)
    for sent in ({}, {"csrf": ""}, {"csrf": stolen}):
        assert (await post_json(victim, address, sent)).status_code == 403
    assert (await victim.post(address, b"csrf=x")).status_code == 415
    own = await csrf_of(victim, SECURITY)
    for text in (b"", b"[]", b'{"csrf":1}', b"{" * 5000):
        answer = await victim.post(address, text, {"content-type": "application/json"})
        assert answer.status_code == 400
    crossed = {"sec-fetch-site": "cross-site"}
    answer = await victim.client.post(address, json={"csrf": own}, headers=crossed)
    assert answer.status_code == 403
    assert kept(fresh_database) == before


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
    ],
)
async def test_signing_a_victim_in_as_the_thief(
    victim: Visitor, thief: Visitor, world: World, town: Town, fresh_database: FreshDatabase, headers: dict[str, str]
) -> None:
    await thief.open("/sign-in")
    await thief.send("/sign-in", {"phone": town.people[1].phone})
    fields = {**forms_of(thief.page)["/sign-in/code"].fields, "code": await last_code(world)}
    await victim.open("/sign-in")
    answer = await victim.post("/sign-in/code", urlencode(fields).encode(), headers)
    assert answer.status_code == 403
    answer = await victim.post("/sign-in/code", urlencode(fields).encode())
    assert answer.status_code == 403
    assert await sessions_of(fresh_database) == 0


@pytest.mark.parametrize(
    "address",
    [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "/%0d%0aSet-Cookie:x\r\n",
    ],
)
async def test_being_led_elsewhere(victim: Visitor, thief: Visitor, world: World, town: Town, address: str) -> None:
    page = await sign_in_by_phone(victim, world, town, next=address)
    assert str(page.url) == f"{BASE_URL}/bookings"
    soft = await own_passkey(thief, world, town, 1)
    csrf, challenge, options = await begin(thief)
    answer = await end(thief, csrf, challenge, soft.answer(options), next=address)
    assert answer.json() == {"location": "/bookings"}
    page = await thief.open("/sign-in/again?" + urlencode({"next": address}))
    assert "next" not in forms_of(page)["/sign-in/again"].fields


# --- headers and logs


@pytest.mark.parametrize(
    "user_agent",
    [
        "\x1b[31mChrome/1 Windows\x1b[0m",
        "<script>alert(1)</script> Firefox/1",
        "Safari/" + "x" * 5000,
        "''; DROP TABLE x",
    ],
)
async def test_a_browser_that_calls_itself_something_else(
    victim: Visitor, world: World, town: Town, fresh_database: FreshDatabase, user_agent: str
) -> None:
    victim.client.headers["user-agent"] = user_agent
    await sign_in_by_phone(victim, world, town)
    ((device,),) = as_owner(fresh_database, "SELECT device FROM identity.session")
    assert device in {"Chrome, Windows", "Firefox", "Safari", ""}


async def test_an_address_of_ones_own_making_escapes_no_limit(app: Litestar, town: Town) -> None:
    statuses = set()
    async with visiting(app) as visitor:
        for number in range(limits.PER_ADDRESS.attempts_max + 1):
            body = {"phone": f"+86139{number:08}"}
            forged = {"x-forwarded-for": f"203.0.113.{number}, 10.0.0.1\x0b", "forwarded": f"for=203.0.113.{number}"}
            answer = await visitor.client.post("/api/v1/sign-in-codes", json=body, headers=forged)
            statuses.add(answer.status_code)
    assert 429 in statuses
    assert town.ids


@pytest.mark.parametrize("name", ["x" * 65, "a b", "<b>", "\x1b[2J", "a;b"])
async def test_a_request_id_that_is_none_does_not_reach_the_record(
    thief: Visitor, fresh_database: FreshDatabase, name: str
) -> None:
    await thief.client.post("/api/v1/sign-in-codes", json={"phone": "+8613800000001"}, headers={"x-request-id": name})
    assert name not in {row[0] for row in as_owner(fresh_database, "SELECT request_id FROM audit.line")}


@pytest.mark.parametrize(
    "body",
    [
        {"phone": "+8613800000001", "person_id": str(UUID(int=1))},
        {"phone": "+8613800000001", "document_type": "resident_id", "document_number": "x"},
        {"document_type": "resident_id"},
        {},
        {"phone": ["+8613800000001"]},
        {"phone": "+8613800000001\r\nBcc: x"},
    ],
)
async def test_a_body_that_asks_for_more(
    thief: Visitor, fresh_database: FreshDatabase, body: Mapping[str, Any]
) -> None:
    answer = await thief.client.post("/api/v1/sign-in-codes", json=body)
    assert answer.status_code in {400, 422}
    assert as_owner(fresh_database, "SELECT FROM identity.one_time_code") == []
