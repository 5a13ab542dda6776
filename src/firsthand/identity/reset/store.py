"""The SQL of resets. A link is used by a guarded statement: once, in time, and only the latest of its member."""

import base64
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from firsthand.identity.reset.model import LINK_VALID_FOR, TOKEN_BYTES, Link, Reset, ResetKind
from firsthand.platform.chance import new_id
from firsthand.platform.crypto import token_hash
from firsthand.platform.database import Connection
from firsthand.platform.world import World

_ADD: LiteralString = """
INSERT INTO identity.sign_in_reset (id, staff_id, kind, by_staff_id, made_at, token_hash, expires_at)
VALUES (%s, %s, %s, %s, %s, %s, %s)
"""
_COLUMNS: LiteralString = "id, staff_id, kind, by_staff_id, made_at, used_at, told_at"
_VALID: LiteralString = "token_hash = %(hash)s AND kind = 'link' AND used_at IS NULL AND expires_at > %(now)s"
_FIND_LINK: LiteralString = "SELECT staff_id FROM identity.sign_in_reset WHERE " + _VALID
_USE: LiteralString = "UPDATE identity.sign_in_reset SET used_at = %(now)s WHERE " + _VALID + " RETURNING staff_id"
_SPEND: LiteralString = """
UPDATE identity.sign_in_reset SET used_at = %s WHERE staff_id = %s AND kind = 'link' AND used_at IS NULL
"""
_UNTOLD: LiteralString = (
    "SELECT " + _COLUMNS + " FROM identity.sign_in_reset WHERE staff_id = %s AND told_at IS NULL ORDER BY made_at, id"
)
_SINCE: LiteralString = (
    "SELECT " + _COLUMNS + " FROM identity.sign_in_reset WHERE staff_id = %s AND made_at > %s ORDER BY made_at, id"
)
_TELL: LiteralString = """
UPDATE identity.sign_in_reset SET told_at = %s WHERE staff_id = %s AND id = ANY(%s) AND told_at IS NULL
"""
_RECENT: LiteralString = "SELECT " + _COLUMNS + " FROM identity.sign_in_reset ORDER BY made_at DESC, id DESC LIMIT %s"
_ERASE: LiteralString = """
DELETE FROM identity.sign_in_reset WHERE id IN (SELECT id FROM identity.sign_in_reset WHERE made_at < %s LIMIT %s)
"""


async def add_reset(conn: Connection, world: World, staff_id: UUID, *, by: UUID | None) -> Reset:
    """Note that a member's second factor was taken away. by: the administrator, None for the command line."""
    now = world.clock.now()
    reset = Reset(new_id(world.chance, now), staff_id, ResetKind.SECOND_FACTOR, by, now)
    await conn.execute(_ADD, (reset.id, staff_id, reset.kind, by, now, None, None))
    return reset


async def add_link(conn: Connection, world: World, staff_id: UUID, *, by: UUID | None) -> Link:
    """Make a link by which a member sets up his sign-in anew. Earlier links of his are worth nothing any more."""
    now = world.clock.now()
    await conn.execute(_SPEND, (now, staff_id))
    token = base64.urlsafe_b64encode(world.chance.bytes(TOKEN_BYTES)).rstrip(b"=").decode()
    link = Link(Reset(new_id(world.chance, now), staff_id, ResetKind.LINK, by, now), token, now + LINK_VALID_FOR)
    row = (link.reset.id, staff_id, link.reset.kind, by, now, token_hash(token), link.expires_at)
    await conn.execute(_ADD, row)
    return link


async def find_link(conn: Connection, token: str, *, now: datetime) -> UUID | None:
    """Return whose sign-in a link sets up, or None when it is unknown, used or has run out."""
    row = await (await conn.execute(_FIND_LINK, {"hash": token_hash(token), "now": now})).fetchone()
    return row[0] if row else None


async def use_link(conn: Connection, token: str, *, now: datetime) -> UUID | None:
    """Use a link up, and return whose sign-in it sets up, or None as `find_link` does."""
    row = await (await conn.execute(_USE, {"hash": token_hash(token), "now": now})).fetchone()
    return row[0] if row else None


async def spend_links(conn: Connection, staff_id: UUID, *, now: datetime) -> None:
    """Make every unused link of a member worth nothing."""
    await conn.execute(_SPEND, (now, staff_id))


async def read_untold(conn: Connection, staff_id: UUID) -> list[Reset]:
    """Return what was done to a member's sign-in and he has not seen, oldest first."""
    return [_reset(row) for row in await (await conn.execute(_UNTOLD, (staff_id,))).fetchall()]


async def read_since(conn: Connection, staff_id: UUID, since: datetime) -> list[Reset]:
    """Return what was done to a member's sign-in after an aware instant, oldest first."""
    return [_reset(row) for row in await (await conn.execute(_SINCE, (staff_id, since))).fetchall()]


async def note_told(conn: Connection, staff_id: UUID, ids: list[UUID], *, now: datetime) -> int:
    """Note that a member saw what was done to his sign-in, and return how much of it was news."""
    return (await conn.execute(_TELL, (now, staff_id, ids))).rowcount


async def read_recent(conn: Connection, limit: int) -> list[Reset]:
    """Return the latest acts, newest first: for the auditor."""
    return [_reset(row) for row in await (await conn.execute(_RECENT, (limit,))).fetchall()]


async def erase_before(conn: Connection, before: datetime, *, limit: int) -> int:
    """Erase up to `limit` resets made before an aware instant, and return how many."""
    return (await conn.execute(_ERASE, (before, limit))).rowcount


def _reset(row: tuple[Any, ...]) -> Reset:
    reset_id, staff_id, kind, by_staff_id, made_at, used_at, told_at = row
    return Reset(reset_id, staff_id, ResetKind(kind), by_staff_id, made_at, used_at, told_at)
