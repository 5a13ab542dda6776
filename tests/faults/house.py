"""A whole house for tests that kill parts of it: its folder, its city, and its processes, each by the real command.

The house is made once and copied for each test. The test's own process only looks at its database: it never starts
the server again, so whoever brings it back is a process of the house.
"""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import httpx
import psycopg

from firsthand.audit.model import ActorKind, Caller, Channel
from firsthand.channels.opening import open_world, prepare, reach_database
from firsthand.directory.hospital.model import Hospital
from firsthand.directory.person.actions import register_people
from firsthand.directory.person.model import PersonName, Phone, Registration
from firsthand.identity.document.model import Document, DocumentType
from firsthand.identity.session.store import open_person_session
from firsthand.platform.deployment import DeploymentKind
from firsthand.platform.i18n import Language
from firsthand.platform.postgres import EmbeddedServer, PostgresError, Role
from firsthand.platform.settings import Settings
from firsthand.platform.world import World
from firsthand.release.actions import search_offers
from firsthand.release.model import OfferSearch
from firsthand.release.publication.actions import import_publication
from firsthand.release.publication.model import Publication, Schedule, Session
from tests.deployment import COMMAND, Deployment, wait_until

PEOPLE = 24
DAYS = 3
# Fewer than people, so that a place that was lost or given twice would be missed.
PLACES_A_DAY = 20
STOP_SECONDS_MAX = 120
_CITY_MAKER = Caller(ActorKind.SYSTEM, None, Channel.CLI, "faults")


@dataclass(frozen=True, slots=True)
class People:
    """Everybody of the city, in order: ids and tokens. sessions: one on each of the days, in their order."""

    ids: tuple[UUID, ...]
    tokens: tuple[str, ...]
    sessions: tuple[UUID, ...]


def make_house(folder: Path) -> People:
    """Make a deployment with a city in it, and leave it with no process running."""
    settings = Settings.read({"FIRSTHAND_DATA_DIR": str(folder)})
    with reach_database(settings) as logins:
        asyncio.run(prepare(settings, logins, DeploymentKind.LIVE))
        return asyncio.run(_make_city(settings))


async def _make_city(settings: Settings) -> People:
    async with open_world(settings) as world:
        sessions = await _publish(world)
        found = await register_people(world, _CITY_MAKER, [_registration(number) for number in range(PEOPLE)])
        ids = tuple(person_id for person_id in found if isinstance(person_id, UUID))
        assert len(ids) == PEOPLE
        async with world.database.transaction() as conn:
            tokens = [(await open_person_session(conn, world, person_id)).token for person_id in ids]
    return People(ids, tuple(tokens), sessions)


async def _publish(world: World) -> tuple[UUID, ...]:
    now = world.clock.now()
    opening = now.replace(minute=0, second=0, microsecond=0) + timedelta(days=2)
    starts = [opening + timedelta(days=day) for day in range(DAYS)]
    publication = Publication(
        feed="faults",
        published_at=now,
        complete=True,
        hospitals=(Hospital("h", "Hospital", "Asia/Shanghai"),),
        schedules=(Schedule("s", "h", department="Dermatology"),),
        sessions=tuple(
            Session(f"day-{day}", "s", start, start + timedelta(hours=4), PLACES_A_DAY)
            for day, start in enumerate(starts)
        ),
    )
    await import_publication(world, _CITY_MAKER, publication)
    page = await search_offers(world, OfferSearch(ends_after=now, limit=DAYS))
    return tuple(offer.session_id for offer in sorted(page.offers, key=lambda offer: offer.starts_at))


def _registration(number: int) -> Registration:
    document = Document(DocumentType.PASSPORT, f"F{number:08}")
    return Registration(document, PersonName(f"Person {number}"), Phone(f"+86137{number:08}"), Language.ENGLISH)


@dataclass(frozen=True, slots=True)
class Running:
    """A command of the house that runs. log: what it says."""

    process: subprocess.Popen[bytes]
    log: Path

    def kill(self) -> None:
        """Kill it and all its children at one blow, and wait until they have gone."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        wait_until(lambda: not any(each.group == self.process.pid for each in processes()))

    @property
    def child(self) -> int:
        """The process that answers requests, or one of those that do."""
        children = (each.pid for each in processes() if each.parent == self.process.pid)
        child, *_ = (pid for pid in children if "spawn_main" in _command_line(pid))
        return child

    def kill_child(self) -> None:
        """Kill the process that answers requests, and leave its parent."""
        os.kill(self.child, signal.SIGKILL)

    def told_to_stop(self) -> None:
        """Send SIGTERM, as a supervisor does to stop it."""
        self.process.send_signal(signal.SIGTERM)

    def end_status(self) -> int:
        """Wait for it to end and return its exit status."""
        return self.process.wait(timeout=STOP_SECONDS_MAX)

    def stop(self) -> int:
        """Tell it to stop and return its exit status."""
        self.told_to_stop()
        return self.end_status()


def start_command(deployment: Deployment, *arguments: str, log: Path, **more: str) -> Running:
    """Start a command of Firsthand. What it says goes to a file: a full pipe would hold it up."""
    with log.open("wb") as said:
        process = subprocess.Popen(
            [*COMMAND, *arguments], env=deployment.environment(**more), stdout=said, stderr=said, start_new_session=True
        )
    return Running(process, log)


def kill_server(server: EmbeddedServer) -> None:
    """Kill PostgreSQL: the postmaster and every process of it."""
    pid = server.pid
    assert pid is not None
    for process in (pid, *(each.pid for each in processes() if each.parent == pid)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


class House:
    """One test's house. Enter it to look at its database; leave it and nothing of it runs any more."""

    def __init__(self, folder: Path, people: People) -> None:
        """Live in `folder`, which holds a copy of a house that was made with these people."""
        self.people = people
        self.port = _free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self._deployment = Deployment(
            {"FIRSTHAND_DATA_DIR": str(folder), "FIRSTHAND_PORT": str(self.port), "FIRSTHAND_LOG_LEVEL": "warning"}
        )
        self.settings = Settings.read(self._deployment.variables)
        self._server = EmbeddedServer.start(folder)
        self._started: list[Running] = []

    def start(self, *command: str, **more: str) -> Running:
        """Start a command of the house. more: of its environment."""
        log = self.settings.data_dir / f"{command[0]}-{len(self._started)}.log"
        running = start_command(self._deployment, *command, log=log, **more)
        self._started.append(running)
        return running

    def start_web(self, **more: str) -> Running:
        """Start the web server and wait until it serves. more: of its environment."""
        running = self.start("serve", **more)
        self.wait_until_ready(running)
        return running

    def wait_until_ready(self, web: Running) -> None:
        """Wait until the web server says that it can serve."""

        def ready() -> bool:
            assert web.process.poll() is None, web.log.read_text()
            try:
                return httpx.get(f"{self.address}/readyz", timeout=10.0).is_success
            except httpx.TransportError:
                return False

        wait_until(ready)

    def kill_database(self) -> None:
        """Kill PostgreSQL. Nothing is done here to bring it back."""
        kill_server(self._server)

    def wait_until_database_is_back(self) -> None:
        """Wait until PostgreSQL answers."""

        def answers() -> bool:
            try:
                return self.count("SELECT 1") == 1
            except (psycopg.OperationalError, PostgresError):
                return False

        wait_until(answers)

    def call(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one command of the house to its end."""
        return self._deployment.call(*arguments)

    @contextlib.contextmanager
    def owner(self) -> Iterator[psycopg.Connection]:
        """Connect as the owner, who may see and hold everything."""
        with psycopg.connect(self._server.dsn(Role.OWNER)) as conn:
            yield conn

    def ask(self, query: str) -> list[tuple[object, ...]]:
        """Return the rows of a query."""
        with self.owner() as conn:
            return conn.execute(query.encode()).fetchall()

    def count(self, query: str) -> int:
        """Return the one number that a query asks for."""
        ((number,),) = self.ask(query)
        return int(str(number))

    def close(self) -> None:
        """End whatever still runs."""
        for running in self._started:
            running.kill()
        self._server.stop()


@dataclass(frozen=True, slots=True)
class Alive:
    """A process of this machine that has not ended."""

    pid: int
    parent: int
    group: int


def processes() -> list[Alive]:
    """Return every process that has not ended. Source: proc(5)."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            # The name stands in brackets and may hold anything.
            state, parent, group, *_ = status.read_text().rpartition(")")[2].split()
            if state not in {"Z", "X"}:
                found.append(Alive(int(status.parent.name), int(parent), int(group)))
    return found


def _command_line(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
