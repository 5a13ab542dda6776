"""The SQL of one-time codes. A code is kept as a keyed hash bound to its row, so that a copy of the table says nothing.

One guarded statement decides each entry, so however many arrive together, one right entry succeeds and no more than
the allowed wrong ones are looked at.
"""

from datetime import datetime
from typing import LiteralString
from uuid import UUID

from firsthand.identity.code.model import TRIES_MAX, VALID_FOR, Entry, NewCode
from firsthand.identity.model import Reason
from firsthand.platform.crypto import Keyring
from firsthand.platform.database import Connection

_ADD: LiteralString = """
INSERT INTO identity.one_time_code (id, code_hash, claim, expires_at, tries_left, counted_as)
VALUES (%s, %s, %s, %s, %s, %s)
"""
# The last try may still be right, so a right code asks for tries_left > 0 as a wrong one does.
_ENTER: LiteralString = """
UPDATE identity.one_time_code
SET used = (code_hash = %(hash)s), tries_left = tries_left - CASE WHEN code_hash = %(hash)s THEN 0 ELSE 1 END
WHERE id = %(id)s AND NOT used AND tries_left > 0 AND expires_at > %(now)s
RETURNING used, tries_left, claim, counted_as, expires_at
"""
_DELETE_EXPIRED: LiteralString = "DELETE FROM identity.one_time_code WHERE expires_at <= %s"

_CLAIM = "identity.one_time_code.claim"


async def add(conn: Connection, keyring: Keyring, new: NewCode) -> None:
    """Write a code down, with its claim sealed."""
    claim = keyring.seal(new.claim, purpose=_CLAIM, context=new.id.bytes)
    code_hash = _code_hash(keyring, new.id, new.code)
    await conn.execute(_ADD, (new.id, code_hash, claim, new.expires_at, TRIES_MAX, new.counted_as))


async def enter(conn: Connection, keyring: Keyring, code_id: UUID, code: str, *, now: datetime) -> bytes | Reason:
    """Use the code up and return its claim, or count a wrong try and return why not: see `enter_counted`."""
    return (await enter_counted(conn, keyring, code_id, code, now=now)).outcome


async def enter_counted(conn: Connection, keyring: Keyring, code_id: UUID, code: str, *, now: datetime) -> Entry:
    """Use the code up and return its claim, or count a wrong try and return why not.

    CODE_WRONG while there are tries left; CODE_SPENT when there are none, and for a code that is used, has run out,
    or does not exist.
    """
    asked = {"id": code_id, "hash": _code_hash(keyring, code_id, code), "now": now}
    row = await (await conn.execute(_ENTER, asked)).fetchone()
    if row is None:
        return Entry(Reason.CODE_SPENT)
    right, tries_left, claim, counted_as, expires_at = row
    if right:
        return Entry(keyring.open(claim, purpose=_CLAIM, context=code_id.bytes), counted_as, expires_at - VALID_FOR)
    return Entry(Reason.CODE_WRONG if tries_left > 0 else Reason.CODE_SPENT, counted_as)


async def delete_expired(conn: Connection, *, now: datetime) -> int:
    """Delete the codes that have run out, used or not, and return how many they were."""
    return (await conn.execute(_DELETE_EXPIRED, (now,))).rowcount


def _code_hash(keyring: Keyring, code_id: UUID, code: str) -> bytes:
    return keyring.blind_index("identity.one_time_code", f"{code_id}:{code}")
