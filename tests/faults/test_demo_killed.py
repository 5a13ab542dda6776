"""The demo is killed while it books: what it acknowledged is there, and the next one plays to a sound end."""

import json
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from firsthand.channels.opening import open_world
from firsthand.platform.postgres import EmbeddedServer, Role
from firsthand.platform.settings import Settings
from tests.city import assert_consistent
from tests.deployment import Deployment, wait_until
from tests.faults.house import Running, kill_server, start_command

PEOPLE = "150"
BEFORE_THE_BLOW = 20
CONFIRMED = "SELECT id::text FROM booking.booking WHERE booked_at IS NOT NULL"


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that lets the database's account pass through."""
    made = Path(tempfile.mkdtemp(prefix="firsthand-demo-"))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made)


def play(folder: Path, name: str) -> tuple[Running, Path]:
    """Start a demo, and return it with the file in which it notes what it acknowledged."""
    noted, log = folder / f"{name}.acknowledged", folder / f"{name}.log"
    noted.touch()
    options = ["--no-serve", "--json", "--people", PEOPLE, "--data-dir", str(folder / "demo")]
    return start_command(Deployment({}), "demo", *options, "--acknowledged", str(noted), log=log), noted


def acknowledged(noted: Path) -> list[str]:
    return noted.read_text().splitlines()


def wait_until_it_books(demo: Running, noted: Path) -> None:
    def books() -> bool:
        assert demo.process.poll() is None, demo.log.read_text()
        return len(acknowledged(noted)) >= BEFORE_THE_BLOW

    wait_until(books)


async def assert_kept(folder: Path, noted: Path) -> None:
    """Check that every acknowledged booking is there, and no place is in two."""
    with EmbeddedServer.start(folder / "demo") as server, psycopg.connect(server.dsn(Role.APP)) as conn:
        confirmed = {str(booking_id) for (booking_id,) in conn.execute(CONFIRMED).fetchall()}
        assert set(acknowledged(noted)) <= confirmed
        async with open_world(Settings.read({"FIRSTHAND_DATA_DIR": str(folder / "demo")})) as world:
            await assert_consistent(world)


async def test_the_demo_is_killed_and_its_database_is_killed_and_it_plays_again(folder: Path) -> None:
    killed, noted = play(folder, "killed")
    wait_until_it_books(killed, noted)
    killed.kill()
    assert killed.process.returncode == -signal.SIGKILL
    await assert_kept(folder, noted)

    without, noted = play(folder, "without-its-database")
    wait_until_it_books(without, noted)
    data = EmbeddedServer.start(folder / "demo")
    kill_server(data)
    assert without.end_status() == 1
    assert without.log.read_text().splitlines()[-1].startswith("firsthand: ")
    data.stop()
    await assert_kept(folder, noted)

    again, noted = play(folder, "again")
    assert again.end_status() == 0, again.log.read_text()
    told = json.loads(again.log.read_text().splitlines()[-1])
    assert told["played"]
    assert told["booked"] == len(set(acknowledged(noted))) == len(acknowledged(noted))
    await assert_kept(folder, noted)
    verified = Deployment({"FIRSTHAND_DATA_DIR": str(folder / "demo")}).call("audit", "verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr
