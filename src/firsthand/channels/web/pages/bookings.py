"""A person's bookings: all of them, one with its code, confirming it, giving it back, and taking it along."""

from typing import Final
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from firsthand.arrival.actions import read_patient
from firsthand.arrival.model import ExpectedPatient
from firsthand.booking import rules as booking_rules
from firsthand.booking.actions import read_own_bookings
from firsthand.booking.model import Booked, Booking, ChangeRequest, GivenBack, Refused, State
from firsthand.booking.rules import is_for_another
from firsthand.channels.requests import AnyRequest
from firsthand.channels.web.answers import lead_on, lead_on_with, respond
from firsthand.channels.web.calendar import calendar_of
from firsthand.channels.web.contexts import BookingFacts, BookingPage, BookingsPage, GiveBackPage
from firsthand.channels.web.facts import (
    booking_facts,
    document_facts,
    is_to_come,
    read_hospital,
    read_policy,
    session_facts,
)
from firsthand.channels.web.forms import new_key
from firsthand.channels.web.frame import Notice, Problem
from firsthand.channels.web.page_error import PageError
from firsthand.channels.web.refusals import next_key, of_booking, retry_seconds_of, status_of
from firsthand.channels.web.visits import Visit, open_visit
from firsthand.directory.family.actions import dependants_of, read_family
from firsthand.identity.document.actions import read_documents
from firsthand.platform.scope import PersonScope
from firsthand.release.actions import read_offers


@get("/bookings")
async def show_bookings(request: AnyRequest) -> Response[str]:
    """Show the bookings of the person who is signed in."""
    visit = await open_visit(request)
    scope = visit.require_person("/bookings")
    world = visit.service.world
    now = world.clock.now()
    bookings = await read_own_bookings(world, scope)
    offers = await read_offers(world, list({booking.session_id for booking in bookings}))
    # Only of those for whom he may act are there bookings of others to be seen.
    names = await _dependants(visit, scope) if any(is_for_another(one) for one in bookings) else {}
    shown = [
        (
            is_to_come(booking, now=now),
            booking_facts(
                ExpectedPatient(booking, names.get(booking.patient_id, visit.name), None, late=False),
                session_facts(offers[booking.session_id]),
                now=now,
                for_other=booking.patient_id in names,
            ),
        )
        for booking in bookings
    ]
    upcoming = tuple(facts for to_come, facts in reversed(shown) if to_come)
    past = tuple(facts for to_come, facts in shown if not to_come)
    return respond(visit, BookingsPage(visit.frame("/bookings"), upcoming, past))


@get("/bookings/{booking_id:uuid}")
async def show_booking(request: AnyRequest, booking_id: FromPath[UUID]) -> Response[str]:
    """Show one booking: its code once it is booked, the hold that runs out before."""
    visit = await open_visit(request)
    scope = visit.require_person(f"/bookings/{booking_id}")
    return respond(visit, await _booking_page(visit, scope, booking_id))


@post("/bookings/{booking_id:uuid}/confirm")
async def confirm(request: AnyRequest, booking_id: FromPath[UUID]) -> Response[str]:
    """Make a held place a booked appointment."""
    visit = await open_visit(request)
    here = f"/bookings/{booking_id}"
    scope = visit.require_person(here)
    form = await visit.read_form()
    match await visit.service.confirm.ask(ChangeRequest(visit.caller(), booking_id, visit.key(form))):
        case Booked():
            return lead_on_with(visit, here, Notice.BOOKED)
        case Refused() as refused:
            problem = _told(refused)
            page = await _booking_page(visit, scope, booking_id, key=next_key(form, problem), problem=problem)
            return respond(visit, page, status=status_of(problem), retry_seconds=retry_seconds_of(problem))


@get("/bookings/{booking_id:uuid}/give-back")
async def ask_to_give_back(request: AnyRequest, booking_id: FromPath[UUID]) -> Response[str]:
    """Ask once more before a booking is given back."""
    visit = await open_visit(request)
    scope = visit.require_person(f"/bookings/{booking_id}/give-back")
    found = await _find(visit, scope, booking_id)
    if not await _can_give_back(visit, found):
        return lead_on(f"/bookings/{booking_id}")
    return respond(visit, await _give_back_page(visit, found))


@post("/bookings/{booking_id:uuid}/give-back")
async def give_back(request: AnyRequest, booking_id: FromPath[UUID]) -> Response[str]:
    """Give a hold or a booking back."""
    visit = await open_visit(request)
    scope = visit.require_person(f"/bookings/{booking_id}/give-back")
    form = await visit.read_form()
    change = ChangeRequest(visit.caller(), booking_id, visit.key(form))
    match await visit.service.give_back.ask(change):
        case GivenBack():
            found = await _find(visit, scope, booking_id)
            never_booked = found.booking.booked_at is None
            return lead_on_with(visit, "/bookings", Notice.HOLD_GIVEN_UP if never_booked else Notice.GIVEN_BACK)
        case Refused() as refused:
            problem = _told(refused)
            problem = Problem.TOO_LATE_TO_GIVE_BACK if problem is Problem.TOO_LATE else problem
            page = await _booking_page(visit, scope, booking_id, key=next_key(form, problem), problem=problem)
            return respond(visit, page, status=status_of(problem), retry_seconds=retry_seconds_of(problem))


@get("/bookings/{booking_id:uuid}/calendar.ics")
async def show_calendar(request: AnyRequest, booking_id: FromPath[UUID]) -> Response[bytes]:
    """Return a booked appointment as a calendar file."""
    visit = await open_visit(request)
    found = await _find(visit, visit.require_person(f"/bookings/{booking_id}"), booking_id)
    if found.booking.state is not State.BOOKED:
        raise PageError(404)
    base_url, now = visit.service.settings.base_url, visit.service.world.clock.now()
    content = calendar_of(await _facts(visit, found), visit.language, base_url=base_url, now=now)
    headers = {"Content-Disposition": 'attachment; filename="appointment.ics"', "Cache-Control": "no-store"}
    return Response(content, media_type="text/calendar", headers=headers)


async def _find(visit: Visit, scope: PersonScope, booking_id: UUID) -> ExpectedPatient:
    """Return the person's own booking. Another's is as unknown to him as one that there is not."""
    found = await read_patient(visit.service.world, visit.caller(), scope, booking_id)
    if found is None:
        raise PageError(404)
    return found


async def _dependants(visit: Visit, scope: PersonScope) -> dict[UUID, str]:
    """Return the names of those for whom the visitor acts, by their ids."""
    ties = await dependants_of(visit.service.world, scope)
    return {one.tie.dependant_id: one.name for one in ties if one.tie.dependant_id}


async def _carer_name(visit: Visit, scope: PersonScope, booking: Booking) -> str:
    """Return who took a booking for the visitor, "" where he did himself or it is not known any more."""
    if not is_for_another(booking) or booking.holder_id == scope.person_id:
        return ""
    carers = (await read_family(visit.service.world, scope)).carers
    return next((one.name for one in carers if one.tie.carer_id == booking.holder_id), "")


async def _facts(visit: Visit, found: ExpectedPatient) -> BookingFacts:
    world, booking = visit.service.world, found.booking
    own_id = visit.signed_in.subject_id if visit.signed_in else None
    offer = (await read_offers(world, [booking.session_id]))[booking.session_id]
    hospital = await read_hospital(world, booking.hospital_id)
    for_other = is_for_another(booking) and booking.holder_id == own_id
    return booking_facts(found, session_facts(offer, hospital), now=world.clock.now(), for_other=for_other)


async def _can_give_back(visit: Visit, found: ExpectedPatient) -> bool:
    world = visit.service.world
    return booking_rules.decide_give_back(found.booking, await read_policy(world), now=world.clock.now()) is None


async def _booking_page(
    visit: Visit, scope: PersonScope, booking_id: UUID, *, key: str = "", problem: Problem | None = None
) -> BookingPage:
    world = visit.service.world
    found = await _find(visit, scope, booking_id)
    booking = await _facts(visit, found)
    guardian = booking.for_other and await _has_no_document(visit, scope, found.booking.patient_id)
    # Another's number is none of a carer's business; a child without one is checked in by his guardian's.
    whose = scope.person_id if guardian else found.booking.patient_id
    documents = [] if booking.for_other and not guardian else await read_documents(world, visit.caller(), scope, whose)
    return BookingPage(
        frame=visit.frame(f"/bookings/{booking_id}"),
        booking=booking,
        document=document_facts(documents, visit.kinds),
        now=world.clock.now(),
        can_give_back=await _can_give_back(visit, found),
        idempotency_key=key or new_key(),
        guardian=guardian,
        booked_by=await _carer_name(visit, scope, found.booking),
        problem=problem,
    )


async def _has_no_document(visit: Visit, scope: PersonScope, patient_id: UUID) -> bool:
    ties = await dependants_of(visit.service.world, scope)
    return any(one.undocumented for one in ties if one.tie.dependant_id == patient_id)


async def _give_back_page(visit: Visit, found: ExpectedPatient) -> GiveBackPage:
    address = f"/bookings/{found.booking.id}/give-back"
    return GiveBackPage(visit.frame(address), await _facts(visit, found), new_key())


def _told(refused: Refused) -> Problem:
    """Return how a refusal is told. Raises PageError 404 where there is no such booking for this person."""
    problem = of_booking(refused)
    if problem is None:
        raise PageError(404)
    return problem


HANDLERS: Final = (show_bookings, show_booking, confirm, ask_to_give_back, give_back, show_calendar)
