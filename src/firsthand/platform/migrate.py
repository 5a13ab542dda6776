"""Numbered, forward-only migrations, applied once and one process at a time.

Every file of `migrations/` runs in its own transaction under short timeouts; what was applied is recorded with its
digest, so that a file changed after its release is refused. The job queue's own schema comes from its library.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from typing import LiteralString, Protocol

import psycopg
from procrastinate.schema import SchemaManager
from procrastinate.testing import InMemoryConnector

from firsthand.platform.database import Connection
from firsthand.platform.deployment import DeploymentKind

# One lock for all: a second process waits here until the first has migrated, and then finds nothing to do.
_LOCK: LiteralString = "SELECT pg_advisory_lock(7265310147)"
_UNLOCK: LiteralString = "SELECT pg_advisory_unlock(7265310147)"
_RECORD_TABLE: LiteralString = """
CREATE SCHEMA IF NOT EXISTS migration;
CREATE TABLE IF NOT EXISTS migration.applied (
    name        text PRIMARY KEY,
    digest      bytea NOT NULL,
    applied_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);
"""
_APPLIED: LiteralString = "SELECT name, digest FROM migration.applied"
_RECORD: LiteralString = "INSERT INTO migration.applied (name, digest) VALUES (%s, %s)"
_TIMEOUTS: LiteralString = "SET LOCAL lock_timeout = '5s'; SET LOCAL statement_timeout = '10min'"
# Whoever serves may see what was applied, and say that something is missing.
_RECORD_GRANTS: LiteralString = """
GRANT USAGE ON SCHEMA migration TO firsthand_app;
GRANT SELECT ON migration.applied TO firsthand_app;
"""
_DEPLOYMENT: LiteralString = "INSERT INTO platform.deployment (kind) VALUES (%s) ON CONFLICT DO NOTHING"
_DEPLOYMENT_KIND: LiteralString = "SELECT kind FROM platform.deployment"
_JOBS_SCHEMA: LiteralString = "CREATE SCHEMA jobs; SET LOCAL search_path = jobs"
_JOBS_GRANTS: LiteralString = """
GRANT USAGE ON SCHEMA jobs TO firsthand_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA jobs TO firsthand_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA jobs TO firsthand_app;
"""
_JOBS_NAME = "jobs (the job queue's own schema)"


class MigrationError(Exception):
    """The database cannot be brought to this version. The message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered file: its name, its SQL, and the SHA-256 of both."""

    name: str
    sql: LiteralString

    @property
    def digest(self) -> bytes:
        """Return the SHA-256 of the SQL."""
        return hashlib.sha256(self.sql.encode()).digest()


def shipped_migrations() -> list[Migration]:
    """Return the files of `firsthand/migrations`, in the order of their numbers."""
    folder = resources.files("firsthand") / "migrations"
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".sql")), key=lambda file: file.name)
    # The files are part of this package: as trustworthy as the code.
    return [Migration(file.name, file.read_text("utf-8")) for file in files]


class Before(Protocol):
    """What must happen before anything is applied."""

    def __call__(self, *, empty: bool) -> None:
        """Do it. empty: whether nothing was ever applied to the database."""


async def migrate(owner_conninfo: str, *, kind: DeploymentKind, before: Before | None = None) -> list[str]:
    """Bring the database to this version and return the names of what was applied, in order.

    kind: what the database is for; said once when it is made. before: called first, by one process at a time; what
    it raises ends the migration. Safe when several processes call it together.
    Raises MigrationError when the database was made for the other kind, is newer than this version, or was migrated
    by files that have changed since.
    """
    async with await psycopg.AsyncConnection.connect(owner_conninfo, autocommit=True) as conn:
        await conn.execute(_LOCK)
        try:
            await conn.execute(_RECORD_TABLE)
            rows = await (await conn.execute(_APPLIED)).fetchall()
            pending = plan(shipped_migrations(), _files_of(dict(rows)))
            await _refuse_other_kind(conn, kind)
            if before is not None:
                before(empty=not rows)
            done = []
            for migration in pending:
                await _apply(conn, migration)
                done.append(migration.name)
            if _JOBS_NAME not in {name for name, _ in rows}:
                await _apply_jobs_schema(conn)
                done.append(_JOBS_NAME)
            await conn.execute(_RECORD_GRANTS)
            await conn.execute(_DEPLOYMENT, (kind,))
            await _refuse_other_kind(conn, kind)
        finally:
            await conn.execute(_UNLOCK)
    return done


async def read_pending(conn: Connection) -> list[str]:
    """Return the names of what is still to be applied. For every role that can connect. Raises MigrationError."""
    try:
        rows = await (await conn.execute(_APPLIED)).fetchall()
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName, psycopg.errors.InsufficientPrivilege):
        rows = []  # nothing was ever applied, or not to its end
    applied: dict[str, bytes] = dict(rows)
    pending = [migration.name for migration in plan(shipped_migrations(), _files_of(applied))]
    return pending if _JOBS_NAME in applied else [*pending, _JOBS_NAME]


def plan(shipped: Iterable[Migration], applied: dict[str, bytes]) -> list[Migration]:
    """Return the shipped migrations that are still to be applied, in order. Raises MigrationError."""
    shipped = list(shipped)
    unknown = sorted(applied.keys() - {migration.name for migration in shipped})
    if unknown:
        message = f"the database is newer than this version of Firsthand (it has {unknown[-1]}): install that version"
        raise MigrationError(message)
    for migration in shipped:
        if migration.name in applied and applied[migration.name] != migration.digest:
            message = f"{migration.name} was changed after it had been applied: install the released version"
            raise MigrationError(message)
    pending = [migration for migration in shipped if migration.name not in applied]
    if pending and applied and pending[0].name < max(applied):
        message = f"{pending[0].name} is missing although later migrations were applied"
        raise MigrationError(message)
    return pending


def _files_of(applied: dict[str, bytes]) -> dict[str, bytes]:
    return {name: digest for name, digest in applied.items() if name != _JOBS_NAME}


async def _apply(conn: psycopg.AsyncConnection, migration: Migration) -> None:
    async with conn.transaction():
        await conn.execute(_TIMEOUTS)
        try:
            await conn.execute(migration.sql)
        except psycopg.Error as error:
            message = f"{migration.name} failed and was undone: {error}"
            raise MigrationError(message) from error
        await conn.execute(_RECORD, (migration.name, migration.digest))


async def _apply_jobs_schema(conn: psycopg.AsyncConnection) -> None:
    sql = SchemaManager(connector=InMemoryConnector()).get_schema()
    async with conn.transaction():
        await conn.execute(_TIMEOUTS)
        await conn.execute(_JOBS_SCHEMA)
        await conn.execute(sql)
        await conn.execute(_JOBS_GRANTS)
        await conn.execute(_RECORD, (_JOBS_NAME, hashlib.sha256(sql.encode()).digest()))


async def _refuse_other_kind(conn: psycopg.AsyncConnection, kind: DeploymentKind) -> None:
    try:
        row = await (await conn.execute(_DEPLOYMENT_KIND)).fetchone()
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
        return  # it does not say yet
    if row is not None and row[0] != kind:
        message = (
            f"this database was made for {row[0]} use and stays so: "
            "`firsthand demo` and `firsthand serve` each need a database of their own"
        )
        raise MigrationError(message)
