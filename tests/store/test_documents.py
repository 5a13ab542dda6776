"""Document numbers are kept sealed, found by their hash, and read only on the record."""

from uuid import UUID, uuid4

from firsthand.audit.model import ActorKind, Caller, Channel
from firsthand.directory.person.actions import register_people
from firsthand.identity.document.actions import read_documents
from firsthand.identity.document.model import Document, DocumentType
from firsthand.identity.document.store import find_people, find_person
from firsthand.platform.access import Role
from firsthand.platform.scope import CityScope, HospitalScope, PersonScope
from firsthand.platform.world import World
from tests.conftest import FreshDatabase
from tests.people import SYSTEM, as_owner, document, registration

HOSPITAL = uuid4()
CLERK = Caller(ActorKind.STAFF, uuid4(), Channel.DESK, "request-2", HOSPITAL, Role.DESK)


async def register(world: World, number: int) -> UUID:
    (person_id,) = await register_people(world, SYSTEM, [registration(number)])
    assert isinstance(person_id, UUID)
    return person_id


async def test_people_are_found_in_the_order_of_their_documents(world: World) -> None:
    first, second = await register(world, 1), await register(world, 2)
    asked = [document(2), document(3), document(1), document(2)]
    async with world.database.transaction() as conn:
        assert await find_people(conn, world.keyring, CityScope("test"), asked) == [second, None, first, second]


async def test_the_type_is_part_of_the_document(world: World) -> None:
    await register(world, 1)
    same_number = Document(DocumentType.OTHER, document(1).number)
    async with world.database.transaction() as conn:
        assert await find_person(conn, world.keyring, HospitalScope(HOSPITAL), same_number) is None


async def test_reading_a_number_is_recorded_with_who_and_why(world: World, fresh_database: FreshDatabase) -> None:
    person_id = await register(world, 1)
    assert await read_documents(world, CLERK, HospitalScope(HOSPITAL), person_id) == [document(1)]
    assert await read_documents(world, SYSTEM, CityScope("a court order"), person_id) == [document(1)]
    lines = as_owner(
        fresh_database,
        "SELECT actor_kind, actor_id, hospital_id, person_id, purpose FROM audit.line"
        " WHERE action = 'identity.document_read' ORDER BY n",
    )
    assert lines == [
        ("staff", CLERK.id, HOSPITAL, person_id, None),
        ("system", None, None, person_id, "a court order"),
    ]


async def test_nobody_reads_anothers_number_under_his_own_scope(world: World) -> None:
    first, second = await register(world, 1), await register(world, 2)
    caller = Caller(ActorKind.PERSON, first, Channel.WEB, "request-3")
    assert await read_documents(world, caller, PersonScope(first), first) == [document(1)]
    assert await read_documents(world, caller, PersonScope(first), second) == []
