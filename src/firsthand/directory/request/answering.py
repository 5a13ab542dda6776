"""Answering people's requests: by a supervisor those that were asked of his hospital, by the city all of them.

An answer changes nothing by itself. A correction that is granted is made at the counter, where the document lies, and
approved by a second member of staff (`directory.correction`): there is one way of changing documents, and no second.
"""

from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from firsthand.audit.model import ActorKind, Caller
from firsthand.audit.store import append
from firsthand.directory.emergency.store import has_opened
from firsthand.directory.hospital.store import read_names
from firsthand.directory.person.store import names_of, same_people
from firsthand.directory.request import rules, store
from firsthand.directory.request.model import Kind, Queued, Reason, Refused, Request, Shown, State
from firsthand.directory.request.recording import ANSWERING, line_of, tell
from firsthand.directory.staff.store import names_of_staff
from firsthand.messages.model import Template
from firsthand.platform.access import Permission
from firsthand.platform.database import Connection
from firsthand.platform.scope import CityScope, HospitalScope
from firsthand.platform.world import World

_LIST: Final = "directory.list_requests"
_READ: Final = "directory.read_request"
_ANSWER: Final = "directory.answer_request"
PAGE_SIZE: Final = 50


@dataclass(frozen=True, slots=True)
class Queue:
    """One page of the requests that a member of staff may answer, and how many there are."""

    requests: tuple[Queued, ...]
    total: int


async def list_requests(world: World, caller: Caller, *, limit: int = PAGE_SIZE, offset: int = 0) -> Queue | Refused:
    """Return what waits for an answer, the most urgent first, and then what is over. It names nobody."""
    async with world.database.transaction() as conn:
        answer: Queue | Refused = Refused(Reason.NOT_PERMITTED)
        if (scope := answerable(caller)) is not None:
            found, total = await store.read_queue(conn, world.keyring, scope, limit=limit, offset=offset)
            names = await read_names(conn, [one.hospital_id for one in found if one.hospital_id])
            answer = Queue(tuple(_queued(one, names) for one in found), total)
        detail = {"requests": 0 if isinstance(answer, Refused) else len(answer.requests)}
        await append(conn, [line_of(world, caller, _LIST, answer, detail=detail)])
        return answer


async def read_request(world: World, caller: Caller, request_id: UUID) -> Shown | Refused:
    """Return one request with the name of whoever asked it. Each reading is recorded as one of his data."""
    async with world.database.transaction() as conn:
        scope = answerable(caller)
        request = None if scope is None else await store.read(conn, world.keyring, scope, request_id)
        answer: Shown | Refused = Refused(Reason.NOT_PERMITTED if scope is None else Reason.REQUEST_UNKNOWN)
        if request is not None:
            answer = await _shown(conn, world, request)
        line = line_of(world, caller, _READ, answer, request=request, request_id=request_id)
        await append(conn, [line])
        return answer


async def answer_request(
    world: World, caller: Caller, request_id: UUID, *, granted: bool, words: str
) -> Request | Refused:
    """Grant a request or refuse it, with reasons in words that the person reads. Once; he is told that he can.

    Nobody answers an objection to an emergency access of his own.
    """
    text = rules.parse_words(words)
    async with world.database.transaction() as conn:
        scope = answerable(caller)
        request = None if scope is None else await store.lock(conn, world.keyring, scope, request_id)
        refused = await _why_not(conn, caller, scope, request)
        if refused is None and isinstance(text, Refused):
            refused = text
        done: Request | None = None
        if refused is None and request is not None and scope is not None and isinstance(text, str):
            done = await _answer(conn, world, caller, scope, request, granted=granted, words=text)
        line = line_of(
            world,
            caller,
            _ANSWER,
            refused,
            request=request,
            request_id=request_id,
            detail={"granted": granted},
        )
        await append(conn, [line])
        return done or refused or Refused(Reason.REQUEST_UNKNOWN)


async def count_waiting(world: World, caller: Caller) -> int | None:
    """Return how many requests wait for the caller's answer, None for one who answers none. It names nobody."""
    scope = answerable(caller)
    if scope is None:
        return None
    async with world.database.connection() as conn:
        return await store.count_waiting(conn, scope)


async def count_overdue(world: World, conn: Connection) -> int:
    """Return how many requests of the whole city should have been answered by now. It names nobody."""
    return await store.count_overdue(conn, now=world.clock.now())


def answerable(caller: Caller) -> CityScope | HospitalScope | None:
    """Return within which scope the caller answers, None for one who may not. The house itself answers nothing."""
    if caller.kind is not ActorKind.STAFF or caller.id is None:
        return None
    if caller.may(Permission.ANSWER_REQUESTS, at=None):
        return ANSWERING
    if caller.hospital_id is not None and caller.may(Permission.ANSWER_REQUESTS, at=caller.hospital_id):
        return HospitalScope(caller.hospital_id)
    return None


async def _why_not(
    conn: Connection, caller: Caller, scope: CityScope | HospitalScope | None, request: Request | None
) -> Refused | None:
    if scope is None or caller.id is None:
        return Refused(Reason.NOT_PERMITTED)
    own_doing = False
    if request is not None and request.kind is Kind.OBJECTION:
        same = await same_people(conn, ANSWERING, [request.person_id])
        own_doing = await has_opened(conn, ANSWERING, caller.id, same[request.person_id].ids)
    return rules.check_answer(request, own_doing=own_doing)


async def _answer(
    conn: Connection,
    world: World,
    caller: Caller,
    scope: CityScope | HospitalScope,
    request: Request,
    *,
    granted: bool,
    words: str,
) -> Request:
    now, state = world.clock.now(), State.GRANTED if granted else State.REFUSED
    await store.end(conn, world.keyring, scope, request.id, state, now=now, decided_by=caller.id, answer=words)
    await tell(conn, world, request, Template.REQUEST_ANSWERED)
    return replace(request, state=state, ended_at=now, decided_by=caller.id, answer=words)


async def _shown(conn: Connection, world: World, request: Request) -> Shown:
    names = await names_of(conn, world.keyring, ANSWERING, [request.person_id])
    hospitals = await read_names(conn, [request.hospital_id] if request.hospital_id else [])
    staff = await names_of_staff(conn, [request.decided_by] if request.decided_by else [])
    return Shown(
        request=request,
        name=names.get(request.person_id, ""),
        hospital_name=hospitals.get(request.hospital_id, "") if request.hospital_id else "",
        answered_by=staff.get(request.decided_by, "") if request.decided_by else "",
    )


def _queued(request: Request, names: dict[UUID, str]) -> Queued:
    return Queued(
        id=request.id,
        kind=request.kind,
        about=request.about,
        hospital_name=names.get(request.hospital_id, "") if request.hospital_id else "",
        state=request.state,
        asked_at=request.asked_at,
        due_at=request.due_at,
        ended_at=request.ended_at,
    )
