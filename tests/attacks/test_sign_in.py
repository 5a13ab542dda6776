"""Attacks on how a person signs in: each is refused, changes nothing, and leaves a line where it reached an action."""

import asyncio
import base64
import itertools
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path as FilePath
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest
from altcha import Challenge, Payload, solve_challenge
from litestar import Litestar

from firsthand.directory.person.actions import register_people
from firsthand.directory.person.asking import Browser
from firsthand.directory.person.model import Choice, Phone, Registration
from firsthand.directory.person.phones import COOLING, change_phone, request_phone_change
from firsthand.directory.person.sign_in import choose_person, enter_code, request_registration, request_sign_in
from firsthand.identity.browser.rules import NAME_BYTES, marked
from firsthand.identity.challenge import work
from firsthand.identity.challenge.model import VALID_FOR as WORK_VALID_FOR
from firsthand.identity.challenge.model import Path
from firsthand.identity.code import limits
from firsthand.identity.code.model import TRIES_MAX, VALID_FOR, CodeRequested
from firsthand.identity.document.model import Document
from firsthand.identity.model import Reason, Refused
from firsthand.identity.session.actions import find_sessions
from firsthand.identity.session.model import FRESH_FOR, PERSON_IDLE, OpenedSession
from firsthand.identity.session.store import open_person_session
from firsthand.platform.clock import ManualClock
from firsthand.platform.world import World
from firsthand.policy.model import SignInPolicy, Version
from firsthand.policy.store import add_version
from tests.conftest import FreshDatabase
from tests.people import ELSEWHERE, HERE, STRANGER, SYSTEM, as_owner, audited, document, registration, said
from tests.soft_passkey import PRESENT, VERIFIED, SoftPasskey
from tests.visitor import BASE_URL, Visitor, code_in, forms_of, kept, pages, visiting

HOME, AWAY = Browser(HERE), Browser(ELSEWHERE)
SECURITY = "/me/security"
CALM = SignInPolicy(300, 10**9, 10**9, 50, 10**9, 10**9)


@dataclass(frozen=True, slots=True)
class Town:
    """Two people with a phone each, and a family of two who share one."""

    ids: tuple[UUID, ...]
    people: tuple[Registration, ...]

    @property
    def shared(self) -> Phone:
        return self.people[2].phone


@pytest.fixture
async def town(world: World) -> Town:
    people = [registration(number) for number in range(1, 5)]
    people[3] = replace(people[3], phone=people[2].phone)
    ids = await register_people(world, SYSTEM, people)
    return Town(tuple(one for one in ids if isinstance(one, UUID)), tuple(people))


@pytest.fixture
async def app(world: World, town: Town, tmp_path: FilePath) -> AsyncIterator[Litestar]:
    assert len(town.ids) == 4
    async with pages(world, tmp_path) as served:
        yield served


@pytest.fixture
async def victim(app: Litestar) -> AsyncIterator[Visitor]:
    async with visiting(app) as visitor:
        yield visitor


@pytest.fixture
async def thief(app: Litestar) -> AsyncIterator[Visitor]:
    async with visiting(app) as visitor:
        yield visitor


# --- what attacks begin with ------------------------------------------------------------------------------------------


def advance(world: World, by: timedelta = timedelta(milliseconds=1)) -> None:
    assert isinstance(world.clock, ManualClock)
    world.clock.advance(by)


async def last_code(world: World) -> str:
    return code_in((await said(world))[-1])


async def ask(world: World, number: Document | Phone, browser: Browser = HOME) -> tuple[UUID, str]:
    advance(world)
    asked = await request_sign_in(world, STRANGER, number, browser)
    assert isinstance(asked, CodeRequested), asked
    return asked.code_id, await last_code(world)


async def signed_in(world: World, town: Town, number: int = 0) -> OpenedSession:
    async with world.database.transaction() as conn:
        return await open_person_session(conn, world, town.ids[number])


async def be(visitor: Visitor, world: World, town: Town, number: int = 0) -> OpenedSession:
    opened = await signed_in(world, town, number)
    visitor.client.cookies.set("firsthand_session", opened.token, domain="pages.test")
    return opened


def wrong(code: str, shift: int = 1) -> str:
    return f"{(int(code) + shift) % 1_000_000:06}"


def last_line(database: FreshDatabase) -> tuple[object, ...]:
    return audited(database)[-1]


async def sessions_of(database: FreshDatabase) -> int:
    ((count,),) = as_owner(database, "SELECT count(*)::integer FROM identity.session")
    assert isinstance(count, int)
    return count


# --- guessing, replaying and mixing up codes --------------------------------------------------------------------------


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


# --- shutting somebody out --------------------------------------------------------------------------------------------


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


# --- choosing one of those who share a phone --------------------------------------------------------------------------


async def offered(world: World, town: Town) -> Choice:
    code_id, code = await ask(world, town.shared)
    choice = await enter_code(world, STRANGER, code_id, code, HOME)
    assert isinstance(choice, Choice)
    assert len(choice.names) == 2
    return choice


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


# --- finding out who is registered ------------------------------------------------------------------------------------


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Write down every statement that is run."""
    run: list[str] = []
    execute = psycopg.AsyncConnection.execute

    async def watched(self: Any, query: Any, *given: Any, **named: Any) -> Any:  # noqa: ANN401 - psycopg's own types
        run.append(str(query))
        return await execute(self, query, *given, **named)

    monkeypatch.setattr(psycopg.AsyncConnection, "execute", watched)
    yield run
    monkeypatch.setattr(psycopg.AsyncConnection, "execute", execute)


@pytest.mark.parametrize("known", [Phone("+8613800000001"), Phone("+8613800000003"), document(1)])
async def test_counting_the_work_of_asking_for_a_code(
    world: World, town: Town, monkeypatch: pytest.MonkeyPatch, known: Document | Phone
) -> None:
    unknown = document(77) if known == document(1) else Phone("+8613899999999")
    runs = []
    for number in (known, unknown):
        with counted(monkeypatch) as run:
            assert isinstance(await request_sign_in(world, STRANGER, number, HOME), CodeRequested)
        runs.append(run)
    assert runs[0] == runs[1] != []
    assert town.ids


async def test_counting_the_work_of_registering(world: World, town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = []
    for new in (town.people[0], registration(77)):
        with counted(monkeypatch) as run:
            assert isinstance(await request_registration(world, STRANGER, new, HOME), CodeRequested)
        runs.append(run)
    assert runs[0] == runs[1] != []


async def test_counting_the_work_of_a_wrong_code(world: World, town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = []
    for number in (town.people[0].phone, Phone("+8613899999999")):
        asked = await request_sign_in(world, STRANGER, number, HOME)
        assert isinstance(asked, CodeRequested)
        with counted(monkeypatch) as run:
            await enter_code(world, STRANGER, asked.code_id, "no number", HOME)
            await enter_code(world, STRANGER, asked.code_id, "000000", HOME)
        runs.append(run)
    assert runs[0] == runs[1] != []


@pytest.mark.parametrize("way", ["/sign-in", "/sign-in/document"])
async def test_reading_the_answer_for_a_known_and_an_unknown_number(app: Litestar, town: Town, way: str) -> None:
    answers = []
    for number in (1, 77):
        typed = {"phone": f"+8613800000{number:03}"}
        if way == "/sign-in/document":
            typed = {"document_type": "resident_id", "document_number": document(number).number}
        async with visiting(app) as visitor:
            await visitor.open(way)
            fields = {**forms_of(visitor.page)[way].fields, **typed}
            led = await visitor.client.post(way, data=fields)
            page = await visitor.open(led.headers["location"])
            attempt, csrf = led.headers["location"].partition("attempt=")[2], fields["csrf"]
            shown = (
                page.text.replace(attempt, "")
                .replace(csrf, "")
                .replace(visitor.client.cookies["firsthand_visitor"], "")
            )
            answers.append((led.status_code, sorted(led.headers), sorted(page.headers), shown))
    assert answers[0] == answers[1]
    assert town.ids


@pytest.mark.parametrize("body", [{"phone": "+8613800000001"}, {"phone": "+8613899999999"}])
async def test_asking_the_api(app: Litestar, body: Mapping[str, str]) -> None:
    async with visiting(app) as visitor:
        answer = await visitor.client.post("/api/v1/sign-in-codes", json=body)
    assert (answer.status_code, sorted(answer.json())) == (202, ["attempt", "expires_at"])


# --- passkeys ---------------------------------------------------------------------------------------------------------


async def csrf_of(visitor: Visitor, address: str = "/sign-in") -> str:
    page = await visitor.open(address)
    return next(form.fields["csrf"] for form in forms_of(page).values() if "csrf" in form.fields)


async def post_json(visitor: Visitor, address: str, content: Mapping[str, Any]) -> httpx.Response:
    return await visitor.client.post(address, json=content)


async def own_passkey(visitor: Visitor, world: World, town: Town, number: int = 0, *, count: int = 0) -> SoftPasskey:
    """Sign the visitor in, add a passkey by the pages, and sign him out."""
    await be(visitor, world, town, number)
    soft = SoftPasskey(BASE_URL, f"device {number}".encode(), count=count)
    csrf = await csrf_of(visitor, f"{SECURITY}/passkeys/add")
    begun = (await post_json(visitor, f"{SECURITY}/passkeys/options", {"csrf": csrf})).json()
    made = {"csrf": csrf, "id": begun["id"], "name": "phone", "credential": soft.make(json.dumps(begun["options"]))}
    added = await post_json(visitor, f"{SECURITY}/passkeys", made)
    assert added.json() == {"location": SECURITY}
    visitor.client.cookies.clear()
    return soft


async def begin(visitor: Visitor) -> tuple[str, str, str]:
    csrf = await csrf_of(visitor)
    begun = (await post_json(visitor, "/sign-in/passkey/options", {"csrf": csrf})).json()
    return csrf, begun["id"], json.dumps(begun["options"])


async def end(visitor: Visitor, csrf: str, challenge: str, credential: str, **more: str) -> httpx.Response:
    sent = {"csrf": csrf, "id": challenge, "credential": credential, **more}
    return await post_json(visitor, "/sign-in/passkey", sent)


def is_refused(answer: httpx.Response, reason: str) -> bool:
    cookies = answer.headers.get_list("set-cookie")
    return answer.json().get("reason") == reason and not any("firsthand_session=" in one for one in cookies)


@pytest.mark.parametrize(
    ("flags", "changed"),
    [
        (PRESENT | VERIFIED, {"origin": "https://evil.example"}),
        (PRESENT | VERIFIED, {"origin": "http://pages.test.evil.example"}),
        (PRESENT | VERIFIED, {"rp_id": "evil.example"}),
        (PRESENT | VERIFIED, {"rp_id": "test"}),
        (PRESENT | VERIFIED, {"challenge": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}),
        (PRESENT | VERIFIED, {"type": "webauthn.create"}),
        (PRESENT | VERIFIED, {"handle": bytes(32)}),
        (PRESENT | VERIFIED, {"handle": None}),
        (PRESENT | VERIFIED, {"data": bytes(37)}),
        (PRESENT, {}),
        (VERIFIED, {}),
    ],
)
async def test_an_answer_with_one_thing_changed(
    victim: Visitor, world: World, town: Town, fresh_database: FreshDatabase, flags: int, changed: dict[str, Any]
) -> None:
    soft = await own_passkey(victim, world, town)
    csrf, challenge, options = await begin(victim)
    assert is_refused(await end(victim, csrf, challenge, soft.answer(options, flags=flags, **changed)), "passkey_wrong")
    assert last_line(fresh_database) == ("directory.sign_in_by_passkey", "passkey_wrong")


async def test_an_answer_given_twice(victim: Visitor, world: World, town: Town, fresh_database: FreshDatabase) -> None:
    soft = await own_passkey(victim, world, town)
    csrf, challenge, options = await begin(victim)
    answer = soft.answer(options)
    first = await end(victim, csrf, challenge, answer)
    assert first.json() == {"location": "/bookings"}
    csrf = await csrf_of(victim, "/bookings")
    assert is_refused(await end(victim, csrf, challenge, answer), "passkey_wrong")
    assert last_line(fresh_database) == ("directory.sign_in_by_passkey", "passkey_wrong")


async def test_an_answer_seen_in_one_browser_and_given_in_another(
    victim: Visitor, thief: Visitor, world: World, town: Town
) -> None:
    soft = await own_passkey(victim, world, town)
    _, challenge, options = await begin(victim)
    csrf = await csrf_of(thief)
    assert is_refused(await end(thief, csrf, challenge, soft.answer(options)), "passkey_wrong")


async def test_a_device_whose_count_goes_back(
    victim: Visitor, world: World, town: Town, fresh_database: FreshDatabase
) -> None:
    soft = await own_passkey(victim, world, town, count=7)
    soft.count = 2
    csrf, challenge, options = await begin(victim)
    assert is_refused(await end(victim, csrf, challenge, soft.answer(options)), "passkey_copied")
    assert (town.people[0].phone, "passkey_copied") in [(one.address, one.template) for one in await said(world)]
    assert last_line(fresh_database) == ("directory.sign_in_by_passkey", "passkey_copied")


async def test_an_unknown_passkey_says_no_more_than_a_known_one(
    victim: Visitor, world: World, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    soft = await own_passkey(victim, world, town)
    runs, answers = [], []
    for device in (replace(soft, key=SoftPasskey(BASE_URL, b"x").key), SoftPasskey(BASE_URL, b"nobody's")):
        csrf, challenge, options = await begin(victim)
        with counted(monkeypatch) as run:
            answers.append((await end(victim, csrf, challenge, device.answer(options))).json())
        runs.append(run)
    assert answers[0] == answers[1]
    assert runs[0] == runs[1] != []


@pytest.mark.parametrize(
    "credential",
    ["", "null", "[]", "{", '{"id":1}', "[" * 20_000, "x" * 21_000, '{"id":"AA","rawId":"AA","response":{}}', "\u2028"],
)
async def test_what_is_no_answer(victim: Visitor, town: Town, fresh_database: FreshDatabase, credential: str) -> None:
    csrf, challenge, _ = await begin(victim)
    assert is_refused(await end(victim, csrf, challenge, credential), "passkey_wrong")
    assert last_line(fresh_database) == ("directory.sign_in_by_passkey", "passkey_wrong")
    assert town.ids


async def test_adding_a_passkey_from_a_session_found_open(
    thief: Visitor, world: World, town: Town, fresh_database: FreshDatabase
) -> None:
    await be(thief, world, town)
    csrf = await csrf_of(thief, f"{SECURITY}/passkeys/add")
    begun = (await post_json(thief, f"{SECURITY}/passkeys/options", {"csrf": csrf})).json()
    advance(world, FRESH_FOR + timedelta(seconds=1))
    again = await post_json(thief, f"{SECURITY}/passkeys/options", {"csrf": csrf})
    assert (again.status_code, again.json()["reason"]) == (403, "sign_in_stale")
    made = SoftPasskey(BASE_URL, b"thief's").make(json.dumps(begun["options"]))
    sent = {"csrf": csrf, "id": begun["id"], "name": "mine", "credential": made}
    assert is_refused(await post_json(thief, f"{SECURITY}/passkeys", sent), "sign_in_stale")
    assert as_owner(fresh_database, "SELECT FROM identity.passkey") == []
    assert last_line(fresh_database) == ("directory.add_passkey", "sign_in_stale")
    page = await thief.open(f"{SECURITY}/passkeys/add")
    assert page.url.path == "/sign-in/again"


@pytest.mark.parametrize("address", [f"{SECURITY}/passkeys/options", f"{SECURITY}/passkeys"])
async def test_adding_a_passkey_without_a_session(thief: Visitor, address: str, fresh_database: FreshDatabase) -> None:
    csrf = await csrf_of(thief)
    answer = await post_json(thief, address, {"csrf": csrf})
    assert answer.status_code == 303
    assert as_owner(fresh_database, "SELECT FROM identity.passkey_challenge") == []


async def test_adding_ones_passkey_by_anothers_challenge(
    victim: Visitor, thief: Visitor, world: World, town: Town, fresh_database: FreshDatabase
) -> None:
    await be(victim, world, town, 0)
    await be(thief, world, town, 1)
    csrf = await csrf_of(victim, SECURITY)
    begun = (await post_json(victim, f"{SECURITY}/passkeys/options", {"csrf": csrf})).json()
    made = SoftPasskey(BASE_URL, b"x").make(json.dumps(begun["options"]))
    csrf = await csrf_of(thief, SECURITY)
    sent = {"csrf": csrf, "id": begun["id"], "name": "x", "credential": made}
    assert is_refused(await post_json(thief, f"{SECURITY}/passkeys", sent), "passkey_wrong")
    assert as_owner(fresh_database, "SELECT FROM identity.passkey") == []


@pytest.mark.parametrize("deed", ["", "/remove"])
async def test_renaming_or_removing_anothers_passkey(
    victim: Visitor, thief: Visitor, world: World, town: Town, fresh_database: FreshDatabase, deed: str
) -> None:
    await own_passkey(victim, world, town)
    ((passkey_id,),) = as_owner(fresh_database, "SELECT id FROM identity.passkey")
    await be(thief, world, town, 1)
    csrf = await csrf_of(thief, SECURITY)
    before = as_owner(fresh_database, "SELECT id, name FROM identity.passkey")
    body = urlencode({"csrf": csrf, "name": "mine"}).encode()
    answer = await thief.post(f"{SECURITY}/passkeys/{passkey_id}{deed}", body)
    assert answer.status_code in {404, 409}
    assert as_owner(fresh_database, "SELECT id, name FROM identity.passkey") == before


async def test_a_person_signed_in_shows_again_who_he_is_by_his_own_passkey_alone(
    victim: Visitor, thief: Visitor, world: World, town: Town
) -> None:
    soft = await own_passkey(thief, world, town, 1)
    await be(victim, world, town, 0)
    csrf = await csrf_of(victim, "/sign-in/again")
    begun = (await post_json(victim, "/sign-in/passkey/options", {"csrf": csrf})).json()
    answer = await end(victim, csrf, begun["id"], soft.answer(json.dumps(begun["options"])))
    assert is_refused(answer, "passkey_wrong")


# --- sessions ---------------------------------------------------------------------------------------------------------


async def sign_in_by_phone(visitor: Visitor, world: World, town: Town, **more: str) -> httpx.Response:
    await visitor.open("/sign-in?" + urlencode(more))
    advance(world)
    await visitor.send("/sign-in", {"phone": town.people[0].phone})
    return await visitor.send("/sign-in/code", {"code": await last_code(world)})


async def test_a_planted_session_cookie_is_not_taken_over(
    victim: Visitor, world: World, town: Town, fresh_database: FreshDatabase
) -> None:
    planted = "A" * 43
    victim.client.cookies.set("firsthand_session", planted, domain="pages.test")
    await sign_in_by_phone(victim, world, town)
    tokens = [cookie.value for cookie in victim.client.cookies.jar if cookie.name == "firsthand_session"]
    assert planted not in tokens
    assert await sessions_of(fresh_database) == 1


async def test_the_session_of_a_thief_planted_in_a_victims_browser_ends_when_the_victim_signs_in(
    victim: Visitor, world: World, town: Town
) -> None:
    thiefs = await be(victim, world, town, 1)
    await victim.open("/sign-in/again")
    victim.client.cookies.set("firsthand_visitor", "planted", domain="pages.test")
    page = await victim.open("/bookings")
    await victim.send("/sign-out")
    await sign_in_by_phone(victim, world, town)
    assert await find_sessions(world, [thiefs.signed_in.token_hash]) == [None]
    assert page.status_code == 200


@pytest.mark.parametrize("how", ["signed out", "ended by id", "others ended", "left alone", "phone changed"])
async def test_the_token_of_a_session_that_is_over(
    victim: Visitor, thief: Visitor, world: World, town: Town, how: str
) -> None:
    stolen = await be(thief, world, town)
    own = await be(victim, world, town)
    await victim.open(SECURITY)
    match how:
        case "signed out":
            await thief.open(SECURITY)
            await thief.send("/sign-out")
            thief.client.cookies.set("firsthand_session", stolen.token, domain="pages.test")
        case "ended by id":
            await victim.send(f"{SECURITY}/sessions/{stolen.signed_in.session_id}/end")
        case "others ended":
            await victim.send(f"{SECURITY}/sessions/end-others")
        case "left alone":
            advance(world, PERSON_IDLE)
        case _:
            asked = await request_phone_change(world, STRANGER, own.signed_in, Phone("+8613811112222"), HOME)
            assert isinstance(asked, CodeRequested)
            code = await last_code(world)
            assert await change_phone(world, STRANGER, own.signed_in, asked.code_id, code, HOME) is None
    page = await thief.open("/bookings")
    assert page.url.path == "/sign-in"
    answer = await thief.client.get("/api/v1/bookings", headers={"authorization": f"Bearer {stolen.token}"})
    assert answer.status_code == 401


async def test_ending_anothers_session_by_its_id(
    victim: Visitor, thief: Visitor, world: World, town: Town, fresh_database: FreshDatabase
) -> None:
    others = await be(victim, world, town, 0)
    own = await be(thief, world, town, 1)
    csrf = await csrf_of(thief, SECURITY)
    body = urlencode({"csrf": csrf}).encode()
    answer = await thief.post(f"{SECURITY}/sessions/{others.signed_in.session_id}/end", body)
    assert answer.status_code == 409
    assert last_line(fresh_database) == ("identity.end_own_session", "session_unknown")
    bearer = {"authorization": f"Bearer {own.token}"}
    answer = await thief.client.delete(f"/api/v1/sign-ins/{others.signed_in.session_id}", headers=bearer)
    assert answer.status_code == 404
    assert await find_sessions(world, [others.signed_in.token_hash]) == [others.signed_in]


async def test_listing_shows_ones_own_sessions_alone(thief: Visitor, world: World, town: Town) -> None:
    others, own = await signed_in(world, town, 0), await be(thief, world, town, 1)
    page = await thief.open(SECURITY)
    assert str(others.signed_in.session_id) not in page.text
    answer = await thief.client.get("/api/v1/sign-ins", headers={"authorization": f"Bearer {own.token}"})
    assert [one["id"] for one in answer.json()] == [str(own.signed_in.session_id)]


# --- forms and scripts of other sites ---------------------------------------------------------------------------------

POSTS = (
    "/sign-in",
    "/sign-in/document",
    "/register",
    "/sign-in/code",
    "/sign-in/choose",
    "/sign-in/again",
    f"{SECURITY}/sessions/end-others",
    f"{SECURITY}/sessions/{UUID(int=1)}/end",
    f"{SECURITY}/passkeys/{UUID(int=1)}",
    f"{SECURITY}/passkeys/{UUID(int=1)}/remove",
    f"{SECURITY}/phone",
    f"{SECURITY}/phone/code",
)
JSON_POSTS = (
    "/sign-in/passkey/options",
    "/sign-in/passkey",
    f"{SECURITY}/passkeys/options",
    f"{SECURITY}/passkeys",
)


@pytest.mark.parametrize("address", POSTS)
async def test_a_form_without_or_with_anothers_token(
    victim: Visitor, thief: Visitor, world: World, town: Town, fresh_database: FreshDatabase, address: str
) -> None:
    await be(victim, world, town)
    stolen = await csrf_of(thief)
    before, lines = kept(fresh_database), audited(fresh_database)
    for fields in ({}, {"csrf": ""}, {"csrf": stolen}):
        answer = await victim.post(address, urlencode({**fields, "phone": "+8613800000001"}).encode())
        assert answer.status_code == 403
    assert (kept(fresh_database), audited(fresh_database)) == (before, lines)


NASTY = (
    "",
    "\u0000",
    "\r\nSet-Cookie: x=1",
    "'; DROP TABLE x; --",
    "<script>alert(1)</script>",
    "9" * 900,
    "\u202e",
    "%00",
    "☃" * 300,
)


@pytest.mark.parametrize("address", POSTS)
async def test_senseless_fields_in_ones_own_form(
    victim: Visitor, world: World, town: Town, fresh_database: FreshDatabase, address: str
) -> None:
    await be(victim, world, town)
    csrf = await csrf_of(victim, SECURITY)
    names = ("attempt", "code", "phone", "name", "choice", "secret", "person", "next", "proof", "language")
    before = as_owner(fresh_database, "SELECT person::text FROM directory.person ORDER BY 1")
    for nasty in NASTY:
        if address == f"{SECURITY}/sessions/end-others":
            break
        answer = await victim.post(address, urlencode({"csrf": csrf, **dict.fromkeys(names, nasty)}).encode())
        assert answer.status_code < 500, nasty
        assert "<script>alert" not in answer.text
        assert "x=1" not in str(answer.headers.get_list("set-cookie"))
    assert as_owner(fresh_database, "SELECT person::text FROM directory.person ORDER BY 1") == before


@pytest.mark.parametrize("address", JSON_POSTS)
async def test_senseless_texts_in_ones_own_script(
    victim: Visitor, world: World, town: Town, fresh_database: FreshDatabase, address: str
) -> None:
    await be(victim, world, town)
    csrf = await csrf_of(victim, SECURITY)
    for nasty in NASTY:
        sent = {"csrf": csrf, **dict.fromkeys(("id", "credential", "name", "next"), nasty)}
        answer = await post_json(victim, address, sent)
        assert answer.status_code < 500, nasty
        assert "firsthand_session" not in str(answer.headers.get_list("set-cookie"))
    assert as_owner(fresh_database, "SELECT FROM identity.passkey") == []


@pytest.mark.parametrize("address", JSON_POSTS)
async def test_a_script_without_or_with_anothers_token(
    victim: Visitor, thief: Visitor, world: World, town: Town, fresh_database: FreshDatabase, address: str
) -> None:
    await be(victim, world, town)
    stolen = await csrf_of(thief)
    before = kept(fresh_database)
    for sent in ({}, {"csrf": ""}, {"csrf": stolen}):
        assert (await post_json(victim, address, sent)).status_code == 403
    assert (await victim.post(address, b"csrf=x")).status_code == 415
    own = await csrf_of(victim, SECURITY)
    for text in (b"", b"[]", b'{"csrf":1}', b"{" * 5000):
        answer = await victim.post(address, text, {"content-type": "application/json"})
        assert answer.status_code == 400
    crossed = {"sec-fetch-site": "cross-site"}
    answer = await victim.client.post(address, json={"csrf": own}, headers=crossed)
    assert answer.status_code == 403
    assert kept(fresh_database) == before


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
    ],
)
async def test_signing_a_victim_in_as_the_thief(
    victim: Visitor, thief: Visitor, world: World, town: Town, fresh_database: FreshDatabase, headers: dict[str, str]
) -> None:
    await thief.open("/sign-in")
    await thief.send("/sign-in", {"phone": town.people[1].phone})
    fields = {**forms_of(thief.page)["/sign-in/code"].fields, "code": await last_code(world)}
    await victim.open("/sign-in")
    answer = await victim.post("/sign-in/code", urlencode(fields).encode(), headers)
    assert answer.status_code == 403
    answer = await victim.post("/sign-in/code", urlencode(fields).encode())
    assert answer.status_code == 403
    assert await sessions_of(fresh_database) == 0


@pytest.mark.parametrize(
    "address",
    [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "/%0d%0aSet-Cookie:x\r\n",
    ],
)
async def test_being_led_elsewhere(victim: Visitor, thief: Visitor, world: World, town: Town, address: str) -> None:
    page = await sign_in_by_phone(victim, world, town, next=address)
    assert str(page.url) == f"{BASE_URL}/bookings"
    soft = await own_passkey(thief, world, town, 1)
    csrf, challenge, options = await begin(thief)
    answer = await end(thief, csrf, challenge, soft.answer(options), next=address)
    assert answer.json() == {"location": "/bookings"}
    page = await thief.open("/sign-in/again?" + urlencode({"next": address}))
    assert "next" not in forms_of(page)["/sign-in/again"].fields


# --- headers and logs -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "user_agent",
    [
        "\x1b[31mChrome/1 Windows\x1b[0m",
        "<script>alert(1)</script> Firefox/1",
        "Safari/" + "x" * 5000,
        "''; DROP TABLE x",
    ],
)
async def test_a_browser_that_calls_itself_something_else(
    victim: Visitor, world: World, town: Town, fresh_database: FreshDatabase, user_agent: str
) -> None:
    victim.client.headers["user-agent"] = user_agent
    await sign_in_by_phone(victim, world, town)
    ((device,),) = as_owner(fresh_database, "SELECT device FROM identity.session")
    assert device in {"Chrome, Windows", "Firefox", "Safari", ""}


async def test_an_address_of_ones_own_making_escapes_no_limit(app: Litestar, town: Town) -> None:
    statuses = set()
    async with visiting(app) as visitor:
        for number in range(limits.PER_ADDRESS.attempts_max + 1):
            body = {"phone": f"+86139{number:08}"}
            forged = {"x-forwarded-for": f"203.0.113.{number}, 10.0.0.1\x0b", "forwarded": f"for=203.0.113.{number}"}
            answer = await visitor.client.post("/api/v1/sign-in-codes", json=body, headers=forged)
            statuses.add(answer.status_code)
    assert 429 in statuses
    assert town.ids


@pytest.mark.parametrize("name", ["x" * 65, "a b", "<b>", "\x1b[2J", "a;b"])
async def test_a_request_id_that_is_none_does_not_reach_the_record(
    thief: Visitor, fresh_database: FreshDatabase, name: str
) -> None:
    await thief.client.post("/api/v1/sign-in-codes", json={"phone": "+8613800000001"}, headers={"x-request-id": name})
    assert name not in {row[0] for row in as_owner(fresh_database, "SELECT request_id FROM audit.line")}


@pytest.mark.parametrize(
    "body",
    [
        {"phone": "+8613800000001", "person_id": str(UUID(int=1))},
        {"phone": "+8613800000001", "document_type": "resident_id", "document_number": "x"},
        {"document_type": "resident_id"},
        {},
        {"phone": ["+8613800000001"]},
        {"phone": "+8613800000001\r\nBcc: x"},
    ],
)
async def test_a_body_that_asks_for_more(
    thief: Visitor, fresh_database: FreshDatabase, body: Mapping[str, Any]
) -> None:
    answer = await thief.client.post("/api/v1/sign-in-codes", json=body)
    assert answer.status_code in {400, 422}
    assert as_owner(fresh_database, "SELECT FROM identity.one_time_code") == []


# --- work while signing in is attacked --------------------------------------------------------------------------------


async def rule(world: World, policy: SignInPolicy) -> None:
    async with world.database.transaction() as conn:
        await add_version(conn, Version(world.clock.now(), policy, "a test"))


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


# --- the phone --------------------------------------------------------------------------------------------------------

NEW = Phone("+8613811112222")


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
