"""Whom a clerk has before him, what he sees of him, and what he is answered."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from firsthand.directory.person.model import PersonName, Phone
from firsthand.identity.document.model import Document
from firsthand.platform.i18n import Language

# A person at the counter is served within half an hour; then he shows his document again.
FOUND_FOR: Final = timedelta(minutes=30)
DOCUMENTS_MAX: Final = 5
VARIANTS_MAX: Final = 5
MINOR_YEARS: Final = 18
CHILDREN_MAX: Final = 8
# Two changes of the phone on one day are one too many: the old phone is told of each, and must have time to object.
PHONE_COOLING: Final = timedelta(hours=24)


class Basis(StrEnum):
    """How a clerk knows whom he has before him."""

    DOCUMENT = "document"
    BOOKING = "booking"
    PHONE = "phone"
    BREAK_GLASS = "break_glass"


class Deed(StrEnum):
    """What can be done for somebody who was found."""

    LOOK = "look"
    BOOK = "book"
    READ_NUMBERS = "read_numbers"
    CHANGE = "change"
    ASK_CORRECTION = "ask_correction"


class VariantKind(StrEnum):
    """What another name of a person is."""

    FORMER = "former"
    OTHER_SCRIPT = "other_script"
    LATIN = "latin"


class Reason(StrEnum):
    """Why something is not done for a person at the counter.

    NOT_FOUND: nobody is known so, or this clerk has not found him here lately; never which.
    """

    NOT_PERMITTED = "not_permitted"
    NOT_FOUND = "not_found"
    DOCUMENT_NEEDED = "document_needed"
    TOO_MANY_SEARCHES = "too_many_searches"
    DOCUMENT_KNOWN = "document_known"
    DOCUMENT_OF_THIS_PERSON = "document_of_this_person"
    TOO_MANY_DOCUMENTS = "too_many_documents"
    NOT_A_CHILD = "not_a_child"
    TOO_MANY_CHILDREN = "too_many_children"
    BIRTH_CONTRADICTS = "birth_contradicts"
    SAME_PHONE = "same_phone"
    CHANGED_LATELY = "changed_lately"
    TOO_MANY_NAMES = "too_many_names"
    NAME_KNOWN = "name_known"
    NAME_UNKNOWN = "name_unknown"


@dataclass(frozen=True, slots=True)
class Refused:
    """Refused, and why."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Found:
    """A person whom a clerk found, by the record that is kept."""

    person_id: UUID
    basis: Basis


@dataclass(frozen=True, slots=True)
class NameVariant:
    """Another name of a person."""

    id: UUID
    kind: VariantKind
    name: PersonName = field(repr=False)


@dataclass(frozen=True, slots=True)
class NewAtDesk:
    """What the desk knows of a new person: his document lies there. phone: "" for a person without one."""

    document: Document
    name: PersonName = field(repr=False)
    phone: Phone = field(repr=False)
    language: Language
    born_on: date | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class MaskedDocument:
    """A document of which only the end is shown. tail: its last characters."""

    id: UUID
    type: str
    tail: str = field(repr=False)
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Relative:
    """A child without a document under a guardian, or the guardian of one."""

    person_id: UUID
    name: PersonName = field(repr=False)
    born_on: date | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Record:
    """What the desk sees of a person who was found. phone_tail: the last digits, "" where there is none.

    names: other names, those of records that were merged into this one among them.
    """

    person_id: UUID
    basis: Basis
    name: PersonName = field(repr=False)
    variants: tuple[NameVariant, ...] = field(repr=False)
    merged_names: tuple[PersonName, ...] = field(repr=False)
    born_on: date | None = field(repr=False)
    phone_tail: str = field(repr=False)
    documents: tuple[MaskedDocument, ...]
    children: tuple[Relative, ...]
    guardian: Relative | None
    merged: int
