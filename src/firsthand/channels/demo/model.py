"""What came of the play: counts, and who may sign in to look at it."""

from collections import Counter
from dataclasses import dataclass, field
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Family:
    """One person who acts for another. carer, comes: places in the list of people; comes: whose document is shown.

    dependant_id: the patient: a child has no number in the list.
    """

    carer: int
    comes: int
    dependant_id: UUID


@dataclass(slots=True)
class Tally:
    """What the actions answered, counted while the play goes on.

    booked: appointments that were confirmed, at_desk among them, and booked_for_others. returned: of these, given back.
    arrived, late among them; no_show. held_expired: places held and never confirmed. messages: written and sent.
    emergencies: records opened in an emergency, emergencies_reviewed among them. refused: by action and reason.
    """

    booked: int = 0
    at_desk: int = 0
    booked_for_others: int = 0
    returned: int = 0
    arrived: int = 0
    late: int = 0
    no_show: int = 0
    held_expired: int = 0
    messages: int = 0
    emergencies: int = 0
    emergencies_reviewed: int = 0
    refused: dict[str, Counter[str]] = field(default_factory=dict)

    def refuse(self, action: str, reason: str) -> None:
        """Count one refusal."""
        self.refused.setdefault(action, Counter())[reason] += 1

    @property
    def ahead(self) -> int:
        """Appointments that are still to come."""
        return self.booked - self.returned - self.arrived - self.no_show


@dataclass(frozen=True, slots=True)
class Guest:
    """A made-up person to sign in as. code: of the appointment with which the desk expects him today, else ""."""

    name: str
    document_type: str
    document_number: str
    phone: str
    has: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class DeskSignIn:
    """A clerk to sign in as."""

    hospital: str
    username: str


@dataclass(frozen=True, slots=True)
class StaffSignIn:
    """A member of staff to sign in as. hospital: "" for the city's own.

    app_secret: of his authenticator app, in base 32 and groups of four; "" where a password is enough.
    """

    role: str
    hospital: str
    username: str
    app_secret: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The whole of it, in the words of the JSON that `firsthand demo --json` ends with.

    ties: between carers and those for whom they act. bookable: places left to take at the end.
    staff: besides the clerks of the desks. desk_password: of every member of staff.
    from_day, until_day: the local days of the sessions (ISO 8601).
    played_at: the instant at which the play ended (ISO 8601). seconds: how long it took on this machine.
    """

    locations: int
    schedules: int
    slots: int
    places: int
    people: int
    booked: int
    returned: int
    arrived: int
    no_show: int
    audit_lines: int
    sealed: int
    at_desk: int
    booked_for_others: int
    ties: int
    late: int
    held_expired: int
    ahead: int
    bookable: int
    messages: int
    emergencies: int
    emergencies_reviewed: int
    refused: dict[str, dict[str, int]]
    feed: str
    time_zone: str
    from_day: str
    until_day: str
    seed: int
    played_at: str
    seconds: float
    guests: tuple[Guest, ...]
    desks: tuple[DeskSignIn, ...]
    staff: tuple[StaffSignIn, ...]
    desk_password: str
