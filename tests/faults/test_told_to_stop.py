"""Told to stop by SIGTERM, the processes of the house finish what they have begun, and nobody is cut off."""

import asyncio
import socket

import httpx

from tests.deployment import wait_until
from tests.faults.house import DAYS, PEOPLE, PLACES_A_DAY, House
from tests.faults.soundness import assert_sound, settle
from tests.faults.traffic import Asked, Traffic

HELD_UP = "LOCK TABLE booking.booking IN ACCESS EXCLUSIVE MODE"
BOOKINGS = "SELECT count(*) FROM booking.booking"
TAKES_AT_WORK = 'firsthand_gather_requests_total{action="take"}'


def takes_at_work(house: House) -> float:
    """How many requests to take a place have come as far as the action."""
    figures = httpx.get(f"{house.address}/metrics", timeout=30.0).text.splitlines()
    return next((float(line.split()[-1]) for line in figures if line.startswith(TAKES_AT_WORK)), 0.0)


def listens(house: House) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", house.port)) == 0


async def test_what_the_web_server_has_begun_is_answered_before_it_ends(house: House) -> None:
    web = house.start_web()
    async with Traffic(house) as traffic:
        with house.owner() as owner:
            owner.execute(HELD_UP)
            begun = [asyncio.create_task(traffic.ask(Asked.take(house, person))) for person in range(PEOPLE)]
            await asyncio.to_thread(wait_until, lambda: takes_at_work(house) == PEOPLE)
            web.told_to_stop()
            await asyncio.to_thread(wait_until, lambda: not listens(house))
            assert web.process.poll() is None
            assert not any(task.done() for task in begun)
            owner.rollback()
        await asyncio.gather(*begun)
    assert not traffic.ledger.troubles
    assert web.end_status() == 0, web.log.read_text()
    assert house.count(BOOKINGS) == len(traffic.ledger.done("take")) == PLACES_A_DAY


async def test_each_process_is_replaced_while_people_book(house: House) -> None:
    """Only connections on which nothing was read yet may be closed: those clients ask again, with the same key."""
    web, worker = house.start_web(), house.start("worker")
    async with Traffic(house) as traffic, traffic.flowing():
        await traffic.acknowledged(PEOPLE // 2)
        web.told_to_stop()
        assert await asyncio.to_thread(web.end_status) == 0, web.log.read_text()
        assert "unavailable" not in traffic.ledger.troubles
        web = house.start("serve")
        await traffic.acknowledged(PEOPLE * DAYS)
        worker.told_to_stop()
        assert await asyncio.to_thread(worker.end_status) == 0, worker.log.read_text()
    assert web.stop() == 0, web.log.read_text()
    settle(house)
    await assert_sound(house, traffic.ledger)
