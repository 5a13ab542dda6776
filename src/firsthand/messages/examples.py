"""An example of every fact that a message's words leave open, for the preview. None of it is anybody's."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from firsthand.messages.model import Event, EventMethod, Template
from firsthand.messages.templates import facts_of
from firsthand.platform.i18n import Language

_ZH, _EN = Language.CHINESE, Language.ENGLISH

FACTS: Final[Mapping[str, Mapping[Language, str]]] = {
    "carer": {_ZH: "张丽华", _EN: "Anna Kowalska"},
    "code": {_ZH: "482913", _EN: "482913"},
    "day": {_ZH: "4月10日 星期五", _EN: "Friday 10 April"},
    "dependant": {_ZH: "王小明", _EN: "Ben Carter"},
    "hospital": {_ZH: "第一人民医院", _EN: "Riverside General Hospital"},
    "hours": {_ZH: "24", _EN: "24"},
    "minutes": {_ZH: "5", _EN: "5"},
    "patient": {_ZH: "王小明", _EN: "Ben Carter"},
    "time": {_ZH: "3月27日 星期五 09:30", _EN: "Friday 27 March 09:30"},
}

# Templates whose e-mail brings an entry for the calendar, and what it does there.
EVENTS: Final[Mapping[Template, EventMethod]] = {
    Template.BOOKING_CONFIRMED: EventMethod.REQUEST,
    Template.BOOKING_GIVEN_BACK: EventMethod.CANCEL,
    Template.BOOKING_CONFIRMED_FOR_OTHER: EventMethod.REQUEST,
    Template.BOOKING_GIVEN_BACK_FOR_OTHER: EventMethod.CANCEL,
}


def example_facts(template: Template, language: Language) -> dict[str, str]:
    """Return an example of each fact of a template."""
    return {name: FACTS[name][language] for name in sorted(facts_of(template, language))}


def example_event(template: Template, language: Language) -> Event | None:
    """Return an example of the calendar's entry that a template brings, or None where it brings none."""
    method = EVENTS.get(template)
    if method is None:
        return None
    starts_at = datetime(2026, 3, 27, 1, 30, tzinfo=UTC)
    hospital = FACTS["hospital"][language]
    return Event(
        id=UUID(int=0),
        method=method,
        sequence=0 if method is EventMethod.REQUEST else 1,
        starts_at=starts_at,
        ends_at=starts_at.replace(hour=2),
        summary=hospital,
        location=hospital,
    )
