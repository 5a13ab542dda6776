"""Attacks on how a hospital's own sign-in is settled, and on how it is asked. Each is refused and recorded.

An administrator names an address, and what answers there names further ones: neither leads this house anywhere that it
may not go, nor holds it up. And no secret is shown twice.
"""

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from uuid import UUID

import pytest

from firsthand.audit.model import Caller
from firsthand.directory.staff_oidc import going, linking, providers
from firsthand.directory.staff_oidc.coming_back import come_back
from firsthand.directory.staff_oidc.limits import TESTS
from firsthand.directory.staff_oidc.model import Back, Going, Outward, Reason, Refused
from firsthand.identity.oidc import web
from firsthand.identity.oidc.model import Why
from firsthand.identity.oidc.remote import Remote
from firsthand.identity.oidc.store import find
from firsthand.identity.oidc.web import Web
from firsthand.platform.access import Role
from firsthand.platform.clock import ManualClock
from firsthand.platform.world import World
from tests.city import City, Opening, make_city
from tests.conftest import FreshDatabase
from tests.oidc_provider import SECRET, OidcProvider, open_provider, reply
from tests.oidc_scene import Traveller, admin_of, asking, link, settle, typed
from tests.people import HERE, STRANGER, as_owner, audited
from tests.staffing import PASSWORD, make_crew, username_of
from tests.visitor import Visitor, forms_of, pages, visiting

EVIL = "https://evil.example"


@pytest.fixture
async def city(world: World) -> City:
    return await make_city(world, sessions=[Opening(), Opening(hospital=1)])


@pytest.fixture
async def provider(clock: ManualClock) -> AsyncIterator[OidcProvider]:
    async with open_provider(OidcProvider(now=clock.now)) as opened:
        yield opened


@pytest.fixture
async def provider_id(world: World, city: City, provider: OidcProvider) -> UUID:
    return await settle(world, city, provider)


@pytest.fixture
async def visitor(world: World, city: City, tmp_path: Path) -> AsyncIterator[Visitor]:
    assert city.staff_ids
    async with pages(world, tmp_path) as served, visiting(served) as one:
        yield one


def why_of(database: FreshDatabase) -> object:
    ((why,),) = as_owner(database, "SELECT detail ->> 'why' FROM audit.line ORDER BY n DESC LIMIT 1")
    return why


# --- what an administrator may settle ---------------------------------------------------------------------------------

FIELDS: dict[str, tuple[dict[str, object], Reason]] = {
    "an address without encryption": ({"issuer": "http://sign-in.hospital.example"}, Reason.ISSUER_INVALID),
    "an address of a file": ({"issuer": "file:///etc/passwd"}, Reason.ISSUER_INVALID),
    "an address of another kind": ({"issuer": "gopher://hospital.example"}, Reason.ISSUER_INVALID),
    "an address with a user in it": ({"issuer": "https://hospital.example@evil.example"}, Reason.ISSUER_INVALID),
    "an address with a query": ({"issuer": "https://hospital.example/?a=b"}, Reason.ISSUER_INVALID),
    "an address with a fragment": ({"issuer": "https://hospital.example/#a"}, Reason.ISSUER_INVALID),
    "an address with a line in it": ({"issuer": "https://hospital.example/\r\nHost: evil"}, Reason.ISSUER_INVALID),
    "an address with a port that is none": ({"issuer": "https://hospital.example:99999"}, Reason.ISSUER_INVALID),
    "an address in look-alike letters": ({"issuer": "https://hоspital.example"}, Reason.ISSUER_INVALID),
    "no address": ({"issuer": ""}, Reason.ISSUER_INVALID),
    "an endless address": ({"issuer": "https://hospital.example/" + "a" * 300}, Reason.ISSUER_INVALID),
    "a client with a line in it": ({"client_id": "a\r\nb"}, Reason.CLIENT_INVALID),
    "no client": ({"client_id": ""}, Reason.CLIENT_INVALID),
    "no secret": ({"client_secret": ""}, Reason.SECRET_MISSING),
    "a secret with a line in it": ({"client_secret": "a\nb"}, Reason.SECRET_INVALID),
    "accounts by e-mail": ({"claim": "email"}, Reason.CLAIM_INVALID),
    "accounts by name": ({"claim": "preferred_username"}, Reason.CLAIM_INVALID),
    "accounts by a name in capitals": ({"claim": "Name"}, Reason.CLAIM_INVALID),
    "accounts by a statement": ({"claim": "sub' OR 1=1"}, Reason.CLAIM_INVALID),
    "a bare password": ({"acr": "", "amr": ""}, Reason.STRENGTH_MISSING),
    "strength without an end": ({"acr": " ".join(str(n) for n in range(11))}, Reason.STRENGTH_INVALID),
    "strength that is a quote": ({"amr": '"mfa"'}, Reason.STRENGTH_INVALID),
    "no signature": ({"algorithms": frozenset({"none"})}, Reason.ALGORITHM_MISSING),
    "a shared key": ({"algorithms": frozenset({"HS256", "HS512"})}, Reason.ALGORITHM_MISSING),
}


@pytest.mark.parametrize("name", FIELDS)
async def test_what_must_not_be_settled_is_not(
    world: World, city: City, provider: OidcProvider, fresh_database: FreshDatabase, name: str
) -> None:
    changed, reason = FIELDS[name]
    added = await providers.add_provider(
        world, admin_of(city), asking(), city.hospital_ids[0], typed(provider, **changed)
    )
    assert added == Refused(reason)
    assert audited(fresh_database)[-1] == ("directory.add_own_sign_in", reason.value)
    assert as_owner(fresh_database, "SELECT count(*) FROM identity.oidc_provider") == [(0,)]


async def test_a_live_city_takes_no_address_of_this_machine(
    world: World, city: City, provider: OidcProvider, fresh_database: FreshDatabase
) -> None:
    live = Remote(Web())
    added = await providers.add_provider(world, admin_of(city), live, city.hospital_ids[0], typed(provider))
    assert added == Refused(Reason.ISSUER_INVALID)
    assert provider.heard == []
    assert as_owner(fresh_database, "SELECT count(*) FROM identity.oidc_provider") == [(0,)]


async def test_the_secret_is_not_sent_to_another_address(
    world: World, city: City, provider: OidcProvider, provider_id: UUID, fresh_database: FreshDatabase
) -> None:
    """Whoever takes an administrator's place over leads the provider to himself, and has the kept secret sent there."""
    for changed in ({"issuer": EVIL}, {"client_id": "another"}):
        wanted = typed(provider, client_secret="", **changed)
        refused = await providers.change_provider(world, admin_of(city), asking(), provider_id, wanted)
        assert refused == Refused(Reason.SECRET_MISSING)
        assert audited(fresh_database)[-1] == ("directory.change_own_sign_in", "secret_missing")
    kept = "SELECT issuer, enabled FROM identity.oidc_provider"
    assert as_owner(fresh_database, kept) == [(provider.issuer, True)]


async def test_another_issuer_knows_nobody_and_is_off_until_it_was_tried(
    world: World, city: City, provider: OidcProvider, provider_id: UUID, fresh_database: FreshDatabase
) -> None:
    await link(world, provider_id)
    wanted = typed(provider, issuer=f"{provider.issuer}/other")
    assert await providers.change_provider(world, admin_of(city), asking(), provider_id, wanted) is None
    assert as_owner(fresh_database, "SELECT count(*) FROM identity.oidc_link") == [(0,)]
    assert await providers.enable_provider(world, admin_of(city), provider_id) == Refused(Reason.NOT_TESTED)
    tried = await providers.test_provider(world, admin_of(city), asking(), provider_id)
    assert isinstance(tried, Refused)
    assert tried.reason is Reason.PROVIDER_DOWN
    assert await providers.enable_provider(world, admin_of(city), provider_id) == Refused(Reason.NOT_TESTED)


DEEDS: dict[str, Callable[[World, Caller, OidcProvider, UUID, UUID], Awaitable[object]]] = {
    "read_own_sign_in_of_hospital": lambda w, c, _p, i, _s: providers.read_provider(w, c, i),
    "change_own_sign_in": lambda w, c, p, i, _s: providers.change_provider(
        w, c, asking(), i, typed(p, issuer=EVIL, client_secret="of the thief")
    ),
    "test_own_sign_in": lambda w, c, _p, i, _s: providers.test_provider(w, c, asking(), i),
    "enable_own_sign_in": lambda w, c, _p, i, _s: providers.enable_provider(w, c, i),
    "disable_own_sign_in": lambda w, c, _p, i, _s: providers.disable_provider(w, c, i),
    "link_account": lambda w, c, _p, i, _s: linking.link_account(w, c, i, username="desk0", subject="of the thief"),
    "unlink_account": lambda w, c, _p, i, s: linking.unlink_account(w, c, i, s),
}


@pytest.mark.parametrize("deed", DEEDS)
async def test_an_administrator_of_another_hospital_knows_of_none(
    world: World, city: City, provider: OidcProvider, provider_id: UUID, fresh_database: FreshDatabase, deed: str
) -> None:
    await link(world, provider_id)
    held = "SELECT p::text, l::text FROM identity.oidc_provider p, identity.oidc_link l"
    before, heard = as_owner(fresh_database, held), len(provider.heard)
    other = admin_of(city, hospital=1)
    assert await DEEDS[deed](world, other, provider, provider_id, city.staff_ids[0]) == Refused(Reason.PROVIDER_UNKNOWN)
    assert audited(fresh_database)[-1] == (f"directory.{deed}", "provider_unknown")
    assert as_owner(fresh_database, held) == before
    assert len(provider.heard) == heard


async def test_a_hospitals_administrator_settles_nothing_for_others(
    world: World, city: City, provider: OidcProvider, fresh_database: FreshDatabase
) -> None:
    for where in (city.hospital_ids[1], None):
        added = await providers.add_provider(world, admin_of(city), asking(), where, typed(provider))
        assert added == Refused(Reason.NOT_PERMITTED)
        assert audited(fresh_database)[-1] == ("directory.add_own_sign_in", "not_permitted")
    assert as_owner(fresh_database, "SELECT count(*) FROM identity.oidc_provider") == [(0,)]


async def test_a_member_of_another_hospital_is_linked_by_nobody_here(
    world: World, city: City, provider_id: UUID, fresh_database: FreshDatabase
) -> None:
    for username in ("desk1", "nobody", "DESK1", "' OR 1=1 --", ""):
        linked = await linking.link_account(world, admin_of(city), provider_id, username=username, subject="thief")
        assert linked == Refused(Reason.STAFF_UNKNOWN)
        assert audited(fresh_database)[-1] == ("directory.link_account", "staff_unknown")
    assert as_owner(fresh_database, "SELECT count(*) FROM identity.oidc_link") == [(0,)]


async def test_no_administrator_links_himself(
    world: World, city: City, provider_id: UUID, fresh_database: FreshDatabase
) -> None:
    himself = admin_of(city, staff_id=city.staff_ids[0])
    linked = await linking.link_account(world, himself, provider_id, username="desk0", subject="of the thief")
    assert linked == Refused(Reason.NOT_ONESELF)
    assert audited(fresh_database)[-1] == ("directory.link_account", "not_oneself")
    assert as_owner(fresh_database, "SELECT count(*) FROM identity.oidc_link") == [(0,)]


@pytest.mark.parametrize("subject", ["", "a\nb", "a\x00b", "s" * 256, "经理", " "])
async def test_no_account_is_linked_that_no_provider_can_name(
    world: World, city: City, provider_id: UUID, fresh_database: FreshDatabase, subject: str
) -> None:
    linked = await linking.link_account(world, admin_of(city), provider_id, username="desk0", subject=subject)
    assert linked == Refused(Reason.SUBJECT_INVALID)
    assert as_owner(fresh_database, "SELECT count(*) FROM identity.oidc_link") == [(0,)]


async def test_who_is_nobody_or_somebody_else_reaches_none_of_the_pages(
    city: City, provider_id: UUID, visitor: Visitor, fresh_database: FreshDatabase
) -> None:
    below = ("", "/new", f"/{provider_id}", f"/{provider_id}/change", f"/{provider_id}/disable")
    for path in below:
        assert (await visitor.client.get(f"/admin/oidc{path}")).headers["location"].startswith("/desk/sign-in")
    await visitor.sign_in_at_desk()
    for path in below:
        assert (await visitor.client.get(f"/admin/oidc{path}")).status_code == 403
    csrf = next(iter(forms_of(await visitor.open("/staff/security")).values())).fields["csrf"]
    for path in ("test", "enable", "disable", "change", "accounts", f"accounts/{city.staff_ids[0]}/unlink"):
        posted = await visitor.client.post(f"/admin/oidc/{provider_id}/{path}", data={"csrf": csrf})
        assert posted.status_code == 403
    assert as_owner(fresh_database, "SELECT enabled FROM identity.oidc_provider") == [(True,)]


async def test_no_form_of_another_site_changes_anything(
    world: World, city: City, provider_id: UUID, visitor: Visitor, fresh_database: FreshDatabase
) -> None:
    await make_crew(world, city)
    await visitor.open("/desk/sign-in")
    await visitor.send("/desk/sign-in", {"username": username_of(Role.HOSPITAL_ADMIN), "password": PASSWORD})
    assert (await visitor.open(f"/admin/oidc/{provider_id}")).status_code == 200
    for path in ("test", "enable", "disable", "change", "accounts"):
        posted = await visitor.client.post(f"/admin/oidc/{provider_id}/{path}", data={"csrf": "guess"})
        assert posted.status_code == 403
    assert as_owner(fresh_database, "SELECT enabled FROM identity.oidc_provider") == [(True,)]


async def test_what_an_administrator_types_is_shown_as_text(
    world: World, city: City, provider: OidcProvider, provider_id: UUID, visitor: Visitor
) -> None:
    await make_crew(world, city)
    await visitor.open("/desk/sign-in")
    await visitor.send("/desk/sign-in", {"username": username_of(Role.HOSPITAL_ADMIN), "password": PASSWORD})
    await visitor.open(f"/admin/oidc/{provider_id}")
    page = await visitor.send(
        f"/admin/oidc/{provider_id}/accounts", {"username": "desk0", "subject": "<script>alert(1)</script>"}
    )
    assert "<script>alert(1)" not in page.text
    assert "&lt;script&gt;alert(1)" in page.text
    assert provider.issuer in page.text


async def test_the_secret_is_never_shown_nor_written_down(
    world: World,
    city: City,
    provider: OidcProvider,
    provider_id: UUID,
    visitor: Visitor,
    fresh_database: FreshDatabase,
    capsys: pytest.CaptureFixture[str],
) -> None:
    await make_crew(world, city)
    await link(world, provider_id)
    await visitor.open("/desk/sign-in")
    await visitor.send("/desk/sign-in", {"username": username_of(Role.HOSPITAL_ADMIN), "password": PASSWORD})
    shown = await visitor.open(f"/admin/oidc/{provider_id}/change")
    wrong = {"issuer": "no address", "client_secret": SECRET}
    again = await visitor.send(f"/admin/oidc/{provider_id}/change", wrong)
    assert again.status_code == 422
    one = await visitor.open(f"/admin/oidc/{provider_id}")
    for page in (shown, again, one):
        assert SECRET not in page.text
        assert SECRET.replace("&", "&amp;") not in page.text
    visitor.client.cookies.clear()
    await Traveller(visitor).leave(provider_id)
    query = "SELECT t::text FROM {} t"
    for table in ("audit.line", "identity.oidc_provider", "identity.oidc_start", "identity.oidc_link"):
        kept = repr(as_owner(fresh_database, query.format(table)))
        assert "oranges" not in kept
        assert b"oranges".hex() not in kept
        assert "staff-0001" not in kept
        assert b"staff-0001".hex() not in kept
    async with world.database.connection() as conn:
        held = await find(conn, world.keyring, provider_id)
    assert held is not None
    assert held.client_secret == SECRET
    assert "oranges" not in repr(held) + repr(typed(provider))
    assert "oranges" not in "".join(capsys.readouterr())


# --- asking -----------------------------------------------------------------------------------------------------------

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


def outward(provider_id: UUID) -> Outward:
    return Outward(provider_id, HERE, f"https://firsthand.example/staff/oidc/back/{provider_id}", "")


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/keys"])
@pytest.mark.parametrize("name", ANSWERS)
async def test_what_a_provider_says_of_itself_does_no_harm(
    world: World,
    city: City,
    provider: OidcProvider,
    provider_id: UUID,
    fresh_database: FreshDatabase,
    path: str,
    name: str,
) -> None:
    answer, why = ANSWERS[name]
    provider.wrong.answers[path] = answer
    tried = await providers.test_provider(world, admin_of(city), asking(), provider_id)
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
    world: World, provider: OidcProvider, provider_id: UUID, fresh_database: FreshDatabase, name: str
) -> None:
    changed, why = METADATA[name]
    provider.wrong.metadata = changed
    begun = await going.begin_sign_in(world, STRANGER, asking(), outward(provider_id))
    assert begun == Refused(Reason.PROVIDER_DOWN, why)
    assert audited(fresh_database)[-1] == ("directory.begin_own_sign_in", "provider_down")
    assert as_owner(fresh_database, "SELECT count(*) FROM identity.oidc_start") == [(0,)]


async def answer_of(world: World, remote: Remote, provider: OidcProvider, provider_id: UUID) -> object:
    """Go to the provider and come back."""
    there = outward(provider_id)
    begun = await going.begin_sign_in(world, STRANGER, remote, there)
    assert isinstance(begun, Going), begun
    brought = dict(pair.split("=", 1) for pair in provider.sign_in(begun.address).partition("?")[2].split("&"))
    back = Back(
        provider_id, brought["state"], brought["code"], "", provider.issuer, begun.browser, HERE, there.back, None
    )
    return await come_back(world, STRANGER, remote, back)


@pytest.mark.parametrize("path", ["/token", "/keys", "/.well-known/openid-configuration"])
async def test_a_provider_that_never_answers_holds_nobody_up(
    world: World,
    provider: OidcProvider,
    provider_id: UUID,
    fresh_database: FreshDatabase,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
) -> None:
    """Each question is given up, and no connection to the database waits for it."""
    monkeypatch.setattr(web, "ASK_SECONDS_MAX", 0.3)
    provider.wrong.silent.add(path)
    if path.startswith("/.well-known"):
        asked = [going.begin_sign_in(world, STRANGER, asking(), outward(provider_id)) for _ in range(20)]
        assert set(await asyncio.gather(*asked)) == {Refused(Reason.PROVIDER_DOWN, Why.TOOK_TOO_LONG)}
    else:
        found = await answer_of(world, asking(), provider, provider_id)
        assert found == Refused(Reason.PROVIDER_DOWN, Why.TOOK_TOO_LONG)
    assert why_of(fresh_database) == "took_too_long"


async def test_many_who_wait_for_one_provider_ask_it_once(
    world: World, provider: OidcProvider, provider_id: UUID
) -> None:
    remote, before = asking(), provider.asks("/.well-known/openid-configuration")
    there = outward(provider_id)
    begun = await asyncio.gather(*(going.begin_sign_in(world, STRANGER, remote, there) for _ in range(20)))
    assert all(isinstance(one, Going) for one in begun)
    assert provider.asks("/.well-known/openid-configuration") == before + 1


async def test_a_provider_that_forgets_to_check_pkce_still_gets_the_verifier(
    world: World, provider: OidcProvider, provider_id: UUID
) -> None:
    await link(world, provider_id)
    assert not isinstance(await answer_of(world, asking(), provider, provider_id), Refused)
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
    world: World, city: City, provider: OidcProvider, provider_id: UUID, fresh_database: FreshDatabase
) -> None:
    remote, before = asking(), len(provider.heard)
    for _ in range(TESTS.attempts_max):
        assert await providers.test_provider(world, admin_of(city), remote, provider_id) is None
    asked = len(provider.heard)
    refused = await providers.test_provider(world, admin_of(city), remote, provider_id)
    assert refused == Refused(Reason.TOO_MANY_TRIES)
    assert len(provider.heard) == asked > before
    assert audited(fresh_database)[-1] == ("directory.test_own_sign_in", "too_many_requests")
