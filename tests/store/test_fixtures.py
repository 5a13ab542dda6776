"""The fixtures keep their promises: a migrated database for each test, as the application's role."""

import psycopg
import pytest

from firsthand.platform.clock import ManualClock
from firsthand.platform.postgres import Role
from firsthand.platform.world import World
from tests.conftest import START, FreshDatabase

LINE = """
INSERT INTO audit.line (at, actor_kind, channel, request_id, action, outcome)
VALUES (now(), 'nobody', 'cli', 'r', 'a', 'done')
"""


@pytest.mark.parametrize("attempt", [1, 2])
async def test_each_test_has_an_empty_database(attempt: int, fresh_database: FreshDatabase) -> None:
    async with await psycopg.AsyncConnection.connect(fresh_database.dsn(Role.OWNER), autocommit=True) as owner:
        counted = await (await owner.execute("SELECT count(*) FROM audit.line")).fetchone()
        assert counted == (0,), attempt
        await owner.execute(LINE)


async def test_the_world_acts_as_the_application(world: World, clock: ManualClock) -> None:
    async with world.database.transaction() as conn:
        assert await (await conn.execute("SELECT current_user::text")).fetchone() == ("firsthand_app",)
        await conn.execute(LINE)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        async with world.database.transaction() as conn:
            await conn.execute("DELETE FROM audit.line")
    assert world.clock is clock
    assert world.clock.now() == START
