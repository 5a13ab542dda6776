"""Recovery codes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

# Ten codes of 50 bits each: nobody guesses one, however long he has the table without the key.
CODES: Final = 10
CODE_CHARACTERS: Final = 10


@dataclass(frozen=True, slots=True)
class CodesLeft:
    """How many of somebody's codes are unused, and when they were made; None when he has none."""

    count: int
    made_at: datetime | None
