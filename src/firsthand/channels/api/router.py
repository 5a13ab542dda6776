"""The API's addresses below /api/v1, by who is let in."""

from collections.abc import Sequence
from typing import Final

from litestar import Router
from litestar.datastructures import ResponseHeader
from litestar.handlers import HTTPRouteHandler
from litestar.types import Guard

from firsthand.channels.api import bookings, desk, family, my_data, people, problems, reports, sessions, sign_in
from firsthand.channels.api.access import DEPENDENCIES, admit_person, admit_signed_in, admit_staff
from firsthand.channels.api.body import BODY_BYTES_MAX, check_body
from firsthand.channels.api.errors import problem_for_exception

BEARER: Final = [{"bearer": list[str]()}]


def api_router() -> Router:
    """Return the router of the API's first version."""
    return Router(
        path="/api/v1",
        route_handlers=[
            *sessions.HANDLERS,
            *sign_in.HANDLERS,
            *reports.HANDLERS,
            *people.OPEN_HANDLERS,
            _let_in(admit_signed_in, sign_in.HANDLERS_SIGNED_IN),
            _let_in(admit_person, [*bookings.HANDLERS, *family.HANDLERS, *my_data.HANDLERS]),
            _let_in(admit_staff, [*desk.HANDLERS, *people.HANDLERS]),
        ],
        dependencies=DEPENDENCIES,
        exception_handlers={Exception: problem_for_exception},
        before_request=check_body,
        request_max_body_size=BODY_BYTES_MAX,
        response_headers=[
            ResponseHeader(name=name, value=value, documentation_only=False) for name, value in problems.PRIVATE.items()
        ],
    )


def _let_in(guard: Guard, handlers: Sequence[HTTPRouteHandler]) -> Router:
    return Router(path="/", route_handlers=handlers, guards=[guard], security=BEARER)
