"""The embedded server, on the real thing: who gets in, what survives, and how processes share it."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest
from psycopg import pq, sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from firsthand.platform.postgres import EmbeddedServer, PostgresError, Role, kept_up
from tests.deployment import wait_until

# Starts or joins, says which server it found, and leaves when its standard input ends.
USER = """
import sys
from pathlib import Path
from firsthand.platform.postgres import EmbeddedServer
with EmbeddedServer.start(Path(sys.argv[1])) as server:
    print(server.pid, flush=True)
    sys.stdin.read()
"""
# The same, but it forgets to leave: the end of the process must do.
FORGETFUL_USER = """
import sys
from pathlib import Path
from firsthand.platform.postgres import EmbeddedServer
server = EmbeddedServer.start(Path(sys.argv[1]))
print(server.pid, flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder that a service account may pass through, unlike pytest's own."""
    path = Path(tempfile.mkdtemp(prefix="firsthand-"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def data_dir(folder: Path) -> Path:
    """A data directory with a cluster; no server runs there between tests."""
    path = folder / "city"
    EmbeddedServer.start(path).stop()
    return path


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[EmbeddedServer]:
    """A server that runs throughout, for the tests that only look at it."""
    with EmbeddedServer.start(folder / "shared") as started:
        yield started


@contextmanager
def another_process(program: str, data_dir: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that uses the server; it leaves when its input is closed."""
    command = [sys.executable, "-c", program, str(data_dir)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process


def pid_seen_by(process: subprocess.Popen[str]) -> int:
    assert process.stdout is not None
    return int(process.stdout.readline())


def leave(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait() == 0


def ask(conninfo: str, question: LiteralString) -> object:
    with psycopg.connect(conninfo) as conn:
        row = conn.execute(question).fetchone()
    assert row is not None
    return row[0]


def answers(conninfo: str) -> bool:
    """Whether the server takes connections and asks who is there."""
    return pq.PGconn.ping(conninfo.encode()) == pq.Ping.OK


def gone(pid: int) -> bool:
    """Whether a process has ended, be it that nobody has reaped it yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


@pytest.mark.parametrize("role", list(Role))
def test_each_role_logs_in_with_its_own_password(server: EmbeddedServer, role: Role) -> None:
    assert ask(server.dsn(role), "SELECT current_user::text") == role.value
    passwords = {conninfo_to_dict(server.dsn(each))["password"] for each in Role}
    assert len(passwords) == len(Role)


@pytest.mark.parametrize("role", list(Role))
def test_a_wrong_password_and_none_are_refused(server: EmbeddedServer, role: Role) -> None:
    parts = conninfo_to_dict(server.dsn(role))
    right = parts.pop("password")
    for wrong in ({}, {"password": ""}, {"password": "guess"}, {"password": f"{right}x"}):
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(make_conninfo("", **(parts | wrong), passfile="/nonexistent"))


def test_nobody_logs_in_as_the_superuser(server: EmbeddedServer) -> None:
    parts = conninfo_to_dict(server.dsn(Role.OWNER))
    for password in ("postgres", str(parts["password"])):
        with pytest.raises(psycopg.OperationalError, match="authentication failed"):
            psycopg.connect(make_conninfo("", **(parts | {"user": "postgres", "password": password})))


def test_the_server_asks_for_scram_and_listens_on_its_socket_alone(server: EmbeddedServer) -> None:
    required = make_conninfo(server.dsn(Role.APP), require_auth="scram-sha-256")
    assert ask(required, "SHOW listen_addresses") == ""
    assert (server.home / "pg_hba.conf").read_text() == "local all all scram-sha-256\n"


def test_roles_have_no_more_than_they_need(server: EmbeddedServer) -> None:
    with psycopg.connect(server.dsn(Role.OWNER)) as conn:
        found = conn.execute(
            "SELECT rolname, rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls"
            " FROM pg_roles WHERE rolname LIKE 'firsthand%' ORDER BY rolname"
        ).fetchall()
        for role in (Role.APP, Role.AUDIT):
            conn.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role.value)))
    nothing = (False,) * 5
    assert found == [
        ("firsthand_app", *nothing),
        ("firsthand_audit", *nothing),
        ("firsthand_owner", False, True, True, False, False),
    ]


@pytest.mark.parametrize("role", [Role.APP, Role.AUDIT])
@pytest.mark.parametrize(
    "statement",
    [
        "CREATE DATABASE other",
        "CREATE ROLE other",
        "CREATE SCHEMA other",
        "CREATE TABLE public.other ()",
        "SET ROLE firsthand_owner",
    ],
)
def test_app_and_audit_cannot_change_the_house(server: EmbeddedServer, role: Role, statement: LiteralString) -> None:
    with (
        psycopg.connect(server.dsn(role), autocommit=True) as conn,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        conn.execute(statement)


def test_the_owner_makes_databases_which_the_others_can_enter(server: EmbeddedServer) -> None:
    with psycopg.connect(server.admin_dsn(), autocommit=True) as conn:
        conn.execute("CREATE DATABASE entered")
        try:
            assert ask(server.dsn(Role.APP, database="entered"), "SELECT current_database()::text") == "entered"
        finally:
            conn.execute("DROP DATABASE entered")


@pytest.mark.parametrize("setting", ["fsync", "synchronous_commit", "full_page_writes", "data_checksums"])
def test_what_keeps_commits_safe_is_on(server: EmbeddedServer, setting: str) -> None:
    with psycopg.connect(server.dsn(Role.APP)) as conn:
        row = conn.execute("SELECT current_setting(%s)", [setting]).fetchone()
    assert row == ("on",)


@pytest.mark.parametrize("setting", ["fsync", "synchronous_commit", "full_page_writes", "hba_file", "listen_addresses"])
def test_tuning_cannot_touch_what_is_fixed(data_dir: Path, setting: str) -> None:
    with pytest.raises(PostgresError, match=setting):
        EmbeddedServer.start(data_dir, tuning={setting: "off"})


def test_text_is_unicode_whatever_the_machine(server: EmbeddedServer) -> None:
    assert ask(server.dsn(Role.APP), "SHOW server_encoding") == "UTF8"
    assert ask(server.dsn(Role.APP), "SELECT upper('é') || length('亲约')") == "É2"


def test_tuning_reaches_the_server(data_dir: Path) -> None:
    with EmbeddedServer.start(data_dir, tuning={"work_mem": "7MB", "application_name": "two words"}) as server:
        assert ask(server.dsn(Role.APP), "SHOW work_mem") == "7MB"


def test_a_bad_setting_is_told_from_the_log_and_leaves_no_server(data_dir: Path) -> None:
    with pytest.raises(PostgresError, match="no_such_setting"):
        EmbeddedServer.start(data_dir, tuning={"no_such_setting": "1"})
    with EmbeddedServer.start(data_dir) as server:
        assert ask(server.dsn(Role.APP), "SELECT 1") == 1


def test_files_are_closed_to_others(server: EmbeddedServer) -> None:
    def mode(path: Path) -> int:
        return stat.S_IMODE(path.stat().st_mode)

    socket = Path(str(conninfo_to_dict(server.dsn(Role.APP))["host"]))
    assert mode(socket) == 0o700
    assert mode(server.home / "data") == 0o700
    assert mode(server.home.parent / "postgres.json") == 0o600
    assert mode(server.log) == 0o600
    if os.geteuid() == 0:
        assert (server.home / "data").stat().st_uid != 0
        program = server.binary("postgres")
        for path in (program, *program.parents):
            assert path.stat().st_uid == 0
            assert not mode(path) & 0o022


def test_passwords_are_nowhere_but_in_their_file(data_dir: Path) -> None:
    with EmbeddedServer.start(data_dir) as server:
        passwords = [str(conninfo_to_dict(server.dsn(role))["password"]) for role in Role]
        texts = [Path(f"/proc/{server.pid}/cmdline").read_text(), repr(vars(server))]
    texts += [path.read_bytes().decode("latin-1") for path in server.home.rglob("*") if path.is_file()]
    assert len(texts) > 100
    assert not [password for password in passwords for text in texts if password in text]


def test_programs_are_there_by_name(server: EmbeddedServer) -> None:
    said = subprocess.run([server.binary("pgbench"), "--version"], capture_output=True, text=True, check=True)
    assert said.stdout.split()[-1] == server.version
    with pytest.raises(PostgresError, match="no program"):
        server.binary("oracle")


def test_data_outlive_the_server(data_dir: Path) -> None:
    with EmbeddedServer.start(data_dir) as server, psycopg.connect(server.dsn(Role.OWNER)) as conn:
        conn.execute("CREATE TABLE outlive AS SELECT 7 AS n")
        pid = server.pid
    assert pid is not None
    assert gone(pid)
    assert server.pid is None
    with pytest.raises(PostgresError, match="does not run"):
        server.dsn(Role.APP)
    with EmbeddedServer.start(data_dir) as again:
        assert ask(again.dsn(Role.OWNER), "SELECT n FROM outlive") == 7


def test_a_killed_server_comes_back_with_what_was_committed(data_dir: Path) -> None:
    with EmbeddedServer.start(data_dir) as server:
        with psycopg.connect(server.dsn(Role.OWNER)) as conn:
            conn.execute("CREATE TABLE killed AS SELECT 7 AS n")
        assert server.pid is not None
        # A connection that is open keeps a process of the old server alive for a moment.
        with psycopg.connect(server.dsn(Role.OWNER)):
            os.kill(server.pid, signal.SIGKILL)
            with EmbeddedServer.start(data_dir) as again:
                assert ask(again.dsn(Role.OWNER), "SELECT n FROM killed") == 7
                # Whoever had it before the kill uses the new one by the same words.
                assert ask(server.dsn(Role.OWNER), "SELECT n FROM killed") == 7


def test_a_killed_server_is_started_again_by_whoever_keeps_it_up(data_dir: Path) -> None:
    with EmbeddedServer.start(data_dir, tuning={"work_mem": "7MB"}) as server, kept_up(server):
        killed, dsn = server.pid, server.dsn(Role.APP)
        assert killed is not None
        os.kill(killed, signal.SIGKILL)
        wait_until(lambda: server.pid != killed and answers(dsn))
        assert ask(dsn, "SHOW work_mem") == "7MB"


def test_only_a_server_that_has_gone_is_started_again(data_dir: Path) -> None:
    server = EmbeddedServer.start(data_dir)
    pid = server.pid
    assert not server.start_again()
    assert server.pid == pid
    server.stop()
    server.start_again()
    assert server.pid is None


def test_processes_that_start_at_once_share_one_server_until_the_last_leaves(folder: Path) -> None:
    new = folder / "at once"
    with another_process(USER, new) as one, another_process(USER, new) as two:
        pid = pid_seen_by(one)
        assert pid_seen_by(two) == pid
        leave(one)
        assert not gone(pid)
        leave(two)
    assert gone(pid)


def test_a_process_that_forgets_to_leave_leaves_no_server(data_dir: Path) -> None:
    with another_process(FORGETFUL_USER, data_dir) as process:
        pid = pid_seen_by(process)
        leave(process)
    assert gone(pid)


def test_a_forked_child_does_not_stop_its_parents_server(server: EmbeddedServer) -> None:
    child = os.fork()
    if child == 0:
        server.stop()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert ask(server.dsn(Role.APP), "SELECT 1") == 1


def test_a_killed_process_leaves_the_server_to_the_next(data_dir: Path) -> None:
    with another_process(USER, data_dir) as process:
        pid = pid_seen_by(process)
        process.kill()
    with EmbeddedServer.start(data_dir) as server:
        assert server.pid == pid
    assert gone(pid)


def test_ctrl_c_does_not_reach_the_server(server: EmbeddedServer) -> None:
    assert server.pid is not None
    assert os.getpgid(server.pid) != os.getpgid(0)
    assert os.getsid(server.pid) != os.getsid(0)


def test_a_data_directory_can_move_to_where_sockets_cannot_be_named(data_dir: Path) -> None:
    deep = data_dir.parent / ("deep" * 40) / "$HOME 'and' \"so, on"
    deep.parent.mkdir(mode=0o711)
    data_dir.rename(deep)
    try:
        with EmbeddedServer.start(deep) as server:
            socket = Path(str(conninfo_to_dict(server.dsn(Role.APP))["host"]))
            assert socket.name.startswith("firsthand-")
            assert stat.S_IMODE(socket.lstat().st_mode) == 0o700
            assert ask(server.dsn(Role.APP), "SELECT 1") == 1
        with impostor(socket), pytest.raises(PostgresError, match="to itself"):
            EmbeddedServer.start(deep)
    finally:
        deep.rename(data_dir)
        deep.parent.rmdir()


@contextmanager
def impostor(folder: Path) -> Iterator[None]:
    """Put a link in the folder's place."""
    folder.rmdir()
    folder.symlink_to(folder.parent)
    try:
        yield
    finally:
        folder.unlink()


def test_a_closed_parent_folder_stays_closed(folder: Path) -> None:
    parent = folder / "closed"
    parent.mkdir(mode=0o700)
    with EmbeddedServer.start(parent / "city") as server:
        home = server.home
        assert ask(server.dsn(Role.APP), "SELECT 1") == 1
        assert stat.S_IMODE(parent.stat().st_mode) == 0o700
    try:
        assert home.is_relative_to(parent) == (os.geteuid() != 0)
        with EmbeddedServer.start(parent / "city") as again:
            assert again.home == home
    finally:
        shutil.rmtree(home)
    with pytest.raises(PostgresError, match="missing"):  # lost data are never replaced by an empty database
        EmbeddedServer.start(parent / "city")


def test_a_making_cut_short_is_made_anew(folder: Path) -> None:
    cut = folder / "cut"
    cut.mkdir(mode=0o711)
    half = cut / "postgres.new" / "data"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    with EmbeddedServer.start(cut) as server:
        assert ask(server.dsn(Role.APP), "SELECT 1") == 1
    assert not half.parent.exists()


def test_data_of_another_major_version_are_refused(data_dir: Path) -> None:
    version = data_dir / "postgres" / "data" / "PG_VERSION"
    version.write_text("17\n")
    try:
        with pytest.raises(PostgresError, match="made by PostgreSQL 17"):
            EmbeddedServer.start(data_dir)
        assert version.read_text() == "17\n"
    finally:
        version.write_text("18\n")


@pytest.mark.parametrize(
    "damage", ["", "{", "[]", '{"home": "postgres"}', '{"home": 1, "made": true, "passwords": {}}']
)
def test_a_damaged_record_is_told_and_kept(data_dir: Path, damage: str) -> None:
    record = data_dir / "postgres.json"
    whole = record.read_text()
    record.write_text(damage)
    try:
        with pytest.raises(PostgresError, match="damaged"):
            EmbeddedServer.start(data_dir)
        assert record.read_text() == damage
    finally:
        record.write_text(whole)


def test_a_data_directory_that_cannot_be_is_told(folder: Path) -> None:
    (folder / "file").write_text("")
    for impossible in (folder / "file", folder / "file" / "city"):
        with pytest.raises(PostgresError, match="Not a directory"):
            EmbeddedServer.start(impossible)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as somebody else")
@pytest.mark.parametrize(("account", "advice"), [("nobody-of-that-name", "adduser"), ("root", "another account")])
def test_an_account_that_will_not_do_is_told(folder: Path, account: str, advice: str) -> None:
    with pytest.raises(PostgresError, match=advice):
        EmbeddedServer.start(folder / account, account=account)
