"""People at the counter: found by document or booking, registered, given documents, names and phones."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest

from firsthand.arrival.actions import read_desk_day
from firsthand.arrival.model import Refused as ArrivalRefused
from firsthand.booking.actions import confirm_bookings
from firsthand.booking.counter import find_by_booking, find_by_name_here, read_bookings_here
from firsthand.booking.desk import BookedAtDesk, FoundRequest, book_for_found
from firsthand.booking.model import Booked
from firsthand.booking.model import Reason as BookingReason
from firsthand.booking.model import Refused as BookingRefused
from firsthand.directory.counter.desk import add_document, change_phone, register_at_desk, register_child
from firsthand.directory.counter.finding import find_by_document, find_child, find_on_phone, read_numbers, read_record
from firsthand.directory.counter.limits import PER_CLERK
from firsthand.directory.counter.model import (
    CHILDREN_MAX,
    DOCUMENTS_MAX,
    FOUND_FOR,
    PHONE_COOLING,
    VARIANTS_MAX,
    Basis,
    Found,
    NameVariant,
    NewAtDesk,
    Reason,
    Record,
    Refused,
    VariantKind,
)
from firsthand.directory.counter.variants import add_name, read_own_names, remove_name
from firsthand.directory.person.model import PersonName, Phone
from firsthand.directory.person.store import NewChild, find_by_phone
from firsthand.identity.document.actions import read_kinds
from firsthand.identity.document.model import Document
from firsthand.identity.document.rules import parse_document
from firsthand.identity.session.actions import find_sessions
from firsthand.identity.session.store import open_person_session
from firsthand.platform.clock import ManualClock
from firsthand.platform.crypto import token_hash
from firsthand.platform.i18n import Language
from firsthand.platform.scope import PersonScope
from firsthand.platform.world import World
from firsthand.policy.documents import Alphabet, DocumentKind, DocumentPolicy
from firsthand.policy.model import Version
from firsthand.policy.store import add_version
from firsthand.release.model import Pool
from tests.city import City, Opening, hold, make_city
from tests.conftest import FreshDatabase
from tests.counter import ANYBODY, Counter, open_counter, passport, resident
from tests.people import audited, said

BORN = date(2019, 5, 1)


@pytest.fixture
async def counter(world: World) -> Counter:
    city = await make_city(world, sessions=[Opening(places=5), Opening(places=5, hospital=1)], persons=3)
    return await open_counter(world, city)


def new_person(document: Document, *, phone: str = "+8613900000001", born_on: date | None = None) -> NewAtDesk:
    return NewAtDesk(document, PersonName("Zhao Min"), Phone(phone), Language.ENGLISH, born_on)


async def booked(world: World, city: City, person: int, session: int) -> str:
    """Book for a person, and return the code."""
    held = await hold(world, city, person, session)
    (answer,) = await confirm_bookings(world, [city.change(person, held.booking_id)])
    assert isinstance(answer, Booked)
    return answer.code


async def test_a_document_finds_its_person_and_opens_his_record(world: World, counter: Counter) -> None:
    person_id = await counter.find()
    record = await read_record(world, counter.clerk, counter.scope, person_id)
    assert isinstance(record, Record)
    assert (record.name, record.basis, record.phone_tail) == ("Person 0", Basis.DOCUMENT, "0000")
    (document,) = record.documents
    assert (document.type, document.tail) == ("passport", "00")


async def test_what_was_found_holds_for_this_clerk_here_and_for_half_an_hour(world: World, counter: Counter) -> None:
    person_id = await counter.find()
    assert await read_record(world, counter.colleague, counter.scope, person_id) == Refused(Reason.NOT_FOUND)
    assert isinstance(world.clock, ManualClock)
    world.clock.advance(FOUND_FOR)
    assert await read_record(world, counter.clerk, counter.scope, person_id) == Refused(Reason.NOT_FOUND)


async def test_numbers_are_read_only_at_the_counter_and_each_reading_is_recorded(
    world: World, counter: Counter, fresh_database: FreshDatabase
) -> None:
    code = await booked(world, counter.city, 0, 0)
    found = await find_by_booking(world, counter.clerk, counter.scope, code)
    assert isinstance(found, Found)
    assert await read_numbers(world, counter.clerk, counter.scope, found.person_id) == Refused(Reason.DOCUMENT_NEEDED)
    await counter.find()
    shown = await read_numbers(world, counter.clerk, counter.scope, found.person_id)
    assert not isinstance(shown, Refused)
    assert [one.document for one in shown] == [counter.city.documents[0]]
    assert ("identity.document_read", "document_needed") in audited(fresh_database)
    assert ("identity.document_read", "done") in audited(fresh_database)


async def test_a_weaker_way_of_knowing_does_not_take_the_place_of_a_stronger_one(
    world: World, counter: Counter
) -> None:
    code = await booked(world, counter.city, 0, 0)
    person_id = await counter.find()
    await find_by_booking(world, counter.clerk, counter.scope, code)
    record = await read_record(world, counter.clerk, counter.scope, person_id)
    assert isinstance(record, Record)
    assert record.basis is Basis.DOCUMENT


async def test_on_the_phone_number_name_and_birth_must_all_be_right(world: World, counter: Counter) -> None:
    document = resident(date(1980, 3, 4))
    registered = await register_at_desk(world, counter.clerk, counter.scope, new_person(document))
    assert isinstance(registered, Found)
    clerk = counter.colleague
    for spoken, name, born_on in (
        (document, "Zhao Mina", date(1980, 3, 4)),
        (document, "Zhao Min", date(1980, 4, 3)),
        (passport(1), "Zhao Min", date(1980, 3, 4)),
        (document, "", date(1980, 3, 4)),
    ):
        assert await find_on_phone(world, clerk, counter.scope, spoken, name, born_on) == Refused(Reason.NOT_FOUND)
    found = await find_on_phone(world, clerk, counter.scope, document, " zhao-MIN ", date(1980, 3, 4))
    assert found == Found(registered.person_id, Basis.PHONE)


async def test_a_name_finds_only_people_with_a_booking_here(world: World, counter: Counter) -> None:
    document = resident(date(1980, 3, 4))
    registered = await register_at_desk(world, counter.clerk, counter.scope, new_person(document))
    assert isinstance(registered, Found)
    asked = (world, counter.colleague, counter.scope, "ZHAO MIN", date(1980, 3, 4))
    assert await find_by_name_here(*asked) == Refused(Reason.NOT_FOUND)
    request = FoundRequest(counter.clerk, counter.scope, counter.city.session_ids[0], registered.person_id, Pool.OPEN)
    assert isinstance(await book_for_found(world, request), BookedAtDesk)
    assert await find_by_name_here(*asked) == [Found(registered.person_id, Basis.BOOKING)]
    elsewhere = await open_counter(world, counter.city, 1)
    assert await find_by_name_here(world, elsewhere.clerk, elsewhere.scope, "Zhao Min", date(1980, 3, 4)) == Refused(
        Reason.NOT_FOUND
    )


async def test_a_clerk_cannot_go_through_numbers(world: World, counter: Counter) -> None:
    for number in range(PER_CLERK.attempts_max):
        answer = await find_by_document(world, counter.clerk, counter.scope, passport(number))
        assert answer == Refused(Reason.NOT_FOUND)
    assert await find_by_document(world, counter.clerk, counter.scope, counter.city.documents[0]) == Refused(
        Reason.TOO_MANY_SEARCHES
    )
    assert isinstance(await find_by_document(world, counter.colleague, counter.scope, counter.city.documents[0]), Found)


async def test_a_person_is_registered_with_his_document_in_hand_with_or_without_a_phone(
    world: World, counter: Counter
) -> None:
    with_phone = await register_at_desk(world, counter.clerk, counter.scope, new_person(passport(1)))
    without = await register_at_desk(world, counter.clerk, counter.scope, new_person(passport(2), phone=""))
    assert isinstance(with_phone, Found)
    assert isinstance(without, Found)
    async with world.database.transaction() as conn:
        assert await find_by_phone(conn, world.keyring, ANYBODY, Phone("+8613900000001")) == [with_phone.person_id]
    told = [(message.person_id, message.template) for message in await said(world)]
    assert told == [(with_phone.person_id, "registered_at_desk")]
    again = await register_at_desk(world, counter.clerk, counter.scope, new_person(passport(1)))
    assert again == Refused(Reason.DOCUMENT_KNOWN)


async def test_what_a_document_says_of_the_birth_is_believed(world: World, counter: Counter) -> None:
    document = resident(date(1980, 3, 4))
    wrong = new_person(document, born_on=date(1980, 3, 5))
    assert await register_at_desk(world, counter.clerk, counter.scope, wrong) == Refused(Reason.BIRTH_CONTRADICTS)


async def test_a_second_document_is_bound_to_its_person(world: World, counter: Counter) -> None:
    person_id = await counter.find()
    assert await add_document(world, counter.clerk, counter.scope, person_id, passport(9)) == passport(9)
    assert await counter.find_document(passport(9)) == person_id
    for known, reason in (
        (passport(9), Reason.DOCUMENT_OF_THIS_PERSON),
        (counter.city.documents[1], Reason.DOCUMENT_KNOWN),
    ):
        assert await add_document(world, counter.clerk, counter.scope, person_id, known) == Refused(reason)
    for number in range(DOCUMENTS_MAX - 2):
        assert isinstance(
            await add_document(world, counter.clerk, counter.scope, person_id, passport(20 + number)), Document
        )
    answer = await add_document(world, counter.clerk, counter.scope, person_id, passport(30))
    assert answer == Refused(Reason.TOO_MANY_DOCUMENTS)


async def test_a_child_is_found_through_the_guardian_and_later_given_a_document(world: World, counter: Counter) -> None:
    guardian_id = await counter.find()
    child = NewChild(uuid4(), guardian_id, PersonName("Zhao Le"), BORN, Language.ENGLISH)
    registered = await register_child(world, counter.clerk, counter.scope, guardian_id, child)
    assert isinstance(registered, Found)
    assert await find_child(world, counter.colleague, counter.scope, registered.person_id) == Refused(Reason.NOT_FOUND)
    await counter.find(caller=counter.colleague)
    found = await find_child(world, counter.colleague, counter.scope, registered.person_id)
    assert found == Found(registered.person_id, Basis.DOCUMENT)
    record = await read_record(world, counter.colleague, counter.scope, guardian_id)
    assert isinstance(record, Record)
    assert [(one.person_id, one.born_on) for one in record.children] == [(registered.person_id, BORN)]
    added = await add_document(world, counter.colleague, counter.scope, registered.person_id, resident(BORN))
    assert added == resident(BORN)
    assert await counter.find_document(resident(BORN)) == registered.person_id


async def test_a_child_that_has_come_of_age_is_no_longer_found_through_the_guardian(
    world: World, counter: Counter
) -> None:
    guardian_id = await counter.find()
    child = NewChild(uuid4(), guardian_id, PersonName("Zhao Le"), date(2008, 6, 1), Language.ENGLISH)
    registered = await register_child(world, counter.clerk, counter.scope, guardian_id, child)
    assert isinstance(registered, Found)
    assert isinstance(world.clock, ManualClock)
    world.clock.advance(timedelta(days=100))
    await counter.find()
    assert await find_child(world, counter.clerk, counter.scope, registered.person_id) == Refused(Reason.NOT_FOUND)
    record = await read_record(world, counter.clerk, counter.scope, guardian_id)
    assert isinstance(record, Record)
    assert record.children == ()


async def test_a_child_is_a_child_and_a_guardian_has_only_so_many(world: World, counter: Counter) -> None:
    guardian_id = await counter.find()
    for born_on in (date(2000, 1, 1), date(2026, 3, 3)):
        child = NewChild(uuid4(), guardian_id, PersonName("Zhao Le"), born_on, Language.ENGLISH)
        answer = await register_child(world, counter.clerk, counter.scope, guardian_id, child)
        assert answer == Refused(Reason.NOT_A_CHILD)
    names = [PersonName(f"Zhao Le {number}") for number in range(CHILDREN_MAX + 1)]
    children = [NewChild(uuid4(), guardian_id, name, BORN, Language.ENGLISH) for name in names]
    answers = [await register_child(world, counter.clerk, counter.scope, guardian_id, child) for child in children]
    assert all(isinstance(answer, Found) for answer in answers[:-1])
    assert answers[-1] == Refused(Reason.TOO_MANY_CHILDREN)


async def test_a_child_is_registered_once_however_often_it_is_sent(world: World, counter: Counter) -> None:
    guardian_id = await counter.find()
    child = NewChild(uuid4(), guardian_id, PersonName("Zhao Le"), BORN, Language.ENGLISH)
    answers = await asyncio.gather(
        *(register_child(world, counter.clerk, counter.scope, guardian_id, child) for _ in range(4))
    )
    assert len({str(answer) for answer in answers}) == 1
    assert isinstance(answers[0], Found)
    twin = replace(child, name=PersonName("Zhao Yi"))
    other = await register_child(world, counter.clerk, counter.scope, guardian_id, twin)
    assert isinstance(other, Found)
    assert other.person_id != answers[0].person_id
    record = await read_record(world, counter.clerk, counter.scope, guardian_id)
    assert isinstance(record, Record)
    assert {one.person_id for one in record.children} == {answers[0].person_id, other.person_id}


async def test_a_phone_is_changed_at_the_counter_and_all_sessions_end(world: World, counter: Counter) -> None:
    person_id = await counter.find()
    async with world.database.transaction() as conn:
        opened = await open_person_session(conn, world, person_id)
    phone = Phone("+8613911112222")
    assert await change_phone(world, counter.clerk, counter.scope, person_id, phone) == phone
    assert await find_sessions(world, [token_hash(opened.token)]) == [None]
    assert {message.address for message in await said(world)} == {"+8613800000000", phone}
    again = await change_phone(world, counter.clerk, counter.scope, person_id, Phone("+8613911113333"))
    assert again == Refused(Reason.CHANGED_LATELY)
    same = await change_phone(world, counter.clerk, counter.scope, person_id, phone)
    assert same == Refused(Reason.SAME_PHONE)
    assert isinstance(world.clock, ManualClock)
    world.clock.advance(PHONE_COOLING)
    await counter.find()
    assert await change_phone(world, counter.clerk, counter.scope, person_id, Phone("")) == ""


async def test_other_names_are_added_by_the_person_or_the_desk_and_found_by(world: World, counter: Counter) -> None:
    document = resident(date(1980, 3, 4))
    registered = await register_at_desk(world, counter.clerk, counter.scope, new_person(document))
    assert isinstance(registered, Found)
    person_id = registered.person_id
    own = PersonScope(person_id)
    added = await add_name(world, counter.clerk, counter.scope, person_id, VariantKind.OTHER_SCRIPT, PersonName("赵敏"))
    assert isinstance(added, NameVariant)
    found = await find_on_phone(world, counter.colleague, counter.scope, document, "赵敏", date(1980, 3, 4))
    assert isinstance(found, Found)
    himself = counter.city.person()
    himself = type(himself)(himself.kind, person_id, himself.channel, "test")
    for number in range(VARIANTS_MAX - 1):
        name = PersonName(f"Former {number}")
        assert isinstance(await add_name(world, himself, own, person_id, VariantKind.FORMER, name), NameVariant)
    full = await add_name(world, himself, own, person_id, VariantKind.FORMER, PersonName("One More"))
    assert full == Refused(Reason.TOO_MANY_NAMES)
    assert await remove_name(world, himself, own, person_id, added.id) is None
    assert await remove_name(world, himself, own, person_id, added.id) == Refused(Reason.NAME_UNKNOWN)
    assert len(await read_own_names(world, own)) == VARIANTS_MAX - 1
    known = await add_name(world, himself, own, person_id, VariantKind.LATIN, PersonName("ZHAO  MIN"))
    assert known == Refused(Reason.NAME_KNOWN)


async def test_the_days_list_says_what_else_a_patient_is_called(world: World, counter: Counter) -> None:
    await booked(world, counter.city, 0, 0)
    person_id = await counter.find()
    await add_name(world, counter.clerk, counter.scope, person_id, VariantKind.OTHER_SCRIPT, PersonName("王小明"))
    tomorrow = (world.clock.now() + timedelta(days=1)).date()
    day = await read_desk_day(world, counter.clerk, counter.scope, tomorrow)
    assert not isinstance(day, ArrivalRefused)
    assert [(one.name, one.other_names) for one in day.patients] == [("Person 0", ("王小明",))]


async def test_booking_for_somebody_who_was_found_has_the_same_caps(world: World, counter: Counter) -> None:
    person_id = await counter.find()
    request = FoundRequest(counter.clerk, counter.scope, counter.city.session_ids[0], person_id, Pool.OPEN)
    assert isinstance(await book_for_found(world, request), BookedAtDesk)
    again = await book_for_found(world, request)
    assert again == BookingRefused(BookingReason.CAP_REACHED, "department_day")
    unfound = FoundRequest(
        counter.clerk, counter.scope, counter.city.session_ids[0], counter.city.person_ids[1], Pool.OPEN
    )
    assert await book_for_found(world, unfound) == BookingRefused(BookingReason.PERSON_UNKNOWN)
    elsewhere = FoundRequest(counter.clerk, counter.scope, counter.city.session_ids[1], person_id, Pool.OPEN)
    assert await book_for_found(world, elsewhere) == BookingRefused(BookingReason.NOT_PERMITTED)
    here = await read_bookings_here(world, counter.clerk, counter.scope, person_id)
    assert not isinstance(here, Refused)
    assert [one.hospital_id for one in here] == [counter.scope.hospital_id]


async def test_the_desk_sees_only_the_bookings_at_its_hospital(world: World, counter: Counter) -> None:
    await booked(world, counter.city, 0, 1)
    person_id = await counter.find()
    assert await read_bookings_here(world, counter.clerk, counter.scope, person_id) == []


async def test_who_is_not_found_and_who_is_unknown_look_alike(world: World, counter: Counter) -> None:
    for person_id in (counter.city.person_ids[0], UUID(int=7)):
        assert await read_record(world, counter.clerk, counter.scope, person_id) == Refused(Reason.NOT_FOUND)
        assert await find_child(world, counter.clerk, counter.scope, person_id) == Refused(Reason.NOT_FOUND)


async def test_a_city_adds_a_kind_of_document_without_code(world: World, counter: Counter) -> None:
    kind = DocumentKind("seafarer_book", "海员证", "Seafarer's book", (Alphabet.LETTERS, Alphabet.DIGITS), 8, 8)
    async with world.database.transaction() as conn:
        await add_version(conn, Version(world.clock.now(), DocumentPolicy(30, (kind,)), "a test"))
    kinds = await read_kinds(world)
    assert kinds == (kind,)
    document = parse_document("seafarer_book", " ab-12 34 56 ", kinds)
    assert document == Document("seafarer_book", "AB123456")
    assert isinstance(document, Document)
    registered = await register_at_desk(world, counter.clerk, counter.scope, new_person(document))
    assert isinstance(registered, Found)
    assert await counter.find_document(document) == registered.person_id
