"""The sealing key is turned over while people register, sign in and book: whatever is killed, nothing is lost."""

import asyncio
import itertools
import json
import os
import re
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from firsthand.channels.opening import open_world
from firsthand.platform.crypto import Keyring, Keys
from firsthand.platform.keys import KeyringFile
from firsthand.platform.sealed import SEALED, context_of
from tests.deployment import wait_until
from tests.faults.house import DAYS, PEOPLE, House, Running
from tests.faults.newcomers import Newcomers
from tests.faults.soundness import assert_sound, settle
from tests.faults.traffic import Traffic

# A rotation is held at a point of its way by what it needs there.
HOLD_KNOWN: Final = "LOCK TABLE platform.known_key IN SHARE MODE"
HOLD_A_ROW: Final = "SELECT FROM identity.document ORDER BY id LIMIT 1 FOR UPDATE"
HOLD_A_TRANSACTION: Final = "SELECT 1"
ROTATING: Final = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = 1 AND objid = 2970342854"
SETTLING: Final = """
SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%virtualtransaction%' AND pid <> pg_backend_pid()
"""
RETIRING: Final = """
SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%SET retired_at%'
"""


def keys_of(house: House) -> Keys:
    return KeyringFile(house.settings.keys).read()


def values_under(house: House) -> dict[bytes, int]:
    """Count every sealed value of the house by its key."""
    counted: dict[bytes, int] = {}
    for column in SEALED:
        rows = house.ask(
            f"SELECT substring({column.column} FROM 2 FOR 4), count(*) FROM {column.schema}.{column.table}"
            f" WHERE {column.column} IS NOT NULL GROUP BY 1"
        )
        for key_id, number in rows:
            assert isinstance(key_id, bytes)
            counted[key_id] = counted.get(key_id, 0) + int(str(number))
    return counted


def others(house: House) -> int:
    """How many values stand under another key than the current one."""
    current = keys_of(house).current_key_id
    return sum(number for key_id, number in values_under(house).items() if key_id != current)


def assert_all_open(house: House) -> None:
    """Open every sealed value with the keyring as it lies there now."""
    keyring, opened = Keyring(keys_of(house)), 0
    for column in SEALED:
        names = ", ".join([*column.context, column.column])
        for row in house.ask(f"SELECT {names} FROM {column.schema}.{column.table} WHERE {column.column} IS NOT NULL"):
            *context, sealed = row
            assert isinstance(sealed, bytes)
            keyring.open(sealed, purpose=column.purpose, context=context_of(context))  # type: ignore[arg-type]
            opened += 1
    assert opened > 3 * PEOPLE


def assert_nothing_in_clear_on_disk(house: House) -> None:
    """Look for names, phones and documents in every file of the house: tables, the log of changes, what was said."""
    secrets = [rb"Person \d", rb"\+?86137\d{8}", rb"F0000\d{4}", rb"Newcomer \d", rb"\+?86139\d{8}", rb"N0000\d{4}"]
    pattern = re.compile(b"|".join(secrets))
    files = [path for path in house.settings.data_dir.rglob("*") if path.is_file() and not path.is_symlink()]
    assert any("pg_wal" in path.parts for path in files)
    assert any(path.suffix == ".log" for path in files)
    for path in files:
        found = pattern.search(path.read_bytes())
        assert found is None, (path, found)


async def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition while everybody goes on."""
    await asyncio.to_thread(wait_until, condition)


@dataclass(frozen=True, slots=True)
class Scene:
    """A house in which everybody is busy, and in which a rotation is held at a point of its way and then killed."""

    house: House
    traffic: Traffic
    newcomers: Newcomers

    async def killed(
        self, *command: str, held: str, reached: Callable[[], bool], meanwhile: Callable[[], Awaitable[object]]
    ) -> None:
        """Start a command that is held by a lock, wait until it has come so far, go on living, and kill it there."""
        with self.house.owner() as owner:
            owner.execute(held.encode())
            rotation = self.house.start("keys", *command)
            await until(reached)
            await asyncio.gather(meanwhile(), self.newcomers.everybody_looked())
            assert rotation.process.poll() is None, rotation.log.read_text()
            rotation.kill()
        await until(lambda: self.house.count(ROTATING) == 0)

    async def killed_before_it_removes_a_key(self) -> None:
        """Once it waits for one transaction alone, another one can hold it where the older key is called retired."""
        with self.house.owner() as waited_for, self.house.owner() as owner:
            waited_for.execute(HOLD_A_TRANSACTION)
            rotation = self.house.start("keys", "retire")
            await until(lambda: self.house.count(SETTLING) == 1)
            owner.execute(HOLD_KNOWN)
            waited_for.rollback()
            await until(lambda: self.house.count(RETIRING) == 1)
            await asyncio.gather(self.newcomers.register(4), self.newcomers.everybody_looked())
            rotation.kill()
        await until(lambda: self.house.count(ROTATING) == 0)

    async def refused_beside_another(self) -> None:
        """Two at once are refused, while the first day is booked and somebody registers."""
        refused = await asyncio.to_thread(self.house.call, "keys", "rotate")
        assert "another rotation is at work" in refused.stderr
        self.traffic.open_days(1)
        await asyncio.gather(self.traffic.acknowledged(PEOPLE), self.newcomers.register(1))

    async def booked_by_one_web_process_less(self, web: Running) -> None:
        """Whoever seals is killed as well, while the second day is booked."""
        self.traffic.open_days(2)
        web.kill_child()
        await asyncio.gather(self.traffic.acknowledged(2 * PEOPLE), self.newcomers.register(2))

    async def come_again(self, worker: Running) -> None:
        """People sign in whom an older key knew."""
        worker.kill()
        await asyncio.gather(self.newcomers.register(3), self.newcomers.sign_in(1))

    async def whole(self) -> None:
        """A rotation that nobody kills ends, while the last day is booked."""
        rotating = asyncio.create_task(asyncio.to_thread(self.house.call, "keys", "rotate", "--retire", "--json"))
        self.traffic.open_days(DAYS)
        await asyncio.gather(*(self.newcomers.sign_in(number) for number in (1, 2, 3, 4)))
        await self.newcomers.everybody_looked()
        done = await rotating
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["fresh"]


async def test_a_rotation_is_killed_wherever_it_stands_and_so_are_those_who_seal(house: House) -> None:
    web, worker = house.start_web(FIRSTHAND_WEB_PROCESSES="2"), house.start("worker")
    first = keys_of(house).current_key_id
    async with (
        open_world(house.settings) as world,
        Traffic(house, days_open=0) as traffic,
        Newcomers(house, world) as newcomers,
        traffic.flowing(),
        newcomers.looking(),
    ):
        scene, rotate = Scene(house, traffic, newcomers), ("rotate", "--retire")
        await scene.killed(
            *rotate,
            held=HOLD_KNOWN,
            reached=lambda: keys_of(house).prepared_key_id is not None,
            meanwhile=scene.refused_beside_another,
        )
        assert keys_of(house).current_key_id == first
        await scene.killed(
            *rotate,
            held=HOLD_A_ROW,
            reached=lambda: keys_of(house).current_key_id != first and others(house) == 1,
            meanwhile=lambda: scene.booked_by_one_web_process_less(web),
        )
        second = keys_of(house)
        assert first in second.sealing_keys
        await scene.killed(
            *rotate,
            held=HOLD_A_TRANSACTION,
            reached=lambda: others(house) == 0,
            meanwhile=lambda: scene.come_again(worker),
        )
        assert keys_of(house) == second
        worker = house.start("worker")
        await scene.killed_before_it_removes_a_key()
        assert keys_of(house) == second
        await scene.whole()
    assert (web.stop(), worker.stop()) == (0, 0)
    settle(house)
    await assert_sound(house, traffic.ledger)
    keys = keys_of(house)
    assert not {first, second.current_key_id} & keys.sealing_keys.keys()
    assert values_under(house).keys() == {keys.current_key_id} == keys.sealing_keys.keys()
    assert_all_open(house)


async def test_who_slept_through_a_rotation_and_an_older_keyring_that_is_put_back(house: House) -> None:
    web = house.start_web()
    file = house.settings.keys / "keyring.json"
    older = file.read_bytes()
    async with open_world(house.settings) as world, Newcomers(house, world) as newcomers:
        await newcomers.register(1)
        sleeper = web.child
        os.kill(sleeper, signal.SIGSTOP)
        rotated = await asyncio.to_thread(house.call, "keys", "rotate", "--retire")
        os.kill(sleeper, signal.SIGCONT)
        assert rotated.returncode == 0, rotated.stderr
        await newcomers.register(2)
        await newcomers.sign_in(1)
        newest, current = file.read_bytes(), keys_of(house).current_key_id
        assert values_under(house).keys() == {current}
        # Under those who run, an older file changes nothing.
        file.write_bytes(older)
        async with newcomers.looking():
            for number in itertools.count(3):
                await newcomers.everybody_looked()
                await newcomers.register(number)
                if "was replaced by an older one" in web.log.read_text():
                    break
        assert values_under(house).keys() == {current}
    assert web.stop() == 0
    for command in ("serve", "worker", "migrate"):
        refused = house.call(command)
        assert refused.returncode == 1
        assert "the keyring lacks keys that this database needs" in refused.stderr
    file.write_bytes(newest)
    house.start_web()
    assert_all_open(house)
    assert_nothing_in_clear_on_disk(house)
