"""Keeping the server up: whoever serves people for months starts it again when something killed it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import structlog

from firsthand.platform.postgres.account import PostgresError
from firsthand.platform.postgres.server import EmbeddedServer

_LOOK_SECONDS: Final = 1.0

_log = structlog.get_logger(__name__)


@contextmanager
def kept_up(server: EmbeddedServer) -> Iterator[None]:
    """Start the server again whenever it has gone, for as long as the block lasts.

    It is watched from a thread, because starting it blocks, and may take as long as the recovery after a crash.
    """
    over = threading.Event()
    keeper = threading.Thread(target=_keep_up, args=(server, over), name="postgres-keeper", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        over.set()
        keeper.join()


def _keep_up(server: EmbeddedServer, over: threading.Event) -> None:
    while not over.wait(_LOOK_SECONDS):
        try:
            if server.start_again():
                _log.warning("database_started_again")
        except PostgresError as error:
            _log.error("database_not_started", reason=str(error))
