"""Parts of the house are killed while people book: no acknowledged booking is lost, and none is made twice."""

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


async def test_postgresql_is_killed_and_the_web_server_alone_brings_it_back(house: House) -> None:
    web = house.start_web()
    async with Traffic(house) as traffic, traffic.flowing():
        await traffic.acknowledged(FIRST_BLOW)
        house.kill_database()
        await traffic.acknowledged(SECOND_BLOW)
        house.kill_database()
    assert web.stop() == 0, web.log.read_text()
    settle(house)
    await assert_sound(house, traffic.ledger)


async def test_postgresql_is_killed_under_both_and_then_the_worker_alone_brings_it_back(house: House) -> None:
    web, worker = house.start_web(), house.start("worker")
    async with Traffic(house) as traffic, traffic.flowing():
        await traffic.acknowledged(FIRST_BLOW)
        house.kill_database()
    assert web.stop() == 0, web.log.read_text()
    house.kill_database()
    house.wait_until_database_is_back()
    assert worker.stop() == 0, worker.log.read_text()
    settle(house)
    await assert_sound(house, traffic.ledger)
    verified = house.call("audit", "verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr
