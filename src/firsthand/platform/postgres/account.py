"""The operating-system account that the server's programs run as, and what that account can reach."""

import os
import pwd
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import IO

# Nothing of the caller's environment (PGHOST, PGPASSWORD, locale, preloads) reaches the programs.
_ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
_NO_EXTRA: Mapping[str, str] = MappingProxyType({})


class PostgresError(Exception):
    """The embedded server cannot be used. The message says why and what to do about it."""


@dataclass(frozen=True, slots=True)
class Account:
    """Who runs the server. PostgreSQL refuses to run as root, so as root this is a service account."""

    name: str
    uid: int
    gid: int

    def run(
        self,
        command: Sequence[str | Path],
        *,
        feed: str = "",
        output: IO[bytes] | int = subprocess.PIPE,
        environment: Mapping[str, str] = _NO_EXTRA,
        keep_open: Sequence[int] = (),
    ) -> subprocess.CompletedProcess[bytes]:
        """Run a program as this account and wait for it.

        It has a session of its own, so that Ctrl-C in the terminal does not reach it or what it starts.

        feed: what it reads. output: where both its streams go. keep_open: descriptors that it inherits.
        Raises PostgresError where the program cannot be started at all.
        """
        as_root = is_root()
        try:
            return subprocess.run(  # noqa: PLW1510 - the callers read the return code
                [str(part) for part in command],
                input=feed.encode(),
                stdout=output,
                stderr=subprocess.STDOUT,
                env=_ENVIRONMENT | dict(environment),
                cwd="/",
                umask=0o077,
                start_new_session=True,
                pass_fds=keep_open,
                user=self.uid if as_root else None,
                group=self.gid if as_root else None,
                extra_groups=[] if as_root else None,
            )
        except OSError as error:
            raise PostgresError(f"{command[0]} could not be started as account {self.name}: {error}") from error

    def can(self, test: str, path: Path) -> bool:
        """Tell whether this account has the access named by a flag of test(1): "-x", "-w" or "-r".

        The account is asked itself, because modes, groups, ACLs and mounts all have a say.
        """
        return self.run(["/bin/sh", "-c", 'test "$0" "$1"', test, path]).returncode == 0


def is_root() -> bool:
    """Tell whether this process may, and therefore must, run the server as somebody else."""
    return os.geteuid() == 0


def choose_account(wanted: str | None, owner_uid: int | None) -> Account:
    """Choose who runs the server.

    wanted: name of an account, used only as root. owner_uid: owner of the data where data already exist; it stays.
    Raises PostgresError where no account fits.
    """
    if not is_root():
        if owner_uid not in {None, os.geteuid()}:
            raise PostgresError(
                f"The database belongs to account {owner_uid}, and this process runs as {os.geteuid()}. "
                "Run Firsthand as that account or as root."
            )
        return Account(str(os.geteuid()), os.geteuid(), os.getegid())
    entry = _service_entry(wanted) if owner_uid is None else _entry_of(owner_uid)
    if entry.pw_uid == 0:
        raise PostgresError(
            "PostgreSQL does not run as root. Name another account in FIRSTHAND_POSTGRES_ACCOUNT, "
            "and give it the data if root owns them."
        )
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _service_entry(wanted: str | None) -> pwd.struct_passwd:
    for name in (wanted,) if wanted else ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise PostgresError(
        f"There is no account {wanted or 'postgres or nobody'} to run PostgreSQL as. "
        "Make one (adduser --system) and name it in FIRSTHAND_POSTGRES_ACCOUNT."
    )


def _entry_of(uid: int) -> pwd.struct_passwd:
    try:
        return pwd.getpwuid(uid)
    except KeyError:
        raise PostgresError(
            f"The database belongs to account number {uid}, which does not exist here. "
            "Give its files to an account that does."
        ) from None
