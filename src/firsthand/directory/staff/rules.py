"""What is a username, and what is a name to be shown."""

import re
import unicodedata
from typing import Final

from firsthand.directory.staff.model import Username

_USERNAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{2,63}")
_RAW_CHARACTERS_MAX: Final = 100
DISPLAY_NAME_CHARACTERS_MAX: Final = 100


def parse_username(raw: str) -> Username | None:
    """Return a username as it is kept, from any width and case; None when it is none.

    3 to 64 characters: a-z, 0-9, and after the first also dot, dash and underscore.
    """
    if len(raw) > _RAW_CHARACTERS_MAX:
        return None
    name = unicodedata.normalize("NFKC", raw).strip().lower()
    return Username(name) if _USERNAME.fullmatch(name) else None


def is_display_name(text: str) -> bool:
    """Say whether a text can stand for a member of staff on a page: 1 to 100 visible characters in NFC."""
    visible = not any(unicodedata.category(character).startswith("C") for character in text)
    tidy = text == text.strip() and unicodedata.is_normalized("NFC", text)
    return 1 <= len(text) <= DISPLAY_NAME_CHARACTERS_MAX and visible and tidy
