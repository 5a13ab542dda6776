"""Signing in and out on the pages, and whose forms count."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
from litestar import Litestar

from firsthand.platform.clock import ManualClock
from firsthand.platform.i18n import Language
from firsthand.platform.world import World
from tests.city import City, make_city
from tests.conftest import FreshDatabase
from tests.people import as_owner, audited, document, said
from tests.visitor import Visitor, code_in, forms_of, kept, pages, visiting

ELSEWHERE = (
    "//evil.example", "https://evil.example/", "/\\evil.example", "\\/evil.example", "javascript:alert(1)",
    "/\tevil", "/\r\nX: 1", "evil", "/%zz é", "/" + "x" * 501, "///evil", " //evil.example",
)  # fmt: skip


@pytest.fixture
async def city(world: World) -> City:
    return await make_city(world, persons=2)


@pytest.fixture
async def visitor(app: Litestar) -> AsyncIterator[Visitor]:
    async with visiting(app) as one:
        yield one


async def test_a_new_person_registers_and_is_signed_in(
    world: World, visitor: Visitor, fresh_database: FreshDatabase
) -> None:
    await visitor.open("/register?next=/about")
    typed = {"name": " 王 小明 ", "phone": "138 0013 8000", "language": "zh-Hans"}
    number = document(7)
    page = await visitor.send(
        "/register", {**typed, "document_type": number.type, "document_number": f" {number.number.lower()} "}
    )
    assert page.url.path == "/sign-in/code"
    message = (await said(world))[-1]
    assert (message.address, message.language) == ("+8613800138000", Language.CHINESE)
    page = await visitor.send("/sign-in/code", {"code": code_in(message)})
    assert page.url.path == "/about"
    assert "You are signed in" in page.text
    assert "王 小明" in page.text
    assert "You are signed in" not in (await visitor.open("/about")).text
    assert ("directory.register", "done") in audited(fresh_database)


async def test_the_session_is_a_cookie_that_scripts_and_other_sites_do_not_get(
    world: World, city: City, visitor: Visitor
) -> None:
    await visitor.open("/sign-in/document")
    await visitor.send(
        "/sign-in/document", {"document_type": city.documents[0].type, "document_number": city.documents[0].number}
    )
    fields = {**forms_of(visitor.page)["/sign-in/code"].fields, "code": code_in((await said(world))[-1])}
    answer = await visitor.post("/sign-in/code", urlencode(fields).encode())
    assert answer.status_code == 303
    (cookie,) = [one for one in answer.headers.get_list("set-cookie") if one.startswith("firsthand_session=")]
    attributes = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert attributes == {"path=/", "httponly", "samesite=lax"}
    assert (await visitor.open("/bookings")).headers["cache-control"] == "no-store"


async def test_over_https_cookies_are_secure_and_bound_to_the_host(world: World, city: City, tmp_path: Path) -> None:
    base_url = "https://pages.test"
    async with (
        pages(world, tmp_path, FIRSTHAND_PUBLIC_URL=base_url) as app,
        visiting(app, base_url=base_url) as visitor,
    ):
        page = await visitor.sign_in(world, city.documents[0])
        assert page.url.path == "/bookings"
        names = {cookie.name for cookie in visitor.client.cookies.jar}
        assert names == {"__Host-firsthand_session", "__Host-firsthand_device"}
        await visitor.open("/about?lang=zh-Hans")
        assert all(cookie.secure for cookie in visitor.client.cookies.jar)


async def test_a_wrong_code_is_told_until_it_can_no_longer_be_used(world: World, city: City, visitor: Visitor) -> None:
    await visitor.open("/sign-in/document")
    await visitor.send(
        "/sign-in/document", {"document_type": city.documents[0].type, "document_number": city.documents[0].number}
    )
    right = code_in((await said(world))[-1])
    wrong = "000000" if right != "000000" else "000001"
    for _ in range(4):
        page = await visitor.send("/sign-in/code", {"code": wrong})
        assert page.status_code == 401
        assert "That code is not right" in page.text
        assert wrong not in page.text
    assert "can no longer be used" in (await visitor.send("/sign-in/code", {"code": wrong})).text
    page = await visitor.send("/sign-in/code", {"code": right})
    assert (page.status_code, "can no longer be used" in page.text) == (401, True)


async def test_an_unknown_document_looks_like_a_known_one(visitor: Visitor) -> None:
    number = document(999)
    await visitor.open("/sign-in/document")
    page = await visitor.send("/sign-in/document", {"document_type": number.type, "document_number": number.number})
    assert (page.status_code, page.url.path) == (200, "/sign-in/code")


async def test_what_was_typed_stays_where_something_is_wrong(visitor: Visitor) -> None:
    await visitor.open("/register?next=/bookings")
    page = await visitor.send(
        "/register",
        {"name": "Ana", "document_type": "passport", "document_number": "<b>!", "phone": "12", "language": "x"},
    )
    assert page.status_code == 422
    assert forms_of(page)["/register"].fields | {"csrf": ""} == {
        "csrf": "",
        "next": "/bookings",
        "name": "Ana",
        "document_type": "passport",
        "document_number": "<b>!",
        "phone": "12",
        "language": "en",
    }
    for told in ("a digit or letter seems to be wrong", "Enter a mobile number", "Choose a language"):
        assert page.text.count(told) == 2
    assert "<b>!" not in page.text


async def test_asking_too_often_is_refused_for_a_while(city: City, visitor: Visitor) -> None:
    typed = {"document_type": city.documents[1].type, "document_number": city.documents[1].number}
    for _ in range(5):
        await visitor.open("/sign-in/document")
        assert (await visitor.send("/sign-in/document", typed)).status_code == 200
    await visitor.open("/sign-in/document")
    page = await visitor.send("/sign-in/document", typed)
    assert (page.status_code, page.headers["retry-after"]) == (429, "600")
    assert "too many tries" in page.text


async def test_nobody_is_led_to_another_site(world: World, city: City, visitor: Visitor) -> None:
    for address in ELSEWHERE:
        page = await visitor.open(f"/sign-in?{urlencode({'next': address})}")
        assert "next" not in forms_of(page)["/sign-in"].fields, address
    await visitor.sign_in(world, city.documents[0])
    for address in ELSEWHERE:
        answer = await visitor.client.get("/sign-in", params={"next": address})
        assert (answer.status_code, answer.headers["location"]) == (303, "/bookings"), address


async def test_a_forged_form_leads_nowhere_else_either(world: World, city: City, visitor: Visitor) -> None:
    await visitor.open("/sign-in/document")
    typed = {"document_type": city.documents[0].type, "document_number": city.documents[0].number}
    await visitor.send("/sign-in/document", {**typed, "next": "//evil.example"})
    page = await visitor.send(
        "/sign-in/code", {"code": code_in((await said(world))[-1]), "next": "https://evil.example"}
    )
    assert (page.url.host, page.url.path) == ("pages.test", "/bookings")


async def test_a_form_counts_only_from_a_page_of_the_same_visitor(
    app: Litestar, world: World, city: City, visitor: Visitor, fresh_database: FreshDatabase
) -> None:
    await visitor.sign_in(world, city.documents[0])
    async with visiting(app) as other:
        await other.sign_in(world, city.documents[1])
        await other.open(f"/sessions/{city.session_ids[0]}")
        action = f"/sessions/{city.session_ids[0]}/hold"
        stolen = forms_of(other.page)[action].fields
    page = await visitor.open(f"/sessions/{city.session_ids[0]}")
    own = forms_of(page)[action].fields
    before = kept(fresh_database)
    for fields, headers in (
        (stolen, {}),
        ({**own, "csrf": ""}, {}),
        ({**own, "csrf": "é"}, {}),
        ({name: value for name, value in own.items() if name != "csrf"}, {}),
        (own, {"sec-fetch-site": "cross-site"}),
        (own, {"sec-fetch-site": "same-site"}),
        (own, {"origin": "https://evil.example"}),
        (own, {"origin": "null"}),
        (own, {"origin": "http://[broken"}),
    ):
        answer = await visitor.post(action, urlencode(fields).encode(), headers)
        assert answer.status_code == 403, (fields, headers)
        assert "Go back, load it and try again" in answer.text
    assert kept(fresh_database) == before
    for headers in ({"sec-fetch-site": "same-origin", "origin": "null"}, {"origin": "http://pages.test"}):
        answer = await visitor.post(action, urlencode(own).encode(), headers)
        assert answer.status_code == 303


async def test_a_strangers_form_needs_the_cookie_it_came_with(app: Litestar, visitor: Visitor, city: City) -> None:
    await visitor.open("/sign-in/document")
    fields = forms_of(visitor.page)["/sign-in/document"].fields
    async with visiting(app) as other:
        answer = await other.post("/sign-in/document", urlencode(fields).encode())
        assert answer.status_code == 403
    typed = {"document_type": city.documents[0].type, "document_number": city.documents[0].number}
    assert (await visitor.send("/sign-in/document", typed)).status_code == 200


async def test_signing_out_ends_the_session_everywhere(
    app: Litestar, world: World, city: City, visitor: Visitor, fresh_database: FreshDatabase
) -> None:
    await visitor.sign_in(world, city.documents[0])
    token = visitor.client.cookies["firsthand_session"]
    page = await visitor.send("/sign-out")
    assert (page.url.path, "You are signed out" in page.text) == ("/", True)
    assert "firsthand_session" not in visitor.client.cookies
    assert as_owner(fresh_database, "SELECT * FROM identity.session") == []
    async with visiting(app) as thief:
        thief.client.cookies.set("firsthand_session", token)
        page = await thief.open("/bookings")
        assert page.url.path == "/sign-in"


async def test_signing_in_as_somebody_else_ends_the_first_session(
    world: World, city: City, visitor: Visitor, fresh_database: FreshDatabase
) -> None:
    await visitor.sign_in(world, city.documents[0])
    await visitor.sign_in_at_desk()
    assert as_owner(fresh_database, "SELECT subject_kind FROM identity.session") == [("staff",)]


async def test_a_session_that_has_run_out_leads_to_the_sign_in_and_back(
    world: World, city: City, visitor: Visitor, clock: ManualClock
) -> None:
    await visitor.sign_in(world, city.documents[0])
    page = await visitor.open(f"/sessions/{city.session_ids[0]}")
    clock.advance(timedelta(hours=12))
    page = await visitor.send(f"/sessions/{city.session_ids[0]}/hold")
    assert page.url.path == "/sign-in"
    assert page.url.params["next"] == f"/sessions/{city.session_ids[0]}"


async def test_staff_are_told_that_bookings_are_for_persons(visitor: Visitor) -> None:
    page = await visitor.sign_in_at_desk()
    assert page.url.path == "/desk"
    for address in ("/bookings", "/bookings/00000000-0000-0000-0000-000000000001"):
        page = await visitor.open(address)
        assert page.status_code == 403
        assert "You may be signed in as somebody else" in page.text
        assert "Desk 0" in page.text


async def test_a_person_at_the_desk_is_asked_to_sign_in_there(world: World, city: City, visitor: Visitor) -> None:
    await visitor.sign_in(world, city.documents[0])
    for address in ("/desk", "/desk/returned"):
        page = await visitor.open(address)
        assert (page.url.path, page.url.params["next"]) == ("/desk/sign-in", address)


async def test_a_wrong_password_is_told_and_never_shown(visitor: Visitor) -> None:
    await visitor.open("/desk/sign-in")
    page = await visitor.send("/desk/sign-in", {"username": "desk0", "password": "a wrong secret"})
    assert page.status_code == 401
    assert "The user name or the password is not right" in page.text
    assert "a wrong secret" not in page.text
    assert forms_of(page)["/desk/sign-in"].fields["username"] == "desk0"
    page = await visitor.send("/desk/sign-in", {"username": " ", "password": ""})
    assert page.status_code == 422
    assert "Enter your user name" in page.text
    assert "Enter your password" in page.text


async def test_a_clerk_signs_out_to_the_desks_own_sign_in(visitor: Visitor) -> None:
    await visitor.sign_in_at_desk()
    page = await visitor.send("/sign-out")
    assert page.url.path == "/desk/sign-in"
    assert "You are signed out" in page.text


async def test_the_messages_are_shown_on_a_demo_alone(
    world: World, city: City, visitor: Visitor, fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    await visitor.sign_in(world, city.documents[0])
    page = await visitor.open("/demo/outbox")
    assert code_in((await said(world))[-1]) in page.text
    assert "+8613800000000" in page.text
    as_owner(fresh_database, "UPDATE platform.deployment SET kind = 'live' RETURNING kind")
    async with pages(world, tmp_path) as live, visiting(live) as other:
        page = await other.open("/demo/outbox")
        assert page.status_code == 404
        assert "/demo/outbox" not in (await other.open("/sign-in")).text
