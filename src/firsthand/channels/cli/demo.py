"""`firsthand demo`: plays a city's days in a folder of its own, then serves them."""

import asyncio
import dataclasses
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar
from uuid import UUID

import typer
import uvloop
from rich.console import Console
from rich.progress import Progress as Bar

from firsthand.channels.cli.output import AsJson, fail, give, people, read_settings, say
from firsthand.channels.cli.serve import end_with_parent, serve_web
from firsthand.channels.demo.deployment import Wish, demo_environment, play_demo
from firsthand.channels.demo.keeping import DemoFolder, held_folder
from firsthand.channels.demo.model import Outcome
from firsthand.channels.demo.people import PEOPLE_MAX
from firsthand.channels.demo.play import Acknowledge, Progress
from firsthand.channels.demo.showing import sign_ins_of, table_of
from firsthand.channels.demo.staging import read_record
from firsthand.channels.opening import Logins, checkpoint_file, open_audit_database, reach_database
from firsthand.channels.worker.running import run_worker
from firsthand.platform.deployment import DeploymentKind
from firsthand.platform.postgres import EmbeddedServer
from firsthand.platform.settings import Settings

Result = TypeVar("Result")

_AGAIN_SECONDS: Final = 2.0
_LOOK_SECONDS: Final = 0.2
_FINISH_SECONDS_MAX: Final = 25.0
_SPAWN: Final = multiprocessing.get_context("spawn")


def demo(  # noqa: PLR0913 - each option is an argument
    *,
    no_serve: Annotated[bool, typer.Option("--no-serve", help="Only play; serve nothing.")] = False,
    data_dir: Annotated[
        Path | None, typer.Option(help="Where the demo lives; the data directory with '-demo' after it if not given.")
    ] = None,
    feed: Annotated[
        str | None,
        typer.Option(help="A folder with a published feed; else the one in FIRSTHAND_DATA, else a made-up city."),
    ] = None,
    time_zone: Annotated[str | None, typer.Option(help="The hospitals' zone, such as Asia/Shanghai.")] = None,
    people_count: Annotated[int, typer.Option("--people", min=1, max=PEOPLE_MAX, help="How many people book.")] = 2_000,
    seed: Annotated[int, typer.Option(help="The same seed at the same moment plays the same.")] = 1,
    fresh: Annotated[bool, typer.Option("--fresh", help="Play anew; what this demo's folder holds is lost.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    acknowledged: Annotated[
        Path | None, typer.Option(help="Append the id of each booking to this file once it is confirmed.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Play a city's days on this machine, through the same actions as everyone, then serve its pages.

    Played once, it is only served the next time, unless --fresh is given. It has a database of its own, and never
    touches another.

    Example: `firsthand demo --people 500`
    """
    _change_environment(demo_environment(os.environ, data_dir))
    settings = read_settings()
    with ExitStack() as stack:
        folder = stack.enter_context(held_folder(settings))
        if fresh and folder.begun and not yes and not _agreed(settings):
            fail("Nothing was changed.")
        outcome = None if fresh else folder.outcome()
        logins = stack.enter_context(reach_database(settings))
        played = outcome is None
        if outcome is None:
            wish = Wish(feed, time_zone, people_count, seed)
            outcome = _play_anew(settings, logins, folder, wish, acknowledged)
        else:
            say(f"Played at {outcome.played_at}; --fresh plays it anew.", as_json=as_json)
            lines, sealed = _run(_read_record(settings, logins))
            outcome = dataclasses.replace(outcome, audit_lines=lines, sealed=sealed)
        if not as_json:
            people.print(table_of(outcome))
        say("audit log: verified", as_json=as_json)
        give({**dataclasses.asdict(outcome), "played": played, "data_dir": str(settings.data_dir)}, as_json=as_json)
        if not no_serve:
            _serve(outcome, as_json=as_json)


def _change_environment(environment: Mapping[str, str]) -> None:
    # The web server's processes and the worker read it as well.
    os.environ.clear()
    os.environ.update(environment)


def _serve(outcome: Outcome, *, as_json: bool) -> None:
    """Serve pages and API, with a worker beside them, until SIGTERM or Ctrl-C."""
    os.environ.setdefault("FIRSTHAND_TIME_ZONE", outcome.time_zone)
    settings = Settings.read(os.environ)
    for line in sign_ins_of(outcome, settings.base_url):
        say(line, as_json=as_json)
    with _worker_beside():
        serve_web(settings, DeploymentKind.DEMO)


@contextmanager
def _worker_beside() -> Iterator[None]:
    """Keep a worker at work for the block: one that ends by itself is started again."""
    stop = threading.Event()
    keeper = threading.Thread(target=_keep_worker, args=(stop,), name="worker-keeper")
    keeper.start()
    try:
        yield
    finally:
        stop.set()
        keeper.join()


def _keep_worker(stop: threading.Event) -> None:
    # A child that is to end with its parent ends with the thread that made it: so this one lives as long.
    while not stop.is_set():
        process = _SPAWN.Process(target=work_until_told, name="firsthand-worker")
        process.start()
        while process.is_alive() and not stop.wait(_LOOK_SECONDS):
            pass
        if not stop.is_set():
            stop.wait(_AGAIN_SECONDS)
            continue
        process.terminate()
        process.join(_FINISH_SECONDS_MAX)
        process.kill()


def work_until_told() -> None:
    """Be the demo's worker, in a child process: until SIGTERM, or until the parent is gone."""
    os.setsid()  # Ctrl-C is for the parent, which then ends this one in its turn
    end_with_parent()
    asyncio.run(run_worker(read_settings()))


# --- playing ----------------------------------------------------------------------------------------------------------


def _play_anew(
    settings: Settings, logins: Logins, folder: DemoFolder, wish: Wish, acknowledged: Path | None
) -> Outcome:
    """Play in a folder that is held, on a database that is emptied first if anything was begun there before."""
    begun_before = folder.begun
    folder.begin()
    if begun_before:
        with EmbeddedServer.start(settings.data_dir, account=settings.postgres_account) as server:
            server.empty_database()
    with _acknowledging(acknowledged) as acknowledge, _bar() as progress:
        outcome = _run(play_demo(settings, logins, wish, progress=progress, acknowledge=acknowledge))
    folder.end(outcome)
    return outcome


def _run(work: Coroutine[Any, Any, Result]) -> Result:
    """Run to the end. SIGTERM and Ctrl-C break it off in order, so that no server is left behind."""

    async def stoppable() -> Result:
        task = asyncio.current_task()
        if task is not None:
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        return await work

    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(stoppable())
    except (asyncio.CancelledError, KeyboardInterrupt):
        fail("Stopped. A play that was cut off begins anew the next time.")


async def _read_record(settings: Settings, logins: Logins) -> tuple[int, int]:
    async with open_audit_database(settings, logins=logins) as audit:
        return await read_record(audit, checkpoint_file(settings), datetime.now(UTC))


def _agreed(settings: Settings) -> bool:
    if not sys.stdin.isatty():
        fail(f"--fresh destroys what the demo in {settings.data_dir} holds: say --yes with it.")
    return typer.confirm(f"Destroy what the demo in {settings.data_dir} holds, and play anew?")


@contextmanager
def _acknowledging(file: Path | None) -> Iterator[Acknowledge]:
    if file is None:
        yield lambda _: None
        return
    with file.open("a", encoding="ascii") as written:

        def acknowledge(booking_id: UUID) -> None:
            written.write(f"{booking_id}\n")
            written.flush()

        yield acknowledge


@contextmanager
def _bar() -> Iterator[Progress]:
    with Bar(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("Playing the days of a city", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
