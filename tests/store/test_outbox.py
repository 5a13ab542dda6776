"""Work left behind: written with what it belongs to, taken out once, oldest first."""

import asyncio

from firsthand.platform.outbox import Task, count_waiting, defer, drain
from firsthand.platform.world import World
from tests.conftest import START

TASKS = [Task("task", {"n": n, "text": "中", "flag": n % 2 == 0, "none": None}) for n in range(7)]


async def test_tasks_come_out_as_they_went_in_and_only_once(world: World) -> None:
    async with world.database.transaction() as conn:
        await defer(conn, TASKS[:6], now=START)
        await defer(conn, TASKS[6:], now=START)
        await defer(conn, [], now=START)
    drained = []
    for limit in (1, 3, 100, 1):
        async with world.database.transaction() as conn:
            drained.append(await drain(conn, limit=limit))
    assert drained == [TASKS[:1], TASKS[1:4], TASKS[4:], []]


async def test_a_drain_that_is_undone_loses_nothing(world: World) -> None:
    async with world.database.transaction() as conn:
        await defer(conn, TASKS, now=START)
    async with world.database.transaction() as conn:
        assert len(await drain(conn, limit=3)) == 3
        await conn.execute("SAVEPOINT undone")
        assert len(await drain(conn, limit=3)) == 3
        await conn.execute("ROLLBACK TO undone")
    async with world.database.transaction() as conn:
        assert await drain(conn, limit=10) == TASKS[3:]


async def test_two_workers_never_take_the_same_task(world: World) -> None:
    async with world.database.transaction() as conn:
        await defer(conn, TASKS, now=START)
    both_have_drained = asyncio.Barrier(2)

    async def work() -> list[Task]:
        async with world.database.transaction() as conn:
            tasks = await drain(conn, limit=3)
            await both_have_drained.wait()
            return tasks

    one, other = await asyncio.gather(work(), work())
    assert sorted((*one, *other), key=lambda task: str(task.arguments["n"])) == TASKS[:6]
    async with world.database.connection() as conn:
        assert await count_waiting(conn) == 1


async def test_the_limit_holds_however_the_server_plans_the_statement(world: World) -> None:
    async with world.database.transaction() as conn:
        await defer(conn, TASKS, now=START)
        for way in ("hashjoin", "mergejoin", "hashagg", "sort", "material"):
            await conn.execute(f"SET LOCAL enable_{way} = off".encode())
        assert await drain(conn, limit=2) == TASKS[:2]
        assert await count_waiting(conn) == 5
