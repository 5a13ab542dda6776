"""The same request sent twice is answered once, whatever the first answer was."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from uuid import UUID, uuid4

import psycopg
import pytest

from firsthand.arrival.actions import check_in
from firsthand.arrival.model import Arrived
from firsthand.booking.actions import confirm_bookings, give_back_bookings
from firsthand.booking.model import Booked, ChangeRequest, GivenBack, Held, Reason, Refused
from firsthand.booking.taking import take_places
from firsthand.platform.clock import ManualClock
from firsthand.platform.idempotency import (
    Fresh,
    IdempotencyKey,
    InFlight,
    OtherPayload,
    Replay,
    forget,
    keep,
    look_up,
)
from firsthand.platform.world import World
from tests.city import assert_consistent, booking_states, hold, make_city
from tests.conftest import START, FreshDatabase
from tests.people import audited

PRINCIPAL = UUID(int=1)


@pytest.fixture(autouse=True)
async def _places_and_bookings_agree(world: World) -> AsyncIterator[None]:
    yield
    await assert_consistent(world)


def key(name: str = "key", payload: bytes = b"payload", principal: UUID = PRINCIPAL) -> IdempotencyKey:
    return IdempotencyKey(principal, name, sha256(payload).digest())


async def test_a_taken_place_is_answered_again_and_not_taken_again(
    world: World, clock: ManualClock, fresh_database: FreshDatabase
) -> None:
    city = await make_city(world)
    request = city.take(key=key())
    (first,) = await take_places(world, [request])
    assert isinstance(first, Held)
    before = audited(fresh_database)
    clock.advance(timedelta(hours=1))
    assert await take_places(world, [request]) == [first]
    assert await booking_states(world) == {first.booking_id: "held"}
    assert audited(fresh_database) == before


async def test_a_refusal_is_a_first_answer_too(world: World) -> None:
    city = await make_city(world, persons=2, places=1)
    held = await hold(world, city)
    request = city.take(1, key=key())
    refused = [Refused(Reason.PLACE_TAKEN)]
    assert await take_places(world, [request]) == refused
    await give_back_bookings(world, [city.change(0, held.booking_id)])
    assert await take_places(world, [request]) == refused


async def test_every_answer_is_replayed_as_it_was(world: World, clock: ManualClock) -> None:
    city = await make_city(world)
    held, booked, given_back, arrived = (key(name) for name in ("take", "confirm", "give back", "check in"))
    (first,) = await take_places(world, [city.take(key=held)])
    assert isinstance(first, Held)
    confirm = city.change(0, first.booking_id, key=booked)
    (code,) = await confirm_bookings(world, [confirm])
    assert isinstance(code, Booked)
    assert await confirm_bookings(world, [confirm]) == [code]
    clock.advance(timedelta(hours=25))
    present = replace(city.check_in(0, code.code), key=arrived)
    arrival = await check_in(world, present)
    assert isinstance(arrival, Arrived)
    assert await check_in(world, present) == arrival
    late = city.change(0, first.booking_id, key=given_back)
    for _ in range(2):
        assert await give_back_bookings(world, [late]) == [Refused(Reason.ALREADY_ENDED)]


async def test_a_key_is_used_for_one_thing_alone(world: World) -> None:
    city = await make_city(world, sessions=2)
    await take_places(world, [city.take(key=key())])
    other = city.take(0, 1, key=key(payload=b"another session"))
    assert await take_places(world, [other]) == [Refused(Reason.KEY_REUSED)]
    assert len(await booking_states(world)) == 1


async def test_a_key_belongs_to_its_principal(world: World) -> None:
    city = await make_city(world, persons=2)
    requests = [city.take(person, key=key(principal=city.person_ids[person])) for person in (0, 1)]
    for request in requests:
        assert isinstance((await take_places(world, [request]))[0], Held)
    assert len(await booking_states(world)) == 2


async def test_while_the_first_is_being_worked_on_the_second_is_told_so(world: World) -> None:
    city = await make_city(world)
    request = city.take(key=key())
    async with world.database.transaction() as first:
        assert await look_up(first, [key()]) == [Fresh()]
        assert await take_places(world, [request]) == [Refused(Reason.KEY_IN_FLIGHT)]
    # The first one left no answer, and that it was in flight is not one.
    assert isinstance((await take_places(world, [request]))[0], Held)


async def test_a_key_twice_in_one_batch_is_worked_on_once(world: World) -> None:
    city = await make_city(world)
    held = await hold(world, city)
    change = city.change(0, held.booking_id, key=key())
    assert await give_back_bookings(world, [change, change]) == [
        GivenBack(held.booking_id),
        Refused(Reason.KEY_IN_FLIGHT),
    ]
    assert await give_back_bookings(world, [change]) == [GivenBack(held.booking_id)]


async def test_keyed_and_plain_requests_share_a_batch_in_order(world: World) -> None:
    city = await make_city(world, persons=3)
    bookings = [(await hold(world, city, person)).booking_id for person in range(3)]
    replayed = city.change(0, bookings[0], key=key())
    (first,) = await confirm_bookings(world, [replayed])
    plain, unknown = ChangeRequest(city.person(1), bookings[1]), ChangeRequest(city.person(1), uuid4())
    keyed = city.change(2, bookings[2], key=key("other"))
    answers = await confirm_bookings(world, [plain, replayed, unknown, keyed])
    assert [answer.booking_id if isinstance(answer, Booked) else answer.reason for answer in answers] == [
        bookings[1],
        bookings[0],
        Reason.BOOKING_UNKNOWN,
        bookings[2],
    ]
    assert answers[1] == first


async def test_what_is_undone_leaves_no_answer(world: World) -> None:
    city = await make_city(world)
    good, too_long = city.take(key=key()), city.take(key=key("k" * 256))
    with pytest.raises(psycopg.errors.CheckViolation):
        await take_places(world, [good, too_long])
    async with world.database.transaction() as conn:
        assert await look_up(conn, [key()]) == [Fresh()]


async def test_many_first_requests_at_once_have_one_first_answer(world: World) -> None:
    city = await make_city(world)
    request = city.take(key=key())
    answers = [answer for (answer,) in await asyncio.gather(*(take_places(world, [request]) for _ in range(8)))]
    held = {answer.booking_id for answer in answers if isinstance(answer, Held)}
    assert len(held) == 1
    assert {answer.reason for answer in answers if isinstance(answer, Refused)} <= {Reason.KEY_IN_FLIGHT}
    assert set(await booking_states(world)) == held


async def test_keys_are_forgotten_by_age(world: World) -> None:
    async with world.database.transaction() as conn:
        await keep(conn, [(key("old"), b"1")], now=START)
        await keep(conn, [(key("new"), b"2")], now=START + timedelta(seconds=1))
    async with world.database.transaction() as conn:
        assert await forget(conn, before=START + timedelta(seconds=1)) == 1
        assert await look_up(conn, [key("old"), key("new"), key("new", b"other"), None]) == [
            Fresh(),
            Replay(b"2"),
            OtherPayload(),
            Fresh(),
        ]
        assert await look_up(conn, [key("old"), key("old")]) == [Fresh(), InFlight()]
