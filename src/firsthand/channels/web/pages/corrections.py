"""Corrections that wait for a second person: approved, refused, undone."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from firsthand.audit.model import Caller, Channel
from firsthand.channels.requests import AnyRequest
from firsthand.channels.web.answers import lead_on, lead_on_with, respond
from firsthand.channels.web.facts import hospital_facts, pages_of
from firsthand.channels.web.forms import parse_page
from firsthand.channels.web.frame import Notice, Problem
from firsthand.channels.web.page_error import PageError
from firsthand.channels.web.pages.desk import hospital_of
from firsthand.channels.web.pages.person_record import known_id
from firsthand.channels.web.people_contexts import CorrectionCard, CorrectionsPage
from firsthand.channels.web.people_refusals import of_correction
from firsthand.channels.web.refusals import status_of
from firsthand.channels.web.visits import Visit, open_visit
from firsthand.directory.correction.actions import PAGE_SIZE, read_corrections
from firsthand.directory.correction.deciding import approve_correction, refuse_correction, undo_correction
from firsthand.directory.correction.model import Reason, Refused, ShownCorrection, State
from firsthand.directory.counter.model import MaskedDocument
from firsthand.platform.access import Permission
from firsthand.platform.days import local_day
from firsthand.platform.scope import HospitalScope
from firsthand.platform.world import World

_BACK: Final = "/desk/corrections"
_DECIDE: Final[Mapping[str, Callable[[World, Caller, HospitalScope, UUID], Awaitable[State | Refused]]]] = {
    "approve": approve_correction,
    "refuse": refuse_correction,
    "undo": undo_correction,
}
_NOTICES: Final = {
    State.APPROVED: Notice.CORRECTION_APPROVED,
    State.REFUSED: Notice.CORRECTION_REFUSED,
    State.UNDONE: Notice.CORRECTION_UNDONE,
}


@get("/desk/corrections")
async def show_corrections(request: AnyRequest) -> Response[str]:
    """Show what waits for a decision, and what was decided."""
    visit = await open_visit(request)
    scope = visit.require(Permission.APPROVE_CORRECTION, _BACK)
    page = await _page(visit, scope)
    return lead_on(page.page_address(page.pages)) if page.page > page.pages else respond(visit, page)


@post("/desk/corrections/{correction:str}/{verb:str}")
async def decide(request: AnyRequest, correction: FromPath[str], verb: FromPath[str]) -> Response[str]:
    """Approve, refuse or undo a correction, and show the list again."""
    visit = await open_visit(request)
    scope = visit.require(Permission.APPROVE_CORRECTION, _BACK)
    correction_id = known_id(correction)
    if verb not in _DECIDE:
        raise PageError(404)
    await visit.read_form()
    answer = await _DECIDE[verb](visit.service.world, visit.caller(Channel.DESK), scope, correction_id)
    if not isinstance(answer, Refused):
        return lead_on_with(visit, _BACK, _NOTICES[answer])
    if answer.reason is Reason.NOT_FOUND:
        raise PageError(404)
    told = of_correction(answer.reason).problem
    return respond(visit, await _page(visit, scope, problem=told), status=status_of(told))


async def _page(visit: Visit, scope: HospitalScope, *, problem: Problem | None = None) -> CorrectionsPage:
    number = parse_page(visit.query.get("page", ""))
    caller = visit.caller(Channel.DESK)
    found = await read_corrections(visit.service.world, caller, scope, offset=(number - 1) * PAGE_SIZE)
    if isinstance(found, Refused):
        raise PageError(403)
    shown, total = found
    hospital = await hospital_of(visit, scope)
    return CorrectionsPage(
        frame=visit.frame(_BACK, [("page", visit.query.get("page", ""))]),
        hospital=hospital_facts(hospital),
        corrections=tuple(_card(one, hospital.hospital.time_zone) for one in shown),
        kinds=visit.kinds,
        total=total,
        page=number,
        pages=pages_of(total, PAGE_SIZE),
        problem=problem,
    )


def _card(shown: ShownCorrection, time_zone: str) -> CorrectionCard:
    correction = shown.correction
    return CorrectionCard(
        id=correction.id,
        kind=correction.kind,
        state=correction.state,
        name=shown.name,
        other_name=shown.other_name,
        document=_masked(shown.document),
        replacement=_masked(shown.replacement),
        evidence=correction.evidence.kind,
        note=correction.evidence.note,
        asked_by=shown.asked_by,
        asked_on=local_day(correction.asked_at, time_zone),
        asked_at=correction.asked_at,
        is_own=shown.is_own,
    )


def _masked(document: MaskedDocument | None) -> tuple[str, str] | None:
    return (document.type, document.tail) if document else None


HANDLERS: Final = (show_corrections, decide)
