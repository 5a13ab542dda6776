"""The SQL of hospitals' own sign-ins. An attempt is ended by the statement that reads it, so it comes back once."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from firsthand.identity.oidc.model import (
    ATTEMPT_VALID_FOR,
    Algorithm,
    Link,
    Offer,
    Provider,
    Purpose,
    Secrets,
    Start,
    Terms,
)
from firsthand.platform.crypto import Keyring, token_hash
from firsthand.platform.database import Connection

_PROVIDER: LiteralString = """
SELECT id, hospital_id, issuer, client_id, client_secret, claim, acr, amr, algorithms, enabled, tested_at, changed_at
FROM identity.oidc_provider
"""
_FIND: LiteralString = _PROVIDER + "WHERE id = %s"
# Against changes that are made at the same time: what is read here stays as it is until the transaction ends.
_HOLD: LiteralString = _PROVIDER + "WHERE id = %s FOR SHARE"
_LOCK: LiteralString = _PROVIDER + "WHERE id = %s FOR UPDATE"
_ALL: LiteralString = _PROVIDER + "ORDER BY hospital_id NULLS FIRST, id"
_OF_HOSPITAL: LiteralString = _PROVIDER + "WHERE hospital_id IS NOT DISTINCT FROM %s"
_OFFERED: LiteralString = "SELECT id, hospital_id FROM identity.oidc_provider WHERE enabled ORDER BY hospital_id, id"
_ADD: LiteralString = """
INSERT INTO identity.oidc_provider (id, hospital_id, issuer, client_id, client_secret, claim, acr, amr, algorithms,
    enabled, tested_at, changed_at, made_at, made_by, changed_by)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (hospital_id) DO NOTHING
"""
_CHANGE: LiteralString = """
UPDATE identity.oidc_provider SET issuer = %s, client_id = %s, client_secret = %s, claim = %s, acr = %s, amr = %s,
    algorithms = %s, enabled = %s, tested_at = %s, changed_at = %s, changed_by = %s
WHERE id = %s
"""
_TESTED: LiteralString = "UPDATE identity.oidc_provider SET tested_at = %s WHERE id = %s AND changed_at = %s"
_BEGIN: LiteralString = """
INSERT INTO identity.oidc_start (state_hash, browser_hash, provider_id, purpose, holder, nonce_hash, verifier, leads_to,
    begun_at, expires_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
_END: LiteralString = """
DELETE FROM identity.oidc_start
WHERE state_hash = %s AND browser_hash = %s AND provider_id = %s AND expires_at > %s
RETURNING provider_id, purpose, holder, nonce_hash, verifier, leads_to, begun_at
"""
_END_ALL: LiteralString = "DELETE FROM identity.oidc_start WHERE provider_id = %s"
_DELETE_EXPIRED: LiteralString = "DELETE FROM identity.oidc_start WHERE expires_at <= %s"
_LINK: LiteralString = """
INSERT INTO identity.oidc_link (provider_id, staff_id, subject, subject_index, linked_by, linked_at, told_at)
VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
"""
_UNLINK: LiteralString = "DELETE FROM identity.oidc_link WHERE provider_id = %s AND staff_id = %s"
_UNLINK_STAFF: LiteralString = "DELETE FROM identity.oidc_link WHERE staff_id = %s"
_ERASE_OF: LiteralString = "DELETE FROM identity.oidc_link WHERE staff_id = ANY(%s)"
_UNLINK_ALL: LiteralString = "DELETE FROM identity.oidc_link WHERE provider_id = %s"
_LINKS: LiteralString = """
SELECT provider_id, staff_id, subject, linked_by, linked_at, told_at FROM identity.oidc_link
"""
_LINKS_OF_PROVIDER: LiteralString = _LINKS + "WHERE provider_id = %s ORDER BY linked_at, staff_id"
_LINKS_OF_STAFF: LiteralString = _LINKS + "WHERE staff_id = %s ORDER BY linked_at, provider_id"
_TELL: LiteralString = "UPDATE identity.oidc_link SET told_at = %s WHERE staff_id = %s AND told_at IS NULL"
_WHO: LiteralString = "SELECT staff_id FROM identity.oidc_link WHERE provider_id = %s AND subject_index = %s"

_SECRET = "identity.oidc_provider.client_secret"  # noqa: S105 - the name of a column
_VERIFIER = "identity.oidc_start.verifier"
_SUBJECT = "identity.oidc_link.subject"


async def find(conn: Connection, keyring: Keyring, provider_id: UUID) -> Provider | None:
    """Return a provider, enabled or not."""
    return _provider(keyring, await (await conn.execute(_FIND, (provider_id,))).fetchone())


async def hold(conn: Connection, keyring: Keyring, provider_id: UUID) -> Provider | None:
    """Return a provider, and let nobody change it until the transaction ends."""
    return _provider(keyring, await (await conn.execute(_HOLD, (provider_id,))).fetchone())


async def lock(conn: Connection, keyring: Keyring, provider_id: UUID) -> Provider | None:
    """Return a provider that is to be changed, and let nobody else do so until the transaction ends."""
    return _provider(keyring, await (await conn.execute(_LOCK, (provider_id,))).fetchone())


async def find_of(conn: Connection, keyring: Keyring, hospital_id: UUID | None) -> Provider | None:
    """Return the provider of a hospital, or of the city (None)."""
    return _provider(keyring, await (await conn.execute(_OF_HOSPITAL, (hospital_id,))).fetchone())


async def list_all(conn: Connection, keyring: Keyring) -> list[Provider]:
    """Return every provider, the city's own first."""
    rows = await (await conn.execute(_ALL)).fetchall()
    return [found for row in rows if (found := _provider(keyring, row))]


async def offered(conn: Connection) -> list[Offer]:
    """Return the providers that can be used."""
    return [Offer(*row) for row in await (await conn.execute(_OFFERED)).fetchall()]


async def add(conn: Connection, keyring: Keyring, provider: Provider, *, by: UUID | None) -> bool:
    """Add a provider, and say whether its hospital had none. by: the member of staff, None for the operator."""
    values = (provider.id, provider.hospital_id, *_settled(keyring, provider), provider.changed_at, by, by)
    return (await conn.execute(_ADD, values)).rowcount > 0


async def change(conn: Connection, keyring: Keyring, provider: Provider, *, by: UUID | None) -> None:
    """Keep what was changed of a provider."""
    await conn.execute(_CHANGE, (*_settled(keyring, provider), by, provider.id))


async def note_tested(conn: Connection, provider: Provider, *, now: datetime) -> bool:
    """Note that a provider answers as it should. Says no where it was changed meanwhile."""
    return (await conn.execute(_TESTED, (now, provider.id, provider.changed_at))).rowcount > 0


async def begin(conn: Connection, keyring: Keyring, secrets: Secrets, start: Start) -> None:
    """Keep an attempt until its browser comes back."""
    state_hash = token_hash(secrets.state)
    sealed = keyring.seal(start.verifier.encode(), purpose=_VERIFIER, context=state_hash)
    what = (start.provider_id, start.purpose, start.holder, start.nonce_hash, sealed, start.leads_to)
    until = start.begun_at + ATTEMPT_VALID_FOR
    await conn.execute(_BEGIN, (state_hash, token_hash(secrets.browser), *what, start.begun_at, until))


async def end(
    conn: Connection, keyring: Keyring, provider_id: UUID, *, state: str, browser: str, now: datetime
) -> Start | None:
    """End the attempt that a browser comes back from, and return it; None where it is over, or not this browser's."""
    state_hash = token_hash(state)
    row = await (await conn.execute(_END, (state_hash, token_hash(browser), provider_id, now))).fetchone()
    if row is None:
        return None
    found, purpose, holder, nonce_hash, sealed, leads_to, begun_at = row
    verifier = keyring.open(sealed, purpose=_VERIFIER, context=state_hash).decode()
    held = bytes(holder) if holder is not None else None
    return Start(found, Purpose(purpose), held, bytes(nonce_hash), verifier, leads_to, begun_at)


async def end_all(conn: Connection, provider_id: UUID) -> int:
    """End every attempt at a provider, and return how many there were."""
    return (await conn.execute(_END_ALL, (provider_id,))).rowcount


async def delete_expired(conn: Connection, *, now: datetime) -> int:
    """Delete the attempts that nobody came back from, and return how many they were."""
    return (await conn.execute(_DELETE_EXPIRED, (now,))).rowcount


async def link(conn: Connection, keyring: Keyring, wanted: Link) -> bool:
    """Say which account at a provider is a member's. Says no where he or the account is linked there already."""
    context = wanted.provider_id.bytes + wanted.staff_id.bytes
    sealed = keyring.seal(wanted.subject.encode(), purpose=_SUBJECT, context=context)
    index = subject_index(keyring, wanted.provider_id, wanted.subject)
    values = (wanted.provider_id, wanted.staff_id, sealed, index, wanted.linked_by, wanted.linked_at, wanted.told_at)
    return (await conn.execute(_LINK, values)).rowcount > 0


async def unlink(conn: Connection, provider_id: UUID, staff_id: UUID) -> bool:
    """Forget which account at a provider is a member's, and say whether one was."""
    return (await conn.execute(_UNLINK, (provider_id, staff_id))).rowcount > 0


async def unlink_staff(conn: Connection, staff_id: UUID) -> int:
    """Forget every account of a member of staff, and return how many they were."""
    return (await conn.execute(_UNLINK_STAFF, (staff_id,))).rowcount


async def erase_of(conn: Connection, staff_ids: Sequence[UUID]) -> int:
    """Erase the accounts of members who left, and return how many they were."""
    return (await conn.execute(_ERASE_OF, (list(staff_ids),))).rowcount


async def unlink_all(conn: Connection, provider_id: UUID) -> int:
    """Forget every account at a provider, and return how many they were: another issuer knows other people."""
    return (await conn.execute(_UNLINK_ALL, (provider_id,))).rowcount


async def links_at(conn: Connection, keyring: Keyring, provider_id: UUID) -> list[Link]:
    """Return whose accounts at a provider are whose, the oldest first."""
    return [_link(keyring, row) for row in await (await conn.execute(_LINKS_OF_PROVIDER, (provider_id,))).fetchall()]


async def links_of(conn: Connection, keyring: Keyring, staff_id: UUID) -> list[Link]:
    """Return the accounts of a member of staff, the oldest first."""
    return [_link(keyring, row) for row in await (await conn.execute(_LINKS_OF_STAFF, (staff_id,))).fetchall()]


async def note_told(conn: Connection, staff_id: UUID, *, now: datetime) -> bool:
    """Note that a member saw his links, and say whether one was new to him."""
    return (await conn.execute(_TELL, (now, staff_id))).rowcount > 0


async def whose(conn: Connection, keyring: Keyring, provider_id: UUID, subject: str) -> UUID | None:
    """Return which member of staff an account at a provider is, or None."""
    row = await (await conn.execute(_WHO, (provider_id, subject_index(keyring, provider_id, subject)))).fetchone()
    return row[0] if row else None


def subject_index(keyring: Keyring, provider_id: UUID, subject: str) -> bytes:
    """Return the keyed hash (32 bytes) by which an account at a provider is found."""
    return keyring.blind_index("identity.oidc_link.subject", f"{provider_id}:{subject}")


def _settled(keyring: Keyring, provider: Provider) -> tuple[object, ...]:
    terms = provider.terms
    sealed = keyring.seal(provider.client_secret.encode(), purpose=_SECRET, context=provider.id.bytes)
    return (
        terms.issuer,
        terms.client_id,
        sealed,
        terms.claim,
        list(terms.acr),
        list(terms.amr),
        [str(algorithm) for algorithm in terms.algorithms],
        provider.enabled,
        provider.tested_at,
        provider.changed_at,
    )


def _provider(keyring: Keyring, row: tuple[Any, ...] | None) -> Provider | None:
    if row is None:
        return None
    provider_id, hospital_id, issuer, client_id, sealed, claim, acr, amr, algorithms, enabled, tested_at, changed = row
    terms = Terms(issuer, client_id, claim, tuple(acr), tuple(amr), tuple(map(Algorithm, algorithms)))
    secret = keyring.open(sealed, purpose=_SECRET, context=provider_id.bytes).decode()
    return Provider(provider_id, hospital_id, terms, secret, enabled, tested_at, changed)


def _link(keyring: Keyring, row: tuple[Any, ...]) -> Link:
    provider_id, staff_id, sealed, linked_by, linked_at, told_at = row
    subject = keyring.open(sealed, purpose=_SUBJECT, context=provider_id.bytes + staff_id.bytes).decode()
    return Link(provider_id, staff_id, subject, linked_by, linked_at, told_at)
