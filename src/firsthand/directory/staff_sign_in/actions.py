"""Signing in by password, and by the second factor that follows it.

A password is hashed in a thread and between two transactions: it takes some 50 ms, in which no connection and no
counter's row may be held. A right password opens no page: it opens a step, whose token is worth a session once the
second factor is right. In a demo's database alone, a member without a second factor signs in by password.
"""

from uuid import UUID

from firsthand.audit.model import Caller
from firsthand.audit.store import append
from firsthand.directory.staff import rules as names
from firsthand.directory.staff import store as members
from firsthand.directory.staff.model import Staff
from firsthand.directory.staff_sign_in import devices, limits
from firsthand.directory.staff_sign_in.model import Entered, Reason, Refused, Typed
from firsthand.directory.staff_sign_in.opening import SIGN_IN, line, open_session, refuse
from firsthand.identity.challenge import guard
from firsthand.identity.challenge.model import Path
from firsthand.identity.code.rules import parse_code
from firsthand.identity.news import store as news
from firsthand.identity.news.model import NewsKind
from firsthand.identity.password import rules as passwords
from firsthand.identity.password import store as kept_passwords
from firsthand.identity.password.hashing import hashing
from firsthand.identity.recovery import rules as recovery
from firsthand.identity.recovery import store as recovery_codes
from firsthand.identity.session.model import Method, OpenedSession
from firsthand.identity.step import store as steps
from firsthand.identity.step.model import Need, OpenedStep, Step
from firsthand.identity.totp import rules as totp
from firsthand.identity.totp import store as apps
from firsthand.identity.totp.model import ENROLMENT_VALID_FOR, SECRET_BYTES, Enrolment
from firsthand.platform.attempts import address_index, allow, network_of
from firsthand.platform.database import Connection
from firsthand.platform.deployment import DeploymentKind, read_kind
from firsthand.platform.world import World

_SECOND = "directory.enter_second_factor"


async def sign_in_staff(
    world: World, caller: Caller, typed: Typed, *, acting_in: UUID | None = None
) -> OpenedSession | OpenedStep | Refused:
    """Take a member's password: what follows is a step for the second factor or for setting one up.

    acting_in: as in `opening.open_session`. Refused with TOO_MANY_TRIES, PROOF_NEEDED or PROOF_WRONG, which say nothing
    of the name; or with SIGN_IN_WRONG, which takes as long for a name that nobody has. Raises Overloaded where too many
    passwords wait to be looked at.
    """
    name = names.parse_username(typed.username)
    async with world.database.transaction() as conn:
        refused = await admit(conn, world, typed)
        if refused is not None:
            return await refuse(conn, world, caller, refused)
        staff = await members.find_by_username(conn, name) if name else None
        phc = await kept_passwords.read(conn, staff.id) if staff else None
    right = await hashing.run(passwords.matches, typed.password, phc)
    async with world.database.transaction() as conn:
        if staff is None or not right or not await members.hold_active(conn, staff.id):
            return await refuse(conn, world, caller, Reason.SIGN_IN_WRONG, staff=staff)
        return await go_on(conn, world, caller, staff, acting_in=acting_in)


async def sign_in_with_code(world: World, caller: Caller, typed: Typed, code: str) -> OpenedSession | Refused:
    """Take a password and, where there is a second factor, its code at once: for programs. code: "" for none.

    Refused also with SECOND_FACTOR_NEEDED, and with ENROLMENT_NEEDED where one is to be set up on the pages first.
    """
    answer = await sign_in_staff(world, caller, typed)
    if not isinstance(answer, OpenedStep):
        return answer
    if answer.step.need is Need.SECOND_FACTOR and code:
        return await _enter(world, caller, answer.step.token_hash, code)
    async with world.database.transaction() as conn:
        await steps.end(conn, answer.step.token_hash)
        staff = await members.find(conn, answer.step.staff_id)
        needed = answer.step.need is Need.SECOND_FACTOR
        reason = Reason.SECOND_FACTOR_NEEDED if needed else Reason.ENROLMENT_NEEDED
        return await refuse(conn, world, caller, reason, staff=staff)


async def find_step(world: World, token_hash: bytes) -> Step | None:
    """Return the half sign-in of a token's hash, or None where it is over."""
    async with world.database.connection() as conn:
        return await steps.find(conn, token_hash, now=world.clock.now())


async def enter_second_factor(
    world: World, caller: Caller, token_hash: bytes, entered: Entered, *, acting_in: UUID | None = None
) -> OpenedSession | Refused:
    """Sign in by a code of the app, or by a recovery code, after the password.

    token_hash: of the step. acting_in: as in `opening.open_session`. Refused with STEP_OVER, TOO_MANY_TRIES or
    CODE_WRONG, or with PROOF_NEEDED or PROOF_WRONG, which count as no try.
    """
    async with world.database.transaction() as conn:
        step = await steps.find(conn, token_hash, now=world.clock.now())
        staff = await members.find(conn, step.staff_id) if step else None
        refused = None if staff is None else await _work_missing(conn, world, staff.username, entered)
        if refused is not None:
            return await refuse(conn, world, caller, refused, staff=staff, action=_SECOND)
    return await _enter(world, caller, token_hash, entered.code, acting_in=acting_in)


async def _enter(
    world: World, caller: Caller, token_hash: bytes, code: str, *, acting_in: UUID | None = None
) -> OpenedSession | Refused:
    now = world.clock.now()
    async with world.database.transaction() as conn:
        step = await steps.count_try(conn, token_hash, Need.SECOND_FACTOR, now=now)
        if step is None:
            return await refuse(conn, world, caller, Reason.STEP_OVER, action=_SECOND)
        staff = await members.find(conn, step.staff_id)
        if staff is None or not await allow_code(conn, world, staff):
            return await refuse(conn, world, caller, Reason.TOO_MANY_TRIES, staff=staff, action=_SECOND)
        method = await _use_code(conn, world, staff, code)
        if method is None:
            return await refuse(conn, world, caller, Reason.CODE_WRONG, staff=staff, action=_SECOND)
        await steps.end(conn, token_hash)
        return await open_session(conn, world, caller, staff, method=method, acting_in=acting_in)


async def go_on(
    conn: Connection, world: World, caller: Caller, staff: Staff, *, acting_in: UUID | None = None
) -> OpenedSession | OpenedStep | Refused:
    """Return what follows a right password, or a link in its place: what is still needed, with its audit line."""
    if await has_second_factor(conn, world, staff):
        need = Need.SECOND_FACTOR
    elif await read_kind(conn) is DeploymentKind.DEMO:
        return await open_session(conn, world, caller, staff, method=Method.PASSWORD, acting_in=acting_in)
    else:
        need = Need.ENROLMENT
    return await open_step(conn, world, caller, staff, need)


async def open_step(conn: Connection, world: World, caller: Caller, staff: Staff, need: Need) -> OpenedStep:
    """Open a step for a member, with its audit line. Where he is to enrol, with the secret of an app to be."""
    opened = await steps.open_step(conn, world, staff.id, need)
    if need is Need.ENROLMENT:
        enrolment = Enrolment(world.chance.bytes(SECRET_BYTES), world.clock.now() + ENROLMENT_VALID_FOR)
        await apps.begin(conn, world.keyring, opened.step.token_hash, staff.id, enrolment)
    await append(conn, [line(world, caller, SIGN_IN, f"{need}_asked", staff=staff)])
    return opened


async def has_second_factor(conn: Connection, world: World, staff: Staff) -> bool:
    """Say whether a member has set up a second factor."""
    return await apps.read(conn, world.keyring, staff.id) is not None


async def allow_code(conn: Connection, world: World, staff: Staff) -> bool:
    """Count a try of a member's second factor, and say whether it is within the limits."""
    now, subject = world.clock.now(), world.keyring.blind_index("staff.code", str(staff.id))
    if not await allow(conn, limits.CODES, subject, now=now):
        return False
    return await allow(conn, limits.CODES_DAY, subject, now=now)


async def use_app_code(conn: Connection, world: World, staff: Staff, typed: str) -> bool:
    """Use up a code of a member's app, and say whether it was right and new."""
    code, now = parse_code(typed), world.clock.now()
    app = await apps.read(conn, world.keyring, staff.id)
    if code is None or app is None:
        return False
    step = totp.matching_step(app.secret, code, now=now)
    return step is not None and await apps.use_step(conn, staff.id, step)


async def note_device(world: World, device: str, staff_id: UUID) -> str:
    """Return what a browser is to keep, now that a member has signed in there."""
    async with world.database.connection() as conn:
        staff = await members.find(conn, staff_id)
    return devices.remember(world.keyring, world.chance, device, staff.username) if staff else device


async def _use_code(conn: Connection, world: World, staff: Staff, typed: str) -> Method | None:
    """Return by what a typed code signs in, having used it up; None where it is not right."""
    if await use_app_code(conn, world, staff, typed):
        return Method.PASSWORD_TOTP
    code = recovery.parse_code(typed)
    if code is not None and await recovery_codes.use(conn, world.keyring, staff.id, code, now=world.clock.now()):
        await news.add(conn, world, staff.id, NewsKind.RECOVERY_CODE_USED, by=None)
        return Method.RECOVERY_CODE
    return None


async def admit(conn: Connection, world: World, typed: Typed) -> Reason | None:
    """Count a try of a password against every limit, always in one order, and return None where it may go on.

    What is over a narrower limit counts against no wider one: else one address could shut a name out everywhere, and
    an address could shut out as many names as it likes. Work is asked for before a name is counted, so that whoever
    brings none shuts nobody out.
    """
    now, keyring, name = world.clock.now(), world.keyring, names.parse_username(typed.username)
    if not await allow(conn, limits.PER_ADDRESS, address_index(keyring, typed.address), now=now):
        return Reason.TOO_MANY_TRIES
    device = devices.subject_of(keyring, typed.device, name or "")
    if device is not None:
        within = await allow(conn, limits.PER_NAME_AND_DEVICE, device, now=now)
        return None if within else Reason.TOO_MANY_TRIES
    missing = await guard.admit_entry(conn, world, Path.STAFF, typed.proof)
    if missing is not None:
        return Reason(missing.value)
    here = keyring.blind_index("staff.username.address", f"{network_of(typed.address)} {name or ''}")
    if not await allow(conn, limits.PER_NAME_AND_ADDRESS, here, now=now):
        return Reason.TOO_MANY_TRIES
    within = await allow(conn, limits.PER_NAME, keyring.blind_index("staff.username", name or ""), now=now)
    return None if within else Reason.TOO_MANY_TRIES


async def _work_missing(conn: Connection, world: World, username: str, entered: Entered) -> Reason | None:
    """Return why a code is not looked at, where signing in is attacked: browsers known to this name do no work."""
    if devices.subject_of(world.keyring, entered.device, username) is not None:
        return None
    missing = await guard.admit_entry(conn, world, Path.STAFF, entered.proof)
    return None if missing is None else Reason(missing.value)
