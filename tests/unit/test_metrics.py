"""The figures' text."""

import os
import subprocess
import sys
from pathlib import Path

from firsthand.platform.gather import GatherCounts
from firsthand.platform.metrics import GatherWatch, HouseFigures, render


def value_of(body: bytes, name: str) -> float:
    (line,) = [line for line in body.decode().splitlines() if line.startswith(f"{name} ")]
    return float(line.rpartition(" ")[2])


def test_the_house_says_what_waits() -> None:
    body = render(HouseFigures(3, 4, 1.5, 5, 60.0))
    assert value_of(body, "firsthand_database_up") == 1
    assert value_of(body, "firsthand_outbox_waiting") == 3
    assert value_of(body, "firsthand_audit_unsealed_seconds") == 1.5
    assert value_of(body, "firsthand_messages_queued") == 5


def test_a_database_that_is_away_is_said_to_be() -> None:
    body = render(None)
    assert value_of(body, "firsthand_database_up") == 0
    assert b"firsthand_outbox_waiting" not in body


def test_gathered_requests_are_carried_over_once() -> None:
    counts = GatherCounts()
    watch = GatherWatch("test", counts)
    counts.requests, counts.batches = 5, 2
    watch.carry_over()
    watch.carry_over()
    counts.requests = 6
    watch.carry_over()
    body = render(None)
    assert value_of(body, 'firsthand_gather_requests_total{action="test"}') == 6
    assert value_of(body, 'firsthand_gather_batches_total{action="test"}') == 2


ONE_PROCESS = """
import sys
from firsthand.platform.metrics import JOBS, HouseFigures, render
JOBS.labels("booking.tell", "done").inc()
render(HouseFigures(1, 2, 3.0, 4, 5.0))
sys.stdout.buffer.write(render(HouseFigures(1, 2, 3.0, 4, 5.0)))
"""


def test_any_of_several_processes_speaks_for_all(tmp_path: Path) -> None:
    environment = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    first, second = (
        subprocess.run([sys.executable, "-c", ONE_PROCESS], env=environment, capture_output=True, check=True).stdout
        for _ in range(2)
    )
    name = 'firsthand_jobs_total{outcome="done",task="booking.tell"}'
    assert (value_of(first, name), value_of(second, name)) == (1, 2)
    described = [line for line in second.decode().splitlines() if line.startswith("# TYPE")]
    assert len(described) == len(set(described))
    assert value_of(second, "firsthand_audit_unsealed_seconds") == 3
