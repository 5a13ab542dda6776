"""Counting attempts at things that must not be tried often: asking for codes, guessing passwords.

Windows are fixed: a limit of 5 in 10 minutes starts anew at :00, :10, :20. So up to twice the limit can fall on either
side of a boundary, which the numbers allow for; in return an attempt costs one statement on one row.
"""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import LiteralString

from firsthand.platform.crypto import Keyring
from firsthand.platform.database import Connection

# Counts up to the limit and no further, so that a flood of attempts writes nothing. The conflicting row is locked
# before it is looked at: parallel attempts are counted one after the other.
_COUNT: LiteralString = """
INSERT INTO platform.attempt AS attempt (bucket, subject, window_at, count) VALUES (%s, %s, %s, 1)
ON CONFLICT (bucket, subject, window_at) DO UPDATE SET count = attempt.count + 1 WHERE attempt.count < %s
RETURNING count
"""
_WITHIN: LiteralString = """
SELECT FROM platform.attempt WHERE bucket = %s AND subject = %s AND window_at = %s AND count >= %s
"""
_TALLY: LiteralString = """
INSERT INTO platform.attempt AS attempt (bucket, subject, window_at, count) VALUES (%s, %s, %s, 1)
ON CONFLICT (bucket, subject, window_at) DO UPDATE SET count = attempt.count + 1
"""
_TOTALS: LiteralString = """
SELECT bucket, window_at, sum(count) FROM platform.attempt
WHERE bucket = ANY(%s) AND subject = ANY(%s) AND window_at = ANY(%s) GROUP BY bucket, window_at
"""
_FORGET: LiteralString = "DELETE FROM platform.attempt WHERE window_at < %s"

# Who holds an IPv6 address holds its whole /64. Source: RFC 6177, section 2.
_IPV6_NETWORK_BITS = 64

LONGEST_WINDOW_SECONDS = 86_400

# What the whole city does is counted in so many rows for each window, so that transactions seldom wait for one another.
_SHARDS = tuple(bytes([number]) for number in range(16))


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `attempts_max` in each window of `window_seconds` (a day or less), counted under the name `bucket`."""

    bucket: str
    attempts_max: int
    window_seconds: int

    def __post_init__(self) -> None:
        """Refuse a limit that means nothing."""
        if self.attempts_max < 1 or not 1 <= self.window_seconds <= LONGEST_WINDOW_SECONDS:
            message = f"{self.bucket}: a limit allows at least 1 attempt in a window of 1 s to 1 day"
            raise ValueError(message)


async def allow(conn: Connection, limit: Limit, subject: bytes, *, now: datetime) -> bool:
    """Count one attempt by `subject`, a keyed hash, and say whether it is within the limit.

    The counter's row stays locked until the transaction of `conn` ends: callers that count under several buckets
    count in one fixed order. now: an aware instant.
    """
    window_at = window_start(now, limit.window_seconds)
    cursor = await conn.execute(_COUNT, (limit.bucket, subject, window_at, limit.attempts_max))
    return await cursor.fetchone() is not None


async def is_within(conn: Connection, limit: Limit, subject: bytes, *, now: datetime) -> bool:
    """Say whether `subject` may try once more, and count nothing."""
    window_at = window_start(now, limit.window_seconds)
    cursor = await conn.execute(_WITHIN, (limit.bucket, subject, window_at, limit.attempts_max))
    return await cursor.fetchone() is None


async def tally(conn: Connection, bucket: str, window_seconds: int, *, drawn: int, now: datetime) -> None:
    """Count one event of the whole city. drawn: a random number, which chooses the row that counts it."""
    shard = _SHARDS[drawn % len(_SHARDS)]
    await conn.execute(_TALLY, (bucket, shard, window_start(now, window_seconds)))


async def totals(
    conn: Connection, buckets: Sequence[str], window_seconds: int, *, now: datetime
) -> dict[str, tuple[int, int]]:
    """Return, for each bucket, what was counted of the whole city in the window before and in the one that runs."""
    current = window_start(now, window_seconds)
    windows = [current - timedelta(seconds=window_seconds), current]
    rows = await (await conn.execute(_TOTALS, (list(buckets), list(_SHARDS), windows))).fetchall()
    counted = {(bucket, window_at): int(total) for bucket, window_at, total in rows}
    return {bucket: (counted.get((bucket, windows[0]), 0), counted.get((bucket, current), 0)) for bucket in buckets}


async def forget(conn: Connection, *, now: datetime) -> int:
    """Delete the counters of windows that have ended by `now`, and return how many they were."""
    cursor = await conn.execute(_FORGET, (now - timedelta(seconds=LONGEST_WINDOW_SECONDS),))
    return cursor.rowcount


def window_start(now: datetime, window_seconds: int) -> datetime:
    """Return the start, in UTC, of the window of `window_seconds` that the aware instant `now` lies in."""
    return datetime.fromtimestamp(int(now.timestamp()) // window_seconds * window_seconds, UTC)


def address_index(keyring: Keyring, address: str) -> bytes:
    """Return the keyed hash (32 bytes) under which a network address is counted."""
    return keyring.blind_index("platform.attempt.address", network_of(address))


def network_of(address: str) -> str:
    """Return what is counted as one place on the network: an IPv4 address, or the /64 of an IPv6 address.

    What is no address (a Unix socket, a broken proxy header) counts as one place, "unknown".
    """
    try:
        parsed = ipaddress.ip_address(address.strip())
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(parsed), _IPV6_NETWORK_BITS), strict=False))
