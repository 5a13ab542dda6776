"""The sealing key is turned over: everything opens afterwards, and the older key goes only when nothing needs it."""

from pathlib import Path

import pytest

from firsthand.directory.person.store import names_of
from firsthand.platform.crypto import Keyring, SealError
from firsthand.platform.database import connect
from firsthand.platform.keys import KeyringError, KeyringFile, rotation, save_keyring
from firsthand.platform.keys.rotation import rotate
from firsthand.platform.postgres import Role
from firsthand.platform.scope import CityScope
from firsthand.platform.sealed import rotate_alone
from firsthand.platform.world import World
from tests.city import make_city
from tests.conftest import FreshDatabase
from tests.deployment import last_json, of_database

TEST = CityScope("test")


@pytest.fixture
def kept(world: World, tmp_path: Path) -> KeyringFile:
    save_keyring(world.keyring, tmp_path)
    return KeyringFile(tmp_path)


@pytest.fixture(autouse=True)
def nobody_else_seals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotation, "SETTLE_SECONDS", 0.0)


async def test_everything_is_rewrapped_and_the_older_key_removed(
    world: World, fresh_database: FreshDatabase, kept: KeyringFile
) -> None:
    city = await make_city(world, persons=5)
    old = kept.read()
    async with connect(fresh_database.dsn(Role.OWNER)) as conn:
        done = await rotate(conn, kept, retire=True, progress=lambda _done, _total: None)
        assert (done.fresh, done.unreadable, done.retired) == (True, 0, (old.current_key_id,))
        assert done.rewrapped >= 15  # name, phone and document of each
        new = KeyringFile(kept.folder).read()
        assert new.sealing_keys.keys() == {done.current}
        names = await names_of(conn, Keyring(new), TEST, city.person_ids)
        assert sorted(names.values()) == [f"Person {number}" for number in range(5)]
        with pytest.raises(SealError, match="not in the keyring"):
            await names_of(conn, Keyring(old), TEST, city.person_ids)


async def test_a_rotation_that_was_broken_off_is_finished_without_a_further_key(
    world: World, fresh_database: FreshDatabase, kept: KeyringFile
) -> None:
    await make_city(world, persons=2)
    turned = rotation._with_fresh_key(kept.read())  # noqa: SLF001 - where a kill can leave it
    kept.replace(turned)
    async with connect(fresh_database.dsn(Role.OWNER)) as conn:
        done = await rotate(conn, kept, retire=False, progress=lambda _done, _total: None)
    assert (done.fresh, done.current, done.retired) == (False, turned.current_key_id, ())
    assert kept.read() == turned


async def test_two_rotations_at_once_are_refused(fresh_database: FreshDatabase, kept: KeyringFile) -> None:
    dsn = fresh_database.dsn(Role.OWNER)
    async with connect(dsn) as first, connect(dsn) as second:
        assert await rotate_alone(first)
        with pytest.raises(KeyringError, match="another rotation"):
            await rotate(second, kept, retire=False, progress=lambda _done, _total: None)


async def test_the_command_rotates_and_counts(world: World, fresh_database: FreshDatabase, tmp_path: Path) -> None:
    await make_city(world, persons=2)
    machine = of_database(world, fresh_database, tmp_path)
    rotated = machine.call("keys", "rotate", "--retire", "--json")
    assert rotated.returncode == 0, rotated.stderr
    counted = last_json(machine.call("keys", "status", "--json").stdout)
    assert counted["current"] == last_json(rotated.stdout)["current"]
    assert counted["keys"].keys() == {counted["current"]}
