"""Staff sign in by password, and no more when they have left."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from firsthand.audit.model import Caller
from firsthand.directory.hospital.model import Hospital, StoredHospital
from firsthand.directory.hospital.store import insert_hospitals
from firsthand.directory.staff import store
from firsthand.directory.staff.actions import add_staff, deactivate_staff
from firsthand.directory.staff.model import Reason, Refused, Staff
from firsthand.directory.staff_sign_in import actions as sign_in
from firsthand.directory.staff_sign_in.limits import PER_ADDRESS, PER_NAME_AND_ADDRESS
from firsthand.directory.staff_sign_in.model import Reason as SignInReason
from firsthand.directory.staff_sign_in.model import Refused as SignInRefused
from firsthand.directory.staff_sign_in.model import Typed
from firsthand.identity.session.actions import find_sessions
from firsthand.identity.session.model import STAFF_SESSION, OpenedSession
from firsthand.platform.access import Role
from firsthand.platform.attempts import address_index, allow
from firsthand.platform.clock import ManualClock
from firsthand.platform.world import World
from tests.conftest import START, FreshDatabase
from tests.people import ELSEWHERE, HERE, STRANGER, SYSTEM, as_owner, audited

PASSWORD = "correct horse battery"
WRONG = SignInRefused(SignInReason.SIGN_IN_WRONG)
TOO_MANY = SignInRefused(SignInReason.TOO_MANY_TRIES)


async def sign_in_staff(world: World, caller: Caller, username: str, password: str, address: str) -> object:
    """Sign in, from a browser that nobody signed in with before."""
    return await sign_in.sign_in_staff(world, caller, Typed(username, password, address))


@pytest.fixture
async def hospital_id(world: World) -> UUID:
    hospital = StoredHospital(uuid4(), Hospital("1", "First Hospital", "Asia/Shanghai"))
    async with world.database.transaction() as conn:
        await insert_hospitals(conn, "test", [hospital])
    return hospital.id


async def add(
    world: World, hospital_id: UUID, *, username: str = "desk.wang", name: str = "王护士", password: str = PASSWORD
) -> Staff | Refused:
    return await add_staff(
        world, SYSTEM, hospital_id, username=username, display_name=name, role=Role.DESK, password=password
    )


async def add_clerk(world: World, hospital_id: UUID) -> Staff:
    staff = await add(world, hospital_id)
    assert isinstance(staff, Staff)
    return staff


async def test_a_clerk_signs_in_and_is_known_by_hospital_and_role(world: World, hospital_id: UUID) -> None:
    staff = await add_clerk(world, hospital_id)
    opened = await sign_in_staff(world, STRANGER, " Desk.Wang", PASSWORD, HERE)
    assert isinstance(opened, OpenedSession)
    signed_in = opened.signed_in
    assert (signed_in.subject_id, signed_in.hospital_id, signed_in.role) == (staff.id, hospital_id, "desk")
    assert opened.expires_at == START + STAFF_SESSION
    assert await find_sessions(world, [signed_in.token_hash]) == [signed_in]
    async with world.database.transaction() as conn:
        assert await store.find(conn, staff.id) == staff


@pytest.mark.parametrize(
    ("username", "password"),
    [
        ("desk.wang", "another horse battery"),
        ("desk.li", PASSWORD),
        ("", PASSWORD),
        ("desk.wang", ""),
        ("\ud800", "\ud800"),
    ],
)
async def test_a_wrong_name_and_a_wrong_password_are_answered_alike(
    world: World, hospital_id: UUID, username: str, password: str
) -> None:
    await add_clerk(world, hospital_id)
    assert await sign_in_staff(world, STRANGER, username, password, HERE) == WRONG


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"username": "w"}, Reason.USERNAME_INVALID),
        ({"username": "DESK.WANG"}, Reason.USERNAME_TAKEN),
        ({"name": ""}, Reason.DISPLAY_NAME_INVALID),
        ({"username": "desk.li", "password": "too short"}, Reason.PASSWORD_UNACCEPTABLE),
    ],
)
async def test_who_is_not_added(
    world: World, hospital_id: UUID, fresh_database: FreshDatabase, changed: dict[str, str], reason: Reason
) -> None:
    await add_clerk(world, hospital_id)
    assert await add(world, hospital_id, **changed) == Refused(reason)
    assert audited(fresh_database) == [("directory.add_staff", "done"), ("directory.add_staff", reason)]
    assert as_owner(fresh_database, "SELECT count(*) FROM identity.password") == [(1,)]


async def test_nobody_is_added_to_a_hospital_that_is_not_there(world: World) -> None:
    assert await add(world, uuid4()) == Refused(Reason.HOSPITAL_UNKNOWN)


async def test_a_clerk_who_has_left_is_out_at_once_and_for_good(world: World, hospital_id: UUID) -> None:
    staff = await add_clerk(world, hospital_id)
    opened = await sign_in_staff(world, STRANGER, "desk.wang", PASSWORD, HERE)
    assert isinstance(opened, OpenedSession)
    assert await deactivate_staff(world, SYSTEM, staff.id) is None
    assert await find_sessions(world, [opened.signed_in.token_hash]) == [None]
    assert await sign_in_staff(world, STRANGER, "desk.wang", PASSWORD, HERE) == WRONG
    assert await deactivate_staff(world, SYSTEM, staff.id) == Refused(Reason.STAFF_UNKNOWN)
    assert await deactivate_staff(world, SYSTEM, uuid4()) == Refused(Reason.STAFF_UNKNOWN)


async def test_leaving_while_signing_in_leaves_no_session(
    world: World, hospital_id: UUID, fresh_database: FreshDatabase
) -> None:
    staff = await add_clerk(world, hospital_id)
    await asyncio.gather(
        *(sign_in_staff(world, STRANGER, "desk.wang", PASSWORD, HERE) for _ in range(5)),
        deactivate_staff(world, SYSTEM, staff.id),
    )
    assert as_owner(fresh_database, "SELECT count(*) FROM identity.session") == [(0,)]


async def test_tries_are_limited_for_a_name(world: World, hospital_id: UUID, clock: ManualClock) -> None:
    await add_clerk(world, hospital_id)
    for _ in range(10):
        assert await sign_in_staff(world, STRANGER, "desk.wang", "wrong wrong wrong", HERE) == WRONG
    assert await sign_in_staff(world, STRANGER, "desk.wang", PASSWORD, HERE) == TOO_MANY
    assert isinstance(await sign_in_staff(world, STRANGER, "desk.wang", PASSWORD, ELSEWHERE), OpenedSession)
    clock.advance(timedelta(minutes=10))
    assert isinstance(await sign_in_staff(world, STRANGER, "desk.wang", PASSWORD, HERE), OpenedSession)


async def test_an_address_over_its_limit_shuts_no_name_out(world: World, hospital_id: UUID) -> None:
    await add_clerk(world, hospital_id)
    async with world.database.transaction() as conn:
        for _ in range(PER_ADDRESS.attempts_max):
            assert await allow(conn, PER_ADDRESS, address_index(world.keyring, HERE), now=world.clock.now())
    for _ in range(PER_NAME_AND_ADDRESS.attempts_max):
        assert await sign_in_staff(world, STRANGER, "desk.wang", PASSWORD, HERE) == TOO_MANY
    assert isinstance(await sign_in_staff(world, STRANGER, "desk.wang", PASSWORD, ELSEWHERE), OpenedSession)


async def test_neither_name_nor_password_is_in_the_record(
    world: World, hospital_id: UUID, fresh_database: FreshDatabase
) -> None:
    await add_clerk(world, hospital_id)
    await sign_in_staff(world, STRANGER, "desk.wang", PASSWORD, HERE)
    await sign_in_staff(world, STRANGER, "desk.wang", "wrong wrong wrong", HERE)
    lines = as_owner(fresh_database, "SELECT row_to_json(line)::text FROM audit.line")
    assert len(lines) == 3
    assert not any(secret in str(line) for line in lines for secret in ("wang", "horse", "wrong wrong", HERE))
    ((phc,),) = as_owner(fresh_database, "SELECT phc FROM identity.password")
    assert str(phc).startswith("$argon2id$")
