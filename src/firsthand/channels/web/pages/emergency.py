"""Emergency access: opening a record loudly, looking at it, and reviewing what others opened."""

from dataclasses import replace
from typing import Final
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from firsthand.audit.model import Channel
from firsthand.booking.emergency import read_emergency_record
from firsthand.channels.requests import AnyRequest
from firsthand.channels.web.admin_refusals import EMERGENCY
from firsthand.channels.web.answers import lead_on, lead_on_with, respond
from firsthand.channels.web.emergency_contexts import EmergencyPage, EmergencyRecordPage, ReviewsPage
from firsthand.channels.web.facts import SECONDS_PER_MINUTE, read_hospital
from firsthand.channels.web.forms import Fields, parse_id
from firsthand.channels.web.frame import FieldProblem, Notice, Problem
from firsthand.channels.web.page_error import PageError
from firsthand.channels.web.pages.sign_in import document_fields, read_document
from firsthand.channels.web.refusals import of_person
from firsthand.channels.web.visits import Visit, open_visit
from firsthand.directory.emergency.actions import list_own_open, list_reviews, open_record, review_access
from firsthand.directory.emergency.model import OPEN_FOR, Reason, Refused, Wanted
from firsthand.directory.person.model import PersonName, Phone
from firsthand.directory.person.model import Refused as PersonRefused
from firsthand.directory.person.rules import parse_name, parse_phone
from firsthand.identity.document.model import Document
from firsthand.platform import metrics
from firsthand.platform.access import Permission

_ADDRESS: Final = "/desk/emergency"
_REVIEWS: Final = "/admin/reviews"
_INVALID: Final = 422


@get(_ADDRESS)
async def show_emergency(request: AnyRequest) -> Response[str]:
    """Show the plain warning, and ask whose record is to be opened and why."""
    visit = await open_visit(request)
    visit.require(Permission.BREAK_GLASS, _ADDRESS)
    return respond(visit, await _page(visit, {}))


@post(_ADDRESS)
async def open_emergency(request: AnyRequest) -> Response[str]:
    """Open a record."""
    visit = await open_visit(request)
    visit.require(Permission.BREAK_GLASS, _ADDRESS)
    form = await visit.read_form()
    wanted = _wanted(visit, form)
    problems = [wanted] if isinstance(wanted, FieldProblem) else []
    if form.get("understood") != "yes":
        problems.append(FieldProblem("understood", Problem.CONFIRM_EMERGENCY))
    if problems or isinstance(wanted, FieldProblem):
        return respond(visit, await _page(visit, form, *problems), status=_INVALID)
    opened = await open_record(visit.service.world, visit.caller(Channel.DESK), wanted, form.get("reason", ""))
    metrics.EMERGENCIES.labels(opened.reason if isinstance(opened, Refused) else "opened").inc()
    if isinstance(opened, Refused):
        return respond(visit, await _page(visit, form, EMERGENCY[opened.reason]), status=_status(opened.reason))
    return lead_on(f"{_ADDRESS}/{opened.id}")


@get("/desk/emergency/{access_id:str}")
async def show_record(request: AnyRequest, access_id: FromPath[str]) -> Response[str]:
    """Show what an access that is still open lets the visitor see."""
    visit = await open_visit(request)
    visit.require(Permission.BREAK_GLASS, _ADDRESS)
    wanted = parse_id(access_id) or UUID(int=0)
    record = await read_emergency_record(visit.service.world, visit.caller(Channel.DESK), wanted)
    if isinstance(record, Refused):
        if record.reason is Reason.ACCESS_UNKNOWN:
            raise PageError(404)
        return respond(visit, await _page(visit, {}, EMERGENCY[record.reason]), status=_status(record.reason))
    address = f"{_ADDRESS}/{record.access.id}"
    return respond(visit, EmergencyRecordPage(visit.frame(address), record, await _zone(visit)))


@get(_REVIEWS)
async def show_reviews(request: AnyRequest) -> Response[str]:
    """Show the emergency accesses that the visitor may review."""
    visit = await open_visit(request)
    visit.require_staff(_REVIEWS)
    return respond(visit, await _reviews(visit, {}))


@post("/admin/reviews/{access_id:str}")
async def review(request: AnyRequest, access_id: FromPath[str]) -> Response[str]:
    """Say whether an access was justified."""
    visit = await open_visit(request)
    visit.require_staff(_REVIEWS)
    form = await visit.read_form()
    wanted, judged = parse_id(access_id) or UUID(int=0), form.get("justified", "")
    if judged not in {"yes", "no"}:
        problem = FieldProblem("justified", Problem.JUDGEMENT_MISSING)
        return respond(visit, await _reviews(visit, form, problem, wrong=wanted), status=_INVALID)
    words = form.get("reason", "")
    done = await review_access(visit.service.world, visit.caller(), wanted, justified=judged == "yes", words=words)
    if isinstance(done, Refused):
        page = await _reviews(visit, form, EMERGENCY[done.reason], wrong=wanted)
        return respond(visit, page, status=_status(done.reason))
    metrics.EMERGENCIES.labels("justified" if judged == "yes" else "not_justified").inc()
    return lead_on_with(visit, _REVIEWS, Notice.REVIEWED)


def _wanted(visit: Visit, form: Fields) -> Wanted | FieldProblem:
    """Return whom the form names: by a phone where one was typed, else by a document."""
    if not form.get("phone", "").strip():
        document = read_document(form, visit.kinds)
        return document if isinstance(document, FieldProblem) else _by(document, None)
    phone = parse_phone(form["phone"])
    name = parse_name(form["name"]) if form.get("name", "").strip() else None
    for parsed in (phone, name):
        if isinstance(parsed, PersonRefused):
            return of_person(parsed.reason)
    return _by(phone, name)  # type: ignore[arg-type]  # the loop has let no refusal pass


def _by(by: Document | Phone, name: PersonName | None) -> Wanted:
    return Wanted(by, name)


def _status(reason: Reason) -> int:
    match reason:
        case Reason.NOT_PERMITTED:
            return 403
        case Reason.TOO_MANY:
            return 429
        case Reason.REASON_TOO_SHORT | Reason.WORDS_INVALID | Reason.SEVERAL_PEOPLE | Reason.PERSON_UNKNOWN:
            return _INVALID
        case _:
            return 409


async def _zone(visit: Visit) -> str:
    hospital_id = visit.caller().hospital_id
    hospital = await read_hospital(visit.service.world, hospital_id) if hospital_id else None
    return hospital.hospital.time_zone if hospital else visit.service.settings.time_zone.key


async def _page(visit: Visit, typed: Fields, *problems: FieldProblem) -> EmergencyPage:
    return EmergencyPage(
        frame=visit.frame(_ADDRESS),
        document=document_fields(typed, visit.kinds),
        typed=typed,
        open=tuple(await list_own_open(visit.service.world, visit.caller(Channel.DESK))),
        minutes=int(OPEN_FOR.total_seconds()) // SECONDS_PER_MINUTE,
        time_zone=await _zone(visit),
        problems=problems,
    )


async def _reviews(visit: Visit, typed: Fields, *problems: FieldProblem, wrong: UUID | None = None) -> ReviewsPage:
    found = await list_reviews(visit.service.world, visit.caller())
    if isinstance(found, Refused):
        raise PageError(403)
    # Each access has a form of its own, whose fields bear its id.
    problems = tuple(replace(one, field=f"{one.field}-{wrong}") if one.field else one for one in problems)
    now = visit.service.world.clock.now()
    return ReviewsPage(
        frame=visit.frame(_REVIEWS),
        waiting=tuple(one for one in found if one.access.reviewed_at is None and not one.access.lapsed_at),
        past=tuple(one for one in found if one.access.reviewed_at or one.access.lapsed_at),
        viewer=visit.caller().id,
        overdue=frozenset(one.access.id for one in found if one.access.is_overdue(now)),
        wrong=wrong,
        typed=typed,
        problems=problems,
    )


HANDLERS: Final = (show_emergency, open_emergency, show_record, show_reviews, review)
