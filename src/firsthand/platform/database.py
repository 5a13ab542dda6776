"""The database: a pool of connections for one role, and transactions."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import psycopg
import psycopg_pool
from psycopg import AsyncConnection
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg_pool import AsyncConnectionPool

Connection = AsyncConnection[tuple[Any, ...]]

# What is raised when the server cannot be reached, went away, or gave a transaction up: later it may succeed. A pool
# that is closed or cannot connect in time raises it too.
Unavailable: Final = psycopg.OperationalError
# The Unavailable that is raised when the pool had no connection to lend for as long as one may wait for it.
NoConnection: Final = psycopg_pool.PoolTimeout

_CONNECT_SECONDS_MAX: Final = 10
_LENT_SECONDS_MAX: Final = 5.0
# After this a pool begins anew with its tries to connect, which come ever more seldom: a server that was away for
# minutes would else be noticed only minutes after its return.
_RECONNECT_SECONDS_MAX: Final = 5.0

# Whatever the server's own settings are. Instants come in UTC, because Python's arithmetic in a zone with summer time
# is that of its wall clocks. Counting under a lock needs each statement to see what was committed before it. Where a
# process hangs or its network is cut off amid a transaction, what it has locked is free again after two minutes, and
# the sealer, which waits for open transactions, goes on. An import thinks for seconds between its statements. What is
# acknowledged is on disk, and on the synchronous standbys where there are any.
_SESSION = (
    r"-c TimeZone=UTC -c default_transaction_isolation=read\ committed -c idle_in_transaction_session_timeout=2min "
    "-c synchronous_commit=on"
)


class Database:
    """A pool of connections that all act as one role. Open it before use and close it after."""

    def __init__(self, conninfo: str, *, connections_max: int) -> None:
        """Prepare a pool of up to `connections_max` connections to `conninfo` (libpq keywords or a URI)."""
        self._pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
            _with_option(conninfo, _SESSION),
            min_size=1,
            max_size=connections_max,
            open=False,
            timeout=_LENT_SECONDS_MAX,
            reconnect_timeout=_RECONNECT_SECONDS_MAX,
            check=AsyncConnectionPool.check_connection,
            kwargs={"autocommit": True},
        )

    async def open(self) -> None:
        """Connect. Raises psycopg_pool.PoolTimeout when the server does not answer."""
        await self._pool.open(wait=True, timeout=10.0)

    async def close(self) -> None:
        """Give up every connection, waiting for those in use."""
        await self._pool.close(timeout=10.0)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """Run the block in one READ COMMITTED transaction: committed at its end, undone if it raises."""
        async with self._pool.connection() as conn, conn.transaction():
            yield conn

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """Lend a connection on which each statement commits by itself."""
        async with self._pool.connection() as conn:
            yield conn


@asynccontextmanager
async def connect(conninfo: str) -> AsyncIterator[Connection]:
    """Make one connection without a pool, on which each statement commits by itself. Raises Unavailable."""
    async with await AsyncConnection.connect(conninfo, autocommit=True, connect_timeout=_CONNECT_SECONDS_MAX) as conn:
        yield conn


def acting_as(conninfo: str, role: str) -> str:
    """Return `conninfo` with every connection acting as `role` from its start, as `SET ROLE` would."""
    return _with_option(conninfo, f"-c role={role}")


def searching(conninfo: str, schema: str) -> str:
    """Return `conninfo` with names without a schema looked up in `schema` alone."""
    return _with_option(conninfo, f"-c search_path={schema}")


def _with_option(conninfo: str, option: str) -> str:
    given = conninfo_to_dict(conninfo).get("options") or ""
    return make_conninfo(conninfo, options=f"{given} {option}".strip())


def certainly_undone(error: BaseException) -> bool:
    """Say whether a transaction that ended in `error` is known to have left nothing behind.

    An error without an SQLSTATE, or of class 08 or 57 (the connection or the server went away), may have come after
    the commit: then nobody knows, and trying again could do the thing twice. Only what psycopg itself refuses to send
    (text with a NUL, a type that it does not know) has no SQLSTATE either and is certain.
    """
    if not isinstance(error, psycopg.Error):
        return True
    if error.sqlstate is None:
        return isinstance(error, psycopg.DataError | psycopg.ProgrammingError)
    return error.sqlstate[:2] not in {"08", "57"}
