"""A person's bookings: take and hold, confirm, give back, look."""

from typing import Annotated, Final
from uuid import UUID

from litestar import HttpMethod, Response, get, post, route
from litestar.di import NamedDependency
from litestar.params import FromPath, HeaderParameter, JSONBody

from firsthand.audit.model import Caller
from firsthand.booking.actions import read_booking, read_own_bookings
from firsthand.booking.model import Booking, ChangeRequest, Reason, Refused, State, TakeRequest
from firsthand.channels.api import problems
from firsthand.channels.api.access import KEY_LENGTH_MAX, key_of, own_id
from firsthand.channels.api.problems import documented
from firsthand.channels.api.schemas import BookedOut, BookingOut, GivenBackOut, HeldOut, TakeIn
from firsthand.channels.requests import AnyRequest, request_id, service_of
from firsthand.platform.scope import PersonScope

# The schema is told, and `key_of` looks: so that every key that cannot be one is refused in the same words.
IdempotencyHeader = Annotated[
    str,
    HeaderParameter(
        name="Idempotency-Key",
        required=True,
        description="New for each thing that is asked; the same when it is asked again.",
        schema_extra={"min_length": 1, "max_length": KEY_LENGTH_MAX, "pattern": "^[!-~]([ -~]*[!-~])?$"},
    ),
]
_CODE_SHOWN: Final = frozenset({State.BOOKED, State.ARRIVED, State.NO_SHOW})


@post(
    "/bookings",
    status_code=201,
    summary="Take a place",
    tags=["bookings"],
    responses=documented(401, 403, 404, 409, 422, body=True),
)
async def take(
    request: AnyRequest,
    caller: NamedDependency[Caller],
    data: JSONBody[TakeIn],
    idempotency_key: IdempotencyHeader = "",
) -> HeldOut:
    """Hold a place of a session, until an instant by which it has to be confirmed.

    It is for the person who calls, or for somebody for whom he may act.
    """
    person_id = own_id(caller)
    patient_id = data.patient_id or person_id
    # A key from before others could be named stays bound to what it was for.
    others = [part for part in (data.patient_id, data.payer_id) if part is not None]
    key = key_of(request, caller, idempotency_key, data.session_id, *(others and (data.patient_id, data.payer_id)))
    take = TakeRequest(caller, data.session_id, person_id, patient_id, key=key, payer_id=data.payer_id)
    answer = await service_of(request).take.ask(take)
    if isinstance(answer, Refused):
        raise problems.of_booking(answer.reason, answer.cap, request_id(request))
    return HeldOut(answer.booking_id, answer.session_id, answer.number, answer.until)


@post(
    "/bookings/{booking_id:uuid}/confirmation",
    status_code=200,
    summary="Confirm a booking",
    tags=["bookings"],
    responses=documented(401, 403, 404, 409, 422, body=True),
)
async def confirm(
    request: AnyRequest,
    caller: NamedDependency[Caller],
    booking_id: FromPath[UUID],
    idempotency_key: IdempotencyHeader = "",
) -> BookedOut:
    """Make a held place a booked appointment."""
    change = ChangeRequest(caller, booking_id, key_of(request, caller, idempotency_key))
    answer = await service_of(request).confirm.ask(change)
    if isinstance(answer, Refused):
        raise problems.of_booking(answer.reason, answer.cap, request_id(request))
    return BookedOut(answer.booking_id, answer.code)


@post(
    "/bookings/{booking_id:uuid}/return",
    status_code=200,
    summary="Give a booking back",
    tags=["bookings"],
    responses=documented(401, 403, 404, 409, 422, body=True),
)
async def give_back(
    request: AnyRequest,
    caller: NamedDependency[Caller],
    booking_id: FromPath[UUID],
    idempotency_key: IdempotencyHeader = "",
) -> GivenBackOut:
    """Give a hold or a booking back. Its place does not go to anybody whom the giver could name."""
    change = ChangeRequest(caller, booking_id, key_of(request, caller, idempotency_key))
    answer = await service_of(request).give_back.ask(change)
    if isinstance(answer, Refused):
        raise problems.of_booking(answer.reason, answer.cap, request_id(request))
    return GivenBackOut(answer.booking_id)


@get("/bookings", summary="List own bookings", tags=["bookings"], responses=documented(401, 403))
async def get_bookings(request: AnyRequest, caller: NamedDependency[Caller]) -> list[BookingOut]:
    """Return the bookings of the person who calls, the latest session first, at most 100."""
    bookings = await read_own_bookings(service_of(request).world, PersonScope(own_id(caller)))
    return [_booking_out(booking) for booking in bookings]


@get(
    "/bookings/{booking_id:uuid}",
    summary="Read a booking",
    tags=["bookings"],
    responses=documented(400, 401, 403, 404),
)
async def get_booking(request: AnyRequest, caller: NamedDependency[Caller], booking_id: FromPath[UUID]) -> BookingOut:
    """Return one booking of the person who calls."""
    booking = await read_booking(service_of(request).world, PersonScope(own_id(caller)), booking_id)
    if booking is None:
        raise problems.of_booking(Reason.BOOKING_UNKNOWN, None, request_id(request))
    return _booking_out(booking)


def _booking_out(booking: Booking) -> BookingOut:
    return BookingOut(
        id=booking.id,
        session_id=booking.session_id,
        hospital_id=booking.hospital_id,
        day=booking.day,
        number=booking.number,
        starts_at=booking.starts_at,
        expected_at=booking.expected_at,
        state=booking.state,
        held_until=booking.held_until,
        code=booking.code if booking.state in _CODE_SHOWN else None,
        holder_id=booking.holder_id,
        patient_id=booking.patient_id,
        payer_id=booking.payer_id,
        acted_by=booking.acted_by_kind,
    )


@route("/bookings", http_method=HttpMethod.OPTIONS, status_code=204, include_in_schema=False)
async def get_methods() -> Response[None]:
    """Say which methods the address knows: Litestar's own answer knows only the first of two handlers."""
    return Response(None, headers={"Allow": "GET, OPTIONS, POST"})


HANDLERS: Final = (get_methods, take, confirm, give_back, get_bookings, get_booking)
