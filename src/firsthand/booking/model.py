"""Bookings, what is asked of them, and the answers."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Self
from uuid import UUID

from firsthand.audit.model import ActorKind, Caller
from firsthand.platform.idempotency import IdempotencyKey
from firsthand.release.model import Pool, SessionFacts


class State(StrEnum):
    """Where a booking stands. The words follow FHIR's Appointment.status where FHIR has one."""

    HELD = "held"
    BOOKED = "booked"
    GIVEN_BACK = "given_back"
    EXPIRED = "expired"
    ARRIVED = "arrived"
    NO_SHOW = "no_show"


class Reason(StrEnum):
    """Why a request about a booking is refused."""

    NOT_PERMITTED = "not_permitted"
    PERSON_UNKNOWN = "person_unknown"
    SESSION_UNKNOWN = "session_unknown"
    SESSION_CLOSED = "session_closed"
    TOO_EARLY = "too_early"
    TOO_LATE = "too_late"
    TOO_MANY_HOLDS = "too_many_holds"
    TOO_MANY_RETURNS = "too_many_returns"
    CAP_REACHED = "cap_reached"
    PLACE_TAKEN = "place_taken"
    BOOKING_UNKNOWN = "booking_unknown"
    HOLD_EXPIRED = "hold_expired"
    ALREADY_BOOKED = "already_booked"
    ALREADY_ENDED = "already_ended"
    KEY_IN_FLIGHT = "key_in_flight"
    KEY_REUSED = "key_reused"


@dataclass(frozen=True, slots=True)
class Refused:
    """A refusal, with the cap that was reached where it was one."""

    reason: Reason
    cap: str | None = None


@dataclass(frozen=True, slots=True)
class TakeRequest:
    """Somebody asks for a place of a session, to be held for a patient.

    holder_id: who takes it: the patient himself, or one who may act for him. payer_id: who pays, None for the patient
    himself. pool: what is open to all, or the returned places that the desk gives out.
    """

    caller: Caller
    session_id: UUID
    holder_id: UUID
    patient_id: UUID
    pool: Pool = Pool.OPEN
    key: IdempotencyKey | None = None
    payer_id: UUID | None = None

    @property
    def payer(self) -> UUID:
        """Who pays."""
        return self.payer_id or self.patient_id


@dataclass(frozen=True, slots=True)
class ChangeRequest:
    """Somebody asks to confirm or give back a booking."""

    caller: Caller
    booking_id: UUID
    key: IdempotencyKey | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """A place is held until an instant."""

    booking_id: UUID
    session_id: UUID
    number: int
    until: datetime


@dataclass(frozen=True, slots=True)
class Booked:
    """A held place is booked. `code` is what the patient shows at the desk."""

    booking_id: UUID
    code: str


@dataclass(frozen=True, slots=True)
class GivenBack:
    """A booking was given back. Its place waits for the next draw, or for the desk."""

    booking_id: UUID


@dataclass(frozen=True, slots=True)
class PatientDay:
    """One live booking of a patient, as caps count it."""

    day: date
    hospital_id: UUID
    department_id: UUID | None

    @classmethod
    def of(cls, session: SessionFacts) -> Self:
        """Return what a booking of this session counts as."""
        return cls(session.day, session.hospital_id, session.department_id)


@dataclass(frozen=True, slots=True)
class TakeFacts:
    """What the decision on a take request rests on.

    session: None when there is no such session. ended_in_a_day: places of the holder that came back within the last
    24 hours; 0 for a desk, which gives out what it sees fit.
    """

    permitted: bool
    patient_known: bool
    session: SessionFacts | None
    holds_live: int
    ended_in_a_day: int
    patient_days: tuple[PatientDay, ...]


@dataclass(frozen=True, slots=True)
class Counting:
    """What may still count of a booking: of one that lives, its session's day; of one that is over, when it ended."""

    state: State
    day: date
    time_zone: str
    held_until: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Booking:
    """A booking as its row tells it. `expected_at`: about when the patient with this number is seen.

    holder_id: who took it, patient_id: for whom, payer_id: who pays. acted_by: the person or the member of staff who
    asked for it; None for bookings older than the record of it.
    """

    id: UUID
    place_id: int
    session_id: UUID
    number: int
    hospital_id: UUID
    day: date
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    expected_at: datetime
    holder_id: UUID
    patient_id: UUID
    code: str
    state: State
    held_until: datetime
    taken_at: datetime
    booked_at: datetime | None
    ended_at: datetime | None
    payer_id: UUID
    acted_by_kind: ActorKind
    acted_by: UUID | None
