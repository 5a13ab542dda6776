"""What journeys go by: a town that is served by the real commands, and a browser."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from firsthand.platform.postgres import EmbeddedServer
from tests.conftest import copied_database
from tests.journeys.served import Served, serve_town
from tests.journeys.town import LOOKS, Look
from tests.journeys.walk import Walk, Watch, walking


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--pictures", action="store_true", help="make the README's pictures anew, in docs/pictures/")
    parser.addoption("--looks", metavar="FOLDER", help="keep a picture of every page that a journey looks at")


@pytest.fixture(scope="session")
def watch(request: pytest.FixtureRequest) -> Watch:
    """What was looked at already, and where pictures go."""
    folder = request.config.getoption("--looks")
    if folder is not None:
        Path(folder).mkdir(parents=True, exist_ok=True)
    pictures = request.config.rootpath / "docs" / "pictures" if request.config.getoption("--pictures") else None
    return Watch(pictures, Path(folder) if folder else None)


@pytest.fixture(scope="session")
def served(server: EmbeddedServer) -> Iterator[Served]:
    """A town, its web server and its worker, for all journeys of this process."""
    with (
        tempfile.TemporaryDirectory(prefix="firsthand-journeys-") as folder,
        copied_database(server) as database,
        serve_town(database, Path(folder)) as town,
    ):
        yield town


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A Chromium, Debian's or the one that FIRSTHAND_CHROMIUM names."""
    program = os.environ.get("FIRSTHAND_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(params=LOOKS, ids=str)
def look(request: pytest.FixtureRequest) -> Look:
    """Each language and each width."""
    chosen: Look = request.param
    return chosen


@pytest.fixture
def walk(served: Served, browser: Browser, look: Look, watch: Watch) -> Iterator[Walk]:
    """Somebody's browser, in which nothing may go wrong unseen."""
    with walking(served, browser, look, watch) as begun:
        yield begun
