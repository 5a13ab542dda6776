"""What members of staff do, and where: giving, ending and changing duties.

A duty is given by somebody who may, and never by oneself. When it ends, no session lives on in it.
"""

from datetime import datetime
from uuid import UUID

from firsthand.audit.model import DONE, ActorKind, Caller, Line
from firsthand.audit.store import append
from firsthand.directory.staff import store
from firsthand.directory.staff.model import Duty, Reason, Refused, Staff
from firsthand.identity.reset import store as resets
from firsthand.identity.session import store as sessions
from firsthand.identity.session.model import OpenedSession, SignedIn, StaffSession, SubjectKind
from firsthand.platform.access import Permission, Role
from firsthand.platform.chance import new_id
from firsthand.platform.database import Connection
from firsthand.platform.world import World

_SWITCH = "directory.switch_duty"
_GIVE = "directory.give_duty"
_END = "directory.end_duty"


async def read_duties(world: World, staff_id: UUID) -> list[Duty]:
    """Return the duties that a member of staff has now, the newest first."""
    async with world.database.connection() as conn:
        return await store.live_duties(conn, staff_id, now=world.clock.now())


async def switch_duty(world: World, caller: Caller, signed_in: SignedIn, duty_id: UUID) -> OpenedSession | Refused:
    """Act in another of one's own duties: the session is replaced by one in that duty, which ends no later."""
    async with world.database.transaction() as conn:
        now = world.clock.now()
        active = signed_in.kind is SubjectKind.STAFF and await store.hold_active(conn, signed_in.subject_id)
        duties = await store.live_duties(conn, signed_in.subject_id, now=now) if active else []
        wanted = next((duty for duty in duties if duty.id == duty_id and _is_open(signed_in, duty)), None)
        ends_at = await sessions.end(conn, signed_in.token_hash) if wanted else None
        if wanted is None or ends_at is None:
            await append(conn, [staff_line(world, caller, _SWITCH, Reason.DUTY_UNKNOWN, subject_id=duty_id)])
            return Refused(Reason.DUTY_UNKNOWN)
        opened = await sessions.open_staff_session(
            conn,
            world,
            session_of(wanted, until=ends_at),
            method=signed_in.method,
            proved_at=signed_in.created_at,
            device=caller.device,
        )
        await append(conn, [staff_line(world, caller, _SWITCH, DONE, wanted)])
        return opened


async def give_duty(
    world: World,
    caller: Caller,
    staff_id: UUID,
    role: Role,
    hospital_id: UUID | None,
    *,
    ends_at: datetime | None = None,
) -> Duty | Refused:
    """Give a member of staff one more duty, from now on. Nobody gives himself one, and none is given twice.

    hospital_id: None for the roles of the city, and for them alone. ends_at: an aware instant, None for no end.
    """
    async with world.database.transaction() as conn:
        now = world.clock.now()
        duty = Duty(new_id(world.chance, now), staff_id, hospital_id, role, now, ends_at)
        reason = await _why_not_given(conn, caller, duty)
        if reason is None and not await store.add_duty(conn, duty, given_by=giver(caller)):
            reason = Reason.DUTY_HELD
        if reason is None:
            # A link that was made before would open this duty too, for whoever made it.
            await resets.spend_links(conn, staff_id, now=now)
        line = staff_line(world, caller, _GIVE, reason or DONE, duty)
        await append(conn, [line])
        return Refused(reason) if reason else duty


async def end_duty(world: World, caller: Caller, duty_id: UUID) -> Refused | None:
    """End a duty at once, with every session that was opened in it."""
    async with world.database.transaction() as conn:
        now = world.clock.now()
        duty = await store.find_duty(conn, duty_id)
        if duty is None or not may_manage(caller, duty.role, duty.hospital_id):
            # A duty of another hospital is as unknown as one that there is not.
            await append(conn, [staff_line(world, caller, _END, Reason.DUTY_UNKNOWN, subject_id=duty_id)])
            return Refused(Reason.DUTY_UNKNOWN)
        await store.lock_active(conn, duty.staff_id)
        reason = None if await store.end_duty(conn, duty_id, now=now) else Reason.DUTY_UNKNOWN
        await sessions.end_of_duty(conn, duty_id)
        line = staff_line(world, caller, _END, reason or DONE, duty)
        await append(conn, [line])
        return Refused(reason) if reason else None


def session_of(duty: Duty, *, until: datetime | None = None) -> StaffSession:
    """Return what a session in this duty is opened for. until: an aware instant that it may not outlive either."""
    ends = [end for end in (duty.ends_at, until) if end is not None]
    return StaffSession(duty.staff_id, duty.id, duty.hospital_id, duty.role, min(ends, default=None))


def _is_open(signed_in: SignedIn, duty: Duty) -> bool:
    """Say whether a session may go on in a duty: what a hospital vouched for opens no duty elsewhere."""
    return not signed_in.is_of_hospital or duty.hospital_id == signed_in.hospital_id


def may_manage(caller: Caller, role: Role, hospital_id: UUID | None) -> bool:
    """Say whether the caller may give and end duties of this role there."""
    if role.is_of_city:
        return caller.may(Permission.MANAGE_CITY_STAFF, at=None)
    return caller.may(Permission.MANAGE_HOSPITAL_STAFF, at=hospital_id)


async def _why_not_given(conn: Connection, caller: Caller, duty: Duty) -> Reason | None:
    if duty.role.is_of_city != (duty.hospital_id is None):
        return Reason.ROLE_AND_HOSPITAL
    if not may_manage(caller, duty.role, duty.hospital_id):
        return Reason.NOT_PERMITTED
    if caller.kind is ActorKind.STAFF and caller.id == duty.staff_id:
        return Reason.NOT_ONESELF
    if duty.hospital_id is not None and not await store.hospital_exists(conn, duty.hospital_id):
        return Reason.HOSPITAL_UNKNOWN
    if not await store.lock_active(conn, duty.staff_id):
        return Reason.STAFF_UNKNOWN
    live = await store.live_duties(conn, duty.staff_id, now=duty.begins_at)
    held = {(one.role, one.hospital_id, one.ends_at) for one in live}
    return Reason.DUTY_HELD if (duty.role, duty.hospital_id, duty.ends_at) in held else None


def giver(caller: Caller) -> UUID | None:
    """Return the member of staff who gives a duty, or None where the operator does."""
    return caller.id if caller.kind is ActorKind.STAFF else None


def staff_line(
    world: World,
    caller: Caller,
    action: str,
    outcome: str,
    about: Staff | Duty | None = None,
    *,
    subject_id: UUID | None = None,
) -> Line:
    """Return the audit line of something about staff. subject_id: what was asked about, where it is not known."""
    detail: dict[str, str] = {}
    if isinstance(about, Duty):
        detail = {"duty": str(about.id), "role": about.role.value}
        subject_id = about.staff_id
    elif about is not None:
        subject_id = about.id
    return Line(
        at=world.clock.now(),
        caller=caller,
        action=action,
        outcome=outcome,
        hospital_id=about.hospital_id if about else None,
        subject_id=subject_id,
        detail=detail,
    )
