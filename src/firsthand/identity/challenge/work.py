"""Making a piece of work, and checking that it was done: ALTCHA, version 2, by its library.

Nothing is kept of work that is asked for: the browser brings it back signed. What was done is kept until it would have
run out, so that it counts once.
"""

import base64
import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from altcha import Payload, create_challenge, verify_solution

from firsthand.identity.challenge.model import ALGORITHM, COST, KEY_PREFIX, PROOF_CHARACTERS_MAX, VALID_FOR, Path
from firsthand.platform.crypto import Keyring

_PURPOSE: Final = "identity.challenge"


@dataclass(frozen=True, slots=True)
class Done:
    """Work that was rightly done. proof: 32 bytes, the same for every solution of one piece of work."""

    proof: bytes
    expires_at: datetime


def ask(keyring: Keyring, path: Path, *, now: datetime) -> str:
    """Return a new piece of work for one path, as JSON for the browser or program that is to do it."""
    # The library would read the machine's clock for an expiry of its own, so ours stands in the data, signed as well.
    data = {"path": path.value, "until": int((now + VALID_FOR).timestamp())}
    challenge = create_challenge(ALGORITHM, COST, key_prefix=KEY_PREFIX, data=data, hmac_secret=_secret(keyring))
    return json.dumps(challenge.to_dict(), separators=(",", ":"))


def check(keyring: Keyring, path: Path, proof: str, *, now: datetime) -> Done | None:
    """Return what was done where `proof` is a right solution, for this path and in time; else None."""
    payload = _parse(proof)
    if payload is None or not verify_solution(payload, _secret(keyring)).verified:
        return None
    # What is signed was written by `ask`.
    data: dict[str, Any] = payload.challenge.parameters.data or {}
    until = datetime.fromtimestamp(int(data.get("until", 0)), UTC)
    if data.get("path") != path.value or until <= now:
        return None
    return Done(hashlib.sha256(str(payload.challenge.signature).encode()).digest(), until)


def _parse(proof: str) -> Payload | None:
    if not proof or len(proof) > PROOF_CHARACTERS_MAX:
        return None
    try:
        return Payload.from_dict(json.loads(base64.b64decode(proof, validate=True)))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _secret(keyring: Keyring) -> bytes:
    return keyring.blind_index(_PURPOSE, "altcha")
