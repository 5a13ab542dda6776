"""Each house rule finds a bad sample and lets a good one pass."""

from pathlib import Path, PurePosixPath

import pytest

from checks.__main__ import check_repository, check_source
from checks.catalogue import CATALOGUE, check_catalogue
from checks.findings import PACKAGE
from checks.migrations import check_migrations, split_statements
from checks.sealed import MIGRATIONS, check_sealed, seal


def findings_in(path: str, source: str) -> list[str]:
    return [finding.message for finding in check_source(PACKAGE / path, source)]


BAD_SOURCES = [
    ("booking/actions.py", 'Q = "SELECT 1"', "SQL belongs"),
    ("booking/actions.py", 'Q = f"DELETE FROM {table}"', "SQL belongs"),
    ("booking/actions.py", 'q = "\\n  WITH a AS (SELECT 1)"', "SQL belongs"),
    ("booking/actions.py", 'q = "insert into booking values (1)"', "SQL belongs"),
    ("booking/actions.py", "async def take(conn):\n    await conn.execute(q)", ".execute()"),
    ("channels/cli/demo.py", 'Q = "UPDATE release.place SET state = 1"', "SQL belongs"),
    ("channels/worker/store.py", 'Q = "SELECT 1"', "SQL belongs"),
    ("platform/settings.py", 'Q = "SET ROLE firsthand_app"', "SQL belongs"),
    ("../../tests/journeys/test_desk.py", 'Q = "SELECT 1"', "SQL belongs"),
    ("booking/store.py", 'Q = "UPDATE release.place SET state = 1"', "booking may not write to release.place"),
    ("booking/store.py", 'Q = "WITH a AS (INSERT INTO audit.line VALUES (1)) SELECT"', "may not write to audit.line"),
    ("directory/hospital/store.py", 'Q = "DELETE FROM identity.session"', "may not write to identity.session"),
    ("booking/store/places.py", 'Q = "DELETE FROM identity.session"', "may not write to identity.session"),
    ("booking/store.py", 'Q = "INSERT INTO booking VALUES (1)"', "name the schema of booking"),
    ("booking/store.py", 'q = f"SELECT 1 FROM a.b WHERE c = {c}"', "constants alone"),
    ("booking/store.py", 'q = "SELECT 1 FROM a.b WHERE c = %s" % c', "constants alone"),
    ("booking/store.py", 'q = "SELECT 1 FROM a.b WHERE c = {}".format(c)', "constants alone"),
    ("booking/store.py", 'q = "SELECT 1 FROM a.b WHERE c = " + condition', "constants alone"),
    ("booking/rules.py", "from datetime import datetime\nnow = datetime.now()", "datetime.now() is not pure"),
    ("booking/rules.py", "import random", "random is not pure"),
    ("booking/rules.py", "from time import monotonic", "time.monotonic is not pure"),
    ("booking/rules.py", "from firsthand.booking import store", "firsthand.booking.store is not pure"),
    ("booking/rules.py", "from firsthand.platform.clock import Clock", "is not pure"),
    ("booking/rules.py", "async def decide(conn):\n    return await conn", "waits for nothing"),
    ("integrity/rules/swap.py", "text = open(name)", "open() is not pure"),
    ("booking/model.py", "from uuid import uuid4\nname = uuid4()", "uuid4() is not pure"),
    ("booking/actions.py", "from litestar import get", "litestar may be imported only in channels"),
    ("booking/actions.py", "import psycopg", "psycopg may be imported only"),
]

GOOD_SOURCES = [
    ("booking/store.py", 'Q = "SELECT id FROM release.session_facts FOR UPDATE"'),
    ("booking/store.py", 'Q = "INSERT INTO booking.booking VALUES (1) ON CONFLICT (id) DO UPDATE SET state = 2"  '),
    ("booking/store.py", 'Q = "SELECT FROM release.place FOR NO KEY UPDATE SKIP LOCKED"'),
    ("booking/store.py", 'Q = "SELECT 1 FROM a.b " + _WHERE + " ORDER BY 1"'),
    ("booking/store.py", "import psycopg\nasync def _run(conn):\n    await conn.execute(Q)"),
    (
        "booking/actions.py",
        'def take():\n    "SELECT is what the store does."\n    return "Select a hospital from the list"',
    ),
    ("booking/actions.py", 'hint = "Update your phone number, then set a language"'),
    (
        "booking/rules.py",
        "from datetime import datetime, time\n\ndef decide(now: datetime) -> time:\n    return now.time()",
    ),
    ("booking/rules.py", "from firsthand.booking.model import Held\nfrom firsthand.policy.model import Policy"),
    ("booking/rules.py", "from firsthand.platform.chance import CODE_ALPHABET"),
    ("channels/api/bookings.py", "from litestar import post"),
    ("platform/outbox.py", 'Q = "INSERT INTO platform.outbox VALUES (1)"'),
]


@pytest.mark.parametrize(("path", "source", "message"), BAD_SOURCES)
def test_a_bad_source_is_found(path: str, source: str, message: str) -> None:
    inside = PurePosixPath("tests/journeys/test_desk.py") if path.startswith("..") else PACKAGE / path
    assert any(message in finding.message for finding in check_source(inside, source))


@pytest.mark.parametrize(("path", "source"), GOOD_SOURCES)
def test_a_good_source_passes(path: str, source: str) -> None:
    assert findings_in(path, source) == []


SCOPE_CONSTANTS = '_FIELDS = "SELECT id FROM booking.booking"\n_FIND = _FIELDS + " WHERE id = 1"\n_DAY = "SELECT 1"\n'


@pytest.mark.parametrize(
    "function",
    [
        "async def find(conn: Connection) -> None:\n    await conn.execute(_FIND)",
        "def find(conn):\n    return _read(conn)\n\ndef _read(conn):\n    return conn.execute(_FIND)",
        "def find(conn):\n    conn.run(_FIND)\n    # scope: not on the def",
    ],
)
def test_a_store_function_without_scope_is_found(function: str) -> None:
    assert any("find touches" in message for message in findings_in("booking/store.py", SCOPE_CONSTANTS + function))


@pytest.mark.parametrize(
    "function",
    [
        "async def find(conn: Connection, *, scope: Scope) -> None:\n    await conn.execute(_FIND)",
        "async def mine(conn: Connection, scope: PersonScope) -> None:\n    await conn.execute(_FIND)",
        "async def expire(conn: Connection) -> int:  # scope: ends holds, hands out nothing\n    conn.execute(_FIND)",
        "async def _find(conn: Connection) -> None:\n    await conn.execute(_FIND)",
        'def index(number: str) -> bytes:\n    return blind_index("identity.document", number)',
        "async def days(conn: Connection) -> None:\n    await conn.execute(_DAY)",
    ],
)
def test_a_store_function_with_scope_or_reason_passes(function: str) -> None:
    assert findings_in("booking/store.py", SCOPE_CONSTANTS + function) == []


MADE = "CREATE TABLE a.b (id int);\nGRANT SELECT ON a.b TO firsthand_app;\n"


@pytest.mark.parametrize(
    ("name", "sql", "line", "message"),
    [
        ("1_a.sql", MADE, 1, "NNNN_what_it_adds"),
        ("0002_a.sql", MADE, 1, "has the number 0001"),
        ("0001_a.sql", "-- a table\n\nCREATE TABLE a.b (id int);", 3, "no GRANT"),
        ("0001_a.sql", "CREATE TABLE b (id int);", 1, "name the schema"),
        ("0001_a.sql", MADE + "DROP TABLE a.b;", 3, "DROP TABLE destroys"),
        ("0001_a.sql", MADE + "ALTER TABLE a.b DROP COLUMN id;", 3, "DROP COLUMN destroys"),
        ("0001_a.sql", MADE + "TRUNCATE a.b;", 3, "TRUNCATE destroys"),
        ("0001_a.sql", MADE + "-- to find it\nCREATE INDEX b_id ON a.c (id);", 4, "locks a.c"),
        ("0001_a.sql", MADE + "CREATE UNIQUE INDEX ON a.c (id);", 3, "locks a.c"),
        ("0001_a.sql", MADE + "ALTER TABLE a.c ADD COLUMN d int;", 3, "locks a.c"),
        ("0001_a.sql", MADE + "SET LOCAL lock_timeout = '1s';", 3, "the migrator sets the timeouts"),
        ("0001_a.sql", "BEGIN;\n" + MADE + "COMMIT;", 1, "one transaction"),
    ],
)
def test_a_bad_migration_is_found_at_its_line(name: str, sql: str, line: int, message: str) -> None:
    findings = list(check_migrations([(MIGRATIONS / name, sql)]))
    assert any(message in finding.message and finding.line == line for finding in findings), findings


@pytest.mark.parametrize(
    "sql",
    [
        MADE,
        MADE + "CREATE INDEX b_id ON a.b (id);\nALTER TABLE a.b ADD COLUMN c int;",
        MADE + "-- lint: allow the table is empty until 0.2\nDROP TABLE a.old;",
        MADE + "-- It is never right to DROP TABLE; not even to TRUNCATE.",
        MADE + "DO $$ BEGIN\n    DELETE FROM a.b; -- a body is not a statement\nEND $$;",
        MADE + "INSERT INTO a.b (note) VALUES ('TRUNCATE; it''s only a word');",
        "CREATE TABLE a.b (id int);\nCREATE TABLE a.c (id int);\nGRANT SELECT, INSERT ON a.b, a.c TO firsthand_app;",
    ],
)
def test_a_good_migration_passes(sql: str) -> None:
    assert list(check_migrations([(MIGRATIONS / "0001_a.sql", sql)])) == []


def test_statements_are_split_outside_of_quotes_and_bodies() -> None:
    sql = "SELECT ';'; -- a ; here\nDO $x$ a; b $x$;\nSELECT 2"
    assert [(line, text) for line, text, _ in split_statements(sql)] == [
        (1, "SELECT ''"),
        (2, "DO ''"),
        (3, "SELECT 2"),
    ]


def test_a_sealed_migration_never_changes(tmp_path: Path) -> None:
    folder = tmp_path / MIGRATIONS
    folder.mkdir(parents=True)
    (folder / "0001_a.sql").write_text(MADE)
    assert list(check_sealed(tmp_path)) == []
    assert seal(tmp_path) == ["0001_a.sql"]
    assert list(check_sealed(tmp_path)) == []
    (folder / "0002_b.sql").write_text(MADE)
    assert ["released with" in finding.message for finding in check_sealed(tmp_path)] == [True]
    assert seal(tmp_path) == ["0002_b.sql"]
    (folder / "0001_a.sql").write_text(MADE + "-- changed")
    assert ["was changed" in finding.message for finding in check_sealed(tmp_path)] == [True]
    assert seal(tmp_path) == []
    assert ["was changed" in finding.message for finding in check_sealed(tmp_path)] == [True]
    (folder / "0001_a.sql").unlink()
    assert ["was removed" in finding.message for finding in check_sealed(tmp_path)] == [True]


def test_the_whole_tree_is_read(tmp_path: Path) -> None:
    (tmp_path / PACKAGE / "booking").mkdir(parents=True)
    (tmp_path / PACKAGE / "booking" / "actions.py").write_text('Q = "SELECT 1"')
    (tmp_path / MIGRATIONS).mkdir()
    (tmp_path / MIGRATIONS / "0003_a.sql").write_text(MADE)
    assert [str(finding).split(":")[0] for finding in check_repository(tmp_path)] == [
        "src/firsthand/booking/actions.py",
        "src/firsthand/migrations/0003_a.sql",
    ]


@pytest.mark.parametrize(
    ("said", "translation", "message"),
    [
        ("Hold a place", "", "has no Chinese translation"),
        ("Hold %(count)s places", "预留号源", "with the same values: count"),
        ("Give it back", "退号", "nothing says"),
        ("Hold a place", "预留一个号源", None),
    ],
)
def test_a_sentence_without_a_fitting_translation_is_found(
    tmp_path: Path, said: str, translation: str, message: str | None
) -> None:
    (tmp_path / CATALOGUE).parent.mkdir(parents=True)
    (tmp_path / PACKAGE / "page.py").write_text("" if message == "nothing says" else f"title = _({said!r})\n")
    head = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\n'
    (tmp_path / CATALOGUE).write_text(f'{head}msgid "{said}"\nmsgstr "{translation}"\n', "utf-8")
    found = [finding.message for finding in check_catalogue(tmp_path)]
    assert [message in words for words in found if message] == ([True] if message else []), found
    assert bool(found) == (message is not None)
