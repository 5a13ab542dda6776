"""Who acted, through which channel, and what is recorded of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from firsthand.audit.leaf import LineKey, LineRow
from firsthand.platform.access import Permission, Role, permits

Detail = Mapping[str, str | int | bool | None]


class ActorKind(StrEnum):
    """What kind of actor stands behind an action."""

    PERSON = "person"
    STAFF = "staff"
    SYSTEM = "system"
    NOBODY = "nobody"


class Channel(StrEnum):
    """The edge through which an action was called."""

    WEB = "web"
    API = "api"
    DESK = "desk"
    CLI = "cli"
    WORKER = "worker"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls an action. `request_id` finds the log lines.

    device: what the browser says it is, for the list of sessions, or "".
    hospital_id, role: of the duty in which a member of staff acts; a role of the city has no hospital.
    """

    kind: ActorKind
    id: UUID | None
    channel: Channel
    request_id: str
    hospital_id: UUID | None = None
    role: Role | None = None
    device: str = ""

    def may(self, permission: Permission, *, at: UUID | None) -> bool:
        """Say whether staff may do this at a hospital (None: for the whole city). The house itself may; nobody else.

        What a person may do for himself is no permission: his `PersonScope` says it.
        """
        match self.kind:
            case ActorKind.STAFF:
                return self.role is not None and permits(self.role, self.hospital_id, permission, at=at)
            case ActorKind.SYSTEM:
                return True
            case ActorKind.PERSON | ActorKind.NOBODY:
                return False


@dataclass(frozen=True, slots=True)
class Line:
    """One audit line: at an instant, a caller did something, with an outcome.

    outcome: "done", or the reason of a refusal. subject_id: the record acted upon. person_id: whose data it is.
    detail: plain facts; never a document number, a name, a code or a key.
    """

    at: datetime
    caller: Caller
    action: str
    outcome: str
    hospital_id: UUID | None = None
    subject_id: UUID | None = None
    person_id: UUID | None = None
    purpose: str | None = None
    detail: Detail = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LookLine:
    """What a person may see of a line about him: who did what, through which channel, and with which outcome."""

    n: int
    at: datetime
    actor_kind: ActorKind
    actor_id: UUID | None
    channel: str
    action: str
    outcome: str
    hospital_id: UUID | None


DONE = "done"

# A line is sealed within a second or two. When one waits longer than this, somebody should look.
TAIL_AGE_MAX: Final = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class LeafRow:
    """A leaf of the log as it is stored, with the line that it seals; None when that line is gone."""

    position: int
    key: LineKey
    hash: bytes
    line: LineRow | None


@dataclass(frozen=True, slots=True)
class CheckpointRow:
    """A checkpoint as it is stored. hashes: those of the frontier from which the log grows on, as they are stored."""

    size: int
    root: bytes
    hashes: tuple[bytes, ...]
    sealed_at: datetime
    note: str


@dataclass(frozen=True, slots=True)
class LogEnd:
    """Where the log ends: how many leaves, the last line sealed, and the number of the next transaction to begin."""

    size: int
    last: LineKey | None
    next_xid: int


@dataclass(frozen=True, slots=True)
class Tail:
    """What the sealer has not sealed yet. lines: exact up to 100,000, where counting stops."""

    lines: int
    oldest_at: datetime | None

    def age(self, now: datetime) -> timedelta:
        """How long the oldest line has waited at the aware instant `now`."""
        return timedelta() if self.oldest_at is None else max(timedelta(), now - self.oldest_at)

    def is_late(self, now: datetime) -> bool:
        """Tell whether the oldest line has waited longer than it should."""
        return self.age(now) > TAIL_AGE_MAX
