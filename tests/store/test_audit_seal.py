"""The sealer: every line once, in order, whatever else goes on; and never past a log that is not the one it signed."""

import asyncio
import resource
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

import pytest

from firsthand.audit import store
from firsthand.audit.actions import NotSealed, Reason, Sealed, unsealed_tail
from firsthand.audit.model import Tail
from firsthand.platform.clock import ManualClock
from tests.audit_samples import ROOT, SIGNER
from tests.conftest import FreshDatabase
from tests.store.audit_room import AuditRoom, open_room


@pytest.fixture
async def room(fresh_database: FreshDatabase, clock: ManualClock, tmp_path: Path) -> AsyncIterator[AuditRoom]:
    async with open_room(fresh_database, clock, tmp_path) as opened:
        yield opened


async def sealed_order(room: AuditRoom) -> list[int]:
    return [n for (n,) in await room.rows("SELECT line_n FROM audit.leaf ORDER BY position")]


async def reason(room: AuditRoom) -> Reason:
    before = await room.rows("SELECT count(*) FROM audit.leaf")
    outcome = await room.seal()
    assert isinstance(outcome, NotSealed)
    assert outcome.explanation
    assert await room.rows("SELECT count(*) FROM audit.leaf") == before
    return outcome.reason


async def test_without_lines_nothing_is_signed(room: AuditRoom) -> None:
    assert await room.seal() == Sealed(lines=0, size=0, caught_up=0)
    assert room.notes() == []
    assert (await room.verify()).is_sound


async def test_lines_become_leaves_and_notes(room: AuditRoom) -> None:
    await room.write(5)
    await room.seal_all()
    await room.write(2)
    await room.seal_all()
    assert await sealed_order(room) == [1, 2, 3, 4, 5, 6, 7]
    stored = await room.rows("SELECT note FROM audit.checkpoint ORDER BY size")
    assert [note for (note,) in stored] == room.notes()
    assert await room.findings() == set()
    assert room.checkpoints.keys() == (SIGNER.verifying_key,)


async def test_much_is_sealed_in_chunks(room: AuditRoom) -> None:
    await room.write(7)
    await room.seal_all(chunk_lines=3)
    assert await room.rows("SELECT size FROM audit.checkpoint ORDER BY size") == [(3,), (6,), (7,)]
    assert len(room.notes()) == 3
    assert await room.findings() == set()


async def test_the_tail_is_what_waits(room: AuditRoom) -> None:
    assert await unsealed_tail(room.app) == Tail(0, None)
    await room.write(3)
    assert await unsealed_tail(room.app) == Tail(3, room.clock.now())
    await room.seal_all()
    assert await unsealed_tail(room.app) == Tail(0, None)


async def test_a_transaction_that_stays_open_holds_back_what_came_after_it(room: AuditRoom) -> None:
    async with room.app.transaction() as slow:
        await store.append(slow, [room.line()])
        await room.write(2)
        outcome = await room.seal()
        assert isinstance(outcome, Sealed)
        assert outcome.lines == 0
        assert (await room.tail()).lines == 2
        await store.append(slow, [room.line()])
    await room.seal_all()
    # The slow one began first: its two lines (1 and 4) come before the other transaction's.
    assert await sealed_order(room) == [1, 4, 2, 3]
    assert await room.findings() == set()


async def test_what_was_undone_leaves_no_gap_in_the_log(room: AuditRoom) -> None:
    await room.write(1)
    async with room.app.connection() as conn, conn.transaction(force_rollback=True):
        await store.append(conn, [room.line()])
    await room.write(1)
    await room.seal_all()
    assert await sealed_order(room) == [1, 3]
    assert await room.findings() == set()


async def test_every_line_is_sealed_once_while_many_write(room: AuditRoom) -> None:
    writing = asyncio.Event()
    random = Random(7)  # noqa: S311 - the same run each time
    plans = [[(random.randint(1, 4), random.random()) for _ in range(20)] for _ in range(7)]

    async def write(plan: list[tuple[int, float]]) -> None:
        for count, kind in plan:
            async with room.app.transaction() as conn:
                await store.append(conn, [room.line()] * count)
                if kind < 0.3:  # stays open while the sealer passes by
                    await room.seal(chunk_lines=5)
                    await store.append(conn, [room.line()])

    async def keep_sealing() -> None:
        while not writing.is_set():
            await room.seal(chunk_lines=5)

    async with asyncio.TaskGroup() as tasks:
        sealing = tasks.create_task(keep_sealing())
        await asyncio.gather(*(write(plan) for plan in plans))
        writing.set()
        await sealing
    await room.seal_all()
    expected = [n for (n,) in await room.rows("SELECT n FROM audit.line ORDER BY xid, n")]
    assert len(expected) >= 140
    assert await sealed_order(room) == expected
    assert await room.findings() == set()


async def test_there_is_one_sealer_at_a_time(room: AuditRoom) -> None:
    await room.write(3)
    async with room.audit.connection() as conn, store.sealer_lock(conn) as held:
        assert held
        assert await reason(room) is Reason.ANOTHER_SEALER
    await room.seal_all()
    assert await room.findings() == set()


async def test_sealers_that_start_together_seal_once(room: AuditRoom) -> None:
    for _ in range(5):
        await room.write(3)
        outcomes = await asyncio.gather(*(room.seal(chunk_lines=2) for _ in range(4)))
        for outcome in outcomes:
            assert isinstance(outcome, Sealed) or outcome.reason is Reason.ANOTHER_SEALER
    await room.seal_all()
    assert await sealed_order(room) == list(range(1, 16))
    assert await room.findings() == set()


@pytest.mark.parametrize("written", [0, 1, 40, -1])
async def test_a_crash_between_commit_and_note_is_caught_up(room: AuditRoom, written: int) -> None:
    """What a killed sealer leaves: the commit, and some first bytes of its notes."""
    await room.write(4)
    await room.seal_all()
    before = room.checkpoints.path.read_bytes()
    await room.write(4)
    await room.seal_all(chunk_lines=2)
    whole = room.checkpoints.path.read_bytes()
    room.checkpoints.path.write_bytes(before + whole[len(before) :][:written])
    complete = len(room.notes())
    assert (await room.verify()).is_sound  # a warning, because a crash is nobody's doing
    outcome = await room.seal()
    assert outcome == Sealed(lines=0, size=8, caught_up=3 - complete)
    assert room.checkpoints.path.read_bytes() == whole
    assert await room.findings() == set()


async def test_a_crash_before_the_first_note_is_caught_up(room: AuditRoom) -> None:
    await room.write(4)
    await room.seal_all()
    whole = room.checkpoints.path.read_bytes()
    room.checkpoints.path.write_bytes(b"")
    assert await room.seal() == Sealed(lines=0, size=4, caught_up=1)
    assert room.checkpoints.path.read_bytes() == whole


async def test_a_full_disk_is_caught_up_when_there_is_room_again(room: AuditRoom) -> None:
    await room.write(4)
    await room.seal_all()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    await room.write(2)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room.checkpoints.length_bytes() + 20, limits[1]))
    try:
        with pytest.raises(OSError, match="large"):
            await room.seal_all()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert await room.seal() == Sealed(lines=0, size=6, caught_up=1)
    assert await room.findings() == set()


async def test_a_database_restored_from_an_older_copy_is_rolled_back(room: AuditRoom) -> None:
    await room.write(4)
    await room.seal_all()
    for table in ("line", "leaf", "checkpoint"):
        await room.owner.execute(f"CREATE TABLE copy_of_{table} AS TABLE audit.{table}")
    await room.write(4)
    await room.seal_all()
    await room.owner.execute("TRUNCATE audit.line, audit.leaf, audit.checkpoint")
    await room.owner.execute("INSERT INTO audit.line OVERRIDING SYSTEM VALUE TABLE copy_of_line")
    await room.owner.execute("INSERT INTO audit.leaf TABLE copy_of_leaf")
    await room.owner.execute("INSERT INTO audit.checkpoint TABLE copy_of_checkpoint")
    await room.write(9)
    assert await reason(room) is Reason.ROLLED_BACK
    # An operator who accepts the loss keeps the old notes elsewhere and begins a new file.
    room.checkpoints.path.rename(room.checkpoints.folder / "checkpoints-before")
    assert await reason(room) is Reason.NOTES_MISSING
    room.checkpoints.create()
    await room.seal_all()
    assert await room.findings() == set()


async def test_a_log_that_went_on_differently_is_rolled_back(room: AuditRoom) -> None:
    await room.write(4)
    await room.seal_all()
    outside = room.checkpoints.path.read_bytes()
    await room.owner.execute("TRUNCATE audit.leaf, audit.checkpoint")
    await room.owner.execute("UPDATE audit.line SET outcome = 'refused' WHERE n = 2")
    room.checkpoints.path.write_bytes(b"")
    await room.seal_all()
    room.checkpoints.path.write_bytes(outside)
    assert await reason(room) is Reason.ROLLED_BACK


async def test_nothing_is_sealed_without_the_notes_outside(room: AuditRoom) -> None:
    await room.write(4)
    await room.seal_all()
    room.checkpoints.path.unlink()
    await room.write(1)
    assert await reason(room) is Reason.NOTES_MISSING


async def test_nothing_is_sealed_on_an_edited_note(room: AuditRoom) -> None:
    await room.write(4)
    await room.seal_all()
    room.checkpoints.path.write_text(room.checkpoints.path.read_text().replace("\n4\n", "\n3\n"))
    assert await reason(room) is Reason.NOTE_NOT_ACCEPTED


async def test_nothing_is_sealed_after_leaves_were_cut(room: AuditRoom) -> None:
    await room.write(4)
    await room.seal_all()
    await room.owner.execute("DELETE FROM audit.leaf WHERE position = 3")
    assert await reason(room) is Reason.LOG_CHANGED


async def test_catching_up_signs_nothing_that_was_slipped_in(room: AuditRoom) -> None:
    await room.write(4)
    await room.seal_all()
    before = room.checkpoints.path.read_bytes()
    await room.write(4)
    await room.seal_all()
    room.checkpoints.path.write_bytes(before)
    await room.owner.execute("UPDATE audit.leaf SET hash = %s WHERE position = 6", (ROOT,))
    assert await reason(room) is Reason.LOG_CHANGED
    assert room.checkpoints.path.read_bytes() == before


async def test_a_server_whose_transactions_started_anew_is_noticed(room: AuditRoom) -> None:
    await room.write(4)
    await room.seal_all()
    await room.owner.execute("UPDATE audit.leaf SET line_xid = '9000000000000' WHERE position = 3")
    assert await reason(room) is Reason.TRANSACTIONS_RESTARTED
