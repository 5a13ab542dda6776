"""One-time codes: how long they hold, and what is handed out with one."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from firsthand.identity.model import Reason

# 6 digits and 5 tries: one code is guessed once in 200,000 times. With 40 wrong entries a day for a number (limits.py),
# an attacker who knows it gets in once in 25,000 days. Source: NIST SP 800-63B-4, sections 3.1.3 and 3.2.2.
CODE_DIGITS: Final = 6
TRIES_MAX: Final = 5
VALID_FOR: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class NewCode:
    """A code to be written down. claim: what becomes of it once it is entered rightly, for the room that made it.

    counted_as: the keyed hash (32 bytes) under which wrong entries of it and of its like are counted together.
    """

    id: UUID
    code: str = field(repr=False)
    claim: bytes = field(repr=False)
    expires_at: datetime
    counted_as: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Entry:
    """What an entry came to: the code's claim, or why it is not given. counted_as, asked_at: the code's own."""

    outcome: bytes | Reason = field(repr=False)
    counted_as: bytes | None = field(default=None, repr=False)
    asked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CodeRequested:
    """The answer to every request for a code: it says nothing of whether one was sent."""

    code_id: UUID
    expires_at: datetime
