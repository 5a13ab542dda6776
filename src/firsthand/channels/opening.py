"""Opening a deployment: its database server, its keys, its tables, and then the world that actions are handed.

Every process does this for itself from the settings, so that no password is passed from one to another.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Final, TypeVar

from firsthand.audit.checkpoint import Signer
from firsthand.audit.checkpoint_file import CheckpointFile
from firsthand.platform.chance import Chance, SystemChance
from firsthand.platform.clock import Clock, SystemClock
from firsthand.platform.crypto import Keyring, make_keys
from firsthand.platform.database import Database, Unavailable, acting_as, connect, searching
from firsthand.platform.deployment import DeploymentKind, read_kind
from firsthand.platform.keys import (
    KeyringFile,
    KmsCustodian,
    in_force,
    load_signing_key,
    read_known,
    refuse_wrong,
    save_signing_key,
    why_wrong,
)
from firsthand.platform.keys.rotation import adopt_keys
from firsthand.platform.migrate import migrate, read_pending
from firsthand.platform.postgres import EmbeddedServer, Role, kept_up
from firsthand.platform.settings import Settings
from firsthand.platform.world import World

Result = TypeVar("Result")

LOG_NAME: Final = "firsthand-audit"
JOBS_SCHEMA: Final = "jobs"


class OpeningError(Exception):
    """The deployment cannot be opened. The message says why and what to do, in one line and without a password."""


@dataclass(frozen=True, slots=True)
class Logins:
    """How each part connects to the database. They hold passwords: never log them."""

    app: str = field(repr=False)
    audit: str = field(repr=False)
    owner: str = field(repr=False)

    @property
    def jobs(self) -> str:
        """How the worker reaches the job queue: as the application, which owns no table of it."""
        return searching(self.app, JOBS_SCHEMA)


@contextmanager
def reach_database(settings: Settings) -> Iterator[Logins]:
    """Start or join the embedded server for the block, unless the settings name another; give how to connect.

    Blocks while the server starts. Raises PostgresError.
    """
    if settings.database is None:
        with EmbeddedServer.start(settings.data_dir, account=settings.postgres_account) as server:
            yield _logins_of(server)
    else:
        yield Logins(
            app=acting_as(settings.database, Role.APP),
            audit=acting_as(settings.database_audit or settings.database, Role.AUDIT),
            owner=settings.database_owner or settings.database,
        )


@contextmanager
def keep_database(settings: Settings) -> Iterator[Logins]:
    """Reach the database as `reach_database` does, and start the embedded server again whenever it has gone.

    For a process that stays while the server goes, and does not open everything anew as the worker does.
    """
    if settings.database is None:
        with EmbeddedServer.start(settings.data_dir, account=settings.postgres_account) as server, kept_up(server):
            yield _logins_of(server)
    else:
        with reach_database(settings) as logins:
            yield logins


async def prepare(settings: Settings, logins: Logins, kind: DeploymentKind) -> list[str]:
    """Bring the database to this version, and return what was applied.

    The keys are made with the first migration of an empty database and never again: where a database has data and its
    keys are missing, new ones would hide the loss. Raises MigrationError, KeyringError, OpeningError.
    """

    def ready_keys(*, empty: bool) -> None:
        if empty:
            _make_missing_keys(settings)
        keyring_file(settings).read()

    try:
        applied = await migrate(logins.owner, kind=kind, before=ready_keys)
        async with connect(logins.owner) as conn:
            await adopt_keys(conn, await asyncio.to_thread(keyring_file(settings).read))
    except Unavailable as error:
        raise OpeningError(_said(error, "FIRSTHAND_DATABASE_OWNER")) from error
    return applied


async def check(logins: Logins, kind: DeploymentKind | None) -> DeploymentKind:
    """Return what the database is for. Raises OpeningError where it cannot be used as it is, MigrationError likewise.

    kind: what it must be for; None: either will do.
    """
    try:
        async with connect(logins.app) as conn:
            pending = await read_pending(conn)
            if pending:
                raise OpeningError(f"The database is not ready, {pending[0]} is missing: run `firsthand migrate`.")
            found = await read_kind(conn)
    except Unavailable as error:
        raise OpeningError(_said(error, "FIRSTHAND_DATABASE")) from error
    if kind not in {None, found}:
        raise OpeningError(
            f"This database was made for {found} use and stays so: choose another FIRSTHAND_DATA_DIR or "
            "FIRSTHAND_DATABASE."
        )
    return found


@asynccontextmanager
async def open_world(
    settings: Settings,
    *,
    kind: DeploymentKind | None = None,
    clock: Clock | None = None,
    chance: Chance | None = None,
    logins: Logins | None = None,
) -> AsyncIterator[World]:
    """Open the world of a migrated deployment.

    kind: what the database must be for; None: either will do. clock, chance: the system's, unless a demo or a test
    brings its own. logins: from `reach_database`, where the caller holds the server; else it is held here.
    Raises OpeningError, PostgresError, MigrationError, KeyringError.
    """
    async with AsyncExitStack() as stack:
        reached = logins or await _reach(stack, settings)
        await check(reached, kind)
        keyring = await open_keyring(settings, reached)
        database = await _open(stack, reached.app, settings.connections_max)
        yield World(database, clock or SystemClock(), chance or SystemChance(), keyring)


async def open_keyring(settings: Settings, logins: Logins) -> Keyring:
    """Return the keyring, which is the one that the database needs. Raises OpeningError, KeyringError."""
    file = keyring_file(settings)
    try:
        async with connect(logins.app) as conn:
            known = await read_known(conn)
            keys = in_force(await asyncio.to_thread(file.read), known)  # a KMS may take its time
            if why_wrong(keys, known) is not None:
                # A rotation may have ended between the two looks.
                known = await read_known(conn)
                keys = in_force(await asyncio.to_thread(file.read), known)
                refuse_wrong(keys, known)
    except Unavailable as error:
        raise OpeningError(_said(error, "FIRSTHAND_DATABASE")) from error
    return Keyring(keys, file)


@asynccontextmanager
async def open_audit_database(settings: Settings, *, logins: Logins | None = None) -> AsyncIterator[Database]:
    """Open the database as the sealer and the check of the record see it. Raises OpeningError, PostgresError."""
    async with AsyncExitStack() as stack:
        reached = logins or await _reach(stack, settings)
        try:
            async with connect(reached.audit):
                pass
        except Unavailable as error:
            raise OpeningError(_said(error, "FIRSTHAND_DATABASE_AUDIT")) from error
        yield await _open(stack, reached.audit, 2)


def checkpoint_file(settings: Settings) -> CheckpointFile:
    """Return the checkpoints that are kept outside the database."""
    return CheckpointFile(settings.checkpoints)


def load_signer(settings: Settings) -> Signer:
    """Return the signer of this deployment's checkpoints. Raises KeyringError."""
    return Signer(LOG_NAME, load_signing_key(settings.keys))


def keyring_file(settings: Settings) -> KeyringFile:
    """Return where this deployment's keyring is kept: in the file alone, or wrapped by a KMS. Raises OpeningError."""
    if settings.keys_kms_url is None:
        return KeyringFile(settings.keys)
    if settings.keys_kms_token_file is None:
        raise OpeningError(
            "FIRSTHAND_KEYS_KMS_URL is set: name in FIRSTHAND_KEYS_KMS_TOKEN_FILE the file of its token."
        )
    custodian = KmsCustodian(settings.keys_kms_url, settings.keys_kms_key, settings.keys_kms_token_file)
    return KeyringFile(settings.keys, custodian)


def run_in_world(settings: Settings, work: Callable[[World], Awaitable[Result]]) -> Result:
    """Open the world, do one piece of work in it, and close it: for a command of the CLI."""

    async def work_inside() -> Result:
        async with open_world(settings) as world:
            return await work(world)

    return asyncio.run(work_inside())


async def _reach(stack: AsyncExitStack, settings: Settings) -> Logins:
    # Starting and stopping a server blocks, so both are done in a thread.
    reaching = reach_database(settings)
    logins = await asyncio.to_thread(reaching.__enter__)
    stack.push_async_callback(asyncio.to_thread, reaching.__exit__, None, None, None)
    return logins


async def _open(stack: AsyncExitStack, conninfo: str, connections_max: int) -> Database:
    database = Database(conninfo, connections_max=connections_max)
    stack.push_async_callback(database.close)
    await database.open()
    return database


def _logins_of(server: EmbeddedServer) -> Logins:
    return Logins(app=server.dsn(Role.APP), audit=server.dsn(Role.AUDIT), owner=server.dsn(Role.OWNER))


def _make_missing_keys(settings: Settings) -> None:
    if not (settings.keys / "keyring.json").exists():
        keyring_file(settings).add(make_keys())
    if not (settings.keys / "audit-signing.pem").exists():
        save_signing_key(settings.keys)


def _said(error: Exception, variable: str) -> str:
    """Say in one line why there is no connection. What libpq says names the server, the login and the reason."""
    reason = " ".join(str(error).split()) or type(error).__name__
    return f"The database cannot be used ({reason}). Look at {variable}, and whether its server runs."
