"""What taking a publication in does to the database, and what it leaves alone."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from firsthand.channels.feeds.importing import FeedImported, FeedOptions, FeedRead, import_feed, read_feed
from firsthand.directory.hospital.model import Hospital
from firsthand.platform.clock import ManualClock
from firsthand.platform.postgres import Role
from firsthand.platform.world import World
from firsthand.release.model import Pool, SessionStatus
from firsthand.release.publication import rules
from firsthand.release.publication.actions import import_publication
from firsthand.release.publication.model import (
    Days,
    Publication,
    Reason,
    Refused,
    Report,
    Schedule,
    Session,
)
from firsthand.release.store import return_places, take_places
from tests import feed_samples as samples
from tests.conftest import START, FreshDatabase
from tests.feed_samples import OPERATOR

NOON = START + timedelta(days=7, hours=4)
OPTIONS = FeedOptions("Asia/Shanghai")


def session(name: str = "s1", capacity: int = 10, **changes: Any) -> Session:  # noqa: ANN401 - any field
    whole = Session(name, "c1", NOON, NOON + timedelta(hours=4), capacity)
    return replace(whole, **changes)


def publication(*sessions: Session, hours: int = 0, **changes: Any) -> Publication:  # noqa: ANN401 - any field
    whole = Publication(
        feed="https://a.example/$bulk-publish",
        published_at=START + timedelta(hours=hours),
        complete=True,
        hospitals=(Hospital("h1", "First Hospital", "Asia/Shanghai", "1 Long Street", "010-1"),),
        schedules=(Schedule("c1", "h1", "Heart clinic", "Cardiology", "Dr Wang"),),
        sessions=sessions,
    )
    return replace(whole, **changes)


async def taken_in(world: World, given: Publication) -> Report:
    report = await import_publication(world, OPERATOR, given)
    assert isinstance(report, Report)
    return report


class Look:
    """Reads what is stored, as the owner."""

    def __init__(self, database: FreshDatabase) -> None:
        self.dsn = database.dsn(Role.OWNER)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.dsn) as conn:
            return conn.execute(query.encode()).fetchall()

    def one(self, query: str) -> Any:  # noqa: ANN401 - whatever the query asks for
        return self.rows(query)[0][0]

    def places(self, name: str = "s1") -> dict[int, str]:
        """The state of each place of a session by its number."""
        query = (
            "SELECT place.number, place.state FROM release.place JOIN release.session ON session.id = session_id "
            f"WHERE external_id = '{name}' ORDER BY number"
        )
        return dict(self.rows(query))

    def everything(self) -> list[list[tuple[Any, ...]]]:
        tables = ["directory.hospital", "directory.department", "directory.doctor", "release.publication"]
        tables += ["release.schedule", "release.session", "release.place", "audit.line"]
        return [self.rows(f"SELECT xmin::text, * FROM {table} ORDER BY 2") for table in tables]


@pytest.fixture
def look(fresh_database: FreshDatabase) -> Look:
    return Look(fresh_database)


async def take(world: World, look: Look, count: int, name: str = "s1") -> list[int]:
    """Take so many places of a session, as booking does, and return their ids."""
    session_id = look.one(f"SELECT id FROM release.session WHERE external_id = '{name}'")
    async with world.database.transaction() as conn:
        taken = await take_places(conn, {session_id: count}, Pool.OPEN)
    return [place_id for place_id, _ in taken.get(session_id, [])]


async def test_the_real_feed(world: World, look: Look, shared_data: Path) -> None:
    where = str(shared_data / "smart-scheduling-links")
    outcome = await import_feed(world, OPERATOR, where, OPTIONS)
    assert isinstance(outcome, FeedImported)
    assert isinstance(outcome.result, Report)
    report = outcome.result
    assert (report.hospitals, report.schedules, report.sessions, report.places) == (10, 10, 210, 21_000)
    assert (report.hospitals_new, report.schedules_new, report.sessions_new, report.places_added) == (
        10,
        10,
        210,
        21_000,
    )
    assert outcome.read.absent == ("slots-2021-W12.ndjson", "slots-2021-W13.ndjson")
    assert not report.complete
    assert look.one("SELECT count(*) FROM release.place WHERE state = 'open'") == 21_000
    assert look.one("SELECT count(*) FROM release.session WHERE deep_link <> '' AND phone <> ''") == 210
    assert look.one("SELECT count(*) FROM release.schedule WHERE doctor_id IS NULL AND department_id IS NULL") == 10

    before = look.everything()
    again = await import_feed(world, OPERATOR, where, OPTIONS)
    assert isinstance(again, FeedImported)
    assert again.result == replace(
        report, unchanged=True, hospitals_new=0, schedules_new=0, sessions_new=0, places_added=0
    )
    assert look.everything() == before


async def test_the_real_feed_moved_to_the_days_ahead(world: World, look: Look, shared_data: Path) -> None:
    options = FeedOptions("America/New_York")
    read = await read_feed(str(shared_data / "smart-scheduling-links"), options)
    assert isinstance(read, FeedRead)
    moved = rules.moved(read.publication, weeks=rules.weeks_until(read.publication, date(2026, 3, 2)))
    await taken_in(world, moved)
    assert look.rows("SELECT min(day), max(day) FROM release.session") == [(date(2026, 3, 2), date(2026, 3, 22))]


async def test_what_is_stored_of_a_feed(world: World, look: Look, tmp_path: Path) -> None:
    outcome = await import_feed(world, OPERATOR, samples.write_feed(tmp_path), OPTIONS)
    assert isinstance(outcome, FeedImported)
    assert look.rows("SELECT feed, external_id, name, address, phone, url, time_zone FROM directory.hospital") == [
        (samples.FEED, "L1", "First Hospital", "1 Long Street, Beijing", "010-1", "https://hospital.example/",
         "Asia/Shanghai")
    ]  # fmt: skip
    assert look.rows("SELECT name FROM directory.department UNION ALL SELECT name FROM directory.doctor") == [
        ("Cardiology",),
        ("Dr Wang",),
    ]
    assert look.one("SELECT service FROM release.schedule") == "Heart clinic"
    assert look.rows("SELECT external_id, day, capacity, status, deep_link, phone FROM release.session ORDER BY 1") == [
        ("S1", date(2026, 3, 9), 10, "open", "https://hospital.example/book?1", "010-2"),
        ("S2", date(2026, 3, 9), 5, "open", "https://hospital.example/book?1", "010-2"),
    ]
    assert look.rows("SELECT action, outcome, detail->>'sessions_new', detail->>'places_added' FROM audit.line") == [
        ("import_publication", "done", "2", "15")
    ]


async def test_a_feed_with_bom_crlf_blank_lines_and_defaults(world: World, look: Look, tmp_path: Path) -> None:
    bare = samples.slot("S1", status="busy-tentative")
    del bare["extension"]
    gone = samples.slot("S2", status="entered-in-error", start="2026-03-09T00:00:00+08", unknown={"a": [1]})
    raw = b"\xef\xbb\xbf\r\n" + samples.lines(bare, gone).replace(b"\n", b"\r\n\r\n").removesuffix(b"\r\n\r\n")
    manifest = b"\xef\xbb\xbf" + json.dumps(samples.manifest()).encode()
    outcome = await import_feed(
        world, OPERATOR, samples.write_feed(tmp_path, slots_raw=raw, manifest_raw=manifest), OPTIONS
    )
    assert isinstance(outcome, FeedImported)
    assert look.rows("SELECT external_id, capacity, status FROM release.session ORDER BY 1") == [
        ("S1", 1, "closed"),
        ("S2", 10, "withdrawn"),
    ]
    assert look.places("S1") == {1: "open"}
    assert look.places("S2") == {}


async def test_the_same_again_writes_no_row(world: World, clock: ManualClock, look: Look) -> None:
    first = await taken_in(world, publication(session()))
    before = look.everything()
    clock.advance(timedelta(hours=1))
    again = await taken_in(world, publication(session()))
    assert not first.unchanged
    assert again.unchanged
    assert look.everything() == before


async def test_an_older_publication_is_refused_and_audited(world: World, look: Look) -> None:
    await taken_in(world, publication(session(), hours=1))
    before = look.everything()
    refused = await import_publication(world, OPERATOR, publication(session(capacity=3)))
    assert isinstance(refused, Refused)
    assert refused.reason is Reason.OLDER_THAN_IMPORTED
    assert look.everything()[:-1] == before[:-1]
    assert look.rows("SELECT outcome FROM audit.line ORDER BY n") == [("done",), ("older_than_imported",)]


async def test_an_older_one_is_refused_even_when_a_later_one_said_nothing_new(world: World) -> None:
    await taken_in(world, publication(session()))
    later = await taken_in(world, publication(session(), hours=2))
    assert later.unchanged
    between = await import_publication(world, OPERATOR, publication(session(capacity=3), hours=1))
    assert isinstance(between, Refused)


async def test_a_later_publication_updates_names_times_and_fees(world: World, look: Look) -> None:
    await taken_in(world, publication(session()))
    place_ids = await take(world, look, 3)
    later = publication(
        session(starts_at=NOON + timedelta(days=1), ends_at=NOON + timedelta(days=1, hours=2), fee_cents=5000,
                currency="CNY"),
        hours=1,
        hospitals=(Hospital("h1", "New Name", "UTC"),),
        schedules=(Schedule("c1", "h1", "Lung clinic"),),
    )  # fmt: skip
    report = await taken_in(world, later)
    assert (report.hospitals_changed, report.schedules_changed, report.sessions_changed) == (1, 1, 1)
    assert report.booked_in_moved == len(place_ids) == 3
    assert look.rows("SELECT name, time_zone, phone FROM directory.hospital") == [("New Name", "UTC", "")]
    assert look.rows("SELECT service, doctor_id FROM release.schedule") == [("Lung clinic", None)]
    assert look.rows("SELECT day, starts_at, fee_cents, currency FROM release.session") == [
        (date(2026, 3, 10), NOON + timedelta(days=1), 5000, "CNY")
    ]
    assert list(look.places().values()).count("taken") == 3


async def test_more_capacity_adds_places_and_less_withdraws_the_highest_open_ones(world: World, look: Look) -> None:
    await taken_in(world, publication(session(capacity=4)))
    await take(world, look, 2)
    report = await taken_in(world, publication(session(capacity=6), hours=1))
    assert report.places_added == 2
    report = await taken_in(world, publication(session(capacity=3), hours=2))
    assert (report.places_withdrawn, report.over_capacity) == (3, 0)
    taken, left, gone = "taken", "open", "withdrawn"
    assert look.places() == {1: taken, 2: taken, 3: left, 4: gone, 5: gone, 6: gone}
    report = await taken_in(world, publication(session(capacity=1), hours=3))
    assert (report.places_withdrawn, report.over_capacity) == (1, 1)
    assert look.places() == {1: taken, 2: taken, 3: gone, 4: gone, 5: gone, 6: gone}
    report = await taken_in(world, publication(session(capacity=7), hours=4))
    assert (report.places_restored, report.places_added) == (4, 1)
    assert look.places() == {1: taken, 2: taken, 3: left, 4: left, 5: left, 6: left, 7: left}


async def test_a_returned_place_goes_when_the_capacity_does_but_never_comes_back_open(world: World, look: Look) -> None:
    await taken_in(world, publication(session(capacity=2), session("s2")))
    place_ids = await take(world, look, 2)
    async with world.database.transaction() as conn:
        await return_places(conn, place_ids[1:])
    await taken_in(world, publication(session("s2"), hours=1))
    assert look.places() == {1: "taken", 2: "returned"}
    await taken_in(world, publication(session(capacity=2), session("s2"), hours=2))
    assert look.places() == {1: "taken", 2: "returned"}
    report = await taken_in(world, publication(session(capacity=1), session("s2"), hours=3))
    assert report.over_capacity == 0
    assert look.places() == {1: "taken", 2: "withdrawn"}


async def test_a_session_that_is_left_out_is_withdrawn_and_comes_back(world: World, look: Look) -> None:
    await taken_in(world, publication(session(capacity=3), session("s2")))
    await take(world, look, 1)
    report = await taken_in(world, publication(session("s2"), hours=1))
    assert (report.sessions_withdrawn, report.booked_in_withdrawn, report.places_withdrawn) == (1, 1, 2)
    assert look.places() == {1: "taken", 2: "withdrawn", 3: "withdrawn"}
    assert look.rows("SELECT status FROM release.session ORDER BY external_id") == [("withdrawn",), ("open",)]
    again = await taken_in(world, publication(session("s2"), hours=2))
    assert again.unchanged
    back = await taken_in(world, publication(session(capacity=3), session("s2"), hours=3))
    assert (back.sessions_restored, back.places_restored, back.places_added) == (1, 2, 0)
    assert look.places() == {1: "taken", 2: "open", 3: "open"}


async def test_an_incomplete_publication_withdraws_nothing(world: World, look: Look) -> None:
    await taken_in(world, publication(session(), session("s2")))
    report = await taken_in(world, publication(session("s2"), hours=1, complete=False))
    assert report.sessions_withdrawn == 0
    assert look.one("SELECT count(*) FROM release.session WHERE status = 'open'") == 2


async def test_a_session_that_has_ended_is_not_withdrawn(world: World, clock: ManualClock, look: Look) -> None:
    await taken_in(world, publication(session(), session("s2")))
    clock.move_to(NOON + timedelta(hours=4))
    await taken_in(world, publication(session("s3", starts_at=NOON + timedelta(hours=1)), hours=200))
    assert look.one("SELECT count(*) FROM release.session WHERE status = 'withdrawn'") == 0


async def test_a_publication_speaks_only_for_its_days(world: World, look: Look) -> None:
    next_day = session("s2", starts_at=NOON + timedelta(days=1), ends_at=NOON + timedelta(days=1, hours=4))
    await taken_in(world, publication(session(), next_day))
    only_monday = Days(date(2026, 3, 9), date(2026, 3, 9))
    report = await taken_in(world, publication(hours=1, days=only_monday))
    assert report.sessions_withdrawn == 1
    assert look.rows("SELECT external_id, status FROM release.session ORDER BY 1") == [
        ("s1", "withdrawn"),
        ("s2", "open"),
    ]


async def test_feeds_do_not_touch_one_another(world: World, look: Look) -> None:
    await taken_in(world, publication(session()))
    await taken_in(world, publication(session("s2"), feed="https://b.example/$bulk-publish"))
    assert look.rows("SELECT external_id, status FROM release.session ORDER BY 1") == [("s1", "open"), ("s2", "open")]
    assert look.one("SELECT count(*) FROM directory.hospital") == 2


async def test_a_closed_session_keeps_its_places(world: World, look: Look) -> None:
    await taken_in(world, publication(session(capacity=2)))
    await taken_in(world, publication(session(capacity=2, status=SessionStatus.CLOSED), hours=1))
    assert look.rows("SELECT status FROM release.session_facts") == [("closed",)]
    assert look.places() == {1: "open", 2: "open"}


async def test_imports_of_one_feed_at_once_are_taken_one_by_one(world: World, look: Look) -> None:
    given = [publication(session(capacity=n + 1), session(f"x{n}"), hours=n) for n in range(6)]
    results = await asyncio.gather(*(import_publication(world, OPERATOR, one) for one in given))
    assert isinstance(results[-1], Report)
    assert look.one("SELECT published_at FROM release.publication") == given[-1].published_at
    assert look.one("SELECT capacity FROM release.session WHERE external_id = 's1'") == 6
    assert list(look.places().values()) == ["open"] * 6
    assert look.one("SELECT count(*) FROM audit.line") == 6
    live = look.rows("SELECT external_id FROM release.session WHERE status = 'open' ORDER BY 1")
    assert live == [("s1",), ("x5",)]


async def test_the_same_publication_many_times_at_once_is_taken_once(world: World, look: Look) -> None:
    results = [import_publication(world, OPERATOR, publication(session())) for _ in range(6)]
    reports = [report for report in await asyncio.gather(*results) if isinstance(report, Report)]
    assert sorted(report.unchanged for report in reports) == [False] + [True] * 5
    assert look.one("SELECT count(*) FROM release.place") == 10
    assert look.one("SELECT count(*) FROM audit.line") == 1


async def test_bookings_and_a_shrinking_capacity_at_once_agree(world: World, look: Look) -> None:
    await taken_in(world, publication(session(capacity=40)))
    shrink = import_publication(world, OPERATOR, publication(session(capacity=10), hours=1))
    *taken, report = await asyncio.gather(*(take(world, look, 1) for _ in range(30)), shrink)
    assert isinstance(report, Report)
    states = list(look.places().values())
    sold = sum(len(ids) for ids in taken if isinstance(ids, list))
    assert states.count("taken") == sold
    assert states.count("open") + sold == max(10, sold)
    assert len(states) == 40


async def test_an_error_in_the_middle_leaves_nothing(world: World, look: Look) -> None:
    broken = publication(session(), session("s2", capacity=20_000))
    with pytest.raises(psycopg.errors.CheckViolation):
        await import_publication(world, OPERATOR, broken)
    assert all(rows == [] for rows in look.everything())


async def test_instants_are_compared_and_not_their_offsets(world: World) -> None:
    await taken_in(world, publication(session()))
    shanghai = session(starts_at=datetime.fromisoformat("2026-03-09T12:00:00+08:00"))
    assert shanghai.starts_at == NOON.astimezone(UTC)
    report = await taken_in(world, publication(shanghai, hours=1))
    assert report.unchanged
