"""Why a proof is not accepted."""

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """Why an action of this room, or of the sign-in built on it, is refused.

    CODE_SPENT: the code has run out, was used, was tried too often, or never was: ask for a new one.
    SIGN_IN_WRONG: unknown name, wrong password or a member of staff who has left; never which.
    PASSKEY_WRONG: no passkey of this site answered this challenge, or answered it twice; never which.
    PASSKEY_COPIED: the device's count did not go on, as if there were two of it.
    SIGN_IN_STALE: the session is too old for this: show once more who you are.
    PHONE_COOLING: the phone was changed so lately that it stays for a while.
    CHOICE_WRONG: the person chosen is none of those whose phone this is, or the choice was made already.
    PROOF_NEEDED, PROOF_WRONG: under attack a browser shows some work first; this one did not, or not rightly.
    """

    DOCUMENT_TYPE_UNKNOWN = "document_type_unknown"
    DOCUMENT_NUMBER_INVALID = "document_number_invalid"
    TOO_MANY_REQUESTS = "too_many_requests"
    CODE_WRONG = "code_wrong"
    CODE_SPENT = "code_spent"
    SIGN_IN_WRONG = "sign_in_wrong"
    PASSKEY_WRONG = "passkey_wrong"
    PASSKEY_COPIED = "passkey_copied"
    PASSKEY_KNOWN = "passkey_known"
    PASSKEY_UNKNOWN = "passkey_unknown"
    PASSKEY_NAME_INVALID = "passkey_name_invalid"
    TOO_MANY_PASSKEYS = "too_many_passkeys"
    SIGN_IN_STALE = "sign_in_stale"
    PHONE_COOLING = "phone_cooling"
    SESSION_UNKNOWN = "session_unknown"
    CHOICE_WRONG = "choice_wrong"
    PROOF_NEEDED = "proof_needed"
    PROOF_WRONG = "proof_wrong"
    NOT_PERMITTED = "not_permitted"


@dataclass(frozen=True, slots=True)
class Refused:
    """Refused, and why."""

    reason: Reason
