"""Who works in the city: adding, signing in by password, duties, leaving.

A password is hashed in a thread and between two transactions: it takes some 50 ms, in which no connection and no
counter's row may be held.
"""

from uuid import UUID

from firsthand.audit.model import DONE, Caller
from firsthand.audit.store import append
from firsthand.directory.staff import limits, rules, store
from firsthand.directory.staff.duties import giver, may_manage, session_of, staff_line
from firsthand.directory.staff.model import Duty, Reason, Refused, Staff, Username
from firsthand.identity.model import Reason as IdentityReason
from firsthand.identity.model import Refused as IdentityRefused
from firsthand.identity.password import rules as passwords
from firsthand.identity.password import store as kept_passwords
from firsthand.identity.password.hashing import hashing
from firsthand.identity.session import store as sessions
from firsthand.identity.session.model import Method, OpenedSession, SubjectKind
from firsthand.platform.access import Permission, Role
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
    hospital_id: UUID | None,
    *,
    username: str,
    display_name: str,
    role: Role,
    password: str,
) -> Staff | Refused:
    """Add a member of staff with a first duty and a first password of 12 characters or more.

    hospital_id: None for the roles of the city, and for them alone. The username is unique in the city.
    """
    staff = _parsed(new_id(world.chance, world.clock.now()), hospital_id, username, display_name)
    if role.is_of_city != (hospital_id is None):
        staff = Reason.ROLE_AND_HOSPITAL
    if isinstance(staff, Staff) and not passwords.is_acceptable(password, username=staff.username):
        staff = Reason.PASSWORD_UNACCEPTABLE
    if not may_manage(caller, role, hospital_id):
        staff = Reason.NOT_PERMITTED
    salt = world.chance.bytes(passwords.SALT_BYTES)
    phc = await hashing.run(passwords.hash_password, password, salt) if isinstance(staff, Staff) else ""
    async with world.database.transaction() as conn:
        outcome = await _add(conn, world, caller, staff, role, phc) if isinstance(staff, Staff) else staff
        if isinstance(outcome, Reason):
            await append(conn, [staff_line(world, caller, _ADD, outcome)])
            return Refused(outcome)
        await append(conn, [staff_line(world, caller, _ADD, DONE, outcome)])
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
            await append(conn, [staff_line(world, caller, _SIGN_IN, IdentityReason.TOO_MANY_REQUESTS)])
            return IdentityRefused(IdentityReason.TOO_MANY_REQUESTS)
        staff = await store.find_by_username(conn, name) if name else None
        phc = await kept_passwords.read(conn, staff.id) if staff else None
    right = await hashing.run(passwords.matches, password, phc)
    async with world.database.transaction() as conn:
        active = staff is not None and right and await store.hold_active(conn, staff.id)
        duties = await store.live_duties(conn, staff.id, now=world.clock.now()) if staff and active else []
        if staff is None or not duties:
            await append(conn, [staff_line(world, caller, _SIGN_IN, IdentityReason.SIGN_IN_WRONG, staff)])
            return IdentityRefused(IdentityReason.SIGN_IN_WRONG)
        await append(conn, [staff_line(world, caller, _SIGN_IN, DONE, staff)])
        return await sessions.open_staff_session(conn, world, session_of(duties[0]), method=Method.PASSWORD)


async def read_staff(world: World, staff_id: UUID) -> Staff | None:
    """Return a member of staff, active or not."""
    async with world.database.connection() as conn:
        return await store.find(conn, staff_id)


async def deactivate_staff(world: World, caller: Caller, staff_id: UUID) -> Refused | None:
    """Let a member of staff go: no session of his lives on, and none is opened again."""
    async with world.database.transaction() as conn:
        staff = await store.find(conn, staff_id)
        permitted = staff is not None and _may_look_after(caller, staff) and caller.id != staff_id
        if staff is None or not permitted or not await store.deactivate(conn, staff_id):
            await append(conn, [staff_line(world, caller, _DEACTIVATE, Reason.STAFF_UNKNOWN, subject_id=staff_id)])
            return Refused(Reason.STAFF_UNKNOWN)
        await sessions.end_all(conn, SubjectKind.STAFF, staff_id)
        await append(conn, [staff_line(world, caller, _DEACTIVATE, DONE, staff)])
        return None


def _may_look_after(caller: Caller, staff: Staff) -> bool:
    if staff.hospital_id is None:
        return caller.may(Permission.MANAGE_CITY_STAFF, at=None)
    return caller.may(Permission.MANAGE_HOSPITAL_STAFF, at=staff.hospital_id)


def _parsed(staff_id: UUID, hospital_id: UUID | None, username: str, display_name: str) -> Staff | Reason:
    name = rules.parse_username(username)
    if name is None:
        return Reason.USERNAME_INVALID
    if not rules.is_display_name(display_name):
        return Reason.DISPLAY_NAME_INVALID
    return Staff(staff_id, hospital_id, name, display_name, active=True)


async def _add(conn: Connection, world: World, caller: Caller, staff: Staff, role: Role, phc: str) -> Staff | Reason:
    now = world.clock.now()
    if staff.hospital_id is not None and not await store.hospital_exists(conn, staff.hospital_id):
        return Reason.HOSPITAL_UNKNOWN
    if not await store.add(conn, staff, now=now):
        return Reason.USERNAME_TAKEN
    await kept_passwords.add(conn, staff.id, phc, now=now)
    duty = Duty(new_id(world.chance, now), staff.id, staff.hospital_id, role, now, None)
    await store.add_duty(conn, duty, given_by=giver(caller))
    return staff


async def _allowed(conn: Connection, world: World, name: Username | None, address: str) -> bool:
    """Count the try against every limit, always in one order, and say whether it is within all of them.

    An address that is over its own limit counts against no name: else it could shut out as many as it likes.
    """
    now = world.clock.now()
    if not await allow(conn, limits.PER_ADDRESS, address_index(world.keyring, address), now=now):
        return False
    return await allow(conn, limits.PER_USERNAME, world.keyring.blind_index("staff.username", name or ""), now=now)
