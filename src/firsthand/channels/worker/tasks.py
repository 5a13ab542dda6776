"""Jobs by name, and how often a job that failed is tried again.

A job can run twice: its worker may die after the work and before saying so. So each of them is an action that a second
run finds done already: a message is one per event, a row is changed only from the state that it was expected in.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Final
from uuid import UUID

import structlog
from procrastinate import App, BaseRetryStrategy, JobContext, RetryDecision
from procrastinate.connector import BaseConnector
from procrastinate.jobs import Job
from procrastinate.worker import Worker

from firsthand.audit.model import ActorKind, Caller, Channel
from firsthand.booking.actions import TELL_TASK
from firsthand.booking.telling import tell_patient
from firsthand.messages.actions import send_message
from firsthand.messages.model import SEND_TASK, Senders, Template
from firsthand.platform.metrics import JOBS
from firsthand.platform.telemetry import bound_contextvars
from firsthand.platform.world import World

# 1, 2, 4 ... seconds and then every 10 minutes: some 2 hours, after which somebody has to look.
ATTEMPTS_MAX: Final = 20
RETRY_SECONDS_MAX: Final = 600

_log = structlog.get_logger(__name__)


class BackOff(BaseRetryStrategy):
    """Tries again later and later. A job that is given up stays in the queue's table as failed, for people to see."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """Return when to try again, or None to give up."""
        if job.attempts >= ATTEMPTS_MAX:
            return None
        seconds = retry_seconds(job.attempts)
        _log.warning("job_failed", task=job.task_name, error=type(exception).__name__, again_in_seconds=seconds)
        return RetryDecision(retry_in={"seconds": seconds})


def retry_seconds(attempts: int) -> int:
    """Return how long a job waits after it has failed `attempts` times before."""
    return int(min(2**attempts, RETRY_SECONDS_MAX))


def make_app(connector: BaseConnector, world: World, senders: Senders) -> App:
    """Make the queue's application, which knows every job. senders: the ways out of the house that there are."""
    app = App(connector=connector)

    @app.task(name=SEND_TASK, retry=BackOff(), pass_context=True)
    async def send(context: JobContext, message_id: str) -> None:
        await send_message(world, _caller(context), UUID(message_id), senders)

    @app.task(name=TELL_TASK, retry=BackOff(), pass_context=True)
    async def tell(context: JobContext, booking_id: str, event: str) -> None:
        await tell_patient(world, _caller(context), UUID(booking_id), Template(event))

    _ = send, tell
    return app


async def watch_job(call_next: Callable[[], Awaitable[Any]], context: JobContext, _worker: Worker) -> Any:  # noqa: ANN401
    """Run one job with its id in every log line, and count how it ended. Stands around each job of the queue."""
    outcome = "failed"
    try:
        with bound_contextvars(request_id=_request_id(context), task=context.job.task_name):
            result = await call_next()
        outcome = "done"
        return result
    finally:
        known = context.job.task_name if context.job.task_name in context.app.tasks else "unknown"
        JOBS.labels(known, outcome).inc()


def system_caller(request_id: str) -> Caller:
    """Return whom the audit record names for what the house does by itself."""
    return Caller(ActorKind.SYSTEM, None, Channel.WORKER, request_id)


def _caller(context: JobContext) -> Caller:
    return system_caller(_request_id(context))


def _request_id(context: JobContext) -> str:
    return f"job-{context.job.id}"
