"""The SQL of requests. What is asked and answered in words is sealed, each to its row."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from firsthand.directory.request.model import About, Kind, Request, State
from firsthand.platform.crypto import Keyring
from firsthand.platform.database import Connection
from firsthand.platform.scope import CityScope, HospitalScope, PersonScope, Scope

_COLUMNS: LiteralString = """
SELECT id, person_id, kind, about, hospital_id, words, state, asked_at, due_at, runs_from, ended_at, decided_by, answer
FROM directory.request
"""
_ADD: LiteralString = """
INSERT INTO directory.request (id, person_id, kind, about, hospital_id, words, state, asked_at, due_at, runs_from)
VALUES (%s, %s, %s, %s, %s, %s, 'asked', %s, %s, %s) ON CONFLICT DO NOTHING
"""
_OF_PERSON: LiteralString = (
    _COLUMNS + "WHERE person_id = ANY(%s) ORDER BY (state = 'asked') DESC, asked_at DESC, id LIMIT %s"
)
_COUNT_OPEN: LiteralString = "SELECT count(*) FROM directory.request WHERE person_id = ANY(%s) AND state = 'asked'"
_OWN: LiteralString = _COLUMNS + "WHERE id = %s AND person_id = ANY(%s)"
_LOCK_OWN: LiteralString = _OWN + " FOR UPDATE"
# Staff reach what was asked of their hospital; those of the city, everything. A deletion is nobody's to answer.
_IN_SCOPE: LiteralString = """
WHERE kind <> 'deletion' AND (%(hospital_id)s::uuid IS NULL OR hospital_id = %(hospital_id)s)
"""
_FOR_STAFF: LiteralString = _COLUMNS + _IN_SCOPE + " AND id = %(id)s"
_LOCK_FOR_STAFF: LiteralString = _FOR_STAFF + " FOR UPDATE"
# A list shows nothing that anybody wrote, and so opens nothing.
_UNREAD: LiteralString = """
SELECT id, person_id, kind, about, hospital_id, NULL, state, asked_at, due_at, runs_from, ended_at, decided_by, NULL
FROM directory.request
"""
_QUEUE: LiteralString = (
    _UNREAD
    + _IN_SCOPE
    + """
ORDER BY (state = 'asked') DESC, CASE WHEN state = 'asked' THEN due_at END, ended_at DESC, id
LIMIT %(limit)s OFFSET %(offset)s
"""
)
_COUNT_QUEUE: LiteralString = "SELECT count(*) FROM directory.request " + _IN_SCOPE
_WAITING: LiteralString = "SELECT count(*) FROM directory.request " + _IN_SCOPE + " AND state = 'asked'"
_OVERDUE: LiteralString = """
SELECT count(*) FROM directory.request WHERE state = 'asked' AND kind <> 'deletion' AND due_at < %s
"""
# What was taken back nobody has to read any more.
_END: LiteralString = """
UPDATE directory.request SET state = %(state)s, ended_at = %(now)s, decided_by = %(by)s, answer = %(answer)s,
       words = CASE WHEN %(state)s = 'withdrawn' THEN NULL ELSE words END
WHERE id = %(id)s AND state = 'asked'
"""
_DUE_DELETIONS: LiteralString = """
SELECT id, person_id FROM directory.request
WHERE kind = 'deletion' AND state = 'asked' AND runs_from <= %s ORDER BY runs_from, id LIMIT %s
"""
_LOCK_DELETION: LiteralString = (
    _COLUMNS + "WHERE person_id = ANY(%s) AND kind = 'deletion' AND state = 'asked' ORDER BY asked_at, id FOR UPDATE"
)
_POSTPONE: LiteralString = """
UPDATE directory.request SET runs_from = %s WHERE id = %s AND state = 'asked' AND runs_from < %s
"""
_END_ALL: LiteralString = """
UPDATE directory.request SET state = CASE kind WHEN 'deletion' THEN 'done' ELSE 'withdrawn' END, ended_at = %s
WHERE person_id = ANY(%s) AND state = 'asked'
"""
_BLANK: LiteralString = "UPDATE directory.request SET words = NULL, answer = NULL WHERE person_id = ANY(%s)"
_ERASE: LiteralString = """
DELETE FROM directory.request WHERE id IN (
    SELECT id FROM directory.request WHERE state <> 'asked' AND ended_at < %s ORDER BY ended_at LIMIT %s
)
"""

_WORDS, _ANSWER = "directory.request.words", "directory.request.answer"


async def add(conn: Connection, keyring: Keyring, _scope: PersonScope, new: Request) -> bool:
    """Write a request down; False where the person's account is to be deleted already and this asks it again."""
    words = keyring.seal(new.words.encode(), purpose=_WORDS, context=new.id.bytes) if new.words else None
    row = (
        new.id,
        new.person_id,
        new.kind,
        new.about,
        new.hospital_id,
        words,
        new.asked_at,
        new.due_at,
        new.runs_from,
    )
    return (await conn.execute(_ADD, row)).rowcount > 0


async def of_person(
    conn: Connection, keyring: Keyring, _scope: Scope, person_ids: Sequence[UUID], *, limit: int
) -> list[Request]:
    """Return the requests of a person, by every record of his: those that wait first, each part the newest first."""
    rows = await (await conn.execute(_OF_PERSON, (list(person_ids), limit))).fetchall()
    return [_request(keyring, row) for row in rows]


async def count_open(conn: Connection, _scope: PersonScope, person_ids: Sequence[UUID]) -> int:
    """Return how many requests of a person wait. Run it after he is locked, as a statement of its own."""
    row = await (await conn.execute(_COUNT_OPEN, (list(person_ids),))).fetchone()
    return int(row[0]) if row else 0


async def lock_own(
    conn: Connection, keyring: Keyring, _scope: PersonScope, person_ids: Sequence[UUID], request_id: UUID
) -> Request | None:
    """Return a request of this person, held until the transaction ends. person_ids: every record of his."""
    row = await (await conn.execute(_LOCK_OWN, (request_id, list(person_ids)))).fetchone()
    return _request(keyring, row) if row else None


async def read(
    conn: Connection, keyring: Keyring, scope: HospitalScope | CityScope, request_id: UUID
) -> Request | None:
    """Return a request that staff may answer within `scope`. Whoever calls this records the reading."""
    row = await (await conn.execute(_FOR_STAFF, {"id": request_id, **_limits(scope)})).fetchone()
    return _request(keyring, row) if row else None


async def lock(
    conn: Connection, keyring: Keyring, scope: HospitalScope | CityScope, request_id: UUID
) -> Request | None:
    """Return the same, held until the transaction ends."""
    row = await (await conn.execute(_LOCK_FOR_STAFF, {"id": request_id, **_limits(scope)})).fetchone()
    return _request(keyring, row) if row else None


async def read_queue(
    conn: Connection, keyring: Keyring, scope: HospitalScope | CityScope, *, limit: int, offset: int
) -> tuple[list[Request], int]:
    """Return one page of the requests within `scope`, those that wait first by when they are due, and their number."""
    values = {"limit": limit, "offset": offset, **_limits(scope)}
    rows = await (await conn.execute(_QUEUE, values)).fetchall()
    count = await (await conn.execute(_COUNT_QUEUE, _limits(scope))).fetchone()
    return [_request(keyring, row) for row in rows], int(count[0]) if count else 0


async def count_waiting(conn: Connection, scope: HospitalScope | CityScope) -> int:
    """Return how many requests within `scope` wait for an answer."""
    row = await (await conn.execute(_WAITING, _limits(scope))).fetchone()
    return int(row[0]) if row else 0


async def count_overdue(conn: Connection, *, now: datetime) -> int:  # scope: a count of the whole city
    """Return how many requests should have been answered before an aware instant."""
    row = await (await conn.execute(_OVERDUE, (now,))).fetchone()
    return int(row[0]) if row else 0


async def end(
    conn: Connection,
    keyring: Keyring,
    _scope: Scope,
    request_id: UUID,
    state: State,
    *,
    now: datetime,
    decided_by: UUID | None = None,
    answer: str = "",
) -> bool:
    """End a request, with the answer of whoever decided it, and say whether this did it.

    The words of one that was taken back are erased.
    """
    sealed = keyring.seal(answer.encode(), purpose=_ANSWER, context=request_id.bytes) if answer else None
    asked = {"state": state, "now": now, "by": decided_by, "answer": sealed, "id": request_id}
    return (await conn.execute(_END, asked)).rowcount > 0


async def due_deletions(conn: Connection, _scope: CityScope, *, now: datetime, limit: int) -> list[tuple[UUID, UUID]]:
    """Return up to `limit` deletions whose waiting is over at an aware instant: the request's id, and the person's."""
    rows = await (await conn.execute(_DUE_DELETIONS, (now, limit))).fetchall()
    return [(request_id, person_id) for request_id, person_id in rows]


async def lock_deletions(
    conn: Connection, keyring: Keyring, _scope: CityScope, person_ids: Sequence[UUID]
) -> list[Request]:
    """Return the deletions that wait for a person, by every record of his, held until the transaction ends."""
    rows = await (await conn.execute(_LOCK_DELETION, (list(person_ids),))).fetchall()
    return [_request(keyring, row) for row in rows]


async def postpone(conn: Connection, _scope: CityScope, request_id: UUID, until: datetime) -> None:
    """Let a deletion wait until an aware instant."""
    await conn.execute(_POSTPONE, (until, request_id, until))


async def forget(conn: Connection, _scope: CityScope, person_ids: Sequence[UUID], *, now: datetime) -> None:
    """End every request of people whose account is deleted now, and erase what they and their answers say."""
    await conn.execute(_BLANK, (list(person_ids),))
    await conn.execute(_END_ALL, (now, list(person_ids)))


async def erase_ended(conn: Connection, _scope: CityScope, before: datetime, *, limit: int) -> int:
    """Erase up to `limit` requests that ended before an aware instant, and return how many."""
    return (await conn.execute(_ERASE, (before, limit))).rowcount


def _limits(scope: HospitalScope | CityScope) -> dict[str, UUID | None]:
    return {"hospital_id": scope.hospital_id if isinstance(scope, HospitalScope) else None}


def _request(keyring: Keyring, row: tuple[Any, ...]) -> Request:
    (row_id, person_id, kind, about, hospital_id, words, state, asked_at, due_at, runs_from, *ended) = row
    ended_at, decided_by, answer = ended
    return Request(
        id=row_id,
        person_id=person_id,
        kind=Kind(kind),
        about=About(about),
        hospital_id=hospital_id,
        words=keyring.open(words, purpose=_WORDS, context=row_id.bytes).decode() if words else "",
        state=State(state),
        asked_at=asked_at,
        due_at=due_at,
        runs_from=runs_from,
        ended_at=ended_at,
        decided_by=decided_by,
        answer=keyring.open(answer, purpose=_ANSWER, context=row_id.bytes).decode() if answer else "",
    )
