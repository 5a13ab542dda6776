"""The audit room on a real database: the application writes, the audit role seals and checks, the owner tampers."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString
from uuid import UUID

from psycopg import AsyncConnection

from firsthand.audit import store
from firsthand.audit.actions import NotSealed, Sealed, seal_lines
from firsthand.audit.checkpoint_file import CheckpointFile
from firsthand.audit.finding import Finding, Verdict
from firsthand.audit.model import DONE, ActorKind, Caller, Channel, Line, Tail
from firsthand.audit.verify import verify
from firsthand.platform.clock import ManualClock
from firsthand.platform.database import Connection, Database
from firsthand.platform.postgres import Role
from tests.audit_samples import SIGNER
from tests.conftest import FreshDatabase

CALLER = Caller(ActorKind.PERSON, UUID(int=1), Channel.WEB, "request-1", hospital_id=None)


@dataclass(frozen=True, slots=True)
class AuditRoom:
    """Everything that a test of the room needs."""

    app: Database
    audit: Database
    owner: Connection
    checkpoints: CheckpointFile
    clock: ManualClock

    def line(self, action: str = "booking.take") -> Line:
        """Return a line with something in every column."""
        ids = {"hospital_id": UUID(int=2), "subject_id": UUID(int=3), "person_id": UUID(int=4)}
        return Line(self.clock.now(), CALLER, action, DONE, **ids, purpose="care", detail={"places": 1, "late": False})

    async def write(self, count: int) -> None:
        """Write `count` lines in one transaction of the application."""
        async with self.app.transaction() as conn:
            await store.append(conn, [self.line() for _ in range(count)])

    async def seal(self, *, chunk_lines: int = 10_000) -> Sealed | NotSealed:
        """Run the sealer once."""
        return await seal_lines(
            self.audit, clock=self.clock, signer=SIGNER, checkpoints=self.checkpoints, chunk_lines=chunk_lines
        )

    async def seal_all(self, *, chunk_lines: int = 10_000) -> None:
        """Seal until nothing is left. Transactions in other databases of the server can hold the sealer up."""
        while (await self.tail()).lines:
            assert isinstance(await self.seal(chunk_lines=chunk_lines), Sealed)

    async def tail(self) -> Tail:
        """Return what waits for the sealer."""
        async with self.audit.connection() as conn:
            return await store.read_tail(conn)

    async def verify(self) -> Verdict:
        """Check the whole record."""
        return await verify(
            self.audit, checkpoints=self.checkpoints, keys=(SIGNER.verifying_key,), now=self.clock.now()
        )

    async def findings(self) -> set[Finding]:
        """Return what a check finds."""
        return set((await self.verify()).findings)

    async def rows(self, query: LiteralString, arguments: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Read as the owner."""
        return await (await self.owner.execute(query, arguments)).fetchall()

    def notes(self) -> list[str]:
        """Return the complete notes outside."""
        entries = self.checkpoints.entries(length_bytes=self.checkpoints.length_bytes())
        return [entry.text for entry in entries if entry.complete]


@asynccontextmanager
async def open_room(database: FreshDatabase, clock: ManualClock, folder: Path) -> AsyncIterator[AuditRoom]:
    """Connect as the three roles."""
    app = Database(database.dsn(Role.APP), connections_max=8)
    audit = Database(database.dsn(Role.AUDIT), connections_max=4)
    await app.open()
    await audit.open()
    try:
        async with await AsyncConnection.connect(database.dsn(Role.OWNER), autocommit=True) as owner:
            yield AuditRoom(app, audit, owner, CheckpointFile(folder / "checkpoints"), clock)
    finally:
        await app.close()
        await audit.close()
