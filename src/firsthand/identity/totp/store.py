"""The SQL of authenticator apps. One guarded statement uses a code's time step up: of two at once, one succeeds."""

from collections.abc import Sequence
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from firsthand.identity.totp.model import Enrolment, Totp
from firsthand.platform.crypto import Keyring
from firsthand.platform.database import Connection

_READ: LiteralString = "SELECT secret, last_step FROM identity.totp WHERE staff_id = %s"
_USE: LiteralString = (
    "UPDATE identity.totp SET last_step = %(step)s WHERE staff_id = %(staff)s AND last_step < %(step)s"
)
_ADD: LiteralString = """
INSERT INTO identity.totp (staff_id, secret, last_step, added_at) VALUES (%s, %s, %s, %s)
ON CONFLICT (staff_id) DO NOTHING
"""
_REMOVE: LiteralString = "DELETE FROM identity.totp WHERE staff_id = %s"
_BEGIN: LiteralString = """
INSERT INTO identity.totp_enrolment (holder, staff_id, secret, expires_at) VALUES (%s, %s, %s, %s)
ON CONFLICT (holder) DO NOTHING
"""
_READ_ENROLMENT: LiteralString = """
SELECT secret, expires_at FROM identity.totp_enrolment WHERE holder = %s AND staff_id = %s AND expires_at > %s
"""
_END: LiteralString = "DELETE FROM identity.totp_enrolment WHERE holder = %s"
_END_ALL: LiteralString = "DELETE FROM identity.totp_enrolment WHERE staff_id = %s"
_DELETE_EXPIRED: LiteralString = "DELETE FROM identity.totp_enrolment WHERE expires_at <= %s"

_SECRET = "identity.totp.secret"  # noqa: S105 - the name of a column
_NEW_SECRET = "identity.totp_enrolment.secret"  # noqa: S105 - the same
_ERASE_OF: LiteralString = "DELETE FROM identity.totp WHERE staff_id = ANY(%s)"


async def read(conn: Connection, keyring: Keyring, staff_id: UUID) -> Totp | None:
    """Return the app of a member of staff, or None when he has none."""
    row = await (await conn.execute(_READ, (staff_id,))).fetchone()
    if row is None:
        return None
    return Totp(keyring.open(row[0], purpose=_SECRET, context=staff_id.bytes), row[1])


async def use_step(conn: Connection, staff_id: UUID, step: int) -> bool:
    """Use up the code of a time step, and say whether it was still to be used: no later one was before it."""
    return (await conn.execute(_USE, {"step": step, "staff": staff_id})).rowcount > 0


async def add(conn: Connection, keyring: Keyring, staff_id: UUID, secret: bytes, *, step: int, now: datetime) -> bool:
    """Give a member of staff an app whose code of `step` was just used. Says no where he has one."""
    sealed = keyring.seal(secret, purpose=_SECRET, context=staff_id.bytes)
    return (await conn.execute(_ADD, (staff_id, sealed, step, now))).rowcount > 0


async def remove(conn: Connection, staff_id: UUID) -> bool:
    """Take the app of a member of staff away, with every enrolment that has begun. Say whether he had one."""
    await conn.execute(_END_ALL, (staff_id,))
    return (await conn.execute(_REMOVE, (staff_id,))).rowcount > 0


async def begin(conn: Connection, keyring: Keyring, holder: bytes, staff_id: UUID, enrolment: Enrolment) -> None:
    """Keep a new secret until its first code. holder: the hash of the token that enrols; one has one secret."""
    sealed = keyring.seal(enrolment.secret, purpose=_NEW_SECRET, context=holder)
    await conn.execute(_BEGIN, (holder, staff_id, sealed, enrolment.expires_at))


async def read_enrolment(
    conn: Connection, keyring: Keyring, holder: bytes, staff_id: UUID, *, now: datetime
) -> Enrolment | None:
    """Return the secret that a holder was shown, or None when there is none or it waited too long."""
    row = await (await conn.execute(_READ_ENROLMENT, (holder, staff_id, now))).fetchone()
    return Enrolment(keyring.open(row[0], purpose=_NEW_SECRET, context=holder), row[1]) if row else None


async def end_enrolment(conn: Connection, holder: bytes) -> bool:
    """Forget the secret that a holder was shown, and say whether there was one."""
    return (await conn.execute(_END, (holder,))).rowcount > 0


async def delete_expired(conn: Connection, *, now: datetime) -> int:
    """Delete the secrets that waited too long, and return how many they were."""
    return (await conn.execute(_DELETE_EXPIRED, (now,))).rowcount


async def erase_of(conn: Connection, staff_ids: Sequence[UUID]) -> int:
    """Erase the authenticator apps of members of staff who left, and return how many there were."""
    return (await conn.execute(_ERASE_OF, (list(staff_ids),))).rowcount
