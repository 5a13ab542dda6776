"""Staff sign in through their hospital's own sign-in, on the real application and a real provider."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from litestar import Litestar

from firsthand.identity.session.model import Method
from firsthand.platform.clock import ManualClock
from firsthand.platform.world import World
from tests.city import City, Opening, make_city
from tests.conftest import FreshDatabase
from tests.oidc_provider import OidcProvider, open_provider
from tests.oidc_scene import Traveller, asked_of, link, settle
from tests.people import as_owner, audited
from tests.visitor import BASE_URL, pages, visiting


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
