"""The page from which a person reaches everything of his own."""

from typing import Final

from litestar import Response, get

from firsthand.channels.requests import AnyRequest
from firsthand.channels.web.answers import respond
from firsthand.channels.web.me_contexts import MePage
from firsthand.channels.web.visits import open_visit

_HERE: Final = "/me"


@get(_HERE)
async def show_me(request: AnyRequest) -> Response[str]:
    """Lead to family, sign-in, e-mail and names. It reads nothing of the person."""
    visit = await open_visit(request)
    visit.require_person(_HERE)
    return respond(visit, MePage(visit.frame(_HERE)))


HANDLERS: Final = (show_me,)
