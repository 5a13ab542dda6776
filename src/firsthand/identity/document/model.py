"""A real-name document."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class DocumentType(StrEnum):
    """The built-in kinds of documents, in the order in which a form offers them. `DocumentPolicy` has further ones."""

    RESIDENT_ID = "resident_id"
    HK_MACAO_PERMIT = "hk_macao_permit"
    TAIWAN_PERMIT = "taiwan_permit"
    FOREIGN_PERMANENT_RESIDENT = "foreign_permanent_resident"
    PASSPORT = "passport"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Document:
    """A document as `rules.parse_document` makes it: the number is normalised, and not shown in logs.

    type: a `DocumentType`, or the code of a further kind.
    """

    type: str
    number: str = field(repr=False)

    @property
    def key(self) -> str:
        """The text under which the document is indexed: no two documents share one."""
        return f"{self.type}:{self.number}"


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A document of a person, with the id of its row."""

    id: UUID
    document: Document
    created_at: datetime
