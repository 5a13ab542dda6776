"""Where randomness comes from.

Actions ask `World.chance`; rules are handed what was drawn. `SeededChance` is for tests, the demo and the lab alone:
whoever knows its seed can foresee every code.
"""

import random
import secrets
from datetime import UTC, datetime, timedelta
from typing import Protocol
from uuid import UUID

# Crockford's base 32: no I, L, O or U, so that a code survives being read out or written down.
CODE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
BOOKING_CODE_LENGTH = 12

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Chance(Protocol):
    """A source of random bytes."""

    def bytes(self, count: int) -> bytes:
        """Return `count` random bytes."""
        ...


class SystemChance:
    """The operating system's randomness."""

    def bytes(self, count: int) -> bytes:
        """Return `count` random bytes."""
        return secrets.token_bytes(count)


class SeededChance:
    """Randomness that repeats itself for the same seed."""

    def __init__(self, seed: int) -> None:
        """Start the sequence that belongs to `seed`."""
        self._random = random.Random(seed)  # noqa: S311 - repeatable on purpose, and kept out of `serve`

    def bytes(self, count: int) -> bytes:
        """Return `count` bytes of the sequence."""
        return self._random.randbytes(count)


def new_id(chance: Chance, now: datetime) -> UUID:
    """Make a UUID of version 7: ids of one millisecond lie together in an index. Source: RFC 9562, section 5.7."""
    milliseconds = (now - _EPOCH) // timedelta(milliseconds=1)
    bits = milliseconds << 80 | int.from_bytes(chance.bytes(10))
    bits = bits & ~(0xF << 76) | 0x7 << 76
    bits = bits & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=bits)


def new_booking_code(chance: Chance) -> str:
    """Make the 12 characters (60 bits) by which a booking is found at the desk."""
    bits = int.from_bytes(chance.bytes(8))
    return "".join(CODE_ALPHABET[bits >> (5 * place) & 31] for place in range(BOOKING_CODE_LENGTH))


def new_digits(chance: Chance, count: int) -> str:
    """Make a code of `count` decimal digits, each value as likely as any other."""
    limit = 10**count
    width = (limit.bit_length() + 7) // 8 + 1
    ceiling = 256**width - 256**width % limit
    while (drawn := int.from_bytes(chance.bytes(width))) >= ceiling:
        pass
    return str(drawn % limit).zfill(count)
