"""Deleting accounts: what was asked is carried out by the worker, once no booking counts against a cap any more.

A deletion that left bookings behind would set the caps back to nothing: whoever registered anew with the same document
could take as much again. So it waits for the last booking that counts, however long ago it was asked for; bookings are
made and given back meanwhile as ever. The same steps forget whoever has not come for as long as appointments are kept.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from firsthand.audit.model import DONE, Caller, Line
from firsthand.audit.store import append
from firsthand.booking import rules, store
from firsthand.booking.taking import CONFIRMED_LATE_MAX
from firsthand.directory.forgetting import store as forgotten
from firsthand.directory.forgetting.actions import FORGETTING, find_household, forget_household
from firsthand.directory.forgetting.model import ChildsWay, Household
from firsthand.directory.person.model import PersonName
from firsthand.directory.person.store import contacts_of, lock_people, names_of
from firsthand.directory.request import rules as request_rules
from firsthand.directory.request import store as requests
from firsthand.directory.request.model import State
from firsthand.identity.session.model import SubjectKind
from firsthand.identity.session.store import sessions_of
from firsthand.messages.model import Message, Template
from firsthand.messages.store import enqueue
from firsthand.platform.database import Connection
from firsthand.platform.scope import PersonScope
from firsthand.platform.world import World
from firsthand.policy.actions import read_in_force
from firsthand.policy.model import BookingPolicy

_DELETE: Final = "booking.delete_account"
_FORGET: Final = "booking.forget_unseen"
_WAITS: Final = "booking_counts"
_MERGED: Final = "record_merged"
# Who is signed in, is bound by a tie or waits for an answer is looked at again so long after.
_AGAIN: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class ChildOf:
    """A child of whoever asks for a deletion, and what becomes of it."""

    name: PersonName
    way: ChildsWay


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a deletion would mean at this moment. cooling: how long it waits at the least.

    counted_until: until when a booking of his, or of a child that would go with him, counts; None where none does.
    """

    cooling: timedelta
    counted_until: datetime | None
    children: tuple[ChildOf, ...]


async def read_outlook(world: World, scope: PersonScope) -> Outlook | None:
    """Return what deleting a person's own account would mean, None where there is no such person."""
    async with world.database.transaction() as conn:
        now = world.clock.now()
        household = await find_household(conn, scope, scope.person_id)
        if household is None:
            return None
        policy = await read_in_force(conn, BookingPolicy, at=now)
        children = [child.ids[0] for child in household.children]
        names = await names_of(conn, world.keyring, FORGETTING, children)
        return Outlook(
            cooling=request_rules.cooling(policy.caps),
            counted_until=await _counted_until(conn, household, policy, now=now),
            children=tuple(ChildOf(names[child.ids[0]], child.way) for child in household.children),
        )


async def due_deletions(world: World, *, limit: int) -> list[UUID]:
    """Return up to `limit` people whose account is to be deleted and whose waiting is over."""
    async with world.database.connection() as conn:
        return [one for _, one in await requests.due_deletions(conn, FORGETTING, now=world.clock.now(), limit=limit)]


async def delete_account(world: World, caller: Caller, person_id: UUID) -> bool:
    """Delete an account whose deletion is due, all of it in one transaction, and say whether it was.

    Not where it was taken back, where a booking counts (it then waits for that), or where somebody was tied to him at
    this very moment: the next round finds him again. What was asked under a record that was merged into another since
    is over: whoever has the kept record never asked it.
    """
    async with world.database.transaction() as conn:
        now, household = world.clock.now(), await _lock(conn, person_id)
        if household is None:
            return False
        asked = await requests.lock_deletions(conn, world.keyring, FORGETTING, household.ids)
        for one in asked:
            if one.person_id != household.ids[0]:
                await requests.end(conn, world.keyring, FORGETTING, one.id, State.WITHDRAWN, now=now)
                await append(conn, [_line(world, caller, _DELETE, _MERGED, one.person_id, one.id)])
        own = [one for one in asked if one.person_id == household.ids[0]]
        due = next((one for one in own if one.runs_from is not None and one.runs_from <= now), None)
        if due is None or due.runs_from is None:
            return False
        policy = await read_in_force(conn, BookingPolicy, at=now)
        counted = await _counted_until(conn, household, policy, now=now)
        waits = request_rules.decide_deletion(due.runs_from, counted, now=now)
        if waits is not None:
            await requests.postpone(conn, FORGETTING, due.id, waits)
            await append(conn, [_line(world, caller, _DELETE, _WAITS, person_id, due.id)])
            return False
        goodbye = await _goodbye(conn, world, household, due.id)
        await forget_household(conn, world, caller, household)
        await enqueue(conn, world, goodbye)
        going = len(household.going)
        await append(conn, [_line(world, caller, _DELETE, DONE, person_id, due.id, records=going)])
        return True


async def unseen_people(world: World, *, before: datetime, limit: int) -> list[UUID]:
    """Return up to `limit` people of whom nothing is known since an aware instant."""
    async with world.database.connection() as conn:
        return await forgotten.unseen_since(conn, FORGETTING, before, limit=limit)


async def forget_unseen(world: World, caller: Caller, person_id: UUID, *, before: datetime) -> bool:
    """Forget somebody of whom nothing is known since an aware instant, and say whether he was forgotten.

    Who has a booking still, is signed in, is bound by a tie, or waits for an answer stays, and is looked at later.
    Nobody is told: a number that was silent for years may be somebody else's by now.
    """
    async with world.database.transaction() as conn:
        household = await _lock(conn, person_id)
        if household is None:
            return False
        seen_at = await _seen_at(conn, world, household, before=before)
        if seen_at is not None:
            await forgotten.note_seen(conn, FORGETTING, household.ids[0], seen_at)
            return False
        await forget_household(conn, world, caller, household)
        going = len(household.going)
        await append(conn, [_line(world, caller, _FORGET, DONE, person_id, None, records=going)])
        return True


async def _lock(conn: Connection, person_id: UUID) -> Household | None:
    """Lock a person and all whom his going concerns, and return them as they stand; None where that changed meanwhile.

    Everybody who is to be locked is known only before the locks, and everything that counts is read after them.
    """
    before = await find_household(conn, FORGETTING, person_id)
    if before is None:
        return None
    locked = await lock_people(conn, FORGETTING, sorted(before.concerned))
    if person_id not in locked:
        return None
    now = await find_household(conn, FORGETTING, person_id)
    return now if now is not None and now.concerned <= before.concerned else None


async def _counted_until(
    conn: Connection, household: Household, policy: BookingPolicy, *, now: datetime
) -> datetime | None:
    """Return until when a booking of whoever goes counts against a cap. Read it under their locks."""
    widest = rules.widest_cap_days(policy)
    # Some zone is a day ahead of any other: one day more is read than counts.
    first = (now - timedelta(days=widest + 2)).date()
    counting = await store.read_counting(
        conn, FORGETTING, household.going, first=first, ended_after=now - rules.ENDED_COUNTS
    )
    return rules.counted_until(counting, widest, late=CONFIRMED_LATE_MAX, now=now)


async def _seen_at(conn: Connection, world: World, household: Household, *, before: datetime) -> datetime | None:
    """Return until when somebody of a household is known to have come; None where nothing is known any more."""
    now, again = world.clock.now(), before + _AGAIN
    last = await store.last_session_end(conn, FORGETTING, household.going)
    if last is not None:
        return last if last > before else again
    if household.tie_ids or await forgotten.is_waited_for(conn, FORGETTING, household.going):
        return again
    for person_id in household.going:
        if await sessions_of(conn, SubjectKind.PERSON, person_id, now=now):
            return again
    return None


async def _goodbye(conn: Connection, world: World, household: Household, request_id: UUID) -> list[Message]:
    """Return the last message. It stands under nobody's id, so that it is still sent, and goes by its own term."""
    contacts = await contacts_of(conn, world.keyring, FORGETTING, household.ids[:1])
    return [
        Message(
            person_id=None,
            address=contact.phone,
            template=Template.ACCOUNT_DELETED,
            language=contact.language,
            facts={},
            event_key=f"{Template.ACCOUNT_DELETED}:{request_id}",
        )
        for contact in contacts.values()
        if contact.phone
    ]


def _line(
    world: World,
    caller: Caller,
    action: str,
    outcome: str,
    person_id: UUID,
    request_id: UUID | None,
    *,
    records: int | None = None,
) -> Line:
    return Line(
        at=world.clock.now(),
        caller=caller,
        action=action,
        outcome=outcome,
        subject_id=request_id,
        person_id=person_id,
        purpose=FORGETTING.purpose,
        detail={} if records is None else {"records": records},
    )
