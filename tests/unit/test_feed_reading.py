"""Reading feeds from folders and from a real web server, and the reader's own judgement of bytes."""

import functools
import gzip
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.channels.feeds import limits
from firsthand.channels.feeds.importing import FeedOptions, FeedRead, read_feed
from firsthand.channels.feeds.problem import Rejected
from firsthand.channels.feeds.smart import SmartReader, read_manifest
from firsthand.release.publication.model import Publication
from tests import feed_samples as samples

OPTIONS = FeedOptions("Asia/Shanghai")
ANSWERS = dict[str, tuple[int, dict[str, str], bytes]]
TWICE = gzip.compress(gzip.compress(samples.lines(samples.slot())))


class Site(BaseHTTPRequestHandler):
    """Answers each path with what the test said."""

    def __init__(self, answers: ANSWERS, *args: object) -> None:
        self.answers = answers
        super().__init__(*args)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        status, headers, body = self.answers.get(self.path, (404, {}, b""))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", headers.get("X-Length", str(len(body))))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture
def answers() -> ANSWERS:
    return {}


@pytest.fixture
def base(answers: ANSWERS) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Site, answers)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def publish(answers: ANSWERS, base: str, request: str = "") -> str:
    """Put a sound feed on the site and return the address of its manifest."""
    output = [
        {"type": "Location", "url": base + "locations.ndjson"},
        {"type": "Schedule", "url": "schedules.ndjson"},
        {"type": "Slot", "url": base + "slots.ndjson"},
        {"type": "Practitioner", "url": base + "practitioners.ndjson"},
    ]
    document = samples.manifest(request=request or base + "$bulk-publish", output=output)
    answers["/$bulk-publish"] = (200, {"Content-Type": "text/plain"}, json.dumps(document).encode())
    answers["/locations.ndjson"] = (200, {}, samples.lines(samples.location()))
    answers["/schedules.ndjson"] = (302, {"Location": "/moved"}, b"")
    answers["/moved"] = (200, {}, samples.lines(samples.schedule()))
    answers["/slots.ndjson"] = (200, {}, samples.lines(samples.slot()).strip())
    return base + "$bulk-publish"


async def rejected(where: str, options: FeedOptions = OPTIONS) -> str:
    read = await read_feed(where, options)
    assert isinstance(read, Rejected)
    return str(read.problems[0])


async def test_a_feed_from_the_web(answers: ANSWERS, base: str) -> None:
    seen: list[tuple[str, int, int]] = []
    where = publish(answers, base)
    read = await read_feed(where, OPTIONS, lambda *step: seen.append(step))
    assert isinstance(read, FeedRead)
    assert read.publication.feed == where
    assert read.publication.complete
    assert len(read.publication.sessions) == 1
    assert seen == [("locations.ndjson", 0, 3), ("schedules.ndjson", 1, 3), ("slots.ndjson", 2, 3), ("", 3, 3)]


@pytest.mark.parametrize(
    ("path", "answer", "says"),
    [
        ("/$bulk-publish", (404, {}, b""), "$bulk-publish: the server answered 404 Not Found"),
        ("/slots.ndjson", (404, {}, b""), "$bulk-publish:1: output[2].url: slots.ndjson the server answered 404"),
        ("/slots.ndjson", (500, {}, b""), "the server answered 500"),
        ("/slots.ndjson", (204, {}, b""), "the server answered 204"),
        ("/slots.ndjson", (302, {"Location": "/slots.ndjson"}, b""), "is redirected more than 5 times"),
        ("/slots.ndjson", (302, {"Location": "file:///etc/passwd"}, b""), "cannot be fetched"),
        ("/slots.ndjson", (302, {"Location": "http://127.0.0.1:99999/"}, b""), "cannot be fetched"),
        ("/slots.ndjson", (302, {"Location": "http://[::1/"}, b""), "cannot be fetched"),
        ("/slots.ndjson", (200, {"X-Length": "50"}, b"{}"), "cannot be fetched"),
        ("/slots.ndjson", (200, {"Content-Encoding": "gzip"}, b"no gzip"), "cannot be fetched"),
        ("/slots.ndjson", (200, {"Content-Encoding": "gzip, gzip"}, TWICE), "is compressed more than once"),
    ],
)
async def test_what_the_web_does_not_give_is_named(
    answers: ANSWERS, base: str, path: str, answer: tuple[int, dict[str, str], bytes], says: str
) -> None:
    where = publish(answers, base)
    answers[path] = answer
    assert says in await rejected(where)


async def test_a_file_beyond_the_limit_is_not_read_on(answers: ANSWERS, base: str) -> None:
    where = publish(answers, base)
    answers["/$bulk-publish"] = (200, {}, b" " * (limits.MANIFEST_BYTES_MAX + 1))
    assert "is larger than 4194304 bytes" in await rejected(where)


async def test_what_comes_with_a_redirect_is_not_waited_for(answers: ANSWERS, base: str) -> None:
    where = publish(answers, base)
    answers["/schedules.ndjson"] = (302, {"Location": "/moved", "X-Length": "1000000000"}, b"")
    assert isinstance(await read_feed(where, OPTIONS), FeedRead)


async def test_nobody_answers() -> None:
    assert "cannot be fetched" in await rejected("http://127.0.0.1:1/$bulk-publish")


@pytest.mark.parametrize("where", ["http://", "http://[::1", "https://exa mple/x", "http://127.0.0.1:99999/"])
async def test_an_address_that_is_none(where: str) -> None:
    assert await rejected(where)


async def test_a_publisher_cannot_speak_for_another_host(answers: ANSWERS, base: str) -> None:
    where = publish(answers, base, request="https://other.example/$bulk-publish")
    assert "$bulk-publish:1: request: is an address of other.example" in await rejected(where)
    read = await read_feed(where, FeedOptions("UTC", name="clinic"))
    assert isinstance(read, FeedRead)
    assert read.publication.feed == "clinic"


async def test_a_timetable_from_the_web(answers: ANSWERS, base: str) -> None:
    answers["/week.csv"] = (200, {}, b"hospital,day,half_day,places\nA,2026-03-09,am,3\n")
    read = await read_feed(base + "week.csv", OPTIONS)
    assert isinstance(read, FeedRead)
    assert (read.publication.feed, len(read.publication.sessions)) == ("week", 1)


@pytest.mark.parametrize("name", ["$bulk-publish", "_bulk-publish", "bulk-publish", "feed.json"])
async def test_a_folder_with_a_manifest_of_each_name(name: str, tmp_path: Path) -> None:
    where = samples.write_feed(tmp_path)
    (tmp_path / "$bulk-publish").rename(tmp_path / name)
    (tmp_path / "other.json").write_text("[1, 2")
    read = await read_feed(where, OPTIONS)
    assert isinstance(read, FeedRead)
    assert read.publication.complete
    by_name = await read_feed(str(tmp_path / name), OPTIONS)
    assert by_name == read


async def test_a_link_within_the_folder_is_followed(tmp_path: Path) -> None:
    where = samples.write_feed(tmp_path)
    (tmp_path / "slots.ndjson").rename(tmp_path / "today")
    (tmp_path / "slots.ndjson").symlink_to("today")
    assert isinstance(await read_feed(where, OPTIONS), FeedRead)


async def test_a_listed_file_that_a_folder_lacks_makes_it_incomplete(tmp_path: Path) -> None:
    where = samples.write_feed(tmp_path)
    (tmp_path / "slots.ndjson").unlink()
    read = await read_feed(where, OPTIONS)
    assert isinstance(read, FeedRead)
    assert read.absent == ("slots.ndjson",)
    assert not read.publication.complete


@given(st.binary(max_size=300), st.sampled_from(["Location", "Schedule", "Slot"]))
def test_no_bytes_raise(raw: bytes, kind: str) -> None:
    reader = SmartReader("UTC")
    reader.read(kind, raw, "x.ndjson")
    read = reader.finish("f", datetime(2026, 1, 1, tzinfo=UTC), complete=True)
    assert isinstance(read, Publication | Rejected)
    assert isinstance(read_manifest(raw, "m"), Rejected)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


@given(
    st.sampled_from(["id", "schedule", "status", "start", "end", "extension", "resourceType"]),
    json_values,
)
def test_any_value_in_any_field_is_read_or_named(field: str, value: object) -> None:
    reader = SmartReader("UTC")
    reader.read("Slot", samples.lines(samples.slot() | {field: value}), "slots.ndjson")
    for problem in reader.problems.found:
        assert str(problem).startswith("slots.ndjson:1: ")
