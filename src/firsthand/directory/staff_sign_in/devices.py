"""Browsers in which somebody has signed in before, by what they keep of it.

Wrong passwords from such a browser are counted by themselves, so that strangers who guess at a name never shut its
owner out where he works. What a browser keeps names nobody, and opens nothing.
Source: OWASP, Slow Down Online Guessing Attacks with Device Cookies.
"""

import base64
from typing import Final

from firsthand.platform.chance import Chance
from firsthand.platform.crypto import Keyring

# The clerks who share a computer; the first of more is forgotten.
NAMES_MAX: Final = 12
_NONCE_BYTES: Final = 16
_MARK_CHARACTERS: Final = 32
_NONCE_CHARACTERS: Final = 22
CHARACTERS_MAX: Final = _NONCE_CHARACTERS + NAMES_MAX * (_MARK_CHARACTERS + 1)


def subject_of(keyring: Keyring, device: str, username: str) -> bytes | None:
    """Return by what (32 bytes) a name is counted in a browser; None where it has not signed in there before."""
    nonce, marks = _parts(device)
    mark = _mark(keyring, nonce, username)
    return keyring.blind_index("staff.device.count", f"{nonce}:{username}") if nonce and mark in marks else None


def remember(keyring: Keyring, chance: Chance, device: str, username: str) -> str:
    """Return what a browser is to keep, now that a name has signed in there."""
    nonce, marks = _parts(device)
    if not nonce:
        nonce = base64.urlsafe_b64encode(chance.bytes(_NONCE_BYTES)).rstrip(b"=").decode()
    mark = _mark(keyring, nonce, username)
    others = [one for one in marks if one != mark]
    return ".".join([nonce, *others[-(NAMES_MAX - 1) :], mark])


def _parts(device: str) -> tuple[str, list[str]]:
    if len(device) > CHARACTERS_MAX or not device.isascii():
        return "", []
    nonce, *marks = device.split(".")
    return (nonce, marks) if len(nonce) == _NONCE_CHARACTERS else ("", [])


def _mark(keyring: Keyring, nonce: str, username: str) -> str:
    return keyring.blind_index("staff.device", f"{nonce}:{username}").hex()[:_MARK_CHARACTERS]
