"""Somebody whose browser runs no scripts: he follows links, fills in the forms that he sees, and keeps cookies."""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlencode

import httpx
from litestar import Litestar

from firsthand.channels.app import create_app
from firsthand.identity.document.model import Document
from firsthand.messages.model import StoredMessage
from firsthand.platform.settings import Settings
from firsthand.platform.world import World
from tests.conftest import FreshDatabase
from tests.people import as_owner, said

BASE_URL = "http://pages.test"
FORM = "application/x-www-form-urlencoded"
PASSWORD = "violet harbour lantern"
# Everything that a page's form could change, besides what only counts or records tries.
_KEPT_TABLES = (
    "directory.person", "identity.document", "identity.session", "identity.one_time_code", "messages.message",
    "release.place", "booking.booking", "arrival.check_in", "platform.idempotency", "platform.outbox",
)  # fmt: skip


@dataclass(slots=True)
class Form:
    """A form on a page: where it goes, and its fields with what stands in them."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Form] = []
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.found.append(Form(given.get("action", ""), given.get("method", "get")))
        elif tag == "input" and self.found and given.get("name"):
            if given.get("type") not in {"radio", "checkbox"} or "checked" in given:
                self.found[-1].fields[given["name"]] = given.get("value", "")
        elif tag == "select":
            self._select = given.get("name", "")
        elif tag == "option" and self._select and "selected" in given:
            self.found[-1].fields[self._select] = given.get("value", "")


def forms_of(page: httpx.Response) -> dict[str, Form]:
    """Return the forms of a page by where they go."""
    parser = _Forms()
    parser.feed(page.text)
    return {form.action: form for form in parser.found}


@dataclass(slots=True)
class Visitor:
    """One browser. `page` is what it shows."""

    client: httpx.AsyncClient
    page: httpx.Response = field(default_factory=lambda: httpx.Response(204))

    async def open(self, address: str, headers: Mapping[str, str] | None = None) -> httpx.Response:
        """Open an address, following where it leads."""
        self.page = await self.client.get(address, headers=headers, follow_redirects=True)
        return self.page

    async def send(self, action: str, typed: Mapping[str, str] | None = None) -> httpx.Response:
        """Send a form of the page with what was typed into it, and follow where it leads."""
        fields = {**forms_of(self.page)[action].fields, **(typed or {})}
        self.page = await self.client.post(action, data=fields, follow_redirects=True)
        return self.page

    async def post(self, address: str, body: bytes, headers: Mapping[str, str] | None = None) -> httpx.Response:
        """Post whatever bytes to an address, as a form unless the headers say otherwise."""
        return await self.client.post(address, content=body, headers={"content-type": FORM, **(headers or {})})

    async def sign_in(self, world: World, document: Document, *, next_address: str = "") -> httpx.Response:
        """Sign in as the person with this document, by the code that is sent to him."""
        await self.open(f"/sign-in/document?{urlencode({'next': next_address})}")
        before = {message.id for message in await said(world)}
        await self.send("/sign-in/document", {"document_type": document.type, "document_number": document.number})
        (sent,) = [message for message in await said(world) if message.id not in before]
        return await self.send("/sign-in/code", {"code": code_in(sent)})

    async def sign_in_at_desk(self, number: int = 0) -> httpx.Response:
        """Sign in as the clerk of the hospital with this number."""
        await self.open("/desk/sign-in")
        return await self.send("/desk/sign-in", {"username": f"desk{number}", "password": PASSWORD})


@asynccontextmanager
async def pages(world: World, folder: Path, **settings: str) -> AsyncIterator[Litestar]:
    """Serve the pages of a world from within the test. settings: variables of the environment."""
    environment = {"FIRSTHAND_DATA_DIR": str(folder), "FIRSTHAND_PUBLIC_URL": BASE_URL, **settings}
    app, ready, over = create_app(world, Settings.read(environment)), asyncio.Event(), asyncio.Event()

    async def live() -> None:
        async with app.lifespan():
            ready.set()
            await over.wait()

    # In a task of its own: a fixture is left in another task than it was entered in, which a lifespan does not bear.
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(live())
        await ready.wait()
        yield app
        over.set()


@asynccontextmanager
async def visiting(app: Litestar, *, language: str = "en", base_url: str = BASE_URL) -> AsyncIterator[Visitor]:
    """Open a browser that wants a language."""
    headers = {"accept-language": language}
    transport = httpx.ASGITransport(app)  # type: ignore[arg-type]  # Litestar tells its scopes apart by type
    async with httpx.AsyncClient(transport=transport, base_url=base_url, headers=headers) as client:
        yield Visitor(client)


def code_in(message: StoredMessage) -> str:
    """Return the one-time code that a message tells."""
    found = re.search(r"(?<!\d)\d{6}(?!\d)", message.body)
    assert found is not None, message
    return found[0]


def kept(database: FreshDatabase) -> dict[str, str]:
    """Return a digest of everything that is kept, by table: what changed can be told from what did not."""
    return {
        table: hashlib.sha256(
            repr(as_owner(database, f"SELECT t::text FROM {table} t ORDER BY 1")).encode()
        ).hexdigest()
        for table in _KEPT_TABLES
    }
