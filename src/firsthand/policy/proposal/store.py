"""The SQL of proposals, and of the versions that they become."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

import msgspec

from firsthand.platform.database import Connection
from firsthand.policy.fields import FORMS
from firsthand.policy.model import Policy
from firsthand.policy.proposal.model import Dated, Draft, Proposal, State

_COLUMNS: LiteralString = """
SELECT id, name, body, effective_from, source, based_on, digest, proposed_by, proposed_at, state, decided_by,
       decided_at, coalesce(words, '')
FROM policy.proposal
"""
_ADD: LiteralString = """
INSERT INTO policy.proposal (id, name, effective_from, body, source, based_on, digest, proposed_by, proposed_at)
VALUES (%s, %s, %s, %s::jsonb, %s, %s, %s, %s, %s)
"""
_FIND: LiteralString = _COLUMNS + "WHERE id = %s"
_WAITING: LiteralString = _COLUMNS + "WHERE name = ANY(%s) AND state = 'waiting' ORDER BY proposed_at DESC, id"
_DECIDED: LiteralString = _COLUMNS + "WHERE name = ANY(%s) AND state <> 'waiting' ORDER BY decided_at DESC, id LIMIT %s"
_COUNT_WAITING: LiteralString = """
SELECT count(*) FILTER (WHERE proposed_by = %(staff_id)s), count(*) FILTER (WHERE proposed_by <> %(staff_id)s)
FROM policy.proposal WHERE state = 'waiting'
"""
# The number in front says what is locked, apart from other advisory locks.
_HOLD_PROPOSER: LiteralString = "SELECT pg_advisory_xact_lock(726531018, hashtext(%s::text))"
# All that wait for the same kind, in one order: of two that are decided at once, the later sees what the earlier did.
_LOCK: LiteralString = """
SELECT FROM policy.proposal
WHERE id = %(id)s OR (state = 'waiting' AND name = (SELECT name FROM policy.proposal WHERE id = %(id)s))
ORDER BY id FOR UPDATE
"""
_DECIDE: LiteralString = """
UPDATE policy.proposal
SET state = %(state)s, decided_by = %(by)s, decided_at = %(at)s, words = %(words)s, seen = %(seen)s
WHERE id = %(id)s AND state = 'waiting'
"""
_TIMELINE: LiteralString = """
SELECT name, effective_from, body, source, proposal_id FROM policy.version WHERE name = ANY(%s) ORDER BY effective_from
"""
_PUT_IN_FORCE: LiteralString = """
INSERT INTO policy.version (name, effective_from, body, source, proposal_id)
SELECT name, effective_from, body, source, id FROM policy.proposal WHERE id = %s AND state = 'approved'
"""


async def add(conn: Connection, proposal: Proposal) -> None:
    """Add a proposal that waits."""
    draft = proposal.draft
    row = (
        proposal.id,
        draft.name,
        draft.effective_from,
        msgspec.json.encode(draft.policy).decode(),
        draft.source,
        draft.based_on,
        proposal.digest,
        proposal.proposed_by,
        proposal.proposed_at,
    )
    await conn.execute(_ADD, row)


async def find(conn: Connection, proposal_id: UUID) -> Proposal | None:
    """Return a proposal."""
    row = await (await conn.execute(_FIND, (proposal_id,))).fetchone()
    return _proposal(row) if row else None


async def lock(conn: Connection, proposal_id: UUID) -> Proposal | None:
    """Return a proposal as it stands now, held with all that wait for its kind until the transaction ends."""
    await conn.execute(_LOCK, {"id": proposal_id})
    # In a second statement: the first one's snapshot may be older than the lock that it waited for.
    return await find(conn, proposal_id)


async def list_proposals(conn: Connection, names: Sequence[str], *, decided_max: int) -> list[Proposal]:
    """Return the proposals of these kinds that wait, and the last so many that were decided, each newest first."""
    waiting = await (await conn.execute(_WAITING, (list(names),))).fetchall()
    decided = await (await conn.execute(_DECIDED, (list(names), decided_max))).fetchall()
    return [_proposal(row) for row in (*waiting, *decided)]


async def hold_proposer(conn: Connection, staff_id: UUID) -> None:
    """Let a member of staff propose nothing else until the transaction ends, so that what waits can be counted."""
    await conn.execute(_HOLD_PROPOSER, (staff_id,))


async def count_waiting(conn: Connection, staff_id: UUID) -> tuple[int, int]:
    """Return how many proposals of one member of staff wait, and how many of the others."""
    row = await (await conn.execute(_COUNT_WAITING, {"staff_id": staff_id})).fetchone()
    return (row[0], row[1]) if row else (0, 0)


async def decide(
    conn: Connection,
    proposal_id: UUID,
    state: State,
    *,
    by: UUID,
    at: datetime,
    words: str | None = None,
    seen: str | None = None,
) -> bool:
    """Write down what became of a proposal, and say whether it still waited. seen: the digest that was approved."""
    values = {"id": proposal_id, "state": state, "by": by, "at": at, "words": words, "seen": seen}
    return (await conn.execute(_DECIDE, values)).rowcount > 0


async def put_in_force(conn: Connection, proposal_id: UUID) -> None:
    """Add the version that an approved proposal stands for. The database takes no other from the application."""
    await conn.execute(_PUT_IN_FORCE, (proposal_id,))


async def read_timeline(conn: Connection, names: Sequence[str]) -> dict[str, list[Dated]]:
    """Return every version of these kinds of policies, in the order in which they begin."""
    found: dict[str, list[Dated]] = {name: [] for name in names}
    rows = await (await conn.execute(_TIMELINE, (list(names),))).fetchall()
    for name, effective_from, body, source, proposal_id in rows:
        found[name].append(Dated(effective_from, _policy(name, body), source, proposal_id))
    return found


def _policy(name: str, body: object) -> Policy:
    policy: Policy = msgspec.convert(body, FORMS[name].kind)
    return policy


def _proposal(row: Sequence[Any]) -> Proposal:
    id_, name, body, effective_from, source, based_on, digest, proposed_by, proposed_at, *end = row
    state, decided_by, decided_at, words = end
    draft = Draft(name, _policy(name, body), effective_from, source, based_on)
    return Proposal(id_, draft, digest, proposed_by, proposed_at, State(state), decided_by, decided_at, words)
