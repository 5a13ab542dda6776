"""How this works, in words."""

from typing import Final

from litestar import Response, get

from firsthand.channels.requests import AnyRequest
from firsthand.channels.web.answers import respond
from firsthand.channels.web.contexts import AboutPage
from firsthand.channels.web.facts import hold_minutes, read_policy
from firsthand.channels.web.visits import open_visit


@get("/about")
async def show_about(request: AnyRequest) -> Response[str]:
    """Say how appointments are given here."""
    visit = await open_visit(request)
    policy = await read_policy(visit.service.world)
    return respond(visit, AboutPage(visit.frame("/about"), hold_minutes(policy)))


HANDLERS: Final = (show_about,)
