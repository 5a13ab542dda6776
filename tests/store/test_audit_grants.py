"""What each role may do with the record is held by the database itself."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import LiteralString

import pytest
from psycopg import errors

from firsthand.platform.clock import ManualClock
from firsthand.platform.database import Database
from tests.conftest import FreshDatabase
from tests.store.audit_room import AuditRoom, open_room

_COLUMNS: LiteralString = "at, actor_kind, channel, request_id, action, outcome"
_VALUES: LiteralString = "now(), 'system', 'worker', 'r', 'take', 'done'"
_LEAF: LiteralString = "INSERT INTO audit.leaf VALUES (9, 9, '9', decode(repeat('00', 32), 'hex'))"

REFUSED_TO_APP: list[LiteralString] = [
    "SELECT n FROM audit.line",
    "SELECT count(*) FROM audit.line",
    "UPDATE audit.line SET outcome = 'x'",
    "DELETE FROM audit.line",
    "TRUNCATE audit.line",
    "MERGE INTO audit.line USING (SELECT 1) AS one ON false WHEN NOT MATCHED THEN DO NOTHING",
    "INSERT INTO audit.line (" + _COLUMNS + ", xid) VALUES (" + _VALUES + ", '3')",
    "INSERT INTO audit.line (" + _COLUMNS + ", n) OVERRIDING SYSTEM VALUE VALUES (" + _VALUES + ", 3)",
    "INSERT INTO audit.line (" + _COLUMNS + ") VALUES (" + _VALUES + ") RETURNING n",
    "SELECT setval('audit.line_n_seq', 1)",
    "ALTER TABLE audit.line ALTER COLUMN xid SET DEFAULT '3'",
    "SELECT position FROM audit.leaf",
    _LEAF,
    "DELETE FROM audit.leaf",
    "TRUNCATE audit.leaf",
    "SELECT size FROM audit.checkpoint",
    "DELETE FROM audit.checkpoint",
    "CREATE TABLE audit.other ()",
]
REFUSED_TO_AUDIT: list[LiteralString] = [
    "INSERT INTO audit.line (" + _COLUMNS + ") VALUES (" + _VALUES + ")",
    "UPDATE audit.line SET outcome = 'x'",
    "DELETE FROM audit.line",
    "TRUNCATE audit.line",
    "UPDATE audit.leaf SET position = position + 1",
    "DELETE FROM audit.leaf",
    "TRUNCATE audit.leaf",
    "UPDATE audit.checkpoint SET note = ''",
    "DELETE FROM audit.checkpoint",
    "TRUNCATE audit.checkpoint",
    "SELECT id FROM directory.person",
    "SELECT id FROM booking.booking",
]


@pytest.fixture
async def room(fresh_database: FreshDatabase, clock: ManualClock, tmp_path: Path) -> AsyncIterator[AuditRoom]:
    async with open_room(fresh_database, clock, tmp_path) as opened:
        yield opened


async def allowed_of(database: Database, statements: list[LiteralString]) -> list[str]:
    """Return those statements that the database did not refuse for want of a privilege."""
    allowed = []
    for statement in statements:
        try:
            async with database.transaction() as conn:
                await conn.execute(statement)
        except errors.InsufficientPrivilege:
            continue
        allowed.append(statement)
    return allowed


async def test_the_application_can_only_add_lines(room: AuditRoom) -> None:
    await room.write(2)
    await room.seal_all()
    assert await allowed_of(room.app, REFUSED_TO_APP) == []
    async with room.app.transaction() as conn:
        await conn.execute("INSERT INTO audit.line (" + _COLUMNS + ") VALUES (" + _VALUES + ")")
    assert await room.rows("SELECT count(*) FROM audit.line") == [(3,)]


async def test_the_audit_role_can_only_read_lines_and_add_to_the_log(room: AuditRoom) -> None:
    await room.write(2)
    await room.seal_all()
    assert await allowed_of(room.audit, REFUSED_TO_AUDIT) == []
    async with room.audit.transaction() as conn:
        await conn.execute(_LEAF)
    assert await room.rows("SELECT count(*) FROM audit.leaf") == [(3,)]


async def test_the_database_says_whose_transaction_a_line_is(room: AuditRoom) -> None:
    async with room.app.transaction() as conn:
        own = await (await conn.execute("SELECT pg_current_xact_id()::text")).fetchone()
        async with conn.transaction():  # a savepoint belongs to its transaction
            await conn.execute("INSERT INTO audit.line (" + _COLUMNS + ") VALUES (" + _VALUES + ")")
    assert await room.rows("SELECT xid::text FROM audit.line") == [own]


async def test_anyone_may_watch_how_far_the_sealer_is(room: AuditRoom) -> None:
    await room.write(3)
    for database in (room.app, room.audit):
        async with database.connection() as conn:
            seen = await (await conn.execute("SELECT lines, oldest_at FROM audit.unsealed")).fetchall()
        assert seen == [(3, room.clock.now())]
