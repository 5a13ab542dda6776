"""What the tests stand on: a real PostgreSQL server for the whole run, and a fresh migrated database for each test.

Every process of the run (xdist starts several) shares one server; the last to leave stops it.
"""

import asyncio
import fcntl
import itertools
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import hypothesis
import psycopg
import pytest
from psycopg import sql

from firsthand.platform.chance import SeededChance
from firsthand.platform.clock import ManualClock
from firsthand.platform.crypto import make_keyring
from firsthand.platform.database import Database
from firsthand.platform.deployment import DeploymentKind
from firsthand.platform.migrate import migrate
from firsthand.platform.postgres import EmbeddedServer, Role
from firsthand.platform.world import World

FOLDER = pytest.StashKey[Path]()
TEMPLATE = "firsthand_template"
MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of a name that nobody can guess is made in it
MEMORY_BYTES = 2 << 30  # a run holds some hundred MB, mostly write-ahead log
# A Monday, eight in the morning at the hospitals of the tests.
START = datetime(2026, 3, 2, 0, 0, tzinfo=UTC)

hypothesis.settings.register_profile("dev", max_examples=50, deadline=None)
hypothesis.settings.register_profile("ci", max_examples=200, deadline=None, print_blob=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "dev")


@dataclass(frozen=True, slots=True)
class FreshDatabase:
    """One test's own database on the run's server."""

    server: EmbeddedServer
    name: str

    def dsn(self, role: Role) -> str:
        """Return what `role` connects by."""
        return self.server.dsn(role, database=self.name)


def pytest_configure(config: pytest.Config) -> None:
    """Choose one folder for the run's server. Its account must be able to pass through, so it is not pytest's own."""
    given = getattr(config, "workerinput", {}).get("server_folder")
    config.stash[FOLDER] = Path(given) if given else Path(tempfile.mkdtemp(prefix="firsthand-tests-", dir=_place()))
    if not given:
        config.stash[FOLDER].chmod(0o711)


def _place() -> Path | None:
    """Return the machine's memory where it has room, else None for the usual place.

    Each test's database is copied and flushed to its disk as any other is; in memory that takes a tenth of the time.
    What survives a machine that stops is not asked here: tests/faults kill processes.
    """
    has_room = MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= MEMORY_BYTES
    return MEMORY if has_room else None


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: pytest.Session) -> None:
    """Tell each process of the run which folder it is."""
    vars(node)["workerinput"]["server_folder"] = str(node.config.stash[FOLDER])


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the folder when the run ends."""
    if not hasattr(config, "workerinput"):
        shutil.rmtree(config.stash[FOLDER], ignore_errors=True)


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest) -> Iterator[EmbeddedServer]:
    """The run's server, with a migrated database that others are copied from."""
    folder = request.config.stash[FOLDER]
    with EmbeddedServer.start(folder / "city") as started:
        with (folder / "template.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (folder / "template.made").exists():
                _make_template(started)
                (folder / "template.made").touch()
        yield started


def _make_template(server: EmbeddedServer) -> None:
    with psycopg.connect(server.admin_dsn(), autocommit=True) as admin:
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(TEMPLATE)))
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(TEMPLATE)))
    # Made for demo use, because its clock is moved by hand.
    asyncio.run(migrate(server.dsn(Role.OWNER, database=TEMPLATE), kind=DeploymentKind.DEMO))


_numbers = itertools.count(1)


@contextmanager
def copied_database(server: EmbeddedServer) -> Iterator[FreshDatabase]:
    """Lend a migrated and otherwise empty database, for one test or for a file of tests that change nothing."""
    database = FreshDatabase(server, f"test_{os.getpid()}_{next(_numbers)}")
    name = sql.Identifier(database.name)
    with psycopg.connect(server.admin_dsn(), autocommit=True) as admin:
        admin.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(name, sql.Identifier(TEMPLATE))
        )
        yield database
        # PostgreSQL waits a few seconds for connections that are closing; one that a test forgot is an error here.
        admin.execute(sql.SQL("DROP DATABASE {}").format(name))


@pytest.fixture
def fresh_database(server: EmbeddedServer) -> Iterator[FreshDatabase]:
    """A database of this test's own, migrated and otherwise empty."""
    with copied_database(server) as database:
        yield database


@pytest.fixture
def clock() -> ManualClock:
    """The clock of `world`, which stands at START until the test moves it."""
    return ManualClock(START)


@pytest.fixture
async def world(fresh_database: FreshDatabase, clock: ManualClock) -> AsyncIterator[World]:
    """Everything that an action may touch: a fresh database as the application's role, a clock that stands, a seed."""
    database = Database(fresh_database.dsn(Role.APP), connections_max=8)
    await database.open()
    yield World(database, clock, SeededChance(1), make_keyring())
    await database.close()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data; a test that asks for it is skipped where FIRSTHAND_DATA names none."""
    named = os.environ.get("FIRSTHAND_DATA")
    if not named:
        pytest.skip("FIRSTHAND_DATA names no folder of real data")
    if not Path(named).is_dir():
        pytest.fail(f"FIRSTHAND_DATA names {named}, which is not a folder")
    return Path(named)
