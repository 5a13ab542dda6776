"""Starting the server, sharing it among processes, and stopping it with the last of them.

Three lock files in the data directory keep processes apart:

postgres.turn     one process at a time starts or stops;
postgres.users    each process that uses the server shares it, so that the last to leave can tell that it is the last;
postgres.running  the server's own processes inherit it, so while any of them lives, nobody starts another server.
"""

import atexit
import os
import shlex
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Self

import psycopg
from psycopg import pq, sql
from psycopg.conninfo import make_conninfo

from firsthand.platform.postgres.account import Account, PostgresError, choose_account
from firsthand.platform.postgres.cluster import (
    DATABASE,
    Cluster,
    Role,
    check_major,
    make_cluster,
    make_data_dir,
    plan_cluster,
    read_cluster,
)
from firsthand.platform.postgres.locks import let_go, share, try_alone, waiting_turn
from firsthand.platform.postgres.programs import find_programs
from firsthand.platform.postgres.socket import PORT, socket_folder

_START_SECONDS_MAX = 600  # recovery after a crash may replay max_wal_size
_JOIN_SECONDS_MAX = 120
_STOP_SECONDS_MAX = 120
_POLL_SECONDS = 0.05
_LOG_LINES = 15
_LOG_BYTES = 8192
_SOCKET_LINE = 4  # of postmaster.pid: pid, data directory, start time, port, socket folder
_AS_THEY_ARE: Mapping[str, str] = MappingProxyType({})

# Given on the command line at every start, so that no file and no `tuning` changes them.
_FIXED = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "logging_collector": "off",  # it writes to the launcher's log
}


class EmbeddedServer:
    """A PostgreSQL server on a data directory, shared by the processes that use it.

    The first process starts it, the others join, and the last to leave (`stop`, the end of a `with`, or the orderly end
    of the process) stops it. After a process was killed, the others or the next one take over.
    """

    def __init__(
        self, cluster: Cluster, account: Account, programs: Path, version: str, tuning: Mapping[str, str]
    ) -> None:
        self._cluster = cluster
        self._account = account
        self._programs = programs
        self._version = version
        self._tuning = tuning
        self._user = share(cluster.data_dir / "postgres.users")
        self._user_pid: int | None = os.getpid()

    @classmethod
    def start(cls, data_dir: Path, *, tuning: Mapping[str, str] = _AS_THEY_ARE, account: str | None = None) -> Self:
        """Start the server of `data_dir`, making its cluster the first time; or join it where it runs.

        tuning: server settings by name, for a server that this call starts. account: who runs it, used only as root
        and for a new cluster; else `postgres`, else `nobody`. Raises PostgresError with advice.
        """
        if refused := sorted({*tuning} & {*_FIXED, "hba_file", "unix_socket_directories"}):
            raise PostgresError(f"These server settings are fixed: {', '.join(refused)}.")
        data_dir = data_dir.resolve()
        make_data_dir(data_dir)
        with waiting_turn(data_dir / "postgres.turn"):
            cluster = read_cluster(data_dir)
            chosen = choose_account(account, cluster.owner_uid() if cluster else None)
            programs = find_programs(chosen)
            version = _version(chosen, programs)
            server = cls(cluster or plan_cluster(data_dir, chosen), chosen, programs, version, tuning)
            try:
                server._join_or_run()
            except BaseException:  # Ctrl-C too must leave no server behind
                server._leave()
                raise
        atexit.register(server.stop)
        return server

    @property
    def version(self) -> str:
        """The version of the programs, such as "18.6"."""
        return self._version

    @property
    def log(self) -> Path:
        """What the server says."""
        return self._cluster.log

    @property
    def home(self) -> Path:
        """The folder of the cluster: below the data directory, or below /var/lib/firsthand."""
        return self._cluster.home

    @property
    def pid(self) -> int | None:
        """The process id of the running server, or None."""
        with self._nothing_running() as running:
            lines = [] if running is not None else _pid_lines(self._cluster)
        return int(lines[0]) if lines else None

    def binary(self, name: str) -> Path:
        """Return one of PostgreSQL's programs, such as "pgbench". Raises PostgresError where there is none."""
        if not (self._programs / name).is_file():
            raise PostgresError(f"PostgreSQL {self._version} has no program {name}.")
        return self._programs / name

    def dsn(self, role: Role, *, database: str = DATABASE) -> str:
        """Return libpq keywords and values to connect as `role`. They hold its password: never log them."""
        folder = _socket_folder(_pid_lines(self._cluster))
        if folder is None:
            raise PostgresError(f"The server of {self._cluster.data_dir} does not run. {_log_tail(self._cluster)}")
        password = self._cluster.passwords[role]
        return make_conninfo(host=str(folder), port=PORT, user=role.value, password=password, dbname=database)

    def admin_dsn(self) -> str:
        """Return what the owner connects by to create and drop databases: the empty database `postgres`."""
        return self.dsn(Role.OWNER, database="postgres")

    def empty_database(self) -> None:
        """Drop the database and make it again: everything in it is gone. For a demo that begins anew.

        Raises psycopg.OperationalError while anybody else is connected to it.
        """
        name = sql.Identifier(DATABASE)
        with psycopg.connect(self.admin_dsn(), autocommit=True) as admin:
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(name))
            admin.execute(sql.SQL("CREATE DATABASE {}").format(name))

    def start_again(self) -> bool:
        """Start the server where it has gone although nobody stopped it, and say whether it had. Cheap where it runs.

        Raises PostgresError where it does not start.
        """
        with self._nothing_running() as running:
            if running is None:
                return False
        with waiting_turn(self._cluster.data_dir / "postgres.turn"):
            if self._user_pid == os.getpid():  # else it was stopped meanwhile, and stays so
                self._join_or_run()
        return True

    def stop(self) -> None:
        """Leave the server; the last to leave stops it, quickly and in order. Does nothing the second time.

        Nor does it anything in a forked child: the server is its parent's. Raises PostgresError where it cannot stop.
        """
        if self._user_pid != os.getpid():
            return
        atexit.unregister(self.stop)
        with waiting_turn(self._cluster.data_dir / "postgres.turn"):
            self._leave()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _leave(self) -> None:
        self._user_pid = None
        let_go(self._user)
        others = try_alone(self._cluster.data_dir / "postgres.users")
        if others is None:
            return
        try:
            self._halt()
        finally:
            os.close(others)

    def _join_or_run(self) -> None:
        deadline = time.monotonic() + _JOIN_SECONDS_MAX
        while not self._answers():
            with self._nothing_running() as running:
                if running is not None:
                    self._run(running)
            # Else another server starts or stops, or what a killed one left is about to end.
            if time.monotonic() > deadline:
                raise PostgresError(f"A server runs here and does not answer. {_log_tail(self._cluster)}")
            time.sleep(_POLL_SECONDS)

    def _run(self, running: int) -> None:
        cluster = self._cluster
        if not cluster.made:
            cluster = self._cluster = make_cluster(cluster, self._account, self._programs, running)
        check_major(cluster, self._version)
        folder = socket_folder(cluster.home, self._account)
        # No process of this cluster lives, so these name a dead one, whose number may be somebody else's by now.
        (cluster.data / "postmaster.pid").unlink(missing_ok=True)
        (folder / f".s.PGSQL.{PORT}.lock").unlink(missing_ok=True)
        quoted = str(folder).replace('"', '""')
        places = {"hba_file": str(cluster.admission), "unix_socket_directories": f'"{quoted}"'}
        settings = {**self._tuning, **_FIXED, **places}
        options = shlex.join(word for name, value in settings.items() for word in ("-c", f"{name}={value}"))
        cluster.log.touch(mode=0o600)
        with cluster.log.open("ab") as log:
            started = self._account.run(
                [self._programs / "pg_ctl", "start", "-s", "-w", "-t", str(_START_SECONDS_MAX), "-o", options],
                output=log,
                environment={"PGDATA": str(cluster.data)},
                keep_open=[running],
            )
        if started.returncode:
            raise PostgresError(f"The server did not start. {_log_tail(cluster)}")

    def _halt(self) -> None:
        """Stop whatever runs on the cluster and wait until it has gone."""
        with self._nothing_running() as running:
            if running is not None:
                return
        self._account.run(
            [self._programs / "pg_ctl", "stop", "-s", "-m", "fast", "-w", "-t", str(_STOP_SECONDS_MAX)],
            environment={"PGDATA": str(self._cluster.data)},
        )
        deadline = time.monotonic() + _STOP_SECONDS_MAX
        while time.monotonic() < deadline:
            with self._nothing_running() as running:
                if running is not None:
                    return
            time.sleep(_POLL_SECONDS)
        raise PostgresError(f"The server does not stop. {_log_tail(self._cluster)}")

    @contextmanager
    def _nothing_running(self) -> Iterator[int | None]:
        """Give the lock that the server's processes hold, or None while any of them lives."""
        running = try_alone(self._cluster.data_dir / "postgres.running")
        try:
            yield running
        finally:
            if running is not None:
                os.close(running)

    def _answers(self) -> bool:
        folder = _socket_folder(_pid_lines(self._cluster))
        if folder is None:
            return False
        place = make_conninfo(host=str(folder), port=PORT, user=Role.APP.value, dbname=DATABASE)
        return pq.PGconn.ping(place.encode()) == pq.Ping.OK


def _version(account: Account, programs: Path) -> str:
    said = account.run([programs / "postgres", "--version"])
    words = said.stdout.decode(errors="replace").split()
    if said.returncode or not words:
        raise PostgresError(f"PostgreSQL's programs do not run on this machine: {' '.join(words)}")
    return words[-1]


def _pid_lines(cluster: Cluster) -> list[str]:
    try:
        return (cluster.data / "postmaster.pid").read_text("utf-8", "surrogateescape").splitlines()
    except FileNotFoundError:
        return []


def _socket_folder(lines: list[str]) -> Path | None:
    """Return where the running server says its socket is: it may have been started with another TMPDIR."""
    return Path(lines[_SOCKET_LINE]) if len(lines) > _SOCKET_LINE and lines[_SOCKET_LINE] else None


def _log_tail(cluster: Cluster) -> str:
    if not cluster.log.exists():
        return ""
    with cluster.log.open("rb") as log:
        log.seek(max(0, log.seek(0, os.SEEK_END) - _LOG_BYTES))
        lines = log.read().decode(errors="replace").splitlines()[-_LOG_LINES:]
    return "\n".join([f"{cluster.log} ends with:", *lines])
