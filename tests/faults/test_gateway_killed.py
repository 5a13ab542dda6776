"""A worker that is killed between the gateway's yes and its own word: the message is sent, and at most once more."""

import asyncio
import signal
import threading
from pathlib import Path

import psycopg

from firsthand.platform.postgres import Role
from firsthand.platform.world import World
from tests.conftest import FreshDatabase
from tests.deployment import Deployment, of_database, wait_until
from tests.faults.test_worker_killed import LEFT, SENT, leave_messages, number_of
from tests.gateways import Gateway, gateway_beside
from tests.people import as_owner

MESSAGES = 3
STATES = "SELECT state, attempts, gateway_id, last_error FROM messages.message"
# As if so much time had passed that the dead worker is taken for dead, and what it had claimed is free again.
AGED = (
    "UPDATE jobs.procrastinate_workers SET last_heartbeat = now() - interval '1 hour'",
    "UPDATE messages.message SET send_after = now() WHERE state = 'queued'",
)


def age(database: FreshDatabase) -> None:
    with psycopg.connect(database.dsn(Role.OWNER)) as owner:
        for statement in AGED:
            owner.execute(statement.encode())


def make_live(world: World, database: FreshDatabase, folder: Path, gateway: Gateway) -> Deployment:
    """Return a deployment that sends by the gateway: only a live one has a way out."""
    with psycopg.connect(database.dsn(Role.OWNER)) as owner:
        owner.execute("UPDATE platform.deployment SET kind = 'live'")
    deployment = of_database(world, database, folder)
    return Deployment({**deployment.variables, "FIRSTHAND_SMS_URL": gateway.url})


async def test_a_worker_killed_after_the_gateways_yes_loses_nothing_and_doubles_at_most_once(
    world: World, fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    answered = threading.Event()

    async def hold_back() -> None:
        # The gateway has the message and would say so: the worker dies before it hears.
        await asyncio.to_thread(answered.wait)

    with gateway_beside(Gateway(before_answer=hold_back)) as gateway:
        city = make_live(world, fresh_database, tmp_path, gateway)
        await leave_messages(world, MESSAGES)
        with city.running("worker") as killed:
            wait_until(lambda: len(gateway.heard) == MESSAGES)
            killed.send_signal(signal.SIGKILL)
            killed.wait()
        assert number_of(fresh_database, "SELECT count(*) FROM messages.message WHERE state = 'queued'") == MESSAGES
        answered.set()
        age(fresh_database)
        with city.running("worker"):
            wait_until(lambda: number_of(fresh_database, LEFT) == 0)
        sent_at = [heard.body["id"] for heard in gateway.heard]
    assert as_owner(fresh_database, STATES) == [("sent", 2, "sms-1", None)] * MESSAGES
    assert sorted(sent_at) == sorted([*{*sent_at}] * 2), "each a second time, under the id by which it is told apart"
    assert all(heard.headers["idempotency-key"] == heard.body["id"] for heard in gateway.heard)


async def test_an_outage_of_the_gateway_delays_and_loses_nothing(
    world: World, fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    with gateway_beside(Gateway([b"503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"])) as gateway:
        city = make_live(world, fresh_database, tmp_path, gateway)
        await leave_messages(world, MESSAGES)
        with city.running("worker"):
            wait_until(lambda: len(gateway.heard) > MESSAGES)
            gateway.answers = [b"204 No Content\r\n\r\n"]
            wait_until(lambda: number_of(fresh_database, SENT) == MESSAGES)
    assert {row[:1] for row in as_owner(fresh_database, STATES)} == {("sent",)}
    assert len({heard.body["id"] for heard in gateway.heard}) == MESSAGES
