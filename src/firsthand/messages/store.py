"""The room's SQL. Addresses, bodies and events are sealed: only a sender, and the demo's page, open them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, LiteralString
from uuid import UUID

import msgspec

from firsthand.messages import rules
from firsthand.messages.model import (
    SEND_TASK,
    Backlog,
    Count,
    Event,
    Message,
    ReportedState,
    SendError,
    State,
    StoredMessage,
    Template,
    Way,
)
from firsthand.messages.templates import render
from firsthand.platform.chance import new_id
from firsthand.platform.crypto import Keyring
from firsthand.platform.database import Connection
from firsthand.platform.i18n import Language
from firsthand.platform.outbox import Task, defer
from firsthand.platform.scope import CityScope
from firsthand.platform.world import World
from firsthand.policy.actions import read_in_force
from firsthand.policy.model import MessagePolicy

# In the order of their keys, so that two transactions with the same events wait for each other and never both ways.
_ENQUEUE: LiteralString = """
INSERT INTO messages.message
    (id, person_id, address, template, language, body, event_key, made_at, way, event, due_at, send_after, expires_at)
SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::bytea[], %s::text[], %s::text[], %s::bytea[], %s::text[],
                     %s::timestamptz[], %s::text[], %s::bytea[], %s::timestamptz[], %s::timestamptz[],
                     %s::timestamptz[])
ON CONFLICT (event_key) DO NOTHING RETURNING id
"""
# What an earlier version wrote has no due_at and no expires_at.
_COLUMNS: LiteralString = """
id, person_id, address, template, language, body, state, made_at, way, event, coalesce(due_at, made_at), send_after,
coalesce(expires_at, made_at + interval '1 day'), attempts, last_error
"""
_LOCK: LiteralString = "SELECT " + _COLUMNS + " FROM messages.message WHERE id = %s FOR UPDATE"
_RECENT: LiteralString = (
    "SELECT " + _COLUMNS + " FROM messages.message WHERE state <> 'discarded' ORDER BY made_at DESC, id DESC LIMIT %s"
)
_CLAIM: LiteralString = """
UPDATE messages.message SET attempts = attempts + 1, tried_at = %(now)s, send_after = %(until)s
WHERE id = %(id)s AND state = 'queued'
"""
# Only the try that was counted last may say what became of it: an earlier one that comes back late says nothing.
_POSTPONE: LiteralString = """
UPDATE messages.message SET send_after = %(until)s, last_error = %(error)s
WHERE id = %(id)s AND state = 'queued' AND attempts = %(attempt)s
"""
_SETTLE: LiteralString = """
UPDATE messages.message
SET state = %(state)s, send_after = NULL, last_error = %(error)s, gateway_id = nullif(%(gateway_id)s, ''),
    sent_at = CASE WHEN %(state)s = 'sent' THEN %(now)s::timestamptz END, settled_at = %(now)s
WHERE id = %(id)s AND state = 'queued' AND attempts = %(attempt)s
RETURNING id
"""
# A message may still be queued here when its gateway has it: the worker died before it could say so.
_REPORT: LiteralString = """
UPDATE messages.message
SET state = %(state)s, send_after = NULL, settled_at = %(now)s, sent_at = coalesce(sent_at, %(now)s),
    last_error = CASE WHEN %(state)s = 'failed' THEN 'not_delivered' END
WHERE id = %(id)s AND (state = 'sent' OR (state = 'queued' AND attempts > 0))
RETURNING person_id, template
"""
_STATE: LiteralString = "SELECT state FROM messages.message WHERE id = %s"
_WAKE: LiteralString = """
WITH due AS MATERIALIZED (
    SELECT id FROM messages.message WHERE state = 'queued' AND send_after <= %s
    ORDER BY send_after LIMIT %s FOR UPDATE SKIP LOCKED
)
UPDATE messages.message SET send_after = NULL FROM due WHERE message.id = due.id RETURNING message.id
"""
# A message that waits for the end of quiet hours is not late; one that was tried, and waits to be tried again, is.
_BACKLOG: LiteralString = """
SELECT count(*), min(coalesce(due_at, made_at)) FROM messages.message
WHERE state = 'queued' AND (attempts > 0 OR send_after IS NULL)
"""
_COUNTS: LiteralString = """
SELECT template, way, state, last_error, count(*), max(made_at) FROM messages.message
WHERE made_at >= %s AND state <> 'discarded' GROUP BY template, way, state, last_error
ORDER BY template, way, state, last_error
"""
_FORGET: LiteralString = "DELETE FROM messages.message WHERE person_id = ANY(%s)"
_ERASE: LiteralString = """
DELETE FROM messages.message WHERE id IN (
    SELECT id FROM messages.message WHERE made_at < %s AND state <> 'queued' ORDER BY made_at LIMIT %s
)
"""

GATEWAY_ID_CHARACTERS_MAX: Final = 200

_ADDRESS, _BODY, _EVENT = "messages.message.address", "messages.message.body", "messages.message.event"


async def enqueue(
    conn: Connection, world: World, messages: Sequence[Message]
) -> None:  # scope: writes for the action that calls it, and reads nothing
    """Write messages, and the jobs that send them, in the transaction of `conn`: they stand or fall with it.

    A message whose event was spoken of before is left out. What quiet hours hold back has no job yet: `wake` makes it.
    Raises ValueError when facts do not fit a template.
    """
    if not messages:
        return
    now = world.clock.now()
    ordered = sorted(messages, key=lambda message: message.event_key)
    rows = [(new_id(world.chance, now), message, due) for message, due in await _due(conn, ordered, now)]
    cursor = await conn.execute(
        _ENQUEUE,
        (
            [row_id for row_id, _, _ in rows],
            [message.person_id for message in ordered],
            [_sealed(world.keyring, message.address, _ADDRESS, row_id) for row_id, message, _ in rows],
            [message.template for message in ordered],
            [message.language for message in ordered],
            [
                _sealed(world.keyring, render(message.template, message.language, message.facts), _BODY, row_id)
                for row_id, message, _ in rows
            ],
            [message.event_key for message in ordered],
            [now] * len(ordered),
            [message.way for message in ordered],
            [_sealed_event(world.keyring, message.event, row_id) for row_id, message, _ in rows],
            [due for _, _, due in rows],
            [due if due > now else None for _, _, due in rows],
            [rules.expires_at(message, due=due) for _, message, due in rows],
        ),
    )
    written = {row_id for (row_id,) in await cursor.fetchall()}
    at_once = [row_id for row_id, _, due in rows if row_id in written and due <= now]
    await defer(conn, _send_tasks(at_once), now=now)


async def wake(conn: Connection, *, now: datetime, limit: int) -> int:  # scope: ids alone, for the worker
    """Make jobs of messages that have waited until now, and return how many: each becomes one job."""
    rows = await (await conn.execute(_WAKE, (now, limit))).fetchall()
    await defer(conn, _send_tasks([row_id for (row_id,) in rows]), now=now)
    return len(rows)


async def lock_message(conn: Connection, keyring: Keyring, _scope: CityScope, message_id: UUID) -> StoredMessage | None:
    """Return the message, held until the transaction of `conn` ends."""
    row = await (await conn.execute(_LOCK, (message_id,))).fetchone()
    return _opened(keyring, row) if row else None


async def claim(
    conn: Connection, message_id: UUID, *, now: datetime, until: datetime
) -> None:  # scope: the sender's own bookkeeping
    """Count a try of a message that is locked, and keep others away from it until an instant."""
    await conn.execute(_CLAIM, {"id": message_id, "now": now, "until": until})


async def postpone(
    conn: Connection, message_id: UUID, attempt: int, error: SendError, *, until: datetime
) -> None:  # scope: the sender's own bookkeeping
    """Note why a try failed, and let the message be woken at an instant. attempt: which try it was."""
    await conn.execute(_POSTPONE, {"id": message_id, "attempt": attempt, "error": error, "until": until})


async def settle(
    conn: Connection,
    message_id: UUID,
    attempt: int,
    state: State,
    *,
    now: datetime,
    error: SendError | None = None,
    gateway_id: str = "",
) -> bool:  # scope: the sender's own bookkeeping
    """Note what became of a queued message, and say whether that was still open. attempt: the tries counted so far."""
    settled = {
        "id": message_id, "attempt": attempt, "state": state, "error": error, "gateway_id": gateway_id, "now": now,
    }  # fmt: skip
    return await (await conn.execute(_SETTLE, settled)).fetchone() is not None


async def report(
    conn: Connection, message_id: UUID, state: ReportedState, *, now: datetime
) -> tuple[UUID | None, str] | None:  # scope: the gateway's word about one message, which tells nothing of it
    """Note what a gateway reports, and return whose message it was and its template; None where nothing was open."""
    row = await (await conn.execute(_REPORT, {"id": message_id, "state": state, "now": now})).fetchone()
    return (row[0], row[1]) if row else None


async def read_state(conn: Connection, message_id: UUID) -> State | None:  # scope: a state, and nobody's data
    """Return what has become of a message, or None where there is none."""
    row = await (await conn.execute(_STATE, (message_id,))).fetchone()
    return State(row[0]) if row else None


async def recent(conn: Connection, keyring: Keyring, _scope: CityScope, limit: int) -> list[StoredMessage]:
    """Return the last `limit` messages, newest first, opened. Messages to nobody are left out."""
    rows = await (await conn.execute(_RECENT, (limit,))).fetchall()
    return [message for message in (_opened(keyring, row) for row in rows) if message.address]


async def read_backlog(conn: Connection) -> Backlog:  # scope: a count of the whole house
    """Return how many messages wait for a sender, and since when."""
    row = await (await conn.execute(_BACKLOG)).fetchone()
    return Backlog(*row) if row else Backlog(0, None)


async def count_since(conn: Connection, since: datetime) -> list[Count]:  # scope: counts of the whole house
    """Return how many messages written since an aware instant became what, by template, way, state and error."""
    rows = await (await conn.execute(_COUNTS, (since,))).fetchall()
    return [
        Count(template, Way(way), State(state), SendError(error) if error else None, count, last_at)
        for template, way, state, error, count, last_at in rows
    ]


async def forget(conn: Connection, _scope: CityScope, person_ids: Sequence[UUID]) -> int:
    """Erase every message to people whose account is deleted, sent or not, and return how many."""
    return (await conn.execute(_FORGET, (list(person_ids),))).rowcount


async def erase_before(conn: Connection, before: datetime, *, limit: int) -> int:  # scope: erases, and reads nothing
    """Erase up to `limit` of the messages written before an aware instant, and return how many. What waits stays."""
    return (await conn.execute(_ERASE, (before, limit))).rowcount


async def _due(conn: Connection, messages: Sequence[Message], now: datetime) -> list[tuple[Message, datetime]]:
    """Return each message with when it may first go out. A code costs no look at the policy."""
    if all(message.template in rules.CODES for message in messages):
        return [(message, now) for message in messages]
    policy = await read_in_force(conn, MessagePolicy, at=now)
    return [
        (
            message,
            rules.due_at(
                message.template, policy, now=now, time_zone=message.time_zone, concerns_at=message.concerns_at
            ),
        )
        for message in messages
    ]


def _send_tasks(message_ids: Sequence[UUID]) -> list[Task]:
    return [Task(SEND_TASK, {"message_id": str(message_id)}) for message_id in message_ids]


def _sealed(keyring: Keyring, text: str, purpose: str, row_id: UUID) -> bytes:
    return keyring.seal(text.encode(), purpose=purpose, context=row_id.bytes)


def _sealed_event(keyring: Keyring, event: Event | None, row_id: UUID) -> bytes | None:
    if event is None:
        return None
    return keyring.seal(msgspec.json.encode(event), purpose=_EVENT, context=row_id.bytes)


def _opened(keyring: Keyring, row: tuple[Any, ...]) -> StoredMessage:
    row_id, person_id, address, template, language, body, state, made_at, way, event, *rest = row
    due_at, send_after, expires_at, attempts, last_error = rest
    opened = keyring.open(event, purpose=_EVENT, context=row_id.bytes) if event is not None else None
    return StoredMessage(
        id=row_id,
        person_id=person_id,
        address=keyring.open(address, purpose=_ADDRESS, context=row_id.bytes).decode(),
        template=Template(template),
        language=Language(language),
        body=keyring.open(body, purpose=_BODY, context=row_id.bytes).decode(),
        state=State(state),
        made_at=made_at,
        way=Way(way),
        due_at=due_at,
        send_after=send_after,
        expires_at=expires_at,
        attempts=attempts,
        last_error=SendError(last_error) if last_error else None,
        event=msgspec.json.decode(opened, type=Event) if opened is not None else None,
    )
