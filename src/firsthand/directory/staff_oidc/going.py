"""Sending a browser to a provider: to sign in, to link one's own account, or to prove oneself once more."""

import base64
from typing import Final
from uuid import UUID

from firsthand.audit.model import Caller
from firsthand.audit.store import append
from firsthand.directory.hospital.store import read_names
from firsthand.directory.staff_oidc import limits
from firsthand.directory.staff_oidc.linking import serves
from firsthand.directory.staff_oidc.model import Button, Going, Outward, Reason, Refused
from firsthand.directory.staff_oidc.recording import line, refuse
from firsthand.identity.oidc import store
from firsthand.identity.oidc.model import TOKEN_BYTES, Metadata, Provider, Purpose, Secrets, Start, Why
from firsthand.identity.oidc.remote import Remote, authorization_address
from firsthand.identity.session.model import SignedIn, SubjectKind
from firsthand.platform.attempts import address_index, allow
from firsthand.platform.crypto import token_hash
from firsthand.platform.database import Connection
from firsthand.platform.world import World

_BEGIN: Final = "directory.begin_own_sign_in"
_LINK: Final = "directory.begin_own_link"
_AGAIN: Final = "directory.begin_own_proof"
_ACTIONS: Final = {Purpose.SIGN_IN: _BEGIN, Purpose.LINK: _LINK, Purpose.AGAIN: _AGAIN}


async def read_buttons(world: World) -> list[Button]:
    """Return the providers that can be used, by the names of their hospitals; the city's own first."""
    async with world.database.connection() as conn:
        offers = await store.offered(conn)
        names = await read_names(conn, [offer.hospital_id for offer in offers if offer.hospital_id])
    buttons = [Button(offer.id, names.get(offer.hospital_id, "") if offer.hospital_id else "") for offer in offers]
    return sorted(buttons, key=lambda button: button.hospital_name)


async def begin_sign_in(world: World, caller: Caller, remote: Remote, outward: Outward) -> Going | Refused:
    """Send a browser to a provider, to sign in. Refused with TOO_MANY_TRIES, PROVIDER_UNKNOWN or PROVIDER_DOWN."""
    return await _begin(world, caller, remote, outward, Purpose.SIGN_IN, None)


async def begin_own_link(
    world: World, caller: Caller, remote: Remote, outward: Outward, signed_in: SignedIn
) -> Going | Refused:
    """Send a member to a provider whose account there is to be linked. Refused likewise, with STAFF_UNKNOWN, NOT_FRESH.

    A session that a provider vouched for links nothing: one hospital would open what another one vouches for.
    """
    if signed_in.is_of_hospital or not signed_in.is_fresh(world.clock.now()):
        async with world.database.transaction() as conn:
            return await refuse(conn, world, caller, _LINK, Reason.NOT_FRESH, about=signed_in.subject_id)
    return await _begin(world, caller, remote, outward, Purpose.LINK, signed_in)


async def begin_own_proof(
    world: World, caller: Caller, remote: Remote, outward: Outward, signed_in: SignedIn
) -> Going | Refused:
    """Send a member whom a provider vouched for there again, to prove himself anew. Refused as `begin_own_link` is."""
    return await _begin(world, caller, remote, outward, Purpose.AGAIN, signed_in)


async def find_own(world: World, signed_in: SignedIn) -> Button | None:
    """Return the provider that vouched for a session, or None where none did, or it cannot be used any more."""
    if not signed_in.is_of_hospital:
        return None
    async with world.database.connection() as conn:
        provider = await store.find_of(conn, world.keyring, signed_in.hospital_id)
        names = await read_names(conn, [signed_in.hospital_id] if signed_in.hospital_id else [])
    if provider is None or not provider.enabled:
        return None
    return Button(provider.id, names.get(provider.hospital_id, "") if provider.hospital_id else "")


async def find_end(world: World, remote: Remote, provider_id: UUID, address: str) -> tuple[Button, str, str] | None:
    """Return a provider, where one's session there can be ended, and its client id; None where it cannot.

    address: the network address of the request. Source: OpenID Connect RP-Initiated Logout 1.0.
    """
    async with world.database.transaction() as conn:
        if not await allow(conn, limits.PER_ADDRESS, address_index(world.keyring, address), now=world.clock.now()):
            return None
        provider = await store.find(conn, world.keyring, provider_id)
        names = await read_names(conn, [provider.hospital_id] if provider and provider.hospital_id else [])
    if provider is None or not provider.enabled:
        return None
    metadata = await remote.describe(provider, now=world.clock.now())
    if isinstance(metadata, Why) or not metadata.end_session_endpoint:
        return None
    name = names.get(provider.hospital_id, "") if provider.hospital_id else ""
    return Button(provider.id, name), metadata.end_session_endpoint, provider.terms.client_id


async def _begin(
    world: World, caller: Caller, remote: Remote, outward: Outward, purpose: Purpose, signed_in: SignedIn | None
) -> Going | Refused:
    action, about = _ACTIONS[purpose], signed_in.subject_id if signed_in else None
    async with world.database.transaction() as conn:
        provider = await _admitted(conn, world, caller, outward, purpose, signed_in)
        if isinstance(provider, Refused):
            return provider
        names = await read_names(conn, [provider.hospital_id] if provider.hospital_id else [])
    metadata = await remote.describe(provider, now=world.clock.now())
    async with world.database.transaction() as conn:
        if isinstance(metadata, Why):
            return await refuse(
                conn, world, caller, action, Reason.PROVIDER_DOWN, provider=provider, about=about, why=metadata
            )
        if await store.hold(conn, world.keyring, provider.id) != provider:
            return await refuse(
                conn, world, caller, action, Reason.PROVIDER_DOWN, provider=provider, about=about, why=Why.CHANGED
            )
        secrets = await _start(conn, world, provider, outward, purpose, signed_in)
        await append(conn, [line(world, caller, action, provider=provider, about=about)])
    name = names.get(provider.hospital_id, "") if provider.hospital_id else ""
    return Going(_address(provider, metadata, secrets, outward, purpose), secrets.browser, name)


async def _admitted(
    conn: Connection,
    world: World,
    caller: Caller,
    outward: Outward,
    purpose: Purpose,
    signed_in: SignedIn | None,
) -> Provider | Refused:
    """Return the provider to which a browser may be sent for this purpose; else refuse."""
    action, now, keyring = _ACTIONS[purpose], world.clock.now(), world.keyring
    if not await allow(conn, limits.PER_ADDRESS, address_index(keyring, outward.address), now=now):
        return await refuse(conn, world, caller, action, Reason.TOO_MANY_TRIES)
    provider = await store.find(conn, keyring, outward.provider_id)
    if provider is None or not provider.enabled:
        return await refuse(conn, world, caller, action, Reason.PROVIDER_UNKNOWN, about=outward.provider_id)
    counted = keyring.blind_index("staff_oidc.provider", str(provider.id))
    if not await allow(conn, limits.PER_PROVIDER, counted, now=now):
        return await refuse(conn, world, caller, action, Reason.TOO_MANY_TRIES, provider=provider)
    if signed_in is None:
        return provider
    about = signed_in.subject_id
    if signed_in.kind is not SubjectKind.STAFF or not await serves(conn, world, about, provider):
        return await refuse(conn, world, caller, action, Reason.STAFF_UNKNOWN, provider=provider, about=about)
    vouched = signed_in.is_of_hospital and signed_in.hospital_id == provider.hospital_id
    if purpose is Purpose.AGAIN and not vouched:
        return await refuse(conn, world, caller, action, Reason.STAFF_UNKNOWN, provider=provider, about=about)
    return provider


async def _start(
    conn: Connection,
    world: World,
    provider: Provider,
    outward: Outward,
    purpose: Purpose,
    signed_in: SignedIn | None,
) -> Secrets:
    secrets = Secrets(*(_random(world) for _ in range(4)))
    start = Start(
        provider_id=provider.id,
        purpose=purpose,
        holder=signed_in.token_hash if signed_in else None,
        nonce_hash=token_hash(secrets.nonce),
        verifier=secrets.verifier,
        leads_to=outward.leads_to,
        begun_at=world.clock.now(),
    )
    await store.begin(conn, world.keyring, secrets, start)
    return secrets


def _address(provider: Provider, metadata: Metadata, secrets: Secrets, outward: Outward, purpose: Purpose) -> str:
    # Who links or proves himself anew shows that he is there, and not that somebody was some hours ago.
    again = purpose is not Purpose.SIGN_IN
    return authorization_address(provider, metadata, secrets, back=outward.back, again=again)


def _random(world: World) -> str:
    return base64.urlsafe_b64encode(world.chance.bytes(TOKEN_BYTES)).rstrip(b"=").decode()
