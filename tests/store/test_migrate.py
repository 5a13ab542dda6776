"""Migrations on an empty database: once, whoever starts together; and what is refused."""

import asyncio
import itertools
import os
import subprocess
import sys
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from firsthand.platform.deployment import DeploymentKind
from firsthand.platform.migrate import MigrationError, migrate, shipped_migrations
from firsthand.platform.postgres import EmbeddedServer, Role
from tests.conftest import FreshDatabase

MIGRATE = """
import asyncio, sys
from firsthand.platform.deployment import DeploymentKind
from firsthand.platform.migrate import migrate
print(len(asyncio.run(migrate(sys.argv[1], kind=DeploymentKind.LIVE))))
"""
COUNT = len(shipped_migrations()) + 1  # and the job queue's own schema
_numbers = itertools.count(1)


@pytest.fixture
def empty(server: EmbeddedServer) -> Iterator[str]:
    """What the owner of an empty database connects by."""
    name = f"empty_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(server.admin_dsn(), autocommit=True) as admin:
        admin.execute(
            sql.SQL("CREATE DATABASE {} OWNER {}").format(
                sql.Identifier(name), sql.Identifier(_user(server.dsn(Role.OWNER)))
            )
        )
        yield server.dsn(Role.OWNER, database=name)
        admin.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))


async def test_a_second_time_changes_nothing(empty: str) -> None:
    assert len(await migrate(empty, kind=DeploymentKind.LIVE)) == COUNT
    assert await migrate(empty, kind=DeploymentKind.LIVE) == []


async def test_two_at_once_apply_each_file_once(empty: str) -> None:
    applied = await asyncio.gather(migrate(empty, kind=DeploymentKind.LIVE), migrate(empty, kind=DeploymentKind.LIVE))
    assert sorted(map(len, applied)) == [0, COUNT]


def test_two_processes_at_once_apply_each_file_once(empty: str) -> None:
    processes = [
        subprocess.Popen([sys.executable, "-c", MIGRATE, empty], stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    said = [process.communicate(timeout=120)[0].strip() for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert sorted(said, key=int) == ["0", str(COUNT)]


async def test_a_database_keeps_to_what_it_was_made_for(empty: str) -> None:
    await migrate(empty, kind=DeploymentKind.LIVE)
    with pytest.raises(MigrationError, match="made for live use"):
        await migrate(empty, kind=DeploymentKind.DEMO)
    assert _rows(empty, "SELECT kind FROM platform.deployment") == [("live",)]


async def test_a_wrong_kind_is_refused_before_anything_is_applied(empty: str) -> None:
    await migrate(empty, kind=DeploymentKind.LIVE)
    last = shipped_migrations()[-1].name
    _execute(empty, f"DELETE FROM migration.applied WHERE name = '{last}'; DROP SCHEMA arrival CASCADE")
    with pytest.raises(MigrationError, match="made for live use"):
        await migrate(empty, kind=DeploymentKind.DEMO)
    assert _rows(empty, "SELECT FROM pg_namespace WHERE nspname = 'arrival'") == []


async def test_files_that_changed_and_databases_of_later_versions_are_refused(empty: str) -> None:
    await migrate(empty, kind=DeploymentKind.LIVE)
    _execute(empty, "INSERT INTO migration.applied (name, digest) VALUES ('9999_later.sql', '')")
    with pytest.raises(MigrationError, match="newer than this version"):
        await migrate(empty, kind=DeploymentKind.LIVE)
    _execute(empty, "DELETE FROM migration.applied WHERE name = '9999_later.sql'")
    _execute(empty, "UPDATE migration.applied SET digest = '' WHERE name LIKE '0003%'")
    with pytest.raises(MigrationError, match=r"0003_policy\.sql was changed"):
        await migrate(empty, kind=DeploymentKind.LIVE)


async def test_a_migration_that_fails_is_undone_named_and_can_be_tried_again(empty: str) -> None:
    _execute(empty, "CREATE SCHEMA policy")
    with pytest.raises(MigrationError, match=r"0003_policy\.sql failed and was undone"):
        await migrate(empty, kind=DeploymentKind.LIVE)
    assert _rows(empty, "SELECT count(*) FROM migration.applied") == [(2,)]
    _execute(empty, "DROP SCHEMA policy")
    assert len(await migrate(empty, kind=DeploymentKind.LIVE)) == COUNT - 2


def test_the_template_of_the_tests_is_of_this_version(fresh_database: FreshDatabase) -> None:
    assert _rows(fresh_database.dsn(Role.OWNER), "SELECT count(*) FROM migration.applied") == [(COUNT,)]


def _user(dsn: str) -> str:
    return str(psycopg.conninfo.conninfo_to_dict(dsn)["user"])


def _execute(dsn: str, statement: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as owner:
        owner.execute(statement.encode())


def _rows(dsn: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(dsn, autocommit=True) as owner:
        return owner.execute(query.encode()).fetchall()
