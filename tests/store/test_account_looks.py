"""Who looked: after each kind of deed of staff or of another person, the person sees it, once, and only his own."""

from collections.abc import Awaitable, Callable
from datetime import date, timedelta

import psycopg
import pytest

from firsthand.account.actions import PAGE_LOOKS, read_looks, read_numbers
from firsthand.account.model import Is, LooksPage, PersonData
from firsthand.account.words import LOOKS
from firsthand.arrival.actions import check_in, read_patient
from firsthand.audit.reading import Wanted as LinesWanted
from firsthand.audit.reading import read_lines
from firsthand.booking.actions import confirm_bookings, give_back_bookings
from firsthand.booking.counter import find_by_name_here, read_bookings_here
from firsthand.booking.desk import FoundRequest, book_for_found
from firsthand.booking.emergency import read_emergency_record
from firsthand.booking.model import Booked, ChangeRequest, Held, TakeRequest
from firsthand.booking.taking import take_places
from firsthand.directory.correction.actions import read_corrections
from firsthand.directory.correction.deciding import approve_correction, refuse_correction, undo_correction
from firsthand.directory.counter import desk, finding, variants
from firsthand.directory.counter.model import VariantKind
from firsthand.directory.emergency.actions import list_reviews, open_record, review_access
from firsthand.directory.emergency.model import Access, Wanted
from firsthand.directory.family.actions import end_tie
from firsthand.directory.family.desk import DeskTie, end_at_desk
from firsthand.directory.person.model import PersonName
from firsthand.identity.document.actions import read_documents
from firsthand.platform.access import Role
from firsthand.platform.clock import ManualClock
from firsthand.platform.postgres import Role as DatabaseRole
from firsthand.platform.scope import CityScope
from firsthand.platform.world import World
from firsthand.release.model import Pool
from tests.account_scene import CARER, DOUBLE, ME, NEW_PHONE, STRANGE, TWIN, WHY, Scene, open_account_scene
from tests.city import SYSTEM, hold
from tests.conftest import FreshDatabase
from tests.counter import passport
from tests.families import asked, child_of, tied_and_cooled, tied_at_desk
from tests.people import as_owner
from tests.staffing import Crew, make_crew


@pytest.fixture
async def scene(world: World, clock: ManualClock, fresh_database: FreshDatabase) -> Scene:
    return await open_account_scene(world, clock, fresh_database)


async def looks(scene: Scene, number: int = ME, *, below: int | None = None) -> LooksPage:
    """Return a page of what a person sees."""
    page = await read_looks(scene.world, scene.who(number), scene.scope(number), scene.id(number), below=below)
    assert isinstance(page, LooksPage), page
    return page


async def seen(scene: Scene, number: int = ME) -> list[str]:
    """Return the actions that a person sees, oldest first."""
    return [look.action for look in (await looks(scene, number)).looks][::-1]


Deed = Callable[[Scene], Awaitable[object]]


async def booking_of(scene: Scene) -> Booked:
    held = await hold(scene.world, scene.city)
    (booked,) = await confirm_bookings(scene.world, [scene.city.change(ME, held.booking_id)])
    assert isinstance(booked, Booked)
    return booked


async def change_name(scene: Scene) -> None:
    clerk, scope, name = scene.counter.clerk, scene.counter.scope, PersonName("Once Zero")
    person_id = await scene.counter.find()
    added = await variants.add_name(scene.world, clerk, scope, person_id, VariantKind.FORMER, name)
    assert hasattr(added, "id"), added
    await variants.remove_name(scene.world, clerk, scope, person_id, added.id)


async def correct(scene: Scene) -> None:
    world, boss, scope = scene.world, scene.counter.supervisor, scene.counter.scope
    first = await scene.counter.ask_document(ME, passport(50))
    await read_corrections(world, boss, scope)
    await approve_correction(world, boss, scope, first)
    await undo_correction(world, boss, scope, first)
    await refuse_correction(world, boss, scope, await scene.counter.ask_document(ME, passport(51)))


async def in_an_emergency(scene: Scene) -> None:
    world, clerk, boss = scene.world, scene.counter.clerk, scene.counter.supervisor
    access = await open_record(world, clerk, Wanted(scene.city.documents[ME]), WHY)
    assert isinstance(access, Access)
    await read_emergency_record(world, clerk, access.id)
    await list_reviews(world, boss)
    await review_access(world, boss, access.id, justified=True, words="He was brought in by ambulance")


async def book_at_counter(scene: Scene) -> None:
    person_id = await scene.counter.find()
    request = FoundRequest(scene.counter.clerk, scene.counter.scope, scene.city.session_ids[0], person_id, Pool.OPEN)
    await book_for_found(scene.world, request)


async def check_in_today(scene: Scene) -> None:
    booked = await booking_of(scene)
    scene.clock.advance(timedelta(days=2))
    await read_patient(scene.world, scene.counter.clerk, scene.counter.scope, booked.booking_id)
    await check_in(scene.world, scene.city.check_in(ME, booked.code))


async def tie_at_counter(scene: Scene) -> None:
    carer, me = scene.city.documents[CARER], scene.city.documents[ME]
    await tied_at_desk(scene.world, scene.city, carer, me)
    await end_at_desk(scene.world, DeskTie(scene.counter.clerk, scene.counter.scope, carer, me))


async def carried_for(scene: Scene) -> None:
    world, carer = scene.world, scene.who(CARER)
    tie_id = await tied_and_cooled(world, scene.clock, scene.city, CARER, ME)
    request = TakeRequest(carer, scene.city.session_ids[2], scene.id(CARER), scene.id())
    (held,) = await take_places(world, [request])
    assert isinstance(held, Held), held
    await confirm_bookings(world, [ChangeRequest(carer, held.booking_id)])
    await give_back_bookings(world, [ChangeRequest(carer, held.booking_id)])
    await end_tie(world, carer, scene.scope(CARER), tie_id)


async def look_at_bookings(scene: Scene) -> None:
    person_id = await scene.counter.find()
    await read_bookings_here(scene.world, scene.counter.clerk, scene.counter.scope, person_id)


async def find_by_name(scene: Scene) -> None:
    await booking_of(scene)
    found = await find_by_name_here(scene.world, scene.counter.clerk, scene.counter.scope, "Person 0", date(1980, 1, 1))
    assert isinstance(found, list)


async def read_record_and_numbers(scene: Scene) -> None:
    clerk, scope, person_id = scene.counter.clerk, scene.counter.scope, await scene.counter.find()
    await finding.read_record(scene.world, clerk, scope, person_id)
    await finding.read_numbers(scene.world, clerk, scope, person_id)


async def change_record(scene: Scene) -> None:
    clerk, scope, person_id = scene.counter.clerk, scene.counter.scope, await scene.counter.find()
    await desk.add_document(scene.world, clerk, scope, person_id, passport(60))
    await desk.change_phone(scene.world, clerk, scope, person_id, NEW_PHONE)


DEEDS: tuple[tuple[str, Deed, list[str]], ...] = (
    ("found", lambda s: s.counter.find(), ["directory.find_person"]),
    ("found by name", find_by_name, ["directory.find_person"]),
    ("record and numbers", read_record_and_numbers,
     ["directory.find_person", "directory.read_record", "identity.document_read"]),
    ("bookings", look_at_bookings, ["directory.find_person", "booking.read_of_person"]),
    ("changes", change_record, ["directory.find_person", "directory.add_document", "directory.change_phone"]),
    ("names", change_name, ["directory.find_person", "directory.add_name", "directory.remove_name"]),
    ("corrections", correct,
     ["directory.find_person", "directory.ask_correction", "directory.read_corrections",
      "directory.approve_correction", "directory.undo_correction", "directory.find_person",
      "directory.ask_correction", "directory.refuse_correction"]),
    ("an emergency", in_an_emergency,
     ["directory.open_emergency", "booking.read_emergency", "directory.list_emergencies",
      "directory.review_emergency"]),
    ("a booking at the counter", book_at_counter,
     ["directory.find_person", "booking.find_patient", "booking.take", "booking.confirm"]),
    ("checking in", check_in_today, ["arrival.read_patient", "arrival.check_in"]),
    ("a tie at the counter", tie_at_counter, ["directory.confirm_tie_at_desk", "directory.end_tie_at_desk"]),
    ("a carer", carried_for,
     ["directory.ask_adult", "booking.take", "booking.confirm", "booking.give_back", "directory.end_tie"]),
)  # fmt: skip


@pytest.mark.parametrize(("deed", "expected"), [row[1:] for row in DEEDS], ids=[row[0] for row in DEEDS])
async def test_what_others_did_is_seen_by_the_person_alone(scene: Scene, deed: Deed, expected: list[str]) -> None:
    await deed(scene)
    assert await seen(scene) == expected
    assert await seen(scene, STRANGE) == []


async def test_staff_are_known_by_role_hospital_and_a_reference_of_this_person_alone(scene: Scene) -> None:
    await scene.counter.find(ME)
    await scene.counter.find(ME, caller=scene.counter.colleague)
    await scene.counter.find(STRANGE)
    again, first = (look.who for look in (await looks(scene)).looks)
    (elsewhere,) = (look.who for look in (await looks(scene, STRANGE)).looks)
    assert (first.kind, first.roles, first.name) == (Is.STAFF, (Role.DESK,), "")
    assert first.reference != again.reference
    assert elsewhere.reference not in {first.reference, again.reference}
    assert [look.hospital for look in (await looks(scene)).looks] == ["Hospital 0"] * 2


async def test_a_carer_is_named_and_somebody_unknown_is_not(scene: Scene) -> None:
    await asked(scene.world, scene.city, CARER, ME)
    request = TakeRequest(scene.who(STRANGE), scene.city.session_ids[0], scene.id(STRANGE), scene.id())
    await take_places(scene.world, [request])
    by_action = {look.action: look for look in (await looks(scene)).looks}
    assert by_action["directory.ask_adult"].who.name == "Person 1"
    assert by_action["booking.take"].who.name == ""
    assert by_action["booking.take"].outcome == "not_permitted"


async def test_a_refused_look_is_seen_too(scene: Scene) -> None:
    answer = await finding.read_numbers(scene.world, scene.counter.clerk, scene.counter.scope, scene.id())
    assert hasattr(answer, "reason")
    (look,) = (await looks(scene)).looks
    assert (look.action, look.outcome) == ("identity.document_read", "not_found")


async def test_what_the_person_does_himself_is_no_look_but_for_reading_numbers_and_saving(scene: Scene) -> None:
    await booking_of(scene)
    await scene.data()
    assert await seen(scene) == []
    shown = await read_numbers(scene.world, scene.who(), await scene.sign_in(), scene.id())
    assert isinstance(shown, PersonData)
    await scene.file()
    assert await seen(scene) == ["identity.document_read", "account.export_data", "identity.document_read"]
    assert {look.who.kind for look in (await looks(scene)).looks} == {Is.YOU}


async def test_the_house_reading_numbers_is_seen(scene: Scene) -> None:
    await read_documents(scene.world, SYSTEM, CityScope("a test"), scene.id())
    (look,) = (await looks(scene)).looks
    assert (look.who.kind, look.outcome, look.channel) == (Is.HOUSE, "done", "worker")


async def test_an_auditor_who_searches_for_the_person_is_seen(scene: Scene) -> None:
    crew: Crew = await make_crew(scene.world, scene.city)
    await read_lines(scene.world, crew.caller(Role.AUDITOR), LinesWanted(person_id=scene.id()))
    (look,) = (await looks(scene)).looks
    assert (look.action, look.who.roles, look.hospital) == ("audit.read_lines", (Role.AUDITOR,), "")


async def test_looks_at_a_record_that_was_merged_away_are_the_persons(scene: Scene) -> None:
    await scene.counter.find(TWIN)
    before = await seen(scene)
    await scene.counter.merge(ME, TWIN)
    after = await seen(scene)
    assert before == []
    assert after.count("directory.find_person") == 3
    assert await seen(scene, DOUBLE) == []


async def test_what_he_did_under_a_merged_record_is_not_anothers_deed(scene: Scene) -> None:
    held = await hold(scene.world, scene.city, TWIN)
    await confirm_bookings(scene.world, [scene.city.change(TWIN, held.booking_id)])
    await scene.counter.merge(ME, TWIN)
    request = TakeRequest(scene.who(), scene.city.session_ids[1], scene.id(), scene.id(TWIN))
    await take_places(scene.world, [request])
    assert not {look.action for look in (await looks(scene)).looks} & {"booking.take", "booking.confirm"}


async def test_a_guardian_reading_is_seen_by_the_child_and_not_by_himself(scene: Scene) -> None:
    _, child_id = await child_of(scene.world, scene.id(), name="Little Zero")
    scene.clock.advance(timedelta(hours=24))
    await scene.data(of=child_id)
    page = await read_looks(scene.world, scene.who(), scene.scope(), child_id)
    assert isinstance(page, LooksPage)
    mine = [(look.action, look.who.name) for look in page.looks if look.action.startswith(("account.", "audit."))]
    assert mine == [("audit.looks_at", "Person 0"), ("account.read_data", "Person 0")]
    assert page.child == "Little Zero"
    assert await seen(scene) == []


async def test_pages_go_on_without_a_gap_while_new_looks_come(scene: Scene) -> None:
    for _ in range(PAGE_LOOKS + 5):
        await scene.counter.find(caller=scene.counter.colleague if _ % 2 else scene.counter.clerk)
    first = await looks(scene)
    await scene.counter.find()
    second = await looks(scene, below=first.more)
    numbers = [look.n for look in (*first.looks, *second.looks)]
    assert len(numbers) == len(set(numbers)) == PAGE_LOOKS + 5
    assert numbers == sorted(numbers, reverse=True)
    assert second.more is None


async def test_the_lines_of_one_person_are_found_by_their_index(scene: Scene) -> None:
    await scene.counter.find()
    ((before,),) = as_owner(
        scene.database, "SELECT idx_scan FROM pg_stat_user_indexes WHERE indexrelname = 'line_of_person'"
    )
    with psycopg.connect(scene.database.dsn(DatabaseRole.OWNER)) as conn:
        conn.execute("SET enable_seqscan = off")
        conn.execute(
            "SELECT * FROM audit.looks_at(NULL, 'person', 'web', 'test', now(), %s::uuid[], NULL, 50)", ([scene.id()],)
        )
        conn.rollback()
        conn.execute("SELECT pg_stat_force_next_flush()")
        conn.execute("SELECT 1")
    ((after,),) = as_owner(
        scene.database, "SELECT idx_scan FROM pg_stat_user_indexes WHERE indexrelname = 'line_of_person'"
    )
    assert isinstance(before, int)
    assert isinstance(after, int)
    assert after > before


async def test_who_books_for_himself_adds_nothing_to_the_index(scene: Scene) -> None:
    await booking_of(scene)
    size = "SELECT pg_relation_size('audit.line_of_person')"
    ((before,),) = as_owner(scene.database, size)
    for number in range(3):
        await hold(scene.world, scene.city, number, 1)
    ((after,),) = as_owner(scene.database, size)
    assert before == after
    inside = (
        "SELECT count(*) FROM audit.line WHERE action LIKE 'booking.%' AND person_id IS NOT NULL "
        "AND (actor_kind = 'staff' OR (actor_kind = 'person' AND actor_id <> person_id))"
    )
    assert as_owner(scene.database, inside) == [(0,)]


def test_every_action_of_the_deeds_has_words() -> None:
    assert {action for row in DEEDS for action in row[2]} <= LOOKS.keys()
