"""The API's addresses below /api/v1."""

from litestar import Router

from firsthand.channels.api import bookings, desk, sessions, sign_in
from firsthand.channels.api.access import DEPENDENCIES
from firsthand.channels.api.errors import problem_for_exception

BODY_BYTES_MAX = 65_536


def api_router() -> Router:
    """Return the router of the API's first version."""
    return Router(
        path="/api/v1",
        route_handlers=[*sessions.HANDLERS, *sign_in.HANDLERS, *bookings.HANDLERS, *desk.HANDLERS],
        dependencies=DEPENDENCIES,
        exception_handlers={Exception: problem_for_exception},
        request_max_body_size=BODY_BYTES_MAX,
        security=[{"bearer": []}],
    )
