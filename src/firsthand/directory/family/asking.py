"""Asking for a tie.

Whoever asks learns nothing of whether the document that he typed is known: a known and an unknown one have the same
answer, the same row, the same statements, and a message that goes to somebody or to nobody. What the caps say of him
is his own affair, and counts both alike. Source: docs/decisions/0013-families.md.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TypeVar
from uuid import UUID

import msgspec

from firsthand.audit.model import DONE, ActorKind, Caller, Line
from firsthand.audit.store import append
from firsthand.directory.family import limits, rules, store, telling
from firsthand.directory.family.activating import activate, counts_as_of_age
from firsthand.directory.family.model import (
    Active,
    AdultAsked,
    Asked,
    ChildAsked,
    How,
    Kind,
    Reason,
    Refused,
    State,
    Tie,
)
from firsthand.directory.family.store import NewTie
from firsthand.directory.person.model import Contact
from firsthand.directory.person.store import NewChild, add_child, births_of, contacts_of, lock_people, same_people
from firsthand.identity.document.model import Document
from firsthand.identity.document.rules import birth_of
from firsthand.identity.document.store import document_index, find_person
from firsthand.platform.attempts import address_index, allow
from firsthand.platform.chance import new_id
from firsthand.platform.database import Connection
from firsthand.platform.scope import CityScope, PersonScope
from firsthand.platform.world import World
from firsthand.policy.actions import read_in_force
from firsthand.policy.model import FamilyPolicy

# The names of the actions in the audit record.
_ASK_ADULT = "directory.ask_adult"
_ASK_CHILD = "directory.ask_child"
_SEND_CODE = "directory.send_tie_code"

_ASK = CityScope("ask for a family tie")
_NOBODY = UUID(int=0)

Answer = TypeVar("Answer", bound=Asked | Active | Refused)


@dataclass(frozen=True, slots=True)
class _Found:
    """Who was found by a document, and how both are reached. person_id, contact, born_on: None where nobody is."""

    person_id: UUID | None
    contact: Contact | None
    born_on: date | None
    carer: Contact


async def ask_adult(
    world: World, caller: Caller, scope: PersonScope, asked: AdultAsked, address: str
) -> Asked | Refused:
    """Ask the adult with this document whether the caller may act for him, and say only that it was asked.

    A code goes to the phone on record, and to no phone that is also the carer's. Asking again while it waits changes
    nothing. address: the network address of the request.
    """
    async with world.database.transaction() as conn:
        now, policy, carer_id = world.clock.now(), await _policy(conn, world), scope.person_id
        asked_for = _index(world, carer_id, asked.document.key)
        refused = await _may_ask(conn, world, caller, scope, asked_for, policy, address, undocumented=False)
        if refused is not None:
            return await _answer(conn, world, caller, _ASK_ADULT, refused)
        found = await _find(conn, world, carer_id, asked.document)
        if found.person_id == carer_id:
            return await _answer(conn, world, caller, _ASK_ADULT, Refused(Reason.ONESELF))
        written = await _may_be_written_to(conn, world, carer_id, asked.document, found, policy)
        of_age = found.born_on is None or rules.is_of_age(found.born_on, policy, now=now)
        dependant_id = found.person_id if of_age and written.asked else None
        new = _new(world, Kind.CARER, carer_id, dependant_id, asked_for, asked.label, policy)
        await store.insert(conn, world.keyring, scope, new)
        to = (
            found.contact
            if dependant_id and written.told and telling.has_own_phone(found.contact, found.carer)
            else None
        )
        code_id = await telling.send_code(conn, world, new.id, to, carer_id=carer_id)
        await store.set_code(conn, scope, new.id, code_id)
        return await _answer(conn, world, caller, _ASK_ADULT, Asked(new.id), dependant_id)


async def ask_child(
    world: World, caller: Caller, scope: PersonScope, asked: ChildAsked, address: str
) -> Asked | Active | Refused:
    """Register a child under the caller as its guardian, or ask to be another guardian of one.

    Without a document the child is new, and the tie begins at once. With one the answer is the same whether the
    document is known or not: a new child is registered when the cooling time is over (`settle_children`), and of one
    who is known its guardians are asked.
    """
    async with world.database.transaction() as conn:
        now, policy, carer_id = world.clock.now(), await _policy(conn, world), scope.person_id
        document = asked.document
        key = document.key if document else f"child:{asked.name}:{asked.born_on}"
        asked_for = _index(world, carer_id, key)
        refused: Refused | Asked | None = rules.check_child(
            asked.born_on, birth_of(document) if document else None, policy, now=now
        )
        if refused is None:
            refused = await _may_ask(
                conn, world, caller, scope, asked_for, policy, address, undocumented=document is None
            )
        if refused is not None:
            return await _answer(conn, world, caller, _ASK_CHILD, refused)
        if document is None:
            return await _add_undocumented(conn, world, caller, scope, asked, asked_for, policy)
        found = await _find(conn, world, carer_id, document)
        if found.person_id == carer_id:
            return await _answer(conn, world, caller, _ASK_CHILD, Refused(Reason.ONESELF))
        written = await _may_be_written_to(conn, world, carer_id, document, found, policy)
        minor = found.born_on is not None and not rules.is_of_age(found.born_on, policy, now=now)
        dependant_id = found.person_id if minor and written.asked else None
        claim = msgspec.json.encode(asked) if found.person_id is None else None
        new = replace(_new(world, Kind.GUARDIAN, carer_id, dependant_id, asked_for, asked.name, policy), claim=claim)
        await store.insert(conn, world.keyring, scope, new)
        await telling.ask_guardians(conn, world, new.id, dependant_id if written.told else None, carer_id=carer_id)
        return await _answer(conn, world, caller, _ASK_CHILD, Asked(new.id), dependant_id)


async def send_code_again(world: World, caller: Caller, scope: PersonScope, tie_id: UUID) -> Asked | Refused:
    """Send a new code for a tie that waits, and say only that it was asked. The code before it is good no more."""
    async with world.database.transaction() as conn:
        now, tie = world.clock.now(), await store.lock(conn, world.keyring, scope, tie_id)
        refused = _may_send(tie, scope, now)
        if refused is None and not await allow(
            conn, limits.PER_TIE, world.keyring.blind_index("tie", str(tie_id)), now=now
        ):
            refused = Refused(Reason.TOO_MANY_REQUESTS)
        if refused is not None or tie is None:
            return await _answer(conn, world, caller, _SEND_CODE, refused or Refused(Reason.TIE_UNKNOWN), tie_id=tie_id)
        carer_id, dependant_id = scope.person_id, tie.dependant_id
        contacts = await contacts_of(conn, world.keyring, _ASK, [carer_id, dependant_id or _NOBODY])
        contact = contacts.get(dependant_id or _NOBODY)
        to = contact if telling.has_own_phone(contact, contacts[carer_id]) else None
        code_id = await telling.send_code(conn, world, tie_id, to, carer_id=carer_id)
        await store.set_code(conn, scope, tie_id, code_id)
        return await _answer(conn, world, caller, _SEND_CODE, Asked(tie_id), dependant_id)


def _may_send(tie: Tie | None, scope: PersonScope, now: datetime) -> Refused | None:
    if tie is None or tie.carer_id != scope.person_id:
        return Refused(Reason.TIE_UNKNOWN)
    if not rules.is_waiting(tie, now=now):
        return Refused(Reason.ALREADY_ENDED)
    return None if tie.kind is Kind.CARER else Refused(Reason.CONFIRMED_BY_OTHERS)


async def _may_ask(
    conn: Connection,
    world: World,
    caller: Caller,
    scope: PersonScope,
    asked_for: bytes,
    policy: FamilyPolicy,
    address: str,
    *,
    undocumented: bool,
) -> Refused | Asked | None:
    """Lock the carer and say why he may not ask, or that he asked already; None where he may."""
    now = world.clock.now()
    if caller.kind is not ActorKind.PERSON or caller.id != scope.person_id:
        return Refused(Reason.NOT_PERMITTED)
    if not await allow(conn, limits.PER_ADDRESS, address_index(world.keyring, address), now=now):
        return Refused(Reason.TOO_MANY_REQUESTS)
    people = await lock_people(conn, scope, [scope.person_id])
    if scope.person_id not in people or people[scope.person_id].id != scope.person_id:
        return Refused(Reason.NOT_PERMITTED)
    births = await births_of(conn, world.keyring, scope, [scope.person_id])
    if not counts_as_of_age(births.get(scope.person_id), policy, now=now):
        return Refused(Reason.CARER_NOT_OF_AGE)
    same = await store.last_asked(conn, scope, asked_for, now=now)
    if same is not None:
        if same.past.state is State.ASKED:
            return Asked(same.id)
        if same.past.state is State.ACTIVE:
            return Refused(Reason.ALREADY_TIED)
        if not rules.may_ask_again(same.past, policy, now=now):
            return Refused(Reason.ASKED_LATELY)
    ties = await store.past_of_carer(conn, scope, scope.person_id, now=now)
    return rules.check_caps(ties, policy, undocumented=undocumented, now=now)


async def _find(conn: Connection, world: World, carer_id: UUID, document: Document) -> _Found:
    """Return who has the document. Nobody costs the same statements as somebody."""
    found = await find_person(conn, world.keyring, _ASK, document) or _NOBODY
    same = await same_people(conn, _ASK, [found])
    person_id = same[found].id if found in same else _NOBODY
    contacts = await contacts_of(conn, world.keyring, _ASK, [carer_id, person_id])
    births = await births_of(conn, world.keyring, _ASK, [person_id])
    known = person_id if person_id != _NOBODY else None
    return _Found(known, contacts.get(person_id), births.get(person_id), contacts[carer_id])


@dataclass(frozen=True, slots=True)
class _Written:
    """Whether somebody may be asked by this carer at all, and told of it today."""

    asked: bool
    told: bool


async def _may_be_written_to(
    conn: Connection, world: World, carer_id: UUID, document: Document, found: _Found, policy: FamilyPolicy
) -> _Written:
    """Look at what the carer must not learn: whether the pair was tied by another document, and who else asks."""
    now = world.clock.now()
    told = await allow(conn, limits.PER_DOCUMENT, document_index(world.keyring, document), now=now)
    before = await store.of_pair(conn, _ASK, carer_id, found.person_id or _NOBODY, now=now)
    return _Written(all(rules.may_ask_again(past, policy, now=now) for past in before.values()), told)


async def _add_undocumented(
    conn: Connection,
    world: World,
    caller: Caller,
    scope: PersonScope,
    asked: ChildAsked,
    asked_for: bytes,
    policy: FamilyPolicy,
) -> Active | Refused | Asked:
    now, carer_id = world.clock.now(), scope.person_id
    child = NewChild(new_id(world.chance, now), carer_id, asked.name, asked.born_on, asked.language)
    await add_child(conn, world.keyring, scope, child, now=now)
    new = replace(_new(world, Kind.GUARDIAN, carer_id, child.id, asked_for, asked.name, policy), undocumented=True)
    await store.insert(conn, world.keyring, scope, new)
    tie = await store.lock(conn, world.keyring, scope, new.id)
    if tie is None:
        return await _answer(conn, world, caller, _ASK_CHILD, Refused(Reason.TIE_UNKNOWN))
    answer = await activate(conn, world, tie, How.GUARDIAN, given_by=carer_id, language=asked.language)
    return await _answer(conn, world, caller, _ASK_CHILD, answer, child.id, tie_id=new.id)


def _new(
    world: World,
    kind: Kind,
    carer_id: UUID,
    dependant_id: UUID | None,
    asked_for: bytes,
    label: str,
    policy: FamilyPolicy,
) -> NewTie:
    now = world.clock.now()
    return NewTie(
        id=new_id(world.chance, now),
        kind=kind,
        carer_id=carer_id,
        dependant_id=dependant_id,
        asked_for=asked_for,
        label=label,
        claim=None,
        undocumented=False,
        asked_at=now,
        lapses_at=now + timedelta(days=policy.asked_expires_days),
        settles_at=now + timedelta(hours=policy.cooling_hours) if kind is Kind.GUARDIAN else None,
    )


def _index(world: World, carer_id: UUID, key: str) -> bytes:
    return world.keyring.blind_index("directory.tie.asked_for", f"{carer_id}:{key}")


async def _policy(conn: Connection, world: World) -> FamilyPolicy:
    return await read_in_force(conn, FamilyPolicy, at=world.clock.now())


async def _answer(
    conn: Connection,
    world: World,
    caller: Caller,
    action: str,
    answer: Answer,
    dependant_id: UUID | None = None,
    *,
    tie_id: UUID | None = None,
) -> Answer:
    line = Line(
        at=world.clock.now(),
        caller=caller,
        action=action,
        outcome=answer.reason if isinstance(answer, Refused) else DONE,
        subject_id=tie_id if isinstance(answer, Refused) else answer.tie_id,
        person_id=dependant_id,
        purpose=_ASK.purpose,
    )
    await append(conn, [line])
    return answer
