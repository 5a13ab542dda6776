"""`firsthand demo` as a newcomer runs it: on nothing, again, anew, cut off, and serving."""

import json
import signal
import socket
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deployment import Deployment, last_json, wait_until

ASKED_FOR = (
    "locations schedules slots places people booked returned arrived no_show audit_lines sealed".split()  # noqa: SIM905
)


@pytest.fixture
def machine() -> Iterator[Deployment]:
    """A machine on which nothing was ever done. Its folder must be one that the database's account may pass."""
    with tempfile.TemporaryDirectory(prefix="firsthand-demo-") as folder:
        Path(folder).chmod(0o711)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        yield Deployment({"FIRSTHAND_DATA_DIR": f"{folder}/city", "FIRSTHAND_PORT": str(port)})


def test_a_demo_is_played_once_and_anew_when_asked(machine: Deployment) -> None:
    folder = Path(machine.variables["FIRSTHAND_DATA_DIR"])
    # Settings of a live deployment are none of the demo's business.
    first = machine.call("demo", "--no-serve", "--json", "--people", "100", FIRSTHAND_DATABASE="host=/nowhere")
    assert first.returncode == 0, first.stderr
    assert first.stdout.count("\n") == 1
    told = last_json(first.stdout)
    assert all(isinstance(told[name], int) for name in ASKED_FOR)
    assert (told["locations"], told["schedules"], told["slots"], told["places"]) == (10, 10, 210, 21_000)
    assert told["people"] == 100
    assert told["audit_lines"] == told["sealed"] > 0
    assert told["played"]
    assert Path(told["data_dir"]) == folder.with_name("city-demo")
    assert not folder.exists()

    again = machine.call("demo", "--no-serve", "--json")
    assert last_json(again.stdout) == told | {"played": False}

    refused = machine.call("demo", "--no-serve", "--fresh")
    assert refused.returncode == 1
    assert "--yes" in refused.stderr
    anew = machine.call("demo", "--no-serve", "--fresh", "--yes", "--people", "20")
    assert anew.returncode == 0, anew.stderr
    assert "audit log: verified" in anew.stdout

    served = machine.call("serve", FIRSTHAND_DATA_DIR=told["data_dir"])
    assert served.returncode == 1
    assert "made for demo use" in served.stderr


def test_a_folder_of_another_kind_is_left_alone(machine: Deployment) -> None:
    folder = Path(machine.variables["FIRSTHAND_DATA_DIR"])
    assert machine.call("migrate").returncode == 0
    refused = machine.call("demo", "--no-serve", "--fresh", "--yes", "--data-dir", str(folder))
    assert refused.returncode == 1
    assert "is no demo" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_play_that_was_cut_off_begins_anew(machine: Deployment, tmp_path: Path) -> None:
    acknowledged = tmp_path / "acknowledged"
    with machine.running(
        "demo", "--no-serve", "--json", "--people", "300", "--acknowledged", str(acknowledged)
    ) as playing:
        wait_until(lambda: acknowledged.exists() and acknowledged.stat().st_size > 0)
        playing.send_signal(signal.SIGTERM)
        _, said = playing.communicate()
    assert playing.returncode == 1
    assert "begins anew" in said

    acknowledged.unlink()
    anew = machine.call("demo", "--no-serve", "--json", "--people", "20", "--acknowledged", str(acknowledged))
    assert anew.returncode == 0, anew.stderr
    told = last_json(anew.stdout)
    assert told["people"] == 20
    assert len(acknowledged.read_text().split()) == told["booked"]


def test_it_serves_what_was_played(machine: Deployment) -> None:
    address = f"http://127.0.0.1:{machine.variables['FIRSTHAND_PORT']}"

    def answers() -> bool:
        try:
            with urllib.request.urlopen(f"{address}/readyz", timeout=5) as answer:  # noqa: S310 - our own server
                return bool(json.load(answer)["ready"])
        except OSError:
            return False

    with machine.running("demo", "--people", "20") as serving:
        wait_until(answers)
        with urllib.request.urlopen(f"{address}/demo/outbox", timeout=5) as page:  # noqa: S310
            assert page.status == 200
        second = machine.call("demo", "--no-serve")
        assert second.returncode == 1
        assert "already" in second.stderr
        serving.send_signal(signal.SIGTERM)
        said, complained = serving.communicate()
    assert serving.returncode == 0, complained
    assert "paper lantern orchard" in said
    assert "Traceback" not in complained
