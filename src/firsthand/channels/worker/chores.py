"""What the worker does over and over, besides the jobs: each is one round, and says how long to wait for the next.

Any number of workers may do them at once: rows are taken apart by locks, and one sealer works at a time.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Final

import structlog
from procrastinate import App, PsycopgConnector
from procrastinate.jobs import Job

from firsthand.arrival.actions import mark_no_shows
from firsthand.audit.actions import NotSealed, Reason, seal_lines
from firsthand.audit.checkpoint import Signer
from firsthand.audit.checkpoint_file import CheckpointFile
from firsthand.booking.actions import expire_holds
from firsthand.channels.worker.erasing import delete_accounts, erase_over
from firsthand.channels.worker.tasks import system_caller
from firsthand.directory.counter.store import forget_found
from firsthand.directory.family.chores import end_what_is_over, settle_children
from firsthand.directory.forgetting.store import forget_carers
from firsthand.directory.person.actions import index_phones
from firsthand.identity.challenge.guard import watch
from firsthand.identity.session.actions import delete_expired
from firsthand.messages.actions import wake_messages
from firsthand.platform import idempotency
from firsthand.platform.database import Database
from firsthand.platform.metrics import DRAINED, SEALED_LINES
from firsthand.platform.outbox import Task, drain
from firsthand.platform.world import World

AT_ONCE: Final = 0.0
ANSWERS_KEPT: Final = timedelta(hours=24)
# A worker says every 5 s that it lives; one that has not for 20 s is dead, and its jobs are given to others.
HEARTBEAT_SECONDS: Final = 5.0
DEAD_AFTER_SECONDS: Final = 20.0

_DRAIN_ROWS_MAX: Final = 500
_TASK_NAME_LENGTH_MAX: Final = 128
_ROWS_MAX: Final = 1000
_OUTBOX_SECONDS: Final = 0.2
_WAKE_SECONDS: Final = 1.0
_SEAL_SECONDS: Final = 1.0
_NOT_SEALED_SECONDS: Final = 10.0
_HOLDS_SECONDS: Final = 10.0
_NO_SHOWS_SECONDS: Final = 60.0
_FAMILIES_SECONDS: Final = 60.0
_FORGET_SECONDS: Final = 300.0
_WATCH_SECONDS: Final = 30.0
_RESCUE_SECONDS: Final = 5.0
_INDEX_SECONDS: Final = 300.0

Round = Callable[[], Awaitable[float]]

_log = structlog.get_logger(__name__)


def all_rounds(
    world: World, app: App, connector: PsycopgConnector, audit: Database, signer: Signer, checkpoints: CheckpointFile
) -> Mapping[str, Round]:
    """Return every round by its name."""
    return {
        "drain_outbox": lambda: drain_outbox(app, connector),
        "rescue_jobs": lambda: rescue_jobs(app),
        "wake_messages": lambda: wake(world),
        "seal_lines": lambda: seal(world, audit, signer, checkpoints),
        "expire_holds": lambda: end_holds(world),
        "mark_no_shows": lambda: settle_no_shows(world),
        "settle_families": lambda: settle_families(world),
        "forget": lambda: forget(world),
        "erase": lambda: erase_over(world),
        "delete_accounts": lambda: delete_accounts(world),
        "index_people": lambda: index_people(world),
        "watch_sign_in": lambda: watch_sign_in(world),
    }


async def drain_outbox(app: App, connector: PsycopgConnector) -> float:
    """Move what stands in the outbox into the queue, in one transaction: each row becomes one job."""
    async with connector.pool.connection() as conn, conn.transaction():
        tasks = await drain(conn, limit=_DRAIN_ROWS_MAX)
        if tasks:
            await app.job_manager.batch_defer_jobs_async(jobs=[_job(app, task) for task in tasks], connection=conn)
    DRAINED.inc(len(tasks))
    return AT_ONCE if len(tasks) >= _DRAIN_ROWS_MAX else _OUTBOX_SECONDS


async def rescue_jobs(app: App) -> float:
    """Give the jobs of dead workers to the living."""
    for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=DEAD_AFTER_SECONDS):
        _log.warning("job_rescued", task=job.task_name, job_id=job.id)
        await app.job_manager.retry_job(job)
    return _RESCUE_SECONDS


async def wake(world: World) -> float:
    """Make jobs of the messages whose time to wait is over."""
    woken = await wake_messages(world, limit=_ROWS_MAX)
    return AT_ONCE if woken >= _ROWS_MAX else _WAKE_SECONDS


async def seal(world: World, audit: Database, signer: Signer, checkpoints: CheckpointFile) -> float:
    """Seal the lines whose transactions are over."""
    outcome = await seal_lines(audit, clock=world.clock, signer=signer, checkpoints=checkpoints)
    if isinstance(outcome, NotSealed):
        # Only another worker's sealing is an ordinary reason; what people must look at is not said every second.
        return _SEAL_SECONDS if outcome.reason is Reason.ANOTHER_SEALER else _NOT_SEALED_SECONDS
    SEALED_LINES.inc(outcome.lines)
    return _SEAL_SECONDS


async def end_holds(world: World) -> float:
    """End the holds whose time is over."""
    ended = await expire_holds(world, system_caller("worker-expire-holds"), limit=_ROWS_MAX)
    return AT_ONCE if ended >= _ROWS_MAX else _HOLDS_SECONDS


async def settle_no_shows(world: World) -> float:
    """Settle who did not come."""
    settled = await mark_no_shows(world, system_caller("worker-no-shows"), limit=_ROWS_MAX)
    return AT_ONCE if settled >= _ROWS_MAX else _NO_SHOWS_SECONDS


async def settle_families(world: World) -> float:
    """Register children whose guardian has waited, and end the ties that are over."""
    caller = system_caller("worker-families")
    await settle_children(world, caller)
    await end_what_is_over(world, caller)
    return _FAMILIES_SECONDS


async def forget(world: World) -> float:
    """Delete what has run out: first answers, whom clerks had found, carers who left, sessions, codes and counters."""
    async with world.database.transaction() as conn:
        await idempotency.forget(conn, before=world.clock.now() - ANSWERS_KEPT)
        await forget_found(conn, now=world.clock.now())
        await forget_carers(conn, now=world.clock.now())
    await delete_expired(world, system_caller("worker-forget"))
    return _FORGET_SECONDS


async def watch_sign_in(world: World) -> float:
    """See whether signing in is still attacked: when nobody asks any more, nobody else would end the guard."""
    await watch(world, system_caller("worker-watch-sign-in"))
    return _WATCH_SECONDS


async def index_people(world: World) -> float:
    """Let the people of the version before be found by their phones: after an update, until nobody is left."""
    indexed = await index_phones(world, system_caller("worker-index-people"), limit=_ROWS_MAX)
    return AT_ONCE if indexed >= _ROWS_MAX else _INDEX_SECONDS


def _job(app: App, task: Task) -> Job:
    if task.name not in app.tasks:
        # It ends as a failed job, where people find it: one strange row must not stop the others.
        _log.error("task_unknown", task=task.name, advice="is this worker older than the web server?")
    return Job(
        queue="default",
        lock=None,
        queueing_lock=None,
        task_name=task.name[:_TASK_NAME_LENGTH_MAX],
        task_kwargs=dict(task.arguments),
    )
