"""Around every request: its id in the logs and the answer, one log line, one measured time, and safe headers."""

import time
from typing import Final

import structlog
from litestar import HttpMethod
from litestar.datastructures import MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from firsthand.channels.requests import AnyRequest, request_id
from firsthand.platform import metrics
from firsthand.platform.telemetry import bound_contextvars

# Anybody may invent a method, and each new one would be a new row of figures for ever.
_METHODS: Final = frozenset(method.value for method in HttpMethod)

_log = structlog.get_logger("firsthand.request")

HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": (
        "camera=(), microphone=(), geolocation=(), "
        "publickey-credentials-get=(self), publickey-credentials-create=(self)"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Observe:
    """Measures and logs each request by its route, never by its path: a path may hold an id.

    It stands around the whole application, so that an address or a method that there is not is observed too.
    """

    def __init__(self, app: ASGIApp) -> None:
        """Stand around `app`."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and write down how it went."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        request: AnyRequest = AnyRequest(scope)
        identity, started, status = request_id(request), time.perf_counter(), 500

        async def observed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableScopeHeaders.from_message(message)
                headers["X-Request-Id"] = identity
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        with bound_contextvars(request_id=identity):
            try:
                await self._app(scope, receive, observed)
            finally:
                seconds = time.perf_counter() - started
                self._record(scope, status, seconds)

    def _record(self, scope: Scope, status: int, seconds: float) -> None:
        route = scope.get("path_template") or "unknown"
        asked = str(scope.get("method"))
        method = asked if asked in _METHODS else "other"
        metrics.REQUESTS.labels(method, route, str(status)).observe(seconds)
        _log.info("request", method=method, route=route, status=status, milliseconds=round(seconds * 1000, 2))
