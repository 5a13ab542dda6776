"""Giving an e-mail address, showing that it is one's own by a code that is sent there, and taking it back.

A mailbox that others can read would tell them of appointments. So the address counts only once its code has come back,
and whoever could be harmed by a change, the phone and the mailbox before, is told of it.
"""

from datetime import datetime
from uuid import UUID

from firsthand.audit.model import DONE, ActorKind, Caller, Line
from firsthand.audit.store import append
from firsthand.directory.email import limits, rules, store
from firsthand.directory.email.model import EmailClaim, Reason, Refused, Removed, Verified
from firsthand.directory.person.model import Contact, EmailAddress
from firsthand.directory.person.store import contacts_of
from firsthand.identity.code import store as codes
from firsthand.identity.code.model import CODE_DIGITS, VALID_FOR, CodeRequested, NewCode
from firsthand.identity.code.rules import parse_code
from firsthand.identity.model import Reason as IdentityReason
from firsthand.messages.model import Message, Template, Way
from firsthand.messages.store import enqueue
from firsthand.platform.attempts import address_index, allow
from firsthand.platform.chance import new_digits, new_id
from firsthand.platform.database import Connection
from firsthand.platform.days import local_day
from firsthand.platform.i18n import format_day, format_time
from firsthand.platform.scope import PersonScope
from firsthand.platform.world import World
from firsthand.policy.actions import read_in_force
from firsthand.policy.model import MessagePolicy

# The names of the actions in the audit record.
_REQUEST = "directory.request_email"
_CONFIRM = "directory.confirm_email"
_REMOVE = "directory.remove_email"


async def request_email(
    world: World, caller: Caller, scope: PersonScope, email: EmailAddress, address: str
) -> CodeRequested | Refused:
    """Send a code to a mailbox that the person says is his. address: the network address of the request.

    Refused with TOO_MANY_REQUESTS or NOT_PERMITTED. Whether somebody else has the address is not looked at.
    """
    async with world.database.transaction() as conn:
        contact = await _own_contact(conn, world, caller, scope)
        if contact is None:
            return await _refuse(conn, world, caller, scope, _REQUEST, Reason.NOT_PERMITTED)
        if not await _allowed(conn, world, scope, email, address):
            return await _refuse(conn, world, caller, scope, _REQUEST, Reason.TOO_MANY_REQUESTS)
        now = world.clock.now()
        claim = rules.encode_claim(EmailClaim(scope.person_id, email))
        new = NewCode(new_id(world.chance, now), new_digits(world.chance, CODE_DIGITS), claim, now + VALID_FOR)
        await codes.add(conn, world.keyring, new)
        message = Message(
            person_id=scope.person_id,
            address=email,
            template=Template.EMAIL_CODE,
            language=contact.language,
            facts={"code": new.code, "minutes": str(int(VALID_FOR.total_seconds()) // 60)},
            event_key=f"{Template.EMAIL_CODE}:{new.id}",
            way=Way.EMAIL,
            expires_at=new.expires_at,
        )
        await enqueue(conn, world, [message])
        await _record(conn, world, caller, scope, _REQUEST, DONE, new.id)
        return CodeRequested(new.id, new.expires_at)


async def confirm_email(
    world: World, caller: Caller, scope: PersonScope, code_id: UUID, code: str
) -> Verified | Refused:
    """Make the address of a right code the person's own. Refused with CODE_WRONG, CODE_SPENT or NOT_PERMITTED."""
    async with world.database.transaction() as conn:
        before = await _own_contact(conn, world, caller, scope)
        if before is None:
            return await _refuse(conn, world, caller, scope, _CONFIRM, Reason.NOT_PERMITTED, code_id)
        now, claim = world.clock.now(), await _redeem(conn, world, scope, code_id, code)
        if isinstance(claim, Reason):
            return await _refuse(conn, world, caller, scope, _CONFIRM, claim, code_id)
        if not await store.write_email(conn, world.keyring, scope, claim.email, now=now):
            return await _refuse(conn, world, caller, scope, _CONFIRM, Reason.NOT_PERMITTED, code_id)
        await _tell(conn, world, before, code_id, but_not=claim.email, now=now)
        await _record(conn, world, caller, scope, _CONFIRM, DONE, code_id)
        return Verified(claim.email)


async def remove_email(world: World, caller: Caller, scope: PersonScope) -> Removed | Refused:
    """Take the address back: news comes to the phone alone. Refused with NO_EMAIL or NOT_PERMITTED."""
    async with world.database.transaction() as conn:
        before = await _own_contact(conn, world, caller, scope)
        if before is None:
            return await _refuse(conn, world, caller, scope, _REMOVE, Reason.NOT_PERMITTED)
        if not await store.remove_email(conn, scope):
            return await _refuse(conn, world, caller, scope, _REMOVE, Reason.NO_EMAIL)
        now = world.clock.now()
        await _tell(conn, world, before, new_id(world.chance, now), now=now)
        await _record(conn, world, caller, scope, _REMOVE, DONE)
        return Removed()


async def read_own_email(world: World, scope: PersonScope) -> EmailAddress:
    """Return the person's verified address, "" where there is none."""
    async with world.database.connection() as conn:
        contact = (await contacts_of(conn, world.keyring, scope, [scope.person_id])).get(scope.person_id)
        return contact.email if contact else EmailAddress("")


async def _own_contact(conn: Connection, world: World, caller: Caller, scope: PersonScope) -> Contact | None:
    """Return how the person is reached, if it is he himself who asks."""
    if caller.kind is not ActorKind.PERSON or caller.id != scope.person_id:
        return None
    return (await contacts_of(conn, world.keyring, scope, [scope.person_id])).get(scope.person_id)


async def _redeem(conn: Connection, world: World, scope: PersonScope, code_id: UUID, code: str) -> EmailClaim | Reason:
    """Return what the code claims for this person, or why it claims nothing. Somebody else's code is used up by it."""
    digits = parse_code(code)
    if digits is None:
        return Reason.CODE_WRONG
    entered = await codes.enter(conn, world.keyring, code_id, digits, now=world.clock.now())
    if isinstance(entered, IdentityReason):
        return Reason.CODE_WRONG if entered is IdentityReason.CODE_WRONG else Reason.CODE_SPENT
    claim = rules.decode_claim(entered)
    return claim if claim is not None and claim.person_id == scope.person_id else Reason.CODE_SPENT


async def _allowed(conn: Connection, world: World, scope: PersonScope, email: EmailAddress, address: str) -> bool:
    """Count the request against every limit, in one order, and say whether it is within all of them.

    What is over the limit of an address or a person counts against no mailbox and not against the city.
    """
    now, index = world.clock.now(), world.keyring.blind_index
    person = index("directory.email.person", str(scope.person_id))
    own = [
        await allow(conn, limits.PER_ADDRESS, address_index(world.keyring, address), now=now),
        await allow(conn, limits.PER_PERSON, person, now=now),
        await allow(conn, limits.PER_PERSON_DAY, person, now=now),
    ]
    if not all(own):
        return False
    mailbox = index("directory.email.mailbox", email.lower())
    if not await allow(conn, limits.PER_MAILBOX_DAY, mailbox, now=now):
        return False
    return await allow(conn, limits.CITY, index("directory.email.city", ""), now=now)


async def _tell(
    conn: Connection,
    world: World,
    before: Contact,
    event: UUID,
    *,
    now: datetime,
    but_not: str = "",
) -> None:
    """Tell the phone, and the mailbox that news went to before, that this has changed."""
    zone = (await read_in_force(conn, MessagePolicy, at=now)).time_zone
    told = f"{format_day(local_day(now, zone), before.language)} {format_time(now, zone, before.language)}"
    ways = [(Way.SMS, str(before.phone)), (Way.EMAIL, str(before.email) if before.email != but_not else "")]
    messages = [
        Message(
            person_id=before.person_id,
            address=to,
            template=Template.EMAIL_CHANGED,
            language=before.language,
            facts={"time": told},
            event_key=f"{Template.EMAIL_CHANGED}:{event}:{way}",
            way=way,
        )
        for way, to in ways
        if to
    ]
    await enqueue(conn, world, messages)


async def _refuse(
    conn: Connection,
    world: World,
    caller: Caller,
    scope: PersonScope,
    action: str,
    reason: Reason,
    code_id: UUID | None = None,
) -> Refused:
    await _record(conn, world, caller, scope, action, reason, code_id)
    return Refused(reason)


async def _record(
    conn: Connection,
    world: World,
    caller: Caller,
    scope: PersonScope,
    action: str,
    outcome: str,
    code_id: UUID | None = None,
) -> None:
    line = Line(
        at=world.clock.now(),
        caller=caller,
        action=action,
        outcome=outcome,
        subject_id=code_id,
        person_id=scope.person_id,
    )
    await append(conn, [line])
