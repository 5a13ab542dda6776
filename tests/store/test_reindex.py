"""The index key is turned over while nothing else runs: everybody is found as before, wherever it is broken off."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from firsthand.channels.opening import Logins, open_keyring
from firsthand.directory.indexing.store import INDEXED as OF_DIRECTORY
from firsthand.identity.document.store import find_people
from firsthand.identity.indexing.store import INDEXED as OF_IDENTITY
from firsthand.identity.oidc.store import whose
from firsthand.platform.clock import ManualClock
from firsthand.platform.crypto import Keyring
from firsthand.platform.database import Connection, connect
from firsthand.platform.keys import KeyringError, KeyringFile, save_keyring
from firsthand.platform.keys.reindexing import reindex
from firsthand.platform.keys.rotation import adopt_keys
from firsthand.platform.postgres import Role
from firsthand.platform.scope import CityScope
from firsthand.platform.settings import Settings
from firsthand.platform.world import World
from tests.conftest import FreshDatabase
from tests.deployment import last_json, of_database
from tests.dump_scene import SUBJECT, play
from tests.people import as_owner, audited, document

TEST = CityScope("test")
TABLES = (*OF_IDENTITY, *OF_DIRECTORY)
INDEXES = """
SELECT 'document', id, blind_index FROM identity.document
UNION ALL SELECT 'phone', id, phone_index FROM directory.person WHERE phone_index IS NOT NULL
UNION ALL SELECT 'name', id, name_index FROM directory.person WHERE name_index IS NOT NULL
UNION ALL SELECT 'variant', id, name_index FROM directory.name_variant WHERE name_index IS NOT NULL
UNION ALL SELECT 'account', staff_id, subject_index FROM identity.oidc_link
"""


@pytest.fixture
async def alone(world: World, clock: ManualClock, fresh_database: FreshDatabase, tmp_path: Path) -> KeyringFile:
    """A city in which everything has happened, and in which nothing runs any more."""
    await play(world, clock, fresh_database)
    save_keyring(world.keyring, tmp_path / "keys")
    await world.database.close()
    return KeyringFile(tmp_path / "keys")


@asynccontextmanager
async def owner(database: FreshDatabase) -> AsyncIterator[Connection]:
    async with connect(database.dsn(Role.OWNER)) as conn:
        yield conn


def indexes(database: FreshDatabase) -> dict[tuple[object, object], bytes]:
    """Return every blind index by what it finds."""
    return {
        (kind, row_id): bytes(index) for kind, row_id, index in as_owner(database, INDEXES) if isinstance(index, bytes)
    }


async def found(conn: Connection, keyring: Keyring) -> list[UUID | None]:
    """Find somebody by his document, and a member of staff by his account elsewhere."""
    ((provider_id,),) = await (await conn.execute("SELECT id FROM identity.oidc_provider")).fetchall()
    account = await whose(conn, keyring, provider_id, SUBJECT)
    return [*await find_people(conn, keyring, TEST, [document(72)]), account]


async def opened(database: FreshDatabase, folder: Path) -> Keyring:
    """Open the keyring as a process does."""
    dsn = database.dsn(Role.OWNER)
    settings = Settings.read({"FIRSTHAND_DATA_DIR": str(folder)})
    return await open_keyring(settings, Logins(app=dsn, audit=dsn, owner=dsn))


async def test_everybody_is_found_by_the_new_key_and_nobody_by_the_old(
    alone: KeyringFile, fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    before, old = indexes(fresh_database), alone.read()
    assert {kind for kind, _ in before} == {"document", "phone", "name", "variant", "account"}
    counted: list[int] = []
    async with owner(fresh_database) as conn:
        expected = await found(conn, Keyring(old))
        assert None not in expected
        done = await reindex(conn, alone, TABLES, progress=counted.append)
        new = await opened(fresh_database, tmp_path)
        assert await found(conn, new) == expected
        assert await found(conn, Keyring(old)) == [None, None]
    after = indexes(fresh_database)
    assert after.keys() == before.keys()
    assert not set(after.values()) & set(before.values())
    assert (done.left, counted[-1]) == (0, done.rows)
    assert done.rows >= len({row_id for kind, row_id in before if kind != "name"}) - 1
    assert new.keys.next_index_key is None
    assert new.keys.sealing_keys == old.sealing_keys


async def test_nothing_is_done_while_somebody_is_connected(alone: KeyringFile, fresh_database: FreshDatabase) -> None:
    before, keys = indexes(fresh_database), alone.read()
    async with owner(fresh_database) as conn, connect(fresh_database.dsn(Role.APP)):
        with pytest.raises(KeyringError, match="1 connections to this database are open"):
            await reindex(conn, alone, TABLES, progress=lambda _rows: None)
    assert (indexes(fresh_database), alone.read()) == (before, keys)


async def test_wherever_it_is_broken_off_the_keyring_is_right_and_the_next_run_goes_on(
    alone: KeyringFile, fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    async with owner(fresh_database) as conn:
        await adopt_keys(conn, alone.read())
        expected = await found(conn, Keyring(alone.read()))

        def killed(_rows: int) -> None:
            raise InterruptedError

        with pytest.raises(InterruptedError):
            await reindex(conn, alone, TABLES, progress=killed)
        half = alone.read()
        assert half.next_index_key is not None
        assert await found(conn, await opened(fresh_database, tmp_path)) == expected
    async with owner(fresh_database) as conn:
        await reindex(conn, alone, TABLES, progress=lambda _rows: None)
        assert alone.read().index_key == half.next_index_key
        alone.replace(half)  # as if the file had not been written any more
        assert await found(conn, await opened(fresh_database, tmp_path)) == expected
    async with owner(fresh_database) as conn:
        again = await reindex(conn, alone, TABLES, progress=lambda _rows: None)
        assert again.rows == 0
        assert (alone.read().index_key, alone.read().next_index_key) == (half.next_index_key, None)
        assert await found(conn, await opened(fresh_database, tmp_path)) == expected


async def test_what_no_key_finds_today_does_not_come_back_beside_what_was_registered_since(
    alone: KeyringFile, fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    """The index key was lost, and somebody registered anew with the document that he had before."""
    before = alone.read()
    strange = Keyring(replace(before, index_key=b"l" * 32)).blind_index("document", document(72).key)
    async with owner(fresh_database) as conn:
        row = (strange, Keyring(before).blind_index("document", document(72).key))
        await conn.execute("UPDATE identity.document SET blind_index = %s WHERE blind_index = %s", row)
        assert (await reindex(conn, alone, TABLES, progress=lambda _rows: None)).left == 1
        assert (await found(conn, await opened(fresh_database, tmp_path)))[0] is None


async def test_the_command(world: World, clock: ManualClock, fresh_database: FreshDatabase, tmp_path: Path) -> None:
    await play(world, clock, fresh_database)
    machine = of_database(world, fresh_database, tmp_path)
    refused = machine.call("keys", "reindex")
    assert refused.returncode == 1
    assert "stop every web server, worker and command first" in refused.stderr
    assert ("keys.reindex", "keyring_refused") in audited(fresh_database)
    older = (tmp_path / "keys" / "keyring.json").read_bytes()
    await world.database.close()
    done = machine.call("keys", "reindex", "--json")
    assert done.returncode == 0, done.stderr
    assert last_json(done.stdout)["rows"] > 10
    assert ("keys.reindex", "done") in audited(fresh_database)
    assert machine.call("keys", "status").returncode == 0
    (tmp_path / "keys" / "keyring.json").write_bytes(older)
    assert "belongs to another database" in machine.call("worker").stderr
