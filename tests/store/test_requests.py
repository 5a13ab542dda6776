"""What people ask about their own data, and the answers, on real rows."""

from datetime import timedelta
from uuid import UUID

import pytest

from firsthand.audit.model import Caller
from firsthand.directory.emergency.actions import open_record
from firsthand.directory.emergency.model import Access, Wanted
from firsthand.directory.erasing import erase_requests
from firsthand.directory.request.actions import read_own_requests, withdraw_request
from firsthand.directory.request.answering import answer_request, count_waiting, list_requests, read_request
from firsthand.directory.request.limits import OPEN_MAX, PER_PERSON_DAY
from firsthand.directory.request.model import ANSWER_WITHIN, About, Kind, Reason, Refused, Request, Shown, State
from firsthand.platform.access import Role
from firsthand.platform.clock import ManualClock
from firsthand.platform.scope import PersonScope
from firsthand.platform.world import World
from firsthand.policy.retention import ENDED_TERM
from tests.city import SYSTEM, City, Opening, make_city
from tests.conftest import START, FreshDatabase
from tests.counter import open_counter
from tests.families import person
from tests.people import as_owner, audited, said
from tests.requests import REASONS, WHY_LOOKED, WRONG_NAME, asked, try_asking
from tests.staffing import Crew, make_crew

WHY = "Found unconscious at the bus stop, no papers"


@pytest.fixture
async def city(world: World) -> City:
    return await make_city(world, sessions=[Opening(), Opening(hospital=1)], persons=4)


@pytest.fixture
async def crew(world: World, city: City) -> Crew:
    return await make_crew(world, city)


async def own(world: World, person_id: UUID) -> list[Request]:
    """Return what somebody has asked, as he sees it."""
    return [one.request for one in await read_own_requests(world, PersonScope(person_id))]


async def queue_of(world: World, caller: Caller) -> list[UUID]:
    """Return the requests that a member of staff is shown, in their order."""
    found = await list_requests(world, caller)
    assert not isinstance(found, Refused), found
    return [one.id for one in found.requests]


async def test_a_request_is_kept_sealed_and_the_person_is_told_until_when(
    world: World, city: City, fresh_database: FreshDatabase
) -> None:
    me = city.person_ids[0]
    request = await asked(world, me, hospital_id=city.hospital_ids[0])
    assert request.due_at == START + ANSWER_WITHIN
    assert await own(world, me) == [request]
    (message,) = await said(world)
    assert (message.person_id, message.template) == (me, "request_received")
    assert "17 March" in message.body
    ((words, answer),) = as_owner(fresh_database, "SELECT words, answer FROM directory.request")
    assert isinstance(words, bytes | memoryview)
    assert WRONG_NAME.encode() not in bytes(words)
    assert answer is None
    assert audited(fresh_database)[-1] == ("directory.make_request", "done")
    ((detail,),) = as_owner(fresh_database, "SELECT detail::text FROM audit.line ORDER BY n DESC LIMIT 1")
    assert "wrong character" not in str(detail)


async def test_a_supervisor_answers_what_was_asked_of_his_hospital_and_the_city_the_rest(
    world: World, city: City, crew: Crew
) -> None:
    here = await asked(world, city.person_ids[0], hospital_id=city.hospital_ids[0])
    there = await asked(world, city.person_ids[1], hospital_id=city.hospital_ids[1])
    of_city = await asked(world, city.person_ids[2], Kind.OBJECTION, About.RECORD, words=WHY_LOOKED)
    boss, admin = crew.caller(Role.SUPERVISOR), crew.caller(Role.CITY_ADMIN)
    assert await queue_of(world, boss) == [here.id]
    assert set(await queue_of(world, admin)) == {here.id, there.id, of_city.id}
    assert (await count_waiting(world, boss), await count_waiting(world, admin)) == (1, 3)
    shown = await read_request(world, boss, here.id)
    assert isinstance(shown, Shown)
    assert (shown.name, shown.request.words) == ("Person 0", WRONG_NAME)
    for request in (there, of_city):
        assert await read_request(world, boss, request.id) == Refused(Reason.REQUEST_UNKNOWN)
        answer = await answer_request(world, boss, request.id, granted=True, words=REASONS)
        assert answer == Refused(Reason.REQUEST_UNKNOWN)
        assert isinstance(await answer_request(world, admin, request.id, granted=False, words=REASONS), Request)
    assert isinstance(await answer_request(world, boss, here.id, granted=True, words=REASONS), Request)
    assert await count_waiting(world, admin) == 0


async def test_the_answer_is_read_by_the_person_alone_and_told_to_him(
    world: World, city: City, crew: Crew, fresh_database: FreshDatabase
) -> None:
    me = city.person_ids[0]
    request = await asked(world, me, hospital_id=city.hospital_ids[0])
    await answer_request(world, crew.caller(Role.SUPERVISOR), request.id, granted=False, words=REASONS)
    (answered,) = await own(world, me)
    assert (answered.state, answered.answer, answered.ended_at) == (State.REFUSED, REASONS, START)
    assert await own(world, city.person_ids[1]) == []
    told = [one for one in await said(world) if one.template == "request_answered"]
    assert [one.person_id for one in told] == [me]
    assert REASONS not in told[0].body
    assert audited(fresh_database)[-1] == ("directory.answer_request", "done")


async def test_the_list_opens_nothing_and_each_reading_is_a_line_of_the_persons(
    world: World, city: City, crew: Crew, fresh_database: FreshDatabase
) -> None:
    me = city.person_ids[0]
    request = await asked(world, me, hospital_id=city.hospital_ids[0])
    boss = crew.caller(Role.SUPERVISOR)
    await queue_of(world, boss)
    await read_request(world, boss, request.id)
    lines = as_owner(
        fresh_database,
        "SELECT action, person_id, actor_id FROM audit.line WHERE action LIKE 'directory.%request%' ORDER BY n",
    )
    assert lines[-2:] == [
        ("directory.list_requests", None, boss.id),
        ("directory.read_request", me, boss.id),
    ]


async def test_what_is_urgent_comes_first(world: World, city: City, crew: Crew, clock: ManualClock) -> None:
    boss = crew.caller(Role.SUPERVISOR)
    requests = []
    for number in range(3):
        requests.append((await asked(world, city.person_ids[number], hospital_id=city.hospital_ids[0])).id)
        clock.advance(timedelta(days=1))
    assert await queue_of(world, boss) == requests
    await answer_request(world, boss, requests[0], granted=True, words=REASONS)
    assert await queue_of(world, boss) == [*requests[1:], requests[0]]
    clock.advance(ANSWER_WITHIN)
    found = await list_requests(world, boss)
    assert not isinstance(found, Refused)
    assert [one.due_at < clock.now() for one in found.requests] == [True, True, True]


async def test_one_person_has_so_many_open_requests_and_asks_so_often_a_day(
    world: World, city: City, clock: ManualClock
) -> None:
    me = city.person_ids[0]
    requests = [await asked(world, me, words=f"My name is spelled wrongly, {number}") for number in range(OPEN_MAX)]
    assert await try_asking(world, me) == Refused(Reason.TOO_MANY_OPEN)
    again = await asked(world, me, words=requests[0].words)
    assert again.id == requests[0].id
    for request in requests:
        assert isinstance(await withdraw_request(world, person(me), PersonScope(me), request.id), Request)
    for _ in range(PER_PERSON_DAY.attempts_max - OPEN_MAX):
        again = await asked(world, me)
        await withdraw_request(world, person(me), PersonScope(me), again.id)
    assert await try_asking(world, me) == Refused(Reason.TOO_MANY_REQUESTS)
    clock.advance(timedelta(days=1))
    assert isinstance(await try_asking(world, me), Request)


async def test_nobody_answers_an_objection_to_his_own_emergency_access(world: World, city: City, crew: Crew) -> None:
    me, boss = city.person_ids[0], crew.caller(Role.SUPERVISOR)
    assert isinstance(await open_record(world, boss, Wanted(city.documents[0]), WHY), Access)
    here = city.hospital_ids[0]
    objection = await asked(world, me, Kind.OBJECTION, About.EMERGENCY, hospital_id=here, words=WHY_LOOKED)
    answer = await answer_request(world, boss, objection.id, granted=False, words=REASONS)
    assert answer == Refused(Reason.OWN_DOING)
    admin = crew.caller(Role.CITY_ADMIN)
    assert isinstance(await answer_request(world, admin, objection.id, granted=True, words=REASONS), Request)


async def test_who_has_two_records_sees_what_he_asked_under_either(world: World, city: City) -> None:
    kept, merged = city.person_ids[:2]
    request = await asked(world, merged)
    await (await open_counter(world, city)).merge(0, 1)
    assert [one.id for one in await own(world, kept)] == [request.id]
    assert isinstance(await withdraw_request(world, person(kept), PersonScope(kept), request.id), Request)


async def test_what_was_taken_back_nobody_reads_any_more(
    world: World, city: City, crew: Crew, fresh_database: FreshDatabase
) -> None:
    me = city.person_ids[0]
    request = await asked(world, me, hospital_id=city.hospital_ids[0])
    await withdraw_request(world, person(me), PersonScope(me), request.id)
    shown = await read_request(world, crew.caller(Role.SUPERVISOR), request.id)
    assert isinstance(shown, Shown)
    assert (shown.request.state, shown.request.words) == (State.WITHDRAWN, "")
    assert as_owner(fresh_database, "SELECT words FROM directory.request") == [(None,)]


async def test_requests_go_three_years_after_they_ended(
    world: World, city: City, crew: Crew, clock: ManualClock, fresh_database: FreshDatabase
) -> None:
    me = city.person_ids[0]
    request = await asked(world, me, hospital_id=city.hospital_ids[0])
    open_one = await asked(world, city.person_ids[1])
    await answer_request(world, crew.caller(Role.SUPERVISOR), request.id, granted=True, words=REASONS)
    clock.advance(timedelta(days=ENDED_TERM.days))
    assert await erase_requests(world, SYSTEM, before=ENDED_TERM.begins(clock.now()), limit=10) == 0
    clock.advance(timedelta(seconds=1))
    assert await erase_requests(world, SYSTEM, before=ENDED_TERM.begins(clock.now()), limit=10) == 1
    assert as_owner(fresh_database, "SELECT id FROM directory.request") == [(open_one.id,)]
