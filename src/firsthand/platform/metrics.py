"""Figures for /metrics, in Prometheus's text format.

Requests and gathered batches are counted where they happen. With several web processes a scrape reaches any one of
them, so the counts are kept in files that all of them share: `firsthand serve` says where in PROMETHEUS_MULTIPROC_DIR,
before this module is first imported. What stands in the database (what waits, how late the sealer is) is read for each
scrape.
Source: prometheus_client's multiprocess mode.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from firsthand.platform.gather import GatherCounts

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

REQUESTS: Final = Histogram(
    "firsthand_request_seconds",
    "Answered requests by method, route (never the path) and status, and how long each took.",
    ("method", "route", "status"),
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
)
JOBS: Final = Counter("firsthand_jobs", "Jobs that ended, by task and outcome.", ("task", "outcome"))
DRAINED: Final = Counter("firsthand_outbox_drained", "Jobs moved from the outbox into the queue.")
MESSAGES: Final = Counter(
    "firsthand_messages_tried", "Messages that a sender was handed, by way and by what came of it.", ("way", "outcome")
)
NOT_ERASED: Final = Counter(
    "firsthand_erase_failures", "Kinds of data whose term is over and that could not be erased, by step.", ("step",)
)
SEALED_LINES: Final = Counter("firsthand_audit_sealed_lines", "Audit lines that were sealed into the log.")
EMERGENCIES: Final = Counter(
    "firsthand_emergency_accesses", "Emergency accesses asked for and reviewed, by outcome.", ("outcome",)
)

_GATHERED: Final = Counter("firsthand_gather_requests", "Requests that were gathered, by action.", ("action",))
_BATCHES: Final = Counter("firsthand_gather_batches", "Batches that they were gathered into, by action.", ("action",))
_SHED: Final = Counter("firsthand_gather_shed", "Requests turned away because the queue was full.", ("action",))
_SINGLY: Final = Counter("firsthand_gather_tried_singly", "Requests tried again after their batch.", ("action",))


@dataclass(frozen=True, slots=True)
class HouseFigures:
    """What the database says of the whole house at one instant. Ages are in seconds, 0 where nothing waits."""

    outbox_waiting: int
    unsealed_lines: int
    unsealed_tail_seconds: float
    messages_queued: int
    messages_oldest_seconds: float
    sign_in_guarded: bool = False
    sign_in_requests: int = 0
    sign_in_failures: int = 0  # both in the city, in the window that runs
    reviews_overdue: int = 0
    requests_overdue: int = 0


class GatherWatch:
    """Carries the counts of one `Gather` over to the metrics."""

    def __init__(self, action: str, counts: GatherCounts) -> None:
        """Watch `counts`, which belong to the gathering of `action`."""
        self._counts = counts
        self._seen = GatherCounts()
        self._counters = (
            ("requests", _GATHERED.labels(action)),
            ("batches", _BATCHES.labels(action)),
            ("shed", _SHED.labels(action)),
            ("tried_singly", _SINGLY.labels(action)),
        )

    def carry_over(self) -> None:
        """Add what was counted since the last call: before every scrape, or every second with several processes."""
        for name, counter in self._counters:
            now = getattr(self._counts, name)
            counter.inc(now - getattr(self._seen, name))
            setattr(self._seen, name, now)


def render(figures: HouseFigures | None) -> bytes:
    """Return the body of /metrics.

    figures: None where the database cannot be asked; `firsthand_database_up` is then 0.
    """
    counted = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        counted = CollectorRegistry()
        MultiProcessCollector(counted)  # type: ignore[no-untyped-call]
    house = CollectorRegistry()
    house.register(_House(figures))
    return generate_latest(counted) + generate_latest(house)


class _House(Collector):
    """Gives figures that were read a moment ago. Gauges would be kept, one for each process that was ever asked."""

    def __init__(self, figures: HouseFigures | None) -> None:
        self._figures = figures

    def collect(self) -> Iterator[GaugeMetricFamily]:
        figures = self._figures
        up = 0.0 if figures is None else 1.0
        yield GaugeMetricFamily("firsthand_database_up", "1 when the database answers.", up)
        if figures is None:
            return
        for name, help_text, value in (
            ("outbox_waiting", "Jobs in the outbox that the worker has not taken yet.", figures.outbox_waiting),
            ("audit_unsealed_lines", "Audit lines that wait for the sealer.", figures.unsealed_lines),
            ("audit_unsealed_seconds", "How long the oldest of them has waited.", figures.unsealed_tail_seconds),
            ("messages_queued", "Messages that wait for a sender.", figures.messages_queued),
            ("messages_oldest_seconds", "How long the oldest of them has waited.", figures.messages_oldest_seconds),
            ("sign_in_guarded", "1 while signing in counts as attacked.", figures.sign_in_guarded),
            ("sign_in_requests", "Sign-ins asked for in the city, in the window that runs.", figures.sign_in_requests),
            ("sign_in_failures", "Wrong proofs in the city, in the window that runs.", figures.sign_in_failures),
            ("requests_overdue", "People's requests not answered in time.", figures.requests_overdue),
            ("emergency_reviews_overdue", "Emergency accesses not reviewed in time.", figures.reviews_overdue),
        ):
            yield GaugeMetricFamily(f"firsthand_{name}", help_text, float(value))
