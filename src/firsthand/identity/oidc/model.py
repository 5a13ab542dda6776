"""A hospital's own sign-in: how it is reached, what it is asked, what it answers, and whose account there is whose."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

ATTEMPT_VALID_FOR: Final = timedelta(minutes=10)
TOKEN_BYTES: Final = 32
# How far the clocks of a hospital and of the city may be apart.
LEEWAY: Final = timedelta(seconds=60)
# Nobody is signed in by a proof that he gave his hospital longer ago than a session of staff lives.
PROOF_VALID_FOR: Final = timedelta(hours=10)


class Algorithm(StrEnum):
    """By what an ID token may be signed: with a key pair alone.

    With a shared key ("HS256") whoever knows the client secret could sign as the hospital, and an unsigned token
    ("none") is anybody's. Source: RFC 8725, sections 3.1 and 3.2.
    """

    RS256 = "RS256"
    PS256 = "PS256"
    ES256 = "ES256"


class Why(StrEnum):
    """What was wrong with a provider or with what it answered, as the audit line says it."""

    # the provider itself
    UNREACHABLE = "unreachable"
    TOOK_TOO_LONG = "took_too_long"
    ADDRESS = "address_not_allowed"
    LED_ELSEWHERE = "led_elsewhere"
    TOO_LARGE = "too_large"
    ANSWER = "answer_unreadable"
    STATUS = "answer_status"
    METADATA = "metadata"
    KEYS = "keys"
    # coming back
    STATE = "state"
    SESSION = "session"
    RESPONSE_ISSUER = "response_issuer"
    CODE_MISSING = "code_missing"
    DENIED = "denied"
    EXCHANGE = "exchange"
    CHANGED = "provider_changed"
    # the ID token
    TOKEN = "token_unreadable"  # noqa: S105 - the name of a fault
    ALGORITHM = "algorithm"
    KEY_UNKNOWN = "key_unknown"
    SIGNATURE = "signature"
    ISSUER = "issuer"
    SUBJECT = "subject"
    AUDIENCE = "audience"
    PARTY = "authorized_party"
    EXPIRED = "expired"
    TIME = "time"
    NONCE = "nonce"
    ACCESS_TOKEN = "access_token"  # noqa: S105 - the same
    AUTH_TIME = "auth_time"
    STRENGTH = "strength"
    CLAIM = "claim"
    USERINFO = "userinfo"


class Purpose(StrEnum):
    """What a browser is sent to a provider for: to sign in, to link an account, to prove oneself once more."""

    SIGN_IN = "sign_in"
    LINK = "link"
    AGAIN = "again"


@dataclass(frozen=True, slots=True)
class Terms:
    """What is settled with a provider, without its secret.

    claim: what in an ID token names the account. acr, amr: what it must say of the proof: one of the first, all of the
    second; "" in neither. algorithms: by what it may sign.
    """

    issuer: str
    client_id: str
    claim: str
    acr: tuple[str, ...]
    amr: tuple[str, ...]
    algorithms: tuple[Algorithm, ...]


@dataclass(frozen=True, slots=True)
class Provider:
    """A hospital's own sign-in, or the city's (None). tested_at: when it was last found to answer as it should."""

    id: UUID
    hospital_id: UUID | None
    terms: Terms
    client_secret: str = field(repr=False)
    enabled: bool
    tested_at: datetime | None
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Offer:
    """A provider that can be used, as anybody may know it."""

    id: UUID
    hospital_id: UUID | None


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a provider says of itself, as far as it is used. names_itself: it says in each answer whose it is."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str
    end_session_endpoint: str
    secret_in_body: bool
    names_itself: bool


@dataclass(frozen=True, slots=True)
class Start:
    """A browser that was sent to a provider. holder: the hash of the token of the session that asks for it, if any."""

    provider_id: UUID
    purpose: Purpose
    holder: bytes | None
    nonce_hash: bytes
    verifier: str = field(repr=False)
    leads_to: str
    begun_at: datetime


@dataclass(frozen=True, slots=True)
class Secrets:
    """What an attempt is known by. state and nonce travel; browser stays in the browser's cookie, verifier here."""

    state: str = field(repr=False)
    nonce: str = field(repr=False)
    browser: str = field(repr=False)
    verifier: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Expected:
    """What an ID token has to answer. proved_after: when its owner has to have proved himself, at the earliest."""

    terms: Terms
    nonce_hash: bytes
    proved_after: datetime
    access_token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Account:
    """Who a provider says somebody is, and when he proved it there. subject: None until the userinfo is asked."""

    sub: str = field(repr=False)
    subject: str | None = field(repr=False)
    proved_at: datetime


@dataclass(frozen=True, slots=True)
class Link:
    """Whose account it is. linked_by: None where the operator did it. told_at: None until the member saw it."""

    provider_id: UUID
    staff_id: UUID
    subject: str = field(repr=False)
    linked_by: UUID | None
    linked_at: datetime
    told_at: datetime | None
