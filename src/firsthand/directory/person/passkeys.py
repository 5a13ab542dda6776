"""A person's passkeys: adding, naming and removing them, and signing in by one.

Every change asks for a fresh sign-in, and is told to the person by message: whoever found a phone unlocked can neither
add a way in of his own nor take the owner's away unnoticed.
"""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from firsthand.audit.model import DONE, Caller, Line
from firsthand.audit.store import append
from firsthand.directory.person import store
from firsthand.directory.person.model import Contact
from firsthand.directory.person.sign_in import kept_person
from firsthand.identity.challenge import guard
from firsthand.identity.model import Reason, Refused
from firsthand.identity.passkey import ceremony
from firsthand.identity.passkey import store as passkeys
from firsthand.identity.passkey.limits import PER_ADDRESS
from firsthand.identity.passkey.model import Begun, Passkey, RelyingParty, Subject
from firsthand.identity.passkey.rules import credential_id_of, parse_credential, parse_name
from firsthand.identity.session.model import Method, OpenedSession, SignedIn, SubjectKind
from firsthand.identity.session.store import open_person_session
from firsthand.messages.model import Message, Template
from firsthand.messages.store import enqueue
from firsthand.platform.attempts import address_index, allow
from firsthand.platform.database import Connection
from firsthand.platform.scope import PersonScope
from firsthand.platform.world import World

_BEGIN: Final = "directory.begin_adding_passkey"
_ADD: Final = "directory.add_passkey"
_RENAME: Final = "directory.rename_passkey"
_REMOVE: Final = "directory.remove_passkey"
_SIGN_IN: Final = "directory.sign_in_by_passkey"


async def list_passkeys(world: World, scope: PersonScope) -> list[Passkey]:
    """Return the person's passkeys, those that came with records merged into his among them, oldest first."""
    async with world.database.connection() as conn:
        subjects = await _subjects(conn, scope)
        found = [one for subject in subjects for one in await passkeys.passkeys_of(conn, world.keyring, subject)]
        return sorted(found, key=lambda passkey: (passkey.created_at, passkey.id))


async def begin_adding_passkey(
    world: World, caller: Caller, signed_in: SignedIn, party: RelyingParty, *, bound_to: bytes
) -> Begun | Refused:
    """Ask the person's browser to make a passkey. Refused with SIGN_IN_STALE or TOO_MANY_PASSKEYS."""
    scope = PersonScope(signed_in.subject_id)
    async with world.database.transaction() as conn:
        names = await store.names_of(conn, world.keyring, scope, [scope.person_id])
        begun: Begun | Refused = Refused(Reason.SIGN_IN_STALE)
        if signed_in.is_fresh(world.clock.now()):
            label = names.get(scope.person_id, "")
            begun = await ceremony.begin_adding(
                conn, world, party, _subject(scope), label=label or party.name, bound_to=bound_to
            )
        if isinstance(begun, Refused):
            await append(conn, [_line(world, caller, _BEGIN, begun.reason, scope.person_id)])
        return begun


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
    """Add the passkey that the person's browser has made, tell him, and return its id.

    Refused with SIGN_IN_STALE, PASSKEY_NAME_INVALID, PASSKEY_WRONG, PASSKEY_KNOWN or TOO_MANY_PASSKEYS.
    """
    scope, called = PersonScope(signed_in.subject_id), parse_name(name)
    async with world.database.transaction() as conn:
        added: UUID | Refused
        if not signed_in.is_fresh(world.clock.now()):
            added = Refused(Reason.SIGN_IN_STALE)
        elif called is None:
            added = Refused(Reason.PASSKEY_NAME_INVALID)
        else:
            added = await ceremony.end_adding(
                conn, world, party, _subject(scope), challenge_id, credential, name=called, bound_to=bound_to
            )
        if isinstance(added, Refused):
            await append(conn, [_line(world, caller, _ADD, added.reason, scope.person_id)])
            return added
        await _tell(conn, world, scope, Template.PASSKEY_ADDED, f"passkey_added:{added}")
        await append(conn, [_line(world, caller, _ADD, DONE, scope.person_id, added)])
        return added


async def rename_passkey(
    world: World, caller: Caller, signed_in: SignedIn, passkey_id: UUID, name: str
) -> Refused | None:
    """Call one of the person's passkeys something else. Refused with PASSKEY_NAME_INVALID or PASSKEY_UNKNOWN."""
    scope, called = PersonScope(signed_in.subject_id), parse_name(name)
    async with world.database.transaction() as conn:
        reason = Reason.PASSKEY_NAME_INVALID if called is None else None
        if called is not None:
            renamed = [
                await passkeys.rename(conn, world.keyring, subject, passkey_id, called)
                for subject in await _subjects(conn, scope)
            ]
            reason = None if any(renamed) else Reason.PASSKEY_UNKNOWN
        await append(conn, [_line(world, caller, _RENAME, reason or DONE, scope.person_id, passkey_id)])
        return Refused(reason) if reason else None


async def remove_passkey(world: World, caller: Caller, signed_in: SignedIn, passkey_id: UUID) -> Refused | None:
    """Remove one of the person's passkeys, and tell him. Refused with SIGN_IN_STALE or PASSKEY_UNKNOWN."""
    scope = PersonScope(signed_in.subject_id)
    async with world.database.transaction() as conn:
        reason = None if signed_in.is_fresh(world.clock.now()) else Reason.SIGN_IN_STALE
        if reason is None:
            removed = [await passkeys.remove(conn, subject, passkey_id) for subject in await _subjects(conn, scope)]
            reason = None if any(removed) else Reason.PASSKEY_UNKNOWN
        if reason is None:
            await _tell(conn, world, scope, Template.PASSKEY_REMOVED, f"passkey_removed:{passkey_id}")
        await append(conn, [_line(world, caller, _REMOVE, reason or DONE, scope.person_id, passkey_id)])
        return Refused(reason) if reason else None


async def begin_passkey_sign_in(
    world: World,
    caller: Caller,
    party: RelyingParty,
    address: str,
    *,
    bound_to: bytes,
    signed_in: SignedIn | None = None,
) -> Begun | Refused:
    """Ask a browser for an answer by a passkey: any person's, or that of the one who is signed in.

    Refused with TOO_MANY_REQUESTS alone.
    """
    async with world.database.transaction() as conn:
        if not await allow(conn, PER_ADDRESS, address_index(world.keyring, address), now=world.clock.now()):
            await append(conn, [_line(world, caller, _SIGN_IN, Reason.TOO_MANY_REQUESTS)])
            return Refused(Reason.TOO_MANY_REQUESTS)
        only = signed_in.subject_id if signed_in else None
        return await ceremony.begin_sign_in(conn, world, party, SubjectKind.PERSON, bound_to=bound_to, subject_id=only)


async def sign_in_by_passkey(
    world: World, caller: Caller, party: RelyingParty, challenge_id: UUID, credential: str, *, bound_to: bytes
) -> OpenedSession | Refused:
    """Sign in whoever has answered by his passkey. Refused with PASSKEY_WRONG or PASSKEY_COPIED."""
    async with world.database.transaction() as conn:
        found = await ceremony.end_sign_in(conn, world, party, challenge_id, credential, bound_to=bound_to)
        if isinstance(found, Refused):
            await guard.count_failure(conn, world)
            owner_id = await _warn(conn, world, challenge_id, credential) if _is_copy(found) else None
            await append(conn, [_line(world, caller, _SIGN_IN, found.reason, owner_id, challenge_id)])
            return found
        person_id = await kept_person(conn, found.id, now=world.clock.now())
        if person_id is None:
            await append(conn, [_line(world, caller, _SIGN_IN, Reason.PASSKEY_WRONG, subject_id=challenge_id)])
            return Refused(Reason.PASSKEY_WRONG)
        await append(conn, [_line(world, caller, _SIGN_IN, DONE, person_id, challenge_id)])
        return await open_person_session(conn, world, person_id, method=Method.PASSKEY, device=caller.device)


def _is_copy(refused: Refused) -> bool:
    return refused.reason is Reason.PASSKEY_COPIED


async def _warn(conn: Connection, world: World, challenge_id: UUID, credential: str) -> UUID | None:
    """Tell the owner of a passkey that there seem to be two of it, and return who he is."""
    known = await passkeys.find(conn, credential_id_of(parse_credential(credential) or {}))
    if known is None:
        return None
    scope = PersonScope(known.subject.id)
    await _tell(conn, world, scope, Template.PASSKEY_COPIED, f"passkey_copied:{challenge_id}")
    return scope.person_id


async def _tell(
    conn: Connection,
    world: World,
    scope: PersonScope,
    template: Template,
    event_key: str,
    facts: Mapping[str, str] | None = None,
) -> None:
    contacts = await store.contacts_of(conn, world.keyring, scope, [scope.person_id])
    contact: Contact | None = contacts.get(scope.person_id)
    if contact is None or not contact.phone:
        return
    message = Message(
        person_id=scope.person_id,
        address=contact.phone,
        template=template,
        language=contact.language,
        facts=facts or {},
        event_key=event_key,
    )
    await enqueue(conn, world, [message])


async def _subjects(conn: Connection, scope: PersonScope) -> list[Subject]:
    people = await store.same_people(conn, scope, [scope.person_id])
    ids = people[scope.person_id].ids if scope.person_id in people else ()
    return [Subject(SubjectKind.PERSON, person_id) for person_id in ids]


def _subject(scope: PersonScope) -> Subject:
    return Subject(SubjectKind.PERSON, scope.person_id)


def _line(
    world: World,
    caller: Caller,
    action: str,
    outcome: str,
    person_id: UUID | None = None,
    subject_id: UUID | None = None,
) -> Line:
    return Line(
        at=world.clock.now(),
        caller=caller,
        action=action,
        outcome=outcome,
        subject_id=subject_id,
        person_id=person_id,
    )
