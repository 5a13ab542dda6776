"""What the worker does with ties: register children whose guardian waited, and end what is over.

Each tie is a transaction of its own, which locks the persons before the tie, as everybody does.
"""

from datetime import timedelta
from uuid import UUID

import msgspec

from firsthand.audit.model import DONE, Caller, Line
from firsthand.audit.store import append
from firsthand.directory.family import rules, store, telling
from firsthand.directory.family.activating import activate
from firsthand.directory.family.model import Active, ChildAsked, Ended, How, Refused, State, Tie
from firsthand.directory.person.model import Phone, Registration
from firsthand.directory.person.store import NewPerson, add_people, births_of, lock_people
from firsthand.identity.document.model import Document
from firsthand.identity.document.store import find_person
from firsthand.messages.model import Template
from firsthand.platform.chance import new_id
from firsthand.platform.database import Connection
from firsthand.platform.days import local_day
from firsthand.platform.scope import CityScope
from firsthand.platform.world import World
from firsthand.policy.actions import read_in_force
from firsthand.policy.model import FamilyPolicy

_SETTLE = CityScope("register the children that their guardians asked for")
_OVER = CityScope("end family ties that are over")
_FIRST = UUID(int=0)


async def settle_children(world: World, caller: Caller, *, limit: int = 500) -> int:
    """Register up to `limit` children whose guardian has waited out the cooling time, and return how many were settled.

    Where the document became known meanwhile, the child's guardians are asked instead.
    """
    async with world.database.transaction() as conn:
        due = await store.list_settling(conn, world.keyring, _SETTLE, now=world.clock.now(), limit=limit)
    for tie in due:
        async with world.database.transaction() as conn:
            await _settle(conn, world, caller, tie)
    return len(due)


async def end_what_is_over(world: World, caller: Caller, *, limit: int = 500) -> int:
    """End up to `limit` ties of each kind that have lapsed, run out, or come to a majority; return how many ended."""
    now = world.clock.now()
    async with world.database.transaction() as conn:
        policy = await read_in_force(conn, FamilyPolicy, at=now)
        lapsed = await store.list_lapsed(conn, world.keyring, _OVER, now=now, limit=limit)
        term = await store.list_term_over(conn, world.keyring, _OVER, now=now, limit=limit)
    ended = 0
    for ties, why in ((lapsed, Ended.LAPSED), (term, Ended.TERM)):
        for tie in ties:
            ended += await _end(world, caller, tie, why)
    return ended + await _end_at_majority(world, caller, policy, limit=limit)


async def _end_at_majority(world: World, caller: Caller, policy: FamilyPolicy, *, limit: int) -> int:
    now = world.clock.now()
    today, after, ended = local_day(now, policy.time_zone), _FIRST, 0
    while True:
        async with world.database.transaction() as conn:
            ties = await store.list_majority_due(conn, world.keyring, _OVER, today=today, after=after, limit=limit)
            dependants = [tie.dependant_id for tie in ties if tie.dependant_id]
            births = await births_of(conn, world.keyring, _OVER, dependants)
        for tie in ties:
            born_on = births.get(tie.dependant_id) if tie.dependant_id else None
            if not rules.is_living(tie, born_on, policy, now=now):
                ended += await _end(world, caller, tie, Ended.MAJORITY)
        if len(ties) < limit:
            return ended
        after = ties[-1].id


async def _end(world: World, caller: Caller, tie: Tie, why: Ended) -> int:
    async with world.database.transaction() as conn:
        await lock_people(conn, _OVER, sorted({tie.carer_id, tie.dependant_id or tie.carer_id}))
        locked = await store.lock(conn, world.keyring, _OVER, tie.id)
        # Somebody may have said yes, or let it go on, since it was listed.
        changed = locked is None or (locked.state, locked.term_ends_at) != (tie.state, tie.term_ends_at)
        now = world.clock.now()
        if changed or not await store.end(conn, _OVER, tie.id, why, now=now):
            return 0
        if tie.state is State.ACTIVE:
            template = Template.TIE_ENDED_BY_MAJORITY if why is Ended.MAJORITY else Template.TIE_ENDED
            await telling.tell_both(conn, world, tie, template)
        line = Line(
            at=now,
            caller=caller,
            action="directory.end_tie",
            outcome=DONE,
            subject_id=tie.id,
            person_id=tie.dependant_id,
            purpose=_OVER.purpose,
            detail={"carer": str(tie.carer_id), "why": why},
        )
        await append(conn, [line])
        return 1


async def _settle(conn: Connection, world: World, caller: Caller, tie: Tie) -> None:
    now = world.clock.now()
    await lock_people(conn, _SETTLE, [tie.carer_id])
    locked = await store.lock(conn, world.keyring, _SETTLE, tie.id)
    claimed = await store.read_claim(conn, world.keyring, _SETTLE, tie.id)
    if locked is None or claimed is None or not rules.is_waiting(locked, now=now):
        return
    child, policy = msgspec.json.decode(claimed, type=ChildAsked), await read_in_force(conn, FamilyPolicy, at=now)
    outcome: Active | Refused | None = None
    if child.document is not None and not rules.is_of_age(child.born_on, policy, now=now):
        outcome = await _register(conn, world, locked, child, child.document, policy)
    await store.forget_claim(conn, _SETTLE, tie.id)
    known = await store.read(conn, world.keyring, _SETTLE, tie.id)
    line = Line(
        at=now,
        caller=caller,
        action="directory.settle_child",
        outcome=outcome.reason if isinstance(outcome, Refused) else DONE,
        subject_id=tie.id,
        person_id=known.dependant_id if known else None,
        purpose=_SETTLE.purpose,
        detail={"carer": str(tie.carer_id), "active": isinstance(outcome, Active)},
    )
    await append(conn, [line])


async def _register(
    conn: Connection, world: World, tie: Tie, child: ChildAsked, document: Document, policy: FamilyPolicy
) -> Active | Refused | None:
    """Register the child and make the tie active; None where the document is known by now, and others are asked."""
    now = world.clock.now()
    registration = Registration(document, child.name, Phone(""), child.language, child.born_on)
    new = NewPerson(new_id(world.chance, now), registration)
    if new.id in await add_people(conn, world, [new], now=now):
        await store.know(conn, _SETTLE, tie.id, new.id)
        known = await store.lock(conn, world.keyring, _SETTLE, tie.id)
        if known is None:
            return None
        waited = max(now, tie.asked_at + timedelta(hours=policy.cooling_hours))
        return await activate(
            conn,
            world,
            known,
            How.GUARDIAN,
            given_by=tie.carer_id,
            language=child.language,
            usable_from=waited,
        )
    person_id = await find_person(conn, world.keyring, _SETTLE, document)
    births = await births_of(conn, world.keyring, _SETTLE, [person_id] if person_id else [])
    minor = person_id in births and not rules.is_of_age(births[person_id], policy, now=now)
    if person_id is not None and minor and person_id != tie.carer_id:
        await store.know(conn, _SETTLE, tie.id, person_id)
        await telling.ask_guardians(conn, world, tie.id, person_id, carer_id=tie.carer_id)
    return None
