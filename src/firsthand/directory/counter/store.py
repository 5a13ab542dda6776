"""The SQL of the counter: whom which clerk has found, and people's other names."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import LiteralString
from uuid import UUID

from firsthand.directory.counter.model import Basis, NameVariant, VariantKind
from firsthand.directory.person.model import PersonName, Phone
from firsthand.directory.person.store import name_index, phone_index
from firsthand.platform.crypto import Keyring
from firsthand.platform.database import Connection
from firsthand.platform.scope import CityScope, HospitalScope, PersonScope, Scope

# A stronger way of knowing is not replaced by a weaker one while it is good.
_OPEN: LiteralString = """
INSERT INTO directory.found_person AS kept (staff_id, hospital_id, person_id, basis, found_at, until)
VALUES (%(staff)s, %(hospital)s, %(person)s, %(basis)s, %(now)s, %(until)s)
ON CONFLICT (staff_id, hospital_id, person_id) DO UPDATE SET
    basis = CASE WHEN kept.until > %(now)s AND kept.basis = 'document' THEN kept.basis ELSE excluded.basis END,
    found_at = excluded.found_at, until = excluded.until
"""
_OPENED: LiteralString = """
SELECT basis FROM directory.found_person
WHERE staff_id = %s AND hospital_id = %s AND person_id = %s AND until > %s
"""
_FORGET: LiteralString = "DELETE FROM directory.found_person WHERE until <= %s"
_BY_NAME: LiteralString = """
SELECT coalesce(person.merged_into, person.id)
FROM directory.person
WHERE person.state = 'active'
  AND (person.name_index = %(index)s
       OR person.id IN (SELECT person_id FROM directory.name_variant WHERE name_index = %(index)s))
GROUP BY 1 ORDER BY 1
"""
_VARIANTS: LiteralString = """
SELECT id, person_id, kind, name FROM directory.name_variant WHERE person_id = ANY(%s) ORDER BY created_at, id
"""
_ADD_VARIANT: LiteralString = """
INSERT INTO directory.name_variant (id, person_id, kind, name, name_index, created_at) VALUES (%s, %s, %s, %s, %s, %s)
"""
_REMOVE_VARIANT: LiteralString = "DELETE FROM directory.name_variant WHERE id = %s AND person_id = %s"
_CHILDREN: LiteralString = """
SELECT id FROM directory.person
WHERE guardian_id = ANY(%s) AND merged_into IS NULL AND state = 'active' ORDER BY created_at, id
"""
_GUARDIAN: LiteralString = "SELECT guardian_id FROM directory.person WHERE id = %s"
_PHONE_CHANGED: LiteralString = "SELECT phone_changed_at FROM directory.person WHERE id = %s"
_CHANGE_PHONE: LiteralString = """
UPDATE directory.person SET phone = %s, phone_index = %s, phone_changed_at = %s WHERE id = %s
"""

_VARIANT_NAME, _PHONE = "directory.name_variant.name", "directory.person.phone"


async def open_record(
    conn: Connection,
    scope: HospitalScope,
    staff_id: UUID,
    person_id: UUID,
    basis: Basis,
    *,
    now: datetime,
    until: datetime,
) -> None:
    """Write down that a clerk has found a person, how, and until when he may go by it."""
    await conn.execute(
        _OPEN,
        {
            "staff": staff_id,
            "hospital": scope.hospital_id,
            "person": person_id,
            "basis": basis,
            "now": now,
            "until": until,
        },
    )


async def find_opened(
    conn: Connection, scope: HospitalScope, staff_id: UUID, person_id: UUID, *, now: datetime
) -> Basis | None:
    """Return how a clerk knows a person whom he found here and may still go by; None where he has not."""
    row = await (await conn.execute(_OPENED, (staff_id, scope.hospital_id, person_id, now))).fetchone()
    return Basis(row[0]) if row else None


async def forget_found(conn: Connection, *, now: datetime) -> int:  # scope: erases what has run out, and reads nothing
    """Forget whom clerks had found and may no longer go by, and return how many rows that were."""
    return (await conn.execute(_FORGET, (now,))).rowcount


async def find_by_name(
    conn: Connection, keyring: Keyring, _scope: HospitalScope, name: str, born_on: date
) -> list[UUID]:
    """Return who has this name or other name and this date of birth. The action narrows it to its hospital."""
    index = name_index(keyring, name, born_on)
    return [person_id for (person_id,) in await (await conn.execute(_BY_NAME, {"index": index})).fetchall()]


async def variants_of(
    conn: Connection, keyring: Keyring, scope: Scope, person_ids: Sequence[UUID]
) -> dict[UUID, list[NameVariant]]:
    """Return people's other names, oldest first. The action that shows them to staff records that it did."""
    wanted = [one for one in person_ids if not isinstance(scope, PersonScope) or one == scope.person_id]
    found: dict[UUID, list[NameVariant]] = {}
    for row_id, person_id, kind, name in await (await conn.execute(_VARIANTS, (wanted,))).fetchall():
        opened = keyring.open(name, purpose=_VARIANT_NAME, context=row_id.bytes).decode()
        found.setdefault(person_id, []).append(NameVariant(row_id, VariantKind(kind), PersonName(opened)))
    return found


async def add_variant(
    conn: Connection,
    keyring: Keyring,
    _scope: PersonScope | HospitalScope,
    person_id: UUID,
    variant: NameVariant,
    born_on: date | None,
    *,
    now: datetime,
) -> None:
    """Add another name of a person. born_on: his date of birth, with which the name is found; None where unknown."""
    name = keyring.seal(variant.name.encode(), purpose=_VARIANT_NAME, context=variant.id.bytes)
    index = name_index(keyring, variant.name, born_on)
    await conn.execute(_ADD_VARIANT, (variant.id, person_id, variant.kind, name, index, now))


async def remove_variant(
    conn: Connection, _scope: PersonScope | HospitalScope, person_id: UUID, variant_id: UUID
) -> bool:
    """Remove another name of this person, and say whether there was one."""
    return (await conn.execute(_REMOVE_VARIANT, (variant_id, person_id))).rowcount > 0


async def children_of(conn: Connection, _scope: Scope, guardian_ids: Sequence[UUID]) -> list[UUID]:
    """Return the children who were registered without a document under these records of one guardian."""
    return [child for (child,) in await (await conn.execute(_CHILDREN, (list(guardian_ids),))).fetchall()]


async def guardian_of(conn: Connection, _scope: Scope, person_id: UUID) -> UUID | None:
    """Return under whom a child was registered; None for everybody else."""
    row = await (await conn.execute(_GUARDIAN, (person_id,))).fetchone()
    return row[0] if row else None


async def phone_changed_at(conn: Connection, _scope: HospitalScope, person_id: UUID) -> datetime | None:
    """Return when the person's phone was last changed, None where it never was."""
    row = await (await conn.execute(_PHONE_CHANGED, (person_id,))).fetchone()
    return row[0] if row else None


async def change_phone(
    conn: Connection,
    keyring: Keyring,
    _scope: HospitalScope | CityScope,
    person_id: UUID,
    phone: Phone,
    *,
    now: datetime,
) -> None:
    """Give a person another phone, or none ("")."""
    sealed = keyring.seal(phone.encode(), purpose=_PHONE, context=person_id.bytes) if phone else None
    await conn.execute(_CHANGE_PHONE, (sealed, phone_index(keyring, phone), now, person_id))
