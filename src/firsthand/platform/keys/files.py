"""Files that hold secrets: for their owner alone, replaced whole or not at all, and on disk once written."""

import contextlib
import os
import secrets
import stat
from pathlib import Path
from typing import Final

_PRIVATE_FILE_MODE: Final = 0o600
_PRIVATE_FOLDER_MODE: Final = 0o700
_LENGTH_MAX: Final = 1 << 20


class KeyringError(Exception):
    """Keys are missing, unreadable or open to others. The message says which, and what to do."""


def read_private(path: Path) -> bytes:
    """Return what a secret file holds. Raises KeyringError for one that is missing, no file, or open to others."""
    try:
        # Asked of what was opened, and no link is followed: between two looks the name may come to mean another file.
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise KeyringError(_cannot_read(path, error)) from error
    try:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            raise KeyringError(f"{path} is not a file: restore it from its backup")
        if found.st_mode & 0o077:
            raise KeyringError(f"{path} can be read by others: run `chmod 600 {path}`")
        with os.fdopen(handle, "rb", closefd=False) as file:
            return file.read(_LENGTH_MAX)
    except OSError as error:
        raise KeyringError(_cannot_read(path, error)) from error
    finally:
        os.close(handle)


def write_private(path: Path, body: bytes) -> None:
    """Make a secret file of mode 0600 in a folder of mode 0700. Never overwrites one. Raises KeyringError."""
    path.parent.mkdir(mode=_PRIVATE_FOLDER_MODE, parents=True, exist_ok=True)
    try:
        _write(path, body)
        _keep_name(path.parent)
    except OSError as error:
        raise KeyringError(f"cannot write {path}: {error.strerror}") from error


def replace_private(path: Path, body: bytes) -> None:
    """Put another content in place of a secret file's, at one blow: whoever reads has the old one or the new one.

    The owner of the file stays. Raises KeyringError, and then the old content is still there.
    """
    half = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        before = path.lstat()
        if not stat.S_ISREG(before.st_mode):
            raise KeyringError(f"{path} is not a file: restore it from its backup")
        _write(half, body)
        if os.geteuid() == 0:
            os.chown(half, before.st_uid, before.st_gid)
        half.replace(path)
        _keep_name(path.parent)
    except OSError as error:
        raise KeyringError(f"cannot write {path}: {error.strerror}") from error
    finally:
        with contextlib.suppress(OSError):
            half.unlink()


def _write(path: Path, body: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _PRIVATE_FILE_MODE)
    with os.fdopen(handle, "wb") as file:
        file.write(body)
        file.flush()
        os.fsync(handle)


def _keep_name(folder: Path) -> None:
    """Bring a folder's names to the disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _cannot_read(path: Path, error: OSError) -> str:
    if path.is_symlink():
        return f"{path} is a symbolic link: put the file itself there, so that nobody can point it elsewhere"
    return f"cannot read {path}: {error.strerror}. Without its keys the data cannot be opened: restore them."
