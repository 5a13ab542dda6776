"""What machines ask: is the process alive, is it ready, and its figures."""

from datetime import UTC, datetime
from typing import Final

import psycopg
from litestar import Response, get
from msgspec import Struct

from firsthand.audit.actions import unsealed_tail
from firsthand.channels.requests import AnyRequest, service_of
from firsthand.messages.store import read_backlog
from firsthand.platform import metrics, outbox
from firsthand.platform.metrics import HouseFigures
from firsthand.platform.world import World

# A tail that is older than this means that nobody seals: the record could be cut without a trace.
UNSEALED_SECONDS_MAX: Final = 5.0


class Readiness(Struct, frozen=True):
    """Whether requests should be sent here, and what an operator should look at."""

    ready: bool
    alarms: list[str]


@get("/healthz", include_in_schema=False, media_type="text/plain")
async def healthz() -> str:
    """Say that the process is alive."""
    return "alive\n"


@get("/readyz", include_in_schema=False)
async def readyz(request: AnyRequest) -> Response[Readiness]:
    """Say whether this process can serve: 200 when the database answers, else 503. Alarms do not stop the service."""
    figures = await read_figures(service_of(request).world)
    if figures is None:
        return Response(Readiness(ready=False, alarms=["the database does not answer"]), status_code=503)
    alarms = []
    if figures.unsealed_tail_seconds > UNSEALED_SECONDS_MAX:
        alarms.append(f"audit lines have waited {figures.unsealed_tail_seconds:.0f} s for the sealer: is a worker up?")
    return Response(Readiness(ready=True, alarms=alarms))


@get("/metrics", include_in_schema=False)
async def metrics_page(request: AnyRequest) -> Response[bytes]:
    """Return the figures in Prometheus's text format."""
    service = service_of(request)
    service.carry_over_counts()
    body = metrics.render(await read_figures(service.world))
    return Response(body, media_type=metrics.CONTENT_TYPE)


async def read_figures(world: World) -> HouseFigures | None:
    """Return what waits in the house, or None when the database does not answer. Ages go by the machine's clock."""
    try:
        tail = await unsealed_tail(world.database)
        async with world.database.connection() as conn:
            waiting = await outbox.count_waiting(conn)
            backlog = await read_backlog(conn)
    except psycopg.OperationalError:
        return None
    return HouseFigures(
        outbox_waiting=waiting,
        unsealed_lines=tail.lines,
        unsealed_tail_seconds=_age_seconds(tail.oldest_at, world),
        messages_queued=backlog.queued,
        messages_oldest_seconds=_age_seconds(backlog.oldest_at, world),
    )


def _age_seconds(since: datetime | None, world: World) -> float:
    return max((world.clock.now() - since.astimezone(UTC)).total_seconds(), 0.0) if since else 0.0


HANDLERS: Final = (healthz, readyz, metrics_page)
