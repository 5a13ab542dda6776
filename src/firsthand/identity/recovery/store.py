"""The SQL of recovery codes. They are kept as keyed hashes; one guarded statement uses one up."""

from collections.abc import Sequence
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from firsthand.identity.recovery.model import CodesLeft
from firsthand.platform.crypto import Keyring
from firsthand.platform.database import Connection

_REMOVE: LiteralString = "DELETE FROM identity.recovery_code WHERE staff_id = %s"
_ADD: LiteralString = """
INSERT INTO identity.recovery_code (staff_id, code_hash, made_at) SELECT %s, unnest(%s::bytea[]), %s
"""
_USE: LiteralString = """
UPDATE identity.recovery_code SET used_at = %s WHERE staff_id = %s AND code_hash = %s AND used_at IS NULL
"""
_LEFT: LiteralString = """
SELECT count(*) FILTER (WHERE used_at IS NULL), max(made_at) FROM identity.recovery_code WHERE staff_id = %s
"""
_ERASE_OF: LiteralString = "DELETE FROM identity.recovery_code WHERE staff_id = ANY(%s)"


async def replace(conn: Connection, keyring: Keyring, staff_id: UUID, codes: Sequence[str], *, now: datetime) -> None:
    """Give a member of staff new codes; the old ones are worth nothing any more."""
    await conn.execute(_REMOVE, (staff_id,))
    await conn.execute(_ADD, (staff_id, [_hash(keyring, staff_id, code) for code in codes], now))


async def use(conn: Connection, keyring: Keyring, staff_id: UUID, code: str, *, now: datetime) -> bool:
    """Use a code up, and say whether it was one of his and unused."""
    return (await conn.execute(_USE, (now, staff_id, _hash(keyring, staff_id, code)))).rowcount > 0


async def count_left(conn: Connection, staff_id: UUID) -> CodesLeft:
    """Return how many unused codes a member of staff has."""
    row = await (await conn.execute(_LEFT, (staff_id,))).fetchone()
    return CodesLeft(*row) if row else CodesLeft(0, None)


async def remove(conn: Connection, staff_id: UUID) -> int:
    """Take all codes of a member of staff away, and return how many they were."""
    return (await conn.execute(_REMOVE, (staff_id,))).rowcount


def _hash(keyring: Keyring, staff_id: UUID, code: str) -> bytes:
    return keyring.blind_index("identity.recovery_code", f"{staff_id}:{code}")


async def erase_of(conn: Connection, staff_ids: Sequence[UUID]) -> int:
    """Erase the recovery codes of members of staff who left, and return how many there were."""
    return (await conn.execute(_ERASE_OF, (list(staff_ids),))).rowcount
