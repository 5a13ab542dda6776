"""Logs: one event a line on standard error, with the request's id and without personal data.

Everything that is logged passes the same processors, also what the libraries say through Python's own logging. A fact
whose name says that it is personal or secret is masked, and so is whatever looks like an identity number in free text.
"""

import logging
import re
import sys
from collections.abc import Mapping
from typing import Any, Final

import structlog
from structlog.contextvars import bound_contextvars, merge_contextvars
from structlog.stdlib import ProcessorFormatter
from structlog.types import EventDict, Processor, WrappedLogger

from firsthand.platform.settings import LogFormat, Settings

__all__ = ["bound_contextvars", "configure_logging"]

MASK: Final = "***"

# Names of facts that hold a person's data or a secret, alone or as the end of a longer name ("patient_phone").
_PRIVATE: Final = frozenset(
    {
        "address", "authorization", "blind_index", "body", "claim", "conninfo", "cookie", "display_name", "document",
        "dsn", "id_number", "key_pem", "number", "passphrase", "password", "person_name", "phone", "secret", "token",
    }
)  # fmt: skip
# These are private alone, but not at the end of a longer name: "task_name" and "status_code" say nothing of anybody.
_PRIVATE_ALONE: Final = frozenset({"code", "name", "username"})

# 18 characters of a resident identity number. Source: GB 11643-1999.
_IDENTITY_NUMBER: Final = re.compile(r"(?<!\w)\d{17}[\dXx](?!\w)")
# PostgreSQL shows the row that an error is about in these lines.
_ROW_SHOWN: Final = re.compile(r"^(DETAIL|CONTEXT): .*$", re.MULTILINE)

# Libraries whose ordinary day is of no interest: a line for every job, or for every try to connect anew.
_QUIET: Final = {"procrastinate": logging.WARNING, "psycopg.pool": logging.ERROR, "httpx": logging.WARNING}


def configure_logging(settings: Settings) -> None:
    """Send every log line of this process to standard error, in the format and from the level that are set."""
    shared: list[Processor] = [
        merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        mask_private,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *shared,
            ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,  # a logger made before this call must follow it too
    )
    as_json = settings.log_format is LogFormat.JSON
    renderer = structlog.processors.JSONRenderer(ensure_ascii=False) if as_json else structlog.dev.ConsoleRenderer()
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        ProcessorFormatter(foreign_pre_chain=shared, processors=[ProcessorFormatter.remove_processors_meta, renderer])
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings.log_level_number)
    for name, level in _QUIET.items():
        logging.getLogger(name).setLevel(max(level, settings.log_level_number))
    logging.captureWarnings(capture=True)


def mask_private(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Mask what is personal or secret, by the names of facts and by the look of text."""
    return {name: _masked(name, value) for name, value in event.items()}


def _masked(name: str, value: Any) -> Any:  # noqa: ANN401 - anything can be logged
    if _is_private(name):
        return MASK
    if isinstance(value, str):
        return _IDENTITY_NUMBER.sub(MASK, _ROW_SHOWN.sub(rf"\1: {MASK}", value))
    if isinstance(value, Mapping):
        return {str(inner): _masked(str(inner), item) for inner, item in value.items()}
    if isinstance(value, list | tuple) and not hasattr(value, "_fields"):
        return [_masked("", item) for item in value]
    return value


def _is_private(name: str) -> bool:
    lowered = name.lower().replace("-", "_")
    return lowered in _PRIVATE_ALONE or any(
        lowered == private or lowered.endswith(f"_{private}") for private in _PRIVATE
    )
