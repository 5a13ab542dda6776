"""What a person sees of himself: all of it, in his own terms, and nothing of anybody else."""

import pytest

from firsthand.account.actions import read_whose
from firsthand.account.limits import READS
from firsthand.account.listings import LISTINGS
from firsthand.account.model import Is, Who
from firsthand.booking.model import Held, TakeRequest
from firsthand.booking.taking import take_places
from firsthand.directory.correction.deciding import undo_correction
from firsthand.directory.family.actions import end_tie
from firsthand.platform.clock import ManualClock
from firsthand.platform.world import World
from tests.account_scene import (
    CARER,
    DOUBLE,
    ME,
    STRANGE,
    TWIN,
    Scene,
    live_through,
    open_account_scene,
    rows_of,
)
from tests.city import hold
from tests.conftest import FreshDatabase
from tests.counter import SEEN
from tests.families import tied_and_cooled
from tests.people import as_owner


@pytest.fixture
async def scene(world: World, clock: ManualClock, fresh_database: FreshDatabase) -> Scene:
    return await open_account_scene(world, clock, fresh_database)


async def test_every_column_that_is_listed_comes_to_somebody_to_whom_everything_happened(scene: Scene) -> None:
    child_id = await live_through(scene)
    seen = set()
    for data in (await scene.data(), await scene.data(of=child_id)):
        for section in data.sections:
            seen |= {
                (section.listing.key, column)
                for row in section.rows
                for column, value in row.items()
                if value is not None
            }
    listed = {(listing.key, column) for listing in LISTINGS for column in listing.forms}
    # The hospitals of the tests name no doctors.
    assert sorted(listed - seen) == [("bookings", "doctor")]


async def test_what_is_said_of_a_booking_is_what_its_hospital_publishes(scene: Scene) -> None:
    await hold(scene.world, scene.city)
    (row,) = rows_of(await scene.data(), "bookings")
    assert (row["hospital_id"], row["department"], row["state"]) == ("Hospital 0", "Dermatology", "held")
    assert row["patient_id"] == row["holder_id"] == row["payer_id"] == Who(Is.YOU)


async def test_both_sides_of_a_tie_see_it_and_name_each_other_as_far_as_they_may(scene: Scene) -> None:
    await tied_and_cooled(scene.world, scene.clock, scene.city, CARER, ME)
    (mine,) = rows_of(await scene.data(), "ties")
    (his,) = rows_of(await scene.data(CARER), "ties")
    assert (mine["carer_id"], mine["dependant_id"], mine["label"]) == (Who(Is.PERSON, "Person 1"), Who(Is.YOU), None)
    assert (his["carer_id"], his["dependant_id"], his["label"]) == (
        Who(Is.YOU),
        Who(Is.PERSON, "Person 0"),
        "Grandmother",
    )
    (consent,) = rows_of(await scene.data(CARER), "consents")
    assert (consent["given_by"], consent["how"]) == (Who(Is.PERSON, "Person 0"), "own_page")


async def test_a_booking_for_somebody_is_gone_with_the_tie_and_counted(scene: Scene) -> None:
    tie_id = await tied_and_cooled(scene.world, scene.clock, scene.city, CARER, ME)
    request = TakeRequest(scene.who(CARER), scene.city.session_ids[2], scene.id(CARER), scene.id())
    (held,) = await take_places(scene.world, [request])
    assert isinstance(held, Held), held
    before = await scene.data(CARER)
    await end_tie(scene.world, scene.who(), scene.scope(), tie_id)
    after = await scene.data(CARER)
    assert (len(rows_of(before, "bookings")), before.others_bookings) == (1, 0)
    assert (len(rows_of(after, "bookings")), after.others_bookings) == (0, 1)
    # The patient's it is in any case.
    assert rows_of(await scene.data(), "bookings")[0]["holder_id"] == Who(Is.PERSON, "Person 1")


async def test_merged_records_are_shown_as_one_person(scene: Scene) -> None:
    await hold(scene.world, scene.city, TWIN)
    await scene.counter.merge(ME, TWIN)
    data = await scene.data()
    assert [row["name"] for row in rows_of(data, "person")] == ["Person 0", "Person 2"]
    assert len(rows_of(data, "documents")) == 2
    assert rows_of(data, "bookings")[0]["patient_id"] == Who(Is.YOU)
    assert [row["kind"] for row in rows_of(data, "corrections")] == ["merger"]
    assert rows_of(await scene.data(DOUBLE), "corrections") == ()


async def test_a_note_about_two_records_is_shown_to_neither_once_they_are_two_people(scene: Scene) -> None:
    undone = await scene.counter.merge(ME, DOUBLE)
    (during,) = rows_of(await scene.data(), "corrections")
    await undo_correction(scene.world, scene.counter.supervisor, scene.counter.scope, undone)
    notes = [rows_of(await scene.data(number), "corrections")[0]["evidence"] for number in (ME, DOUBLE)]
    assert during["evidence"] == SEEN.note
    assert notes == [None, None]


async def test_who_asks_too_often_fills_nobodys_page(scene: Scene) -> None:
    for _ in range(READS.attempts_max + 5):
        await read_whose(scene.world, scene.who(CARER), scene.scope(CARER), scene.id(STRANGE))
    told = "SELECT count(*) FROM audit.line WHERE outcome = 'too_many_requests' AND person_id = actor_id"
    assert as_owner(scene.database, told) == [(5,)]
