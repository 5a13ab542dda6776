"""A city whose first hospital has a sign-in of its own, and a browser that goes there and comes back."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest
from litestar import Litestar

from firsthand.platform.clock import ManualClock
from firsthand.platform.world import World
from tests.city import City, Opening, make_city
from tests.oidc_provider import OidcProvider, open_provider
from tests.oidc_scene import Traveller, link, settle
from tests.visitor import Visitor, pages, visiting


@pytest.fixture
async def city(world: World) -> City:
    return await make_city(world, sessions=[Opening(), Opening(hospital=1)])


@pytest.fixture
async def provider(clock: ManualClock) -> AsyncIterator[OidcProvider]:
    async with open_provider(OidcProvider(now=clock.now)) as opened:
        yield opened


@pytest.fixture
async def unlinked_id(world: World, city: City, provider: OidcProvider) -> UUID:
    """The hospital's own sign-in, in use."""
    return await settle(world, city, provider)


@pytest.fixture
async def provider_id(world: World, unlinked_id: UUID) -> UUID:
    """The same, with the account of the clerk linked."""
    await link(world, unlinked_id)
    return unlinked_id


@pytest.fixture
async def app(world: World, city: City, tmp_path: Path) -> AsyncIterator[Litestar]:
    assert city.staff_ids
    async with pages(world, tmp_path) as served:
        yield served


@pytest.fixture
async def traveller(app: Litestar) -> AsyncIterator[Traveller]:
    async with visiting(app) as visitor:
        yield Traveller(visitor)


@pytest.fixture
def visitor(traveller: Traveller) -> Visitor:
    """The traveller's browser, for whoever goes nowhere."""
    return traveller.visitor
