"""Running a worker: until it is told to stop, through failures of the database, and without losing a job."""

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Final

import structlog
from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import ConnectorException
from prometheus_client import start_http_server

from firsthand.channels.opening import (
    Logins,
    OpeningError,
    check,
    checkpoint_file,
    load_signer,
    open_audit_database,
    open_world,
    reach_database,
)
from firsthand.channels.worker.chores import DEAD_AFTER_SECONDS, HEARTBEAT_SECONDS, Round, all_rounds
from firsthand.channels.worker.tasks import make_app, watch_job
from firsthand.messages.actions import DEMO_SENDERS
from firsthand.messages.model import Senders
from firsthand.messages.senders.opening import open_senders
from firsthand.platform.database import Unavailable, connect
from firsthand.platform.deployment import DeploymentKind
from firsthand.platform.postgres import PostgresError
from firsthand.platform.settings import Settings

_JOBS_AT_ONCE: Final = 8
_JOB_CONNECTIONS_MAX: Final = 6
# What a job may still take when the worker is told to stop; a longer one is broken off and tried again later.
_FINISH_SECONDS_MAX: Final = 20.0
_POLL_SECONDS: Final = 1.0
_AGAIN_SECONDS: Final = 2.0
_LENT_SECONDS_MAX: Final = 5.0

# The database went away. Everything is closed, and opened again when it is back.
_AWAY: Final = (Unavailable, ConnectorException, PostgresError, OSError)

_log = structlog.get_logger(__name__)


async def run_worker(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT, then finish what is in flight and return.

    Raises OpeningError, PostgresError or KeyringError when it cannot begin. Once it has begun, it outlives the
    database: it closes everything, waits, and opens everything again, the embedded server too.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    begun = False
    with _metrics(settings):
        while not stop.is_set():
            try:
                async with _opened(settings) as opened:
                    begun = True
                    _log.info("worker_started")
                    await _work(opened, stop)
            except (*_AWAY, OpeningError) as error:
                if not begun:
                    raise
                _log.warning("worker_interrupted", error=type(error).__name__, reason=str(error))
            await wait_or_stop(stop, _AGAIN_SECONDS)
    _log.info("worker_stopped")


async def repeat(name: str, one_round: Round, stop: asyncio.Event) -> None:
    """Do rounds until `stop`, each as long after the last as that one says. One that fails is done again later."""
    while not stop.is_set():
        try:
            pause_seconds = await one_round()
        except Exception as error:  # noqa: BLE001 - one chore that fails must not stop the others
            _log.error("chore_failed", chore=name, exc_info=error)
            pause_seconds = _AGAIN_SECONDS
        await wait_or_stop(stop, pause_seconds)


async def wait_or_stop(stop: asyncio.Event, seconds: float) -> None:
    """Wait for `seconds`, or less when `stop` is set before."""
    try:
        await asyncio.wait_for(stop.wait(), timeout=seconds)
    except TimeoutError:
        return


@dataclass(frozen=True, slots=True)
class _Opened:
    """What a worker works on."""

    logins: Logins
    app: App
    rounds: Mapping[str, Round]


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[_Opened]:
    reaching = reach_database(settings)
    logins = await asyncio.to_thread(reaching.__enter__)
    try:
        senders = await _senders(settings, logins)
        signer, checkpoints = load_signer(settings), checkpoint_file(settings)
        connector = PsycopgConnector(
            conninfo=logins.jobs, min_size=1, max_size=_JOB_CONNECTIONS_MAX, timeout=_LENT_SECONDS_MAX
        )
        async with (
            open_world(settings, logins=logins) as world,
            open_audit_database(settings, logins=logins) as audit,
            make_app(connector, world, senders).open_async() as app,
        ):
            yield _Opened(logins, app, all_rounds(world, app, connector, audit, signer, checkpoints))
    finally:
        await asyncio.to_thread(reaching.__exit__, None, None, None)


async def _senders(settings: Settings, logins: Logins) -> Senders:
    """Return the ways out of the house: in a demo its own page, else what is set."""
    return DEMO_SENDERS if await check(logins, None) is DeploymentKind.DEMO else open_senders(settings)


async def _work(opened: _Opened, stop: asyncio.Event) -> None:
    """Run the rounds and the queue until `stop`, or until the database has gone away."""
    over = asyncio.Event()
    queue = asyncio.create_task(
        opened.app.run_worker_async(
            name="firsthand",
            concurrency=_JOBS_AT_ONCE,
            fetch_job_polling_interval=_POLL_SECONDS,
            shutdown_graceful_timeout=_FINISH_SECONDS_MAX,
            delete_jobs="successful",
            install_signal_handlers=False,
            update_heartbeat_interval=HEARTBEAT_SECONDS,
            stalled_worker_timeout=DEAD_AFTER_SECONDS,
            worker_middleware=[watch_job],
        )
    )
    loops = [asyncio.create_task(repeat(name, one_round, over)) for name, one_round in opened.rounds.items()]
    stopping, lost = asyncio.create_task(stop.wait()), asyncio.create_task(_database_lost(opened.logins))
    try:
        await asyncio.wait({queue, stopping, lost}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        over.set()
        if lost.done():
            for loop in loops:
                loop.cancel()  # they wait for connections that do not come
        stopping.cancel()
        lost.cancel()
        queue.cancel()  # the queue takes this as a wish to stop, and finishes its jobs first
        await asyncio.wait({queue, *loops})
    if not queue.cancelled():
        await queue


async def _database_lost(logins: Logins) -> None:
    """Return when the database cannot be reached any more. The pools themselves go on hoping, and start no server."""
    while True:
        try:
            async with connect(logins.app):
                pass
        except Unavailable:
            return
        await asyncio.sleep(_AGAIN_SECONDS)


@contextmanager
def _metrics(settings: Settings) -> Iterator[None]:
    if not settings.worker_metrics_port:
        yield
        return
    server, thread = start_http_server(settings.worker_metrics_port, addr=settings.host)
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
