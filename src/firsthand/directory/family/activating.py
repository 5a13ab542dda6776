"""How a tie becomes active: one way for every kind of yes."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from firsthand.directory.family import rules, store, telling
from firsthand.directory.family.model import Active, Consent, How, Kind, Reason, Refused, Tie
from firsthand.directory.family.words import VERSION
from firsthand.directory.person.store import births_of, contacts_of
from firsthand.messages.model import Template
from firsthand.platform.chance import new_id
from firsthand.platform.database import Connection
from firsthand.platform.i18n import Language
from firsthand.platform.scope import CityScope
from firsthand.platform.world import World
from firsthand.policy.actions import read_in_force
from firsthand.policy.model import FamilyPolicy

_CONFIRM = CityScope("confirm a family tie")


@dataclass(frozen=True, slots=True)
class AtDesk:
    """What a desk saw: who saw it, where, and the types of the documents that lay there."""

    staff_id: UUID
    hospital_id: UUID
    seen: tuple[str, ...]


def counts_as_of_age(born_on: date | None, policy: FamilyPolicy, *, now: datetime) -> bool:
    """Say whether somebody may act for others: his date of birth is known, and says that he is of age."""
    return born_on is not None and rules.is_of_age(born_on, policy, now=now)


async def activate(
    conn: Connection,
    world: World,
    tie: Tie,
    how: How,
    *,
    given_by: UUID,
    language: Language,
    desk: AtDesk | None = None,
    usable_from: datetime | None = None,
) -> Active | Refused:
    """Make an asked tie active, write the consent down, and tell both sides.

    Both persons are locked by the caller. usable_from: where the cooling time has passed already.
    """
    now = world.clock.now()
    policy = await read_in_force(conn, FamilyPolicy, at=now)
    if tie.dependant_id is None:
        return Refused(Reason.TIE_UNKNOWN)
    refused = await _why_not(conn, world, tie, how, policy)
    if refused is not None:
        return refused
    births = await births_of(conn, world.keyring, _CONFIRM, [tie.dependant_id])
    born_on = births.get(tie.dependant_id)
    from_when = usable_from or rules.usable_from(tie.kind, how, policy, now=now)
    is_guardian = tie.kind is Kind.GUARDIAN
    done = await store.activate(
        conn,
        _CONFIRM,
        tie.id,
        usable_from=from_when,
        term_ends_at=None if is_guardian else now + timedelta(days=policy.carer_term_days),
        counted_from=rules.counted_from(born_on, policy) if is_guardian and born_on else None,
        now=now,
    )
    if not done:
        return Refused(Reason.ALREADY_ENDED)
    await add_consent(conn, world, tie.id, how, given_by=given_by, language=language, desk=desk)
    hours = max(0, -(-int((from_when - now).total_seconds()) // 3600))
    await telling.tell_both(conn, world, tie, Template.TIE_ACTIVE, hours=hours)
    return Active(tie.id, from_when)


async def add_consent(
    conn: Connection,
    world: World,
    tie_id: UUID,
    how: How,
    *,
    given_by: UUID,
    language: Language,
    desk: AtDesk | None = None,
) -> None:
    """Write down who said yes to a tie, or to its going on, and to which words."""
    now = world.clock.now()
    consent = Consent(
        tie_id=tie_id,
        given_by=given_by,
        how=how,
        words=VERSION,
        language=language,
        given_at=now,
        staff_id=desk.staff_id if desk else None,
        hospital_id=desk.hospital_id if desk else None,
        seen=desk.seen if desk else (),
    )
    await store.add_consent(conn, _CONFIRM, new_id(world.chance, now), consent)


async def phone_is_shared(conn: Connection, world: World, tie: Tie) -> bool:
    """Say whether dependant and carer have one phone: then neither a code nor a sign-in shows who said yes."""
    contacts = await contacts_of(conn, world.keyring, _CONFIRM, [tie.carer_id, tie.dependant_id or tie.carer_id])
    phones = [one.phone for one in contacts.values() if one.phone]
    return len(phones) > len(set(phones))


async def _why_not(conn: Connection, world: World, tie: Tie, how: How, policy: FamilyPolicy) -> Refused | None:
    """Say why a tie cannot become active; None where it can."""
    now, dependant_id = world.clock.now(), tie.dependant_id or tie.carer_id
    if await store.active_of_pairs(conn, world.keyring, _CONFIRM, [(tie.carer_id, dependant_id)], lock_them=False):
        return Refused(Reason.ALREADY_TIED)
    if await store.count_carers(conn, _CONFIRM, dependant_id) >= policy.carers_max:
        return Refused(Reason.TOO_MANY_CARERS)
    if how in {How.OWN_PAGE, How.OWN_CODE} and await phone_is_shared(conn, world, tie):
        return Refused(Reason.PHONE_SHARED)
    births = await births_of(conn, world.keyring, _CONFIRM, [dependant_id])
    minor = dependant_id in births and not rules.is_of_age(births[dependant_id], policy, now=now)
    if minor != (tie.kind is Kind.GUARDIAN):
        return Refused(Reason.CHILD_OF_AGE if tie.kind is Kind.GUARDIAN else Reason.CONFIRMED_BY_OTHERS)
    return None
