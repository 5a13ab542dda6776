"""The record of a person whom a clerk has found, and booking a place for him."""

from typing import Final
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from firsthand.audit.model import Channel
from firsthand.booking.counter import read_bookings_here
from firsthand.booking.desk import BookedAtDesk, FoundRequest, book_for_found
from firsthand.booking.model import Booking
from firsthand.channels.requests import AnyRequest
from firsthand.channels.web.answers import lead_on, lead_on_with, respond
from firsthand.channels.web.facts import hospital_facts, session_facts
from firsthand.channels.web.forms import Fields, new_key, parse_day, parse_id
from firsthand.channels.web.frame import FieldProblem, Notice, Problem
from firsthand.channels.web.page_error import PageError
from firsthand.channels.web.pages.desk import CODE_TAIL_CHARACTERS, hospital_of
from firsthand.channels.web.pages.people import INVALID, lost_page
from firsthand.channels.web.pages.returned import booked_mark, just_booked
from firsthand.channels.web.people_contexts import (
    BookableSession,
    BookForPersonPage,
    Change,
    PersonBooking,
    PersonPage,
    ShownNumber,
)
from firsthand.channels.web.people_refusals import of_counter
from firsthand.channels.web.refusals import next_key, of_booking, retry_seconds_of, status_of
from firsthand.channels.web.visits import Visit, open_visit
from firsthand.directory.counter.finding import find_child, read_numbers, read_record
from firsthand.directory.counter.model import Basis, Deed, Found, Record, Refused
from firsthand.directory.counter.rules import allows
from firsthand.directory.counter.variants import remove_name
from firsthand.platform.access import Permission
from firsthand.platform.scope import HospitalScope
from firsthand.release.actions import read_offers, search_offers
from firsthand.release.model import Offer, OfferSearch, Pool

_SESSIONS_MAX: Final = 50
_PERMISSION_OF: Final = {
    Change.DOCUMENT: Permission.REGISTER_PERSON,
    Change.PHONE: Permission.RECOVER_SIGN_IN,
    Change.NAME: Permission.REGISTER_PERSON,
    Change.CHILD: Permission.REGISTER_PERSON,
    Change.CORRECTION: Permission.ASK_CORRECTION,
    Change.MERGER: Permission.ASK_CORRECTION,
}


@get("/desk/people/{person:str}")
async def show_record(request: AnyRequest, person: FromPath[str]) -> Response[str]:
    """Show the record of a person whom this clerk has found. That he looked is recorded."""
    visit = await open_visit(request)
    person_id, scope = known_id(person), visit.require(Permission.FIND_PERSON, f"/desk/people/{person}")
    return await _show(visit, scope, person_id)


@post("/desk/people/{person:str}/numbers")
async def show_numbers(request: AnyRequest, person: FromPath[str]) -> Response[str]:
    """Show the document numbers too. That they were read is recorded, and the person sees it."""
    visit = await open_visit(request)
    person_id, scope = known_id(person), visit.require(Permission.READ_DOCUMENTS, f"/desk/people/{person}")
    await visit.read_form()
    shown = await read_numbers(visit.service.world, visit.caller(Channel.DESK), scope, person_id)
    if isinstance(shown, Refused):
        return await _show(visit, scope, person_id, problem=of_counter(shown.reason).problem)
    numbers = tuple(ShownNumber(one.document.type, one.document.number) for one in shown)
    return await _show(visit, scope, person_id, numbers=numbers)


@post("/desk/people/{person:str}/names/remove")
async def remove_other_name(request: AnyRequest, person: FromPath[str]) -> Response[str]:
    """Remove another name of the person."""
    visit = await open_visit(request)
    person_id, scope = known_id(person), visit.require(Permission.REGISTER_PERSON, f"/desk/people/{person}")
    form = await visit.read_form()
    variant_id = parse_id(form.get("variant", "")) or UUID(int=0)
    refused = await remove_name(visit.service.world, visit.caller(Channel.DESK), scope, person_id, variant_id)
    if refused is not None:
        return await _show(visit, scope, person_id, problem=of_counter(refused.reason).problem)
    return lead_on_with(visit, f"/desk/people/{person_id}", Notice.NAME_REMOVED)


@post("/desk/people/{person:str}/open-child")
async def open_child(request: AnyRequest, person: FromPath[str]) -> Response[str]:
    """Open the record of a child without a document, whose guardian stands at the counter."""
    visit = await open_visit(request)
    person_id, scope = known_id(person), visit.require(Permission.FIND_PERSON, f"/desk/people/{person}")
    form = await visit.read_form()
    child_id = parse_id(form.get("child", "")) or UUID(int=0)
    match await find_child(visit.service.world, visit.caller(Channel.DESK), scope, child_id):
        case Found(found_id):
            return lead_on(f"/desk/people/{found_id}")
        case Refused(reason):
            return await _show(visit, scope, person_id, problem=of_counter(reason).problem)


@get("/desk/people/{person:str}/book")
async def show_book(request: AnyRequest, person: FromPath[str]) -> Response[str]:
    """Show this hospital's sessions with places for the person, and what was booked for him just now."""
    visit = await open_visit(request)
    person_id, scope = known_id(person), visit.require(Permission.BOOK_AT_DESK, f"/desk/people/{person}/book")
    record = await read_record(visit.service.world, visit.caller(Channel.DESK), scope, person_id)
    if isinstance(record, Refused):
        return await lost_page(visit, scope, record.reason)
    return respond(visit, await _book_page(visit, scope, record, visit.query))


@post("/desk/people/{person:str}/book")
async def book(request: AnyRequest, person: FromPath[str]) -> Response[str]:
    """Book a place of this hospital for the person, who stands at the counter or speaks on the phone."""
    visit = await open_visit(request)
    address = f"/desk/people/{person}/book"
    person_id, scope = known_id(person), visit.require(Permission.BOOK_AT_DESK, address)
    form = await visit.read_form()
    world, caller = visit.service.world, visit.caller(Channel.DESK)
    record = await read_record(world, caller, scope, person_id)
    if isinstance(record, Refused):
        return await lost_page(visit, scope, record.reason)
    chosen = _parse_choice(form.get("session", ""))
    if chosen is None:
        problems = (FieldProblem("session", Problem.SESSION_UNKNOWN),)
        return respond(visit, await _book_page(visit, scope, record, form, problems=problems), status=INVALID)
    session_id, pool = chosen
    key = visit.key(form, session_id, pool, person_id)
    answer = await book_for_found(world, FoundRequest(caller, scope, session_id, person_id, pool, key))
    if isinstance(answer, BookedAtDesk):
        return lead_on(f"{address}?booked={answer.booking_id}&seen={booked_mark(visit, answer.booking_id)}")
    told = of_booking(answer) or Problem.SESSION_UNKNOWN
    page = await _book_page(visit, scope, record, form, problem=told, key=next_key(form, told))
    return respond(visit, page, status=status_of(told), retry_seconds=retry_seconds_of(told))


def known_id(text: str) -> UUID:
    """Return the id that an address names. Raises PageError 404."""
    found = parse_id(text)
    if found is None:
        raise PageError(404)
    return found


async def _show(
    visit: Visit,
    scope: HospitalScope,
    person_id: UUID,
    *,
    numbers: tuple[ShownNumber, ...] = (),
    problem: Problem | None = None,
) -> Response[str]:
    world, caller = visit.service.world, visit.caller(Channel.DESK)
    record = await read_record(world, caller, scope, person_id)
    if isinstance(record, Refused):
        return await lost_page(visit, scope, record.reason)
    bookings = await read_bookings_here(world, caller, scope, person_id)
    shown = await _bookings(visit, () if isinstance(bookings, Refused) else tuple(bookings))
    page = PersonPage(
        frame=visit.frame(f"/desk/people/{person_id}"),
        hospital=hospital_facts(await hospital_of(visit, scope)),
        record=record,
        kinds=visit.kinds,
        bookings=shown,
        changes=changes_for(visit, scope, record.basis),
        may_book=_may(visit, scope, record.basis, Permission.BOOK_AT_DESK, Deed.BOOK),
        may_read_numbers=_may(visit, scope, record.basis, Permission.READ_DOCUMENTS, Deed.READ_NUMBERS),
        numbers=numbers,
        problem=problem,
    )
    return respond(visit, page, status=200 if problem is None else status_of(problem))


def changes_for(visit: Visit, scope: HospitalScope, basis: Basis) -> tuple[Change, ...]:
    """Return what this clerk may do for a person whom he knows in this way."""
    return tuple(
        change for change, permission in _PERMISSION_OF.items() if _may(visit, scope, basis, permission, Deed.CHANGE)
    )


def _may(visit: Visit, scope: HospitalScope, basis: Basis, permission: Permission, deed: Deed) -> bool:
    return allows(basis, deed) and visit.may(permission, at=scope.hospital_id)


async def _bookings(visit: Visit, bookings: tuple[Booking, ...]) -> tuple[PersonBooking, ...]:
    offers = await read_offers(visit.service.world, [one.session_id for one in bookings])
    return tuple(
        PersonBooking(session_facts(offers[one.session_id]), one.number, one.state, one.code[-CODE_TAIL_CHARACTERS:])
        for one in bookings
        if one.session_id in offers
    )


def _parse_choice(text: str) -> tuple[UUID, Pool] | None:
    """Return the session and the pool that a form names as `pool:id`."""
    pool, _, session = text.partition(":")
    session_id = parse_id(session)
    return (session_id, Pool(pool)) if session_id is not None and pool in set(Pool) else None


def _choices(offers: tuple[Offer, ...]) -> tuple[BookableSession, ...]:
    return tuple(
        BookableSession(session_facts(offer), f"{pool.value}:{offer.session_id}", places, pool is Pool.RETURNED)
        for offer in offers
        for pool, places in ((Pool.OPEN, offer.open_count), (Pool.RETURNED, offer.returned_count))
        if places
    )


async def _book_page(
    visit: Visit,
    scope: HospitalScope,
    record: Record,
    typed: Fields,
    *,
    problem: Problem | None = None,
    problems: tuple[FieldProblem, ...] = (),
    key: str = "",
) -> BookForPersonPage:
    world, hospital = visit.service.world, await hospital_of(visit, scope)
    day = parse_day(typed.get("day", ""))
    search = OfferSearch(
        ends_after=world.clock.now(),
        day_from=day,
        day_until=day,
        hospital_id=scope.hospital_id,
        limit=_SESSIONS_MAX,
    )
    found = await search_offers(world, search)
    address = f"/desk/people/{record.person_id}/book"
    kept = [(name, visit.query.get(name, "")) for name in ("day", "booked", "seen")]
    return BookForPersonPage(
        frame=visit.frame(address, kept),
        hospital=hospital_facts(hospital),
        person_id=record.person_id,
        name=record.name,
        sessions=_choices(found.offers),
        idempotency_key=key or new_key(),
        day=day.isoformat() if day else "",
        chosen=typed.get("session", ""),
        booked=await just_booked(visit, scope),
        problem=problem,
        problems=problems,
    )


HANDLERS: Final = (show_record, show_numbers, remove_other_name, open_child, show_book, book)
