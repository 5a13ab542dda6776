"""Attacks by what a browser brings back, and by how it is sent out: changed, stolen, replayed or planted answers.

Each is refused and recorded, and opens nothing.
"""

import asyncio
from datetime import timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import UUID

import pytest
from litestar import Litestar

from firsthand.directory.staff_oidc import linking
from firsthand.directory.staff_oidc.limits import PER_ADDRESS
from firsthand.platform.clock import ManualClock
from firsthand.platform.world import World
from tests.attacks.own_sign_in.watching import EVIL, last_line, refused, sessions
from tests.city import City
from tests.conftest import FreshDatabase
from tests.oidc_provider import OidcProvider, open_provider
from tests.oidc_scene import Traveller, settle
from tests.people import as_owner
from tests.visitor import BASE_URL, forms_of, visiting


def query(address: str, **changed: str | None) -> str:
    """Return an address with members of its query changed, or left out where they are None."""
    parts = urlsplit(address)
    fields = dict(parse_qsl(parts.query)) | changed
    kept = urlencode({name: value for name, value in fields.items() if value is not None})
    return f"{BASE_URL}{parts.path}?{kept}"


CALLBACKS: dict[str, tuple[dict[str, str | None], str, str]] = {
    "another state": ({"state": "guess"}, "attempt_over", "state"),
    "no state": ({"state": None}, "attempt_over", "state"),
    "an enormous state": ({"state": "s" * 7000}, "attempt_over", "state"),
    "another provider's answer": ({"iss": EVIL}, "answer_wrong", "response_issuer"),
    "an answer that does not say whose it is": ({"iss": None}, "answer_wrong", "response_issuer"),
    "no code": ({"code": None}, "answer_wrong", "code_missing"),
    "a code that was guessed": ({"code": "guess"}, "answer_wrong", "exchange"),
    "a code with more parameters in it": ({"code": "x&client_id=another"}, "answer_wrong", "exchange"),
    "a code with a header in it": ({"code": "x\r\nHost: evil.example"}, "answer_wrong", "exchange"),
    "an error beside a code": ({"error": "access_denied"}, "answer_wrong", "denied"),
    "an error that is a page": ({"error": "<script>alert(1)</script>"}, "answer_wrong", "denied"),
}


@pytest.mark.parametrize("name", CALLBACKS)
async def test_a_changed_answer_opens_nothing(
    provider: OidcProvider, provider_id: UUID, traveller: Traveller, fresh_database: FreshDatabase, name: str
) -> None:
    changed, outcome, why = CALLBACKS[name]
    back = provider.sign_in(await traveller.leave(provider_id))
    page = await traveller.come_back(query(back, **changed))
    assert page.status_code == 401
    assert "<script>alert" not in page.text
    assert "evil.example" not in page.text
    refused(fresh_database, outcome, why)


@pytest.mark.parametrize("text", ["state=a%00b", "state=%ff%fe", "state=" + "s" * 8001, "&".join(["a=b"] * 100)])
async def test_an_answer_that_is_none_is_a_bad_request(
    provider_id: UUID, traveller: Traveller, fresh_database: FreshDatabase, text: str
) -> None:
    page = await traveller.visitor.open(f"/staff/oidc/back/{provider_id}?{text}")
    assert page.status_code == 400
    assert sessions(fresh_database) == 0


@pytest.mark.parametrize("where", ["not-an-id", "00000000-0000-0000-0000-000000000000", "..%2F..%2Fdesk"])
async def test_an_answer_of_no_provider_opens_nothing(
    provider: OidcProvider, provider_id: UUID, traveller: Traveller, fresh_database: FreshDatabase, where: str
) -> None:
    back = urlsplit(provider.sign_in(await traveller.leave(provider_id)))
    page = await traveller.visitor.open(f"/staff/oidc/back/{where}?{back.query}")
    assert page.status_code in {401, 404}
    assert sessions(fresh_database) == 0


async def test_an_answer_is_taken_once(
    provider: OidcProvider, provider_id: UUID, traveller: Traveller, fresh_database: FreshDatabase
) -> None:
    back = provider.sign_in(await traveller.leave(provider_id))
    cookie = traveller.visitor.client.cookies["firsthand_oidc"]
    assert (await traveller.come_back(back)).status_code == 200
    traveller.visitor.client.cookies.clear()
    traveller.visitor.client.cookies.set("firsthand_oidc", cookie)
    assert (await traveller.come_back(back)).status_code == 401
    assert last_line(fresh_database) == ("directory.sign_in_staff", "attempt_over", "state")
    assert sessions(fresh_database) == 1


async def test_a_used_code_is_not_taken_with_a_new_state(
    provider: OidcProvider, provider_id: UUID, traveller: Traveller, fresh_database: FreshDatabase
) -> None:
    first = provider.sign_in(await traveller.leave(provider_id))
    assert (await traveller.come_back(first)).status_code == 200
    traveller.visitor.client.cookies.clear()
    second = provider.sign_in(await traveller.leave(provider_id))
    stolen = dict(parse_qsl(urlsplit(first).query))["code"]
    assert (await traveller.come_back(query(second, code=stolen))).status_code == 401
    assert last_line(fresh_database)[1:] == ("answer_wrong", "exchange")
    assert sessions(fresh_database) == 1


async def test_a_stolen_code_is_worth_nothing_in_another_browser(
    app: Litestar, provider: OidcProvider, provider_id: UUID, traveller: Traveller, fresh_database: FreshDatabase
) -> None:
    """The code was asked for with another PKCE challenge."""
    stolen = dict(parse_qsl(urlsplit(provider.sign_in(await traveller.leave(provider_id))).query))["code"]
    async with visiting(app) as thief:
        second = provider.sign_in(await Traveller(thief).leave(provider_id))
        assert (await Traveller(thief).come_back(query(second, code=stolen))).status_code == 401
    refused(fresh_database, "answer_wrong", "exchange")
    assert provider.heard[-1].fields["code_verifier"]


async def test_the_whole_answer_is_worth_nothing_in_another_browser(
    app: Litestar, provider: OidcProvider, provider_id: UUID, traveller: Traveller, fresh_database: FreshDatabase
) -> None:
    """Login CSRF: somebody is led to come back with another one's sign-in."""
    evil = provider.sign_in(await traveller.leave(provider_id))
    async with visiting(app) as victim:
        await victim.open("/desk/sign-in")
        assert (await Traveller(victim).come_back(evil)).status_code == 401
        refused(fresh_database, "attempt_over", "state")
        await Traveller(victim).leave(provider_id)  # also not while he is on a way of his own
        assert (await Traveller(victim).come_back(evil)).status_code == 401
    refused(fresh_database, "attempt_over", "state")


async def test_an_attempt_runs_out(
    provider: OidcProvider,
    provider_id: UUID,
    traveller: Traveller,
    clock: ManualClock,
    fresh_database: FreshDatabase,
) -> None:
    address = await traveller.leave(provider_id)
    clock.advance(timedelta(minutes=10))
    assert (await traveller.come_back(provider.sign_in(address))).status_code == 401
    refused(fresh_database, "attempt_over", "state")


async def test_one_answer_in_many_windows_at_once_signs_in_once(
    provider: OidcProvider, provider_id: UUID, traveller: Traveller, fresh_database: FreshDatabase
) -> None:
    back = provider.sign_in(await traveller.leave(provider_id))
    client = traveller.visitor.client
    answers = await asyncio.gather(*(client.get(back) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [303] + [401] * 7
    assert sessions(fresh_database) == 1


async def test_the_answer_of_one_provider_is_not_taken_for_another_ones(
    world: World, city: City, clock: ManualClock, provider_id: UUID, traveller: Traveller, fresh_database: FreshDatabase
) -> None:
    """Mix-up: a bad hospital's provider sends the browser back as if it were the good one."""
    async with open_provider(OidcProvider(now=clock.now)) as bad:
        bad_id = await settle(world, city, bad, hospital=1)
        back = bad.sign_in(await traveller.leave(bad_id))
        parts = urlsplit(back)
        moved = f"{BASE_URL}/staff/oidc/back/{provider_id}?{parts.query}"
        assert (await traveller.come_back(moved)).status_code == 401
        refused(fresh_database, "attempt_over", "state")


async def test_the_address_to_come_back_to_is_not_the_visitors_to_choose(
    provider: OidcProvider, provider_id: UUID, traveller: Traveller
) -> None:
    await traveller.visitor.open("/desk/sign-in")
    fields = forms_of(traveller.visitor.page)["/staff/oidc/start"].fields | {
        "provider": str(provider_id),
        "redirect_uri": f"{EVIL}/back",
        "client_id": "another",
    }
    headers = {"host": "evil.example", "x-forwarded-host": "evil.example", "sec-fetch-site": "same-origin"}
    answer = await traveller.visitor.client.post("/staff/oidc/start", data=fields, headers=headers)
    asked = dict(parse_qsl(urlsplit(answer.headers["refresh"]).query))
    assert asked["redirect_uri"] == f"{BASE_URL}/staff/oidc/back/{provider_id}"
    assert asked["client_id"] == "firsthand at the hospital"
    assert provider.issuer in answer.headers["refresh"]


@pytest.mark.parametrize(
    "leads_to",
    ["//evil.example", "https://evil.example", "/\\evil.example", "/desk\r\nSet-Cookie: a=b", "javascript:alert(1)"],
)
async def test_nobody_is_led_elsewhere_after_signing_in(
    world: World, provider: OidcProvider, provider_id: UUID, traveller: Traveller, leads_to: str, city: City
) -> None:
    await linking.note_links_told(world, city.desk())
    await traveller.visitor.open("/desk/sign-in")
    fields = forms_of(traveller.visitor.page)["/staff/oidc/start"].fields
    address = await traveller.post("/staff/oidc/start", fields | {"provider": str(provider_id), "next": leads_to})
    answer = await traveller.visitor.client.get(provider.sign_in(address))
    assert answer.status_code == 303
    assert answer.headers["location"] == "/desk"
    assert not any("a=b" in cookie for cookie in answer.headers.get_list("set-cookie"))


async def test_a_session_that_was_planted_before_is_not_the_one_that_opens(
    provider: OidcProvider, provider_id: UUID, traveller: Traveller
) -> None:
    address = await traveller.leave(provider_id)
    traveller.visitor.client.cookies.set("firsthand_session", "planted", domain="pages.test")
    await traveller.come_back(provider.sign_in(address))
    kept = {cookie.value for cookie in traveller.visitor.client.cookies.jar if cookie.name == "firsthand_session"}
    assert kept
    assert "planted" not in kept


async def test_nobody_is_sent_out_by_another_sites_form(
    provider: OidcProvider, provider_id: UUID, traveller: Traveller, fresh_database: FreshDatabase
) -> None:
    await traveller.visitor.open("/desk/sign-in")
    for fields, headers in (
        ({"provider": str(provider_id), "csrf": "guess"}, {}),
        (
            forms_of(traveller.visitor.page)["/staff/oidc/start"].fields | {"provider": str(provider_id)},
            {"sec-fetch-site": "cross-site", "origin": EVIL},
        ),
    ):
        answer = await traveller.visitor.client.post("/staff/oidc/start", data=fields, headers=headers)
        assert answer.status_code == 403
    assert as_owner(fresh_database, "SELECT count(*) FROM identity.oidc_start") == [(0,)]
    assert provider.asks("/authorize") == 0


async def test_an_address_cannot_be_sent_out_without_end(
    provider_id: UUID, traveller: Traveller, fresh_database: FreshDatabase
) -> None:
    await traveller.visitor.open("/desk/sign-in")
    fields = forms_of(traveller.visitor.page)["/staff/oidc/start"].fields | {"provider": str(provider_id)}
    for _ in range(PER_ADDRESS.attempts_max):
        assert (await traveller.visitor.client.post("/staff/oidc/start", data=fields)).status_code == 200
    answer = await traveller.visitor.client.post("/staff/oidc/start", data=fields)
    assert answer.status_code == 429
    assert answer.headers["retry-after"]
    assert last_line(fresh_database) == ("directory.begin_own_sign_in", "too_many_requests", None)
