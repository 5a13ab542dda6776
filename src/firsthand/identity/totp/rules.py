"""Which code an app shows when. Source: RFC 6238."""

import base64
import hmac
from datetime import datetime

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.hotp import HOTP
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from firsthand.identity.totp.model import CODE_DIGITS, DRIFT_STEPS, ISSUER, STEP_SECONDS

_GROUP = 4


def step_at(now: datetime) -> int:
    """Return the time step that the aware instant `now` lies in."""
    return int(now.timestamp()) // STEP_SECONDS


def code_at(secret: bytes, step: int) -> str:
    """Return the code of a time step, 0 or later."""
    return HOTP(secret, CODE_DIGITS, SHA1()).generate(step).decode()  # noqa: S303 - what every app does


def matching_step(secret: bytes, code: str, *, now: datetime) -> int | None:
    """Return the time step whose code this is, the latest first, among those that `now` allows; None when it is none.

    All steps are looked at, so that the answer takes as long for each.
    """
    current, found = step_at(now), None
    for step in range(max(0, current - DRIFT_STEPS), current + DRIFT_STEPS + 1):
        if hmac.compare_digest(code_at(secret, step).encode(), code.encode()):
            found = step
    return found


def address_of(secret: bytes, username: str) -> str:
    """Return the `otpauth://` address that an app reads from a QR code."""
    return TOTP(secret, CODE_DIGITS, SHA1(), STEP_SECONDS).get_provisioning_uri(username, ISSUER)  # noqa: S303 - the same


def spelled(secret: bytes) -> str:
    """Return a secret as it is typed into an app by hand: base 32, in groups of four."""
    text = base64.b32encode(secret).decode().rstrip("=")
    return " ".join(text[start : start + _GROUP] for start in range(0, len(text), _GROUP))
