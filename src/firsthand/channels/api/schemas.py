"""What the API takes and gives. Field names are stable; times are RFC 3339 with an offset."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

Text100 = Annotated[str, Meta(min_length=1, max_length=100)]
Proof = Annotated[str, Meta(max_length=2000)]


class DocumentIn(Struct, frozen=True, forbid_unknown_fields=True):
    """A real-name document. document_type: one of the types that registration lists."""

    document_type: Text100
    document_number: Text100


class SignInCodeIn(Struct, frozen=True, forbid_unknown_fields=True):
    """Who wants to sign in: by a phone, or by a document's type and number. proof: the work, where one is asked for."""

    phone: Annotated[str, Meta(min_length=1, max_length=40)] | None = None
    document_type: Text100 | None = None
    document_number: Text100 | None = None
    proof: Proof = ""


class RegistrationIn(Struct, frozen=True, forbid_unknown_fields=True):
    """A new person. language: zh-Hans or en."""

    document_type: Text100
    document_number: Text100
    name: Annotated[str, Meta(min_length=1, max_length=200)]
    phone: Annotated[str, Meta(min_length=1, max_length=40)]
    language: Annotated[str, Meta(min_length=2, max_length=20)] = "zh-Hans"
    proof: Proof = ""


class CodeIn(Struct, frozen=True, forbid_unknown_fields=True):
    """A one-time code, and the attempt it belongs to."""

    attempt: UUID
    code: Annotated[str, Meta(min_length=1, max_length=40)]
    proof: Proof = ""


class ChosenIn(Struct, frozen=True, forbid_unknown_fields=True):
    """One of several people who share a phone. person: a number in the order of the names, from 0."""

    choice: UUID
    secret: Annotated[str, Meta(min_length=1, max_length=100)]
    person: Annotated[int, Meta(ge=0, le=1000)]


class StaffIn(Struct, frozen=True, forbid_unknown_fields=True):
    """A member of staff signs in. totp: a code of his authenticator app, or a recovery code. proof: as above."""

    username: Text100
    password: Annotated[str, Meta(min_length=1, max_length=500)]
    totp: Annotated[str, Meta(max_length=50)] = ""
    proof: Proof = ""


class MessageReportIn(Struct, frozen=True, forbid_unknown_fields=True):
    """What became of the message that was handed over under this id."""

    id: UUID
    state: Literal["delivered", "failed"]


class TakeIn(Struct, frozen=True, forbid_unknown_fields=True):
    """A place of this session is wanted. patient_id: for whom, null for the caller. payer_id: null for the patient."""

    session_id: UUID
    patient_id: UUID | None = None
    payer_id: UUID | None = None


class DeskTakeIn(Struct, frozen=True, forbid_unknown_fields=True):
    """A place of this session is wanted for the person with this document. pool: returned or open."""

    session_id: UUID
    document_type: Text100
    document_number: Text100
    pool: Literal["returned", "open"] = "returned"


class CheckInIn(Struct, frozen=True, forbid_unknown_fields=True):
    """The code and the document that a person shows at the desk."""

    code: Annotated[str, Meta(min_length=1, max_length=64)]
    document_type: Text100
    document_number: Text100


class AttemptOut(Struct, frozen=True):
    """A code was asked for. Whether one was sent is not said."""

    attempt: UUID
    expires_at: datetime


class TokenOut(Struct, frozen=True):
    """A bearer token, said once."""

    token: str
    expires_at: datetime


class ChoiceOut(Struct, frozen=True):
    """Several people share the phone: send one of them, with the secret, to /tokens/chosen."""

    choice: UUID
    secret: str
    people: list[str]
    expires_at: datetime


class SignInOut(Struct, frozen=True):
    """A device or program that is signed in. current: it is the one that asks. last_seen_at: to within 5 minutes."""

    id: UUID
    method: str
    device: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    current: bool


class HospitalOut(Struct, frozen=True):
    """A hospital. time_zone: an IANA name."""

    id: UUID
    name: str
    address: str
    phone: str
    url: str
    time_zone: str


class SessionOut(Struct, frozen=True):
    """A session and what is left of it. day: local at the hospital. fee_cents: hundredths of `currency`."""

    id: UUID
    hospital_id: UUID
    hospital: str
    department: str | None
    doctor: str | None
    service: str
    day: date
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    status: str
    capacity: int
    places_left: int
    fee_cents: int | None
    currency: str | None
    deep_link: str
    phone: str


class ReturnedOut(Struct, frozen=True):
    """A session with returned places, which only its hospital's desk gives out."""

    session: SessionOut
    places_returned: int


class SessionPageOut(Struct, frozen=True):
    """One page of sessions. total counts all that match; page counts from 1."""

    sessions: list[SessionOut]
    total: int
    page: int


class HeldOut(Struct, frozen=True):
    """A place is held until an instant; confirm it before."""

    booking_id: UUID
    session_id: UUID
    number: int
    held_until: datetime


class BookedOut(Struct, frozen=True):
    """A booking is confirmed. code: what the patient shows at the desk."""

    booking_id: UUID
    code: str


class GivenBackOut(Struct, frozen=True):
    """A booking was given back."""

    booking_id: UUID


class DeskBookedOut(Struct, frozen=True):
    """A place was booked at the desk."""

    booking_id: UUID
    code: str
    number: int


class BookingOut(Struct, frozen=True):
    """A booking. code is null until it is confirmed; expected_at: about when this number is seen.

    holder_id: who took it, patient_id: for whom it is, payer_id: who pays. acted_by: person, or staff at a desk.
    """

    id: UUID
    session_id: UUID
    hospital_id: UUID
    day: date
    number: int
    starts_at: datetime
    expected_at: datetime
    state: str
    held_until: datetime
    code: str | None
    holder_id: UUID
    patient_id: UUID
    payer_id: UUID
    acted_by: str


class ArrivedOut(Struct, frozen=True):
    """A person is checked in."""

    booking_id: UUID
    session_id: UUID
    number: int
    expected_at: datetime
    at: datetime
    late: bool


class ExpectedOut(Struct, frozen=True):
    """One person of the desk's day. state: booked, arrived or no_show."""

    booking_id: UUID
    session_id: UUID
    number: int
    name: str
    state: str
    arrived_at: datetime | None
    late: bool


class TallyOut(Struct, frozen=True):
    """A session of the desk's day and how its bookings stand."""

    session_id: UUID
    starts_at: datetime
    booked: int
    arrived: int
    no_show: int
    returned: int


class DeskDayOut(Struct, frozen=True):
    """A hospital's day: its sessions, and one page of the people. total counts all people of the choice."""

    day: date
    sessions: list[TallyOut]
    people: list[ExpectedOut]
    total: int
