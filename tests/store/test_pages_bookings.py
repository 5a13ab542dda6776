"""A person's way on the pages: hold, confirm, keep, give back."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID

import pytest
from litestar import Litestar

from firsthand.booking.actions import give_back_bookings
from firsthand.booking.model import Held
from firsthand.platform.clock import ManualClock
from firsthand.platform.gather import Overloaded
from firsthand.platform.idempotency import IdempotencyKey, fingerprint, look_up
from firsthand.platform.world import World
from tests.city import City, Opening, assert_consistent, booking_states, hold, make_city, place_states
from tests.conftest import FreshDatabase
from tests.people import audited
from tests.visitor import FORM, Visitor, forms_of, kept, visiting

OPENINGS = (
    Opening(places=12, day=1),
    Opening(places=2, day=1, hour=14),
    Opening(places=2, day=2),
    Opening(places=2, day=3),
    Opening(places=1, day=4),
)


@pytest.fixture
async def city(world: World) -> City:
    return await make_city(world, sessions=OPENINGS, persons=2)


@pytest.fixture
async def visitor(app: Litestar, world: World, city: City) -> AsyncIterator[Visitor]:
    async with visiting(app) as one:
        await one.sign_in(world, city.documents[0])
        yield one


async def take(visitor: Visitor, session_id: UUID) -> str:
    """Hold a place and return the address of the booking."""
    await visitor.open(f"/sessions/{session_id}")
    page = await visitor.send(f"/sessions/{session_id}/hold")
    assert page.status_code == 200, page.text
    return page.url.path


async def test_a_person_who_is_sent_to_sign_in_comes_back_and_books(
    app: Litestar, world: World, city: City, fresh_database: FreshDatabase
) -> None:
    session = f"/sessions/{city.session_ids[0]}"
    async with visiting(app) as visitor:
        page = await visitor.open(session)
        assert f'href="/sign-in?next={session}"' in page.text
        page = await visitor.sign_in(world, city.documents[0], next_address=session)
        assert page.url.path == session
        page = await visitor.send(f"{session}/hold")
        here = page.url.path
        assert "Held for you until 08:15" in page.text
        assert "Passport" in page.text
        assert "Number ending in 0000" in page.text
        page = await visitor.send(f"{here}/confirm")
        assert "Your appointment is booked" in page.text
        groups = re.findall(r"<span>([0-9A-Z]{4})</span>", page.text)
        assert len(groups) == 3
        assert "seen at about 09:00" in page.text
        assert "Your appointment is booked" not in (await visitor.open(here)).text
    done = [action for action, outcome in audited(fresh_database) if outcome == "done"]
    assert {"booking.take", "booking.confirm", "identity.document_read"} <= set(done)
    await assert_consistent(world)


@pytest.mark.parametrize("language", ["zh-Hans", "en"])
async def test_every_page_of_a_booking_in_both_languages(
    app: Litestar, world: World, city: City, clock: ManualClock, language: str
) -> None:
    async with visiting(app, language=language) as visitor:
        await visitor.sign_in(world, city.documents[0])
        held = await take(visitor, city.session_ids[0])
        seen = [visitor.page, await visitor.open("/bookings"), await visitor.open(f"{held}/give-back")]
        await visitor.open(held)
        seen.append(await visitor.send(f"{held}/confirm"))
        seen += [await visitor.open(f"{held}/give-back"), await visitor.open("/bookings")]
        lapsed = await take(visitor, city.session_ids[2])
        clock.advance(timedelta(minutes=15))
        seen.append(await visitor.open(lapsed))
        assert ("号已不再保留" if language == "zh-Hans" else "no longer held for you") in visitor.page.text
        seen.append(await visitor.open("/bookings"))
        for page in seen:
            assert page.status_code == 200
            assert f'<html lang="{language}">' in page.text
            chinese = re.sub(r'lang="zh-Hans"[^<]*<', "", page.text)
            assert bool(re.search("[\u4e00-\u9fff]", chinese)) == (language == "zh-Hans"), page.url


async def test_a_form_sent_twice_is_done_once(world: World, city: City, visitor: Visitor) -> None:
    session = f"/sessions/{city.session_ids[0]}"
    page = await visitor.open(session)
    body = urlencode(forms_of(page)[f"{session}/hold"].fields).encode()
    answers = [await visitor.post(f"{session}/hold", body) for _ in range(2)]
    assert len({answer.headers["location"] for answer in answers}) == 1
    assert len(await booking_states(world)) == 1
    here = answers[0].headers["location"]
    page = await visitor.open(here)
    body = urlencode(forms_of(page)[f"{here}/confirm"].fields).encode()
    answers = [await visitor.post(f"{here}/confirm", body) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    # The page before had the same key for giving up: it is another request, and no repetition.
    page = await visitor.client.post(f"{here}/give-back", content=body, headers={"content-type": FORM})
    assert page.status_code == 303
    assert (await place_states(world, city.session_ids[0]))["returned"] == 1


async def test_a_form_whose_first_sending_is_under_way_is_not_done_again(
    world: World, city: City, visitor: Visitor
) -> None:
    action = f"/sessions/{city.session_ids[0]}/hold"
    page = await visitor.open(f"/sessions/{city.session_ids[0]}")
    key = forms_of(page)[action].fields["idempotency_key"]
    first = IdempotencyKey(city.person_ids[0], f"{action} {key}", fingerprint(action))
    async with world.database.transaction() as conn:
        await look_up(conn, [first])
        page = await visitor.send(action)
    assert (page.status_code, page.headers["retry-after"]) == (409, "1")
    assert "still being worked on" in page.text
    assert forms_of(page)[action].fields["idempotency_key"] == key
    assert not await booking_states(world)
    assert (await visitor.send(action)).url.path.startswith("/bookings/")


async def test_a_full_session_and_a_cap_are_told_in_words(world: World, city: City, visitor: Visitor) -> None:
    last = f"/sessions/{city.session_ids[4]}"
    await visitor.open(last)
    await hold(world, city, person=1, session=4)
    page = await visitor.send(f"{last}/hold")
    assert page.status_code == 409
    assert "The last place has just gone" in page.text
    assert f'href="{last}?lang=zh-Hans"' in page.text
    first = await take(visitor, city.session_ids[0])
    page = await visitor.open(f"/sessions/{city.session_ids[0]}")
    assert "You already have a place in this session" in page.text
    assert f'href="{first}"' in page.text
    await visitor.open(f"/sessions/{city.session_ids[1]}")
    page = await visitor.send(f"/sessions/{city.session_ids[1]}/hold")
    assert page.status_code == 409
    assert "already have an appointment in this department on this day" in page.text
    await take(visitor, city.session_ids[2])
    await visitor.open(f"/sessions/{city.session_ids[3]}")
    page = await visitor.send(f"/sessions/{city.session_ids[3]}/hold")
    assert (page.status_code, "as many places as one person may" in page.text) == (409, True)


async def test_who_is_refused_for_his_holds_is_led_to_them_and_takes_a_place_afterwards(
    city: City, visitor: Visitor
) -> None:
    first = await take(visitor, city.session_ids[0])
    await take(visitor, city.session_ids[2])
    action = f"/sessions/{city.session_ids[3]}/hold"
    await visitor.open(f"/sessions/{city.session_ids[3]}")
    refused = await visitor.send(action)
    assert refused.status_code == 409
    assert action not in forms_of(refused)
    assert 'href="/bookings"' in refused.text
    await visitor.open(first)
    await visitor.send(f"{first}/confirm")
    await visitor.open(f"/sessions/{city.session_ids[3]}")
    page = await visitor.send(action)
    assert page.url.path.startswith("/bookings/")


async def test_anothers_booking_is_as_unknown_as_one_that_there_is_not(
    world: World, city: City, visitor: Visitor, fresh_database: FreshDatabase
) -> None:
    foreign: Held = await hold(world, city, person=1)
    own = await take(visitor, city.session_ids[2])
    fields = forms_of(visitor.page)[f"{own}/confirm"].fields
    before = kept(fresh_database)
    for booking_id in (foreign.booking_id, UUID(int=1)):
        here = f"/bookings/{booking_id}"
        for address in (here, f"{here}/give-back", f"{here}/calendar.ics"):
            assert (await visitor.open(address)).status_code == 404, address
        for action in ("confirm", "give-back"):
            answer = await visitor.post(f"{here}/{action}", urlencode(fields).encode())
            assert answer.status_code == 404, action
            assert "Person 1" not in answer.text
    changed = {table for table, digest in kept(fresh_database).items() if digest != before[table]}
    assert changed <= {"platform.idempotency"}


async def test_giving_back_asks_once_more_and_thanks(world: World, city: City, visitor: Visitor) -> None:
    here = await take(visitor, city.session_ids[0])
    await visitor.send(f"{here}/confirm")
    page = await visitor.open(f"{here}/give-back")
    assert "Give this appointment back?" in page.text
    page = await visitor.send(f"{here}/give-back")
    assert (page.url.path, "Your appointment is given back" in page.text) == ("/bookings", True)
    assert "Given back" in page.text
    assert (await visitor.open(f"{here}/give-back")).url.path == here
    assert "You gave this appointment back" in visitor.page.text
    held = await take(visitor, city.session_ids[2])
    page = await visitor.send(f"{held}/give-back")
    assert "The place is no longer held for you" in page.text
    await assert_consistent(world)


async def test_what_comes_too_late_is_told(world: World, city: City, visitor: Visitor, clock: ManualClock) -> None:
    here = await take(visitor, city.session_ids[0])
    await visitor.send(f"{here}/confirm")
    ask = await visitor.open(f"{here}/give-back")
    lapsing = await take(visitor, city.session_ids[2])
    clock.advance(timedelta(minutes=15))
    page = await visitor.send(f"{lapsing}/confirm")
    assert (page.status_code, "The time to confirm has run out" in page.text) == (409, True)
    clock.move_to(datetime(2026, 3, 3, 2, tzinfo=UTC))
    await visitor.sign_in(world, city.documents[0])
    visitor.page = ask
    token = forms_of(await visitor.open(here))["/sign-out"].fields["csrf"]
    assert f"{here}/give-back" not in visitor.page.text
    visitor.page = ask
    page = await visitor.send(f"{here}/give-back", {"csrf": token})
    assert (page.status_code, "too late to give this appointment back" in page.text) == (409, True)
    action = f"/sessions/{city.session_ids[1]}/hold"
    await visitor.open(f"/sessions/{city.session_ids[1]}")
    ask = visitor.page
    clock.move_to(datetime(2026, 3, 3, 8, 31, tzinfo=UTC))
    await visitor.sign_in(world, city.documents[0])
    token = forms_of(visitor.page)["/sign-out"].fields["csrf"]
    visitor.page = ask
    page = await visitor.send(action, {"csrf": token})
    assert (page.status_code, "too late to book this session online" in page.text) == (409, True)
    assert action not in page.text


async def test_bookings_stand_in_the_order_of_their_days(city: City, visitor: Visitor) -> None:
    for session in (3, 0):
        here = await take(visitor, city.session_ids[session])
        await visitor.send(f"{here}/confirm")
    page = await visitor.open("/bookings")
    assert re.findall(r"(\w+day \d+ March),", page.text) == ["Tuesday 3 March", "Thursday 5 March"]
    assert "Past" not in page.text


async def test_the_calendar_file_says_when_the_patient_is_seen(world: World, city: City, visitor: Visitor) -> None:
    for _ in range(3):
        await hold_for_others(world, city)
    here = await take(visitor, city.session_ids[0])
    assert (await visitor.open(f"{here}/calendar.ics")).status_code == 404
    await visitor.open(here)
    await visitor.send(f"{here}/confirm")
    code = "".join(re.findall(r"<span>([0-9A-Z]{4})</span>", visitor.page.text))
    answer = await visitor.open(f"{here}/calendar.ics")
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    lines = answer.content.split(b"\r\n")
    assert all(len(line) <= 75 for line in lines)
    unfolded = answer.content.decode().replace("\r\n ", "")
    facts = dict(line.split(":", 1) for line in unfolded.split("\r\n") if ":" in line and not line.startswith("BEGIN"))
    number = int(re.findall(r"number (\d+)", unfolded)[0])
    starts = datetime(2026, 3, 3, 1, tzinfo=UTC) + timedelta(minutes=15) * (number - 1)
    assert facts["DTSTART"] == starts.strftime("%Y%m%dT%H%M%SZ")
    assert facts["UID"] == here.split("/")[-1]
    assert facts["URL"] == f"http://pages.test{here}"
    assert facts["SUMMARY"] == "Dermatology\\, Hospital 0"
    assert code not in answer.text


async def test_under_too_much_load_the_visitor_is_told_to_wait(
    app: Litestar, world: World, city: City, visitor: Visitor
) -> None:
    action = f"/sessions/{city.session_ids[0]}/hold"
    await visitor.open(f"/sessions/{city.session_ids[0]}")
    app.state.service.take._queue_max = 0  # noqa: SLF001 - a queue that is full
    with pytest.raises(Overloaded):
        await app.state.service.take.ask(city.take())
    page = await visitor.send(action)
    assert (page.status_code, page.headers["retry-after"]) == (503, "5")
    assert "Try again in 5 seconds" in page.text
    assert not await booking_states(world)


async def hold_for_others(world: World, city: City) -> None:
    """Let somebody else hold and give up a place, so that the next number is a higher one."""
    held = await hold(world, city, person=1)
    await give_back_bookings(world, [city.change(1, held.booking_id)])
