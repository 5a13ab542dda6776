"""The built files: style sheet, script, font and mark."""

from importlib import resources
from pathlib import Path
from typing import Any, Final

from litestar import Response, Router
from litestar.static_files import create_static_files_router

# A file's address bears a mark of its content (render.asset), so what was once fetched never changes. The style sheet
# names the font without one: another font, or another version of it, must have another name.
_FOR_EVER: Final = "public, max-age=31536000, immutable"


async def _keep(response: Response[Any]) -> Response[Any]:
    response.headers["Cache-Control"] = _FOR_EVER
    return response


def static_files() -> Router:
    """Return the router of the built files."""
    folder = Path(str(resources.files("firsthand.channels.web").joinpath("static")))
    return create_static_files_router("/static", [folder], after_request=_keep, include_in_schema=False)
