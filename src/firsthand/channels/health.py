"""What machines ask: is the process alive, is it ready, and its figures."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from litestar import Response, get
from msgspec import Struct

from firsthand.audit.actions import unsealed_tail
from firsthand.audit.model import Tail
from firsthand.channels import retry
from firsthand.channels.requests import AnyRequest, service_of
from firsthand.directory.emergency.actions import count_overdue
from firsthand.directory.emergency.model import REVIEW_WITHIN
from firsthand.directory.request.answering import count_overdue as count_overdue_requests
from firsthand.directory.request.model import ANSWER_WITHIN
from firsthand.identity.challenge.guard import Watched, read_watched
from firsthand.messages.model import Backlog
from firsthand.messages.store import read_backlog
from firsthand.platform import metrics, outbox
from firsthand.platform.database import Unavailable
from firsthand.platform.metrics import HouseFigures
from firsthand.platform.world import World

# A probe gives up after a few seconds, and the pool waits longer than that for a server that is away.
ANSWER_SECONDS_MAX: Final = 2.0
# A code that comes later than this is no use to the person who waits for it.
MESSAGE_AGE_MAX: Final = timedelta(minutes=3)


class Readiness(Struct, frozen=True):
    """Whether requests should be sent here, and what an operator should look at."""

    ready: bool
    alarms: list[str]


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits in the house, as the database tells it: jobs, audit lines, messages; and how signing in stands.

    overdue_requests: people's requests that are not answered within ANSWER_WITHIN.
    overdue_reviews: emergency accesses that nobody has reviewed within REVIEW_WITHIN.
    """

    outbox: int
    tail: Tail
    messages: Backlog
    sign_in: Watched
    overdue_reviews: int
    overdue_requests: int = 0


@get("/healthz", include_in_schema=False, media_type="text/plain")
async def healthz() -> str:
    """Say that the process is alive."""
    return "alive\n"


@get("/readyz", include_in_schema=False)
async def readyz(request: AnyRequest) -> Response[Readiness]:
    """Say whether this process can serve: 200 when the database answers, else 503. Alarms do not stop the service."""
    world = service_of(request).world
    waiting = await read_waiting(world)
    if waiting is None:
        return Response(
            Readiness(ready=False, alarms=["the database does not answer"]),
            status_code=503,
            headers={"Retry-After": str(retry.BUSY_SECONDS)},
        )
    return Response(Readiness(ready=True, alarms=alarms_of(waiting, now=world.clock.now())))


@get("/metrics", include_in_schema=False)
async def metrics_page(request: AnyRequest) -> Response[bytes]:
    """Return the figures in Prometheus's text format."""
    service = service_of(request)
    service.carry_over_counts()
    waiting = await read_waiting(service.world)
    figures = figures_of(waiting, now=service.world.clock.now()) if waiting else None
    # Litestar adds the charset of a text by itself.
    return Response(metrics.render(figures), media_type=metrics.CONTENT_TYPE.removesuffix("; charset=utf-8"))


async def read_waiting(world: World) -> Waiting | None:
    """Return what waits in the house, or None when the database does not answer in time."""
    try:
        async with asyncio.timeout(ANSWER_SECONDS_MAX):
            tail = await unsealed_tail(world.database)
            async with world.database.connection() as conn:
                waiting, backlog = await outbox.count_waiting(conn), await read_backlog(conn)
                watched, overdue = await read_watched(conn, world), await count_overdue(world, conn)
                return Waiting(waiting, tail, backlog, watched, overdue, await count_overdue_requests(world, conn))
    except (Unavailable, TimeoutError):
        return None


def alarms_of(waiting: Waiting, *, now: datetime) -> list[str]:
    """Return what an operator should look at. now: an aware instant."""
    alarms = []
    if waiting.tail.is_late(now):
        seconds = waiting.tail.age(now).total_seconds()
        alarms.append(f"audit lines have waited {seconds:.0f} s for the sealer: is a worker up?")
    message_age = _age(waiting.messages.oldest_at, now)
    if message_age > MESSAGE_AGE_MAX:
        minutes = message_age.total_seconds() / 60
        alarms.append(f"messages have waited {minutes:.0f} min: is a worker up, and has it a sender?")
    if waiting.sign_in.is_guarded:
        alarms.append("signing in is attacked: browsers are asked for work, and known ones are not")
    if waiting.overdue_reviews:
        alarms.append(
            f"emergency accesses that nobody has reviewed in {REVIEW_WITHIN.days} days: {waiting.overdue_reviews}"
        )
    if waiting.overdue_requests:
        alarms.append(
            f"people's requests that nobody has answered in {ANSWER_WITHIN.days} days: {waiting.overdue_requests}"
        )
    return alarms


def figures_of(waiting: Waiting, *, now: datetime) -> HouseFigures:
    """Return what waits as figures for /metrics. now: an aware instant."""
    return HouseFigures(
        outbox_waiting=waiting.outbox,
        unsealed_lines=waiting.tail.lines,
        unsealed_tail_seconds=waiting.tail.age(now).total_seconds(),
        messages_queued=waiting.messages.queued,
        messages_oldest_seconds=_age(waiting.messages.oldest_at, now).total_seconds(),
        sign_in_guarded=waiting.sign_in.is_guarded,
        sign_in_requests=waiting.sign_in.counted.requests[1],
        sign_in_failures=waiting.sign_in.counted.failures[1],
        reviews_overdue=waiting.overdue_reviews,
        requests_overdue=waiting.overdue_requests,
    )


def _age(since: datetime | None, now: datetime) -> timedelta:
    return max(now - since, timedelta()) if since else timedelta()


HANDLERS: Final = (healthz, readyz, metrics_page)
