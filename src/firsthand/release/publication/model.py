"""A publication in the project's own words, whatever format it came in, and what became of it."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from firsthand.directory.hospital.model import Hospital
from firsthand.release.model import SessionStatus

CAPACITY_MAX = 10_000


@dataclass(frozen=True, slots=True)
class Schedule:
    """Who or what sessions belong to. `hospital` is an external id; department and doctor are names, or None."""

    external_id: str
    hospital: str
    service: str = ""
    department: str | None = None
    doctor: str | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """A span of time with a number of places.

    schedule: an external id. starts_at, ends_at: aware instants. capacity: all places of the session, taken or not.
    fee_cents: hundredths of `currency` (ISO 4217); both or neither. deep_link, phone: the hospital's own ways to book.
    """

    external_id: str
    schedule: str
    starts_at: datetime
    ends_at: datetime
    capacity: int
    status: SessionStatus = SessionStatus.OPEN
    fee_cents: int | None = None
    currency: str | None = None
    deep_link: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Days:
    """The local days from `first` to `last`, both included."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Publication:
    """Everything that one feed said at one moment. Ids are unique and references within it hold.

    published_at: an aware instant, or None where the format has none: then the moment of import counts.
    complete: whether a session that is left out is withdrawn. days: the days that it speaks for; None is every day.
    """

    feed: str
    published_at: datetime | None
    complete: bool
    hospitals: tuple[Hospital, ...]
    schedules: tuple[Schedule, ...]
    sessions: tuple[Session, ...]
    days: Days | None = None


@dataclass(frozen=True, slots=True)
class Imported:
    """The last publication that was taken in from a feed."""

    published_at: datetime
    digest: bytes


@dataclass(frozen=True, slots=True)
class ScheduleRow:
    """A schedule with our own ids in place of the hospital's names."""

    external_id: str
    hospital_id: UUID
    department_id: UUID | None
    doctor_id: UUID | None
    service: str


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session with our own ids in place of the hospital's names. `day` is the local day at the hospital."""

    external_id: str
    schedule_id: UUID
    hospital_id: UUID
    starts_at: datetime
    ends_at: datetime
    day: date
    capacity: int
    status: SessionStatus
    fee_cents: int | None
    currency: str | None
    deep_link: str
    phone: str


@dataclass(frozen=True, slots=True)
class PlaceCounts:
    """How many places of a session are in each state. `highest` is the highest number given to one, 0 for none."""

    open: int = 0
    taken: int = 0
    returned: int = 0
    withdrawn: int = 0
    highest: int = 0


@dataclass(frozen=True, slots=True)
class PlaceChange:
    """What becomes of a session's places.

    restore: withdrawn places, lowest numbers first. add: new places above the highest number.
    withdraw_open, withdraw_returned: highest numbers first. over_capacity: taken places beyond the capacity.
    """

    restore: int = 0
    add: int = 0
    withdraw_open: int = 0
    withdraw_returned: int = 0
    over_capacity: int = 0


class Reason(StrEnum):
    """Why a publication was not taken in."""

    OLDER_THAN_IMPORTED = "older_than_imported"


@dataclass(frozen=True, slots=True)
class Refused:
    """A publication that was not taken in. `standing_published_at`: of the one that stands."""

    reason: Reason
    feed: str
    published_at: datetime
    standing_published_at: datetime

    @property
    def words(self) -> str:
        """One English sentence for the operator."""
        return (
            f"the publication of {self.published_at.isoformat()} is older than the one already imported "
            f"from {self.feed}, of {self.standing_published_at.isoformat()}"
        )


@dataclass(frozen=True, slots=True)
class Report:
    """What a publication held, and what taking it in changed.

    unchanged: nothing in it was new. *_new, *_changed: rows. sessions_restored: withdrawn ones that came back (also
    counted as changed). booked_in_withdrawn, booked_in_moved: taken places in sessions that were withdrawn, or whose
    time was changed: these people must be told. over_capacity: taken places beyond a lowered capacity.
    """

    feed: str
    published_at: datetime
    complete: bool
    unchanged: bool
    hospitals: int
    schedules: int
    sessions: int
    places: int
    hospitals_new: int = 0
    hospitals_changed: int = 0
    schedules_new: int = 0
    schedules_changed: int = 0
    sessions_new: int = 0
    sessions_changed: int = 0
    sessions_withdrawn: int = 0
    sessions_restored: int = 0
    places_added: int = 0
    places_restored: int = 0
    places_withdrawn: int = 0
    over_capacity: int = 0
    booked_in_withdrawn: int = 0
    booked_in_moved: int = 0
