"""A correction, from the asking to its undoing."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from firsthand.directory.counter.model import MaskedDocument
from firsthand.directory.person.model import PersonName
from firsthand.identity.document.model import Document

NOTE_CHARACTERS_MIN: Final = 10
NOTE_CHARACTERS_MAX: Final = 500
# What nobody approved for a season is asked for anew, with the document on the counter once more.
LAPSES_AFTER: Final = timedelta(days=90)


class Kind(StrEnum):
    """What is to be put right."""

    DOCUMENT = "document"
    MERGER = "merger"


class State(StrEnum):
    """Where a correction stands."""

    ASKED = "asked"
    APPROVED = "approved"
    REFUSED = "refused"
    UNDONE = "undone"
    LAPSED = "lapsed"


class EvidenceKind(StrEnum):
    """What the clerk saw."""

    ORIGINAL_DOCUMENT = "original_document"
    BOTH_DOCUMENTS = "both_documents"
    HOUSEHOLD_REGISTER = "household_register"
    AUTHORITY_LETTER = "authority_letter"


class Reason(StrEnum):
    """Why a correction is not asked for, approved or undone.

    NOT_FOUND: there is none such at this hospital, or the clerk has not the person before him; never which.
    """

    NOT_PERMITTED = "not_permitted"
    NOT_FOUND = "not_found"
    DOCUMENT_NEEDED = "document_needed"
    NOTE_TOO_SHORT = "note_too_short"
    NOTE_TOO_LONG = "note_too_long"
    NOTE_INVALID = "note_invalid"
    EVIDENCE_UNKNOWN = "evidence_unknown"
    DOCUMENT_UNKNOWN = "document_unknown"
    SAME_DOCUMENT = "same_document"
    DOCUMENT_KNOWN = "document_known"
    SAME_PERSON = "same_person"
    ALREADY_MERGED = "already_merged"
    KEEPS_OTHERS = "keeps_others"
    ALREADY_ASKED = "already_asked"
    OWN_REQUEST = "own_request"
    ALREADY_DECIDED = "already_decided"
    NOT_APPROVED = "not_approved"
    NUMBER_TAKEN = "number_taken"
    ERASED = "erased"


@dataclass(frozen=True, slots=True)
class Refused:
    """Refused, and why."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was seen, and a note of the clerk's that whoever approves goes by. Made by `rules.parse_evidence` alone."""

    kind: EvidenceKind
    note: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class WrongDocument:
    """A person's document is wrong: it is taken away, and the right one, where he has one, put in its place."""

    person_id: UUID
    document_id: UUID
    replacement: Document | None


@dataclass(frozen=True, slots=True)
class OnePersonTwice:
    """Two records are one person's. person_id: the one that is kept; other_id: the one that is merged into it."""

    person_id: UUID
    other_id: UUID


Wish = WrongDocument | OnePersonTwice


@dataclass(frozen=True, slots=True)
class Correction:
    """A correction as its row tells it. documents: those that a merger moved, or the one that replaced another."""

    id: UUID
    kind: Kind
    state: State
    hospital_id: UUID
    person_id: UUID
    other_id: UUID | None
    document_id: UUID | None
    replacement: Document | None
    evidence: Evidence
    documents: tuple[UUID, ...]
    asked_by: UUID
    asked_at: datetime
    decided_by: UUID | None
    decided_at: datetime | None
    undone_at: datetime | None


@dataclass(frozen=True, slots=True)
class ShownCorrection:
    """A correction as whoever decides sees it. document, replacement: masked; None where it has none, or no more."""

    correction: Correction
    name: PersonName = field(repr=False)
    other_name: PersonName = field(repr=False)
    document: MaskedDocument | None
    replacement: MaskedDocument | None
    asked_by: str
    is_own: bool
