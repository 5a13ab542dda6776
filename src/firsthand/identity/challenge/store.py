"""The SQL of work that was done, and of the guard that asks for it."""

from datetime import datetime
from typing import LiteralString

from firsthand.identity.challenge.work import Done
from firsthand.platform.database import Connection

# One statement decides who spends a proof, however many bring it at once.
_SPEND: LiteralString = "INSERT INTO identity.spent_proof (proof, expires_at) VALUES (%s, %s) ON CONFLICT DO NOTHING"
_DELETE_EXPIRED: LiteralString = "DELETE FROM identity.spent_proof WHERE expires_at <= %s"
_IS_ON: LiteralString = "SELECT is_on FROM identity.sign_in_guard"
_TURN: LiteralString = "UPDATE identity.sign_in_guard SET is_on = %(on)s, changed_at = %(now)s WHERE is_on <> %(on)s"


async def spend(conn: Connection, done: Done) -> bool:
    """Use a piece of work up, and say whether it was still there to be used."""
    return (await conn.execute(_SPEND, (done.proof, done.expires_at))).rowcount > 0


async def delete_expired(conn: Connection, *, now: datetime) -> int:
    """Forget the work whose time is over, and return how many pieces there were."""
    return (await conn.execute(_DELETE_EXPIRED, (now,))).rowcount


async def is_guarded(conn: Connection) -> bool:
    """Say whether browsers are asked for work."""
    row = await (await conn.execute(_IS_ON)).fetchone()
    return bool(row and row[0])


async def turn(conn: Connection, *, on: bool, now: datetime) -> bool:
    """Turn the guard on or off, and say whether that changed anything."""
    return (await conn.execute(_TURN, {"on": on, "now": now})).rowcount > 0
