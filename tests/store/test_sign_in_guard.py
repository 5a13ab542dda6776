"""The guard of signing in turns on under attack and off after it, each time with a line."""

from dataclasses import replace
from datetime import timedelta

from firsthand.directory.person.asking import Browser
from firsthand.directory.person.model import Phone
from firsthand.directory.person.sign_in import enter_code, request_sign_in
from firsthand.identity.challenge.guard import ask_work, read_watched, watch
from firsthand.identity.challenge.model import Path
from firsthand.identity.code.model import CodeRequested
from firsthand.identity.model import Reason, Refused
from firsthand.platform.clock import ManualClock
from firsthand.platform.world import World
from firsthand.policy.model import SignInPolicy, Version
from firsthand.policy.store import add_version
from tests.conftest import FreshDatabase
from tests.people import STRANGER, SYSTEM, audited

POLICY = SignInPolicy(300, 10, 5, 50, 10**9, 10**9)


async def rule(world: World, policy: SignInPolicy = POLICY) -> None:
    async with world.database.transaction() as conn:
        await add_version(conn, Version(world.clock.now(), policy, "a test"))


async def ask(world: World, number: int) -> CodeRequested | Refused:
    return await request_sign_in(world, STRANGER, Phone(f"+86139{number:08}"), Browser(f"203.0.113.{number}"))


def turned(database: FreshDatabase) -> list[object]:
    return [action for action, _ in audited(database) if str(action).startswith("identity.guard")]


async def test_many_requests_turn_it_on_and_two_calm_windows_off(
    world: World, clock: ManualClock, fresh_database: FreshDatabase
) -> None:
    await rule(world)
    answers = [await ask(world, number) for number in range(12)]
    assert [isinstance(answer, CodeRequested) for answer in answers] == [True] * 9 + [False] * 3
    assert await ask_work(world, Path.ASK_CODE) != ""
    assert turned(fresh_database) == ["identity.guard_on"]
    clock.advance(timedelta(seconds=300))
    assert await watch(world, SYSTEM)
    clock.advance(timedelta(seconds=300))
    assert not await watch(world, SYSTEM)
    assert not await watch(world, SYSTEM)
    assert turned(fresh_database) == ["identity.guard_on", "identity.guard_off"]
    assert await ask_work(world, Path.ASK_CODE) == ""
    assert isinstance(await ask(world, 20), CodeRequested)


async def test_many_wrong_codes_turn_it_on(world: World, fresh_database: FreshDatabase) -> None:
    await rule(world)
    for number in range(5):
        asked = await ask(world, number)
        assert isinstance(asked, CodeRequested)
        await enter_code(world, STRANGER, asked.code_id, "000000", Browser(f"203.0.113.{number}"))
    assert await ask(world, 6) == Refused(Reason.PROOF_NEEDED)
    assert turned(fresh_database) == ["identity.guard_on"]
    async with world.database.connection() as conn:
        watched = await read_watched(conn, world)
    assert (watched.is_guarded, watched.counted.requests[1], watched.counted.failures[1]) == (True, 6, 5)


async def test_a_quiet_city_is_asked_for_nothing(world: World, fresh_database: FreshDatabase) -> None:
    await rule(world, replace(POLICY, guard_on_requests=10**9, guard_on_failures=10**9))
    for number in range(15):
        assert isinstance(await ask(world, number), CodeRequested)
    assert turned(fresh_database) == []
