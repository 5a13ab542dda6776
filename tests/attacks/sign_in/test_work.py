"""Attacks while signing in is attacked: no work, easier work, work used twice or for something else."""

import asyncio
import base64
import json
from dataclasses import replace
from typing import Any

import pytest
from altcha import Challenge, Payload, solve_challenge

from firsthand.directory.person.asking import Browser
from firsthand.directory.person.sign_in import enter_code, request_sign_in
from firsthand.identity.browser.rules import NAME_BYTES, marked
from firsthand.identity.challenge import work
from firsthand.identity.challenge.model import VALID_FOR as WORK_VALID_FOR
from firsthand.identity.challenge.model import Path
from firsthand.identity.code.model import CodeRequested
from firsthand.identity.model import Reason, Refused
from firsthand.identity.session.model import OpenedSession
from firsthand.platform.world import World
from tests.attacks.sign_in.town import (
    CALM,
    HOME,
    Town,
    advance,
    ask,
    last_line,
    rule,
)
from tests.conftest import FreshDatabase
from tests.people import HERE, STRANGER, audited
from tests.visitor import Visitor


async def attack(world: World) -> None:
    """Let signing in count as attacked from the next request on."""
    await rule(world, replace(CALM, guard_on_requests=1))


def solved(world: World, path: Path = Path.ASK_CODE, **changed: Any) -> str:  # noqa: ANN401
    challenge = Challenge.from_dict(json.loads(work.ask(world.keyring, path, now=world.clock.now())))
    for name, value in changed.items():
        setattr(challenge.parameters, name, value)
    solution = solve_challenge(challenge)
    assert solution is not None
    return Payload(challenge, solution).to_base64()


async def ask_with(world: World, town: Town, proof: str) -> CodeRequested | Refused:
    return await request_sign_in(world, STRANGER, town.people[0].phone, Browser(HERE, proof=proof))


async def test_asking_without_work(world: World, town: Town, fresh_database: FreshDatabase) -> None:
    await attack(world)
    assert await ask_with(world, town, "") == Refused(Reason.PROOF_NEEDED)
    assert audited(fresh_database)[-2:] == [
        ("identity.guard_on", "done"),
        ("directory.request_sign_in", "proof_needed"),
    ]
    assert isinstance(await ask_with(world, town, solved(world)), CodeRequested)


async def test_work_brought_many_times(world: World, town: Town, fresh_database: FreshDatabase) -> None:
    await attack(world)
    proof = solved(world)
    answers = await asyncio.gather(*(ask_with(world, town, proof) for _ in range(6)))
    assert sum(isinstance(answer, CodeRequested) for answer in answers) == 1
    assert answers.count(Refused(Reason.PROOF_WRONG)) == 5
    assert last_line(fresh_database)[0] == "directory.request_sign_in"


@pytest.mark.parametrize(
    "changed",
    [
        {"cost": 1},
        {"key_prefix": ""},
        {"data": {"path": "ask_code", "until": 2**40}},
        {"algorithm": "SHA-256", "cost": 1},
    ],
)
async def test_easier_work(world: World, town: Town, changed: dict[str, Any]) -> None:
    await attack(world)
    assert await ask_with(world, town, solved(world, **changed)) == Refused(Reason.PROOF_WRONG)


async def test_work_done_for_something_else(world: World, town: Town) -> None:
    await attack(world)
    for path in (Path.REGISTER, Path.ENTER_CODE, Path.STAFF):
        assert await ask_with(world, town, solved(world, path)) == Refused(Reason.PROOF_WRONG)


async def test_work_done_long_ago(world: World, town: Town) -> None:
    await attack(world)
    proof = solved(world)
    advance(world, WORK_VALID_FOR)
    assert await ask_with(world, town, proof) == Refused(Reason.PROOF_WRONG)


@pytest.mark.parametrize(
    "proof",
    ["x", "e30=", base64.b64encode(b"[" * 5000).decode(), "A" * 3000, base64.b64encode(b'{"challenge":{}}').decode()],
)
async def test_what_is_no_work(world: World, town: Town, proof: str) -> None:
    await attack(world)
    assert await ask_with(world, town, proof) == Refused(Reason.PROOF_WRONG)


async def test_guessing_codes_without_work(world: World, town: Town, fresh_database: FreshDatabase) -> None:
    code_id, code = await ask(world, town.people[0].phone)
    await attack(world)
    await ask_with(world, town, "")
    assert await enter_code(world, STRANGER, code_id, code, HOME) == Refused(Reason.PROOF_NEEDED)
    assert last_line(fresh_database) == ("directory.enter_code", "proof_needed")
    proof = solved(world, Path.ENTER_CODE)
    assert isinstance(await enter_code(world, STRANGER, code_id, code, Browser(HERE, proof=proof)), OpenedSession)


async def test_a_program_is_told_the_work(thief: Visitor, world: World, town: Town) -> None:
    await attack(world)
    answer = await thief.client.post("/api/v1/sign-in-codes", json={"phone": town.people[0].phone})
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:firsthand:problem:proof_needed")
    challenge = Challenge.from_dict(answer.json()["challenge"])
    solution = solve_challenge(challenge)
    assert solution is not None
    body = {"phone": town.people[0].phone, "proof": Payload(challenge, solution).to_base64()}
    assert (await thief.client.post("/api/v1/sign-in-codes", json=body)).status_code == 202


async def test_an_attack_does_not_stop_a_browser_that_is_known(world: World, town: Town) -> None:
    await attack(world)
    mark = marked(world.keyring, "", town.ids[0], drawn=bytes(NAME_BYTES))
    asked = await request_sign_in(world, STRANGER, town.people[0].phone, Browser(HERE, mark=mark))
    assert isinstance(asked, CodeRequested)
