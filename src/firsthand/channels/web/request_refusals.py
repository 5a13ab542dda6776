"""How refusals about people's requests are told."""

from collections.abc import Mapping
from typing import Final

from firsthand.channels.web.frame import FieldProblem, Problem
from firsthand.directory.request.model import Reason

# REQUEST_UNKNOWN is told as a page that is not there. `tests/unit/test_request_rules.py` sees that all are here.
TOLD: Final[Mapping[Reason, FieldProblem | None]] = {
    Reason.NOT_PERMITTED: FieldProblem("", Problem.NOT_PERMITTED),
    Reason.ABOUT_UNKNOWN: FieldProblem("about", Problem.REQUEST_ABOUT_MISSING),
    Reason.HOSPITAL_UNKNOWN: FieldProblem("hospital", Problem.HOSPITAL_UNKNOWN),
    Reason.WORDS_TOO_SHORT: FieldProblem("words", Problem.REQUEST_WORDS_TOO_SHORT),
    Reason.WORDS_TOO_LONG: FieldProblem("words", Problem.REQUEST_WORDS_TOO_LONG),
    Reason.WORDS_INVALID: FieldProblem("words", Problem.NOTE_INVALID),
    Reason.TOO_MANY_OPEN: FieldProblem("", Problem.TOO_MANY_OPEN_REQUESTS),
    Reason.TOO_MANY_REQUESTS: FieldProblem("", Problem.TOO_MANY_REQUESTS_TODAY),
    Reason.SIGN_IN_STALE: FieldProblem("", Problem.SIGN_IN_STALE),
    Reason.DOCUMENT_WRONG: FieldProblem("document_number", Problem.NOT_YOUR_DOCUMENT),
    Reason.ALREADY_ASKED: FieldProblem("", Problem.DELETION_ALREADY_ASKED),
    Reason.REQUEST_UNKNOWN: None,
    Reason.ALREADY_ENDED: FieldProblem("", Problem.REQUEST_OVER),
    Reason.OWN_DOING: FieldProblem("", Problem.REQUEST_OWN_DOING),
}
