"""What can be a recovery code, and how one is written."""

import unicodedata
from typing import Final

from firsthand.identity.recovery.model import CODE_CHARACTERS
from firsthand.platform.chance import CODE_ALPHABET

_RAW_CHARACTERS_MAX: Final = 50
# Crockford: what is read or written for one another counts as the same.
_ALIKE: Final = str.maketrans("ILO", "110")


def code_of(drawn: bytes) -> str:
    """Return the code that random bytes stand for, at least as many as it has characters."""
    return "".join(CODE_ALPHABET[byte & 31] for byte in drawn[:CODE_CHARACTERS])


def parse_code(raw: str) -> str | None:
    """Return a code as it is kept, from any width, case and spacing; None when it is none."""
    if len(raw) > _RAW_CHARACTERS_MAX:
        return None
    text = unicodedata.normalize("NFKC", raw).upper().replace("-", " ").translate(_ALIKE)
    code = "".join(text.split())
    return code if len(code) == CODE_CHARACTERS and set(code) <= set(CODE_ALPHABET) else None


def spelled(code: str) -> str:
    """Return a code as it is printed: two groups of five."""
    return f"{code[: CODE_CHARACTERS // 2]}-{code[CODE_CHARACTERS // 2 :]}"
