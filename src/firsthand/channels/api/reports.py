"""What became of messages, as the SMS gateway reports it: signed with a secret that it shares with this house."""

from typing import Final

import structlog
from litestar import Request, post
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody

from firsthand.audit.model import ActorKind, Caller, Channel
from firsthand.channels.api import problems
from firsthand.channels.api.problems import ApiError, documented
from firsthand.channels.api.schemas import MessageReportIn
from firsthand.channels.requests import AnyConnection, AnyRequest, request_id, service_of
from firsthand.messages.actions import take_report
from firsthand.messages.model import ReportedState
from firsthand.messages.reports import is_genuine

STAMP_HEADER: Final = "Firsthand-Time"
SIGNATURE_HEADER: Final = "Firsthand-Signature"
CHALLENGE: Final = {"WWW-Authenticate": SIGNATURE_HEADER}

_log = structlog.get_logger(__name__)


async def admit_gateway(connection: AnyConnection, _handler: BaseRouteHandler) -> None:
    """Let in what the SMS gateway signed lately, before anything of it is read. Raises ApiError 401 or 404."""
    service = service_of(connection)
    if service.report_key is None:
        detail = "This server takes no delivery reports."
        raise ApiError(problems.make(404, "not_found", detail, request_id(connection)))
    body = await _body_of(connection)
    stamp, signature = connection.headers.get(STAMP_HEADER, ""), connection.headers.get(SIGNATURE_HEADER, "")
    if not is_genuine(service.report_key, stamp, signature, body, now=service.world.clock.now()):
        # Nothing of what was sent is logged: it is whoever's.
        _log.warning("message_report_not_signed", request_id=request_id(connection))
        detail = (
            f"Sign the time and the body, and send both: {STAMP_HEADER}, {SIGNATURE_HEADER}. See docs/operations.md."
        )
        raise ApiError(problems.make(401, "not_signed", detail, request_id(connection)), CHALLENGE)


@post(
    "/message-reports",
    status_code=204,
    summary="Report what became of a message",
    tags=["gateway"],
    guards=[admit_gateway],
    responses=documented(401, 404, body=True),
)
async def report_message(request: AnyRequest, data: JSONBody[MessageReportIn]) -> None:
    """Note that an SMS was delivered, or was not. The answer is the same for a message that is settled or not known."""
    caller = Caller(ActorKind.SYSTEM, None, Channel.API, request_id(request))
    await take_report(service_of(request).world, caller, data.id, ReportedState(data.state))


async def _body_of(connection: AnyConnection) -> bytes:
    if not isinstance(connection, Request):
        raise TypeError("a report comes by an HTTP request")
    return await connection.body()


HANDLERS: Final = (report_message,)
