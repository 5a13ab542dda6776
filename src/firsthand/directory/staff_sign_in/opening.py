"""What every way of signing in ends with: a session for a member who is still active, in one of his duties."""

from uuid import UUID

from firsthand.audit.model import DONE, Caller, Line
from firsthand.audit.store import append
from firsthand.directory.staff import store as members
from firsthand.directory.staff.duties import session_of
from firsthand.directory.staff.model import Staff
from firsthand.directory.staff_sign_in.model import Reason, Refused
from firsthand.identity.challenge import guard
from firsthand.identity.session import store as sessions
from firsthand.identity.session.model import Method, OpenedSession
from firsthand.platform.database import Connection
from firsthand.platform.world import World

SIGN_IN = "directory.sign_in_staff"
# What counts as a wrong guess of the whole city: many of them turn the guard on.
_GUESSES = {Reason.SIGN_IN_WRONG, Reason.CODE_WRONG, Reason.PASSWORD_WRONG}


async def open_session(
    conn: Connection, world: World, caller: Caller, staff: Staff, *, method: Method, acting_in: UUID | None = None
) -> OpenedSession | Refused:
    """Open a session for a member who has proved who he is, with its audit line, in the newest of his duties.

    acting_in: the duty in which he goes on, where it is one that he has. Refused with SIGN_IN_WRONG where he has left
    or has no duty.
    """
    active = await members.hold_active(conn, staff.id)
    duties = await members.live_duties(conn, staff.id, now=world.clock.now()) if active else []
    if not duties:
        return await refuse(conn, world, caller, Reason.SIGN_IN_WRONG, staff=staff, method=method)
    duty = next((one for one in duties if one.id == acting_in), duties[0])
    await append(conn, [line(world, caller, SIGN_IN, DONE, staff=staff, method=method)])
    return await sessions.open_staff_session(conn, world, session_of(duty), method=method, device=caller.device)


async def refuse(
    conn: Connection,
    world: World,
    caller: Caller,
    reason: Reason,
    *,
    staff: Staff | None = None,
    action: str = SIGN_IN,
    method: str = "",
) -> Refused:
    """Refuse, with the audit line. A wrong guess counts for the whole city."""
    if reason in _GUESSES:
        await guard.count_failure(conn, world)
    await append(conn, [line(world, caller, action, reason, staff=staff, method=method)])
    return Refused(reason)


def line(
    world: World, caller: Caller, action: str, outcome: str, *, staff: Staff | None = None, method: str = ""
) -> Line:
    """Return the audit line of an act on a member's sign-in."""
    return Line(
        at=world.clock.now(),
        caller=caller,
        action=action,
        outcome=outcome,
        hospital_id=staff.hospital_id if staff else None,
        subject_id=staff.id if staff else None,
        detail={"method": str(method)} if method else {},
    )
