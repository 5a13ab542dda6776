"""What each page of the desk is given; the rules of `contexts.py` hold here too."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar
from urllib.parse import urlencode
from uuid import UUID

from firsthand.channels.web.contexts import (
    BookingState,
    DocumentFields,
    FieldProblem,
    Frame,
    HospitalFacts,
    Problem,
    SessionFacts,
)


class CheckInAnswer(StrEnum):
    """What the desk is told about a check-in. All but the first two are refusals with words to read out."""

    ON_TIME = "on_time"
    LATE = "late"
    ALREADY_ARRIVED = "already_arrived"
    CODE_UNKNOWN = "code_unknown"
    WRONG_PERSON = "wrong_person"
    OTHER_HOSPITAL = "other_hospital"
    OTHER_DAY = "other_day"
    TOO_EARLY = "too_early"
    NOT_CONFIRMED = "not_confirmed"
    GIVEN_BACK = "given_back"
    EXPIRED = "expired"
    NO_SHOW = "no_show"

    @property
    def arrived(self) -> bool:
        """Whether the person is checked in by this very attempt."""
        return self in {CheckInAnswer.ON_TIME, CheckInAnswer.LATE}


@dataclass(frozen=True, slots=True)
class CheckInResult:
    """How the last check-in ended. name and session are given only when the right person was found."""

    answer: CheckInAnswer
    at: datetime
    patient_name: str = ""
    session: SessionFacts | None = None


@dataclass(frozen=True, slots=True)
class DeskSession:
    """One session of the desk's day and its counts; `expected` are those who may still come."""

    facts: SessionFacts
    expected: int
    arrived: int
    no_show: int
    returned: int


@dataclass(frozen=True, slots=True)
class ExpectedPerson:
    """One person on the day's list; code_tail: the last group of the booking's code."""

    booking_id: UUID
    patient_name: str
    session: SessionFacts
    state: BookingState
    code_tail: str
    arrived_at: datetime | None = None
    late: bool = False


@dataclass(frozen=True, slots=True)
class DeskSignInPage:
    """GET and POST /desk/sign-in: fields `username`, `password`, `next`."""

    template: ClassVar[str] = "pages/desk_sign_in.html"
    frame: Frame
    username: str
    next: str
    problems: tuple[FieldProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class DeskDayPage:
    """GET /desk (`session`, `page`), and POST /desk/check-in: `code`, `document_type`, `document_number`.

    chosen: the session that the list is narrowed to. code: what stays in the field after a problem.
    """

    template: ClassVar[str] = "pages/desk_day.html"
    frame: Frame
    hospital: HospitalFacts
    day: date
    sessions: tuple[DeskSession, ...]
    chosen: UUID | None
    people: tuple[ExpectedPerson, ...]
    total: int
    page: int
    pages: int
    idempotency_key: str
    document: DocumentFields
    code: str = ""
    result: CheckInResult | None = None
    problems: tuple[FieldProblem, ...] = ()

    def page_address(self, number: int) -> str:
        """Return the address of page `number` of the same list."""
        chosen = [] if self.chosen is None else [("session", str(self.chosen))]
        return f"/desk?{urlencode([*chosen, ('page', str(number))])}#people"


@dataclass(frozen=True, slots=True)
class ReturnedSession:
    """A session with places that came back and are the desk's to give out."""

    facts: SessionFacts
    returned: int


@dataclass(frozen=True, slots=True)
class BookedAtDesk:
    """A returned place that was just booked for a person at the counter."""

    patient_name: str
    code: str
    session: SessionFacts


@dataclass(frozen=True, slots=True)
class DeskReturnedPage:
    """GET and POST /desk/returned: fields `session`, `document_type`, `document_number`.

    chosen: the session that the form names, as it was sent, "" for none.
    """

    template: ClassVar[str] = "pages/desk_returned.html"
    frame: Frame
    hospital: HospitalFacts
    sessions: tuple[ReturnedSession, ...]
    idempotency_key: str
    document: DocumentFields
    chosen: str = ""
    booked: BookedAtDesk | None = None
    problem: Problem | None = None
    problems: tuple[FieldProblem, ...] = ()
