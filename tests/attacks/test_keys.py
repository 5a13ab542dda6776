"""Attacks on the keys and on what is sealed, by whoever writes to the database or where the keyring lies.

Each is refused by the code that serves, tells nothing, and changes nothing; where a command was called it is recorded.
"""

import hashlib
import hmac
import json
import os
import traceback
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
import structlog
from litestar import Litestar

from firsthand.directory.person.asking import Browser
from firsthand.directory.person.sign_in import request_sign_in
from firsthand.identity.document.store import read_rows
from firsthand.messages.actions import DEMO_SENDERS, send_message
from firsthand.platform.crypto import Keyring, Keys, SealError, make_keyring, make_keys
from firsthand.platform.database import connect
from firsthand.platform.keys import KeyringError, KeyringFile, load_keyring, save_keyring
from firsthand.platform.keys.known import make_known
from firsthand.platform.postgres import Role
from firsthand.platform.scope import CityScope
from firsthand.platform.world import World
from tests.city import City, make_city
from tests.conftest import FreshDatabase
from tests.deployment import Deployment, last_json, of_database
from tests.kms import assert_silent
from tests.people import HERE, STRANGER, SYSTEM, audited, said
from tests.visitor import Visitor, kept, pages, visiting

TEST = CityScope("test")
PUT = "UPDATE directory.person SET {} = %s WHERE id = %s"
VALUE = "SELECT {} FROM directory.person WHERE id = %s"


@pytest.fixture
async def city(world: World) -> City:
    return await make_city(world, persons=2)


@pytest.fixture
async def app(world: World, city: City, tmp_path: Path) -> AsyncIterator[Litestar]:
    assert city.person_ids
    async with pages(world, tmp_path / "pages") as served:
        yield served


@pytest.fixture
async def victim(app: Litestar, world: World, city: City) -> AsyncIterator[Visitor]:
    async with visiting(app) as one:
        await one.sign_in(world, city.documents[0])
        assert "Person 0" in (await one.open("/me")).text
        yield one


class Intruder:
    """Somebody who can write to the database as its owner, and has none of the keys."""

    def __init__(self, database: FreshDatabase, city: City) -> None:
        self._dsn, self._city = database.dsn(Role.OWNER), city

    def read(self, column: str, person: int = 0) -> bytes:
        """Return a sealed value of a person's row."""
        with psycopg.connect(self._dsn) as conn:
            row = conn.execute(VALUE.format(column).encode(), (self._city.person_ids[person],)).fetchone()
        assert row is not None
        return bytes(row[0])

    def put(self, column: str, sealed: bytes, person: int = 0) -> None:
        """Put a value into a person's row."""
        with psycopg.connect(self._dsn) as conn:
            conn.execute(PUT.format(column).encode(), (sealed, self._city.person_ids[person]))

    def run(self, statement: str, *values: object) -> None:
        """Run a statement."""
        with psycopg.connect(self._dsn) as conn:
            assert conn.execute(statement.encode(), values).rowcount > 0


@pytest.fixture
def intruder(fresh_database: FreshDatabase, city: City) -> Intruder:
    return Intruder(fresh_database, city)


def flipped(sealed: bytes, place: int) -> bytes:
    """Return a value with one bit of one byte turned over."""
    changed = bytearray(sealed)
    changed[place] ^= 1
    return bytes(changed)


def forged(sealed: bytes) -> bytes:
    """Return a value sealed by a key of the intruder's own, under the id of the city's key."""
    own = Keys({sealed[1:5]: bytes(32)}, sealed[1:5], bytes(32))
    return Keyring(own).seal(b'["Mallory"]', purpose="directory.person.name", context=b"")


TAMPERED: dict[str, Callable[[Intruder], bytes]] = {
    "another person's name": lambda it: it.read("name", 1),
    "own phone as the name": lambda it: it.read("phone"),
    "a bit of the text": lambda it: flipped(it.read("name"), -17),
    "a bit of the tag": lambda it: flipped(it.read("name"), -1),
    "a bit of the nonce": lambda it: flipped(it.read("name"), 65),
    "a bit of the wrapped key": lambda it: flipped(it.read("name"), 20),
    "another version": lambda it: b"\x02" + it.read("name")[1:],
    "a key that nobody has": lambda it: it.read("name")[:1] + b"none" + it.read("name")[5:],
    "cut by one byte": lambda it: it.read("name")[:-1],
    "cut to its head": lambda it: it.read("name")[:5],
    "nothing": lambda _it: b"",
    "another's wrapped key": lambda it: it.read("name", 1)[:65] + it.read("name")[65:],
    "a key of the intruder's own": lambda it: forged(it.read("name")),
    "plain text": lambda _it: b'["Mallory"]',
}


@pytest.mark.parametrize("how", TAMPERED)
async def test_a_value_that_was_tampered_with_is_shown_to_nobody(
    victim: Visitor, intruder: Intruder, fresh_database: FreshDatabase, how: str
) -> None:
    intruder.put("name", TAMPERED[how](intruder))
    before = kept(fresh_database)
    with structlog.testing.capture_logs() as logs:
        page = await victim.open("/me")
    assert page.status_code == 500
    for shown in (page.text, json.dumps(logs, default=str)):
        assert not any(name in shown for name in ("Person 0", "Person 1", "Mallory", "13800000"))
    assert kept(fresh_database) == before


async def test_a_code_is_never_sent_to_a_phone_that_was_put_into_anothers_row(
    world: World, city: City, intruder: Intruder, fresh_database: FreshDatabase
) -> None:
    intruder.put("phone", intruder.read("phone", 1))
    before = kept(fresh_database)
    with pytest.raises(SealError, match="changed or moved"):
        await request_sign_in(world, STRANGER, city.documents[0], Browser(HERE, ""))
    assert kept(fresh_database) == before
    assert await said(world) == []


async def test_a_message_is_never_sent_to_an_address_that_was_put_into_its_row(
    world: World, city: City, intruder: Intruder
) -> None:
    for document in city.documents:
        await request_sign_in(world, STRANGER, document, Browser(HERE, ""))
    mine, other = await said(world)
    intruder.run(
        "UPDATE messages.message SET address = (SELECT address FROM messages.message WHERE id = %s) WHERE id = %s",
        mine.id,
        other.id,
    )
    with pytest.raises(SealError, match="changed or moved"):
        await send_message(world, SYSTEM, other.id, DEMO_SENDERS)


async def test_a_document_number_moved_to_anothers_row_opens_for_nobody(
    world: World, city: City, intruder: Intruder
) -> None:
    first, second = city.person_ids
    intruder.run(
        "UPDATE identity.document SET number = (SELECT number FROM identity.document WHERE person_id = %s)"
        " WHERE person_id = %s",
        first,
        second,
    )
    async with world.database.transaction() as conn:
        with pytest.raises(SealError, match="changed or moved"):
            await read_rows(conn, world.keyring, TEST, second)


async def test_a_blind_index_tells_no_number_to_who_has_the_dump_and_guesses(
    world: World, city: City, fresh_database: FreshDatabase
) -> None:
    """All that a dump holds is tried as a key, with each number that there is."""
    async with connect(fresh_database.dsn(Role.OWNER)) as owner:
        await make_known(owner, world.keyring.keys)
        rows = await (await owner.execute("SELECT blind_index FROM identity.document")).fetchall()
        known = await (await owner.execute("SELECT key_id, proof FROM platform.known_key")).fetchall()
    indexes = {bytes(index) for (index,) in rows}
    guesses = [document.key for document in city.documents] + [document.number for document in city.documents]
    guesses += ["\x00\x08document" + guess for guess in guesses]
    for key in (b"", bytes(32), b"document", *(bytes(value) for pair in known for value in pair)):
        for guess in guesses:
            assert hmac.digest(key, guess.encode(), "sha256") not in indexes
            assert hashlib.sha256(key + guess.encode()).digest() not in indexes
    assert {world.keyring.blind_index("document", document.key) for document in city.documents} == indexes


def _mode(mode: int) -> Callable[[Path], object]:
    return lambda file: file.chmod(mode)


def _says(body: str) -> Callable[[Path], object]:
    return lambda file: file.write_text(body)


def _with(**changes: Any) -> Callable[[Path], object]:  # noqa: ANN401 - any JSON
    return lambda file: file.write_text(json.dumps(json.loads(file.read_text()) | changes))


def _pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file, 0o600)


def _link(file: Path) -> None:
    file.rename(file.with_name("elsewhere.json"))
    file.symlink_to(file.with_name("elsewhere.json"))


def _folder(file: Path) -> None:
    file.unlink()
    file.mkdir(0o700)


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-20])


# What may lie in the place of keyring.json, and what is said of it.
FILES: dict[str, tuple[Callable[[Path], object], str]] = {
    "read by everybody": (_mode(0o604), "chmod 600"),
    "read by its group": (_mode(0o640), "chmod 600"),
    "written by others": (_mode(0o602), "chmod 600"),
    "missing": (Path.unlink, "restore them"),
    "a link": (_link, "symbolic link"),
    "a pipe": (_pipe, "is not a file"),
    "a folder": (_folder, "is not a file"),
    "cut": (_cut, "is damaged"),
    "empty": (_says(""), "is damaged"),
    "deep": (_says("[" * 200_000), "is damaged"),
    "long": (_says('{"sealing_keys": "' + "0" * 2_000_000 + '"}'), "is damaged"),
    "a short key": (_with(index_key="00"), "is damaged"),
    "a key in another alphabet": (_with(index_key="zz" * 32), "is damaged"),
    "no current key": (_with(current_key_id="00000000"), "is damaged"),
    "no generation": (_with(generation=0), "is damaged"),
    "a generation in words": (_with(generation=[]), "is damaged"),
    "wrapped for nobody": (_with(wrapped="vault:v1:x"), "set FIRSTHAND_KEYS_KMS_URL"),
}


@pytest.mark.parametrize("how", FILES)
def test_a_file_that_is_no_keyring_of_ours_is_refused_in_one_line_without_a_key(tmp_path: Path, how: str) -> None:
    own = make_keyring()
    save_keyring(own, tmp_path / "keys")
    put, told = FILES[how]
    put(tmp_path / "keys" / "keyring.json")
    with pytest.raises(KeyringError, match=told) as raised:
        load_keyring(tmp_path / "keys")
    assert "\n" not in str(raised.value)
    assert_silent("".join(traceback.format_exception(raised.value)), own.keys)


def test_whatever_prints_a_part_of_the_world_prints_no_key(world: World, tmp_path: Path) -> None:
    save_keyring(world.keyring, tmp_path / "keys")
    file = KeyringFile(tmp_path / "keys")
    keys = file.read()
    assert_silent(f"{world} {world.keyring} {keys} {file} {[file]}", keys)
    assert_silent(repr((world, file, keys, SealError(keys))), keys)


async def test_neither_health_nor_figures_nor_logs_show_a_key(app: Litestar, world: World) -> None:
    with structlog.testing.capture_logs() as logs:
        async with visiting(app) as somebody:
            told = [(await somebody.open(path)).text for path in ("/readyz", "/healthz", "/metrics")]
    assert_silent(" ".join(told) + json.dumps(logs, default=str), world.keyring.keys)


# Commands.


@pytest.fixture
def machine(world: World, city: City, fresh_database: FreshDatabase, tmp_path: Path) -> Deployment:
    assert city.person_ids
    return of_database(world, fresh_database, tmp_path)


async def test_who_is_not_the_owner_of_the_database_turns_nothing_over(
    machine: Deployment, fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    before = (tmp_path / "keys" / "keyring.json").read_bytes(), kept(fresh_database)
    for command in ("rotate", "prepare", "retire", "give-up", "status"):
        refused = machine.call("keys", command, FIRSTHAND_DATABASE_OWNER=fresh_database.dsn(Role.APP))
        assert refused.returncode == 1
        assert "Only the owner of the database" in refused.stderr
    assert ((tmp_path / "keys" / "keyring.json").read_bytes(), kept(fresh_database)) == before


async def test_the_application_itself_cannot_say_which_keys_the_database_needs(fresh_database: FreshDatabase) -> None:
    for statement in (
        "INSERT INTO platform.known_key (kind, key_id, proof) VALUES ('index', 'some', decode(md5('x'), 'hex'))",
        "UPDATE platform.known_key SET retired_at = now()",
        "DELETE FROM platform.known_key",
    ):
        with psycopg.connect(fresh_database.dsn(Role.APP)) as app, pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute(statement.encode())


async def test_nothing_but_yes_gives_keys_up_and_no_command_shows_one(
    machine: Deployment, world: World, fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    file = tmp_path / "keys" / "keyring.json"
    shown = [machine.call("keys", "status"), machine.call("keys", "prepare", "--json"), machine.call("keys", "rotate")]
    assert [called.returncode for called in shown] == [0, 0, 0]
    keys = KeyringFile(file.parent).read()
    needless = machine.call("keys", "give-up", "--yes")
    assert "No key is lost" in needless.stderr
    # Another city's keyring, of a later generation, is put there by mistake.
    newest = file.read_bytes()
    file.unlink()
    KeyringFile(file.parent).add(replace(make_keys(), generation=99))
    strange = file.read_bytes()
    for answer in ("", "n\n", "no\n"):
        refused = machine.call("keys", "give-up", given=answer)
        assert refused.returncode != 0
        shown.append(refused)
    for command in (["worker"], ["keys", "rotate"], ["keys", "prepare"]):
        refused = machine.call(*command)
        assert refused.returncode == 1
        assert "belongs to another database" in refused.stderr
        shown.append(refused)
    assert file.read_bytes() == strange
    assert ("keys.prepare", "keyring_refused") in audited(fresh_database)
    file.write_bytes(newest)
    assert last_json(machine.call("keys", "status", "--json").stdout)["wrong"] is None
    for called in shown:
        for held in (keys, world.keyring.keys):
            assert_silent(called.stdout + called.stderr, held)


async def test_no_key_is_removed_while_a_value_that_was_tampered_with_may_need_it(
    machine: Deployment, intruder: Intruder, tmp_path: Path
) -> None:
    intruder.put("name", flipped(intruder.read("name"), 20))
    before = KeyringFile(tmp_path / "keys").read()
    refused = machine.call("keys", "rotate", "--retire", "--json")
    assert refused.returncode == 1
    assert last_json(refused.stdout)["unreadable"] == 1
    assert "No key was removed" in refused.stderr
    assert before.sealing_keys.keys() < KeyringFile(tmp_path / "keys").read().sealing_keys.keys()
