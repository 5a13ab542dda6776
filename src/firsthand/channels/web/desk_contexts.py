"""What each page of the desk is given; the rules of `contexts.py` hold here too."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar
from urllib.parse import urlencode
from uuid import UUID

from firsthand.arrival.model import Reason
from firsthand.booking.model import State as BookingState
from firsthand.channels.web.contexts import DocumentFields, HospitalFacts, SessionFacts
from firsthand.channels.web.frame import FieldProblem, Frame, Problem


@dataclass(frozen=True, slots=True)
class CheckInResult:
    """How the last check-in ended: refusal is None when the person is checked in now.

    Only reasons of `read_out.READ_OUT` are shown so; a code or document that cannot be read is a problem of its field.
    The rest is known only after a check-in: who, which session and number, and about when he is seen. day: of the
    booking, when it is for another day.
    """

    at: datetime
    refusal: Reason | None = None
    late: bool = False
    patient_name: str = ""
    other_names: tuple[str, ...] = ()
    session: SessionFacts | None = None
    number: int | None = None
    expected_at: datetime | None = None
    day: date | None = None


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
    number: int
    expected_at: datetime
    state: BookingState
    code_tail: str
    arrived_at: datetime | None = None
    late: bool = False
    other_names: tuple[str, ...] = ()


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
    number: int
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
