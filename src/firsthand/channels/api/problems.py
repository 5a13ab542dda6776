"""Refusals and errors as problem details (RFC 9457)."""

from collections.abc import Mapping
from typing import Any, Final, assert_never

import msgspec
from litestar import Response
from litestar.openapi.datastructures import ResponseSpec

from firsthand.arrival.model import Reason as ArrivalReason
from firsthand.booking.model import Reason as BookingReason
from firsthand.channels import retry
from firsthand.channels.read_out import READ_OUT
from firsthand.directory.person.model import Reason as PersonReason
from firsthand.directory.staff_sign_in.model import Reason as StaffReason
from firsthand.identity.model import Reason as IdentityReason
from firsthand.platform.i18n import Language, say

MEDIA_TYPE: Final = "application/problem+json"
# Every answer 401 says how to prove who one is (RFC 9110, 15.5.2).
CHALLENGE: Final[Mapping[str, str]] = {"WWW-Authenticate": "Bearer"}
# Answers are about one person and one moment: nobody in between keeps them.
PRIVATE: Final[Mapping[str, str]] = {"Cache-Control": "no-store"}
_EVERYWHERE: Final = (500, 503)
_BODY: Final = (400, 413, 415)


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A problem. `type` ends in the reason, which programs go by; `title` and `detail` are for people.

    instance: the id under which the request is logged. cap: the cap that was reached. read_out: what a clerk can read
    out to the person, by language. challenge: the work to do before the request is sent again (ALTCHA, version 2).
    """

    type: str
    title: str
    status: int
    detail: str
    instance: str
    cap: str | None = None
    day: str | None = None
    read_out: dict[str, str] | None = None
    challenge: dict[str, Any] | None = None


class ApiError(Exception):
    """A request that is not answered with what it asked for; carries the problem that the client is told."""

    def __init__(self, problem: Problem, headers: Mapping[str, str] | None = None) -> None:
        """Remember the problem, and headers that belong to it."""
        super().__init__(problem.title)
        self.problem = problem
        self.headers = dict(headers or {})


def respond(problem: Problem, headers: Mapping[str, str] | None = None) -> Response[Problem]:
    """Return the problem as a response."""
    return Response(problem, status_code=problem.status, media_type=MEDIA_TYPE, headers={**PRIVATE, **(headers or {})})


def documented(*statuses: int, body: bool = False) -> dict[int, ResponseSpec]:
    """Return what OpenAPI says of an operation's problems, besides those that any request can meet.

    body: whether the operation's requests may have one.
    """
    return {
        status: ResponseSpec(Problem, description=_TITLES[status], generate_examples=False, media_type=MEDIA_TYPE)
        for status in sorted({*statuses, *_EVERYWHERE, *(_BODY if body else ())})
    }


def make(status: int, reason: str, detail: str, instance: str, **more: Any) -> Problem:  # noqa: ANN401 - fields of Problem
    """Return a problem named after its reason."""
    return Problem(
        type=f"urn:firsthand:problem:{reason}",
        title=reason.replace("_", " ").capitalize(),
        status=status,
        detail=detail,
        instance=instance,
        **more,
    )


def of_idempotency_key(instance: str) -> ApiError:
    """Return the error for a key that is missing or cannot be one."""
    detail = "Send an Idempotency-Key of 1 to 200 plain characters, new for each thing you ask."
    return ApiError(make(400, "idempotency_key_invalid", detail, instance))


def of_booking(reason: BookingReason, cap: str | None, instance: str) -> ApiError:
    """Return the error for a refused booking request."""
    status = booking_status(reason)
    headers = {"Retry-After": str(retry.IN_FLIGHT_SECONDS)} if reason is BookingReason.KEY_IN_FLIGHT else None
    return ApiError(make(status, reason, _BOOKING_DETAILS[reason], instance, cap=cap), headers)


def booking_status(reason: BookingReason) -> int:
    """Return the HTTP status of a refused booking request."""
    match reason:
        case BookingReason.NOT_PERMITTED:
            return 403
        case BookingReason.SESSION_UNKNOWN | BookingReason.BOOKING_UNKNOWN | BookingReason.PERSON_UNKNOWN:
            return 404
        case BookingReason.KEY_REUSED:
            return 422
        case (
            BookingReason.SESSION_CLOSED
            | BookingReason.TOO_EARLY
            | BookingReason.TOO_LATE
            | BookingReason.TOO_MANY_HOLDS
            | BookingReason.TOO_MANY_RETURNS
            | BookingReason.CAP_REACHED
            | BookingReason.PLACE_TAKEN
            | BookingReason.HOLD_EXPIRED
            | BookingReason.ALREADY_BOOKED
            | BookingReason.ALREADY_ENDED
            | BookingReason.KEY_IN_FLIGHT
        ):
            return 409
        case _:
            assert_never(reason)


def of_arrival(reason: ArrivalReason, day: str | None, instance: str) -> ApiError:
    """Return the error for a refused check-in, with the words to read out in both languages."""
    words = READ_OUT.get(reason)
    read_out = {language.value: say(language, words) for language in Language} if words else None
    headers = {"Retry-After": str(retry.IN_FLIGHT_SECONDS)} if reason is ArrivalReason.KEY_IN_FLIGHT else None
    detail = words or _KEY_DETAILS.get(reason, "Only the desk of a hospital checks in.")
    return ApiError(make(arrival_status(reason), reason, detail, instance, day=day, read_out=read_out), headers)


def arrival_status(reason: ArrivalReason) -> int:
    """Return the HTTP status of a refused check-in."""
    match reason:
        case ArrivalReason.NOT_PERMITTED:
            return 403
        case ArrivalReason.CODE_UNKNOWN:
            return 404
        case ArrivalReason.CODE_INVALID | ArrivalReason.KEY_REUSED:
            return 422
        case (
            ArrivalReason.WRONG_PERSON
            | ArrivalReason.OTHER_HOSPITAL
            | ArrivalReason.OTHER_DAY
            | ArrivalReason.TOO_EARLY
            | ArrivalReason.NOT_CONFIRMED
            | ArrivalReason.GIVEN_BACK
            | ArrivalReason.HOLD_EXPIRED
            | ArrivalReason.ALREADY_ARRIVED
            | ArrivalReason.COUNTED_AS_MISSED
            | ArrivalReason.KEY_IN_FLIGHT
        ):
            return 409
        case _:
            assert_never(reason)


def of_identity(reason: IdentityReason, instance: str, challenge: dict[str, Any] | None = None) -> ApiError:
    """Return the error for a refused proof of identity. challenge: where work is asked for."""
    status = identity_status(reason)
    headers = {401: CHALLENGE, 429: {"Retry-After": str(retry.LIMIT_SECONDS)}}.get(status)
    return ApiError(make(status, reason, _IDENTITY_DETAILS[reason], instance, challenge=challenge), headers)


def identity_status(reason: IdentityReason) -> int:
    """Return the HTTP status of a refused proof of identity."""
    match reason:
        case IdentityReason.DOCUMENT_TYPE_UNKNOWN | IdentityReason.DOCUMENT_NUMBER_INVALID:
            return 422
        case IdentityReason.NOT_PERMITTED:
            return 403
        case IdentityReason.TOO_MANY_REQUESTS:
            return 429
        case IdentityReason.SESSION_UNKNOWN | IdentityReason.PASSKEY_UNKNOWN:
            return 404
        case IdentityReason.PASSKEY_NAME_INVALID:
            return 422
        case IdentityReason.PASSKEY_KNOWN | IdentityReason.TOO_MANY_PASSKEYS:
            return 409
        case (
            IdentityReason.SIGN_IN_STALE
            | IdentityReason.PHONE_COOLING
            | IdentityReason.PROOF_NEEDED
            | IdentityReason.PROOF_WRONG
        ):
            return 403
        case (
            IdentityReason.CODE_WRONG
            | IdentityReason.CODE_SPENT
            | IdentityReason.SIGN_IN_WRONG
            | IdentityReason.PASSKEY_WRONG
            | IdentityReason.PASSKEY_COPIED
            | IdentityReason.CHOICE_WRONG
        ):
            return 401
        case _:
            assert_never(reason)


def of_staff_sign_in(reason: StaffReason, instance: str, challenge: dict[str, Any] | None = None) -> ApiError:
    """Return the error for a refused sign-in of staff. challenge: where work is asked for."""
    status = {
        StaffReason.TOO_MANY_TRIES: 429,
        StaffReason.ENROLMENT_NEEDED: 403,
        StaffReason.NOT_PERMITTED: 403,
        StaffReason.PROOF_NEEDED: 403,
        StaffReason.PROOF_WRONG: 403,
    }.get(reason, 401)
    headers = {401: CHALLENGE, 429: {"Retry-After": str(retry.LIMIT_SECONDS)}}.get(status)
    detail = _STAFF_DETAILS.get(reason, "This does not sign you in. Begin anew.")
    return ApiError(make(status, reason, detail, instance, challenge=challenge), headers)


def of_person(reason: PersonReason, instance: str) -> ApiError:
    """Return the error for a registration whose fields are not accepted."""
    return ApiError(make(422, reason, "Check this field of the registration and send it again.", instance))


_TITLES: Final = {
    400: "The request cannot be read",
    401: "Nobody is signed in, or the proof is wrong",
    403: "Not permitted",
    404: "Unknown",
    409: "Not possible as things stand",
    413: "The body is too large",
    415: "The body is not JSON",
    422: "A field is not accepted",
    429: "Too many requests",
    500: "A fault of the server",
    503: "Too busy: try again, with the same key",
}

_BOOKING_DETAILS: Final[Mapping[BookingReason, str]] = {
    BookingReason.NOT_PERMITTED: "A person books for himself and for those he may act for; a desk at its own hospital.",
    BookingReason.PERSON_UNKNOWN: "Nobody is registered with this document. Register the person first.",
    BookingReason.SESSION_UNKNOWN: "There is no such session.",
    BookingReason.SESSION_CLOSED: "The hospital has closed this session.",
    BookingReason.TOO_EARLY: "This session is too far ahead to be booked yet.",
    BookingReason.TOO_LATE: "It is too late for this. Ask at the hospital's desk.",
    BookingReason.TOO_MANY_HOLDS: "Confirm or give up a place that is held before another is taken.",
    BookingReason.TOO_MANY_RETURNS: "Too many places of this person came back within 24 hours. Ask at the desk.",
    BookingReason.CAP_REACHED: "The patient has as many appointments as the named cap allows.",
    BookingReason.PLACE_TAKEN: "No place is left in this session.",
    BookingReason.BOOKING_UNKNOWN: "There is no such booking.",
    BookingReason.HOLD_EXPIRED: "The place was not confirmed in time and is no longer held.",
    BookingReason.ALREADY_BOOKED: "This booking is confirmed already.",
    BookingReason.ALREADY_ENDED: "This booking has ended.",
    BookingReason.KEY_IN_FLIGHT: "The first request with this key is still being worked on. Ask again in a moment.",
    BookingReason.KEY_REUSED: "This key was used for another request. Use a new key for each thing you ask.",
}
_KEY_DETAILS: Final[Mapping[ArrivalReason, str]] = {
    ArrivalReason.CODE_INVALID: "A booking's code has 12 letters and digits.",
    ArrivalReason.KEY_IN_FLIGHT: _BOOKING_DETAILS[BookingReason.KEY_IN_FLIGHT],
    ArrivalReason.KEY_REUSED: _BOOKING_DETAILS[BookingReason.KEY_REUSED],
}
_STAFF_DETAILS: Final[Mapping[StaffReason, str]] = {
    StaffReason.SIGN_IN_WRONG: "The user name or the password is not right.",
    StaffReason.TOO_MANY_TRIES: "There were too many tries. Wait a few minutes.",
    StaffReason.CODE_WRONG: "The code of the app is not right, or was used before. Wait for the next one.",
    StaffReason.SECOND_FACTOR_NEEDED: "Send a code of the authenticator app as `totp`.",
    StaffReason.ENROLMENT_NEEDED: "Sign in on the pages once, and set up an authenticator app there.",
    StaffReason.PROOF_NEEDED: "Signing in is under attack. Solve the challenge, and send the solution as `proof`.",
    StaffReason.PROOF_WRONG: "The proof is wrong, used, too old or for something else. Solve this new challenge.",
}
_IDENTITY_DETAILS: Final[Mapping[IdentityReason, str]] = {
    IdentityReason.DOCUMENT_TYPE_UNKNOWN: "This type of document is not known.",
    IdentityReason.DOCUMENT_NUMBER_INVALID: "Check the document's number: a digit or letter seems to be wrong.",
    IdentityReason.TOO_MANY_REQUESTS: "There were too many tries. Wait a few minutes.",
    IdentityReason.CODE_WRONG: "The code is not right.",
    IdentityReason.CODE_SPENT: "The code can no longer be used. Ask for a new one.",
    IdentityReason.SIGN_IN_WRONG: "The user name or the password is not right.",
    IdentityReason.PASSKEY_WRONG: "The passkey was not accepted.",
    IdentityReason.PASSKEY_COPIED: "The passkey's count did not go on: there may be two of it.",
    IdentityReason.PASSKEY_KNOWN: "This passkey is here already.",
    IdentityReason.PASSKEY_UNKNOWN: "There is no such passkey.",
    IdentityReason.PASSKEY_NAME_INVALID: "Give the passkey a name of up to 50 characters.",
    IdentityReason.TOO_MANY_PASSKEYS: "Remove a passkey before another is added.",
    IdentityReason.SIGN_IN_STALE: "Sign in anew: this asks for a token that was given out a few minutes ago.",
    IdentityReason.PHONE_COOLING: "The phone was changed less than a day ago.",
    IdentityReason.SESSION_UNKNOWN: "There is no such session of yours.",
    IdentityReason.CHOICE_WRONG: "None of the persons offered, or the choice was made already.",
    IdentityReason.PROOF_NEEDED: "Signing in is under attack. Solve the challenge, and send the solution as `proof`.",
    IdentityReason.PROOF_WRONG: "The proof is wrong, used, too old or for something else. Solve this new challenge.",
    IdentityReason.NOT_PERMITTED: "Your duty does not allow this.",
}
