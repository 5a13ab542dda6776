"""How refusals about ties are told."""

from collections.abc import Mapping
from typing import Final

from firsthand.channels.web.frame import FieldProblem, Problem
from firsthand.directory.family.model import Reason

# TIE_UNKNOWN is told as a page that is not there. `tests/unit/test_family_rules.py` sees that every reason is here.
TOLD: Final[Mapping[Reason, FieldProblem | None]] = {
    Reason.TIE_UNKNOWN: None,
    Reason.NOT_PERMITTED: FieldProblem("", Problem.NOT_PERMITTED),
    Reason.ONESELF: FieldProblem("document_number", Problem.TIE_ONESELF),
    Reason.CARER_NOT_OF_AGE: FieldProblem("", Problem.TIE_CARER_NOT_OF_AGE),
    Reason.LABEL_INVALID: FieldProblem("label", Problem.TIE_LABEL_INVALID),
    Reason.CHILD_OF_AGE: FieldProblem("born_on", Problem.TIE_CHILD_OF_AGE),
    Reason.BIRTH_INVALID: FieldProblem("born_on", Problem.BIRTH_INVALID),
    Reason.BIRTH_DIFFERS: FieldProblem("born_on", Problem.BIRTH_CONTRADICTS),
    Reason.TOO_MANY_DEPENDANTS: FieldProblem("", Problem.TIE_TOO_MANY_DEPENDANTS),
    Reason.TOO_MANY_UNDOCUMENTED: FieldProblem("", Problem.TIE_TOO_MANY_UNDOCUMENTED),
    Reason.TOO_MANY_CARERS: FieldProblem("", Problem.TIE_TOO_MANY_CARERS),
    Reason.TOO_MANY_NEW: FieldProblem("", Problem.TIE_TOO_MANY_NEW),
    Reason.ASKED_LATELY: FieldProblem("", Problem.TIE_ASKED_LATELY),
    Reason.ALREADY_TIED: FieldProblem("", Problem.TIE_ALREADY),
    Reason.PHONE_SHARED: FieldProblem("", Problem.TIE_PHONE_SHARED),
    Reason.ALREADY_ENDED: FieldProblem("", Problem.TIE_OVER),
    Reason.CONFIRMED_BY_OTHERS: FieldProblem("", Problem.TIE_CONFIRMED_BY_OTHERS),
    Reason.TOO_EARLY_TO_RENEW: FieldProblem("", Problem.TIE_TOO_EARLY_TO_RENEW),
    Reason.PERSON_UNKNOWN: FieldProblem("", Problem.PERSON_UNKNOWN),
    Reason.TOO_MANY_REQUESTS: FieldProblem("", Problem.TOO_MANY_TRIES),
    Reason.CODE_WRONG: FieldProblem("code", Problem.ONE_TIME_CODE_WRONG),
    Reason.CODE_SPENT: FieldProblem("code", Problem.ONE_TIME_CODE_EXPIRED),
}


def of_family(reason: Reason) -> FieldProblem | None:
    """Return how a refused request about a tie is told. None: there is no such tie for this person."""
    return TOLD[reason]
