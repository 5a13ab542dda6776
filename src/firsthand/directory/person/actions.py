"""Registering and signing in: a person proves a document number by a code sent to his phone.

To whoever asks, a known and an unknown number look alike: the same answer, the same statements, the same work. A code
about a known number goes only to the phone on record, whatever phone the request named.
"""

from collections.abc import Sequence
from uuid import UUID

from firsthand.audit.model import DONE, Caller, Line
from firsthand.audit.store import append
from firsthand.directory.person import rules, store
from firsthand.directory.person.model import (
    Claim,
    Contact,
    NobodysClaim,
    PersonName,
    Reason,
    Refused,
    Registration,
    RegistrationClaim,
    SignInClaim,
)
from firsthand.directory.person.store import NewPerson
from firsthand.identity.code import limits
from firsthand.identity.code import store as codes
from firsthand.identity.code.model import CODE_DIGITS, VALID_FOR, CodeRequested, NewCode
from firsthand.identity.code.rules import parse_code
from firsthand.identity.document.model import Document
from firsthand.identity.document.store import document_index, find_person
from firsthand.identity.model import Reason as IdentityReason
from firsthand.identity.model import Refused as IdentityRefused
from firsthand.identity.session.model import OpenedSession
from firsthand.identity.session.store import open_person_session
from firsthand.messages.model import Message, Template
from firsthand.messages.store import enqueue
from firsthand.platform.attempts import address_index, allow
from firsthand.platform.chance import new_digits, new_id
from firsthand.platform.database import Connection
from firsthand.platform.i18n import DEFAULT_LANGUAGE
from firsthand.platform.scope import CityScope, PersonScope
from firsthand.platform.world import World

# The names of the actions in the audit record.
_REQUEST_SIGN_IN = "directory.request_sign_in"
_REQUEST_REGISTRATION = "directory.request_registration"
_ENTER_CODE = "directory.enter_code"

_SIGN_IN = CityScope("sign in")
_REGISTER = CityScope("register")
_INDEX = CityScope("find people of the version before by their phones")
_NOBODY = UUID(int=0)


async def request_sign_in(
    world: World, caller: Caller, document: Document, address: str
) -> CodeRequested | IdentityRefused:
    """Send a code to the phone of the person with this document, if there is one, and say only that it was asked.

    address: the network address of the request. Refused with TOO_MANY_REQUESTS alone.
    """
    async with world.database.transaction() as conn:
        if not await _allowed(conn, world, document, address):
            return await _refuse_request(conn, world, caller, _REQUEST_SIGN_IN)
        known = await _contact(conn, world, _SIGN_IN, document)
        claim: Claim = SignInClaim(known.person_id) if known else NobodysClaim()
        requested = await _send_code(conn, world, claim, Template.ONE_TIME_CODE, known)
        person_id = known.person_id if known else None
        await append(
            conn, [_line(world, caller, _REQUEST_SIGN_IN, DONE, code_id=requested.code_id, person_id=person_id)]
        )
        return requested


async def request_registration(
    world: World, caller: Caller, registration: Registration, address: str
) -> CodeRequested | IdentityRefused:
    """Send a code to the phone that is to be registered, and say only that it was asked.

    Where the document is known, the code goes to the phone on record instead, with words that say so, and signs in.
    address: the network address of the request. Refused with TOO_MANY_REQUESTS alone.
    """
    async with world.database.transaction() as conn:
        if not await _allowed(conn, world, registration.document, address):
            return await _refuse_request(conn, world, caller, _REQUEST_REGISTRATION)
        known = await _contact(conn, world, _REGISTER, registration.document)
        if known:
            claim: Claim = SignInClaim(known.person_id)
            requested = await _send_code(conn, world, claim, Template.ALREADY_REGISTERED_CODE, known)
        else:
            claim = RegistrationClaim(registration)
            new = Contact(_NOBODY, registration.phone, registration.language)
            requested = await _send_code(conn, world, claim, Template.ONE_TIME_CODE, new)
        person_id = known.person_id if known else None
        await append(
            conn, [_line(world, caller, _REQUEST_REGISTRATION, DONE, code_id=requested.code_id, person_id=person_id)]
        )
        return requested


async def enter_code(world: World, caller: Caller, code_id: UUID, code: str) -> OpenedSession | IdentityRefused:
    """Use a code as its request meant it: sign the person in, having registered him first if he is new.

    Refused with CODE_WRONG (there are tries left) or CODE_SPENT (ask for a new code).
    """
    async with world.database.transaction() as conn:
        redeemed = await _redeem(conn, world, caller, code_id, code)
        if isinstance(redeemed, IdentityReason):
            await append(conn, [_line(world, caller, _ENTER_CODE, redeemed, code_id=code_id)])
            return IdentityRefused(redeemed)
        await append(conn, [_line(world, caller, _ENTER_CODE, DONE, code_id=code_id, person_id=redeemed)])
        return await open_person_session(conn, world, redeemed)


async def read_own_name(world: World, scope: PersonScope) -> PersonName | None:
    """Return the name of the person himself, or None when there is no such person."""
    async with world.database.connection() as conn:
        return (await store.names_of(conn, world.keyring, scope, [scope.person_id])).get(scope.person_id)


async def register_people(world: World, caller: Caller, registrations: Sequence[Registration]) -> list[UUID | Refused]:
    """Register many people at once and return, in order, each one's new id, or ALREADY_REGISTERED.

    No phone is asked for a code: this is for whoever vouches for the people (the demo, the lab), and never for a
    channel that strangers reach.
    """
    async with world.database.transaction() as conn:
        return await _register(conn, world, caller, registrations)


async def index_phones(world: World, caller: Caller, *, limit: int = 500) -> int:
    """Give up to `limit` people of the version before what they are found by, and return how many they were."""
    async with world.database.transaction() as conn:
        indexed = await store.index_phones(conn, world.keyring, _INDEX, limit=limit)
        if indexed:
            now = world.clock.now()
            line = Line(
                at=now,
                caller=caller,
                action="directory.index_phones",
                outcome=DONE,
                purpose=_INDEX.purpose,
                detail={"people": indexed},
            )
            await append(conn, [line])
        return indexed


async def _register(
    conn: Connection, world: World, caller: Caller, registrations: Sequence[Registration]
) -> list[UUID | Refused]:
    now = world.clock.now()
    people = [NewPerson(new_id(world.chance, now), registration) for registration in registrations]
    added = await store.add_people(conn, world, people, now=now)
    lines = [
        Line(
            at=now,
            caller=caller,
            action="directory.register",
            outcome=DONE if person.id in added else Reason.ALREADY_REGISTERED,
            person_id=person.id if person.id in added else None,
            detail={"document_type": person.registration.document.type},
        )
        for person in people
    ]
    await append(conn, lines)
    return [person.id if person.id in added else Refused(Reason.ALREADY_REGISTERED) for person in people]


async def _redeem(conn: Connection, world: World, caller: Caller, code_id: UUID, code: str) -> UUID | IdentityReason:
    """Return the person whom the code signs in, or why it signs in nobody."""
    digits = parse_code(code)
    if digits is None:
        return IdentityReason.CODE_WRONG
    entered = await codes.enter(conn, world.keyring, code_id, digits, now=world.clock.now())
    if isinstance(entered, IdentityReason):
        return entered
    match rules.decode_claim(entered):
        case SignInClaim(person_id):
            # Under the lock, so that no session of a record is left over that is merged at this moment.
            people = await store.lock_people(conn, _SIGN_IN, [person_id])
            return people[person_id].id if person_id in people else IdentityReason.CODE_SPENT
        case RegistrationClaim(registration):
            (registered,) = await _register(conn, world, caller, [registration])
            # Somebody else registered the document meanwhile. The phone on record is his: the next code goes there.
            return IdentityReason.CODE_SPENT if isinstance(registered, Refused) else registered
        case NobodysClaim():
            return IdentityReason.CODE_SPENT


async def _allowed(conn: Connection, world: World, document: Document, address: str) -> bool:
    """Count the request against every limit, always in one order, and say whether it is within all of them.

    An address that is over its own limit counts against no document: else it could shut out as many as it likes.
    """
    now, subject = world.clock.now(), document_index(world.keyring, document)
    if not await allow(conn, limits.PER_ADDRESS, address_index(world.keyring, address), now=now):
        return False
    counted = [
        await allow(conn, limits.PER_DOCUMENT, subject, now=now),
        await allow(conn, limits.PER_DOCUMENT_DAY, subject, now=now),
    ]
    return all(counted)


async def _contact(conn: Connection, world: World, scope: CityScope, document: Document) -> Contact | None:
    """Return how the person with this document is reached. An unknown number costs the same two statements."""
    person_id = await find_person(conn, world.keyring, scope, document) or _NOBODY
    return (await store.contacts_of(conn, world.keyring, scope, [person_id])).get(person_id)


async def _send_code(
    conn: Connection, world: World, claim: Claim, template: Template, to: Contact | None
) -> CodeRequested:
    """Write a code down and send it. To nobody, a message without an address costs what another costs.

    Nobody's code has more digits than can be entered, so that it is never right.
    """
    now = world.clock.now()
    digits = CODE_DIGITS if to else 2 * CODE_DIGITS
    new = NewCode(
        new_id(world.chance, now), new_digits(world.chance, digits), rules.encode_claim(claim), now + VALID_FOR
    )
    await codes.add(conn, world.keyring, new)
    message = Message(
        person_id=to.person_id if to and to.person_id != _NOBODY else None,
        address=to.phone if to else "",
        template=template,
        language=to.language if to else DEFAULT_LANGUAGE,
        facts={"code": new.code, "minutes": str(int(VALID_FOR.total_seconds()) // 60)},
        event_key=f"one_time_code:{new.id}",
    )
    await enqueue(conn, world, [message])
    return CodeRequested(new.id, new.expires_at)


async def _refuse_request(conn: Connection, world: World, caller: Caller, action: str) -> IdentityRefused:
    reason = IdentityReason.TOO_MANY_REQUESTS
    await append(conn, [_line(world, caller, action, reason)])
    return IdentityRefused(reason)


def _line(
    world: World,
    caller: Caller,
    action: str,
    outcome: str,
    *,
    code_id: UUID | None = None,
    person_id: UUID | None = None,
) -> Line:
    now = world.clock.now()
    return Line(at=now, caller=caller, action=action, outcome=outcome, subject_id=code_id, person_id=person_id)
