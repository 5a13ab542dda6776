"""Messages: written with what they tell of, sealed, sent once."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID, uuid4

import psycopg
import pytest

from firsthand.messages import store
from firsthand.messages.actions import DEMO_SENDERS, read_recent, send_message
from firsthand.messages.model import (
    SEND_TASK,
    Accepted,
    Backlog,
    Message,
    Outgoing,
    Reason,
    Refused,
    SendError,
    State,
    Template,
    TryAgain,
    TurnedAway,
    Way,
)
from firsthand.platform.clock import ManualClock
from firsthand.platform.i18n import Language
from firsthand.platform.outbox import Task, drain
from firsthand.platform.postgres import Role
from firsthand.platform.scope import CityScope
from firsthand.platform.world import World
from tests.conftest import START, FreshDatabase
from tests.people import SYSTEM, as_owner, audited, said

PURPOSE = CityScope("show the demo's messages")


def message(event_key: str = "one_time_code:1", *, address: str = "+8613800000001") -> Message:
    facts = {"code": "482913", "minutes": "5"}
    return Message(uuid4(), address, Template.ONE_TIME_CODE, Language.ENGLISH, facts, event_key)


async def enqueue(world: World, *messages: Message) -> list[UUID]:
    """Write messages and return the ids that their jobs were given."""
    async with world.database.transaction() as conn:
        await store.enqueue(conn, world, messages)
    async with world.database.transaction() as conn:
        return [UUID(str(task.arguments["message_id"])) for task in await drain(conn, limit=100)]


@dataclass
class RecordingSender:
    """A sender whose post can be looked at."""

    answer: Accepted | TurnedAway | TryAgain = field(default_factory=Accepted)
    post: list[tuple[str, str]] = field(default_factory=list)

    async def send(self, outgoing: Outgoing) -> Accepted | TurnedAway | TryAgain:
        self.post.append((outgoing.address, outgoing.body))
        await asyncio.sleep(0)
        return self.answer


async def test_one_event_is_one_message_and_one_job(world: World) -> None:
    first = await enqueue(world, message("a"), message("b"), message("a"))
    again = await enqueue(world, message("b"), message("c"))
    assert (len(first), len(again)) == (2, 1)
    assert len(await said(world)) == 3


async def test_a_message_falls_with_its_transaction(world: World) -> None:
    async def fail_after_enqueueing() -> None:
        async with world.database.transaction() as conn:
            await store.enqueue(conn, world, [message()])
            raise InterruptedError

    with pytest.raises(InterruptedError):
        await fail_after_enqueueing()
    assert await said(world) == []
    async with world.database.transaction() as conn:
        assert await drain(conn, limit=10) == []


async def test_neither_address_nor_code_can_be_read_from_the_table(world: World, fresh_database: FreshDatabase) -> None:
    await enqueue(world, message())
    ((row,),) = as_owner(fresh_database, "SELECT encode(address || body, 'escape') FROM messages.message")
    assert not any(secret in str(row) for secret in ("13800000001", "482913"))


async def test_a_message_is_sent_once_however_many_jobs_run(world: World, fresh_database: FreshDatabase) -> None:
    (message_id,) = await enqueue(world, message())
    sender = RecordingSender()
    states = await asyncio.gather(*(send_message(world, SYSTEM, message_id, {Way.SMS: sender}) for _ in range(5)))
    assert set(states) <= {State.SENT, State.QUEUED}, "the others find it in somebody's hands"
    assert states.count(State.SENT) >= 1
    assert [address for address, _ in sender.post] == ["+8613800000001"]
    assert "482913" in sender.post[0][1]
    assert audited(fresh_database) == [("messages.send", "done")]


async def test_a_refused_message_is_failed(world: World, fresh_database: FreshDatabase) -> None:
    (message_id,) = await enqueue(world, message())
    assert (
        await send_message(world, SYSTEM, message_id, {Way.SMS: RecordingSender(TurnedAway(SendError.MESSAGE_REFUSED))})
        is State.FAILED
    )
    assert audited(fresh_database) == [("messages.send", "failed")]


async def test_without_a_sender_a_message_waits_and_is_counted(world: World, clock: ManualClock) -> None:
    (message_id,) = await enqueue(world, message())
    assert await send_message(world, SYSTEM, message_id, {}) is State.QUEUED
    async with world.database.connection() as conn:
        assert await store.read_backlog(conn) == Backlog(1, START)
    clock.advance(timedelta(seconds=1))
    assert await send_message(world, SYSTEM, message_id, DEMO_SENDERS) is State.SENT
    async with world.database.connection() as conn:
        assert await store.read_backlog(conn) == Backlog(0, None)


async def test_a_message_to_nobody_is_discarded_and_never_shown(world: World) -> None:
    (message_id,) = await enqueue(world, message(address=""))
    assert await said(world) == []
    sender = RecordingSender()
    assert await send_message(world, SYSTEM, message_id, {Way.SMS: sender}) is State.DISCARDED
    assert (sender.post, await said(world)) == ([], [])


async def test_a_message_that_does_not_exist_is_no_error(world: World) -> None:
    assert await send_message(world, SYSTEM, uuid4(), DEMO_SENDERS) is None


async def test_the_last_messages_can_be_read_in_a_demo_alone(world: World, fresh_database: FreshDatabase) -> None:
    await enqueue(world, message("a"))
    await enqueue(world, message("b"))
    shown = await read_recent(world, SYSTEM, PURPOSE, limit=1)
    assert isinstance(shown, list)
    assert ["482913" in one.body for one in shown] == [True]
    with psycopg.connect(fresh_database.dsn(Role.OWNER)) as owner:
        owner.execute("UPDATE platform.deployment SET kind = 'live'")
    assert await read_recent(world, SYSTEM, PURPOSE, limit=1) == Refused(Reason.NOT_A_DEMO)
    assert audited(fresh_database) == [("messages.read_recent", "done"), ("messages.read_recent", "not_a_demo")]


async def test_the_job_carries_nothing_but_the_message(world: World) -> None:
    async with world.database.transaction() as conn:
        await store.enqueue(conn, world, [message()])
        (task,) = await drain(conn, limit=10)
    (kept,) = await said(world)
    assert task == Task(SEND_TASK, {"message_id": str(kept.id)})
