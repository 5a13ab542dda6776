"""Places that came back: the desk gives them to people who stand there."""

import hmac
from typing import Final
from uuid import UUID

from litestar import Response, get, post

from firsthand.arrival.actions import read_patient
from firsthand.audit.model import Channel
from firsthand.booking.desk import BookedAtDesk, DeskRequest, book_at_desk
from firsthand.booking.model import Refused
from firsthand.channels.requests import AnyRequest
from firsthand.channels.web.answers import lead_on, respond
from firsthand.channels.web.desk_contexts import BookedAtDesk as ShownBooking
from firsthand.channels.web.desk_contexts import DeskReturnedPage, ReturnedSession
from firsthand.channels.web.facts import hospital_facts, session_facts
from firsthand.channels.web.forms import Fields, new_key, parse_id
from firsthand.channels.web.frame import FieldProblem, Problem
from firsthand.channels.web.pages.desk import hospital_of
from firsthand.channels.web.pages.sign_in import document_fields, read_document
from firsthand.channels.web.refusals import next_key, of_booking, retry_seconds_of, status_of
from firsthand.channels.web.visits import Visit, open_visit
from firsthand.platform.access import Permission
from firsthand.platform.scope import HospitalScope
from firsthand.release.actions import read_offers, read_returns
from firsthand.release.model import Pool

_INVALID: Final = 422
_AT_FIELD: Final = {Problem.PERSON_UNKNOWN: "document_number", Problem.SESSION_UNKNOWN: "session"}


@get("/desk/returned")
async def show_returned(request: AnyRequest) -> Response[str]:
    """Show the sessions with returned places, and the booking that was just made of one."""
    visit = await open_visit(request)
    scope = visit.require(Permission.BOOK_AT_DESK, "/desk/returned")
    return respond(visit, await _page(visit, scope, booked=await just_booked(visit, scope)))


@post("/desk/returned")
async def book_returned(request: AnyRequest) -> Response[str]:
    """Book a returned place for the person whose document lies before the clerk."""
    visit = await open_visit(request)
    scope = visit.require(Permission.BOOK_AT_DESK, "/desk/returned")
    form = await visit.read_form()
    session_id, document = parse_id(form.get("session", "")), read_document(form, visit.kinds)
    problems = []
    if session_id is None:
        problems.append(FieldProblem("session", Problem.SESSION_UNKNOWN))
    if isinstance(document, FieldProblem):
        problems.append(document)
    if session_id is None or isinstance(document, FieldProblem):
        return respond(visit, await _page(visit, scope, typed=form, problems=tuple(problems)), status=_INVALID)
    key = visit.key(form, session_id, document.key)
    asked = DeskRequest(visit.caller(Channel.DESK), scope, session_id, document, Pool.RETURNED, key)
    match await book_at_desk(visit.service.world, asked):
        case BookedAtDesk(booking_id):
            return lead_on(f"/desk/returned?booked={booking_id}&seen={booked_mark(visit, booking_id)}")
        case Refused() as refused:
            return await _refuse(visit, scope, form, of_booking(refused) or Problem.SESSION_UNKNOWN)


async def _refuse(visit: Visit, scope: HospitalScope, form: Fields, problem: Problem) -> Response[str]:
    if problem in _AT_FIELD:
        at_field = FieldProblem(_AT_FIELD[problem], problem)
        return respond(visit, await _page(visit, scope, typed=form, problems=(at_field,)), status=_INVALID)
    page = await _page(visit, scope, typed=form, problem=problem, key=next_key(form, problem))
    return respond(visit, page, status=status_of(problem), retry_seconds=retry_seconds_of(problem))


async def _page(
    visit: Visit,
    scope: HospitalScope,
    *,
    typed: Fields | None = None,
    booked: ShownBooking | None = None,
    problem: Problem | None = None,
    problems: tuple[FieldProblem, ...] = (),
    key: str = "",
) -> DeskReturnedPage:
    world, hospital = visit.service.world, await hospital_of(visit, scope)
    offers = await read_returns(world, scope.hospital_id, now=world.clock.now())
    return DeskReturnedPage(
        frame=visit.frame("/desk/returned", [(name, visit.query.get(name, "")) for name in ("booked", "seen")]),
        hospital=hospital_facts(hospital),
        sessions=tuple(ReturnedSession(session_facts(offer, hospital), offer.returned_count) for offer in offers),
        idempotency_key=key or new_key(),
        document=document_fields(typed or {}, visit.kinds),
        chosen=(typed or {}).get("session", ""),
        booked=booked,
        problem=problem,
        problems=problems,
    )


async def just_booked(visit: Visit, scope: HospitalScope) -> ShownBooking | None:
    """Return the booking that the address tells of, where it was made in this very session of the clerk.

    Its code is shown to hand it over. Without the mark, the code of any booking could be looked up by its id.
    """
    booking_id = parse_id(visit.query.get("booked", ""))
    if booking_id is None:
        return None
    if not hmac.compare_digest(visit.query.get("seen", "").encode(), booked_mark(visit, booking_id).encode()):
        return None
    world = visit.service.world
    found = await read_patient(world, visit.caller(Channel.DESK), scope, booking_id)
    if found is None:
        return None
    booking = found.booking
    offer = (await read_offers(world, [booking.session_id]))[booking.session_id]
    return ShownBooking(found.name, booking.code, booking.number, session_facts(offer))


def booked_mark(visit: Visit, booking_id: UUID) -> str:
    """Return the mark that lets this very session look at the booking's code once more."""
    return visit.service.world.keyring.blind_index("web.booked_at_desk", f"{visit.csrf} {booking_id}").hex()[:32]


HANDLERS: Final = (show_returned, book_returned)
