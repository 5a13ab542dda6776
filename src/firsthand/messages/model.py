"""A message, before and after it is written down."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from firsthand.platform.i18n import Language

SEND_TASK = "messages.send"


class Template(StrEnum):
    """What a message is about. `templates.py` has the words, and `examples.py` an example of every fact in them."""

    ONE_TIME_CODE = "one_time_code"
    ALREADY_REGISTERED_CODE = "already_registered_code"
    EMAIL_CODE = "email_code"
    EMAIL_CHANGED = "email_changed"
    NEW_PHONE_CODE = "new_phone_code"
    PHONE_CHANGED_ONLINE = "phone_changed_online"
    PASSKEY_ADDED = "passkey_added"
    PASSKEY_REMOVED = "passkey_removed"
    PASSKEY_COPIED = "passkey_copied"
    BOOKING_CONFIRMED = "booking_confirmed"
    BOOKING_GIVEN_BACK = "booking_given_back"
    BOOKING_CONFIRMED_FOR_OTHER = "booking_confirmed_for_other"
    BOOKING_GIVEN_BACK_FOR_OTHER = "booking_given_back_for_other"
    TIE_ASKED_CODE = "tie_asked_code"
    TIE_ASKED_OF_GUARDIAN = "tie_asked_of_guardian"
    TIE_ACTIVE = "tie_active"
    TIE_ENDED = "tie_ended"
    TIE_ENDED_BY_MAJORITY = "tie_ended_by_majority"
    EMERGENCY_ACCESS = "emergency_access"
    DOCUMENT_ADDED = "document_added"
    DOCUMENT_CORRECTED = "document_corrected"
    CORRECTION_UNDONE = "correction_undone"
    RECORDS_MERGED = "records_merged"
    MERGER_UNDONE = "merger_undone"
    PHONE_CHANGED = "phone_changed"
    REGISTERED_AT_DESK = "registered_at_desk"
    REQUEST_RECEIVED = "request_received"
    REQUEST_ANSWERED = "request_answered"
    DELETION_ASKED = "deletion_asked"
    ACCOUNT_DELETED = "account_deleted"
    EMERGENCY_LAPSED = "emergency_lapsed"
    CORRECTION_LAPSED = "correction_lapsed"


class Way(StrEnum):
    """The way out of the house that a message takes."""

    SMS = "sms"
    EMAIL = "email"


class State(StrEnum):
    """What has become of a message.

    QUEUED waits, for a sender or for a moment. SENT was accepted by the gateway, DELIVERED has reached the phone.
    FAILED was turned away for good. GAVE_UP was accepted by nobody until its time was over. DISCARDED was addressed to
    nobody, and written only to cost what another costs.
    """

    QUEUED = "queued"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    GAVE_UP = "gave_up"
    DISCARDED = "discarded"


class SendError(StrEnum):
    """Why a message was not accepted, as people who look after the house are told it. Nothing in it is anybody's.

    The first four are final; the others are worth trying again.
    """

    ADDRESS_REFUSED = "address_refused"
    MESSAGE_REFUSED = "message_refused"
    NOT_DELIVERED = "not_delivered"
    TIME_OVER = "time_over"
    NO_SENDER = "no_sender"
    NOT_ADMITTED = "not_admitted"
    BUSY = "busy"
    GATEWAY_FAULT = "gateway_fault"
    LED_ELSEWHERE = "led_elsewhere"
    UNREACHABLE = "unreachable"
    NOT_ENCRYPTED = "not_encrypted"
    TOOK_TOO_LONG = "took_too_long"


class EventMethod(StrEnum):
    """What a calendar does with an event. Source: RFC 5546, section 1.4."""

    PUBLISH = "PUBLISH"
    REQUEST = "REQUEST"
    CANCEL = "CANCEL"


@dataclass(frozen=True, slots=True)
class Event:
    """An appointment for a calendar. Texts may hold anything: `calendar.py` escapes them.

    id: the booking's, under which every later word about it finds the same entry. sequence: grows with each word.
    """

    id: UUID
    method: EventMethod
    sequence: int
    starts_at: datetime
    ends_at: datetime
    summary: str
    location: str = ""
    description: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """A message to be sent. There is one for each `event_key`: the same event again says nothing more.

    address: a phone number in E.164 form or, by e-mail, an e-mail address; "" for nobody. facts: what the template's
    words leave open. event_key: what happened to which record, such as "booking_confirmed:" and a booking's id; nothing
    personal. time_zone: where its quiet hours are reckoned, "" for the policy's own. concerns_at: the instant that it
    speaks of, on whose day it is not held back. expires_at: from when on it is of no use; None for a day later.
    event: for the calendar that an e-mail brings.
    """

    person_id: UUID | None
    address: str = field(repr=False)
    template: Template
    language: Language
    facts: Mapping[str, str] = field(repr=False)
    event_key: str
    way: Way = Way.SMS
    time_zone: str = ""
    concerns_at: datetime | None = None
    expires_at: datetime | None = None
    event: Event | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A message as it was written down, opened. `body` is in `language` and ready to be read.

    due_at: when it may first go out. send_after: not before; None where it may go at once.
    """

    id: UUID
    person_id: UUID | None
    address: str = field(repr=False)
    template: Template
    language: Language
    body: str = field(repr=False)
    state: State
    made_at: datetime
    way: Way
    due_at: datetime
    send_after: datetime | None
    expires_at: datetime
    attempts: int
    last_error: SendError | None
    event: Event | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What a sender is handed. id: the same at every try, by which a gateway can tell that it has the message."""

    id: UUID
    address: str = field(repr=False)
    language: Language
    subject: str
    body: str = field(repr=False)
    made_at: datetime
    event: Event | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Accepted:
    """The gateway has the message. gateway_id: by which it knows it, "" where it did not say."""

    gateway_id: str = ""


@dataclass(frozen=True, slots=True)
class TurnedAway:
    """The gateway will not have this message, however often it is asked."""

    error: SendError


@dataclass(frozen=True, slots=True)
class TryAgain:
    """The message was not accepted now, and may be later."""

    error: SendError


class Sender(Protocol):
    """A way out of the house: an SMS gateway, a mail server."""

    async def send(self, outgoing: Outgoing) -> Accepted | TurnedAway | TryAgain:
        """Hand a message over, and return what the other side said. Raises nothing that the other side can cause."""
        ...


Senders = Mapping[Way, Sender]


class ReportedState(StrEnum):
    """What a gateway reports of a message that it had accepted."""

    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Backlog:
    """How many messages wait for a sender, and since when the oldest of them does (None when there is none)."""

    queued: int
    oldest_at: datetime | None


@dataclass(frozen=True, slots=True)
class Count:
    """How many messages of one kind became what, and when the last of them was written. error: of those not sent."""

    template: str
    way: Way
    state: State
    error: SendError | None
    count: int
    last_at: datetime


class Reason(StrEnum):
    """Why an action of this room is refused."""

    NOT_A_DEMO = "not_a_demo"
    NOT_PERMITTED = "not_permitted"
    MESSAGE_UNKNOWN = "message_unknown"
    ALREADY_SETTLED = "already_settled"


@dataclass(frozen=True, slots=True)
class Refused:
    """Refused, and why."""

    reason: Reason
