"""The other names of people, as a desk sees them wherever it compares a name with a document."""

from collections.abc import Sequence
from uuid import UUID

from firsthand.directory.counter.rules import is_same_name
from firsthand.directory.counter.store import variants_of
from firsthand.directory.person.store import names_of, same_people
from firsthand.platform.crypto import Keyring
from firsthand.platform.database import Connection
from firsthand.platform.scope import CityScope, HospitalScope

_SAME = CityScope("know the records of one person as one")


async def other_names_of(
    conn: Connection, keyring: Keyring, scope: HospitalScope, person_ids: Sequence[UUID]
) -> dict[UUID, tuple[str, ...]]:
    """Return for people what they are called besides their name: in their other records, and by their other names.

    Those who have none are left out. The action that shows names to staff records that it did.
    """
    same = await same_people(conn, _SAME, person_ids)
    ids = sorted({record for one in same.values() for record in one.ids})
    variants = await variants_of(conn, keyring, scope, ids)
    many = [asked for asked in person_ids if asked in same and (len(same[asked].ids) > 1 or asked in variants)]
    names = await names_of(conn, keyring, scope, [record for one in many for record in same[one].ids]) if many else {}
    found: dict[UUID, tuple[str, ...]] = {}
    for asked in many:
        called: list[str] = []
        for record in same[asked].ids:
            for name in (names[record], *(variant.name for variant in variants.get(record, ()))):
                if name and not is_same_name(name, [names[asked], *called]):
                    called.append(name)
        found[asked] = tuple(called)
    return found
