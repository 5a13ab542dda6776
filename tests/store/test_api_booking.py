"""A person's bookings over the API: what works, and each refusal in its own words."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

from firsthand.booking.actions import expire_holds
from firsthand.booking.model import Held, Refused, TakeRequest
from firsthand.booking.taking import take_places
from firsthand.platform.clock import ManualClock
from firsthand.platform.gather import Gather
from firsthand.platform.world import World
from firsthand.policy.model import Cap
from firsthand.release.model import SessionStatus
from tests.api_client import Api, assert_problem, open_api
from tests.city import (
    NO_CAPS,
    SYSTEM,
    Opening,
    assert_consistent,
    booking_states,
    capped,
    make_city,
    publish,
    set_policy,
)
from tests.conftest import START


async def test_a_place_is_held_confirmed_and_given_back(api: Api, world: World) -> None:
    taken = await api.take()
    assert taken.status_code == 201
    held = taken.json()
    assert held == {
        "booking_id": held["booking_id"],
        "session_id": str(api.city.session_ids[0]),
        "number": 1,
        "held_until": "2026-03-02T00:15:00Z",
    }
    (listed,) = (await api.http.get("/api/v1/bookings", headers=api.as_person())).json()
    assert (listed["id"], listed["state"], listed["code"]) == (held["booking_id"], "held", None)

    booked = await api.confirm(held["booking_id"])
    assert (booked.status_code, booked.json()["booking_id"]) == (200, held["booking_id"])
    address = f"/api/v1/bookings/{held['booking_id']}"
    read = (await api.http.get(address, headers=api.as_person())).json()
    assert (read["state"], read["code"], read["day"]) == ("booked", booked.json()["code"], "2026-03-03")
    assert read["hospital_id"] == str(api.city.hospital_ids[0])

    returned = await api.give_back(held["booking_id"])
    assert (returned.status_code, returned.json()) == (200, {"booking_id": held["booking_id"]})
    read = (await api.http.get(address, headers=api.as_person())).json()
    assert (read["state"], read["code"]) == ("given_back", None)
    await assert_consistent(world)


async def test_what_another_person_holds_is_as_unknown_as_what_there_is_not(api: Api) -> None:
    booked = await api.booked()
    for booking_id in (booked["booking_id"], str(uuid4())):
        read = await api.http.get(f"/api/v1/bookings/{booking_id}", headers=api.as_person(1))
        confirmed = await api.confirm(booking_id, 1, key=f"confirm {booking_id}")
        returned = await api.give_back(booking_id, 1, key=f"return {booking_id}")
        problems = [assert_problem(response, 404, "booking_unknown") for response in (read, confirmed, returned)]
        assert len({problem["detail"] for problem in problems}) == 1
    assert (await api.http.get("/api/v1/bookings", headers=api.as_person(1))).json() == []
    own = (await api.http.get(f"/api/v1/bookings/{booked['booking_id']}", headers=api.as_person())).json()
    assert own["state"] == "booked"


async def test_a_take_is_refused_for_what_the_session_is(api: Api, world: World) -> None:
    unknown = await api.http.post(
        "/api/v1/bookings", json={"session_id": str(uuid4())}, headers=api.as_person(key="nowhere")
    )
    assert_problem(unknown, 404, "session_unknown")
    await publish(world, [Opening(2, status=SessionStatus.CLOSED), Opening(2, day=60, hospital=1)])
    assert_problem(await api.take(session=0, key="closed"), 409, "session_closed")
    assert_problem(await api.take(session=1, key="early"), 409, "too_early")


async def test_a_take_is_refused_shortly_before_the_end(world: World, clock: ManualClock) -> None:
    city = await make_city(world, sessions=[Opening(day=0, hour=9)])
    async with open_api(world, city) as api:
        clock.move_to(START + timedelta(hours=3, minutes=31))
        await api.sign_in_anew()
        assert_problem(await api.take(), 409, "too_late")


async def test_a_take_is_refused_when_nothing_is_left(api: Api, world: World) -> None:
    await set_policy(world, NO_CAPS)
    for person in (0, 1):
        assert (await api.take(person)).status_code == 201
    assert_problem(await api.take(2), 409, "place_taken")


async def test_a_take_is_refused_for_what_the_person_has_already(api: Api, world: World) -> None:
    await set_policy(world, capped(Cap("day", days=1, per_department=False, max_count=1)))
    await api.take()
    problem = assert_problem(await api.take(session=1, key="second"), 409, "cap_reached")
    assert problem["cap"] == "day"


async def test_a_take_is_refused_while_too_much_is_held(world: World) -> None:
    city = await make_city(world, sessions=3)
    async with open_api(world, city) as api:
        for session in (0, 1):
            assert (await api.take(session=session, key=f"take {session}")).status_code == 201
        problem = assert_problem(await api.take(session=2, key="third"), 409, "too_many_holds")
        assert "cap" not in problem


async def test_a_change_is_refused_for_where_the_booking_stands(api: Api, world: World, clock: ManualClock) -> None:
    first = (await api.take(session=0, key="first")).json()["booking_id"]
    assert (await api.confirm(first, key="1")).status_code == 200
    assert_problem(await api.confirm(first, key="2"), 409, "already_booked")
    assert (await api.give_back(first, key="3")).status_code == 200
    assert_problem(await api.give_back(first, key="4"), 409, "already_ended")
    assert_problem(await api.confirm(first, key="5"), 409, "already_ended")
    second = (await api.take(1, key="second")).json()["booking_id"]
    clock.advance(timedelta(minutes=15))
    assert_problem(await api.confirm(second, 1, key="6"), 409, "hold_expired")
    assert await expire_holds(world, SYSTEM) == 1
    assert_problem(await api.confirm(second, 1, key="7"), 409, "hold_expired")
    assert_problem(await api.give_back(second, 1, key="8"), 409, "already_ended")


async def test_it_is_too_late_to_give_back_what_has_begun(world: World, clock: ManualClock) -> None:
    city = await make_city(world, sessions=[Opening(day=0, hour=9)])
    async with open_api(world, city) as api:
        booked = await api.booked()
        clock.move_to(START + timedelta(hours=2))
        await api.sign_in_anew()
        assert_problem(await api.give_back(booked["booking_id"]), 409, "too_late")


async def test_a_full_queue_sheds_requests_with_a_word_when_to_come_again(api: Api, world: World) -> None:
    full: Gather[TakeRequest, Held | Refused] = Gather(lambda asked: take_places(world, asked), queue_max=0)
    api.app.state.service = replace(api.service, take=full)
    response = await api.take()
    assert_problem(response, 503, "try_again")
    assert response.headers["retry-after"] == "2"
    assert await booking_states(world) == {}


async def test_a_database_that_is_away_is_said_so(api: Api, world: World) -> None:
    await world.database.close()
    answers = [await api.http.get("/api/v1/hospitals"), await api.take()]
    for response in answers:
        assert_problem(response, 503, "try_again")
        assert response.headers["retry-after"] == "2"
