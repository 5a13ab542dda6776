"""A sign-in that stands between the first proof and the second. Its token opens no page and calls no API."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

STEP_VALID_FOR: Final = timedelta(minutes=10)
TRIES_MAX: Final = 5
TOKEN_BYTES: Final = 32


class Need(StrEnum):
    """What the sign-in still needs: a code of the second factor, or that one is set up first."""

    SECOND_FACTOR = "second_factor"
    ENROLMENT = "enrolment"


@dataclass(frozen=True, slots=True)
class Step:
    """Whose sign-in it is, and what it still needs."""

    staff_id: UUID
    need: Need
    token_hash: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class OpenedStep:
    """A step just opened. `token` is said here once; it goes into a cookie of its own, never into the session's."""

    token: str = field(repr=False)
    step: Step
    expires_at: datetime
