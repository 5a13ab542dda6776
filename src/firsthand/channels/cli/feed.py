"""`firsthand feed import`."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress as Bar

from firsthand.audit.model import ActorKind, Caller, Channel
from firsthand.channels.cli.output import AsJson, fail, give, read_settings, say
from firsthand.channels.feeds.importing import FeedOptions, FeedRead, ImportOutcome, Progress, import_feed
from firsthand.channels.feeds.problem import Rejected
from firsthand.channels.opening import run_in_world
from firsthand.platform.world import World
from firsthand.release.publication.model import Refused, Report

app = typer.Typer(help="What hospitals publish.", no_args_is_help=True)


@app.callback()
def _feed() -> None:
    """What hospitals publish."""


@app.command("import")
def import_(
    source: Annotated[
        str, typer.Argument(help="A folder with a published feed, a CSV timetable, or the address of either.")
    ],
    *,
    time_zone: Annotated[
        str, typer.Option(help="The hospitals' time zone, such as Asia/Shanghai; FIRSTHAND_TIME_ZONE if not given.")
    ] = "",
    name: Annotated[str, typer.Option(help="The feed's name, if it is not to be the one that it gives itself.")] = "",
    currency: Annotated[str, typer.Option(help="The currency of a timetable's fees.")] = "CNY",
    as_json: AsJson = False,
) -> None:
    r"""Take in what hospitals publish: a SMART Scheduling Links publication, or a CSV timetable.

    If any line is wrong, the line is named and nothing is taken in. The same publication again changes nothing.

    Example: `firsthand feed import https://hospital.example/feed/\$bulk-publish`
    """
    settings = read_settings()
    options = FeedOptions(time_zone or str(settings.time_zone), name, currency)
    caller = Caller(ActorKind.SYSTEM, None, Channel.CLI, "cli-feed-import")
    with _bar() as progress:

        async def work(world: World) -> ImportOutcome:
            return await import_feed(world, caller, source, options, progress)

        outcome = run_in_world(settings, work)
    if isinstance(outcome, Rejected):
        _tell_problems(outcome, as_json=as_json)
    elif isinstance(outcome.result, Refused):
        give({"imported": False, "refused": outcome.result.reason}, as_json=as_json)
        fail(f"Nothing was imported: {outcome.result.words}.")
    else:
        _tell_report(outcome.read, outcome.result, as_json=as_json)


@contextmanager
def _bar() -> Iterator[Progress]:
    with Bar(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("Reading the feed", total=None)

        def show(file: str, done: int, total: int) -> None:
            bar.update(task, description=f"Reading {file}" if file else "Importing", completed=done, total=total)

        yield show


def _tell_problems(rejected: Rejected, *, as_json: bool) -> None:
    for problem in rejected.problems:
        sys.stderr.write(f"{problem}\n")
    problems = [asdict(problem) for problem in rejected.problems]
    give({"imported": False, "problems": problems, "more": rejected.more}, as_json=as_json)
    count = f"more than {len(problems)} problems" if rejected.more else f"{len(problems)} problem(s)"
    fail(f"Nothing was imported: {count}.")


def _tell_report(read: FeedRead, report: Report, *, as_json: bool) -> None:
    for line in summary(read, report):
        say(line, as_json=as_json)
    give({"imported": True, **asdict(report), "absent": read.absent, "encoding": read.encoding}, as_json=as_json)


def summary(read: FeedRead, report: Report) -> list[str]:
    """Return what happened, in lines for people; only what is not nought."""
    found = (
        f"{report.hospitals} locations, {report.schedules} schedules, {report.sessions} sessions, "
        f"{report.places} places in {report.feed}, published {report.published_at.isoformat()}"
    )
    lines = [found]
    if read.encoding != "utf-8":
        lines.append(f"The file was read as {read.encoding}.")
    if read.absent:
        lines.append(f"Listed but not there: {', '.join(read.absent)}. What they would hold was left as it was.")
    if report.unchanged:
        return [*lines, "Nothing changed."]
    counts = {
        "hospitals": (report.hospitals_new, report.hospitals_changed),
        "schedules": (report.schedules_new, report.schedules_changed),
        "sessions": (report.sessions_new, report.sessions_changed),
    }
    lines += [f"{what}: {new} new, {changed} changed" for what, (new, changed) in counts.items() if new or changed]
    if report.sessions_withdrawn or report.sessions_restored:
        lines.append(f"sessions: {report.sessions_withdrawn} withdrawn, {report.sessions_restored} restored")
    lines.append(
        f"places: {report.places_added} added, {report.places_restored} restored, {report.places_withdrawn} withdrawn"
    )
    for count, what in (
        (report.booked_in_withdrawn, "booked places are in sessions that were withdrawn"),
        (report.booked_in_moved, "booked places are in sessions whose time changed"),
        (report.over_capacity, "booked places are beyond a lowered capacity"),
    ):
        if count:
            lines.append(f"Tell these people: {count} {what}.")
    return lines
