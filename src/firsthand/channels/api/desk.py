"""The desk of one hospital: its day, check-in, and places given out at the counter."""

from datetime import date
from typing import Annotated, Final
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, JSONBody, QueryParameter

from firsthand.arrival import rules as arrival_rules
from firsthand.arrival.actions import check_in, read_desk_day
from firsthand.arrival.model import CheckInRequest
from firsthand.arrival.model import Refused as ArrivalRefused
from firsthand.audit.model import Caller
from firsthand.booking.desk import DeskRequest, book_at_desk
from firsthand.booking.model import Refused as BookingRefused
from firsthand.channels.api import problems
from firsthand.channels.api.access import document_of, hospital_scope, key_of
from firsthand.channels.api.bookings import IdempotencyHeader
from firsthand.channels.api.problems import documented
from firsthand.channels.api.schemas import (
    ArrivedOut,
    CheckInIn,
    DeskBookedOut,
    DeskDayOut,
    DeskTakeIn,
    ExpectedOut,
    ReturnedOut,
    TallyOut,
)
from firsthand.channels.api.sessions import PAGE_MAX, session_out
from firsthand.channels.requests import AnyRequest, request_id, service_of
from firsthand.release.actions import read_returns
from firsthand.release.model import Pool

PAGE_SIZE: Final = 100


@get("/desk/day", summary="Read the desk's day", tags=["desk"], responses=documented(400, 401, 403))
async def get_day(
    request: AnyRequest,
    caller: NamedDependency[Caller],
    day: FromQuery[date],
    session: FromQuery[UUID | None] = None,
    page: Annotated[int, QueryParameter(ge=1, le=PAGE_MAX)] = 1,
) -> DeskDayOut:
    """Return a local day of the hospital: its sessions, and 100 people to a page. Reading the names is recorded."""
    found = await read_desk_day(
        service_of(request).world,
        caller,
        hospital_scope(caller),
        day,
        session_id=session,
        limit=PAGE_SIZE,
        offset=(page - 1) * PAGE_SIZE,
    )
    if isinstance(found, ArrivalRefused):
        raise problems.of_arrival(found.reason, None, request_id(request))
    tallies = [
        TallyOut(
            tally.offer.session_id,
            tally.offer.starts_at,
            tally.booked,
            tally.arrived,
            tally.no_show,
            tally.offer.returned_count,
        )
        for tally in found.sessions
    ]
    people = [
        ExpectedOut(
            patient.booking.id,
            patient.booking.session_id,
            patient.booking.number,
            patient.name,
            patient.booking.state,
            patient.arrived_at,
            patient.late,
        )
        for patient in found.patients
    ]
    return DeskDayOut(found.day, tallies, people, found.total)


@post(
    "/desk/check-ins",
    status_code=201,
    summary="Check a person in",
    tags=["desk"],
    responses=documented(401, 403, 404, 409, 422, body=True),
)
async def post_check_in(
    request: AnyRequest,
    caller: NamedDependency[Caller],
    data: JSONBody[CheckInIn],
    idempotency_key: IdempotencyHeader = "",
) -> ArrivedOut:
    """Check in the person who shows a booking's code and a document. A refusal has words to read out."""
    code = arrival_rules.parse_code(data.code)
    if isinstance(code, ArrivalRefused):
        raise problems.of_arrival(code.reason, None, request_id(request))
    document = document_of(request, data.document_type, data.document_number)
    key = key_of(request, caller, idempotency_key, code, document.key)
    answer = await check_in(service_of(request).world, CheckInRequest(caller, code, document, key))
    if isinstance(answer, ArrivalRefused):
        day = answer.day.isoformat() if answer.day else None
        raise problems.of_arrival(answer.reason, day, request_id(request))
    return ArrivedOut(answer.booking_id, answer.session_id, answer.number, answer.expected_at, answer.at, answer.late)


@get("/desk/returned", summary="List sessions with returned places", tags=["desk"], responses=documented(401, 403))
async def get_returned(request: AnyRequest, caller: NamedDependency[Caller]) -> list[ReturnedOut]:
    """Return the hospital's sessions with returned places; the desk may give these out."""
    world = service_of(request).world
    offers = await read_returns(world, hospital_scope(caller).hospital_id, now=world.clock.now())
    return [ReturnedOut(session_out(offer), offer.returned_count) for offer in offers]


@post(
    "/desk/bookings",
    status_code=201,
    summary="Book for the person at the counter",
    tags=["desk"],
    responses=documented(401, 403, 404, 409, 422, body=True),
)
async def post_booking(
    request: AnyRequest,
    caller: NamedDependency[Caller],
    data: JSONBody[DeskTakeIn],
    idempotency_key: IdempotencyHeader = "",
) -> DeskBookedOut:
    """Book a returned (or open) place of the hospital for the person whose document lies before the clerk."""
    document = document_of(request, data.document_type, data.document_number)
    key = key_of(request, caller, idempotency_key, data.session_id, document.key, data.pool)
    desk_request = DeskRequest(caller, hospital_scope(caller), data.session_id, document, Pool(data.pool), key)
    answer = await book_at_desk(service_of(request).world, desk_request)
    if isinstance(answer, BookingRefused):
        raise problems.of_booking(answer.reason, answer.cap, request_id(request))
    return DeskBookedOut(answer.booking_id, answer.code, answer.number)


HANDLERS: Final = (get_day, post_check_in, get_returned, post_booking)
