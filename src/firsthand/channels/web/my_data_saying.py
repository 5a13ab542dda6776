"""Saying a person's own data: each value in his language, times in the city's zone. Templates escape what comes out."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from firsthand.account.listings import WITHHELD
from firsthand.account.model import Form, Is, Look, PersonData, Section, Told, Who
from firsthand.account.words import look_words, term_words
from firsthand.audit.model import DONE
from firsthand.channels.web import admin_words, words
from firsthand.channels.web.my_data_words import CHANNELS, CODES, LABELS, LABELS_IN, TITLES
from firsthand.messages.model import Template
from firsthand.messages.templates import SUBJECTS
from firsthand.platform.i18n import Language, format_date, format_number, format_time, phrase, say
from firsthand.policy.documents import DocumentKind
from firsthand.policy.retention import WORDS, Category

# Of long lists the page shows the latest; the file has all.
PAGE_ROWS: Final = 20
_YES, _NO = phrase("Yes"), phrase("No")


@dataclass(frozen=True, slots=True)
class SaidListing:
    """One list as the page shows it. kept: until when. rows: pairs of label and text, empty ones left out.

    more: how many older rows the file alone has.
    """

    key: str
    title: str
    kept: str
    rows: tuple[tuple[tuple[str, str], ...], ...] = field(repr=False)
    more: int


@dataclass(frozen=True, slots=True)
class SaidCategory:
    """What is held for one purpose: its name, what it is for, by what right, and the lists.

    kept: until when, where that is the same for all of them; "" where each says its own.
    """

    key: str
    name: str
    purpose: str
    basis: str
    kept: str
    listings: tuple[SaidListing, ...]


@dataclass(frozen=True, slots=True)
class SaidLook:
    """What somebody did with the person's data: when, who, where ("" at no hospital), what, and through what.

    refused: whether he was not let do it.
    """

    when: str
    who: str
    where: str
    what: str
    through: str
    refused: bool


@dataclass(frozen=True, slots=True)
class Speaker:
    """In which language, zone and with which kinds of documents things are said.

    rows_max: how many rows of a list; None for all, as in the file.
    """

    language: Language
    zone: str
    kinds: Sequence[DocumentKind] = ()
    rows_max: int | None = PAGE_ROWS

    def categories(self, data: PersonData) -> tuple[SaidCategory, ...]:
        """Return all that is held, by what it is for, in the order of the register."""
        by_category: dict[Category, list[SaidListing]] = {}
        for section in data.sections:
            by_category.setdefault(section.listing.category, []).append(self.listing(section))
        return tuple(
            SaidCategory(
                category.value,
                say(self.language, WORDS[category].name),
                say(self.language, WORDS[category].purpose),
                say(self.language, WORDS[category].basis),
                next(iter(kept)) if len(kept := {one.kept for one in listings}) == 1 else "",
                tuple(listings),
            )
            for category, listings in by_category.items()
        )

    def listing(self, section: Section) -> SaidListing:
        """Return one list."""
        key, forms = section.listing.key, section.listing.forms
        rows = []
        for row in section.rows[: self.rows_max]:
            cells = [(column, self.value(key, column, form, row[column])) for column, form in forms.items()]
            labels = {column: LABELS_IN.get((key, column), LABELS[column]) for column in forms}
            rows.append(tuple((say(self.language, labels[column]), text) for column, text in cells if text))
        return SaidListing(
            key,
            say(self.language, TITLES[key]),
            term_words(section.term, self.language),
            tuple(rows),
            len(section.rows) - len(rows),
        )

    def value(self, key: str, column: str, form: Form, value: Told) -> str:
        """Return one value, "" where there is none."""
        match value:
            case None:
                return ""
            case bool():
                return say(self.language, _YES if value else _NO)
            case int():
                return format_number(value, self.language)
            case datetime():
                return self.instant(value)
            case date():
                return format_date(value, self.language)
            case Who():
                return self.who(value)
            case tuple():
                return self._join([self._kind(one) for one in value])
        if form is Form.WORD:
            return self._code(key, column, value)
        return self._kind(value) if form is Form.KIND else value

    def look(self, look: Look) -> SaidLook:
        """Return one look."""
        return SaidLook(
            self.instant(look.at),
            self.who(look.who),
            look.hospital,
            look_words(look.action, self.language),
            say(self.language, CHANNELS[look.channel]) if look.channel in CHANNELS else look.channel,
            refused=look.outcome != DONE,
        )

    def instant(self, instant: datetime) -> str:
        """Return a day and a time of day in the city's zone."""
        day = instant.astimezone(ZoneInfo(self.zone)).date()
        return f"{format_date(day, self.language)} {format_time(instant, self.zone, self.language)}"

    def who(self, who: Who) -> str:
        """Return who somebody is to the reader."""
        match who.kind:
            case Is.YOU:
                return say(self.language, phrase("you"))
            case Is.PERSON:
                return who.name or say(self.language, phrase("another person"))
            case Is.HOUSE:
                return say(self.language, phrase("the house itself"))
            case Is.STAFF:
                roles = self._join([say(self.language, admin_words.ROLES[role]) for role in who.roles])
                known = say(self.language, phrase("member of staff %(reference)s"), reference=who.reference)
                return self._join([roles, known] if roles else [known])

    def _code(self, key: str, column: str, value: str) -> str:
        if column == "template":
            return SUBJECTS[Template(value)][self.language]
        if column == "language":
            return Language(value).own_name
        said = CODES[key, column].get(value)
        return say(self.language, said) if said else value

    def _kind(self, value: str) -> str:
        kind, _, end = value.partition(":")
        name = words.document_name(kind, self.kinds, self.language)
        return f"{name} {say(self.language, phrase('Number ending in %(tail)s'), tail=end)}" if end else name

    def _join(self, parts: Sequence[str]) -> str:
        return ("，" if self.language is Language.CHINESE else ", ").join(parts)


def withheld_reasons(language: Language) -> tuple[str, ...]:
    """Return why some of what is held is not on the page, each reason once."""
    return tuple(dict.fromkeys(say(language, one.why) for one in WITHHELD))
