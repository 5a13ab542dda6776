"""How the blind indexes of people's phones and names are made anew, when the index key is turned over."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from firsthand.directory.person.model import Phone
from firsthand.directory.person.store import name_index, phone_index
from firsthand.platform.crypto import Keyring
from firsthand.platform.keys.reindexing import Indexed


def _of_person(keyring: Keyring, row: Sequence[Any]) -> tuple[bytes | None, bytes | None]:
    person_id, name, phone, born_on, *_ = row
    by_phone = phone_index(keyring, Phone(_opened(keyring, "person.phone", phone, person_id))) if phone else None
    if not born_on or not name:
        return by_phone, None
    born = date.fromisoformat(_opened(keyring, "person.born_on", born_on, person_id))
    return by_phone, name_index(keyring, _opened(keyring, "person.name", name, person_id), born)


def _of_variant(keyring: Keyring, row: Sequence[Any]) -> tuple[bytes | None]:
    variant_id, name, person_id, born_on, _ = row
    born = date.fromisoformat(_opened(keyring, "person.born_on", born_on, person_id)) if born_on else None
    return (name_index(keyring, _opened(keyring, "name_variant.name", name, variant_id), born),)


def _opened(keyring: Keyring, column: str, sealed: bytes, row_id: UUID) -> str:
    return keyring.open(sealed, purpose=f"directory.{column}", context=row_id.bytes).decode()


# What has no index keeps none: the account was deleted, or the version before has not been indexed yet.
INDEXED: Final = (
    Indexed(
        ("directory.person.phone_index", "directory.person.name_index"),
        """
        SELECT id, name, CASE WHEN phone_index IS NOT NULL THEN phone END,
               CASE WHEN name_index IS NOT NULL THEN born_on END, phone_index, name_index
        FROM directory.person
        WHERE id > %s AND (phone_index IS NOT NULL OR name_index IS NOT NULL) ORDER BY id LIMIT %s
        """,
        "UPDATE directory.person SET phone_index = %s, name_index = %s WHERE id = %s",
        _of_person,
    ),
    Indexed(
        ("directory.name_variant.name_index",),
        """
        SELECT variant.id, variant.name, person.id, person.born_on, variant.name_index
        FROM directory.name_variant AS variant JOIN directory.person ON person.id = variant.person_id
        WHERE variant.id > %s AND variant.name_index IS NOT NULL ORDER BY variant.id LIMIT %s
        """,
        "UPDATE directory.name_variant SET name_index = %s WHERE id = %s",
        _of_variant,
    ),
)
