"""Every column of bytes is either in the list that key rotation walks, or says what it is."""

import psycopg
import pytest

from firsthand.directory.indexing.store import INDEXED as OF_DIRECTORY
from firsthand.identity.indexing.store import INDEXED as OF_IDENTITY
from firsthand.platform.postgres import Role
from firsthand.platform.sealed import NOT_SEALED, SEALED
from tests.conftest import FreshDatabase

COLUMNS_OF_BYTES = """
SELECT n.nspname || '.' || c.relname || '.' || a.attname
FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE a.atttypid IN ('bytea'::regtype, 'bytea[]'::regtype) AND c.relkind IN ('r', 'p', 'm')
  AND NOT a.attisdropped AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
"""
CONTEXT = """
SELECT count(*) FROM information_schema.columns
WHERE table_schema = %s AND table_name = %s AND column_name = ANY(%s) AND data_type IN ('uuid', 'text', 'bytea')
"""
ADVICE = (
    "is a column of bytes that nobody has spoken of: where it holds sealed values, add a SealedColumn to SEALED in "
    "platform/sealed.py (its purpose is `schema.table.column`, its context the id it was sealed for), so that key "
    "rotation reaches it; else say in NOT_SEALED, in the same file, what it holds"
)


@pytest.fixture
def found(fresh_database: FreshDatabase) -> set[str]:
    with psycopg.connect(fresh_database.dsn(Role.OWNER)) as conn:
        return {name for (name,) in conn.execute(COLUMNS_OF_BYTES).fetchall()}


def test_every_column_of_bytes_is_spoken_of_once(found: set[str]) -> None:
    sealed = [column.name for column in SEALED]
    unspoken = sorted(found - set(sealed) - NOT_SEALED.keys())
    assert not unspoken, f"{', '.join(unspoken)} {ADVICE}"
    assert sorted(sealed) == sorted(set(sealed)), "a column stands twice in SEALED"
    assert not set(sealed) & NOT_SEALED.keys(), "a column is both sealed and not"
    gone = sorted((set(sealed) | NOT_SEALED.keys()) - found)
    assert not gone, f"{', '.join(gone)} is in platform/sealed.py and not in the database"


# Hashes under the index key that end within hours, or are made anew by those whom they concern; and why.
NOT_INDEXED_AGAIN = {
    "directory.left_carer.mark": "of a document that is gone with its account: who comes back begins with no ties",
    "directory.tie.asked_for": "only keeps somebody from asking twice for the same tie",
    "identity.one_time_code.code_hash": "good for minutes",
    "identity.one_time_code.counted_as": "good for a day",
    "identity.passkey_challenge.bound_to": "good for minutes",
    "identity.recovery_code.code_hash": "nobody knows the codes any more: staff make new ones",
    "platform.attempt.subject": "counts of a day",
    "platform.known_key.proof": "says which key it is",
}


def test_every_hash_under_the_index_key_is_made_anew_or_ends_by_itself() -> None:
    keyed = {name for name, what in NOT_SEALED.items() if "blind index" in what or "keyed hash" in what}
    again = [name for table in (*OF_IDENTITY, *OF_DIRECTORY) for name in table.columns]
    assert sorted(keyed) == sorted([*again, *NOT_INDEXED_AGAIN]), (
        "a column of keyed hashes is made anew by `firsthand keys reindex` (INDEXED of its room), or is in "
        "NOT_INDEXED_AGAIN here, with the reason"
    )


def test_the_context_of_a_sealed_value_is_in_its_row(fresh_database: FreshDatabase) -> None:
    with psycopg.connect(fresh_database.dsn(Role.OWNER)) as conn:
        for column in SEALED:
            row = conn.execute(CONTEXT, (column.schema, column.table, list(column.context))).fetchone()
            assert row == (len(column.context),), f"{column.name}: its context must be columns of uuid, text or bytea"
