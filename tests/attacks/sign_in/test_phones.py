"""Attacks on the phone: from a session found open, by codes for something else, onto a third phone."""

import asyncio
from datetime import timedelta

from firsthand.directory.person.model import Phone
from firsthand.directory.person.phones import COOLING, change_phone, request_phone_change
from firsthand.directory.person.sign_in import choose_person, enter_code
from firsthand.identity.code.model import CodeRequested
from firsthand.identity.model import Reason, Refused
from firsthand.identity.session.model import FRESH_FOR, OpenedSession
from firsthand.platform.world import World
from tests.attacks.sign_in.town import (
    AWAY,
    HOME,
    NEW,
    Town,
    advance,
    ask,
    last_code,
    last_line,
    offered,
    signed_in,
)
from tests.conftest import FreshDatabase
from tests.people import STRANGER, said


async def test_changing_the_phone_from_a_session_found_open(
    world: World, town: Town, fresh_database: FreshDatabase
) -> None:
    opened = await signed_in(world, town)
    advance(world, FRESH_FOR + timedelta(seconds=1))
    refused = await request_phone_change(world, STRANGER, opened.signed_in, NEW, HOME)
    assert refused == Refused(Reason.SIGN_IN_STALE)
    assert last_line(fresh_database) == ("directory.request_phone_change", "sign_in_stale")


async def test_changing_the_phone_by_a_code_for_signing_in_and_the_other_way_round(world: World, town: Town) -> None:
    opened = await signed_in(world, town)
    code_id, code = await ask(world, town.people[0].phone)
    assert await change_phone(world, STRANGER, opened.signed_in, code_id, code, HOME) == Refused(Reason.CODE_SPENT)
    advance(world)
    asked = await request_phone_change(world, STRANGER, opened.signed_in, NEW, HOME)
    assert isinstance(asked, CodeRequested)
    refused = await enter_code(world, STRANGER, asked.code_id, await last_code(world), HOME)
    assert refused == Refused(Reason.CODE_SPENT)


async def test_changing_ones_phone_by_anothers_code(world: World, town: Town, fresh_database: FreshDatabase) -> None:
    victim, thief = await signed_in(world, town, 0), await signed_in(world, town, 1)
    asked = await request_phone_change(world, STRANGER, thief.signed_in, NEW, HOME)
    assert isinstance(asked, CodeRequested)
    code = await last_code(world)
    refused = await change_phone(world, STRANGER, victim.signed_in, asked.code_id, code, HOME)
    assert refused == Refused(Reason.CODE_SPENT)
    assert last_line(fresh_database) == ("directory.change_phone", "code_spent")


async def test_a_code_that_went_to_the_phone_of_before(world: World, town: Town, fresh_database: FreshDatabase) -> None:
    opened = await signed_in(world, town)
    stolen_id, stolen = await ask(world, town.people[0].document)
    advance(world)
    asked = await request_phone_change(world, STRANGER, opened.signed_in, NEW, HOME)
    assert isinstance(asked, CodeRequested)
    assert await change_phone(world, STRANGER, opened.signed_in, asked.code_id, await last_code(world), HOME) is None
    assert await enter_code(world, STRANGER, stolen_id, stolen, AWAY) == Refused(Reason.CODE_SPENT)
    assert last_line(fresh_database) == ("directory.enter_code", "code_spent")
    code_id, code = await ask(world, NEW)
    assert isinstance(await enter_code(world, STRANGER, code_id, code, HOME), OpenedSession)


async def test_a_choice_offered_to_the_phone_of_before(world: World, town: Town) -> None:
    choice = await offered(world, town)
    opened = await signed_in(world, town, 2)
    advance(world)
    asked = await request_phone_change(world, STRANGER, opened.signed_in, NEW, HOME)
    assert isinstance(asked, CodeRequested)
    assert await change_phone(world, STRANGER, opened.signed_in, asked.code_id, await last_code(world), HOME) is None
    number = choice.names.index(town.people[2].name)
    assert await choose_person(world, STRANGER, choice.id, choice.secret, number) == Refused(Reason.CHOICE_WRONG)


async def test_two_phones_changed_to_at_once(world: World, town: Town) -> None:
    opened = await signed_in(world, town)
    codes = []
    for phone in (NEW, Phone("+8613811113333")):
        advance(world)
        asked = await request_phone_change(world, STRANGER, opened.signed_in, phone, HOME)
        assert isinstance(asked, CodeRequested)
        codes.append((asked.code_id, await last_code(world)))
    answers = await asyncio.gather(
        *(change_phone(world, STRANGER, opened.signed_in, code_id, code, HOME) for code_id, code in codes)
    )
    assert answers.count(None) == 1
    assert Refused(Reason.PHONE_COOLING) in answers


async def test_passing_somebody_on_to_a_third_phone(world: World, town: Town, fresh_database: FreshDatabase) -> None:
    opened = await signed_in(world, town)
    asked = await request_phone_change(world, STRANGER, opened.signed_in, NEW, HOME)
    assert isinstance(asked, CodeRequested)
    assert await change_phone(world, STRANGER, opened.signed_in, asked.code_id, await last_code(world), HOME) is None
    told = [(one.address, one.template) for one in await said(world)]
    assert (town.people[0].phone, "phone_changed_online") in told
    refused = await request_phone_change(world, STRANGER, opened.signed_in, Phone("+8613811113333"), HOME)
    assert refused == Refused(Reason.PHONE_COOLING)
    assert last_line(fresh_database) == ("directory.request_phone_change", "phone_cooling")
    advance(world, COOLING)
    fresh = await signed_in(world, town)
    asked = await request_phone_change(world, STRANGER, fresh.signed_in, Phone("+8613811113333"), HOME)
    assert isinstance(asked, CodeRequested)
