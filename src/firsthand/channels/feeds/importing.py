"""Reads a feed from where it is and takes it in."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import assert_never
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from firsthand.audit.model import Caller
from firsthand.channels.feeds.problem import Problem, Rejected, shown
from firsthand.channels.feeds.smart import SmartReader, read_manifest
from firsthand.channels.feeds.source import Absent, Content, Source, opened
from firsthand.channels.feeds.timetable import TimetableOptions, read_timetable
from firsthand.platform.world import World
from firsthand.release.publication.actions import import_publication
from firsthand.release.publication.model import Publication, Refused, Report

Progress = Callable[[str, int, int], None]
"""Called with the name of the file in hand, how many files were read, and how many there are."""


@dataclass(frozen=True, slots=True)
class FeedOptions:
    """What the operator says of a feed. name: "" takes the feed's own. currency: ISO 4217, for timetables."""

    time_zone: str
    name: str = ""
    currency: str = "CNY"


@dataclass(frozen=True, slots=True)
class FeedRead:
    """A feed that was read. absent: listed files that the folder lacks. encoding: of a timetable, else utf-8."""

    publication: Publication
    absent: tuple[str, ...] = ()
    encoding: str = "utf-8"


@dataclass(frozen=True, slots=True)
class FeedImported:
    """A feed that was read, and what became of it."""

    read: FeedRead
    result: Report | Refused


ImportOutcome = FeedImported | Rejected


def _silent(file: str, done: int, total: int) -> None:
    """Show no progress."""


async def import_feed(
    world: World, caller: Caller, where: str, options: FeedOptions, progress: Progress = _silent
) -> ImportOutcome:
    """Read the feed at `where` (a folder, a file, or an address) and take it in; if anything is wrong, nothing is."""
    read = await read_feed(where, options, progress)
    if isinstance(read, Rejected):
        return read
    return FeedImported(read, await import_publication(world, caller, read.publication))


async def read_feed(where: str, options: FeedOptions, progress: Progress = _silent) -> FeedRead | Rejected:
    """Read the feed at `where` without taking it in."""
    try:
        ZoneInfo(options.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        what = f"is {shown(options.time_zone)}; a name like Asia/Shanghai is expected"
        return Rejected((Problem(where, None, "time zone", what),))
    async with opened(where) as source:
        if isinstance(source, Problem):
            return Rejected((source,))
        first = await source.read_first()
        if isinstance(first, Problem):
            return Rejected((first,))
        if first.file.lower().endswith(".csv"):
            return _read_timetable(first, options)
        return await _read_smart(source, first, options, progress)


def _read_timetable(content: Content, options: FeedOptions) -> FeedRead | Rejected:
    feed = options.name or PurePosixPath(content.file).stem
    read = read_timetable(content.raw, content.file, TimetableOptions(feed, options.time_zone, options.currency))
    return read if isinstance(read, Rejected) else FeedRead(read.publication, encoding=read.encoding)


async def _read_smart(source: Source, first: Content, options: FeedOptions, progress: Progress) -> FeedRead | Rejected:
    manifest = read_manifest(first.raw, first.file)
    if isinstance(manifest, Rejected):
        return manifest
    disowned = None if options.name else source.disowned(manifest.feed)
    if disowned:
        return Rejected((Problem(first.file, 1, "request", disowned),))
    reader = SmartReader(options.time_zone)
    absent: list[str] = []
    for done, output in enumerate(manifest.outputs):
        progress(_last_part(output.url), done, len(manifest.outputs))
        content = await source.read_output(output.url)
        match content:
            case Content():
                reader.read(output.type, content.raw, content.file)
            case Absent():
                absent.append(content.file)
            case Problem():
                reader.problems.add(Problem(first.file, 1, output.field, f"{content.file} {content.what}"))
            case _:
                assert_never(content)
    progress("", len(manifest.outputs), len(manifest.outputs))
    feed = options.name or manifest.feed
    publication = reader.finish(feed, manifest.published_at, complete=not absent)
    return publication if isinstance(publication, Rejected) else FeedRead(publication, tuple(absent))


def _last_part(url: str) -> str:
    return unquote(urlsplit(url).path.rpartition("/")[2])
