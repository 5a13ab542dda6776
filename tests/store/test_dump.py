"""A real dump of a city in which everything has happened holds nothing in clear that is to be sealed, in any spelling.

What is looked for is found by itself: each sealed value is opened, and its texts must stand nowhere. A new sealed
column is in platform/sealed.py, and has a value in the scene, else a test here fails.
"""

import base64
import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import psycopg
import pytest
from structlog.testing import capture_logs

from firsthand.platform.clock import ManualClock
from firsthand.platform.postgres import Role
from firsthand.platform.sealed import SEALED, SealedColumn, context_of
from firsthand.platform.world import World
from tests.conftest import FreshDatabase
from tests.dump_scene import CHINESE, play

_TABLES = """
SELECT format('%I.%I', nspname, relname) FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
WHERE relkind IN ('r', 'p', 'm') AND nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
ORDER BY 1
"""
# Shorter texts ("en", a state) stand by chance in anything.
BYTES_MIN: Final = 6
# Texts that stand within sealed values and elsewhere too, and why they may.
ALLOWED: Final[Mapping[str, str]] = {
    "passport": "a kind of document, which its row says",
    "resident_id": "likewise",
    "REQUEST": "a word of iCalendar",
    "Hospital 0": "the hospital of an appointment, which it publishes",
    "zh-Hans": "a language",
}
# Rows are known by their ids, which name nobody.
_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_CODE: Final = re.compile(r"(?<!\d)\d{6}(?!\d)")


@dataclass(frozen=True, slots=True)
class Played:
    """A city in which everything has happened.

    sealed: the texts of each sealed column, opened. told: what is kept by a hash alone. logs: all that was logged.
    """

    sealed: Mapping[str, frozenset[str]]
    told: frozenset[str]
    logs: str

    @property
    def secrets(self) -> frozenset[str]:
        """All that may stand nowhere."""
        texts = self.told.union(*self.sealed.values())
        texts |= {text.removeprefix("+86") for text in texts if text.startswith("+86")}
        return frozenset(
            text
            for text in texts
            if len(text.encode()) >= BYTES_MIN and text not in ALLOWED and not _ID.fullmatch(text)
        )

    @property
    def codes(self) -> frozenset[str]:
        """The one-time codes that were sent."""
        return frozenset(code for body in self.sealed["messages.message.body"] for code in _CODE.findall(body))


@pytest.fixture
async def played(world: World, clock: ManualClock, fresh_database: FreshDatabase) -> Played:
    with capture_logs() as logs:
        told = await play(world, clock, fresh_database)
    with psycopg.connect(fresh_database.dsn(Role.OWNER)) as owner:
        sealed = {column.name: frozenset(opened(owner, world, column)) for column in SEALED}
    return Played(sealed, told, json.dumps(logs, default=str, ensure_ascii=False))


def opened(owner: psycopg.Connection, world: World, column: SealedColumn) -> Iterator[str]:
    """Yield every text of a sealed column."""
    names = ", ".join([*column.context, column.column])
    query = f"SELECT {names} FROM {column.schema}.{column.table} WHERE {column.column} IS NOT NULL"
    for *context, sealed in owner.execute(query.encode()):
        plain = world.keyring.open(sealed, purpose=column.purpose, context=context_of(context))
        yield from texts_in(plain)


def texts_in(plain: bytes) -> Iterator[str]:
    """Yield the texts that a value holds: those of JSON one by one, bytes as base32 and hexadecimal show them."""
    try:
        text = plain.decode()
    except UnicodeDecodeError:
        yield from (plain.hex(), base64.b32encode(plain).decode().rstrip("="))
        return
    try:
        yield from leaves(json.loads(text))
    except ValueError:
        yield text


def leaves(value: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON
    """Yield the texts and numbers of JSON."""
    match value:
        case dict():
            for each in value.values():
                yield from leaves(each)
        case list():
            for each in value:
                yield from leaves(each)
        case str():
            yield value
        case _:
            yield json.dumps(value)


def dumped(database: FreshDatabase) -> dict[str, bytes]:
    """Return every table of the database as COPY writes it, by its name: whatever tables there are."""
    tables = {}
    with psycopg.connect(database.dsn(Role.OWNER)) as owner:
        for (name,) in owner.execute(_TABLES).fetchall():
            with owner.cursor().copy(f"COPY {name} TO STDOUT".encode()) as copy:
                tables[name] = unescaped(b"".join(bytes(part) for part in copy))
    return tables


def unescaped(copied: bytes) -> bytes:
    """Return what COPY wrote with its backslashes single, so that a text in JSON's spelling is seen as one."""
    return copied.replace(b"\\\\", b"\\")


def spellings(secret: str) -> set[bytes]:
    """Return how a text could lie in a dump: in UTF-8 and UTF-16, in other cases, in hexadecimal, base64, and JSON."""
    encoded = {secret.encode(), secret.encode("utf-16-le"), secret.encode("utf-16-be")}
    # In base64 of a longer text a part's letters depend on where it begins, and its last ones on what follows.
    shifted = {
        base64.b64encode(b" " * lead + plain).rstrip(b"=")[4 if lead else 0 : -1 if (lead + len(plain)) % 3 else None]
        for lead in range(3)
        for plain in encoded
    }
    return {
        *encoded,
        secret.lower().encode(),
        secret.upper().encode(),
        *(plain.hex().encode() for plain in encoded),
        *(plain.hex().upper().encode() for plain in encoded),
        json.dumps(secret)[1:-1].encode(),
        secret.encode("unicode_escape"),
        *(part for part in shifted if len(part) >= 7),
    }


def found_in(text: bytes, secrets: frozenset[str]) -> set[str]:
    """Return the secrets that stand in a text, in any spelling."""
    by_spelling = {spelling: secret for secret in secrets for spelling in spellings(secret)}
    pattern = re.compile(b"|".join(re.escape(spelling) for spelling in sorted(by_spelling, key=len, reverse=True)))
    return {by_spelling[match[0]] for match in pattern.finditer(text)}


def codes_in(text: bytes, codes: frozenset[str]) -> set[str]:
    """Return the codes that stand in a text as words of their own: digits stand by chance within anything else."""
    return {code for code in codes if re.search(rf"(?<![\w.])(?i:{code})(?![\w])".encode(), text)}


async def test_a_dump_holds_nothing_in_clear_that_is_sealed_or_kept_by_a_hash(
    played: Played, fresh_database: FreshDatabase
) -> None:
    empty = [name for name, texts in played.sealed.items() if not texts]
    assert not empty, f"{', '.join(empty)} is sealed and has no value in tests/dump_scene.py: let it happen there"
    assert set(CHINESE) <= played.secrets
    assert len(played.secrets) > 60
    assert len(played.codes) > 3
    tables = dumped(fresh_database)
    assert {"identity.recovery_code", "jobs.procrastinate_jobs", "platform.idempotency", "audit.line"} <= tables.keys()
    assert b"once" in tables["platform.idempotency"]
    found = {
        (name, secret)
        for name, text in tables.items()
        for secret in found_in(text, played.secrets) | codes_in(text, played.codes)
    }
    assert found == set()
    whole = as_pg_dump_writes_it(fresh_database)
    assert len(whole) > sum(map(len, tables.values()))
    assert found_in(whole, played.secrets) | codes_in(whole, played.codes) == set()
    assert found_in(played.logs.encode(), played.secrets) | codes_in(played.logs.encode(), played.codes) == set()


def as_pg_dump_writes_it(database: FreshDatabase) -> bytes:
    """Return the whole database as the program of the server's own version writes it."""
    program = [str(database.server.binary("pg_dump")), database.dsn(Role.OWNER)]
    return unescaped(subprocess.run(program, stdout=subprocess.PIPE, check=True, timeout=120).stdout)


async def test_what_it_looks_for_would_be_found(fresh_database: FreshDatabase) -> None:
    texts = ["x Person 0", "\\u738b\\u5c0f\\u660e", "P0000001".encode("utf-16-le").hex()]
    texts += [base64.b64encode(b"x" * lead + b"13900001111x").decode() for lead in range(3)]
    with psycopg.connect(fresh_database.dsn(Role.OWNER)) as owner:
        for number, text in enumerate(texts):
            owner.execute(
                "INSERT INTO directory.hospital (id, feed, external_id, name, time_zone)"
                " VALUES (gen_random_uuid(), 't', %s, %s, 'UTC')",
                (str(number), text),
            )
    secrets = frozenset({"Person 0", "王小明", "P0000001", "13900001111", "Nobody 1"})
    for dump in (dumped(fresh_database)["directory.hospital"], as_pg_dump_writes_it(fresh_database)):
        assert found_in(dump, secrets) == secrets - {"Nobody 1"}
    assert codes_in(b"x\t482913\t", frozenset({"482913"}))
    assert not codes_in(b"\\xa482913b 0.482913", frozenset({"482913"}))
