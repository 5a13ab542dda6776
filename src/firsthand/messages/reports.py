"""Whether a delivery report is the gateway's: it signs the instant and the body with a secret that both of them have.

An instant that is long past or to come is not believed, so a report that somebody caught is of no use later; sent again
before, it says what is known already. The signature covers the body, so a report cannot be put to another message.
"""

import hmac
import re
from datetime import datetime
from typing import Final

# As far as two clocks may differ, and a report may take.
SECONDS_APART_MAX: Final = 300
_STAMP: Final = re.compile(r"[0-9]{1,12}")
_SIGNATURE: Final = re.compile(r"[0-9a-f]{64}")


def sign_report(key: bytes, stamp: str, body: bytes) -> str:
    """Return the signature: HMAC-SHA-256 over the stamp, a full stop and the body, in 64 small hexadecimal digits."""
    return hmac.digest(key, stamp.encode() + b"." + body, "sha256").hex()


def is_genuine(key: bytes, stamp: str, signature: str, body: bytes, *, now: datetime) -> bool:
    """Say whether a report was signed with the key, and lately. stamp: seconds since 1970, as it was sent."""
    if not (_STAMP.fullmatch(stamp) and _SIGNATURE.fullmatch(signature)):
        return False
    right = hmac.compare_digest(sign_report(key, stamp, body).encode(), signature.encode())
    return right and abs(now.timestamp() - int(stamp)) <= SECONDS_APART_MAX
