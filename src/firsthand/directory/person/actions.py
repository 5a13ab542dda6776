"""Writing people down, and reading a person's own name. How they sign in is in `sign_in.py`."""

from collections.abc import Sequence
from uuid import UUID

from firsthand.audit.model import DONE, Caller, Line
from firsthand.audit.store import append
from firsthand.directory.person import store
from firsthand.directory.person.model import PersonName, Reason, Refused, Registration
from firsthand.directory.person.store import NewPerson
from firsthand.platform.chance import new_id
from firsthand.platform.database import Connection
from firsthand.platform.scope import CityScope, PersonScope
from firsthand.platform.world import World

_INDEX = CityScope("find people of the version before by their phones")


async def read_own_name(world: World, scope: PersonScope) -> PersonName | None:
    """Return the name of the person himself, or None when there is no such person."""
    async with world.database.connection() as conn:
        return (await store.names_of(conn, world.keyring, scope, [scope.person_id])).get(scope.person_id)


async def register_people(world: World, caller: Caller, registrations: Sequence[Registration]) -> list[UUID | Refused]:
    """Register many people at once and return, in order, each one's new id, or ALREADY_REGISTERED.

    No phone is asked for a code: this is for whoever vouches for the people (the demo, the lab), and never for a
    channel that strangers reach.
    """
    async with world.database.transaction() as conn:
        return await register(conn, world, caller, registrations)


async def index_phones(world: World, caller: Caller, *, limit: int = 500) -> int:
    """Give up to `limit` people of the version before what they are found by, and return how many they were."""
    async with world.database.transaction() as conn:
        indexed = await store.index_phones(conn, world.keyring, _INDEX, limit=limit)
        if indexed:
            now = world.clock.now()
            line = Line(
                at=now,
                caller=caller,
                action="directory.index_phones",
                outcome=DONE,
                purpose=_INDEX.purpose,
                detail={"people": indexed},
            )
            await append(conn, [line])
        return indexed


async def register(
    conn: Connection, world: World, caller: Caller, registrations: Sequence[Registration]
) -> list[UUID | Refused]:
    """Register people as a step of the caller's transaction, with a line for each: see `register_people`."""
    now = world.clock.now()
    people = [NewPerson(new_id(world.chance, now), registration) for registration in registrations]
    added = await store.add_people(conn, world, people, now=now)
    lines = [
        Line(
            at=now,
            caller=caller,
            action="directory.register",
            outcome=DONE if person.id in added else Reason.ALREADY_REGISTERED,
            person_id=person.id if person.id in added else None,
            detail={"document_type": person.registration.document.type},
        )
        for person in people
    ]
    await append(conn, lines)
    return [person.id if person.id in added else Refused(Reason.ALREADY_REGISTERED) for person in people]
