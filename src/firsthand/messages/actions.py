"""Sending messages, hearing what became of them, and looking at them where that is allowed."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from firsthand.audit.model import DONE, Caller, Line
from firsthand.audit.store import append
from firsthand.messages import rules, store
from firsthand.messages.model import (
    Accepted,
    Count,
    Outgoing,
    Reason,
    Refused,
    ReportedState,
    SendError,
    Senders,
    State,
    StoredMessage,
    TryAgain,
    TurnedAway,
    Way,
)
from firsthand.messages.templates import SUBJECTS
from firsthand.platform.access import Permission
from firsthand.platform.deployment import DeploymentKind, read_kind
from firsthand.platform.metrics import MESSAGES
from firsthand.platform.scope import CityScope
from firsthand.platform.world import World

COUNTED_FOR: Final = timedelta(days=3)


class DemoSender:
    """Sends nothing: in a demo, a message has arrived once the page of messages can show it."""

    async def send(self, outgoing: Outgoing) -> Accepted | TurnedAway | TryAgain:
        """Accept every message that has an address and words."""
        return Accepted() if outgoing.address and outgoing.body else TurnedAway(SendError.ADDRESS_REFUSED)


DEMO_SENDERS: Final[Senders] = {way: DemoSender() for way in Way}


async def send_message(world: World, caller: Caller, message_id: UUID, senders: Senders) -> State | None:
    """Send a queued message that is due and return what it has become; None when there is no such message.

    No transaction is open while the sender works, because a slow gateway would hold up the sealing of the record. The
    message is claimed before, for longer than a sender may take: so it goes out once, and twice only when the process
    dies between the gateway's yes and writing so down. Then it is woken when the claim ends, and a gateway that keeps
    the id of what it accepted sends it once even so.
    """
    claimed = await _claim(world, caller, message_id)
    if not isinstance(claimed, StoredMessage):
        return claimed
    sender = senders.get(claimed.way)
    answer = TryAgain(SendError.NO_SENDER) if sender is None else await sender.send(_outgoing(claimed))
    return await _note(world, caller, claimed, answer)


async def take_report(world: World, caller: Caller, message_id: UUID, state: ReportedState) -> State | Refused:
    """Note what a gateway reports of a message, once: the same report again, or a later one, changes nothing.

    The edge has made sure that the report is the gateway's. Refused with MESSAGE_UNKNOWN or ALREADY_SETTLED.
    """
    async with world.database.transaction() as conn:
        now = world.clock.now()
        found = await store.report(conn, message_id, state, now=now)
        reason = None
        if found is None:
            known = await store.read_state(conn, message_id)
            reason = Reason.MESSAGE_UNKNOWN if known is None else Reason.ALREADY_SETTLED
        person_id, template = found or (None, None)
        line = Line(
            at=now,
            caller=caller,
            action="messages.report",
            outcome=reason or DONE,
            subject_id=message_id,
            person_id=person_id,
            detail={"state": state.value, "template": template},
        )
        await append(conn, [line])
        return Refused(reason) if reason else State(state)


async def wake_messages(world: World, *, limit: int) -> int:
    """Make jobs of the messages that have waited until now: for quiet hours to end, or to be tried again."""
    async with world.database.transaction() as conn:
        return await store.wake(conn, now=world.clock.now(), limit=limit)


async def read_counts(world: World, caller: Caller) -> list[Count] | Refused:
    """Return what became of the whole city's messages of the last days, as numbers. Refused with NOT_PERMITTED."""
    async with world.database.transaction() as conn:
        now = world.clock.now()
        allowed = caller.may(Permission.PREVIEW_MESSAGES, at=None)
        outcome = DONE if allowed else Reason.NOT_PERMITTED
        await append(conn, [Line(at=now, caller=caller, action="messages.read_counts", outcome=outcome)])
        return await store.count_since(conn, now - COUNTED_FOR) if allowed else Refused(Reason.NOT_PERMITTED)


async def read_recent(world: World, caller: Caller, scope: CityScope, *, limit: int) -> list[StoredMessage] | Refused:
    """Return the last messages, opened, newest first, for the demo's page. Refused on every other deployment."""
    async with world.database.transaction() as conn:
        allowed = await read_kind(conn) is DeploymentKind.DEMO
        line = Line(
            at=world.clock.now(),
            caller=caller,
            action="messages.read_recent",
            outcome=DONE if allowed else Reason.NOT_A_DEMO,
            purpose=scope.purpose,
        )
        await append(conn, [line])
        if not allowed:
            return Refused(Reason.NOT_A_DEMO)
        return await store.recent(conn, world.keyring, scope, limit)


async def _claim(world: World, caller: Caller, message_id: UUID) -> StoredMessage | State | None:
    """Claim a message for one try and return it as it was before; else what it is."""
    async with world.database.transaction() as conn:
        message = await store.lock_message(conn, world.keyring, CityScope("send a message"), message_id)
        if message is None or message.state is not State.QUEUED:
            return None if message is None else message.state
        now = world.clock.now()
        match rules.decide(message, now=now):
            case rules.Send():
                await store.claim(conn, message_id, now=now, until=now + rules.CLAIMED_FOR)
                return message
            case rules.Wait():
                return State.QUEUED
            case rules.Settle(state, error):
                await store.settle(conn, message_id, message.attempts, state, now=now, error=error)
                if error is not None:
                    await append(conn, [_line(caller, message, state, message.attempts, error, now=now)])
                return state


async def _note(
    world: World, caller: Caller, message: StoredMessage, answer: Accepted | TurnedAway | TryAgain
) -> State:
    """Write down what a try came to. message: as it was before."""
    async with world.database.transaction() as conn:
        now, attempt = world.clock.now(), message.attempts + 1
        MESSAGES.labels(message.way, "accepted" if isinstance(answer, Accepted) else answer.error).inc()
        state, error, gateway_id = State.SENT, None, ""
        match answer:
            case Accepted(said):
                gateway_id = said[: store.GATEWAY_ID_CHARACTERS_MAX]
            case TurnedAway(why):
                state, error = State.FAILED, why
            case TryAgain(why):
                match rules.next_try(message, why, now=now):
                    case rules.Wait(until):
                        await store.postpone(conn, message.id, attempt, why, until=until)
                        return State.QUEUED
                    case rules.Settle(ended, _):
                        state, error = ended, why
        if not await store.settle(conn, message.id, attempt, state, now=now, error=error, gateway_id=gateway_id):
            return await store.read_state(conn, message.id) or state
        await append(conn, [_line(caller, message, state, attempt, error, now=now)])
        return state


def _line(
    caller: Caller, message: StoredMessage, state: State, attempts: int, error: SendError | None, *, now: datetime
) -> Line:
    return Line(
        at=now,
        caller=caller,
        action="messages.send",
        outcome=DONE if state is State.SENT else state,
        subject_id=message.id,
        person_id=message.person_id,
        detail={"template": message.template, "way": message.way, "attempts": attempts, "error": error},
    )


def _outgoing(message: StoredMessage) -> Outgoing:
    return Outgoing(
        id=message.id,
        address=message.address,
        language=message.language,
        subject=SUBJECTS[message.template][message.language],
        body=message.body,
        made_at=message.made_at,
        event=message.event,
    )


async def erase_messages(world: World, caller: Caller, *, before: datetime, limit: int) -> int:
    """Erase up to `limit` messages written before an aware instant, and return how many. What waits stays."""
    async with world.database.transaction() as conn:
        erased = await store.erase_before(conn, before, limit=limit)
        if erased:
            line = Line(
                at=world.clock.now(),
                caller=caller,
                action="messages.erase",
                outcome=DONE,
                detail={"erased": erased},
            )
            await append(conn, [line])
        return erased
