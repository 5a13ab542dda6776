"""Every page and state in a real browser: nothing for axe to find, nothing the policy stops, nothing too wide."""

from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Route, ViewportSize

from firsthand.channels.read_out import READ_OUT
from firsthand.channels.web.render import Page, render
from firsthand.channels.web.words import ERROR_TITLES
from firsthand.platform.i18n import Language
from tests.journeys.axe import violations
from tests.page_samples import HOSPITAL, every_page

pytestmark = pytest.mark.browser

ORIGIN = "http://firsthand.test"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "form-action 'self'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)
KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".woff2": "font/woff2"}
# Each language and each width once; words that wrap otherwise in the other two are looked at in the pictures.
LOOKS = [(Language.CHINESE, 390, 844), (Language.ENGLISH, 1280, 900)]
NARROWEST: ViewportSize = {"width": 320, "height": 640}  # what 400 % zoom leaves of 1280 (WCAG 1.4.10)


def serve(route: Route) -> None:
    """Answer as the server would: a page under the policy, or a built file."""
    path = route.request.url.removeprefix(ORIGIN).split("?")[0]
    if path.startswith("/static/"):
        file = resources.files("firsthand.channels.web").joinpath(path.removeprefix("/"))
        route.fulfill(body=file.read_bytes(), content_type=KINDS[Path(path).suffix])
        return
    language, name = path.removeprefix("/").split("/")
    html = render(pages(Language(language))[name])
    route.fulfill(body=html, content_type="text/html; charset=utf-8", headers={"content-security-policy": POLICY})


def pages(language: Language) -> dict[str, Page]:
    return dict(every_page(language))


@pytest.fixture(scope="module")
def contexts(browser: Browser) -> Iterator[dict[int, BrowserContext]]:
    """A context for each width."""
    made = {width: browser.new_context(viewport={"width": width, "height": height}) for _, width, height in LOOKS}
    for context in made.values():
        context.route("**/*", serve)
        context.new_page()
    yield made
    for context in made.values():
        context.close()


def looked_at() -> list[str]:
    """One page of each kind: errors differ in their words alone, and so do refusals at the desk."""
    alike = {f"error-{status}" for status in ERROR_TITLES} | {f"desk-{reason}" for reason in READ_OUT}
    return [name for name in pages(Language.ENGLISH) if name not in alike - {"error-429", "desk-wrong_person"}]


@pytest.mark.parametrize("name", looked_at())
@pytest.mark.parametrize(("language", "width", "height"), LOOKS)
def test_a_page_is_accessible_and_fits(
    contexts: dict[int, BrowserContext], language: Language, width: int, height: int, name: str
) -> None:
    tab = contexts[width].pages[0]
    tab.set_viewport_size({"width": width, "height": height})
    said: list[str] = []
    tab.once("console", lambda message: said.append(message.text))
    tab.once("pageerror", lambda error: said.append(str(error)))
    tab.goto(f"{ORIGIN}/{language}/{name}")
    assert tab.evaluate("document.fonts.ready.then(fonts => [...fonts].some(font => font.status === 'loaded'))")
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    assert violations(tab) == []
    tab.set_viewport_size(NARROWEST)
    assert tab.evaluate("document.documentElement.scrollWidth") <= NARROWEST["width"]
    assert said == []


def test_axe_finds_what_is_wrong(browser: Browser) -> None:
    tab = browser.new_page()
    tab.set_content("<html><body><img src='data:,'><input></body></html>")
    found = {rule for rule, _nodes in violations(tab)}
    assert {"image-alt", "label", "html-has-lang"} <= found
    tab.close()


def test_a_hold_counts_down_and_then_cannot_be_confirmed(browser: Browser) -> None:
    tab = browser.new_page()
    tab.route("**/*", serve)
    tab.clock.install(time="2030-01-01T00:00:00Z")  # a visitor's clock may be years wrong
    tab.clock.pause_at("2030-01-01T00:01:00Z")
    tab.goto(f"{ORIGIN}/{Language.ENGLISH}/booking-held")
    left = tab.locator("[data-left]")
    assert left.inner_text() == "14 min 20 s left"
    tab.clock.run_for(21_000)
    assert left.inner_text() == "13 min 59 s left"
    assert tab.locator("#announcer").inner_text() == "13 min 59 s left"
    confirm = tab.get_by_role("button", name="Confirm")
    assert confirm.is_enabled()
    tab.clock.run_for(14 * 60_000)
    assert left.inner_text() == "The time has run out. The place may go to somebody else."
    assert confirm.is_disabled()
    tab.close()


PRESS_TWICE = """button => {
  const stopped = []
  document.addEventListener("submit", event => { stopped.push(event.defaultPrevented); event.preventDefault() })
  button.click()
  button.click()
  window.dispatchEvent(new Event("pageshow"))  // as when the browser comes back to the page
  button.click()
  return stopped
}"""


def test_a_form_is_sent_once_however_often_it_is_pressed(contexts: dict[int, BrowserContext]) -> None:
    tab = contexts[390].pages[0]
    tab.goto(f"{ORIGIN}/{Language.ENGLISH}/give-back")
    assert tab.get_by_role("button", name="Yes, give it back").evaluate(PRESS_TWICE) == [False, True, False]


def test_the_list_of_problems_is_read_first(contexts: dict[int, BrowserContext]) -> None:
    tab = contexts[390].new_page()
    tab.goto(f"{ORIGIN}/{Language.ENGLISH}/sign-in-document-problem")
    assert tab.evaluate("document.activeElement.innerText").startswith("There is a problem")
    tab.get_by_role("link", name="Choose the kind of document").click()
    assert tab.evaluate("document.activeElement.id") == "document_type"
    tab.close()


def test_a_search_changes_the_results_and_the_address_alone(contexts: dict[int, BrowserContext]) -> None:
    tab = contexts[1280].new_page()
    asked: list[str] = []

    def search(route: Route) -> None:
        asked.append(route.request.url.removeprefix(ORIGIN))
        route.fulfill(body=render(pages(Language.ENGLISH)["finder-empty"]), content_type="text/html; charset=utf-8")

    tab.route(lambda url: url.startswith(f"{ORIGIN}/?"), search)
    tab.goto(f"{ORIGIN}/{Language.ENGLISH}/finder")
    tab.get_by_label("Department, doctor or service").fill("heart")
    tab.get_by_role("button", name="Search").click()
    tab.get_by_role("heading", name="Nothing was found").wait_for()
    assert asked == ["/?text=heart"]
    assert tab.url == f"{ORIGIN}/?text=heart"
    assert tab.locator("#announcer").inner_text() == "Nothing was found"
    assert tab.get_by_label("Department, doctor or service").input_value() == "heart"
    with tab.expect_response("**/?*"):
        tab.get_by_label("Hospital").select_option(label="第三人民医院")
    assert asked[1:] == [f"/?text=heart&hospital={HOSPITAL.id}"]
    tab.close()
