"""Opening a record in an emergency, and reviewing that afterwards. Showing it is `booking.emergency`'s."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from firsthand.audit.model import DONE, ActorKind, Caller, Line
from firsthand.audit.store import append
from firsthand.directory.emergency import rules, store
from firsthand.directory.emergency.limits import PER_STAFF
from firsthand.directory.emergency.model import (
    OPEN_FOR,
    REVIEW_WITHIN,
    Access,
    Reason,
    Refused,
    Review,
    Waiting,
    Wanted,
)
from firsthand.directory.hospital.store import find_hospitals
from firsthand.directory.person.store import contacts_of, find_by_phone, names_of, same_people
from firsthand.directory.staff.store import names_of_staff
from firsthand.identity.document.model import Document
from firsthand.identity.document.store import find_person
from firsthand.identity.session import store as sessions
from firsthand.identity.session.model import SubjectKind
from firsthand.messages.model import Message, Template
from firsthand.messages.store import enqueue
from firsthand.platform.access import Permission
from firsthand.platform.attempts import allow
from firsthand.platform.chance import new_id
from firsthand.platform.database import Connection
from firsthand.platform.days import local_day
from firsthand.platform.i18n import format_day, format_time
from firsthand.platform.scope import CityScope, HospitalScope
from firsthand.platform.world import World

_OPEN: Final = "directory.open_emergency"
_LIST: Final = "directory.list_emergencies"
_REVIEW: Final = "directory.review_emergency"
_SCOPE: Final = CityScope("open a person's record in an emergency")
_REVIEWING: Final = CityScope("review emergency accesses")


async def open_record(world: World, caller: Caller, wanted: Wanted, reason: str) -> Access | Refused:
    """Open a person's record for 30 minutes to the member of staff who asks, and tell the person at once.

    reason: in his own words; sealed, and read by whoever reviews it. Every try counts against his limit, and the same
    words for the same person open nothing anew while the first access is open.
    """
    words = rules.parse_words(reason)
    async with world.database.transaction() as conn:
        outcome = await _open(conn, world, caller, wanted, words)
        line = _line(world, caller, _OPEN, outcome)
        await append(conn, [line])
        return outcome


async def list_own_open(world: World, caller: Caller) -> list[Access]:
    """Return the accesses that a member of staff has opened in his present duty and can still look at."""
    if caller.kind is not ActorKind.STAFF or caller.id is None or caller.hospital_id is None:
        return []
    async with world.database.connection() as conn:
        scope = HospitalScope(caller.hospital_id)
        return await store.list_open(conn, world.keyring, scope, caller.id, now=world.clock.now())


async def list_reviews(world: World, caller: Caller, *, limit: int = 100) -> list[Review] | Refused:
    """Return the emergency accesses that the caller may review, those that wait for it first. The reading is recorded.

    A supervisor sees those of his hospital, an auditor those of the city.
    """
    async with world.database.transaction() as conn:
        scope = _reviewable(caller)
        if scope is None:
            await append(conn, [_line(world, caller, _LIST, Refused(Reason.NOT_PERMITTED))])
            return Refused(Reason.NOT_PERMITTED)
        accesses = await store.list_accesses(conn, world.keyring, scope, limit=limit)
        people = sorted({access.person_id for access in accesses})
        names = await names_of(conn, world.keyring, scope, people)
        staff = await names_of_staff(conn, [one for a in accesses for one in (a.staff_id, a.reviewed_by) if one])
        hospitals = await find_hospitals(conn, [access.hospital_id for access in accesses])
        lines = [_line(world, caller, _LIST, DONE, person_id=person_id) for person_id in people]
        await append(conn, lines or [_line(world, caller, _LIST, DONE)])
        return [
            Review(
                access,
                staff_name=staff.get(access.staff_id, ""),
                hospital_name=hospitals[access.hospital_id].hospital.name,
                time_zone=hospitals[access.hospital_id].hospital.time_zone,
                person_name=names.get(access.person_id, ""),
                reviewer_name=staff.get(access.reviewed_by, "") if access.reviewed_by else "",
            )
            for access in accesses
        ]


async def review_access(
    world: World, caller: Caller, access_id: UUID, *, justified: bool, words: str
) -> Access | Refused:
    """Say whether an emergency access was justified, in words. Nobody reviews his own, and none is reviewed twice.

    One that was not justified closes at once, and ends every session of the member of staff who opened it: somebody
    else may have sat there. What becomes of his duties is for the administrator to decide.
    """
    judgement = rules.parse_words(words)
    async with world.database.transaction() as conn:
        outcome = await _review(conn, world, caller, access_id, justified=justified, words=judgement)
        await append(conn, [_line(world, caller, _REVIEW, outcome, subject_id=access_id, justified=justified)])
        return outcome


async def count_waiting(world: World, caller: Caller) -> Waiting | None:
    """Return how many accesses wait for the caller's review, None for one who reviews none. It names nobody."""
    scope = _reviewable(caller)
    if scope is None:
        return None
    hospital_id = scope.hospital_id if isinstance(scope, HospitalScope) else None
    async with world.database.connection() as conn:
        return await store.read_waiting(conn, hospital_id, but=caller.id)


async def count_overdue(world: World, conn: Connection) -> int:
    """Return how many accesses in the city have waited for a review longer than REVIEW_WITHIN."""
    return await store.count_overdue(conn, before=world.clock.now() - REVIEW_WITHIN)


def _reviewable(caller: Caller) -> CityScope | HospitalScope | None:
    """Return within which scope the caller reviews, None for one who may not. The house itself reviews nothing."""
    if caller.kind is not ActorKind.STAFF or caller.id is None:
        return None
    if caller.may(Permission.REVIEW_BREAK_GLASS, at=None):
        return _REVIEWING
    if caller.hospital_id is not None and caller.may(Permission.REVIEW_BREAK_GLASS, at=caller.hospital_id):
        return HospitalScope(caller.hospital_id)
    return None


async def _open(
    conn: Connection, world: World, caller: Caller, wanted: Wanted, words: str | Refused
) -> Access | Refused:
    now, at = world.clock.now(), caller.hospital_id
    permitted = caller.kind is ActorKind.STAFF and caller.may(Permission.BREAK_GLASS, at=at)
    if not permitted or caller.id is None or at is None:
        return Refused(Reason.NOT_PERMITTED)
    if isinstance(words, Refused):
        return words
    # The count's row is locked from here on: who asks twice at once is asked one after the other.
    if not await allow(conn, PER_STAFF, world.keyring.blind_index("break_glass.staff", str(caller.id)), now=now):
        return Refused(Reason.TOO_MANY)
    person_id = await _find(conn, world, wanted)
    if isinstance(person_id, Refused):
        return person_id
    open_now = await store.list_open(conn, world.keyring, HospitalScope(at), caller.id, now=now)
    if same := rules.same_access(open_now, person_id, words):
        return same
    access = Access(
        id=new_id(world.chance, now),
        staff_id=caller.id,
        hospital_id=at,
        person_id=person_id,
        found_by="document" if isinstance(wanted.by, Document) else "phone",
        reason=words,
        opened_at=now,
        expires_at=now + OPEN_FOR,
    )
    await store.add(conn, world.keyring, _SCOPE, access)
    await enqueue(conn, world, await _messages(conn, world, access))
    return access


async def _find(conn: Connection, world: World, wanted: Wanted) -> UUID | Refused:
    if isinstance(wanted.by, Document):
        found = await find_person(conn, world.keyring, _SCOPE, wanted.by)
        chosen: UUID | Refused = found or Refused(Reason.PERSON_UNKNOWN)
    else:
        people = await find_by_phone(conn, world.keyring, _SCOPE, wanted.by)
        chosen = rules.choose(await names_of(conn, world.keyring, _SCOPE, people), wanted.name)
    if isinstance(chosen, Refused):
        return chosen
    return (await same_people(conn, _SCOPE, [chosen]))[chosen].id


async def _messages(conn: Connection, world: World, access: Access) -> Sequence[Message]:
    hospital = (await find_hospitals(conn, [access.hospital_id]))[access.hospital_id]
    name, zone = hospital.hospital.name, hospital.hospital.time_zone
    contacts = await contacts_of(conn, world.keyring, _SCOPE, [access.person_id])
    return [
        Message(
            person_id=access.person_id,
            address=contact.phone,
            template=Template.EMERGENCY_ACCESS,
            language=contact.language,
            facts={
                "hospital": name,
                "time": f"{format_day(local_day(access.opened_at, zone), contact.language)} "
                f"{format_time(access.opened_at, zone, contact.language)}",
            },
            event_key=f"emergency_access:{access.id}",
            time_zone=zone,
            concerns_at=access.opened_at,  # so that quiet hours do not hold it back
        )
        for contact in contacts.values()
    ]


async def _review(
    conn: Connection, world: World, caller: Caller, access_id: UUID, *, justified: bool, words: str | Refused
) -> Access | Refused:
    scope = _reviewable(caller)
    if scope is None or caller.id is None:
        return Refused(Reason.NOT_PERMITTED)
    access = await store.lock(conn, world.keyring, scope, access_id)
    if access is None:
        return Refused(Reason.ACCESS_UNKNOWN)
    decision = rules.decide_review(access, caller.id)
    if isinstance(decision, Refused):
        return decision
    if isinstance(words, Refused):
        return words
    now = world.clock.now()
    await store.review(
        conn, world.keyring, scope, access_id, reviewed_by=caller.id, justified=justified, words=words, now=now
    )
    if not justified:
        await sessions.end_all(conn, SubjectKind.STAFF, access.staff_id)
    return access


def _line(
    world: World,
    caller: Caller,
    action: str,
    outcome: Access | Refused | str,
    *,
    subject_id: UUID | None = None,
    person_id: UUID | None = None,
    justified: bool | None = None,
) -> Line:
    """Return the audit line. The reason itself is sealed beside it: it may name the patient."""
    access = outcome if isinstance(outcome, Access) else None
    detail: dict[str, str | bool] = {"role": caller.role.value} if caller.role else {}
    if access is not None:
        detail |= {"found_by": access.found_by} if justified is None else {"justified": justified}
    return Line(
        at=world.clock.now(),
        caller=caller,
        action=action,
        outcome=outcome.reason if isinstance(outcome, Refused) else DONE,
        hospital_id=access.hospital_id if access else caller.hospital_id,
        subject_id=access.id if access else subject_id,
        person_id=access.person_id if access else person_id,
        purpose=(_REVIEWING if action != _OPEN else _SCOPE).purpose,
        detail=detail,
    )
