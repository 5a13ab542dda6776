"""An emergency access, how it is asked for, and what a review of it says."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from firsthand.directory.person.model import PersonName, Phone
from firsthand.identity.document.model import Document

# Long enough to reach relatives and to see where somebody was going, and over before a shift is.
OPEN_FOR: Final = timedelta(minutes=30)
# By then a supervisor has been on duty again, whatever the day of the week.
REVIEW_WITHIN: Final = timedelta(days=3)
# Long after every alarm. What nobody has judged by then is nobody's judgement any more: the person is told so.
LAPSES_AFTER: Final = timedelta(days=90)


class Reason(StrEnum):
    """Why an emergency access is not opened, shown or reviewed."""

    NOT_PERMITTED = "not_permitted"
    REASON_TOO_SHORT = "reason_too_short"
    WORDS_INVALID = "words_invalid"
    TOO_MANY = "too_many"
    PERSON_UNKNOWN = "person_unknown"
    SEVERAL_PEOPLE = "several_people"
    ACCESS_UNKNOWN = "access_unknown"
    ACCESS_OVER = "access_over"
    OWN_ACCESS = "own_access"
    ALREADY_REVIEWED = "already_reviewed"
    LAPSED = "lapsed"


@dataclass(frozen=True, slots=True)
class Refused:
    """Refused, and why."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whose record is to be opened: by a document's number, or by a phone and, where several share it, a name."""

    by: Document | Phone = field(repr=False)
    name: PersonName | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Access:
    """An emergency access that was opened. staff_id, hospital_id: who opened it, in a duty at which hospital."""

    id: UUID
    staff_id: UUID
    hospital_id: UUID
    person_id: UUID
    found_by: str
    reason: str = field(repr=False)
    opened_at: datetime
    expires_at: datetime
    reviewed_by: UUID | None = None
    reviewed_at: datetime | None = None
    justified: bool | None = None
    words: str = field(default="", repr=False)
    lapsed_at: datetime | None = None

    def is_open(self, now: datetime) -> bool:
        """Say whether the record can still be seen at an aware instant. One found not justified is closed at once."""
        return now < self.expires_at and self.justified is not False

    def is_overdue(self, now: datetime) -> bool:
        """Say whether it has waited for a review for longer than it should, at an aware instant."""
        return self.reviewed_at is None and now - self.opened_at > REVIEW_WITHIN


@dataclass(frozen=True, slots=True)
class Review:
    """An access as its reviewer sees it: with the names of those who opened and reviewed it, and of the hospital."""

    access: Access
    staff_name: str
    hospital_name: str
    time_zone: str
    person_name: str = field(repr=False)
    reviewer_name: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many accesses no one has reviewed yet, and since when the oldest of them waits."""

    count: int
    oldest_at: datetime | None
