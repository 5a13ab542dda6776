"""A person registers and signs in by document and code, and nobody learns from it which numbers are known."""

import re
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from firsthand.directory.person.actions import register_people
from firsthand.directory.person.asking import Browser
from firsthand.directory.person.model import Reason as PersonReason
from firsthand.directory.person.model import Refused as PersonRefused
from firsthand.directory.person.sign_in import enter_code, request_registration, request_sign_in
from firsthand.directory.person.store import contacts_of, names_of
from firsthand.identity.code.model import TRIES_MAX, VALID_FOR, CodeRequested
from firsthand.identity.document.store import find_people
from firsthand.identity.model import Reason, Refused
from firsthand.identity.session.actions import find_sessions
from firsthand.identity.session.model import PERSON_SESSION, OpenedSession, SubjectKind
from firsthand.messages.model import Template
from firsthand.platform.clock import ManualClock
from firsthand.platform.crypto import token_hash
from firsthand.platform.i18n import Language
from firsthand.platform.scope import CityScope, HospitalScope, PersonScope
from firsthand.platform.world import World
from tests.conftest import FreshDatabase
from tests.people import ELSEWHERE, HERE, STRANGER, SYSTEM, as_owner, audited, document, registration, said

ANYBODY = CityScope("test")
AT_HOME = Browser(HERE)


async def register(world: World, *numbers: int) -> list[UUID]:
    registered = await register_people(world, SYSTEM, [registration(number) for number in numbers])
    assert all(isinstance(one, UUID) for one in registered)
    return [one for one in registered if isinstance(one, UUID)]


def let_time_pass(world: World) -> None:
    """Let the next message be the last one."""
    assert isinstance(world.clock, ManualClock)
    world.clock.advance(timedelta(milliseconds=1))


async def ask_sign_in(world: World, number: int, address: str = HERE) -> CodeRequested:
    let_time_pass(world)
    requested = await request_sign_in(world, STRANGER, document(number), Browser(address))
    assert isinstance(requested, CodeRequested)
    return requested


async def ask_registration(world: World, number: int) -> CodeRequested:
    let_time_pass(world)
    requested = await request_registration(world, STRANGER, registration(number), AT_HOME)
    assert isinstance(requested, CodeRequested)
    return requested


async def last_code(world: World) -> str:
    found = re.search(r"\b\d{6}\b", (await said(world))[-1].body)
    assert found is not None
    return found[0]


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


async def test_a_new_person_registers_and_is_signed_in(world: World, fresh_database: FreshDatabase) -> None:
    requested = await ask_registration(world, 1)
    assert [(one.address, one.template) for one in await said(world)] == [("+8613800000001", Template.ONE_TIME_CODE)]
    opened = await enter_code(world, STRANGER, requested.code_id, await last_code(world), AT_HOME)
    assert isinstance(opened, OpenedSession)
    assert (opened.signed_in.kind, opened.expires_at) == (SubjectKind.PERSON, world.clock.now() + PERSON_SESSION)
    assert await find_sessions(world, [token_hash(opened.token)]) == [opened.signed_in]
    person_id = opened.signed_in.subject_id
    async with world.database.transaction() as conn:
        assert await find_people(conn, world.keyring, ANYBODY, [document(1)]) == [person_id]
        assert await names_of(conn, world.keyring, ANYBODY, [person_id]) == {person_id: "Person 1"}
    assert audited(fresh_database) == [
        ("directory.request_registration", "done"),
        ("directory.register", "done"),
        ("directory.enter_code", "done"),
    ]


async def test_a_known_person_signs_in_by_the_phone_on_record(world: World) -> None:
    (person_id,) = await register(world, 1)
    requested = await ask_sign_in(world, 1)
    opened = await enter_code(world, STRANGER, requested.code_id, await last_code(world), AT_HOME)
    assert isinstance(opened, OpenedSession)
    assert opened.signed_in.subject_id == person_id


async def test_registering_a_known_document_writes_to_the_phone_on_record_alone(world: World) -> None:
    (person_id,) = await register(world, 1)
    thief = registration(2, language=Language.CHINESE)
    stolen = type(thief)(document(1), thief.name, thief.phone, thief.language)
    requested = await request_registration(world, STRANGER, stolen, AT_HOME)
    assert isinstance(requested, CodeRequested)
    (sent,) = await said(world)
    assert (sent.address, sent.template) == ("+8613800000001", Template.ALREADY_REGISTERED_CODE)
    assert sent.language is Language.ENGLISH
    opened = await enter_code(world, STRANGER, requested.code_id, await last_code(world), AT_HOME)
    assert isinstance(opened, OpenedSession)
    assert opened.signed_in.subject_id == person_id
    async with world.database.transaction() as conn:
        contacts = await contacts_of(conn, world.keyring, ANYBODY, [person_id])
    assert contacts[person_id].phone == "+8613800000001"


async def test_known_and_unknown_numbers_leave_the_same_behind(world: World, fresh_database: FreshDatabase) -> None:
    await register(world, 1)
    tables = ("identity.one_time_code", "messages.message", "platform.outbox", "audit.line")

    def rows() -> list[int]:
        counted = as_owner(fresh_database, "SELECT coalesce(sum(count), 0)::integer FROM platform.attempt")
        return [
            *(len(as_owner(fresh_database, f"SELECT 1 FROM {table}")) for table in tables),
            *(number for (number,) in counted if isinstance(number, int)),
        ]

    async def left_by(number: int, address: str) -> list[int]:
        before = rows()
        requested = await ask_sign_in(world, number, address)
        assert requested.expires_at == world.clock.now() + VALID_FOR
        return [now - then for now, then in zip(rows(), before, strict=True)]

    assert await left_by(1, HERE) == await left_by(2, ELSEWHERE) == [1, 1, 1, 1, 5]
    assert [one.address for one in await said(world)] == ["+8613800000001"]


async def test_a_code_about_an_unknown_number_fails_as_a_wrong_one_does(world: World) -> None:
    await register(world, 1)
    known, unknown = await ask_sign_in(world, 1), await ask_sign_in(world, 2)
    mistyped = wrong(await last_code(world))
    for requested in (known, unknown):
        answers = [
            await enter_code(world, STRANGER, requested.code_id, mistyped, AT_HOME) for _ in range(TRIES_MAX + 1)
        ]
        assert answers == [Refused(Reason.CODE_WRONG)] * (TRIES_MAX - 1) + [Refused(Reason.CODE_SPENT)] * 2


async def test_the_last_try_may_be_right_and_the_one_after_may_not(world: World) -> None:
    await register(world, 1)
    for tries, outcome in ((TRIES_MAX - 1, OpenedSession), (TRIES_MAX, Refused)):
        requested = await ask_sign_in(world, 1)
        code = await last_code(world)
        for _ in range(tries):
            await enter_code(world, STRANGER, requested.code_id, wrong(code), AT_HOME)
        assert isinstance(await enter_code(world, STRANGER, requested.code_id, code, AT_HOME), outcome)


async def test_what_is_no_code_costs_no_try(world: World) -> None:
    await register(world, 1)
    requested = await ask_sign_in(world, 1)
    for typed in ("", "12345", "abcdef", "\ud800", "1" * 1000) * 2:
        assert await enter_code(world, STRANGER, requested.code_id, typed, AT_HOME) == Refused(Reason.CODE_WRONG)
    assert isinstance(
        await enter_code(world, STRANGER, requested.code_id, await last_code(world), AT_HOME), OpenedSession
    )


async def test_a_code_is_used_once_and_runs_out(world: World, clock: ManualClock) -> None:
    await register(world, 1)
    used = await ask_sign_in(world, 1)
    code = await last_code(world)
    assert isinstance(await enter_code(world, STRANGER, used.code_id, code, AT_HOME), OpenedSession)
    assert await enter_code(world, STRANGER, used.code_id, code, AT_HOME) == Refused(Reason.CODE_SPENT)
    late = await ask_sign_in(world, 1)
    clock.advance(VALID_FOR)
    assert await enter_code(world, STRANGER, late.code_id, await last_code(world), AT_HOME) == Refused(
        Reason.CODE_SPENT
    )


async def test_a_code_belongs_to_its_own_request(world: World) -> None:
    await register(world, 1, 2)
    first = await ask_sign_in(world, 1)
    await ask_sign_in(world, 2)
    other_code = await last_code(world)
    assert await enter_code(world, STRANGER, first.code_id, other_code, AT_HOME) == Refused(Reason.CODE_WRONG)
    assert await enter_code(world, STRANGER, uuid4(), other_code, AT_HOME) == Refused(Reason.CODE_SPENT)


@pytest.mark.parametrize("known", [True, False])
async def test_requests_are_limited_for_a_document(world: World, clock: ManualClock, *, known: bool) -> None:
    await register(world, 1 if known else 2)
    for _ in range(5):
        await ask_sign_in(world, 1)
    refused = await request_registration(world, STRANGER, registration(1), Browser(ELSEWHERE))
    assert refused == Refused(Reason.TOO_MANY_REQUESTS)
    clock.advance(timedelta(minutes=10))
    await ask_sign_in(world, 1)


async def test_requests_are_limited_for_a_document_and_day(world: World, clock: ManualClock) -> None:
    for _ in range(4):
        for _ in range(5):
            await ask_sign_in(world, 1)
        clock.advance(timedelta(minutes=10))
    assert await request_sign_in(world, STRANGER, document(1), AT_HOME) == Refused(Reason.TOO_MANY_REQUESTS)
    clock.advance(timedelta(days=1))
    await ask_sign_in(world, 1)


async def test_requests_are_limited_for_an_address(world: World) -> None:
    for number in range(30):
        await ask_sign_in(world, number)
    assert await request_sign_in(world, STRANGER, document(31), AT_HOME) == Refused(Reason.TOO_MANY_REQUESTS)
    await ask_sign_in(world, 31, ELSEWHERE)


async def test_an_address_over_its_limit_shuts_no_document_out(world: World) -> None:
    for number in range(30):
        await ask_sign_in(world, number)
    for _ in range(6):
        assert await request_sign_in(world, STRANGER, document(31), AT_HOME) == Refused(Reason.TOO_MANY_REQUESTS)
    await ask_sign_in(world, 31, ELSEWHERE)


async def test_two_registrations_of_one_document_make_one_person(world: World) -> None:
    first = await ask_registration(world, 1)
    first_code = await last_code(world)
    second = await ask_registration(world, 1)
    second_code = await last_code(world)
    assert isinstance(await enter_code(world, STRANGER, second.code_id, second_code, AT_HOME), OpenedSession)
    assert await enter_code(world, STRANGER, first.code_id, first_code, AT_HOME) == Refused(Reason.CODE_SPENT)


async def test_many_register_at_once_and_each_document_once(world: World, fresh_database: FreshDatabase) -> None:
    await register(world, 1)
    wanted = [registration(number) for number in (1, 2, 3, 2)]
    answers = await register_people(world, SYSTEM, wanted)
    taken = PersonRefused(PersonReason.ALREADY_REGISTERED)
    assert [answer == taken for answer in answers] == [True, False, False, True]
    assert as_owner(fresh_database, "SELECT count(*) FROM directory.person") == [(3,)]
    assert await register_people(world, SYSTEM, []) == []


async def test_a_person_reads_only_himself(world: World) -> None:
    first, second = await register(world, 1, 2)
    own = PersonScope(first)
    async with world.database.transaction() as conn:
        assert set(await names_of(conn, world.keyring, own, [first, second])) == {first}
        assert set(await contacts_of(conn, world.keyring, own, [first, second])) == {first}
        assert await find_people(conn, world.keyring, own, [document(1), document(2)]) == [first, None]
        desk = HospitalScope(uuid4())
        assert set(await names_of(conn, world.keyring, desk, [first, second, uuid4()])) == {first, second}


@pytest.mark.parametrize("secret", ["110101", "Person", "13800000"])
async def test_nothing_personal_can_be_read_from_the_tables(
    world: World, fresh_database: FreshDatabase, secret: str
) -> None:
    await register(world, 1)
    await ask_registration(world, 2)
    await ask_sign_in(world, 1)
    for query in (
        "SELECT encode(name || phone, 'escape') FROM directory.person",
        "SELECT encode(number || blind_index, 'escape') FROM identity.document",
        "SELECT encode(claim || code_hash, 'escape') FROM identity.one_time_code",
        "SELECT row_to_json(line)::text FROM audit.line",
        "SELECT encode(subject, 'escape') FROM platform.attempt",
    ):
        rows = as_owner(fresh_database, query)
        assert rows
        assert not any(secret in str(row[0]) for row in rows)
