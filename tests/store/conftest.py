"""The API of a small city, for the tests of it."""

from collections.abc import AsyncIterator

import pytest

from firsthand.platform.world import World
from tests.api_client import Api, open_api
from tests.city import Opening, make_city


@pytest.fixture
async def api(world: World) -> AsyncIterator[Api]:
    """Two hospitals with a session tomorrow each, three persons, and a desk at each hospital; all are signed in."""
    city = await make_city(world, sessions=[Opening(places=2), Opening(places=2, hospital=1)], persons=3)
    async with open_api(world, city) as opened:
        yield opened
