"""A real-name document."""

from dataclasses import dataclass, field
from enum import StrEnum


class DocumentType(StrEnum):
    """The documents by which a city's hospitals know people, in the order in which a form offers them."""

    RESIDENT_ID = "resident_id"
    HK_MACAO_PERMIT = "hk_macao_permit"
    TAIWAN_PERMIT = "taiwan_permit"
    FOREIGN_PERMANENT_RESIDENT = "foreign_permanent_resident"
    PASSPORT = "passport"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Document:
    """A document as `rules.parse_document` makes it: the number is normalised, and not shown in logs."""

    type: DocumentType
    number: str = field(repr=False)

    @property
    def key(self) -> str:
        """The text under which the document is indexed: no two documents share one."""
        return f"{self.type}:{self.number}"
