"""A deployment for tests that run the real command: its folders, its environment, its processes."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from firsthand.platform.keys import save_keyring, save_signing_key
from firsthand.platform.postgres import Role
from firsthand.platform.world import World
from tests.conftest import FreshDatabase

COMMAND = [sys.executable, "-m", "firsthand.channels.cli.main"]
SECONDS_MAX = 120.0


@dataclass(frozen=True, slots=True)
class Deployment:
    """The environment in which `firsthand` is called."""

    variables: Mapping[str, str]

    def environment(self, **more: str) -> dict[str, str]:
        """Return what a process gets: this machine's environment without the settings of whoever runs the tests."""
        own = {name: text for name, text in os.environ.items() if not name.startswith("FIRSTHAND_")}
        return own | dict(self.variables) | more

    def call(self, *arguments: str, given: str = "", **more: str) -> subprocess.CompletedProcess[str]:
        """Run one command to its end."""
        return subprocess.run(
            [*COMMAND, *arguments],
            env=self.environment(**more),
            input=given,
            capture_output=True,
            text=True,
            timeout=SECONDS_MAX,
            check=False,
        )

    @contextlib.contextmanager
    def running(self, *arguments: str, **more: str) -> Iterator[subprocess.Popen[str]]:
        """Run a command for the block. What is still alive at its end is killed, with all its children."""
        with subprocess.Popen(
            [*COMMAND, *arguments],
            env=self.environment(**more),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as process:
            try:
                yield process
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)


def of_database(world: World, database: FreshDatabase, folder: Path) -> Deployment:
    """Return a deployment on a test's own database and keys, which were made for the demo: its messages are sent."""
    save_keyring(world.keyring, folder / "keys")
    save_signing_key(folder / "keys")
    return Deployment(
        {
            "FIRSTHAND_DATA_DIR": str(folder),
            "FIRSTHAND_DATABASE": database.dsn(Role.APP),
            "FIRSTHAND_DATABASE_AUDIT": database.dsn(Role.AUDIT),
            "FIRSTHAND_DATABASE_OWNER": database.dsn(Role.OWNER),
        }
    )


def last_json(output: str) -> dict[str, Any]:
    """Return the JSON object in the last line of what a command said."""
    found: dict[str, Any] = json.loads(output.splitlines()[-1])
    return found


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait for a condition, and fail when it does not come about."""
    deadline = time.monotonic() + SECONDS_MAX
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.02)
