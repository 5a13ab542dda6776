"""The SQL by which a person becomes nobody: his row keeps its id, and nothing that says who he was."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from firsthand.platform.crypto import Keyring
from firsthand.platform.database import Connection
from firsthand.platform.i18n import DEFAULT_LANGUAGE
from firsthand.platform.scope import CityScope, Scope

_ANONYMISE: LiteralString = """
UPDATE directory.person
SET name = given.name, phone = NULL, phone_index = NULL, phone_changed_at = NULL, name_index = NULL, email = NULL,
    email_verified_at = NULL, born_on = NULL, guardian_id = NULL, language = %s, state = 'anonymised',
    anonymised_at = %s
FROM unnest(%s::uuid[], %s::bytea[]) AS given (id, name) WHERE person.id = given.id AND person.state = 'active'
"""
_FORGET_NAMES: LiteralString = "DELETE FROM directory.name_variant WHERE person_id = ANY(%s)"
_FORGET_FOUND: LiteralString = "DELETE FROM directory.found_person WHERE person_id = ANY(%s)"
_FORGET_CORRECTIONS: LiteralString = """
DELETE FROM directory.correction WHERE person_id = ANY(%(ids)s) OR other_id = ANY(%(ids)s)
"""
_UNENDED_TIES: LiteralString = """
SELECT id, carer_id, dependant_id FROM directory.tie
WHERE (carer_id = ANY(%(ids)s) OR dependant_id = ANY(%(ids)s)) AND state <> 'ended' ORDER BY id
"""
_LABELLED: LiteralString = "SELECT id FROM directory.tie WHERE carer_id = ANY(%(ids)s) OR dependant_id = ANY(%(ids)s)"
_UNLABEL: LiteralString = """
UPDATE directory.tie SET label = given.label FROM unnest(%s::uuid[], %s::bytea[]) AS given (id, label)
WHERE tie.id = given.id
"""
_REMEMBER_CARER: LiteralString = """
INSERT INTO directory.left_carer (mark, person_id, erase_after)
SELECT given.mark, acted.carer_id, %(until)s
FROM unnest(%(marks)s::bytea[]) AS given (mark)
CROSS JOIN (SELECT DISTINCT carer_id FROM directory.tie
            WHERE carer_id = ANY(%(ids)s) AND greatest(asked_at, ended_at) > %(since)s) AS acted
ON CONFLICT DO NOTHING
"""
_FORGET_CARERS: LiteralString = "DELETE FROM directory.left_carer WHERE erase_after <= %s"
_HAND_OVER: LiteralString = "UPDATE directory.person SET guardian_id = %s WHERE id = %s AND state = 'active'"
# The same expression as the index of those who may not have come for long.
_UNSEEN: LiteralString = """
SELECT id FROM directory.person
WHERE state = 'active' AND merged_into IS NULL AND coalesce(seen_at, created_at) < %s
ORDER BY coalesce(seen_at, created_at) LIMIT %s
"""
_SEEN: LiteralString = "UPDATE directory.person SET seen_at = %s WHERE id = %s AND state = 'active'"
_IS_WAITED_FOR: LiteralString = """
SELECT EXISTS (SELECT FROM directory.request WHERE person_id = ANY(%(ids)s) AND state = 'asked')
    OR EXISTS (SELECT FROM directory.correction
               WHERE (person_id = ANY(%(ids)s) OR other_id = ANY(%(ids)s)) AND state = 'asked')
    OR EXISTS (SELECT FROM directory.break_glass
               WHERE person_id = ANY(%(ids)s) AND reviewed_at IS NULL AND lapsed_at IS NULL)
"""
# A merged record is kept for undoing its merger. Once the correction that made it is erased, nothing undoes it.
_DONE_WITH: LiteralString = """
SELECT person.id FROM directory.person
WHERE merged_into IS NOT NULL AND state = 'active'
  AND NOT EXISTS (SELECT FROM directory.correction WHERE correction.other_id = person.id)
ORDER BY person.id LIMIT %s FOR NO KEY UPDATE OF person SKIP LOCKED
"""

_NAME, _LABEL = "directory.person.name", "directory.tie.label"


@dataclass(frozen=True, slots=True)
class TieSides:
    """A tie that has not ended, and whom it binds. dependant_id: None where nobody is known."""

    id: UUID
    carer_id: UUID
    dependant_id: UUID | None


async def anonymise(
    conn: Connection, keyring: Keyring, _scope: CityScope, person_ids: Sequence[UUID], *, now: datetime
) -> int:
    """Erase who people are, and keep their ids. Returns how many there were: what is done once is not done again."""
    names = [keyring.seal(b"", purpose=_NAME, context=person_id.bytes) for person_id in person_ids]
    return (await conn.execute(_ANONYMISE, (DEFAULT_LANGUAGE, now, list(person_ids), names))).rowcount


async def forget_traces(conn: Connection, keyring: Keyring, _scope: CityScope, person_ids: Sequence[UUID]) -> None:
    """Erase people's other names, that clerks had found them, their corrections, and what carers called them."""
    ids = list(person_ids)
    await conn.execute(_FORGET_NAMES, (ids,))
    await conn.execute(_FORGET_FOUND, (ids,))
    await conn.execute(_FORGET_CORRECTIONS, {"ids": ids})
    tie_ids = [tie_id for (tie_id,) in await (await conn.execute(_LABELLED, {"ids": ids})).fetchall()]
    labels = [keyring.seal(b"", purpose=_LABEL, context=tie_id.bytes) for tie_id in tie_ids]
    await conn.execute(_UNLABEL, (tie_ids, labels))


async def unended_ties(conn: Connection, _scope: Scope, person_ids: Sequence[UUID]) -> list[TieSides]:
    """Return the ties of these people, on either side, that are asked for or active."""
    return [TieSides(*row) for row in await (await conn.execute(_UNENDED_TIES, {"ids": list(person_ids)})).fetchall()]


async def remember_carer(
    conn: Connection,
    _scope: CityScope,
    person_ids: Sequence[UUID],
    marks: Sequence[bytes],
    *,
    since: datetime,
    until: datetime,
) -> None:
    """Keep, until an aware instant, by which documents somebody was known who acted for others since another one.

    Run it once his ties have ended, and before his documents are erased. marks: keyed hashes of the documents.
    """
    asked = {"ids": list(person_ids), "marks": list(marks), "since": since, "until": until}
    await conn.execute(_REMEMBER_CARER, asked)


async def forget_carers(conn: Connection, *, now: datetime) -> int:  # scope: erases what has run out, reads nothing
    """Erase by which documents those were known whose ties count no more, and return how many rows that were."""
    return (await conn.execute(_FORGET_CARERS, (now,))).rowcount


async def hand_over(conn: Connection, _scope: CityScope, child_id: UUID, guardian_id: UUID | None) -> None:
    """Let a child be found through another guardian, or, where it has a document of its own, through nobody."""
    await conn.execute(_HAND_OVER, (guardian_id, child_id))


async def unseen_since(conn: Connection, _scope: CityScope, before: datetime, *, limit: int) -> list[UUID]:
    """Return up to `limit` people of whom nothing is known since an aware instant, whoever waited longest first."""
    return [person_id for (person_id,) in await (await conn.execute(_UNSEEN, (before, limit))).fetchall()]


async def note_seen(conn: Connection, _scope: CityScope, person_id: UUID, seen_at: datetime) -> None:
    """Note until when somebody is known to have come, so that he is not looked at again before that is long ago."""
    await conn.execute(_SEEN, (seen_at, person_id))


async def is_waited_for(conn: Connection, _scope: CityScope, person_ids: Sequence[UUID]) -> bool:
    """Say whether something about these people is still to be decided."""
    row = await (await conn.execute(_IS_WAITED_FOR, {"ids": list(person_ids)})).fetchone()
    return bool(row and row[0])


async def lock_done_with(conn: Connection, _scope: CityScope, *, limit: int) -> list[UUID]:
    """Lock up to `limit` merged records that nothing can part from the kept one any more, and return them."""
    return [person_id for (person_id,) in await (await conn.execute(_DONE_WITH, (limit,))).fetchall()]
