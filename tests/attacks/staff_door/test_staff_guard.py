"""Attacks on staff's passwords and codes while signing in is attacked: no work, used work, work of somebody else."""

import asyncio
import json
from dataclasses import replace

import pytest
from altcha import Challenge, Payload, solve_challenge

from firsthand.directory.staff_sign_in import actions, devices
from firsthand.directory.staff_sign_in.limits import PER_NAME_AND_ADDRESS
from firsthand.directory.staff_sign_in.model import Entered, Reason, Refused, Typed
from firsthand.identity.challenge import guard, work
from firsthand.identity.challenge.model import VALID_FOR, Path
from firsthand.identity.session.model import OpenedSession
from firsthand.identity.step.model import Need
from firsthand.identity.step.store import open_step
from firsthand.platform.world import World
from tests.attacks.sign_in.town import CALM, rule
from tests.attacks.staff_door.door import advance, begin, end, own_passkey
from tests.city import City
from tests.conftest import FreshDatabase
from tests.people import HERE, STRANGER, SYSTEM, as_owner, audited
from tests.visitor import PASSWORD, Visitor

WRONG = "wrong wrong wrong"


async def attack(world: World) -> None:
    """Let signing in be attacked: by as many wrong passwords as the policy calls an attack."""
    await rule(world, replace(CALM, guard_on_failures=3))
    for number in range(3):
        await actions.sign_in_staff(world, STRANGER, Typed("nobody", WRONG, f"192.0.2.{number}"))
    assert await guard.watch(world, SYSTEM)


def solved(world: World, path: Path = Path.STAFF) -> str:
    challenge = Challenge.from_dict(json.loads(work.ask(world.keyring, path, now=world.clock.now())))
    solution = solve_challenge(challenge)
    assert solution is not None
    return Payload(challenge, solution).to_base64()


def typed(*, password: str = PASSWORD, proof: str = "", device: str = "") -> Typed:
    return Typed("desk0", password, HERE, device, proof)


async def test_wrong_passwords_of_the_whole_city_turn_the_guard_on(
    world: World, city: City, fresh_database: FreshDatabase
) -> None:
    await attack(world)
    assert ("identity.guard_on", "done") in audited(fresh_database)
    assert await actions.sign_in_staff(world, STRANGER, typed()) == Refused(Reason.PROOF_NEEDED)
    assert audited(fresh_database)[-1] == ("directory.sign_in_staff", "proof_needed")
    assert isinstance(await actions.sign_in_staff(world, STRANGER, typed(proof=solved(world))), OpenedSession)
    assert city.staff_ids


@pytest.mark.parametrize("proof", ["x", "e30=", "A" * 3000, "null", "{}"])
async def test_what_is_no_work(world: World, city: City, fresh_database: FreshDatabase, proof: str) -> None:
    await attack(world)
    assert await actions.sign_in_staff(world, STRANGER, typed(proof=proof)) == Refused(Reason.PROOF_WRONG)
    assert audited(fresh_database)[-1] == ("directory.sign_in_staff", "proof_wrong")
    assert city.staff_ids


async def test_one_piece_of_work_brought_many_times(world: World, city: City) -> None:
    await attack(world)
    proof = solved(world)
    answers = await asyncio.gather(*(actions.sign_in_staff(world, STRANGER, typed(proof=proof)) for _ in range(5)))
    assert sum(isinstance(one, OpenedSession) for one in answers) == 1
    assert answers.count(Refused(Reason.PROOF_WRONG)) == 4
    assert city.staff_ids


@pytest.mark.parametrize("path", [Path.ASK_CODE, Path.REGISTER, Path.ENTER_CODE])
async def test_work_that_was_asked_of_patients(world: World, city: City, path: Path) -> None:
    await attack(world)
    refused = await actions.sign_in_staff(world, STRANGER, typed(proof=solved(world, path)))
    assert refused == Refused(Reason.PROOF_WRONG)
    assert city.staff_ids


async def test_work_done_long_ago(world: World, city: City) -> None:
    await attack(world)
    proof = solved(world)
    advance(world, VALID_FOR)
    assert await guard.watch(world, SYSTEM) is False
    await attack(world)
    assert await actions.sign_in_staff(world, STRANGER, typed(proof=proof)) == Refused(Reason.PROOF_WRONG)
    assert city.staff_ids


async def test_whoever_brings_no_work_shuts_nobody_out(world: World, city: City) -> None:
    """Tries without work count against no name: its owner, with work, still gets in."""
    await attack(world)
    for _ in range(PER_NAME_AND_ADDRESS.attempts_max + 1):
        refused = await actions.sign_in_staff(world, STRANGER, typed(password=WRONG))
        assert refused == Refused(Reason.PROOF_NEEDED)
    assert isinstance(await actions.sign_in_staff(world, STRANGER, typed(proof=solved(world))), OpenedSession)
    assert city.staff_ids


async def test_guessing_codes_of_the_app_without_work(world: World, city: City, fresh_database: FreshDatabase) -> None:
    await attack(world)
    async with world.database.transaction() as conn:
        step = await open_step(conn, world, city.staff_ids[0], Need.SECOND_FACTOR)
    for _ in range(8):
        refused = await actions.enter_second_factor(world, STRANGER, step.step.token_hash, Entered("000000"))
        assert refused == Refused(Reason.PROOF_NEEDED)
    assert audited(fresh_database)[-1] == ("directory.enter_second_factor", "proof_needed")
    assert as_owner(fresh_database, "SELECT tries_left FROM identity.sign_in_step") == [(5,)]
    entered = Entered("000000", proof=solved(world))
    assert await actions.enter_second_factor(world, STRANGER, step.step.token_hash, entered) == Refused(
        Reason.CODE_WRONG
    )


async def test_the_work_for_a_password_is_not_brought_again_for_the_code(world: World, city: City) -> None:
    await attack(world)
    proof = solved(world)
    assert isinstance(await actions.sign_in_staff(world, STRANGER, typed(proof=proof)), OpenedSession)
    async with world.database.transaction() as conn:
        step = await open_step(conn, world, city.staff_ids[0], Need.SECOND_FACTOR)
    entered = Entered("000000", proof=proof)
    assert await actions.enter_second_factor(world, STRANGER, step.step.token_hash, entered) == Refused(
        Reason.PROOF_WRONG
    )


async def test_a_browser_of_before_does_no_work_and_a_made_up_one_does(world: World, city: City) -> None:
    await attack(world)
    own = devices.remember(world.keyring, world.chance, "", "desk0")
    others = devices.remember(world.keyring, world.chance, "", "desk1")
    assert isinstance(await actions.sign_in_staff(world, STRANGER, typed(device=own)), OpenedSession)
    nonce, mark = own.split(".")
    for device in (others, "x" * 22 + "." + mark, nonce + "." + "0" * 32, nonce, "", "é" * 40):
        assert await actions.sign_in_staff(world, STRANGER, typed(device=device)) == Refused(Reason.PROOF_NEEDED)
    assert city.staff_ids


async def test_a_passkey_is_asked_for_no_work(victim: Visitor, world: World, city: City) -> None:
    soft = await own_passkey(victim, world, city)
    await attack(world)
    csrf, challenge, options = await begin(victim)
    assert "location" in (await end(victim, csrf, challenge, soft.answer(options))).json()


async def test_a_page_asks_for_work_and_says_so_to_who_runs_no_scripts(
    victim: Visitor, world: World, city: City
) -> None:
    await attack(world)
    page = await victim.open("/desk/sign-in")
    assert "data-work=" in page.text
    assert "<noscript>" in page.text
    page = await victim.send("/desk/sign-in", {"username": "desk0", "password": PASSWORD})
    assert page.status_code == 403
    assert city.staff_ids


async def test_a_program_is_told_the_work(victim: Visitor, world: World, city: City) -> None:
    await attack(world)
    body = {"username": "desk0", "password": PASSWORD}
    answer = await victim.client.post("/api/v1/staff-tokens", json=body)
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:firsthand:problem:proof_needed")
    challenge = Challenge.from_dict(answer.json()["challenge"])
    solution = solve_challenge(challenge)
    assert solution is not None
    proof = Payload(challenge, solution).to_base64()
    assert (await victim.client.post("/api/v1/staff-tokens", json=body | {"proof": proof})).status_code == 201
    assert (await victim.client.post("/api/v1/staff-tokens", json=body | {"proof": proof})).status_code == 403
    assert city.staff_ids


async def test_a_name_that_nobody_has_is_asked_for_the_same(world: World, city: City) -> None:
    await attack(world)
    for name in ("desk0", "nobody"):
        refused = await actions.sign_in_staff(world, STRANGER, Typed(name, WRONG, HERE))
        assert refused == Refused(Reason.PROOF_NEEDED)
    for name in ("desk0", "nobody"):
        refused = await actions.sign_in_staff(world, STRANGER, Typed(name, WRONG, HERE, proof=solved(world)))
        assert refused == Refused(Reason.SIGN_IN_WRONG)
    assert city.staff_ids
