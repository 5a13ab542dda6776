"""Who acted, through which channel, and what is recorded of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

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
    """Who calls an action. `hospital_id` is where a member of staff works; `request_id` finds the log lines."""

    kind: ActorKind
    id: UUID | None
    channel: Channel
    request_id: str
    hospital_id: UUID | None = None


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


DONE = "done"
