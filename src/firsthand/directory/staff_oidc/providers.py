"""Settling a hospital's own sign-in: adding and changing it, trying it, and letting staff use it or not.

What is changed is off until it was tried anew. Another issuer or another claim knows other people: every link ends.
And another issuer or client is given no secret that was kept for the former one, so that nobody has it sent to himself.
"""

from dataclasses import replace
from typing import Final
from uuid import UUID

from firsthand.audit.model import ActorKind, Caller
from firsthand.audit.store import append
from firsthand.directory.hospital.store import read_names
from firsthand.directory.staff import store as members
from firsthand.directory.staff_oidc import limits
from firsthand.directory.staff_oidc.model import Account, Reason, Refused, Shown, Typed
from firsthand.directory.staff_oidc.recording import line, may_settle, refuse
from firsthand.identity.oidc import rules, store
from firsthand.identity.oidc.model import Algorithm, Provider, Terms, Why
from firsthand.identity.oidc.remote import Remote
from firsthand.identity.session import store as sessions
from firsthand.platform.access import Permission
from firsthand.platform.attempts import allow
from firsthand.platform.chance import new_id
from firsthand.platform.database import Connection
from firsthand.platform.world import World

_LIST: Final = "directory.list_own_sign_ins"
_READ: Final = "directory.read_own_sign_in_of_hospital"
_ADD: Final = "directory.add_own_sign_in"
_CHANGE: Final = "directory.change_own_sign_in"
_TEST: Final = "directory.test_own_sign_in"
_ENABLE: Final = "directory.enable_own_sign_in"
_DISABLE: Final = "directory.disable_own_sign_in"


async def list_providers(world: World, caller: Caller) -> list[Shown] | Refused:
    """Return the own sign-ins that the caller may settle, the city's first. Refused with NOT_PERMITTED."""
    async with world.database.transaction() as conn:
        own = caller.may(Permission.MANAGE_HOSPITAL_STAFF, at=caller.hospital_id)
        if not own and not caller.may(Permission.MANAGE_CITY_STAFF, at=None):
            return await refuse(conn, world, caller, _LIST, Reason.NOT_PERMITTED)
        found = [one for one in await store.list_all(conn, world.keyring) if may_settle(caller, one.hospital_id)]
        names = await read_names(conn, [one.hospital_id for one in found if one.hospital_id])
        await append(conn, [line(world, caller, _LIST)])
        return [_shown(one, names) for one in found]


async def read_provider(world: World, caller: Caller, provider_id: UUID) -> tuple[Shown, list[Account]] | Refused:
    """Return an own sign-in that the caller may settle, and whose accounts are linked. Refused as unknown likewise."""
    async with world.database.transaction() as conn:
        provider = await _settled(conn, world, caller, provider_id, _READ)
        if isinstance(provider, Refused):
            return provider
        links = await store.links_at(conn, world.keyring, provider_id)
        names = await members.names_of_staff(conn, [link.linked_by for link in links if link.linked_by])
        hospitals = await read_names(conn, [provider.hospital_id] if provider.hospital_id else [])
        accounts = []
        for link in links:
            staff = await members.find(conn, link.staff_id)
            by = names.get(link.linked_by, "") if link.linked_by and link.linked_by != link.staff_id else ""
            accounts += [Account(staff, link.subject, link.linked_at, by)] if staff else []
        await append(conn, [line(world, caller, _READ, provider=provider)])
        return _shown(provider, hospitals), accounts


async def add_provider(
    world: World, caller: Caller, remote: Remote, hospital_id: UUID | None, typed: Typed
) -> UUID | Refused:
    """Add the own sign-in of a hospital, or of the city (None). It is off until it was tried.

    Refused with NOT_PERMITTED, HOSPITAL_UNKNOWN, PROVIDER_EXISTS, or what is wrong with a field.
    """
    async with world.database.transaction() as conn:
        if not may_settle(caller, hospital_id):
            return await refuse(conn, world, caller, _ADD, Reason.NOT_PERMITTED, about=hospital_id)
        if hospital_id is not None and not await members.hospital_exists(conn, hospital_id):
            return await refuse(conn, world, caller, _ADD, Reason.HOSPITAL_UNKNOWN, about=hospital_id)
        terms, now = parse_terms(typed, plain_loopback=remote.web.plain_loopback), world.clock.now()
        wrong = _secret_wrong(typed, needed=True) if isinstance(terms, Terms) else terms
        if not isinstance(terms, Terms) or wrong is not None:
            return await refuse(conn, world, caller, _ADD, wrong or Reason.SECRET_INVALID, about=hospital_id)
        provider = Provider(
            id=new_id(world.chance, now),
            hospital_id=hospital_id,
            terms=terms,
            client_secret=typed.client_secret,
            enabled=False,
            tested_at=None,
            changed_at=now,
        )
        if not await store.add(conn, world.keyring, provider, by=_by(caller)):
            return await refuse(conn, world, caller, _ADD, Reason.PROVIDER_EXISTS, about=hospital_id)
        await append(conn, [line(world, caller, _ADD, provider=provider)])
        return provider.id


async def change_provider(
    world: World, caller: Caller, remote: Remote, provider_id: UUID, typed: Typed
) -> Refused | None:
    """Settle an own sign-in anew. It is off until it was tried again, and who came in by it is signed out.

    Refused with PROVIDER_UNKNOWN, SECRET_MISSING, or what is wrong with a field.
    """
    async with world.database.transaction() as conn:
        provider = await _settled(conn, world, caller, provider_id, _CHANGE)
        if isinstance(provider, Refused):
            return provider
        terms = parse_terms(typed, plain_loopback=remote.web.plain_loopback)
        if not isinstance(terms, Terms):
            return await refuse(conn, world, caller, _CHANGE, terms, provider=provider)
        moved = (terms.issuer, terms.client_id) != (provider.terms.issuer, provider.terms.client_id)
        wrong = _secret_wrong(typed, needed=moved)
        if wrong is not None:
            return await refuse(conn, world, caller, _CHANGE, wrong, provider=provider)
        changed = replace(
            provider,
            terms=terms,
            client_secret=typed.client_secret or provider.client_secret,
            enabled=False,
            tested_at=None,
            changed_at=world.clock.now(),
        )
        await store.change(conn, world.keyring, changed, by=_by(caller))
        await _end_what_it_opened(conn, provider)
        if (terms.issuer, terms.claim) != (provider.terms.issuer, provider.terms.claim):
            await store.unlink_all(conn, provider.id)
        await append(conn, [line(world, caller, _CHANGE, provider=changed)])
        return None


async def test_provider(world: World, caller: Caller, remote: Remote, provider_id: UUID) -> Refused | None:
    """Ask a provider for what it says of itself and for its keys, and note that it answers as it should.

    Refused with PROVIDER_UNKNOWN or TOO_MANY_TRIES, or with PROVIDER_DOWN and why.
    """
    async with world.database.transaction() as conn:
        provider = await _settled(conn, world, caller, provider_id, _TEST)
        if isinstance(provider, Refused):
            return provider
        subject = world.keyring.blind_index("staff_oidc.test", str(caller.id))
        if not await allow(conn, limits.TESTS, subject, now=world.clock.now()):
            return await refuse(conn, world, caller, _TEST, Reason.TOO_MANY_TRIES, provider=provider)
    metadata = await remote.describe(provider, now=world.clock.now(), anew=True)
    keys = metadata if isinstance(metadata, Why) else await remote.keys(metadata, now=world.clock.now(), anew=True)
    async with world.database.transaction() as conn:
        if isinstance(keys, Why):
            return await refuse(conn, world, caller, _TEST, Reason.PROVIDER_DOWN, provider=provider, why=keys)
        if not await store.note_tested(conn, provider, now=world.clock.now()):
            return await refuse(conn, world, caller, _TEST, Reason.PROVIDER_DOWN, provider=provider, why=Why.CHANGED)
        await append(conn, [line(world, caller, _TEST, provider=provider)])
        return None


async def enable_provider(world: World, caller: Caller, provider_id: UUID) -> Refused | None:
    """Let staff sign in by it. Refused with PROVIDER_UNKNOWN or NOT_TESTED."""
    async with world.database.transaction() as conn:
        provider = await _settled(conn, world, caller, provider_id, _ENABLE)
        if isinstance(provider, Refused):
            return provider
        if provider.tested_at is None:
            return await refuse(conn, world, caller, _ENABLE, Reason.NOT_TESTED, provider=provider)
        await _switch(conn, world, caller, provider, enabled=True)
        await append(conn, [line(world, caller, _ENABLE, provider=provider)])
        return None


async def disable_provider(world: World, caller: Caller, provider_id: UUID) -> Refused | None:
    """Let nobody sign in by it any more, and sign out who did. Refused with PROVIDER_UNKNOWN."""
    async with world.database.transaction() as conn:
        provider = await _settled(conn, world, caller, provider_id, _DISABLE)
        if isinstance(provider, Refused):
            return provider
        await _switch(conn, world, caller, provider, enabled=False)
        await _end_what_it_opened(conn, provider)
        await append(conn, [line(world, caller, _DISABLE, provider=provider)])
        return None


def parse_terms(typed: Typed, *, plain_loopback: bool) -> Terms | Reason:
    """Return what an administrator typed as what is settled, or what is wrong with it."""
    issuer = rules.parse_issuer(typed.issuer.strip(), plain_loopback=plain_loopback)
    acr, amr = rules.parse_values(typed.acr), rules.parse_values(typed.amr)
    algorithms = tuple(algorithm for algorithm in Algorithm if algorithm in typed.algorithms)
    if issuer is None:
        return Reason.ISSUER_INVALID
    if not rules.is_plain(typed.client_id):
        return Reason.CLIENT_INVALID
    if not rules.is_claim(typed.claim):
        return Reason.CLAIM_INVALID
    if acr is None or amr is None:
        return Reason.STRENGTH_INVALID
    if not acr and not amr:
        # Else a hospital's bare password would open what takes two factors here.
        return Reason.STRENGTH_MISSING
    if not algorithms:
        return Reason.ALGORITHM_MISSING
    return Terms(issuer, typed.client_id, typed.claim, acr, amr, algorithms)


def _secret_wrong(typed: Typed, *, needed: bool) -> Reason | None:
    if not typed.client_secret:
        return Reason.SECRET_MISSING if needed else None
    return None if rules.is_plain(typed.client_secret) else Reason.SECRET_INVALID


async def _settled(
    conn: Connection, world: World, caller: Caller, provider_id: UUID, action: str
) -> Provider | Refused:
    """Return a provider that the caller may settle, locked; another hospital's is as unknown as none."""
    provider = await store.lock(conn, world.keyring, provider_id)
    if provider is None or not may_settle(caller, provider.hospital_id):
        return await refuse(conn, world, caller, action, Reason.PROVIDER_UNKNOWN, about=provider_id)
    return provider


async def _switch(conn: Connection, world: World, caller: Caller, provider: Provider, *, enabled: bool) -> None:
    changed = replace(provider, enabled=enabled, changed_at=world.clock.now())
    await store.change(conn, world.keyring, changed, by=_by(caller))


async def _end_what_it_opened(conn: Connection, provider: Provider) -> None:
    await store.end_all(conn, provider.id)
    await sessions.end_vouched(conn, provider.hospital_id)


def _by(caller: Caller) -> UUID | None:
    return caller.id if caller.kind is ActorKind.STAFF else None


def _shown(provider: Provider, names: dict[UUID, str]) -> Shown:
    name = names.get(provider.hospital_id, "") if provider.hospital_id else ""
    return Shown(provider.id, provider.hospital_id, name, provider.terms, provider.enabled, provider.tested_at)
