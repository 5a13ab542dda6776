"""Signing in: a person proves a phone, or a document, by a code sent to the phone on record. And registering so.

Several people may share a phone. Who has its code is then shown their names, and chooses one, once.
"""

import base64
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from firsthand.audit.model import DONE, Caller, Line
from firsthand.audit.store import append
from firsthand.directory.person import rules, store
from firsthand.directory.person.actions import register
from firsthand.directory.person.asking import NOBODY, Asked, Browser, admit, find, send_code
from firsthand.directory.person.model import (
    Choice,
    ChoiceClaim,
    Claim,
    Contact,
    NobodysClaim,
    Phone,
    PhoneClaim,
    Refused,
    Registration,
    RegistrationClaim,
    SignInClaim,
)
from firsthand.identity.challenge import guard
from firsthand.identity.challenge.model import Path
from firsthand.identity.code import limits
from firsthand.identity.code import store as codes
from firsthand.identity.code.model import VALID_FOR, CodeRequested, NewCode
from firsthand.identity.code.rules import parse_code
from firsthand.identity.document.model import Document
from firsthand.identity.model import Reason
from firsthand.identity.model import Refused as IdentityRefused
from firsthand.identity.session.model import Method, OpenedSession
from firsthand.identity.session.store import open_person_session
from firsthand.messages.model import Template
from firsthand.platform.attempts import address_index, allow, is_within
from firsthand.platform.chance import new_id
from firsthand.platform.database import Connection
from firsthand.platform.scope import CityScope, PersonScope
from firsthand.platform.world import World

# The names of the actions in the audit record.
_REQUEST_SIGN_IN: Final = "directory.request_sign_in"
_REQUEST_AGAIN: Final = "directory.request_sign_in_again"
_REQUEST_REGISTRATION: Final = "directory.request_registration"
_ENTER_CODE: Final = "directory.enter_code"
_CHOOSE: Final = "directory.choose_person"

_SIGN_IN: Final = CityScope("sign in")
_REGISTER: Final = CityScope("register")
_SECRET_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class Redeemed:
    """A code that was right: what it was for, and when it was asked for."""

    claim: Claim
    asked_at: datetime | None


async def request_sign_in(
    world: World, caller: Caller, number: Document | Phone, browser: Browser
) -> CodeRequested | IdentityRefused:
    """Send a code to the phone of whoever has this document or phone, if anybody has, and say only that it was asked.

    Refused with TOO_MANY_REQUESTS, PROOF_NEEDED or PROOF_WRONG, which say nothing of the number.
    """
    async with world.database.transaction() as conn:
        asked = await find(conn, world, _SIGN_IN, number)
        return await _request(conn, world, caller, _REQUEST_SIGN_IN, asked, browser)


async def request_again(
    world: World, caller: Caller, scope: PersonScope, browser: Browser
) -> CodeRequested | IdentityRefused:
    """Send a code to the phone of somebody who is signed in, so that he shows once more that it is he."""
    async with world.database.transaction() as conn:
        contact = (await store.contacts_of(conn, world.keyring, scope, [scope.person_id])).get(scope.person_id)
        reached = contact if contact and contact.phone else None
        subject = world.keyring.blind_index("directory.person.again", str(scope.person_id))
        asked = Asked(subject, is_known=True, person_ids=(scope.person_id,) if reached else (), contact=reached)
        return await _request(conn, world, caller, _REQUEST_AGAIN, asked, browser)


async def request_registration(
    world: World, caller: Caller, registration: Registration, browser: Browser
) -> CodeRequested | IdentityRefused:
    """Send a code to the phone that is to be registered, and say only that it was asked.

    Where the document is known, the code goes to the phone on record instead, with words that say so, and signs in.
    Refused with TOO_MANY_REQUESTS, PROOF_NEEDED or PROOF_WRONG, which say nothing of the number.
    """
    async with world.database.transaction() as conn:
        asked = await find(conn, world, _REGISTER, registration.document)
        counted = await admit(conn, world, caller, Path.REGISTER, asked, browser)
        if isinstance(counted, Reason):
            return await _refuse(conn, world, caller, _REQUEST_REGISTRATION, counted)
        # Somebody who is registered without a phone is not given one by whoever knows his document: a desk does that.
        new = Contact(NOBODY, registration.phone, registration.language)
        claim: Claim = _claim_of(asked) if asked.is_known else RegistrationClaim(registration)
        to = asked.contact if asked.is_known else new
        template = Template.ALREADY_REGISTERED_CODE if asked.is_known else Template.ONE_TIME_CODE
        requested = await send_code(conn, world, claim, template, to, counted=counted, person_ids=asked.person_ids)
        await append(conn, [_line(world, caller, _REQUEST_REGISTRATION, DONE, requested.code_id, asked.person_ids)])
        return requested


async def enter_code(
    world: World, caller: Caller, code_id: UUID, code: str, browser: Browser
) -> OpenedSession | Choice | IdentityRefused:
    """Use a code as its request meant it: sign the person in, having registered him first if he is new.

    Returns a Choice where several people share the phone. Refused with CODE_WRONG (there are tries left), CODE_SPENT
    (ask for a new code), TOO_MANY_REQUESTS, PROOF_NEEDED or PROOF_WRONG.
    """
    async with world.database.transaction() as conn:
        refused = await guard.admit_entry(conn, world, Path.ENTER_CODE, browser.proof)
        redeemed = refused or await redeem(conn, world, code_id, code, browser)
        outcome = redeemed if isinstance(redeemed, Reason) else await _fulfil(conn, world, caller, redeemed)
        if isinstance(outcome, Reason):
            return await _refuse(conn, world, caller, _ENTER_CODE, outcome, code_id)
        if isinstance(outcome, Choice):
            line = _line(world, caller, _ENTER_CODE, DONE, code_id, detail={"people_to_choose": len(outcome.names)})
            await append(conn, [line])
            return outcome
        await append(conn, [_line(world, caller, _ENTER_CODE, DONE, code_id, (outcome,))])
        return await open_person_session(conn, world, outcome, method=Method.CODE, device=caller.device)


async def choose_person(
    world: World, caller: Caller, choice_id: UUID, secret: str, number: int
) -> OpenedSession | IdentityRefused:
    """Sign in one of those who share a phone: `number` counts from 0 in the order of the names that were shown.

    Refused with CHOICE_WRONG: not one of them, or the choice was made, has run out, or is somebody else's.
    """
    async with world.database.transaction() as conn:
        entry = await codes.enter_counted(conn, world.keyring, choice_id, secret, now=world.clock.now())
        claim = entry.outcome if isinstance(entry.outcome, Reason) else rules.decode_claim(entry.outcome)
        if not isinstance(claim, ChoiceClaim) or not 0 <= number < len(claim.person_ids):
            return await _refuse(conn, world, caller, _CHOOSE, Reason.CHOICE_WRONG, choice_id)
        person_id = await kept_person(conn, claim.person_ids[number], now=world.clock.now(), asked_at=entry.asked_at)
        if person_id is None:
            return await _refuse(conn, world, caller, _CHOOSE, Reason.CHOICE_WRONG, choice_id)
        await append(conn, [_line(world, caller, _CHOOSE, DONE, choice_id, (person_id,))])
        return await open_person_session(conn, world, person_id, method=Method.CODE, device=caller.device)


async def redeem(conn: Connection, world: World, code_id: UUID, code: str, browser: Browser) -> Redeemed | Reason:
    """Return what a code was for, once; or why not. A step of the caller's transaction.

    Wrong entries count for the code, for the number that it was asked for, and for the address. Where a number's or an
    address's are used up, a right code does not help either: else guessing would go on.
    """
    now, address = world.clock.now(), address_index(world.keyring, browser.address)
    if not await is_within(conn, limits.WRONG_PER_ADDRESS, address, now=now):
        return Reason.TOO_MANY_REQUESTS
    digits = parse_code(code)
    if digits is None:
        return Reason.CODE_WRONG
    entry = await codes.enter_counted(conn, world.keyring, code_id, digits, now=now)
    if isinstance(entry.outcome, Reason):
        await guard.count_failure(conn, world)
        await allow(conn, limits.WRONG_PER_ADDRESS, address, now=now)
        await allow(conn, limits.WRONG_PER_NUMBER_DAY, entry.counted_as or bytes(32), now=now)
        return entry.outcome
    if entry.counted_as and not await is_within(conn, limits.WRONG_PER_NUMBER_DAY, entry.counted_as, now=now):
        return Reason.TOO_MANY_REQUESTS
    return Redeemed(rules.decode_claim(entry.outcome), entry.asked_at)


async def kept_person(
    conn: Connection, person_id: UUID, *, now: datetime, asked_at: datetime | None = None
) -> UUID | None:
    """Return the record that is kept of this person, None where there is none. A step of the caller's transaction.

    Under the lock, so that no session of a record is left over that is merged at this moment.
    asked_at: when the code was asked for that signs him in. One that went to a phone which is his no longer is worth
    nothing, and None is returned.
    """
    people = await store.lock_people(conn, _SIGN_IN, [person_id])
    if person_id not in people:
        return None
    kept = people[person_id].id
    changed_at = await store.phone_changed_at(conn, PersonScope(kept))
    await store.note_signed_in(conn, PersonScope(kept), now=now)
    return None if asked_at is not None and changed_at is not None and asked_at <= changed_at else kept


async def _request(
    conn: Connection, world: World, caller: Caller, action: str, asked: Asked, browser: Browser
) -> CodeRequested | IdentityRefused:
    counted = await admit(conn, world, caller, Path.ASK_CODE, asked, browser)
    if isinstance(counted, Reason):
        return await _refuse(conn, world, caller, action, counted)
    requested = await send_code(
        conn,
        world,
        _claim_of(asked),
        Template.ONE_TIME_CODE,
        asked.contact,
        counted=counted,
        person_ids=asked.person_ids,
    )
    await append(conn, [_line(world, caller, action, DONE, requested.code_id, asked.person_ids)])
    return requested


def _claim_of(asked: Asked) -> Claim:
    match asked.person_ids:
        case ():
            return NobodysClaim()
        case (person_id,):
            return SignInClaim(person_id)
        case several:
            return ChoiceClaim(several)


async def _fulfil(conn: Connection, world: World, caller: Caller, redeemed: Redeemed) -> UUID | Choice | Reason:
    """Return the person whom a claim signs in, or a choice of several, or why it signs in nobody."""
    match redeemed.claim:
        case SignInClaim(person_id):
            now = world.clock.now()
            return await kept_person(conn, person_id, now=now, asked_at=redeemed.asked_at) or Reason.CODE_SPENT
        case ChoiceClaim(person_ids):
            return await _offer(conn, world, person_ids)
        case RegistrationClaim(registration):
            (registered,) = await register(conn, world, caller, [registration])
            # Somebody else registered the document meanwhile. The phone on record is his: the next code goes there.
            return Reason.CODE_SPENT if isinstance(registered, Refused) else registered
        case PhoneClaim() | NobodysClaim():
            return Reason.CODE_SPENT


async def _offer(conn: Connection, world: World, person_ids: tuple[UUID, ...]) -> Choice | Reason:
    """Write a choice down. Its secret goes to whoever entered the code, so that nobody else makes it."""
    now = world.clock.now()
    names = await store.names_of(conn, world.keyring, _SIGN_IN, person_ids)
    offered = tuple(person_id for person_id in person_ids if person_id in names)
    if not offered:
        return Reason.CODE_SPENT
    secret = base64.urlsafe_b64encode(world.chance.bytes(_SECRET_BYTES)).rstrip(b"=").decode()
    new = NewCode(new_id(world.chance, now), secret, rules.encode_claim(ChoiceClaim(offered)), now + VALID_FOR)
    await codes.add(conn, world.keyring, new)
    return Choice(new.id, secret, tuple(names[person_id] for person_id in offered), new.expires_at)


async def _refuse(
    conn: Connection, world: World, caller: Caller, action: str, reason: Reason, subject_id: UUID | None = None
) -> IdentityRefused:
    await append(conn, [_line(world, caller, action, reason, subject_id)])
    return IdentityRefused(reason)


def _line(
    world: World,
    caller: Caller,
    action: str,
    outcome: str,
    subject_id: UUID | None = None,
    person_ids: tuple[UUID, ...] = (),
    detail: dict[str, int] | None = None,
) -> Line:
    person_id = person_ids[0] if len(person_ids) == 1 else None
    shared = {"people": len(person_ids)} if len(person_ids) > 1 else {}
    return Line(
        at=world.clock.now(),
        caller=caller,
        action=action,
        outcome=outcome,
        subject_id=subject_id,
        person_id=person_id,
        detail={**shared, **(detail or {})},
    )
