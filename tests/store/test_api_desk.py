"""The desk over the API: its own hospital's day, check-in with words to read out, and places at the counter."""

from datetime import timedelta

import pytest

from firsthand.arrival.actions import mark_no_shows
from firsthand.arrival.model import Reason
from firsthand.booking.actions import expire_holds
from firsthand.channels.read_out import READ_OUT
from firsthand.platform.clock import ManualClock
from firsthand.platform.i18n import Language, say
from firsthand.platform.world import World
from tests.api_client import Api, assert_problem
from tests.city import SYSTEM, assert_consistent
from tests.conftest import START, FreshDatabase
from tests.people import audited

# The session of the fixture's city runs from 9 to 12 o'clock of the day after START.
OPENS = START + timedelta(days=1, hours=1)
DAY = "2026-03-03"


async def checked_in(api: Api, clock: ManualClock, person: int = 0) -> dict[str, str]:
    """Book for a person, let the day come, and check him in."""
    booked = await api.booked(person)
    clock.move_to(OPENS)
    await api.sign_in_anew()
    response = await api.check_in(booked["code"], person)
    assert response.status_code == 201, response.text
    return booked


async def test_a_person_is_checked_in(api: Api, world: World, clock: ManualClock) -> None:
    booked = await api.booked()
    clock.move_to(OPENS)
    await api.sign_in_anew()
    arrived = await api.check_in(f" {booked['code'][:4].lower()}-{booked['code'][4:]} ")
    assert (arrived.status_code, arrived.json()) == (
        201,
        {
            "booking_id": booked["booking_id"],
            "session_id": str(api.city.session_ids[0]),
            "number": 1,
            "expected_at": "2026-03-03T01:00:00Z",
            "at": "2026-03-03T01:00:00Z",
            "late": False,
        },
    )
    await assert_consistent(world)


def assert_read_out(problem: dict[str, object], reason: Reason) -> None:
    words = READ_OUT[reason]
    assert problem["read_out"] == {language.value: say(language, words) for language in Language}
    assert say(Language.CHINESE, words) != words


async def test_each_refusal_has_words_to_read_out(api: Api, world: World, clock: ManualClock) -> None:
    async def refused(reason: Reason, status: int, code: str, person: int = 0, hospital: int = 0) -> None:
        response = await api.check_in(code, person, hospital, key=f"{reason} {person}")
        assert_read_out(assert_problem(response, status, reason), reason)

    booked = await api.booked()
    await refused(Reason.CODE_UNKNOWN, 404, "0" * 12)
    await refused(Reason.WRONG_PERSON, 409, booked["code"], person=1)
    await refused(Reason.OTHER_HOSPITAL, 409, booked["code"], hospital=1)
    other_day = await api.check_in(booked["code"], key="day")
    problem = assert_problem(other_day, 409, "other_day")
    assert_read_out(problem, Reason.OTHER_DAY)
    assert problem["day"] == DAY
    clock.move_to(OPENS - timedelta(hours=2, minutes=1))
    await api.sign_in_anew()
    await refused(Reason.TOO_EARLY, 409, booked["code"])
    clock.move_to(OPENS)
    await api.sign_in_anew()
    await api.check_in(booked["code"])
    await refused(Reason.ALREADY_ARRIVED, 409, booked["code"])
    invalid = await api.check_in("no code", key="invalid")
    assert "read_out" not in assert_problem(invalid, 422, "code_invalid")
    await assert_consistent(world)


async def test_a_booking_that_is_none_any_more_has_words_too(api: Api, world: World, clock: ManualClock) -> None:
    given_back, missed = await api.booked(0), await api.booked(1)
    await api.give_back(given_back["booking_id"])
    held = (await api.take(2, 1)).json()["booking_id"]
    async with world.database.transaction() as conn:
        row = await (await conn.execute("SELECT code FROM booking.booking WHERE id = %s", (held,))).fetchone()
    assert row is not None
    not_confirmed = await api.check_in(row[0], 2, 1, key="held")
    assert_read_out(assert_problem(not_confirmed, 409, "not_confirmed"), Reason.NOT_CONFIRMED)
    clock.move_to(OPENS + timedelta(hours=4))
    await api.sign_in_anew()
    assert (await expire_holds(world, SYSTEM), await mark_no_shows(world, SYSTEM)) == (1, 1)
    for reason, code, person, hospital in (
        (Reason.HOLD_EXPIRED, row[0], 2, 1),
        (Reason.GIVEN_BACK, given_back["code"], 0, 0),
        (Reason.COUNTED_AS_MISSED, missed["code"], 1, 0),
    ):
        response = await api.check_in(code, person, hospital, key=reason)
        assert_read_out(assert_problem(response, 409, reason), reason)


async def test_the_day_lists_who_is_expected_and_who_came(
    api: Api, clock: ManualClock, fresh_database: FreshDatabase
) -> None:
    await checked_in(api, clock)
    await api.booked(1)
    address = f"/api/v1/desk/day?day={DAY}"
    day = (await api.http.get(address, headers=api.as_desk())).json()
    assert [(person["name"], person["state"], person["number"]) for person in day["people"]] == [
        ("Person 0", "arrived", 1),
        ("Person 1", "booked", 2),
    ]
    assert (day["total"], day["day"]) == (2, DAY)
    (tally,) = day["sessions"]
    assert (tally["booked"], tally["arrived"], tally["no_show"], tally["returned"]) == (1, 1, 0, 0)
    second = (await api.http.get(f"{address}&page=2", headers=api.as_desk())).json()
    assert (second["people"], second["total"]) == ([], 2)
    assert audited(fresh_database).count(("arrival.read_day", "done")) == 2


async def test_the_desk_of_another_hospital_sees_and_does_nothing(api: Api, world: World, clock: ManualClock) -> None:
    booked = await checked_in(api, clock)
    held = (await api.take(1)).json()["booking_id"]
    await api.give_back(held, 1)
    day = (await api.http.get(f"/api/v1/desk/day?day={DAY}", headers=api.as_desk(1))).json()
    assert (day["people"], day["total"]) == ([], 0)
    own_session = str(api.city.session_ids[0])
    assert own_session not in str(day)
    chosen = await api.http.get(f"/api/v1/desk/day?day={DAY}&session={own_session}", headers=api.as_desk(1))
    assert (chosen.json()["people"], chosen.json()["total"]) == ([], 0)
    assert (await api.http.get("/api/v1/desk/returned", headers=api.as_desk(1))).json() == []
    assert_problem(await api.book_at_desk(1, 0, hospital=1, pool="returned"), 403, "not_permitted")
    refused = assert_problem(await api.check_in(booked["code"], 0, 1), 409, "other_hospital")
    assert not {"booking_id", "day", "name"} & refused.keys()
    await assert_consistent(world)


@pytest.mark.parametrize("pool", ["open", "returned"])
async def test_a_place_is_booked_at_the_counter(api: Api, world: World, pool: str) -> None:
    if pool == "returned":
        held = (await api.take(1)).json()["booking_id"]
        await api.give_back(held, 1)
        (returned,) = (await api.http.get("/api/v1/desk/returned", headers=api.as_desk())).json()
        assert (returned["session"]["id"], returned["places_returned"]) == (str(api.city.session_ids[0]), 1)
    response = await api.book_at_desk(pool=pool)
    assert response.status_code == 201, response.text
    booked = response.json()
    assert booked["number"] == 1
    (own,) = (await api.http.get("/api/v1/bookings", headers=api.as_person())).json()
    assert (own["id"], own["code"], own["state"]) == (booked["booking_id"], booked["code"], "booked")
    assert (await api.book_at_desk(pool=pool)).content == response.content
    await assert_consistent(world)


async def test_a_place_at_the_counter_is_refused(api: Api, world: World) -> None:
    body = {
        "session_id": str(api.city.session_ids[0]),
        "document_type": "passport",
        "document_number": "NOBODY123",
        "pool": "open",
    }
    stranger = await api.http.post("/api/v1/desk/bookings", json=body, headers=api.as_desk(key="stranger"))
    assert_problem(stranger, 404, "person_unknown")
    spoiled = {**body, "document_type": "library card"}
    unknown = await api.http.post("/api/v1/desk/bookings", json=spoiled, headers=api.as_desk(key="card"))
    assert_problem(unknown, 422, "document_type_unknown")
    assert_problem(await api.book_at_desk(pool="returned", key="none left"), 409, "place_taken")
    pool = await api.book_at_desk(pool="hidden", key="pool")
    assert_problem(pool, 400, "invalid_request")
    await assert_consistent(world)


async def test_a_key_that_the_house_could_have_made_is_like_any_other(api: Api) -> None:
    first = await api.book_at_desk(key="desk")
    again = await api.book_at_desk(key="desk/confirm")
    assert first.status_code == 201
    assert_problem(again, 409, "cap_reached")
