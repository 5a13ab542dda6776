"""The SQL of e-mail addresses: sealed, in the person's own row."""

from datetime import datetime
from typing import LiteralString

from firsthand.directory.person.model import EmailAddress
from firsthand.platform.crypto import Keyring
from firsthand.platform.database import Connection
from firsthand.platform.scope import PersonScope

_WRITE: LiteralString = """
UPDATE directory.person SET email = %s, email_verified_at = %s WHERE id = %s AND state = 'active' RETURNING id
"""
_REMOVE: LiteralString = """
UPDATE directory.person SET email = NULL, email_verified_at = NULL WHERE id = %s AND email IS NOT NULL RETURNING id
"""

_EMAIL = "directory.person.email"


async def write_email(
    conn: Connection, keyring: Keyring, scope: PersonScope, email: EmailAddress, *, now: datetime
) -> bool:
    """Keep a verified address as the person's only one, and say whether there is such a person."""
    sealed = keyring.seal(email.encode(), purpose=_EMAIL, context=scope.person_id.bytes)
    return await (await conn.execute(_WRITE, (sealed, now, scope.person_id))).fetchone() is not None


async def remove_email(conn: Connection, scope: PersonScope) -> bool:
    """Forget the person's address, and say whether there was one."""
    return await (await conn.execute(_REMOVE, (scope.person_id,))).fetchone() is not None
