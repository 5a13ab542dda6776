"""The demo's messages. On every other server there is no such page."""

from typing import Final

from litestar import Response, get

from firsthand.channels.requests import AnyRequest
from firsthand.channels.web.answers import respond
from firsthand.channels.web.contexts import OutboxMessage, OutboxPage
from firsthand.channels.web.page_error import PageError
from firsthand.channels.web.visits import open_visit
from firsthand.messages.actions import read_recent
from firsthand.messages.model import Refused
from firsthand.platform.scope import CityScope

MESSAGES_MAX: Final = 50


@get("/demo/outbox")
async def show_outbox(request: AnyRequest) -> Response[str]:
    """Show the last messages that a demo would have sent."""
    visit = await open_visit(request)
    if not visit.service.demo:
        raise PageError(404)
    scope = CityScope("show the demo's messages")
    found = await read_recent(visit.service.world, visit.caller(), scope, limit=MESSAGES_MAX)
    if isinstance(found, Refused):
        raise PageError(404)
    messages = tuple(OutboxMessage(one.made_at, one.address, one.language, one.body) for one in found)
    return respond(visit, OutboxPage(visit.frame("/demo/outbox"), messages, visit.service.settings.time_zone.key))


HANDLERS: Final = (show_outbox,)
