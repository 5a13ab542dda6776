"""The policies that decisions are handed."""

from dataclasses import dataclass
from datetime import datetime, time
from typing import Generic, TypeVar
from zoneinfo import ZoneInfo

from firsthand.policy.documents import DocumentPolicy


@dataclass(frozen=True, slots=True)
class Cap:
    """At most `max_count` live bookings of one patient on any `days` days in a row, city-wide.

    per_department: count only bookings of the same department of the same hospital.
    """

    name: str
    days: int
    per_department: bool
    max_count: int

    def __post_init__(self) -> None:
        """Refuse a cap that means nothing."""
        if self.days < 1 or self.max_count < 0:
            message = f"cap {self.name}: days must be at least 1 and max_count at least 0"
            raise ValueError(message)


@dataclass(frozen=True, slots=True)
class BookingPolicy:
    """What open booking allows. Units are in the names.

    ended_a_day_max: how many places of one holder may come back (given back, or not confirmed in time) within 24 hours
    before he can take no more online.
    """

    hold_seconds: int
    holds_live_max: int
    ended_a_day_max: int
    booking_days_ahead_max: int
    take_cutoff_minutes: int
    give_back_cutoff_minutes: int
    caps: tuple[Cap, ...]


@dataclass(frozen=True, slots=True)
class ArrivalPolicy:
    """What the desk allows. Units are in the names."""

    early_minutes_max: int
    late_after_minutes: int
    no_show_after_end_minutes: int


@dataclass(frozen=True, slots=True)
class FamilyPolicy:
    """What ties between carers and dependants allow. Units are in the names.

    dependants_max: whom one carer may have, asked ones and those whose tie ended less than `ended_counts_days` ago
    among them. carers_max: who may act for one dependant. undocumented_children_max: how many of a guardian's children
    may be without a document. again_days: how long after a tie or an asking ended the same pair may not ask again.
    cooling_hours: how long a new tie waits before it can be used. time_zone: where days begin (IANA).
    """

    dependants_max: int
    carers_max: int
    undocumented_children_max: int
    new_ties_a_month_max: int
    ended_counts_days: int
    again_days: int
    cooling_hours: int
    asked_expires_days: int
    carer_term_days: int
    renew_within_days: int
    majority_years: int
    time_zone: str


@dataclass(frozen=True, slots=True)
class MessagePolicy:
    """When people are left in peace: from one time of day until another, which may lie past midnight.

    Both alike: never. time_zone: an IANA name, for messages that concern no hospital with a zone of its own. exempt:
    the names of message templates that are never held back, besides one-time codes.
    """

    quiet_from: time
    quiet_until: time
    time_zone: str
    exempt: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse times that belong to another zone, and a zone that does not exist."""
        if self.quiet_from.tzinfo is not None or self.quiet_until.tzinfo is not None:
            message = "quiet hours are times on the wall, without a zone of their own"
            raise ValueError(message)
        try:
            ZoneInfo(self.time_zone)
        except (ValueError, OSError, KeyError):
            message = "the time zone of the quiet hours must be an IANA name, such as Asia/Shanghai"
            raise ValueError(message) from None


@dataclass(frozen=True, slots=True)
class SignInPolicy:
    """From when on signing in counts as attacked, and how many codes the city sends. All count in one window.

    guard_on_requests, guard_on_failures: so many codes asked for, or wrong proofs, ask browsers for work.
    guard_off_percent: the guard ends once two windows stay below this part of both.
    sign_in_messages_max, registration_messages_max: more codes are not sent to browsers that nobody knows.
    """

    window_seconds: int
    guard_on_requests: int
    guard_on_failures: int
    guard_off_percent: int
    sign_in_messages_max: int
    registration_messages_max: int


Policy = BookingPolicy | ArrivalPolicy | FamilyPolicy | MessagePolicy | DocumentPolicy | SignInPolicy
Body = TypeVar("Body", BookingPolicy, ArrivalPolicy, FamilyPolicy, MessagePolicy, DocumentPolicy, SignInPolicy)


@dataclass(frozen=True, slots=True)
class Version(Generic[Body]):
    """One version of a policy: in force from an instant until the next version takes over."""

    effective_from: datetime
    body: Body
    source: str
