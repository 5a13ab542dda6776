"""The web application: pages, API, health and figures, put together around one service."""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext

from litestar import Litestar, Response
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme

from firsthand.channels import health
from firsthand.channels.api.errors import problem_for_exception
from firsthand.channels.api.router import api_router
from firsthand.channels.observe import Observe
from firsthand.channels.opening import open_world
from firsthand.channels.requests import AnyRequest
from firsthand.channels.service import open_service
from firsthand.channels.web import pages
from firsthand.channels.web.errors import page_for_exception
from firsthand.platform.settings import Settings
from firsthand.platform.telemetry import configure_logging
from firsthand.platform.world import World

VERSION = "1"


def create_app(world: World, settings: Settings) -> Litestar:
    """Return the application on a world that is open already and stays open."""
    return _assemble(lambda: nullcontext(world), settings)


def from_environment() -> Litestar:
    """Return the application of `firsthand serve`: settings from the environment, the machine's clock, real chance."""
    settings = Settings.read(os.environ)
    configure_logging(settings)
    return _assemble(lambda: open_world(settings), settings)


def _assemble(open_: Callable[[], AbstractAsyncContextManager[World]], settings: Settings) -> Litestar:
    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        async with open_() as world, open_service(world, settings) as service:
            app.state.service = service
            yield

    app = Litestar(
        route_handlers=[api_router(), *health.HANDLERS, *pages.HANDLERS],
        lifespan=[lifespan],
        exception_handlers={Exception: _answer_exception},
        openapi_config=OpenAPIConfig(
            title="Firsthand",
            version=VERSION,
            description="Hospital appointments that stay in patients' hands. docs/api.md leads through it.",
            path="/api",
            render_plugins=[JsonRenderPlugin(path="/openapi.json")],
            components=Components(security_schemes={"bearer": SecurityScheme(type="http", scheme="bearer")}),
        ),
        logging_config=None,
    )
    app.asgi_handler = Observe(app.asgi_handler)
    return app


def _answer_exception(request: AnyRequest, exception: Exception) -> Response[object]:
    """Answer in the caller's own format: the API in problem details, everything else as a page."""
    if request.url.path.startswith("/api/"):
        return problem_for_exception(request, exception)  # type: ignore[return-value]  # a response is a response
    return page_for_exception(request, exception)
