"""The SQL of sessions. A token has 256 random bits, so its plain SHA-256 gives it to nobody."""

import base64
from collections.abc import Sequence
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from firsthand.identity.session.model import (
    PERSON_SESSION,
    STAFF_SESSION,
    TOKEN_BYTES,
    OpenedSession,
    SignedIn,
    SubjectKind,
)
from firsthand.platform.crypto import token_hash
from firsthand.platform.database import Connection
from firsthand.platform.world import World

_OPEN: LiteralString = """
INSERT INTO identity.session (token_hash, subject_kind, subject_id, hospital_id, role, created_at, expires_at)
VALUES (%s, %s, %s, %s, %s, %s, %s)
"""
_FIND: LiteralString = """
SELECT token_hash, subject_kind, subject_id, hospital_id, role FROM identity.session
WHERE token_hash = ANY(%b) AND expires_at > %s
"""
_END: LiteralString = "DELETE FROM identity.session WHERE token_hash = %s"
_END_ALL: LiteralString = "DELETE FROM identity.session WHERE subject_kind = %s AND subject_id = %s"
_DELETE_EXPIRED: LiteralString = "DELETE FROM identity.session WHERE expires_at <= %s"


async def open_person_session(conn: Connection, world: World, person_id: UUID) -> OpenedSession:
    """Open a session for a person who has just proved who he is."""
    token = _new_token(world)
    signed_in = SignedIn(SubjectKind.PERSON, person_id, None, None, token_hash(token))
    now = world.clock.now()
    return await _open(conn, OpenedSession(token, signed_in, now + PERSON_SESSION), now=now)


async def open_staff_session(
    conn: Connection, world: World, staff_id: UUID, *, hospital_id: UUID, role: str
) -> OpenedSession:
    """Open a session for a member of staff who has just proved who he is."""
    token = _new_token(world)
    signed_in = SignedIn(SubjectKind.STAFF, staff_id, hospital_id, role, token_hash(token))
    now = world.clock.now()
    return await _open(conn, OpenedSession(token, signed_in, now + STAFF_SESSION), now=now)


async def find_sessions(conn: Connection, token_hashes: Sequence[bytes], *, now: datetime) -> list[SignedIn | None]:
    """Return, for each token's hash in order, whom it stands for, or None when it is unknown, ended or run out."""
    rows = await (await conn.execute(_FIND, (list(token_hashes), now))).fetchall()
    found = {
        bytes(found_hash): SignedIn(SubjectKind(kind), subject_id, hospital_id, role, bytes(found_hash))
        for found_hash, kind, subject_id, hospital_id, role in rows
    }
    return [found.get(wanted) for wanted in token_hashes]


async def end(conn: Connection, wanted: bytes) -> bool:
    """End the session with this token hash, and say whether there was one."""
    return (await conn.execute(_END, (wanted,))).rowcount > 0


async def end_all(conn: Connection, kind: SubjectKind, subject_id: UUID) -> int:
    """End every session of a person or a member of staff, and return how many there were."""
    return (await conn.execute(_END_ALL, (kind, subject_id))).rowcount


async def delete_expired(conn: Connection, *, now: datetime) -> int:
    """Delete the sessions that have run out, and return how many they were."""
    return (await conn.execute(_DELETE_EXPIRED, (now,))).rowcount


async def _open(conn: Connection, opened: OpenedSession, *, now: datetime) -> OpenedSession:
    signed_in = opened.signed_in
    await conn.execute(
        _OPEN,
        (
            signed_in.token_hash,
            signed_in.kind,
            signed_in.subject_id,
            signed_in.hospital_id,
            signed_in.role,
            now,
            opened.expires_at,
        ),
    )
    return opened


def _new_token(world: World) -> str:
    return base64.urlsafe_b64encode(world.chance.bytes(TOKEN_BYTES)).rstrip(b"=").decode()
