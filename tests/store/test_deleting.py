"""Deleting an account, on real rows: what goes, what stays, what it waits for, and that it sets no cap back."""

from collections.abc import Mapping
from datetime import date, timedelta
from uuid import UUID

import psycopg
import pytest

from firsthand.booking.actions import confirm_bookings, give_back_bookings, read_own_bookings
from firsthand.booking.deleting import delete_account, due_deletions, read_outlook
from firsthand.booking.model import Booked, GivenBack, Held, Reason
from firsthand.booking.model import Refused as BookingRefused
from firsthand.booking.taking import take_places
from firsthand.channels.worker.chores import forget
from firsthand.channels.worker.erasing import delete_accounts, erase_over
from firsthand.directory.correction.actions import ask_correction
from firsthand.directory.correction.deciding import approve_correction, undo_correction
from firsthand.directory.correction.model import Reason as CorrectionReason
from firsthand.directory.correction.model import Refused as CorrectionRefused
from firsthand.directory.correction.model import State as CorrectionState
from firsthand.directory.correction.model import WrongDocument
from firsthand.directory.counter.desk import add_document, register_child
from firsthand.directory.counter.finding import find_child
from firsthand.directory.counter.model import Found, VariantKind
from firsthand.directory.counter.variants import add_name
from firsthand.directory.family.actions import read_family
from firsthand.directory.family.asking import ask_adult
from firsthand.directory.family.model import AdultAsked, Asked
from firsthand.directory.family.model import Reason as FamilyReason
from firsthand.directory.family.model import Refused as FamilyRefused
from firsthand.directory.forgetting.model import ChildsWay
from firsthand.directory.person.actions import register_people
from firsthand.directory.person.asking import Browser
from firsthand.directory.person.model import PersonName, Phone, Registration
from firsthand.directory.person.model import Reason as PersonReason
from firsthand.directory.person.model import Refused as PersonRefused
from firsthand.directory.person.sign_in import enter_code, request_registration, request_sign_in
from firsthand.directory.person.store import NewChild, names_of
from firsthand.directory.request.actions import read_own_requests, withdraw_request
from firsthand.directory.request.model import Kind, Refused, Request, State
from firsthand.directory.request.model import Reason as RequestReason
from firsthand.identity.code.model import CodeRequested
from firsthand.identity.session.actions import find_sessions
from firsthand.identity.session.model import OpenedSession
from firsthand.messages.model import Template
from firsthand.platform.clock import ManualClock
from firsthand.platform.i18n import Language
from firsthand.platform.postgres import Role
from firsthand.platform.scope import CityScope, PersonScope
from firsthand.platform.world import World
from firsthand.policy.model import BookingPolicy, Cap
from firsthand.policy.register import HOLDINGS
from firsthand.policy.retention import APPOINTMENT_TERM, ENDED_TERM, OWNERS_ROW_TERM, PERSON_TERM, PERSONS_ROW_TERM
from tests.account_scene import ME, TWIN, live_through, open_account_scene
from tests.city import SYSTEM, City, Opening, hold, make_city, set_policy
from tests.conftest import START, FreshDatabase
from tests.counter import SEEN, Counter, open_counter
from tests.families import CHILD_BORN, born_document, child_of, person, tied, tied_and_cooled, tied_at_desk
from tests.people import HERE, STRANGER, as_owner, audited, said
from tests.requests import asked, asked_to_delete, signed_in, try_deleting

WEEK = timedelta(days=7)
WEEKLY = BookingPolicy(900, 5, 50, 28, 30, 0, (Cap("week", days=7, per_department=False, max_count=2),))
BROWSER = Browser(HERE, "")


@pytest.fixture
async def city(world: World) -> City:
    made = await make_city(world, sessions=[Opening(day=day) for day in (1, 2, 12, 13, 20)], persons=4)
    await set_policy(world, WEEKLY)
    return made


def rows(database: FreshDatabase, query: str) -> list[tuple[object, ...]]:
    return as_owner(database, query)


def left_of(database: FreshDatabase, person_id: UUID) -> Mapping[str, object]:
    """Return what the person's row still says."""
    ((row,),) = rows(database, f"SELECT row_to_json(person) FROM directory.person WHERE id = '{person_id}'")
    assert isinstance(row, dict)
    return row


async def booked(world: World, city: City, number: int, session: int) -> UUID:
    held = await hold(world, city, number, session=session)
    (done,) = await confirm_bookings(world, [city.change(number, held.booking_id)])
    assert isinstance(done, Booked)
    return held.booking_id


async def test_it_waits_a_week_and_then_nothing_says_who_it_was(
    world: World, city: City, clock: ManualClock, fresh_database: FreshDatabase
) -> None:
    me = city.person_ids[0]
    await add_name(world, person(me), PersonScope(me), me, VariantKind.LATIN, PersonName("Persona Zero"))
    session = await signed_in(world, me)
    asked_for = await asked_to_delete(world, city)
    assert asked_for.runs_from == START + WEEK
    clock.move_to(START + WEEK - timedelta(seconds=1))
    await delete_accounts(world)
    assert left_of(fresh_database, me)["state"] == "active"
    clock.advance(timedelta(seconds=1))
    assert await due_deletions(world, limit=10) == [me]
    await delete_accounts(world)
    left = left_of(fresh_database, me)
    assert (left["state"], left["language"]) == ("anonymised", "zh-Hans")
    kept = {name for name, value in left.items() if value is not None}
    assert kept == {"id", "name", "language", "created_at", "merged_count", "state", "anonymised_at"}
    for table, column in (
        ("identity.document", "person_id"),
        ("identity.former_document", "person_id"),
        ("directory.name_variant", "person_id"),
        ("identity.session", "subject_id"),
        ("identity.passkey", "subject_id"),
        ("identity.passkey_owner", "subject_id"),
        ("messages.message", "person_id"),
        ("directory.found_person", "person_id"),
    ):
        assert rows(fresh_database, f"SELECT FROM {table} WHERE {column} = '{me}'") == [], table
    assert await find_sessions(world, [session.token_hash]) == [None]
    goodbye = [one for one in await said(world) if one.template == "account_deleted"]
    assert [(one.person_id, one.address) for one in goodbye] == [(None, "+8613800000000")]
    assert ("booking.delete_account", "done") in audited(fresh_database)
    assert rows(fresh_database, "SELECT state FROM directory.request") == [("done",)]
    assert await delete_account(world, SYSTEM, me) is False
    await delete_accounts(world)
    assert len([one for one in audited(fresh_database) if one == ("booking.delete_account", "done")]) == 1


async def test_everything_that_the_register_says_goes_with_the_account_goes(
    world: World, clock: ManualClock, fresh_database: FreshDatabase
) -> None:
    """Of somebody to whom everything has happened that can, nothing is left that the register says goes with him."""
    scene = await open_account_scene(world, clock, fresh_database)
    await live_through(scene)
    me, ids = scene.id(), (scene.id(ME), scene.id(TWIN))
    clock.advance(timedelta(days=60))
    await delete_accounts(world)
    assert left_of(fresh_database, me)["state"] == "anonymised"
    own = ", ".join(f"'{one}'" for one in ids)
    for held in HOLDINGS:
        owner = "subject_id" if "passkey" in held.table else "person_id"
        if held.term in {PERSONS_ROW_TERM, OWNERS_ROW_TERM}:
            assert rows(fresh_database, f"SELECT FROM {held.table} WHERE {owner} IN ({own})") == [], held.table
        elif held.term == PERSON_TERM:
            kept = f"SELECT {', '.join(held.columns)} FROM {held.table} WHERE id IN ({own})"
            values = {value for row in rows(fresh_database, kept) for value in row if value is not None}
            # A name is sealed even where it says nothing, and there is no row without a language.
            assert {value for value in values if not isinstance(value, bytes)} <= {"zh-Hans"}, held
    async with world.database.connection() as conn:
        assert set((await names_of(conn, world.keyring, CityScope("test"), ids)).values()) == {""}
        said_of_ties = rows(fresh_database, f"SELECT id, label FROM directory.tie WHERE carer_id IN ({own})")
        assert len(said_of_ties) > 0
    for table in ("directory.correction", "messages.message", "identity.session", "directory.found_person"):
        column = "subject_id" if table == "identity.session" else "person_id"
        assert rows(fresh_database, f"SELECT FROM {table} WHERE {column} IN ({own})") == [], table
    assert rows(fresh_database, f"SELECT FROM directory.tie WHERE carer_id IN ({own}) AND state <> 'ended'") == []
    # The record, and others' appointments, are as they were.
    assert len(rows(fresh_database, f"SELECT FROM audit.line WHERE person_id = '{me}'")) > 10
    assert len(rows(fresh_database, f"SELECT FROM booking.booking WHERE patient_id = '{me}'")) > 1


async def test_it_can_be_taken_back_until_it_is_carried_out(world: World, city: City, clock: ManualClock) -> None:
    me = city.person_ids[0]
    scope = PersonScope(me)
    first = await asked_to_delete(world, city)
    assert await try_deleting(world, me, city.documents[0]) == Refused(RequestReason.ALREADY_ASKED)
    assert isinstance(await withdraw_request(world, person(me), scope, first.id), Request)
    clock.advance(2 * WEEK)
    await delete_accounts(world)
    assert [one.request.state for one in await read_own_requests(world, scope)] == [State.WITHDRAWN]
    second = await asked_to_delete(world, city)
    assert second.runs_from == START + 3 * WEEK


async def test_it_waits_for_the_last_booking_that_counts_and_no_longer(
    world: World, city: City, clock: ManualClock, fresh_database: FreshDatabase
) -> None:
    me = city.person_ids[0]
    await booked(world, city, 0, 2)  # on day 12: it counts against the week until day 18
    await asked_to_delete(world, city)
    outlook = await read_outlook(world, PersonScope(me))
    free_from = START + timedelta(days=19) - timedelta(hours=8)  # midnight in Shanghai, after day 12 and six more
    assert outlook is not None
    assert outlook.counted_until == free_from
    clock.advance(WEEK)
    await delete_accounts(world)
    (own,) = await read_own_requests(world, PersonScope(me))
    assert (own.request.state, own.request.runs_from) == (State.ASKED, free_from)
    assert ("booking.delete_account", "booking_counts") in audited(fresh_database)
    clock.move_to(free_from - timedelta(seconds=1))
    await delete_accounts(world)
    assert left_of(fresh_database, me)["state"] == "active"
    clock.advance(timedelta(seconds=1))
    await delete_accounts(world)
    assert left_of(fresh_database, me)["state"] == "anonymised"
    # The appointment itself stays until its term, under an id that names nobody.
    assert rows(fresh_database, "SELECT patient_id FROM booking.booking") == [(me,)]


async def test_registering_anew_with_the_same_document_sets_no_cap_back(
    world: World, city: City, clock: ManualClock
) -> None:
    """Whenever the account goes, no day that the new one books has an old booking in its week."""
    await booked(world, city, 0, 0)  # day 1
    await booked(world, city, 0, 1)  # day 2: the week's two
    (full,) = await take_places(world, [city.take(0, 0)])
    assert full == BookingRefused(Reason.CAP_REACHED, "week")
    await asked_to_delete(world, city)
    anew = Registration(city.documents[0], PersonName("Person 0"), Phone("+8613900000000"), Language.ENGLISH)
    answer: UUID | PersonRefused = PersonRefused(PersonReason.ALREADY_REGISTERED)
    for day in range(30):
        clock.move_to(START + timedelta(days=day))
        await delete_accounts(world)
        (answer,) = await register_people(world, SYSTEM, [anew])
        if isinstance(answer, UUID):
            break
    today = (clock.now() + timedelta(hours=8)).date()
    assert today > (START + timedelta(days=2 + 6)).date()
    assert isinstance(answer, UUID)
    assert answer != city.person_ids[0]
    assert await read_own_bookings(world, PersonScope(answer)) == []


async def test_registering_anew_sets_no_cap_of_a_carer_back(
    world: World, clock: ManualClock, fresh_database: FreshDatabase
) -> None:
    """Whoever asked for as many ties as a month allows asks for no more by another account of his."""
    city = await make_city(world, persons=7)
    for number in range(1, 5):
        await tied(world, city, 0, number)
    me, other = city.person_ids[0], city.person_ids[6]
    wish = AdultAsked(city.documents[5], "Fifth")
    full = FamilyRefused(FamilyReason.TOO_MANY_NEW)
    assert await ask_adult(world, person(me), PersonScope(me), wish, HERE) == full
    await asked_to_delete(world, city)
    clock.advance(WEEK)
    await delete_accounts(world)
    name, phone, born_on = PersonName("Anew"), Phone("+8613900000000"), date(1980, 1, 1)
    registration = Registration(city.documents[0], name, phone, Language.ENGLISH, born_on)
    (anew,) = await register_people(world, SYSTEM, [registration])
    assert isinstance(anew, UUID)
    assert await ask_adult(world, person(anew), PersonScope(anew), wish, HERE) == full
    # Nobody else is counted so, and nothing is kept of who acted for nobody.
    assert isinstance(await ask_adult(world, person(other), PersonScope(other), wish, HERE), Asked)
    assert rows(fresh_database, "SELECT count(*), count(DISTINCT person_id) FROM directory.left_carer") == [(1, 1)]
    clock.advance(timedelta(days=90))
    await forget(world)
    assert rows(fresh_database, "SELECT FROM directory.left_carer") == []
    assert isinstance(await ask_adult(world, person(anew), PersonScope(anew), wish, HERE), Asked)


async def test_what_was_given_back_counts_for_a_day_more(world: World, city: City, clock: ManualClock) -> None:
    me = city.person_ids[0]
    await asked_to_delete(world, city)
    clock.advance(WEEK - timedelta(hours=3))
    booking_id = await booked(world, city, 0, 2)
    (given,) = await give_back_bookings(world, [city.change(0, booking_id)])
    assert isinstance(given, GivenBack)
    clock.advance(timedelta(hours=3))
    assert await delete_account(world, SYSTEM, me) is False
    clock.advance(timedelta(hours=21))
    assert await delete_account(world, SYSTEM, me) is True


async def test_a_place_held_for_somebody_else_is_waited_for_and_his_booking_stays(
    world: World, city: City, clock: ManualClock, fresh_database: FreshDatabase
) -> None:
    carer, dependant = city.person_ids[:2]
    await tied_and_cooled(world, clock, city)
    request = city.take(0, 2)
    held_for = type(request)(request.caller, request.session_id, carer, dependant)
    (held,) = await take_places(world, [held_for])
    assert isinstance(held, Held)
    await confirm_bookings(world, [city.change(0, held.booking_id)])
    await asked_to_delete(world, city)
    clock.advance(WEEK)
    await delete_accounts(world)
    assert left_of(fresh_database, carer)["state"] == "anonymised"
    # The booking is the dependant's, who is told that nobody acts for him any more.
    (own,) = await read_own_bookings(world, PersonScope(dependant))
    assert (own.patient_id, own.holder_id) == (dependant, carer)
    told = [one for one in await said(world) if one.template == "tie_ended"]
    assert [one.person_id for one in told] == [dependant]
    family = await read_family(world, PersonScope(dependant))
    assert [(one.tie.ended_why, one.living) for one in family.carers] == [("by_carer", False)]
    assert [one.name for one in family.carers] == [""]


async def test_what_a_carer_called_him_goes_with_the_dependant(world: World, city: City, clock: ManualClock) -> None:
    carer = city.person_ids[0]
    await tied(world, city)
    await asked_to_delete(world, city, 1)
    clock.advance(WEEK)
    await delete_accounts(world)
    (ended,) = (await read_family(world, PersonScope(carer))).dependants
    assert (ended.tie.label, ended.name, ended.tie.ended_why) == ("", "", "by_dependant")


async def test_a_child_whom_nobody_could_find_goes_along(
    world: World, city: City, clock: ManualClock, fresh_database: FreshDatabase
) -> None:
    guardian = city.person_ids[0]
    _, child_id = await child_of(world, guardian)
    outlook = await read_outlook(world, PersonScope(guardian))
    assert outlook is not None
    assert [one.way for one in outlook.children] == [ChildsWay.GOES]
    await asked_to_delete(world, city)
    clock.advance(WEEK)
    await delete_accounts(world)
    assert left_of(fresh_database, child_id)["state"] == "anonymised"


async def test_a_childs_booking_is_waited_for_as_well(world: World, city: City, clock: ManualClock) -> None:
    guardian = city.person_ids[0]
    _, child_id = await child_of(world, guardian)
    clock.advance(timedelta(days=2))
    request = city.take(0, 2)
    (held,) = await take_places(world, [type(request)(request.caller, request.session_id, guardian, child_id)])
    assert isinstance(held, Held)
    await confirm_bookings(world, [city.change(0, held.booking_id)])
    await asked_to_delete(world, city)
    clock.advance(WEEK)
    assert await delete_account(world, SYSTEM, guardian) is False
    clock.move_to(START + timedelta(days=19))
    assert await delete_account(world, SYSTEM, guardian) is True


async def test_a_child_with_a_document_stays_a_person(
    world: World, city: City, clock: ManualClock, fresh_database: FreshDatabase
) -> None:
    counter = await open_counter(world, city)
    child_id = await child_with_document(counter, clock)
    await asked_to_delete(world, city)
    clock.advance(WEEK)
    await delete_accounts(world)
    left = left_of(fresh_database, child_id)
    assert (left["state"], left["guardian_id"]) == ("active", None)
    assert await counter.find_document(born_document(CHILD_BORN)) == child_id


async def test_a_child_without_a_document_is_handed_over_to_its_other_guardian(
    world: World, city: City, clock: ManualClock, fresh_database: FreshDatabase
) -> None:
    counter = await open_counter(world, city)
    child_id = await child_with_document(counter, clock)
    await tied_at_desk(world, city, city.documents[1], born_document(CHILD_BORN))
    await counter.find_document(born_document(CHILD_BORN))
    (document_id,) = (await counter.documents(child_id)).values()
    wrong = await ask_correction(world, counter.clerk, counter.scope, WrongDocument(child_id, document_id, None), SEEN)
    assert isinstance(wrong, UUID), wrong
    assert await approve_correction(world, counter.supervisor, counter.scope, wrong) is CorrectionState.APPROVED
    await asked_to_delete(world, city)
    clock.advance(WEEK)
    await delete_accounts(world)
    left = left_of(fresh_database, child_id)
    assert (left["state"], left["guardian_id"]) == ("active", str(city.person_ids[1]))


async def child_with_document(counter: Counter, clock: ManualClock) -> UUID:
    """Register a child under the city's first person, and give it a document at the desk later."""
    guardian = await counter.find(0)
    new = NewChild(UUID(int=9), guardian, PersonName("Zhao Le"), CHILD_BORN, Language.ENGLISH)
    registered = await register_child(counter.world, counter.clerk, counter.scope, guardian, new)
    assert isinstance(registered, Found), registered
    clock.advance(timedelta(minutes=1))
    await counter.find(0)
    found = await find_child(counter.world, counter.clerk, counter.scope, registered.person_id)
    assert isinstance(found, Found), found
    document = born_document(CHILD_BORN)
    added = await add_document(counter.world, counter.clerk, counter.scope, registered.person_id, document)
    assert added == document
    return registered.person_id


async def test_every_record_of_one_person_goes(
    world: World, city: City, clock: ManualClock, fresh_database: FreshDatabase
) -> None:
    counter = await open_counter(world, city)
    merger = await counter.merge(0, 1)
    await asked_to_delete(world, city, 0)
    clock.advance(WEEK)
    await delete_accounts(world)
    for number in (0, 1):
        assert left_of(fresh_database, city.person_ids[number])["state"] == "anonymised"
    assert rows(fresh_database, "SELECT count(*) FROM directory.correction") == [(0,)]
    undone = await undo_correction(world, counter.supervisor, counter.scope, merger)
    assert undone == CorrectionRefused(CorrectionReason.NOT_FOUND)
    for number in (0, 1):
        anew = Registration(city.documents[number], PersonName("New"), Phone(""), Language.ENGLISH)
        (answer,) = await register_people(world, SYSTEM, [anew])
        assert isinstance(answer, UUID)


async def test_a_deletion_asked_under_a_record_that_was_merged_since_is_over(
    world: World, city: City, clock: ManualClock, fresh_database: FreshDatabase
) -> None:
    """Else whoever gets two records merged could have somebody else's account deleted."""
    await asked_to_delete(world, city, 1)
    await (await open_counter(world, city)).merge(0, 1)
    clock.advance(2 * WEEK)
    await delete_accounts(world)
    assert left_of(fresh_database, city.person_ids[0])["state"] == "active"
    (own,) = await read_own_requests(world, PersonScope(city.person_ids[0]))
    assert own.request.state is State.WITHDRAWN
    assert ("booking.delete_account", "record_merged") in audited(fresh_database)
    assert await due_deletions(world, limit=10) == []


async def test_one_who_cannot_be_forgotten_keeps_no_other(
    world: World, city: City, clock: ManualClock, fresh_database: FreshDatabase
) -> None:
    with psycopg.connect(fresh_database.dsn(Role.OWNER)) as owner:
        stuck = f"CHECK (state = 'active' OR id <> '{city.person_ids[0]}')"
        owner.execute(f"ALTER TABLE directory.person ADD CONSTRAINT stuck {stuck}")
    clock.move_to(START + timedelta(days=APPOINTMENT_TERM.days, seconds=1))
    await erase_over(world)
    assert [left_of(fresh_database, one)["state"] for one in city.person_ids] == ["active"] + ["anonymised"] * 3


async def test_other_requests_end_and_say_nothing_any_more(
    world: World, city: City, clock: ManualClock, fresh_database: FreshDatabase
) -> None:
    await asked(world, city.person_ids[0])
    await asked_to_delete(world, city)
    clock.advance(WEEK)
    await delete_accounts(world)
    left = rows(fresh_database, "SELECT kind, state, words, answer FROM directory.request ORDER BY kind")
    assert left == [("correction", "withdrawn", None, None), ("deletion", "done", None, None)]


async def test_a_code_or_a_phone_of_a_deleted_account_signs_nobody_in_and_tells_nothing(
    world: World, city: City, clock: ManualClock, fresh_database: FreshDatabase
) -> None:
    """A code in flight when the account goes is worth nothing, and what is asked later is answered as for strangers."""
    me = city.person_ids[0]
    await asked_to_delete(world, city)
    clock.advance(WEEK)
    before = await request_sign_in(world, STRANGER, city.documents[0], BROWSER)
    assert isinstance(before, CodeRequested)
    (code,) = [one.body for one in await said(world) if one.template == "one_time_code"]
    digits = "".join(filter(str.isdigit, code))[:6]
    await delete_accounts(world)
    entered = await enter_code(world, STRANGER, before.code_id, digits, BROWSER)
    assert not isinstance(entered, OpenedSession)
    for number in (city.documents[0], Phone("+8613800000000")):
        assert isinstance(await request_sign_in(world, STRANGER, number, BROWSER), CodeRequested)
    assert [one for one in await said(world) if one.template == "one_time_code"] == []
    anew = Registration(city.documents[0], PersonName("Person 0"), Phone("+8613800000000"), Language.ENGLISH)
    assert isinstance(await request_registration(world, STRANGER, anew, BROWSER), CodeRequested)
    assert [one.template for one in await said(world)].count(Template.ONE_TIME_CODE) == 1
    assert left_of(fresh_database, me)["state"] == "anonymised"


async def test_the_database_gives_nobody_his_name_back(
    world: World, city: City, clock: ManualClock, fresh_database: FreshDatabase
) -> None:
    me = city.person_ids[0]
    await asked_to_delete(world, city)
    clock.advance(WEEK)
    await delete_accounts(world)
    with psycopg.connect(fresh_database.dsn(Role.APP)) as conn, pytest.raises(psycopg.errors.CheckViolation):
        conn.execute("UPDATE directory.person SET state = 'active', anonymised_at = NULL WHERE id = %s", (me,))
    with psycopg.connect(fresh_database.dsn(Role.APP)) as conn, pytest.raises(psycopg.errors.InsufficientPrivilege):
        conn.execute("DELETE FROM directory.person WHERE id = %s", (me,))


async def test_one_account_that_cannot_go_keeps_no_other(
    world: World, city: City, clock: ManualClock, fresh_database: FreshDatabase
) -> None:
    for number in (0, 1):
        await asked_to_delete(world, city, number)
    with psycopg.connect(fresh_database.dsn(Role.OWNER)) as owner:
        stuck = f"CHECK (state = 'active' OR id <> '{city.person_ids[0]}')"
        owner.execute(f"ALTER TABLE directory.person ADD CONSTRAINT stuck {stuck}")
    clock.advance(WEEK)
    await delete_accounts(world)
    stays, gone = (left_of(fresh_database, city.person_ids[number])["state"] for number in (0, 1))
    assert (stays, gone) == ("active", "anonymised")
    # It stayed whole: whoever could not go has everything.
    assert len(rows(fresh_database, f"SELECT FROM identity.document WHERE person_id = '{city.person_ids[0]}'")) == 1
    (own,) = await read_own_requests(world, PersonScope(city.person_ids[0]))
    assert (own.request.kind, own.request.state) == (Kind.DELETION, State.ASKED)


async def test_who_has_not_come_for_years_is_forgotten_and_nobody_else(
    world: World, city: City, clock: ManualClock, fresh_database: FreshDatabase
) -> None:
    came, never, carer, dependant = city.person_ids
    await booked(world, city, 0, 4)  # on day 20
    await tied(world, city, 2, 3)
    clock.move_to(START + timedelta(days=APPOINTMENT_TERM.days))
    await erase_over(world)
    assert {left_of(fresh_database, one)["state"] for one in city.person_ids} == {"active"}
    clock.advance(timedelta(seconds=1))
    await erase_over(world)
    states = {one: left_of(fresh_database, one)["state"] for one in city.person_ids}
    assert states == {came: "active", never: "anonymised", carer: "active", dependant: "active"}
    assert [one.template for one in await said(world) if one.person_id is None] == []
    clock.move_to(START + timedelta(days=APPOINTMENT_TERM.days + 21))
    await erase_over(world)
    assert left_of(fresh_database, came)["state"] == "anonymised"
    assert ("booking.forget_unseen", "done") in audited(fresh_database)


async def test_a_merged_record_is_nameless_once_nothing_can_undo_its_merger(
    world: World, city: City, clock: ManualClock, fresh_database: FreshDatabase
) -> None:
    counter = await open_counter(world, city)
    await counter.merge(0, 1)
    kept, merged = city.person_ids[:2]
    for day in range(0, ENDED_TERM.days, 300):
        clock.move_to(START + timedelta(days=day))
        await sign_in_again(world, city, kept)
        await erase_over(world)
        assert left_of(fresh_database, merged)["phone"] is not None
    clock.move_to(START + timedelta(days=ENDED_TERM.days, seconds=1))
    await erase_over(world)
    left = left_of(fresh_database, merged)
    assert (left["state"], left["phone"], left["merged_into"]) == ("anonymised", None, str(kept))
    assert left_of(fresh_database, kept)["state"] == "active"
    found = await counter.find_document(city.documents[1])
    assert found == kept


async def sign_in_again(world: World, city: City, person_id: UUID) -> None:
    """Let somebody come, so that he is not forgotten: he signs in."""
    requested = await request_sign_in(world, STRANGER, city.documents[0], BROWSER)
    assert isinstance(requested, CodeRequested)
    messages = [one for one in await said(world) if one.template == "one_time_code" and one.person_id == person_id]
    digits = "".join(filter(str.isdigit, messages[-1].body))[:6]
    assert isinstance(await enter_code(world, STRANGER, requested.code_id, digits, BROWSER), OpenedSession)
