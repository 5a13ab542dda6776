"""However many enter a code, or register a document, at one moment: one succeeds."""

import asyncio
import re
from collections import Counter
from uuid import UUID

from firsthand.directory.person.actions import register_people
from firsthand.directory.person.asking import Browser
from firsthand.directory.person.model import OnePerson
from firsthand.directory.person.sign_in import enter_code, request_sign_in
from firsthand.directory.person.store import lock_people
from firsthand.identity.code.model import TRIES_MAX, CodeRequested
from firsthand.identity.model import Reason, Refused
from firsthand.identity.session.model import OpenedSession
from firsthand.platform.scope import CityScope, PersonScope
from firsthand.platform.world import World
from tests.conftest import FreshDatabase
from tests.people import HERE, STRANGER, SYSTEM, as_owner, document, registration, said


async def ask(world: World) -> tuple[UUID, str]:
    """Register somebody, ask for a code, and return its id and digits."""
    await register_people(world, SYSTEM, [registration(1)])
    requested = await request_sign_in(world, STRANGER, document(1), Browser(HERE))
    assert isinstance(requested, CodeRequested)
    found = re.search(r"\b\d{6}\b", (await said(world))[-1].body)
    assert found is not None
    return requested.code_id, found[0]


async def test_a_right_code_entered_fifty_times_at_once_signs_in_once(
    world: World, fresh_database: FreshDatabase
) -> None:
    code_id, code = await ask(world)
    answers = await asyncio.gather(*(enter_code(world, STRANGER, code_id, code, Browser(HERE)) for _ in range(50)))
    assert sum(isinstance(answer, OpenedSession) for answer in answers) == 1
    assert answers.count(Refused(Reason.CODE_SPENT)) == 49
    assert as_owner(fresh_database, "SELECT count(*) FROM identity.session") == [(1,)]


async def test_fifty_wrong_codes_at_once_are_counted_one_by_one(world: World) -> None:
    code_id, code = await ask(world)
    guesses = [f"{(int(code) + shift) % 1_000_000:06}" for shift in range(1, 51)]
    answers = await asyncio.gather(*(enter_code(world, STRANGER, code_id, guess, Browser(HERE)) for guess in guesses))
    reasons = Counter(answer.reason for answer in answers if isinstance(answer, Refused))
    assert reasons == {Reason.CODE_WRONG: TRIES_MAX - 1, Reason.CODE_SPENT: 50 - TRIES_MAX + 1}
    assert await enter_code(world, STRANGER, code_id, code, Browser(HERE)) == Refused(Reason.CODE_SPENT)


async def test_overlapping_groups_register_everybody_once(world: World, fresh_database: FreshDatabase) -> None:
    numbers = list(range(60))
    groups = [numbers[start : start + 30] for start in range(0, 40, 5)]
    groups += [group[::-1] for group in groups]
    answers = await asyncio.gather(
        *(register_people(world, SYSTEM, [registration(number) for number in group]) for group in groups)
    )
    registered = [one for group in answers for one in group if isinstance(one, UUID)]
    assert len(registered) == len({number for group in groups for number in group})
    assert as_owner(fresh_database, "SELECT count(*) FROM directory.person") == [(len(registered),)]


async def test_people_are_locked_without_deadlock_and_within_scope(world: World) -> None:
    answers = await register_people(world, SYSTEM, [registration(number) for number in range(20)])
    ids = [one for one in answers if isinstance(one, UUID)]

    async def lock(wanted: list[UUID]) -> set[UUID]:
        async with world.database.transaction() as conn:
            return set(await lock_people(conn, CityScope("test"), wanted))

    orders = [ids[shift:] + ids[:shift] for shift in range(20)]
    assert await asyncio.gather(*(lock([*order, UUID(int=1)]) for order in orders)) == [set(ids)] * 20
    async with world.database.transaction() as conn:
        assert await lock_people(conn, PersonScope(ids[0]), ids) == {ids[0]: OnePerson(ids[0], (ids[0],))}
