"""What a member of staff is told of his own sign-in: what administrators did to it, and how his passkeys changed.

It is told first thing at the next sign-in, and stays in sight for a month: whoever slipped in and saw it first does not
hide it from its owner.
"""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from firsthand.audit.model import DONE, Caller
from firsthand.audit.store import append
from firsthand.directory.staff import store as members
from firsthand.directory.staff_sign_in.opening import line
from firsthand.identity.news import store as news
from firsthand.identity.news.model import News
from firsthand.identity.reset import store as resets
from firsthand.identity.reset.model import Reset
from firsthand.platform.database import Connection
from firsthand.platform.world import World

IN_SIGHT_FOR: Final = timedelta(days=30)
_TELL: Final = "directory.note_sign_in_news_told"


async def has_news(world: World, staff_id: UUID) -> bool:
    """Say whether anything happened to a member's sign-in that he has not seen."""
    async with world.database.connection() as conn:
        return bool(await resets.read_untold(conn, staff_id) or await news.read_untold(conn, staff_id))


async def read_own_news(world: World, staff_id: UUID) -> list[Reset | News]:
    """Return what happened to the sign-in of the member who is signed in, as `read_lately` does."""
    async with world.database.connection() as conn:
        return await read_lately(conn, staff_id, now=world.clock.now())


async def read_lately(conn: Connection, staff_id: UUID, *, now: datetime) -> list[Reset | News]:
    """Return what happened to a member's sign-in within a month, or he has not seen; newest first."""
    since = now - IN_SIGHT_FOR
    found: dict[UUID, Reset | News] = {one.id: one for one in await resets.read_since(conn, staff_id, since)}
    found |= {one.id: one for one in await resets.read_untold(conn, staff_id)}
    found |= {one.id: one for one in await news.read_since(conn, staff_id, since)}
    found |= {one.id: one for one in await news.read_untold(conn, staff_id)}
    return sorted(found.values(), key=lambda one: (one.made_at, one.id), reverse=True)


async def note_told(world: World, caller: Caller, ids: list[UUID]) -> None:
    """Note that the member who calls saw what happened to his sign-in."""
    if caller.id is None:
        return
    now = world.clock.now()
    async with world.database.transaction() as conn:
        told = await resets.note_told(conn, caller.id, ids, now=now)
        told += await news.note_told(conn, caller.id, ids, now=now)
        if told:
            await append(conn, [line(world, caller, _TELL, DONE, staff=await members.find(conn, caller.id))])
