"""Many at once about one account: it goes whole or stays whole, nothing is done to who is gone, no cap is passed."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from firsthand.booking.deleting import delete_account
from firsthand.booking.model import Held, Reason, TakeRequest
from firsthand.booking.model import Refused as BookingRefused
from firsthand.booking.taking import take_places
from firsthand.directory.family.actions import confirm_tie
from firsthand.directory.person.asking import Browser
from firsthand.directory.person.sign_in import enter_code, request_sign_in
from firsthand.directory.request.actions import withdraw_request
from firsthand.directory.request.answering import answer_request
from firsthand.directory.request.limits import OPEN_MAX
from firsthand.directory.request.model import Reason as Because
from firsthand.directory.request.model import Refused, Request
from firsthand.identity.code.model import CodeRequested
from firsthand.messages.model import Template
from firsthand.platform.access import Role as StaffRole
from firsthand.platform.chance import SeededChance
from firsthand.platform.clock import ManualClock
from firsthand.platform.database import Database
from firsthand.platform.i18n import Language
from firsthand.platform.postgres import Role
from firsthand.platform.scope import PersonScope
from firsthand.platform.world import World
from tests.city import NO_CAPS, SYSTEM, Opening, assert_consistent, make_city, set_policy
from tests.conftest import FreshDatabase
from tests.families import asked as tie_asked
from tests.families import person, tied_and_cooled
from tests.people import HERE, STRANGER, as_owner, said
from tests.requests import REASONS, asked, asked_to_delete, try_asking, try_deleting
from tests.staffing import make_crew
from tests.visitor import code_in

NODES = 3
PEOPLE = 12
WEEK = timedelta(days=7)
LATER = [Opening(places=50, day=12)]


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


def states(database: FreshDatabase) -> dict[object, object]:
    return dict(as_owner(database, "SELECT id, state FROM directory.person"))  # type: ignore[arg-type]


async def test_whoever_books_is_not_deleted_and_whoever_is_deleted_books_nothing(
    world: World, nodes: list[World], clock: ManualClock, fresh_database: FreshDatabase
) -> None:
    city = await make_city(world, sessions=LATER, persons=PEOPLE)
    await set_policy(world, NO_CAPS)
    for number in range(PEOPLE):
        await asked_to_delete(world, city, number)
    clock.advance(WEEK)
    outcomes = Counter[tuple[bool, bool]]()

    async def both(number: int) -> None:
        taking = asyncio.ensure_future(take_places(nodes[0], [city.take(number)]))
        deleting = asyncio.ensure_future(delete_account(nodes[1], SYSTEM, city.person_ids[number]))
        (taken,), deleted = await taking, await deleting
        assert isinstance(taken, Held) or taken == BookingRefused(Reason.PERSON_UNKNOWN)
        outcomes[isinstance(taken, Held), deleted] += 1

    for number in range(PEOPLE):
        await both(number)
    assert set(outcomes) <= {(True, False), (False, True)}, outcomes
    held = {row[0] for row in as_owner(fresh_database, "SELECT patient_id FROM booking.booking")}
    now = states(fresh_database)
    assert all((now[one] == "active") == (one in held) for one in city.person_ids)
    await assert_consistent(world)


async def test_nobody_books_for_a_dependant_who_goes_at_this_moment(
    world: World, nodes: list[World], clock: ManualClock, fresh_database: FreshDatabase
) -> None:
    city = await make_city(world, sessions=LATER, persons=2)
    carer, dependant = city.person_ids
    await tied_and_cooled(world, clock, city)
    await asked_to_delete(world, city, 1)
    clock.advance(WEEK)
    request = TakeRequest(city.person(0), city.session_ids[0], carer, dependant)
    (taken,), deleted = await asyncio.gather(
        take_places(nodes[0], [request]), delete_account(nodes[1], SYSTEM, dependant)
    )
    assert isinstance(taken, Held) is not deleted
    assert states(fresh_database)[dependant] == ("anonymised" if deleted else "active")


async def test_two_workers_delete_an_account_once(world: World, nodes: list[World], clock: ManualClock) -> None:
    city = await make_city(world)
    await asked_to_delete(world, city)
    clock.advance(WEEK)
    deleted = await asyncio.gather(*(delete_account(node, SYSTEM, city.person_ids[0]) for node in nodes * 2))
    assert Counter(deleted) == {True: 1, False: 5}
    assert [one.template for one in await said(world)] == ["account_deleted"]


async def test_it_is_taken_back_or_carried_out_and_never_both(
    world: World, nodes: list[World], clock: ManualClock, fresh_database: FreshDatabase
) -> None:
    city = await make_city(world, persons=PEOPLE)
    requests = [await asked_to_delete(world, city, number) for number in range(PEOPLE)]
    clock.advance(WEEK)
    for number, request in enumerate(requests):
        me = city.person_ids[number]
        withdrawing = withdraw_request(nodes[0], person(me), PersonScope(me), request.id)
        deleting = delete_account(nodes[1], SYSTEM, me)
        withdrawn, deleted = await asyncio.gather(withdrawing, deleting)
        assert isinstance(withdrawn, Request) is not deleted
        assert states(fresh_database)[me] == ("anonymised" if deleted else "active")


async def test_no_session_is_left_of_whoever_signs_in_as_his_account_goes(
    world: World, nodes: list[World], clock: ManualClock, fresh_database: FreshDatabase
) -> None:
    city = await make_city(world, persons=PEOPLE)
    for number in range(PEOPLE):
        await asked_to_delete(world, city, number)
    clock.advance(WEEK)
    for number, me in enumerate(city.person_ids):
        browser = Browser(HERE, "")
        requested = await request_sign_in(world, STRANGER, city.documents[number], browser)
        assert isinstance(requested, CodeRequested)
        (sent,) = [one for one in await said(world) if one.person_id == me and one.template == "one_time_code"]
        _, deleted = await asyncio.gather(
            enter_code(nodes[0], STRANGER, requested.code_id, code_in(sent), browser),
            delete_account(nodes[1], SYSTEM, me),
        )
        assert deleted is True
        assert as_owner(fresh_database, f"SELECT FROM identity.session WHERE subject_id = '{me}'") == []


async def test_no_tie_begins_with_whoever_goes_at_this_moment(
    world: World, nodes: list[World], clock: ManualClock, fresh_database: FreshDatabase
) -> None:
    city = await make_city(world, persons=2)
    carer, dependant = city.person_ids
    await asked_to_delete(world, city, 0)
    clock.advance(WEEK)
    tie_id = await tie_asked(world, city)
    await asyncio.gather(
        confirm_tie(nodes[0], person(dependant), PersonScope(dependant), tie_id, Language.ENGLISH),
        delete_account(nodes[1], SYSTEM, carer),
    )
    # Where the yes came first, the next round ends the tie; where the end came first, there is nothing to say yes to.
    await delete_account(world, SYSTEM, carer)
    assert states(fresh_database)[carer] == "anonymised"
    assert as_owner(fresh_database, "SELECT state FROM directory.tie") == [("ended",)]


async def test_two_answers_are_one(world: World, nodes: list[World]) -> None:
    city = await make_city(world, persons=2)
    crew = await make_crew(world, city)
    here = city.hospital_ids[0]
    request = await asked(world, city.person_ids[0], hospital_id=here)
    answers = await asyncio.gather(
        *(
            answer_request(node, crew.caller(role), request.id, granted=granted, words=REASONS)
            for node in nodes
            for role, granted in ((StaffRole.SUPERVISOR, True), (StaffRole.CITY_ADMIN, False))
        )
    )
    assert sum(isinstance(one, Request) for one in answers) == 1
    assert [one for one in answers if isinstance(one, Refused)] == [Refused(Because.ALREADY_ENDED)] * 5
    assert [one.template for one in await said(world)].count(Template.REQUEST_ANSWERED) == 1


async def test_a_request_sent_several_times_at_once_is_one(world: World, nodes: list[World]) -> None:
    city = await make_city(world)
    answers = await asyncio.gather(*(try_asking(node, city.person_ids[0]) for node in nodes * 2))
    assert len({one.id for one in answers if isinstance(one, Request)}) == 1
    assert all(isinstance(one, Request) for one in answers)


async def test_parallel_requests_pass_no_limit(world: World, nodes: list[World]) -> None:
    city = await make_city(world)
    me = city.person_ids[0]
    words = [f"My name is spelled wrongly, {number}" for number in range(2 * OPEN_MAX)]
    answers = await asyncio.gather(*(try_asking(nodes[n % NODES], me, words=one) for n, one in enumerate(words)))
    assert sum(isinstance(one, Request) for one in answers) == OPEN_MAX
    deletions = await asyncio.gather(*(try_deleting(node, me, city.documents[0]) for node in nodes))
    assert sum(isinstance(one, Request) for one in deletions) == 1
