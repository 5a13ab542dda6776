"""What administrators do to a member's sign-in: take a second factor or passkeys away, end sessions, hand out a link.

Nobody does so for himself: a session left open must not become somebody's sign-in for good.
"""

from dataclasses import dataclass
from uuid import UUID

from firsthand.audit.model import DONE, Caller
from firsthand.audit.store import append
from firsthand.directory.staff import store as members
from firsthand.directory.staff.actions import may_look_after
from firsthand.directory.staff.duties import giver, may_manage
from firsthand.directory.staff.model import Staff
from firsthand.directory.staff.rules import parse_username
from firsthand.directory.staff_sign_in.enrolment import forget_proofs
from firsthand.directory.staff_sign_in.model import Reason, Refused
from firsthand.directory.staff_sign_in.news import read_lately
from firsthand.directory.staff_sign_in.opening import line, refuse
from firsthand.identity.news import store as news
from firsthand.identity.news.model import News, NewsKind
from firsthand.identity.passkey import store as passkeys
from firsthand.identity.passkey.model import Subject
from firsthand.identity.password import store as kept_passwords
from firsthand.identity.reset import store as resets
from firsthand.identity.reset.model import Link, Reset
from firsthand.identity.session import store as sessions
from firsthand.identity.session.model import SubjectKind
from firsthand.identity.step import store as steps
from firsthand.identity.totp import store as apps
from firsthand.platform.access import Permission
from firsthand.platform.database import Connection
from firsthand.platform.world import World

_RESET = "directory.reset_second_factor"
_LINK = "directory.make_enrolment_link"
_PASSKEYS = "directory.remove_staff_passkeys"
_SESSIONS = "directory.end_staff_sessions"
_WAYS = "directory.read_staff_sign_in"
_READ = "directory.read_sign_in_resets"


@dataclass(frozen=True, slots=True)
class Ways:
    """By what a member signs in: counts of passkeys and sessions, and what happened lately, newest first.

    names: of the members of staff who did it, by id.
    """

    has_password: bool
    has_app: bool
    passkeys: int
    sessions: int
    lately: tuple[Reset | News, ...]
    names: dict[UUID, str]

    def name_of(self, staff_id: UUID | None) -> str:
        """Return who did something; "" for whoever runs the servers, or for nobody known."""
        return _named(self.names, staff_id)


@dataclass(frozen=True, slots=True)
class Done:
    """Something that was done to a sign-in. by: the administrator's name, "" for whoever runs the servers."""

    deed: Reset | News
    name: str
    by: str


async def reset_second_factor(world: World, caller: Caller, staff_id: UUID) -> Reset | Refused:
    """Take a member's second factor away and end his sessions: he sets one up anew after his password.

    Refused with NOT_PERMITTED or STAFF_UNKNOWN, each also for who is of another hospital.
    """
    async with world.database.transaction() as conn:
        staff = await _changeable(conn, world, caller, staff_id, _RESET)
        if isinstance(staff, Refused):
            return staff
        await forget_proofs(conn, staff_id)
        reset = await resets.add_reset(conn, world, staff_id, by=giver(caller))
        await append(conn, [line(world, caller, _RESET, DONE, staff=staff)])
        return reset


async def make_enrolment_link(world: World, caller: Caller, staff_id: UUID) -> Link | Refused:
    """Make a link by which a member chooses a password and sets up a second factor, within the hour. Refused likewise.

    Nothing changes for him until it is used; then everything by which he signed in before ends.
    """
    async with world.database.transaction() as conn:
        staff = await _changeable(conn, world, caller, staff_id, _LINK)
        if isinstance(staff, Refused):
            return staff
        link = await resets.add_link(conn, world, staff_id, by=giver(caller))
        await append(conn, [line(world, caller, _LINK, DONE, staff=staff)])
        return link


async def make_enrolment_link_for(world: World, caller: Caller, username: str) -> Link | Refused:
    """Make such a link for the member with this username: for whoever runs the servers. Refused likewise."""
    name = parse_username(username)
    async with world.database.connection() as conn:
        staff = await members.find_by_username(conn, name) if name else None
    return await make_enrolment_link(world, caller, staff.id if staff else UUID(int=0))


async def read_untold(world: World, staff_id: UUID) -> list[Reset]:
    """Return what was done to a member's own sign-in and he has not seen."""
    async with world.database.connection() as conn:
        return await resets.read_untold(conn, staff_id)


async def remove_passkeys(world: World, caller: Caller, staff_id: UUID) -> int | Refused:
    """Take every passkey of a member away and end his sessions, as after a lost device; return how many there were.

    Refused likewise.
    """
    async with world.database.transaction() as conn:
        staff = await _changeable(conn, world, caller, staff_id, _PASSKEYS)
        if isinstance(staff, Refused):
            return staff
        removed = await passkeys.remove_all(conn, Subject(SubjectKind.STAFF, staff_id))
        await _end_sessions(conn, staff_id)
        await news.add(conn, world, staff_id, NewsKind.PASSKEYS_TAKEN, by=giver(caller))
        await append(conn, [line(world, caller, _PASSKEYS, DONE, staff=staff)])
        return removed


async def end_sessions(world: World, caller: Caller, staff_id: UUID) -> int | Refused:
    """End every session and half sign-in of a member, and return how many sessions there were. Refused likewise."""
    async with world.database.transaction() as conn:
        staff = await _changeable(conn, world, caller, staff_id, _SESSIONS)
        if isinstance(staff, Refused):
            return staff
        ended = await _end_sessions(conn, staff_id)
        await news.add(conn, world, staff_id, NewsKind.SESSIONS_ENDED, by=giver(caller))
        await append(conn, [line(world, caller, _SESSIONS, DONE, staff=staff)])
        return ended


async def read_ways(world: World, caller: Caller, staff_id: UUID) -> Ways | Refused:
    """Return by what a member signs in and what was done to it, for who may change it. Refused likewise."""
    async with world.database.transaction() as conn:
        staff = await _changeable(conn, world, caller, staff_id, _WAYS)
        if isinstance(staff, Refused):
            return staff
        subject, now = Subject(SubjectKind.STAFF, staff_id), world.clock.now()
        lately = await read_lately(conn, staff_id, now=now)
        names = await members.names_of_staff(conn, [one.by_staff_id for one in lately if one.by_staff_id])
        await append(conn, [line(world, caller, _WAYS, DONE, staff=staff)])
        return Ways(
            has_password=await kept_passwords.read_changed_at(conn, staff_id) is not None,
            has_app=await apps.read(conn, world.keyring, staff_id) is not None,
            passkeys=await passkeys.count(conn, subject),
            sessions=len(await sessions.sessions_of(conn, SubjectKind.STAFF, staff_id, now=now)),
            lately=tuple(lately),
            names=names,
        )


async def read_resets(world: World, caller: Caller, *, limit: int) -> list[Done] | Refused:
    """Return the latest that administrators did to sign-ins in the city, newest first: for the auditor."""
    async with world.database.transaction() as conn:
        if not caller.may(Permission.READ_AUDIT, at=None):
            return await refuse(conn, world, caller, Reason.NOT_PERMITTED, action=_READ)
        await append(conn, [line(world, caller, _READ, DONE)])
        found: list[Reset | News] = [*await resets.read_recent(conn, limit), *await news.read_taken(conn, limit)]
        found = sorted(found, key=lambda one: (one.made_at, one.id), reverse=True)[:limit]
        ids = {one.staff_id for one in found} | {one.by_staff_id for one in found if one.by_staff_id}
        names = await members.names_of_staff(conn, list(ids))
        return [Done(one, names.get(one.staff_id, ""), _named(names, one.by_staff_id)) for one in found]


async def _end_sessions(conn: Connection, staff_id: UUID) -> int:
    await steps.end_all(conn, staff_id)
    return await sessions.end_all(conn, SubjectKind.STAFF, staff_id)


def _named(names: dict[UUID, str], staff_id: UUID | None) -> str:
    return names.get(staff_id, "") if staff_id else ""


async def _changeable(conn: Connection, world: World, caller: Caller, staff_id: UUID, action: str) -> Staff | Refused:
    """Return an active member whose sign-in the caller may change, locked; else refuse."""
    # Locked before his duties are read: none is given to him meanwhile, and of links made at once the last one holds.
    active = await members.lock_active(conn, staff_id)
    staff = await members.find(conn, staff_id)
    duties = await members.live_duties(conn, staff_id, now=world.clock.now())
    # Whoever changes a sign-in could sign in by it: so he must be in charge of everything that it opens.
    in_charge = all(may_manage(caller, duty.role, duty.hospital_id) for duty in duties)
    if staff is None or not in_charge or not may_look_after(caller, staff) or caller.id == staff_id:
        return await refuse(conn, world, caller, Reason.NOT_PERMITTED, staff=staff, action=action)
    if not active:
        return await refuse(conn, world, caller, Reason.STAFF_UNKNOWN, staff=staff, action=action)
    return staff
