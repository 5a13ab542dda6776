"""Reading the record: by auditors, a page at a time. Each reading leaves a line, written by the database itself."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from firsthand.audit import store
from firsthand.audit.model import ActorKind, Caller, Detail, Line, Tail
from firsthand.platform.access import Permission
from firsthand.platform.world import World

ACTION: Final = "audit.read_lines"
PAGE_LINES: Final = 50


@dataclass(frozen=True, slots=True)
class Refused:
    """Not an auditor."""

    reason: str = "not_permitted"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines are looked for; None is no matter. since, until: aware instants. below: the number to go on from."""

    since: datetime | None = None
    until: datetime | None = None
    action: str | None = None
    outcome: str | None = None
    actor_id: UUID | None = None
    person_id: UUID | None = None
    hospital_id: UUID | None = None
    below: int | None = None


@dataclass(frozen=True, slots=True)
class ReadLine:
    """A line as auditors see it. It names people by their ids alone. detail: as JSON."""

    n: int
    at: datetime
    actor_kind: ActorKind
    actor_id: UUID | None
    channel: str
    request_id: str
    action: str
    outcome: str
    hospital_id: UUID | None
    subject_id: UUID | None
    person_id: UUID | None
    purpose: str | None
    detail: str


@dataclass(frozen=True, slots=True)
class SealState:
    """How far the record is sealed: size and time of the last signed state, None before the first, and what waits."""

    size: int | None
    sealed_at: datetime | None
    tail: Tail


@dataclass(frozen=True, slots=True)
class ReadPage:
    """A page of lines, newest first. more: the number below which the next page begins, None where this is the last."""

    lines: tuple[ReadLine, ...]
    more: int | None
    state: SealState


async def read_lines(world: World, caller: Caller, wanted: Wanted) -> ReadPage | Refused:
    """Return a page of the record. That it was read, and what was looked for, is itself in the record."""
    detail: dict[str, str | int | bool | None] = {
        name: str(value)
        for name in ("since", "until", "action", "outcome", "actor_id", "hospital_id", "below")
        if (value := getattr(wanted, name)) is not None
    }
    async with world.database.transaction() as conn:
        if not _may_read(caller):
            line = _line(world, caller, "not_permitted", wanted, {})
            await store.append(conn, [line])
            return Refused()
        reading = _line(world, caller, "done", wanted, detail)
        rows = await store.read_lines(conn, reading, wanted_values(wanted), lines_max=PAGE_LINES + 1)
        sealed = await store.read_sealed(conn)
        tail = await store.read_tail(conn)
    lines = tuple(ReadLine(n, at, ActorKind(kind), *rest) for n, at, kind, *rest in rows[:PAGE_LINES])
    more = lines[-1].n if len(rows) > PAGE_LINES else None
    return ReadPage(lines, more, SealState(sealed[0] if sealed else None, sealed[1] if sealed else None, tail))


def wanted_values(wanted: Wanted) -> tuple[object, ...]:
    """Return what is looked for in the order in which the database's function takes it."""
    return (
        wanted.since,
        wanted.until,
        wanted.action,
        wanted.outcome,
        wanted.actor_id,
        wanted.person_id,
        wanted.hospital_id,
        wanted.below,
    )


def _may_read(caller: Caller) -> bool:
    return caller.kind is ActorKind.STAFF and caller.may(Permission.READ_AUDIT, at=None)


def _line(world: World, caller: Caller, outcome: str, wanted: Wanted, detail: Detail) -> Line:
    return Line(world.clock.now(), caller, ACTION, outcome, caller.hospital_id, None, wanted.person_id, None, detail)
