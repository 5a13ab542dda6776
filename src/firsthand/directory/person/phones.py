"""Changing one's own phone: from a fresh sign-in, by a code that is sent to the new one, told to the old one."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from firsthand.audit.model import DONE, Caller, Line
from firsthand.audit.store import append
from firsthand.directory.person import store
from firsthand.directory.person.asking import Asked, Browser, admit, send_code
from firsthand.directory.person.model import Contact, Phone, PhoneClaim
from firsthand.directory.person.sign_in import redeem
from firsthand.identity.challenge import guard
from firsthand.identity.challenge.model import Path
from firsthand.identity.code.model import CodeRequested
from firsthand.identity.model import Reason, Refused
from firsthand.identity.session.model import SignedIn
from firsthand.identity.session.store import end_others
from firsthand.messages.model import Message, Template
from firsthand.messages.store import enqueue
from firsthand.platform.database import Connection
from firsthand.platform.scope import PersonScope
from firsthand.platform.world import World

_REQUEST: Final = "directory.request_phone_change"
_CHANGE: Final = "directory.change_phone"
# A phone that was changed, by a desk from the document alone too, stays for so long: whoever got hold of it for an hour
# cannot pass the person on to a third phone before the message to the first was read.
COOLING: Final = timedelta(hours=24)


async def request_phone_change(
    world: World, caller: Caller, signed_in: SignedIn, phone: Phone, browser: Browser
) -> CodeRequested | Refused:
    """Send a code to a phone that the person wants to have.

    Refused with SIGN_IN_STALE, PHONE_COOLING, TOO_MANY_REQUESTS, PROOF_NEEDED or PROOF_WRONG.
    """
    scope = PersonScope(signed_in.subject_id)
    async with world.database.transaction() as conn:
        refused = await _why_not(conn, world, scope, signed_in)
        if refused is not None:
            return await _refuse(conn, world, caller, _REQUEST, scope, refused)
        contact = (await store.contacts_of(conn, world.keyring, scope, [scope.person_id])).get(scope.person_id)
        subject = store.phone_index(world.keyring, phone) or bytes(32)
        asked = Asked(subject, is_known=True, person_ids=(scope.person_id,), contact=contact)
        counted = await admit(conn, world, caller, Path.REGISTER, asked, browser)
        if isinstance(counted, Reason) or contact is None:
            reason = counted if isinstance(counted, Reason) else Reason.SIGN_IN_STALE
            return await _refuse(conn, world, caller, _REQUEST, scope, reason)
        to = Contact(scope.person_id, phone, contact.language)
        claim = PhoneClaim(scope.person_id, phone)
        requested = await send_code(
            conn, world, claim, Template.NEW_PHONE_CODE, to, counted=counted, person_ids=asked.person_ids
        )
        await append(conn, [_line(world, caller, _REQUEST, DONE, scope, requested.code_id)])
        return requested


async def change_phone(
    world: World, caller: Caller, signed_in: SignedIn, code_id: UUID, code: str, browser: Browser
) -> Refused | None:
    """Give the person the phone whose code he enters; tell the old phone; end his other sessions.

    Refused with SIGN_IN_STALE, PHONE_COOLING, CODE_WRONG, CODE_SPENT, TOO_MANY_REQUESTS, PROOF_NEEDED or PROOF_WRONG.
    """
    scope = PersonScope(signed_in.subject_id)
    async with world.database.transaction() as conn:
        refused = await _why_not(conn, world, scope, signed_in)
        if refused is None:
            refused = await guard.admit_entry(conn, world, Path.ENTER_CODE, browser.proof)
        redeemed = refused or await redeem(conn, world, code_id, code, browser)
        if isinstance(redeemed, Reason):
            return await _refuse(conn, world, caller, _CHANGE, scope, redeemed, code_id)
        claim = redeemed.claim
        if not isinstance(claim, PhoneClaim) or claim.person_id != scope.person_id:
            return await _refuse(conn, world, caller, _CHANGE, scope, Reason.CODE_SPENT, code_id)
        # The code before the person, as everywhere; and looked at again under the lock, for two changes at once.
        people = await store.lock_people(conn, scope, [scope.person_id])
        refused = await _why_not(conn, world, scope, signed_in) if people else Reason.CODE_SPENT
        if refused is not None:
            return await _refuse(conn, world, caller, _CHANGE, scope, refused, code_id)
        await _change(conn, world, scope, claim.phone)
        await end_others(conn, signed_in)
        await append(conn, [_line(world, caller, _CHANGE, DONE, scope, code_id)])
        return None


async def read_phone_tail(world: World, scope: PersonScope) -> str:
    """Return the last four digits of the person's phone, by which he knows it; "" where he has none."""
    async with world.database.connection() as conn:
        contacts = await store.contacts_of(conn, world.keyring, scope, [scope.person_id])
    contact = contacts.get(scope.person_id)
    return contact.phone[-4:] if contact else ""


async def _why_not(conn: Connection, world: World, scope: PersonScope, signed_in: SignedIn) -> Reason | None:
    now = world.clock.now()
    if not signed_in.is_fresh(now):
        return Reason.SIGN_IN_STALE
    changed_at = await store.phone_changed_at(conn, scope)
    return Reason.PHONE_COOLING if changed_at is not None and now < changed_at + COOLING else None


async def _change(conn: Connection, world: World, scope: PersonScope, phone: Phone) -> None:
    now = world.clock.now()
    old = (await store.contacts_of(conn, world.keyring, scope, [scope.person_id])).get(scope.person_id)
    await store.set_phone(conn, world.keyring, scope, phone, now=now)
    if old is not None and old.phone:
        message = Message(
            person_id=scope.person_id,
            address=old.phone,
            template=Template.PHONE_CHANGED_ONLINE,
            language=old.language,
            facts={},
            event_key=f"phone_changed:{scope.person_id}:{int(now.timestamp())}",
        )
        await enqueue(conn, world, [message])


async def _refuse(
    conn: Connection,
    world: World,
    caller: Caller,
    action: str,
    scope: PersonScope,
    reason: Reason,
    subject_id: UUID | None = None,
) -> Refused:
    await append(conn, [_line(world, caller, action, reason, scope, subject_id)])
    return Refused(reason)


def _line(
    world: World, caller: Caller, action: str, outcome: str, scope: PersonScope, subject_id: UUID | None = None
) -> Line:
    return Line(
        at=world.clock.now(),
        caller=caller,
        action=action,
        outcome=outcome,
        subject_id=subject_id,
        person_id=scope.person_id,
    )
