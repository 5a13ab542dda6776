"""Other names of a person: a former one, or the same in another script. He adds them himself, or a desk does."""

from uuid import UUID

from firsthand.audit.model import ActorKind, Caller
from firsthand.audit.store import append
from firsthand.directory.counter import rules, store
from firsthand.directory.counter.finding import line_of, require_found
from firsthand.directory.counter.model import VARIANTS_MAX, Deed, NameVariant, Reason, Refused, VariantKind
from firsthand.directory.person.model import PersonName
from firsthand.directory.person.store import births_of, lock_people, names_of
from firsthand.platform.access import Permission
from firsthand.platform.chance import new_id
from firsthand.platform.database import Connection
from firsthand.platform.scope import HospitalScope, PersonScope
from firsthand.platform.world import World


async def add_name(
    world: World,
    caller: Caller,
    scope: PersonScope | HospitalScope,
    person_id: UUID,
    kind: VariantKind,
    name: PersonName,
) -> NameVariant | Refused:
    """Add another name of a person: of the caller himself, or of whom a desk has before it."""
    async with world.database.transaction() as conn:
        answer = await _may_change(conn, world, caller, scope, person_id) or await _add(
            conn, world, scope, person_id, kind, name
        )
        hospital = scope if isinstance(scope, HospitalScope) else None
        detail = {"kind": kind.value}
        await append(conn, [line_of(world, caller, hospital, "directory.add_name", answer, person_id, detail)])
        return answer


async def remove_name(
    world: World, caller: Caller, scope: PersonScope | HospitalScope, person_id: UUID, variant_id: UUID
) -> Refused | None:
    """Remove another name of a person. None: it is gone."""
    async with world.database.transaction() as conn:
        answer = await _may_change(conn, world, caller, scope, person_id)
        if answer is None and not await store.remove_variant(conn, scope, person_id, variant_id):
            answer = Refused(Reason.NAME_UNKNOWN)
        hospital = scope if isinstance(scope, HospitalScope) else None
        await append(
            conn, [line_of(world, caller, hospital, "directory.remove_name", answer, person_id, subject_id=variant_id)]
        )
        return answer


async def read_own_names(world: World, scope: PersonScope) -> list[NameVariant]:
    """Return the person's own other names, oldest first."""
    async with world.database.connection() as conn:
        found = await store.variants_of(conn, world.keyring, scope, [scope.person_id])
        return found.get(scope.person_id, [])


async def _may_change(
    conn: Connection, world: World, caller: Caller, scope: PersonScope | HospitalScope, person_id: UUID
) -> Refused | None:
    if isinstance(scope, PersonScope):
        own = caller.kind is ActorKind.PERSON and caller.id == scope.person_id == person_id
        return None if own else Refused(Reason.NOT_PERMITTED)
    basis = await require_found(conn, world, caller, scope, person_id, Permission.REGISTER_PERSON, Deed.CHANGE)
    return basis if isinstance(basis, Refused) else None


async def _add(
    conn: Connection,
    world: World,
    scope: PersonScope | HospitalScope,
    person_id: UUID,
    kind: VariantKind,
    name: PersonName,
) -> NameVariant | Refused:
    now = world.clock.now()
    # Locked, so that two at once do not pass the limit together.
    if person_id not in await lock_people(conn, scope, [person_id]):
        return Refused(Reason.NOT_FOUND)
    names = await names_of(conn, world.keyring, scope, [person_id])
    variants = (await store.variants_of(conn, world.keyring, scope, [person_id])).get(person_id, [])
    if len(variants) >= VARIANTS_MAX:
        return Refused(Reason.TOO_MANY_NAMES)
    if rules.is_same_name(name, [names[person_id], *(variant.name for variant in variants)]):
        return Refused(Reason.NAME_KNOWN)
    variant = NameVariant(new_id(world.chance, now), kind, name)
    born_on = (await births_of(conn, world.keyring, scope, [person_id])).get(person_id)
    await store.add_variant(conn, world.keyring, scope, person_id, variant, born_on, now=now)
    return variant
