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
    """What a message is about. `templates.py` has the words, and says which facts each one needs."""

    ONE_TIME_CODE = "one_time_code"
    ALREADY_REGISTERED_CODE = "already_registered_code"
    BOOKING_CONFIRMED = "booking_confirmed"
    BOOKING_GIVEN_BACK = "booking_given_back"
    BOOKING_CONFIRMED_FOR_OTHER = "booking_confirmed_for_other"
    BOOKING_GIVEN_BACK_FOR_OTHER = "booking_given_back_for_other"
    TIE_ASKED_CODE = "tie_asked_code"
    TIE_ASKED_OF_GUARDIAN = "tie_asked_of_guardian"
    TIE_ACTIVE = "tie_active"
    TIE_ENDED = "tie_ended"
    TIE_ENDED_BY_MAJORITY = "tie_ended_by_majority"


class State(StrEnum):
    """QUEUED waits for a sender. DISCARDED was addressed to nobody, and written only to cost what another costs."""

    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"
    DISCARDED = "discarded"


@dataclass(frozen=True, slots=True)
class Message:
    """A message to be sent. There is one for each `event_key`: the same event again says nothing more.

    address: a phone number in E.164 form, or "" for nobody. facts: what the template's words leave open.
    event_key: what happened to which record, such as "booking_confirmed:" and a booking's id; nothing personal.
    """

    person_id: UUID | None
    address: str = field(repr=False)
    template: Template
    language: Language
    facts: Mapping[str, str] = field(repr=False)
    event_key: str


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A message as it was written down, opened. `body` is in `language` and ready to be read."""

    id: UUID
    person_id: UUID | None
    address: str = field(repr=False)
    template: Template
    language: Language
    body: str = field(repr=False)
    state: State
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Backlog:
    """How many messages wait for a sender, and since when the oldest of them does (None when there is none)."""

    queued: int
    oldest_at: datetime | None


class Sender(Protocol):
    """A way out of the house: SMS, e-mail, push."""

    async def send(self, address: str, body: str) -> bool:
        """Hand `body` over for `address`. Return whether it was accepted; raise when it is worth trying again."""
        ...


class Reason(StrEnum):
    """Why an action of this room is refused."""

    NOT_A_DEMO = "not_a_demo"


@dataclass(frozen=True, slots=True)
class Refused:
    """Refused, and why."""

    reason: Reason
