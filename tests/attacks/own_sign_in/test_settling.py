"""Attacks on how a hospital's own sign-in is settled: by whom, with what, and what becomes of its secret.

Each is refused and recorded, and changes nothing.
"""

from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest

from firsthand.audit.model import Caller
from firsthand.directory.staff_oidc import linking, providers
from firsthand.directory.staff_oidc.model import Reason, Refused
from firsthand.identity.oidc.remote import Remote
from firsthand.identity.oidc.store import find
from firsthand.identity.oidc.web import Web
from firsthand.platform.access import Role
from firsthand.platform.world import World
from tests.attacks.own_sign_in.watching import EVIL
from tests.city import City
from tests.conftest import FreshDatabase
from tests.oidc_provider import SECRET, OidcProvider
from tests.oidc_scene import Traveller, admin_of, asking, link, typed
from tests.people import as_owner, audited
from tests.staffing import PASSWORD, make_crew, username_of
from tests.visitor import Visitor, forms_of

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
    world: World, city: City, provider: OidcProvider, unlinked_id: UUID, fresh_database: FreshDatabase
) -> None:
    """Whoever takes an administrator's place over leads the provider to himself, and has the kept secret sent there."""
    for changed in ({"issuer": EVIL}, {"client_id": "another"}):
        wanted = typed(provider, client_secret="", **changed)
        refused = await providers.change_provider(world, admin_of(city), asking(), unlinked_id, wanted)
        assert refused == Refused(Reason.SECRET_MISSING)
        assert audited(fresh_database)[-1] == ("directory.change_own_sign_in", "secret_missing")
    kept = "SELECT issuer, enabled FROM identity.oidc_provider"
    assert as_owner(fresh_database, kept) == [(provider.issuer, True)]


async def test_another_issuer_knows_nobody_and_is_off_until_it_was_tried(
    world: World, city: City, provider: OidcProvider, unlinked_id: UUID, fresh_database: FreshDatabase
) -> None:
    await link(world, unlinked_id)
    wanted = typed(provider, issuer=f"{provider.issuer}/other")
    assert await providers.change_provider(world, admin_of(city), asking(), unlinked_id, wanted) is None
    assert as_owner(fresh_database, "SELECT count(*) FROM identity.oidc_link") == [(0,)]
    assert await providers.enable_provider(world, admin_of(city), unlinked_id) == Refused(Reason.NOT_TESTED)
    tried = await providers.test_provider(world, admin_of(city), asking(), unlinked_id)
    assert isinstance(tried, Refused)
    assert tried.reason is Reason.PROVIDER_DOWN
    assert await providers.enable_provider(world, admin_of(city), unlinked_id) == Refused(Reason.NOT_TESTED)


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
    world: World, city: City, provider: OidcProvider, unlinked_id: UUID, fresh_database: FreshDatabase, deed: str
) -> None:
    await link(world, unlinked_id)
    held = "SELECT p::text, l::text FROM identity.oidc_provider p, identity.oidc_link l"
    before, heard = as_owner(fresh_database, held), len(provider.heard)
    other = admin_of(city, hospital=1)
    assert await DEEDS[deed](world, other, provider, unlinked_id, city.staff_ids[0]) == Refused(Reason.PROVIDER_UNKNOWN)
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
    world: World, city: City, unlinked_id: UUID, fresh_database: FreshDatabase
) -> None:
    for username in ("desk1", "nobody", "DESK1", "' OR 1=1 --", ""):
        linked = await linking.link_account(world, admin_of(city), unlinked_id, username=username, subject="thief")
        assert linked == Refused(Reason.STAFF_UNKNOWN)
        assert audited(fresh_database)[-1] == ("directory.link_account", "staff_unknown")
    assert as_owner(fresh_database, "SELECT count(*) FROM identity.oidc_link") == [(0,)]


async def test_no_administrator_links_himself(
    world: World, city: City, unlinked_id: UUID, fresh_database: FreshDatabase
) -> None:
    himself = admin_of(city, staff_id=city.staff_ids[0])
    linked = await linking.link_account(world, himself, unlinked_id, username="desk0", subject="of the thief")
    assert linked == Refused(Reason.NOT_ONESELF)
    assert audited(fresh_database)[-1] == ("directory.link_account", "not_oneself")
    assert as_owner(fresh_database, "SELECT count(*) FROM identity.oidc_link") == [(0,)]


@pytest.mark.parametrize("subject", ["", "a\nb", "a\x00b", "s" * 256, "经理", " "])
async def test_no_account_is_linked_that_no_provider_can_name(
    world: World, city: City, unlinked_id: UUID, fresh_database: FreshDatabase, subject: str
) -> None:
    linked = await linking.link_account(world, admin_of(city), unlinked_id, username="desk0", subject=subject)
    assert linked == Refused(Reason.SUBJECT_INVALID)
    assert as_owner(fresh_database, "SELECT count(*) FROM identity.oidc_link") == [(0,)]


async def test_who_is_nobody_or_somebody_else_reaches_none_of_the_pages(
    city: City, unlinked_id: UUID, visitor: Visitor, fresh_database: FreshDatabase
) -> None:
    below = ("", "/new", f"/{unlinked_id}", f"/{unlinked_id}/change", f"/{unlinked_id}/disable")
    for path in below:
        assert (await visitor.client.get(f"/admin/oidc{path}")).headers["location"].startswith("/desk/sign-in")
    await visitor.sign_in_at_desk()
    for path in below:
        assert (await visitor.client.get(f"/admin/oidc{path}")).status_code == 403
    csrf = next(iter(forms_of(await visitor.open("/staff/security")).values())).fields["csrf"]
    for path in ("test", "enable", "disable", "change", "accounts", f"accounts/{city.staff_ids[0]}/unlink"):
        posted = await visitor.client.post(f"/admin/oidc/{unlinked_id}/{path}", data={"csrf": csrf})
        assert posted.status_code == 403
    assert as_owner(fresh_database, "SELECT enabled FROM identity.oidc_provider") == [(True,)]


async def test_no_form_of_another_site_changes_anything(
    world: World, city: City, unlinked_id: UUID, visitor: Visitor, fresh_database: FreshDatabase
) -> None:
    await make_crew(world, city)
    await visitor.open("/desk/sign-in")
    await visitor.send("/desk/sign-in", {"username": username_of(Role.HOSPITAL_ADMIN), "password": PASSWORD})
    assert (await visitor.open(f"/admin/oidc/{unlinked_id}")).status_code == 200
    for path in ("test", "enable", "disable", "change", "accounts"):
        posted = await visitor.client.post(f"/admin/oidc/{unlinked_id}/{path}", data={"csrf": "guess"})
        assert posted.status_code == 403
    assert as_owner(fresh_database, "SELECT enabled FROM identity.oidc_provider") == [(True,)]


async def test_what_an_administrator_types_is_shown_as_text(
    world: World, city: City, provider: OidcProvider, unlinked_id: UUID, visitor: Visitor
) -> None:
    await make_crew(world, city)
    await visitor.open("/desk/sign-in")
    await visitor.send("/desk/sign-in", {"username": username_of(Role.HOSPITAL_ADMIN), "password": PASSWORD})
    await visitor.open(f"/admin/oidc/{unlinked_id}")
    page = await visitor.send(
        f"/admin/oidc/{unlinked_id}/accounts", {"username": "desk0", "subject": "<script>alert(1)</script>"}
    )
    assert "<script>alert(1)" not in page.text
    assert "&lt;script&gt;alert(1)" in page.text
    assert provider.issuer in page.text


async def test_the_secret_is_never_shown_nor_written_down(
    world: World,
    city: City,
    provider: OidcProvider,
    unlinked_id: UUID,
    visitor: Visitor,
    fresh_database: FreshDatabase,
    capsys: pytest.CaptureFixture[str],
) -> None:
    await make_crew(world, city)
    await link(world, unlinked_id)
    await visitor.open("/desk/sign-in")
    await visitor.send("/desk/sign-in", {"username": username_of(Role.HOSPITAL_ADMIN), "password": PASSWORD})
    shown = await visitor.open(f"/admin/oidc/{unlinked_id}/change")
    wrong = {"issuer": "no address", "client_secret": SECRET}
    again = await visitor.send(f"/admin/oidc/{unlinked_id}/change", wrong)
    assert again.status_code == 422
    one = await visitor.open(f"/admin/oidc/{unlinked_id}")
    for page in (shown, again, one):
        assert SECRET not in page.text
        assert SECRET.replace("&", "&amp;") not in page.text
    visitor.client.cookies.clear()
    await Traveller(visitor).leave(unlinked_id)
    query = "SELECT t::text FROM {} t"
    for table in ("audit.line", "identity.oidc_provider", "identity.oidc_start", "identity.oidc_link"):
        kept = repr(as_owner(fresh_database, query.format(table)))
        assert "oranges" not in kept
        assert b"oranges".hex() not in kept
        assert "staff-0001" not in kept
        assert b"staff-0001".hex() not in kept
    async with world.database.connection() as conn:
        held = await find(conn, world.keyring, unlinked_id)
    assert held is not None
    assert held.client_secret == SECRET
    assert "oranges" not in repr(held) + repr(typed(provider))
    assert "oranges" not in "".join(capsys.readouterr())
