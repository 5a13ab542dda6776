"""The same request sent twice is answered once; another request under its key is not answered."""

import json
from collections.abc import Awaitable, Callable
from uuid import UUID

import httpx
import pytest

from firsthand.platform.idempotency import IdempotencyKey, look_up
from firsthand.platform.world import World
from tests.api_client import Api, assert_problem, contents
from tests.city import booking_states
from tests.conftest import FreshDatabase

KEYED = ("take", "confirm", "return", "check-in", "desk booking")
# Audit lines tell of every look at a document, and of nothing else here.
LOOKED_AT = ("audit.line",)


async def keyed_request(api: Api, name: str, key: str) -> Callable[[], Awaitable[httpx.Response]]:
    """Make what a request needs, and return how it is sent under `key`."""
    match name:
        case "take":
            return lambda: api.take(key=key)
        case "confirm":
            held = (await api.take(key="before")).json()["booking_id"]
            return lambda: api.confirm(held, key=key)
        case "return":
            booked = await api.booked()
            return lambda: api.give_back(booked["booking_id"], key=key)
        case "check-in":
            booked = await api.booked()
            return lambda: api.check_in(booked["code"], key=key)
        case _:
            return lambda: api.book_at_desk(key=key)


@pytest.mark.parametrize("name", KEYED)
async def test_a_replay_is_the_first_answer_byte_for_byte(api: Api, fresh_database: FreshDatabase, name: str) -> None:
    send = await keyed_request(api, name, "the key")
    first = await send()
    before = contents(fresh_database, without=LOOKED_AT)
    again = await send()
    # A refusal names its request, which is another one each time.
    own = [header.encode() for header in (first.headers["x-request-id"], again.headers["x-request-id"])]
    assert (again.status_code, again.content.replace(own[1], b"")) == (
        first.status_code,
        first.content.replace(own[0], b""),
    )
    assert contents(fresh_database, without=LOOKED_AT) == before


async def test_a_refusal_is_replayed_even_when_it_would_be_granted_now(api: Api) -> None:
    for person in (0, 1):
        await api.take(person)
    assert_problem(await api.take(2), 409, "place_taken")
    assert_problem(await api.take(2), 409, "place_taken")
    assert (await api.book_at_desk(2, 1, 1)).status_code == 201


@pytest.mark.parametrize("name", KEYED)
async def test_another_request_under_the_key_is_not_answered(api: Api, name: str) -> None:
    send = await keyed_request(api, name, "the key")
    await send()
    if name in {"check-in", "desk booking"}:
        other = await api.check_in("0" * 12, 1, key="the key")
    else:
        other = await api.take(session=1, key="the key")
    assert_problem(other, 422, "key_reused")


@pytest.mark.parametrize("name", KEYED)
async def test_a_key_in_flight_is_told_to_wait(api: Api, world: World, name: str) -> None:
    send = await keyed_request(api, name, "the key")
    at_desk = name in {"check-in", "desk booking"}
    principal = api.city.staff_ids[0] if at_desk else api.city.person_ids[0]
    before = await booking_states(world)
    async with world.database.transaction() as conn:
        await look_up(conn, [IdempotencyKey(principal, "the key", bytes(32))])  # as the first request would
        waiting = await send()
    assert_problem(waiting, 409, "key_in_flight")
    assert waiting.headers["retry-after"] == "1"
    assert await booking_states(world) == before
    assert (await send()).json().get("type") != "urn:firsthand:problem:key_in_flight"


@pytest.mark.parametrize("key", [None, "", " ", "x" * 201, "\x01", "\x7f", "clé", "键"])
async def test_a_key_that_is_none_is_refused(api: Api, world: World, key: str | None) -> None:
    headers: list[tuple[bytes, bytes]] = [(name.encode(), value.encode()) for name, value in api.as_person().items()]
    if key is not None:
        headers.append((b"Idempotency-Key", key.encode()))
    body = {"session_id": str(api.city.session_ids[0])}
    response = await api.http.post("/api/v1/bookings", json=body, headers=headers)
    assert_problem(response, 400, "idempotency_key_invalid")
    assert await booking_states(world) == {}


async def test_the_longest_key_is_accepted(api: Api) -> None:
    assert (await api.take(key="x" * 200)).status_code == 201
    assert (await api.book_at_desk(1, key="y" * 200)).status_code == 201


async def test_two_persons_with_one_key_have_each_an_answer(api: Api, world: World) -> None:
    first, second = await api.take(0, key="same"), await api.take(1, key="same")
    assert {first.status_code, second.status_code} == {201}
    assert len(await booking_states(world)) == 2


async def test_the_order_of_fields_makes_no_other_request(api: Api) -> None:
    body = {"session_id": str(api.city.session_ids[0]), "pool": "open", **api.document()}
    answers = []
    for fields in (body, dict(reversed(body.items())), {**body, "session_id": UUID(body["session_id"]).hex}):
        headers = api.as_desk(key="same") | {"Content-Type": "application/json"}
        answers.append(await api.http.post("/api/v1/desk/bookings", content=json.dumps(fields), headers=headers))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
