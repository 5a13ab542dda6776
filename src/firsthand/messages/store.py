"""The room's SQL. Addresses and bodies are sealed: only a sender, and the demo's page, open them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from firsthand.messages.model import SEND_TASK, Backlog, Message, State, StoredMessage, Template
from firsthand.messages.templates import render
from firsthand.platform.chance import new_id
from firsthand.platform.crypto import Keyring
from firsthand.platform.database import Connection
from firsthand.platform.i18n import Language
from firsthand.platform.outbox import Task, defer
from firsthand.platform.scope import CityScope
from firsthand.platform.world import World

# In the order of their keys, so that two transactions with the same events wait for each other and never both ways.
_ENQUEUE: LiteralString = """
INSERT INTO messages.message (id, person_id, address, template, language, body, event_key, made_at)
SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::bytea[], %s::text[], %s::text[], %s::bytea[], %s::text[],
                     %s::timestamptz[])
ON CONFLICT (event_key) DO NOTHING RETURNING id
"""
_LOCK: LiteralString = """
SELECT id, person_id, address, template, language, body, state, made_at
FROM messages.message WHERE id = %s FOR UPDATE
"""
_SETTLE: LiteralString = "UPDATE messages.message SET state = %s, sent_at = %s WHERE id = %s AND state = 'queued'"
_RECENT: LiteralString = """
SELECT id, person_id, address, template, language, body, state, made_at
FROM messages.message WHERE state <> 'discarded' ORDER BY made_at DESC, id DESC LIMIT %s
"""
_BACKLOG: LiteralString = "SELECT count(*), min(made_at) FROM messages.message WHERE state = 'queued'"

_ADDRESS, _BODY = "messages.message.address", "messages.message.body"


async def enqueue(
    conn: Connection, world: World, messages: Sequence[Message]
) -> None:  # scope: writes for the action that calls it, and reads nothing
    """Write messages, and the jobs that send them, in the transaction of `conn`: they stand or fall with it.

    A message whose event was spoken of before is left out. Raises ValueError when facts do not fit a template.
    """
    if not messages:
        return
    now, keyring = world.clock.now(), world.keyring
    ordered = sorted(messages, key=lambda message: message.event_key)
    ids = [new_id(world.chance, now) for _ in ordered]
    rows = zip(ids, ordered, strict=True)
    sealed = [
        (
            keyring.seal(message.address.encode(), purpose=_ADDRESS, context=row_id.bytes),
            keyring.seal(
                render(message.template, message.language, message.facts).encode(), purpose=_BODY, context=row_id.bytes
            ),
        )
        for row_id, message in rows
    ]
    cursor = await conn.execute(
        _ENQUEUE,
        (
            ids,
            [message.person_id for message in ordered],
            [address for address, _ in sealed],
            [message.template for message in ordered],
            [message.language for message in ordered],
            [body for _, body in sealed],
            [message.event_key for message in ordered],
            [now] * len(ordered),
        ),
    )
    written = [row_id for (row_id,) in await cursor.fetchall()]
    await defer(conn, [Task(SEND_TASK, {"message_id": str(row_id)}) for row_id in written], now=now)


async def lock_message(conn: Connection, keyring: Keyring, _scope: CityScope, message_id: UUID) -> StoredMessage | None:
    """Return the message, held until the transaction of `conn` ends, so that no two senders have it at once."""
    row = await (await conn.execute(_LOCK, (message_id,))).fetchone()
    return _opened(keyring, row) if row else None


async def settle(
    conn: Connection, message_id: UUID, state: State, *, now: datetime
) -> None:  # scope: the sender's own bookkeeping
    """Note what became of a queued message."""
    await conn.execute(_SETTLE, (state, now if state is State.SENT else None, message_id))


async def recent(conn: Connection, keyring: Keyring, _scope: CityScope, limit: int) -> list[StoredMessage]:
    """Return the last `limit` messages, newest first, opened. Messages to nobody are left out."""
    rows = await (await conn.execute(_RECENT, (limit,))).fetchall()
    return [message for message in (_opened(keyring, row) for row in rows) if message.address]


async def read_backlog(conn: Connection) -> Backlog:  # scope: a count of the whole house
    """Return how many messages wait for a sender, and since when."""
    row = await (await conn.execute(_BACKLOG)).fetchone()
    return Backlog(*row) if row else Backlog(0, None)


def _opened(keyring: Keyring, row: tuple[Any, ...]) -> StoredMessage:
    row_id, person_id, address, template, language, body, state, made_at = row
    return StoredMessage(
        id=row_id,
        person_id=person_id,
        address=keyring.open(address, purpose=_ADDRESS, context=row_id.bytes).decode(),
        template=Template(template),
        language=Language(language),
        body=keyring.open(body, purpose=_BODY, context=row_id.bytes).decode(),
        state=State(state),
        made_at=made_at,
    )
