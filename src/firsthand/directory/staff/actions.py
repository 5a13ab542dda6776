"""Who works at a hospital: adding, signing in by password, looking up, leaving.

A password is hashed in a thread and between two transactions: it takes some 50 ms, in which no connection and no
counter's row may be held.
"""

from uuid import UUID

from firsthand.audit.model import DONE, Caller, Line
from firsthand.audit.store import append
from firsthand.directory.staff import limits, rules, store
from firsthand.directory.staff.model import Reason, Refused, Staff, Username
from firsthand.identity.model import Reason as IdentityReason
from firsthand.identity.model import Refused as IdentityRefused
from firsthand.identity.password import rules as passwords
from firsthand.identity.password import store as kept_passwords
from firsthand.identity.password.hashing import hashing
from firsthand.identity.session import store as sessions
from firsthand.identity.session.model import OpenedSession, SubjectKind
from firsthand.platform.access import Role
from firsthand.platform.attempts import address_index, allow
from firsthand.platform.chance import new_id
from firsthand.platform.database import Connection
from firsthand.platform.world import World

_ADD = "directory.add_staff"
_SIGN_IN = "directory.sign_in_staff"
_DEACTIVATE = "directory.deactivate_staff"


async def add_staff(
    world: World,
    caller: Caller,
    hospital_id: UUID,
    *,
    username: str,
    display_name: str,
    role: Role,
    password: str,
) -> Staff | Refused:
    """Add a member of staff with a first password of 12 characters or more. The username is unique in the city."""
    staff = _parsed(new_id(world.chance, world.clock.now()), hospital_id, username, display_name, role)
    if isinstance(staff, Staff) and not passwords.is_acceptable(password, username=staff.username):
        staff = Reason.PASSWORD_UNACCEPTABLE
    salt = world.chance.bytes(passwords.SALT_BYTES)
    phc = await hashing.run(passwords.hash_password, password, salt) if isinstance(staff, Staff) else ""
    async with world.database.transaction() as conn:
        outcome = await _add(conn, world, staff, phc) if isinstance(staff, Staff) else staff
        if isinstance(outcome, Reason):
            await append(conn, [_line(world, caller, _ADD, outcome)])
            return Refused(outcome)
        await append(conn, [_line(world, caller, _ADD, DONE, staff=outcome)])
        return outcome


async def sign_in_staff(
    world: World, caller: Caller, username: str, password: str, address: str
) -> OpenedSession | IdentityRefused:
    """Sign a member of staff in by password.

    address: the network address of the request. Refused with TOO_MANY_REQUESTS, or with SIGN_IN_WRONG, which takes as
    long for a name that nobody has. Raises Overloaded where too many passwords wait to be looked at.
    """
    name = rules.parse_username(username)
    async with world.database.transaction() as conn:
        if not await _allowed(conn, world, name, address):
            await append(conn, [_line(world, caller, _SIGN_IN, IdentityReason.TOO_MANY_REQUESTS)])
            return IdentityRefused(IdentityReason.TOO_MANY_REQUESTS)
        staff = await store.find_by_username(conn, name) if name else None
        phc = await kept_passwords.read(conn, staff.id) if staff else None
    right = await hashing.run(passwords.matches, password, phc)
    async with world.database.transaction() as conn:
        if staff is None or not right or not await store.hold_active(conn, staff.id):
            await append(conn, [_line(world, caller, _SIGN_IN, IdentityReason.SIGN_IN_WRONG, staff=staff)])
            return IdentityRefused(IdentityReason.SIGN_IN_WRONG)
        await append(conn, [_line(world, caller, _SIGN_IN, DONE, staff=staff)])
        return await sessions.open_staff_session(conn, world, staff.id, hospital_id=staff.hospital_id, role=staff.role)


async def read_staff(world: World, staff_id: UUID) -> Staff | None:
    """Return a member of staff, active or not."""
    async with world.database.connection() as conn:
        return await store.find(conn, staff_id)


async def deactivate_staff(world: World, caller: Caller, staff_id: UUID) -> Refused | None:
    """Let a member of staff go: no session of his lives on, and none is opened again."""
    async with world.database.transaction() as conn:
        staff = await store.find(conn, staff_id)
        if staff is None or not await store.deactivate(conn, staff_id):
            await append(conn, [_line(world, caller, _DEACTIVATE, Reason.STAFF_UNKNOWN, staff=staff)])
            return Refused(Reason.STAFF_UNKNOWN)
        await sessions.end_all(conn, SubjectKind.STAFF, staff_id)
        await append(conn, [_line(world, caller, _DEACTIVATE, DONE, staff=staff)])
        return None


def _parsed(staff_id: UUID, hospital_id: UUID, username: str, display_name: str, role: Role) -> Staff | Reason:
    name = rules.parse_username(username)
    if name is None:
        return Reason.USERNAME_INVALID
    if not rules.is_display_name(display_name):
        return Reason.DISPLAY_NAME_INVALID
    return Staff(staff_id, hospital_id, name, display_name, role, active=True)


async def _add(conn: Connection, world: World, staff: Staff, phc: str) -> Staff | Reason:
    now = world.clock.now()
    if not await store.hospital_exists(conn, staff.hospital_id):
        return Reason.HOSPITAL_UNKNOWN
    if not await store.add(conn, staff, now=now):
        return Reason.USERNAME_TAKEN
    await kept_passwords.add(conn, staff.id, phc, now=now)
    return staff


async def _allowed(conn: Connection, world: World, name: Username | None, address: str) -> bool:
    """Count the try against every limit, always in one order, and say whether it is within all of them.

    An address that is over its own limit counts against no name: else it could shut out as many as it likes.
    """
    now = world.clock.now()
    if not await allow(conn, limits.PER_ADDRESS, address_index(world.keyring, address), now=now):
        return False
    return await allow(conn, limits.PER_USERNAME, world.keyring.blind_index("staff.username", name or ""), now=now)


def _line(world: World, caller: Caller, action: str, outcome: str, *, staff: Staff | None = None) -> Line:
    hospital_id, staff_id = (staff.hospital_id, staff.id) if staff else (None, None)
    now = world.clock.now()
    return Line(at=now, caller=caller, action=action, outcome=outcome, hospital_id=hospital_id, subject_id=staff_id)
