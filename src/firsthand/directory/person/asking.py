"""Asking for a code: whether it may be asked for, and sending it. Steps of a caller's transaction.

To whoever asks, a known and an unknown number look alike: the same answer, the same statements, the same work. A code
about a known number goes only to the phone on record, whatever phone the request named.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from firsthand.audit.model import Caller
from firsthand.directory.person import rules, store
from firsthand.directory.person.model import Claim, Contact, NobodysClaim, Phone
from firsthand.identity.browser.rules import counted_as, is_known
from firsthand.identity.challenge import guard
from firsthand.identity.challenge.model import Path
from firsthand.identity.code import limits
from firsthand.identity.code import store as codes
from firsthand.identity.code.model import CODE_DIGITS, VALID_FOR, CodeRequested, NewCode
from firsthand.identity.document.model import Document
from firsthand.identity.document.store import document_index, find_person
from firsthand.identity.model import Reason
from firsthand.messages.model import Message, Template
from firsthand.messages.store import enqueue
from firsthand.platform.attempts import address_index, allow
from firsthand.platform.chance import new_digits, new_id
from firsthand.platform.database import Connection
from firsthand.platform.i18n import DEFAULT_LANGUAGE
from firsthand.platform.scope import CityScope
from firsthand.platform.world import World

NOBODY: Final = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Asked:
    """A number that was given. subject: its keyed hash (32 bytes). is_known: somebody has it.

    person_ids: who of them can be sent a code. contact: where it goes, None where nobody can.
    """

    subject: bytes = field(repr=False)
    is_known: bool
    person_ids: tuple[UUID, ...]
    contact: Contact | None


@dataclass(frozen=True, slots=True)
class Browser:
    """Where a request comes from. address: on the network. mark: the cookie of `identity.browser`, or "".

    proof: the work that came with it (`identity.challenge`), or "".
    """

    address: str
    mark: str = field(default="", repr=False)
    proof: str = field(default="", repr=False)


async def find(conn: Connection, world: World, scope: CityScope, number: Document | Phone) -> Asked:
    """Return whom a document or a phone belongs to. An unknown number costs the same two statements."""
    if isinstance(number, Document):
        subject = document_index(world.keyring, number)
        found = await find_person(conn, world.keyring, scope, number)
        person_ids: tuple[UUID, ...] = (found,) if found else ()
    else:
        subject = store.phone_index(world.keyring, number) or bytes(32)
        person_ids = tuple(await store.find_by_phone(conn, world.keyring, scope, number))
    contacts = await store.contacts_of(conn, world.keyring, scope, person_ids or (NOBODY,))
    reached = [contacts[person_id] for person_id in person_ids if person_id in contacts and contacts[person_id].phone]
    reachable = tuple(contact.person_id for contact in reached)
    return Asked(subject, bool(person_ids), reachable, reached[0] if reached else None)


async def admit(
    conn: Connection, world: World, caller: Caller, path: Path, asked: Asked, browser: Browser
) -> bytes | Reason:
    """Count a request for a code against every limit, in one order. Return what its entries count under, or why not.

    An address that is over its own limit counts against no number: else it could shut out as many as it likes. A
    browser that has signed this person in before has counts of its own, so that no stranger uses them up.
    """
    now = world.clock.now()
    if not await allow(conn, limits.PER_ADDRESS, address_index(world.keyring, browser.address), now=now):
        return Reason.TOO_MANY_REQUESTS
    known = is_known(world.keyring, browser.mark, asked.person_ids or (NOBODY,))
    refused = await guard.admit(conn, world, caller, path, browser.proof, is_known=known)
    if refused is not None:
        return refused
    subject = counted_as(world.keyring, asked.subject, browser.mark, known=known)
    counted = [
        await allow(conn, limits.PER_NUMBER, subject, now=now),
        await allow(conn, limits.PER_NUMBER_DAY, subject, now=now),
    ]
    return subject if all(counted) else Reason.TOO_MANY_REQUESTS


async def send_code(
    conn: Connection,
    world: World,
    claim: Claim,
    template: Template,
    to: Contact | None,
    *,
    counted: bytes,
    person_ids: Sequence[UUID] = (),
) -> CodeRequested:
    """Write a code down and send it. To nobody, a message without an address costs what another costs.

    Nobody's code has more digits than can be entered, so that it is never right.
    counted: from `admit`. person_ids: whose message it is; where several share the phone, nobody's in particular.
    """
    now = world.clock.now()
    digits = CODE_DIGITS if to else 2 * CODE_DIGITS
    kept = rules.encode_claim(claim if to else NobodysClaim())
    new = NewCode(new_id(world.chance, now), new_digits(world.chance, digits), kept, now + VALID_FOR, counted)
    await codes.add(conn, world.keyring, new)
    message = Message(
        person_id=person_ids[0] if len(person_ids) == 1 else None,
        address=to.phone if to else "",
        template=template,
        language=to.language if to else DEFAULT_LANGUAGE,
        facts={"code": new.code, "minutes": str(int(VALID_FOR.total_seconds()) // 60)},
        event_key=f"one_time_code:{new.id}",
        expires_at=new.expires_at,
    )
    await enqueue(conn, world, [message])
    return CodeRequested(new.id, new.expires_at)
