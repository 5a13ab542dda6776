"""Workers that are stopped and killed while they work: nothing is lost and nothing is done twice."""

import signal
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from firsthand.messages.model import Message, Template
from firsthand.messages.store import enqueue
from firsthand.platform.clock import SystemClock
from firsthand.platform.i18n import Language
from firsthand.platform.postgres import Role
from firsthand.platform.world import World
from tests.conftest import FreshDatabase
from tests.deployment import Deployment, of_database, wait_until
from tests.people import as_owner

SENT = "SELECT count(*) FROM messages.message WHERE state = 'sent'"
SENT_LINES = "SELECT count(*) FROM audit.line WHERE action = 'messages.send'"
AT_WORK = "SELECT count(*) FROM jobs.procrastinate_jobs WHERE status = 'doing'"
LEFT = "SELECT (SELECT count(*) FROM jobs.procrastinate_jobs) + (SELECT count(*) FROM platform.outbox)"

CUT = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE usename = 'firsthand_app' AND datname = current_database() AND pid <> pg_backend_pid()
"""


@pytest.fixture
def city(world: World, fresh_database: FreshDatabase, tmp_path: Path) -> Deployment:
    return of_database(world, fresh_database, tmp_path)


@pytest.fixture
def owner(fresh_database: FreshDatabase) -> Iterator[psycopg.Connection]:
    """A connection that can hold rows, so that a worker is caught in the middle of a job."""
    with psycopg.connect(fresh_database.dsn(Role.OWNER)) as conn:
        yield conn


async def leave_messages(world: World, count: int) -> None:
    """Leave codes to be sent, by the clock of the workers: by the tests' they would be erased at once."""
    world = replace(world, clock=SystemClock())
    facts = {"code": "482913", "minutes": "5"}
    messages = [
        Message(
            person_id=uuid4(),
            address="+8613800000001",
            template=Template.ONE_TIME_CODE,
            language=Language.ENGLISH,
            facts=facts,
            event_key=f"one_time_code:{number}",
            expires_at=world.clock.now() + timedelta(hours=1),
        )
        for number in range(count)
    ]
    async with world.database.transaction() as conn:
        await enqueue(conn, world, messages)


def number_of(database: FreshDatabase, query: str) -> int:
    ((found,),) = as_owner(database, query)
    return int(str(found))


async def test_a_killed_workers_message_is_sent_once(
    world: World, fresh_database: FreshDatabase, city: Deployment, owner: psycopg.Connection
) -> None:
    await leave_messages(world, 5)
    owner.execute("SELECT FROM messages.message FOR UPDATE")
    with city.running("worker") as killed:
        wait_until(lambda: number_of(fresh_database, AT_WORK) == 5)
        killed.send_signal(signal.SIGKILL)
        killed.wait()
    assert number_of(fresh_database, SENT) == 0
    # As if so much time had passed that the dead worker is taken for dead.
    with psycopg.connect(fresh_database.dsn(Role.OWNER)) as aging:
        aging.execute("UPDATE jobs.procrastinate_workers SET last_heartbeat = now() - interval '1 hour'")
    owner.rollback()
    with city.running("worker"), city.running("worker"):
        # A job that both take up ends for one of them while the other still sends: so both are waited for.
        wait_until(lambda: number_of(fresh_database, SENT) == 5)
        wait_until(lambda: number_of(fresh_database, LEFT) == 0)
    assert number_of(fresh_database, SENT) == 5
    assert number_of(fresh_database, SENT_LINES) == 5


async def test_a_worker_told_to_stop_finishes_what_it_has_begun(
    world: World, fresh_database: FreshDatabase, city: Deployment, owner: psycopg.Connection
) -> None:
    await leave_messages(world, 3)
    owner.execute("SELECT FROM messages.message FOR UPDATE")
    with city.running("worker") as worker:
        wait_until(lambda: number_of(fresh_database, AT_WORK) == 3)
        worker.send_signal(signal.SIGTERM)
        assert worker.poll() is None
        owner.rollback()
        assert worker.wait(timeout=60) == 0
    assert number_of(fresh_database, SENT) == 3
    assert number_of(fresh_database, LEFT) == 0


async def test_a_worker_outlives_its_connections(world: World, fresh_database: FreshDatabase, city: Deployment) -> None:
    with city.running("worker") as worker:
        await leave_messages(world, 1)
        wait_until(lambda: number_of(fresh_database, SENT) == 1)
        with psycopg.connect(fresh_database.dsn(Role.APP)) as cutter:
            cutter.execute(CUT)
        await leave_messages(world, 2)  # the first of them was spoken of before
        wait_until(lambda: number_of(fresh_database, SENT) == 2)
        assert worker.poll() is None
