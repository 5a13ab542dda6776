"""What work is asked for, and what is counted to tell an attack."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

# Some seconds on an old phone, unseen by whoever fills in the form; 3 ms to check. Source: ALTCHA, version 2.
ALGORITHM: Final = "PBKDF2/SHA-256"
COST: Final = 5000
KEY_PREFIX: Final = "00"
# As long as somebody may take over the form.
VALID_FOR: Final = timedelta(minutes=20)
PROOF_CHARACTERS_MAX: Final = 2000


class Path(StrEnum):
    """What work opens: it is good for one of these, once."""

    ASK_CODE = "ask_code"
    REGISTER = "register"
    ENTER_CODE = "enter_code"
    STAFF = "staff"


@dataclass(frozen=True, slots=True)
class Counted:
    """What the whole city did in the window before and in the one that runs: (before, now)."""

    requests: tuple[int, int] = (0, 0)
    failures: tuple[int, int] = (0, 0)
    sign_in_messages: tuple[int, int] = (0, 0)
    registration_messages: tuple[int, int] = (0, 0)
