"""The decisions of the counter. No clock, database or randomness is read here."""

from collections.abc import Iterable
from datetime import date
from typing import Final

from firsthand.directory.counter.model import CHILDREN_MAX, MINOR_YEARS, Basis, Deed, Reason, Refused
from firsthand.directory.person.rules import name_key

# Whoever only speaks on the phone can be booked for; his record is changed where his document lies on the counter.
_DEEDS: Final = {
    Basis.DOCUMENT: frozenset(Deed),
    Basis.BOOKING: frozenset({Deed.LOOK, Deed.BOOK}),
    Basis.PHONE: frozenset({Deed.LOOK, Deed.BOOK}),
    Basis.BREAK_GLASS: frozenset({Deed.LOOK}),
}
TAIL_CHARACTERS: Final = 4


def allows(basis: Basis, deed: Deed) -> bool:
    """Say whether knowing a person in this way is enough for a deed."""
    return deed in _DEEDS[basis]


def is_same_name(spoken: str, names: Iterable[str]) -> bool:
    """Say whether a name is one of a person's, however it is spaced, cased and dotted. An empty one never is."""
    wanted = name_key(spoken)
    return bool(wanted) and wanted in {name_key(name) for name in names}


def check_child(born_on: date, children: int, *, today: date) -> Refused | None:
    """Say why somebody born on this day cannot be registered as a child without a document; None where he can.

    children: how many such children the guardian has already.
    """
    if born_on > today or age_on(born_on, today) >= MINOR_YEARS:
        return Refused(Reason.NOT_A_CHILD)
    if children >= CHILDREN_MAX:
        return Refused(Reason.TOO_MANY_CHILDREN)
    return None


def age_on(born_on: date, day: date) -> int:
    """Return how many whole years somebody is old on a day; who is born on 29 February is a year older on 1 March."""
    return day.year - born_on.year - ((day.month, day.day) < (born_on.month, born_on.day))


def tail(text: str) -> str:
    """Return the last characters of a number, and of a short one no more than a third."""
    return text[len(text) - min(TAIL_CHARACTERS, len(text) // 3) :]
