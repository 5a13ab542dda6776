"""How refusals at the counter, and of corrections, are told on a page."""

from collections.abc import Mapping
from typing import Final

from firsthand.channels.web.frame import FieldProblem, Problem
from firsthand.directory.correction.model import Reason as CorrectionReason
from firsthand.directory.counter.model import Reason

_COUNTER: Final[Mapping[Reason, FieldProblem]] = {
    Reason.NOT_PERMITTED: FieldProblem("", Problem.NOT_PERMITTED),
    Reason.NOT_FOUND: FieldProblem("", Problem.FIND_FIRST),
    Reason.DOCUMENT_NEEDED: FieldProblem("", Problem.DOCUMENT_NEEDED),
    Reason.TOO_MANY_SEARCHES: FieldProblem("", Problem.TOO_MANY_TRIES),
    Reason.DOCUMENT_KNOWN: FieldProblem("document_number", Problem.DOCUMENT_KNOWN),
    Reason.DOCUMENT_OF_THIS_PERSON: FieldProblem("document_number", Problem.DOCUMENT_OWN),
    Reason.TOO_MANY_DOCUMENTS: FieldProblem("", Problem.TOO_MANY_DOCUMENTS),
    Reason.NOT_A_CHILD: FieldProblem("born_on", Problem.NOT_A_CHILD),
    Reason.TOO_MANY_CHILDREN: FieldProblem("", Problem.TOO_MANY_CHILDREN),
    Reason.BIRTH_CONTRADICTS: FieldProblem("born_on", Problem.BIRTH_CONTRADICTS),
    Reason.SAME_PHONE: FieldProblem("phone", Problem.SAME_PHONE),
    Reason.CHANGED_LATELY: FieldProblem("phone", Problem.PHONE_CHANGED_LATELY),
    Reason.TOO_MANY_NAMES: FieldProblem("name", Problem.TOO_MANY_NAMES),
    Reason.NAME_KNOWN: FieldProblem("name", Problem.NAME_KNOWN),
    Reason.NAME_UNKNOWN: FieldProblem("", Problem.NAME_UNKNOWN),
}

_CORRECTION: Final[Mapping[CorrectionReason, FieldProblem]] = {
    CorrectionReason.NOT_PERMITTED: FieldProblem("", Problem.NOT_PERMITTED),
    CorrectionReason.NOT_FOUND: FieldProblem("", Problem.FIND_FIRST),
    CorrectionReason.DOCUMENT_NEEDED: FieldProblem("", Problem.DOCUMENT_NEEDED),
    CorrectionReason.NOTE_TOO_SHORT: FieldProblem("note", Problem.NOTE_TOO_SHORT),
    CorrectionReason.NOTE_TOO_LONG: FieldProblem("note", Problem.NOTE_TOO_LONG),
    CorrectionReason.NOTE_INVALID: FieldProblem("note", Problem.NOTE_INVALID),
    CorrectionReason.EVIDENCE_UNKNOWN: FieldProblem("evidence", Problem.EVIDENCE_MISSING),
    CorrectionReason.DOCUMENT_UNKNOWN: FieldProblem("wrong", Problem.WRONG_DOCUMENT_MISSING),
    CorrectionReason.SAME_DOCUMENT: FieldProblem("document_number", Problem.SAME_DOCUMENT),
    CorrectionReason.DOCUMENT_KNOWN: FieldProblem("document_number", Problem.DOCUMENT_KNOWN),
    CorrectionReason.SAME_PERSON: FieldProblem("document_number", Problem.SAME_PERSON),
    CorrectionReason.ALREADY_MERGED: FieldProblem("", Problem.ALREADY_MERGED),
    CorrectionReason.KEEPS_OTHERS: FieldProblem("", Problem.KEEPS_OTHERS),
    CorrectionReason.ALREADY_ASKED: FieldProblem("", Problem.ALREADY_ASKED),
    CorrectionReason.OWN_REQUEST: FieldProblem("", Problem.OWN_REQUEST),
    CorrectionReason.ALREADY_DECIDED: FieldProblem("", Problem.ALREADY_DECIDED),
    CorrectionReason.NOT_APPROVED: FieldProblem("", Problem.CANNOT_UNDO),
    CorrectionReason.NUMBER_TAKEN: FieldProblem("", Problem.NUMBER_TAKEN),
    CorrectionReason.ERASED: FieldProblem("", Problem.ERASED),
}


def of_counter(reason: Reason) -> FieldProblem:
    """Return how a refusal at the counter is told, and at which field. `tests/unit/test_pages.py` goes through all."""
    return _COUNTER[reason]


def of_correction(reason: CorrectionReason) -> FieldProblem:
    """Return how a refused correction is told, and at which field."""
    return _CORRECTION[reason]
