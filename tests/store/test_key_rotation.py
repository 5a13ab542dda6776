"""The sealing key is turned over: everything opens afterwards, and the older key goes only when nothing needs it."""

from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from firsthand.directory.person.store import names_of
from firsthand.platform.clock import ManualClock
from firsthand.platform.crypto import Keyring, SealError, key_id_of
from firsthand.platform.database import connect
from firsthand.platform.keys import KeyringError, KeyringFile, load_keyring, rotation, save_keyring
from firsthand.platform.keys.rotation import prepare_key, retire_older, rotate
from firsthand.platform.postgres import Role
from firsthand.platform.scope import CityScope
from firsthand.platform.sealed import SEALED, context_of, rotate_alone
from firsthand.platform.world import World
from tests.city import make_city
from tests.conftest import FreshDatabase
from tests.deployment import last_json, of_database
from tests.dump_scene import play
from tests.people import audited

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


async def test_no_sealed_column_is_left_behind(
    world: World, clock: ManualClock, fresh_database: FreshDatabase, kept: KeyringFile
) -> None:
    await play(world, clock, fresh_database)
    async with connect(fresh_database.dsn(Role.OWNER)) as conn:
        done = await rotate(conn, kept, retire=True, progress=lambda _done, _total: None)
        assert (done.unreadable, len(done.retired)) == (0, 1)
        turned = Keyring(kept.read())
        for column in SEALED:
            names = ", ".join([*column.context, column.column])
            query = f"SELECT {names} FROM {column.schema}.{column.table} WHERE {column.column} IS NOT NULL"
            rows = await (await conn.execute(query.encode())).fetchall()
            assert rows, column.name
            for *context, sealed in rows:
                assert key_id_of(sealed) == done.current
                turned.open(sealed, purpose=column.purpose, context=context_of(context))


async def test_what_was_reviewed_is_rewrapped_and_says_the_same(
    world: World, clock: ManualClock, fresh_database: FreshDatabase
) -> None:
    await play(world, clock, fresh_database)
    for role, change in (
        (Role.APP, "words = set_byte(words, 20, 0)"),
        (Role.OWNER, "words = set_byte(words, 70, 0)"),
        (Role.OWNER, "justified = NOT justified"),
    ):
        with psycopg.connect(fresh_database.dsn(role)) as conn, pytest.raises(psycopg.errors.CheckViolation):
            conn.execute(f"UPDATE directory.break_glass SET {change} WHERE reviewed_at IS NOT NULL".encode())


async def test_a_rotation_that_was_broken_off_is_finished_without_a_further_key(
    world: World, fresh_database: FreshDatabase, kept: KeyringFile
) -> None:
    await make_city(world, persons=2)
    async with connect(fresh_database.dsn(Role.OWNER)) as conn:
        prepared = await prepare_key(conn, kept)
        keys = kept.read()
        turned = replace(keys, current_key_id=prepared, generation=keys.generation + 1)
        kept.replace(turned)  # where a kill can leave it
        done = await rotate(conn, kept, retire=False, progress=lambda _done, _total: None)
        assert (done.fresh, done.current, done.retired) == (False, prepared, ())
        assert kept.read() == turned
        again = await retire_older(conn, kept, progress=lambda _done, _total: None)
        assert (again.fresh, again.current, again.rewrapped) == (False, prepared, 0)
        assert again.retired == tuple(set(keys.sealing_keys) - {prepared})


async def test_a_prepared_key_seals_nothing_before_it_is_put_in_force(
    world: World, fresh_database: FreshDatabase, kept: KeyringFile
) -> None:
    city = await make_city(world, persons=1)
    old = kept.read()
    async with connect(fresh_database.dsn(Role.OWNER)) as conn:
        prepared = await prepare_key(conn, kept)
        assert await prepare_key(conn, kept) == prepared  # there is one already
        other_machine = load_keyring(kept.folder)
        assert key_id_of(other_machine.seal(b"x", purpose="p", context=b"c")) == old.current_key_id
        with pytest.raises(KeyringError, match="not in force yet"):
            await retire_older(conn, kept, progress=lambda _done, _total: None)
        done = await rotate(conn, kept, retire=False, progress=lambda _done, _total: None)
        assert (done.fresh, done.current) == (True, prepared)
        # The other machine has the file of the first step alone, and reads all that was rewrapped.
        names = await names_of(conn, Keyring(other_machine.keys), TEST, city.person_ids)
        assert list(names.values()) == ["Person 0"]


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


async def test_a_keyring_from_before_a_rotation_starts_nothing(
    world: World, fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    city = await make_city(world, persons=1)
    machine = of_database(world, fresh_database, tmp_path)
    file = tmp_path / "keys" / "keyring.json"
    before = file.read_bytes()
    assert machine.call("keys", "rotate").returncode == 0
    after = file.read_bytes()
    file.write_bytes(before)
    for command in (["worker"], ["keys", "rotate"], ["keys", "retire"], ["keys", "status"]):
        refused = machine.call(*command)
        assert refused.returncode == 1, command
        assert "lacks keys that this database needs" in refused.stderr
        assert "put the newest backup of the keyring there" in refused.stderr
        assert refused.stderr.count("\n") == 1
    assert ("keys.rotate", "keyring_refused") in audited(fresh_database)
    file.write_bytes(after)
    assert machine.call("keys", "status").returncode == 0
    # There is no backup: the city goes on without.
    file.unlink()
    lost = last_json(machine.call("keys", "give-up", "--yes", "--json").stdout)
    assert lost["lost"] >= 3
    assert lost["index_lost"]
    assert last_json(machine.call("keys", "status", "--json").stdout)["current"] == lost["current"]
    with pytest.raises(SealError, match="not in the keyring"):
        async with world.database.transaction() as conn:
            await names_of(conn, load_keyring(file.parent), TEST, city.person_ids)
    assert "No key is lost" in machine.call("keys", "give-up", "--yes").stderr
    turned = last_json(machine.call("keys", "rotate", "--retire", "--json").stdout)
    assert (turned["fresh"], turned["unreadable"], turned["retired"]) == (True, 0, [lost["current"]])
