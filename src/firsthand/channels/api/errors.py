"""Every exception of an API request as problem details: nothing a client sends gets another answer."""

from collections.abc import Mapping
from typing import Any, Final

import structlog
from litestar import Response
from litestar.exceptions import HTTPException, MethodNotAllowedException, ValidationException

from firsthand.channels import retry
from firsthand.channels.api import problems
from firsthand.channels.api.problems import ApiError, Problem
from firsthand.channels.requests import AnyRequest, request_id
from firsthand.platform.database import Unavailable
from firsthand.platform.gather import Overloaded

_FAULT: Final = 500
# What a client calls what a handler's parameter is called.
_OUTSIDE: Final[Mapping[str, str]] = {"data": "body", "from_": "from"}
_log = structlog.get_logger(__name__)


def problem_for_exception(request: AnyRequest, exception: Exception) -> Response[Problem]:
    """Return the problem that the client is told. Only what is a fault of the server is logged as one."""
    instance = request_id(request)
    match exception:
        case ApiError():
            return problems.respond(exception.problem, exception.headers)
        case Overloaded() | Unavailable():
            return _busy(exception, instance)
        case ValidationException():
            # Litestar's own sentence ends in the whole address, which may hold what somebody searched for.
            detail = "; ".join(_field_problems(exception.extra)) or exception.detail.partition(" for path ")[0]
            return problems.respond(problems.make(400, "invalid_request", detail, instance))
        case MethodNotAllowedException():
            detail = "This address does not know this method."
            return problems.respond(problems.make(405, "method_not_allowed", detail, instance), exception.headers)
        case HTTPException() if exception.status_code < _FAULT:
            return _of_status(exception.status_code, exception.headers, instance)
        case _:
            _log.error("request_failed", exc_info=exception)
            detail = f"It is not your fault and nothing half done was kept. Quote {instance} when you report it."
            return problems.respond(problems.make(500, "server_fault", detail, instance))


def _busy(exception: Exception, instance: str) -> Response[Problem]:
    if not isinstance(exception, Overloaded):
        _log.error("database_unavailable", exc_info=exception)
    detail = "Nothing that was acknowledged is lost. Send the same request again, with the same Idempotency-Key."
    return problems.respond(problems.make(503, "try_again", detail, instance), {"Retry-After": str(retry.BUSY_SECONDS)})


def _of_status(status: int, headers: Mapping[str, str] | None, instance: str) -> Response[Problem]:
    reasons = {
        400: ("invalid_request", "The request cannot be read: send JSON in UTF-8 as the API's description says."),
        404: ("unknown_address", "There is nothing at this address."),
        413: ("body_too_large", "The body is larger than any request of this API."),
    }
    reason, detail = reasons.get(status, ("invalid_request", "The request is not accepted."))
    return problems.respond(problems.make(status, reason, detail, instance), headers)


def _field_problems(extra: Any) -> list[str]:  # noqa: ANN401 - whatever Litestar says of a field
    entries = [entry for entry in extra if isinstance(entry, dict)] if isinstance(extra, list) else []
    return [
        f"{_OUTSIDE.get(key := entry.get('key', 'body'), key)}: {entry.get('message', 'not accepted')}"
        for entry in entries
    ]
