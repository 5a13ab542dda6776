"""Who is signed in, and for how long."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from firsthand.platform.access import Role

# A person's session ends with the day's errands; a clerk's with the shift. Both sign in again in a minute.
PERSON_SESSION: Final = timedelta(hours=12)
STAFF_SESSION: Final = timedelta(hours=10)
TOKEN_BYTES: Final = 32
DEVICE_CHARACTERS_MAX: Final = 100
# Left alone for so long, a session ends before its time: a borrowed phone, a desk at lunch.
# Source: OWASP ASVS 5.0, 7.3.1.
PERSON_IDLE: Final = timedelta(hours=2)
STAFF_IDLE: Final = timedelta(hours=1)
# When it was last used is written down this seldom, so that a request seldom writes.
SEEN_EVERY: Final = timedelta(minutes=5)
# What cannot be undone asks for a sign-in no older than this.
FRESH_FOR: Final = timedelta(minutes=10)


class SubjectKind(StrEnum):
    """Whom a session stands for."""

    PERSON = "person"
    STAFF = "staff"


class Method(StrEnum):
    """By what somebody proved who he is."""

    CODE = "code"
    PASSKEY = "passkey"
    PASSWORD = "password"  # noqa: S105 - the name of a method
    PASSWORD_TOTP = "password_totp"  # noqa: S105 - the name of a method
    RECOVERY_CODE = "recovery_code"
    OIDC = "oidc"


@dataclass(frozen=True, slots=True)
class StaffSession:
    """What a session of staff is to be opened for: one duty of one member of staff.

    hospital_id: None for a role of the city. until: when the duty ends, where that is known; no session outlives it.
    """

    staff_id: UUID
    duty_id: UUID
    hospital_id: UUID | None
    role: Role
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Whom a request's token stands for, and how the session was opened.

    hospital_id, role, duty_id: of the duty in which a member of staff acts; a role of the city has no hospital, and a
    person none of them. created_at: when he proved who he is.
    """

    kind: SubjectKind
    subject_id: UUID
    hospital_id: UUID | None
    role: Role | None
    token_hash: bytes = field(repr=False)
    session_id: UUID
    duty_id: UUID | None
    method: Method
    created_at: datetime

    @property
    def is_of_hospital(self) -> bool:
        """Whether the hospital of the duty alone vouches for him, by its own sign-in: it opens nothing elsewhere."""
        return self.method is Method.OIDC

    def is_fresh(self, now: datetime) -> bool:
        """Say whether he proved who he is a few minutes ago, as what cannot be undone asks for."""
        return now - self.created_at <= FRESH_FOR


@dataclass(frozen=True, slots=True)
class Listed:
    """A session as its owner sees it in a list. device: see `Caller.device`. last_seen_at: to within some minutes.

    hospital_id, role: of the duty, for staff.
    """

    id: UUID
    method: Method
    device: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    hospital_id: UUID | None = None
    role: Role | None = None


@dataclass(frozen=True, slots=True)
class OpenedSession:
    """A session just opened. `token` is said here once and kept nowhere; it goes into the cookie or the API client."""

    token: str = field(repr=False)
    signed_in: SignedIn
    expires_at: datetime
