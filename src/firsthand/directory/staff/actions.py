"""Who works in the city: adding, looking up, leaving. How they sign in is in `directory.staff_sign_in`."""

from uuid import UUID

from firsthand.audit.model import DONE, Caller
from firsthand.audit.store import append
from firsthand.directory.staff import rules, store
from firsthand.directory.staff.duties import giver, may_manage, staff_line
from firsthand.directory.staff.model import Duty, Reason, Refused, Staff
from firsthand.directory.staff.passwords import flaw_of
from firsthand.identity.oidc import store as oidc
from firsthand.identity.passkey import store as passkeys
from firsthand.identity.passkey.model import Subject
from firsthand.identity.password import rules as passwords
from firsthand.identity.password import store as kept_passwords
from firsthand.identity.password.hashing import hashing
from firsthand.identity.session import store as sessions
from firsthand.identity.session.model import SubjectKind
from firsthand.identity.step import store as steps
from firsthand.platform.access import Permission, Role
from firsthand.platform.chance import new_id
from firsthand.platform.database import Connection
from firsthand.platform.world import World

_ADD = "directory.add_staff"
_DEACTIVATE = "directory.deactivate_staff"


async def add_staff(
    world: World,
    caller: Caller,
    hospital_id: UUID | None,
    *,
    username: str,
    display_name: str,
    role: Role,
    password: str = "",
) -> Staff | Refused:
    """Add a member of staff with a first duty, and a first password where one is given.

    hospital_id: None for the roles of the city, and for them alone. The username is unique in the city. Without a
    password he signs in for the first time by a link (`staff_sign_in.resets`).
    """
    staff = _parsed(new_id(world.chance, world.clock.now()), hospital_id, username, display_name)
    if role.is_of_city != (hospital_id is None):
        staff = Reason.ROLE_AND_HOSPITAL
    if not may_manage(caller, role, hospital_id):
        staff = Reason.NOT_PERMITTED
    phc = ""
    if isinstance(staff, Staff) and password:
        flaw = await flaw_of(world, staff, password)
        salt = world.chance.bytes(passwords.SALT_BYTES)
        phc = "" if flaw else await hashing.run(passwords.hash_password, password, salt)
        staff = Reason(flaw.value) if flaw else staff
    async with world.database.transaction() as conn:
        outcome = await _add(conn, world, caller, staff, role, phc) if isinstance(staff, Staff) else staff
        if isinstance(outcome, Reason):
            await append(conn, [staff_line(world, caller, _ADD, outcome)])
            return Refused(outcome)
        await append(conn, [staff_line(world, caller, _ADD, DONE, outcome)])
        return outcome


async def read_staff(world: World, staff_id: UUID) -> Staff | None:
    """Return a member of staff, active or not."""
    async with world.database.connection() as conn:
        return await store.find(conn, staff_id)


async def deactivate_staff(world: World, caller: Caller, staff_id: UUID) -> Refused | None:
    """Let a member of staff go: no session of his lives on, and none is opened again."""
    async with world.database.transaction() as conn:
        staff = await store.find(conn, staff_id)
        permitted = staff is not None and may_look_after(caller, staff) and caller.id != staff_id
        if staff is None or not permitted or not await store.deactivate(conn, staff_id, now=world.clock.now()):
            await append(conn, [staff_line(world, caller, _DEACTIVATE, Reason.STAFF_UNKNOWN, subject_id=staff_id)])
            return Refused(Reason.STAFF_UNKNOWN)
        await sessions.end_all(conn, SubjectKind.STAFF, staff_id)
        await steps.end_all(conn, staff_id)
        await passkeys.remove_all(conn, Subject(SubjectKind.STAFF, staff_id))
        await oidc.unlink_staff(conn, staff_id)
        await append(conn, [staff_line(world, caller, _DEACTIVATE, DONE, staff)])
        return None


def may_look_after(caller: Caller, staff: Staff) -> bool:
    """Say whether the caller is in charge of a member's account."""
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
    if phc:
        await kept_passwords.add(conn, staff.id, phc, now=now)
    duty = Duty(new_id(world.chance, now), staff.id, staff.hospital_id, role, now, None)
    await store.add_duty(conn, duty, given_by=giver(caller))
    return staff
