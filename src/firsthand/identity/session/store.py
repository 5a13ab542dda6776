"""The SQL of sessions. A token has 256 random bits, so its plain SHA-256 gives it to nobody."""

import base64
from collections.abc import Sequence
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from firsthand.identity.session.model import (
    DEVICE_CHARACTERS_MAX,
    PERSON_IDLE,
    PERSON_SESSION,
    SEEN_EVERY,
    STAFF_IDLE,
    STAFF_SESSION,
    TOKEN_BYTES,
    Listed,
    Method,
    OpenedSession,
    SignedIn,
    StaffSession,
    SubjectKind,
)
from firsthand.platform.access import Role
from firsthand.platform.chance import new_id
from firsthand.platform.crypto import token_hash
from firsthand.platform.database import Connection
from firsthand.platform.world import World

_OPEN: LiteralString = """
INSERT INTO identity.session (token_hash, subject_kind, subject_id, hospital_id, role, id, duty_id, method, created_at,
                              last_seen_at, expires_at, device)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
_FIND: LiteralString = """
SELECT token_hash, subject_kind, subject_id, hospital_id, role, id, duty_id, method, created_at, last_seen_at
FROM identity.session
WHERE token_hash = ANY(%(hashes)b) AND expires_at > %(now)s
  AND last_seen_at > CASE subject_kind WHEN 'staff' THEN %(staff_idle)s::timestamptz ELSE %(person_idle)s END
"""
# Looked at again where it is written: of many requests at once, one writes.
_SEEN: LiteralString = """
UPDATE identity.session SET last_seen_at = %(now)s WHERE token_hash = ANY(%(hashes)s) AND last_seen_at <= %(before)s
"""
_LIST: LiteralString = """
SELECT id, method, device, created_at, last_seen_at, expires_at, hospital_id, role FROM identity.session
WHERE subject_kind = %(kind)s AND subject_id = %(subject_id)s AND expires_at > %(now)s AND last_seen_at > %(idle)s
ORDER BY last_seen_at DESC, id
"""
_END_ONE: LiteralString = "DELETE FROM identity.session WHERE subject_kind = %s AND subject_id = %s AND id = %s"
_END_OTHERS: LiteralString = """
DELETE FROM identity.session WHERE subject_kind = %s AND subject_id = %s AND token_hash <> %s
"""
_END: LiteralString = "DELETE FROM identity.session WHERE token_hash = %s RETURNING expires_at"
_END_ALL: LiteralString = "DELETE FROM identity.session WHERE subject_kind = %s AND subject_id = %s"
_END_OF_DUTY: LiteralString = "DELETE FROM identity.session WHERE duty_id = %s"
_END_VOUCHED: LiteralString = """
DELETE FROM identity.session
WHERE subject_kind = 'staff' AND method = 'oidc' AND hospital_id IS NOT DISTINCT FROM %(hospital_id)s
  AND (%(staff_id)s::uuid IS NULL OR subject_id = %(staff_id)s)
"""
_DELETE_EXPIRED: LiteralString = """
DELETE FROM identity.session WHERE expires_at <= %(now)s
   OR last_seen_at <= CASE subject_kind WHEN 'staff' THEN %(staff_idle)s::timestamptz ELSE %(person_idle)s END
"""


async def open_person_session(
    conn: Connection, world: World, person_id: UUID, *, method: Method = Method.CODE, device: str = ""
) -> OpenedSession:
    """Open a session for a person who has just proved who he is. device: from the caller."""
    now, token = world.clock.now(), _new_token(world)
    signed_in = SignedIn(
        kind=SubjectKind.PERSON,
        subject_id=person_id,
        hospital_id=None,
        role=None,
        token_hash=token_hash(token),
        session_id=new_id(world.chance, now),
        duty_id=None,
        method=method,
        created_at=now,
    )
    return await _open(conn, OpenedSession(token, signed_in, now + PERSON_SESSION), seen_at=now, device=device)


async def open_staff_session(
    conn: Connection,
    world: World,
    wanted: StaffSession,
    *,
    method: Method = Method.PASSWORD,
    proved_at: datetime | None = None,
    device: str = "",
) -> OpenedSession:
    """Open a session in a duty for a member of staff who has proved who he is: just now, or at `proved_at`."""
    now, token = world.clock.now(), _new_token(world)
    signed_in = SignedIn(
        kind=SubjectKind.STAFF,
        subject_id=wanted.staff_id,
        hospital_id=wanted.hospital_id,
        role=wanted.role,
        token_hash=token_hash(token),
        session_id=new_id(world.chance, now),
        duty_id=wanted.duty_id,
        method=method,
        created_at=proved_at or now,
    )
    expires_at = now + STAFF_SESSION
    opened = OpenedSession(token, signed_in, min(expires_at, wanted.until or expires_at))
    return await _open(conn, opened, seen_at=now, device=device)


async def find_sessions(conn: Connection, token_hashes: Sequence[bytes], *, now: datetime) -> list[SignedIn | None]:
    """Return, for each token's hash in order, whom it stands for, or None when it is unknown, ended or run out.

    That it was used is written down where that was last done some minutes ago.
    """
    rows = await (await conn.execute(_FIND, {"hashes": list(token_hashes), **_idle(now)})).fetchall()
    found = {bytes(row[0]): _signed_in(row[:-1]) for row in rows}
    if unseen := [bytes(row[0]) for row in rows if row[-1] <= now - SEEN_EVERY]:
        await conn.execute(_SEEN, {"hashes": unseen, "now": now, "before": now - SEEN_EVERY})
    return [found.get(wanted) for wanted in token_hashes]


async def sessions_of(conn: Connection, kind: SubjectKind, subject_id: UUID, *, now: datetime) -> list[Listed]:
    """Return the sessions of a person or a member of staff, the one used last first."""
    idle = now - (STAFF_IDLE if kind is SubjectKind.STAFF else PERSON_IDLE)
    asked = {"kind": kind, "subject_id": subject_id, "now": now, "idle": idle}
    rows = await (await conn.execute(_LIST, asked)).fetchall()
    return [
        Listed(one, Method(method), device, created_at, seen_at, expires_at, hospital_id, Role(role) if role else None)
        for one, method, device, created_at, seen_at, expires_at, hospital_id, role in rows
    ]


async def end_one(conn: Connection, kind: SubjectKind, subject_id: UUID, session_id: UUID) -> bool:
    """End one session of a person or a member of staff by its id, and say whether he had it."""
    return (await conn.execute(_END_ONE, (kind, subject_id, session_id))).rowcount > 0


async def end_others(conn: Connection, signed_in: SignedIn) -> int:
    """End every session of the same person or member of staff but this one, and return how many there were."""
    asked = (signed_in.kind, signed_in.subject_id, signed_in.token_hash)
    return (await conn.execute(_END_OTHERS, asked)).rowcount


async def end(conn: Connection, wanted: bytes) -> datetime | None:
    """End the session with this token hash. Return until when it would have lived, or None when there was none."""
    row = await (await conn.execute(_END, (wanted,))).fetchone()
    return row[0] if row else None


async def end_all(conn: Connection, kind: SubjectKind, subject_id: UUID) -> int:
    """End every session of a person or a member of staff, and return how many there were."""
    return (await conn.execute(_END_ALL, (kind, subject_id))).rowcount


async def end_of_duty(conn: Connection, duty_id: UUID) -> int:
    """End every session that was opened in a duty, and return how many there were."""
    return (await conn.execute(_END_OF_DUTY, (duty_id,))).rowcount


async def end_vouched(conn: Connection, hospital_id: UUID | None, *, staff_id: UUID | None = None) -> int:
    """End the sessions that a hospital's own sign-in opened, or the city's (None), and return how many there were.

    staff_id: of one member of staff alone.
    """
    return (await conn.execute(_END_VOUCHED, {"hospital_id": hospital_id, "staff_id": staff_id})).rowcount


async def delete_expired(conn: Connection, *, now: datetime) -> int:
    """Delete the sessions that have run out, and return how many they were."""
    return (await conn.execute(_DELETE_EXPIRED, _idle(now))).rowcount


async def _open(conn: Connection, opened: OpenedSession, *, seen_at: datetime, device: str) -> OpenedSession:
    signed_in = opened.signed_in
    await conn.execute(
        _OPEN,
        (
            signed_in.token_hash,
            signed_in.kind,
            signed_in.subject_id,
            signed_in.hospital_id,
            signed_in.role,
            signed_in.session_id,
            signed_in.duty_id,
            signed_in.method,
            signed_in.created_at,
            seen_at,
            opened.expires_at,
            device[:DEVICE_CHARACTERS_MAX],
        ),
    )
    return opened


def _signed_in(row: tuple[Any, ...]) -> SignedIn:
    token, kind, subject_id, hospital_id, role, session_id, duty_id, method, created_at = row
    return SignedIn(
        kind=SubjectKind(kind),
        subject_id=subject_id,
        hospital_id=hospital_id,
        role=Role(role) if role is not None else None,
        token_hash=bytes(token),
        session_id=session_id,
        duty_id=duty_id,
        method=Method(method),
        created_at=created_at,
    )


def _idle(now: datetime) -> dict[str, datetime]:
    return {"now": now, "staff_idle": now - STAFF_IDLE, "person_idle": now - PERSON_IDLE}


def _new_token(world: World) -> str:
    return base64.urlsafe_b64encode(world.chance.bytes(TOKEN_BYTES)).rstrip(b"=").decode()
