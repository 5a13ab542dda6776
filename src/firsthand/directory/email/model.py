"""What is said of an e-mail address."""

from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from firsthand.directory.person.model import EmailAddress


class Reason(StrEnum):
    """Why an e-mail address is not taken, or not verified.

    CODE_SPENT: the code has run out, was used, was tried too often, or belongs to somebody else: ask for a new one.
    """

    EMAIL_INVALID = "email_invalid"
    TOO_MANY_REQUESTS = "too_many_requests"
    CODE_WRONG = "code_wrong"
    CODE_SPENT = "code_spent"
    NO_EMAIL = "no_email"
    NOT_PERMITTED = "not_permitted"


@dataclass(frozen=True, slots=True)
class Refused:
    """Refused, and why."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Verified:
    """News of appointments goes to this address from now on."""

    email: EmailAddress = field(repr=False)


@dataclass(frozen=True, slots=True)
class Removed:
    """No news goes by e-mail any more."""


@dataclass(frozen=True, slots=True)
class EmailClaim:
    """A right code makes this the address of this person."""

    person_id: UUID
    email: EmailAddress = field(repr=False)
