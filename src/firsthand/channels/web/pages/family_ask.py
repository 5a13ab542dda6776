"""Asking to act for an adult or a child."""

from typing import Final

from litestar import Response, get, post

from firsthand.channels.requests import AnyRequest, client_address
from firsthand.channels.web.answers import lead_on_with, respond
from firsthand.channels.web.family_contexts import AskAdultPage, AskChildPage
from firsthand.channels.web.family_refusals import of_family
from firsthand.channels.web.forms import Fields, parse_day
from firsthand.channels.web.frame import FieldProblem, Notice, Problem
from firsthand.channels.web.page_error import PageError
from firsthand.channels.web.pages.family import HOME
from firsthand.channels.web.pages.sign_in import document_fields, read_document
from firsthand.channels.web.refusals import of_person, retry_seconds_of, status_of
from firsthand.channels.web.visits import Visit, open_visit
from firsthand.directory.family.asking import ask_adult, ask_child
from firsthand.directory.family.model import Active, AdultAsked, Asked, ChildAsked, Kind, Reason, Refused
from firsthand.directory.family.rules import parse_label
from firsthand.directory.family.words import ALLOWS
from firsthand.directory.person.model import Refused as PersonRefused
from firsthand.directory.person.rules import parse_name

_INVALID: Final = 422
# What is wrong with what was typed, and not with the wish: the form is shown again as for any other field.
_TYPED: Final = frozenset({Reason.ONESELF, Reason.BIRTH_INVALID, Reason.BIRTH_DIFFERS, Reason.CHILD_OF_AGE})


@get("/me/family/adult")
async def show_adult(request: AnyRequest) -> Response[str]:
    """Ask for whom somebody wants to act."""
    visit = await open_visit(request)
    visit.require_person(f"{HOME}/adult")
    return respond(visit, _adult_page(visit, {}))


@post("/me/family/adult")
async def post_adult(request: AnyRequest) -> Response[str]:
    """Ask the adult with a document, and lead on to where his code is entered, whether anybody has it or not."""
    visit = await open_visit(request)
    scope = visit.require_person(f"{HOME}/adult")
    form = await visit.read_form()
    document, label = read_document(form, visit.kinds), parse_label(form.get("label", ""))
    problems = [] if not isinstance(document, FieldProblem) else [document]
    if isinstance(label, Refused):
        problems.append(FieldProblem("label", Problem.TIE_LABEL_INVALID))
    if form.get("agreed") != "yes":
        problems.append(FieldProblem("agreed", Problem.TIE_NOT_AGREED))
    if problems or isinstance(document, FieldProblem) or isinstance(label, Refused):
        return respond(visit, _adult_page(visit, form, tuple(problems)), status=_INVALID)
    asked = AdultAsked(document, label)
    answer = await ask_adult(visit.service.world, visit.caller(), scope, asked, client_address(request))
    if isinstance(answer, Refused):
        problem = _told(answer)
        return _refuse(visit, _adult_page(visit, form, (problem,)), problem, answer.reason)
    return lead_on_with(visit, f"{HOME}/{answer.tie_id}/code", Notice.TIE_ASKED)


@get("/me/family/child")
async def show_child(request: AnyRequest) -> Response[str]:
    """Ask who the child is."""
    visit = await open_visit(request)
    visit.require_person(f"{HOME}/child")
    return respond(visit, _child_page(visit, {}))


@post("/me/family/child")
async def post_child(request: AnyRequest) -> Response[str]:
    """Register a child, or ask to be another guardian of one; with a document the answer does not say which."""
    visit = await open_visit(request)
    scope = visit.require_person(f"{HOME}/child")
    form = await visit.read_form()
    asked = _read_child(visit, form)
    if not isinstance(asked, ChildAsked):
        return respond(visit, _child_page(visit, form, asked), status=_INVALID)
    match await ask_child(visit.service.world, visit.caller(), scope, asked, client_address(request)):
        case Active():
            return lead_on_with(visit, HOME, Notice.TIE_ACTIVE)
        case Asked():
            return lead_on_with(visit, HOME, Notice.TIE_ASKED)
        case Refused() as refused:
            problem = _told(refused)
            return _refuse(visit, _child_page(visit, form, (problem,)), problem, refused.reason)


def _read_child(visit: Visit, form: Fields) -> ChildAsked | tuple[FieldProblem, ...]:
    name, born_on, has_document = (
        parse_name(form.get("name", "")),
        parse_day(form.get("born_on", "")),
        form.get("has_document"),
    )
    document = read_document(form, visit.kinds) if has_document == "yes" else None
    problems = []
    if isinstance(name, PersonRefused):
        problems.append(of_person(name.reason))
    if born_on is None:
        problems.append(FieldProblem("born_on", Problem.BIRTH_INVALID))
    if has_document not in {"yes", "no"}:
        problems.append(FieldProblem("has_document", Problem.HAS_DOCUMENT_MISSING))
    if isinstance(document, FieldProblem):
        problems.append(document)
    if form.get("agreed") != "yes":
        problems.append(FieldProblem("agreed", Problem.TIE_NOT_AGREED))
    if problems or isinstance(name, PersonRefused) or born_on is None or isinstance(document, FieldProblem):
        return tuple(problems)
    return ChildAsked(name, born_on, document, visit.language)


def _adult_page(visit: Visit, form: Fields, problems: tuple[FieldProblem, ...] = ()) -> AskAdultPage:
    return AskAdultPage(
        frame=visit.frame(f"{HOME}/adult"),
        document=document_fields(form, visit.kinds),
        label=form.get("label", ""),
        allows=ALLOWS[Kind.CARER][visit.language],
        problems=problems,
    )


def _child_page(visit: Visit, form: Fields, problems: tuple[FieldProblem, ...] = ()) -> AskChildPage:
    return AskChildPage(
        frame=visit.frame(f"{HOME}/child"),
        name=form.get("name", ""),
        born_on=form.get("born_on", ""),
        has_document=form.get("has_document", ""),
        document=document_fields(form, visit.kinds),
        allows=ALLOWS[Kind.GUARDIAN][visit.language],
        problems=problems,
    )


def _refuse(visit: Visit, page: AskAdultPage | AskChildPage, problem: FieldProblem, reason: Reason) -> Response[str]:
    if reason in _TYPED:
        return respond(visit, page, status=_INVALID)
    told = problem.problem
    return respond(visit, page, status=status_of(told), retry_seconds=retry_seconds_of(told))


def _told(refused: Refused) -> FieldProblem:
    problem = of_family(refused.reason)
    if problem is None:
        raise PageError(404)
    return problem


HANDLERS: Final = (show_adult, post_adult, show_child, post_child)
