"""Which keys a database knows: by their ids and a keyed hash of each, so that a wrong keyring is refused at the start.

A key is made known before it is in force, and called retired before it leaves the keyring: wherever a change is broken
off, the keyring that lies there is one that the database takes.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, LiteralString

from firsthand.platform.crypto import KEY_ID_BYTES, Keys, proof_of
from firsthand.platform.database import Connection
from firsthand.platform.keys.files import KeyringError

_KNOWN: LiteralString = """
SELECT kind, key_id, proof, retired_at IS NOT NULL, lost_at IS NOT NULL FROM platform.known_key ORDER BY known_at
"""
_MAKE_KNOWN: LiteralString = """
INSERT INTO platform.known_key AS known (kind, key_id, proof) VALUES (%s, %s, %s)
ON CONFLICT (kind, key_id) DO UPDATE SET proof = EXCLUDED.proof, retired_at = NULL, lost_at = NULL
"""
_RETIRE: LiteralString = """
UPDATE platform.known_key SET retired_at = now()
WHERE kind = %s AND key_id = ANY(%s) AND retired_at IS NULL
"""
# A key of an earlier version's values may never have been known: then there is nothing to know it by.
_CALL_LOST: LiteralString = """
INSERT INTO platform.known_key AS known (kind, key_id, proof, retired_at, lost_at)
VALUES (%s, %s, decode(repeat('00', 32), 'hex'), now(), now())
ON CONFLICT (kind, key_id) DO UPDATE SET retired_at = now(), lost_at = now() WHERE known.lost_at IS NULL
"""
_MAY_CHANGE: LiteralString = "SELECT has_table_privilege('platform.known_key', 'UPDATE')"
_WHAT_TO_DO: Final = (
    "put the newest backup of the keyring there; where there is none, `firsthand keys give-up` says what is lost"
)


class KeyKind(StrEnum):
    """SEALING keys seal. The INDEX key finds."""

    SEALING = "sealing"
    INDEX = "index"


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A key that a database knows.

    proof: 32 bytes, as `proof_of`. is_retired: it is not asked for any more. is_lost: although values stand under it.
    """

    kind: KeyKind
    key_id: bytes
    proof: bytes
    is_retired: bool = False
    is_lost: bool = False


def known_of(keys: Keys) -> tuple[KnownKey, ...]:
    """Return what a database is to know of these keys. The index key is named by the first bytes of its proof."""
    index = proof_of(keys.index_key)
    return (
        KnownKey(KeyKind.INDEX, index[:KEY_ID_BYTES], index),
        *(KnownKey(KeyKind.SEALING, key_id, proof_of(key)) for key_id, key in keys.sealing_keys.items()),
    )


def in_force(keys: Keys, known: Iterable[KnownKey]) -> Keys:
    """Return the keys with the index key that the database needs, where the keyring holds the next one beside it."""
    if keys.next_index_key is None:
        return keys
    needed = {each.proof for each in known if each.kind is KeyKind.INDEX and not each.is_retired}
    if proof_of(keys.next_index_key) not in needed:
        return keys
    return replace(keys, index_key=keys.next_index_key, next_index_key=None, generation=keys.generation + 1)


def missing_keys(keys: Keys, known: Iterable[KnownKey]) -> tuple[KnownKey, ...]:
    """Return the keys that the database needs and the keyring lacks, or has otherwise under the same id."""
    held = set(known_of(keys))
    return tuple(each for each in known if not each.is_retired and each not in held)


def why_wrong(keys: Keys, known: Collection[KnownKey]) -> str | None:
    """Return what is wrong with a keyring for a database that knows these keys, and what to do; None: nothing.

    A database that knows none yet takes any.
    """
    missing = missing_keys(keys, known)
    sealing = sorted(each.key_id.hex() for each in missing if each.kind is KeyKind.SEALING)
    if len(missing) > len(sealing):
        return f"the keyring belongs to another database, its index key is another one: {_WHAT_TO_DO}"
    if sealing:
        return (
            f"the keyring lacks keys that this database needs ({', '.join(sealing)}): it is older than the database, "
            f"or was changed; {_WHAT_TO_DO}"
        )
    retired = {each.key_id for each in known if each.is_retired and each.kind is KeyKind.SEALING}
    if keys.current_key_id in retired:
        return (
            f"the keyring seals with the key {keys.current_key_id.hex()}, which this database has retired: it is older "
            f"than the database; {_WHAT_TO_DO}"
        )
    return None


def refuse_wrong(keys: Keys, known: Collection[KnownKey]) -> None:
    """Raise KeyringError for a keyring that is not this database's newest."""
    reason = why_wrong(keys, known)
    if reason is not None:
        raise KeyringError(reason)


async def may_change(conn: Connection) -> bool:
    """Say whether this login may say which keys the database needs."""
    row = await (await conn.execute(_MAY_CHANGE)).fetchone()
    return row is not None and bool(row[0])


async def read_known(conn: Connection) -> tuple[KnownKey, ...]:
    """Return the keys that the database knows, in the order in which it came to know them."""
    rows = await (await conn.execute(_KNOWN)).fetchall()
    return tuple(KnownKey(KeyKind(kind), *rest) for kind, *rest in rows)


async def make_known(conn: Connection, keys: Keys) -> None:
    """Let the database need every key of the keyring, for as long as it lies there. conn: the owner's."""
    async with conn.transaction():
        for each in known_of(keys):
            await conn.execute(_MAKE_KNOWN, (each.kind, each.key_id, each.proof))


async def call_retired(conn: Connection, kind: KeyKind, key_ids: Collection[bytes]) -> None:
    """Let the database need these keys no longer. conn: the owner's."""
    await conn.execute(_RETIRE, (kind, list(key_ids)))


async def call_lost(conn: Connection, kind: KeyKind, key_id: bytes) -> None:
    """Let the database go on without a key under which values stand. conn: the owner's."""
    await conn.execute(_CALL_LOST, (kind, key_id))


async def adopt(conn: Connection, keys: Keys, under: Mapping[bytes, int]) -> None:
    """Let a database that knows no keys yet know these. under: its values by key id. Raises KeyringError.

    A database of an earlier version has values and knows no keys: a keyring that lacks one of theirs is not its own.
    """
    lacking = sorted(key_id.hex() for key_id, number in under.items() if number and key_id not in keys.sealing_keys)
    if lacking:
        raise KeyringError(
            f"the keyring lacks keys under which values stand in this database ({', '.join(lacking)}): it is older "
            f"than the database, or of another one; {_WHAT_TO_DO}"
        )
    await make_known(conn, keys)
