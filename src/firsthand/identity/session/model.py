"""Who is signed in, and for how long."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

# A person's session ends with the day's errands; a clerk's with the shift. Both sign in again in a minute.
PERSON_SESSION: Final = timedelta(hours=12)
STAFF_SESSION: Final = timedelta(hours=10)
TOKEN_BYTES: Final = 32


class SubjectKind(StrEnum):
    """Whom a session stands for."""

    PERSON = "person"
    STAFF = "staff"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Whom a request's token stands for. Staff have a hospital and a role; a person has neither (None)."""

    kind: SubjectKind
    subject_id: UUID
    hospital_id: UUID | None
    role: str | None
    token_hash: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class OpenedSession:
    """A session just opened. `token` is said here once and kept nowhere; it goes into the cookie or the API client."""

    token: str = field(repr=False)
    signed_in: SignedIn
    expires_at: datetime
