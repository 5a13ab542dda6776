"""Turning the sealing key over while the city works: nothing fails to open, and nothing is lost wherever it is killed.

A fresh key is put into the keyring's file and is in force at once; processes take it up within LOOK_AGAIN_SECONDS, and
when they meet a value under it. Then each value's data key is rewrapped, until none is left under another key. An
older key is removed only on demand, once nobody can seal with it any more and no value stands under it.
"""

import asyncio
import secrets
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from firsthand.platform.crypto import KEY_BYTES, KEY_ID_BYTES, LOOK_AGAIN_SECONDS, Keyring, Keys
from firsthand.platform.database import Connection
from firsthand.platform.keys.files import KeyringError
from firsthand.platform.keys.kept import KeyringFile
from firsthand.platform.sealed import SEALED, count_values, open_transactions, rewrap_column, rotate_alone

# Longer than a process may seal with a key that is no longer in force, and the time to send its statement.
SETTLE_SECONDS: Final = 2.0 * LOOK_AGAIN_SECONDS + 1.0
# Longer than a transaction may stay idle (platform/database.py).
_TRANSACTIONS_SECONDS_MAX: Final = 150.0
_PAUSE_SECONDS: Final = 0.2
_PASSES_MAX: Final = 300

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Rotation:
    """What was done. fresh: whether a new key was made, and no earlier rotation finished. unreadable: values left."""

    current: bytes
    fresh: bool
    rewrapped: int
    unreadable: int
    retired: tuple[bytes, ...]


async def rotate(conn: Connection, file: KeyringFile, *, retire: bool, progress: Progress) -> Rotation:
    """Put a fresh key in force, or go on where a rotation was broken off, and rewrap everything to it.

    conn: the owner's, on which each statement commits by itself. retire: remove the keys that nothing uses any more.
    progress: called with how many values stand under the key, and how many there are. Raises KeyringError.
    """
    if not await rotate_alone(conn):
        raise KeyringError("another rotation is at work: wait until it has ended")
    keys = file.read()
    counts = await count_under(conn)
    fresh = not _others(counts, keys.current_key_id)
    if fresh:
        keys = _with_fresh_key(keys)
        file.replace(keys)
    keyring = Keyring(keys)
    rewrapped, unreadable = await _rewrap_all(conn, keyring, progress)
    await _settle(conn)  # whoever still sealed with the older key has committed
    more, unreadable = await _rewrap_all(conn, keyring, progress)
    retired: tuple[bytes, ...] = ()
    if retire and not unreadable:
        retired = await _retire(conn, file, keys)
    return Rotation(keys.current_key_id, fresh, rewrapped + more, unreadable, retired)


async def count_under(conn: Connection) -> Counter[bytes]:
    """Return how many values stand under each key id."""
    return sum((await count_values(conn)).values(), Counter[bytes]())


async def _rewrap_all(conn: Connection, keyring: Keyring, progress: Progress) -> tuple[int, int]:
    """Walk until nothing is left but what does not open. Return how many values were rewrapped, and are left."""
    rewrapped = left = 0
    current = keyring.keys.current_key_id
    for _ in range(_PASSES_MAX):
        unreadable = 0
        for column in SEALED:
            done = await rewrap_column(conn, keyring, column)
            rewrapped += done.rewrapped
            unreadable += done.unreadable
        counts = await count_under(conn)
        left = _others(counts, current)
        progress(counts[current], counts.total())
        if left <= unreadable:
            return rewrapped, left
        await asyncio.sleep(_PAUSE_SECONDS)  # somebody holds rows; he is not waited for in the middle of a walk
    raise KeyringError(f"{left} values are held by others and were not rewrapped: run this command again")


async def _settle(conn: Connection) -> None:
    """Wait until nobody can seal with an older key, and what was begun before has ended."""
    await asyncio.sleep(SETTLE_SECONDS)
    begun = await open_transactions(conn)
    deadline = time.monotonic() + _TRANSACTIONS_SECONDS_MAX
    while begun & await open_transactions(conn):
        if time.monotonic() > deadline:
            raise KeyringError(
                "a transaction has been open for minutes and may hold values under the older key: look at "
                "pg_stat_activity, and run this command again"
            )
        await asyncio.sleep(_PAUSE_SECONDS)


async def _retire(conn: Connection, file: KeyringFile, keys: Keys) -> tuple[bytes, ...]:
    """Remove the keys under which no value stands, and return their ids."""
    used = {key_id for key_id, number in (await count_under(conn)).items() if number}
    retired = tuple(sorted(set(keys.sealing_keys) - used - {keys.current_key_id}))
    if retired:
        remaining = {key_id: key for key_id, key in keys.sealing_keys.items() if key_id not in retired}
        file.replace(replace(keys, sealing_keys=remaining))
    return retired


def _with_fresh_key(keys: Keys) -> Keys:
    key_id = secrets.token_bytes(KEY_ID_BYTES)
    while key_id in keys.sealing_keys:
        key_id = secrets.token_bytes(KEY_ID_BYTES)
    return replace(
        keys, sealing_keys={**keys.sealing_keys, key_id: secrets.token_bytes(KEY_BYTES)}, current_key_id=key_id
    )


def _others(counts: Counter[bytes], current: bytes) -> int:
    return counts.total() - counts[current]
