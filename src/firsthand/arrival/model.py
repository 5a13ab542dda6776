"""What the desk asks, and what it is told."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from firsthand.audit.model import Caller
from firsthand.booking.model import Booking
from firsthand.identity.document.model import Document
from firsthand.platform.idempotency import IdempotencyKey
from firsthand.release.model import Offer


class Reason(StrEnum):
    """Why a check-in is refused. Each has words that the clerk can read out, in both languages."""

    CODE_INVALID = "code_invalid"
    CODE_UNKNOWN = "code_unknown"
    WRONG_PERSON = "wrong_person"
    OTHER_HOSPITAL = "other_hospital"
    OTHER_DAY = "other_day"
    TOO_EARLY = "too_early"
    NOT_CONFIRMED = "not_confirmed"
    GIVEN_BACK = "given_back"
    HOLD_EXPIRED = "hold_expired"
    ALREADY_ARRIVED = "already_arrived"
    COUNTED_AS_MISSED = "counted_as_missed"
    NOT_PERMITTED = "not_permitted"
    KEY_IN_FLIGHT = "key_in_flight"
    KEY_REUSED = "key_reused"


@dataclass(frozen=True, slots=True)
class Refused:
    """A check-in that is refused. day: on which day the booking is, when it is another one than today."""

    reason: Reason
    day: date | None = None


@dataclass(frozen=True, slots=True)
class CheckInRequest:
    """A clerk checks in the person before him. code: 12 characters, as `rules.parse_code` returns them."""

    caller: Caller
    code: str
    document: Document
    key: IdempotencyKey | None = None


@dataclass(frozen=True, slots=True)
class Arrived:
    """A person is checked in. number: his place in the session; expected_at: about when he is seen."""

    booking_id: UUID
    session_id: UUID
    patient_id: UUID
    number: int
    expected_at: datetime
    at: datetime
    late: bool


@dataclass(frozen=True, slots=True)
class ExpectedPatient:
    """One line of the desk's day. The name is opened for the desk; arrived_at and late when he has come.

    other_names: what the patient is called besides, for a desk that compares the name with a document.
    """

    booking: Booking
    name: str
    arrived_at: datetime | None
    late: bool
    other_names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SessionTally:
    """A session of the desk's day and how its bookings stand."""

    offer: Offer
    booked: int
    arrived: int
    no_show: int


@dataclass(frozen=True, slots=True)
class DeskDay:
    """A hospital's local day as its desk sees it. `total` counts the patients, of whom `patients` is one page."""

    day: date
    sessions: tuple[SessionTally, ...]
    patients: tuple[ExpectedPatient, ...]
    total: int
