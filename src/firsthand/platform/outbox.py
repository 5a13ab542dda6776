"""Work that an action leaves behind, written in its own transaction.

A row here costs a hot transaction one insert and no NOTIFY. The worker drains rows into the job queue, in one
transaction of its own, so that each becomes one job: none is lost, none comes twice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString

import msgspec

from firsthand.platform.database import Connection

TaskArguments = Mapping[str, str | int | bool | None]

_DEFER: LiteralString = """
INSERT INTO platform.outbox (task, args, made_at) SELECT * FROM unnest(%s::text[], %s::jsonb[], %s::timestamptz[])
"""
# Materialized: as a subquery in the condition, it could be run once for each row, and pass its limit.
_DRAIN: LiteralString = """
WITH oldest AS MATERIALIZED (SELECT n FROM platform.outbox ORDER BY n LIMIT %s FOR UPDATE SKIP LOCKED)
DELETE FROM platform.outbox USING oldest WHERE outbox.n = oldest.n RETURNING outbox.n, task, args
"""
_WAITING: LiteralString = "SELECT count(*) FROM platform.outbox"


@dataclass(frozen=True, slots=True)
class Task:
    """A job by name, with the arguments that it is called with."""

    name: str
    arguments: TaskArguments


async def defer(conn: Connection, tasks: Sequence[Task], *, now: datetime) -> None:
    """Leave jobs behind, in order, in the transaction of `conn`."""
    if tasks:
        names = [task.name for task in tasks]
        arguments = [msgspec.json.encode(task.arguments).decode() for task in tasks]
        await conn.execute(_DEFER, (names, arguments, [now] * len(tasks)))


async def drain(conn: Connection, *, limit: int) -> list[Task]:
    """Take up to `limit` jobs out, oldest first. The caller queues them in the same transaction."""
    rows = await (await conn.execute(_DRAIN, (limit,))).fetchall()
    return [Task(task, args) for _, task, args in sorted(rows)]


async def count_waiting(conn: Connection) -> int:
    """Return how many jobs have not been drained yet."""
    row = await (await conn.execute(_WAITING)).fetchone()
    return int(row[0]) if row else 0
