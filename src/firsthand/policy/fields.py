"""The policies as forms: which fields each has, in which unit, and within which bounds a value makes sense.

A field is named by its path in the form: `hold_seconds`, or `caps.0.days` for the first row of a list. What it means is
named by its kind of policy and itself, `booking.hold_seconds` or `booking.caps.days`; pages find their words by that.
The bounds keep slips of the hand out (a hold of 9,000 days). What is right within them is for two people to say.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from firsthand.policy.documents import (
    NUMBER_CHARACTERS_MAX,
    NUMBER_CHARACTERS_MIN,
    Alphabet,
    DocumentKind,
    DocumentPolicy,
    NumberCheck,
)
from firsthand.policy.model import (
    ArrivalPolicy,
    BookingPolicy,
    Cap,
    FamilyPolicy,
    MessagePolicy,
    Policy,
    SignInPolicy,
)

TEXT_CHARACTERS_MAX: Final = 60
# What a city sends or is asked within minutes stays far below.
CITY_MAX: Final = 100_000_000
_DAY_MINUTES: Final = 24 * 60
_YEARS_DAYS: Final = 3660


class Shape(StrEnum):
    """What can be typed into a field. CHOICES are boxes to tick, each a field of its own: `alphabet.digits`."""

    NUMBER = "number"
    TRUTH = "truth"
    TIME = "time"
    ZONE = "zone"
    CODE = "code"
    TEXT = "text"
    CHOICE = "choice"
    CHOICES = "choices"


class Unit(StrEnum):
    """What a number counts, where it is not said by the field itself."""

    NONE = "none"
    SECONDS = "seconds"
    MINUTES = "minutes"
    HOURS = "hours"
    DAYS = "days"
    YEARS = "years"
    PERCENT = "percent"
    CHARACTERS = "characters"


@dataclass(frozen=True, slots=True)
class Field:
    """One field. least, most: of a number. may_be_empty: whether nothing typed in means "none", and not a slip.

    choices: what can be chosen; None where rooms below say it (`Below`).
    """

    name: str
    shape: Shape
    unit: Unit = Unit.NONE
    least: int = 0
    most: int = 0
    may_be_empty: bool = False
    choices: tuple[str, ...] | None = ()


@dataclass(frozen=True, slots=True)
class Rows:
    """A list of records, each a row of fields. The first field names its row. most: how many rows there may be."""

    name: str
    kind: type[Cap | DocumentKind]
    fields: tuple[Field, ...]
    most: int


@dataclass(frozen=True, slots=True)
class Form:
    """A kind of policy as a form: its record's fields, in their order."""

    kind: type[Policy]
    entries: tuple[Field | Rows, ...]


@dataclass(frozen=True, slots=True)
class Below:
    """What rooms below know and a policy speaks of: names of message templates, and the built-in kinds of documents."""

    templates: tuple[str, ...]
    document_types: tuple[str, ...]


def _number(name: str, least: int, most: int, unit: Unit = Unit.NONE, *, may_be_empty: bool = False) -> Field:
    return Field(name, Shape.NUMBER, unit, least, most, may_be_empty)


_CAPS: Final = Rows(
    "caps",
    Cap,
    (
        Field("name", Shape.CODE),
        _number("days", 1, 366, Unit.DAYS),
        Field("per_department", Shape.TRUTH),
        _number("max_count", 0, 1000),
    ),
    most=12,
)
_KINDS: Final = Rows(
    "kinds",
    DocumentKind,
    (
        Field("code", Shape.CODE),
        Field("name_zh", Shape.TEXT),
        Field("name_en", Shape.TEXT),
        Field("alphabet", Shape.CHOICES, choices=tuple(Alphabet)),
        _number("characters_min", NUMBER_CHARACTERS_MIN, NUMBER_CHARACTERS_MAX, Unit.CHARACTERS),
        _number("characters_max", NUMBER_CHARACTERS_MIN, NUMBER_CHARACTERS_MAX, Unit.CHARACTERS),
        _number("lasting_characters", NUMBER_CHARACTERS_MIN, NUMBER_CHARACTERS_MAX, Unit.CHARACTERS, may_be_empty=True),
        Field("check", Shape.CHOICE, choices=tuple(NumberCheck)),
    ),
    most=20,
)

FORMS: Final[Mapping[str, Form]] = {
    "booking": Form(
        BookingPolicy,
        (
            _number("hold_seconds", 60, 7200, Unit.SECONDS),
            _number("holds_live_max", 1, 1000),
            _number("ended_a_day_max", 1, 1000),
            _number("booking_days_ahead_max", 1, 366, Unit.DAYS),
            _number("take_cutoff_minutes", 0, 7 * _DAY_MINUTES, Unit.MINUTES),
            _number("give_back_cutoff_minutes", 0, 7 * _DAY_MINUTES, Unit.MINUTES),
            _CAPS,
        ),
    ),
    "arrival": Form(
        ArrivalPolicy,
        (
            _number("early_minutes_max", 0, _DAY_MINUTES, Unit.MINUTES),
            _number("late_after_minutes", 0, _DAY_MINUTES, Unit.MINUTES),
            _number("no_show_after_end_minutes", 0, _DAY_MINUTES, Unit.MINUTES),
        ),
    ),
    "family": Form(
        FamilyPolicy,
        (
            _number("dependants_max", 0, 100),
            _number("carers_max", 0, 100),
            _number("undocumented_children_max", 0, 100),
            _number("new_ties_a_month_max", 0, 100),
            _number("ended_counts_days", 0, _YEARS_DAYS, Unit.DAYS),
            _number("again_days", 0, _YEARS_DAYS, Unit.DAYS),
            _number("cooling_hours", 0, 31 * 24, Unit.HOURS),
            _number("asked_expires_days", 1, 366, Unit.DAYS),
            _number("carer_term_days", 1, _YEARS_DAYS, Unit.DAYS),
            _number("renew_within_days", 0, _YEARS_DAYS, Unit.DAYS),
            _number("majority_years", 14, 25, Unit.YEARS),
            Field("time_zone", Shape.ZONE),
        ),
    ),
    "messages": Form(
        MessagePolicy,
        (
            Field("quiet_from", Shape.TIME),
            Field("quiet_until", Shape.TIME),
            Field("time_zone", Shape.ZONE),
            Field("exempt", Shape.CHOICES, may_be_empty=True, choices=None),
        ),
    ),
    "document": Form(DocumentPolicy, (_number("former_days", 1, _YEARS_DAYS, Unit.DAYS), _KINDS)),
    "sign_in": Form(
        SignInPolicy,
        (
            _number("window_seconds", 60, 86_400, Unit.SECONDS),
            _number("guard_on_requests", 1, CITY_MAX),
            _number("guard_on_failures", 1, CITY_MAX),
            _number("guard_off_percent", 1, 100, Unit.PERCENT),
            _number("sign_in_messages_max", 1, CITY_MAX),
            _number("registration_messages_max", 1, CITY_MAX),
        ),
    ),
}


def choices_of(field: Field, below: Below) -> tuple[str, ...]:
    """Return what can be chosen in a field."""
    return below.templates if field.choices is None else field.choices
