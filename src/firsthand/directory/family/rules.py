"""The decisions about ties. No clock, database or randomness is read here.

Instants are aware; a date is a day in the city's time zone, which the policy names.
"""

import unicodedata
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Final

from firsthand.directory.family.model import Ended, How, Kind, Past, Reason, Refused, State, Tie
from firsthand.directory.person.model import PersonName
from firsthand.directory.person.model import Refused as PersonRefused
from firsthand.directory.person.rules import parse_name
from firsthand.platform.days import local_day
from firsthand.policy.model import FamilyPolicy

LABEL_CHARACTERS_MAX: Final = 30
# In a message to somebody else, a name must not be able to say anything but a name.
NAME_IN_MESSAGE_CHARACTERS_MAX: Final = 30
CHILD_YEARS_MAX: Final = 150
# How long what was asked counts against the month's cap.
MONTH: Final = timedelta(days=30)

_FEBRUARY, _LEAP_DAY = 2, 29


def parse_label(raw: str) -> PersonName | Refused:
    """Return what a carer calls somebody, checked like a name and shorter, or why it is none."""
    label = parse_name(raw)
    if isinstance(label, PersonRefused) or len(label) > LABEL_CHARACTERS_MAX:
        return Refused(Reason.LABEL_INVALID)
    return label


def name_in_message(name: str) -> str:
    """Return a name as a stranger's message may hold it: letters and what joins them, and not long.

    Who registers chooses his name; a message must not carry an address or a number to somebody whom he chose too.
    """
    kept = "".join(one for one in name if one in " ·-'’" or unicodedata.category(one)[0] in "LM")
    return " ".join(kept.split())[:NAME_IN_MESSAGE_CHARACTERS_MAX].strip()


def majority_day(born_on: date, policy: FamilyPolicy) -> date:
    """Return the day on which somebody comes of age, from its first moment.

    Who was born on 29 February does so on 28 February where the year has no 29th: the month's last day corresponds.
    Source: Civil Code of China, articles 17 and 202.
    """
    year = born_on.year + policy.majority_years
    try:
        return born_on.replace(year=year)
    except ValueError:
        return date(year, _FEBRUARY, _LEAP_DAY - 1)


def is_of_age(born_on: date, policy: FamilyPolicy, *, now: datetime) -> bool:
    """Say whether somebody born on this day has come of age by an instant, in the city's time zone."""
    return local_day(now, policy.time_zone) >= majority_day(born_on, policy)


def counted_from(born_on: date, policy: FamilyPolicy) -> date:
    """Return the day from which a minor's majority is looked at: the first of its year, which tells no birthday."""
    return majority_day(born_on, policy).replace(month=1, day=1)


def check_child(born_on: date, document_says: date | None, policy: FamilyPolicy, *, now: datetime) -> Refused | None:
    """Say why somebody cannot be registered as a child born on this day; None where he can.

    document_says: the date of birth within the number of the document, which tells nothing of whether it is known.
    """
    today = local_day(now, policy.time_zone)
    if not today.year - CHILD_YEARS_MAX <= born_on.year or born_on > today:
        return Refused(Reason.BIRTH_INVALID)
    if document_says is not None and document_says != born_on:
        return Refused(Reason.BIRTH_DIFFERS)
    return Refused(Reason.CHILD_OF_AGE) if is_of_age(born_on, policy, now=now) else None


def check_caps(ties: Iterable[Past], policy: FamilyPolicy, *, undocumented: bool, now: datetime) -> Refused | None:
    """Say which cap one more tie would pass; None where there is room.

    What was asked counts for a month, whatever became of it. A place for a dependant is free again only some time
    after his tie ended, so that ties cannot be passed from buyer to buyer; majority, which nobody can aim at, frees
    its place at once. A child without a document counts against a cap of its own, living or not so long ended.
    """
    ties = list(ties)
    if sum(tie.asked_at > now - MONTH for tie in ties) >= policy.new_ties_a_month_max:
        return Refused(Reason.TOO_MANY_NEW)
    counted = [tie for tie in ties if _takes_a_place(tie, policy, now=now)]
    if len(counted) >= policy.dependants_max:
        return Refused(Reason.TOO_MANY_DEPENDANTS)
    if undocumented and sum(tie.undocumented for tie in counted) >= policy.undocumented_children_max:
        return Refused(Reason.TOO_MANY_UNDOCUMENTED)
    return None


def _takes_a_place(tie: Past, policy: FamilyPolicy, *, now: datetime) -> bool:
    match tie.state:
        case State.ASKED | State.ACTIVE:
            return True
        case State.ENDED:
            if not tie.was_active or tie.ended_why is Ended.MAJORITY or tie.ended_at is None:
                return False
            return tie.ended_at > now - timedelta(days=policy.ended_counts_days)


def may_ask_again(past: Past, policy: FamilyPolicy, *, now: datetime) -> bool:
    """Say whether a pair whose last tie this was may ask again: not while it is there, and not soon after it ended.

    One that nobody answered, or that the carer took back, may be asked again: the month's cap bounds that.
    """
    if past.state is not State.ENDED or past.ended_at is None:
        return False
    if not past.was_active and past.ended_why is not Ended.DECLINED:
        return True
    return past.ended_at <= now - timedelta(days=policy.again_days)


def usable_from(kind: Kind, how: How, policy: FamilyPolicy, *, now: datetime) -> datetime:
    """Return from when a tie that becomes active now may be used.

    A guardian whose child a desk has seen need not wait. An adult's carer waits even then: who stands at the desk
    today is booked for by the desk, and a tie that is made for one appointment is worth less.
    """
    at_once = kind is Kind.GUARDIAN and how is How.DESK
    return now if at_once else now + timedelta(hours=policy.cooling_hours)


def is_waiting(tie: Tie, *, now: datetime) -> bool:
    """Say whether a tie still waits for a yes."""
    return tie.state is State.ASKED and now < tie.lapses_at


def is_living(tie: Tie, born_on: date | None, policy: FamilyPolicy, *, now: datetime) -> bool:
    """Say whether an active tie has neither run out nor come to its dependant's majority, before any job ends it.

    born_on: the dependant's; looked at in the year of the majority, and later. Where it is not known then, the tie is
    over: nobody acts for an adult on a guardian's word.
    """
    if tie.state is not State.ACTIVE or (tie.term_ends_at is not None and now >= tie.term_ends_at):
        return False
    if tie.counted_from is None or local_day(now, policy.time_zone) < tie.counted_from:
        return True
    return born_on is not None and not is_of_age(born_on, policy, now=now)


def may_act(tie: Tie, born_on: date | None, policy: FamilyPolicy, *, now: datetime) -> bool:
    """Say whether the carer may act for the dependant now: the tie lives, and its cooling time is over."""
    return is_living(tie, born_on, policy, now=now) and tie.usable_from is not None and now >= tie.usable_from


def check_renewal(tie: Tie, policy: FamilyPolicy, *, now: datetime) -> Refused | None:
    """Say why a carer's tie cannot be renewed now; None where it can: not before it is about to end."""
    if tie.state is not State.ACTIVE:
        return Refused(Reason.ALREADY_ENDED)
    if tie.term_ends_at is None or now < tie.term_ends_at - timedelta(days=policy.renew_within_days):
        return Refused(Reason.TOO_EARLY_TO_RENEW)
    return Refused(Reason.ALREADY_ENDED) if now >= tie.term_ends_at else None
