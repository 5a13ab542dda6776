"""Feeds that are wrong in one way each: the error names file and line, and nothing in the database changes."""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from firsthand.channels.feeds.importing import FeedOptions, import_feed
from firsthand.channels.feeds.problem import PROBLEMS_MAX, Rejected
from firsthand.platform.postgres import EmbeddedServer, Role
from firsthand.platform.world import World
from tests import feed_samples as samples
from tests.conftest import FreshDatabase, copied_database
from tests.feed_samples import EXTENSIONS, OPERATOR, lines, location, manifest, schedule, slot

OPTIONS = FeedOptions("Asia/Shanghai")
SOUND_CSV = "hospital,department,doctor,day,half_day,places,fee\n人民医院,内科,王医生,2026-03-09,morning,20,50\n"
TABLES = (
    "directory.hospital",
    "directory.department",
    "directory.doctor",
    "release.publication",
    "release.schedule",
    "release.session",
    "release.place",
    "audit.line",
)


@dataclass(frozen=True)
class Case:
    """A file of a feed, how it is spoiled, and the start and a part of what must be said of it."""

    name: str
    file: str
    raw: bytes
    where: str
    says: str


def slots(name: str, second: object, where: str, says: str) -> Case:
    """A case whose second slot is wrong."""
    line = second if isinstance(second, bytes) else json.dumps(second).encode()
    return Case(name, "slots.ndjson", lines(slot("S1")) + line, f"slots.ndjson:2: {where}", says)


def without(resource: dict[str, object], key: str) -> dict[str, object]:
    return {name: value for name, value in resource.items() if name != key}


def extended(name: str, **value: object) -> dict[str, object]:
    return slot("S2", extension=[{"url": EXTENSIONS + name, **value}])


def publication(name: str, document: object, says: str, where: str = "") -> Case:
    raw = document if isinstance(document, bytes) else json.dumps(document).encode()
    return Case(name, "$bulk-publish", raw, f"$bulk-publish:1: {where}", says)


def locations(name: str, second: object, where: str, says: str) -> Case:
    raw = lines(location()) + (second if isinstance(second, bytes) else json.dumps(second).encode())
    return Case(name, "locations.ndjson", raw, f"locations.ndjson:2: {where}", says)


def schedules(name: str, second: object, where: str, says: str) -> Case:
    raw = lines(schedule()) + json.dumps(second).encode()
    return Case(name, "schedules.ndjson", raw, f"schedules.ndjson:2: {where}", says)


def listing(url: str) -> dict[str, object]:
    return manifest(output=[{"type": "Slot", "url": url}])


CASES = [
    # --- one line of a file of slots
    slots("cut short", json.dumps(slot("S2")).encode()[:80], "", "is not JSON"),
    slots("not JSON at all", b"hello", "", "is not JSON"),
    slots("two objects on a line", lines(slot("S2")).strip() * 2, "", "trailing characters"),
    slots("a trailing comma", b'{"resourceType": "Slot",}', "", "trailing comma"),
    slots("single quotes", b"{'resourceType': 'Slot'}", "", "is not JSON"),
    slots("an array", b"[]", "", "expected `object`, got `array`"),
    slots("a bare number", b"5", "", "expected `object`, got `int`"),
    slots("null", b"null", "", "expected `object`, got `null`"),
    slots("not UTF-8", json.dumps(slot("S2", note="人民"), ensure_ascii=False).encode("gbk"), "", "is not UTF-8"),
    slots("UTF-16", json.dumps(slot("S2")).encode("utf-16"), "", "is not UTF-8"),
    slots("half a surrogate pair", b'{"resourceType": "Slot", "id": "\\ud800"}', "", "is not JSON"),
    slots("NaN", json.dumps(slot("S2", capacity=float("nan"))).encode(), "", "is not JSON"),
    slots("Infinity in a field that is ignored", json.dumps(slot("S2", x=float("inf"))).encode(), "", "is not JSON"),
    slots("nested too deeply", b'{"x": ' + b"[" * 50_000 + b"]" * 50_000 + b"}", "", "is nested too deeply"),
    slots("a line that is too long", json.dumps(slot("S2", comment="x" * 300_000)).encode(), "", "at most 262144"),
    slots("another type of resource", location("S2"), "resourceType: ", "is 'Location'; Slot is expected"),
    slots("no type", without(slot("S2"), "resourceType"), "resourceType: ", "is missing"),
    slots("no id", without(slot("S2"), "id"), "id: ", "is missing"),
    slots("an id that is a number", slot("S2") | {"id": 5}, "id: ", "expected `str`, got `int`"),
    slots("an empty id", slot(""), "id: ", "1 to 64 letters"),
    slots("an id that is too long", slot("x" * 65), "id: ", "1 to 64 letters"),
    slots("an id with a slash", slot("../x"), "id: ", "1 to 64 letters"),
    slots("an id in other digits", slot("１２"), "id: ", "1 to 64 letters"),
    slots("an id that was used", slot("S1"), "id: ", "'S1' was used before, at slots.ndjson:1"),
    slots("no schedule", without(slot("S2"), "schedule"), "schedule: ", "is missing"),
    slots("an empty reference", slot("S2", schedule={}), "schedule.reference: ", "Schedule/ID is expected"),
    slots("a reference to a Location", slot("S2", schedule={"reference": "Location/L1"}), "schedule.reference: ",
          "is 'Location/L1'; Schedule/ID is expected"),
    slots("an unknown schedule", slot("S2", schedule={"reference": "Schedule/C9"}), "schedule.reference: ",
          "there is no Schedule with the id 'C9'"),
    slots("no status", without(slot("S2"), "status"), "status: ", "is missing"),
    slots("an unknown status", slot("S2", status="Free"), "status: ", "is 'Free'; one of free, busy"),
    slots("no start", without(slot("S2"), "start"), "start: ", "is missing"),
    slots("no offset", slot("S2", start="2026-03-09T00:00:00"), "start: ", "a date, time and offset"),
    slots("a day without a time", slot("S2", start="2026-03-09"), "start: ", "a date, time and offset"),
    slots("the 30th of February", slot("S2", end="2026-02-30T00:00:00Z"), "end: ", "day is out of range"),
    slots("the 25th hour", slot("S2", end="2026-03-09T25:00:00Z"), "end: ", "hour must be in"),
    slots("an offset of a hundred hours", slot("S2", end="2026-03-09T04:00:00+99:00"), "end: ", "is '2026-03-09T04"),
    slots("a year beyond all calendars", slot("S2", end="9999-12-31T23:59:59-14:00"), "end: ", "2000 to 2100"),
    slots("an end before the start", slot("S2", end="2026-03-08T04:00:00Z"), "end: ", "is not after start"),
    slots("an end at the start", slot("S2", end="2026-03-09T08:00:00+08:00"), "end: ", "is not after start"),
    slots("a negative capacity", slot("S2", -1), "extension.slot-capacity", "0 to 10000 is allowed"),
    slots("a huge capacity", slot("S2", 10**30), "extension.slot-capacity", "0 to 10000 is allowed"),
    slots("half a place", slot("S2", 2.5), "extension.slot-capacity", "a whole number is expected"),
    slots("a capacity in words", slot("S2", "10"), "extension.slot-capacity", "a whole number is expected"),
    slots("a capacity of true", slot("S2", capacity=True), "extension.slot-capacity", "a whole number is expected"),
    slots("a capacity without a value", extended("slot-capacity"), "extension.slot-capacity", "a whole number"),
    slots("a link that is a script", extended("booking-deep-link", valueUrl="javascript:alert(1)"),
          "extension.booking-deep-link", "an http or https address is expected"),
    slots("a link that is a number", extended("booking-deep-link", valueUrl=5), "extension.booking-deep-link", "text"),
    slots("a link with a broken host", extended("booking-deep-link", valueUrl="https://[::1"),
          "extension.booking-deep-link", "an http or https address is expected"),
    slots("a telephone number of a page", extended("booking-phone", valueString="1" * 65),
          "extension.booking-phone", "has 65 characters; at most 64"),
    slots("extensions that are no list", slot("S2", extension={}), "extension: ", "expected `array`"),
    slots("an extension without a url", slot("S2", extension=[{}]), "extension[0].url: ", "is missing"),
    # --- locations and schedules
    locations("a nameless hospital", without(location("L2"), "name"), "name: ", "is missing"),
    locations("a blank name", location("L2", name=" "), "name: ", "is empty"),
    locations("a name that is too long", location("L2", name="x" * 201), "name: ", "has 201 characters"),
    locations("a zero byte in a name", location("L2", name="a\0b"), "name: ", "contains a control character"),
    locations("an address in one text", location("L2", address="here"), "address: ", "expected `object`"),
    locations("a hospital twice", location("L1"), "id: ", "'L1' was used before, at locations.ndjson:1"),
    locations("a page that is a script", location("L2", telecom=[{"system": "url", "value": "data:text/html,x"}]),
              "telecom.value: ", "an http or https address is expected"),
    schedules("no actor", without(schedule("C2"), "actor"), "actor: ", "is missing"),
    schedules("no location", schedule("C2", actor=[]), "actor: ", "names 0 Locations"),
    schedules("two locations", schedule("C2", actor=[{"reference": "Location/L1"}] * 2), "actor: ",
              "names 2 Locations"),
    schedules("an unknown location", schedule("C2", actor=[{"reference": "Location/L9"}]), "actor: ",
              "there is no Location with the id 'L9'"),
    schedules("two practitioners", schedule("C2", actor=[
        {"reference": "Location/L1"}, {"reference": "Practitioner/1"}, {"reference": "PractitionerRole/2"}]),
        "actor: ", "names 2 practitioners"),
    schedules("a slot among schedules", slot("C2"), "resourceType: ", "is 'Slot'; Schedule is expected"),
    # --- the manifest
    publication("an empty manifest", b"", "is not JSON"),
    publication("a manifest that is a list", b"[]", "expected `object`, got `array`"),
    publication("no time", without(manifest(), "transactionTime"), "is missing", "transactionTime: "),
    publication("a time without an offset", manifest("2026-03-01T00:00:00"), "offset", "transactionTime: "),
    publication("no request", without(manifest(), "request"), "is missing", "request: "),
    publication("a request that is no address", manifest(request="feed"), "http or https", "request: "),
    publication("no output", without(manifest(), "output"), "is missing", "output: "),
    publication("an output that is text", manifest(output=["x"]), "expected `object`", "output[0]: "),
    publication("an output of another scheme", listing("file:///etc/passwd"), "http or https", "output[0].url: "),
    publication("an output that climbs", listing("../../etc/passwd"), "http or https", "output[0].url: "),
    publication("an output that climbs in code", listing(samples.BASE + "..%2F..%2Fetc%2Fpasswd"),
                "does not end in a file name", "output[0].url: "),
    publication("an output without a name", listing(samples.BASE), "does not end in a file name", "output[0].url: "),
    publication("an output twice", manifest(output=manifest()["output"] + manifest()["output"][:1]),
                "is listed before, as output[0].url", "output[3].url: "),
    # --- the timetable
    Case("an empty timetable", "t.csv", b"", "t.csv:1: ", "a header is expected"),
    Case("a header alone", "t.csv", SOUND_CSV.splitlines(keepends=True)[0].encode(), "t.csv:1: ", "holds no row"),
    Case("no header", "t.csv", SOUND_CSV.splitlines()[1].encode(), "t.csv:1: ", "the header lacks hospital, day"),
    Case("a column twice", "t.csv", b"hospital,day,half_day,places,day\n", "t.csv:1: ", "has day twice"),
    Case("another encoding", "t.csv", SOUND_CSV.encode("utf-16"), "t.csv:1: ", "neither UTF-8 nor GB18030"),
    *(
        Case(name, "t.csv", (SOUND_CSV + row + "\n").encode(), f"t.csv:3: {where}", says)
        for name, row, where, says in [
            ("a cell too many", "A,,,2026-03-09,am,1,2,3", "", "has 8 cells, but the header has 7"),
            ("a row cut short", "A,,,2026-03-09", "half_day: ", "is ''; one of morning"),
            ("a nameless hospital in a row", " ,,,2026-03-09,am,1,", "hospital: ", "is empty"),
            ("a day by month", "A,,,09/03/2026,am,1,", "day: ", "a day like 2026-03-31"),
            ("the 31st of April", "A,,,2026-04-31,am,1,", "day: ", "day is out of range"),
            ("an evening", "A,,,2026-03-09,evening,1,", "half_day: ", "one of morning, am, 上午"),
            ("places in words", "A,,,2026-03-09,am,many,", "places: ", "a whole number is expected"),
            ("places below none", "A,,,2026-03-09,am,-1,", "places: ", "a whole number is expected"),
            ("too many places", "A,,,2026-03-09,am,10001,", "places: ", "0 to 10000"),
            ("a fee below nothing", "A,,,2026-03-09,am,1,-5", "fee: ", "an amount like 50"),
            ("a third of a cent", "A,,,2026-03-09,am,1,0.333", "fee: ", "an amount like 50"),
            ("the same half day again", "人民医院,内科,王医生,2026-03-09,上午,9,", "", "of line 2"),
            ("an open quotation mark", '"A,,,2026-03-09,am,1,', "", "is not CSV"),
        ]
    ),
]  # fmt: skip


@pytest.fixture(scope="module")
def fresh_database(server: EmbeddedServer) -> Iterator[FreshDatabase]:
    """One database for the whole file: that no test changes it is what each of them shows."""
    with copied_database(server) as database:
        yield database


def contents(database: FreshDatabase) -> dict[str, list[tuple[object, ...]]]:
    with psycopg.connect(database.dsn(Role.OWNER)) as conn:
        return {table: conn.execute(f"SELECT * FROM {table} ORDER BY 1".encode()).fetchall() for table in TABLES}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_a_malformed_feed_is_named_and_changes_nothing(
    case: Case, world: World, fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    where = samples.write_feed(tmp_path)
    await import_feed(world, OPERATOR, where, OPTIONS)
    before = contents(fresh_database)
    (tmp_path / case.file).write_bytes(case.raw)
    target = str(tmp_path / case.file) if case.file.endswith(".csv") else where

    outcome = await import_feed(world, OPERATOR, target, OPTIONS)

    assert isinstance(outcome, Rejected)
    said = [str(problem) for problem in outcome.problems]
    assert any(text.startswith(case.where) and case.says in text for text in said), said
    assert contents(fresh_database) == before


def many_mistakes(folder: Path) -> str:
    return samples.write_feed(folder, slots_raw=b"x\n" * (PROBLEMS_MAX + 5))


def link_out_of_the_folder(folder: Path) -> str:
    outside = folder.parent / "outside.ndjson"
    outside.write_bytes(lines(slot()))
    where = samples.write_feed(folder)
    (folder / "slots.ndjson").unlink()
    (folder / "slots.ndjson").symlink_to(outside)
    return where


def link_in_a_circle(folder: Path) -> str:
    where = samples.write_feed(folder)
    (folder / "slots.ndjson").unlink()
    (folder / "slots.ndjson").symlink_to(folder / "slots.ndjson")
    return where


def pipe(folder: Path) -> str:
    where = samples.write_feed(folder)
    (folder / "slots.ndjson").unlink()
    os.mkfifo(folder / "slots.ndjson")
    return where


def folder_for_a_file(folder: Path) -> str:
    where = samples.write_feed(folder)
    (folder / "slots.ndjson").unlink()
    (folder / "slots.ndjson").mkdir()
    return where


def no_manifest(folder: Path) -> str:
    folder.mkdir()
    (folder / "notes.json").write_bytes(b"{}")
    return str(folder)


def two_manifests(folder: Path) -> str:
    folder.mkdir()
    for name in ("a.json", "b.json"):
        (folder / name).write_text(json.dumps(manifest()))
    return str(folder)


def huge_file(folder: Path) -> str:
    where = samples.write_feed(folder)
    with (folder / "slots.ndjson").open("wb") as file:
        file.truncate(65 * 1024 * 1024)
    return where


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (many_mistakes, "slots.ndjson:1: is not JSON"),
        (link_out_of_the_folder, "$bulk-publish:1: output[2].url: slots.ndjson leads out of the folder"),
        (link_in_a_circle, "$bulk-publish:1: output[2].url: slots.ndjson cannot be read"),
        (pipe, "$bulk-publish:1: output[2].url: slots.ndjson is not a file"),
        (folder_for_a_file, "$bulk-publish:1: output[2].url: slots.ndjson cannot be read: Is a directory"),
        (no_manifest, "holds no manifest"),
        (two_manifests, "holds several manifests: a.json, b.json"),
        (huge_file, "$bulk-publish:1: output[2].url: slots.ndjson is larger than 67108864 bytes"),
        (lambda folder: str(folder / "nowhere"), "there is no such folder or file"),
        (lambda _: "ftp://hospital.example/feed", "is no http or https address, and no folder"),
    ],
    ids=["mistakes", "link", "circle", "pipe", "folder", "none", "two", "huge", "nowhere", "scheme"],
)
async def test_a_folder_that_cannot_be_read_changes_nothing(
    make: Callable[[Path], str], says: str, world: World, fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    before = contents(fresh_database)
    outcome = await import_feed(world, OPERATOR, make(tmp_path / "feed"), OPTIONS)
    assert isinstance(outcome, Rejected)
    assert says in str(outcome.problems[0])
    assert len(outcome.problems) <= PROBLEMS_MAX
    assert outcome.more == (make is many_mistakes)
    assert contents(fresh_database) == before


@pytest.mark.parametrize("time_zone", ["Mars/Olympus", "", "../../etc/passwd", "Asia/Shanghai\0"])
async def test_a_time_zone_that_is_none_is_named(time_zone: str, world: World, tmp_path: Path) -> None:
    outcome = await import_feed(world, OPERATOR, samples.write_feed(tmp_path), FeedOptions(time_zone))
    assert isinstance(outcome, Rejected)
    assert "a name like Asia/Shanghai is expected" in str(outcome.problems[0])
