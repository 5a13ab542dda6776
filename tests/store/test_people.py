"""What is known of people besides their documents: phones to be found by, births, and people of earlier versions."""

from datetime import date
from uuid import UUID

import psycopg

from firsthand.directory.person.actions import index_phones, register_people
from firsthand.directory.person.model import Phone
from firsthand.directory.person.store import births_of, contacts_of, find_by_phone, same_people
from firsthand.platform.postgres import Role
from firsthand.platform.scope import CityScope, PersonScope
from firsthand.platform.world import World
from tests.conftest import FreshDatabase
from tests.people import SYSTEM, audited, registration

ANYBODY = CityScope("test")
PHONE = Phone("+8613800000001")


async def register(world: World, *numbers: int) -> list[UUID]:
    answers = await register_people(world, SYSTEM, [registration(number) for number in numbers])
    return [one for one in answers if isinstance(one, UUID)]


async def test_a_person_is_found_by_his_phone_within_scope(world: World) -> None:
    first, second = await register(world, 1, 2)
    async with world.database.transaction() as conn:
        assert await find_by_phone(conn, world.keyring, ANYBODY, PHONE) == [first]
        assert await find_by_phone(conn, world.keyring, PersonScope(second), PHONE) == []
        assert await find_by_phone(conn, world.keyring, ANYBODY, Phone("+8613800000999")) == []


async def test_a_resident_number_tells_the_date_of_birth(world: World) -> None:
    (person_id,) = await register(world, 1)
    async with world.database.transaction() as conn:
        assert await births_of(conn, world.keyring, ANYBODY, [person_id]) == {person_id: date(1990, 1, 1)}


async def test_people_of_the_version_before_are_found_once_the_worker_came_by(
    world: World, fresh_database: FreshDatabase
) -> None:
    ids = await register(world, 1, 2, 3)
    with psycopg.connect(fresh_database.dsn(Role.OWNER)) as owner:
        owner.execute("UPDATE directory.person SET phone_index = NULL, born_on = NULL")
    async with world.database.transaction() as conn:
        assert await find_by_phone(conn, world.keyring, ANYBODY, PHONE) == []
    assert [await index_phones(world, SYSTEM, limit=2) for _ in range(3)] == [2, 1, 0]
    async with world.database.transaction() as conn:
        assert await find_by_phone(conn, world.keyring, ANYBODY, PHONE) == [ids[0]]
        assert set(await births_of(conn, world.keyring, ANYBODY, ids)) == set(ids)
        assert (await contacts_of(conn, world.keyring, ANYBODY, ids))[ids[0]].email == ""
        people = await same_people(conn, ANYBODY, ids)
    assert {people[one].ids for one in ids} == {(one,) for one in ids}
    assert audited(fresh_database).count(("directory.index_phones", "done")) == 2
