"""The API of a small city, and the pages of the city that a test module makes."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from litestar import Litestar

from firsthand.platform.world import World
from tests.api_client import Api, open_api
from tests.city import City, Opening, make_city
from tests.visitor import pages


@pytest.fixture
async def api(world: World) -> AsyncIterator[Api]:
    """Two hospitals with a session tomorrow each, three persons, and a desk at each hospital; all are signed in."""
    city = await make_city(world, sessions=[Opening(places=2), Opening(places=2, hospital=1)], persons=3)
    async with open_api(world, city) as opened:
        yield opened


@pytest.fixture
async def app(world: World, city: City, tmp_path: Path) -> AsyncIterator[Litestar]:
    """The application on `world`, once the module's own fixture `city` is there."""
    assert city.session_ids
    async with pages(world, tmp_path) as served:
        yield served
