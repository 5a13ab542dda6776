"""What a database knows of its keys: taken over from an earlier version, and right wherever a change is broken off."""

from dataclasses import replace
from pathlib import Path

import pytest

from firsthand.directory.person.store import names_of
from firsthand.platform.crypto import Keyring, make_keys
from firsthand.platform.database import Connection, connect
from firsthand.platform.keys import KeyringError, KeyringFile, read_known, rotation, save_keyring, why_wrong
from firsthand.platform.keys.known import KeyKind, call_retired, known_of
from firsthand.platform.keys.loss import find_loss, give_up
from firsthand.platform.keys.rotation import adopt_keys, prepare_key, retire_older, rotate
from firsthand.platform.postgres import Role
from firsthand.platform.scope import CityScope
from firsthand.platform.world import World
from tests.city import make_city
from tests.conftest import FreshDatabase


@pytest.fixture
def kept(world: World, tmp_path: Path) -> KeyringFile:
    save_keyring(world.keyring, tmp_path)
    return KeyringFile(tmp_path)


@pytest.fixture(autouse=True)
def nobody_else_seals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotation, "SETTLE_SECONDS", 0.0)


async def retired(conn: Connection, file: KeyringFile) -> tuple[bytes, ...]:
    """Remove older keys, and return which."""
    return (await retire_older(conn, file, progress=lambda _done, _total: None)).retired


async def test_a_database_of_an_earlier_version_takes_the_keyring_of_its_values_and_no_other(
    world: World, fresh_database: FreshDatabase, kept: KeyringFile
) -> None:
    await make_city(world, persons=1)
    async with connect(fresh_database.dsn(Role.OWNER)) as conn:
        with pytest.raises(KeyringError, match="lacks keys under which values stand"):
            await adopt_keys(conn, make_keys())
        assert await read_known(conn) == ()
        for _ in range(2):  # each `migrate` does it
            await adopt_keys(conn, kept.read())
            assert set(await read_known(conn)) == set(known_of(kept.read()))
        with pytest.raises(KeyringError, match="belongs to another database"):
            await adopt_keys(conn, make_keys())


async def test_a_key_that_is_called_retired_and_still_in_the_file_is_removed_by_the_next_run(
    world: World, fresh_database: FreshDatabase, kept: KeyringFile
) -> None:
    await make_city(world, persons=1)
    first = kept.read().current_key_id
    async with connect(fresh_database.dsn(Role.OWNER)) as conn:
        await rotate(conn, kept, retire=False, progress=lambda _done, _total: None)
        await call_retired(conn, KeyKind.SEALING, [first])  # killed here
        assert why_wrong(kept.read(), await read_known(conn)) is None
        assert await retired(conn, kept) == (first,)
        assert why_wrong(kept.read(), await read_known(conn)) is None
        assert await retired(conn, kept) == ()


async def test_a_key_that_lies_in_the_file_and_is_not_known_yet_is_the_next_one(
    fresh_database: FreshDatabase, kept: KeyringFile
) -> None:
    keys = kept.read()
    async with connect(fresh_database.dsn(Role.OWNER)) as conn:
        await adopt_keys(conn, keys)
        kept.replace(replace(keys, sealing_keys={**keys.sealing_keys, b"next": b"n" * 32}, generation=2))  # killed here
        assert why_wrong(kept.read(), await read_known(conn)) is None
        assert await prepare_key(conn, kept) == b"next"
        done = await rotate(conn, kept, retire=True, progress=lambda _done, _total: None)
        assert (done.fresh, done.current, done.retired) == (True, b"next", (keys.current_key_id,))


async def test_what_was_given_up_is_asked_for_again_once_its_key_turns_up(
    world: World, fresh_database: FreshDatabase, kept: KeyringFile
) -> None:
    await make_city(world, persons=1)
    found = kept.read()
    async with connect(fresh_database.dsn(Role.OWNER)) as conn:
        await adopt_keys(conn, found)
        other = make_keys()
        loss = await find_loss(conn, other)
        assert (loss.index_is_lost, sum(loss.values.values())) == (True, 4)
        await give_up(conn, other, loss)
        assert (await find_loss(conn, other)).is_nothing
        assert why_wrong(other, await read_known(conn)) is None
        assert "belongs to another database" in str(why_wrong(found, await read_known(conn)))
        # The backup turns up: it is put back, and the keys made meanwhile are given up in their turn.
        back = await find_loss(conn, found)
        assert back.values == {}
        await give_up(conn, found, back)
        assert why_wrong(found, await read_known(conn)) is None
        assert (await find_loss(conn, found)).is_nothing
        assert {each.key_id for each in await read_known(conn) if each.is_lost} == {
            each.key_id for each in known_of(other)
        }


async def test_a_backup_that_turns_up_is_put_beside_the_keys_made_meanwhile(
    world: World, fresh_database: FreshDatabase, kept: KeyringFile
) -> None:
    city = await make_city(world, persons=1)
    found, other = kept.read(), make_keys()
    async with connect(fresh_database.dsn(Role.OWNER)) as conn:
        await adopt_keys(conn, found)
        await give_up(conn, other, await find_loss(conn, other))
        kept.replace(replace(other, sealing_keys={**found.sealing_keys, **other.sealing_keys}, generation=2))
        done = await rotate(conn, kept, retire=True, progress=lambda _done, _total: None)
        assert (done.fresh, done.rewrapped, done.unreadable, len(done.retired)) == (True, 4, 0, 2)
        names = await names_of(conn, Keyring(kept.read()), CityScope("test"), city.person_ids)
        assert list(names.values()) == ["Person 0"]
