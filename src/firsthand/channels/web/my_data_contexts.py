"""What the pages of a person's own data are given; the rules of `contexts.py` hold here too."""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from firsthand.account.model import PersonData
from firsthand.channels.web.frame import FieldProblem, Frame
from firsthand.channels.web.my_data_saying import SaidCategory, SaidLook


@dataclass(frozen=True, slots=True)
class MyDataPage:
    """GET /me/data: all that is held on a person. categories: the same, said.

    child: the id of the child whose data a guardian sees, "" of oneself.
    """

    template: ClassVar[str] = "pages/my_data.html"
    frame: Frame
    data: PersonData
    categories: tuple[SaidCategory, ...]
    withheld: tuple[str, ...]
    child: str
    problems: tuple[FieldProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class MyLooksPage:
    """GET /me/data/looks: who looked. name: of the child, "" of oneself.

    older: the number from which older ones go on, None where there are none. newer: whether this is not the first page.
    """

    template: ClassVar[str] = "pages/my_data_looks.html"
    frame: Frame
    looks: tuple[SaidLook, ...]
    name: str
    child: str
    older: int | None
    newer: bool


class FileKind(StrEnum):
    """What the file is made for: to be read, or for programs."""

    PAGE = "page"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class MyDataFilePage:
    """The file to be read: everything on one page that needs nothing else. made_at: said in the person's language."""

    template: ClassVar[str] = "pages/my_data_file.html"
    frame: Frame
    name: str
    made_at: str
    categories: tuple[SaidCategory, ...]
    looks: tuple[SaidLook, ...]
    older_looks: bool
    withheld: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MyExportPage:
    """GET and POST /me/data/export: asks once more before a file is made. name: of the child, "" of oneself."""

    template: ClassVar[str] = "pages/my_data_export.html"
    frame: Frame
    child: str
    name: str
    exports_max: int
    kind: FileKind = FileKind.PAGE
    problems: tuple[FieldProblem, ...] = ()
