"""The file with all that is held on a person: JSON in one stable form, which docs/my-data-file.md describes.

The pages and the API give the same. Codes and names of columns stay as they are from version to version; a change that
a reader could stumble over counts FORMAT_VERSION up.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, Final

import msgspec

from firsthand.account.listings import WITHHELD
from firsthand.account.model import DataFile, Look, Section, Told, Who
from firsthand.account.words import look_words, term_words
from firsthand.platform.i18n import Language, say
from firsthand.policy.retention import WORDS, Category

FORMAT: Final = "firsthand.my-data"
FORMAT_VERSION: Final = 1


def file_of(file: DataFile, language: Language) -> dict[str, Any]:
    """Return the file's content. language: of its sentences; everything else is the same in every language."""
    data = file.data
    categories: dict[Category, list[Section]] = {}
    for section in data.sections:
        categories.setdefault(section.listing.category, []).append(section)
    return {
        "format": FORMAT,
        "version": FORMAT_VERSION,
        "language": language.value,
        "made_at": _instant(data.made_at),
        "person_id": str(data.of),
        "held": [_category(category, sections, language) for category, sections in categories.items()],
        "bookings_of_others": data.others_bookings,
        "looks": [_look(look, language) for look in file.looks],
        "older_looks": file.older_looks,
        "not_in_this_file": list(dict.fromkeys(say(language, one.why) for one in WITHHELD)),
    }


def bytes_of(file: DataFile, language: Language) -> bytes:
    """Return the file itself, laid out to be read by people too."""
    return msgspec.json.format(msgspec.json.encode(file_of(file, language)), indent=2) + b"\n"


def name_of(file: DataFile) -> str:
    """Return what the file is called. Nothing that anybody typed is in it."""
    return f"my-data-{file.data.made_at.astimezone(UTC):%Y-%m-%d}.json"


def _category(category: Category, sections: Sequence[Section], language: Language) -> dict[str, Any]:
    said = WORDS[category]
    return {
        "category": category.value,
        "name": say(language, said.name),
        "purpose": say(language, said.purpose),
        "basis": say(language, said.basis),
        "lists": {
            section.listing.key: {
                "kept": term_words(section.term, language),
                "rows": [{column: _value(value) for column, value in row.items()} for row in section.rows],
            }
            for section in sections
        },
    }


def _look(look: Look, language: Language) -> Mapping[str, Any]:
    return {
        "at": _instant(look.at),
        "who": _who(look.who),
        "hospital": look.hospital or None,
        "action": look.action,
        "words": look_words(look.action, language),
        "outcome": look.outcome,
        "channel": look.channel,
    }


def _value(value: Told) -> object:
    match value:
        case datetime():
            return _instant(value)
        case date():
            return value.isoformat()
        case Who():
            return _who(value)
        case tuple():
            return list(value)
        case _:
            return value


def _who(who: Who) -> dict[str, object]:
    told: dict[str, object] = {"is": who.kind.value}
    if who.name:
        told["name"] = who.name
    if who.reference:
        told["reference"] = who.reference
    if who.roles:
        told["roles"] = [role.value for role in who.roles]
    return told


def _instant(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
