"""Sending messages, and looking at them where that is allowed."""

from uuid import UUID

from firsthand.audit.model import DONE, Caller, Line
from firsthand.audit.store import append
from firsthand.messages import store
from firsthand.messages.model import Reason, Refused, Sender, State, StoredMessage
from firsthand.platform.deployment import DeploymentKind, read_kind
from firsthand.platform.scope import CityScope
from firsthand.platform.world import World


class DemoSender:
    """Sends nothing: in a demo, a message has arrived once the page of messages can show it."""

    async def send(self, address: str, body: str) -> bool:
        """Accept every message that has an address and words."""
        return bool(address and body)


async def send_message(world: World, caller: Caller, message_id: UUID, sender: Sender | None) -> State | None:
    """Send a queued message and return what it has become; None when there is no such message.

    Without a sender it stays queued, where the backlog shows it. The row is held while the sender works, so a message
    goes out once, and twice only when the process dies between sending and writing so down. What the sender raises is
    raised on, and the message stays queued for the job to try again.
    """
    async with world.database.transaction() as conn:
        message = await store.lock_message(conn, world.keyring, CityScope("send a message"), message_id)
        if message is None or message.state is not State.QUEUED:
            return None if message is None else message.state
        if not message.address:
            await store.settle(conn, message_id, State.DISCARDED, now=world.clock.now())
            return State.DISCARDED
        if sender is None:
            return State.QUEUED
        state = State.SENT if await sender.send(message.address, message.body) else State.FAILED
        now = world.clock.now()
        await store.settle(conn, message_id, state, now=now)
        line = Line(
            at=now,
            caller=caller,
            action="messages.send",
            outcome=DONE if state is State.SENT else state,
            subject_id=message_id,
            person_id=message.person_id,
            detail={"template": message.template},
        )
        await append(conn, [line])
        return state


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
