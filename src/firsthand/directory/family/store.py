"""The SQL of ties and consents. What a carer typed of a dependant is sealed, each to its row."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, LiteralString
from uuid import UUID

from firsthand.directory.family.model import Consent, Ended, How, Kind, Past, State, Tie
from firsthand.identity.document.store import marks_of
from firsthand.platform.crypto import Keyring
from firsthand.platform.database import Connection
from firsthand.platform.i18n import Language
from firsthand.platform.scope import CityScope, PersonScope, Scope

_COLUMNS: LiteralString = """
SELECT tie.id, tie.kind, tie.carer_id, tie.dependant_id, tie.state, tie.asked_at, tie.lapses_at, tie.code_id,
       tie.active_from, tie.usable_from, tie.term_ends_at, tie.counted_from, tie.ended_at, tie.ended_why, tie.label
FROM directory.tie
"""
_IN_SCOPE: LiteralString = "(%(any)s OR tie.carer_id = %(person)s OR tie.dependant_id = %(person)s)"
_READ: LiteralString = _COLUMNS + "WHERE tie.id = %(id)s AND " + _IN_SCOPE
_LOCK: LiteralString = _READ + " FOR NO KEY UPDATE OF tie"
_OF_CARER: LiteralString = _COLUMNS + "WHERE tie.carer_id = %s ORDER BY tie.asked_at DESC, tie.id LIMIT %s"
_OF_DEPENDANT: LiteralString = _COLUMNS + "WHERE tie.dependant_id = %s ORDER BY tie.asked_at DESC, tie.id LIMIT %s"
# One pair at a time, by the index (OFFSET 0 keeps it so). A record that was merged away has no ties while it is:
# neither power nor sight goes over to the record that is kept, and undoing the merger wakes them.
_ACTIVE_OF_PAIRS: LiteralString = (
    "SELECT living.* FROM unnest(%b::uuid[], %b::uuid[]) AS asked (carer_id, dependant_id) CROSS JOIN LATERAL ("
    + _COLUMNS
    + """
WHERE tie.carer_id = asked.carer_id AND tie.dependant_id = asked.dependant_id AND tie.state = 'active' OFFSET 0
) AS living
WHERE NOT EXISTS (SELECT FROM directory.person WHERE person.id IN (living.carer_id, living.dependant_id)
                                                 AND (person.merged_into IS NOT NULL OR person.state <> 'active'))
"""
)
_LOCK_PAIRS: LiteralString = """
SELECT tie.id FROM unnest(%b::uuid[], %b::uuid[]) AS asked (carer_id, dependant_id)
JOIN directory.tie ON tie.carer_id = asked.carer_id AND tie.dependant_id = asked.dependant_id AND tie.state = 'active'
ORDER BY tie.id FOR SHARE OF tie
"""
_PAST: LiteralString = """
SELECT tie.state, tie.asked_at, tie.active_from IS NOT NULL, tie.ended_at, tie.ended_why, tie.undocumented
FROM (SELECT %(carer)s::uuid AS id
      UNION SELECT person_id FROM directory.left_carer WHERE mark = ANY(%(marks)s) AND erase_after > %(now)s) AS carer
JOIN directory.tie ON tie.carer_id = carer.id
WHERE tie.state <> 'asked' OR tie.lapses_at > %(now)s
"""
_COUNT_BEYOND: LiteralString = """
SELECT count(*) FROM (
    SELECT FROM directory.tie WHERE state = 'active'
    GROUP BY CASE WHEN %s THEN carer_id ELSE dependant_id END HAVING count(*) > %s
) AS beyond
"""
_COUNT_CARERS: LiteralString = """
SELECT count(*) FROM directory.tie WHERE dependant_id = %s AND state = 'active'
"""
_SAME_ASKED: LiteralString = """
SELECT id, state, active_from IS NOT NULL, ended_at, ended_why FROM directory.tie
WHERE asked_for = %s ORDER BY asked_at DESC, id DESC LIMIT 1
"""
_LAPSE_SAME: LiteralString = """
UPDATE directory.tie SET state = 'ended', claim = NULL, code_id = NULL, ended_at = lapses_at, ended_why = 'lapsed'
WHERE asked_for = %s AND state = 'asked' AND lapses_at <= %s
"""
_OF_PAIR: LiteralString = """
SELECT id, state, active_from IS NOT NULL, ended_at, ended_why, asked_at FROM directory.tie
WHERE carer_id = %s AND dependant_id = %s AND (state <> 'asked' OR lapses_at > %s) ORDER BY asked_at, id
"""
_INSERT: LiteralString = """
INSERT INTO directory.tie (id, kind, carer_id, dependant_id, asked_for, label, claim, undocumented, state, asked_at,
                           lapses_at, settles_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, 'asked', %s, %s, %s)
"""
_SET_CODE: LiteralString = "UPDATE directory.tie SET code_id = %s WHERE id = %s AND state = 'asked'"
_KNOW: LiteralString = """
UPDATE directory.tie SET dependant_id = %s, claim = NULL WHERE id = %s AND state = 'asked' AND dependant_id IS NULL
"""
_FORGET_CLAIM: LiteralString = "UPDATE directory.tie SET claim = NULL WHERE id = %s"
_ACTIVATE: LiteralString = """
UPDATE directory.tie SET state = 'active', claim = NULL, code_id = NULL, active_from = %s, usable_from = %s,
                         term_ends_at = %s, counted_from = %s
WHERE id = %s AND state = 'asked' AND lapses_at > %s RETURNING id
"""
_RENEW: LiteralString = """
UPDATE directory.tie SET term_ends_at = %s WHERE id = %s AND state = 'active' AND term_ends_at > %s RETURNING id
"""
_END: LiteralString = """
UPDATE directory.tie SET state = 'ended', claim = NULL, code_id = NULL, ended_at = %s, ended_why = %s
WHERE id = %s AND state <> 'ended' RETURNING id
"""
_CONSENT: LiteralString = """
INSERT INTO directory.consent (id, tie_id, given_by, how, words, language, staff_id, hospital_id, seen, given_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
_CONSENTS: LiteralString = """
SELECT consent.tie_id, consent.given_by, consent.how, consent.words, consent.language, consent.given_at,
       consent.staff_id, consent.hospital_id, consent.seen
FROM directory.consent JOIN directory.tie ON tie.id = consent.tie_id
WHERE consent.tie_id = ANY(%(ids)s) AND
""" + _IN_SCOPE + " ORDER BY consent.given_at, consent.id"  # fmt: skip
_LAPSED: LiteralString = _COLUMNS + """
WHERE tie.state = 'asked' AND tie.lapses_at <= %s ORDER BY tie.lapses_at LIMIT %s
"""  # fmt: skip
_TERM_OVER: LiteralString = _COLUMNS + """
WHERE tie.state = 'active' AND tie.term_ends_at <= %s
ORDER BY tie.term_ends_at LIMIT %s
"""  # fmt: skip
# In the year of their majority alone: one in eighteen of the minors, and nobody whose majority was seen to already.
_MAJORITY_DUE: LiteralString = _COLUMNS + """
WHERE tie.state = 'active' AND tie.counted_from <= %s AND tie.id > %s
ORDER BY tie.id LIMIT %s
"""  # fmt: skip
_SETTLING: LiteralString = _COLUMNS + """
WHERE tie.state = 'asked' AND tie.settles_at <= %s AND tie.claim IS NOT NULL AND tie.lapses_at > %s
ORDER BY tie.settles_at LIMIT %s
"""  # fmt: skip
_ASKED_FOR_CHILDREN: LiteralString = _COLUMNS + """
WHERE tie.dependant_id = ANY(%s) AND tie.carer_id <> %s AND tie.state = 'asked' AND tie.lapses_at > %s
ORDER BY tie.asked_at DESC, tie.id
"""  # fmt: skip
_CLAIM: LiteralString = "SELECT claim FROM directory.tie WHERE id = %s"
_GUARDIANS: LiteralString = """
SELECT carer_id FROM directory.tie WHERE dependant_id = %s AND state = 'active' AND kind = 'guardian' ORDER BY carer_id
"""

_LABEL, _CLAIMED = "directory.tie.label", "directory.tie.claim"

# A consent stands on its tie: both go in one statement, whose foreign key is looked at when it ends.
_ERASE: LiteralString = """
WITH over AS MATERIALIZED (
    SELECT id FROM directory.tie WHERE state = 'ended' AND ended_at < %s ORDER BY ended_at LIMIT %s
), consents AS (
    DELETE FROM directory.consent USING over WHERE consent.tie_id = over.id
)
DELETE FROM directory.tie USING over WHERE tie.id = over.id
"""


@dataclass(frozen=True, slots=True)
class NewTie:
    """A tie to be asked for. dependant_id: None where nobody is known. settles_at: when a child is to be registered."""

    id: UUID
    kind: Kind
    carer_id: UUID
    dependant_id: UUID | None
    asked_for: bytes
    label: str = field(repr=False)
    claim: bytes | None = field(repr=False)
    undocumented: bool
    asked_at: datetime
    lapses_at: datetime
    settles_at: datetime | None


@dataclass(frozen=True, slots=True)
class SameAsked:
    """The last tie that the same carer asked for by the same document, as caps count it."""

    id: UUID
    past: Past


async def insert(conn: Connection, keyring: Keyring, _scope: Scope, new: NewTie) -> None:
    """Write down that a tie was asked for."""
    label = keyring.seal(new.label.encode(), purpose=_LABEL, context=new.id.bytes)
    claim = None if new.claim is None else keyring.seal(new.claim, purpose=_CLAIMED, context=new.id.bytes)
    await conn.execute(
        _INSERT,
        (
            new.id,
            new.kind,
            new.carer_id,
            new.dependant_id,
            new.asked_for,
            label,
            claim,
            new.undocumented,
            new.asked_at,
            new.lapses_at,
            new.settles_at,
        ),
    )


async def read(conn: Connection, keyring: Keyring, scope: Scope, tie_id: UUID) -> Tie | None:
    """Return a tie within `scope`."""
    row = await (await conn.execute(_READ, {"id": tie_id, **_limits(scope)})).fetchone()
    return _tie(keyring, row) if row else None


async def lock(conn: Connection, keyring: Keyring, scope: Scope, tie_id: UUID) -> Tie | None:
    """Lock a tie within `scope` until the transaction ends, and return it."""
    row = await (await conn.execute(_LOCK, {"id": tie_id, **_limits(scope)})).fetchone()
    return _tie(keyring, row) if row else None


async def of_carer(conn: Connection, keyring: Keyring, scope: PersonScope, *, limit: int) -> list[Tie]:
    """Return the ties in which somebody is the carer, the latest first."""
    rows = await (await conn.execute(_OF_CARER, (scope.person_id, limit))).fetchall()
    return [_tie(keyring, row) for row in rows]


async def of_dependant(conn: Connection, keyring: Keyring, scope: PersonScope, *, limit: int) -> list[Tie]:
    """Return the ties in which somebody is the dependant, the latest first."""
    rows = await (await conn.execute(_OF_DEPENDANT, (scope.person_id, limit))).fetchall()
    return [_tie(keyring, row) for row in rows]


async def active_of_pairs(
    conn: Connection, keyring: Keyring, _scope: Scope, pairs: Sequence[tuple[UUID, UUID]], *, lock_them: bool
) -> list[Tie]:
    """Return the active ties of these pairs of carer and dependant, whether they have run out yet or not.

    lock_them: nobody ends them before this transaction does. It is a statement of its own, before they are read.
    """
    columns = ([carer for carer, _ in pairs], [dependant for _, dependant in pairs])
    if lock_them:
        await conn.execute(_LOCK_PAIRS, columns)
    rows = await (await conn.execute(_ACTIVE_OF_PAIRS, columns)).fetchall()
    return [_tie(keyring, row) for row in rows]


async def past_of_carer(conn: Connection, scope: Scope, carer_id: UUID, *, now: datetime) -> list[Past]:
    """Return what counts against a carer's caps. Run it after the carer is locked, as a statement of its own.

    What he had before he let an account be deleted, and registered anew with the same document, counts on.
    """
    asked = {"carer": carer_id, "marks": await marks_of(conn, scope, [carer_id]), "now": now}
    rows = await (await conn.execute(_PAST, asked)).fetchall()
    return [
        Past(State(state), asked_at, was_active, ended_at, Ended(why) if why else None, undocumented)
        for state, asked_at, was_active, ended_at, why, undocumented in rows
    ]


async def count_beyond(conn: Connection, most: int, *, of_carers: bool) -> int:  # scope: a number of the whole city
    """Return how many carers have more than `most` dependants, or how many dependants more carers."""
    row = await (await conn.execute(_COUNT_BEYOND, (of_carers, most))).fetchone()
    return row[0] if row else 0


async def count_carers(conn: Connection, _scope: Scope, dependant_id: UUID) -> int:
    """Return how many act for a dependant. Run it after he is locked, as a statement of its own."""
    row = await (await conn.execute(_COUNT_CARERS, (dependant_id,))).fetchone()
    return int(row[0]) if row else 0


async def last_asked(conn: Connection, _scope: Scope, asked_for: bytes, *, now: datetime) -> SameAsked | None:
    """Return the last tie of the same carer and the same document, having ended it if its time was over."""
    await conn.execute(_LAPSE_SAME, (asked_for, now))
    row = await (await conn.execute(_SAME_ASKED, (asked_for,))).fetchone()
    if row is None:
        return None
    tie_id, state, was_active, ended_at, why = row
    # When it was asked is not needed here: it is one of those that `past_of_carer` counts.
    return SameAsked(tie_id, Past(State(state), now, was_active, ended_at, Ended(why) if why else None))


async def of_pair(
    conn: Connection, _scope: Scope, carer_id: UUID, dependant_id: UUID, *, now: datetime
) -> dict[UUID, Past]:
    """Return every tie that there is or was of a pair, as caps count them, by their ids."""
    rows = await (await conn.execute(_OF_PAIR, (carer_id, dependant_id, now))).fetchall()
    return {
        tie_id: Past(State(state), asked_at, was_active, ended_at, Ended(why) if why else None)
        for tie_id, state, was_active, ended_at, why, asked_at in rows
    }


async def set_code(conn: Connection, _scope: Scope, tie_id: UUID, code_id: UUID) -> None:
    """Write down which one-time code confirms a tie."""
    await conn.execute(_SET_CODE, (code_id, tie_id))


async def know(conn: Connection, _scope: CityScope, tie_id: UUID, dependant_id: UUID) -> None:
    """Fill in who the dependant is of a tie in which he was not known."""
    await conn.execute(_KNOW, (dependant_id, tie_id))


async def forget_claim(conn: Connection, _scope: CityScope, tie_id: UUID) -> None:
    """Erase what was typed of a child who will not be registered by it."""
    await conn.execute(_FORGET_CLAIM, (tie_id,))


async def activate(
    conn: Connection,
    _scope: Scope,
    tie_id: UUID,
    *,
    usable_from: datetime,
    term_ends_at: datetime | None,
    counted_from: date | None,
    now: datetime,
) -> bool:
    """Make an asked tie active, and say whether it was: not twice, and not when it has lapsed."""
    values = (now, usable_from, term_ends_at, counted_from, tie_id, now)
    return await (await conn.execute(_ACTIVATE, values)).fetchone() is not None


async def renew(conn: Connection, _scope: Scope, tie_id: UUID, *, term_ends_at: datetime, now: datetime) -> bool:
    """Let a carer's tie go on until an instant, and say whether it did: not when it has ended."""
    return await (await conn.execute(_RENEW, (term_ends_at, tie_id, now))).fetchone() is not None


async def end(conn: Connection, _scope: Scope, tie_id: UUID, why: Ended, *, now: datetime) -> bool:
    """End a tie, and say whether this did it: whoever comes second finds it ended."""
    return await (await conn.execute(_END, (now, why, tie_id))).fetchone() is not None


async def add_consent(conn: Connection, _scope: Scope, consent_id: UUID, consent: Consent) -> None:
    """Write down who said yes."""
    await conn.execute(
        _CONSENT,
        (
            consent_id,
            consent.tie_id,
            consent.given_by,
            consent.how,
            consent.words,
            consent.language,
            consent.staff_id,
            consent.hospital_id,
            list(consent.seen),
            consent.given_at,
        ),
    )


async def read_consents(conn: Connection, scope: Scope, tie_ids: Sequence[UUID]) -> list[Consent]:
    """Return the consents to these ties within `scope`, oldest first."""
    rows = await (await conn.execute(_CONSENTS, {"ids": list(tie_ids), **_limits(scope)})).fetchall()
    return [
        Consent(tie_id, given_by, How(how), words, Language(language), given_at, staff_id, hospital_id, tuple(seen))
        for tie_id, given_by, how, words, language, given_at, staff_id, hospital_id, seen in rows
    ]


async def asked_for_children(
    conn: Connection, keyring: Keyring, scope: PersonScope, child_ids: Sequence[UUID], *, now: datetime
) -> list[Tie]:
    """Return what others ask about a guardian's children, whom the action has made sure of."""
    rows = await (await conn.execute(_ASKED_FOR_CHILDREN, (list(child_ids), scope.person_id, now))).fetchall()
    return [_tie(keyring, row) for row in rows]


async def guardians_of(conn: Connection, _scope: Scope, dependant_id: UUID) -> list[UUID]:
    """Return who is an active guardian of somebody, in the order of their ids."""
    return [row[0] for row in await (await conn.execute(_GUARDIANS, (dependant_id,))).fetchall()]


async def list_lapsed(conn: Connection, keyring: Keyring, _scope: CityScope, *, now: datetime, limit: int) -> list[Tie]:
    """Return up to `limit` ties that nobody said yes to in time."""
    return [_tie(keyring, row) for row in await (await conn.execute(_LAPSED, (now, limit))).fetchall()]


async def list_term_over(
    conn: Connection, keyring: Keyring, _scope: CityScope, *, now: datetime, limit: int
) -> list[Tie]:
    """Return up to `limit` carers' ties that were not renewed in time."""
    return [_tie(keyring, row) for row in await (await conn.execute(_TERM_OVER, (now, limit))).fetchall()]


async def list_majority_due(
    conn: Connection, keyring: Keyring, _scope: CityScope, *, today: date, after: UUID, limit: int
) -> list[Tie]:
    """Return up to `limit` guardians' ties, by their ids from `after` on, whose dependant may have come of age."""
    rows = await (await conn.execute(_MAJORITY_DUE, (today, after, limit))).fetchall()
    return [_tie(keyring, row) for row in rows]


async def list_settling(
    conn: Connection, keyring: Keyring, _scope: CityScope, *, now: datetime, limit: int
) -> list[Tie]:
    """Return up to `limit` ties whose child is due to be registered."""
    return [_tie(keyring, row) for row in await (await conn.execute(_SETTLING, (now, now, limit))).fetchall()]


async def read_claim(conn: Connection, keyring: Keyring, _scope: CityScope, tie_id: UUID) -> bytes | None:
    """Return what was typed of a child, opened; None where there is nothing any more."""
    row = await (await conn.execute(_CLAIM, (tie_id,))).fetchone()
    if row is None or row[0] is None:
        return None
    return keyring.open(row[0], purpose=_CLAIMED, context=tie_id.bytes)


def _limits(scope: Scope) -> dict[str, object]:
    # Staff come to a tie by two documents that lie before them, or by a person whom they found.
    only = scope.person_id if isinstance(scope, PersonScope) else None
    return {"any": only is None, "person": only}


async def erase_ended(conn: Connection, _scope: CityScope, before: datetime, *, limit: int) -> int:
    """Erase up to `limit` ties that ended before an aware instant, with their consents, and return how many."""
    return (await conn.execute(_ERASE, (before, limit))).rowcount


def _tie(keyring: Keyring, row: tuple[Any, ...]) -> Tie:
    (id_, kind, carer_id, dependant_id, state, asked_at, lapses_at, code_id, *rest) = row
    active_from, usable_from, term_ends_at, counted_from, ended_at, ended_why, label = rest
    return Tie(
        id=id_,
        kind=Kind(kind),
        carer_id=carer_id,
        dependant_id=dependant_id,
        state=State(state),
        asked_at=asked_at,
        lapses_at=lapses_at,
        code_id=code_id,
        active_from=active_from,
        usable_from=usable_from,
        term_ends_at=term_ends_at,
        counted_from=counted_from,
        ended_at=ended_at,
        ended_why=Ended(ended_why) if ended_why else None,
        label=keyring.open(label, purpose=_LABEL, context=id_.bytes).decode(),
    )
