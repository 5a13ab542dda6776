"""Why a proof is not accepted."""

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """Why an action of this room, or of the sign-in built on it, is refused.

    CODE_SPENT: the code has run out, was used, was tried too often, or never was: ask for a new one.
    SIGN_IN_WRONG: unknown name, wrong password or a member of staff who has left; never which.
    """

    DOCUMENT_TYPE_UNKNOWN = "document_type_unknown"
    DOCUMENT_NUMBER_INVALID = "document_number_invalid"
    TOO_MANY_REQUESTS = "too_many_requests"
    CODE_WRONG = "code_wrong"
    CODE_SPENT = "code_spent"
    SIGN_IN_WRONG = "sign_in_wrong"


@dataclass(frozen=True, slots=True)
class Refused:
    """Refused, and why."""

    reason: Reason
