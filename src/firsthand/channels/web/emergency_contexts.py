"""What the pages of emergencies, their reviews and the audit record are given; the rules of `contexts.py` hold here."""

from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlencode
from uuid import UUID

from firsthand.audit.reading import ReadPage
from firsthand.booking.emergency import EmergencyRecord
from firsthand.channels.web.contexts import DocumentFields
from firsthand.channels.web.forms import Fields
from firsthand.channels.web.frame import FieldProblem, Frame
from firsthand.directory.emergency.model import Access, Review


@dataclass(frozen=True, slots=True)
class EmergencyPage:
    """GET and POST /desk/emergency: a document or `phone` and `name`, `reason`, `understood`.

    minutes: for how long a record is opened. open: the visitor's own accesses that he can still look at.
    """

    template: ClassVar[str] = "pages/emergency.html"
    frame: Frame
    document: DocumentFields
    typed: Fields
    open: tuple[Access, ...]
    minutes: int
    time_zone: str
    problems: tuple[FieldProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class EmergencyRecordPage:
    """GET /desk/emergency/{id}: what is shown of the person, and until when."""

    template: ClassVar[str] = "pages/emergency_record.html"
    frame: Frame
    record: EmergencyRecord
    time_zone: str


@dataclass(frozen=True, slots=True)
class ReviewsPage:
    """GET /admin/reviews; each form posts to /admin/reviews/{id}: `justified` (yes or no), `reason`.

    wrong: the access whose form is shown again. viewer: nobody reviews his own. overdue: those that wait too long.
    """

    template: ClassVar[str] = "pages/admin_reviews.html"
    frame: Frame
    waiting: tuple[Review, ...]
    past: tuple[Review, ...]
    viewer: UUID | None
    overdue: frozenset[UUID]
    wrong: UUID | None
    typed: Fields
    problems: tuple[FieldProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class AuditPage:
    """GET /admin/audit: `since`, `until` (days), `action`, `outcome`, `staff`, `person`, `hospital` (ids), `below`."""

    template: ClassVar[str] = "pages/admin_audit.html"
    frame: Frame
    typed: Fields
    found: ReadPage | None
    time_zone: str
    late: bool = False
    problems: tuple[FieldProblem, ...] = ()

    @property
    def next_address(self) -> str:
        """Return the address of the page with older lines."""
        below = str(self.found.more) if self.found and self.found.more else ""
        kept = [(name, value) for name, value in self.typed.items() if value and name != "below"]
        return f"/admin/audit?{urlencode([*kept, ('below', below)])}"
