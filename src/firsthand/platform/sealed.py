"""Every column that holds sealed values, in one list, and the walk over them by which a sealing key is turned over.

A room that adds a sealed column adds a line to SEALED; one that adds any other `bytea` column says in NOT_SEALED what
it is. `tests/store/test_sealed.py` fails for a column that is in neither, `test_dump.py` and `test_key_rotation.py` for
one of which the scene has no value. The walk needs the owner's role: the application may change only few of these
columns. A trigger that keeps a row as it is must let the owner rewrap (0023_keys.sql).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, LiteralString
from uuid import UUID

from psycopg import sql

from firsthand.platform.crypto import Keyring, SealError
from firsthand.platform.database import Connection


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """A column of sealed values.

    context: the columns that say which row a value stands in, as in `context_of`; found by an index. sealed_for: the
    purpose, where it is not the column's full name because values move there from another column.
    """

    schema: str
    table: str
    column: str
    context: tuple[str, ...] = ("id",)
    sealed_for: str = ""

    @property
    def name(self) -> str:
        """Its full name."""
        return f"{self.schema}.{self.table}.{self.column}"

    @property
    def purpose(self) -> str:
        """What its values are sealed for."""
        return self.sealed_for or self.name


SEALED: Final = (
    SealedColumn("directory", "break_glass", "reason"),
    SealedColumn("directory", "break_glass", "words"),
    SealedColumn("directory", "correction", "evidence"),
    SealedColumn("directory", "correction", "replacement"),
    SealedColumn("directory", "name_variant", "name"),
    SealedColumn("directory", "person", "born_on"),
    SealedColumn("directory", "person", "email"),
    SealedColumn("directory", "person", "name"),
    SealedColumn("directory", "person", "phone"),
    SealedColumn("directory", "request", "answer"),
    SealedColumn("directory", "request", "words"),
    SealedColumn("directory", "tie", "claim"),
    SealedColumn("directory", "tie", "label"),
    SealedColumn("identity", "document", "number"),
    SealedColumn("identity", "former_document", "number", sealed_for="identity.document.number"),
    SealedColumn("identity", "oidc_link", "subject", ("provider_id", "staff_id")),
    SealedColumn("identity", "oidc_provider", "client_secret"),
    SealedColumn("identity", "oidc_start", "verifier", ("state_hash",)),
    SealedColumn("identity", "one_time_code", "claim"),
    SealedColumn("identity", "passkey", "name"),
    SealedColumn("identity", "totp", "secret", ("staff_id",)),
    SealedColumn("identity", "totp_enrolment", "secret", ("holder",)),
    SealedColumn("messages", "message", "address"),
    SealedColumn("messages", "message", "body"),
    SealedColumn("messages", "message", "event"),
)

# The other columns of bytes, and what they hold instead of sealed values.
NOT_SEALED: Final[Mapping[str, str]] = {
    "audit.checkpoint.frontier": "hashes of the log",
    "audit.checkpoint.root": "hash of the log",
    "audit.leaf.hash": "hash of an audit line",
    "directory.left_carer.mark": "blind index",
    "directory.name_variant.name_index": "blind index",
    "directory.person.name_index": "blind index",
    "directory.person.phone_index": "blind index",
    "directory.tie.asked_for": "keyed hash of a carer and a document",
    "identity.document.blind_index": "blind index",
    "identity.oidc_link.subject_index": "blind index",
    "identity.oidc_start.browser_hash": "hash of a random token",
    "identity.oidc_start.holder": "hash of a random token",
    "identity.oidc_start.nonce_hash": "hash of a random token",
    "identity.oidc_start.state_hash": "hash of a random token",
    "identity.one_time_code.code_hash": "keyed hash of a code",
    "identity.one_time_code.counted_as": "keyed hash of who asked for it",
    "identity.passkey.credential_id": "random, made by the device",
    "identity.passkey.public_key": "public",
    "identity.passkey_challenge.bound_to": "keyed hash of a browser",
    "identity.passkey_challenge.challenge": "random, and told to the browser",
    "identity.passkey_owner.handle": "random",
    "identity.recovery_code.code_hash": "keyed hash of a code",
    "identity.session.token_hash": "hash of a random token",
    "identity.sign_in_reset.token_hash": "hash of a random token",
    "identity.sign_in_step.token_hash": "hash of a random token",
    "identity.spent_proof.proof": "hash of work that was shown",
    "identity.totp_enrolment.holder": "hash of a random token",
    "migration.applied.digest": "hash of a migration",
    "platform.attempt.subject": "blind index",
    "platform.known_key.key_id": "name of a key",
    "platform.known_key.proof": "keyed hash by which a key is known again",
    "platform.idempotency.answer": "the answer as JSON: ids, codes and times",
    "platform.idempotency.fingerprint": "hash of a request",
    "release.publication.digest": "hash of what was published",
}

# A sealed value begins with its version (one byte) and the id of its key (four).
_COUNT: LiteralString = """
SELECT encode(substring({column} FROM 2 FOR 4), 'hex'), count(*) FROM {table} WHERE {column} IS NOT NULL GROUP BY 1
"""
# Whoever books holds persons until he commits: rows that somebody holds are left for a later pass, so that rotation
# neither waits for anybody nor takes locks in an order that the city does not know.
_STALE: LiteralString = """
SELECT {context}, {column} FROM {table} WHERE {column} IS NOT NULL AND substring({column} FROM 2 FOR 4) <> %b
"""
_IN_TURN: LiteralString = " ORDER BY {context} LIMIT %b FOR NO KEY UPDATE SKIP LOCKED"
_STALE_FIRST: LiteralString = _STALE + _IN_TURN
_STALE_AFTER: LiteralString = _STALE + " AND ({context}) > ({values})" + _IN_TURN
# Guarded by the old value: what was written meanwhile stays.
_REWRAP: LiteralString = "UPDATE {table} SET {column} = %b WHERE ({context}) = ({values}) AND {column} = %b"
# Every open transaction of this database, by a name that everybody may see.
_OPEN_TRANSACTIONS: LiteralString = """
SELECT virtualtransaction FROM pg_locks JOIN pg_stat_activity USING (pid)
WHERE locktype = 'virtualxid' AND datname = current_database() AND usesysid IS NOT NULL AND pid <> pg_backend_pid()
"""
# One rotation at a time, whatever machine it runs on.
_TRY_LOCK: LiteralString = "SELECT pg_try_advisory_lock(7265310150)"


@dataclass(frozen=True, slots=True)
class Pass:
    """What one walk over a column did. unreadable: values that do not open at all, and so stay as they are."""

    rewrapped: int
    unreadable: int


async def count_values(conn: Connection, columns: Sequence[SealedColumn] = SEALED) -> Mapping[str, Counter[bytes]]:
    """Return how many values stand under each key id, by the full name of the column."""
    counts = {}
    for column in columns:
        rows = await (await conn.execute(_of(column, _COUNT))).fetchall()
        counts[column.name] = Counter({bytes.fromhex(key_id): number for key_id, number in rows})
    return counts


async def rewrap_column(conn: Connection, keyring: Keyring, column: SealedColumn, *, batch: int = 200) -> Pass:
    """Bring a column's values under the current key, in transactions of up to `batch` rows.

    Rows that are locked by others are left out, and those that are written meanwhile are as they were written: walk
    again until `count_values` finds none. conn: of the owner, on which each statement commits by itself.
    """
    rewrapped = unreadable = 0
    after: tuple[Any, ...] | None = None
    while True:
        async with conn.transaction(), conn.cursor() as cursor:
            rows = await _stale(conn, keyring, column, after, batch)
            renewed = [_rewrapped(keyring, column, row) for row in rows]
            changes = [change for change in renewed if change is not None]
            if changes:
                await cursor.executemany(_of(column, _REWRAP), changes)
                rewrapped += cursor.rowcount
        unreadable += len(rows) - len(changes)
        if len(rows) < batch:
            return Pass(rewrapped, unreadable)
        after = tuple(rows[-1][:-1])


async def rotate_alone(conn: Connection) -> bool:
    """Say whether this connection is the only one that rotates, and keep it so until the connection ends."""
    row = await (await conn.execute(_TRY_LOCK)).fetchone()
    return row is not None and bool(row[0])


async def open_transactions(conn: Connection) -> set[str]:
    """Return the names of the transactions that others have open."""
    return {name for (name,) in await (await conn.execute(_OPEN_TRANSACTIONS)).fetchall()}


def context_of(values: Sequence[UUID | str | bytes]) -> bytes:
    """Return the context that a value is sealed for: its row's id as bytes, or ids, texts and hashes in turn."""
    return b"".join(map(_bytes_of, values))


def _bytes_of(value: UUID | str | bytes) -> bytes:
    match value:
        case UUID():
            return value.bytes
        case str():
            return value.encode()
        case bytes():
            return value


def _rewrapped(keyring: Keyring, column: SealedColumn, row: tuple[Any, ...]) -> tuple[Any, ...] | None:
    """Return what the guarded update of this row is called with, or None where its value does not open."""
    *context, sealed = row
    try:
        renewed = keyring.rewrap(sealed, purpose=column.purpose, context=context_of(context))
    except SealError:
        return None
    return (renewed, *context, sealed)


async def _stale(
    conn: Connection, keyring: Keyring, column: SealedColumn, after: tuple[Any, ...] | None, batch: int
) -> list[tuple[Any, ...]]:
    current = keyring.keys.current_key_id
    if after is None:
        return await (await conn.execute(_of(column, _STALE_FIRST), (current, batch))).fetchall()
    return await (await conn.execute(_of(column, _STALE_AFTER), (current, *after, batch))).fetchall()


def _of(column: SealedColumn, statement: LiteralString) -> sql.Composed:
    """Put a column's names into a statement."""
    return sql.SQL(statement).format(
        table=sql.Identifier(column.schema, column.table),
        column=sql.Identifier(column.column),
        context=sql.SQL(", ").join(map(sql.Identifier, column.context)),
        values=sql.SQL(", ").join([sql.Placeholder()] * len(column.context)),
    )
