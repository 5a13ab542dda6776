"""`firsthand serve`: the web server's processes, each with its own connections."""

import asyncio
import ctypes
import multiprocessing
import os
import signal
import socket
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from importlib import import_module
from typing import Any, Final

import structlog
from granian import Granian
from granian.constants import Interfaces, Loops
from granian.errors import ConfigurationError
from granian.log import LogLevels

from firsthand.channels.cli.output import AsJson, fail, give, people, read_settings
from firsthand.channels.opening import check, keep_database, open_keyring, prepare
from firsthand.messages.senders.opening import read_report_key
from firsthand.platform.deployment import DeploymentKind
from firsthand.platform.settings import Settings

APPLICATION: Final = "firsthand.channels.app:from_environment"

# Requests in flight when the server is told to stop have this long to end; then the process is killed.
_FINISH_SECONDS_MAX: Final = 20
_PR_SET_PDEATHSIG: Final = 1  # linux/prctl.h

_log = structlog.get_logger(__name__)

_LOGGING: Final[dict[str, Any]] = {  # everything passes through our own handler
    "formatters": {},
    "handlers": {},
    "loggers": {"_granian": {"level": "WARNING", "propagate": True}, "granian.access": {"level": "WARNING"}},
}


def serve(*, as_json: AsJson = False) -> None:
    """Answer requests for pages and the API, until stopped.

    The embedded database is brought to this version first; any other one is left as it is, and has to be ready.
    SIGTERM or Ctrl-C lets it finish what is in flight. Messages, sealing and expiry are `firsthand worker`'s work.

    Example: `FIRSTHAND_PORT=8080 firsthand serve`
    """
    serve_web(read_settings(), DeploymentKind.LIVE)
    give({"stopped": True}, as_json=as_json)


def serve_web(settings: Settings, kind: DeploymentKind) -> None:
    """Serve a database that was made for `kind`, until SIGTERM or SIGINT. The children read the same environment.

    Raises OpeningError, PostgresError, MigrationError, KeyringError, SettingsError.
    """
    read_report_key(settings)  # a child that cannot read it would end without a word to whoever started this
    with ExitStack() as stack:
        logins = stack.enter_context(keep_database(settings))
        if settings.database is None:
            asyncio.run(prepare(settings, logins, kind))
        asyncio.run(check(logins, kind))
        asyncio.run(open_keyring(settings, logins))  # likewise, and with the message that says what to do
        if not _is_free(settings):
            fail(f"Port {settings.port} of {settings.host} is taken: stop what uses it, or choose another port.")
        if settings.web_processes > 1:
            # The children find it before they import the metrics: their counts then live in files that all share.
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="firsthand-metrics-"))
            os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        multiprocessing.set_start_method("spawn", force=True)  # children begin with nothing of this process
        server = _server(settings)
        _log.info("server_started", processes=settings.web_processes)
        people.print(f"Firsthand answers at {settings.base_url}", markup=False)
        _run(server)
        _log.info("server_stopped")


def load_application(target: str) -> Callable[..., Any]:
    """Make the application in a child process, which ends with its parent."""
    end_with_parent()
    module, _, factory = target.partition(":")
    application: Callable[..., Any] = getattr(import_module(module), factory)()
    return application


def end_with_parent() -> None:
    """Let this child process end with its parent, however that one ends. On Linux alone."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _server(settings: Settings) -> Granian:  # type: ignore[valid-type]  # granian chooses the class when it is imported
    try:
        return Granian(
            APPLICATION,
            address=settings.host,
            port=settings.port,
            interface=Interfaces.ASGI,
            workers=settings.web_processes,
            loop=Loops.uvloop,
            websockets=False,
            backlog=1024,
            log_level=LogLevels.warning,
            log_dictconfig=_LOGGING,
            respawn_failed_workers=True,  # unless they fail at once again
            workers_kill_timeout=_FINISH_SECONDS_MAX,
        )
    except ConfigurationError as error:
        fail(f"The web server cannot be set up: {error}.")


def _run(server: Any) -> None:  # noqa: ANN401 - as above
    try:
        server.serve(target_loader=load_application)
    except SystemExit as end:
        # Ctrl-C reaches the children first, which the server takes for a failure of theirs.
        if end.code and not server.interrupt_signal:
            fail("A process of the web server ended by itself: the log above says why.")


def _is_free(settings: Settings) -> bool:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError:
            return False
    return True
