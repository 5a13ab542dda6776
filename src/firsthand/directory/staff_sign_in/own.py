"""What a member of staff does to his own sign-in. Each act asks for his password anew: a desk is left open easily."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from firsthand.audit.model import DONE, ActorKind, Caller
from firsthand.audit.store import append
from firsthand.directory.staff import store as members
from firsthand.directory.staff.model import Staff
from firsthand.directory.staff.passwords import flaw_of
from firsthand.directory.staff_sign_in import limits
from firsthand.directory.staff_sign_in.actions import allow_code
from firsthand.directory.staff_sign_in.enrolment import renew_codes, set_up_app
from firsthand.directory.staff_sign_in.model import Enrolled, Reason, Refused
from firsthand.directory.staff_sign_in.opening import line, refuse
from firsthand.identity.news import store as news
from firsthand.identity.news.model import NewsKind
from firsthand.identity.password import rules as passwords
from firsthand.identity.password import store as kept_passwords
from firsthand.identity.password.hashing import hashing
from firsthand.identity.recovery import store as recovery_codes
from firsthand.identity.recovery.model import CodesLeft
from firsthand.identity.session import store as sessions
from firsthand.identity.session.model import SignedIn
from firsthand.identity.totp import store as apps
from firsthand.identity.totp.model import ENROLMENT_VALID_FOR, SECRET_BYTES, Enrolment
from firsthand.platform.attempts import allow
from firsthand.platform.world import World

_PASSWORD = "directory.change_own_password"  # noqa: S105 - the name of an action
_BEGIN = "directory.begin_own_app"
_APP = "directory.set_up_own_app"
_CODES = "directory.renew_own_recovery_codes"


@dataclass(frozen=True, slots=True)
class OwnSignIn:
    """By what a member signs in. has_password: he has one; has_app; codes: of his recovery codes."""

    username: str
    has_password: bool
    has_app: bool
    codes: CodesLeft
    password_changed_at: datetime | None


async def read_own_sign_in(world: World, staff_id: UUID) -> OwnSignIn | None:
    """Return by what the member who is signed in signs in."""
    async with world.database.connection() as conn:
        staff = await members.find(conn, staff_id)
        if staff is None:
            return None
        changed_at = await kept_passwords.read_changed_at(conn, staff_id)
        return OwnSignIn(
            username=staff.username,
            has_password=changed_at is not None,
            has_app=await apps.read(conn, world.keyring, staff_id) is not None,
            codes=await recovery_codes.count_left(conn, staff_id),
            password_changed_at=changed_at,
        )


async def change_own_password(
    world: World, caller: Caller, *, signed_in: SignedIn, current: str, new: str
) -> Refused | None:
    """Give oneself another password. Every other session of one's own ends. signed_in: by this one.

    Refused with PASSWORD_WRONG, PASSWORD_UNACCEPTABLE, PASSWORD_GUESSABLE, TOO_MANY_TRIES or NOT_PERMITTED.
    """
    staff = await _proved(world, caller, current, _PASSWORD)
    if isinstance(staff, Refused):
        return staff
    flaw = await flaw_of(world, staff, new)
    phc = "" if flaw else await hashing.run(passwords.hash_password, new, world.chance.bytes(passwords.SALT_BYTES))
    async with world.database.transaction() as conn:
        if flaw:
            return await refuse(conn, world, caller, Reason(flaw.value), staff=staff, action=_PASSWORD)
        await kept_passwords.replace(conn, staff.id, phc, now=world.clock.now())
        await sessions.end_others(conn, signed_in)
        await news.add(conn, world, staff.id, NewsKind.PASSWORD_CHANGED, by=staff.id)
        await append(conn, [line(world, caller, _PASSWORD, DONE, staff=staff)])
        return None


async def begin_own_app(world: World, caller: Caller, holder: bytes, password: str) -> Enrolment | Refused:
    """Begin to set up an app, or another in place of the old one. holder: the hash of the session's token.

    Refused as `change_own_password` is.
    """
    staff = await _proved(world, caller, password, _BEGIN)
    if isinstance(staff, Refused):
        return staff
    enrolment = Enrolment(world.chance.bytes(SECRET_BYTES), world.clock.now() + ENROLMENT_VALID_FOR)
    async with world.database.transaction() as conn:
        await apps.end_enrolment(conn, holder)
        await apps.begin(conn, world.keyring, holder, staff.id, enrolment)
        await append(conn, [line(world, caller, _BEGIN, DONE, staff=staff)])
    return enrolment


async def read_own_enrolment(world: World, staff_id: UUID, holder: bytes) -> Enrolment | None:
    """Return the secret that a session was shown and has not confirmed yet."""
    async with world.database.connection() as conn:
        return await apps.read_enrolment(conn, world.keyring, holder, staff_id, now=world.clock.now())


async def set_up_own_app(world: World, caller: Caller, holder: bytes, typed: str) -> Enrolled | Refused:
    """Confirm a new app by its first code: it takes the old one's place, and there are new recovery codes.

    Refused with STEP_OVER, CODE_WRONG or TOO_MANY_TRIES.
    """
    async with world.database.transaction() as conn:
        staff = await members.find(conn, caller.id) if caller.kind is ActorKind.STAFF and caller.id else None
        if staff is None:
            return await refuse(conn, world, caller, Reason.NOT_PERMITTED, action=_APP)
        if not await allow_code(conn, world, staff):
            return await refuse(conn, world, caller, Reason.TOO_MANY_TRIES, staff=staff, action=_APP)
        codes = await set_up_app(conn, world, holder, staff.id, typed, replacing=True)
        if isinstance(codes, Reason):
            return await refuse(conn, world, caller, codes, staff=staff, action=_APP)
        await news.add(conn, world, staff.id, NewsKind.APP_SET_UP, by=staff.id)
        await append(conn, [line(world, caller, _APP, DONE, staff=staff)])
        return Enrolled(codes)


async def renew_own_codes(world: World, caller: Caller, password: str) -> Enrolled | Refused:
    """Give oneself new recovery codes; the old ones end. Refused as `change_own_password` is."""
    staff = await _proved(world, caller, password, _CODES)
    if isinstance(staff, Refused):
        return staff
    async with world.database.transaction() as conn:
        codes = await renew_codes(conn, world, staff.id)
        await news.add(conn, world, staff.id, NewsKind.CODES_RENEWED, by=staff.id)
        await append(conn, [line(world, caller, _CODES, DONE, staff=staff)])
        return Enrolled(codes)


async def _proved(world: World, caller: Caller, password: str, action: str) -> Staff | Refused:
    """Return the member who calls, once he has given his password anew; else refuse."""
    async with world.database.transaction() as conn:
        staff = await members.find(conn, caller.id) if caller.kind is ActorKind.STAFF and caller.id else None
        if staff is None:
            return await refuse(conn, world, caller, Reason.NOT_PERMITTED, action=action)
        subject = world.keyring.blind_index("staff.own_password", str(staff.id))
        if not await allow(conn, limits.OWN_PASSWORD, subject, now=world.clock.now()):
            return await refuse(conn, world, caller, Reason.TOO_MANY_TRIES, staff=staff, action=action)
        phc = await kept_passwords.read(conn, staff.id)
    right = await hashing.run(passwords.matches, password, phc)
    async with world.database.transaction() as conn:
        if not right or not await members.hold_active(conn, staff.id):
            return await refuse(conn, world, caller, Reason.PASSWORD_WRONG, staff=staff, action=action)
    return staff
