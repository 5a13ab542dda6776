"""Setting up a second factor: at the first sign-in after a password, or by somebody who is signed in."""

from uuid import UUID

from firsthand.audit.model import DONE, Caller
from firsthand.audit.store import append
from firsthand.directory.staff import store as members
from firsthand.directory.staff.model import Staff
from firsthand.directory.staff.passwords import flaw_of
from firsthand.directory.staff_sign_in import limits
from firsthand.directory.staff_sign_in.actions import allow_code, open_step
from firsthand.directory.staff_sign_in.model import Enrolled, Reason, Refused
from firsthand.directory.staff_sign_in.opening import line, open_session, refuse
from firsthand.identity.code.rules import parse_code
from firsthand.identity.oidc import store as oidc
from firsthand.identity.passkey import store as passkeys
from firsthand.identity.passkey.model import Subject
from firsthand.identity.password import rules as passwords
from firsthand.identity.password import store as kept_passwords
from firsthand.identity.password.hashing import hashing
from firsthand.identity.recovery import store as recovery_codes
from firsthand.identity.recovery.model import CODE_CHARACTERS, CODES
from firsthand.identity.recovery.rules import code_of
from firsthand.identity.reset import store as resets
from firsthand.identity.session import store as sessions
from firsthand.identity.session.model import Method, SubjectKind
from firsthand.identity.step import store as steps
from firsthand.identity.step.model import Need, OpenedStep
from firsthand.identity.totp import rules as totp
from firsthand.identity.totp import store as apps
from firsthand.identity.totp.model import Enrolment
from firsthand.platform.attempts import address_index, allow
from firsthand.platform.database import Connection
from firsthand.platform.world import World

_ENROL = "directory.enrol_staff"
_LINK = "directory.use_enrolment_link"


async def read_enrolment(world: World, token_hash: bytes) -> tuple[Staff, Enrolment] | None:
    """Return who is setting up an app in a half sign-in, and its secret; None where the step is over."""
    now = world.clock.now()
    async with world.database.connection() as conn:
        step = await steps.find(conn, token_hash, now=now)
        if step is None or step.need is not Need.ENROLMENT:
            return None
        staff = await members.find(conn, step.staff_id)
        enrolment = await apps.read_enrolment(conn, world.keyring, token_hash, step.staff_id, now=now)
        return (staff, enrolment) if staff and enrolment else None


async def finish_enrolment(world: World, caller: Caller, token_hash: bytes, typed: str) -> Enrolled | Refused:
    """Set an app up by its first code, and end the half sign-in in a session. token_hash: of the step.

    Refused with STEP_OVER, TOO_MANY_TRIES, CODE_WRONG, or ENROLLED_ALREADY where another browser was faster.
    """
    now = world.clock.now()
    async with world.database.transaction() as conn:
        step = await steps.count_try(conn, token_hash, Need.ENROLMENT, now=now)
        if step is None or (staff := await members.find(conn, step.staff_id)) is None:
            return await refuse(conn, world, caller, Reason.STEP_OVER, action=_ENROL)
        if not await allow_code(conn, world, staff):
            return await refuse(conn, world, caller, Reason.TOO_MANY_TRIES, staff=staff, action=_ENROL)
        codes = await set_up_app(conn, world, token_hash, staff.id, typed)
        if isinstance(codes, Reason):
            return await refuse(conn, world, caller, codes, staff=staff, action=_ENROL)
        await steps.end_all(conn, staff.id)
        opened = await open_session(conn, world, caller, staff, method=Method.PASSWORD_TOTP)
        if isinstance(opened, Refused):
            return opened
        await append(conn, [line(world, caller, _ENROL, DONE, staff=staff, method="app")])
        return Enrolled(codes, opened)


async def find_link(world: World, token: str) -> Staff | None:
    """Return whose sign-in a one-time link sets up, or None where it is used, has run out or never was."""
    async with world.database.connection() as conn:
        staff_id = await resets.find_link(conn, token, now=world.clock.now())
        return await members.find(conn, staff_id) if staff_id else None


async def use_link(world: World, caller: Caller, token: str, password: str, address: str) -> OpenedStep | Refused:
    """Choose a password by a one-time link. Every proof of before ends; what follows is setting up a second factor.

    Refused with TOO_MANY_TRIES, LINK_SPENT, or PASSWORD_UNACCEPTABLE or PASSWORD_GUESSABLE, which do not use it up.
    """
    now = world.clock.now()
    async with world.database.transaction() as conn:
        if not await allow(conn, limits.PER_ADDRESS, address_index(world.keyring, address), now=now):
            return await refuse(conn, world, caller, Reason.TOO_MANY_TRIES, action=_LINK)
        found = await resets.find_link(conn, token, now=now)
        staff = await members.find(conn, found) if found else None
        if staff is None:
            return await refuse(conn, world, caller, Reason.LINK_SPENT, action=_LINK)
    flaw = await flaw_of(world, staff, password)
    if flaw:
        async with world.database.transaction() as conn:
            return await refuse(conn, world, caller, Reason(flaw.value), staff=staff, action=_LINK)
    salt = world.chance.bytes(passwords.SALT_BYTES)
    phc = await hashing.run(passwords.hash_password, password, salt)
    async with world.database.transaction() as conn:
        used = await members.hold_active(conn, staff.id) and await resets.use_link(conn, token, now=now)
        if not used:
            return await refuse(conn, world, caller, Reason.LINK_SPENT, staff=staff, action=_LINK)
        await forget_proofs(conn, staff.id)
        await kept_passwords.replace(conn, staff.id, phc, now=now)
        await append(conn, [line(world, caller, _LINK, DONE, staff=staff)])
        return await open_step(conn, world, caller, staff, Need.ENROLMENT)


async def set_up_app(
    conn: Connection, world: World, holder: bytes, staff_id: UUID, typed: str, *, replacing: bool = False
) -> tuple[str, ...] | Reason:
    """Make the secret that a holder was shown a member's app, by its first code, and return his recovery codes.

    replacing: the app takes the place of one that is there; else one that is there stays, and this one is refused.
    """
    now, code = world.clock.now(), parse_code(typed)
    enrolment = await apps.read_enrolment(conn, world.keyring, holder, staff_id, now=now)
    if enrolment is None:
        return Reason.STEP_OVER
    step = totp.matching_step(enrolment.secret, code, now=now) if code else None
    if step is None:
        return Reason.CODE_WRONG
    if replacing:
        await apps.remove(conn, staff_id)
    if not await apps.add(conn, world.keyring, staff_id, enrolment.secret, step=step, now=now):
        return Reason.ENROLLED_ALREADY
    await apps.end_enrolment(conn, holder)
    return await renew_codes(conn, world, staff_id)


async def renew_codes(conn: Connection, world: World, staff_id: UUID) -> tuple[str, ...]:
    """Give a member new recovery codes and return them; the old ones end."""
    codes = tuple(code_of(world.chance.bytes(CODE_CHARACTERS)) for _ in range(CODES))
    await recovery_codes.replace(conn, world.keyring, staff_id, codes, now=world.clock.now())
    return codes


async def forget_proofs(conn: Connection, staff_id: UUID) -> None:
    """End everything by which a member signs in besides his password, and every session and half sign-in of his."""
    await steps.end_all(conn, staff_id)
    await sessions.end_all(conn, SubjectKind.STAFF, staff_id)
    await apps.remove(conn, staff_id)
    await recovery_codes.remove(conn, staff_id)
    await passkeys.remove_all(conn, Subject(SubjectKind.STAFF, staff_id))
    await oidc.unlink_staff(conn, staff_id)
