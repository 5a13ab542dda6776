"""The records of the family's pages: one frozen record a page, as in `contexts.py`."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from firsthand.channels.web.contexts import DocumentFields, HospitalFacts
from firsthand.channels.web.frame import FieldProblem, Frame, Problem
from firsthand.directory.family.model import Ended, Kind


@dataclass(frozen=True, slots=True)
class TieFacts:
    """A tie as one of its sides sees it. Instants are None where they do not apply.

    name: the other side's, or what the carer called him. child_name: of whom somebody wants to be another guardian,
    "" elsewhere. usable_from: only while its cooling time runs.
    """

    id: UUID
    kind: Kind
    name: str
    asked_at: datetime
    child_name: str = ""
    usable_from: datetime | None = None
    lapses_at: datetime | None = None
    term_ends_at: datetime | None = None
    ended_at: datetime | None = None
    ended_why: Ended | None = None
    can_confirm: bool = False
    can_renew: bool = False
    undocumented: bool = False


@dataclass(frozen=True, slots=True)
class FamilyPage:
    """GET /me/family: for whom the visitor acts, who acts for him, what waits for whom, and what is over."""

    template: ClassVar[str] = "pages/family.html"
    frame: Frame
    dependants: tuple[TieFacts, ...]
    asked: tuple[TieFacts, ...]
    carers: tuple[TieFacts, ...]
    asked_of_me: tuple[TieFacts, ...]
    over: tuple[TieFacts, ...]
    time_zone: str


@dataclass(frozen=True, slots=True)
class AskAdultPage:
    """GET and POST /me/family/adult: fields `document_type`, `document_number`, `label`, `agreed`."""

    template: ClassVar[str] = "pages/family_adult.html"
    frame: Frame
    document: DocumentFields
    label: str
    allows: tuple[str, ...]
    problems: tuple[FieldProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class AskChildPage:
    """GET and POST /me/family/child: `name`, `born_on`, `has_document`, a document's fields, `agreed`."""

    template: ClassVar[str] = "pages/family_child.html"
    frame: Frame
    name: str
    born_on: str
    has_document: str
    document: DocumentFields
    allows: tuple[str, ...]
    problems: tuple[FieldProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class AskedPage:
    """GET /me/family/{id}/code: what was asked, and the code from the dependant's phone; field `code`."""

    template: ClassVar[str] = "pages/family_asked.html"
    frame: Frame
    tie: TieFacts
    code_minutes: int
    time_zone: str
    problems: tuple[FieldProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class ConfirmTiePage:
    """GET /me/family/{id}/confirm, which posts to itself; /me/family/{id}/end says no. renewing: it goes on."""

    template: ClassVar[str] = "pages/family_confirm.html"
    frame: Frame
    tie: TieFacts
    allows: tuple[str, ...]
    renewing: bool
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class EndTiePage:
    """GET /me/family/{id}/end, which asks once more; it posts to the same address. waiting: it was only asked."""

    template: ClassVar[str] = "pages/family_end.html"
    frame: Frame
    tie: TieFacts
    waiting: bool
    is_carer: bool
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class DeskTieDone:
    """What the desk has just done. usable_from: of a tie that was confirmed; None where one was ended."""

    usable_from: datetime | None


@dataclass(frozen=True, slots=True)
class DeskFamilyPage:
    """GET and POST /desk/family: `carer_type`, `carer_number`, the same of `dependant`, `agreed`, `wish`."""

    template: ClassVar[str] = "pages/desk_family.html"
    frame: Frame
    hospital: HospitalFacts
    carer: DocumentFields
    dependant: DocumentFields
    allows: tuple[str, ...]
    done: DeskTieDone | None = None
    problems: tuple[FieldProblem, ...] = ()
