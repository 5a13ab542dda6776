"""The SQL of sign-in steps. A step is ended by a guarded statement: it opens at most one session."""

import base64
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from firsthand.identity.step.model import STEP_VALID_FOR, TOKEN_BYTES, TRIES_MAX, Need, OpenedStep, Step
from firsthand.platform.crypto import token_hash
from firsthand.platform.database import Connection
from firsthand.platform.world import World

_OPEN: LiteralString = """
INSERT INTO identity.sign_in_step (token_hash, staff_id, need, expires_at, tries_left) VALUES (%s, %s, %s, %s, %s)
"""
_FIND: LiteralString = """
SELECT staff_id, need, token_hash FROM identity.sign_in_step
WHERE token_hash = %s AND expires_at > %s AND tries_left > 0
"""
_TRY: LiteralString = """
UPDATE identity.sign_in_step SET tries_left = tries_left - 1
WHERE token_hash = %s AND need = %s AND expires_at > %s AND tries_left > 0 RETURNING staff_id, need, token_hash
"""
_END: LiteralString = "DELETE FROM identity.sign_in_step WHERE token_hash = %s"
_END_ALL: LiteralString = "DELETE FROM identity.sign_in_step WHERE staff_id = %s"
_DELETE_EXPIRED: LiteralString = "DELETE FROM identity.sign_in_step WHERE expires_at <= %s"


async def open_step(conn: Connection, world: World, staff_id: UUID, need: Need) -> OpenedStep:
    """Open a step for a member of staff who has given the first proof."""
    token = base64.urlsafe_b64encode(world.chance.bytes(TOKEN_BYTES)).rstrip(b"=").decode()
    opened = OpenedStep(token, Step(staff_id, need, token_hash(token)), world.clock.now() + STEP_VALID_FOR)
    await conn.execute(_OPEN, (opened.step.token_hash, staff_id, need, opened.expires_at, TRIES_MAX))
    return opened


async def find(conn: Connection, wanted: bytes, *, now: datetime) -> Step | None:
    """Return the step of a token's hash, or None when it is unknown, ended, run out or tried too often."""
    return _step(await (await conn.execute(_FIND, (wanted, now))).fetchone())


async def count_try(conn: Connection, wanted: bytes, need: Need, *, now: datetime) -> Step | None:
    """Count a try of the second proof and return the step, or None when there is none left. Locks the step."""
    return _step(await (await conn.execute(_TRY, (wanted, need, now))).fetchone())


async def end(conn: Connection, wanted: bytes) -> bool:
    """End a step, and say whether there was one."""
    return (await conn.execute(_END, (wanted,))).rowcount > 0


async def end_all(conn: Connection, staff_id: UUID) -> int:
    """End every step of a member of staff, and return how many there were."""
    return (await conn.execute(_END_ALL, (staff_id,))).rowcount


async def delete_expired(conn: Connection, *, now: datetime) -> int:
    """Delete the steps that have run out, and return how many they were."""
    return (await conn.execute(_DELETE_EXPIRED, (now,))).rowcount


def _step(row: tuple[UUID, str, bytes] | None) -> Step | None:
    return Step(row[0], Need(row[1]), bytes(row[2])) if row else None
