"""The room's SQL.

The application's role may insert lines and nothing else; sealing and checking run as the audit role, which reads lines
and adds to the log.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

import msgspec

from firsthand.audit.leaf import LineKey, LineRow
from firsthand.audit.model import (
    ActorKind,
    Caller,
    CheckpointRow,
    LeafRow,
    Line,
    LogEnd,
    LookLine,
    Tail,
)
from firsthand.platform.database import Connection

_APPEND: LiteralString = """
INSERT INTO audit.line (at, actor_kind, actor_id, channel, request_id, action, outcome,
                        hospital_id, subject_id, person_id, purpose, detail)
SELECT * FROM unnest(%b::timestamptz[], %b::text[], %b::uuid[], %b::text[], %b::text[], %b::text[], %b::text[],
                     %b::uuid[], %b::uuid[], %b::uuid[], %b::text[], %b::jsonb[])
"""

_TRY_LOCK: LiteralString = "SELECT pg_try_advisory_lock(7265310148)"
_UNLOCK: LiteralString = "SELECT pg_advisory_unlock(7265310148)"
_ONE_SNAPSHOT: LiteralString = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"

# timestamptz_send gives an instant as a number even where Python has no datetime for it (infinity, the year 20000).
_LINE_COLUMNS: LiteralString = """
line.n, line.xid::text, timestamptz_send(line.at), line.actor_kind, line.actor_id, line.channel, line.request_id,
line.action, line.outcome, line.hospital_id, line.subject_id, line.person_id, line.purpose, line.detail::text
"""

# The horizon belongs to the snapshot of this very statement: every transaction below it has ended, and what it wrote
# is seen here. So no line can turn up later before one that is taken now.
_SEALABLE: LiteralString = (
    "SELECT "
    + _LINE_COLUMNS
    + """
FROM audit.line
WHERE (line.xid, line.n) > (%s::xid8, %s::bigint) AND line.xid < pg_snapshot_xmin(pg_current_snapshot())
ORDER BY line.xid, line.n
LIMIT %s
"""
)
_ADD_LEAVES: LiteralString = """
INSERT INTO audit.leaf (position, line_n, line_xid, hash)
SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::text[]::xid8[], %s::bytea[])
"""
_ADD_CHECKPOINT: LiteralString = """
INSERT INTO audit.checkpoint (size, root, frontier, sealed_at, note) VALUES (%s, %s, %s, %s, %s)
"""
_CHECKPOINT: LiteralString = "SELECT size, root, frontier, sealed_at, note FROM audit.checkpoint"
_CHECKPOINT_OF_SIZE: LiteralString = _CHECKPOINT + " WHERE size = %s"
_CHECKPOINT_LATEST: LiteralString = _CHECKPOINT + " ORDER BY size DESC LIMIT 1"
_CHECKPOINTS_AFTER: LiteralString = _CHECKPOINT + " WHERE size > %s ORDER BY size LIMIT %s"
_CHECKPOINTS: LiteralString = _CHECKPOINT + " ORDER BY size"
_LOG_END: LiteralString = """
SELECT last.position + 1, last.line_xid::text, last.line_n, pg_snapshot_xmax(pg_current_snapshot())::text
FROM (SELECT) AS one LEFT JOIN (
    SELECT position, line_xid, line_n FROM audit.leaf ORDER BY position DESC LIMIT 1
) AS last ON true
"""
_LEAF_HASHES: LiteralString = """
SELECT hash FROM audit.leaf WHERE position >= %s AND position < %s ORDER BY position
"""
_LEAVES: LiteralString = (
    "SELECT leaf.position, leaf.line_n, leaf.line_xid::text, leaf.hash, "
    + _LINE_COLUMNS
    + """
FROM audit.leaf LEFT JOIN audit.line ON line.n = leaf.line_n
ORDER BY leaf.position
"""
)
# Lines that stand where the log has already passed, and lines of transactions that have not begun yet.
_OUT_OF_PLACE: LiteralString = """
SELECT line.n
FROM audit.line LEFT JOIN audit.leaf ON leaf.line_n = line.n
WHERE leaf.line_n IS NULL
  AND ((line.xid, line.n) <= (%s::xid8, %s::bigint) OR line.xid >= pg_snapshot_xmax(pg_current_snapshot()))
ORDER BY line.xid, line.n
"""
_TAIL: LiteralString = "SELECT lines, oldest_at FROM audit.unsealed"

# The function writes the line of the reading before it reads: see the migration.
_READ_LINES: LiteralString = """
SELECT n, at, actor_kind, actor_id, channel, request_id, action, outcome, hospital_id, subject_id, person_id, purpose,
       detail
FROM audit.read_lines(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
# The same: what a person reads of what others did with his data is written down first.
_LOOKS_AT: LiteralString = """
SELECT n, at, actor_kind, actor_id, channel, action, outcome, hospital_id
FROM audit.looks_at(%s, %s, %s, %s, %s, %s, %s, %s)
"""
_SEALED: LiteralString = "SELECT size, sealed_at FROM audit.sealed"

# Before every line: xid8 starts at 0, bigint here.
_BEGINNING = LineKey(0, -(2**63))


async def append(conn: Connection, lines: Sequence[Line]) -> None:
    """Write `lines`, in order, in the transaction of `conn`: they stand or fall with what they record."""
    if not lines:
        return
    await conn.execute(
        _APPEND,
        (
            [line.at for line in lines],
            [line.caller.kind for line in lines],
            [line.caller.id for line in lines],
            [line.caller.channel for line in lines],
            [line.caller.request_id for line in lines],
            [line.action for line in lines],
            [line.outcome for line in lines],
            [line.hospital_id for line in lines],
            [line.subject_id for line in lines],
            [line.person_id for line in lines],
            [line.purpose for line in lines],
            [msgspec.json.encode(line.detail).decode() for line in lines],
        ),
    )


@asynccontextmanager
async def sealer_lock(conn: Connection) -> AsyncIterator[bool]:
    """Hold the lock of the one sealer for the block, over several transactions. False when another has it."""
    held = await _one(conn, _TRY_LOCK)
    try:
        yield bool(held and held[0])
    finally:
        # A broken connection has given the lock up already.
        if held and held[0] and not conn.broken:
            await conn.execute(_UNLOCK)


@asynccontextmanager
async def one_snapshot(conn: Connection) -> AsyncIterator[None]:
    """Read everything in the block as it is at its first statement, while others go on writing."""
    async with conn.transaction():
        await conn.execute(_ONE_SNAPSHOT)
        yield


async def read_sealable_lines(conn: Connection, *, after: LineKey | None, lines_max: int) -> list[LineRow]:
    """Return the next lines after `after` (None: from the beginning) whose transactions have all ended, in order."""
    key = after or _BEGINNING
    cursor = await conn.execute(_SEALABLE, (str(key.xid), key.n, lines_max))
    return [_line_row(row) for row in await cursor.fetchall()]


async def add_leaves(conn: Connection, position: int, rows: Sequence[LineRow], hashes: Sequence[bytes]) -> None:
    """Add the leaves of `rows`, the first of them at `position`."""
    positions = list(range(position, position + len(rows)))
    await conn.execute(_ADD_LEAVES, (positions, [row.n for row in rows], [str(row.xid) for row in rows], list(hashes)))


async def add_checkpoint(conn: Connection, row: CheckpointRow) -> None:
    """Add a checkpoint."""
    await conn.execute(_ADD_CHECKPOINT, (row.size, row.root, list(row.hashes), row.sealed_at, row.note))


async def read_checkpoint(conn: Connection, size: int) -> CheckpointRow | None:
    """Return the checkpoint of this size."""
    row = await _one(conn, _CHECKPOINT_OF_SIZE, (size,))
    return _checkpoint_row(row) if row else None


async def read_latest_checkpoint(conn: Connection) -> CheckpointRow | None:
    """Return the checkpoint of the greatest size."""
    row = await _one(conn, _CHECKPOINT_LATEST)
    return _checkpoint_row(row) if row else None


async def read_checkpoints_after(conn: Connection, size: int, *, checkpoints_max: int) -> list[CheckpointRow]:
    """Return the next checkpoints that are greater than `size`, smallest first."""
    cursor = await conn.execute(_CHECKPOINTS_AFTER, (size, checkpoints_max))
    return [_checkpoint_row(row) for row in await cursor.fetchall()]


async def read_log_end(conn: Connection) -> LogEnd:
    """Return where the log ends, and the next transaction's number."""
    row = await _one(conn, _LOG_END)
    if row is None:
        raise AssertionError("the query gives one row, whatever is in the tables")
    size, xid, n, next_xid = row
    return LogEnd(size or 0, None if xid is None else LineKey(int(xid), n), int(next_xid))


async def read_leaf_hashes(conn: Connection, first: int, end: int) -> list[bytes]:
    """Return the hashes of the leaves from position `first` up to but not at `end`, in order."""
    cursor = await conn.execute(_LEAF_HASHES, (first, end))
    return [digest for (digest,) in await cursor.fetchall()]


async def stream_leaves(conn: Connection, *, batch_rows: int = 2000) -> AsyncIterator[LeafRow]:
    """Read every leaf with its line, in order, a batch at a time. Wants a transaction."""
    async with conn.cursor(name="audit_leaves") as cursor:
        cursor.itersize = batch_rows
        await cursor.execute(_LEAVES)
        async for position, line_n, line_xid, digest, *line in cursor:
            line_row = None if line[0] is None else _line_row(line)
            yield LeafRow(position, LineKey(int(line_xid), line_n), digest, line_row)


async def stream_checkpoints(conn: Connection, *, batch_rows: int = 500) -> AsyncIterator[CheckpointRow]:
    """Read every checkpoint, smallest first, a batch at a time. Wants a transaction."""
    async with conn.cursor(name="audit_checkpoints") as cursor:
        cursor.itersize = batch_rows
        await cursor.execute(_CHECKPOINTS)
        async for row in cursor:
            yield _checkpoint_row(row)


async def stream_lines_out_of_place(conn: Connection, *, last: LineKey | None) -> AsyncIterator[int]:
    """Read the numbers of unsealed lines that stand before `last`, or in a future transaction. Wants a transaction."""
    key = last or _BEGINNING
    async with conn.cursor(name="audit_out_of_place") as cursor:
        await cursor.execute(_OUT_OF_PLACE, (str(key.xid), key.n))
        async for (n,) in cursor:
            yield n


async def read_tail(conn: Connection) -> Tail:
    """Return how many lines wait for the sealer, and since when. Any role may ask."""
    row = await _one(conn, _TAIL)
    if row is None:
        raise AssertionError("the view has one row, whatever is in the tables")
    return Tail(lines=row[0], oldest_at=row[1])


async def read_lines(
    conn: Connection, reading: Line, wanted: Sequence[object], *, lines_max: int
) -> list[tuple[Any, ...]]:
    """Return lines, newest first, after the line of this reading was written by the database.

    wanted: since, until, action, outcome, actor, person, hospital, and the number below which to go on; each or None.
    """
    caller = reading.caller
    reader = (caller.id, caller.kind, caller.channel, caller.request_id, reading.hospital_id)
    detail = msgspec.json.encode(reading.detail).decode()
    cursor = await conn.execute(_READ_LINES, (*reader, detail, reading.at, *wanted, lines_max))
    return await cursor.fetchall()


async def read_looks(
    conn: Connection, caller: Caller, people: Sequence[UUID], *, below: int | None, lines_max: int, now: datetime
) -> list[LookLine]:
    """Return what others did with a person's data, newest first, after the line of this reading was written.

    people: every record of the one person, the one that is kept first; whoever calls has made sure that the reader may
    see what is this person's. below: the number to go on from. lines_max: 2,001 at most are read at once.
    """
    reader = (caller.id, caller.kind, caller.channel, caller.request_id, now)
    rows = await (await conn.execute(_LOOKS_AT, (*reader, list(people), below, lines_max))).fetchall()
    return [LookLine(n, at, ActorKind(kind), *rest) for n, at, kind, *rest in rows]


async def read_sealed(conn: Connection) -> tuple[int, datetime] | None:
    """Return size and time of the last signed state, None before the first. Any role may ask."""
    row = await _one(conn, _SEALED)
    return (row[0], row[1]) if row else None


async def _one(conn: Connection, query: LiteralString, arguments: Sequence[object] = ()) -> tuple[Any, ...] | None:
    cursor = await conn.execute(query, arguments)
    return await cursor.fetchone()


def _line_row(row: Sequence[Any]) -> LineRow:
    n, xid, at, *rest = row
    return LineRow(n, int(xid), int.from_bytes(at, signed=True), *rest)


def _checkpoint_row(row: Sequence[Any]) -> CheckpointRow:
    size, root, hashes, sealed_at, note = row
    return CheckpointRow(size, root, tuple(hashes), sealed_at, note)
