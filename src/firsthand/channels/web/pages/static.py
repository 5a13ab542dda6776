"""The built files: style sheet, script, font and mark."""

import re
from importlib import resources
from pathlib import Path
from typing import Any, Final

from litestar import Response, Router
from litestar.static_files import create_static_files_router

from firsthand.channels.requests import AnyRequest
from firsthand.channels.web.page_error import PageError

# A file's address bears a mark of its content (render.asset), so what was once fetched never changes. The style sheet
# names the font without one: another font, or another version of it, must have another name.
_FOR_EVER: Final = "public, max-age=31536000, immutable"
# A name that no file system takes (with a NUL in it, or endless) is a file that there is not, and no failure of ours.
_NAME: Final = re.compile(r"/static/[A-Za-z0-9._/-]{1,200}")


async def _look(request: AnyRequest) -> None:
    """Let only names go on that a built file could have. Raises PageError 404."""
    if _NAME.fullmatch(request.url.path) is None:
        raise PageError(404)


async def _keep(response: Response[Any]) -> Response[Any]:
    response.headers["Cache-Control"] = _FOR_EVER
    return response


def static_files() -> Router:
    """Return the router of the built files."""
    folder = Path(str(resources.files("firsthand.channels.web").joinpath("static")))
    return create_static_files_router(
        "/static", [folder], before_request=_look, after_request=_keep, include_in_schema=False
    )
