"""A person adds, names and removes passkeys, is told of it, and signs in by one."""

from datetime import timedelta
from uuid import UUID

import pytest

from firsthand.directory.person import passkeys
from firsthand.directory.person.actions import register_people
from firsthand.identity.model import Reason, Refused
from firsthand.identity.passkey.limits import PER_ADDRESS
from firsthand.identity.passkey.model import Begun
from firsthand.identity.passkey.rules import relying_party
from firsthand.identity.session.model import FRESH_FOR, Method, OpenedSession, SignedIn
from firsthand.identity.session.store import open_person_session
from firsthand.messages.model import Template
from firsthand.platform.attempts import address_index, allow
from firsthand.platform.clock import ManualClock
from firsthand.platform.scope import PersonScope
from firsthand.platform.world import World
from tests.conftest import FreshDatabase
from tests.people import HERE, STRANGER, SYSTEM, as_owner, audited, registration, said
from tests.soft_passkey import SoftPasskey

PARTY = relying_party("https://firsthand.test")
BROWSER = b"b" * 32


@pytest.fixture
async def person(world: World) -> SignedIn:
    (person_id,) = await register_people(world, SYSTEM, [registration(1)])
    assert isinstance(person_id, UUID)
    async with world.database.transaction() as conn:
        opened = await open_person_session(conn, world, person_id)
    return opened.signed_in


async def add(world: World, person: SignedIn, soft: SoftPasskey, name: str = "my phone") -> UUID | Refused:
    begun = await passkeys.begin_adding_passkey(world, STRANGER, person, PARTY, bound_to=BROWSER)
    assert isinstance(begun, Begun)
    made = soft.make(begun.options)
    return await passkeys.add_passkey(world, STRANGER, person, PARTY, begun.id, made, name=name, bound_to=BROWSER)


async def sign_in(world: World, soft: SoftPasskey) -> OpenedSession | Refused:
    begun = await passkeys.begin_passkey_sign_in(world, STRANGER, PARTY, HERE, bound_to=BROWSER)
    assert isinstance(begun, Begun)
    answer = soft.answer(begun.options)
    return await passkeys.sign_in_by_passkey(world, STRANGER, PARTY, begun.id, answer, bound_to=BROWSER)


async def test_adding_naming_and_removing_one(world: World, person: SignedIn, fresh_database: FreshDatabase) -> None:
    soft = SoftPasskey(PARTY.origin, b"device")
    passkey_id = await add(world, person, soft)
    assert isinstance(passkey_id, UUID)
    opened = await sign_in(world, soft)
    assert isinstance(opened, OpenedSession)
    assert (opened.signed_in.subject_id, opened.signed_in.method) == (person.subject_id, Method.PASSKEY)
    assert await passkeys.rename_passkey(world, STRANGER, person, passkey_id, "  old \u3000 phone ") is None
    (listed,) = await passkeys.list_passkeys(world, PersonScope(person.subject_id))
    assert (listed.name, listed.last_used_at) == ("old phone", world.clock.now())
    assert await passkeys.remove_passkey(world, STRANGER, person, passkey_id) is None
    assert await sign_in(world, soft) == Refused(Reason.PASSKEY_WRONG)
    assert [one.template for one in await said(world)] == [Template.PASSKEY_ADDED, Template.PASSKEY_REMOVED]
    assert [line for line in audited(fresh_database) if "passkey" in str(line[0])] == [
        ("directory.add_passkey", "done"),
        ("directory.sign_in_by_passkey", "done"),
        ("directory.rename_passkey", "done"),
        ("directory.remove_passkey", "done"),
        ("directory.sign_in_by_passkey", "passkey_wrong"),
    ]


async def test_what_cannot_be_undone_asks_for_a_fresh_sign_in(
    world: World, person: SignedIn, clock: ManualClock
) -> None:
    passkey_id = await add(world, person, SoftPasskey(PARTY.origin, b"device"))
    assert isinstance(passkey_id, UUID)
    clock.advance(FRESH_FOR + timedelta(seconds=1))
    stale = Refused(Reason.SIGN_IN_STALE)
    assert await passkeys.begin_adding_passkey(world, STRANGER, person, PARTY, bound_to=BROWSER) == stale
    assert await passkeys.remove_passkey(world, STRANGER, person, passkey_id) == stale
    assert await passkeys.rename_passkey(world, STRANGER, person, passkey_id, "still mine") is None


@pytest.mark.parametrize("name", ["", " ", "x" * 51, "a\x1b[31m", "\u202eenohp"])
async def test_a_name_that_is_none(world: World, person: SignedIn, fresh_database: FreshDatabase, name: str) -> None:
    refused = await add(world, person, SoftPasskey(PARTY.origin, b"device"), name)
    assert refused == Refused(Reason.PASSKEY_NAME_INVALID)
    assert as_owner(fresh_database, "SELECT FROM identity.passkey") == []


async def test_names_of_passkeys_stand_nowhere_in_clear(
    world: World, person: SignedIn, fresh_database: FreshDatabase
) -> None:
    assert isinstance(await add(world, person, SoftPasskey(PARTY.origin, b"device"), "Zhang San's phone"), UUID)
    ((row,),) = as_owner(fresh_database, "SELECT passkey::text FROM identity.passkey")
    assert b"Zhang San".hex() not in str(row)
    assert person.subject_id.hex not in str(as_owner(fresh_database, "SELECT handle FROM identity.passkey_owner"))


async def test_an_address_asks_for_so_many_challenges(world: World, fresh_database: FreshDatabase) -> None:
    async with world.database.transaction() as conn:
        for _ in range(PER_ADDRESS.attempts_max):
            await allow(conn, PER_ADDRESS, address_index(world.keyring, HERE), now=world.clock.now())
    refused = await passkeys.begin_passkey_sign_in(world, STRANGER, PARTY, HERE, bound_to=BROWSER)
    assert refused == Refused(Reason.TOO_MANY_REQUESTS)
    assert audited(fresh_database) == [("directory.sign_in_by_passkey", "too_many_requests")]
