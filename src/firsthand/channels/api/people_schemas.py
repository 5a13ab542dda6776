"""What the API takes and gives about people at the desk. Field names are stable."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from firsthand.channels.api.schemas import Text100

Name200 = Annotated[str, Meta(min_length=1, max_length=200)]


class DocumentKindOut(Struct, frozen=True):
    """A kind of document. code: what requests send as document_type. Names: of further kinds; null for others."""

    code: str
    name_zh: str | None
    name_en: str | None


class FindPersonIn(Struct, frozen=True, forbid_unknown_fields=True):
    """A document on the counter; or, with name and born_on both, what a caller says on the phone."""

    document_type: Text100
    document_number: Text100
    name: Name200 | None = None
    born_on: date | None = None


class NewPersonIn(Struct, frozen=True, forbid_unknown_fields=True):
    """A new person at the counter. phone: empty for one without. born_on: where the document does not say it."""

    document_type: Text100
    document_number: Text100
    name: Name200
    phone: Annotated[str, Meta(max_length=40)] = ""
    language: Annotated[str, Meta(min_length=2, max_length=20)] = "zh-Hans"
    born_on: date | None = None


class BookForPersonIn(Struct, frozen=True, forbid_unknown_fields=True):
    """A place of this session is wanted for the person. pool: open or returned."""

    session_id: UUID
    pool: Literal["open", "returned"] = "open"


class FoundOut(Struct, frozen=True):
    """A person who was found. basis: how: document, booking or phone."""

    person_id: UUID
    basis: str


class MaskedDocumentOut(Struct, frozen=True):
    """A document of which only the end is told."""

    document_type: str
    ends_in: str


class RecordOut(Struct, frozen=True):
    """What the desk sees of a person. other_names: former ones, in other scripts, and of merged records."""

    person_id: UUID
    basis: str
    name: str
    other_names: list[str]
    born_on: date | None
    phone_ends_in: str
    documents: list[MaskedDocumentOut]
