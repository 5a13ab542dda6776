"""What signing in as a member of staff takes, and why it is refused."""

from dataclasses import dataclass, field
from enum import StrEnum

from firsthand.identity.session.model import OpenedSession


class Reason(StrEnum):
    """Why a member of staff is not signed in, or his sign-in not changed.

    SIGN_IN_WRONG: unknown name, wrong password or a member who has left; never which.
    STEP_OVER: the half sign-in has run out, was used, was tried too often, or never was: begin anew.
    CODE_WRONG: the code is not right, or was used before.
    SECOND_FACTOR_NEEDED, ENROLMENT_NEEDED: the password is right and does not open anything alone.
    LINK_SPENT: a link to set up the sign-in was used, has run out, or never was.
    PROOF_NEEDED, PROOF_WRONG: signing in is attacked, and the work that browsers do meanwhile is missing.
    """

    SIGN_IN_WRONG = "sign_in_wrong"
    TOO_MANY_TRIES = "too_many_requests"
    STEP_OVER = "step_over"
    CODE_WRONG = "code_wrong"
    SECOND_FACTOR_NEEDED = "second_factor_needed"
    ENROLMENT_NEEDED = "enrolment_needed"
    ENROLLED_ALREADY = "enrolled_already"
    LINK_SPENT = "link_spent"
    PASSWORD_WRONG = "password_wrong"  # noqa: S105 - the name of a reason
    PASSWORD_UNACCEPTABLE = "password_unacceptable"  # noqa: S105 - the same
    PROOF_NEEDED = "proof_needed"
    PROOF_WRONG = "proof_wrong"
    PASSWORD_GUESSABLE = "password_guessable"  # noqa: S105 - the same
    NOT_PERMITTED = "not_permitted"
    STAFF_UNKNOWN = "staff_unknown"


@dataclass(frozen=True, slots=True)
class Refused:
    """Refused, and why."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Typed:
    """What somebody typed in to sign in, and from where.

    address: the network address of the request. device: what his browser keeps since he signed in there (`devices`).
    proof: the work that it brings while signing in is attacked, or "".
    """

    username: str
    password: str = field(repr=False)
    address: str
    device: str = field(default="", repr=False)
    proof: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Entered:
    """A code of the second factor as it was typed in, with device and proof as in `Typed`."""

    code: str = field(repr=False)
    device: str = field(default="", repr=False)
    proof: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A second factor was set up. codes: the recovery codes, said here once. session: where a sign-in ended in one."""

    codes: tuple[str, ...] = field(repr=False)
    session: OpenedSession | None = None
