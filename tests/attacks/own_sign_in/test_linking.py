"""Attacks by linking accounts: another one's, in another's session, or without a proof of the moment.

Each is refused and recorded, and opens nothing.
"""

from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

from firsthand.directory.staff.duties import give_duty
from firsthand.directory.staff.model import Duty
from firsthand.platform.access import Role
from firsthand.platform.clock import ManualClock
from firsthand.platform.world import World
from tests.attacks.own_sign_in.watching import last_line
from tests.city import SYSTEM, City
from tests.conftest import FreshDatabase
from tests.oidc_provider import OidcProvider
from tests.oidc_scene import Traveller, link, settle
from tests.people import as_owner
from tests.visitor import Visitor, forms_of


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
