"""The desk's pages: the day, check-in with words to read out, and places that came back."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from urllib.parse import urlencode
from uuid import UUID

import pytest
from litestar import Litestar

from firsthand.arrival.model import Reason
from firsthand.booking.actions import confirm_bookings, expire_holds, give_back_bookings
from firsthand.booking.model import Booked
from firsthand.channels.read_out import READ_OUT
from firsthand.identity.document.model import Document
from firsthand.platform.clock import ManualClock
from firsthand.platform.i18n import Language, say
from firsthand.platform.world import World
from tests.city import NO_CAPS, SYSTEM, City, Opening, assert_consistent, hold, make_city, place_states, set_policy
from tests.conftest import FreshDatabase
from tests.people import as_owner, audited
from tests.visitor import Visitor, forms_of, kept, visiting

OPENINGS = (
    Opening(places=12, day=0),
    Opening(places=4, day=0, hour=20, department="Cardiology"),
    Opening(places=4, day=1),
    Opening(places=4, day=0, hospital=1),
)
NOBODYS_CODE = "0" * 12


@pytest.fixture
async def city(world: World) -> City:
    made = await make_city(world, sessions=OPENINGS, persons=4)
    await set_policy(world, NO_CAPS)
    return made


@pytest.fixture
async def clerk(app: Litestar) -> AsyncIterator[Visitor]:
    async with visiting(app) as one:
        await one.sign_in_at_desk()
        yield one


async def book(world: World, city: City, person: int = 0, session: int = 0) -> tuple[UUID, str]:
    """Book a place and return the booking and its code."""
    held = await hold(world, city, person, session)
    (booked,) = await confirm_bookings(world, [city.change(person, held.booking_id)])
    assert isinstance(booked, Booked)
    return booked.booking_id, booked.code


def shown(code: str, document: Document) -> dict[str, str]:
    """Return what a clerk types in for somebody who shows a code and a document."""
    return {"code": code, "document_type": document.type, "document_number": document.number}


async def test_the_day_shows_who_is_expected_where(world: World, city: City, clerk: Visitor) -> None:
    _, code = await book(world, city)
    await book(world, city, person=1, session=1)
    await book(world, city, person=2, session=3)
    page = await clerk.open("/desk")
    assert page.status_code == 200
    assert "Hospital 0" in page.text
    assert "Monday 2 March" in page.text
    assert re.findall(r'<th scope="row">([^<]+)<', page.text) == ["Person 0", "Person 1"]
    assert code[-4:] in page.text
    assert code not in page.text
    page = await clerk.open(f"/desk?session={city.session_ids[1]}")
    assert re.findall(r'<th scope="row">([^<]+)<', page.text) == ["Person 1"]
    for senseless in ("session=x", f"session={city.session_ids[3]}", f"arrived={UUID(int=1)}", "arrived=x", "page=-1"):
        page = await clerk.open(f"/desk?{senseless}")
        assert page.status_code == 200
        assert "Person 2" not in page.text


async def test_a_person_is_checked_in_once(
    world: World, city: City, clerk: Visitor, fresh_database: FreshDatabase
) -> None:
    _, code = await book(world, city)
    page = await clerk.open("/desk")
    body = urlencode({**forms_of(page)["/desk/check-in"].fields, **shown(code.lower(), city.documents[0])}).encode()
    answers = [await clerk.post("/desk/check-in", body) for _ in range(2)]
    assert len({answer.headers["location"] for answer in answers}) == 1
    page = await clerk.open(answers[0].headers["location"])
    for told in ("Checked in: Person 0", "Number 1", "seen at about 09:00", "Arrived at 08:00"):
        assert told in re.sub("<[^>]+>", "", page.text), told
    assert "Arrived: 1" in page.text
    page = await clerk.send("/desk/check-in", shown(code, city.documents[0]))
    assert page.status_code == 409
    assert "Already checked in" in page.text
    assert ("arrival.read_patient", "done") in audited(fresh_database)
    channels = as_owner(fresh_database, "SELECT DISTINCT channel FROM audit.line WHERE action LIKE 'arrival.%'")
    assert channels == [("desk",)]


async def test_a_late_person_is_told_so(world: World, city: City, clerk: Visitor, clock: ManualClock) -> None:
    _, code = await book(world, city)
    clock.advance(timedelta(hours=1, minutes=16))
    await clerk.sign_in_at_desk()
    await clerk.open("/desk")
    page = await clerk.send("/desk/check-in", shown(code, city.documents[0]))
    assert "Checked in, late" in page.text


async def test_every_refusal_has_words_to_read_out_in_both_languages(
    world: World, city: City, clerk: Visitor, clock: ManualClock
) -> None:
    _, wrong_person = await book(world, city)
    _, early = await book(world, city, person=1, session=1)
    _, other_day = await book(world, city, person=2, session=2)
    _, elsewhere = await book(world, city, person=3, session=3)
    returned_id, returned = await book(world, city, person=3)
    await give_back_bookings(world, [city.change(3, returned_id)])
    await hold(world, city, person=2)
    held = held_code(world, city)
    cases = {
        Reason.WRONG_PERSON: shown(wrong_person, city.documents[1]),
        Reason.TOO_EARLY: shown(early, city.documents[1]),
        Reason.OTHER_DAY: shown(other_day, city.documents[2]),
        Reason.OTHER_HOSPITAL: shown(elsewhere, city.documents[3]),
        Reason.GIVEN_BACK: shown(returned, city.documents[3]),
        Reason.CODE_UNKNOWN: shown(NOBODYS_CODE, city.documents[0]),
        Reason.NOT_CONFIRMED: shown(await held, city.documents[2]),
    }
    await clerk.open("/desk")
    for reason, typed in cases.items():
        await refused_with(clerk, reason, typed)
    assert "Tuesday 3 March" in (await clerk.send("/desk/check-in", cases[Reason.OTHER_DAY])).text
    clock.advance(timedelta(minutes=15))
    await expire_holds(world, SYSTEM)
    await refused_with(clerk, Reason.HOLD_EXPIRED, cases[Reason.NOT_CONFIRMED])
    clock.advance(timedelta(hours=5))
    await clerk.sign_in_at_desk()
    await clerk.open("/desk")
    await refused_with(clerk, Reason.COUNTED_AS_MISSED, shown(wrong_person, city.documents[0]))
    await assert_consistent(world)


async def held_code(world: World, city: City) -> str:
    """Return the code of the one booking that is held."""
    async with world.database.connection() as conn:
        query = "SELECT code FROM booking.booking WHERE state = 'held' AND holder_id = %s"
        row = await (await conn.execute(query, (city.person_ids[2],))).fetchone()
    assert row is not None
    return str(row[0])


async def refused_with(clerk: Visitor, reason: Reason, typed: dict[str, str]) -> None:
    """Check in somebody who is refused for a reason, and see that it can be read out to him."""
    page = await clerk.send("/desk/check-in", typed)
    assert page.status_code == 409, reason
    for language in Language:
        words = say(language, READ_OUT[reason]).replace("'", "&#39;")
        assert f'<blockquote lang="{language}">{words}</blockquote>' in page.text, reason
    kept_there = forms_of(page)["/desk/check-in"].fields["document_number"]
    assert bool(kept_there) == (reason in {Reason.WRONG_PERSON, Reason.CODE_UNKNOWN}), reason


async def test_a_code_or_document_that_cannot_be_read_is_told_at_its_field(
    city: City, clerk: Visitor, fresh_database: FreshDatabase
) -> None:
    await clerk.open("/desk")
    before = kept(fresh_database)
    for code, told in (("", "Enter the code"), ("ABC", "A booking code has 12"), ("U" * 12, "A booking code has 12")):
        page = await clerk.send("/desk/check-in", shown(code, city.documents[0]))
        assert page.status_code == 422
        assert told in page.text
        assert forms_of(page)["/desk/check-in"].fields["document_number"] == city.documents[0].number
    page = await clerk.send("/desk/check-in", {"code": NOBODYS_CODE, "document_number": ""})
    assert "Enter the document&#39;s number" in page.text
    assert kept(fresh_database) == before


async def test_a_returned_place_is_booked_for_who_stands_there(
    world: World, city: City, clerk: Visitor, fresh_database: FreshDatabase
) -> None:
    booking_id, _ = await book(world, city)
    page = await clerk.open("/desk/returned")
    assert "No place has come back" in page.text
    await give_back_bookings(world, [city.change(0, booking_id)])
    page = await clerk.open("/desk/returned")
    assert "1 place" in page.text
    typed = {"session": str(city.session_ids[0]), **shown("", city.documents[1])}
    body = urlencode({**forms_of(page)["/desk/returned"].fields, **typed}).encode()
    answers = [await clerk.post("/desk/returned", body) for _ in range(2)]
    assert len({answer.headers["location"] for answer in answers}) == 1
    page = await clerk.open(answers[0].headers["location"])
    assert "Booked for Person 1" in page.text
    code = as_owner(fresh_database, "SELECT code FROM booking.booking WHERE state = 'booked'")[0][0]
    assert "".join(re.findall(r"<span>([0-9A-Z]{4})</span>", page.text)) == code
    assert await place_states(world, city.session_ids[0]) == {"open": 11, "taken": 1}
    await assert_consistent(world)


async def test_the_code_of_a_booking_is_not_to_be_had_by_its_id(
    app: Litestar, world: World, city: City, clerk: Visitor
) -> None:
    first_id, _ = await book(world, city)
    await give_back_bookings(world, [city.change(0, first_id)])
    await clerk.open("/desk/returned")
    page = await clerk.send("/desk/returned", {"session": str(city.session_ids[0]), **shown("", city.documents[1])})
    address = str(page.url)
    other_id, code = await book(world, city, person=2)
    booked_id = page.url.params["booked"]
    for forged in (address.replace(booked_id, str(other_id)), f"/desk/returned?booked={other_id}"):
        page = await clerk.open(forged)
        assert "Booked for" not in page.text
        assert code[:4] not in page.text
    async with visiting(app) as colleague:
        await colleague.sign_in_at_desk()
        assert "Booked for" not in (await colleague.open(address)).text


async def test_a_booking_at_the_desk_is_refused_in_words(
    world: World, city: City, clerk: Visitor, clock: ManualClock
) -> None:
    booking_id, _ = await book(world, city)
    await give_back_bookings(world, [city.change(0, booking_id)])
    await clerk.open("/desk/returned")
    nobody = {"document_type": "passport", "document_number": "X1234567"}
    here, elsewhere = str(city.session_ids[0]), str(city.session_ids[3])
    cases = (
        ({"session": here, **nobody}, 422, "Nobody is registered with this document"),
        ({"session": "x", **nobody}, 422, "Choose a session from the list"),
        ({"session": str(UUID(int=1)), **shown("", city.documents[1])}, 422, "Choose a session from the list"),
        ({"session": here, "document_type": "x", "document_number": "1"}, 422, "Choose the kind of document"),
        ({"session": elsewhere, **shown("", city.documents[1])}, 403, "You may not do this"),
        ({"session": str(city.session_ids[1]), **shown("", city.documents[1])}, 409, "The last place has just gone"),
    )
    for typed, status, told in cases:
        page = await clerk.send("/desk/returned", typed)
        assert (page.status_code, told in page.text) == (status, True), told
    before = clerk.page
    clock.advance(timedelta(hours=4))
    await clerk.sign_in_at_desk()
    csrf = forms_of(await clerk.open("/desk"))["/sign-out"].fields["csrf"]
    clerk.page = before
    page = await clerk.send("/desk/returned", {"session": here, "csrf": csrf, **shown("", city.documents[1])})
    assert (page.status_code, "too late to book" in page.text) == (409, True)


@pytest.mark.parametrize("language", ["zh-Hans", "en"])
async def test_every_page_of_the_desk_in_both_languages(app: Litestar, world: World, city: City, language: str) -> None:
    booking_id, _ = await book(world, city)
    await give_back_bookings(world, [city.change(0, booking_id)])
    _, code = await book(world, city, person=1, session=0)
    async with visiting(app, language=language) as clerk:
        seen = [await clerk.open("/desk/sign-in"), await clerk.sign_in_at_desk()]
        seen.append(await clerk.send("/desk/check-in", shown(code, city.documents[1])))
        seen.append(await clerk.open("/desk/returned"))
        typed = {"session": str(city.session_ids[0]), **shown("", city.documents[2])}
        seen.append(await clerk.send("/desk/returned", typed))
        for page in seen:
            assert page.status_code == 200
            assert f'<html lang="{language}">' in page.text
            body = re.sub(r'lang="zh-Hans"[^<]*<', "", page.text)
            assert bool(re.search("[\u4e00-\u9fff]", body)) == (language == "zh-Hans"), page.url
