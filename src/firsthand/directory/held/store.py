"""The SQL of what this room holds on one person, for himself. What is sealed is opened; what is hashed stays away."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, LiteralString
from uuid import UUID

import msgspec

from firsthand.directory.counter.rules import tail
from firsthand.identity.document.model import Document
from firsthand.platform.crypto import Keyring
from firsthand.platform.database import Connection
from firsthand.platform.scope import PersonScope
from firsthand.policy.held import Rows, Value, rows_of

# The columns are named once, here, and again where a person is shown them: `account/listings.py`.
_PERSON: LiteralString = (
    "id created_at state anonymised_at merged_into merged_count guardian_id phone_changed_at email_verified_at language"
    " name phone email born_on"
)
_OTHER_NAME: LiteralString = "id person_id kind created_at name"
_TIE: LiteralString = (
    "id carer_id dependant_id kind state undocumented asked_at lapses_at settles_at active_from usable_from"
    " term_ends_at counted_from ended_at ended_why label"
)
_CONSENT: LiteralString = "tie_id given_by how words language staff_id hospital_id seen given_at"
_CORRECTION: LiteralString = (
    "kind state hospital_id person_id other_id evidence_kind asked_by asked_at decided_by decided_at undone_by"
    " undone_at replacement evidence"
)
_REQUEST: LiteralString = "kind about hospital_id state asked_at due_at runs_from ended_at decided_by words answer"
_EMERGENCY: LiteralString = (
    "staff_id hospital_id found_by opened_at expires_at reviewed_by reviewed_at justified lapsed_at reason"
)
_FOUND: LiteralString = "staff_id hospital_id basis found_at until"

_READ_PEOPLE: LiteralString = """
SELECT id, created_at, state, anonymised_at, merged_into, merged_count, guardian_id, phone_changed_at,
       email_verified_at, language, name, phone, email, born_on
FROM directory.person WHERE id = ANY(%s) ORDER BY merged_into IS NOT NULL, created_at, id
"""
_READ_OTHER_NAMES: LiteralString = """
SELECT id, person_id, kind, created_at, name FROM directory.name_variant
WHERE person_id = ANY(%s) ORDER BY created_at, id
"""
_READ_TIES: LiteralString = """
SELECT id, carer_id, dependant_id, kind, state, undocumented, asked_at, lapses_at, settles_at, active_from, usable_from,
       term_ends_at, counted_from, ended_at, ended_why, label
FROM directory.tie WHERE carer_id = ANY(%(ids)s) OR dependant_id = ANY(%(ids)s) ORDER BY asked_at DESC, id
"""
_READ_CONSENTS: LiteralString = """
SELECT tie_id, given_by, how, words, consent.language, staff_id, hospital_id, seen, given_at
FROM directory.consent JOIN directory.tie ON tie.id = consent.tie_id
WHERE tie.carer_id = ANY(%(ids)s) OR tie.dependant_id = ANY(%(ids)s) ORDER BY given_at DESC, consent.id
"""
_READ_CORRECTIONS: LiteralString = """
SELECT id, kind, state, hospital_id, person_id, other_id, evidence_kind, asked_by, asked_at, decided_by, decided_at,
       undone_by, undone_at, replacement, evidence
FROM directory.correction WHERE person_id = ANY(%(ids)s) OR other_id = ANY(%(ids)s) ORDER BY asked_at DESC, id
"""
_READ_REQUESTS: LiteralString = """
SELECT id, kind, about, hospital_id, state, asked_at, due_at, runs_from, ended_at, decided_by, words, answer
FROM directory.request WHERE person_id = ANY(%s) ORDER BY asked_at DESC, id
"""
_READ_EMERGENCIES: LiteralString = """
SELECT id, staff_id, hospital_id, found_by, opened_at, expires_at, reviewed_by, reviewed_at, justified, lapsed_at,
       reason
FROM directory.break_glass WHERE person_id = ANY(%s) ORDER BY opened_at DESC, id
"""
_READ_FOUND: LiteralString = """
SELECT staff_id, hospital_id, basis, found_at, until FROM directory.found_person
WHERE person_id = ANY(%s) ORDER BY found_at DESC, staff_id
"""


async def read_rows(conn: Connection, keyring: Keyring, _scope: PersonScope, person_ids: Sequence[UUID]) -> Rows:
    """Return every row of a person's. person_ids: each of his records, of which the action has made sure.

    A label is left out where he is not the carer who typed it. A replacement is told by its type and its end.
    """
    ids, asked = (list(person_ids),), {"ids": list(person_ids)}
    people = await (await conn.execute(_READ_PEOPLE, ids)).fetchall()
    names = await (await conn.execute(_READ_OTHER_NAMES, ids)).fetchall()
    ties = await (await conn.execute(_READ_TIES, asked)).fetchall()
    consents = await (await conn.execute(_READ_CONSENTS, asked)).fetchall()
    corrections = await (await conn.execute(_READ_CORRECTIONS, asked)).fetchall()
    requests = await (await conn.execute(_READ_REQUESTS, ids)).fetchall()
    emergencies = await (await conn.execute(_READ_EMERGENCIES, ids)).fetchall()
    found = await (await conn.execute(_READ_FOUND, ids)).fetchall()
    return {
        "directory.person": rows_of(_PERSON, [_person(keyring, row) for row in people]),
        "directory.name_variant": rows_of(
            _OTHER_NAME,
            [(*row[:-1], _opened(keyring, "directory.name_variant.name", row[0], row[-1])) for row in names],
        ),
        "directory.tie": rows_of(_TIE, [_tie(keyring, row, person_ids) for row in ties]),
        "directory.consent": rows_of(_CONSENT, [(*row[:7], tuple(row[7]), row[8]) for row in consents]),
        "directory.correction": rows_of(_CORRECTION, [_correction(keyring, row) for row in corrections]),
        "directory.request": rows_of(_REQUEST, [_request(keyring, row) for row in requests]),
        "directory.break_glass": rows_of(
            _EMERGENCY,
            [(*row[1:-1], _opened(keyring, "directory.break_glass.reason", row[0], row[-1])) for row in emergencies],
        ),
        "directory.found_person": rows_of(_FOUND, found),
    }


def _person(keyring: Keyring, row: Sequence[Any]) -> list[Value]:
    person_id, *plain = row[:-4]
    sealed: Mapping[str, bytes | None] = dict(zip(("name", "phone", "email", "born_on"), row[-4:], strict=True))
    opened = [_opened(keyring, f"directory.person.{column}", person_id, value) for column, value in sealed.items()]
    born_on = date.fromisoformat(opened[-1]) if opened[-1] else None
    return [person_id, *plain, *opened[:-1], born_on]


def _tie(keyring: Keyring, row: Sequence[Any], own: Sequence[UUID]) -> list[Value]:
    tie_id, carer_id, *rest, label = row
    typed = _opened(keyring, "directory.tie.label", tie_id, label) if carer_id in own else None
    return [tie_id, carer_id, *rest, typed]


def _correction(keyring: Keyring, row: Sequence[Any]) -> list[Value]:
    row_id, *plain, replacement, evidence = row
    kept = _opened(keyring, "directory.correction.replacement", row_id, replacement)
    document = msgspec.json.decode(kept, type=Document) if kept else None
    note = _opened(keyring, "directory.correction.evidence", row_id, evidence)
    return [*plain, f"{document.type}:{tail(document.number)}" if document else None, note]


def _request(keyring: Keyring, row: Sequence[Any]) -> list[Value]:
    row_id, *plain, words, answer = row
    return [
        *plain,
        _opened(keyring, "directory.request.words", row_id, words),
        _opened(keyring, "directory.request.answer", row_id, answer),
    ]


def _opened(keyring: Keyring, purpose: str, row_id: UUID, sealed: bytes | None) -> str | None:
    return keyring.open(sealed, purpose=purpose, context=row_id.bytes).decode() if sealed is not None else None
