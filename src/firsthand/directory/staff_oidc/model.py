"""What a hospital's own sign-in takes, and why it is refused."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from firsthand.directory.staff.model import Staff
from firsthand.identity.oidc.model import Purpose, Terms, Why
from firsthand.identity.session.model import OpenedSession, SignedIn


class Reason(StrEnum):
    """Why nobody is signed in by a hospital's own sign-in, or why it is not settled so.

    PROVIDER_DOWN: the provider does not answer, or not as it should; nothing says so of the person.
    ATTEMPT_OVER: this browser began nothing that could come back so: begin anew.
    ANSWER_WRONG: what came back proves nothing.
    NOT_LINKED: the provider knows somebody whom nobody has linked to a member of staff.
    NO_DUTY: the member has left, or has no duty that this provider vouches for.
    SECRET_MISSING: another issuer or client is given no secret that was kept for the former one.
    NOT_TESTED: it has not answered as it should since it was changed.
    NOT_FRESH: what is asked for wants somebody who has just proved who he is, and not by such a sign-in itself.
    """

    NOT_PERMITTED = "not_permitted"
    TOO_MANY_TRIES = "too_many_requests"
    # settling it
    PROVIDER_UNKNOWN = "provider_unknown"
    PROVIDER_EXISTS = "provider_exists"
    HOSPITAL_UNKNOWN = "hospital_unknown"
    ISSUER_INVALID = "issuer_invalid"
    CLIENT_INVALID = "client_invalid"
    SECRET_MISSING = "secret_missing"  # noqa: S105 - the name of a reason
    SECRET_INVALID = "secret_invalid"  # noqa: S105 - the same
    CLAIM_INVALID = "claim_invalid"
    STRENGTH_INVALID = "strength_invalid"
    STRENGTH_MISSING = "strength_missing"
    ALGORITHM_MISSING = "algorithm_missing"
    NOT_TESTED = "not_tested"
    # accounts
    STAFF_UNKNOWN = "staff_unknown"
    SUBJECT_INVALID = "subject_invalid"
    LINK_TAKEN = "link_taken"
    LINK_UNKNOWN = "link_unknown"
    NOT_ONESELF = "not_oneself"
    NOT_FRESH = "not_fresh"
    # coming in
    PROVIDER_DOWN = "provider_down"
    ATTEMPT_OVER = "attempt_over"
    ANSWER_WRONG = "answer_wrong"
    NOT_LINKED = "not_linked"
    NO_DUTY = "no_duty"


@dataclass(frozen=True, slots=True)
class Refused:
    """Refused, and why. why: what was wrong with the provider or its answer, for its administrator alone."""

    reason: Reason
    why: Why | None = None


@dataclass(frozen=True, slots=True)
class Typed:
    """How a provider is to be reached, as an administrator typed it.

    client_secret: "" keeps the one that is there. acr, amr: values with spaces between them.
    """

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    claim: str
    acr: str
    amr: str
    algorithms: frozenset[str]


@dataclass(frozen=True, slots=True)
class Shown:
    """A provider as its administrator sees it: everything but its secret. hospital_name: "" for the city's own."""

    id: UUID
    hospital_id: UUID | None
    hospital_name: str
    terms: Terms
    enabled: bool
    tested_at: datetime | None


@dataclass(frozen=True, slots=True)
class Account:
    """A member's account at a provider. by: the name of who linked it; "" for himself, and for the operator."""

    staff: Staff
    subject: str = field(repr=False)
    linked_at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class OwnAccount:
    """One of one's own accounts. by: the name of who linked it, "" for oneself. is_new: not seen before."""

    provider_id: UUID
    hospital_name: str
    subject: str = field(repr=False)
    linked_at: datetime
    by: str
    is_new: bool


@dataclass(frozen=True, slots=True)
class Button:
    """A provider that can be used. hospital_name: "" for the city's own."""

    provider_id: UUID
    hospital_name: str


@dataclass(frozen=True, slots=True)
class Outward:
    """What a browser that goes to a provider brings: where from, where it comes back to, and where it then goes on."""

    provider_id: UUID
    address: str
    back: str
    leads_to: str


@dataclass(frozen=True, slots=True)
class Going:
    """A browser may go: to `address`, and keeps `browser` until it comes back."""

    address: str = field(repr=False)
    browser: str = field(repr=False)
    hospital_name: str


@dataclass(frozen=True, slots=True)
class Back:
    """What a browser brings back. back: the address that it came to, as the provider was told it. signed_in: by now."""

    provider_id: UUID
    state: str = field(repr=False)
    code: str = field(repr=False)
    error: str
    issuer: str
    browser: str = field(repr=False)
    address: str
    back: str
    signed_in: SignedIn | None


@dataclass(frozen=True, slots=True)
class Arrived:
    """What coming back led to. session: None where an account was linked, and the session stays as it is."""

    purpose: Purpose
    session: OpenedSession | None
    leads_to: str
