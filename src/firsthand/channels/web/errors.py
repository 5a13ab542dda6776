"""Every exception of a page's request as a page: no visitor is left with a bare line of text."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

import structlog
from litestar import Response
from litestar.exceptions import HTTPException

from firsthand.channels.requests import AnyRequest, request_id
from firsthand.channels.web.answers import lead_on, respond
from firsthand.channels.web.contexts import ErrorPage
from firsthand.channels.web.forms import local_address
from firsthand.channels.web.page_error import PageError, SignInNeededError
from firsthand.channels.web.visits import visit_so_far
from firsthand.channels.web.words import ERROR_TITLES
from firsthand.platform.database import Unavailable
from firsthand.platform.gather import Overloaded

# People take longer than programs to ask again.
BUSY_SECONDS: Final = 5
_FIRST_SERVER_FAULT: Final = 500
_KEPT_HEADERS: Final = frozenset({"allow"})
_log = structlog.get_logger(__name__)


def page_for_exception(request: AnyRequest, exception: Exception) -> Response[Any]:
    """Return the page that the visitor is shown. Only what is a fault of the server is logged as one."""
    match exception:
        case SignInNeededError():
            return lead_on(exception.address)
        case PageError():
            return _page(request, exception.status, exception.retry_seconds)
        case Overloaded():
            return _page(request, 503, BUSY_SECONDS)
        case Unavailable():
            _log.error("database_unavailable", exc_info=exception)
            return _page(request, 503, BUSY_SECONDS)
        case HTTPException() if exception.status_code < _FIRST_SERVER_FAULT:
            return _page(request, exception.status_code, headers=exception.headers)
        case _:
            _log.error("request_failed", exc_info=exception)
            return _page(request, 500)


def _page(
    request: AnyRequest, status: int, retry_seconds: int | None = None, headers: Mapping[str, str] | None = None
) -> Response[str]:
    # A status without words of its own is told in those of its kind.
    told = status if status in ERROR_TITLES else 400 if status < _FIRST_SERVER_FAULT else 500
    visit = visit_so_far(request)
    # In the other language the page is the same, where it was asked for and not posted to.
    address = local_address(quote(request.url.path)) if request.method == "GET" else ""
    page = ErrorPage(visit.frame(address or "/"), told, request_id(request), retry_seconds)
    response = respond(visit, page, status=status, retry_seconds=retry_seconds)
    for name, value in (headers or {}).items():
        if name.lower() in _KEPT_HEADERS:
            response.headers[name] = value
    return response
