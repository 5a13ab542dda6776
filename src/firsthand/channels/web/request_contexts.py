"""What the pages of people's requests are given; the rules of `contexts.py` hold here too."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from firsthand.booking.deleting import ChildOf
from firsthand.channels.web.contexts import DocumentFields
from firsthand.channels.web.forms import Fields
from firsthand.channels.web.frame import FieldProblem, Frame
from firsthand.directory.request.actions import OwnRequest
from firsthand.directory.request.model import About, Kind, Queued, Shown


@dataclass(frozen=True, slots=True)
class HospitalChoice:
    """A hospital that can be asked."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class RequestsPage:
    """GET /me/requests; each open one has a form to /me/requests/{id}/withdraw. days: within which answers come."""

    template: ClassVar[str] = "pages/requests.html"
    frame: Frame
    requests: tuple[OwnRequest, ...]
    days: int
    time_zone: str
    problems: tuple[FieldProblem, ...] = ()

    @property
    def may_delete(self) -> bool:
        """Whether no deletion is asked for already."""
        return not any(one.request.kind is Kind.DELETION and one.request.is_open for one in self.requests)


@dataclass(frozen=True, slots=True)
class RequestPage:
    """GET and POST /me/requests/correction and .../objection: `about`, `hospital` ("" for the city), `words`."""

    template: ClassVar[str] = "pages/request_ask.html"
    frame: Frame
    kind: Kind
    about: tuple[About, ...]
    hospitals: tuple[HospitalChoice, ...]
    days: int
    typed: Fields
    problems: tuple[FieldProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class DeletionPage:
    """GET and POST /me/requests/deletion: a document of one's own, `understood` (yes).

    waits_until: the earliest at which it is carried out, by what is known now. booking_counts: whether it waits so long
    because of an appointment.
    """

    template: ClassVar[str] = "pages/request_deletion.html"
    frame: Frame
    document: DocumentFields
    days: int
    waits_until: datetime
    booking_counts: bool
    children: tuple[ChildOf, ...]
    time_zone: str
    problems: tuple[FieldProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class QueuePage:
    """GET /admin/requests: those that wait first. page: the number of this one; pages: how many there are."""

    template: ClassVar[str] = "pages/admin_requests.html"
    frame: Frame
    waiting: tuple[Queued, ...]
    over: tuple[Queued, ...]
    now: datetime
    time_zone: str
    page: int
    pages: int

    def page_address(self, number: int) -> str:
        """Return the address of page `number` of the list."""
        return f"/admin/requests?page={number}"


@dataclass(frozen=True, slots=True)
class AnswerPage:
    """GET and POST /admin/requests/{id}: `granted` (yes or no), `words`."""

    template: ClassVar[str] = "pages/admin_request.html"
    frame: Frame
    shown: Shown
    now: datetime
    time_zone: str
    typed: Fields
    problems: tuple[FieldProblem, ...] = ()
