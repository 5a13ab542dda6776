"""Two hospitals with a clerk each and a patient, served, and two browsers: the victim's and the thief's."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from litestar import Litestar

from firsthand.platform.world import World
from tests.city import City, Opening, make_city
from tests.visitor import Visitor, pages, visiting


@pytest.fixture
async def city(world: World) -> City:
    return await make_city(world, sessions=[Opening(), Opening(hospital=1)])


@pytest.fixture
async def app(world: World, city: City, tmp_path: Path) -> AsyncIterator[Litestar]:
    assert city.staff_ids
    async with pages(world, tmp_path) as served:
        yield served


@pytest.fixture
async def victim(app: Litestar) -> AsyncIterator[Visitor]:
    async with visiting(app) as visitor:
        yield visitor


@pytest.fixture
async def thief(app: Litestar) -> AsyncIterator[Visitor]:
    async with visiting(app) as visitor:
        yield visitor
