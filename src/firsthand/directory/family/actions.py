"""The verbs of ties besides asking: say yes, say no, end, go on, look.

Whoever ends a tie locks both persons, as whoever takes a place does: once he is answered, nothing is done by it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from firsthand.audit.model import DONE, ActorKind, Caller, Line
from firsthand.audit.store import append
from firsthand.directory.family import rules, store, telling
from firsthand.directory.family.acting import ties_between
from firsthand.directory.family.activating import activate, add_consent, phone_is_shared
from firsthand.directory.family.model import (
    Active,
    Consent,
    Ended,
    HasEnded,
    How,
    Kind,
    Reason,
    Refused,
    ShownTie,
    State,
    Tie,
)
from firsthand.directory.person.store import births_of, contacts_of, lock_people, names_of
from firsthand.identity.code import store as codes
from firsthand.identity.code.rules import parse_code
from firsthand.identity.document.store import documented
from firsthand.identity.model import Reason as IdentityReason
from firsthand.messages.model import Template
from firsthand.platform.database import Connection
from firsthand.platform.i18n import Language
from firsthand.platform.scope import CityScope, PersonScope
from firsthand.platform.world import World
from firsthand.policy.actions import read_in_force
from firsthand.policy.model import FamilyPolicy

# The names of the actions in the audit record.
_CONFIRM = "directory.confirm_tie"
_CONFIRM_CODE = "directory.confirm_tie_by_code"
_END = "directory.end_tie"
_RENEW = "directory.renew_tie"

_BOTH = CityScope("settle a family tie between its two sides")
_NOBODY = UUID(int=0)
_SHOWN_MAX = 100


@dataclass(frozen=True, slots=True)
class Family:
    """A person's ties: for whom he acts, who acts for him, and what waits for his yes as a guardian."""

    dependants: tuple[ShownTie, ...]
    carers: tuple[ShownTie, ...]
    of_children: tuple[ShownTie, ...]


async def confirm_tie(
    world: World, caller: Caller, scope: PersonScope, tie_id: UUID, language: Language
) -> Active | Refused:
    """Say yes to a tie: as the adult dependant on his own page, or as a guardian of the child."""
    async with world.database.transaction() as conn:
        tie = await _lock(conn, world, _BOTH, tie_id)
        how = None if tie is None else await _says_yes(conn, world, caller, scope, tie)
        if tie is None or how is None:
            return await _refuse(conn, world, caller, _CONFIRM, tie_id, Reason.TIE_UNKNOWN)
        if not rules.is_waiting(tie, now=world.clock.now()):
            return await _refuse(conn, world, caller, _CONFIRM, tie_id, Reason.ALREADY_ENDED, tie)
        answer = await activate(conn, world, tie, how, given_by=scope.person_id, language=language)
        await _record(conn, world, caller, _CONFIRM, tie_id, answer, tie, how=how)
        return answer


async def confirm_by_code(
    world: World, caller: Caller, scope: PersonScope, tie_id: UUID, code: str
) -> Active | Refused:
    """Enter the code that went to the dependant's phone, at the carer's page: the dependant told it to him.

    Refused with CODE_WRONG or CODE_SPENT for a wrong one, whether the dependant is known or not.
    """
    async with world.database.transaction() as conn:
        now, tie = world.clock.now(), await _lock(conn, world, scope, tie_id)
        own = caller.kind is ActorKind.PERSON and caller.id == scope.person_id
        if tie is None or tie.carer_id != scope.person_id or not own:
            return await _refuse(conn, world, caller, _CONFIRM_CODE, tie_id, Reason.TIE_UNKNOWN)
        if not rules.is_waiting(tie, now=now):
            return await _refuse(conn, world, caller, _CONFIRM_CODE, tie_id, Reason.ALREADY_ENDED, tie)
        digits = parse_code(code)
        if digits is None:
            return await _refuse(conn, world, caller, _CONFIRM_CODE, tie_id, Reason.CODE_WRONG, tie)
        entered = await codes.enter(conn, world.keyring, tie.code_id or _NOBODY, digits, now=now)
        if isinstance(entered, IdentityReason):
            wrong = Reason.CODE_WRONG if entered is IdentityReason.CODE_WRONG else Reason.CODE_SPENT
            return await _refuse(conn, world, caller, _CONFIRM_CODE, tie_id, wrong, tie)
        if tie.dependant_id is None or tie.kind is not Kind.CARER or not telling.claims_tie(entered, tie_id):
            return await _refuse(conn, world, caller, _CONFIRM_CODE, tie_id, Reason.CODE_SPENT, tie)
        language = await _language_of(conn, world, tie.dependant_id)
        answer = await activate(conn, world, tie, How.OWN_CODE, given_by=tie.dependant_id, language=language)
        await _record(conn, world, caller, _CONFIRM_CODE, tie_id, answer, tie, how=How.OWN_CODE)
        return answer


async def end_tie(world: World, caller: Caller, scope: PersonScope, tie_id: UUID) -> HasEnded | Refused:
    """End a tie at once, as either of its sides; or say no to one that waits, as the dependant or a guardian too.

    Bookings already made stay the patient's; the carer sees them no longer. Whoever comes second is told that it is
    over.
    """
    async with world.database.transaction() as conn:
        now, tie = world.clock.now(), await _lock(conn, world, _BOTH, tie_id)
        why = None if tie is None else await _ends_as(conn, world, caller, scope, tie)
        if tie is None or why is None:
            return await _refuse(conn, world, caller, _END, tie_id, Reason.TIE_UNKNOWN)
        if not await store.end(conn, _BOTH, tie_id, why, now=now):
            return await _refuse(conn, world, caller, _END, tie_id, Reason.ALREADY_ENDED, tie)
        if tie.state is State.ACTIVE:
            await telling.tell_both(conn, world, tie, Template.TIE_ENDED)
        answer = HasEnded(tie_id, why)
        await _record(conn, world, caller, _END, tie_id, answer, tie)
        return answer


async def renew_tie(
    world: World, caller: Caller, scope: PersonScope, tie_id: UUID, language: Language
) -> Active | Refused:
    """Let a carer's tie go on for another term, as its dependant, when it is about to end."""
    async with world.database.transaction() as conn:
        now, tie = world.clock.now(), await _lock(conn, world, scope, tie_id)
        own = caller.kind is ActorKind.PERSON and caller.id == scope.person_id
        if tie is None or tie.dependant_id != scope.person_id or not own or tie.usable_from is None:
            return await _refuse(conn, world, caller, _RENEW, tie_id, Reason.TIE_UNKNOWN)
        policy = await read_in_force(conn, FamilyPolicy, at=now)
        refused = rules.check_renewal(tie, policy, now=now)
        if refused is None and await phone_is_shared(conn, world, tie):
            refused = Refused(Reason.PHONE_SHARED)
        term = now + timedelta(days=policy.carer_term_days)
        if refused is None and not await store.renew(conn, scope, tie_id, term_ends_at=term, now=now):
            refused = Refused(Reason.ALREADY_ENDED)
        if refused is not None:
            return await _refuse(conn, world, caller, _RENEW, tie_id, refused.reason, tie)
        await add_consent(conn, world, tie_id, How.OWN_PAGE, given_by=scope.person_id, language=language)
        answer = Active(tie_id, tie.usable_from)
        await _record(conn, world, caller, _RENEW, tie_id, answer, tie, how=How.OWN_PAGE)
        return answer


async def read_family(world: World, scope: PersonScope) -> Family:
    """Return a person's ties, the latest first. A carer sees a dependant's name while he may act for him."""
    async with world.database.transaction() as conn:
        dependants = await store.of_carer(conn, world.keyring, scope, limit=_SHOWN_MAX)
        carers = await store.of_dependant(conn, world.keyring, scope, limit=_SHOWN_MAX)
        living = [tie for tie in await _living(conn, world, dependants) if tie.kind is Kind.GUARDIAN]
        children = [tie.dependant_id for tie in living if tie.dependant_id]
        asked = await store.asked_for_children(conn, world.keyring, scope, children, now=world.clock.now())
        return Family(
            await _shown(conn, world, scope, dependants),
            await _shown(conn, world, scope, carers),
            await _shown(conn, world, scope, asked),
        )


async def read_consents(world: World, scope: PersonScope, tie_ids: Sequence[UUID]) -> list[Consent]:
    """Return who said yes to a person's ties, how and when."""
    async with world.database.transaction() as conn:
        return await store.read_consents(conn, scope, tie_ids)


async def dependants_of(world: World, scope: PersonScope) -> list[ShownTie]:
    """Return a carer's ties that are active and have not run out, with names: whom he can book for, and from when."""
    async with world.database.transaction() as conn:
        ties = await store.of_carer(conn, world.keyring, scope, limit=_SHOWN_MAX)
        living = await _living(conn, world, ties)
        return list(await _shown(conn, world, scope, living))


async def _living(conn: Connection, world: World, ties: Sequence[Tie]) -> list[Tie]:
    now, policy = world.clock.now(), await read_in_force(conn, FamilyPolicy, at=world.clock.now())
    active = [tie for tie in ties if tie.state is State.ACTIVE and tie.dependant_id]
    births = await births_of(conn, world.keyring, _BOTH, [tie.dependant_id for tie in active if tie.dependant_id])
    return [
        tie
        for tie in active
        if tie.dependant_id and rules.is_living(tie, births.get(tie.dependant_id), policy, now=now)
    ]


async def _shown(conn: Connection, world: World, scope: PersonScope, ties: Sequence[Tie]) -> tuple[ShownTie, ...]:
    now, policy = world.clock.now(), await read_in_force(conn, FamilyPolicy, at=world.clock.now())
    living = {tie.id for tie in await _living(conn, world, ties)}
    known = {tie.id: tie.dependant_id if tie.carer_id == scope.person_id else tie.carer_id for tie in ties}
    # Of somebody who has not said yes, or no longer, the carer sees what he called him.
    named = [known[tie.id] for tie in ties if tie.carer_id != scope.person_id or tie.id in living]
    named += [tie.dependant_id for tie in ties if scope.person_id not in {tie.carer_id, tie.dependant_id}]
    names = await names_of(conn, world.keyring, _BOTH, [one for one in named if one])
    dependants = [tie.dependant_id for tie in ties if tie.dependant_id and tie.id in living]
    with_document = await documented(conn, _BOTH, dependants)
    shown = []
    for tie in ties:
        mine = tie.carer_id == scope.person_id
        other = known[tie.id]
        name = names.get(other, "") if other and (not mine or tie.id in living) else tie.label
        waiting = rules.is_waiting(tie, now=now)
        shown.append(
            ShownTie(
                tie=tie,
                name=name,
                can_confirm=not mine
                and waiting
                and (tie.kind is Kind.GUARDIAN) == (tie.dependant_id != scope.person_id),
                can_renew=tie.dependant_id == scope.person_id and rules.check_renewal(tie, policy, now=now) is None,
                undocumented=tie.id in living and tie.dependant_id not in with_document,
                child_name=names.get(tie.dependant_id, "") if tie.dependant_id and not mine else "",
                living=tie.id in living,
                waiting=waiting,
            )
        )
    return tuple(shown)


async def _lock(conn: Connection, world: World, scope: PersonScope | CityScope, tie_id: UUID) -> Tie | None:
    """Lock both persons of a tie and then the tie itself, always in that order, and return it."""
    tie = await store.read(conn, world.keyring, scope, tie_id)
    if tie is None:
        return None
    await lock_people(conn, _BOTH, sorted({tie.carer_id, tie.dependant_id or tie.carer_id}))
    return await store.lock(conn, world.keyring, scope, tie_id)


async def _says_yes(conn: Connection, world: World, caller: Caller, scope: PersonScope, tie: Tie) -> How | None:
    """Return as what the caller may say yes, None where it is not his to say."""
    if caller.kind is not ActorKind.PERSON or caller.id != scope.person_id or tie.carer_id == scope.person_id:
        return None
    if tie.kind is Kind.CARER:
        return How.OWN_PAGE if tie.dependant_id == scope.person_id else None
    return How.GUARDIAN if await _is_guardian(conn, world, scope, tie) else None


async def _is_guardian(conn: Connection, world: World, scope: PersonScope, tie: Tie) -> bool:
    if tie.dependant_id is None:
        return False
    pair = (scope.person_id, tie.dependant_id)
    ties = await ties_between(conn, world.keyring, _BOTH, [pair], now=world.clock.now())
    return ties.get(pair) is Kind.GUARDIAN


async def _ends_as(conn: Connection, world: World, caller: Caller, scope: PersonScope, tie: Tie) -> Ended | None:
    """Return as what the caller ends the tie, None where it is not his."""
    if caller.kind is not ActorKind.PERSON or caller.id != scope.person_id:
        return None
    asked = tie.state is State.ASKED
    if tie.carer_id == scope.person_id:
        return Ended.TAKEN_BACK if asked else Ended.BY_CARER
    if tie.dependant_id == scope.person_id:
        return Ended.DECLINED if asked else Ended.BY_DEPENDANT
    if asked and tie.kind is Kind.GUARDIAN and await _is_guardian(conn, world, scope, tie):
        return Ended.DECLINED
    return None


async def _language_of(conn: Connection, world: World, person_id: UUID) -> Language:
    contacts = await contacts_of(conn, world.keyring, _BOTH, [person_id])
    return contacts[person_id].language


async def _refuse(
    conn: Connection,
    world: World,
    caller: Caller,
    action: str,
    tie_id: UUID,
    reason: Reason,
    tie: Tie | None = None,
) -> Refused:
    answer = Refused(reason)
    await _record(conn, world, caller, action, tie_id, answer, tie)
    return answer


async def _record(
    conn: Connection,
    world: World,
    caller: Caller,
    action: str,
    tie_id: UUID,
    answer: Active | HasEnded | Refused,
    tie: Tie | None,
    *,
    how: How | None = None,
) -> None:
    detail: dict[str, str] = {}
    if tie is not None:
        detail["carer"] = str(tie.carer_id)
    if isinstance(answer, HasEnded):
        detail["why"] = answer.why
    if how is not None:
        detail["how"] = how
    line = Line(
        at=world.clock.now(),
        caller=caller,
        action=action,
        outcome=answer.reason if isinstance(answer, Refused) else DONE,
        subject_id=tie_id,
        person_id=tie.dependant_id if tie else None,
        purpose=_BOTH.purpose,
        detail=detail,
    )
    await append(conn, [line])
