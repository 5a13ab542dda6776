"""How a publication differs from what is stored, and what follows. No clock, database or randomness is read here."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Generic, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from firsthand.platform.days import local_day
from firsthand.release.model import SessionStatus
from firsthand.release.publication.model import (
    Days,
    Imported,
    PlaceChange,
    PlaceCounts,
    Publication,
    Reason,
    Refused,
    SessionRow,
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Difference(Generic[T]):
    """Records that are new, and records that replace the one of an id."""

    new: tuple[T, ...]
    changed: tuple[tuple[UUID, T], ...]


def difference(
    stored: Mapping[str, tuple[UUID, T]], published: Iterable[T], external_id: Callable[[T], str]
) -> Difference[T]:
    """Compare what is `stored`, by external id, with what is `published`."""
    new: list[T] = []
    changed: list[tuple[UUID, T]] = []
    for record in published:
        held = stored.get(external_id(record))
        if held is None:
            new.append(record)
        elif held[1] != record:
            changed.append((held[0], record))
    return Difference(tuple(new), tuple(changed))


def digest(publication: Publication) -> bytes:
    """Return 32 bytes that are equal for publications that say the same, in whatever order and at whatever time."""
    content = replace(
        publication,
        published_at=None,
        hospitals=tuple(sorted(publication.hospitals, key=lambda record: record.external_id)),
        schedules=tuple(sorted(publication.schedules, key=lambda record: record.external_id)),
        sessions=tuple(
            replace(record, starts_at=record.starts_at.astimezone(UTC), ends_at=record.ends_at.astimezone(UTC))
            for record in sorted(publication.sessions, key=lambda record: record.external_id)
        ),
    )
    return hashlib.sha256(msgspec.json.encode(content)).digest()


def decide_import(publication: Publication, last: Imported | None) -> Refused | None:
    """Refuse a publication that is older than the `last` one of its feed. One of the same instant may correct it."""
    if last is None or publication.published_at is None or publication.published_at >= last.published_at:
        return None
    return Refused(Reason.OLDER_THAN_IMPORTED, publication.feed, publication.published_at, last.published_at)


def left_out(
    stored: Mapping[str, tuple[UUID, SessionRow]], publication: Publication, *, now: datetime
) -> tuple[tuple[UUID, SessionRow], ...]:
    """Return the stored sessions that the publication withdraws by leaving them out, as they will be.

    An incomplete publication withdraws none. A session that has ended took place: it is not withdrawn because the
    hospital stopped listing it.
    """
    if not publication.complete:
        return ()
    mentioned = {session.external_id for session in publication.sessions}
    days = publication.days or Days(date.min, date.max)
    return tuple(
        (id_, replace(row, status=SessionStatus.WITHDRAWN))
        for id_, row in stored.values()
        if row.external_id not in mentioned
        and row.status is not SessionStatus.WITHDRAWN
        and row.ends_at > now
        and days.first <= row.day <= days.last
    )


def may_lose_places(before: SessionRow | None, after: SessionRow) -> bool:
    """Tell whether a change may withdraw places, which must then be held still while they are counted."""
    if before is None:
        return False
    return after.status is SessionStatus.WITHDRAWN or after.capacity < before.capacity


def plan_places(counts: PlaceCounts, capacity: int, status: SessionStatus) -> PlaceChange:
    """Decide how a session's places come to agree with its capacity and status.

    A taken place is never touched. A withdrawn session keeps its returned places as they are: were they withdrawn too,
    they would come back as open ones, at a moment that somebody may know.
    """
    if status is SessionStatus.WITHDRAWN:
        return PlaceChange(withdraw_open=counts.open)
    spare = capacity - counts.open - counts.taken - counts.returned
    if spare >= 0:
        restore = min(spare, counts.withdrawn)
        return PlaceChange(restore=restore, add=spare - restore)
    withdraw_open = min(-spare, counts.open)
    withdraw_returned = min(-spare - withdraw_open, counts.returned)
    return PlaceChange(
        withdraw_open=withdraw_open,
        withdraw_returned=withdraw_returned,
        over_capacity=-spare - withdraw_open - withdraw_returned,
    )


def moved(publication: Publication, *, weeks: int) -> Publication:
    """Move every session by whole weeks, keeping its weekday, its local time at the hospital, and its length."""
    zones = {hospital.external_id: ZoneInfo(hospital.time_zone) for hospital in publication.hospitals}
    zone_of = {schedule.external_id: zones[schedule.hospital] for schedule in publication.schedules}
    step = timedelta(weeks=weeks)
    sessions = []
    for session in publication.sessions:
        # Arithmetic on a datetime of a zone keeps the wall clock; UTC then makes the instant plain again.
        starts_at = (session.starts_at.astimezone(zone_of[session.schedule]) + step).astimezone(UTC)
        ends_at = starts_at + (session.ends_at - session.starts_at)
        sessions.append(replace(session, starts_at=starts_at, ends_at=ends_at))
    days = publication.days and Days(publication.days.first + step, publication.days.last + step)
    return replace(publication, sessions=tuple(sessions), days=days)


def weeks_until(publication: Publication, first_day: date) -> int:
    """Return the least number of weeks, perhaps negative, that brings every session to `first_day` or later."""
    zones = {hospital.external_id: hospital.time_zone for hospital in publication.hospitals}
    zone_of = {schedule.external_id: zones[schedule.hospital] for schedule in publication.schedules}
    days = [local_day(session.starts_at, zone_of[session.schedule]) for session in publication.sessions]
    return -((min(days) - first_day).days // 7) if days else 0
