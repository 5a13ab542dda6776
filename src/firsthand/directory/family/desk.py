"""A clerk confirms a tie, or ends one, from both documents that lie before him."""

from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar
from uuid import UUID

from firsthand.audit.model import DONE, Caller, Line
from firsthand.audit.store import append
from firsthand.directory.family import rules, store, telling
from firsthand.directory.family.activating import AtDesk, activate, add_consent
from firsthand.directory.family.model import Active, Ended, HasEnded, How, Kind, Reason, Refused, State, Tie
from firsthand.directory.family.store import NewTie
from firsthand.directory.person.store import births_of, contacts_of, lock_people, names_of, same_people
from firsthand.identity.document.model import Document
from firsthand.identity.document.store import find_people
from firsthand.messages.model import Template
from firsthand.platform.access import Permission
from firsthand.platform.chance import new_id
from firsthand.platform.database import Connection
from firsthand.platform.i18n import Language
from firsthand.platform.scope import HospitalScope
from firsthand.platform.world import World
from firsthand.policy.actions import read_in_force
from firsthand.policy.model import FamilyPolicy

# The names of the actions in the audit record.
_CONFIRM = "directory.confirm_tie_at_desk"
_END = "directory.end_tie_at_desk"

DeskAnswer = TypeVar("DeskAnswer", bound=Active | HasEnded | Refused)


@dataclass(frozen=True, slots=True)
class DeskTie:
    """Both documents lie before a clerk. What he asks is about the tie of the two people."""

    caller: Caller
    scope: HospitalScope
    carer: Document
    dependant: Document


@dataclass(frozen=True, slots=True)
class TiedChild:
    """A child without a document, who was registered under a guardian. seen: what lay before the clerk."""

    guardian_id: UUID
    child_id: UUID
    language: Language
    seen: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Pair:
    carer_id: UUID
    dependant_id: UUID


async def confirm_at_desk(world: World, asked: DeskTie) -> Active | Refused:
    """Confirm a tie between the two people, whether it was asked for before or not, or let a carer's go on.

    A minor's tie is a guardian's, any other a carer's. The same caps hold as online.
    """
    async with world.database.transaction() as conn:
        found = await _find(conn, world, asked)
        if isinstance(found, Refused):
            return await _record(conn, world, asked, _CONFIRM, found, None, None)
        answer, tie_id = await _confirm(conn, world, asked, found)
        return await _record(conn, world, asked, _CONFIRM, answer, found, tie_id)


async def end_at_desk(world: World, asked: DeskTie) -> HasEnded | Refused:
    """End the tie of the two people, at the wish of either."""
    async with world.database.transaction() as conn:
        found = await _find(conn, world, asked)
        if isinstance(found, Refused):
            return await _record(conn, world, asked, _END, found, None, None)
        tie = await _tie_of(conn, world, asked, found)
        answer: HasEnded | Refused = Refused(Reason.TIE_UNKNOWN)
        if tie is not None and await store.end(conn, asked.scope, tie.id, Ended.BY_DESK, now=world.clock.now()):
            answer = HasEnded(tie.id, Ended.BY_DESK)
            if tie.state is State.ACTIVE:
                await telling.tell_both(conn, world, tie, Template.TIE_ENDED)
        return await _record(conn, world, asked, _END, answer, found, tie.id if tie else None)


async def tie_child(
    conn: Connection, world: World, caller: Caller, scope: HospitalScope, child: TiedChild
) -> Active | Refused:
    """Make a guardian's tie of a child whom a clerk has just registered under him, in the same transaction.

    Where a cap is reached there is no tie, and the child is booked for at desks alone.
    """
    now, policy = world.clock.now(), await read_in_force(conn, FamilyPolicy, at=world.clock.now())
    answer: Active | Refused | None = None
    if caller.id is None or not caller.may(Permission.CONFIRM_TIE, at=scope.hospital_id):
        answer = Refused(Reason.NOT_PERMITTED)
    else:
        ties = await store.past_of_carer(conn, scope, child.guardian_id, now=now)
        answer = rules.check_caps(ties, policy, undocumented=True, now=now)
    tie_id = None
    if answer is None and caller.id is not None:
        pair = _Pair(child.guardian_id, child.child_id)
        tie = await _ask(conn, world, scope, pair, Kind.GUARDIAN, policy, undocumented=True)
        tie_id, desk = tie.id, AtDesk(caller.id, scope.hospital_id, child.seen)
        answer = await activate(
            conn, world, tie, How.DESK, given_by=child.guardian_id, language=child.language, desk=desk
        )
    answer = answer or Refused(Reason.NOT_PERMITTED)
    line = Line(
        at=now,
        caller=caller,
        action=_CONFIRM,
        outcome=answer.reason if isinstance(answer, Refused) else DONE,
        hospital_id=scope.hospital_id,
        subject_id=tie_id,
        person_id=child.child_id,
        detail={"carer": str(child.guardian_id)},
    )
    await append(conn, [line])
    return answer


async def _find(conn: Connection, world: World, asked: DeskTie) -> _Pair | Refused:
    """Find both people and lock them."""
    if asked.caller.id is None or not asked.caller.may(Permission.CONFIRM_TIE, at=asked.scope.hospital_id):
        return Refused(Reason.NOT_PERMITTED)
    found = await find_people(conn, world.keyring, asked.scope, [asked.carer, asked.dependant])
    known = [one for one in found if one is not None]
    same = await same_people(conn, asked.scope, known)
    people = [same[one].id for one in known if one in same]
    if len(people) < len(found):
        return Refused(Reason.PERSON_UNKNOWN)
    carer_id, dependant_id = people
    if carer_id == dependant_id:
        return Refused(Reason.ONESELF)
    if len(await lock_people(conn, asked.scope, sorted({carer_id, dependant_id}))) < len(found):
        return Refused(Reason.PERSON_UNKNOWN)  # whose account was deleted just now
    return _Pair(carer_id, dependant_id)


async def _confirm(conn: Connection, world: World, asked: DeskTie, pair: _Pair) -> tuple[Active | Refused, UUID | None]:
    now = world.clock.now()
    policy = await read_in_force(conn, FamilyPolicy, at=now)
    births = await births_of(conn, world.keyring, asked.scope, [pair.carer_id, pair.dependant_id])
    of_age = {one: rules.is_of_age(born_on, policy, now=now) for one, born_on in births.items()}
    # Of whom no date of birth is known, the clerk sees that he is of age.
    if not of_age.get(pair.carer_id, True):
        return Refused(Reason.CARER_NOT_OF_AGE), None
    kind = Kind.CARER if of_age.get(pair.dependant_id, True) else Kind.GUARDIAN
    desk = AtDesk(asked.caller.id or pair.carer_id, asked.scope.hospital_id, (asked.carer.type, asked.dependant.type))
    contacts = await contacts_of(conn, world.keyring, asked.scope, [pair.carer_id, pair.dependant_id])
    given_by = pair.dependant_id if kind is Kind.CARER else pair.carer_id
    language = contacts[given_by].language
    tie = await _tie_of(conn, world, asked, pair)
    if tie is not None and tie.state is State.ACTIVE:
        refused = rules.check_renewal(tie, policy, now=now)
        if refused is not None or tie.usable_from is None:
            return Refused(Reason.ALREADY_TIED), tie.id
        term = now + timedelta(days=policy.carer_term_days)
        await store.renew(conn, asked.scope, tie.id, term_ends_at=term, now=now)
        await add_consent(conn, world, tie.id, How.DESK, given_by=given_by, language=language, desk=desk)
        return Active(tie.id, tie.usable_from), tie.id
    if tie is None or tie.kind is not kind:
        ties = await store.past_of_carer(conn, asked.scope, pair.carer_id, now=now)
        if refused := rules.check_caps(ties, policy, undocumented=False, now=now):
            return refused, None
        tie = await _ask(conn, world, asked.scope, pair, kind, policy)
    answer = await activate(conn, world, tie, How.DESK, given_by=given_by, language=language, desk=desk)
    return answer, tie.id


async def _tie_of(conn: Connection, world: World, asked: DeskTie, pair: _Pair) -> Tie | None:
    """Return the pair's tie that is active or waits; the active one first."""
    ties = await store.of_pair(conn, asked.scope, pair.carer_id, pair.dependant_id, now=world.clock.now())
    there = sorted(
        (tie_id for tie_id, past in ties.items() if past.state is not State.ENDED),
        key=lambda tie_id: ties[tie_id].state is not State.ACTIVE,
    )
    return await store.lock(conn, world.keyring, asked.scope, there[0]) if there else None


async def _ask(
    conn: Connection,
    world: World,
    scope: HospitalScope,
    pair: _Pair,
    kind: Kind,
    policy: FamilyPolicy,
    *,
    undocumented: bool = False,
) -> Tie:
    now = world.clock.now()
    names = await names_of(conn, world.keyring, scope, [pair.dependant_id])
    new = NewTie(
        id=new_id(world.chance, now),
        kind=kind,
        carer_id=pair.carer_id,
        dependant_id=pair.dependant_id,
        # Of this desk's asking alone: what the carer asked for himself by the same document is another row.
        asked_for=world.keyring.blind_index(
            "directory.tie.asked_for", f"desk:{pair.carer_id}:{pair.dependant_id}:{now}"
        ),
        label=names.get(pair.dependant_id, "-")[: rules.LABEL_CHARACTERS_MAX],
        claim=None,
        undocumented=undocumented,
        asked_at=now,
        lapses_at=now + timedelta(days=policy.asked_expires_days),
        settles_at=None,
    )
    await store.insert(conn, world.keyring, scope, new)
    tie = await store.lock(conn, world.keyring, scope, new.id)
    if tie is None:
        message = f"tie {new.id} is not there, though this transaction has just written it"
        raise LookupError(message)
    return tie


async def _record(
    conn: Connection,
    world: World,
    asked: DeskTie,
    action: str,
    answer: DeskAnswer,
    pair: _Pair | None,
    tie_id: UUID | None,
) -> DeskAnswer:
    detail: dict[str, str] = {"carer_document": asked.carer.type, "dependant_document": asked.dependant.type}
    if pair is not None:
        detail["carer"] = str(pair.carer_id)
    line = Line(
        at=world.clock.now(),
        caller=asked.caller,
        action=action,
        outcome=answer.reason if isinstance(answer, Refused) else DONE,
        hospital_id=asked.scope.hospital_id,
        subject_id=tie_id,
        person_id=pair.dependant_id if pair else None,
        detail=detail,
    )
    await append(conn, [line])
    return answer
