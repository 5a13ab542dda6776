"""How a change of a policy that is not made is told on a page."""

from collections.abc import Mapping
from typing import Final

from firsthand.channels.web.frame import FieldProblem, Problem
from firsthand.policy.proposal.model import Reason

_TOLD: Final[Mapping[Reason, FieldProblem]] = {
    Reason.NOT_PERMITTED: FieldProblem("", Problem.NOT_PERMITTED),
    Reason.POLICY_UNKNOWN: FieldProblem("", Problem.ENTRY_UNKNOWN),
    Reason.PROPOSAL_UNKNOWN: FieldProblem("", Problem.ENTRY_UNKNOWN),
    Reason.BODY_INVALID: FieldProblem("", Problem.POLICY_INVALID),
    Reason.INSTANT_INVALID: FieldProblem("begins_day", Problem.INSTANT_INVALID),
    Reason.NOTICE_TOO_SHORT: FieldProblem("begins_day", Problem.NOTICE_TOO_SHORT),
    Reason.TOO_FAR_AHEAD: FieldProblem("begins_day", Problem.POLICY_TOO_FAR_AHEAD),
    Reason.INSTANT_TAKEN: FieldProblem("begins_day", Problem.INSTANT_TAKEN),
    Reason.WORDS_TOO_SHORT: FieldProblem("reason", Problem.REASON_TOO_SHORT),
    Reason.WORDS_INVALID: FieldProblem("reason", Problem.WORDS_INVALID),
    Reason.NOTHING_CHANGES: FieldProblem("", Problem.NOTHING_CHANGES),
    Reason.TOO_MANY_WAITING: FieldProblem("", Problem.TOO_MANY_WAITING),
    Reason.OWN_PROPOSAL: FieldProblem("", Problem.OWN_PROPOSAL),
    Reason.ANOTHERS_PROPOSAL: FieldProblem("", Problem.ANOTHERS_PROPOSAL),
    Reason.ALREADY_DECIDED: FieldProblem("", Problem.ALREADY_DECIDED),
    Reason.NOT_AS_SHOWN: FieldProblem("", Problem.NOT_AS_SHOWN),
    Reason.BASE_SUPERSEDED: FieldProblem("", Problem.BASE_SUPERSEDED),
}
_STATUSES: Final[Mapping[Reason, int]] = {
    Reason.NOT_PERMITTED: 403,
    Reason.POLICY_UNKNOWN: 404,
    Reason.PROPOSAL_UNKNOWN: 404,
    Reason.BODY_INVALID: 422,
    Reason.INSTANT_INVALID: 422,
    Reason.TOO_FAR_AHEAD: 422,
    Reason.WORDS_TOO_SHORT: 422,
    Reason.WORDS_INVALID: 422,
    Reason.NOTHING_CHANGES: 422,
}


def of_policy(reason: Reason) -> FieldProblem:
    """Return how it is told that a policy is not changed."""
    return _TOLD[reason]


def status_of_policy(reason: Reason) -> int:
    """Return the status of the page that tells it."""
    return _STATUSES.get(reason, 409)
