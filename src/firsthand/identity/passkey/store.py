"""The SQL of passkeys. What a passkey is called is sealed to its row; everything else of it is public by nature.

Guarded statements decide what could be asked twice at once: a challenge is taken back by deleting it, and an answer
counts only while the device's count goes on.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from firsthand.identity.passkey.model import Answered, Ceremony, Challenge, KnownPasskey, MadePasskey, Passkey, Subject
from firsthand.identity.session.model import SubjectKind
from firsthand.platform.crypto import Keyring
from firsthand.platform.database import Connection

_ADD_OWNER: LiteralString = """
INSERT INTO identity.passkey_owner (subject_kind, subject_id, handle) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING
"""
_HANDLE: LiteralString = "SELECT handle FROM identity.passkey_owner WHERE subject_kind = %s AND subject_id = %s"
_HOLD_OWNER: LiteralString = """
SELECT FROM identity.passkey_owner WHERE subject_kind = %s AND subject_id = %s FOR UPDATE
"""
_ADD_CHALLENGE: LiteralString = """
INSERT INTO identity.passkey_challenge (id, ceremony, subject_kind, subject_id, challenge, bound_to, expires_at)
VALUES (%s, %s, %s, %s, %s, %s, %s)
"""
_TAKE_CHALLENGE: LiteralString = """
DELETE FROM identity.passkey_challenge WHERE id = %s AND bound_to = %s AND expires_at > %s
RETURNING ceremony, subject_kind, subject_id, challenge
"""
_DELETE_EXPIRED: LiteralString = "DELETE FROM identity.passkey_challenge WHERE expires_at <= %s"
_COUNT: LiteralString = "SELECT count(*) FROM identity.passkey WHERE subject_kind = %s AND subject_id = %s"
_ADD: LiteralString = """
INSERT INTO identity.passkey (id, credential_id, subject_kind, subject_id, public_key, sign_count, name, backed_up,
                              created_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (credential_id) DO NOTHING
"""
_FIND: LiteralString = """
SELECT passkey.id, subject_kind, subject_id, handle, public_key, sign_count
FROM identity.passkey JOIN identity.passkey_owner USING (subject_kind, subject_id)
WHERE credential_id = %s
"""
_CREDENTIALS: LiteralString = "SELECT credential_id FROM identity.passkey WHERE subject_kind = %s AND subject_id = %s"
_USE: LiteralString = """
UPDATE identity.passkey SET sign_count = %(count)s, backed_up = %(backed_up)s, last_used_at = %(now)s
WHERE id = %(id)s AND (sign_count < %(count)s OR (sign_count = 0 AND %(count)s = 0))
"""
_LIST: LiteralString = """
SELECT id, name, backed_up, created_at, last_used_at FROM identity.passkey
WHERE subject_kind = %s AND subject_id = %s ORDER BY created_at, id
"""
_RENAME: LiteralString = """
UPDATE identity.passkey SET name = %s WHERE id = %s AND subject_kind = %s AND subject_id = %s
"""
_REMOVE: LiteralString = "DELETE FROM identity.passkey WHERE id = %s AND subject_kind = %s AND subject_id = %s"
_FORGET_PASSKEYS: LiteralString = "DELETE FROM identity.passkey WHERE subject_kind = %s AND subject_id = ANY(%s)"
_FORGET_CHALLENGES: LiteralString = """
DELETE FROM identity.passkey_challenge WHERE subject_kind = %s AND subject_id = ANY(%s)
"""
_FORGET_OWNERS: LiteralString = "DELETE FROM identity.passkey_owner WHERE subject_kind = %s AND subject_id = ANY(%s)"
_REMOVE_ALL: LiteralString = "DELETE FROM identity.passkey WHERE subject_kind = %s AND subject_id = %s"

_NAME = "identity.passkey.name"


async def handle_of(conn: Connection, subject: Subject, fresh: bytes) -> bytes:
    """Return the handle under which a subject's devices know him: `fresh` (32 random bytes) where he had none yet."""
    await conn.execute(_ADD_OWNER, (subject.kind, subject.id, fresh))
    row = await (await conn.execute(_HANDLE, (subject.kind, subject.id))).fetchone()
    return bytes(row[0]) if row else fresh


async def hold_owner(conn: Connection, subject: Subject) -> None:
    """Let nobody else add a passkey for this subject until the transaction ends."""
    await conn.execute(_HOLD_OWNER, (subject.kind, subject.id))


async def add_challenge(
    conn: Connection, challenge_id: UUID, challenge: Challenge, *, bound_to: bytes, expires_at: datetime
) -> None:
    """Write a challenge down. bound_to: a keyed hash (32 bytes) of the browser that may answer it."""
    kind, subject_id = challenge.kind, challenge.subject_id
    row = (challenge_id, challenge.ceremony, kind, subject_id, challenge.challenge, bound_to, expires_at)
    await conn.execute(_ADD_CHALLENGE, row)


async def take_challenge(conn: Connection, challenge_id: UUID, *, bound_to: bytes, now: datetime) -> Challenge | None:
    """Take a challenge back, so that no second answer to it counts. None where there is none for this browser."""
    row = await (await conn.execute(_TAKE_CHALLENGE, (challenge_id, bound_to, now))).fetchone()
    if row is None:
        return None
    ceremony, kind, subject_id, challenge = row
    return Challenge(Ceremony(ceremony), SubjectKind(kind), subject_id, bytes(challenge))


async def delete_expired(conn: Connection, *, now: datetime) -> int:
    """Delete the challenges that have run out, and return how many they were."""
    return (await conn.execute(_DELETE_EXPIRED, (now,))).rowcount


async def count(conn: Connection, subject: Subject) -> int:
    """Return how many passkeys a subject has."""
    row = await (await conn.execute(_COUNT, (subject.kind, subject.id))).fetchone()
    return int(row[0]) if row else 0


async def add(
    conn: Connection,
    keyring: Keyring,
    passkey_id: UUID,
    subject: Subject,
    made: MadePasskey,
    name: str,
    *,
    now: datetime,
) -> bool:
    """Add a passkey, and say whether it was new: no two subjects share one, and nobody has one twice."""
    sealed = keyring.seal(name.encode(), purpose=_NAME, context=passkey_id.bytes)
    row = (
        passkey_id,
        made.credential_id,
        subject.kind,
        subject.id,
        made.public_key,
        made.sign_count,
        sealed,
        made.backed_up,
        now,
    )
    return (await conn.execute(_ADD, row)).rowcount > 0


async def find(conn: Connection, credential_id: bytes) -> KnownPasskey | None:
    """Return the passkey that an answer names, whoever's it is."""
    row = await (await conn.execute(_FIND, (credential_id,))).fetchone()
    if row is None:
        return None
    passkey_id, kind, subject_id, handle, public_key, sign_count = row
    subject = Subject(SubjectKind(kind), subject_id)
    return KnownPasskey(passkey_id, subject, bytes(handle), bytes(public_key), sign_count)


async def credential_ids(conn: Connection, subject: Subject) -> list[bytes]:
    """Return by which ids a subject's devices know his passkeys."""
    rows = await (await conn.execute(_CREDENTIALS, (subject.kind, subject.id))).fetchall()
    return [bytes(credential_id) for (credential_id,) in rows]


async def use(conn: Connection, answered: Answered, *, now: datetime) -> bool:
    """Write down that a passkey was used, and say whether it was: not where its count has gone on, or it is removed."""
    asked = {
        "id": answered.passkey.id,
        "count": answered.sign_count,
        "backed_up": answered.backed_up,
        "now": now,
    }
    return (await conn.execute(_USE, asked)).rowcount > 0


async def passkeys_of(conn: Connection, keyring: Keyring, subject: Subject) -> list[Passkey]:
    """Return a subject's passkeys, oldest first."""
    rows = await (await conn.execute(_LIST, (subject.kind, subject.id))).fetchall()
    return [
        Passkey(passkey_id, keyring.open(name, purpose=_NAME, context=passkey_id.bytes).decode(), *rest)
        for passkey_id, name, *rest in rows
    ]


async def rename(conn: Connection, keyring: Keyring, subject: Subject, passkey_id: UUID, name: str) -> bool:
    """Call a subject's passkey something else, and say whether he has it."""
    sealed = keyring.seal(name.encode(), purpose=_NAME, context=passkey_id.bytes)
    return (await conn.execute(_RENAME, (sealed, passkey_id, subject.kind, subject.id))).rowcount > 0


async def remove(conn: Connection, subject: Subject, passkey_id: UUID) -> bool:
    """Remove a subject's passkey, and say whether he had it."""
    return (await conn.execute(_REMOVE, (passkey_id, subject.kind, subject.id))).rowcount > 0


async def remove_all(conn: Connection, subject: Subject) -> int:
    """Remove every passkey of a subject, and return how many there were."""
    return (await conn.execute(_REMOVE_ALL, (subject.kind, subject.id))).rowcount


async def forget_owners(conn: Connection, kind: SubjectKind, subject_ids: Sequence[UUID]) -> int:
    """Erase everything by which the devices of these people or members of staff were known; return how many passkeys.

    One that is being added at this moment fails by its foreign key.
    """
    asked = (kind, list(subject_ids))
    await conn.execute(_FORGET_CHALLENGES, asked)
    erased = (await conn.execute(_FORGET_PASSKEYS, asked)).rowcount
    await conn.execute(_FORGET_OWNERS, asked)
    return erased
