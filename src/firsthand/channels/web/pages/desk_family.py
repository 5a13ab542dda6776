"""The desk confirms a family tie, or ends one, from both documents."""

from typing import Final

from litestar import Response, get, post

from firsthand.audit.model import Channel
from firsthand.channels.requests import AnyRequest
from firsthand.channels.web.answers import respond
from firsthand.channels.web.facts import hospital_facts
from firsthand.channels.web.family_contexts import DeskFamilyPage, DeskTieDone
from firsthand.channels.web.family_refusals import of_family
from firsthand.channels.web.forms import Fields
from firsthand.channels.web.frame import FieldProblem, Problem
from firsthand.channels.web.pages.desk import hospital_of
from firsthand.channels.web.pages.sign_in import document_fields, read_document
from firsthand.channels.web.refusals import status_of
from firsthand.channels.web.visits import Visit, open_visit
from firsthand.directory.family.desk import DeskTie, confirm_at_desk, end_at_desk
from firsthand.directory.family.model import Active, HasEnded, Kind, Reason, Refused
from firsthand.directory.family.words import ALLOWS
from firsthand.identity.document.model import Document
from firsthand.platform.access import Permission
from firsthand.platform.scope import HospitalScope

_HERE: Final = "/desk/family"
_INVALID: Final = 422
_SIDES: Final = ("carer", "dependant")


@get("/desk/family")
async def show_desk_family(request: AnyRequest) -> Response[str]:
    """Ask for both documents."""
    visit = await open_visit(request)
    scope = visit.require(Permission.CONFIRM_TIE, _HERE)
    return respond(visit, await _page(visit, scope, {}))


@post("/desk/family")
async def post_desk_family(request: AnyRequest) -> Response[str]:
    """Confirm the tie of the two people whose documents lie there, or end it."""
    visit = await open_visit(request)
    scope = visit.require(Permission.CONFIRM_TIE, _HERE)
    form = await visit.read_form()
    ending = form.get("wish") == "end"
    documents = {side: read_document(_side(form, side), visit.kinds) for side in _SIDES}
    problems = [
        FieldProblem(one.field.replace("document", side), one.problem)
        for side, one in documents.items()
        if isinstance(one, FieldProblem)
    ]
    if not ending and form.get("agreed") != "yes":
        problems.append(FieldProblem("agreed", Problem.TIE_NOT_AGREED))
    carer, dependant = documents["carer"], documents["dependant"]
    if problems or not isinstance(carer, Document) or not isinstance(dependant, Document):
        return respond(visit, await _page(visit, scope, form, tuple(problems)), status=_INVALID)
    asked = DeskTie(visit.caller(Channel.DESK), scope, carer, dependant)
    act = end_at_desk if ending else confirm_at_desk
    match await act(visit.service.world, asked):
        case Active(_, usable_from):
            return respond(visit, await _page(visit, scope, {}, done=DeskTieDone(usable_from)))
        case HasEnded():
            return respond(visit, await _page(visit, scope, {}, done=DeskTieDone(None)))
        case Refused(reason):
            problem = _told(reason)
            page = await _page(visit, scope, form, (problem,))
            return respond(visit, page, status=_INVALID if problem.field else status_of(problem.problem))


def _told(reason: Reason) -> FieldProblem:
    """Return how a refusal is told to the clerk, who has both documents before him."""
    problem = of_family(reason) or FieldProblem("", Problem.TIE_OVER)
    return (
        FieldProblem("dependant_number", problem.problem)
        if problem.field == "document_number"
        else FieldProblem("", problem.problem)
    )


def _side(form: Fields, side: str) -> Fields:
    return {"document_type": form.get(f"{side}_type", ""), "document_number": form.get(f"{side}_number", "")}


async def _page(
    visit: Visit,
    scope: HospitalScope,
    form: Fields,
    problems: tuple[FieldProblem, ...] = (),
    *,
    done: DeskTieDone | None = None,
) -> DeskFamilyPage:
    hospital = await hospital_of(visit, scope)
    typed = {side: document_fields(_side(form, side) if form else {}, visit.kinds) for side in _SIDES}
    return DeskFamilyPage(
        frame=visit.frame(_HERE),
        hospital=hospital_facts(hospital),
        carer=typed["carer"],
        dependant=typed["dependant"],
        allows=(*ALLOWS[Kind.CARER][visit.language][:1], *ALLOWS[Kind.GUARDIAN][visit.language][:1]),
        done=done,
        problems=problems,
    )


HANDLERS: Final = (show_desk_family, post_desk_family)
