"""The command on a machine of its own, with the embedded server: from nothing to a checked record, and its refusals."""

import importlib.metadata
import signal
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from typer.testing import CliRunner

from firsthand.channels.cli.main import app
from firsthand.platform.keys import KeyringError, load_keyring
from firsthand.platform.world import World
from tests.conftest import FreshDatabase
from tests.deployment import Deployment, last_json, of_database, wait_until

HOSPITAL = str(uuid4())


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


def is_answered(url: str) -> bool:
    try:
        return httpx.get(url).status_code == 200
    except httpx.TransportError:
        return False


@pytest.fixture
def machine() -> Iterator[Deployment]:
    """A machine on which nothing was ever done. Its folder must be one that the database's account may pass."""
    with tempfile.TemporaryDirectory(prefix="firsthand-machine-") as folder:
        Path(folder).chmod(0o711)
        yield Deployment({"FIRSTHAND_DATA_DIR": f"{folder}/city", "FIRSTHAND_WEB_PROCESSES": "2"})


def work_until_stopped(machine: Deployment) -> None:
    with machine.running("worker", "--json") as worker:
        assert worker.stderr is not None
        assert "worker_started" in worker.stderr.readline()
        worker.send_signal(signal.SIGTERM)
        said, _ = worker.communicate()
        assert worker.returncode == 0
        assert last_json(said) == {"stopped": True}


def serve_until_stopped(machine: Deployment, port: int) -> None:
    with machine.running("serve", "--json", FIRSTHAND_PORT=str(port)) as server:
        wait_until(lambda: is_answered(f"http://127.0.0.1:{port}/readyz"))
        taken = machine.call("serve", FIRSTHAND_PORT=str(port))
        assert (taken.returncode, taken.stdout) == (1, "")
        assert f"Port {port} of 127.0.0.1 is taken" in taken.stderr
        server.send_signal(signal.SIGTERM)
        said, _ = server.communicate()
        assert server.returncode == 0
        assert last_json(said) == {"stopped": True}


def test_a_small_hospital_from_nothing(machine: Deployment) -> None:
    keys = Path(machine.variables["FIRSTHAND_DATA_DIR"]) / "keys"

    refused = machine.call("worker")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "firsthand migrate" in refused.stderr
    assert "Traceback" not in refused.stderr

    first = machine.call("migrate", "--json")
    assert first.returncode == 0, first.stderr
    assert len(last_json(first.stdout)["applied"]) > 9
    keyring = load_keyring(keys)

    again = machine.call("migrate", "--json")
    assert last_json(again.stdout) == {"applied": [], "keys": str(keys)}
    assert load_keyring(keys).keys == keyring.keys

    staff = machine.call(
        "staff",
        "add",
        "li.desk",
        "--hospital",
        HOSPITAL,
        "--name",
        "Li",
        "--password-stdin",
        given="violet harbour lantern\n",
    )
    assert (staff.returncode, staff.stdout) == (1, "")
    assert staff.stderr == "firsthand: There is no hospital with this id: import its feed first.\n"

    work_until_stopped(machine)
    serve_until_stopped(machine, free_port())

    verdict = machine.call("audit", "verify", "--json")
    assert verdict.returncode == 0, verdict.stderr
    assert last_json(verdict.stdout)["sound"] is True

    (keys / "keyring.json").rename(keys / "elsewhere.json")
    lost = machine.call("migrate", "--json")
    assert (lost.returncode, lost.stdout) == (1, "")
    assert "restore them" in lost.stderr
    with pytest.raises(KeyringError):
        load_keyring(keys)


def test_serve_refuses_a_demo_database(world: World, fresh_database: FreshDatabase, tmp_path: Path) -> None:
    answer = of_database(world, fresh_database, tmp_path).call("serve")
    assert answer.returncode == 1
    assert answer.stderr.splitlines()[-1].startswith("firsthand: This database was made for demo use")


def test_migrate_refuses_a_demo_database(world: World, fresh_database: FreshDatabase, tmp_path: Path) -> None:
    answer = of_database(world, fresh_database, tmp_path).call("migrate")
    assert answer.returncode == 1
    assert "was made for demo use" in answer.stderr


def test_a_database_that_is_not_there_is_said_in_one_line(tmp_path: Path) -> None:
    port = free_port()
    nowhere = Deployment(
        {
            "FIRSTHAND_DATA_DIR": str(tmp_path),
            "FIRSTHAND_DATABASE": f"postgresql://app:violet-harbour@127.0.0.1:{port}/city",
        }
    )
    for command in (["serve"], ["worker"], ["migrate"], ["audit", "verify"]):
        answer = nowhere.call(*command)
        assert answer.returncode == 1
        assert answer.stdout == ""
        assert answer.stderr.startswith("firsthand: The database cannot be used")
        assert len(answer.stderr.splitlines()) == 1
        assert "violet" not in answer.stderr


def test_a_slip_in_a_setting_and_a_wrong_call(machine: Deployment) -> None:
    slip = machine.call("serve", FIRSTHAND_PROT="80")
    assert (slip.returncode, slip.stdout) == (1, "")
    assert "FIRSTHAND_PORT" in slip.stderr
    wrong = machine.call("serv")
    assert (wrong.returncode, wrong.stdout) == (2, "")


@pytest.mark.parametrize(
    "command",
    [
        ["serve"],
        ["worker"],
        ["migrate"],
        ["audit", "verify"],
        ["staff", "add"],
        ["staff", "reset"],
        ["feed", "import"],
        ["keys", "rotate"],
        ["keys", "status"],
        ["keys", "wrap"],
    ],
)
def test_every_command_shows_an_example(command: list[str]) -> None:
    answer = CliRunner().invoke(app, [*command, "--help"], env={"COLUMNS": "200"})
    assert answer.exit_code == 0
    assert "Example:" in answer.output
    assert "--json" in answer.output


def test_the_version_is_said() -> None:
    assert CliRunner().invoke(app, ["--version"]).output == f"firsthand {importlib.metadata.version('firsthand')}\n"
