"""What a person asks about his own data: to have it put right, to object, to have his account deleted."""

from typing import Final
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from firsthand.booking.deleting import read_outlook
from firsthand.channels.requests import AnyRequest
from firsthand.channels.web.answers import lead_on_with, respond
from firsthand.channels.web.forms import Fields, parse_id
from firsthand.channels.web.frame import FieldProblem, Notice, Problem
from firsthand.channels.web.page_error import PageError
from firsthand.channels.web.pages.sign_in import document_fields, read_document
from firsthand.channels.web.refusals import status_of
from firsthand.channels.web.request_contexts import DeletionPage, HospitalChoice, RequestPage, RequestsPage
from firsthand.channels.web.request_refusals import TOLD
from firsthand.channels.web.visits import Visit, open_visit
from firsthand.directory.hospital.actions import list_hospitals
from firsthand.directory.request.actions import ask_deletion, make_request, read_own_requests, withdraw_request
from firsthand.directory.request.model import ABOUT, ANSWER_WITHIN, Kind, Reason, Refused
from firsthand.directory.request.rules import parse_wish
from firsthand.platform.scope import PersonScope

_HERE: Final = "/me/requests"
_DELETION: Final = f"{_HERE}/deletion"
_ASKED: Final = {"correction": Kind.CORRECTION, "objection": Kind.OBJECTION}
_INVALID: Final = 422
_TYPED: Final = frozenset({Reason.ABOUT_UNKNOWN, Reason.HOSPITAL_UNKNOWN, Reason.WORDS_INVALID, Reason.DOCUMENT_WRONG})


@get(_HERE)
async def show_requests(request: AnyRequest) -> Response[str]:
    """Show what the person has asked, and the answers."""
    visit = await open_visit(request)
    return respond(visit, await _list(visit, visit.require_person(_HERE)))


@post(f"{_HERE}/{{request_id:str}}/withdraw")
async def withdraw(request: AnyRequest, request_id: FromPath[str]) -> Response[str]:
    """Take a request back."""
    visit = await open_visit(request)
    scope = visit.require_person(_HERE)
    await visit.read_form()
    wanted = parse_id(request_id) or UUID(int=0)
    done = await withdraw_request(visit.service.world, visit.caller(), scope, wanted)
    if isinstance(done, Refused):
        problem = _told(done.reason)
        return respond(visit, await _list(visit, scope, problem), status=status_of(problem.problem))
    return lead_on_with(visit, _HERE, Notice.REQUEST_WITHDRAWN)


@get([f"{_HERE}/correction", f"{_HERE}/objection"])
async def show_request(request: AnyRequest) -> Response[str]:
    """Ask what is wrong, or against what the person objects. The address may say what it is about, and where."""
    visit = await open_visit(request)
    visit.require_person(request.url.path)
    return respond(visit, await _ask_page(visit, _kind(request), visit.query))


@post([f"{_HERE}/correction", f"{_HERE}/objection"])
async def send_request(request: AnyRequest) -> Response[str]:
    """Send a request for a correction, or an objection."""
    visit = await open_visit(request)
    scope = visit.require_person(request.url.path)
    form, kind = await visit.read_form(), _kind(request)
    hospital_id = parse_id(form.get("hospital", ""))
    unknown = hospital_id is None and form.get("hospital", "") != ""
    wish = parse_wish(kind, form.get("about", ""), hospital_id, form.get("words", ""))
    made = await make_request(
        visit.service.world, visit.caller(), scope, Refused(Reason.HOSPITAL_UNKNOWN) if unknown else wish
    )
    if isinstance(made, Refused):
        problem = _told(made.reason)
        status = _INVALID if problem.field else status_of(problem.problem)
        return respond(visit, await _ask_page(visit, kind, form, problem), status=status)
    return lead_on_with(visit, _HERE, Notice.REQUEST_SENT)


@get(_DELETION)
async def show_deletion(request: AnyRequest) -> Response[str]:
    """Say what goes and what stays, and ask for a document and a yes. Only to whom has just shown who he is."""
    visit = await open_visit(request)
    signed_in = visit.require_fresh(_DELETION)
    return respond(visit, await _deletion_page(visit, PersonScope(signed_in.subject_id), {}))


@post(_DELETION)
async def send_deletion(request: AnyRequest) -> Response[str]:
    """Ask for the account to be deleted."""
    visit = await open_visit(request)
    visit.require_person(_DELETION)
    form = await visit.read_form()
    signed_in = visit.require_fresh(_DELETION)
    scope, document = PersonScope(signed_in.subject_id), read_document(form, visit.kinds)
    problems = [document] if isinstance(document, FieldProblem) else []
    if form.get("understood") != "yes":
        problems.append(FieldProblem("understood", Problem.DELETION_NOT_CONFIRMED))
    if isinstance(document, FieldProblem) or problems:
        return respond(visit, await _deletion_page(visit, scope, form, *problems), status=_INVALID)
    made = await ask_deletion(visit.service.world, visit.caller(), signed_in, document)
    if isinstance(made, Refused):
        problem = _told(made.reason)
        status = _INVALID if made.reason in _TYPED else status_of(problem.problem)
        return respond(visit, await _deletion_page(visit, scope, form, problem), status=status)
    return lead_on_with(visit, _HERE, Notice.DELETION_ASKED)


def _kind(request: AnyRequest) -> Kind:
    return _ASKED[request.url.path.rpartition("/")[2]]


def _told(reason: Reason) -> FieldProblem:
    """Return how a refusal is told. Raises PageError 404 where there is no such request of this person's."""
    told = TOLD[reason]
    if told is None:
        raise PageError(404)
    return told


async def _list(visit: Visit, scope: PersonScope, *problems: FieldProblem) -> RequestsPage:
    return RequestsPage(
        frame=visit.frame(_HERE),
        requests=tuple(await read_own_requests(visit.service.world, scope)),
        days=ANSWER_WITHIN.days,
        time_zone=visit.service.settings.time_zone.key,
        problems=problems,
    )


async def _ask_page(visit: Visit, kind: Kind, typed: Fields, *problems: FieldProblem) -> RequestPage:
    hospitals = await list_hospitals(visit.service.world)
    return RequestPage(
        frame=visit.frame(f"{_HERE}/{kind.value}"),
        kind=kind,
        about=ABOUT[kind],
        hospitals=tuple(HospitalChoice(one.id, one.hospital.name) for one in hospitals),
        days=ANSWER_WITHIN.days,
        typed=typed,
        problems=problems,
    )


async def _deletion_page(visit: Visit, scope: PersonScope, typed: Fields, *problems: FieldProblem) -> DeletionPage:
    outlook = await read_outlook(visit.service.world, scope)
    if outlook is None:
        raise PageError(404)
    earliest = visit.service.world.clock.now() + outlook.cooling
    counted = outlook.counted_until
    return DeletionPage(
        frame=visit.frame(_DELETION),
        document=document_fields(typed, visit.kinds),
        days=outlook.cooling.days,
        waits_until=max(earliest, counted) if counted else earliest,
        booking_counts=counted is not None and counted > earliest,
        children=outlook.children,
        time_zone=visit.service.settings.time_zone.key,
        problems=problems,
    )


HANDLERS: Final = (show_requests, withdraw, show_request, send_request, show_deletion, send_deletion)
