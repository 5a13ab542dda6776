"""The worker's rounds and jobs on the real database: each outbox row is one job, and each job's work is done once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from procrastinate import App, PsycopgConnector
from procrastinate.jobs import Job

from firsthand.booking.actions import confirm_bookings, give_back_bookings
from firsthand.booking.model import Booked, Held
from firsthand.booking.taking import take_places
from firsthand.booking.telling import tell_patient
from firsthand.channels.opening import JOBS_SCHEMA
from firsthand.channels.worker.chores import AT_ONCE, drain_outbox, end_holds, forget, rescue_jobs
from firsthand.channels.worker.running import repeat
from firsthand.channels.worker.tasks import ATTEMPTS_MAX, RETRY_SECONDS_MAX, BackOff, make_app, retry_seconds
from firsthand.messages.actions import DEMO_SENDERS
from firsthand.messages.model import Template
from firsthand.platform.clock import ManualClock
from firsthand.platform.database import searching
from firsthand.platform.idempotency import IdempotencyKey, keep
from firsthand.platform.outbox import Task, count_waiting, defer
from firsthand.platform.postgres import Role
from firsthand.platform.world import World
from tests.city import SYSTEM, make_city
from tests.conftest import FreshDatabase
from tests.people import as_owner, said


@asynccontextmanager
async def queue(world: World, database: FreshDatabase) -> AsyncIterator[tuple[App, PsycopgConnector]]:
    """One worker's side of the job queue."""
    connector = PsycopgConnector(conninfo=searching(database.dsn(Role.APP), JOBS_SCHEMA), min_size=1, max_size=4)
    async with make_app(connector, world, DEMO_SENDERS).open_async() as app:
        yield app, connector


async def run_jobs(app: App) -> None:
    """Run what is in the queue until nothing is left that could run now."""
    await app.run_worker_async(wait=False, install_signal_handlers=False, listen_notify=False, delete_jobs="successful")


async def leave(world: World, *tasks: Task) -> None:
    async with world.database.transaction() as conn:
        await defer(conn, tasks, now=world.clock.now())


async def drain_all(app: App, connector: PsycopgConnector) -> None:
    while await drain_outbox(app, connector) == AT_ONCE:
        pass


def jobs(database: FreshDatabase) -> list[tuple[object, ...]]:
    return as_owner(database, "SELECT task_name, args->>'n', status::text FROM jobs.procrastinate_jobs ORDER BY id")


async def test_two_workers_make_one_job_of_each_row(world: World, fresh_database: FreshDatabase) -> None:
    await leave(world, *[Task("messages.send", {"n": number}) for number in range(1500)])
    async with queue(world, fresh_database) as (first, first_end), queue(world, fresh_database) as (second, second_end):
        await asyncio.gather(drain_all(first, first_end), drain_all(second, second_end))
        await drain_all(first, first_end)
    assert sorted(int(str(number)) for _, number, _ in jobs(fresh_database)) == list(range(1500))
    async with world.database.connection() as conn:
        assert await count_waiting(conn) == 0


async def test_what_nobody_knows_fails_alone(world: World, fresh_database: FreshDatabase) -> None:
    city = await make_city(world)
    (held,) = await take_places(world, [city.take()])
    assert isinstance(held, Held)
    await leave(world, Task("future.task", {"n": 1}), Task("x" * 500, {}))
    await confirm_bookings(world, [city.change(0, held.booking_id)])
    async with queue(world, fresh_database) as (app, connector):
        await drain_all(app, connector)
        await run_jobs(app)
        await drain_all(app, connector)  # the message that was left by the telling
        await run_jobs(app)
    assert jobs(fresh_database) == [("future.task", "1", "failed"), ("x" * 128, None, "failed")]
    assert [message.state for message in await said(world)] == ["sent"]


async def test_a_job_that_fails_waits_and_is_tried_again(world: World, fresh_database: FreshDatabase) -> None:
    await leave(world, Task("booking.tell", {"booking_id": str(uuid4()), "event": "no_such_event"}))
    async with queue(world, fresh_database) as (app, connector):
        await drain_all(app, connector)
        await run_jobs(app)
    waiting = "SELECT status::text, attempts, scheduled_at > now() - interval '1 min' FROM jobs.procrastinate_jobs"
    assert as_owner(fresh_database, waiting) == [("todo", 1, True)]


async def test_jobs_of_a_dead_worker_go_to_the_living(world: World, fresh_database: FreshDatabase) -> None:
    await leave(world, Task("messages.send", {"message_id": str(uuid4())}))
    async with queue(world, fresh_database) as (app, connector):
        await drain_all(app, connector)
        dead = await app.job_manager.register_worker()
        assert await app.job_manager.fetch_job(queues=None, worker_id=dead) is not None
        await rescue_jobs(app)
        assert await app.job_manager.fetch_job(queues=None, worker_id=dead) is None, "it may still be at work"
        await app.job_manager.unregister_worker(dead)
        await rescue_jobs(app)
        await run_jobs(app)
    assert jobs(fresh_database) == []


async def test_a_patient_is_told_once_of_each_event(world: World, fresh_database: FreshDatabase) -> None:
    city = await make_city(world)
    (held,) = await take_places(world, [city.take()])
    assert isinstance(held, Held)
    (booked,) = await confirm_bookings(world, [city.change(0, held.booking_id)])
    assert isinstance(booked, Booked)
    told = [await tell_patient(world, SYSTEM, held.booking_id, Template.BOOKING_CONFIRMED) for _ in range(3)]
    assert told == [True, True, True]
    await give_back_bookings(world, [city.change(0, held.booking_id)])
    await tell_patient(world, SYSTEM, held.booking_id, Template.BOOKING_GIVEN_BACK)
    messages = {message.template: message for message in await said(world)}
    assert len(messages) == len(await said(world)) == 2
    assert messages[Template.BOOKING_CONFIRMED].person_id == city.person_ids[0]
    assert booked.code in messages[Template.BOOKING_CONFIRMED].body
    assert booked.code not in messages[Template.BOOKING_GIVEN_BACK].body
    lines = as_owner(fresh_database, "SELECT person_id, purpose FROM audit.line WHERE action = 'booking.tell'")
    assert lines == [(city.person_ids[0], "tell the patient what became of the booking")] * 4


async def test_of_a_booking_that_is_not_there_nothing_is_told(world: World) -> None:
    assert await tell_patient(world, SYSTEM, uuid4(), Template.BOOKING_CONFIRMED) is False
    assert await said(world) == []


async def test_holds_end_and_answers_are_forgotten(
    world: World, clock: ManualClock, fresh_database: FreshDatabase
) -> None:
    city = await make_city(world)
    await take_places(world, [city.take()])
    async with world.database.transaction() as conn:
        await keep(conn, [(IdempotencyKey(UUID(int=1), "k", bytes(32)), b"{}")], now=clock.now())
    clock.advance(timedelta(hours=23))
    await end_holds(world)
    await forget(world)
    kept = "SELECT (SELECT state FROM booking.booking), (SELECT count(*) FROM platform.idempotency)"
    assert as_owner(fresh_database, kept) == [("expired", 1)]
    clock.advance(timedelta(hours=2))
    await forget(world)
    assert as_owner(fresh_database, kept) == [("expired", 0)]


async def test_a_round_that_fails_is_done_again_and_the_last_is_finished(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("firsthand.channels.worker.running._AGAIN_SECONDS", AT_ONCE)
    stop, rounds = asyncio.Event(), []

    async def one_round() -> float:
        rounds.append("begun")
        if len(rounds) == 1:
            raise OSError("the disk is full")
        stop.set()
        await asyncio.sleep(0)
        rounds.append("finished")
        return AT_ONCE

    await repeat("test", one_round, stop)
    assert rounds == ["begun", "begun", "finished"]


@given(st.integers(min_value=0, max_value=10_000))
def test_waiting_grows_up_to_a_bound_and_ends(attempts: int) -> None:
    seconds = retry_seconds(attempts)
    assert 1 <= seconds <= RETRY_SECONDS_MAX
    assert seconds <= retry_seconds(attempts + 1)
    job = Job(queue="default", lock=None, queueing_lock=None, task_name="t", attempts=attempts)
    decision = BackOff().get_retry_decision(exception=OSError(), job=job)
    assert (decision is None) == (attempts >= ATTEMPTS_MAX)
