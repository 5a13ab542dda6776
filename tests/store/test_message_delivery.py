"""What becomes of messages in the database: held back, tried again, given up, counted and erased."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from uuid import UUID, uuid4

import pytest

from firsthand.audit.model import ActorKind, Caller, Channel
from firsthand.messages import store
from firsthand.messages.actions import DEMO_SENDERS, read_counts, send_message, wake_messages
from firsthand.messages.model import (
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
from firsthand.messages.rules import CLAIMED_FOR, USEFUL_FOR
from firsthand.platform.access import Role
from firsthand.platform.clock import ManualClock
from firsthand.platform.i18n import Language
from firsthand.platform.outbox import drain
from firsthand.platform.world import World
from firsthand.policy.model import MessagePolicy, Version
from firsthand.policy.store import add_version
from tests.conftest import START, FreshDatabase
from tests.people import SYSTEM, as_owner, audited
from tests.store.test_messages import enqueue, message

NIGHT = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)  # eleven in the evening
MORNING = datetime(2026, 3, 2, 23, 0, tzinfo=UTC)
STATES = "SELECT state, attempts, last_error, gateway_id FROM messages.message"


@dataclass
class Scripted:
    """A sender that answers as it is told, one answer after another."""

    answers: list[Accepted | TurnedAway | TryAgain]
    post: list[UUID] = field(default_factory=list)

    async def send(self, outgoing: Outgoing) -> Accepted | TurnedAway | TryAgain:
        self.post.append(outgoing.id)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def news(event: str = "a", *, concerns_at: datetime | None = None, way: Way = Way.SMS) -> Message:
    facts = {"hospital": "Hospital 0", "time": "Friday 6 March 09:30"}
    return Message(
        uuid4(), "+8613800000001", Template.BOOKING_GIVEN_BACK, Language.ENGLISH, facts, event,
        way=way, concerns_at=concerns_at,
    )  # fmt: skip


async def woken(world: World) -> list[UUID]:
    """Wake what is due and return the messages that have jobs now."""
    await wake_messages(world, limit=100)
    async with world.database.transaction() as conn:
        return [UUID(str(task.arguments["message_id"])) for task in await drain(conn, limit=100)]


async def test_news_of_the_night_has_a_job_in_the_morning(world: World, clock: ManualClock) -> None:
    clock.move_to(NIGHT)
    assert await enqueue(world, news()) == []
    assert len(await enqueue(world, message("code"), news("today", concerns_at=NIGHT + timedelta(minutes=30)))) == 2
    clock.move_to(MORNING - timedelta(seconds=1))
    assert await woken(world) == []
    async with world.database.connection() as conn:
        assert (await store.read_backlog(conn)).queued == 2, "what waits for the morning is not late"
    clock.move_to(MORNING)
    (message_id,) = await woken(world)
    assert await woken(world) == [], "each is woken once"
    assert await send_message(world, SYSTEM, message_id, DEMO_SENDERS) is State.SENT


async def test_a_job_that_comes_too_early_does_nothing(world: World, clock: ManualClock) -> None:
    clock.move_to(NIGHT)
    await enqueue(world, news())
    async with world.database.connection() as conn:
        row = await (await conn.execute("SELECT id FROM messages.message")).fetchone()
    assert row is not None
    assert await send_message(world, SYSTEM, row[0], DEMO_SENDERS) is State.QUEUED


async def test_quiet_hours_are_a_policy(world: World, clock: ManualClock) -> None:
    clock.move_to(NIGHT)
    never = MessagePolicy(time(0), time(0), "Asia/Shanghai")
    async with world.database.transaction() as conn:
        await add_version(conn, Version(START, never, "a test"))
    assert len(await enqueue(world, news())) == 1


async def test_two_workers_wake_a_message_once(world: World, clock: ManualClock) -> None:
    clock.move_to(NIGHT)
    await enqueue(world, *[news(str(number)) for number in range(20)])
    clock.move_to(MORNING)
    assert sum(await asyncio.gather(*(wake_messages(world, limit=15) for _ in range(4)))) == 20


async def test_a_message_is_tried_again_later_and_its_tries_are_kept(
    world: World, clock: ManualClock, fresh_database: FreshDatabase
) -> None:
    (message_id,) = await enqueue(world, news())
    sender = Scripted([TryAgain(SendError.BUSY), TryAgain(SendError.UNREACHABLE), Accepted("sms-7")])
    for seconds, error in ((1, "busy"), (2, "unreachable")):
        assert await send_message(world, SYSTEM, message_id, {Way.SMS: sender}) is State.QUEUED
        assert [row[2] for row in as_owner(fresh_database, STATES)] == [error]
        clock.advance(timedelta(seconds=seconds) - timedelta(milliseconds=1))
        assert await woken(world) == []
        clock.advance(timedelta(milliseconds=1))
        assert await woken(world) == [message_id]
    assert await send_message(world, SYSTEM, message_id, {Way.SMS: sender}) is State.SENT
    assert as_owner(fresh_database, STATES) == [("sent", 3, None, "sms-7")]
    assert audited(fresh_database) == [("messages.send", "done")]
    detail = as_owner(fresh_database, "SELECT detail->>'attempts', detail->>'way' FROM audit.line")
    assert detail == [("3", "sms")]


async def test_what_nobody_takes_in_a_day_is_given_up(
    world: World, clock: ManualClock, fresh_database: FreshDatabase
) -> None:
    (message_id,) = await enqueue(world, news())
    sender = Scripted([TryAgain(SendError.GATEWAY_FAULT)])
    clock.advance(USEFUL_FOR - timedelta(seconds=1))
    assert await send_message(world, SYSTEM, message_id, {Way.SMS: sender}) is State.GAVE_UP
    assert as_owner(fresh_database, STATES) == [("gave_up", 1, "gateway_fault", None)]
    assert audited(fresh_database) == [("messages.send", "gave_up")]
    assert await send_message(world, SYSTEM, message_id, {Way.SMS: sender}) is State.GAVE_UP
    assert len(sender.post) == 1


async def test_a_code_is_not_sent_after_it_has_run_out(
    world: World, clock: ManualClock, fresh_database: FreshDatabase
) -> None:
    (message_id,) = await enqueue(world, message())
    sender = Scripted([TryAgain(SendError.UNREACHABLE)])
    assert await send_message(world, SYSTEM, message_id, {Way.SMS: sender}) is State.QUEUED
    clock.advance(timedelta(minutes=5))
    assert await woken(world) == [message_id]
    assert await send_message(world, SYSTEM, message_id, DEMO_SENDERS) is State.GAVE_UP
    assert len(sender.post) == 1
    assert as_owner(fresh_database, STATES) == [("gave_up", 1, "unreachable", None)]


async def test_a_try_that_comes_back_too_late_says_nothing(
    world: World, clock: ManualClock, fresh_database: FreshDatabase
) -> None:
    (message_id,) = await enqueue(world, news())
    begun, go_on = asyncio.Event(), asyncio.Event()

    class Slow:
        async def send(self, _outgoing: Outgoing) -> TurnedAway:
            begun.set()
            await go_on.wait()
            return TurnedAway(SendError.MESSAGE_REFUSED)

    slow = asyncio.create_task(send_message(world, SYSTEM, message_id, {Way.SMS: Slow()}))
    await begun.wait()
    assert await send_message(world, SYSTEM, message_id, DEMO_SENDERS) is State.QUEUED, "it is in somebody's hands"
    clock.advance(CLAIMED_FOR)
    assert await woken(world) == [message_id]
    assert await send_message(world, SYSTEM, message_id, DEMO_SENDERS) is State.SENT
    go_on.set()
    assert await slow is State.SENT
    assert as_owner(fresh_database, STATES) == [("sent", 2, None, None)]


async def test_a_worker_that_dies_between_the_yes_and_its_word_leaves_the_message_to_be_woken(
    world: World, clock: ManualClock
) -> None:
    (message_id,) = await enqueue(world, news())
    post: list[UUID] = []

    class Dying:
        async def send(self, outgoing: Outgoing) -> Accepted:
            post.append(outgoing.id)
            raise InterruptedError

    with pytest.raises(InterruptedError):
        await send_message(world, SYSTEM, message_id, {Way.SMS: Dying()})
    assert await woken(world) == []
    clock.advance(CLAIMED_FOR)
    assert await woken(world) == [message_id]
    sender = Scripted([Accepted()])
    assert await send_message(world, SYSTEM, message_id, {Way.SMS: sender}) is State.SENT
    assert [*post, *sender.post] == [message_id, message_id], "under the same id, by which a gateway can tell"


async def test_an_outage_shows_as_a_backlog(world: World, clock: ManualClock) -> None:
    (message_id,) = await enqueue(world, news())
    await send_message(world, SYSTEM, message_id, {})
    clock.advance(timedelta(hours=1))
    async with world.database.connection() as conn:
        assert await store.read_backlog(conn) == Backlog(1, START)


async def test_old_messages_are_erased_and_what_waits_stays(
    world: World, clock: ManualClock, fresh_database: FreshDatabase
) -> None:
    sent, waiting = await enqueue(world, message("a"), news("b"))
    for message_id in (sent, waiting):
        await send_message(world, SYSTEM, message_id, DEMO_SENDERS if message_id == sent else {})
    clock.advance(timedelta(days=1))
    await enqueue(world, message("c"))
    async with world.database.transaction() as conn:
        assert await store.erase_before(conn, clock.now(), limit=0) == 0
        assert await store.erase_before(conn, clock.now(), limit=10) == 1
        assert await store.erase_before(conn, clock.now(), limit=10) == 0
    assert sorted(as_owner(fresh_database, "SELECT event_key FROM messages.message")) == [("b",), ("c",)]


# --- counts -----------------------------------------------------------------------------------------------------------


def staff(role: Role) -> Caller:
    hospital_id = None if role.is_of_city else UUID(int=1)
    return Caller(ActorKind.STAFF, UUID(int=2), Channel.WEB, "request-1", hospital_id, role)


async def test_counts_say_what_became_of_messages_and_name_nobody(world: World, clock: ManualClock) -> None:
    ids = await enqueue(
        world, *[news(str(number)) for number in range(3)], news("mail", way=Way.EMAIL), message("code")
    )
    await enqueue(world, message("nobody", address=""))
    for message_id in ids:
        await send_message(world, SYSTEM, message_id, {Way.SMS: Scripted([TurnedAway(SendError.ADDRESS_REFUSED)])})
    counts = await read_counts(world, staff(Role.CITY_ADMIN))
    assert isinstance(counts, list)
    assert {(one.template, one.way, one.state, one.error, one.count) for one in counts} == {
        ("booking_given_back", Way.SMS, State.FAILED, SendError.ADDRESS_REFUSED, 3),
        ("booking_given_back", Way.EMAIL, State.QUEUED, SendError.NO_SENDER, 1),
        ("one_time_code", Way.SMS, State.FAILED, SendError.ADDRESS_REFUSED, 1),
        ("one_time_code", Way.SMS, State.QUEUED, None, 1),
    }
    clock.advance(timedelta(days=4))
    assert await read_counts(world, staff(Role.CITY_ADMIN)) == []


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.CITY_ADMIN])
async def test_counts_are_for_the_citys_administrators(world: World, fresh_database: FreshDatabase, role: Role) -> None:
    assert await read_counts(world, staff(role)) == Refused(Reason.NOT_PERMITTED)
    assert audited(fresh_database) == [("messages.read_counts", "not_permitted")]
