"""How refusals about hospitals' own sign-ins are told on a page."""

from collections.abc import Mapping
from typing import Final

from firsthand.channels.web.frame import FieldProblem, Problem
from firsthand.directory.staff_oidc.model import Reason

_TOLD: Final[Mapping[Reason, FieldProblem]] = {
    Reason.NOT_PERMITTED: FieldProblem("hospital", Problem.NOT_PERMITTED),
    Reason.TOO_MANY_TRIES: FieldProblem("", Problem.TOO_MANY_TRIES),
    Reason.PROVIDER_UNKNOWN: FieldProblem("", Problem.OWN_SIGN_IN_UNKNOWN),
    Reason.PROVIDER_EXISTS: FieldProblem("hospital", Problem.OWN_SIGN_IN_EXISTS),
    Reason.HOSPITAL_UNKNOWN: FieldProblem("hospital", Problem.HOSPITAL_UNKNOWN),
    Reason.ISSUER_INVALID: FieldProblem("issuer", Problem.ISSUER_INVALID),
    Reason.CLIENT_INVALID: FieldProblem("client_id", Problem.CLIENT_INVALID),
    Reason.SECRET_MISSING: FieldProblem("client_secret", Problem.SECRET_MISSING),
    Reason.SECRET_INVALID: FieldProblem("client_secret", Problem.SECRET_INVALID),
    Reason.CLAIM_INVALID: FieldProblem("claim", Problem.CLAIM_INVALID),
    Reason.STRENGTH_INVALID: FieldProblem("acr", Problem.STRENGTH_INVALID),
    Reason.STRENGTH_MISSING: FieldProblem("acr", Problem.STRENGTH_MISSING),
    Reason.ALGORITHM_MISSING: FieldProblem("alg", Problem.ALGORITHM_MISSING),
    Reason.NOT_TESTED: FieldProblem("", Problem.OWN_SIGN_IN_NOT_TESTED),
    Reason.STAFF_UNKNOWN: FieldProblem("username", Problem.MEMBER_UNKNOWN),
    Reason.SUBJECT_INVALID: FieldProblem("subject", Problem.ACCOUNT_INVALID),
    Reason.LINK_TAKEN: FieldProblem("subject", Problem.ACCOUNT_TAKEN),
    Reason.LINK_UNKNOWN: FieldProblem("", Problem.ACCOUNT_UNKNOWN),
    Reason.NOT_ONESELF: FieldProblem("username", Problem.NOT_ONESELF),
    Reason.NOT_FRESH: FieldProblem("", Problem.SIGN_IN_STALE),
    Reason.PROVIDER_DOWN: FieldProblem("", Problem.OWN_SIGN_IN_DOWN),
    Reason.ATTEMPT_OVER: FieldProblem("", Problem.OWN_SIGN_IN_OVER),
    Reason.ANSWER_WRONG: FieldProblem("", Problem.OWN_SIGN_IN_WRONG),
    Reason.NOT_LINKED: FieldProblem("", Problem.OWN_SIGN_IN_NOT_LINKED),
    Reason.NO_DUTY: FieldProblem("", Problem.OWN_SIGN_IN_NO_DUTY),
}
_STATUS: Final[Mapping[Reason, int]] = {
    Reason.NOT_PERMITTED: 403,
    Reason.TOO_MANY_TRIES: 429,
    Reason.PROVIDER_UNKNOWN: 409,
    Reason.PROVIDER_EXISTS: 409,
    Reason.NOT_TESTED: 409,
    Reason.LINK_TAKEN: 409,
    Reason.LINK_UNKNOWN: 409,
    Reason.NOT_ONESELF: 409,
    Reason.NOT_FRESH: 403,
    Reason.PROVIDER_DOWN: 409,
    Reason.ATTEMPT_OVER: 401,
    Reason.ANSWER_WRONG: 401,
    Reason.NOT_LINKED: 401,
    Reason.NO_DUTY: 401,
}
_INVALID: Final = 422


def of_own_sign_in(reason: Reason) -> FieldProblem:
    """Return how a refusal is told."""
    return _TOLD[reason]


def status_of_own_sign_in(reason: Reason) -> int:
    """Return the HTTP status of a page that tells it."""
    return _STATUS.get(reason, _INVALID)
