import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from firsthand.directory.hospital.model import Hospital
from firsthand.platform.days import local_day
from firsthand.release.model import SessionStatus
from firsthand.release.publication import rules
from firsthand.release.publication.model import (
    Days,
    Imported,
    PlaceChange,
    PlaceCounts,
    Publication,
    Reason,
    Refused,
    Schedule,
    Session,
    SessionRow,
)

NOW = datetime(2026, 3, 2, tzinfo=UTC)
HOSPITAL_ID = UUID(int=1)
ZONES = ["Asia/Shanghai", "America/New_York", "Europe/London", "Australia/Lord_Howe", "UTC"]

instants = st.datetimes(datetime(2025, 6, 1), datetime(2027, 6, 1), timezones=st.just(UTC))  # noqa: DTZ001
statuses = st.sampled_from(SessionStatus)
counts = st.integers(0, 50)
place_counts = st.builds(PlaceCounts, open=counts, taken=counts, returned=counts, withdrawn=counts).map(
    lambda held: replace(held, highest=held.open + held.taken + held.returned + held.withdrawn)
)


@st.composite
def publications(draw: st.DrawFn) -> Publication:
    zones = draw(st.lists(st.sampled_from(ZONES), min_size=1, max_size=3))
    hospitals = tuple(Hospital(f"h{n}", f"Hospital {n}", zone) for n, zone in enumerate(zones))
    schedules = tuple(Schedule(f"c{n}", hospital.external_id) for n, hospital in enumerate(hospitals))
    names = draw(st.lists(st.integers(0, 30), unique=True, max_size=8))
    sessions = []
    for name in names:
        starts_at = draw(instants)
        ends_at = starts_at + timedelta(minutes=draw(st.integers(1, 1000)))
        schedule = draw(st.sampled_from(schedules)).external_id
        sessions.append(Session(f"s{name}", schedule, starts_at, ends_at, draw(st.integers(0, 20)), draw(statuses)))
    complete = draw(st.booleans())
    return Publication("https://a.example/$bulk-publish", NOW, complete, hospitals, schedules, tuple(sessions))


def rows_of(publication: Publication) -> list[SessionRow]:
    return [
        SessionRow(
            session.external_id,
            uuid5(HOSPITAL_ID, session.schedule),
            HOSPITAL_ID,
            session.starts_at,
            session.ends_at,
            local_day(session.starts_at, "UTC"),
            session.capacity,
            session.status,
            session.fee_cents,
            session.currency,
            session.deep_link,
            session.phone,
        )
        for session in publication.sessions
    ]


def import_into(
    stored: dict[str, tuple[UUID, SessionRow]], publication: Publication
) -> dict[str, tuple[UUID, SessionRow]]:
    """What the store holds after an import, by the rules alone."""
    diff = rules.difference(stored, rows_of(publication), lambda row: row.external_id)
    gone = rules.left_out(stored, publication, now=NOW)
    pairs = [*((uuid5(HOSPITAL_ID, row.external_id), row) for row in diff.new), *diff.changed, *gone]
    return stored | {row.external_id: (id_, row) for id_, row in pairs}


def apply(held: PlaceCounts, change: PlaceChange) -> PlaceCounts:
    return PlaceCounts(
        open=held.open + change.restore + change.add - change.withdraw_open,
        taken=held.taken,
        returned=held.returned - change.withdraw_returned,
        withdrawn=held.withdrawn - change.restore + change.withdraw_open + change.withdraw_returned,
        highest=held.highest + change.add,
    )


@given(publications(), publications())
def test_a_second_import_of_the_same_changes_nothing(first: Publication, second: Publication) -> None:
    once = import_into(import_into({}, first), second)
    assert import_into(once, second) == once
    assert not rules.left_out(once, second, now=NOW)


@given(publications(), publications(), st.randoms())
def test_the_order_of_records_is_irrelevant(first: Publication, second: Publication, chance: random.Random) -> None:
    def shuffled(publication: Publication) -> Publication:
        sessions, hospitals = list(publication.sessions), list(publication.hospitals)
        chance.shuffle(sessions)
        chance.shuffle(hospitals)
        return replace(publication, sessions=tuple(sessions), hospitals=tuple(hospitals))

    stored = import_into({}, first)
    assert import_into(stored, second) == import_into(stored, shuffled(second))
    assert rules.digest(second) == rules.digest(shuffled(second))


@given(publications())
def test_the_digest_is_of_what_is_said_not_of_when(publication: Publication) -> None:
    later = replace(publication, published_at=NOW + timedelta(days=1))
    assert rules.digest(publication) == rules.digest(later)
    elsewhere = tuple(
        replace(session, starts_at=session.starts_at.astimezone(ZoneInfo("Asia/Tokyo")))
        for session in publication.sessions
    )
    assert rules.digest(publication) == rules.digest(replace(publication, sessions=elsewhere))


@given(publications(), st.data())
def test_any_changed_session_changes_the_digest(publication: Publication, data: st.DataObject) -> None:
    if not publication.sessions:
        return
    chosen = data.draw(st.sampled_from(publication.sessions))
    change: dict[str, Any] = data.draw(
        st.sampled_from(
            [
                {"capacity": chosen.capacity + 1},
                {"phone": "1"},
                {"ends_at": chosen.ends_at + timedelta(seconds=1)},
                {"fee_cents": 100, "currency": "CNY"},
                {"external_id": "other"},
            ]
        )
    )
    sessions = tuple(replace(s, **change) if s is chosen else s for s in publication.sessions)
    assert rules.digest(replace(publication, sessions=sessions)) != rules.digest(publication)


@given(publications(), publications())
def test_only_a_complete_publication_withdraws_what_is_to_come(first: Publication, second: Publication) -> None:
    stored = import_into({}, first)
    after = import_into(stored, second)
    mentioned = {session.external_id for session in second.sessions}
    for name, (id_, row) in stored.items():
        if name in mentioned:
            continue
        withdrawn = second.complete and row.ends_at > NOW
        expected = replace(row, status=SessionStatus.WITHDRAWN) if withdrawn else row
        assert after[name] == (id_, expected)


@given(publications(), st.dates(date(2025, 6, 1), date(2027, 6, 1)), st.integers(0, 90))
def test_days_that_a_publication_does_not_speak_for_are_left(first: Publication, start: date, length: int) -> None:
    stored = import_into({}, first)
    days = Days(start, start + timedelta(days=length))
    silent = Publication("f", None, complete=True, hospitals=(), schedules=(), sessions=(), days=days)
    for _, row in rules.left_out(stored, silent, now=NOW):
        assert days.first <= row.day <= days.last


@given(st.one_of(st.none(), instants), st.one_of(st.none(), instants))
def test_only_an_older_publication_is_refused(published_at: datetime | None, stands: datetime | None) -> None:
    publication = Publication("f", published_at, complete=True, hospitals=(), schedules=(), sessions=())
    decision = rules.decide_import(publication, None if stands is None else Imported(stands, b"x" * 32))
    if published_at is not None and stands is not None and published_at < stands:
        assert decision == Refused(Reason.OLDER_THAN_IMPORTED, "f", published_at, stands)
        assert published_at.isoformat() in decision.words
    else:
        assert decision is None


@given(place_counts, st.integers(0, 80), statuses)
def test_places_come_to_agree_with_the_capacity(held: PlaceCounts, capacity: int, status: SessionStatus) -> None:
    change = rules.plan_places(held, capacity, status)
    after = apply(held, change)
    assert min(change.restore, change.add, change.withdraw_open, change.withdraw_returned) >= 0
    assert min(after.open, after.returned, after.withdrawn) >= 0
    standing = after.open + after.taken + after.returned
    if status is SessionStatus.WITHDRAWN:
        assert after.open == 0
        assert after.returned == held.returned
    else:
        assert standing == max(capacity, held.taken)
        assert change.over_capacity == max(0, held.taken - capacity)
    # New numbers only when no withdrawn one can come back, and nothing is opened and withdrawn at once.
    assert not (change.add and after.withdrawn)
    assert not (change.restore + change.add and change.withdraw_open + change.withdraw_returned)
    assert rules.plan_places(after, capacity, status) == PlaceChange(over_capacity=change.over_capacity)


@given(place_counts, st.integers(0, 80))
def test_open_places_go_before_returned_ones(held: PlaceCounts, capacity: int) -> None:
    change = rules.plan_places(held, capacity, SessionStatus.OPEN)
    assert not change.withdraw_returned or change.withdraw_open == held.open


@given(publications(), st.integers(-200, 200))
def test_moving_keeps_weekday_wall_clock_and_length(publication: Publication, weeks: int) -> None:
    moved = rules.moved(publication, weeks=weeks)
    zones = {f"c{n}": ZoneInfo(hospital.time_zone) for n, hospital in enumerate(publication.hospitals)}
    for before, after in zip(publication.sessions, moved.sessions, strict=True):
        zone = zones[before.schedule]
        then, now = before.starts_at.astimezone(zone), after.starts_at.astimezone(zone)
        assert after.ends_at - after.starts_at == before.ends_at - before.starts_at
        wanted = then.replace(tzinfo=None) + timedelta(weeks=weeks)
        # Only a wall time that a change of the clocks leaves out cannot be kept: the clock then shows a little later.
        exists = wanted.replace(tzinfo=zone).astimezone(UTC).astimezone(zone).replace(tzinfo=None) == wanted
        assert not exists or now.replace(tzinfo=None) == wanted
        assert abs(now.replace(tzinfo=None) - wanted) <= timedelta(hours=1)
        assert replace(after, starts_at=before.starts_at, ends_at=before.ends_at) == before
    assert replace(moved, sessions=publication.sessions) == publication


@given(publications())
def test_moving_by_nothing_is_nothing(publication: Publication) -> None:
    assert rules.moved(publication, weeks=0) == publication


@given(publications(), st.dates(date(2020, 1, 1), date(2030, 1, 1)))
def test_weeks_until_is_the_least_that_reaches_the_day(publication: Publication, first_day: date) -> None:
    utc = replace(publication, hospitals=tuple(replace(h, time_zone="UTC") for h in publication.hospitals))
    weeks = rules.weeks_until(utc, first_day)
    if not utc.sessions:
        assert weeks == 0
        return
    earliest = min(s.starts_at.date() for s in rules.moved(utc, weeks=weeks).sessions)
    assert first_day <= earliest < first_day + timedelta(days=7)


def test_the_day_is_the_hospitals() -> None:
    late = datetime(2026, 3, 1, 17, 0, tzinfo=UTC)
    assert local_day(late, "Asia/Shanghai") == date(2026, 3, 2)
    assert local_day(late, "America/New_York") == date(2026, 3, 1)
