"""The cluster: where its files are, the passwords to it, and how it is first made.

Layout. DATA_DIR/postgres.json (0600) says where the home is and keeps the passwords. The home holds `data` and `socket`
(0700, the account's) and `pg_hba.conf` and `server.log` (not the account's, so that it cannot change who is let in).
"""

import json
import os
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

from firsthand.platform.postgres.account import Account, PostgresError, is_root
from firsthand.platform.postgres.programs import STATE, make_root_folder

DATABASE = "firsthand"


class Role(StrEnum):
    """A login of the server. The superuser is none of them: it has no password and cannot log in."""

    OWNER = "firsthand_owner"
    APP = "firsthand_app"
    AUDIT = "firsthand_audit"


# Written into postgresql.conf once, where an operator may change them.
_FIRST_SETTINGS = {
    "shared_buffers": "256MB",
    "max_connections": "100",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "wal_compression": "on",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    "log_error_verbosity": "terse",  # the detail of an error holds people's data
}

_ADMISSION = "local all all scram-sha-256\n"

# Each line is one statement: the single-user server reads no other way. The words in braces are filled in by `_set_up`.
_SETUP = """\
CREATE ROLE firsthand_app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION PASSWORD '{firsthand_app}'
CREATE ROLE firsthand_audit LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION PASSWORD '{firsthand_audit}'
CREATE ROLE firsthand_owner LOGIN NOSUPERUSER CREATEDB CREATEROLE NOREPLICATION PASSWORD '{firsthand_owner}'
GRANT firsthand_app, firsthand_audit TO firsthand_owner WITH INHERIT FALSE, SET TRUE, ADMIN FALSE
CREATE DATABASE firsthand OWNER firsthand_owner
"""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Where a cluster is, and the passwords to it. `made` is false until its first making has ended."""

    data_dir: Path
    home: Path
    made: bool
    passwords: Mapping[Role, str] = field(repr=False)

    @property
    def data(self) -> Path:
        """PostgreSQL's own data directory."""
        return self.home / "data"

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.home / "server.log"

    @property
    def admission(self) -> Path:
        """Who is let in, and how: pg_hba.conf."""
        return self.home / "pg_hba.conf"

    def owner_uid(self) -> int | None:
        """Return the uid that owns the data, or None before they are made."""
        return self.data.stat().st_uid if self.made else None


def read_cluster(data_dir: Path) -> Cluster | None:
    """Read where the cluster of this data directory is; None where there never was one. Raises PostgresError."""
    try:
        record = json.loads(_record(data_dir).read_text("utf-8"))
        passwords = {role: str(record["passwords"][role.value]) for role in Role}
        cluster = Cluster(data_dir, data_dir / record["home"], bool(record["made"]), passwords)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise PostgresError(
            f"{_record(data_dir)} cannot be read: {error.strerror}. Run as the account that started the server first."
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise PostgresError(
            f"{_record(data_dir)} is damaged. Restore it from a backup: it holds the passwords of the database."
        ) from error
    if cluster.made and not (cluster.data / "PG_VERSION").is_file():
        raise PostgresError(
            f"The database's files are missing from {cluster.data}. Mount or restore them; to begin anew and without "
            f"any earlier data, remove {_record(data_dir)}."
        )
    return cluster


def plan_cluster(data_dir: Path, account: Account) -> Cluster:
    """Decide where a new cluster goes and write that down with new passwords, before anything is made.

    It goes into the data directory where the account can reach it. Where not, root puts it below /var/lib/firsthand,
    rather than open a folder that somebody had closed. Raises PostgresError where neither will do.
    """
    home = Path("postgres")
    if not account.can("-x", data_dir):
        clusters = STATE / "clusters"
        if not (is_root() and make_root_folder(STATE) and make_root_folder(clusters) and account.can("-x", clusters)):
            raise PostgresError(
                f"Account {account.name} can reach neither {data_dir} nor {clusters}. Choose a data directory that it "
                f"can reach, or let it pass (chmod o+x) through the folders above one of them."
            )
        home = clusters / secrets.token_hex(8)
    cluster = Cluster(
        data_dir, data_dir / home, made=False, passwords={role: secrets.token_urlsafe(32) for role in Role}
    )
    _write_record(cluster)
    return cluster


def make_cluster(cluster: Cluster, account: Account, programs: Path, keep_open: int) -> Cluster:
    """Make the cluster, its roles and its database beside its home, then rename; return it as made.

    A making that was cut short leaves only the folder beside, which the next one clears away.
    Everything is on disk before the rename. keep_open: the lock that says that programs work on this cluster.
    """
    half = replace(cluster, home=cluster.home.with_name(f"{cluster.home.name}.new"))
    if not cluster.home.exists():
        if half.home.exists():
            shutil.rmtree(half.home)
        make_folder(half.home, 0o711 if is_root() else 0o700)
        for folder in (half.data, half.home / "socket"):
            make_folder(folder, 0o700, account)
        half.admission.write_text(_ADMISSION, "utf-8")
        half.admission.chmod(0o644)
        _initialise(half, account, programs, keep_open)
        _set_up(half, account, programs, keep_open)
        half.home.rename(cluster.home)
        _sync(cluster.home.parent)
    made = replace(cluster, made=True)
    _write_record(made)
    return made


def check_major(cluster: Cluster, version: str) -> None:
    """Raise PostgresError where the data were made by another major version than the programs' `version` ("18.6")."""
    found = (cluster.data / "PG_VERSION").read_text("utf-8").strip()
    if found != version.split(".", maxsplit=1)[0]:
        raise PostgresError(
            f"The database in {cluster.data} was made by PostgreSQL {found}; this is {version}. Dump it with the "
            "release of Firsthand that made it (pg_dump), then restore it into a new data directory."
        )


def make_data_dir(data_dir: Path) -> None:
    """Make the data directory where there is none yet: this user's alone; as root, the account may pass through it."""
    try:
        data_dir.parent.mkdir(parents=True, exist_ok=True)
        make_folder(data_dir, 0o711 if is_root() else 0o700)
    except FileExistsError:
        pass  # it stays as it is
    except OSError as error:
        raise PostgresError(
            f"The data directory {data_dir} cannot be made: {error.strerror}. Choose another."
        ) from error


def make_folder(folder: Path, mode: int, owner: Account | None = None) -> None:
    """Make a folder that has exactly this mode, whatever the umask, and as root this owner."""
    folder.mkdir(mode)
    if owner is not None and is_root():
        os.chown(folder, owner.uid, owner.gid, follow_symlinks=False)
    folder.chmod(mode)


def _initialise(cluster: Cluster, account: Account, programs: Path, keep_open: int) -> None:
    # The superuser gets no password, so nobody can log in as it; `reject` only keeps initdb from asking for one.
    command = ["--username=postgres", "--auth=reject", "--data-checksums", "--encoding=UTF8", "--locale=C"]
    command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    command += [f"--set={name}={value}" for name, value in _FIRST_SETTINGS.items()]
    made = account.run([programs / "initdb", "-D", cluster.data, *command], keep_open=[keep_open])
    if made.returncode:
        raise PostgresError(f"The database could not be made in {cluster.home}:\n{_tail(made.stdout)}")


def _set_up(cluster: Cluster, account: Account, programs: Path, keep_open: int) -> None:
    # A single-user server has no socket, so the roles are there before anybody can connect. The statements hold
    # passwords: they are fed to it, and it does not log them even when they fail.
    options = ["-c", "exit_on_error=on", "-c", "log_min_error_statement=panic", "-c", "log_checkpoints=off"]
    done = account.run(
        [programs / "postgres", "--single", "-D", cluster.data, *options, "postgres"],
        feed=_SETUP.format(**{role.value: cluster.passwords[role] for role in Role}),
        keep_open=[keep_open],
    )
    if done.returncode:
        raise PostgresError(f"The roles could not be made in {cluster.home}:\n{_tail(done.stdout)}")


def _record(data_dir: Path) -> Path:
    return data_dir / "postgres.json"


def _write_record(cluster: Cluster) -> None:
    inside = cluster.home.is_relative_to(cluster.data_dir)  # so that the data directory can be moved
    home = cluster.home.relative_to(cluster.data_dir) if inside else cluster.home
    record = {"home": str(home), "made": cluster.made, "passwords": dict(cluster.passwords)}
    path = _record(cluster.data_dir)
    half = path.with_suffix(".json.new")
    half.unlink(missing_ok=True)
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(record, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    half.rename(path)
    _sync(cluster.data_dir)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _tail(output: bytes) -> str:
    return "\n".join(output.decode(errors="replace").splitlines()[-15:])
