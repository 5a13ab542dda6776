"""Attacks on how staff sign in. Each is refused and recorded, and opens nothing.

The database is a live one: there no password opens a page alone.
"""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from litestar import Litestar

from firsthand.audit.model import ActorKind, Caller, Channel
from firsthand.directory.staff.actions import add_staff, deactivate_staff
from firsthand.directory.staff.duties import end_duty, give_duty, read_duties
from firsthand.directory.staff.model import Duty, Staff
from firsthand.directory.staff_sign_in import actions, enrolment, own, resets
from firsthand.directory.staff_sign_in.limits import PER_NAME_AND_ADDRESS
from firsthand.directory.staff_sign_in.model import Enrolled, Entered, Reason, Refused, Typed
from firsthand.identity.reset.model import Link, Reset
from firsthand.identity.session.actions import find_sessions
from firsthand.identity.session.model import OpenedSession
from firsthand.identity.step.model import TRIES_MAX, Need, OpenedStep
from firsthand.identity.totp.rules import code_at, step_at
from firsthand.platform.access import Role
from firsthand.platform.clock import ManualClock
from firsthand.platform.crypto import token_hash
from firsthand.platform.world import World
from tests.city import City, Opening, make_city
from tests.conftest import FreshDatabase
from tests.people import ELSEWHERE, HERE, STRANGER, SYSTEM, as_owner, audited
from tests.visitor import PASSWORD, Visitor, pages, visiting

NEW = "marble lantern orchard"
MINUTE = timedelta(seconds=60)


@pytest.fixture
async def city(world: World, fresh_database: FreshDatabase) -> City:
    made = await make_city(world, sessions=[Opening(), Opening(hospital=1)])
    as_owner(fresh_database, "UPDATE platform.deployment SET kind = 'live' RETURNING kind")
    return made


@pytest.fixture
async def live(world: World, city: City, tmp_path: Path) -> AsyncIterator[Litestar]:
    assert city.staff_ids
    async with pages(world, tmp_path) as served:
        yield served


@pytest.fixture
async def stranger(live: Litestar) -> AsyncIterator[Visitor]:
    async with visiting(live) as one:
        yield one


def typed(number: int = 0, *, password: str = PASSWORD, address: str = HERE, device: str = "") -> Typed:
    return Typed(f"desk{number}", password, address, device)


async def step_of(world: World, number: int = 0) -> OpenedStep:
    opened = await actions.sign_in_staff(world, STRANGER, typed(number))
    assert isinstance(opened, OpenedStep)
    return opened


async def enrol(world: World, number: int = 0) -> tuple[bytes, Enrolled]:
    """Sign in for the first time and set an app up; return its secret."""
    step = await step_of(world, number)
    found = await enrolment.read_enrolment(world, step.step.token_hash)
    assert found is not None
    secret = found[1].secret
    done = await enrolment.finish_enrolment(world, STRANGER, step.step.token_hash, code_now(world, secret))
    assert isinstance(done, Enrolled)
    return secret, done


def code_now(world: World, secret: bytes, shift: int = 0) -> str:
    return code_at(secret, step_at(world.clock.now()) + shift)


def admin(city: City, hospital: int = 0, staff_id: UUID | None = None) -> Caller:
    """An administrator of a hospital: the second member of staff, where nobody else is named."""
    staff_id = staff_id or city.staff_ids[1]
    return Caller(ActorKind.STAFF, staff_id, Channel.WEB, "t", city.hospital_ids[hospital], Role.HOSPITAL_ADMIN)


def sessions(database: FreshDatabase) -> int:
    ((count,),) = as_owner(database, "SELECT count(*) FROM identity.session")
    assert isinstance(count, int)
    return count


async def test_a_password_alone_opens_nothing(world: World, city: City, fresh_database: FreshDatabase) -> None:
    assert (await step_of(world)).step.need is Need.ENROLMENT
    assert sessions(fresh_database) == 0
    assert city.staff_ids


async def test_after_enrolment_the_password_asks_for_a_code(
    world: World, city: City, clock: ManualClock, fresh_database: FreshDatabase
) -> None:
    secret, done = await enrol(world)
    assert done.session is not None
    assert len(set(done.codes)) == 10
    clock.advance(MINUTE)
    step = await step_of(world)
    assert step.step.need is Need.SECOND_FACTOR
    assert sessions(fresh_database) == 1
    opened = await actions.enter_second_factor(world, STRANGER, step.step.token_hash, Entered(code_now(world, secret)))
    assert isinstance(opened, OpenedSession)
    assert opened.signed_in.subject_id == city.staff_ids[0]


@pytest.mark.parametrize("shift", [0, -1])
async def test_a_code_that_was_used_is_not_used_again(world: World, city: City, shift: int) -> None:
    secret, _ = await enrol(world)
    step = await step_of(world)
    answer = await actions.enter_second_factor(
        world, STRANGER, step.step.token_hash, Entered(code_now(world, secret, shift))
    )
    assert answer == Refused(Reason.CODE_WRONG)
    assert city.staff_ids


@pytest.mark.parametrize("shift", [-20, -2, 2, 20])
async def test_a_code_of_another_time_is_refused(world: World, city: City, clock: ManualClock, shift: int) -> None:
    secret, _ = await enrol(world)
    clock.advance(timedelta(hours=1))
    step = await step_of(world)
    answer = await actions.enter_second_factor(
        world, STRANGER, step.step.token_hash, Entered(code_now(world, secret, shift))
    )
    assert answer == Refused(Reason.CODE_WRONG)
    assert city.staff_ids


@pytest.mark.parametrize(
    "guess", ["", "000000", "abcdef", "12345", "1234567", "ABCDE-FGHJK", "'; --", "\x00", "９" * 6]
)
async def test_a_guessed_code_is_refused(world: World, city: City, guess: str, fresh_database: FreshDatabase) -> None:
    await enrol(world)
    step = await step_of(world)
    answer = await actions.enter_second_factor(world, STRANGER, step.step.token_hash, Entered(guess))
    assert answer == Refused(Reason.CODE_WRONG)
    assert audited(fresh_database)[-1] == ("directory.enter_second_factor", "code_wrong")
    assert city.staff_ids


async def test_one_code_in_two_browsers_at_once_signs_in_once(world: World, city: City, clock: ManualClock) -> None:
    secret, _ = await enrol(world)
    clock.advance(MINUTE)
    steps = [await step_of(world) for _ in range(5)]
    code = code_now(world, secret)
    answers = await asyncio.gather(
        *(actions.enter_second_factor(world, STRANGER, one.step.token_hash, Entered(code)) for one in steps)
    )
    assert sum(isinstance(answer, OpenedSession) for answer in answers) == 1
    assert answers.count(Refused(Reason.CODE_WRONG)) == 4
    assert city.staff_ids


async def test_one_step_opens_one_session(world: World, city: City, clock: ManualClock) -> None:
    _, done = await enrol(world)
    clock.advance(MINUTE)
    step = await step_of(world)
    answers = await asyncio.gather(
        *(actions.enter_second_factor(world, STRANGER, step.step.token_hash, Entered(code)) for code in done.codes[:4])
    )
    assert sum(isinstance(answer, OpenedSession) for answer in answers) == 1
    assert city.staff_ids


async def test_a_recovery_code_works_once_however_often_it_is_sent(world: World, city: City) -> None:
    _, done = await enrol(world)
    steps = [await step_of(world) for _ in range(4)]
    answers = await asyncio.gather(
        *(actions.enter_second_factor(world, STRANGER, one.step.token_hash, Entered(done.codes[0])) for one in steps)
    )
    assert sum(isinstance(answer, OpenedSession) for answer in answers) == 1
    assert answers.count(Refused(Reason.CODE_WRONG)) == 3
    assert city.staff_ids


async def test_codes_guessed_in_parallel_are_counted_one_by_one(world: World, city: City) -> None:
    await enrol(world)
    step = await step_of(world)
    guesses = (
        actions.enter_second_factor(world, STRANGER, step.step.token_hash, Entered(f"{n:06}")) for n in range(30)
    )
    answers = await asyncio.gather(*guesses)
    assert answers.count(Refused(Reason.CODE_WRONG)) <= TRIES_MAX
    assert answers.count(Refused(Reason.STEP_OVER)) >= 30 - TRIES_MAX
    assert city.staff_ids


async def test_many_steps_give_no_more_tries(world: World, city: City) -> None:
    await enrol(world)
    reasons = []
    for number in range(6):
        answer = await actions.sign_in_staff(world, STRANGER, typed(address=f"192.0.2.{number}"))
        assert isinstance(answer, OpenedStep)
        wanted = answer.step.token_hash
        reasons += [await actions.enter_second_factor(world, STRANGER, wanted, Entered("000000")) for _ in range(3)]
    assert reasons.count(Refused(Reason.TOO_MANY_TRIES)) >= 7
    assert city.staff_ids


async def test_a_colleagues_code_or_recovery_code_is_refused(world: World, city: City, clock: ManualClock) -> None:
    secret, done = await enrol(world, 1)
    await enrol(world, 0)
    clock.advance(MINUTE)
    step = await step_of(world, 0)
    for code in (code_now(world, secret), done.codes[0]):
        answer = await actions.enter_second_factor(world, STRANGER, step.step.token_hash, Entered(code))
        assert answer == Refused(Reason.CODE_WRONG)
    assert city.staff_ids


async def test_a_step_that_took_too_long_is_over(world: World, city: City, clock: ManualClock) -> None:
    secret, _ = await enrol(world)
    step = await step_of(world)
    clock.advance(timedelta(minutes=10))
    answer = await actions.enter_second_factor(world, STRANGER, step.step.token_hash, Entered(code_now(world, secret)))
    assert answer == Refused(Reason.STEP_OVER)
    assert city.staff_ids


async def test_the_step_of_an_enrolment_takes_no_second_factor_nor_the_other_way(world: World, city: City) -> None:
    first = await step_of(world)
    answer = await actions.enter_second_factor(world, STRANGER, first.step.token_hash, Entered("000000"))
    assert answer == Refused(Reason.STEP_OVER)
    secret, _ = await enrol(world)
    later = await step_of(world)
    again = await enrolment.finish_enrolment(world, STRANGER, later.step.token_hash, code_now(world, secret))
    assert again == Refused(Reason.STEP_OVER)
    assert await enrolment.read_enrolment(world, later.step.token_hash) is None
    assert city.staff_ids


async def test_whoever_enrols_second_does_not_replace_the_first(world: World, city: City) -> None:
    slow = await step_of(world)
    await enrol(world)
    answer = await enrolment.finish_enrolment(world, STRANGER, slow.step.token_hash, "000000")
    assert answer == Refused(Reason.STEP_OVER)
    assert city.staff_ids


async def test_two_browsers_that_enrol_see_different_secrets(world: World, city: City) -> None:
    found = [await enrolment.read_enrolment(world, (await step_of(world)).step.token_hash) for _ in range(2)]
    assert len({one[1].secret for one in found if one}) == 2
    assert city.staff_ids


@pytest.mark.parametrize("gone", ["left", "duty ended"])
async def test_whoever_left_between_the_two_proofs_is_out(
    world: World, city: City, clock: ManualClock, gone: str, fresh_database: FreshDatabase
) -> None:
    secret, _ = await enrol(world)
    clock.advance(MINUTE)
    step = await step_of(world)
    if gone == "left":
        assert await deactivate_staff(world, SYSTEM, city.staff_ids[0]) is None
    else:
        (duty,) = await read_duties(world, city.staff_ids[0])
        assert await end_duty(world, SYSTEM, duty.id) is None
    answer = await actions.enter_second_factor(world, STRANGER, step.step.token_hash, Entered(code_now(world, secret)))
    assert isinstance(answer, Refused)
    assert sessions(fresh_database) == 0


async def test_a_program_needs_the_code_too(world: World, city: City, clock: ManualClock) -> None:
    assert await actions.sign_in_with_code(world, STRANGER, typed(), "") == Refused(Reason.ENROLMENT_NEEDED)
    secret, _ = await enrol(world)
    clock.advance(MINUTE)
    assert await actions.sign_in_with_code(world, STRANGER, typed(), "") == Refused(Reason.SECOND_FACTOR_NEEDED)
    assert await actions.sign_in_with_code(world, STRANGER, typed(), "000000") == Refused(Reason.CODE_WRONG)
    wrong = typed(password="wrong wrong wrong")
    assert await actions.sign_in_with_code(world, STRANGER, wrong, code_now(world, secret)) == Refused(
        Reason.SIGN_IN_WRONG
    )
    opened = await actions.sign_in_with_code(world, STRANGER, typed(), code_now(world, secret))
    assert isinstance(opened, OpenedSession)
    assert city.staff_ids


async def test_strangers_do_not_shut_a_name_out_where_its_owner_works(world: World, city: City) -> None:
    device = await actions.note_device(world, "", city.staff_ids[0])
    for number in range(25):
        for _ in range(PER_NAME_AND_ADDRESS.attempts_max):
            guess = typed(password="wrong wrong wrong", address=f"198.51.100.{number}")
            async with world.database.transaction() as conn:
                await actions.admit(conn, world, guess)
    assert await actions.sign_in_staff(world, STRANGER, typed(address=ELSEWHERE)) == Refused(Reason.TOO_MANY_TRIES)
    assert isinstance(await actions.sign_in_staff(world, STRANGER, typed(device=device)), OpenedStep)


@pytest.mark.parametrize("device", ["", ".", "x" * 22 + "." + "0" * 32, "é" * 30, "x" * 5000])
async def test_a_made_up_device_counts_as_none(world: World, city: City, device: str) -> None:
    for _ in range(PER_NAME_AND_ADDRESS.attempts_max):
        async with world.database.transaction() as conn:
            assert await actions.admit(conn, world, typed(device=device)) is None
    assert await actions.sign_in_staff(world, STRANGER, typed()) == Refused(Reason.TOO_MANY_TRIES)
    assert city.staff_ids


async def test_another_names_device_helps_nobody(world: World, city: City) -> None:
    device = await actions.note_device(world, "", city.staff_ids[1])
    for _ in range(PER_NAME_AND_ADDRESS.attempts_max):
        async with world.database.transaction() as conn:
            assert await actions.admit(conn, world, typed()) is None
    assert await actions.sign_in_staff(world, STRANGER, typed(device=device)) == Refused(Reason.TOO_MANY_TRIES)


async def test_a_link_is_used_once_and_ends_everything_before(
    world: World, city: City, fresh_database: FreshDatabase
) -> None:
    _, done = await enrol(world)
    assert done.session is not None
    link = await resets.make_enrolment_link(world, admin(city), city.staff_ids[0])
    assert isinstance(link, Link)
    answers = await asyncio.gather(*(enrolment.use_link(world, STRANGER, link.token, NEW, HERE) for _ in range(4)))
    assert sum(isinstance(answer, OpenedStep) for answer in answers) == 1
    assert answers.count(Refused(Reason.LINK_SPENT)) == 3
    assert await find_sessions(world, [done.session.signed_in.token_hash]) == [None]
    assert await actions.sign_in_staff(world, STRANGER, typed()) == Refused(Reason.SIGN_IN_WRONG)
    assert as_owner(fresh_database, "SELECT count(*) FROM identity.totp") == [(0,)]


@pytest.mark.parametrize("token", ["", "x", "x" * 200, "é", "'; --"])
async def test_a_made_up_link_is_refused(world: World, city: City, token: str) -> None:
    assert await enrolment.use_link(world, STRANGER, token, NEW, HERE) == Refused(Reason.LINK_SPENT)
    assert city.staff_ids


async def test_a_link_that_has_run_out_or_was_followed_by_another_is_refused(
    world: World, city: City, clock: ManualClock
) -> None:
    first = await resets.make_enrolment_link(world, admin(city), city.staff_ids[0])
    second = await resets.make_enrolment_link(world, admin(city), city.staff_ids[0])
    assert isinstance(first, Link)
    assert isinstance(second, Link)
    assert await enrolment.use_link(world, STRANGER, first.token, NEW, HERE) == Refused(Reason.LINK_SPENT)
    clock.advance(timedelta(hours=1))
    assert await enrolment.use_link(world, STRANGER, second.token, NEW, HERE) == Refused(Reason.LINK_SPENT)


@pytest.mark.parametrize("weak", ["short", "a" * 12, "desk0 desk0 desk0"])
async def test_a_link_takes_no_weak_password_and_is_not_used_up(world: World, city: City, weak: str) -> None:
    link = await resets.make_enrolment_link(world, admin(city), city.staff_ids[0])
    assert isinstance(link, Link)
    assert await enrolment.use_link(world, STRANGER, link.token, weak, HERE) == Refused(Reason.PASSWORD_UNACCEPTABLE)
    assert isinstance(await enrolment.use_link(world, STRANGER, link.token, NEW, HERE), OpenedStep)


@pytest.mark.parametrize("who", ["of another hospital", "himself", "a clerk", "a person", "nobody"])
async def test_who_may_not_reset_a_sign_in(world: World, city: City, who: str, fresh_database: FreshDatabase) -> None:
    caller = {
        "of another hospital": admin(city, 1),
        "himself": admin(city, 0, city.staff_ids[0]),
        "a clerk": city.desk(),
        "a person": city.person(),
        "nobody": STRANGER,
    }[who]
    await enrol(world)
    assert await resets.reset_second_factor(world, caller, city.staff_ids[0]) == Refused(Reason.NOT_PERMITTED)
    assert await resets.make_enrolment_link(world, caller, city.staff_ids[0]) == Refused(Reason.NOT_PERMITTED)
    assert as_owner(fresh_database, "SELECT count(*) FROM identity.totp") == [(1,)]
    assert audited(fresh_database)[-1] == ("directory.make_enrolment_link", "not_permitted")


async def test_nobody_takes_over_a_duty_that_is_not_his_to_give(world: World, city: City) -> None:
    given = await give_duty(world, SYSTEM, city.staff_ids[0], Role.CITY_ADMIN, None)
    assert isinstance(given, Duty)
    assert await resets.make_enrolment_link(world, admin(city), city.staff_ids[0]) == Refused(Reason.NOT_PERMITTED)
    assert await resets.reset_second_factor(world, admin(city), city.staff_ids[0]) == Refused(Reason.NOT_PERMITTED)


async def test_a_reset_ends_sessions_and_half_sign_ins_and_is_told(
    world: World, city: City, clock: ManualClock
) -> None:
    secret, done = await enrol(world)
    assert done.session is not None
    clock.advance(MINUTE)
    step = await step_of(world)
    boss = await add_staff(
        world, SYSTEM, city.hospital_ids[0], username="boss", display_name="Boss", role=Role.HOSPITAL_ADMIN,
        password=NEW,
    )  # fmt: skip
    assert isinstance(boss, Staff)
    reset = await resets.reset_second_factor(world, admin(city, 0, boss.id), city.staff_ids[0])
    assert isinstance(reset, Reset)
    assert await find_sessions(world, [done.session.signed_in.token_hash]) == [None]
    answer = await actions.enter_second_factor(world, STRANGER, step.step.token_hash, Entered(code_now(world, secret)))
    assert answer == Refused(Reason.STEP_OVER)
    assert [one.id for one in await resets.read_untold(world, city.staff_ids[0])] == [reset.id]


async def test_an_open_desk_changes_no_sign_in_without_the_password(
    world: World, city: City, fresh_database: FreshDatabase
) -> None:
    _, done = await enrol(world)
    assert done.session is not None
    clerk, signed_in = city.desk(), done.session.signed_in
    wrong = Refused(Reason.PASSWORD_WRONG)
    changed = own.change_own_password(world, clerk, signed_in=signed_in, current="wrong wrong wrong", new=NEW)
    assert await changed == wrong
    assert await own.begin_own_app(world, clerk, signed_in.token_hash, "wrong wrong wrong") == wrong
    assert await own.renew_own_codes(world, clerk, "wrong wrong wrong") == wrong
    stale = await own.set_up_own_app(world, clerk, signed_in.token_hash, "000000")
    assert stale == Refused(Reason.STEP_OVER)
    assert audited(fresh_database)[-1] == ("directory.set_up_own_app", "step_over")


@pytest.mark.parametrize(
    "address", ["/desk", "/desk/returned", "/admin", "/admin/staff", "/staff/security", "/bookings"]
)
async def test_a_half_sign_in_opens_no_page(stranger: Visitor, address: str, fresh_database: FreshDatabase) -> None:
    await stranger.sign_in_at_desk()
    assert stranger.page.url.path == "/staff/enrol"
    page = await stranger.open(address)
    assert page.url.path in {"/desk/sign-in", "/sign-in"}
    step = stranger.client.cookies["firsthand_step"]
    stranger.client.cookies.set("firsthand_session", step, domain="pages.test")
    page = await stranger.open(address)
    assert page.url.path in {"/desk/sign-in", "/sign-in"}
    assert sessions(fresh_database) == 0


@pytest.mark.parametrize(
    "address",
    ["/desk/sign-in", "/staff/sign-in", "/staff/second-step", "/staff/recovery", "/staff/enrol", "/staff/set-up",
     "/staff/security/change", "/staff/security/app"],
)  # fmt: skip
async def test_a_form_from_elsewhere_does_nothing(
    stranger: Visitor, address: str, fresh_database: FreshDatabase
) -> None:
    await stranger.sign_in_at_desk()
    before = audited(fresh_database)
    for body in (b"code=000000", b"csrf=0&code=000000&username=desk0&password=x"):
        page = await stranger.post(address, body)
        assert page.status_code in {303, 403}
    page = await stranger.post(address, b"csrf=0", {"origin": "https://evil.example"})
    assert page.status_code in {303, 403}
    assert audited(fresh_database) == before


@pytest.mark.parametrize(
    "leads_to", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
async def test_a_sign_in_leads_nowhere_else(stranger: Visitor, leads_to: str) -> None:
    await stranger.open("/desk/sign-in")
    page = await stranger.send("/desk/sign-in", {"username": "desk0", "password": PASSWORD, "next": leads_to})
    assert page.url.host == "pages.test"
    assert "evil" not in str(page.url)
    assert "evil" not in page.text


async def test_a_name_that_nobody_has_is_answered_alike(stranger: Visitor) -> None:
    answers = []
    for name in ("desk0", "nobody"):
        await stranger.open("/desk/sign-in")
        page = await stranger.send("/desk/sign-in", {"username": name, "password": "wrong wrong wrong"})
        answers.append((page.status_code, page.text.replace(name, "NAME").split("csrf")[0]))
    assert answers[0] == answers[1]


async def test_a_session_is_new_after_signing_in(stranger: Visitor, world: World) -> None:
    stranger.client.cookies.set("firsthand_session", "planted", domain="pages.test")
    stranger.client.cookies.set("firsthand_step", "planted", domain="pages.test")
    await stranger.open("/desk/sign-in")
    await stranger.send("/desk/sign-in", {"username": "desk0", "password": PASSWORD})
    assert await find_sessions(world, [token_hash("planted")]) == [None]
    assert await actions.find_step(world, token_hash("planted")) is None


async def test_secrets_are_neither_kept_in_clear_nor_recorded(
    world: World, city: City, fresh_database: FreshDatabase
) -> None:
    secret, done = await enrol(world)
    rows = as_owner(
        fresh_database, "SELECT t::text FROM identity.totp t UNION ALL SELECT r::text FROM identity.recovery_code r"
    )
    lines = as_owner(fresh_database, "SELECT row_to_json(line)::text FROM audit.line")
    for text in (*rows, *lines):
        assert secret.hex() not in str(text)
        assert not any(code in str(text) for code in done.codes)
    assert city.staff_ids
