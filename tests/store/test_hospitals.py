"""What is said of a hospital by hand stays, whatever its feed says next; the feed says what there is."""

from datetime import timedelta
from uuid import UUID

import pytest

from firsthand.directory.hospital.managing.actions import (
    add_entry,
    leave_to_feed,
    read_managed,
    rename_entry,
    retire_entry,
    say_of_hospital,
)
from firsthand.directory.hospital.model import Entry, Kind, Managed, Reason, Refused
from firsthand.platform.access import Role
from firsthand.platform.clock import ManualClock
from firsthand.platform.world import World
from firsthand.release.actions import read_offers
from tests.city import City, Opening, make_city, publish
from tests.staffing import Crew, make_crew

OPENINGS = (Opening(), Opening(hospital=1))


@pytest.fixture
async def city(world: World) -> City:
    return await make_city(world, sessions=OPENINGS)


@pytest.fixture
async def crew(world: World, city: City) -> Crew:
    return await make_crew(world, city)


async def managed(world: World, crew: Crew, city: City) -> Managed:
    found = await read_managed(world, crew.caller(Role.HOSPITAL_ADMIN), city.hospital_ids[0])
    assert isinstance(found, Managed)
    return found


async def test_what_is_said_by_hand_outlives_an_import_until_it_is_left_to_the_feed(
    world: World, city: City, crew: Crew, clock: ManualClock
) -> None:
    admin, here = crew.caller(Role.HOSPITAL_ADMIN), city.hospital_ids[0]
    said = {"name": "First Hospital", "phone": "010-5555 0100", "address": "", "url": "", "time_zone": "UTC"}
    assert await say_of_hospital(world, admin, here, said) == frozenset({"name", "phone"})
    clock.advance(timedelta(minutes=1))
    report = await publish(world, (*OPENINGS, Opening(day=3)))
    assert report.hospitals_changed == 0
    found = await managed(world, crew, city)
    assert (found.hospital.name, found.hospital.phone) == ("First Hospital", "010-5555 0100")
    assert found.hospital.time_zone == "Asia/Shanghai"
    assert found.by_hand == {"name", "phone"}
    assert await leave_to_feed(world, admin, here, "name") is None
    await publish(world, (*OPENINGS, Opening(day=2)))  # a feed that says nothing new is not looked at again
    found = await managed(world, crew, city)
    assert (found.hospital.name, found.hospital.phone) == ("Hospital 0", "010-5555 0100")


@pytest.mark.parametrize(
    ("field", "text", "reason"),
    [
        ("name", "", Reason.NAME_INVALID),
        ("name", "First\u202elatipsoH", Reason.NAME_INVALID),
        ("name", "x" * 201, Reason.NAME_INVALID),
        ("address", "12 Road\x00", Reason.TEXT_INVALID),
        ("phone", "call me", Reason.PHONE_INVALID),
        ("url", "javascript:alert(1)", Reason.URL_INVALID),
        ("url", "https://user@hospital.example", Reason.URL_INVALID),
    ],
)
async def test_what_cannot_be_said(world: World, city: City, crew: Crew, field: str, text: str, reason: Reason) -> None:
    admin, here = crew.caller(Role.HOSPITAL_ADMIN), city.hospital_ids[0]
    before = await managed(world, crew, city)
    assert await say_of_hospital(world, admin, here, {field: text}) == Refused(reason, field)
    assert await managed(world, crew, city) == before


async def test_a_department_keeps_the_feeds_name_under_the_one_that_is_shown(
    world: World, city: City, crew: Crew, clock: ManualClock
) -> None:
    admin, here = crew.caller(Role.CITY_ADMIN), city.hospital_ids[0]
    (skin,) = (await managed(world, crew, city)).departments
    assert await rename_entry(world, admin, here, Kind.DEPARTMENT, skin.id, "Skin clinic") is None
    clock.advance(timedelta(minutes=1))
    await publish(world, OPENINGS)
    assert (await managed(world, crew, city)).departments == (Entry(skin.id, "Skin clinic", "Dermatology", None),)
    offer = (await read_offers(world, [city.session_ids[0]]))[city.session_ids[0]]
    assert offer.department_name == "Skin clinic"
    # Back to the feed's own name.
    assert await rename_entry(world, admin, here, Kind.DEPARTMENT, skin.id, "Dermatology") is None
    assert (await managed(world, crew, city)).departments == (skin,)


async def test_what_is_retired_is_there_again_when_the_feed_names_it(
    world: World, city: City, crew: Crew, clock: ManualClock
) -> None:
    admin, here = crew.caller(Role.HOSPITAL_ADMIN), city.hospital_ids[0]
    (skin,) = (await managed(world, crew, city)).departments
    assert await retire_entry(world, admin, here, Kind.DEPARTMENT, skin.id) is None
    assert await retire_entry(world, admin, here, Kind.DEPARTMENT, skin.id) == Refused(Reason.ENTRY_UNKNOWN)
    assert (await managed(world, crew, city)).departments[0].retired_at is not None
    clock.advance(timedelta(minutes=1))
    await publish(world, (*OPENINGS, Opening(day=2)))
    assert (await managed(world, crew, city)).departments == (skin,)


async def test_no_two_are_called_the_same(world: World, city: City, crew: Crew) -> None:
    admin, here = crew.caller(Role.HOSPITAL_ADMIN), city.hospital_ids[0]
    taken = Refused(Reason.NAME_TAKEN, "name")
    doctor = await add_entry(world, admin, here, Kind.DOCTOR, "Dr Lin")
    assert isinstance(doctor, UUID)
    assert await add_entry(world, admin, here, Kind.DOCTOR, " Dr Lin ") == taken
    other = await add_entry(world, admin, here, Kind.DOCTOR, "Dr Novak")
    assert isinstance(other, UUID)
    assert await rename_entry(world, admin, here, Kind.DOCTOR, other, "Dr Lin") == taken
    assert await retire_entry(world, admin, here, Kind.DOCTOR, doctor) is None
    assert await rename_entry(world, admin, here, Kind.DOCTOR, other, "Dr Lin") is None


async def test_an_entry_of_another_hospital_is_not_reached(world: World, city: City, crew: Crew) -> None:
    admin = crew.caller(Role.HOSPITAL_ADMIN, 1)
    (skin,) = (await managed(world, crew, city)).departments
    unknown = Refused(Reason.ENTRY_UNKNOWN)
    there = city.hospital_ids[1]
    assert await rename_entry(world, admin, there, Kind.DEPARTMENT, skin.id, "Mine") == unknown
    assert await retire_entry(world, admin, there, Kind.DEPARTMENT, skin.id) == unknown
    assert await read_managed(world, admin, city.hospital_ids[0]) == Refused(Reason.NOT_PERMITTED)
