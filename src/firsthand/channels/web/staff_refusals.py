"""How a refused sign-in of staff is told on a page."""

from collections.abc import Mapping
from typing import Final

from firsthand.channels.web.frame import FieldProblem, Problem
from firsthand.directory.staff_sign_in.model import Reason

_TOLD: Final[Mapping[Reason, FieldProblem]] = {
    Reason.SIGN_IN_WRONG: FieldProblem("username", Problem.SIGN_IN_WRONG),
    Reason.TOO_MANY_TRIES: FieldProblem("", Problem.TOO_MANY_TRIES),
    Reason.STEP_OVER: FieldProblem("", Problem.SIGN_IN_STEP_OVER),
    Reason.CODE_WRONG: FieldProblem("code", Problem.SECOND_FACTOR_WRONG),
    Reason.SECOND_FACTOR_NEEDED: FieldProblem("", Problem.SECOND_FACTOR_NEEDED),
    Reason.ENROLMENT_NEEDED: FieldProblem("", Problem.SECOND_FACTOR_NEEDED),
    Reason.ENROLLED_ALREADY: FieldProblem("", Problem.ENROLLED_ALREADY),
    Reason.LINK_SPENT: FieldProblem("", Problem.LINK_SPENT),
    Reason.PASSWORD_WRONG: FieldProblem("current", Problem.PASSWORD_WRONG),
    Reason.PASSWORD_UNACCEPTABLE: FieldProblem("password", Problem.PASSWORD_UNACCEPTABLE),
    Reason.PROOF_NEEDED: FieldProblem("", Problem.PROOF_NEEDED),
    Reason.PROOF_WRONG: FieldProblem("", Problem.PROOF_WRONG),
    Reason.PASSWORD_GUESSABLE: FieldProblem("password", Problem.PASSWORD_GUESSABLE),
    Reason.NOT_PERMITTED: FieldProblem("", Problem.STAFF_NOT_PERMITTED),
    Reason.STAFF_UNKNOWN: FieldProblem("", Problem.STAFF_NOT_PERMITTED),
}


def of_staff_sign_in(reason: Reason) -> FieldProblem:
    """Return how a refused sign-in, or change of one's own sign-in, is told."""
    return _TOLD[reason]
