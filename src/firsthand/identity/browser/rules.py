"""By which mark a browser is known to have signed a person in before, so that no stranger uses up his tries.

The mark is a cookie: a random name of the browser, and for each of the last persons a keyed hash of both. It opens
nothing: it only chooses under which count a request for a code falls. Source: OWASP, "Slow Down Online Guessing Attacks
with Device Cookies".
"""

import base64
import hmac
import re
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from firsthand.platform.crypto import Keyring

# A family's computer.
PERSONS_MAX: Final = 6
NAME_BYTES: Final = 16
_PART: Final = r"[A-Za-z0-9_-]{22}"
_MARK: Final = re.compile(rf"{_PART}(?:\.{_PART}){{1,{PERSONS_MAX}}}")
_HASH_BYTES: Final = 16


def is_known(keyring: Keyring, mark: str, person_ids: Sequence[UUID]) -> bool:
    """Say whether the browser with this mark has signed in one of these persons before."""
    if len(mark) > 200 or not _MARK.fullmatch(mark):  # noqa: PLR2004 - longer than any mark
        return False
    name, *kept = mark.split(".")
    expected = [_hash(keyring, name, person_id) for person_id in person_ids]
    return any(hmac.compare_digest(one, other) for one in kept for other in expected)


def counted_as(keyring: Keyring, subject: bytes, mark: str, *, known: bool) -> bytes:
    """Return the keyed hash (32 bytes) under which a request about `subject` is counted: with its browser, if known."""
    if not known:
        return subject
    return keyring.blind_index("identity.browser.counted", f"{subject.hex()}:{mark.partition('.')[0]}")


def marked(keyring: Keyring, mark: str, person_id: UUID, *, drawn: bytes) -> str:
    """Return the mark of a browser that has just signed this person in. drawn: 16 random bytes, for a new name."""
    name, *kept = mark.split(".") if len(mark) <= 200 and _MARK.fullmatch(mark) else [_text(drawn)]  # noqa: PLR2004
    own = _hash(keyring, name, person_id)
    return ".".join([name, own, *[one for one in kept if one != own][: PERSONS_MAX - 1]])


def _hash(keyring: Keyring, name: str, person_id: UUID) -> str:
    return _text(keyring.blind_index("identity.browser", f"{name}:{person_id}")[:_HASH_BYTES])


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
