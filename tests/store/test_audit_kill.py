"""A sealer that is killed at any moment leaves a record that the next one completes."""

import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from firsthand.audit.actions import Sealed
from firsthand.platform.clock import ManualClock
from firsthand.platform.postgres import Role
from tests.conftest import FreshDatabase
from tests.store.audit_room import AuditRoom, open_room

# Writes lines and seals them without end; says so each time.
PROGRAM = """
import asyncio, sys
from pathlib import Path
from firsthand.audit import store
from firsthand.audit.actions import seal_lines
from firsthand.audit.checkpoint_file import CheckpointFile
from firsthand.audit.model import ActorKind, Caller, Channel, Line
from firsthand.platform.clock import SystemClock
from firsthand.platform.database import Database
from tests.audit_samples import SIGNER

async def run(app_dsn, audit_dsn, folder):
    app, audit = Database(app_dsn, connections_max=2), Database(audit_dsn, connections_max=2)
    await app.open()
    await audit.open()
    clock, file = SystemClock(), CheckpointFile(Path(folder))
    caller = Caller(ActorKind.SYSTEM, None, Channel.WORKER, "r")
    while True:
        async with app.transaction() as conn:
            await store.append(conn, [Line(clock.now(), caller, "test", "done")] * 7)
        await seal_lines(audit, clock=clock, signer=SIGNER, checkpoints=file, chunk_lines=2)
        print("sealed", flush=True)

asyncio.run(run(*sys.argv[1:]))
"""


@pytest.fixture
async def room(fresh_database: FreshDatabase, clock: ManualClock, tmp_path: Path) -> AsyncIterator[AuditRoom]:
    async with open_room(fresh_database, clock, tmp_path) as opened:
        yield opened


def write_and_seal_until_killed(database: FreshDatabase, folder: Path, *, rounds: int) -> None:
    arguments = [database.dsn(Role.APP), database.dsn(Role.AUDIT), str(folder)]
    with subprocess.Popen([sys.executable, "-c", PROGRAM, *arguments], stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        for _ in range(rounds):
            assert program.stdout.readline() == "sealed\n"
        program.kill()


async def test_a_killed_sealer_is_completed(room: AuditRoom, fresh_database: FreshDatabase) -> None:
    for rounds in (1, 2, 5):
        write_and_seal_until_killed(fresh_database, room.checkpoints.folder, rounds=rounds)
        # What the killed one had begun may end a moment later: its lock goes with its connection.
        await room.rows("SELECT pg_advisory_lock(7265310148), pg_advisory_unlock(7265310148)")
        before = await room.verify()
        assert before.is_sound
        await room.seal_all()
        assert isinstance(await room.seal(), Sealed)
        assert {finding.kind for finding in (await room.verify()).findings} == set()
    lines = await room.rows("SELECT n FROM audit.line ORDER BY xid, n")
    assert len(lines) >= 7 * 8
    assert await room.rows("SELECT line_n FROM audit.leaf ORDER BY position") == lines
