"""Finding a session, looking at it, and holding a place."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import Final
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from firsthand.booking.actions import read_own_bookings
from firsthand.booking.model import Held, Refused, TakeRequest
from firsthand.channels.requests import AnyRequest
from firsthand.channels.web.answers import lead_on, respond
from firsthand.channels.web.contexts import (
    FinderDay,
    FinderFilters,
    FinderPage,
    HospitalChoice,
    PatientChoice,
    SessionPage,
)
from firsthand.channels.web.facts import (
    hold_minutes,
    is_to_come,
    opens_on,
    pages_of,
    read_hospital,
    read_policy,
    session_card,
)
from firsthand.channels.web.forms import Fields, new_key, parse_day, parse_id, parse_page
from firsthand.channels.web.frame import FieldProblem, Problem, Visitor
from firsthand.channels.web.page_error import PageError
from firsthand.channels.web.refusals import next_key, of_booking, retry_seconds_of, status_of
from firsthand.channels.web.visits import Visit, open_visit
from firsthand.directory.family.actions import dependants_of
from firsthand.directory.hospital.actions import list_hospitals
from firsthand.platform.scope import PersonScope
from firsthand.release.actions import read_offers, search_offers
from firsthand.release.model import OfferPage, OfferSearch

PAGE_SIZE: Final = 20
TEXT_CHARACTERS_MAX: Final = 100


@get("/")
async def show_finder(request: AnyRequest) -> Response[str]:
    """Show the sessions that match, the soonest first."""
    visit = await open_visit(request)
    world, query = visit.service.world, visit.query
    hospitals = tuple(HospitalChoice(one.id, one.hospital.name) for one in await list_hospitals(world))
    policy = await read_policy(world)
    filters = FinderFilters(
        hospital=query.get("hospital", ""),
        text=query.get("text", "").strip(),
        day_from=query.get("from", ""),
        day_to=query.get("to", ""),
    )
    number, now = parse_page(query.get("page", "")), world.clock.now()
    problems = _problems(filters, hospitals)
    found = OfferPage((), 0) if problems else await search_offers(world, _search(filters, number, now=now))
    today = now.astimezone(visit.service.settings.time_zone).date()
    pages = pages_of(found.total, PAGE_SIZE)
    page = FinderPage(
        frame=visit.frame("/", _shown_query(query)),
        filters=filters,
        hospitals=hospitals,
        first_day=today,
        last_day=today + timedelta(days=policy.booking_days_ahead_max),
        days=tuple(
            FinderDay(day, tuple(session_card(offer, policy, now=now) for offer in offers))
            for day, offers in groupby(found.offers, key=attrgetter("day"))
        ),
        total=found.total,
        page=number,
        pages=pages,
        problems=problems,
    )
    # Where the list has become shorter, or a page was made up: its last page.
    return lead_on(page.page_address(pages)) if number > pages else respond(visit, page)


@get("/sessions/{session_id:uuid}")
async def show_session(request: AnyRequest, session_id: FromPath[UUID]) -> Response[str]:
    """Show one session, and whether a place of it can be held."""
    visit = await open_visit(request)
    return respond(visit, await _session_page(visit, session_id))


@post("/sessions/{session_id:uuid}/hold")
async def hold_place(request: AnyRequest, session_id: FromPath[UUID]) -> Response[str]:
    """Hold a place for the person who is signed in, and lead on to it."""
    visit = await open_visit(request)
    person_id = visit.require_person(f"/sessions/{session_id}").person_id
    form = await visit.read_form()
    patient_id = parse_id(form["patient"]) if form.get("patient") else person_id
    if patient_id is None:
        page = await _session_page(visit, session_id, problem=Problem.PATIENT_INVALID, typed=form)
        return respond(visit, page, status=422)
    pays = form.get("pays") == "yes"
    take = TakeRequest(
        visit.caller(),
        session_id,
        person_id,
        patient_id,
        key=visit.key(form, patient_id, pays),
        payer_id=person_id if pays else None,
    )
    match await visit.service.take.ask(take):
        case Held(booking_id):
            return lead_on(f"/bookings/{booking_id}")
        case Refused() as refused:
            problem = of_booking(refused)
            if problem is None:
                raise PageError(404)
            page = await _session_page(visit, session_id, key=next_key(form, problem), problem=problem, typed=form)
            return respond(visit, page, status=status_of(problem), retry_seconds=retry_seconds_of(problem))


async def _session_page(
    visit: Visit, session_id: UUID, *, key: str = "", problem: Problem | None = None, typed: Fields | None = None
) -> SessionPage:
    world = visit.service.world
    offer = (await read_offers(world, [session_id])).get(session_id)
    if offer is None:
        raise PageError(404)
    policy = await read_policy(world)
    hospital = await read_hospital(world, offer.hospital_id)
    mine = await _places_of(visit, session_id)
    own_id = visit.signed_in.subject_id if visit.signed_in else None
    patients = await _patients(visit, mine)
    typed = typed or {}
    return SessionPage(
        frame=visit.frame(f"/sessions/{session_id}"),
        session=session_card(offer, policy, now=world.clock.now(), hospital=hospital),
        hold_minutes=hold_minutes(policy),
        idempotency_key=key or new_key(),
        opens_on=opens_on(offer, policy),
        booking_id=mine.get(own_id) if own_id else None,
        patients=patients,
        patient=typed.get("patient", str(own_id) if patients and own_id not in mine else ""),
        pays=typed.get("pays") == "yes",
        problem=problem,
    )


async def _places_of(visit: Visit, session_id: UUID) -> dict[UUID, UUID]:
    """Return, by patient, the bookings of the session that are still to come: the visitor's, and those he holds."""
    if visit.signed_in is None or visit.visitor is not Visitor.PERSON:
        return {}
    world, own_id = visit.service.world, visit.signed_in.subject_id
    bookings, now = await read_own_bookings(world, PersonScope(own_id)), world.clock.now()
    # What he had under another record of his is his own.
    return {
        one.patient_id if one.holder_id == own_id else own_id: one.id
        for one in bookings
        if one.session_id == session_id and is_to_come(one, now=now)
    }


async def _patients(visit: Visit, places: Mapping[UUID, UUID]) -> tuple[PatientChoice, ...]:
    """Return for whom the visitor may book, himself first; nobody where he acts for nobody."""
    if visit.signed_in is None or visit.visitor is not Visitor.PERSON:
        return ()
    world, own_id = visit.service.world, visit.signed_in.subject_id
    dependants = await dependants_of(world, PersonScope(own_id))
    now = world.clock.now()
    others = [
        PatientChoice(
            one.tie.dependant_id,
            one.name,
            one.tie.usable_from if one.tie.usable_from and one.tie.usable_from > now else None,
            has_place=one.tie.dependant_id in places,
        )
        for one in dependants
        if one.tie.dependant_id
    ]
    return (PatientChoice(own_id, "", has_place=own_id in places), *others) if others else ()


def _search(filters: FinderFilters, page: int, *, now: datetime) -> OfferSearch:
    return OfferSearch(
        ends_after=now,
        day_from=parse_day(filters.day_from),
        day_until=parse_day(filters.day_to),
        hospital_id=parse_id(filters.hospital),
        text=filters.text,
        limit=PAGE_SIZE,
        offset=(page - 1) * PAGE_SIZE,
    )


def _problems(filters: FinderFilters, hospitals: tuple[HospitalChoice, ...]) -> tuple[FieldProblem, ...]:
    problems = []
    if filters.hospital and parse_id(filters.hospital) not in {hospital.id for hospital in hospitals}:
        problems.append(FieldProblem("hospital", Problem.HOSPITAL_UNKNOWN))
    if len(filters.text) > TEXT_CHARACTERS_MAX:
        problems.append(FieldProblem("text", Problem.TEXT_TOO_LONG))
    first, last = parse_day(filters.day_from), parse_day(filters.day_to)
    if filters.day_from and first is None:
        problems.append(FieldProblem("from", Problem.DAY_INVALID))
    if filters.day_to and last is None:
        problems.append(FieldProblem("to", Problem.DAY_INVALID))
    if first is not None and last is not None and last < first:
        problems.append(FieldProblem("to", Problem.DAYS_REVERSED))
    return tuple(problems)


def _shown_query(query: Fields) -> list[tuple[str, str]]:
    return [(name, query.get(name, "")) for name in ("hospital", "text", "from", "to", "page")]


HANDLERS: Final = (show_finder, show_session, hold_place)
