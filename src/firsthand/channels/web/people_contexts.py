"""What each page of the desk about people is given; the rules of `contexts.py` hold here too."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from firsthand.booking.model import State as BookingState
from firsthand.channels.web.contexts import DocumentFields, HospitalFacts, SessionFacts
from firsthand.channels.web.desk_contexts import BookedAtDesk
from firsthand.channels.web.frame import FieldProblem, Frame, Problem
from firsthand.directory.correction.model import EvidenceKind, Kind, State
from firsthand.directory.counter.model import NameVariant, Record, VariantKind
from firsthand.platform.i18n import Language
from firsthand.policy.documents import DocumentKind


class FindBy(StrEnum):
    """By what a clerk looks for somebody."""

    DOCUMENT = "document"
    CODE = "code"
    NAME = "name"
    PHONE = "phone"


class Change(StrEnum):
    """What a clerk does for somebody who was found: each has a page of its own."""

    DOCUMENT = "document"
    PHONE = "phone"
    NAME = "name"
    CHILD = "child"
    CORRECTION = "correction"
    MERGER = "merger"


@dataclass(frozen=True, slots=True)
class FindPersonPage:
    """GET and POST /desk/people: `by`, and by that `document_type`, `document_number`, `code`, `name`, `born_on`."""

    template: ClassVar[str] = "pages/people_find.html"
    frame: Frame
    hospital: HospitalFacts
    by: FindBy
    document: DocumentFields
    code: str = ""
    name: str = ""
    born_on: str = ""
    found: tuple[UUID, ...] = ()
    nobody: bool = False
    may_register: bool = False
    may_approve: bool = False
    problem: Problem | None = None
    problems: tuple[FieldProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class NewPersonPage:
    """GET and POST /desk/people/new: `name`, `document_type`, `document_number`, `born_on`, `phone`, `language`."""

    template: ClassVar[str] = "pages/people_new.html"
    frame: Frame
    document: DocumentFields
    name: str
    born_on: str
    phone: str
    language: Language
    problems: tuple[FieldProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class PersonBooking:
    """One booking of a person at this hospital, as the desk sees it."""

    session: SessionFacts
    number: int
    state: BookingState
    code_tail: str


@dataclass(frozen=True, slots=True)
class ShownNumber:
    """A document number that was asked to be shown; the asking is recorded."""

    type: str
    number: str


@dataclass(frozen=True, slots=True)
class PersonPage:
    """GET /desk/people/{id}, and POST .../numbers, which shows the document numbers too."""

    template: ClassVar[str] = "pages/people_record.html"
    frame: Frame
    hospital: HospitalFacts
    record: Record
    kinds: tuple[DocumentKind, ...]
    bookings: tuple[PersonBooking, ...]
    changes: tuple[Change, ...]
    may_book: bool
    may_read_numbers: bool
    numbers: tuple[ShownNumber, ...] = ()
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class ChangePersonPage:
    """GET and POST /desk/people/{id}/{change}: the fields of that change, and `confirmed`."""

    template: ClassVar[str] = "pages/people_change.html"
    frame: Frame
    change: Change
    record: Record
    document: DocumentFields
    phone: str = ""
    name: str = ""
    born_on: str = ""
    kind: VariantKind = VariantKind.FORMER
    wrong: str = ""
    evidence: EvidenceKind = EvidenceKind.ORIGINAL_DOCUMENT
    note: str = ""
    problem: Problem | None = None
    problems: tuple[FieldProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class BookableSession:
    """A session of this hospital with places for somebody at the counter. value: what the form sends for it."""

    facts: SessionFacts
    value: str
    places: int
    returned: bool


@dataclass(frozen=True, slots=True)
class BookForPersonPage:
    """GET and POST /desk/people/{id}/book: `session`. booked: what was booked just now."""

    template: ClassVar[str] = "pages/people_book.html"
    frame: Frame
    hospital: HospitalFacts
    person_id: UUID
    name: str
    sessions: tuple[BookableSession, ...]
    idempotency_key: str
    day: str = ""
    chosen: str = ""
    booked: BookedAtDesk | None = None
    problem: Problem | None = None
    problems: tuple[FieldProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class CorrectionCard:
    """One correction of the queue. document, replacement: type and end of the number, None where there is none."""

    id: UUID
    kind: Kind
    state: State
    name: str
    other_name: str
    document: tuple[str, str] | None
    replacement: tuple[str, str] | None
    evidence: EvidenceKind
    note: str
    asked_by: str
    asked_on: date
    asked_at: datetime
    is_own: bool


@dataclass(frozen=True, slots=True)
class CorrectionsPage:
    """GET /desk/corrections (`page`), and POST .../{id}/approve, refuse and undo."""

    template: ClassVar[str] = "pages/people_corrections.html"
    frame: Frame
    hospital: HospitalFacts
    corrections: tuple[CorrectionCard, ...]
    kinds: tuple[DocumentKind, ...]
    total: int
    page: int
    pages: int
    problem: Problem | None = None

    def page_address(self, number: int) -> str:
        """Return the address of page `number` of the list."""
        return f"/desk/corrections?page={number}"


@dataclass(frozen=True, slots=True)
class OwnNamesPage:
    """GET and POST /me/names: `kind`, `name`; POST /me/names/remove: `variant`."""

    template: ClassVar[str] = "pages/people_own_names.html"
    frame: Frame
    variants: tuple[NameVariant, ...]
    kind: str = VariantKind.FORMER.value
    name: str = ""
    problem: Problem | None = None
    problems: tuple[FieldProblem, ...] = ()
