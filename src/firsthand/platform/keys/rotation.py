"""Turning the sealing key over while the city works: nothing fails to open, and nothing is lost wherever it is killed.

A fresh key is put into the keyring's file, made known to the database, and put in force; processes take it up within
LOOK_AGAIN_SECONDS, and when they meet a value under it. Then each value's data key is rewrapped, until none is left
under another key. An older key is removed only on demand, once nobody can seal with it any more and no value stands
under it; the database first calls it retired.
"""

import asyncio
import secrets
import time
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Final

from firsthand.platform.crypto import KEY_BYTES, KEY_ID_BYTES, LOOK_AGAIN_SECONDS, Keyring, Keys
from firsthand.platform.database import Connection
from firsthand.platform.keys.files import KeyringError
from firsthand.platform.keys.kept import KeyringFile
from firsthand.platform.keys.known import (
    KeyKind,
    KnownKey,
    adopt,
    call_retired,
    in_force,
    make_known,
    read_known,
    refuse_wrong,
)
from firsthand.platform.sealed import SEALED, count_values, open_transactions, rewrap_column, rotate_alone

# Longer than a process may seal with a key that is no longer in force, and the time to send its statement.
SETTLE_SECONDS: Final = 2.0 * LOOK_AGAIN_SECONDS + 1.0
# Longer than a transaction may stay idle (platform/database.py).
_TRANSACTIONS_SECONDS_MAX: Final = 150.0
_PAUSE_SECONDS: Final = 0.2
_PASSES_MAX: Final = 300

Progress = Callable[[int, int | None], None]


@dataclass(frozen=True, slots=True)
class Rotation:
    """What was done. fresh: whether a new key was made, and no earlier rotation finished. unreadable: values left."""

    current: bytes
    fresh: bool
    rewrapped: int
    unreadable: int
    retired: tuple[bytes, ...]


async def prepare_key(conn: Connection, file: KeyringFile) -> bytes:
    """Put a fresh key into the keyring and make it known, and leave the older one in force. Return its id.

    For several machines: each has the new key before any value stands under it. Where one is prepared already it
    stays. conn: as for `rotate`. Raises KeyringError.
    """
    keys, known = await begin_change(conn, file)
    return (await _prepared(conn, file, keys, known))[1]


async def rotate(conn: Connection, file: KeyringFile, *, retire: bool, progress: Progress) -> Rotation:
    """Put a fresh key in force, or go on where a rotation was broken off, and rewrap everything to it.

    conn: the owner's, on which each statement commits by itself. retire: remove the keys that nothing uses any more.
    progress: called with how many values stand under the key, and how many there are (None: unknown). Raises
    KeyringError.
    """
    keys, known = await begin_change(conn, file)
    counts, lost = await count_under(conn), _lost(known)
    fresh = keys.prepared_key_id is not None or not _others(counts, {keys.current_key_id, *lost})
    if fresh:
        keys, current = await _prepared(conn, file, keys, known)
        keys = replace(keys, current_key_id=current, generation=keys.generation + 1)
        file.replace(keys)
    rewrapped, unreadable = await _bring_under(conn, keys, lost, progress)
    retired: tuple[bytes, ...] = ()
    if retire and not unreadable:
        retired = await _retire(conn, file, keys)
    return Rotation(keys.current_key_id, fresh, rewrapped, unreadable, retired)


async def retire_older(conn: Connection, file: KeyringFile, *, progress: Progress) -> Rotation:
    """Finish what an earlier rotation left, and remove the keys that nothing uses any more. No key is made.

    conn, progress: as for `rotate`. Raises KeyringError.
    """
    keys, known = await begin_change(conn, file)
    lost = _lost(known)
    if keys.prepared_key_id is not None:
        raise KeyringError("a key is prepared and not in force yet: run `firsthand keys rotate` first")
    rewrapped, unreadable = await _bring_under(conn, keys, lost, progress)
    retired = () if unreadable else await _retire(conn, file, keys)
    return Rotation(keys.current_key_id, fresh=False, rewrapped=rewrapped, unreadable=unreadable, retired=retired)


async def begin_change(conn: Connection, file: KeyringFile) -> tuple[Keys, tuple[KnownKey, ...]]:
    """Be the only one who changes keys, and return the keyring, which is the database's own. Raises KeyringError."""
    if not await rotate_alone(conn):
        raise KeyringError("another rotation is at work: wait until it has ended")
    keys = in_force(file.read(), await read_known(conn))
    await adopt_keys(conn, keys)
    return keys, await read_known(conn)


async def _prepared(conn: Connection, file: KeyringFile, keys: Keys, known: tuple[KnownKey, ...]) -> tuple[Keys, bytes]:
    """Return the keyring with a key to come, which lies in the file and is known to the database, and that key's id."""
    key_id = keys.prepared_key_id
    if key_id is None:
        key_id = _fresh_id({*keys.sealing_keys, *(each.key_id for each in known)})
        sealing_keys = {**keys.sealing_keys, key_id: secrets.token_bytes(KEY_BYTES)}
        keys = replace(keys, sealing_keys=sealing_keys, generation=keys.generation + 1)
        file.replace(keys)
    await make_known(conn, keys)
    return keys, key_id


async def _bring_under(conn: Connection, keys: Keys, lost: Collection[bytes], progress: Progress) -> tuple[int, int]:
    """Rewrap everything to the current key. Return how many values were, and how many open with no key.

    lost: the keys that were given up; what stands under them is not counted.
    """
    keyring = Keyring(keys)
    rewrapped, _ = await _rewrap_all(conn, keyring, lost, progress)
    await _settle(conn)  # whoever still sealed with the older key has committed
    more, unreadable = await _rewrap_all(conn, keyring, lost, progress)
    return rewrapped + more, unreadable


async def adopt_keys(conn: Connection, keys: Keys) -> None:
    """Let a database that knows no keys yet know these; refuse those that are not its own. Raises KeyringError.

    conn: the owner's.
    """
    known = await read_known(conn)
    if known:
        refuse_wrong(in_force(keys, known), known)
    else:
        await adopt(conn, keys, await count_under(conn))


async def count_under(conn: Connection) -> Counter[bytes]:
    """Return how many values stand under each key id."""
    return sum((await count_values(conn)).values(), Counter[bytes]())


async def _rewrap_all(
    conn: Connection, keyring: Keyring, lost: Collection[bytes], progress: Progress
) -> tuple[int, int]:
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
        left = _others(counts, {current})
        progress(counts[current], counts.total())
        if left <= unreadable:
            return rewrapped, _others(counts, {current, *lost})
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
        await call_retired(conn, KeyKind.SEALING, retired)
        remaining = {key_id: key for key_id, key in keys.sealing_keys.items() if key_id not in retired}
        file.replace(replace(keys, sealing_keys=remaining, generation=keys.generation + 1))
    return retired


def _fresh_id(used: Collection[bytes]) -> bytes:
    """Return an id that no key ever had."""
    key_id = secrets.token_bytes(KEY_ID_BYTES)
    while key_id in used:
        key_id = secrets.token_bytes(KEY_ID_BYTES)
    return key_id


def _others(counts: Counter[bytes], settled: Collection[bytes]) -> int:
    """Return how many values stand under other keys than these."""
    return sum(number for key_id, number in counts.items() if key_id not in settled)


def _lost(known: tuple[KnownKey, ...]) -> frozenset[bytes]:
    return frozenset(each.key_id for each in known if each.is_lost)
