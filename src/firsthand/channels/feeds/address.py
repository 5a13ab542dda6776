"""Which addresses are followed, and shown as links."""

import re
from typing import Final
from urllib.parse import urlsplit

_BLANK_OR_CONTROL: Final = re.compile(r"[\s\x00-\x1f\x7f]")


def is_web_address(text: str) -> bool:
    """Tell whether `text` is a whole http or https address, with a host and, if it names one, a possible port."""
    try:
        parts = urlsplit(text)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return sound and not _BLANK_OR_CONTROL.search(text)
