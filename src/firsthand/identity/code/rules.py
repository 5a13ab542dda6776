"""What can be a one-time code."""

import re
import unicodedata
from typing import Final

from firsthand.identity.code.model import CODE_DIGITS

_CODE: Final = re.compile(rf"[0-9]{{{CODE_DIGITS}}}")
_RAW_CHARACTERS_MAX: Final = 50


def parse_code(raw: str) -> str | None:
    """Return the digits of a code as somebody typed or pasted it, in any width and spacing; None when it is none."""
    if len(raw) > _RAW_CHARACTERS_MAX:
        return None
    digits = "".join(unicodedata.normalize("NFKC", raw).replace("-", " ").split())
    return digits if _CODE.fullmatch(digits) else None
