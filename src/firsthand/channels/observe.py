"""Around every request: its id in the logs and the answer, one log line, one measured time, and safe headers."""

import time
from typing import Final

import structlog
from litestar.datastructures import MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from firsthand.channels.requests import AnyRequest, request_id
from firsthand.platform import metrics
from firsthand.platform.telemetry import bound_contextvars

_log = structlog.get_logger("firsthand.request")

HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Observe(ASGIMiddleware):
    """Measures and logs each request by its route, never by its path: a path may hold an id."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Pass the request on, and write down how it went."""
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
                await next_app(scope, receive, observed)
            finally:
                seconds = time.perf_counter() - started
                self._record(scope, status, seconds)

    def _record(self, scope: Scope, status: int, seconds: float) -> None:
        route, method = scope.get("path_template") or "unknown", str(scope.get("method"))
        metrics.REQUESTS.labels(method, route, str(status)).observe(seconds)
        _log.info("request", method=method, route=route, status=status, milliseconds=round(seconds * 1000, 2))
