"""What is offered: hospitals and sessions. Open to all."""

from datetime import date
from typing import Annotated, Final
from uuid import UUID

from litestar import get
from litestar.params import FromPath, FromQuery, QueryParameter

from firsthand.channels.api import problems
from firsthand.channels.api.problems import ApiError, documented
from firsthand.channels.api.schemas import HospitalOut, SessionOut, SessionPageOut
from firsthand.channels.requests import AnyRequest, request_id, service_of
from firsthand.directory.hospital.actions import list_hospitals
from firsthand.release.actions import read_offers, search_offers
from firsthand.release.model import Offer, OfferSearch, SessionStatus

PAGE_SIZE: Final = 50
PAGE_MAX: Final = 10_000


@get("/hospitals", summary="List the hospitals", tags=["sessions"], responses=documented())
async def get_hospitals(request: AnyRequest) -> list[HospitalOut]:
    """Return every hospital of the city, by name."""
    stored = await list_hospitals(service_of(request).world)
    return [
        HospitalOut(
            id=one.id,
            name=one.hospital.name,
            address=one.hospital.address,
            phone=one.hospital.phone,
            url=one.hospital.url,
            time_zone=one.hospital.time_zone,
        )
        for one in stored
    ]


@get("/sessions", summary="Search for sessions", tags=["sessions"], responses=documented(400))
async def get_sessions(
    request: AnyRequest,
    hospital: FromQuery[UUID | None] = None,
    text: Annotated[str, QueryParameter(max_length=100, pattern=r"^[^\x00]*$")] = "",
    from_: Annotated[date | None, QueryParameter(name="from")] = None,
    to: FromQuery[date | None] = None,
    page: Annotated[int, QueryParameter(ge=1, le=PAGE_MAX)] = 1,
) -> SessionPageOut:
    """Return sessions that have not ended, the soonest first, 50 to a page."""
    world = service_of(request).world
    found = await search_offers(
        world,
        OfferSearch(
            ends_after=world.clock.now(),
            day_from=from_,
            day_until=to,
            hospital_id=hospital,
            text=text,
            limit=PAGE_SIZE,
            offset=(page - 1) * PAGE_SIZE,
        ),
    )
    return SessionPageOut([session_out(offer) for offer in found.offers], found.total, page)


@get("/sessions/{session_id:uuid}", summary="Read a session", tags=["sessions"], responses=documented(400, 404))
async def get_session(request: AnyRequest, session_id: FromPath[UUID]) -> SessionOut:
    """Return one session."""
    offer = (await read_offers(service_of(request).world, [session_id])).get(session_id)
    if offer is None:
        raise ApiError(problems.make(404, "session_unknown", "There is no such session.", request_id(request)))
    return session_out(offer)


def session_out(offer: Offer) -> SessionOut:
    """Return a session as the API gives it. Nothing is left of a session that is not open."""
    return SessionOut(
        id=offer.session_id,
        hospital_id=offer.hospital_id,
        hospital=offer.hospital_name,
        department=offer.department_name,
        doctor=offer.doctor_name,
        service=offer.service,
        day=offer.day,
        starts_at=offer.starts_at,
        ends_at=offer.ends_at,
        time_zone=offer.time_zone,
        status=offer.status,
        capacity=offer.capacity,
        places_left=offer.open_count if offer.status is SessionStatus.OPEN else 0,
        fee_cents=offer.fee_cents,
        currency=offer.currency,
        deep_link=offer.deep_link,
        phone=offer.phone,
    )


HANDLERS: Final = (get_hospitals, get_sessions, get_session)
