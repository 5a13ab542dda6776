"""What administrators do for a member who cannot sign in: take his second factor away, or hand him a one-time link.

Nobody does so for himself: a session left open must not become somebody's sign-in for good.
"""

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
from firsthand.directory.staff_sign_in.opening import line, refuse
from firsthand.identity.reset import store as resets
from firsthand.identity.reset.model import Link, Reset
from firsthand.platform.access import Permission
from firsthand.platform.database import Connection
from firsthand.platform.world import World

_RESET = "directory.reset_second_factor"
_LINK = "directory.make_enrolment_link"
_READ = "directory.read_sign_in_resets"
_TELL = "directory.note_sign_in_resets_told"


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


async def note_told(world: World, caller: Caller, ids: list[UUID]) -> None:
    """Note that the member who calls saw what was done to his sign-in."""
    if caller.id is None:
        return
    async with world.database.transaction() as conn:
        if await resets.note_told(conn, caller.id, ids, now=world.clock.now()):
            await append(conn, [line(world, caller, _TELL, DONE, staff=await members.find(conn, caller.id))])


async def read_resets(world: World, caller: Caller, *, limit: int) -> list[tuple[Reset, Staff]] | Refused:
    """Return the latest resets in the city with whose sign-in they changed, newest first: for the auditor."""
    async with world.database.transaction() as conn:
        if not caller.may(Permission.READ_AUDIT, at=None):
            return await refuse(conn, world, caller, Reason.NOT_PERMITTED, action=_READ)
        await append(conn, [line(world, caller, _READ, DONE)])
        found = [(reset, await members.find(conn, reset.staff_id)) for reset in await resets.read_recent(conn, limit)]
        return [(reset, staff) for reset, staff in found if staff is not None]


async def _changeable(conn: Connection, world: World, caller: Caller, staff_id: UUID, action: str) -> Staff | Refused:
    """Return an active member whose sign-in the caller may change, held active; else refuse."""
    staff = await members.find(conn, staff_id)
    duties = await members.live_duties(conn, staff_id, now=world.clock.now())
    # Whoever changes a sign-in could sign in by it: so he must be in charge of everything that it opens.
    in_charge = all(may_manage(caller, duty.role, duty.hospital_id) for duty in duties)
    if staff is None or not in_charge or not may_look_after(caller, staff) or caller.id == staff_id:
        return await refuse(conn, world, caller, Reason.NOT_PERMITTED, staff=staff, action=action)
    if not await members.hold_active(conn, staff_id):
        return await refuse(conn, world, caller, Reason.STAFF_UNKNOWN, staff=staff, action=action)
    return staff
