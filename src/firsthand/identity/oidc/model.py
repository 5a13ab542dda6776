"""A hospital's own sign-in: what it is told of Firsthand, what it tells, and whose account is whose."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

ATTEMPT_VALID_FOR: Final = timedelta(minutes=10)
TOKEN_BYTES: Final = 32
# Signatures by a key pair alone: with a shared key ("HS256") whoever knows the client secret could sign as the
# hospital, and an unsigned token ("none") is anybody's. Source: RFC 8725, sections 3.1 and 3.2.
ALGORITHMS: Final = ("RS256", "PS256", "ES256", "EdDSA")
# How far the clocks of a hospital and of the city may be apart.
LEEWAY_SECONDS: Final = 60
TEXT_CHARACTERS_MAX: Final = 255


class Claim(StrEnum):
    """What in an ID token names the account."""

    SUBJECT = "sub"
    USERNAME = "preferred_username"
    EMAIL = "email"


@dataclass(frozen=True, slots=True)
class Provider:
    """How a hospital signs its staff in.

    issuer: its address, which its ID tokens name. email_domain: the one domain of its addresses, where `claim` is an
    address, else "". required: its staff may sign in by it alone. active: it can be used.
    """

    hospital_id: UUID
    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    claim: Claim
    email_domain: str
    required: bool
    active: bool


@dataclass(frozen=True, slots=True)
class Attempt:
    """A browser that was sent to a hospital's sign-in. `nonce` and `verifier` are secrets of this one attempt."""

    hospital_id: UUID
    issuer: str
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    leads_to: str


@dataclass(frozen=True, slots=True)
class Begun:
    """An attempt just begun. state goes to the provider and comes back; browser stays in the browser's cookie."""

    attempt: Attempt
    state: str = field(repr=False)
    browser: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Account:
    """Who a provider says somebody is: its own lasting name for him, and what `Provider.claim` asks for."""

    subject: str
    name: str


@dataclass(frozen=True, slots=True)
class Link:
    """Which account of a hospital's sign-in is a member of staff. subject: None until the first sign-in."""

    staff_id: UUID
    hospital_id: UUID
    account: str
    subject: str | None
