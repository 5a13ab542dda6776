"""Many at once, through several nodes with connections of their own: the database has the last word.

Nothing here waits for a time: what runs together is started together, and what must hold is counted afterwards.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import psycopg
import pytest

from firsthand.arrival.actions import check_in
from firsthand.arrival.model import Arrived
from firsthand.arrival.model import Reason as ArrivalReason
from firsthand.arrival.model import Refused as ArrivalRefused
from firsthand.booking.actions import confirm_bookings, expire_holds, give_back_bookings, read_booking
from firsthand.booking.model import Booked, GivenBack, Held, Reason, Refused, TakeRequest
from firsthand.booking.taking import take_places
from firsthand.platform.chance import Chance, SeededChance
from firsthand.platform.clock import ManualClock
from firsthand.platform.database import Database
from firsthand.platform.gather import Gather
from firsthand.platform.idempotency import IdempotencyKey
from firsthand.platform.postgres import Role
from firsthand.platform.scope import PersonScope
from firsthand.platform.world import World
from firsthand.policy.model import Cap
from firsthand.release.model import SessionStatus
from tests.city import (
    NO_CAPS,
    SYSTEM,
    Opening,
    assert_consistent,
    booking_states,
    capped,
    hold,
    make_city,
    place_states,
    publish,
    set_policy,
)
from tests.conftest import START, FreshDatabase

NODES = 3
Ask = Callable[[TakeRequest], Awaitable[Held | Refused]]


@pytest.fixture(autouse=True)
async def _places_and_bookings_agree(world: World) -> AsyncIterator[None]:
    yield
    await assert_consistent(world)


@pytest.fixture
async def nodes(world: World, fresh_database: FreshDatabase) -> AsyncIterator[list[World]]:
    """Several nodes of one city, each with its own connections and chance, at the same hour."""
    made = []
    for number in range(NODES):
        database = Database(fresh_database.dsn(Role.APP), connections_max=8)
        await database.open()
        made.append(World(database, world.clock, SeededChance(100 + number), world.keyring))
    yield made
    for node in made:
        await node.database.close()


def alone(node: World) -> Ask:
    """Ask for each place in a transaction of its own."""

    async def ask(request: TakeRequest) -> Held | Refused:
        (answer,) = await take_places(node, [request])
        return answer

    return ask


def gathered(node: World, *, batch_max: int = 8) -> Ask:
    """Ask for places as the channels do: what arrives together shares a transaction."""

    async def action(requests: Sequence[TakeRequest]) -> list[Held | Refused]:
        return await take_places(node, requests)

    return Gather(action, batch_max=batch_max).ask


WAYS = pytest.mark.parametrize("way", [alone, gathered])


@WAYS
async def test_200_requests_for_20_places_sell_exactly_20(
    world: World, nodes: list[World], way: Callable[[World], Ask]
) -> None:
    city = await make_city(world, places=20, persons=200)
    asks = [way(node) for node in nodes]
    answers = await asyncio.gather(*(asks[person % NODES](city.take(person)) for person in range(200)))
    held = [answer for answer in answers if isinstance(answer, Held)]
    assert sorted(answer.number for answer in held) == list(range(1, 21))
    assert Counter(answer for answer in answers if isinstance(answer, Refused)) == {Refused(Reason.PLACE_TAKEN): 180}
    assert await place_states(world, city.session_ids[0]) == {"taken": 20}


@WAYS
@pytest.mark.parametrize(
    ("cap", "expected"),
    [
        (Cap("day", 1, per_department=False, max_count=2), 2),
        (Cap("department_day", 1, per_department=True, max_count=1), 2),
        (Cap("week", 7, per_department=False, max_count=3), 3),
        (None, 5),
    ],
    ids=["day", "department_day", "week", "holds"],
)
async def test_one_persons_50_parallel_requests_never_pass_a_cap(
    world: World, nodes: list[World], way: Callable[[World], Ask], cap: Cap | None, expected: int
) -> None:
    policy = capped(cap) if cap else replace(NO_CAPS, holds_live_max=5)
    await set_policy(world, policy)
    # Two departments on one day.
    city = await make_city(world, sessions=[Opening(30), Opening(30, hospital=1, department="Cardiology")])
    asks = [way(node) for node in nodes]
    answers = await asyncio.gather(*(asks[number % NODES](city.take(0, number % 2)) for number in range(50)))
    assert sum(isinstance(answer, Held) for answer in answers) == expected
    refused = Refused(Reason.CAP_REACHED, cap.name) if cap else Refused(Reason.TOO_MANY_HOLDS)
    assert Counter(answer for answer in answers if isinstance(answer, Refused)) == {refused: 50 - expected}


async def test_persons_who_ask_for_each_others_places_crosswise_never_block_each_other(
    world: World, nodes: list[World]
) -> None:
    await set_policy(world, NO_CAPS)
    city = await make_city(world, sessions=4, places=40, persons=8)
    batches = [
        [city.take(person, session) for person in order for session in range(4)]
        for order in (range(8), reversed(range(8)), [4, 5, 6, 7, 0, 1, 2, 3])
    ]
    answers = await asyncio.gather(*(take_places(node, batch) for node, batch in zip(nodes, batches, strict=True)))
    assert all(isinstance(answer, Held) for batch in answers for answer in batch)


class SetCodes:
    """Chance by which the codes of bookings (8 bytes) are what a test says, one after the other."""

    def __init__(self, rest: Chance, codes: Sequence[int]) -> None:
        self._rest = rest
        self._codes = iter(codes)

    def bytes(self, count: int) -> bytes:
        return next(self._codes).to_bytes(8) if count == 8 else self._rest.bytes(count)


async def test_a_code_drawn_twice_spoils_one_request_and_no_place(world: World) -> None:
    city = await make_city(world, persons=4)
    rigged = replace(world, chance=SetCodes(world.chance, [1, *(2, 1, 3), *(2, 1, 3)]))
    await hold(rigged, city, 3)
    ask = gathered(rigged)
    answers = await asyncio.gather(*(ask(city.take(person)) for person in range(3)), return_exceptions=True)
    assert [type(answer) for answer in answers] == [Held, psycopg.errors.UniqueViolation, Held]
    assert await place_states(world, city.session_ids[0]) == {"open": 7, "taken": 3}


@pytest.mark.parametrize("spoiled", ["a key that is too long", "a NUL in the request's id"])
async def test_a_batch_with_one_bad_request_serves_the_others(world: World, spoiled: str) -> None:
    city = await make_city(world, persons=5)
    requests = [city.take(person) for person in range(5)]
    if spoiled == "a key that is too long":
        requests[2] = replace(requests[2], key=IdempotencyKey(UUID(int=1), "k" * 256, bytes(32)))
    else:
        requests[2] = replace(requests[2], caller=replace(requests[2].caller, request_id="\x00"))
    gather: Gather[TakeRequest, Held | Refused] = Gather(lambda batch: take_places(world, batch))
    answers = await asyncio.gather(*(gather.ask(request) for request in requests), return_exceptions=True)
    assert [isinstance(answer, Held) for answer in answers] == [True, True, False, True, True]
    assert isinstance(answers[2], psycopg.Error)
    assert (gather.counts.batches, gather.counts.tried_singly) == (6, 5)


async def test_a_bookings_end_and_its_confirmation_exclude_each_other(
    world: World, nodes: list[World], clock: ManualClock
) -> None:
    """One node's clock stands just before the hold runs out, another's just after."""
    await set_policy(world, NO_CAPS)
    rounds = 8
    city = await make_city(world, places=rounds, persons=rounds)
    holds = [await hold(world, city, person) for person in range(rounds)]
    clock.move_to(START + timedelta(minutes=15) - timedelta(microseconds=1))
    after = replace(nodes[1], clock=ManualClock(START + timedelta(minutes=15)))
    outcomes = await asyncio.gather(
        *(confirm_bookings(nodes[0], [city.change(number, held.booking_id)]) for number, held in enumerate(holds)),
        *(expire_holds(after, SYSTEM, limit=2) for _ in range(rounds)),
    )
    confirmed = [answer for batch in outcomes if isinstance(batch, list) for answer in batch]
    expired = sum(count for count in outcomes if isinstance(count, int))
    booked = [answer.booking_id for answer in confirmed if isinstance(answer, Booked)]
    assert all(answer == Refused(Reason.HOLD_EXPIRED) for answer in confirmed if isinstance(answer, Refused))
    # `expire_holds` passes over what is locked, so some holds may be neither; the next run ends them.
    expired += await expire_holds(after, SYSTEM)
    assert len(booked) + expired == rounds
    states = await booking_states(world)
    assert {booking_id for booking_id, state in states.items() if state == "booked"} == set(booked)
    pools = {"taken": len(booked), "returned": expired}
    assert await place_states(world, city.session_ids[0]) == {state: count for state, count in pools.items() if count}


async def test_a_booking_is_given_back_once(world: World, nodes: list[World]) -> None:
    city = await make_city(world, places=1)
    held = await hold(world, city)
    change = city.change(0, held.booking_id)
    answers = await asyncio.gather(*(give_back_bookings(nodes[number % NODES], [change]) for number in range(9)))
    assert Counter(answer for (answer,) in answers) == {
        GivenBack(held.booking_id): 1,
        Refused(Reason.ALREADY_ENDED): 8,
    }
    assert await place_states(world, city.session_ids[0]) == {"returned": 1}


async def test_confirming_giving_back_and_expiring_one_booking_leave_one_end(
    world: World, nodes: list[World], clock: ManualClock
) -> None:
    city = await make_city(world, places=1)
    held = await hold(world, city)
    change = city.change(0, held.booking_id)
    clock.move_to(held.until - timedelta(microseconds=1))
    after = replace(nodes[2], clock=ManualClock(held.until))
    (confirmed,), (given_back,), expired = await asyncio.gather(
        confirm_bookings(nodes[0], [change]), give_back_bookings(nodes[1], [change]), expire_holds(after, SYSTEM)
    )
    (state,) = (await booking_states(world)).values()
    if isinstance(given_back, GivenBack):
        # It was given back as a hold, or as the booking that it had just become.
        assert (state, expired) == ("given_back", 0)
        assert isinstance(confirmed, Booked) or confirmed == Refused(Reason.ALREADY_ENDED)
    else:
        assert (state, expired, given_back) == ("expired", 1, Refused(Reason.ALREADY_ENDED))
        assert confirmed == Refused(Reason.HOLD_EXPIRED)
    assert await place_states(world, city.session_ids[0]) == {"returned": 1}


async def test_a_returned_place_goes_to_one_person(world: World, nodes: list[World]) -> None:
    city = await make_city(world, places=1, persons=10)
    held = await hold(world, city)
    await give_back_bookings(world, [city.change(0, held.booking_id)])
    asked = [take_places(nodes[person % NODES], [city.take_at_desk(person)]) for person in range(10)]
    answers = [answer for (answer,) in await asyncio.gather(*asked)]
    assert sum(isinstance(answer, Held) for answer in answers) == 1


async def test_a_patient_arrives_once_at_however_many_counters(
    world: World, nodes: list[World], clock: ManualClock
) -> None:
    city = await make_city(world)
    held = await hold(world, city)
    await confirm_bookings(world, [city.change(0, held.booking_id)])
    booking = await read_booking(world, PersonScope(city.person_ids[0]), held.booking_id)
    assert booking is not None
    clock.move_to(booking.starts_at)
    request = city.check_in(0, booking.code)
    answers = await asyncio.gather(*(check_in(nodes[number % NODES], request) for number in range(9)))
    assert sum(isinstance(answer, Arrived) for answer in answers) == 1
    assert answers.count(ArrivalRefused(ArrivalReason.ALREADY_ARRIVED)) == 8


async def test_a_session_withdrawn_while_its_places_are_taken_keeps_what_was_taken(
    world: World, nodes: list[World], clock: ManualClock
) -> None:
    city = await make_city(world, places=40, persons=40)
    clock.advance(timedelta(minutes=1))
    *answers, _ = await asyncio.gather(
        *(take_places(nodes[person % NODES], [city.take(person)]) for person in range(40)),
        publish(world, [replace(city.openings[0], status=SessionStatus.WITHDRAWN)]),
    )
    held = sum(isinstance(answer, Held) for batch in answers if isinstance(batch, list) for answer in batch)
    states = {"taken": held, "withdrawn": 40 - held}
    assert await place_states(world, city.session_ids[0]) == {state: count for state, count in states.items() if count}
    assert await take_places(world, [city.take()]) == [Refused(Reason.SESSION_CLOSED)]
