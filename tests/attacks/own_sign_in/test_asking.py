"""Attacks by what a provider says, and by where its address leads: into the house, without end, or never.

Each is refused and recorded, and holds nobody up.
"""

import asyncio
import gzip
from uuid import UUID

import pytest

from firsthand.directory.staff_oidc import going, providers
from firsthand.directory.staff_oidc.coming_back import come_back
from firsthand.directory.staff_oidc.limits import TESTS
from firsthand.directory.staff_oidc.model import Back, Going, Outward, Reason, Refused
from firsthand.identity.oidc import web
from firsthand.identity.oidc.model import Why
from firsthand.identity.oidc.remote import Remote
from firsthand.identity.oidc.web import Web
from firsthand.platform.world import World
from tests.attacks.own_sign_in.watching import EVIL
from tests.city import City
from tests.conftest import FreshDatabase
from tests.oidc_provider import OidcProvider, reply
from tests.oidc_scene import admin_of, asking, link, settle
from tests.people import HERE, STRANGER, as_owner, audited


def why_of(database: FreshDatabase) -> object:
    ((why,),) = as_owner(database, "SELECT detail ->> 'why' FROM audit.line ORDER BY n DESC LIMIT 1")
    return why


PLACES = (
    "https://127.0.0.1:{port}/", "https://localhost:{port}/", "https://[::1]:{port}/", "https://0.0.0.0:{port}/",
    "https://127.1:{port}/", "https://2130706433:{port}/", "https://[::ffff:127.0.0.1]:{port}/",
    "https://[64:ff9b::7f00:1]:{port}/", "https://[2002:7f00:1::]:{port}/", "https://10.0.0.1/", "https://192.168.1.1/",
    "https://172.16.0.1/", "https://169.254.169.254/latest/meta-data/", "https://[fd00::1]/", "https://[fe80::1]/",
    "https://100.64.0.1/", "https://224.0.0.1/",
)  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
async def test_nothing_within_the_house_is_asked(place: str, provider: OidcProvider) -> None:
    assert await Web().ask(place.format(port=provider.port)) in {Why.ADDRESS, Why.UNREACHABLE}
    assert provider.heard == []


@pytest.mark.parametrize("place", PLACES[9:])
async def test_a_demo_asks_its_own_machine_and_nothing_else_within(place: str) -> None:
    assert await Web(plain_loopback=True).ask(place) in {Why.ADDRESS, Why.UNREACHABLE}


@pytest.mark.parametrize(
    "url", ["http://93.184.215.14/", "file:///etc/passwd", "ftp://hospital.example/", "https://", ""]
)
async def test_nothing_is_asked_otherwise_than_by_https(url: str) -> None:
    assert await Web(["0.0.0.0/0"]).ask(url) is Why.ADDRESS


def bomb() -> bytes:
    """Return a small answer that unpacks to 20 MB."""
    return reply("200 OK", gzip.compress(b" " * 20_000_000), headers=("Content-Encoding: gzip",))


ANSWERS: dict[str, tuple[bytes, Why]] = {
    "an enormous one": (reply("200 OK", b"[" + b" " * 300_000), Why.TOO_LARGE),
    "one that unpacks to something enormous": (bomb(), Why.ANSWER),
    "one that leads elsewhere": (reply("302 Found", b"", headers=(f"Location: {EVIL}/",)), Why.LED_ELSEWHERE),
    "one that leads into the house": (
        reply("307 Temporary Redirect", b"", headers=("Location: http://169.254.169.254/",)),
        Why.LED_ELSEWHERE,
    ),
    "a page": (reply("200 OK", b"<html>", kind="text/html"), Why.ANSWER),
    "a list": (reply("200 OK", []), Why.ANSWER),
    "one as deep as can be": (reply("200 OK", b"[" * 100_000), Why.ANSWER),
    "an error": (reply("500 Internal Server Error", {"error": "x"}), Why.STATUS),
    "an error that is a page": (reply("503 Service Unavailable", b"<html>"), Why.STATUS),
    "no HTTP": (b"\x00\x01\x02\r\n\r\n", Why.UNREACHABLE),
    "one that breaks off": (b"200 OK\r\nContent-Length: 100\r\n\r\n{", Why.UNREACHABLE),
}


def outward(unlinked_id: UUID) -> Outward:
    return Outward(unlinked_id, HERE, f"https://firsthand.example/staff/oidc/back/{unlinked_id}", "")


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/keys"])
@pytest.mark.parametrize("name", ANSWERS)
async def test_what_a_provider_says_of_itself_does_no_harm(
    world: World,
    city: City,
    provider: OidcProvider,
    unlinked_id: UUID,
    fresh_database: FreshDatabase,
    path: str,
    name: str,
) -> None:
    answer, why = ANSWERS[name]
    provider.wrong.answers[path] = answer
    tried = await providers.test_provider(world, admin_of(city), asking(), unlinked_id)
    assert tried == Refused(Reason.PROVIDER_DOWN, why)
    assert audited(fresh_database)[-1] == ("directory.test_own_sign_in", "provider_down")
    assert why_of(fresh_database) == why.value


METADATA: dict[str, tuple[dict[str, object], Why]] = {
    "calls itself otherwise": ({"issuer": EVIL}, Why.ISSUER),
    "calls itself by a list": ({"issuer": [EVIL]}, Why.ISSUER),
    "calls itself nothing": ({"issuer": None}, Why.ISSUER),
    "has a sign-in without encryption": ({"authorization_endpoint": "http://evil.example/a"}, Why.METADATA),
    "has a sign-in that is a script": ({"authorization_endpoint": "javascript:alert(1)"}, Why.METADATA),
    "has a sign-in with a line in it": ({"authorization_endpoint": "https://a.example/\r\nX: y"}, Why.METADATA),
    "has no sign-in": ({"authorization_endpoint": None}, Why.METADATA),
    "exchanges codes in a file": ({"token_endpoint": "file:///etc/passwd"}, Why.METADATA),
    "keeps its keys in a file": ({"jwks_uri": "file:///etc/passwd"}, Why.METADATA),
    "keeps its keys with a user in front": ({"jwks_uri": "https://a@evil.example/"}, Why.METADATA),
    "signs out by a script": ({"end_session_endpoint": "javascript:alert(1)"}, Why.METADATA),
    "tells of people without encryption": ({"userinfo_endpoint": "http://evil.example/"}, Why.METADATA),
    "takes no code": ({"response_types_supported": ["id_token"]}, Why.METADATA),
    "takes PKCE in the clear alone": ({"code_challenge_methods_supported": ["plain"]}, Why.METADATA),
    "signs by a shared key alone": ({"id_token_signing_alg_values_supported": ["HS256"]}, Why.METADATA),
    "signs by nothing": ({"id_token_signing_alg_values_supported": "RS256"}, Why.METADATA),
    "wants a secret otherwise": ({"token_endpoint_auth_methods_supported": ["private_key_jwt"]}, Why.METADATA),
}


@pytest.mark.parametrize("name", METADATA)
async def test_a_provider_that_will_not_do_is_not_gone_to(
    world: World, provider: OidcProvider, unlinked_id: UUID, fresh_database: FreshDatabase, name: str
) -> None:
    changed, why = METADATA[name]
    provider.wrong.metadata = changed
    begun = await going.begin_sign_in(world, STRANGER, asking(), outward(unlinked_id))
    assert begun == Refused(Reason.PROVIDER_DOWN, why)
    assert audited(fresh_database)[-1] == ("directory.begin_own_sign_in", "provider_down")
    assert as_owner(fresh_database, "SELECT count(*) FROM identity.oidc_start") == [(0,)]


async def answer_of(world: World, remote: Remote, provider: OidcProvider, unlinked_id: UUID) -> object:
    """Go to the provider and come back."""
    there = outward(unlinked_id)
    begun = await going.begin_sign_in(world, STRANGER, remote, there)
    assert isinstance(begun, Going), begun
    brought = dict(pair.split("=", 1) for pair in provider.sign_in(begun.address).partition("?")[2].split("&"))
    back = Back(
        unlinked_id, brought["state"], brought["code"], "", provider.issuer, begun.browser, HERE, there.back, None
    )
    return await come_back(world, STRANGER, remote, back)


@pytest.mark.parametrize("path", ["/token", "/keys", "/.well-known/openid-configuration"])
async def test_a_provider_that_never_answers_holds_nobody_up(
    world: World,
    provider: OidcProvider,
    unlinked_id: UUID,
    fresh_database: FreshDatabase,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
) -> None:
    """Each question is given up, and no connection to the database waits for it."""
    monkeypatch.setattr(web, "ASK_SECONDS_MAX", 0.3)
    provider.wrong.silent.add(path)
    if path.startswith("/.well-known"):
        asked = [going.begin_sign_in(world, STRANGER, asking(), outward(unlinked_id)) for _ in range(20)]
        assert set(await asyncio.gather(*asked)) == {Refused(Reason.PROVIDER_DOWN, Why.TOOK_TOO_LONG)}
    else:
        found = await answer_of(world, asking(), provider, unlinked_id)
        assert found == Refused(Reason.PROVIDER_DOWN, Why.TOOK_TOO_LONG)
    assert why_of(fresh_database) == "took_too_long"


async def test_many_who_wait_for_one_provider_ask_it_once(
    world: World, provider: OidcProvider, unlinked_id: UUID
) -> None:
    remote, before = asking(), provider.asks("/.well-known/openid-configuration")
    there = outward(unlinked_id)
    begun = await asyncio.gather(*(going.begin_sign_in(world, STRANGER, remote, there) for _ in range(20)))
    assert all(isinstance(one, Going) for one in begun)
    assert provider.asks("/.well-known/openid-configuration") == before + 1


async def test_a_provider_that_forgets_to_check_pkce_still_gets_the_verifier(
    world: World, provider: OidcProvider, unlinked_id: UUID
) -> None:
    await link(world, unlinked_id)
    assert not isinstance(await answer_of(world, asking(), provider, unlinked_id), Refused)
    (heard,) = [heard for heard in provider.heard if heard.path == "/token"]
    assert len(heard.fields["code_verifier"]) >= 43
    assert heard.fields["grant_type"] == "authorization_code"
    assert "client_secret" not in heard.fields


@pytest.mark.parametrize(
    ("userinfo", "why"),
    [
        ({"sub": "another", "employee_number": "77"}, "userinfo"),
        ({"employee_number": 77}, "claim"),
        ({"employee_number": "7\n7"}, "claim"),
        ({}, "claim"),
    ],
    ids=["of somebody else", "a number", "with a line in it", "nothing"],
)
async def test_what_is_said_of_somebody_else_names_nobody(
    world: World,
    city: City,
    provider: OidcProvider,
    fresh_database: FreshDatabase,
    userinfo: dict[str, object],
    why: str,
) -> None:
    settled = await settle(world, city, provider, claim="employee_number")
    await link(world, settled, subject="77")
    provider.wrong.userinfo = userinfo
    found = await answer_of(world, asking(), provider, settled)
    assert isinstance(found, Refused)
    assert found.reason is Reason.ANSWER_WRONG
    assert why_of(fresh_database) == why
    provider.wrong.userinfo = {"employee_number": "77"}
    assert not isinstance(await answer_of(world, asking(), provider, settled), Refused)


async def test_an_administrator_cannot_have_addresses_asked_without_end(
    world: World, city: City, provider: OidcProvider, unlinked_id: UUID, fresh_database: FreshDatabase
) -> None:
    remote, before = asking(), len(provider.heard)
    for _ in range(TESTS.attempts_max):
        assert await providers.test_provider(world, admin_of(city), remote, unlinked_id) is None
    asked = len(provider.heard)
    refused = await providers.test_provider(world, admin_of(city), remote, unlinked_id)
    assert refused == Refused(Reason.TOO_MANY_TRIES)
    assert len(provider.heard) == asked > before
    assert audited(fresh_database)[-1] == ("directory.test_own_sign_in", "too_many_requests")
