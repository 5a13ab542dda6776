"""The desk of one hospital: its day, checking people in, and giving out places that came back."""

from datetime import date
from typing import Final
from uuid import UUID

from litestar import Response, get, post

from firsthand.arrival.actions import check_in, read_desk_day, read_patient
from firsthand.arrival.model import Arrived, CheckInRequest, DeskDay, ExpectedPatient
from firsthand.arrival.model import Reason as ArrivalReason
from firsthand.arrival.model import Refused as ArrivalRefused
from firsthand.arrival.rules import parse_code
from firsthand.audit.model import Channel
from firsthand.channels.requests import AnyRequest
from firsthand.channels.web.answers import lead_on, respond
from firsthand.channels.web.contexts import SessionFacts
from firsthand.channels.web.desk_contexts import CheckInResult, DeskDayPage, DeskSession, ExpectedPerson
from firsthand.channels.web.facts import hospital_facts, pages_of, read_hospital, session_facts
from firsthand.channels.web.forms import Fields, new_key, parse_id, parse_page
from firsthand.channels.web.frame import FieldProblem, Problem
from firsthand.channels.web.page_error import PageError
from firsthand.channels.web.pages.sign_in import document_fields, read_document
from firsthand.channels.web.refusals import next_key, of_arrival, retry_seconds_of, status_of
from firsthand.channels.web.visits import Visit, open_visit
from firsthand.directory.hospital.model import StoredHospital
from firsthand.platform.access import Permission
from firsthand.platform.days import local_day
from firsthand.platform.scope import HospitalScope
from firsthand.release.actions import read_offers

PAGE_SIZE: Final = 50
CODE_TAIL_CHARACTERS: Final = 4
_INVALID: Final = 422
# Here a letter or a digit may be wrong, so what was typed stays to be looked at. Else the next person is due.
_MAY_BE_MISTYPED: Final = frozenset({ArrivalReason.CODE_UNKNOWN, ArrivalReason.WRONG_PERSON})


@get("/desk")
async def show_desk(request: AnyRequest) -> Response[str]:
    """Show the hospital's local day: its sessions, and who is expected."""
    visit = await open_visit(request)
    scope = visit.require(Permission.SEE_DAY, "/desk")
    page = await _desk_page(visit, scope, result=await _just_arrived(visit, scope))
    return lead_on(page.page_address(page.pages)) if page.page > page.pages else respond(visit, page)


@post("/desk/check-in")
async def post_check_in(request: AnyRequest) -> Response[str]:
    """Check in the person who shows a code and a document, or say what to read out to him."""
    visit = await open_visit(request)
    scope = visit.require(Permission.CHECK_IN, "/desk")
    form = await visit.read_form()
    code, document = parse_code(form.get("code", "")), read_document(form, visit.kinds)
    problems = []
    if not form.get("code", "").strip():
        problems.append(FieldProblem("code", Problem.BOOKING_CODE_MISSING))
    elif isinstance(code, ArrivalRefused):
        problems.append(FieldProblem("code", Problem.BOOKING_CODE_INVALID))
    if isinstance(document, FieldProblem):
        problems.append(document)
    if isinstance(code, ArrivalRefused) or isinstance(document, FieldProblem):
        page = await _desk_page(visit, scope, typed=form, problems=tuple(problems))
        return respond(visit, page, status=_INVALID)
    key = visit.key(form, code, document.key)
    answer = await check_in(visit.service.world, CheckInRequest(visit.caller(Channel.DESK), code, document, key))
    match answer:
        case Arrived(booking_id):
            return lead_on(f"/desk?arrived={booking_id}")
        case ArrivalRefused(reason, day):
            return await _refuse(visit, scope, form, reason, day)


async def _refuse(
    visit: Visit, scope: HospitalScope, form: Fields, reason: ArrivalReason, day: date | None
) -> Response[str]:
    problem = of_arrival(reason)
    if problem is None:
        result = CheckInResult(visit.service.world.clock.now(), reason, day=day)
        typed = form if reason in _MAY_BE_MISTYPED else {}
        return respond(visit, await _desk_page(visit, scope, typed=typed, result=result), status=409)
    told = problem.problem
    page = await _desk_page(visit, scope, typed=form, problems=(problem,), key=next_key(form, told))
    return respond(visit, page, status=status_of(told), retry_seconds=retry_seconds_of(told))


async def hospital_of(visit: Visit, scope: HospitalScope) -> StoredHospital:
    """Return the hospital that a clerk works at."""
    hospital = await read_hospital(visit.service.world, scope.hospital_id)
    if hospital is None:
        raise PageError(404)
    return hospital


async def _just_arrived(visit: Visit, scope: HospitalScope) -> CheckInResult | None:
    """Return how the check-in went that the address tells of, where it was at this hospital."""
    booking_id = parse_id(visit.query.get("arrived", ""))
    if booking_id is None:
        return None
    world = visit.service.world
    found = await read_patient(world, visit.caller(Channel.DESK), scope, booking_id)
    if found is None or found.arrived_at is None:
        return None
    booking = found.booking
    offer = (await read_offers(world, [booking.session_id]))[booking.session_id]
    return CheckInResult(
        at=found.arrived_at,
        late=found.late,
        patient_name=found.name,
        other_names=found.other_names,
        session=session_facts(offer),
        number=booking.number,
        expected_at=booking.expected_at,
    )


async def _desk_page(
    visit: Visit,
    scope: HospitalScope,
    *,
    typed: Fields | None = None,
    problems: tuple[FieldProblem, ...] = (),
    result: CheckInResult | None = None,
    key: str = "",
) -> DeskDayPage:
    world, hospital = visit.service.world, await hospital_of(visit, scope)
    today = local_day(world.clock.now(), hospital.hospital.time_zone)
    chosen, number = parse_id(visit.query.get("session", "")), parse_page(visit.query.get("page", ""))
    day = await read_desk_day(
        world,
        visit.caller(Channel.DESK),
        scope,
        today,
        session_id=chosen,
        limit=PAGE_SIZE,
        offset=(number - 1) * PAGE_SIZE,
    )
    if isinstance(day, ArrivalRefused):
        raise PageError(403)
    facts = {tally.offer.session_id: session_facts(tally.offer, hospital) for tally in day.sessions}
    typed = typed or {}
    return DeskDayPage(
        frame=visit.frame("/desk", [(name, visit.query.get(name, "")) for name in ("session", "page", "arrived")]),
        hospital=hospital_facts(hospital),
        day=today,
        sessions=_desk_sessions(day, facts),
        chosen=chosen,
        people=tuple(_expected(patient, facts[patient.booking.session_id]) for patient in day.patients),
        total=day.total,
        page=number,
        pages=pages_of(day.total, PAGE_SIZE),
        idempotency_key=key or new_key(),
        document=document_fields(typed or {}, visit.kinds),
        code=typed.get("code", ""),
        result=result,
        problems=problems,
    )


def _desk_sessions(day: DeskDay, facts: dict[UUID, SessionFacts]) -> tuple[DeskSession, ...]:
    return tuple(
        DeskSession(
            facts=facts[tally.offer.session_id],
            expected=tally.booked,
            arrived=tally.arrived,
            no_show=tally.no_show,
            returned=tally.offer.returned_count,
        )
        for tally in day.sessions
    )


def _expected(patient: ExpectedPatient, session: SessionFacts) -> ExpectedPerson:
    booking = patient.booking
    return ExpectedPerson(
        booking_id=booking.id,
        patient_name=patient.name,
        session=session,
        number=booking.number,
        expected_at=booking.expected_at,
        state=booking.state,
        code_tail=booking.code[-CODE_TAIL_CHARACTERS:],
        other_names=patient.other_names,
        arrived_at=patient.arrived_at,
        late=patient.late,
    )


HANDLERS: Final = (show_desk, post_check_in)
