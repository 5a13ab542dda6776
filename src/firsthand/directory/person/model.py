"""A person, and what a person asks for."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

from firsthand.identity.document.model import Document
from firsthand.platform.i18n import Language

# Made by `rules.parse_name` and `rules.parse_phone` alone, so that what has the type has been checked.
PersonName = NewType("PersonName", str)
Phone = NewType("Phone", str)


class Reason(StrEnum):
    """Why what somebody wrote about himself, or his registration, is not accepted."""

    NAME_MISSING = "name_missing"
    NAME_TOO_LONG = "name_too_long"
    NAME_INVALID = "name_invalid"
    PHONE_INVALID = "phone_invalid"
    ALREADY_REGISTERED = "already_registered"


@dataclass(frozen=True, slots=True)
class Refused:
    """Refused, and why."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Registration:
    """What a new person gives: name, document, phone (E.164), and the language to be spoken to in.

    phone: "" for a person without one, whom only the desk registers. born_on: where the document does not say it.
    """

    document: Document
    name: PersonName = field(repr=False)
    phone: Phone = field(repr=False)
    language: Language
    born_on: date | None = field(default=None, repr=False)


# An address as `rules.parse_email` makes it.
EmailAddress = NewType("EmailAddress", str)


@dataclass(frozen=True, slots=True)
class Contact:
    """Where and how a person is reached. phone, email: "" where there is none. An e-mail is one that was verified."""

    person_id: UUID
    phone: Phone = field(repr=False)
    language: Language
    email: EmailAddress = field(default=EmailAddress(""), repr=False)


@dataclass(frozen=True, slots=True)
class OnePerson:
    """A person, however many records he has. id: the record that is kept; ids: it and those merged into it."""

    id: UUID
    ids: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class RecordState:
    """How a person's record stands among others. merged_count: how many were merged into it."""

    id: UUID
    merged_into: UUID | None
    merged_count: int
    active: bool


@dataclass(frozen=True, slots=True)
class SignInClaim:
    """A right code signs this person in."""

    person_id: UUID


@dataclass(frozen=True, slots=True)
class RegistrationClaim:
    """A right code registers this person, who has then shown that the phone is his."""

    registration: Registration


@dataclass(frozen=True, slots=True)
class ChoiceClaim:
    """A right code lets whoever has it choose one of these people, who share the phone."""

    person_ids: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class PhoneClaim:
    """A right code gives this person the phone that it was sent to."""

    person_id: UUID
    phone: Phone = field(repr=False)


@dataclass(frozen=True, slots=True)
class NobodysClaim:
    """Nobody was sent this code: it stands for a request about a number that is not known."""


Claim = SignInClaim | RegistrationClaim | ChoiceClaim | PhoneClaim | NobodysClaim


@dataclass(frozen=True, slots=True)
class Choice:
    """Several people share the phone: whose sign-in is this? The choice is made once, with the secret.

    names: of those who can be chosen, by their number in this order.
    """

    id: UUID
    secret: str = field(repr=False)
    names: tuple[PersonName, ...] = field(repr=False)
    expires_at: datetime
