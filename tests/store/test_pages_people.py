"""The desk's pages for people: find, register, look, change, book, and corrections decided by another."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from litestar import Litestar

from firsthand.platform.world import World
from tests.city import City, Opening, make_city
from tests.conftest import FreshDatabase
from tests.counter import Counter, open_counter, passport
from tests.people import audited
from tests.visitor import PASSWORD, Visitor, forms_of, visiting

OPENINGS = (Opening(places=4), Opening(places=4, day=2, department="Cardiology"), Opening(places=4, hospital=1))
SEEN = {"evidence": "original_document", "note": "The last digits differ from the card.", "confirmed": "yes"}


@pytest.fixture
async def city(world: World) -> City:
    return await make_city(world, sessions=OPENINGS, persons=3)


@pytest.fixture
async def counter(world: World, city: City) -> Counter:
    return await open_counter(world, city)


@pytest.fixture
async def clerk(app: Litestar) -> AsyncIterator[Visitor]:
    async with visiting(app) as one:
        await one.sign_in_at_desk()
        yield one


@pytest.fixture
async def supervisor(app: Litestar, counter: Counter) -> AsyncIterator[Visitor]:
    assert counter.supervisor.id
    async with visiting(app) as one:
        await one.open("/desk/sign-in")
        await one.send("/desk/sign-in", {"username": "counter01", "password": PASSWORD})
        yield one


async def find(visitor: Visitor, city: City, person: int = 0) -> str:
    """Find a person by document; return the address of his record."""
    await visitor.open("/desk/people")
    document = city.documents[person]
    page = await visitor.send(
        "/desk/people", {"by": "document", "document_type": document.type, "document_number": document.number}
    )
    assert page.status_code == 200, page.text
    return f"/desk/people/{city.person_ids[person]}"


async def test_a_clerk_finds_a_person_and_sees_numbers_only_when_he_asks(
    clerk: Visitor, city: City, fresh_database: FreshDatabase
) -> None:
    address = await find(clerk, city)
    assert "Person 0" in clerk.page.text
    assert city.documents[0].number not in clerk.page.text
    await clerk.send(f"{address}/numbers")
    assert city.documents[0].number in clerk.page.text
    assert ("identity.document_read", "done") in audited(fresh_database)


async def test_nobody_is_found_and_then_registered(clerk: Visitor) -> None:
    await clerk.open("/desk/people")
    document = passport(1)
    typed = {"document_type": document.type, "document_number": document.number}
    page = await clerk.send("/desk/people", typed)
    assert page.status_code == 404
    assert "Nobody was found" in page.text
    await clerk.open("/desk/people/new")
    await clerk.send("/desk/people/new", {"name": "", "phone": "x", **typed, "document_number": ""})
    assert clerk.page.status_code == 422
    page = await clerk.send("/desk/people/new", {**typed, "name": "Zhao Min", "phone": "", "language": "en"})
    assert "The person is registered" in page.text
    assert "Zhao Min" in page.text


async def test_a_further_kind_of_document_is_offered_and_accepted(clerk: Visitor) -> None:
    await clerk.open("/desk/people/new")
    assert "Military ID" in clerk.page.text
    typed = {"document_type": "military_id", "document_number": "军字第 123456 号", "name": "Wu", "phone": ""}
    page = await clerk.send("/desk/people/new", {**typed, "language": "en"})
    assert "The person is registered" in page.text
    assert "Military ID" in page.text


async def test_each_change_has_a_form_and_is_made(clerk: Visitor, city: City) -> None:
    address = await find(clerk, city)
    made = (
        ("document", {"document_type": "passport", "document_number": "Y1234567"}, "The document is added"),
        ("phone", {"phone": "13911112222"}, "The mobile number is changed"),
        ("name", {"kind": "former", "name": "Old Name"}, "The name is added"),
        ("child", {"name": "Zhao Le", "born_on": "2020-02-03"}, "The child is registered"),
    )
    for change, typed, said in made:
        await clerk.open(f"{address}/{change}")
        page = await clerk.send(f"{address}/{change}", {**typed, "confirmed": ""})
        assert page.status_code == 422
        assert "Confirm that the document lies before you" in page.text
        page = await clerk.send(f"{address}/{change}", {**typed, "confirmed": "yes"})
        assert said in page.text, (change, page.text)
    page = await clerk.send(f"{address}/names/remove")
    assert "The name is removed" in page.text
    await clerk.send(f"{address}/open-child")
    assert "Zhao Le" in clerk.page.text
    assert "Guardian: Person 0" in clerk.page.text


async def test_what_is_wrong_in_a_change_is_said_at_its_field(clerk: Visitor, city: City) -> None:
    address = await find(clerk, city)
    wrong = (
        (
            "document",
            {"document_type": "passport", "document_number": city.documents[1].number},
            "Somebody is registered",
        ),
        ("phone", {"phone": "12"}, "Enter a mobile number"),
        ("phone", {"phone": "13800000000"}, "has this mobile number already"),
        ("name", {"name": "\u200bX"}, "Check your name"),
        ("child", {"name": "A", "born_on": "1980-01-01"}, "not yet 18"),
        ("child", {"name": "A", "born_on": "yesterday"}, "year-month-day"),
        ("correction", {"note": "too short"}, "Choose the document that is wrong"),
        ("merger", {**SEEN, "document_type": "passport", "document_number": "NOBODY99"}, "Nobody was found"),
    )
    for change, typed, said in wrong:
        await clerk.open(f"{address}/{change}")
        page = await clerk.send(f"{address}/{change}", {**typed, "confirmed": "yes"})
        assert page.status_code in {409, 422}, (change, page.status_code)
        assert said in page.text, change


async def test_a_correction_goes_from_the_clerk_to_the_supervisor_and_back(
    clerk: Visitor, supervisor: Visitor, city: City, counter: Counter
) -> None:
    address = await find(clerk, city)
    documents = await counter.documents(city.person_ids[0])
    wrong = documents[city.documents[0].number]
    await clerk.open(f"{address}/correction")
    typed = {**SEEN, "wrong": str(wrong), "document_type": "passport", "document_number": "Z7654321"}
    await clerk.send(f"{address}/correction", typed)
    assert "Asked for" in clerk.page.text
    assert (await clerk.open("/desk/corrections")).status_code == 403
    await supervisor.open("/desk/corrections")
    assert SEEN["note"] in supervisor.page.text
    (approve,) = [action for action in forms_of(supervisor.page) if action.endswith("/approve")]
    await supervisor.send(approve)
    assert "Approved. The person is told" in supervisor.page.text
    assert set(await counter.documents(city.person_ids[0])) == {"Z7654321"}
    (undo,) = [action for action in forms_of(supervisor.page) if action.endswith("/undo")]
    await supervisor.send(undo)
    assert "Undone. The person is told" in supervisor.page.text
    assert await counter.documents(city.person_ids[0]) == documents


async def test_two_records_are_merged_from_the_page(clerk: Visitor, supervisor: Visitor, city: City) -> None:
    await supervisor.open("/desk/corrections")
    assert "Nothing to decide" in supervisor.page.text
    address = await find(clerk, city)
    other = city.documents[1]
    await clerk.open(f"{address}/merger")
    typed = {**SEEN, "document_type": other.type, "document_number": other.number}
    await clerk.send(f"{address}/merger", typed)
    assert "Asked for" in clerk.page.text
    await supervisor.open("/desk/corrections")
    (approve,) = [action for action in forms_of(supervisor.page) if action.endswith("/approve")]
    await supervisor.send(approve)
    await find(clerk, city, 0)
    assert "of a merged record" in clerk.page.text
    page = await supervisor.client.post(
        approve, data=forms_of(supervisor.page)[next(iter(forms_of(supervisor.page)))].fields
    )
    assert page.status_code == 409


async def test_a_clerk_books_for_somebody_he_found(clerk: Visitor, city: City) -> None:
    address = await find(clerk, city)
    await clerk.open(f"{address}/book")
    assert "Cardiology" in clerk.page.text
    assert str(city.session_ids[2]) not in clerk.page.text
    page = await clerk.send(f"{address}/book")
    assert "Choose a session from the list" in page.text
    page = await clerk.send(f"{address}/book", {"session": f"open:{city.session_ids[0]}"})
    assert "Booked for Person 0" in page.text
    page = await clerk.send(f"{address}/book", {"session": f"open:{city.session_ids[0]}"})
    assert page.status_code == 409
    assert "in this department on this day" in page.text
    await clerk.open(address)
    assert "code ends in" in clerk.page.text
    await clerk.open(f"{address}/book?day=2030-01-01")
    assert "No place is left" in clerk.page.text


async def test_on_the_phone_a_place_can_be_booked_and_nothing_changed(
    app: Litestar, clerk: Visitor, counter: Counter
) -> None:
    await clerk.open("/desk/people/new")
    person = {"document_type": "passport", "document_number": "P0900001", "name": "Zhao Min", "born_on": "1980-03-04"}
    await clerk.send("/desk/people/new", {**person, "phone": "", "language": "en"})
    assert counter.colleague.id
    async with visiting(app) as colleague:
        await colleague.open("/desk/sign-in")
        await colleague.send("/desk/sign-in", {"username": "counter00", "password": PASSWORD})
        await colleague.open("/desk/people?by=phone")
        page = await colleague.send("/desk/people", {"by": "phone", **person, "name": "Zhao Mina"})
        assert page.status_code == 404
        page = await colleague.send("/desk/people", {"by": "phone", **person})
        assert "Found on the phone" in page.text
        assert "Book for this person" in page.text
        assert "Show the numbers" not in page.text
        address = str(page.url.path)
        page = await colleague.open(f"{address}/phone")
        assert page.status_code == 409
        assert "document on the counter" in page.text


async def test_who_was_not_found_is_not_shown(clerk: Visitor, city: City) -> None:
    for person_id in (city.person_ids[0], UUID(int=5)):
        for suffix in ("", "/book", "/document", "/merger"):
            page = await clerk.open(f"/desk/people/{person_id}{suffix}")
            assert page.status_code == 404
            assert "Person 0" not in page.text
    assert (await clerk.open("/desk/people/x")).status_code == 404
    assert (await clerk.open(f"/desk/people/{city.person_ids[0]}/nothing")).status_code == 404


async def test_a_person_keeps_his_own_other_names(app: Litestar, world: World, city: City) -> None:
    async with visiting(app) as himself:
        await himself.sign_in(world, city.documents[0], next_address="/me/names")
        assert "You have no other names here" in himself.page.text
        page = await himself.send("/me/names", {"kind": "nothing", "name": ""})
        assert page.status_code == 422
        page = await himself.send("/me/names", {"kind": "latin", "name": "PERSON 0"})
        assert page.status_code == 409
        page = await himself.send("/me/names", {"kind": "latin", "name": "Persona Zero"})
        assert "The name is added" in page.text
        page = await himself.send("/me/names/remove")
        assert "The name is removed" in page.text
