"""The steps by which a person becomes nobody, in the transaction of whoever has decided that he does.

What stays is the record of what was done, under an id without a name: bookings until their term, ended ties with their
consents, emergency accesses, audit lines. Why: docs/decisions/0020-rights-of-the-person.md.
"""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from firsthand.audit.model import DONE, Caller, Line
from firsthand.audit.store import append
from firsthand.directory.counter.store import children_of
from firsthand.directory.family import store as families
from firsthand.directory.family import telling
from firsthand.directory.family.model import Ended, Tie
from firsthand.directory.family.model import State as TieState
from firsthand.directory.family.rules import MONTH
from firsthand.directory.forgetting import store
from firsthand.directory.forgetting.model import Child, ChildsWay, Household
from firsthand.directory.person.store import same_people
from firsthand.directory.request import store as requests
from firsthand.identity.document import store as documents
from firsthand.identity.passkey.store import forget_owners
from firsthand.identity.session.model import SubjectKind
from firsthand.identity.session.store import end_all
from firsthand.messages import store as messages
from firsthand.messages.model import Template
from firsthand.platform.database import Connection
from firsthand.platform.scope import CityScope, Scope
from firsthand.platform.world import World
from firsthand.policy.actions import read_in_force
from firsthand.policy.model import FamilyPolicy

FORGETTING: Final = CityScope("delete an account")


async def find_household(conn: Connection, scope: Scope, person_id: UUID) -> Household | None:
    """Return what hangs on somebody's account, None where there is no such person. A step of the caller's transaction.

    Read it again under the locks of those whom it names: a tie may have come in between.
    """
    same = await same_people(conn, scope, [person_id])
    if person_id not in same:
        return None
    ids = same[person_id].ids
    children = [await _child(conn, child_id, ids) for child_id in await children_of(conn, FORGETTING, ids)]
    going = [*ids, *(one for child in children if child.way is ChildsWay.GOES for one in child.ids)]
    ties = await store.unended_ties(conn, FORGETTING, going)
    sides = {side for tie in ties for side in (tie.carer_id, tie.dependant_id) if side is not None}
    takers = {child.to for child in children if child.to is not None}
    return Household(ids, tuple(children), tuple(tie.id for tie in ties), frozenset(sides | takers) - set(going))


async def forget_household(conn: Connection, world: World, caller: Caller, household: Household) -> None:
    """Make a person nobody, with everything that hangs on him. He, and all whom it concerns, are locked."""
    now, going = world.clock.now(), household.going
    for tie_id in household.tie_ids:
        await _end_tie(conn, world, caller, tie_id, frozenset(going))
    for child in household.children:
        if child.way is not ChildsWay.GOES:
            await store.hand_over(conn, FORGETTING, child.ids[0], child.to)
    for person_id in going:
        await end_all(conn, SubjectKind.PERSON, person_id)
    await forget_owners(conn, SubjectKind.PERSON, going)
    await _remember_carer(conn, household, now=now)
    await documents.forget(conn, FORGETTING, going)
    await requests.forget(conn, FORGETTING, going, now=now)
    await store.forget_traces(conn, world.keyring, FORGETTING, going)
    await messages.forget(conn, FORGETTING, going)
    await store.anonymise(conn, world.keyring, FORGETTING, going, now=now)


async def _remember_carer(conn: Connection, household: Household, *, now: datetime) -> None:
    """Keep a mark of the documents of somebody who acted for others, for as long as his ties count against him."""
    policy = await read_in_force(conn, FamilyPolicy, at=now)
    counts = max(timedelta(days=policy.ended_counts_days), MONTH)
    marks = await documents.marks_of(conn, FORGETTING, household.ids)
    await store.remember_carer(conn, FORGETTING, household.ids, marks, since=now - counts, until=now + counts)


async def _child(conn: Connection, child_id: UUID, guardian_ids: tuple[UUID, ...]) -> Child:
    ids = (await same_people(conn, FORGETTING, [child_id]))[child_id].ids
    others = [one for one in await families.guardians_of(conn, FORGETTING, child_id) if one not in guardian_ids]
    documented = bool(await documents.documented(conn, FORGETTING, ids))
    if others:
        return Child(ids, ChildsWay.STAYS if documented else ChildsWay.HANDED_OVER, others[0])
    return Child(ids, ChildsWay.STAYS if documented else ChildsWay.GOES)


async def _end_tie(conn: Connection, world: World, caller: Caller, tie_id: UUID, going: frozenset[UUID]) -> None:
    """End a tie as whoever goes would, and tell the other side while names are still known."""
    tie = await families.lock(conn, world.keyring, FORGETTING, tie_id)
    if tie is None or not await families.end(conn, FORGETTING, tie_id, _why(tie, going), now=world.clock.now()):
        return
    if tie.state is TieState.ACTIVE:
        await telling.tell_both(conn, world, tie, Template.TIE_ENDED)
    line = Line(
        at=world.clock.now(),
        caller=caller,
        action="directory.end_tie",
        outcome=DONE,
        subject_id=tie.id,
        person_id=tie.dependant_id,
        purpose=FORGETTING.purpose,
        detail={"carer": str(tie.carer_id), "why": _why(tie, going)},
    )
    await append(conn, [line])


def _why(tie: Tie, going: frozenset[UUID]) -> Ended:
    if tie.state is TieState.ASKED:
        return Ended.TAKEN_BACK if tie.carer_id in going else Ended.DECLINED
    return Ended.BY_CARER if tie.carer_id in going else Ended.BY_DEPENDANT
