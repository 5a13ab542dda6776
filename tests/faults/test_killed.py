"""Parts of the house are killed while people book: no acknowledged booking is lost, and none is made twice."""

import pytest

from tests.faults.house import DAYS, PEOPLE, House
from tests.faults.soundness import assert_sound, settle
from tests.faults.traffic import Traffic

# Everybody takes once a day; each blow falls when about so many of those answers are out.
FIRST_BLOW = PEOPLE // 2
SECOND_BLOW = PEOPLE * DAYS


async def test_the_web_server_is_killed_and_killed_again(house: House) -> None:
    web, worker = house.start_web(), house.start("worker")
    async with Traffic(house) as traffic, traffic.flowing():
        await traffic.acknowledged(FIRST_BLOW)
        web.kill_child()  # its parent starts another
        await traffic.acknowledged(SECOND_BLOW)
        web.kill()
        await traffic.met("no connection")
        house.start("serve")
    assert worker.stop() == 0
    settle(house)
    await assert_sound(house, traffic.ledger)


async def test_the_worker_is_killed_and_killed_again(house: House) -> None:
    web, worker = house.start_web(), house.start("worker")
    async with Traffic(house) as traffic, traffic.flowing():
        await traffic.acknowledged(FIRST_BLOW)
        worker.kill()
        worker = house.start("worker")
        await traffic.acknowledged(SECOND_BLOW)
        worker.kill()
    assert web.stop() == 0
    settle(house)
    await assert_sound(house, traffic.ledger)


@pytest.mark.parametrize("also", ["worker", None])
async def test_postgresql_is_killed_and_killed_again(house: House, also: str | None) -> None:
    """The house brings it back by itself, with a worker or without one."""
    web = house.start_web()
    worker = house.start(also) if also else None
    async with Traffic(house) as traffic, traffic.flowing():
        await traffic.acknowledged(FIRST_BLOW)
        house.kill_database()
        await traffic.acknowledged(SECOND_BLOW)
        house.kill_database()
    for running in filter(None, (web, worker)):
        assert running.process.poll() is None
        assert running.stop() == 0
    settle(house)
    await assert_sound(house, traffic.ledger)
