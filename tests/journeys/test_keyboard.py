"""Booking with the keyboard alone: everything is reached by Tab, in sight, and seen to have the focus."""

import pytest
from playwright.sync_api import Locator, expect

from tests.journeys.town import CROSSED, Clinic, words_of
from tests.journeys.walk import Walk

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("look", CROSSED, ids=str)]
TABS_MAX = 80
_FOCUS = """() => {
  const one = document.activeElement, box = one.getBoundingClientRect(), style = getComputedStyle(one)
  const marked = style.boxShadow !== "none" || (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0)
  return {
    name: one.outerHTML.slice(0, 120),
    marked: one.matches(":focus-visible") && (marked || one.closest(".nhsuk-radios__item") !== null),
    seen: box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0,
  }
}"""


def test_a_place_is_found_held_and_confirmed(walk: Walk) -> None:
    newcomer = walk.town.newcomer(walk.look)
    walk.open("/")
    press(walk, walk.link("Skip to the content"))
    tab_to(walk, walk.box("Department, doctor or service"))
    walk.tab.keyboard.type(words_of(walk.look).children)
    walk.tab.keyboard.press("Enter")
    expect(walk.tab.locator(".fh-session").filter(has_not_text=words_of(walk.look).children)).to_have_count(0)
    press(walk, walk.session_link(walk.town.session(walk.look, Clinic.CHILDREN_LATER)))
    walk.arrive(words_of(walk.look).children)
    press(walk, walk.button("Sign in to hold a place"), "Space")
    walk.arrive("Sign in")
    press(walk, walk.tab.get_by_role("main").get_by_role("link", name=walk.say("Register"), exact=True))
    walk.arrive("Register")

    press(walk, walk.button("Send me a code"), "Space")
    summary = walk.tab.locator(".nhsuk-error-summary")
    expect(summary).to_be_focused()
    press(walk, summary.get_by_role("link").first)
    expect(walk.box("Name")).to_be_focused()
    walk.tab.keyboard.type(newcomer.name)
    for label, text in (("Document number", newcomer.document.number), ("Mobile number", newcomer.phone)):
        tab_to(walk, walk.box(label))
        walk.tab.keyboard.type(text)
    walk.tab.keyboard.press("Enter")

    walk.arrive("Enter the code")
    expect(walk.box("Six-digit code")).to_be_focused()
    code = walk.read_code(newcomer.phone)
    tab_to(walk, walk.box("Six-digit code"))
    walk.tab.keyboard.type(code)
    walk.tab.keyboard.press("Enter")
    walk.arrive(words_of(walk.look).children)
    press(walk, walk.button("Hold a place"), "Space")
    walk.arrive("Confirm your appointment")
    press(walk, walk.button("Confirm"))
    walk.arrive("Your appointment")
    walk.shown_code()


def press(walk: Walk, target: Locator, key: str = "Enter") -> None:
    """Go to a link or a button and press it."""
    tab_to(walk, target)
    walk.tab.keyboard.press(key)


def tab_to(walk: Walk, target: Locator) -> None:
    """Press Tab until the target has the focus, which can be seen on every step of the way."""
    handle = target.element_handle()
    for _ in range(TABS_MAX):
        if walk.tab.evaluate("one => one === document.activeElement", handle):
            return
        walk.tab.keyboard.press("Tab")
        focus = walk.tab.evaluate(_FOCUS)
        assert focus["marked"], f"nothing shows that this has the focus: {focus['name']}"
        assert focus["seen"], f"this has the focus and is out of sight: {focus['name']}"
    raise AssertionError(f"{target} is not reached by Tab")
