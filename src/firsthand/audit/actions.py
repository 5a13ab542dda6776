"""Sealing: lines become leaves of the log, and checkpoints are signed and carried out of the database."""

import asyncio
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

import structlog

from firsthand.audit import leaf, rules, store
from firsthand.audit.checkpoint import Checkpoint, NoteFault, Signer, read_note
from firsthand.audit.checkpoint_file import CheckpointFile
from firsthand.audit.leaf import LineKey
from firsthand.audit.merkle import Frontier
from firsthand.audit.model import CheckpointRow, Tail
from firsthand.platform.clock import Clock
from firsthand.platform.database import Connection, Database

_CATCH_UP_CHECKPOINTS: Final = 100

_log = structlog.get_logger(__name__)


class Reason(StrEnum):
    """Why nothing was sealed. Only the first is an ordinary event."""

    ANOTHER_SEALER = "another_sealer"
    ROLLED_BACK = "rolled_back"
    LOG_CHANGED = "log_changed"
    NOTES_MISSING = "notes_missing"
    NOTE_NOT_ACCEPTED = "note_not_accepted"
    TRANSACTIONS_RESTARTED = "transactions_restarted"


@dataclass(frozen=True, slots=True)
class Sealed:
    """Everything that could be sealed is. lines: sealed now. size: of the log. caught_up: notes written late."""

    lines: int
    size: int
    caught_up: int


@dataclass(frozen=True, slots=True)
class NotSealed:
    """Nothing more is sealed until somebody has looked. explanation: a sentence for the operator."""

    reason: Reason
    explanation: str


_ANOTHER_SEALER: Final = NotSealed(Reason.ANOTHER_SEALER, "another sealer is at work")


@dataclass(frozen=True, slots=True)
class _Stand:
    """Where database and file agree: the log so far, the last line in it, and the last note outside."""

    frontier: Frontier
    last: LineKey | None
    note: str | None
    caught_up: int


async def seal_lines(
    database: Database,
    *,
    clock: Clock,
    signer: Signer,
    checkpoints: CheckpointFile,
    chunk_lines: int = 10_000,
) -> Sealed | NotSealed:
    """Seal every line whose transaction is over, and carry the signed checkpoints out of the database.

    database: as the role firsthand_audit. Each chunk is one transaction; its note is written outside after the
    commit, so that the file never promises what the database does not hold. A run that is cut off in between is
    caught up by the next. Before it seals, the log must contain the last note outside. Raises OSError when the note
    cannot be written, and psycopg.Error when the database fails; both are safe to try again.
    """
    async with database.connection() as conn, store.sealer_lock(conn) as held:
        if not held:
            return _ANOTHER_SEALER
        await asyncio.to_thread(checkpoints.publish_key, signer.verifying_key)
        stand = await _agree(conn, checkpoints)
        outcome = (
            stand
            if isinstance(stand, NotSealed)
            else await _seal_from(
                conn, stand, clock=clock, signer=signer, checkpoints=checkpoints, chunk_lines=chunk_lines
            )
        )
    if isinstance(outcome, NotSealed) and outcome.reason is not Reason.ANOTHER_SEALER:
        _log.critical("audit_not_sealed", reason=outcome.reason.value, explanation=outcome.explanation)
    return outcome


async def unsealed_tail(database: Database) -> Tail:
    """Return how many lines wait for the sealer, and since when. Any role may ask; cheap enough for every second."""
    async with database.connection() as conn:
        return await store.read_tail(conn)


async def _seal_from(
    conn: Connection,
    stand: _Stand,
    *,
    clock: Clock,
    signer: Signer,
    checkpoints: CheckpointFile,
    chunk_lines: int,
) -> Sealed | NotSealed:
    frontier, last, note = stand.frontier, stand.last, stand.note
    while True:
        async with conn.transaction():
            rows = await store.read_sealable_lines(conn, after=last, lines_max=chunk_lines)
            if not rows:
                return Sealed(frontier.size - stand.frontier.size, frontier.size, stand.caught_up)
            hashes = [leaf.hash_line(row) for row in rows]
            await store.add_leaves(conn, frontier.size, rows, hashes)
            frontier, last = frontier.append(hashes), rows[-1].key
            # Signed here and stored with the rest, so that a run that catches up copies what was signed
            # and never signs what it only found in the database.
            signed = signer.sign(frontier.size, frontier.root())
            await store.add_checkpoint(
                conn, CheckpointRow(frontier.size, frontier.root(), frontier.hashes, clock.now(), signed.note)
            )
        if not await asyncio.to_thread(checkpoints.append, signed.note, after=note):
            return _ANOTHER_SEALER
        note = signed.note


async def _agree(conn: Connection, checkpoints: CheckpointFile) -> _Stand | NotSealed:
    """Check that the log goes on from the last note outside, and write the notes that are missing there."""
    latest, end = await store.read_latest_checkpoint(conn), await store.read_log_end(conn)
    size = latest.size if latest else 0
    if not checkpoints.exists():
        if latest is not None:
            return NotSealed(
                Reason.NOTES_MISSING,
                f"the log has {size} lines, but {checkpoints.path} is missing: put it back from its copy",
            )
        await asyncio.to_thread(checkpoints.create)
    outside = await asyncio.to_thread(_read_outside, checkpoints)
    if isinstance(outside, NotSealed):
        return outside
    stand = await _contained(conn, outside, size)
    if not isinstance(stand, NotSealed):
        stand = await _catch_up(conn, stand, checkpoints)
    if isinstance(stand, NotSealed):
        return stand
    if end.size != size:
        return NotSealed(Reason.LOG_CHANGED, f"the last checkpoint has {size} lines, but the log has {end.size}")
    if end.last is not None and end.last.xid >= end.next_xid:
        return NotSealed(
            Reason.TRANSACTIONS_RESTARTED,
            f"the next transaction is {end.next_xid}, but {end.last.xid} is sealed already: this server's "
            "transaction numbers started anew (see the limits in firsthand/audit/README.md)",
        )
    return replace(stand, last=end.last)


def _read_outside(checkpoints: CheckpointFile) -> tuple[Checkpoint, str] | NotSealed | None:
    entry = checkpoints.last()
    if entry is None:
        return None
    outside = read_note(entry.text, checkpoints.keys())
    if isinstance(outside, NoteFault):
        return NotSealed(
            Reason.NOTE_NOT_ACCEPTED,
            f"the last note in {checkpoints.path} is not what was signed ({outside}): put the file back from its copy",
        )
    return outside, entry.text


async def _contained(conn: Connection, outside: tuple[Checkpoint, str] | None, size: int) -> _Stand | NotSealed:
    """Find the last note outside in the database."""
    if outside is None:
        return _Stand(Frontier(), None, None, 0)
    checkpoint, note = outside
    if size < checkpoint.size:
        return NotSealed(
            Reason.ROLLED_BACK,
            f"the last note outside has {checkpoint.size} lines, but the database only {size}: it was rolled back",
        )
    row = await store.read_checkpoint(conn, checkpoint.size)
    frontier = rules.frontier_of(row) if row and rules.says_the_same(row, checkpoint) else None
    if frontier is None:
        return NotSealed(
            Reason.ROLLED_BACK,
            f"the database does not hold the checkpoint of {checkpoint.size} lines that was signed: it was rolled "
            "back, and went on differently, or was changed",
        )
    return _Stand(frontier, None, note, 0)


async def _catch_up(conn: Connection, stand: _Stand, checkpoints: CheckpointFile) -> _Stand | NotSealed:
    """Write the notes that a run before this one left in the database alone, after checking each."""
    keys = checkpoints.keys()
    while rows := await store.read_checkpoints_after(conn, stand.frontier.size, checkpoints_max=_CATCH_UP_CHECKPOINTS):
        for row in rows:
            frontier = stand.frontier.append(await store.read_leaf_hashes(conn, stand.frontier.size, row.size))
            if not rules.is_sound(row, keys) or frontier != rules.frontier_of(row):
                return NotSealed(
                    Reason.LOG_CHANGED,
                    f"the checkpoint of {row.size} lines in the database is not what was signed, or its leaves changed",
                )
            if not await asyncio.to_thread(checkpoints.append, row.note, after=stand.note):
                return _ANOTHER_SEALER
            stand = replace(stand, frontier=frontier, note=row.note, caught_up=stand.caught_up + 1)
    return stand
