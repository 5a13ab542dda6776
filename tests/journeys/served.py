"""The town, served: by the real web server and the real worker, each a process of its own."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar
from uuid import UUID

import httpx

from firsthand.channels.opening import open_world
from firsthand.directory.staff.duties import session_of
from firsthand.directory.staff.store import live_duties
from firsthand.identity.session.store import open_person_session, open_staff_session
from firsthand.platform.clock import Clock, ManualClock
from firsthand.platform.crypto import make_keyring
from firsthand.platform.keys import save_keyring, save_signing_key
from firsthand.platform.postgres import Role
from firsthand.platform.settings import Settings
from firsthand.platform.world import World
from tests.conftest import FreshDatabase
from tests.deployment import Deployment, wait_until
from tests.journeys.town import Look, Somebody, Town, make_town

Result = TypeVar("Result")

# `firsthand serve` is for hospitals: it refuses a database of the demo, which alone shows the messages it sends. Both
# end with the tests, however those end.
_SERVE = """
import os
from firsthand.channels.cli.serve import end_with_parent, serve_web
from firsthand.platform.deployment import DeploymentKind
from firsthand.platform.settings import Settings
end_with_parent()
serve_web(Settings.read(os.environ), DeploymentKind.DEMO)
"""
_WORK = """
from firsthand.channels.cli.serve import end_with_parent
from firsthand.channels.cli.worker import worker
end_with_parent()
worker()
"""
STOP_SECONDS_MAX = 60


@dataclass(frozen=True, slots=True)
class Served:
    """The town and where it is served. What others do meanwhile goes through the same actions as everything."""

    town: Town
    address: str
    settings: Settings

    def do(self, deed: Callable[[World], Awaitable[Result]], *, clock: Clock | None = None) -> Result:
        """Do something in the town's world. In a thread: a browser's own loop runs in this one."""

        async def done() -> Result:
            async with open_world(self.settings, clock=clock) as world:
                return await deed(world)

        with ThreadPoolExecutor(1) as thread:
            return thread.submit(asyncio.run, done()).result()

    def register(self, look: Look) -> Somebody:
        """Register a person."""
        return self.do(lambda world: self.town.register(world, self.town.newcomer(look)))

    def sign_in(self, person: Somebody) -> str:
        """Open a session for a person and return its token: for journeys that are not about signing in."""

        async def opened(world: World) -> str:
            async with world.database.transaction() as conn:
                return (await open_person_session(conn, world, person.id)).token

        return self.do(opened)

    def sign_in_clerk(self, look: Look) -> str:
        """Open a session for the clerk of a look's hospital and return its token."""
        return self.sign_in_staff(self.town.staff[look.hospital])

    def sign_in_staff(self, staff_id: UUID) -> str:
        """Open a session for a member of staff in his newest duty and return its token."""

        async def opened(world: World) -> str:
            async with world.database.transaction() as conn:
                duty, *_ = await live_duties(conn, staff_id, now=world.clock.now())
                return (await open_staff_session(conn, world, session_of(duty))).token

        return self.do(opened)

    def hold(self, person: Somebody, session_id: UUID) -> UUID:
        """Hold a place for a person and return the booking."""
        return self.do(lambda world: self.town.hold(world, person, session_id)).booking_id


@contextmanager
def serve_town(database: FreshDatabase, folder: Path) -> Iterator[Served]:
    """Make the town in a database for demo use, and serve it for the block."""
    port, now = _free_port(), datetime.now(UTC)
    save_keyring(make_keyring(), folder / "keys")
    save_signing_key(folder / "keys")
    deployment = Deployment(
        {
            "FIRSTHAND_DATA_DIR": str(folder),
            "FIRSTHAND_DATABASE": database.dsn(Role.APP),
            "FIRSTHAND_DATABASE_AUDIT": database.dsn(Role.AUDIT),
            "FIRSTHAND_LOG_LEVEL": "warning",
            "FIRSTHAND_PORT": str(port),
            "FIRSTHAND_PUBLIC_URL": f"http://localhost:{port}",  # passkeys need a name
            "FIRSTHAND_TIME_ZONE": Town(now).time_zone,
            "FIRSTHAND_TRUSTED_PROXY": "127.0.0.1",  # each journey comes from an address of its own
        }
    )
    settings, clock = Settings.read(deployment.variables), ManualClock(now - timedelta(days=1))

    async def made() -> Town:
        async with open_world(settings, clock=clock) as world:
            return await make_town(world, clock, now)

    served = Served(asyncio.run(made()), f"http://localhost:{port}", settings)
    with (
        _running(_SERVE, deployment, folder / "serve.log") as web,
        _running(_WORK, deployment, folder / "worker.log"),
    ):

        def ready() -> bool:
            assert web.poll() is None, (folder / "serve.log").read_text()
            try:
                return httpx.get(f"{served.address}/readyz", timeout=10.0).is_success
            except httpx.TransportError:
                return False

        wait_until(ready)
        yield served
    said = (folder / "serve.log").read_text() + (folder / "worker.log").read_text()
    assert '"level":"error"' not in said.replace(": ", ":"), said


@contextmanager
def _running(program: str, deployment: Deployment, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-c", program],
            env=deployment.environment(),
            stdout=said,
            stderr=said,
            start_new_session=True,
        )
    try:
        yield process
        process.terminate()
        process.wait(STOP_SECONDS_MAX)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
