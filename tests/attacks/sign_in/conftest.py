"""The people whom attacks are made upon, served, and two browsers: the victim's and the thief's."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path as FilePath
from uuid import UUID

import pytest
from litestar import Litestar

from firsthand.directory.person.actions import register_people
from firsthand.platform.world import World
from tests.attacks.sign_in.town import Town
from tests.people import SYSTEM, registration
from tests.visitor import Visitor, pages, visiting


@pytest.fixture
async def town(world: World) -> Town:
    people = [registration(number) for number in range(1, 5)]
    people[3] = replace(people[3], phone=people[2].phone)
    ids = await register_people(world, SYSTEM, people)
    return Town(tuple(one for one in ids if isinstance(one, UUID)), tuple(people))


@pytest.fixture
async def app(world: World, town: Town, tmp_path: FilePath) -> AsyncIterator[Litestar]:
    assert len(town.ids) == 4
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
