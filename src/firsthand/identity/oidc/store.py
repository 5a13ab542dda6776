"""The SQL of hospitals' own sign-ins. An attempt is ended by the statement that reads it, so it comes back once."""

import json
from collections.abc import Collection
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from firsthand.identity.oidc.model import Account, Attempt, Begun, Claim, Link, Provider
from firsthand.platform.crypto import Keyring, token_hash
from firsthand.platform.database import Connection

_PROVIDER: LiteralString = """
SELECT hospital_id, issuer, client_id, client_secret, claim, email_domain, required, active FROM identity.oidc_provider
"""
_FIND: LiteralString = _PROVIDER + "WHERE hospital_id = %s"
_ACTIVE: LiteralString = "SELECT hospital_id FROM identity.oidc_provider WHERE active ORDER BY hospital_id"
_REQUIRED: LiteralString = """
SELECT hospital_id FROM identity.oidc_provider WHERE active AND required AND hospital_id = ANY(%s)
"""
_SAVE: LiteralString = """
INSERT INTO identity.oidc_provider AS kept
    (hospital_id, issuer, client_id, client_secret, claim, email_domain, required, active, changed_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (hospital_id) DO UPDATE SET
    issuer = excluded.issuer, client_id = excluded.client_id, client_secret = excluded.client_secret,
    claim = excluded.claim, email_domain = excluded.email_domain, required = excluded.required,
    active = excluded.active, changed_at = excluded.changed_at
"""
_BEGIN: LiteralString = """
INSERT INTO identity.oidc_attempt (state_hash, browser_hash, hospital_id, issuer, secrets, leads_to, expires_at)
VALUES (%s, %s, %s, %s, %s, %s, %s)
"""
_END: LiteralString = """
DELETE FROM identity.oidc_attempt WHERE state_hash = %s AND browser_hash = %s AND hospital_id = %s AND expires_at > %s
RETURNING hospital_id, issuer, secrets, leads_to
"""
_DELETE_EXPIRED: LiteralString = "DELETE FROM identity.oidc_attempt WHERE expires_at <= %s"
_LINK: LiteralString = """
INSERT INTO identity.oidc_link (staff_id, hospital_id, account, linked_at) VALUES (%s, %s, %s, %s)
ON CONFLICT DO NOTHING
"""
_UNLINK: LiteralString = "DELETE FROM identity.oidc_link WHERE staff_id = %s AND hospital_id = %s"
_UNLINK_ALL: LiteralString = "DELETE FROM identity.oidc_link WHERE hospital_id = %s"
_LINKS: LiteralString = "SELECT staff_id, hospital_id, account, subject FROM identity.oidc_link WHERE hospital_id = %s"
# The subject decides once it is known; the account's name only until then.
_MATCH: LiteralString = """
UPDATE identity.oidc_link SET subject = %(subject)s
WHERE hospital_id = %(hospital)s AND account = %(account)s AND (subject IS NULL OR subject = %(subject)s)
RETURNING staff_id
"""
_MATCH_SUBJECT: LiteralString = "SELECT staff_id FROM identity.oidc_link WHERE hospital_id = %s AND subject = %s"

_SECRET = "identity.oidc_provider.client_secret"  # noqa: S105 - the name of a column
_SECRETS = "identity.oidc_attempt.secrets"


async def find_provider(conn: Connection, keyring: Keyring, hospital_id: UUID) -> Provider | None:
    """Return how a hospital signs its staff in, active or not; None where it never said."""
    row = await (await conn.execute(_FIND, (hospital_id,))).fetchone()
    return _provider(keyring, row) if row else None


async def active_hospitals(conn: Connection) -> list[UUID]:
    """Return the hospitals whose own sign-in can be used."""
    return [row[0] for row in await (await conn.execute(_ACTIVE)).fetchall()]


async def requiring(conn: Connection, hospital_ids: Collection[UUID]) -> frozenset[UUID]:
    """Return which of these hospitals let their staff sign in by their own sign-in alone."""
    return frozenset(row[0] for row in await (await conn.execute(_REQUIRED, (list(hospital_ids),))).fetchall())


async def save_provider(conn: Connection, keyring: Keyring, provider: Provider, *, now: datetime) -> None:
    """Keep how a hospital signs its staff in."""
    sealed = keyring.seal(provider.client_secret.encode(), purpose=_SECRET, context=provider.hospital_id.bytes)
    values = (provider.claim, provider.email_domain, provider.required, provider.active, now)
    await conn.execute(_SAVE, (provider.hospital_id, provider.issuer, provider.client_id, sealed, *values))


async def begin(conn: Connection, keyring: Keyring, begun: Begun) -> None:
    """Keep an attempt until the browser comes back."""
    attempt, state_hash = begun.attempt, token_hash(begun.state)
    secrets = json.dumps([attempt.nonce, attempt.verifier]).encode()
    sealed = keyring.seal(secrets, purpose=_SECRETS, context=state_hash)
    named = (attempt.hospital_id, attempt.issuer, sealed, attempt.leads_to, begun.expires_at)
    await conn.execute(_BEGIN, (state_hash, token_hash(begun.browser), *named))


async def end_attempt(
    conn: Connection, keyring: Keyring, hospital_id: UUID, *, state: str, browser: str, now: datetime
) -> Attempt | None:
    """End the attempt that a browser comes back from, and return it; None where it is over, or not this browser's."""
    state_hash = token_hash(state)
    row = await (await conn.execute(_END, (state_hash, token_hash(browser), hospital_id, now))).fetchone()
    if row is None:
        return None
    found, issuer, sealed, leads_to = row
    nonce, verifier = json.loads(keyring.open(sealed, purpose=_SECRETS, context=state_hash))
    return Attempt(found, issuer, nonce, verifier, leads_to)


async def delete_expired(conn: Connection, *, now: datetime) -> int:
    """Delete the attempts that nobody came back from, and return how many they were."""
    return (await conn.execute(_DELETE_EXPIRED, (now,))).rowcount


async def link(conn: Connection, staff_id: UUID, hospital_id: UUID, account: str, *, now: datetime) -> bool:
    """Say which account a member of staff has at a hospital. Says no where he or the account is linked already."""
    return (await conn.execute(_LINK, (staff_id, hospital_id, account, now))).rowcount > 0


async def unlink(conn: Connection, staff_id: UUID, hospital_id: UUID) -> bool:
    """Forget which account a member of staff has at a hospital, and say whether he had one."""
    return (await conn.execute(_UNLINK, (staff_id, hospital_id))).rowcount > 0


async def unlink_all(conn: Connection, hospital_id: UUID) -> int:
    """Forget every account of a hospital, and return how many they were: another issuer knows other people."""
    return (await conn.execute(_UNLINK_ALL, (hospital_id,))).rowcount


async def read_links(conn: Connection, hospital_id: UUID) -> list[Link]:
    """Return whose accounts of a hospital are whose."""
    return [Link(*row) for row in await (await conn.execute(_LINKS, (hospital_id,))).fetchall()]


async def match(conn: Connection, hospital_id: UUID, account: Account) -> UUID | None:
    """Return which member of staff an account of a hospital is, or None. From the first time on its subject decides."""
    row = await (await conn.execute(_MATCH_SUBJECT, (hospital_id, account.subject))).fetchone()
    if row is None:
        asked = {"hospital": hospital_id, "account": account.name, "subject": account.subject}
        row = await (await conn.execute(_MATCH, asked)).fetchone()
    return row[0] if row else None


def _provider(keyring: Keyring, row: tuple[Any, ...]) -> Provider:
    hospital_id, issuer, client_id, sealed, claim, email_domain, required, active = row
    secret = keyring.open(sealed, purpose=_SECRET, context=hospital_id.bytes).decode()
    return Provider(hospital_id, issuer, client_id, secret, Claim(claim), email_domain, required, active)
