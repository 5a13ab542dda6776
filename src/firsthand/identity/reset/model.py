"""What an administrator did to somebody's sign-in."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

LINK_VALID_FOR: Final = timedelta(hours=1)
TOKEN_BYTES: Final = 32


class ResetKind(StrEnum):
    """SECOND_FACTOR: it was taken away, and is set up anew after the password. LINK: a link to set up everything."""

    SECOND_FACTOR = "second_factor"
    LINK = "link"


@dataclass(frozen=True, slots=True)
class Reset:
    """One such act. by_staff_id: who did it, None for the command line. used_at: of a link; told_at: when he saw it."""

    id: UUID
    staff_id: UUID
    kind: ResetKind
    by_staff_id: UUID | None
    made_at: datetime
    used_at: datetime | None = None
    told_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """A one-time link, just made. `token` is said here once."""

    reset: Reset
    token: str = field(repr=False)
    expires_at: datetime
