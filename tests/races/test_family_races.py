"""Many at once about one tie: caps hold, one yes is one yes, and once an end is answered nothing is done by the tie."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date

import pytest

from firsthand.booking.actions import confirm_bookings, give_back_bookings
from firsthand.booking.model import Held, Reason, Refused
from firsthand.booking.taking import take_places
from firsthand.directory.family import model as family
from firsthand.directory.family.actions import confirm_by_code, confirm_tie, dependants_of, end_tie
from firsthand.directory.family.asking import ask_adult, ask_child
from firsthand.directory.family.chores import end_what_is_over, settle_children
from firsthand.directory.family.model import Active, AdultAsked, Asked, HasEnded
from firsthand.directory.family.model import Reason as Because
from firsthand.platform.chance import SeededChance
from firsthand.platform.clock import ManualClock
from firsthand.platform.database import Database
from firsthand.platform.i18n import Language
from firsthand.platform.postgres import Role
from firsthand.platform.scope import PersonScope
from firsthand.platform.world import World
from tests.city import NO_CAPS, SYSTEM, assert_consistent, make_city, set_policy
from tests.conftest import FreshDatabase
from tests.families import COOLING, asked, born_document, child, person, tied, tied_and_cooled
from tests.people import HERE, as_owner, said
from tests.visitor import code_in

NODES = 3


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


async def test_parallel_asking_passes_no_cap(world: World, nodes: list[World], fresh_database: FreshDatabase) -> None:
    city = await make_city(world, persons=2)
    me = PersonScope(city.person_ids[0])
    wishes = [AdultAsked(born_document(date(1960, 1, 1), number), "Someone") for number in range(12)]
    answers = await asyncio.gather(
        *(ask_adult(nodes[n % NODES], person(me.person_id), me, wish, HERE) for n, wish in enumerate(wishes))
    )
    assert Counter(isinstance(answer, Asked) for answer in answers) == {True: 4, False: 8}
    assert as_owner(fresh_database, "SELECT count(*) FROM directory.tie") == [(4,)]


async def test_parallel_children_without_a_document_pass_no_cap(world: World, nodes: list[World]) -> None:
    city = await make_city(world)
    me = PersonScope(city.person_ids[0])
    names = ["Ann", "Ben", "Cid", "Dan", "Eve", "Fay"]
    answers = await asyncio.gather(
        *(ask_child(nodes[n % NODES], person(me.person_id), me, child(name=name), HERE) for n, name in enumerate(names))
    )
    assert sum(isinstance(answer, Active) for answer in answers) == 2
    assert len(await dependants_of(world, me)) == 2


async def test_asking_the_same_twice_at_once_is_one_asking(
    world: World, nodes: list[World], fresh_database: FreshDatabase
) -> None:
    city = await make_city(world, persons=2)
    me = PersonScope(city.person_ids[0])
    wish = AdultAsked(city.documents[1], "Someone")
    answers = await asyncio.gather(*(ask_adult(node, person(me.person_id), me, wish, HERE) for node in nodes * 3))
    assert len(set(answers)) == 1
    assert isinstance(answers[0], Asked)
    assert as_owner(fresh_database, "SELECT count(*) FROM messages.message") == [(1,)]


async def test_one_yes_is_one_yes(world: World, nodes: list[World], fresh_database: FreshDatabase) -> None:
    city = await make_city(world, persons=2)
    tie_id = await asked(world, city)
    (sent,) = await said(world)
    me, other = (PersonScope(one) for one in city.person_ids)
    answers = await asyncio.gather(
        *(confirm_tie(node, person(other.person_id), other, tie_id, Language.ENGLISH) for node in nodes * 2),
        *(confirm_by_code(node, person(me.person_id), me, tie_id, code_in(sent)) for node in nodes * 2),
    )
    assert sum(isinstance(answer, Active) for answer in answers) == 1
    assert as_owner(fresh_database, "SELECT count(*) FROM directory.consent") == [(1,)]


async def test_more_carers_at_once_than_one_may_have(world: World, nodes: list[World]) -> None:
    city = await make_city(world, persons=8)
    ties = [await asked(world, city, carer, 0) for carer in range(1, 8)]
    me = PersonScope(city.person_ids[0])
    answers = await asyncio.gather(
        *(
            confirm_tie(nodes[n % NODES], person(me.person_id), me, tie_id, Language.ENGLISH)
            for n, tie_id in enumerate(ties)
        )
    )
    counted = Counter(answer.reason if isinstance(answer, family.Refused) else "active" for answer in answers)
    assert counted == {"active": 4, Because.TOO_MANY_CARERS: 3}


async def test_both_sides_end_at_once(world: World, nodes: list[World], fresh_database: FreshDatabase) -> None:
    city = await make_city(world, persons=2)
    tie_id = await tied(world, city)
    sides = [PersonScope(one) for one in city.person_ids]
    answers = await asyncio.gather(
        *(end_tie(node, person(side.person_id), side, tie_id) for node in nodes for side in sides),
        end_what_is_over(nodes[0], SYSTEM),
    )
    assert sum(isinstance(answer, HasEnded) for answer in answers) == 1
    lines = as_owner(
        fresh_database,
        "SELECT outcome, count(*) FROM audit.line WHERE action = 'directory.end_tie' GROUP BY 1 ORDER BY 1",
    )
    assert lines == [("already_ended", 5), ("done", 1)]


async def test_a_code_guessed_in_parallel_has_five_tries(world: World, nodes: list[World]) -> None:
    city = await make_city(world, persons=2)
    tie_id = await asked(world, city)
    (sent,) = await said(world)
    right, me = code_in(sent), PersonScope(city.person_ids[0])
    wrong = [f"{number:06}" for number in range(40) if f"{number:06}" != right][:30]
    answers = await asyncio.gather(
        *(confirm_by_code(nodes[n % NODES], person(me.person_id), me, tie_id, guess) for n, guess in enumerate(wrong))
    )
    reasons = Counter(answer.reason for answer in answers if isinstance(answer, family.Refused))
    assert reasons == {Because.CODE_WRONG: 4, Because.CODE_SPENT: 26}
    assert await confirm_by_code(world, person(me.person_id), me, tie_id, right) == family.Refused(Because.CODE_SPENT)


@pytest.mark.parametrize("round_", range(4))
async def test_once_an_end_is_answered_no_take_succeeds(
    world: World, clock: ManualClock, nodes: list[World], round_: int
) -> None:
    """Takes run before, during and after the end: those begun after its answer are refused, all of them."""
    await set_policy(world, NO_CAPS)
    city = await make_city(world, sessions=1, places=100, persons=2)
    tie_id = await tied_and_cooled(world, clock, city)
    patient = PersonScope(city.person_ids[1])
    take = replace(city.take(0, 0), patient_id=patient.person_id)
    ended = asyncio.Event()
    late: list[Held | Refused] = []

    async def keep_taking(node: World) -> None:
        for _ in range(6):
            after = ended.is_set()
            (answer,) = await take_places(node, [take])
            if after:
                late.append(answer)
        while not ended.is_set():
            await take_places(node, [take])
        late.extend(await take_places(node, [take]))

    async def end() -> None:
        for _ in range(round_):
            await take_places(nodes[0], [take])
        assert isinstance(await end_tie(nodes[0], person(patient.person_id), patient, tie_id), HasEnded)
        ended.set()

    await asyncio.gather(end(), *(keep_taking(node) for node in nodes))
    assert late
    assert set(late) == {Refused(Reason.NOT_PERMITTED)}
    await assert_consistent(world)


async def test_an_end_against_confirming_and_giving_back(world: World, clock: ManualClock, nodes: list[World]) -> None:
    await set_policy(world, NO_CAPS)
    city = await make_city(world, sessions=1, places=40, persons=2)
    tie_id = await tied_and_cooled(world, clock, city)
    patient = PersonScope(city.person_ids[1])
    take = replace(city.take(0, 0), patient_id=patient.person_id)
    held = [answer for answer in await take_places(world, [take] * 12) if isinstance(answer, Held)]
    assert len(held) == 12
    await asyncio.gather(
        end_tie(nodes[0], person(patient.person_id), patient, tie_id),
        *(confirm_bookings(nodes[n % NODES], [city.change(0, one.booking_id)]) for n, one in enumerate(held[:6])),
        *(give_back_bookings(nodes[n % NODES], [city.change(0, one.booking_id)]) for n, one in enumerate(held[6:])),
    )
    for one in held:
        (answer,) = await confirm_bookings(world, [city.change(0, one.booking_id)])
        assert answer == Refused(Reason.BOOKING_UNKNOWN)
    await assert_consistent(world)


async def test_two_workers_settle_a_child_once(
    world: World, clock: ManualClock, nodes: list[World], fresh_database: FreshDatabase
) -> None:
    city = await make_city(world, persons=2)
    document = born_document(date(2019, 1, 2))
    for number in (0, 1):
        me = PersonScope(city.person_ids[number])
        assert isinstance(
            await ask_child(world, person(me.person_id), me, child(document, born_on=date(2019, 1, 2)), HERE), Asked
        )
    clock.advance(COOLING)
    await asyncio.gather(*(settle_children(node, SYSTEM) for node in nodes))
    states = as_owner(
        fresh_database, "SELECT state, count(*), count(dependant_id) FROM directory.tie GROUP BY 1 ORDER BY 1"
    )
    # The first guardian has the child; the second waits for his yes.
    assert states == [("active", 1, 1), ("asked", 1, 1)]
