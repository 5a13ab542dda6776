"""What each page of administration is given; the rules of `contexts.py` hold here too."""

from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlencode
from uuid import UUID

from firsthand.channels.web.admin_sign_in_contexts import WaysFacts
from firsthand.channels.web.contexts import HospitalChoice
from firsthand.channels.web.forms import Fields
from firsthand.channels.web.frame import FieldProblem, Frame
from firsthand.directory.hospital.model import Entry, Kind, Managed, StoredHospital
from firsthand.directory.staff.model import Duty, Staff
from firsthand.directory.staff.reading import Listed, Member
from firsthand.platform.access import Role


@dataclass(frozen=True, slots=True)
class AdminPage:
    """GET /admin: where a member of staff goes from; its entries are the ways of the frame."""

    template: ClassVar[str] = "pages/admin.html"
    frame: Frame


@dataclass(frozen=True, slots=True)
class StaffListPage:
    """GET /admin/staff: `text`, `page`. of_city: whether everybody of the city is looked through."""

    template: ClassVar[str] = "pages/admin_staff.html"
    frame: Frame
    text: str
    staff: tuple[Listed, ...]
    total: int
    page: int
    pages: int
    of_city: bool

    def page_address(self, number: int) -> str:
        """Return the address of page `number` of the same list."""
        fields = (("text", self.text), ("page", str(number)))
        return f"/admin/staff?{urlencode([(name, value) for name, value in fields if value])}"


@dataclass(frozen=True, slots=True)
class StaffNewPage:
    """GET and POST /admin/staff/new: `username`, `display_name`, `role`, `hospital`, `password`.

    hospitals: those to choose from, empty where there is only one's own.
    """

    template: ClassVar[str] = "pages/admin_staff_new.html"
    frame: Frame
    typed: Fields
    roles: tuple[Role, ...]
    hospitals: tuple[HospitalChoice, ...]
    problems: tuple[FieldProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class StaffPage:
    """GET /admin/staff/{id}; its forms post below it: duties (`role`, `hospital`, `ends`), duties/{id}/end, leave.

    live: the duties that go on; past: those that are over. manageable: which of them the visitor may end. ways: by what
    the member signs in, for who may change it, at /admin/staff/{id}/sign-in/. is_own: the visitor looks at himself.
    """

    template: ClassVar[str] = "pages/admin_staff_one.html"
    frame: Frame
    member: Member
    live: tuple[Duty, ...]
    past: tuple[Duty, ...]
    manageable: frozenset[UUID]
    looks_after: bool
    roles: tuple[Role, ...]
    hospitals: tuple[HospitalChoice, ...]
    time_zone: str
    typed: Fields
    problems: tuple[FieldProblem, ...] = ()
    ways: WaysFacts | None = None
    is_own: bool = False


@dataclass(frozen=True, slots=True)
class StaffLeavePage:
    """GET /admin/staff/{id}/leave, which asks once more; it posts to the same address."""

    template: ClassVar[str] = "pages/admin_staff_leave.html"
    frame: Frame
    staff: Staff


@dataclass(frozen=True, slots=True)
class DutiesPage:
    """GET and POST /staff/duties: `duty`. current: the one in which the visitor acts."""

    template: ClassVar[str] = "pages/staff_duties.html"
    frame: Frame
    duties: tuple[Duty, ...]
    hospitals: dict[UUID, str]
    current: UUID | None
    time_zone: str
    problems: tuple[FieldProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class HospitalListPage:
    """GET /admin/hospitals: those that the visitor manages."""

    template: ClassVar[str] = "pages/admin_hospitals.html"
    frame: Frame
    hospitals: tuple[StoredHospital, ...]


@dataclass(frozen=True, slots=True)
class HospitalPage:
    """GET /admin/hospitals/{id}, which posts `name`, `address`, `phone`, `url` to itself.

    The fields of lists: /departments and /doctors (`entry_name`), each entry's below them.
    """

    template: ClassVar[str] = "pages/admin_hospital.html"
    frame: Frame
    managed: Managed
    typed: Fields
    problems: tuple[FieldProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class EntryPage:
    """GET /admin/hospitals/{id}/{kind}s/{entry}: rename it (`entry_name`), or list it no longer."""

    template: ClassVar[str] = "pages/admin_entry.html"
    frame: Frame
    managed: Managed
    kind: Kind
    entry: Entry
    typed: str
    problems: tuple[FieldProblem, ...] = ()
