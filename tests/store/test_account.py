"""What a person sees of himself: all of it, in his own terms, and nothing of anybody else."""

import pytest

from firsthand.account.listings import LISTINGS
from firsthand.platform.clock import ManualClock
from firsthand.platform.world import World
from tests.account_scene import Scene, live_through, open_account_scene
from tests.conftest import FreshDatabase


@pytest.fixture
async def scene(world: World, clock: ManualClock, fresh_database: FreshDatabase) -> Scene:
    return await open_account_scene(world, clock, fresh_database)


async def test_every_column_that_is_listed_comes_to_somebody_to_whom_everything_happened(scene: Scene) -> None:
    child_id = await live_through(scene)
    seen = set()
    for data in (await scene.data(), await scene.data(of=child_id)):
        for section in data.sections:
            seen |= {
                (section.listing.key, column)
                for row in section.rows
                for column, value in row.items()
                if value is not None
            }
    listed = {(listing.key, column) for listing in LISTINGS for column in listing.forms}
    assert sorted(listed - seen) == []
