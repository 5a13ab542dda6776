"""Sessions stand for whoever opened them, until they end."""

from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest

from firsthand.identity.code.model import VALID_FOR, NewCode
from firsthand.identity.code.store import add as add_code
from firsthand.identity.model import Reason, Refused
from firsthand.identity.session.actions import (
    delete_expired,
    end_other_sessions,
    end_own_session,
    end_session,
    find_sessions,
    list_sessions,
)
from firsthand.identity.session.model import (
    PERSON_IDLE,
    PERSON_SESSION,
    SEEN_EVERY,
    STAFF_IDLE,
    STAFF_SESSION,
    Method,
    OpenedSession,
    StaffSession,
    SubjectKind,
)
from firsthand.identity.session.store import end_all, open_person_session, open_staff_session
from firsthand.platform.access import Role
from firsthand.platform.clock import ManualClock
from firsthand.platform.crypto import token_hash
from firsthand.platform.world import World
from tests.conftest import START, FreshDatabase
from tests.people import STRANGER, SYSTEM, as_owner, audited


async def open_person(world: World) -> OpenedSession:
    async with world.database.transaction() as conn:
        return await open_person_session(conn, world, uuid4())


async def open_staff(world: World) -> OpenedSession:
    async with world.database.transaction() as conn:
        return await open_staff_session(conn, world, StaffSession(uuid4(), uuid4(), uuid4(), Role.DESK))


async def test_many_tokens_are_answered_in_order(world: World) -> None:
    person, staff = await open_person(world), await open_staff(world)
    unknown = token_hash("nobody's")
    asked = [unknown, staff.signed_in.token_hash, person.signed_in.token_hash, staff.signed_in.token_hash]
    assert await find_sessions(world, asked) == [None, staff.signed_in, person.signed_in, staff.signed_in]
    assert await find_sessions(world, []) == []


async def test_a_token_is_long_random_and_kept_only_as_a_hash(world: World, fresh_database: FreshDatabase) -> None:
    opened = await open_person(world)
    assert len(opened.token) == 43
    assert opened.token not in repr(opened)
    ((kept,),) = as_owner(fresh_database, "SELECT token_hash FROM identity.session")
    assert kept == token_hash(opened.token)


async def test_sessions_run_out(world: World, clock: ManualClock) -> None:
    person, staff = await open_person(world), await open_staff(world)
    hashes = [person.signed_in.token_hash, staff.signed_in.token_hash]
    while clock.now() < START + STAFF_SESSION:
        assert await find_sessions(world, hashes) == [person.signed_in, staff.signed_in]
        clock.advance(STAFF_IDLE / 2)
    assert await find_sessions(world, hashes) == [person.signed_in, None]
    clock.advance(PERSON_IDLE / 2)
    assert await find_sessions(world, hashes) == [person.signed_in, None]
    clock.move_to(START + PERSON_SESSION)
    assert await find_sessions(world, hashes) == [None, None]


async def test_a_session_left_alone_ends_before_its_time(world: World, clock: ManualClock) -> None:
    person, staff = await open_person(world), await open_staff(world)
    hashes = [person.signed_in.token_hash, staff.signed_in.token_hash]
    clock.advance(STAFF_IDLE)
    assert await find_sessions(world, hashes) == [person.signed_in, None]
    clock.advance(PERSON_IDLE)
    assert await find_sessions(world, hashes) == [None, None]
    await delete_expired(world, SYSTEM)
    async with world.database.transaction() as conn:
        assert await end_all(conn, SubjectKind.PERSON, person.signed_in.subject_id) == 0


async def test_that_a_session_is_used_is_written_down_seldom(
    world: World, clock: ManualClock, fresh_database: FreshDatabase
) -> None:
    person = await open_person(world)
    for _ in range(5):
        clock.advance(SEEN_EVERY - timedelta(seconds=1))
        await find_sessions(world, [person.signed_in.token_hash])
        clock.advance(timedelta(seconds=1))
        await find_sessions(world, [person.signed_in.token_hash] * 3)
        assert as_owner(fresh_database, "SELECT last_seen_at FROM identity.session") == [(clock.now(),)]


async def test_one_sees_and_ends_ones_own_sessions_alone(world: World, fresh_database: FreshDatabase) -> None:
    own, other = await open_person(world), await open_person(world)
    async with world.database.transaction() as conn:
        phone = await open_person_session(
            conn, world, own.signed_in.subject_id, method=Method.PASSKEY, device="Chrome, Android"
        )
    listed = await list_sessions(world, own.signed_in)
    assert {(one.id, one.method, one.device) for one in listed} == {
        (own.signed_in.session_id, Method.CODE, ""),
        (phone.signed_in.session_id, Method.PASSKEY, "Chrome, Android"),
    }
    refused = await end_own_session(world, SYSTEM, own.signed_in, other.signed_in.session_id)
    assert refused == Refused(Reason.SESSION_UNKNOWN)
    assert await end_own_session(world, SYSTEM, own.signed_in, phone.signed_in.session_id) is None
    assert [one.id for one in await list_sessions(world, own.signed_in)] == [own.signed_in.session_id]
    async with world.database.transaction() as conn:
        await open_person_session(conn, world, own.signed_in.subject_id)
    assert await end_other_sessions(world, SYSTEM, own.signed_in) == 1
    hashes = [own.signed_in.token_hash, other.signed_in.token_hash]
    assert await find_sessions(world, hashes) == [own.signed_in, other.signed_in]
    assert audited(fresh_database) == [
        ("identity.end_own_session", "session_unknown"),
        ("identity.end_own_session", "done"),
        ("identity.end_other_sessions", "done"),
    ]


async def test_signing_out_ends_one_session_and_is_recorded_once(world: World, fresh_database: FreshDatabase) -> None:
    first, second = await open_person(world), await open_person(world)
    for _ in range(2):
        await end_session(world, STRANGER, first.signed_in)
    hashes = [first.signed_in.token_hash, second.signed_in.token_hash]
    assert await find_sessions(world, hashes) == [None, second.signed_in]
    assert audited(fresh_database) == [("identity.end_session", "done")]


async def test_all_sessions_of_one_subject_can_be_ended(world: World) -> None:
    person, other = await open_person(world), await open_person(world)
    async with world.database.transaction() as conn:
        assert await end_all(conn, SubjectKind.STAFF, person.signed_in.subject_id) == 0
        assert await end_all(conn, SubjectKind.PERSON, person.signed_in.subject_id) == 1
    hashes = [person.signed_in.token_hash, other.signed_in.token_hash]
    assert await find_sessions(world, hashes) == [None, other.signed_in]


async def test_what_has_run_out_is_deleted_and_nothing_else(
    world: World, clock: ManualClock, fresh_database: FreshDatabase
) -> None:
    await open_person(world)
    async with world.database.transaction() as conn:
        await add_code(conn, world.keyring, NewCode(uuid4(), "123456", b"", clock.now() + VALID_FOR))
    await delete_expired(world, SYSTEM)
    assert audited(fresh_database) == []
    clock.advance(VALID_FOR)
    late = await open_person(world)
    clock.move_to(START + PERSON_IDLE)
    await delete_expired(world, SYSTEM)
    ((detail,),) = as_owner(fresh_database, "SELECT detail FROM audit.line")
    assert isinstance(detail, dict)
    assert {name: count for name, count in detail.items() if count} == {"sessions": 1, "codes": 1}
    ((kept,),) = as_owner(fresh_database, "SELECT token_hash FROM identity.session")
    assert kept == late.signed_in.token_hash
    clock.advance(timedelta(minutes=5))
    await delete_expired(world, SYSTEM)
    assert as_owner(fresh_database, "SELECT token_hash FROM identity.session") == []


async def test_the_application_cannot_change_whom_a_session_stands_for(world: World) -> None:
    opened = await open_person(world)

    async def change() -> None:
        async with world.database.transaction() as conn:
            await conn.execute("UPDATE identity.session SET subject_id = gen_random_uuid()")

    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        await change()
    assert await find_sessions(world, [opened.signed_in.token_hash]) == [opened.signed_in]
