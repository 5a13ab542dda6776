"""Many requests over HTTP at one moment: the same answers as one after the other, and nothing sold twice."""

import asyncio
from collections import Counter
from collections.abc import Sequence

import httpx

from firsthand.platform.world import World
from tests.api_client import open_api
from tests.city import NO_CAPS, assert_consistent, booking_states, make_city, place_states, set_policy

REFUSED = "urn:firsthand:problem:"


def outcomes(answers: Sequence[httpx.Response]) -> Counter[str]:
    """Count answers by their status, or by the reason of the refusal."""
    return Counter(
        answer.json()["type"].removeprefix(REFUSED) if answer.status_code >= 400 else str(answer.status_code)
        for answer in answers
    )


async def test_sixty_persons_ask_for_ten_places(world: World) -> None:
    city = await make_city(world, places=10, persons=60)
    async with open_api(world, city) as api:
        answers = await asyncio.gather(*(api.take(person) for person in range(60)))
        assert outcomes(answers) == {"201": 10, "place_taken": 50}
        numbers = [answer.json()["number"] for answer in answers if answer.status_code == 201]
        assert sorted(numbers) == list(range(1, 11))
    assert await place_states(world, city.session_ids[0]) == {"taken": 10}
    await assert_consistent(world)


async def test_one_request_sent_thirty_times_at_once_takes_one_place(world: World) -> None:
    city = await make_city(world)
    await set_policy(world, NO_CAPS)
    async with open_api(world, city) as api:
        answers = await asyncio.gather(*(api.take(key="same") for _ in range(30)))
        counted = outcomes(answers)
        assert counted.keys() <= {"201", "key_in_flight"}
        assert counted["201"] >= 1
        assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
        again = await api.take(key="same")
        assert again.content in {answer.content for answer in answers}
    assert len(await booking_states(world)) == 1
    await assert_consistent(world)


async def test_one_person_asks_thirty_times_at_once_and_keeps_to_the_caps(world: World) -> None:
    city = await make_city(world, sessions=5, places=20)
    async with open_api(world, city) as api:
        answers = await asyncio.gather(*(api.take(session=number % 5, key=f"key {number}") for number in range(30)))
        counted = outcomes(answers)
        assert counted["201"] == 2
        assert counted.keys() <= {"201", "too_many_holds", "cap_reached"}
    await assert_consistent(world)


async def test_a_booking_is_confirmed_and_given_back_at_one_moment(world: World) -> None:
    city = await make_city(world, places=20, persons=20)
    async with open_api(world, city) as api:
        held = [(await api.take(person)).json()["booking_id"] for person in range(20)]
        changes = [api.confirm(booking_id, person) for person, booking_id in enumerate(held)]
        changes += [api.give_back(booking_id, person) for person, booking_id in enumerate(held)]
        answers = await asyncio.gather(*changes)
        returned = outcomes(answers[20:])
        assert returned == {"200": 20}
        assert outcomes(answers[:20]).keys() <= {"200", "already_ended"}
    assert set((await booking_states(world)).values()) == {"given_back"}
    await assert_consistent(world)


async def test_a_token_that_ends_while_it_is_used_lets_nothing_through_afterwards(world: World) -> None:
    city = await make_city(world)
    async with open_api(world, city) as api:
        headers = api.as_person()
        reads = [api.http.get("/api/v1/bookings", headers=headers) for _ in range(10)]
        ended, *answers = await asyncio.gather(api.http.delete("/api/v1/tokens/current", headers=headers), *reads)
        assert ended.status_code == 204
        assert {answer.status_code for answer in answers} <= {200, 401}
        assert (await api.http.get("/api/v1/bookings", headers=headers)).status_code == 401
