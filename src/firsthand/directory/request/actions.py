"""What a person asks about his own data, takes back, and reads the answers of.

A deletion asks for a fresh sign-in and for a document of his own: several people may share the phone by which he signs
in, and one of them must not end his account. Then it waits, and he can take it back.
"""

from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from firsthand.audit.model import ActorKind, Caller
from firsthand.audit.store import append
from firsthand.directory.hospital.store import read_names
from firsthand.directory.person.model import OnePerson
from firsthand.directory.person.store import lock_people, same_people
from firsthand.directory.request import rules, store
from firsthand.directory.request.limits import OPEN_MAX, PER_PERSON_DAY, WRONG_DOCUMENT_DAY
from firsthand.directory.request.model import About, Kind, Reason, Refused, Request, State, Wish
from firsthand.directory.request.recording import line_of, tell
from firsthand.identity.document.model import Document
from firsthand.identity.document.store import find_person
from firsthand.identity.session.model import SignedIn, SubjectKind
from firsthand.messages.model import Template
from firsthand.platform.attempts import allow, is_within
from firsthand.platform.chance import new_id
from firsthand.platform.database import Connection
from firsthand.platform.scope import PersonScope
from firsthand.platform.world import World
from firsthand.policy.actions import read_in_force
from firsthand.policy.model import BookingPolicy

# The names of the actions in the audit record.
_ASK: Final = "directory.make_request"
_DELETE: Final = "directory.ask_deletion"
_WITHDRAW: Final = "directory.withdraw_request"
_SHOWN_MAX: Final = 100


@dataclass(frozen=True, slots=True)
class OwnRequest:
    """A person's request as he sees it. hospital_name: "" where he asked whoever runs the city."""

    request: Request
    hospital_name: str


async def make_request(world: World, caller: Caller, scope: PersonScope, wish: Wish | Refused) -> Request | Refused:
    """Ask for a correction, or object. The person is told that it was received, and until when it is answered.

    wish: as `rules.parse_wish` returned it, so that what it refused is recorded too. The same words about the same
    are the same request while it waits: a form may be sent twice.
    """
    async with world.database.transaction() as conn:
        answer = wish if isinstance(wish, Refused) else await _make(conn, world, caller, scope, wish)
        if isinstance(answer, Request):
            await tell(conn, world, answer, Template.REQUEST_RECEIVED, day=answer.due_at)
        request = answer if isinstance(answer, Request) else None
        await append(conn, [line_of(world, caller, _ASK, answer, request=request, person_id=scope.person_id)])
        return answer


async def ask_deletion(world: World, caller: Caller, signed_in: SignedIn, document: Document) -> Request | Refused:
    """Ask for one's account to be deleted. It is carried out after `runs_from`, and can be taken back until then.

    document: one of the person's own, as he typed it. Refused with SIGN_IN_STALE, DOCUMENT_WRONG, ALREADY_ASKED or
    TOO_MANY_REQUESTS.
    """
    scope = PersonScope(signed_in.subject_id)
    async with world.database.transaction() as conn:
        answer = await _ask_deletion(conn, world, caller, signed_in, document)
        if isinstance(answer, Request):
            await tell(conn, world, answer, Template.DELETION_ASKED, day=answer.runs_from)
        request = answer if isinstance(answer, Request) else None
        await append(conn, [line_of(world, caller, _DELETE, answer, request=request, person_id=scope.person_id)])
        return answer


async def withdraw_request(world: World, caller: Caller, scope: PersonScope, request_id: UUID) -> Request | Refused:
    """Take one's request back; what it said is erased.

    What was answered, withdrawn or carried out before is refused with ALREADY_ENDED.
    """
    async with world.database.transaction() as conn:
        request, now = None, world.clock.now()
        if _is_own(caller, scope):
            same = await same_people(conn, scope, [scope.person_id])
            ids = same[scope.person_id].ids if scope.person_id in same else ()
            request = await store.lock_own(conn, world.keyring, scope, ids, request_id)
        refused = rules.check_withdrawal(request)
        if request is not None and refused is None:
            await store.end(conn, world.keyring, scope, request.id, State.WITHDRAWN, now=now)
        line = line_of(
            world,
            caller,
            _WITHDRAW,
            refused,
            request=request,
            request_id=request_id,
            person_id=scope.person_id,
        )
        await append(conn, [line])
        if refused is not None or request is None:
            return refused or Refused(Reason.REQUEST_UNKNOWN)
        return replace(request, state=State.WITHDRAWN, ended_at=now, words="")


async def read_own_requests(world: World, scope: PersonScope) -> list[OwnRequest]:
    """Return what a person has asked, and the answers: what waits first, each part the newest first."""
    async with world.database.transaction() as conn:
        same = await same_people(conn, scope, [scope.person_id])
        ids = same[scope.person_id].ids if scope.person_id in same else ()
        found = await store.of_person(conn, world.keyring, scope, ids, limit=_SHOWN_MAX)
        names = await read_names(conn, [one.hospital_id for one in found if one.hospital_id])
        return [OwnRequest(one, names.get(one.hospital_id, "") if one.hospital_id else "") for one in found]


async def _make(conn: Connection, world: World, caller: Caller, scope: PersonScope, wish: Wish) -> Request | Refused:
    person = await _lock_self(conn, caller, scope)
    if person is None:
        return Refused(Reason.NOT_PERMITTED)
    if wish.hospital_id is not None and not await read_names(conn, [wish.hospital_id]):
        return Refused(Reason.HOSPITAL_UNKNOWN)
    waiting = await store.of_person(conn, world.keyring, scope, person.ids, limit=OPEN_MAX)
    if same := next((one for one in waiting if rules.is_asked_by(one, wish)), None):
        return same
    if await store.count_open(conn, scope, person.ids) >= OPEN_MAX:
        return Refused(Reason.TOO_MANY_OPEN)
    if not await _may_ask(conn, world, scope):
        return Refused(Reason.TOO_MANY_REQUESTS)
    now = world.clock.now()
    new = Request(
        id=new_id(world.chance, now),
        person_id=person.id,
        kind=wish.kind,
        about=wish.about,
        hospital_id=wish.hospital_id,
        words=wish.words,
        state=State.ASKED,
        asked_at=now,
        due_at=rules.due_at(now),
    )
    await store.add(conn, world.keyring, scope, new)
    return new


async def _ask_deletion(
    conn: Connection, world: World, caller: Caller, signed_in: SignedIn, document: Document
) -> Request | Refused:
    scope, now = PersonScope(signed_in.subject_id), world.clock.now()
    person = await _lock_self(conn, caller, scope)
    if person is None or signed_in.kind is not SubjectKind.PERSON:
        return Refused(Reason.NOT_PERMITTED)
    if not signed_in.is_fresh(now):
        return Refused(Reason.SIGN_IN_STALE)
    counted = world.keyring.blind_index("directory.request.person", str(person.id))
    if not await is_within(conn, WRONG_DOCUMENT_DAY, counted, now=now):
        return Refused(Reason.TOO_MANY_REQUESTS)
    if await find_person(conn, world.keyring, PersonScope(person.id), document) is None:
        await allow(conn, WRONG_DOCUMENT_DAY, counted, now=now)
        return Refused(Reason.DOCUMENT_WRONG)
    if not await _may_ask(conn, world, scope):
        return Refused(Reason.TOO_MANY_REQUESTS)
    policy = await read_in_force(conn, BookingPolicy, at=now)
    new = Request(
        id=new_id(world.chance, now),
        person_id=person.id,
        kind=Kind.DELETION,
        about=About.ACCOUNT,
        hospital_id=None,
        words="",
        state=State.ASKED,
        asked_at=now,
        due_at=rules.due_at(now),
        runs_from=now + rules.cooling(policy.caps),
    )
    return new if await store.add(conn, world.keyring, scope, new) else Refused(Reason.ALREADY_ASKED)


async def _lock_self(conn: Connection, caller: Caller, scope: PersonScope) -> OnePerson | None:
    """Lock whoever asks, by the record of his that is kept; None where it is not himself, or he is no longer here."""
    if not _is_own(caller, scope):
        return None
    return (await lock_people(conn, scope, [scope.person_id])).get(scope.person_id)


async def _may_ask(conn: Connection, world: World, scope: PersonScope) -> bool:
    subject = world.keyring.blind_index("directory.request.person", str(scope.person_id))
    return await allow(conn, PER_PERSON_DAY, subject, now=world.clock.now())


def _is_own(caller: Caller, scope: PersonScope) -> bool:
    return caller.kind is ActorKind.PERSON and caller.id == scope.person_id
