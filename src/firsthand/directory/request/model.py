"""A person's request about his own data, from the asking to its end."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

WORDS_CHARACTERS_MIN: Final = 10
WORDS_CHARACTERS_MAX: Final = 500
# The Personal Information Protection Law (Articles 44 to 50) gives the rights and names no number of days. Practice
# takes fifteen working days from the rules on apps of 2019 (Cyberspace Administration and others, section 6); fifteen
# days on the calendar are always within that.
ANSWER_WITHIN: Final = timedelta(days=15)
# For as long as nobody's cap looks further; and long enough to read the message, and to take it back.
COOLING_DAYS_MIN: Final = 7


class Kind(StrEnum):
    """What is asked."""

    CORRECTION = "correction"
    OBJECTION = "objection"
    DELETION = "deletion"


class About(StrEnum):
    """What it concerns. LOOK: that somebody looked at the data; EMERGENCY: did so in an emergency; RECORD: is kept."""

    NAME = "name"
    BIRTH = "birth"
    DOCUMENT = "document"
    LOOK = "look"
    EMERGENCY = "emergency"
    RECORD = "record"
    OTHER = "other"
    ACCOUNT = "account"


ABOUT: Final[Mapping[Kind, tuple[About, ...]]] = {
    Kind.CORRECTION: (About.NAME, About.BIRTH, About.DOCUMENT, About.OTHER),
    Kind.OBJECTION: (About.LOOK, About.EMERGENCY, About.RECORD, About.OTHER),
    Kind.DELETION: (About.ACCOUNT,),
}


class State(StrEnum):
    """Where a request stands. DONE: a deletion that was carried out, of which only the row is left."""

    ASKED = "asked"
    WITHDRAWN = "withdrawn"
    GRANTED = "granted"
    REFUSED = "refused"
    DONE = "done"


class Reason(StrEnum):
    """Why a request is not taken, taken back, shown or answered.

    REQUEST_UNKNOWN: there is none such for whoever asks; never whether there is one of somebody else's.
    """

    NOT_PERMITTED = "not_permitted"
    ABOUT_UNKNOWN = "about_unknown"
    HOSPITAL_UNKNOWN = "hospital_unknown"
    WORDS_TOO_SHORT = "words_too_short"
    WORDS_TOO_LONG = "words_too_long"
    WORDS_INVALID = "words_invalid"
    TOO_MANY_OPEN = "too_many_open"
    TOO_MANY_REQUESTS = "too_many_requests"
    SIGN_IN_STALE = "sign_in_stale"
    DOCUMENT_WRONG = "document_wrong"
    ALREADY_ASKED = "already_asked"
    REQUEST_UNKNOWN = "request_unknown"
    ALREADY_ENDED = "already_ended"
    OWN_DOING = "own_doing"


@dataclass(frozen=True, slots=True)
class Refused:
    """Refused, and why."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person asks besides a deletion. hospital_id: whom he asks; None asks whoever runs the city."""

    kind: Kind
    about: About
    hospital_id: UUID | None
    words: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Request:
    """A request as its row tells it. words, answer: "" where there is none, or the account was deleted since.

    due_at: until when it is to be answered. runs_from: from when a deletion is carried out, None for other kinds.
    """

    id: UUID
    person_id: UUID
    kind: Kind
    about: About
    hospital_id: UUID | None
    words: str = field(repr=False)
    state: State
    asked_at: datetime
    due_at: datetime
    runs_from: datetime | None = None
    ended_at: datetime | None = None
    decided_by: UUID | None = None
    answer: str = field(default="", repr=False)

    @property
    def is_open(self) -> bool:
        """Whether it still waits for its answer, or to be carried out."""
        return self.state is State.ASKED

    def is_overdue(self, now: datetime) -> bool:
        """Say whether somebody should have answered it before an aware instant."""
        return self.is_open and self.kind is not Kind.DELETION and now > self.due_at


@dataclass(frozen=True, slots=True)
class Queued:
    """A request as a list of staff's shows it: nothing of whose it is or what he wrote."""

    id: UUID
    kind: Kind
    about: About
    hospital_name: str
    state: State
    asked_at: datetime
    due_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Shown:
    """A request as whoever answers it reads it. hospital_name: "" for the city. answered_by: "" where nobody did."""

    request: Request
    name: str = field(repr=False)
    hospital_name: str
    answered_by: str
