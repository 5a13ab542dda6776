"""The file with all that is held on a person: JSON in one stable form, which docs/my-data-file.md describes.

The pages and the API give the same. Codes and names of columns stay as they are from version to version; a change that
a reader could stumble over counts FORMAT_VERSION up.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any, Final

import msgspec
from msgspec import Struct

from firsthand.account.listings import WITHHELD
from firsthand.account.model import DataFile, Look, Section, Told, Who
from firsthand.account.words import look_words, term_words
from firsthand.platform.i18n import Language, say
from firsthand.policy.retention import WORDS, Category

FORMAT: Final = "firsthand.my-data"
FORMAT_VERSION: Final = 1


class WhoOut(Struct, frozen=True, omit_defaults=True):
    """Somebody: `is` says you, person, staff or house. What is not known of him is left out."""

    kind: str = msgspec.field(name="is")
    name: str = ""
    reference: str = ""
    roles: list[str] = []


class LookOut(Struct, frozen=True):
    """What somebody did with the person's data. outcome: done, or why he was not let."""

    at: datetime
    who: WhoOut
    hospital: str | None
    action: str
    words: str
    outcome: str
    channel: str


class ListOut(Struct, frozen=True):
    """The rows of one list. kept: for how long, in words."""

    kept: str
    rows: list[dict[str, Any]]


class CategoryOut(Struct, frozen=True):
    """What is held for one purpose, and by what right. lists: by their keys, in the order of the pages."""

    category: str
    name: str
    purpose: str
    basis: str
    lists: dict[str, ListOut]


class MyDataOut(Struct, frozen=True):
    """All that is held on a person, and who looked. older_looks: whether there are more looks than it holds."""

    format: str
    version: int
    language: str
    made_at: datetime
    person_id: str
    held: list[CategoryOut]
    bookings_of_others: int
    looks: list[LookOut]
    older_looks: bool
    not_in_this_file: list[str]


def file_of(file: DataFile, language: Language) -> MyDataOut:
    """Return the file's content. language: of its sentences; everything else is the same in every language."""
    data = file.data
    categories: dict[Category, list[Section]] = {}
    for section in data.sections:
        categories.setdefault(section.listing.category, []).append(section)
    return MyDataOut(
        format=FORMAT,
        version=FORMAT_VERSION,
        language=language.value,
        made_at=data.made_at.astimezone(UTC),
        person_id=str(data.of),
        held=[_category(category, sections, language) for category, sections in categories.items()],
        bookings_of_others=data.others_bookings,
        looks=[look_of(look, language) for look in file.looks],
        older_looks=file.older_looks,
        not_in_this_file=list(dict.fromkeys(say(language, one.why) for one in WITHHELD)),
    )


def bytes_of(file: DataFile, language: Language) -> bytes:
    """Return the file itself, laid out to be read by people too."""
    return msgspec.json.format(msgspec.json.encode(file_of(file, language)), indent=2) + b"\n"


def name_of(file: DataFile, ending: str) -> str:
    """Return what the file is called. Nothing that anybody typed is in it."""
    return f"my-data-{file.data.made_at.astimezone(UTC):%Y-%m-%d}.{ending}"


def look_of(look: Look, language: Language) -> LookOut:
    """Return one look."""
    return LookOut(
        at=look.at.astimezone(UTC),
        who=_who(look.who),
        hospital=look.hospital or None,
        action=look.action,
        words=look_words(look.action, language),
        outcome=look.outcome,
        channel=look.channel,
    )


def _category(category: Category, sections: Sequence[Section], language: Language) -> CategoryOut:
    said = WORDS[category]
    lists = {
        section.listing.key: ListOut(
            term_words(section.term, language),
            [{column: _value(value) for column, value in row.items()} for row in section.rows],
        )
        for section in sections
    }
    return CategoryOut(
        category.value, say(language, said.name), say(language, said.purpose), say(language, said.basis), lists
    )


def _value(value: Told) -> object:
    match value:
        case datetime():
            return value.astimezone(UTC)
        case date():
            return value
        case Who():
            return _who(value)
        case tuple():
            return list(value)
        case _:
            return value


def _who(who: Who) -> WhoOut:
    return WhoOut(who.kind.value, who.name, who.reference, [role.value for role in who.roles])
