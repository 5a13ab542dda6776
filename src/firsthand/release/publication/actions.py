"""Takes a publication in, whole or not at all."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from firsthand.audit import store as audit
from firsthand.audit.model import DONE, Caller, Line
from firsthand.directory.hospital import store as directory
from firsthand.directory.hospital.model import Named, StoredHospital
from firsthand.directory.hospital.rules import keep_by_hand
from firsthand.platform.chance import new_id
from firsthand.platform.database import Connection
from firsthand.platform.days import local_day
from firsthand.platform.world import World
from firsthand.release.model import SessionStatus
from firsthand.release.publication import rules, store
from firsthand.release.publication.model import (
    Imported,
    PlaceCounts,
    Publication,
    Refused,
    Report,
    ScheduleRow,
    SessionRow,
)

_ACTION = "import_publication"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Import:
    """What every step of one import needs."""

    conn: Connection
    world: World
    now: datetime
    publication: Publication

    def with_ids(self, records: Iterable[T]) -> list[tuple[UUID, T]]:
        """Give each record an id of its own."""
        return [(new_id(self.world.chance, self.now), record) for record in records]


async def import_publication(world: World, caller: Caller, publication: Publication) -> Report | Refused:
    """Bring what is stored of a feed into agreement with what it published, in one transaction.

    The publication that was taken in last changes nothing and writes no row, not even an audit line: a feed is looked
    at every few minutes. An older one is refused. Imports of one feed wait for one another.
    """
    now = world.clock.now()
    async with world.database.transaction() as conn:
        await store.lock_feed(conn, publication.feed)
        last = await store.read_last(conn, publication.feed)
        refused = rules.decide_import(publication, last)
        if refused is not None:
            detail = {"feed": refused.feed, "published_at": refused.published_at.isoformat()}
            await audit.append(conn, [Line(now, caller, _ACTION, refused.reason, detail=detail)])
            return refused
        digest = rules.digest(publication)
        published_at = publication.published_at or now
        counts: Counter[str] = Counter()
        if last is None or last.digest != digest:
            counts = await _apply(_Import(conn, world, now, publication))
        elif publication.published_at in (None, last.published_at):
            return _report(publication, last.published_at, counts)
        await store.record(conn, publication.feed, Imported(published_at, digest), now=now)
        report = _report(publication, published_at, counts)
        detail = asdict(report) | {"published_at": published_at.isoformat(), "digest": digest.hex()}
        await audit.append(conn, [Line(now, caller, _ACTION, DONE, detail=detail)])
        return report


async def _apply(step: _Import) -> Counter[str]:
    counts: Counter[str] = Counter()
    hospital_ids = await _write_hospitals(step, counts)
    schedules = await _write_schedules(step, hospital_ids, counts)
    await _write_sessions(step, schedules, counts)
    return counts


async def _write_hospitals(step: _Import, counts: Counter[str]) -> dict[str, UUID]:
    """Return the id of each published hospital by external id."""
    hospitals = step.publication.hospitals
    found = await directory.read_hospitals(step.conn, step.publication.feed, [h.external_id for h in hospitals])
    stored = {held.hospital.external_id: (held.id, held.hospital) for held in found}
    by_hand = {held.hospital.external_id: held for held in found if held.by_hand}
    hospitals = tuple(
        keep_by_hand(one, held.hospital, held.by_hand) if (held := by_hand.get(one.external_id)) else one
        for one in hospitals
    )
    diff = rules.difference(stored, hospitals, lambda hospital: hospital.external_id)
    new = [StoredHospital(id_, hospital) for id_, hospital in step.with_ids(diff.new)]
    await directory.insert_hospitals(step.conn, step.publication.feed, new)
    await directory.update_hospitals(step.conn, [StoredHospital(*pair) for pair in diff.changed])
    counts.update(hospitals_new=len(diff.new), hospitals_changed=len(diff.changed))
    ids = {external_id: id_ for external_id, (id_, _) in stored.items()}
    return ids | {held.hospital.external_id: held.id for held in new}


async def _write_schedules(
    step: _Import, hospital_ids: Mapping[str, UUID], counts: Counter[str]
) -> dict[str, tuple[UUID, ScheduleRow]]:
    """Return each published schedule with its id, by external id."""
    schedules = step.publication.schedules
    departments = {Named(hospital_ids[s.hospital], s.department) for s in schedules if s.department is not None}
    doctors = {Named(hospital_ids[s.hospital], s.doctor) for s in schedules if s.doctor is not None}
    department_ids = await directory.ensure_departments(step.conn, _offered(step, departments))
    doctor_ids = await directory.ensure_doctors(step.conn, _offered(step, doctors))
    rows = [
        ScheduleRow(
            external_id=schedule.external_id,
            hospital_id=(hospital_id := hospital_ids[schedule.hospital]),
            department_id=None
            if schedule.department is None
            else department_ids[Named(hospital_id, schedule.department)],
            doctor_id=None if schedule.doctor is None else doctor_ids[Named(hospital_id, schedule.doctor)],
            service=schedule.service,
        )
        for schedule in schedules
    ]
    stored = await store.read_schedules(step.conn, step.publication.feed, [row.external_id for row in rows])
    diff = rules.difference(stored, rows, lambda row: row.external_id)
    new = step.with_ids(diff.new)
    await store.insert_schedules(step.conn, step.publication.feed, new)
    await store.update_schedules(step.conn, diff.changed)
    counts.update(schedules_new=len(diff.new), schedules_changed=len(diff.changed))
    return stored | {row.external_id: (id_, row) for id_, row in [*diff.changed, *new]}


async def _write_sessions(
    step: _Import, schedules: Mapping[str, tuple[UUID, ScheduleRow]], counts: Counter[str]
) -> None:
    publication = step.publication
    zones = {hospital.external_id: hospital.time_zone for hospital in publication.hospitals}
    zone_of = {schedule.external_id: zones[schedule.hospital] for schedule in publication.schedules}
    rows = [
        SessionRow(
            external_id=session.external_id,
            schedule_id=schedules[session.schedule][0],
            hospital_id=schedules[session.schedule][1].hospital_id,
            starts_at=session.starts_at,
            ends_at=session.ends_at,
            day=local_day(session.starts_at, zone_of[session.schedule]),
            capacity=session.capacity,
            status=session.status,
            fee_cents=session.fee_cents,
            currency=session.currency,
            deep_link=session.deep_link,
            phone=session.phone,
        )
        for session in publication.sessions
    ]
    external_ids = [row.external_id for row in rows]
    stored = await store.read_sessions(step.conn, publication.feed, external_ids, now=step.now)
    diff = rules.difference(stored, rows, lambda row: row.external_id)
    gone = rules.left_out(stored, publication, now=step.now)
    new = step.with_ids(diff.new)
    await store.insert_sessions(step.conn, publication.feed, new)
    await store.update_sessions(step.conn, [*diff.changed, *gone])
    counts.update(sessions_new=len(new), sessions_changed=len(diff.changed))
    before = dict(stored.values())
    await _write_places(step, before, [*new, *diff.changed, *gone], counts)


async def _write_places(
    step: _Import,
    before: Mapping[UUID, SessionRow],
    after: Sequence[tuple[UUID, SessionRow]],
    counts: Counter[str],
) -> None:
    await store.lock_places(step.conn, [id_ for id_, row in after if rules.may_lose_places(before.get(id_), row)])
    held = await store.count_places(step.conn, [id_ for id_, _ in after if id_ in before])
    held |= {id_: PlaceCounts() for id_, _ in after if id_ not in held}
    plans = {id_: rules.plan_places(held[id_], row.capacity, row.status) for id_, row in after}
    await store.change_places(step.conn, plans, held)
    for id_, row in after:
        old, plan = before.get(id_), plans[id_]
        counts.update(
            places_added=plan.add,
            places_restored=plan.restore,
            places_withdrawn=plan.withdraw_open + plan.withdraw_returned,
            over_capacity=plan.over_capacity,
        )
        if old is None:
            continue
        withdrawn = row.status is SessionStatus.WITHDRAWN
        was_withdrawn = old.status is SessionStatus.WITHDRAWN
        if withdrawn and not was_withdrawn:
            counts.update(sessions_withdrawn=1, booked_in_withdrawn=held[id_].taken)
        elif was_withdrawn and not withdrawn:
            counts.update(sessions_restored=1)
        if (old.starts_at, old.ends_at) != (row.starts_at, row.ends_at):
            counts.update(booked_in_moved=held[id_].taken)


def _offered(step: _Import, wanted: Iterable[Named]) -> dict[Named, UUID]:
    # In one order for all, so that two feeds never wait for each other's new names.
    ordered = sorted(wanted, key=lambda named: (named.hospital_id, named.name))
    return {named: id_ for id_, named in step.with_ids(ordered)}


def _report(publication: Publication, published_at: datetime, counts: Mapping[str, int]) -> Report:
    return Report(
        feed=publication.feed,
        published_at=published_at,
        complete=publication.complete,
        unchanged=not any(counts.values()),
        hospitals=len(publication.hospitals),
        schedules=len(publication.schedules),
        sessions=len(publication.sessions),
        places=sum(session.capacity for session in publication.sessions),
        **counts,
    )
