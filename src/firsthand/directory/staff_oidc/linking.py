"""Whose account at a provider is whose: said by an administrator, or found by the member's going there himself.

Never by a name or an e-mail address: providers let people change those, and give them to somebody else later.
"""

from typing import Final
from uuid import UUID

from firsthand.audit.model import DONE, ActorKind, Caller
from firsthand.audit.store import append
from firsthand.directory.hospital.store import read_names
from firsthand.directory.staff import store as members
from firsthand.directory.staff.model import Staff
from firsthand.directory.staff.rules import parse_username
from firsthand.directory.staff_oidc.model import Button, OwnAccount, Reason, Refused
from firsthand.directory.staff_oidc.recording import line, may_settle, refuse
from firsthand.directory.staff_sign_in.news import IN_SIGHT_FOR
from firsthand.identity.oidc import rules, store
from firsthand.identity.oidc.model import Link, Provider
from firsthand.identity.session import store as sessions
from firsthand.identity.session.model import SignedIn, SubjectKind
from firsthand.platform.database import Connection
from firsthand.platform.world import World

_LINK: Final = "directory.link_account"
_UNLINK: Final = "directory.unlink_account"
_UNLINK_OWN: Final = "directory.unlink_own_account"
_TELL: Final = "directory.note_links_told"


async def link_account(
    world: World, caller: Caller, provider_id: UUID, *, username: str, subject: str
) -> Refused | None:
    """Say which account at a provider is a member's. subject: as the provider writes it in the claim that is settled.

    Refused with PROVIDER_UNKNOWN, STAFF_UNKNOWN (who has no duty there is as unknown as nobody), NOT_ONESELF,
    SUBJECT_INVALID, or LINK_TAKEN where the member or the account is linked there already.
    """
    async with world.database.transaction() as conn:
        provider = await store.hold(conn, world.keyring, provider_id)
        if provider is None or not may_settle(caller, provider.hospital_id):
            return await refuse(conn, world, caller, _LINK, Reason.PROVIDER_UNKNOWN, about=provider_id)
        name = parse_username(username)
        staff = await members.find_by_username(conn, name) if name else None
        if staff is None or not await serves(conn, world, staff.id, provider):
            return await refuse(conn, world, caller, _LINK, Reason.STAFF_UNKNOWN, provider=provider)
        reason = None
        if caller.kind is ActorKind.STAFF and caller.id == staff.id:
            reason = Reason.NOT_ONESELF
        elif not rules.is_plain(subject):
            reason = Reason.SUBJECT_INVALID
        elif not await store.link(conn, world.keyring, _link(world, caller, provider, staff, subject)):
            reason = Reason.LINK_TAKEN
        if reason is not None:
            return await refuse(conn, world, caller, _LINK, reason, provider=provider, about=staff.id)
        await append(conn, [line(world, caller, _LINK, provider=provider, about=staff.id)])
        return None


async def unlink_account(world: World, caller: Caller, provider_id: UUID, staff_id: UUID) -> Refused | None:
    """Forget which account is a member's, and sign him out where he came in by it.

    Refused with PROVIDER_UNKNOWN or LINK_UNKNOWN.
    """
    async with world.database.transaction() as conn:
        provider = await store.hold(conn, world.keyring, provider_id)
        if provider is None or not may_settle(caller, provider.hospital_id):
            return await refuse(conn, world, caller, _UNLINK, Reason.PROVIDER_UNKNOWN, about=provider_id)
        if not await store.unlink(conn, provider_id, staff_id):
            return await refuse(conn, world, caller, _UNLINK, Reason.LINK_UNKNOWN, provider=provider, about=staff_id)
        await sessions.end_vouched(conn, provider.hospital_id, staff_id=staff_id)
        await append(conn, [line(world, caller, _UNLINK, provider=provider, about=staff_id)])
        return None


async def read_own_accounts(world: World, signed_in: SignedIn) -> tuple[list[OwnAccount], list[Button]]:
    """Return the accounts of the member who is signed in, and the providers at which he may link one.

    What somebody else linked stays new for a month: whoever slipped in by it does not hide it from its owner.
    """
    now = world.clock.now()
    async with world.database.connection() as conn:
        links = await store.links_of(conn, world.keyring, signed_in.subject_id)
        duties = await members.live_duties(conn, signed_in.subject_id, now=now)
        hospitals = {duty.hospital_id for duty in duties}
        linked = {link.provider_id for link in links}
        offers = [one for one in await store.offered(conn) if one.id not in linked and one.hospital_id in hospitals]
        where = {link.provider_id: await store.find(conn, world.keyring, link.provider_id) for link in links}
        wanted = [*(offer.hospital_id for offer in offers), *(one.hospital_id for one in where.values() if one)]
        names = await read_names(conn, [hospital_id for hospital_id in wanted if hospital_id])
        who = await members.names_of_staff(conn, [link.linked_by for link in links if link.linked_by])
    own = []
    for link in links:
        provider = where[link.provider_id]
        hospital_id = provider.hospital_id if provider else None
        others = link.linked_by is not None and link.linked_by != link.staff_id
        own.append(
            OwnAccount(
                provider_id=link.provider_id,
                hospital_name=names.get(hospital_id, "") if hospital_id else "",
                subject=link.subject,
                linked_at=link.linked_at,
                by=who.get(link.linked_by, "") if link.linked_by and others else "",
                is_new=link.told_at is None or (others and now - link.linked_at < IN_SIGHT_FOR),
            )
        )
    buttons = [Button(one.id, names.get(one.hospital_id, "") if one.hospital_id else "") for one in offers]
    return own, buttons


async def has_untold_links(world: World, staff_id: UUID) -> bool:
    """Say whether somebody else has linked an account to this member and he has not seen it."""
    async with world.database.connection() as conn:
        return any(link.told_at is None for link in await store.links_of(conn, world.keyring, staff_id))


async def note_links_told(world: World, caller: Caller) -> None:
    """Note that the member who calls saw which accounts are linked to him."""
    if caller.kind is not ActorKind.STAFF or caller.id is None:
        return
    async with world.database.transaction() as conn:
        if await store.note_told(conn, caller.id, now=world.clock.now()):
            await append(conn, [line(world, caller, _TELL, DONE, about=caller.id)])


async def unlink_own_account(world: World, caller: Caller, signed_in: SignedIn, provider_id: UUID) -> Refused | None:
    """Forget one's own account at a provider. Refused with NOT_FRESH or LINK_UNKNOWN."""
    async with world.database.transaction() as conn:
        if signed_in.kind is not SubjectKind.STAFF or not signed_in.is_fresh(world.clock.now()):
            return await refuse(conn, world, caller, _UNLINK_OWN, Reason.NOT_FRESH, about=signed_in.subject_id)
        provider = await store.hold(conn, world.keyring, provider_id)
        if provider is None or not await store.unlink(conn, provider_id, signed_in.subject_id):
            return await refuse(conn, world, caller, _UNLINK_OWN, Reason.LINK_UNKNOWN, about=provider_id)
        await append(conn, [line(world, caller, _UNLINK_OWN, provider=provider, about=signed_in.subject_id)])
        return None


async def serves(conn: Connection, world: World, staff_id: UUID, provider: Provider) -> bool:
    """Say whether a member is active, and has a duty now that a provider vouches for; hold him active."""
    if not await members.hold_active(conn, staff_id):
        return False
    duties = await members.live_duties(conn, staff_id, now=world.clock.now())
    return any(duty.hospital_id == provider.hospital_id for duty in duties)


def own_link(world: World, provider: Provider, staff_id: UUID, subject: str) -> Link:
    """Return the link of an account that a member showed to be his."""
    now = world.clock.now()
    return Link(provider.id, staff_id, subject, linked_by=staff_id, linked_at=now, told_at=now)


def _link(world: World, caller: Caller, provider: Provider, staff: Staff, subject: str) -> Link:
    by = caller.id if caller.kind is ActorKind.STAFF else None
    return Link(provider.id, staff.id, subject, linked_by=by, linked_at=world.clock.now(), told_at=None)
