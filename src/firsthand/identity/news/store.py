"""The SQL of what members of staff are told of their sign-ins."""

from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from firsthand.identity.news.model import News, NewsKind
from firsthand.platform.chance import new_id
from firsthand.platform.database import Connection
from firsthand.platform.world import World

_ADD: LiteralString = """
INSERT INTO identity.sign_in_news (id, staff_id, kind, by_staff_id, made_at) VALUES (%s, %s, %s, %s, %s)
"""
_SELECT: LiteralString = "SELECT id, staff_id, kind, by_staff_id, made_at, told_at FROM identity.sign_in_news "
_SINCE: LiteralString = _SELECT + "WHERE staff_id = %s AND made_at > %s ORDER BY made_at DESC, id DESC"
_UNTOLD: LiteralString = _SELECT + "WHERE staff_id = %s AND told_at IS NULL ORDER BY made_at DESC, id DESC"
_RECENT: LiteralString = _SELECT + "WHERE kind = ANY(%s) ORDER BY made_at DESC, id DESC LIMIT %s"
_TELL: LiteralString = """
UPDATE identity.sign_in_news SET told_at = %s WHERE staff_id = %s AND id = ANY(%s) AND told_at IS NULL
"""
_ERASE: LiteralString = """
DELETE FROM identity.sign_in_news WHERE id IN (SELECT id FROM identity.sign_in_news WHERE made_at < %s LIMIT %s)
"""


async def add(conn: Connection, world: World, staff_id: UUID, kind: NewsKind, *, by: UUID | None) -> None:
    """Note what happened to a member's sign-in. by: which member of staff did it, None where that is not known."""
    now = world.clock.now()
    await conn.execute(_ADD, (new_id(world.chance, now), staff_id, kind, by, now))


async def read_since(conn: Connection, staff_id: UUID, since: datetime) -> list[News]:
    """Return what happened to a member's sign-in after an aware instant, newest first."""
    return [_news(row) for row in await (await conn.execute(_SINCE, (staff_id, since))).fetchall()]


async def read_untold(conn: Connection, staff_id: UUID) -> list[News]:
    """Return what happened to a member's sign-in and he has not seen, newest first."""
    return [_news(row) for row in await (await conn.execute(_UNTOLD, (staff_id,))).fetchall()]


async def read_taken(conn: Connection, limit: int) -> list[News]:
    """Return the latest that administrators took away in the city, newest first: for the auditor."""
    kinds = [NewsKind.PASSKEYS_TAKEN, NewsKind.SESSIONS_ENDED]
    return [_news(row) for row in await (await conn.execute(_RECENT, (kinds, limit))).fetchall()]


async def note_told(conn: Connection, staff_id: UUID, ids: list[UUID], *, now: datetime) -> int:
    """Note that a member saw what happened to his sign-in, and return how much of it was news."""
    return (await conn.execute(_TELL, (now, staff_id, ids))).rowcount


async def erase_before(conn: Connection, before: datetime, *, limit: int) -> int:
    """Erase up to `limit` events of before an aware instant, and return how many."""
    return (await conn.execute(_ERASE, (before, limit))).rowcount


def _news(row: tuple[Any, ...]) -> News:
    news_id, staff_id, kind, by_staff_id, made_at, told_at = row
    return News(news_id, staff_id, NewsKind(kind), by_staff_id, made_at, told_at)
