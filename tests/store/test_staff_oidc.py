"""Staff sign in through their hospital's own sign-in, on the real application and a real provider."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from litestar import Litestar

from firsthand.directory.staff.actions import deactivate_staff
from firsthand.directory.staff_oidc import providers
from firsthand.directory.staff_sign_in.model import Refused
from firsthand.directory.staff_sign_in.resets import reset_second_factor
from firsthand.identity.oidc.model import Why
from firsthand.identity.oidc.web import Answer, Web
from firsthand.identity.session.actions import delete_expired
from firsthand.identity.session.model import Method
from firsthand.platform.clock import ManualClock
from firsthand.platform.world import World
from tests.city import City, Opening, make_city
from tests.conftest import FreshDatabase
from tests.gateways import make_certificates
from tests.oidc_provider import OidcProvider, key_named, open_provider, reply
from tests.oidc_scene import Traveller, asked_of, link, settle
from tests.people import SYSTEM, as_owner, audited
from tests.visitor import BASE_URL, forms_of, pages, visiting


@pytest.fixture
async def city(world: World) -> City:
    return await make_city(world, sessions=[Opening(), Opening(hospital=1)])


@pytest.fixture
async def provider(clock: ManualClock) -> AsyncIterator[OidcProvider]:
    async with open_provider(OidcProvider(now=clock.now)) as opened:
        yield opened


@pytest.fixture
async def app(world: World, city: City, tmp_path: Path) -> AsyncIterator[Litestar]:
    assert city.staff_ids
    async with pages(world, tmp_path) as served:
        yield served


@pytest.fixture
async def traveller(app: Litestar) -> AsyncIterator[Traveller]:
    async with visiting(app) as visitor:
        yield Traveller(visitor)


async def test_a_member_signs_in_through_the_hospital(
    world: World, city: City, provider: OidcProvider, traveller: Traveller, fresh_database: FreshDatabase
) -> None:
    provider_id = await settle(world, city, provider)
    await link(world, provider_id)
    address = await traveller.leave(provider_id, leads_to="/desk/people")
    asked = asked_of(address)
    assert address.startswith(f"{provider.issuer}/authorize?")
    assert asked["redirect_uri"] == f"{BASE_URL}/staff/oidc/back/{provider_id}"
    assert asked["scope"] == "openid"
    assert asked["code_challenge_method"] == "S256"
    assert asked["max_age"] == "36000"
    page = await traveller.come_back(provider.sign_in(address))
    assert page.url.path == "/staff/oidc"  # somebody else linked him: he sees it first
    assert "New: if it is not yours" in page.text
    page = await traveller.visitor.open("/desk/people")
    assert page.status_code == 200
    rows = as_owner(fresh_database, "SELECT method, hospital_id, subject_id FROM identity.session")
    assert rows == [(Method.OIDC, city.hospital_ids[0], city.staff_ids[0])]
    assert ("directory.sign_in_staff", "done") in audited(fresh_database)
    assert as_owner(fresh_database, "SELECT count(*) FROM identity.oidc_start") == [(0,)]


async def test_whoever_goes_in_by_a_way_of_his_own_links_his_account_and_removes_it(
    world: World, city: City, provider: OidcProvider, traveller: Traveller, fresh_database: FreshDatabase
) -> None:
    provider_id = await settle(world, city, provider)
    visitor = traveller.visitor
    await visitor.sign_in_at_desk()
    page = await visitor.open("/staff/oidc")
    assert "No account is linked" in page.text
    fields = forms_of(page)["/staff/oidc/link"].fields | {"provider": str(provider_id)}
    page = await traveller.come_back(provider.sign_in(await traveller.post("/staff/oidc/link", fields)))
    assert "The account is linked" in page.text
    assert "staff-0001" in page.text
    assert "New: if it is not yours" not in page.text
    assert as_owner(fresh_database, "SELECT staff_id, linked_by FROM identity.oidc_link") == [
        (city.staff_ids[0], city.staff_ids[0])
    ]
    page = await visitor.send("/staff/oidc/unlink")
    assert "The account is no longer linked" in page.text
    assert as_owner(fresh_database, "SELECT count(*) FROM identity.oidc_link") == [(0,)]
    done = [action for action, outcome in audited(fresh_database) if outcome == "done"]
    assert done[-3:] == [
        "directory.begin_own_link",
        "directory.link_own_account",
        "directory.unlink_own_account",
    ]


async def test_the_provider_proves_anew_who_sits_there(
    world: World,
    city: City,
    provider: OidcProvider,
    traveller: Traveller,
    clock: ManualClock,
    fresh_database: FreshDatabase,
) -> None:
    provider_id = await settle(world, city, provider)
    await link(world, provider_id)
    await traveller.sign_in(provider, provider_id)
    query = "SELECT token_hash, created_at, expires_at, duty_id FROM identity.session"
    ((token, created, expires, duty),) = as_owner(fresh_database, query)
    clock.advance(timedelta(minutes=30))
    csrf = forms_of(await traveller.visitor.open("/staff/oidc"))["/staff/oidc/unlink"].fields
    stale = await traveller.visitor.client.post("/staff/oidc/unlink", data=csrf)
    assert stale.headers["location"] == "/staff/oidc/again?next=%2Fstaff%2Foidc"
    page = await traveller.visitor.open(stale.headers["location"])
    address = await traveller.post("/staff/oidc/again", forms_of(page)["/staff/oidc/again"].fields)
    assert (asked_of(address)["prompt"], asked_of(address)["max_age"]) == ("login", "0")
    page = await traveller.come_back(provider.sign_in(address))
    assert page.url.path == "/staff/oidc"
    ((other, fresh, until, same),) = as_owner(fresh_database, query)
    assert other != token
    assert fresh == clock.now() != created
    assert (until, same) == (expires, duty)
    assert "The account is no longer linked" in (await traveller.visitor.send("/staff/oidc/unlink")).text


async def test_a_session_is_as_fresh_as_the_proof_behind_it(
    world: World, city: City, provider: OidcProvider, traveller: Traveller, fresh_database: FreshDatabase
) -> None:
    provider_id = await settle(world, city, provider)
    await link(world, provider_id)
    long_ago = provider.now() - timedelta(hours=3)
    provider.wrong.claims = {"auth_time": int(long_ago.timestamp())}
    await traveller.sign_in(provider, provider_id)
    assert as_owner(fresh_database, "SELECT created_at FROM identity.session") == [(long_ago,)]
    csrf = forms_of(await traveller.visitor.open("/staff/oidc"))["/staff/oidc/unlink"].fields
    stale = await traveller.visitor.client.post("/staff/oidc/unlink", data=csrf)
    assert stale.headers["location"].startswith("/staff/oidc/again")


async def test_signing_out_here_offers_to_sign_out_there(
    world: World, city: City, provider: OidcProvider, traveller: Traveller, fresh_database: FreshDatabase
) -> None:
    provider_id = await settle(world, city, provider)
    await link(world, provider_id)
    await traveller.sign_in(provider, provider_id)
    action = "/sign-out" if "/sign-out" in forms_of(traveller.visitor.page) else "/desk/sign-out"
    page = await traveller.visitor.send(action)
    assert "You are signed out here" in page.text
    there = f"{provider.issuer}/end?client_id=firsthand+at+the+hospital&amp;post_logout_redirect_uri="
    assert there in page.text
    assert sessions_left(fresh_database) == 0


@pytest.mark.parametrize("gone", ["no endpoint", "off", "down"])
async def test_signing_out_needs_no_provider(
    world: World, city: City, provider: OidcProvider, traveller: Traveller, gone: str
) -> None:
    provider_id = await settle(world, city, provider)
    match gone:
        case "no endpoint":
            provider.wrong.metadata = {"end_session_endpoint": None}
        case "down":
            provider.wrong.answers["/.well-known/openid-configuration"] = reply("500 Oh", {})
        case _:
            assert await providers.disable_provider(world, SYSTEM, provider_id) is None
    page = await traveller.visitor.open(f"/staff/oidc/signed-out?provider={provider_id}")
    assert page.url.path == "/desk/sign-in"


def sessions_left(database: FreshDatabase) -> object:
    ((count,),) = as_owner(database, "SELECT count(*) FROM identity.session")
    return count


KINDS: dict[str, dict[str, object]] = {
    "ES256": {"algorithms": frozenset({"ES256"})},
    "PS256": {"algorithms": frozenset({"PS256", "RS256"})},
    "acr": {"amr": "", "acr": "loa-1 loa-2"},
    "claim": {"claim": "oid"},
    "secret in the body": {},
    "does not name itself": {},
    "a long code": {},
}


@pytest.mark.parametrize("kind", KINDS)
async def test_providers_differ(
    world: World, city: City, provider: OidcProvider, traveller: Traveller, fresh_database: FreshDatabase, kind: str
) -> None:
    match kind:
        case "ES256":
            key_named("ec-1", kind="EC")
            provider.keys, provider.signing, provider.algorithm = ["key-1", "ec-1"], "ec-1", "ES256"
        case "PS256":
            provider.algorithm = "PS256"
        case "acr":
            provider.wrong.claims = {"acr": "loa-2", "amr": None}
        case "claim":
            provider.wrong.claims = {"oid": "staff-0001", "sub": "something pairwise"}
        case "secret in the body":
            provider.wrong.metadata = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
        case "does not name itself":
            provider.wrong.metadata = {"authorization_response_iss_parameter_supported": None}
            provider.wrong.response = {"iss": None}
        case _:
            provider.code_characters = 3000
    provider_id = await settle(world, city, provider, 0, **KINDS[kind])
    await link(world, provider_id)
    assert (await traveller.sign_in(provider, provider_id)).status_code == 200
    assert sessions_left(fresh_database) == 1


async def test_what_ends_with_an_attempt_an_account_or_a_reset(
    world: World,
    city: City,
    provider: OidcProvider,
    traveller: Traveller,
    clock: ManualClock,
    fresh_database: FreshDatabase,
) -> None:
    provider_id = await settle(world, city, provider)
    await link(world, provider_id)
    await traveller.leave(provider_id)
    starts = "SELECT count(*) FROM identity.oidc_start"
    await delete_expired(world, SYSTEM)
    assert as_owner(fresh_database, starts) == [(1,)]
    clock.advance(timedelta(minutes=10))
    await delete_expired(world, SYSTEM)
    assert as_owner(fresh_database, starts) == [(0,)]
    assert not isinstance(await reset_second_factor(world, SYSTEM, city.staff_ids[0]), Refused)
    assert as_owner(fresh_database, "SELECT count(*) FROM identity.oidc_link") == [(0,)]
    await link(world, provider_id)
    assert await deactivate_staff(world, SYSTEM, city.staff_ids[0]) is None
    assert as_owner(fresh_database, "SELECT count(*) FROM identity.oidc_link") == [(0,)]


async def test_a_sign_in_page_without_providers_offers_none(traveller: Traveller) -> None:
    assert "/staff/oidc/start" not in forms_of(await traveller.visitor.open("/desk/sign-in"))


async def test_a_provider_is_asked_by_https_and_its_certificate_is_checked(tmp_path: Path) -> None:
    certificates, mine = make_certificates(tmp_path), ["127.0.0.0/8", "::1/128"]
    provider = OidcProvider()
    server = await asyncio.start_server(provider.serve, "127.0.0.1", 0, ssl=certificates.server)
    port = server.sockets[0].getsockname()[1]
    async with server:
        good = await Web(mine, tls=certificates.client).ask(f"https://127.0.0.1:{port}/keys")
        assert isinstance(good, Answer)
        assert good.status == 200
        assert provider.heard[-1].headers["host"] == f"127.0.0.1:{port}"
        unknown = await Web(mine).ask(f"https://127.0.0.1:{port}/keys")
        assert unknown is Why.UNREACHABLE
        of_another = await Web(mine, tls=certificates.client).ask(f"https://localhost:{port}/keys")
        assert of_another is Why.UNREACHABLE
        unlisted = await Web(tls=certificates.client).ask(f"https://127.0.0.1:{port}/keys")
        assert unlisted is Why.ADDRESS
        in_the_clear = await Web(mine).ask(f"http://127.0.0.1:{port}/keys")
        assert in_the_clear is Why.ADDRESS
    assert len(provider.heard) == 1
