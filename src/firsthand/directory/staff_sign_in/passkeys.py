"""A member's passkeys: adding, naming and removing them, and signing in by one.

The device checks who holds it, so a passkey stands for both proofs: what one has, and what one knows or is. A change
asks for a sign-in of the last minutes, and is told at the next one.
"""

from typing import Final
from uuid import UUID

from firsthand.audit.model import DONE, Caller
from firsthand.audit.store import append
from firsthand.directory.staff import store as members
from firsthand.directory.staff.model import Staff
from firsthand.directory.staff_sign_in import limits
from firsthand.directory.staff_sign_in.model import Refused as StaffRefused
from firsthand.directory.staff_sign_in.opening import line, open_session
from firsthand.identity.challenge import guard
from firsthand.identity.model import Reason, Refused
from firsthand.identity.news import store as news
from firsthand.identity.news.model import NewsKind
from firsthand.identity.passkey import ceremony
from firsthand.identity.passkey import store as passkeys
from firsthand.identity.passkey.model import Begun, Passkey, RelyingParty, Subject
from firsthand.identity.passkey.rules import credential_id_of, parse_credential, parse_name
from firsthand.identity.session.model import Method, OpenedSession, SignedIn, SubjectKind
from firsthand.platform.attempts import address_index, allow
from firsthand.platform.database import Connection
from firsthand.platform.world import World

_BEGIN: Final = "directory.begin_adding_staff_passkey"
_ADD: Final = "directory.add_staff_passkey"
_RENAME: Final = "directory.rename_staff_passkey"
_REMOVE: Final = "directory.remove_staff_passkey"
_SIGN_IN: Final = "directory.sign_in_staff_by_passkey"


async def list_own_passkeys(world: World, staff_id: UUID) -> list[Passkey]:
    """Return the passkeys of the member who is signed in, oldest first."""
    async with world.database.connection() as conn:
        return await passkeys.passkeys_of(conn, world.keyring, _subject(staff_id))


async def begin_adding_passkey(
    world: World, caller: Caller, signed_in: SignedIn, party: RelyingParty, *, bound_to: bytes
) -> Begun | Refused:
    """Ask the member's browser to make a passkey. Refused with NOT_PERMITTED, SIGN_IN_STALE or TOO_MANY_PASSKEYS."""
    async with world.database.transaction() as conn:
        staff = await _fresh(conn, world, signed_in)
        if isinstance(staff, Reason):
            return await _refuse(conn, world, caller, _BEGIN, staff)
        subject = _subject(staff.id)
        begun = await ceremony.begin_adding(conn, world, party, subject, label=staff.username, bound_to=bound_to)
        return begun if isinstance(begun, Begun) else await _refuse(conn, world, caller, _BEGIN, begun.reason, staff)


async def add_passkey(
    world: World,
    caller: Caller,
    signed_in: SignedIn,
    party: RelyingParty,
    challenge_id: UUID,
    credential: str,
    *,
    name: str,
    bound_to: bytes,
) -> UUID | Refused:
    """Add the passkey that the member's browser has made, and return its id.

    Refused with NOT_PERMITTED, SIGN_IN_STALE, PASSKEY_NAME_INVALID, PASSKEY_WRONG, PASSKEY_KNOWN or TOO_MANY_PASSKEYS.
    """
    called = parse_name(name)
    async with world.database.transaction() as conn:
        staff = await _fresh(conn, world, signed_in)
        if isinstance(staff, Reason):
            return await _refuse(conn, world, caller, _ADD, staff)
        if called is None:
            return await _refuse(conn, world, caller, _ADD, Reason.PASSKEY_NAME_INVALID, staff)
        added = await ceremony.end_adding(
            conn, world, party, _subject(staff.id), challenge_id, credential, name=called, bound_to=bound_to
        )
        if isinstance(added, Refused):
            return await _refuse(conn, world, caller, _ADD, added.reason, staff)
        await news.add(conn, world, staff.id, NewsKind.PASSKEY_ADDED, by=staff.id)
        await append(conn, [line(world, caller, _ADD, DONE, staff=staff)])
        return added


async def rename_passkey(
    world: World, caller: Caller, signed_in: SignedIn, passkey_id: UUID, name: str
) -> Refused | None:
    """Call one of one's own passkeys something else.

    Refused with NOT_PERMITTED, PASSKEY_NAME_INVALID or PASSKEY_UNKNOWN.
    """
    called = parse_name(name)
    async with world.database.transaction() as conn:
        staff = await _own(conn, signed_in)
        if staff is None:
            return await _refuse(conn, world, caller, _RENAME, Reason.NOT_PERMITTED)
        if called is None:
            return await _refuse(conn, world, caller, _RENAME, Reason.PASSKEY_NAME_INVALID, staff)
        if not await passkeys.rename(conn, world.keyring, _subject(staff.id), passkey_id, called):
            return await _refuse(conn, world, caller, _RENAME, Reason.PASSKEY_UNKNOWN, staff)
        await append(conn, [line(world, caller, _RENAME, DONE, staff=staff)])
        return None


async def remove_passkey(world: World, caller: Caller, signed_in: SignedIn, passkey_id: UUID) -> Refused | None:
    """Remove one of one's own passkeys. Refused with NOT_PERMITTED, SIGN_IN_STALE or PASSKEY_UNKNOWN."""
    async with world.database.transaction() as conn:
        staff = await _fresh(conn, world, signed_in)
        if isinstance(staff, Reason):
            return await _refuse(conn, world, caller, _REMOVE, staff)
        if not await passkeys.remove(conn, _subject(staff.id), passkey_id):
            return await _refuse(conn, world, caller, _REMOVE, Reason.PASSKEY_UNKNOWN, staff)
        await news.add(conn, world, staff.id, NewsKind.PASSKEY_REMOVED, by=staff.id)
        await append(conn, [line(world, caller, _REMOVE, DONE, staff=staff)])
        return None


async def begin_passkey_sign_in(
    world: World,
    caller: Caller,
    party: RelyingParty,
    address: str,
    *,
    bound_to: bytes,
    signed_in: SignedIn | None = None,
) -> Begun | Refused:
    """Ask a browser for an answer by a passkey: any member's, or that of the one who is signed in.

    Refused with TOO_MANY_REQUESTS alone.
    """
    async with world.database.transaction() as conn:
        counted = address_index(world.keyring, address)
        if not await allow(conn, limits.PASSKEYS_PER_ADDRESS, counted, now=world.clock.now()):
            await append(conn, [line(world, caller, _SIGN_IN, Reason.TOO_MANY_REQUESTS)])
            return Refused(Reason.TOO_MANY_REQUESTS)
        only = signed_in.subject_id if signed_in else None
        return await ceremony.begin_sign_in(conn, world, party, SubjectKind.STAFF, bound_to=bound_to, subject_id=only)


async def sign_in_by_passkey(
    world: World,
    caller: Caller,
    party: RelyingParty,
    challenge_id: UUID,
    credential: str,
    *,
    bound_to: bytes,
    acting_in: UUID | None = None,
) -> OpenedSession | Refused:
    """Sign in the member who has answered by his passkey. acting_in: as in `opening.open_session`.

    Refused with PASSKEY_WRONG, also for a person's passkey and for whoever has left or has no duty; or PASSKEY_COPIED.
    """
    async with world.database.transaction() as conn:
        found = await ceremony.end_sign_in(conn, world, party, challenge_id, credential, bound_to=bound_to)
        if isinstance(found, Refused):
            owner = await _warn(conn, world, credential) if found.reason is Reason.PASSKEY_COPIED else None
            return await _refuse_sign_in(conn, world, caller, found.reason, owner)
        staff = await members.find(conn, found.id) if found.kind is SubjectKind.STAFF else None
        if staff is None:
            return await _refuse_sign_in(conn, world, caller, Reason.PASSKEY_WRONG)
        opened = await open_session(conn, world, caller, staff, method=Method.PASSKEY, acting_in=acting_in)
        # Refused with its audit line.
        return Refused(Reason.PASSKEY_WRONG) if isinstance(opened, StaffRefused) else opened


async def _own(conn: Connection, signed_in: SignedIn) -> Staff | None:
    """Return the member whose session it is, where he is one of staff and has not left."""
    if signed_in.kind is not SubjectKind.STAFF or not await members.hold_active(conn, signed_in.subject_id):
        return None
    return await members.find(conn, signed_in.subject_id)


async def _fresh(conn: Connection, world: World, signed_in: SignedIn) -> Staff | Reason:
    """Return the same where he has proved lately who he is; else why he changes nothing.

    That a hospital vouches for him is not enough: a passkey would open what it does not vouch for.
    """
    staff = await _own(conn, signed_in)
    if staff is None:
        return Reason.NOT_PERMITTED
    fresh = signed_in.is_fresh(world.clock.now()) and not signed_in.is_of_hospital
    return staff if fresh else Reason.SIGN_IN_STALE


async def _refuse(
    conn: Connection, world: World, caller: Caller, action: str, reason: Reason, staff: Staff | None = None
) -> Refused:
    await append(conn, [line(world, caller, action, reason, staff=staff)])
    return Refused(reason)


async def _refuse_sign_in(
    conn: Connection, world: World, caller: Caller, reason: Reason, staff: Staff | None = None
) -> Refused:
    await guard.count_failure(conn, world)
    await append(conn, [line(world, caller, _SIGN_IN, reason, staff=staff, method=Method.PASSKEY)])
    return Refused(reason)


async def _warn(conn: Connection, world: World, credential: str) -> Staff | None:
    """Note for the owner of a passkey that there seem to be two of it, and return who he is."""
    known = await passkeys.find(conn, credential_id_of(parse_credential(credential) or {}))
    staff = await members.find(conn, known.subject.id) if known else None
    if staff is not None:
        await news.add(conn, world, staff.id, NewsKind.PASSKEY_COPIED, by=None)
    return staff


def _subject(staff_id: UUID) -> Subject:
    return Subject(SubjectKind.STAFF, staff_id)
