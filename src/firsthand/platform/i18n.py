"""Languages: which one is spoken, the catalogue of its sentences, and its way of writing times, numbers and money.

The sentences of the code and the templates are English; `translations/*.po` holds the others, compiled when they are
first used. `make check` fails when a sentence has no translation.
"""

import io
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import LiteralString
from zoneinfo import ZoneInfo

from babel import Locale, dates, numbers, support
from babel.messages import mofile, pofile

CENTS_PER_UNIT = 100


class Language(StrEnum):
    """A language of the pages and messages; the value is its BCP 47 tag."""

    CHINESE = "zh-Hans"
    ENGLISH = "en"

    @property
    def own_name(self) -> str:
        """The language's name in itself."""
        return {Language.CHINESE: "中文", Language.ENGLISH: "English"}[self]

    @property
    def locale(self) -> Locale:
        """Babel's locale of the language. English is written as in a city that writes the day before the month."""
        return {Language.CHINESE: Locale("zh", script="Hans"), Language.ENGLISH: Locale("en", "GB")}[self]


DEFAULT_LANGUAGE = Language.CHINESE


def phrase(message: LiteralString) -> LiteralString:
    """Mark `message` for the catalogue where it is written down but not yet said."""
    return message


def parse_language(tag: str | None) -> Language | None:
    """Return the language that a BCP 47 tag asks for, by its first part, or None when it is none of ours."""
    first = (tag or "").strip().lower().split("-")[0].split("_")[0]
    return {"zh": Language.CHINESE, "en": Language.ENGLISH}.get(first)


def choose_language(*wishes: str | None, accept_language: str | None = None) -> Language:
    """Return the first wish that is a language of ours, else the best of an Accept-Language header, else the default.

    A header's entries are taken by quality, then in order; what makes no sense is passed over (RFC 9110, 12.5.4).
    """
    for wish in wishes:
        if (language := parse_language(wish)) is not None:
            return language
    ranked: list[tuple[float, Language]] = []
    for entry in (accept_language or "").split(","):
        tag, _, parameter = entry.partition(";")
        language = parse_language(tag)
        quality = _quality(parameter)
        if language is not None and quality > 0:
            ranked.append((quality, language))
    return max(ranked, key=lambda pair: pair[0])[1] if ranked else DEFAULT_LANGUAGE


def _quality(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if not name:
        return 1.0
    try:
        return float(value) if name.strip() == "q" else 0.0
    except ValueError:
        return 0.0


@cache
def translations(language: Language) -> support.NullTranslations:
    """Return the language's catalogue; English is the language of the sentences themselves."""
    if language is Language.ENGLISH:
        return support.NullTranslations()
    name = f"{language.value.replace('-', '_')}.po"
    source = resources.files("firsthand").joinpath("translations", name).read_bytes()
    compiled = io.BytesIO()
    mofile.write_mo(compiled, pofile.read_po(io.BytesIO(source)))
    compiled.seek(0)
    return support.Translations(compiled)


def say(language: Language, message: str, **values: object) -> str:
    """Return `message` in `language` with `%(name)s` filled in from `values`."""
    text: str = translations(language).gettext(message)
    return text % values if values else text


# --- times, numbers and money -----------------------------------------------------------------------------------------


def format_day(day: date, language: Language) -> str:
    """Return a day with its weekday and without the year: "Monday 2 March", "3月2日 星期一"."""
    if language is Language.CHINESE:
        return dates.format_date(day, "M月d日 EEEE", locale=language.locale)
    return dates.format_date(day, "EEEE d MMMM", locale=language.locale)


def format_date(day: date, language: Language) -> str:
    """Return a full date: "2 March 2026", "2026年3月2日"."""
    return dates.format_date(day, "long", locale=language.locale)


def format_time(instant: datetime, zone: str, language: Language) -> str:
    """Return the time of day on the 24-hour clock in the IANA zone `zone`: "15:40"."""
    return dates.format_time(instant, "HH:mm", tzinfo=ZoneInfo(zone), locale=language.locale)


def format_span(start: datetime, end: datetime, zone: str, language: Language) -> str:
    """Return two times of one day, "09:00 to 12:00", in the zone `zone`."""
    return say(
        language,
        phrase("%(start)s to %(end)s"),
        start=format_time(start, zone, language),
        end=format_time(end, zone, language),
    )


def format_number(number: int, language: Language) -> str:
    """Return a whole number with the language's grouping: "21,000"."""
    return numbers.format_decimal(number, locale=language.locale)


def format_money(cents: int, currency: str, language: Language) -> str:
    """Return an amount given in hundredths of `currency` (ISO 4217): "CN¥50.00", "¥50.00"."""
    return numbers.format_currency(Decimal(cents) / CENTS_PER_UNIT, currency, locale=language.locale)
