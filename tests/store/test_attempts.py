"""Attempts are counted exactly, and forgotten when their day is over."""

import asyncio
from datetime import timedelta

from firsthand.platform import attempts
from firsthand.platform.attempts import Limit
from firsthand.platform.clock import ManualClock
from firsthand.platform.world import World

LIMIT = Limit("test", attempts_max=5, window_seconds=600)


async def attempt(world: World, subject: bytes, limit: Limit = LIMIT) -> bool:
    async with world.database.transaction() as conn:
        return await attempts.allow(conn, limit, subject, now=world.clock.now())


async def test_the_limit_holds_for_each_subject_and_bucket(world: World) -> None:
    assert [await attempt(world, b"a") for _ in range(7)] == [True] * 5 + [False] * 2
    assert await attempt(world, b"b")
    assert await attempt(world, b"a", Limit("other", 5, 600))


async def test_parallel_attempts_are_counted_one_by_one(world: World) -> None:
    answers = await asyncio.gather(*(attempt(world, b"a") for _ in range(40)))
    assert sum(answers) == 5


async def test_the_next_window_starts_anew(world: World, clock: ManualClock) -> None:
    assert [await attempt(world, b"a") for _ in range(6)][-1] is False
    clock.advance(timedelta(minutes=10))
    assert await attempt(world, b"a")


async def test_counters_are_forgotten_after_a_day_and_not_before(world: World, clock: ManualClock) -> None:
    await attempt(world, b"a")
    clock.advance(timedelta(hours=24))
    await attempt(world, b"b")
    clock.advance(timedelta(minutes=1))
    async with world.database.transaction() as conn:
        assert await attempts.forget(conn, now=clock.now()) == 1
        assert await attempts.forget(conn, now=clock.now()) == 0
