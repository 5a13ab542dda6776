"""Sessions and places."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID


class SessionStatus(StrEnum):
    """Whether a hospital offers the session."""

    OPEN = "open"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class Pool(StrEnum):
    """Where a place can be taken from: what is open to all, or what was returned and waits at the desk."""

    OPEN = "open"
    RETURNED = "returned"


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """What decisions need to know of a session. `day` is the local day at the hospital; instants are aware."""

    session_id: UUID
    hospital_id: UUID
    department_id: UUID | None
    day: date
    starts_at: datetime
    ends_at: datetime
    status: SessionStatus
    capacity: int
    time_zone: str


@dataclass(frozen=True, slots=True)
class Offer:
    """A session as a patient sees it, with the places that are left."""

    session_id: UUID
    hospital_id: UUID
    hospital_name: str
    hospital_address: str
    department_name: str | None
    doctor_name: str | None
    service: str
    day: date
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    capacity: int
    open_count: int
    returned_count: int
    status: SessionStatus
    fee_cents: int | None
    currency: str | None
    deep_link: str
    phone: str


@dataclass(frozen=True, slots=True)
class OfferSearch:
    """What a patient looks for. Empty fields do not narrow the search; pages start at 0."""

    ends_after: datetime
    day_from: date | None = None
    day_until: date | None = None
    hospital_id: UUID | None = None
    text: str = ""
    limit: int = 20
    offset: int = 0


@dataclass(frozen=True, slots=True)
class OfferPage:
    """One page of a search, with the number of all that were found."""

    offers: tuple[Offer, ...]
    total: int
