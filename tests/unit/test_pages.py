"""Every page renders in every state and language, and holds to what the security policy and assistive tools need."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from importlib import resources

import pytest
from jinja2 import UndefinedError

from firsthand.arrival.model import Reason
from firsthand.booking.model import State
from firsthand.channels.read_out import READ_OUT
from firsthand.channels.web import words
from firsthand.channels.web.contexts import DocumentFields, ErrorPage
from firsthand.channels.web.frame import Frame, Notice, Problem
from firsthand.channels.web.render import Page, asset, code_groups, environment, qr, render
from firsthand.channels.web.sign_in_contexts import DocumentSignInPage
from firsthand.identity.document.model import DocumentType
from firsthand.platform.i18n import Language
from tests.page_samples import every_page, session

PAGES = [pytest.param(page, id=f"{name}-{language}") for language in Language for name, page in every_page(language)]
STATIC = resources.files("firsthand.channels.web").joinpath("static")
VOID = {"meta", "link", "input", "img", "br", "hr", "path"}


class Reader(HTMLParser):
    """Collects every element with its attributes, and checks that elements close in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _value in attrs]
        assert len(names) == len(set(names)), f"an attribute twice in <{tag}>: {names}"
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def values(self, attribute: str) -> list[str]:
        return [value for _tag, found in self.elements if (value := found.get(attribute)) is not None]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_sound_html_under_the_security_policy(page: Page) -> None:
    html = render(page)
    reader = Reader(html)
    assert reader.open == []
    assert reader.elements[0] == ("html", {"lang": page.frame.language.value})
    assert [tag for tag, _found in reader.elements].count("h1") == 1
    assert "style" not in {tag for tag, _found in reader.elements}
    assert not [found for tag, found in reader.elements if tag == "script" and "src" not in found]
    assert not [name for _tag, found in reader.elements for name in found if name == "style" or name.startswith("on")]
    ids = reader.values("id")
    assert len(ids) == len(set(ids))
    linked = {
        part
        for attribute in ("for", "aria-describedby", "aria-labelledby")
        for value in reader.values(attribute)
        for part in value.split()
    }
    linked |= {href[1:] for href in reader.values("href") if href.startswith("#")}
    assert linked <= set(ids)


@pytest.mark.parametrize("page", PAGES)
def test_every_form_that_changes_something_carries_the_token(page: Page) -> None:
    for form in re.findall(r"<form[^>]*method=\"post\".*?</form>", render(page), re.DOTALL):
        assert '<input type="hidden" name="csrf" value="token">' in form
        assert re.search(r"<button[^>]*type=\"submit\"", form)


@pytest.mark.parametrize("page", PAGES)
def test_the_page_can_be_had_in_the_other_language(page: Page) -> None:
    (other,) = set(Language) - {page.frame.language}
    links = [found for tag, found in Reader(render(page)).elements if tag == "a" and found.get("lang") == other.value]
    assert [link["href"] for link in links] == [page.frame.in_language(other)]
    assert page.frame.in_language(other) == f"{page.frame.path}?next=%2Fbookings&lang={other.value}"


@pytest.mark.parametrize("page", PAGES)
def test_no_name_or_mark_of_the_components_makers_is_shown(page: Page) -> None:
    html = render(page)
    assert "NHS" not in re.sub(r"<[^>]*>", "", html)
    assert "undefined" not in html.lower()


def test_what_visitors_type_is_shown_as_text() -> None:
    page = DocumentSignInPage(
        Frame(Language.ENGLISH, "/sign-in"), DocumentFields("x", '"><script>alert(1)</script>'), '"><b>'
    )
    html = render(page)
    assert "<script>alert" not in html
    assert "<b>" not in html


@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x", "ftp://hospital.example"])
def test_a_hospitals_link_is_shown_only_when_it_leads_to_a_web_page(link: str) -> None:
    ways = environment(Language.ENGLISH).from_string(
        '{% import "parts/sessions.html" as sessions %}{{ sessions.hospital_ways(facts) }}'
    )
    assert 'href="https://ehr.example.org' in ways.render(facts=session(1, plain=True))
    told = ways.render(facts=replace(session(1, plain=True), deep_link=link, phone="1"))
    assert 'href="tel:1"' in told
    assert link not in told


def test_a_name_that_is_not_there_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        environment(Language.ENGLISH).from_string("{{ page.nothing }}").render(page=object())


def test_everything_that_can_be_said_has_its_words() -> None:
    assert set(words.PROBLEMS) == set(Problem)
    assert set(words.NOTICES) == set(Notice)
    assert set(words.BOOKING_STATES) == set(words.TAG_COLOURS) == set(State)
    assert set(words.DOCUMENT_TYPES) == set(DocumentType)
    assert set(words.REFUSALS_AT_DESK) == set(READ_OUT) <= set(Reason)
    assert set(words.ERROR_TITLES) == set(words.ERROR_ADVICE)


def test_an_error_without_words_of_its_own_is_ours() -> None:
    html = render(ErrorPage(Frame(Language.ENGLISH, "/"), 418, "request-1"))
    assert words.ERROR_TITLES[500] in html
    assert "request-1" in html


def test_a_code_is_shown_in_groups_and_as_a_square() -> None:
    assert code_groups("7KQM4XTB9RWD") == ["7KQM", "4XTB", "9RWD"]
    assert qr("7KQM4XTB9RWD") != qr("7KQM4XTB9RWC")
    assert "style" not in qr("7KQM4XTB9RWD")


def test_the_style_sheet_names_only_files_that_are_served() -> None:
    css = STATIC.joinpath("firsthand.css").read_text("utf-8")
    for address in re.findall(r"url\(\"?([^)\"]+)", css):
        if not address.startswith("data:"):
            assert STATIC.joinpath(address.removeprefix("/static/")).is_file(), address
    assert "Frutiger" not in css


def test_a_built_files_address_changes_with_its_content() -> None:
    assert re.fullmatch(r"/static/firsthand\.css\?v=[0-9a-f]{12}", asset("firsthand.css"))
    assert asset("firsthand.css")[-12:] != asset("firsthand.js")[-12:]
