"""Locks between processes, as whole-file locks that the kernel drops when their last holder dies."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from firsthand.platform.postgres.account import PostgresError


@contextmanager
def waiting_turn(path: Path) -> Iterator[None]:
    """Hold the lock alone; wait for as long as another process has it."""
    descriptor = _open(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def try_alone(path: Path) -> int | None:
    """Return a descriptor that holds the lock alone, or None where anybody else holds it.

    Programs that inherit the descriptor hold the lock too, until the last of them has ended.
    """
    descriptor = _open(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def share(path: Path) -> int:
    """Return a descriptor that holds the lock together with others that share it."""
    descriptor = _open(path)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    return descriptor


def let_go(descriptor: int) -> None:
    """Give up a lock, also on behalf of forked children that still have the descriptor."""
    fcntl.flock(descriptor, fcntl.LOCK_UN)
    os.close(descriptor)


def _open(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise PostgresError(
            f"{path} cannot be used: {error.strerror}. Run as the account that started the server first."
        ) from error
