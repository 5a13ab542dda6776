"""People's requests, as those read them who answer: what is urgent first, and each in its own words."""

from typing import Final
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from firsthand.channels.requests import AnyRequest
from firsthand.channels.web.answers import lead_on, lead_on_with, respond
from firsthand.channels.web.facts import pages_of
from firsthand.channels.web.forms import Fields, parse_id, parse_page
from firsthand.channels.web.frame import FieldProblem, Notice, Problem
from firsthand.channels.web.page_error import PageError
from firsthand.channels.web.refusals import status_of
from firsthand.channels.web.request_contexts import AnswerPage, QueuePage
from firsthand.channels.web.request_refusals import TOLD
from firsthand.channels.web.visits import Visit, open_visit
from firsthand.directory.request.answering import PAGE_SIZE, answer_request, list_requests, read_request
from firsthand.directory.request.model import Reason, Refused, State

_HERE: Final = "/admin/requests"
_INVALID: Final = 422


@get(_HERE)
async def show_queue(request: AnyRequest) -> Response[str]:
    """Show what waits for an answer, and what is over."""
    visit = await open_visit(request)
    visit.require_staff(_HERE)
    page = parse_page(visit.query.get("page", ""))
    found = await list_requests(visit.service.world, visit.caller(), offset=(page - 1) * PAGE_SIZE)
    if isinstance(found, Refused):
        raise PageError(403)
    pages = pages_of(found.total, PAGE_SIZE)
    if page > pages:
        return lead_on(f"{_HERE}?page={pages}")
    shown = QueuePage(
        frame=visit.frame(_HERE, [("page", str(page) if page > 1 else "")]),
        waiting=tuple(one for one in found.requests if one.state is State.ASKED),
        over=tuple(one for one in found.requests if one.state is not State.ASKED),
        now=visit.service.world.clock.now(),
        time_zone=visit.service.settings.time_zone.key,
        page=page,
        pages=pages,
    )
    return respond(visit, shown)


@get(f"{_HERE}/{{request_id:str}}")
async def show_one(request: AnyRequest, request_id: FromPath[str]) -> Response[str]:
    """Show one request in its own words, and ask for the answer."""
    visit = await open_visit(request)
    visit.require_staff(_HERE)
    return respond(visit, await _page(visit, _wanted(request_id), {}))


@post(f"{_HERE}/{{request_id:str}}")
async def answer(request: AnyRequest, request_id: FromPath[str]) -> Response[str]:
    """Grant a request, or refuse it."""
    visit = await open_visit(request)
    visit.require_staff(_HERE)
    form, wanted = await visit.read_form(), _wanted(request_id)
    granted = form.get("granted", "")
    if granted not in {"yes", "no"}:
        page = await _page(visit, wanted, form, FieldProblem("granted", Problem.ANSWER_MISSING))
        return respond(visit, page, status=_INVALID)
    done = await answer_request(
        visit.service.world, visit.caller(), wanted, granted=granted == "yes", words=form.get("words", "")
    )
    if isinstance(done, Refused):
        problem = _told(done.reason)
        status = _INVALID if problem.field else status_of(problem.problem)
        return respond(visit, await _page(visit, wanted, form, problem), status=status)
    return lead_on_with(visit, _HERE, Notice.REQUEST_ANSWERED)


def _wanted(request_id: str) -> UUID:
    return parse_id(request_id) or UUID(int=0)


def _told(reason: Reason) -> FieldProblem:
    """Return how a refusal is told. Raises PageError 403 or 404."""
    if reason is Reason.NOT_PERMITTED:
        raise PageError(403)
    told = TOLD[reason]
    if told is None:
        raise PageError(404)
    return told


async def _page(visit: Visit, request_id: UUID, typed: Fields, *problems: FieldProblem) -> AnswerPage:
    shown = await read_request(visit.service.world, visit.caller(), request_id)
    if isinstance(shown, Refused):
        raise PageError(403 if shown.reason is Reason.NOT_PERMITTED else 404)
    return AnswerPage(
        frame=visit.frame(f"{_HERE}/{request_id}"),
        shown=shown,
        now=visit.service.world.clock.now(),
        time_zone=visit.service.settings.time_zone.key,
        typed=typed,
        problems=problems,
    )


HANDLERS: Final = (show_queue, show_one, answer)
