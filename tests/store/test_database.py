"""Transactions, whatever the server's own settings are."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from psycopg import sql

from firsthand.platform.database import Database
from firsthand.platform.outbox import Task, count_waiting, defer
from firsthand.platform.postgres import Role
from firsthand.platform.world import World
from tests.conftest import START, FreshDatabase

SUMMER_TIME = datetime(2026, 3, 8, 6, 30, tzinfo=UTC)  # in New York the clocks are put forward half an hour later


@pytest.mark.parametrize(
    "setting",
    [
        "TimeZone TO 'America/New_York'",
        "default_transaction_isolation TO 'serializable'",
        "synchronous_commit TO 'off'",
    ],
)
async def test_the_servers_settings_change_nothing(fresh_database: FreshDatabase, setting: str) -> None:
    with psycopg.connect(fresh_database.dsn(Role.OWNER), autocommit=True) as owner:
        owner.execute(sql.SQL("ALTER DATABASE {} SET {}").format(sql.Identifier(fresh_database.name), sql.SQL(setting)))
    database = Database(fresh_database.dsn(Role.APP), connections_max=1)
    await database.open()
    async with database.transaction() as conn:
        row = await (
            await conn.execute(
                "SELECT %s::timestamptz, current_setting('transaction_isolation'), "
                "current_setting('synchronous_commit')",
                (SUMMER_TIME,),
            )
        ).fetchone()
    await database.close()
    assert row is not None
    instant, isolation, durable = row
    assert instant + timedelta(hours=1) == SUMMER_TIME + timedelta(hours=1)
    assert isolation == "read committed"
    assert durable == "on"


async def test_a_transaction_that_nobody_goes_on_with_does_not_hold_its_locks_for_ever(world: World) -> None:
    async with world.database.connection() as conn:
        row = await (await conn.execute("SHOW idle_in_transaction_session_timeout")).fetchone()
    assert row == ("2min",)


async def test_a_transaction_stands_or_falls_as_one(world: World) -> None:
    async with world.database.transaction() as conn:
        await defer(conn, [Task("kept", {})], now=START)

    async def fail() -> None:
        async with world.database.transaction() as conn:
            await defer(conn, [Task("undone", {})], now=START)
            raise LookupError

    with pytest.raises(LookupError):
        await fail()
    async with world.database.connection() as conn:
        assert await count_waiting(conn) == 1
