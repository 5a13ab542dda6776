"""Attacks on hospitals' own sign-ins: what comes back from a provider, by whom, and what it opens.

Each is refused and recorded, and opens nothing. Attacks on how one is settled and asked are in `test_oidc_settling.py`.
"""

import asyncio
import base64
import hmac
import json
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import UUID

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey
from litestar import Litestar

from firsthand.directory.staff.actions import deactivate_staff
from firsthand.directory.staff.duties import end_duty, give_duty, read_duties
from firsthand.directory.staff.model import Duty
from firsthand.directory.staff_oidc import linking, providers
from firsthand.directory.staff_oidc.limits import PER_ADDRESS
from firsthand.platform.access import Role
from firsthand.platform.clock import ManualClock
from firsthand.platform.world import World
from tests.city import SYSTEM, City, Opening, make_city
from tests.conftest import FreshDatabase
from tests.oidc_provider import OidcProvider, Wrong, key_named, open_provider, reply
from tests.oidc_scene import Traveller, asking, link, settle, typed
from tests.people import as_owner
from tests.visitor import BASE_URL, Visitor, forms_of, pages, visiting

EVIL = "https://evil.example"
Change = Callable[[OidcProvider], None]


@pytest.fixture
async def city(world: World) -> City:
    return await make_city(world, sessions=[Opening(), Opening(hospital=1)])


@pytest.fixture
async def provider(clock: ManualClock) -> AsyncIterator[OidcProvider]:
    async with open_provider(OidcProvider(now=clock.now)) as opened:
        yield opened


@pytest.fixture
async def provider_id(world: World, city: City, provider: OidcProvider) -> UUID:
    settled = await settle(world, city, provider)
    await link(world, settled)
    return settled


@pytest.fixture
async def app(world: World, city: City, tmp_path: Path) -> AsyncIterator[Litestar]:
    assert city.staff_ids
    async with pages(world, tmp_path) as served:
        yield served


@pytest.fixture
async def traveller(app: Litestar) -> AsyncIterator[Traveller]:
    async with visiting(app) as visitor:
        yield Traveller(visitor)


def sessions(database: FreshDatabase) -> int:
    ((count,),) = as_owner(database, "SELECT count(*) FROM identity.session")
    assert isinstance(count, int)
    return count


def last_line(database: FreshDatabase) -> tuple[object, ...]:
    query = "SELECT action, outcome, detail ->> 'why' FROM audit.line ORDER BY n DESC LIMIT 1"
    return as_owner(database, query)[0]


def refused(database: FreshDatabase, outcome: str, why: str | None = None) -> None:
    assert last_line(database) == ("directory.sign_in_staff", outcome, why)
    assert sessions(database) == 0


# --- tokens -----------------------------------------------------------------------------------------------------------


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unsigned(header: dict[str, Any], claims: dict[str, Any]) -> str:
    head = header | {"alg": "none"}
    return f"{b64(json.dumps(head).encode())}.{b64(json.dumps(claims).encode())}."


def by_public_key(header: dict[str, Any], claims: dict[str, Any]) -> str:
    """Sign by HS256 with the public key, which everybody knows, as the shared secret."""
    pem = key_named("key-1").as_pem(private=False)
    head = header | {"alg": "HS256"}
    signing = f"{b64(json.dumps(head).encode())}.{b64(json.dumps(claims).encode())}"
    return f"{signing}.{b64(hmac.digest(pem, signing.encode(), 'sha256'))}"


def by_foreign_key(header: dict[str, Any], claims: dict[str, Any]) -> str:
    return jwt.encode(header, claims, key_named("evil-key"), algorithms=["RS256"])


def with_own_key(header: dict[str, Any], claims: dict[str, Any]) -> str:
    """Sign by a key of one's own, and say in the header where it is to be found."""
    head = header | {"jku": f"{EVIL}/keys", "x5u": f"{EVIL}/certificate"}
    return jwt.encode(head, claims, key_named("evil-key"), algorithms=["RS256"])


def with_key_in_it(header: dict[str, Any], claims: dict[str, Any]) -> str:
    """Sign by a key of one's own, and bring it along in the header."""
    public = key_named("evil-ec", kind="EC").as_dict(private=False)
    head = header | {"alg": "RS256", "jwk": public}
    return jwt.encode(head, claims, key_named("evil-key"), algorithms=["RS256"])


def tampered(header: dict[str, Any], claims: dict[str, Any]) -> str:
    head, _, signature = jwt.encode(header, claims, key_named("key-1")).split(".")
    return f"{head}.{b64(json.dumps(claims | {'sub': 'staff-0002'}).encode())}.{signature}"


def must_understand(header: dict[str, Any], claims: dict[str, Any]) -> str:
    head = b64(json.dumps(header | {"crit": ["exp"], "exp": 1}).encode())
    body = b64(json.dumps(claims).encode())
    _, _, signature = jwt.encode(header, claims, key_named("key-1")).split(".")
    return f"{head}.{body}.{signature}"


def said(**claims: object) -> Change:
    def change(provider: OidcProvider) -> None:
        provider.wrong.claims = dict(claims)

    return change


def headed(**header: object) -> Change:
    def change(provider: OidcProvider) -> None:
        provider.wrong.header = dict(header)

    return change


def signed(sign: Callable[[dict[str, Any], dict[str, Any]], str]) -> Change:
    def change(provider: OidcProvider) -> None:
        provider.wrong.sign = sign

    return change


def later(**seconds: int) -> Change:
    """Let times of the token be some seconds from now."""

    def change(provider: OidcProvider) -> None:
        now = int(provider.now().timestamp())
        provider.wrong.claims = {name: now + shift for name, shift in seconds.items()}

    return change


def by_other_algorithm(provider: OidcProvider) -> None:
    key_named("ec-1", kind="EC")
    provider.keys, provider.signing, provider.algorithm = ["key-1", "ec-1"], "ec-1", "ES256"


def with_key_for_encryption(provider: OidcProvider) -> None:
    keys = [key_named("key-1").as_dict(private=False) | {"use": "enc"}]
    provider.wrong.answers["/keys"] = reply("200 OK", {"keys": keys})


def with_two_keys_of_one_name(provider: OidcProvider) -> None:
    keys = [key_named(name).as_dict(private=False) | {"kid": "key-1"} for name in ("key-1", "evil-key")]
    provider.wrong.answers["/keys"] = reply("200 OK", {"keys": keys})


TOKENS: dict[str, tuple[Change, str]] = {
    "not signed": (signed(unsigned), "algorithm"),
    "signed by the public key": (signed(by_public_key), "algorithm"),
    "signed by a foreign key": (signed(by_foreign_key), "signature"),
    "signed by a key that it leads to": (signed(with_own_key), "signature"),
    "signed by a key that stands in it": (signed(with_key_in_it), "signature"),
    "changed after it was signed": (signed(tampered), "signature"),
    "signed by an algorithm that was not settled": (by_other_algorithm, "algorithm"),
    "a key that does not exist": (headed(kid="key-9"), "key_unknown"),
    "a key's name that is a path": (headed(kid="../../../../etc/passwd"), "key_unknown"),
    "a key's name that is a statement": (headed(kid="x' UNION SELECT 'key"), "key_unknown"),
    "a key that encrypts": (with_key_for_encryption, "keys"),
    "two keys of one name": (with_two_keys_of_one_name, "key_unknown"),
    "a header that must be understood": (signed(must_understand), "token_unreadable"),
    "no token at all": (signed(lambda _h, _c: "not.a.token"), "token_unreadable"),
    "an encrypted one": (signed(lambda _h, _c: "e30.e30.e30.e30.e30"), "token_unreadable"),
    "an enormous one": (signed(lambda _h, _c: "e30." + "A" * 40_000 + "."), "token_unreadable"),
    "of another issuer": (said(iss=EVIL), "issuer"),
    "of an issuer that looks alike": (lambda p: said(iss=f"{p.issuer}/")(p), "issuer"),
    "of no issuer": (said(iss=None), "issuer"),
    "for another client": (said(aud="another"), "audience"),
    "for nobody": (said(aud=None), "audience"),
    "for several, and of no party": (said(aud=["firsthand at the hospital", "another"]), "authorized_party"),
    "asked for by another party": (said(azp="another"), "authorized_party"),
    "run out": (later(exp=-61, iat=-100), "expired"),
    "without an end": (said(exp=None), "expired"),
    "with an end that is no time": (said(exp="never"), "expired"),
    "with an end that is no number": (said(exp=float("nan")), "expired"),
    "issued in the future": (later(iat=61), "time"),
    "issued long ago": (later(iat=-700), "time"),
    "not yet to be used": (later(nbf=61), "time"),
    "for another attempt": (said(nonce="another"), "nonce"),
    "for no attempt": (said(nonce=None), "nonce"),
    "a nonce that is a list": (said(nonce=["a"]), "nonce"),
    "proved at no time": (said(auth_time=None), "auth_time"),
    "proved too long ago": (later(auth_time=-36_100), "auth_time"),
    "proved in the future": (later(auth_time=61), "auth_time"),
    "proved when nobody lived": (said(auth_time=-1e300), "auth_time"),
    "by a password alone": (said(amr=["pwd"]), "strength"),
    "by nothing that it says": (said(amr=None), "strength"),
    "by a text in which the value stands": (said(amr="mfa pwd"), "strength"),
    "with another access token": (said(at_hash="AAAAAAAAAAAAAAAAAAAAAA"), "access_token"),
    "of nobody": (said(sub=None), "subject"),
    "of a number": (said(sub=1), "subject"),
    "of an empty name": (said(sub=""), "subject"),
    "of a name with a line in it": (said(sub="staff-0001\n"), "subject"),
    "of a name without an end": (said(sub="s" * 256), "subject"),
}


@pytest.mark.parametrize("name", TOKENS)
async def test_a_token_that_proves_nothing_opens_nothing(
    provider: OidcProvider, provider_id: UUID, traveller: Traveller, fresh_database: FreshDatabase, name: str
) -> None:
    change, why = TOKENS[name]
    address = await traveller.leave(provider_id)
    change(provider)
    page = await traveller.come_back(provider.sign_in(address))
    reason = "provider_down" if why == "keys" else "answer_wrong"
    assert page.status_code == (409 if why == "keys" else 401)
    refused(fresh_database, reason, why)


async def test_a_weak_key_is_no_key(
    provider: OidcProvider, provider_id: UUID, traveller: Traveller, fresh_database: FreshDatabase
) -> None:
    modulus = b64((1 << 1023 | 1).to_bytes(128))
    keys = [{"kty": "RSA", "kid": "key-1", "n": modulus, "e": "AQAB"}]
    provider.wrong.answers["/keys"] = reply("200 OK", {"keys": keys})
    await traveller.sign_in(provider, provider_id)
    refused(fresh_database, "provider_down", "keys")
    assert isinstance(key_named("key-1"), RSAKey)


async def test_new_keys_are_taken_up_and_a_flood_of_unknown_ones_asks_for_them_seldom(
    provider: OidcProvider,
    provider_id: UUID,
    traveller: Traveller,
    clock: ManualClock,
    fresh_database: FreshDatabase,
) -> None:
    assert (await traveller.sign_in(provider, provider_id)).url.path == "/staff/oidc"
    asked = provider.asks("/keys")
    await traveller.visitor.client.post("/sign-out", data={"csrf": "x"})
    traveller.visitor.client.cookies.clear()
    clock.advance(timedelta(minutes=2))
    provider.keys, provider.signing = ["key-2"], "key-2"
    assert (await traveller.sign_in(provider, provider_id)).status_code == 200
    assert provider.asks("/keys") == asked + 1
    provider.wrong = Wrong(header={"kid": "key-9"})
    for _ in range(10):
        traveller.visitor.client.cookies.clear()
        assert (await traveller.sign_in(provider, provider_id)).status_code == 401
    assert provider.asks("/keys") == asked + 1
    assert sessions(fresh_database) == 2


# --- coming back ------------------------------------------------------------------------------------------------------


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


# --- what it opens ----------------------------------------------------------------------------------------------------


async def leave(world: World, city: City, provider_id: UUID) -> None:
    assert provider_id.version
    assert await deactivate_staff(world, SYSTEM, city.staff_ids[0]) is None


async def end(world: World, city: City, provider_id: UUID) -> None:
    assert provider_id.version
    for duty in await read_duties(world, city.staff_ids[0]):
        assert await end_duty(world, SYSTEM, duty.id) is None


async def move(world: World, city: City, provider_id: UUID) -> None:
    """Let him work at another hospital and for the city, and no longer here."""
    given = await give_duty(world, SYSTEM, city.staff_ids[0], Role.DESK, city.hospital_ids[1])
    assert isinstance(given, Duty)
    assert isinstance(await give_duty(world, SYSTEM, city.staff_ids[0], Role.CITY_ADMIN, None), Duty)
    duties = await read_duties(world, city.staff_ids[0])
    (old,) = [duty for duty in duties if duty.hospital_id == city.hospital_ids[0]]
    assert await end_duty(world, SYSTEM, old.id) is None
    assert provider_id.version


async def unlink(world: World, city: City, provider_id: UUID) -> None:
    assert await linking.unlink_account(world, SYSTEM, provider_id, city.staff_ids[0]) is None


async def disable(world: World, city: City, provider_id: UUID) -> None:
    assert city.staff_ids
    assert await providers.disable_provider(world, SYSTEM, provider_id) is None


GONE: dict[str, tuple[Callable[[World, City, UUID], Any], str, str | None]] = {
    "he left": (leave, "not_linked", None),
    "his duty ended": (end, "no_duty", None),
    "he works elsewhere by now": (move, "no_duty", None),
    "his account was unlinked": (unlink, "not_linked", None),
    "the provider was switched off": (disable, "attempt_over", "state"),
}


@pytest.mark.parametrize("name", GONE)
async def test_what_ended_meanwhile_opens_nothing(
    world: World,
    city: City,
    provider: OidcProvider,
    provider_id: UUID,
    traveller: Traveller,
    fresh_database: FreshDatabase,
    name: str,
) -> None:
    change, outcome, why = GONE[name]
    address = await traveller.leave(provider_id)
    await change(world, city, provider_id)
    assert (await traveller.come_back(provider.sign_in(address))).status_code == 401
    refused(fresh_database, outcome, why)


async def test_an_account_that_nobody_linked_opens_nothing_whatever_it_calls_itself(
    provider: OidcProvider, provider_id: UUID, traveller: Traveller, fresh_database: FreshDatabase
) -> None:
    """Neither a name nor an address of e-mail makes an account somebody's."""
    provider.sub = "stranger"
    provider.wrong.claims = {
        "name": "Desk 0", "preferred_username": "desk0", "email": "desk0@hospital.example", "email_verified": True,
    }  # fmt: skip
    page = await traveller.sign_in(provider, provider_id)
    assert page.status_code == 401
    assert "desk0" not in page.text.lower()
    refused(fresh_database, "not_linked")


async def test_the_same_subject_at_another_provider_is_somebody_else(
    world: World, city: City, clock: ManualClock, provider_id: UUID, traveller: Traveller, fresh_database: FreshDatabase
) -> None:
    async with open_provider(OidcProvider(now=clock.now)) as other:
        other_id = await settle(world, city, other, hospital=1)
        await traveller.sign_in(other, other_id)
        refused(fresh_database, "not_linked")
        assert provider_id != other_id


async def test_a_provider_vouches_for_no_duty_elsewhere(
    world: World,
    city: City,
    provider: OidcProvider,
    provider_id: UUID,
    traveller: Traveller,
    fresh_database: FreshDatabase,
) -> None:
    """He has newer duties at another hospital and for the city: the session is opened in none of them."""
    elsewhere = await give_duty(world, SYSTEM, city.staff_ids[0], Role.SUPERVISOR, city.hospital_ids[1])
    of_city = await give_duty(world, SYSTEM, city.staff_ids[0], Role.CITY_ADMIN, None)
    assert isinstance(elsewhere, Duty)
    assert isinstance(of_city, Duty)
    await traveller.sign_in(provider, provider_id)
    opened = "SELECT role, hospital_id FROM identity.session"
    assert as_owner(fresh_database, opened) == [("desk", city.hospital_ids[0])]
    for duty in (elsewhere, of_city):
        await traveller.visitor.open("/staff/duties")
        form = forms_of(traveller.visitor.page)["/staff/duties"].fields
        answer = await traveller.visitor.client.post("/staff/duties", data=form | {"duty": str(duty.id)})
        assert answer.status_code >= 400
        assert last_line(fresh_database)[:2] == ("directory.switch_duty", "duty_unknown")
    assert as_owner(fresh_database, opened) == [("desk", city.hospital_ids[0])]


async def test_a_session_that_a_hospital_vouches_for_changes_no_way_in(
    world: World,
    city: City,
    clock: ManualClock,
    provider: OidcProvider,
    provider_id: UUID,
    traveller: Traveller,
    fresh_database: FreshDatabase,
) -> None:
    """Else whoever runs one hospital's provider came in everywhere: by a passkey, or by another hospital's account."""
    assert isinstance(await give_duty(world, SYSTEM, city.staff_ids[0], Role.SUPERVISOR, city.hospital_ids[1]), Duty)
    await traveller.sign_in(provider, provider_id)
    assert (await traveller.visitor.open("/staff/security/passkeys/add")).url.path == "/staff/again"
    csrf = forms_of(await traveller.visitor.open("/staff/oidc"))["/staff/oidc/unlink"].fields["csrf"]
    client = traveller.visitor.client
    answer = await client.post("/staff/security/passkeys/options", json={"csrf": csrf})
    assert answer.status_code == 403
    assert last_line(fresh_database)[:2] == ("directory.begin_adding_staff_passkey", "sign_in_stale")
    async with open_provider(OidcProvider(now=clock.now)) as other:
        other_id = await settle(world, city, other, hospital=1)
        answer = await client.post("/staff/oidc/link", data={"csrf": csrf, "provider": str(other_id)})
        assert answer.status_code == 403
        assert last_line(fresh_database)[:2] == ("directory.begin_own_link", "not_fresh")


async def test_the_citys_own_provider_opens_no_hospital(
    world: World, city: City, clock: ManualClock, traveller: Traveller, fresh_database: FreshDatabase
) -> None:
    assert isinstance(await give_duty(world, SYSTEM, city.staff_ids[0], Role.AUDITOR, None), Duty)
    async with open_provider(OidcProvider(now=clock.now)) as own:
        own_id = await settle(world, city, own, hospital=None)
        await link(world, own_id)
        await traveller.sign_in(own, own_id)
    assert as_owner(fresh_database, "SELECT role, hospital_id FROM identity.session") == [("auditor", None)]


async def test_switching_a_provider_off_or_changing_it_signs_out_who_came_by_it(
    world: World, city: City, provider: OidcProvider, provider_id: UUID, traveller: Traveller
) -> None:
    await traveller.sign_in(provider, provider_id)
    assert (await traveller.visitor.open("/desk")).url.path == "/desk"
    changed = typed(provider, client_secret="", amr="mfa hwk")
    assert await providers.change_provider(world, SYSTEM, asking(), provider_id, changed) is None
    assert (await traveller.visitor.open("/desk")).url.path == "/desk/sign-in"
    assert "/staff/oidc/start" not in forms_of(traveller.visitor.page)
    assert city.staff_ids


# --- linking ----------------------------------------------------------------------------------------------------------


async def link_own(visitor: Visitor, provider_id: UUID) -> str:
    """Press the button that links one's own account, and return where it leads."""
    await visitor.open("/staff/oidc")
    fields = forms_of(visitor.page)["/staff/oidc/link"].fields | {"provider": str(provider_id)}
    return await Traveller(visitor).post("/staff/oidc/link", fields)


async def test_nobody_links_anothers_account(
    world: World,
    city: City,
    provider: OidcProvider,
    provider_id: UUID,
    traveller: Traveller,
    fresh_database: FreshDatabase,
) -> None:
    assert isinstance(await give_duty(world, SYSTEM, city.staff_ids[1], Role.DESK, city.hospital_ids[0]), Duty)
    await traveller.visitor.sign_in_at_desk(1)
    page = await traveller.come_back(provider.sign_in(await link_own(traveller.visitor, provider_id)))
    assert page.status_code == 409
    assert last_line(fresh_database)[:2] == ("directory.link_own_account", "link_taken")
    assert as_owner(fresh_database, "SELECT staff_id FROM identity.oidc_link") == [(city.staff_ids[0],)]


async def test_an_account_is_linked_to_nobody_else_who_sits_there_meanwhile(
    world: World, city: City, provider: OidcProvider, traveller: Traveller, fresh_database: FreshDatabase
) -> None:
    """The browser comes back in another session than it went in."""
    settled = await settle(world, city, provider)
    await traveller.visitor.sign_in_at_desk()
    address = await link_own(traveller.visitor, settled)
    await traveller.visitor.open("/staff/oidc")
    await traveller.visitor.send("/sign-out" if "/sign-out" in forms_of(traveller.visitor.page) else "/desk/sign-out")
    await traveller.visitor.sign_in_at_desk(1)
    page = await traveller.come_back(provider.sign_in(address))
    assert page.status_code == 401
    assert last_line(fresh_database) == ("directory.link_own_account", "attempt_over", "session")
    assert as_owner(fresh_database, "SELECT count(*) FROM identity.oidc_link") == [(0,)]


async def test_an_account_is_linked_by_a_proof_of_this_moment_alone(
    world: World, city: City, provider: OidcProvider, traveller: Traveller, fresh_database: FreshDatabase
) -> None:
    """Whoever was signed in at the provider this morning does not show that he sits there now."""
    settled = await settle(world, city, provider)
    await traveller.visitor.sign_in_at_desk()
    address = await link_own(traveller.visitor, settled)
    asked = dict(parse_qsl(urlsplit(address).query))
    assert (asked["prompt"], asked["max_age"]) == ("login", "0")
    provider.wrong.claims = {"auth_time": int(provider.now().timestamp()) - 120}
    assert (await traveller.come_back(provider.sign_in(address))).status_code == 401
    assert last_line(fresh_database) == ("directory.link_own_account", "answer_wrong", "auth_time")
    assert as_owner(fresh_database, "SELECT count(*) FROM identity.oidc_link") == [(0,)]


async def test_a_desk_left_open_links_nothing(
    world: World,
    city: City,
    provider: OidcProvider,
    traveller: Traveller,
    clock: ManualClock,
    fresh_database: FreshDatabase,
) -> None:
    settled = await settle(world, city, provider)
    await traveller.visitor.sign_in_at_desk()
    await traveller.visitor.open("/staff/oidc")
    fields = forms_of(traveller.visitor.page)["/staff/oidc/link"].fields | {"provider": str(settled)}
    clock.advance(timedelta(minutes=11))
    answer = await traveller.visitor.client.post("/staff/oidc/link", data=fields)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/staff/again")
    assert as_owner(fresh_database, "SELECT count(*) FROM identity.oidc_start") == [(0,)]


async def test_nobody_links_an_account_at_a_hospital_where_he_does_nothing(
    world: World, city: City, provider: OidcProvider, traveller: Traveller, fresh_database: FreshDatabase
) -> None:
    settled = await settle(world, city, provider)
    await traveller.visitor.sign_in_at_desk(1)
    page = await traveller.visitor.open("/staff/oidc")
    assert "/staff/oidc/link" not in forms_of(page)
    csrf = next(iter(forms_of(page).values())).fields["csrf"]
    answer = await traveller.visitor.client.post("/staff/oidc/link", data={"csrf": csrf, "provider": str(settled)})
    assert answer.status_code == 422
    assert last_line(fresh_database)[:2] == ("directory.begin_own_link", "staff_unknown")


async def test_the_account_of_a_colleague_proves_nothing_anew(
    world: World,
    city: City,
    provider: OidcProvider,
    provider_id: UUID,
    traveller: Traveller,
    clock: ManualClock,
    fresh_database: FreshDatabase,
) -> None:
    assert isinstance(await give_duty(world, SYSTEM, city.staff_ids[1], Role.DESK, city.hospital_ids[0]), Duty)
    await link(world, provider_id, "desk1", "staff-0002")
    await traveller.sign_in(provider, provider_id)
    clock.advance(timedelta(minutes=20))
    await traveller.visitor.open("/staff/oidc/again?next=/staff/oidc")
    fields = forms_of(traveller.visitor.page)["/staff/oidc/again"].fields
    provider.sub = "staff-0002"
    page = await traveller.come_back(provider.sign_in(await traveller.post("/staff/oidc/again", fields)))
    assert page.status_code == 401
    assert last_line(fresh_database)[:2] == ("directory.prove_own_account", "not_linked")
    assert as_owner(fresh_database, "SELECT subject_id FROM identity.session") == [(city.staff_ids[0],)]
