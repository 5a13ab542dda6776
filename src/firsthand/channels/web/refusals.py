"""How the rooms' refusals are told on a page: as a problem, at a field where it is one, and with which status."""

from typing import Final, assert_never

from firsthand.arrival.model import Reason as ArrivalReason
from firsthand.booking.model import Reason as BookingReason
from firsthand.booking.model import Refused as BookingRefused
from firsthand.channels import retry
from firsthand.channels.web.forms import Fields, new_key
from firsthand.channels.web.frame import FieldProblem, Problem
from firsthand.directory.person.model import Reason as PersonReason
from firsthand.identity.model import Reason as IdentityReason

_CAPS: Final = {
    "department_day": Problem.CAP_DEPARTMENT_DAY,
    "day": Problem.CAP_DAY,
    "week": Problem.CAP_WEEK,
}


def of_booking(refused: BookingRefused) -> Problem | None:
    """Return how a refused booking request is told; None where the answer is that there is no such page."""
    match refused.reason:
        case BookingReason.SESSION_UNKNOWN | BookingReason.BOOKING_UNKNOWN:
            return None
        case BookingReason.CAP_REACHED:
            return _CAPS.get(refused.cap or "", Problem.CAP_OTHER)
        case (
            BookingReason.NOT_PERMITTED
            | BookingReason.PERSON_UNKNOWN
            | BookingReason.SESSION_CLOSED
            | BookingReason.TOO_EARLY
            | BookingReason.TOO_LATE
            | BookingReason.TOO_MANY_HOLDS
            | BookingReason.TOO_MANY_RETURNS
            | BookingReason.PLACE_TAKEN
            | BookingReason.HOLD_EXPIRED
            | BookingReason.ALREADY_BOOKED
            | BookingReason.ALREADY_ENDED
            | BookingReason.KEY_IN_FLIGHT
            | BookingReason.KEY_REUSED
        ):
            return _BOOKING[refused.reason]
        case _:
            assert_never(refused.reason)


_BOOKING: Final = {
    BookingReason.NOT_PERMITTED: Problem.NOT_PERMITTED,
    BookingReason.PERSON_UNKNOWN: Problem.PERSON_UNKNOWN,
    BookingReason.SESSION_CLOSED: Problem.SESSION_CLOSED,
    BookingReason.TOO_EARLY: Problem.TOO_FAR_AHEAD,
    BookingReason.TOO_LATE: Problem.TOO_LATE,
    BookingReason.TOO_MANY_HOLDS: Problem.TOO_MANY_HOLDS,
    BookingReason.TOO_MANY_RETURNS: Problem.TOO_MANY_RETURNS,
    BookingReason.PLACE_TAKEN: Problem.NO_PLACE_LEFT,
    BookingReason.HOLD_EXPIRED: Problem.HOLD_EXPIRED,
    BookingReason.ALREADY_BOOKED: Problem.ALREADY_BOOKED,
    BookingReason.ALREADY_ENDED: Problem.ALREADY_ENDED,
    BookingReason.KEY_IN_FLIGHT: Problem.STILL_WORKING,
    BookingReason.KEY_REUSED: Problem.REPEATED_DIFFERENTLY,
}


def of_arrival(reason: ArrivalReason) -> FieldProblem | None:
    """Return how a refused check-in is told at the form; None where the clerk reads words out instead."""
    match reason:
        case ArrivalReason.CODE_INVALID:
            return FieldProblem("code", Problem.BOOKING_CODE_INVALID)
        case ArrivalReason.NOT_PERMITTED:
            return FieldProblem("", Problem.NOT_PERMITTED)
        case ArrivalReason.KEY_IN_FLIGHT:
            return FieldProblem("", Problem.STILL_WORKING)
        case ArrivalReason.KEY_REUSED:
            return FieldProblem("", Problem.REPEATED_DIFFERENTLY)
        case (
            ArrivalReason.CODE_UNKNOWN
            | ArrivalReason.WRONG_PERSON
            | ArrivalReason.OTHER_HOSPITAL
            | ArrivalReason.OTHER_DAY
            | ArrivalReason.TOO_EARLY
            | ArrivalReason.NOT_CONFIRMED
            | ArrivalReason.GIVEN_BACK
            | ArrivalReason.HOLD_EXPIRED
            | ArrivalReason.ALREADY_ARRIVED
            | ArrivalReason.COUNTED_AS_MISSED
        ):
            return None
        case _:
            assert_never(reason)


def of_identity(reason: IdentityReason) -> FieldProblem:
    """Return how a refused document, code or sign-in is told."""
    match reason:
        case IdentityReason.DOCUMENT_TYPE_UNKNOWN:
            return FieldProblem("document_type", Problem.DOCUMENT_TYPE_INVALID)
        case IdentityReason.DOCUMENT_NUMBER_INVALID:
            return FieldProblem("document_number", Problem.DOCUMENT_NUMBER_INVALID)
        case IdentityReason.TOO_MANY_REQUESTS:
            return FieldProblem("", Problem.TOO_MANY_TRIES)
        case IdentityReason.CODE_WRONG:
            return FieldProblem("code", Problem.ONE_TIME_CODE_WRONG)
        case IdentityReason.CODE_SPENT:
            return FieldProblem("code", Problem.ONE_TIME_CODE_EXPIRED)
        case IdentityReason.SIGN_IN_WRONG:
            return FieldProblem("username", Problem.SIGN_IN_WRONG)
        case IdentityReason.PASSKEY_NAME_INVALID:
            return FieldProblem("name", Problem.PASSKEY_NAME_INVALID)
        case (
            IdentityReason.PASSKEY_WRONG
            | IdentityReason.PASSKEY_COPIED
            | IdentityReason.PASSKEY_KNOWN
            | IdentityReason.PASSKEY_UNKNOWN
            | IdentityReason.TOO_MANY_PASSKEYS
            | IdentityReason.SIGN_IN_STALE
            | IdentityReason.PHONE_COOLING
            | IdentityReason.SESSION_UNKNOWN
            | IdentityReason.CHOICE_WRONG
            | IdentityReason.PROOF_NEEDED
            | IdentityReason.PROOF_WRONG
        ):
            return FieldProblem("", _SIGN_IN[reason])
        case IdentityReason.NOT_PERMITTED:
            return FieldProblem("", Problem.NOT_PERMITTED)
        case _:
            assert_never(reason)


_SIGN_IN: Final = {
    IdentityReason.PASSKEY_WRONG: Problem.PASSKEY_WRONG,
    IdentityReason.PASSKEY_COPIED: Problem.PASSKEY_COPIED,
    IdentityReason.PASSKEY_KNOWN: Problem.PASSKEY_KNOWN,
    IdentityReason.PASSKEY_UNKNOWN: Problem.PASSKEY_UNKNOWN,
    IdentityReason.TOO_MANY_PASSKEYS: Problem.TOO_MANY_PASSKEYS,
    IdentityReason.SIGN_IN_STALE: Problem.SIGN_IN_STALE,
    IdentityReason.PHONE_COOLING: Problem.PHONE_COOLING,
    IdentityReason.SESSION_UNKNOWN: Problem.SIGN_IN_SESSION_UNKNOWN,
    IdentityReason.CHOICE_WRONG: Problem.CHOICE_WRONG,
    IdentityReason.PROOF_NEEDED: Problem.PROOF_NEEDED,
    IdentityReason.PROOF_WRONG: Problem.PROOF_WRONG,
}


def of_person(reason: PersonReason) -> FieldProblem:
    """Return how a field of a registration that is not accepted is told."""
    match reason:
        case PersonReason.NAME_MISSING:
            return FieldProblem("name", Problem.NAME_MISSING)
        case PersonReason.NAME_TOO_LONG:
            return FieldProblem("name", Problem.NAME_TOO_LONG)
        case PersonReason.NAME_INVALID:
            return FieldProblem("name", Problem.NAME_INVALID)
        case PersonReason.PHONE_INVALID:
            return FieldProblem("phone", Problem.PHONE_INVALID)
        case PersonReason.ALREADY_REGISTERED:
            return FieldProblem("document_number", Problem.ALREADY_REGISTERED)
        case _:
            assert_never(reason)


def status_of(problem: Problem) -> int:
    """Return the HTTP status of a page that tells why something was not done."""
    match problem:
        case Problem.NOT_PERMITTED | Problem.STAFF_NOT_PERMITTED:
            return 403
        case Problem.REPEATED_DIFFERENTLY:
            return 422
        case Problem.TOO_MANY_TRIES:
            return 429
        case (
            Problem.ONE_TIME_CODE_WRONG
            | Problem.ONE_TIME_CODE_EXPIRED
            | Problem.SIGN_IN_WRONG
            | Problem.SIGN_IN_STEP_OVER
            | Problem.SECOND_FACTOR_WRONG
            | Problem.SECOND_FACTOR_NEEDED
            | Problem.LINK_SPENT
            | Problem.PASSWORD_WRONG
            | Problem.PASSKEY_WRONG
            | Problem.PASSKEY_COPIED
            | Problem.CHOICE_WRONG
        ):
            return 401
        case Problem.SIGN_IN_STALE | Problem.PROOF_NEEDED | Problem.PROOF_WRONG:
            return 403
        case Problem.PASSKEY_NAME_INVALID | Problem.PERSON_NOT_CHOSEN | Problem.PASSWORDS_DIFFER:
            return 422
        case _:
            return 409


def retry_seconds_of(problem: Problem) -> int | None:
    """Return in how many seconds it is worth trying again, where waiting helps."""
    return {Problem.STILL_WORKING: retry.IN_FLIGHT_SECONDS, Problem.TOO_MANY_TRIES: retry.LIMIT_SECONDS}.get(problem)


def next_key(form: Fields, problem: Problem) -> str:
    """Return the key of the form that is shown again.

    It stays the same where the first sending is still under way, so that nothing is done twice. Else it is a new one:
    under the old one the first answer would be given for ever.
    """
    return form["idempotency_key"] if problem is Problem.STILL_WORKING else new_key()
