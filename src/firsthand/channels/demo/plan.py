"""What the demo's people mean to do: when each asks for which sessions, and what he does with a place he gets.

Drawn before the play begins from a seeded source, so that the same seed at the same instant plays the same days.
Whether it comes about is for the actions to say: wishes are refused as everybody's are.
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from firsthand.channels.demo.model import Family
from firsthand.release.model import Offer

_FAMILIES_WAIT: Final = timedelta(hours=30)

TICK: Final = timedelta(minutes=10)
"""The play goes by these steps: shorter than a hold, so that whoever is quick can confirm in time."""


class Conduct(StrEnum):
    """What a person does with a place that he got."""

    COMES = "comes"
    COMES_EARLY = "comes early"
    COMES_LATE = "comes late"
    GOES_TO_ANOTHER_HOSPITAL = "goes to another hospital first"
    SENDS_ANOTHER = "sends another person"
    STAYS_AWAY = "stays away"
    GIVES_BACK = "gives back"
    FORGETS = "forgets to confirm"


_CONDUCTS: Final = {
    Conduct.COMES: 66,
    Conduct.COMES_EARLY: 3,
    Conduct.COMES_LATE: 5,
    Conduct.GOES_TO_ANOTHER_HOSPITAL: 2,
    Conduct.SENDS_ANOTHER: 2,
    Conduct.STAYS_AWAY: 7,
    Conduct.GIVES_BACK: 10,
    Conduct.FORGETS: 5,
}


class Habit(StrEnum):
    """How a person books. The last four meet a refusal that they are there to show."""

    ONCE = "once"
    TWICE = "twice"
    FIVE_IN_A_WEEK = "five in a week"
    TWICE_A_DAY = "the same department twice on a day"
    THREE_AT_ONCE = "three holds at once"
    FOR_ANOTHER = "in another person's name"


_HABITS: Final = {
    Habit.ONCE: 74,
    Habit.TWICE: 17,
    Habit.FIVE_IN_A_WEEK: 3,
    Habit.TWICE_A_DAY: 3,
    Habit.THREE_AT_ONCE: 2,
    Habit.FOR_ANOTHER: 1,
}

# Local hours at which people ask, and how many do: before work, and in the evening.
_HOURS: Final = {6: 2, 7: 20, 8: 10, 9: 6, 10: 4, 11: 3, 12: 6, 13: 3, 14: 3, 15: 3, 16: 3, 18: 4, 20: 8, 21: 6, 22: 2}
# People ask at the same few instants, as they do when releases open: so requests come to the actions in batches.
_ASK_EVERY: Final = 3 * TICK
_CHOICES: Final = 3
_AHEAD: Final = timedelta(days=13)
_AT_LEAST_AHEAD: Final = timedelta(hours=1)
_LEAD_DAYS: Final = 4.0
# A third of all want a session of the same sought-after clinic, which has fewer places than that.
_SOUGHT_SHARE: Final = 0.34
_SOUGHT_EVERY_DAYS: Final = 3


@dataclass(frozen=True, slots=True)
class Visit:
    """One appointment that somebody wants.

    person: his place in the list of people. patient: in whose name he asks, by place in the list; his own, if he is
    honest. family: whom he asks for instead, where he may. at: when he first asks. choices: sessions in the order of
    his wishes. luck: from 0 to 1, by which times are drawn out.
    """

    person: int
    patient: int
    at: datetime
    choices: tuple[Offer, ...] = field(repr=False)
    conduct: Conduct
    luck: float
    family: Family | None = None

    @property
    def comes(self) -> int:
        """Whose document is shown at the desk, by place in the list of people."""
        return self.family.comes if self.family else self.person


@dataclass(frozen=True, slots=True)
class Days:
    """The span of the play, from a first to a last aware instant, and the city's zone."""

    start: datetime
    end: datetime
    time_zone: ZoneInfo


def plan_visits(chance: random.Random, days: Days, offers: Sequence[Offer], people: int) -> list[Visit]:
    """Draw what `people` people mean to do. offers: every session, the soonest first. Instants lie within `days`."""
    market = _Market(chance, offers)
    visits: list[Visit] = []
    for person in range(people):
        (habit,) = chance.choices(list(_HABITS), list(_HABITS.values()))
        visits += _visits_of(chance, days, market, habit, person, people)
    return visits


def plan_family_visits(
    chance: random.Random, days: Days, offers: Sequence[Offer], families: Sequence[Family]
) -> list[Visit]:
    """Draw what people want for those for whom they act, once their ties have waited out the cooling time."""
    market = _Market(chance, offers)
    visits = []
    for family in families:
        at = max(_instant(chance, days), days.start + _FAMILIES_WAIT)
        (conduct,) = chance.choices(list(_CONDUCTS), list(_CONDUCTS.values()))
        choices, luck = market.wanted(at), chance.random()
        if choices and at < days.end:
            visits.append(Visit(family.carer, family.carer, at, choices, conduct, luck, family))
    return visits


@dataclass(frozen=True, slots=True)
class Draft:
    """A wish before it is known what becomes of it: when, and for what."""

    at: datetime
    choices: tuple[Offer, ...]


class _Market:
    """What people want: soon rather than late, and some hospitals more than others."""

    def __init__(self, chance: random.Random, offers: Sequence[Offer]) -> None:
        self._chance = chance
        self._offers = sorted(offers, key=lambda offer: (offer.starts_at, offer.hospital_name, offer.session_id))
        hospitals = list(dict.fromkeys(offer.hospital_id for offer in self._offers))
        self._rank = {hospital: 1 / (2 + number) for number, hospital in enumerate(hospitals)}
        first = [offer for offer in self._offers if hospitals and offer.hospital_id == hospitals[0]]
        self._sought = first[_SOUGHT_EVERY_DAYS - 1 :: _SOUGHT_EVERY_DAYS]

    def wanted(self, at: datetime) -> tuple[Offer, ...]:
        """Return up to three sessions that somebody wants at an instant, the dearest first."""
        open_to_him = [o for o in self._offers if at + _AT_LEAST_AHEAD < o.ends_at and o.starts_at < at + _AHEAD]
        if not open_to_him:
            return ()
        weights = [
            self._rank[offer.hospital_id] * math.exp(-((offer.starts_at - at) / timedelta(days=_LEAD_DAYS)))
            for offer in open_to_him
        ]
        drawn = self._chance.choices(open_to_him, weights, k=_CHOICES)
        sought = next((offer for offer in self._sought if offer.starts_at > at), None)
        if sought is not None and self._chance.random() < _SOUGHT_SHARE:
            drawn.insert(0, sought)
        return tuple(dict.fromkeys(drawn))

    def on_days_in_a_row(self, at: datetime, count: int) -> list[Offer]:
        """Return sessions on `count` days in a row, from the day after an instant on."""
        days = sorted({offer.day for offer in self._offers if offer.starts_at > at})[1 : count + 1]
        return [self._chance.choice([offer for offer in self._offers if offer.day == day]) for day in days]


def _visits_of(
    chance: random.Random, days: Days, market: _Market, habit: Habit, person: int, people: int
) -> list[Visit]:
    other = (person + 1) % people if habit is Habit.FOR_ANOTHER else person
    visits = []
    for draft in _drafts(chance, days, market, habit):
        (conduct,) = chance.choices(list(_CONDUCTS), list(_CONDUCTS.values()))
        luck = chance.random()
        if draft.choices and draft.at < days.end:
            visits.append(Visit(person, other, draft.at, draft.choices, conduct, luck))
    return visits


def _drafts(chance: random.Random, days: Days, market: _Market, habit: Habit) -> list[Draft]:
    at = _instant(chance, days)
    match habit:
        case Habit.ONCE:
            return [Draft(at, market.wanted(at))]
        case Habit.FOR_ANOTHER:
            return [Draft(at, market.wanted(at)[:1])]
        case Habit.TWICE:
            again = _instant(chance, days)
            return [Draft(at, market.wanted(at)), Draft(again, market.wanted(again))]
        case Habit.FIVE_IN_A_WEEK:
            # Each is asked for when the one before is confirmed: two holds may be live, and three booked in a week.
            offers = market.on_days_in_a_row(at, 5)
            return [Draft(at + number * 2 * TICK, (offer,)) for number, offer in enumerate(offers)]
        case Habit.TWICE_A_DAY:
            choices = market.wanted(at)[:1]
            return [Draft(at, choices), Draft(at + 2 * TICK, choices)]
        case Habit.THREE_AT_ONCE:
            return [Draft(at, (offer,)) for offer in market.on_days_in_a_row(at, 3)]


def _instant(chance: random.Random, days: Days) -> datetime:
    """Draw an instant of the play at which people are awake and ask."""
    local = days.start.astimezone(days.time_zone)
    span = (days.end - days.start).days
    while True:
        (hour,) = chance.choices(list(_HOURS), list(_HOURS.values()))
        wanted = (local + timedelta(days=chance.randrange(span + 1))).replace(hour=hour, minute=chance.randrange(60))
        at = days.start + (wanted.astimezone(days.start.tzinfo) - days.start) // _ASK_EVERY * _ASK_EVERY
        if days.start < at < days.end:
            return at


def on_a_step(days: Days, instant: datetime) -> datetime:
    """Return the first step of the play at or after an instant."""
    return days.start + -((days.start - instant) // TICK) * TICK
