"""Bookings a second through real HTTP, against what the same database server does at the least.

A city of its own is made in a temporary folder through the ordinary actions; `firsthand serve` and `firsthand worker`
run as they do in a hospital; `wrk` sends every person's request once over 64 connections. Then pgbench does the bare
guarded update and insert on the same server. The ratio of the two is the figure to follow.
"""

import asyncio
import importlib.metadata
import json
import os
import platform as machine
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from importlib import resources
from pathlib import Path
from typing import Final
from uuid import UUID

import httpx

from firsthand.audit.model import ActorKind, Caller, Channel
from firsthand.booking.store import count_live
from firsthand.channels.opening import open_world, prepare, reach_database
from firsthand.directory.hospital.model import Hospital
from firsthand.directory.person.actions import register_people
from firsthand.directory.person.model import PersonName, Phone, Registration
from firsthand.identity.document.model import Document, DocumentType
from firsthand.identity.session.store import open_person_session
from firsthand.platform.deployment import DeploymentKind
from firsthand.platform.i18n import Language
from firsthand.platform.postgres import EmbeddedServer, Role
from firsthand.platform.scope import CityScope
from firsthand.platform.settings import Settings
from firsthand.platform.world import World
from firsthand.release.actions import search_offers
from firsthand.release.model import OfferSearch
from firsthand.release.publication.actions import import_publication
from firsthand.release.publication.model import Publication, Schedule, Session

CONNECTIONS: Final = 64
THREADS: Final = 2
PLACES_PER_SESSION: Final = 100
WARM_UP_SECONDS: Final = 2
READY_SECONDS_MAX: Final = 60
PEOPLE_A_TRANSACTION: Final = 2000
_CALLER: Final = Caller(ActorKind.SYSTEM, None, Channel.CLI, "bench")

Progress = Callable[[str], None]


class BenchError(Exception):
    """The benchmark could not be run. The message says why and what to do."""


@dataclass(frozen=True, slots=True)
class BookingFigures:
    """What was measured. Rates are a second, times are of one request over HTTP."""

    bookings_per_s: float
    pgbench_per_s: float
    ratio: float
    p50_ms: float
    p99_ms: float
    oversold: int
    bookings: int
    refused: int
    socket_errors: int
    seconds: float
    connections: int
    web_processes: int
    cpu: str
    cores: int
    versions: Mapping[str, str]

    def as_json(self) -> dict[str, object]:
        """Return the figures as they are printed."""
        return asdict(self)


def bench_booking(*, people: int, seconds: int, web_processes: int, port: int, say: Progress) -> BookingFigures:
    """Measure. people: each sends one request, so there must be more than are answered. Raises BenchError."""
    wrk = shutil.which("wrk")
    if wrk is None:
        raise BenchError("wrk sends the requests and is not installed: on Debian, `apt-get install wrk`.")
    # Not below /tmp's private folders: the embedded server's account must be able to pass through.
    with tempfile.TemporaryDirectory(prefix="firsthand-bench-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        environment = _environment(folder, web_processes, port)
        settings = Settings.read(environment)
        with reach_database(settings) as logins:
            asyncio.run(prepare(settings, logins, DeploymentKind.LIVE))
            say(f"making a city: {people} people, {people // PLACES_PER_SESSION + 1} sessions")
            warm_up, measured = asyncio.run(_make_city(settings, people, folder))
            with _firsthand("worker", environment, folder), _firsthand("serve", environment, folder):
                _wait_until_ready(port)
                say("warming up")
                _load(wrk, warm_up, WARM_UP_SECONDS, port)
                before = asyncio.run(_count(settings))
                say(f"booking for {seconds} s over {CONNECTIONS} connections")
                load = _load(wrk, measured, seconds, port)
                after = asyncio.run(_count(settings))
            with EmbeddedServer.start(settings.data_dir, account=settings.postgres_account) as server:
                say("pgbench: the bare update and insert, for 30 s")
                pgbench_per_s = _pgbench(server)
                server_version = server.version
    bookings = after[0] - before[0]
    elapsed = load["duration_us"] / 1e6
    rate = bookings / elapsed
    return BookingFigures(
        bookings_per_s=round(rate, 1),
        pgbench_per_s=round(pgbench_per_s, 1),
        ratio=round(rate / pgbench_per_s, 4),
        p50_ms=round(load["p50_us"] / 1000, 2),
        p99_ms=round(load["p99_us"] / 1000, 2),
        oversold=after[1],
        bookings=bookings,
        refused=load["not_2xx"],
        socket_errors=load["socket_errors"],
        seconds=round(elapsed, 2),
        connections=CONNECTIONS,
        web_processes=web_processes,
        cpu=_cpu_name(),
        cores=os.cpu_count() or 0,
        versions={
            "firsthand": importlib.metadata.version("firsthand"),
            "postgresql": server_version,
            "python": machine.python_version(),
            "granian": importlib.metadata.version("granian"),
            "litestar": importlib.metadata.version("litestar"),
        },
    )


def _environment(folder: Path, web_processes: int, port: int) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FIRSTHAND_")}
    return kept | {
        "FIRSTHAND_DATA_DIR": str(folder / "city"),
        "FIRSTHAND_PORT": str(port),
        "FIRSTHAND_WEB_PROCESSES": str(web_processes),
        "FIRSTHAND_LOG_LEVEL": "warning",
    }


async def _make_city(settings: Settings, people: int, folder: Path) -> tuple[Path, Path]:
    """Make sessions and people, sign each person in, and return the files of warm-up and measured requests."""
    async with open_world(settings) as world:
        sessions = await _publish(world, people // PLACES_PER_SESSION + 1)
        rows: list[str] = []
        for start in range(0, people, PEOPLE_A_TRANSACTION):
            numbers = range(start, min(start + PEOPLE_A_TRANSACTION, people))
            person_ids = await register_people(world, _CALLER, [_registration(number) for number in numbers])
            async with world.database.transaction() as conn, conn.pipeline():
                for number, person_id in zip(numbers, person_ids, strict=True):
                    if not isinstance(person_id, UUID):
                        raise BenchError(f"person {number} could not be registered: {person_id}")
                    opened = await open_person_session(conn, world, person_id)
                    # Neighbours in time ask for different sessions, as in a release minute of a whole city.
                    rows.append(f"{opened.token} {sessions[number % len(sessions)]}\n")
    warm_up, measured = folder / "warm-up", folder / "measured"
    share = people // 10
    warm_up.write_text("".join(rows[:share]))
    measured.write_text("".join(rows[share:]))
    return warm_up, measured


async def _publish(world: World, sessions: int) -> list[str]:
    now = world.clock.now()
    opening = now.replace(minute=0, second=0, microsecond=0) + timedelta(days=3)
    publication = Publication(
        feed="bench",
        published_at=now,
        complete=True,
        hospitals=(Hospital("h", "Bench hospital", "Asia/Shanghai"),),
        schedules=(Schedule("s", "h"),),
        sessions=tuple(
            Session(f"session-{number}", "s", opening, opening + timedelta(hours=4), PLACES_PER_SESSION)
            for number in range(sessions)
        ),
    )
    await import_publication(world, _CALLER, publication)
    found: list[str] = []
    while len(found) < sessions:
        page = await search_offers(world, OfferSearch(ends_after=now, limit=500, offset=len(found)))
        found.extend(str(offer.session_id) for offer in page.offers)
    return found


def _registration(number: int) -> Registration:
    document = Document(DocumentType.PASSPORT, f"B{number:08}")
    return Registration(document, PersonName(f"Person {number}"), Phone(f"+86139{number:08}"), Language.ENGLISH)


async def _count(settings: Settings) -> tuple[int, int]:
    async with open_world(settings) as world, world.database.connection() as conn:
        return await count_live(conn, CityScope("count the bookings of a benchmark"))


@contextmanager
def _firsthand(command: str, environment: Mapping[str, str], folder: Path) -> Iterator[None]:
    """Run a command of Firsthand for the block. Raises BenchError, with what the command said last."""
    said = folder / f"{command}.log"
    with said.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "firsthand.channels.cli.main", command], env=environment, stdout=log, stderr=log
        )
        try:
            yield
        except BenchError as error:
            raise BenchError(f"{error} `firsthand {command}` said: {said.read_text('utf-8')[-500:]}") from error
        finally:
            process.terminate()
            process.wait(timeout=READY_SECONDS_MAX)


def _wait_until_ready(port: int) -> None:
    for _ in range(READY_SECONDS_MAX * 10):
        try:
            if httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=1.0).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise BenchError(f"The web server did not answer on port {port} within {READY_SECONDS_MAX} s.")


def _load(wrk: str, rows: Path, seconds: int, port: int) -> dict[str, int]:
    """Send the rows for so many seconds and return what wrk counted. Raises BenchError."""
    with resources.as_file(resources.files(__package__) / "booking.lua") as script:
        command = [wrk, f"-t{THREADS}", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "10s", "-s", str(script)]
        done = subprocess.run(
            [*command, f"http://127.0.0.1:{port}", "--", str(rows), str(THREADS)],
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode != 0:
        raise BenchError(f"wrk failed: {done.stderr.strip()}")
    counted: dict[str, int] = json.loads(done.stdout.strip().splitlines()[-1])
    return counted


def _pgbench(server: EmbeddedServer) -> float:
    """Return transactions a second of the bare booking. Raises BenchError."""
    owner = server.dsn(Role.OWNER)
    package = resources.files(__package__)
    with (
        resources.as_file(package / "pgbench_setup.sql") as setup,
        resources.as_file(package / "pgbench_booking.sql") as script,
    ):
        _run([str(server.binary("psql")), "-qX", "-v", "ON_ERROR_STOP=1", "-f", str(setup), owner])
        said = _run(
            [str(server.binary("pgbench")), "-n", "-M", "prepared", "-c16", "-j2", "-T30", "-f", str(script), owner]
        )
    for line in said.splitlines():
        if line.startswith("tps = "):
            return float(line.split()[2])
    raise BenchError(f"pgbench gave no rate: {said[-500:]}")


def _run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BenchError(f"{Path(command[0]).name} failed: {done.stderr.strip()[-500:]}")
    return done.stdout


def _cpu_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return machine.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
