"""Turns a page's record into HTML.

There is one Jinja environment for each language. The project's own templates are strict: a name that is not there is
an error. The NHS component macros leave out what they are not given, so they live in an environment of their own that
forgives (`ChainableUndefined`, as their package asks for).
"""

import hashlib
from collections.abc import MutableMapping
from functools import cache
from importlib import resources
from io import BytesIO
from typing import Any, ClassVar, Protocol
from zoneinfo import ZoneInfo

import segno
from jinja2 import ChainableUndefined, Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from firsthand.channels.read_out import READ_OUT
from firsthand.channels.web import admin_words, message_words, oidc_words, policy_words, request_words, words
from firsthand.channels.web.frame import Frame
from firsthand.platform import i18n
from firsthand.platform.days import local_day
from firsthand.platform.i18n import Language

COMPONENTS = "nhsuk/"
CODE_GROUP_LENGTH = 4


class Page(Protocol):
    """A record of `contexts.py` or `desk_contexts.py`."""

    template: ClassVar[str]

    @property
    def frame(self) -> Frame:
        """What stands around the page."""
        ...


class PageEnvironment(Environment):
    """Loads the project's templates strictly, and the components from a forgiving environment beside it."""

    def __init__(self, components: Environment) -> None:
        """Take the environment that templates named `nhsuk/...` come from."""
        super().__init__(
            loader=PackageLoader("firsthand.channels.web"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n"],
        )
        self.components = components

    def _load_template(self, name: str, globals: MutableMapping[str, Any] | None) -> Template:  # noqa: A002 - as in Jinja
        if name.startswith(COMPONENTS):
            return self.components.get_template(name)
        return super()._load_template(name, globals)


@cache
def environment(language: Language) -> PageEnvironment:
    """Return the environment of a language: its catalogue, its ways of writing, and the words chosen by facts."""
    forgiving = Environment(loader=PackageLoader("nhsuk_frontend_jinja"), autoescape=True, undefined=ChainableUndefined)
    made = PageEnvironment(forgiving)
    catalogue = i18n.translations(language)
    made.install_gettext_callables(  # type: ignore[attr-defined]  # added by the extension
        catalogue.gettext, catalogue.ngettext, newstyle=True, pgettext=catalogue.pgettext, npgettext=catalogue.npgettext
    )
    made.filters.update(
        day=lambda day: i18n.format_day(day, language),
        date=lambda day: i18n.format_date(day, language),
        day_of=local_day,
        local_date=lambda instant, zone: i18n.format_date(instant.astimezone(ZoneInfo(zone)).date(), language),
        time=lambda instant, zone: i18n.format_time(instant, zone, language),
        span=lambda session: i18n.format_span(session.starts_at, session.ends_at, session.hospital.time_zone, language),
        number=lambda number: i18n.format_number(number, language),
        money=lambda fee: i18n.format_money(fee.cents, fee.currency, language),
        code_groups=code_groups,
        translated=lambda message: i18n.say(language, message),
    )
    made.globals.update(
        words=words,
        admin_words=admin_words,
        message_words=message_words,
        policy_words=policy_words,
        oidc_words=oidc_words,
        request_words=request_words,
        read_out=READ_OUT,
        Language=Language,
        asset=asset,
        qr=qr,
        say=i18n.say,
    )
    return made


def render(page: Page) -> str:
    """Return the page's HTML in the language of its frame."""
    return environment(page.frame.language).get_template(page.template).render(page=page, frame=page.frame)


def code_groups(code: str) -> list[str]:
    """Split a booking's code into groups of four, as it is shown and read aloud."""
    return [code[start : start + CODE_GROUP_LENGTH] for start in range(0, len(code), CODE_GROUP_LENGTH)]


@cache
def asset(name: str) -> str:
    """Return the address of a built file, with a mark of its content so that it can be kept for ever."""
    content = resources.files("firsthand.channels.web").joinpath("static", name).read_bytes()
    return f"/static/{name}?v={hashlib.sha256(content).hexdigest()[:12]}"


def qr(text: str) -> Markup:
    """Return `text` as a QR code: an SVG without styles of its own, level M, to be read from a scratched screen."""
    out = BytesIO()
    segno.make(text, error="m", micro=False).save(
        out, kind="svg", xmldecl=False, svgns=False, omitsize=True, border=3, svgclass=None, lineclass=None, nl=False
    )
    return Markup(out.getvalue().decode())  # noqa: S704 - drawn by segno: numbers and fixed names only
