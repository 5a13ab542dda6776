"""Another index key, while nothing else runs: each value is opened and indexed again, in one transaction or not at all.

The key to come lies in the file beside the one in force before anything is changed, and the database says which of the
two it needs: wherever this is broken off, the keyring that lies there is right, and running it again goes on.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, LiteralString
from uuid import UUID

from firsthand.platform.crypto import KEY_BYTES, Keyring, SealError
from firsthand.platform.database import Connection
from firsthand.platform.keys.files import KeyringError
from firsthand.platform.keys.kept import KeyringFile
from firsthand.platform.keys.known import KeyKind, call_retired, make_known
from firsthand.platform.keys.rotation import begin_change

_BATCH: Final = 500
_LOOKS: Final = 10
_PAUSE_SECONDS: Final = 0.2
_LOCK: LiteralString = "LOCK TABLE platform.known_key IN ACCESS EXCLUSIVE MODE"
# Names that everybody may see; what PostgreSQL itself runs has no login.
_OTHERS: LiteralString = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND usesysid IS NOT NULL AND pid <> pg_backend_pid()
"""

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Indexed:
    """A table with blind indexes, and how they are made anew. A room's store says it.

    columns: full names. keys: how many columns its primary key has, each a uuid. select: its rows in the order of that
    key, which stands first in each, the present indexes last; called with a key to begin after, and how many. update:
    called with what `find` returns of a row, and its key. find: the indexes of a row; raises SealError.
    """

    columns: tuple[str, ...]
    select: LiteralString
    update: LiteralString
    find: Callable[[Keyring, Sequence[Any]], tuple[bytes | None, ...]]
    keys: int = 1


@dataclass(frozen=True, slots=True)
class Reindexed:
    """What was done. rows: indexed again. left: rows that no key opens, or that the older index key did not find."""

    rows: int
    left: int


async def reindex(conn: Connection, file: KeyringFile, tables: Sequence[Indexed], *, progress: Progress) -> Reindexed:
    """Put a fresh index key in force, and index everything by it; or finish what was broken off.

    conn: the owner's, and the only one. progress: called with how many rows are done. Raises KeyringError.
    """
    await _refuse_others(conn)
    keys, known = await begin_change(conn, file)
    if file.read() != keys:  # the database has committed, and the file was not written any more
        file.replace(keys)
        return Reindexed(0, 0)
    coming = keys.next_index_key or secrets.token_bytes(KEY_BYTES)
    if keys.next_index_key is None:
        keys = replace(keys, next_index_key=coming, generation=keys.generation + 1)
        file.replace(keys)
    turned = replace(keys, index_key=coming, next_index_key=None, generation=keys.generation + 1)
    async with conn.transaction():
        await conn.execute(_LOCK)  # whoever starts now waits, and then finds the new key
        await _refuse_others(conn)
        rows = left = 0
        for table in tables:
            async for done, not_done in _batches(conn, Keyring(keys), Keyring(turned), table):
                rows, left = rows + done, left + not_done
                progress(rows)
        await call_retired(conn, KeyKind.INDEX, [each.key_id for each in known if each.kind is KeyKind.INDEX])
        await make_known(conn, turned)
    file.replace(turned)
    return Reindexed(rows, left)


async def _batches(conn: Connection, older: Keyring, newer: Keyring, table: Indexed) -> AsyncIterator[tuple[int, int]]:
    """Index a table's rows again, and yield after each batch how many were, and how many are left as they are."""
    after: Sequence[UUID] = [UUID(int=0)] * table.keys
    while rows := await (await conn.execute(table.select, (*after, _BATCH))).fetchall():
        changes = [change for row in rows if (change := _change(older, newer, table, row)) is not None]
        async with conn.cursor() as cursor:
            await cursor.executemany(table.update, changes)
        yield len(changes), len(rows) - len(changes)
        after = rows[-1][: table.keys]


def _change(older: Keyring, newer: Keyring, table: Indexed, row: Sequence[Any]) -> tuple[Any, ...] | None:
    """Return what the update of a row is called with; None where it does not open, or is not found today.

    After an index key was lost people registered anew: their older rows must not come back beside the newer ones.
    """
    try:
        is_found = table.find(older, row) == tuple(row[-len(table.columns) :])
        return (*table.find(newer, row), *row[: table.keys]) if is_found else None
    except SealError:
        return None


async def _refuse_others(conn: Connection) -> None:
    """Raise KeyringError while anybody else is connected: he would go on with the older index key."""
    others = 0
    for _ in range(_LOOKS):
        row = await (await conn.execute(_OTHERS)).fetchone()
        others = row[0] if row is not None else 0
        if not others:
            return
        await asyncio.sleep(_PAUSE_SECONDS)  # a connection that was closed is seen for a moment longer
    raise KeyringError(
        f"{others} connections to this database are open: stop every web server, worker and command first"
    )
