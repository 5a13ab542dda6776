"""The folder of the server's socket: private to the account, and short enough for the kernel."""

import hashlib
import os
import stat
import tempfile
from pathlib import Path

from firsthand.platform.postgres.account import Account, PostgresError
from firsthand.platform.postgres.cluster import make_folder

PORT = 5432  # names the socket; nothing listens on TCP

_ADDRESS_BYTES_MAX = 107  # of a Unix socket, sun_path less its final NUL


def socket_folder(home: Path, account: Account) -> Path:
    """Return the folder for the socket of the cluster in `home`, made where it is missing.

    It is `home/socket`, or where that is too long, a folder below the temporary one that is named after `home`.
    Raises PostgresError where the folder is not the account's alone.
    """
    name = f"firsthand-{hashlib.sha256(os.fsencode(home)).hexdigest()[:16]}"
    temporary = Path(tempfile.gettempdir())
    folder = next(
        (place for place in (home / "socket", temporary / name, Path("/tmp") / name) if _fits(place)),  # noqa: S108 - the folder is ours alone, see below
        None,
    )
    if folder is None:
        raise PostgresError(f"No folder for the server's socket has a short enough name. Move {home} to a shorter one.")
    try:
        make_folder(folder, 0o700, account)
    except FileExistsError:
        pass
    except OSError as error:
        raise PostgresError(f"The folder for the server's socket cannot be made: {error}") from error
    found = folder.lstat()  # not stat: in a folder that all can write, a link may be anybody's
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != account.uid or found.st_mode & 0o077:
        raise PostgresError(
            f"{folder} is not a folder that account {account.name} has to itself. Remove it, then retry."
        )
    if not account.can("-w", folder):
        raise PostgresError(f"Account {account.name} cannot reach {folder}. Set TMPDIR to a folder that it can reach.")
    return folder


def _fits(folder: Path) -> bool:
    return len(os.fsencode(folder / f".s.PGSQL.{PORT}")) <= _ADDRESS_BYTES_MAX
