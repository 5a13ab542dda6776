"""A walk through the pages in one browser window, in which nothing may go wrong unseen."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from uuid import UUID

import segno
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Response, expect

from firsthand.platform.i18n import say
from tests.journeys.axe import violations
from tests.journeys.served import Served
from tests.journeys.town import Look, Somebody, Town

WAIT_MS = 30_000
CLIENT_ERROR = 400
WIDE = 800
_addresses = count(1)
_SCREEN_TOO_NARROW = "document.documentElement.scrollWidth - window.innerWidth"
# What is on its way is pale, and is not what people read.
# Every animation has ended; one that never ends, or that a hidden page does not run, is waited for 5 s and no longer.
_AT_REST = """Promise.race([
    Promise.allSettled(document.getAnimations().map(one => one.finished)),
    new Promise(done => setTimeout(done, 5000)),
]).then(() => null)"""
_DRAWN = """path => (size, border) => Array.from({length: size}, (_, y) => Array.from({length: size}, (_, x) =>
  path.isPointInStroke(new DOMPoint(border + x + 0.5, border + y + 0.5)) ? 1 : 0))"""


@dataclass(slots=True)
class Watch:
    """Where pictures go, and which states of pages were examined already: one examination of each look is enough."""

    pictures: Path | None
    looks: Path | None
    seen: set[tuple[str, str]] = field(default_factory=set)


class Walk:
    """One visitor's window. What is written on buttons and links is asked for in English and found in his language."""

    def __init__(self, context: BrowserContext, served: Served, look: Look, watch: Watch) -> None:
        """Open an empty window."""
        self.context = context
        self.served = served
        self.look = look
        self.tab: Page = context.new_page()
        self._watch = watch
        self._wrong: list[str] = []
        context.on("console", self._hear)
        context.on("weberror", lambda error: self._wrong.append(str(error.error)))
        context.on("response", self._notice)

    @property
    def town(self) -> Town:
        """The town that is walked in."""
        return self.served.town

    def say(self, message: str, **values: object) -> str:
        """Return a sentence of the pages in the visitor's language."""
        return say(self.look.language, message, **values)

    def open(self, address: str) -> None:
        """Open an address of the site."""
        self.tab.goto(f"{self.served.address}{address}")

    def button(self, name: str) -> Locator:
        """Return the button with this name in the page's content."""
        return self.tab.get_by_role("main").get_by_role("button", name=self.say(name), exact=True)

    def link(self, name: str) -> Locator:
        """Return the first link with this name, wherever it stands."""
        return self.tab.get_by_role("link", name=self.say(name), exact=True).first

    def box(self, label: str) -> Locator:
        """Return the field with this label."""
        return self.tab.get_by_label(self.say(label), exact=True)

    def heading(self) -> str:
        """Return the page's one main heading."""
        return self.tab.locator("h1").inner_text()

    def reads(self, message: str, **values: object) -> None:
        """Check that a sentence of the pages can be read on this one."""
        expect(self.tab.get_by_role("main")).to_contain_text(self.say(message, **values))

    def arrive(self, title: str) -> None:
        """Wait for the page with this main heading."""
        expect(self.tab.locator("h1")).to_have_text(re.compile(f"{re.escape(self.say(title))}$"))

    def examine(self, name: str) -> None:
        """Look at the page as it stands: it fits, it is told well to every reader, and nothing was complained of.

        name: of the page's state, for the pictures.
        """
        expect(self.tab.locator(".htmx-request")).to_have_count(0)
        self.tab.evaluate(_AT_REST)
        assert self.tab.evaluate(_SCREEN_TOO_NARROW) <= 0, f"{name} is wider than the screen"
        assert self.tab.evaluate("document.documentElement.lang") == self.look.language
        self.be_content(name)
        if (name, str(self.look)) in self._watch.seen:
            return
        self._watch.seen.add((name, str(self.look)))
        found = violations(self.tab)
        assert not found, f"{name}: {found}"
        if self._watch.looks is not None:
            self.tab.screenshot(path=self._watch.looks / f"{self.look}-{name}.png", full_page=True)

    def be_content(self, name: str) -> None:
        """Check that neither a page nor the server complained so far."""
        assert not self._wrong, f"{name}: {self._wrong}"

    def picture(self, name: str, *, look: Look, height: int) -> None:
        """Take one of the README's pictures, where they are wanted. look: which walk does; height: in pixels."""
        if self._watch.pictures is None or self.look != look:
            return
        self.tab.evaluate("window.scrollTo(0, 0)")
        self.tab.screenshot(
            path=self._watch.pictures / f"{name}.png",
            full_page=True,
            clip={"x": 0, "y": 0, "width": look.width, "height": height},
        )

    # --- what many journeys begin with --------------------------------------------------------------------------------

    def be(self, token: str) -> None:
        """Be signed in by a session that was opened without the pages."""
        self.context.add_cookies([{"name": "firsthand_session", "value": token, "url": self.served.address}])

    def be_somebody(self) -> Somebody:
        """Be a person who is registered and signed in."""
        person = self.served.register(self.look)
        self.be(self.served.sign_in(person))
        return person

    def read_code(self, phone: str) -> str:
        """Read the newest one-time code to a phone in the demo's messages, in a window of its own."""
        with self.context.expect_page() as opened:
            self.tab.get_by_role("main").locator("a[href='/demo/outbox']").click()
        messages = opened.value
        messages.wait_for_load_state()
        message = messages.locator("li.fh-card").filter(has_text=phone).first.inner_text()
        front, self.tab = self.tab, messages
        self.examine("outbox")
        self.tab = front
        messages.close()
        found = re.search(r"(?<!\d)\d{6}(?!\d)", message.replace(phone, ""))
        assert found is not None, message
        return found[0]

    def session_link(self, session_id: UUID) -> Locator:
        """Return the link that leads to a session."""
        return self.tab.locator(f"a[href='/sessions/{session_id}']")

    def shown_code(self) -> str:
        """Return the booking's code that the page shows, once its square is known to say the same."""
        code = "".join(self.tab.locator(".fh-code__groups span:not(.nhsuk-u-visually-hidden)").all_inner_texts())
        matrix = segno.make(code, error="m", micro=False).matrix
        square = self.tab.locator(".fh-code__square svg")
        size = len(matrix)
        # What is asked is the drawing itself, point for point.
        path = square.locator("path[stroke]")
        border = (int(str(square.get_attribute("viewBox")).split()[2]) - size) / 2
        drawn = path.evaluate(f"(path, [size, border]) => ({_DRAWN})(path)(size, border)", [size, border])
        assert drawn == [list(row) for row in matrix]
        box = square.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 150
        return code

    def _hear(self, message: ConsoleMessage) -> None:
        # A page that is answered with a 4xx is among the first; what else could not be loaded is noticed below. The
        # others are how htmx tells that a search gave way to the next one; one that failed is told of once more.
        expected = ("Failed to load resource", "htmx:afterRequest", "htmx:sendAbort")
        if message.type in {"error", "warning"} and not message.text.startswith(expected):
            self._wrong.append(f"{message.type}: {message.text}")

    def _notice(self, response: Response) -> None:
        page = response.request.is_navigation_request()
        if response.status >= 500 or (response.status >= CLIENT_ERROR and not page):
            self._wrong.append(f"{response.status} for {response.url}")


@contextmanager
def walking(served: Served, browser: Browser, look: Look, watch: Watch, *, scripts: bool = True) -> Iterator[Walk]:
    """Open a browser's window in a look, from an address of its own. scripts: whether they run."""
    number = next(_addresses)
    context = browser.new_context(
        viewport={"width": look.width, "height": look.height},
        device_scale_factor=2 if watch.pictures is not None and look.width < WIDE else 1,
        locale={"en": "en-GB", "zh-Hans": "zh-CN"}[look.language],
        java_script_enabled=scripts,
        extra_http_headers={"X-Forwarded-For": f"10.0.{number // 250}.{number % 250 + 1}"},
    )
    context.set_default_timeout(WAIT_MS)
    expect.set_options(timeout=WAIT_MS)
    walk = Walk(context, served, look, watch)
    yield walk
    walk.be_content("at the end")
    context.close()
