"""Attacks on one-time codes: guessing, replaying, shutting somebody out, choosing somebody else."""

import asyncio
import itertools
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from firsthand.directory.person.asking import Browser
from firsthand.directory.person.model import Phone
from firsthand.directory.person.sign_in import choose_person, enter_code, request_registration, request_sign_in
from firsthand.identity.browser.rules import NAME_BYTES, marked
from firsthand.identity.code import limits
from firsthand.identity.code.model import TRIES_MAX, VALID_FOR, CodeRequested
from firsthand.identity.model import Reason, Refused
from firsthand.identity.session.model import OpenedSession
from firsthand.platform.world import World
from tests.attacks.sign_in.town import (
    AWAY,
    CALM,
    HOME,
    Town,
    advance,
    ask,
    last_code,
    last_line,
    offered,
    rule,
    sessions_of,
    wrong,
)
from tests.conftest import FreshDatabase
from tests.people import HERE, STRANGER, document, registration
from tests.visitor import Visitor

# --- guessing, replaying and mixing up codes


async def test_codes_guessed_in_parallel(world: World, town: Town, fresh_database: FreshDatabase) -> None:
    code_id, code = await ask(world, town.people[0].phone)
    guesses = [enter_code(world, STRANGER, code_id, wrong(code, shift), AWAY) for shift in range(1, 41)]
    answers = await asyncio.gather(*guesses, enter_code(world, STRANGER, code_id, wrong(code, 99), AWAY))
    assert all(isinstance(answer, Refused) for answer in answers)
    assert answers.count(Refused(Reason.CODE_WRONG)) == TRIES_MAX - 1
    assert await enter_code(world, STRANGER, code_id, code, HOME) == Refused(Reason.CODE_SPENT)
    assert await sessions_of(fresh_database) == 0
    assert last_line(fresh_database) == ("directory.enter_code", "code_spent")


async def test_a_used_code(world: World, town: Town, fresh_database: FreshDatabase) -> None:
    code_id, code = await ask(world, town.people[0].phone)
    assert isinstance(await enter_code(world, STRANGER, code_id, code, HOME), OpenedSession)
    assert await enter_code(world, STRANGER, code_id, code, AWAY) == Refused(Reason.CODE_SPENT)
    assert await sessions_of(fresh_database) == 1


async def test_one_code_in_two_tabs_at_once(world: World, town: Town, fresh_database: FreshDatabase) -> None:
    code_id, code = await ask(world, town.people[0].phone)
    answers = await asyncio.gather(*(enter_code(world, STRANGER, code_id, code, HOME) for _ in range(12)))
    assert sum(isinstance(answer, OpenedSession) for answer in answers) == 1
    assert await sessions_of(fresh_database) == 1


async def test_a_code_that_has_run_out(world: World, town: Town, fresh_database: FreshDatabase) -> None:
    code_id, code = await ask(world, town.people[0].phone)
    advance(world, VALID_FOR)
    assert await enter_code(world, STRANGER, code_id, code, HOME) == Refused(Reason.CODE_SPENT)
    assert last_line(fresh_database) == ("directory.enter_code", "code_spent")


async def test_ones_own_code_for_anothers_attempt(world: World, town: Town, fresh_database: FreshDatabase) -> None:
    others, _ = await ask(world, town.people[0].phone)
    _, own = await ask(world, town.people[1].phone)
    assert await enter_code(world, STRANGER, others, own, AWAY) == Refused(Reason.CODE_WRONG)
    assert last_line(fresh_database) == ("directory.enter_code", "code_wrong")


@pytest.mark.parametrize("typed", ["", "1" * 1000, "٠١٢٣٤٥٦", "12345", "' OR 1=1", "123456\n654321", "\ud800"])
async def test_what_is_no_code(world: World, town: Town, fresh_database: FreshDatabase, typed: str) -> None:
    code_id, code = await ask(world, town.people[0].phone)
    assert await enter_code(world, STRANGER, code_id, typed, AWAY) == Refused(Reason.CODE_WRONG)
    assert last_line(fresh_database) == ("directory.enter_code", "code_wrong")
    assert isinstance(await enter_code(world, STRANGER, code_id, code, HOME), OpenedSession)


async def test_guessing_across_codes_from_many_addresses(
    world: World, town: Town, fresh_database: FreshDatabase
) -> None:
    addresses = (f"198.51.{number // 250}.{number % 250}" for number in itertools.count())
    left = limits.WRONG_PER_NUMBER_DAY.attempts_max
    while left > 0:
        code_id, code = await ask(world, document(1), Browser(next(addresses)))
        for shift in range(1, min(left, TRIES_MAX) + 1):
            await enter_code(world, STRANGER, code_id, wrong(code, shift), Browser(next(addresses)))
        left -= TRIES_MAX
        advance(world, timedelta(minutes=5))
    code_id, code = await ask(world, document(1), Browser(next(addresses)))
    refused = await enter_code(world, STRANGER, code_id, code, Browser(next(addresses)))
    assert refused == Refused(Reason.TOO_MANY_REQUESTS)
    assert last_line(fresh_database) == ("directory.enter_code", "too_many_requests")
    assert town.ids


async def test_guessing_many_peoples_codes_from_one_address(world: World, fresh_database: FreshDatabase) -> None:
    for _ in range(limits.WRONG_PER_ADDRESS.attempts_max):
        await enter_code(world, STRANGER, uuid4(), "000000", AWAY)
    assert await enter_code(world, STRANGER, uuid4(), "000000", AWAY) == Refused(Reason.TOO_MANY_REQUESTS)
    assert last_line(fresh_database) == ("directory.enter_code", "too_many_requests")
    assert await enter_code(world, STRANGER, uuid4(), "000000", HOME) == Refused(Reason.CODE_SPENT)


# --- shutting somebody out


@pytest.mark.parametrize("by_phone", [True, False])
async def test_using_up_somebodys_codes_shuts_out_strangers_alone(world: World, town: Town, *, by_phone: bool) -> None:
    number = town.people[0].phone if by_phone else town.people[0].document
    mark = marked(world.keyring, "", town.ids[0], drawn=bytes(NAME_BYTES))
    for _ in range(limits.PER_NUMBER.attempts_max):
        await ask(world, number, AWAY)
    assert await request_sign_in(world, STRANGER, number, AWAY) == Refused(Reason.TOO_MANY_REQUESTS)
    code_id, code = await ask(world, number, replace(HOME, mark=mark))
    assert isinstance(await enter_code(world, STRANGER, code_id, code, HOME), OpenedSession)


@pytest.mark.parametrize("forged", ["", "A" * 22 + "." + "A" * 22, "x", "A" * 500, "\ud800", "." * 45])
async def test_a_forged_mark_has_no_counts_of_its_own(
    world: World, town: Town, fresh_database: FreshDatabase, forged: str
) -> None:
    for _ in range(limits.PER_NUMBER.attempts_max):
        await ask(world, town.people[0].phone, AWAY)
    browser = Browser(HERE, mark=forged)
    assert await request_sign_in(world, STRANGER, town.people[0].phone, browser) == Refused(Reason.TOO_MANY_REQUESTS)
    assert last_line(fresh_database) == ("directory.request_sign_in", "too_many_requests")


async def test_the_mark_of_another_person_has_no_counts_for_this_one(world: World, town: Town) -> None:
    mark = marked(world.keyring, "", town.ids[1], drawn=bytes(NAME_BYTES))
    for _ in range(limits.PER_NUMBER.attempts_max):
        await ask(world, town.people[0].phone, AWAY)
    browser = Browser(HERE, mark=mark)
    assert await request_sign_in(world, STRANGER, town.people[0].phone, browser) == Refused(Reason.TOO_MANY_REQUESTS)


async def test_an_address_that_works_through_numbers(world: World, fresh_database: FreshDatabase) -> None:
    for number in range(limits.PER_ADDRESS.attempts_max):
        await request_sign_in(world, STRANGER, Phone(f"+86139{number:08}"), AWAY)
    assert await request_sign_in(world, STRANGER, Phone("+8613999999999"), AWAY) == Refused(Reason.TOO_MANY_REQUESTS)
    assert last_line(fresh_database) == ("directory.request_sign_in", "too_many_requests")


async def test_pumping_messages_to_many_numbers_from_many_addresses(world: World, town: Town) -> None:
    await rule(world, replace(CALM, registration_messages_max=3))
    for number in range(3):
        new = replace(registration(100 + number), phone=Phone(f"+86139{number:08}"))
        asked = await request_registration(world, STRANGER, new, Browser(f"203.0.113.{number}"))
        assert isinstance(asked, CodeRequested)
    refused = await request_registration(world, STRANGER, registration(200), Browser("203.0.113.99"))
    assert refused == Refused(Reason.TOO_MANY_REQUESTS)
    # Who is registered signs in meanwhile.
    assert isinstance(await request_sign_in(world, STRANGER, town.people[0].phone, HOME), CodeRequested)


# --- choosing one of those who share a phone


@pytest.mark.parametrize("number", [2, 99, -1, 10**9])
async def test_choosing_somebody_who_does_not_share_the_phone(
    world: World, town: Town, fresh_database: FreshDatabase, number: int
) -> None:
    choice = await offered(world, town)
    refused = await choose_person(world, STRANGER, choice.id, choice.secret, number)
    assert refused == Refused(Reason.CHOICE_WRONG)
    assert await sessions_of(fresh_database) == 0
    assert last_line(fresh_database) == ("directory.choose_person", "choice_wrong")


async def test_choosing_twice(world: World, town: Town, fresh_database: FreshDatabase) -> None:
    choice = await offered(world, town)
    answers = await asyncio.gather(
        *(choose_person(world, STRANGER, choice.id, choice.secret, number % 2) for number in range(8))
    )
    assert sum(isinstance(answer, OpenedSession) for answer in answers) == 1
    assert await sessions_of(fresh_database) == 1


async def test_choosing_without_the_secret(world: World, town: Town, fresh_database: FreshDatabase) -> None:
    choice, other = await offered(world, town), await offered(world, town)
    for secret in ("", "000000", other.secret, choice.secret + "x"):
        assert await choose_person(world, STRANGER, choice.id, secret, 0) == Refused(Reason.CHOICE_WRONG)
    assert last_line(fresh_database) == ("directory.choose_person", "choice_wrong")


async def test_a_choice_that_has_run_out(world: World, town: Town) -> None:
    choice = await offered(world, town)
    advance(world, VALID_FOR)
    assert await choose_person(world, STRANGER, choice.id, choice.secret, 0) == Refused(Reason.CHOICE_WRONG)


async def test_a_code_taken_for_a_choice(world: World, town: Town, fresh_database: FreshDatabase) -> None:
    code_id, code = await ask(world, town.people[0].phone)
    assert await choose_person(world, STRANGER, code_id, code, 0) == Refused(Reason.CHOICE_WRONG)
    assert await sessions_of(fresh_database) == 0


@pytest.mark.parametrize("person", ["", "2", "-1", "0 OR 1=1", "１", "00000000"])
async def test_choosing_by_a_changed_form(
    victim: Visitor, world: World, town: Town, fresh_database: FreshDatabase, person: str
) -> None:
    await victim.open("/sign-in")
    await victim.send("/sign-in", {"phone": town.shared})
    await victim.send("/sign-in/code", {"code": await last_code(world)})
    page = await victim.send("/sign-in/choose", {"person": person, "person_id": str(town.ids[0])})
    assert page.status_code == 401
    assert await sessions_of(fresh_database) == 0
