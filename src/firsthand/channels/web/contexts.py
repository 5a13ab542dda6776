"""What each page is given: exactly one frozen record, named after the page.

A record holds facts, not sentences: enums for what is said, aware instants for times, minor units for money. The
templates put them into words (`words.py`, `templates/`). `render.render(page)` turns a record into HTML; a record's
`template` names its file. Times are shown in the time zone of the hospital that a session belongs to.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar
from urllib.parse import urlencode
from uuid import UUID

from firsthand.booking.model import State as BookingState
from firsthand.channels.web.frame import FieldProblem, Frame, Problem
from firsthand.identity.document.model import DocumentType
from firsthand.platform.i18n import Language
from firsthand.policy.documents import DocumentKind

# --- facts that several pages share -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class HospitalFacts:
    """A hospital. time_zone: an IANA name. phone, address and url are "" when unknown."""

    id: UUID
    name: str
    address: str
    time_zone: str
    phone: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Fee:
    """An amount in hundredths of `currency`, an ISO 4217 code."""

    cents: int
    currency: str


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """What a hospital publishes. Texts are "" when the hospital did not say; phone and deep_link are its own."""

    id: UUID
    hospital: HospitalFacts
    service: str
    department: str
    doctor: str
    day: date
    starts_at: datetime
    ends_at: datetime
    fee: Fee | None = None
    phone: str = ""
    deep_link: str = ""

    @property
    def title(self) -> str:
        """The most telling name: the doctor's department, else the service, else the hospital."""
        return self.department or self.service or self.hospital.name


class SessionState(StrEnum):
    """Whether a place of a session can be held now."""

    OPEN = "open"
    NOT_YET_OPEN = "not_yet_open"
    FULL = "full"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class SessionCard:
    """A session as somebody who looks for one sees it."""

    facts: SessionFacts
    state: SessionState
    places_left: int


@dataclass(frozen=True, slots=True)
class BookingFacts:
    """A booking as its holder sees it.

    number: the place's number in its session; expected_at: about when that number is seen. code: 12 characters, shown
    only once it is booked.
    for_other: the visitor took it for this patient.
    """

    id: UUID
    session: SessionFacts
    state: BookingState
    number: int
    expected_at: datetime
    code: str
    patient_name: str
    held_until: datetime
    arrived_at: datetime | None = None
    late: bool = False
    for_other: bool = False


@dataclass(frozen=True, slots=True)
class DocumentFields:
    """A document as it was typed in; type should be the value of a `DocumentType`, or the code of one of `kinds`."""

    type: str = DocumentType.RESIDENT_ID.value
    number: str = ""
    kinds: tuple[DocumentKind, ...] = ()


@dataclass(frozen=True, slots=True)
class DocumentFacts:
    """A document that is known: its type and the end of its number. kinds: what further types are called."""

    type: str
    tail: str
    kinds: tuple[DocumentKind, ...] = ()


# --- finding a session ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class HospitalChoice:
    """A hospital that can be chosen."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class FinderFilters:
    """What is looked for, as it was typed: fields `hospital`, `text`, `from`, `to` (ISO days); "" is no filter."""

    hospital: str = ""
    text: str = ""
    day_from: str = ""
    day_to: str = ""


@dataclass(frozen=True, slots=True)
class FinderDay:
    """The sessions of one day, in order of time."""

    day: date
    sessions: tuple[SessionCard, ...]


@dataclass(frozen=True, slots=True)
class FinderPage:
    """GET /: find a session. `total` counts sessions; pages count from 1.

    With problems it is still answered with 200: it is a search, and htmx swaps in no other answer.
    """

    template: ClassVar[str] = "pages/finder.html"
    frame: Frame
    filters: FinderFilters
    hospitals: tuple[HospitalChoice, ...]
    first_day: date
    last_day: date
    days: tuple[FinderDay, ...]
    total: int
    page: int
    pages: int
    problems: tuple[FieldProblem, ...] = ()

    def page_address(self, number: int) -> str:
        """Return the address of page `number` of the same search."""
        fields = (
            ("hospital", self.filters.hospital),
            ("text", self.filters.text),
            ("from", self.filters.day_from),
            ("to", self.filters.day_to),
            ("page", str(number)),
        )
        return f"/?{urlencode([(name, value) for name, value in fields if value])}"


@dataclass(frozen=True, slots=True)
class PatientChoice:
    """Somebody for whom a visitor may book. name: "" for himself.

    usable_from: until when a new tie still waits; has_place: he has a live booking of this session already.
    """

    id: UUID
    name: str
    usable_from: datetime | None = None
    has_place: bool = False


@dataclass(frozen=True, slots=True)
class SessionPage:
    """GET /sessions/{id}, and what POST /sessions/{id}/hold answers when it is refused.

    opens_on: the day from which a session that is not yet open can be booked.
    booking_id: the visitor's own live booking of it. patients: for whom a visitor who acts for others may book, himself
    first; none where he books for himself alone. patient, pays: what was chosen, `patient` an id.
    """

    template: ClassVar[str] = "pages/session.html"
    frame: Frame
    session: SessionCard
    hold_minutes: int
    idempotency_key: str
    opens_on: date | None = None
    booking_id: UUID | None = None
    patients: tuple[PatientChoice, ...] = ()
    patient: str = ""
    pays: bool = False
    problem: Problem | None = None

    @property
    def refused_for(self) -> str:
        """The name of the other person for whom a place was refused, "" where it was for the visitor."""
        return next((one.name for one in self.patients if str(one.id) == self.patient), "")


# --- a person's bookings ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BookingPage:
    """GET /bookings/{id}; its forms post to /bookings/{id}/confirm and /bookings/{id}/give-back.

    document: what the visitor has to bring; None when it is not looked up, or is another's. guardian: he brings it for
    a child without a document. booked_by: who took it for the visitor, "" where he did himself.
    """

    template: ClassVar[str] = "pages/booking.html"
    frame: Frame
    booking: BookingFacts
    document: DocumentFacts | None
    now: datetime
    can_give_back: bool
    idempotency_key: str
    guardian: bool = False
    booked_by: str = ""
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class GiveBackPage:
    """GET /bookings/{id}/give-back, which asks once more; it posts to the same address."""

    template: ClassVar[str] = "pages/give_back.html"
    frame: Frame
    booking: BookingFacts
    idempotency_key: str
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class BookingsPage:
    """GET /bookings: `upcoming` soonest first, `past` latest first."""

    template: ClassVar[str] = "pages/bookings.html"
    frame: Frame
    upcoming: tuple[BookingFacts, ...]
    past: tuple[BookingFacts, ...]


# --- pages around the rest --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AboutPage:
    """GET /about."""

    template: ClassVar[str] = "pages/about.html"
    frame: Frame
    hold_minutes: int


@dataclass(frozen=True, slots=True)
class OutboxMessage:
    """A message as the demo shows it. `address` is a phone number; `body` has its one-time code in it."""

    made_at: datetime
    address: str
    language: Language
    body: str


@dataclass(frozen=True, slots=True)
class OutboxPage:
    """GET /demo/outbox, latest first. It exists on a demo server only."""

    template: ClassVar[str] = "pages/outbox.html"
    frame: Frame
    messages: tuple[OutboxMessage, ...]
    time_zone: str


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """Any page that could not be shown. request_id finds the log lines. retry_seconds: for 429 and 503."""

    template: ClassVar[str] = "pages/error.html"
    frame: Frame
    status: int
    request_id: str
    retry_seconds: int | None = None
