"""Attacks on what a hospital's own sign-in opens: that hospital's duties, for whoever is linked, and nothing else.

Each is refused and recorded, and opens nothing.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from firsthand.directory.staff.actions import deactivate_staff
from firsthand.directory.staff.duties import end_duty, give_duty, read_duties
from firsthand.directory.staff.model import Duty
from firsthand.directory.staff_oidc import linking, providers
from firsthand.platform.access import Role
from firsthand.platform.clock import ManualClock
from firsthand.platform.world import World
from tests.attacks.own_sign_in.watching import last_line, refused
from tests.city import SYSTEM, City
from tests.conftest import FreshDatabase
from tests.oidc_provider import OidcProvider, open_provider
from tests.oidc_scene import Traveller, asking, link, settle, typed
from tests.people import as_owner
from tests.visitor import forms_of


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
