"""Family: for whom a person acts, who acts for him, and how that begins and ends."""

from typing import Final
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from firsthand.channels.requests import AnyRequest
from firsthand.channels.web.answers import lead_on_with, respond
from firsthand.channels.web.family_contexts import AskedPage, ConfirmTiePage, EndTiePage, FamilyPage, TieFacts
from firsthand.channels.web.family_refusals import of_family
from firsthand.channels.web.frame import FieldProblem, Notice, Problem
from firsthand.channels.web.page_error import PageError
from firsthand.channels.web.refusals import retry_seconds_of, status_of
from firsthand.channels.web.visits import Visit, open_visit
from firsthand.directory.family import actions as family
from firsthand.directory.family.actions import Family
from firsthand.directory.family.asking import send_code_again
from firsthand.directory.family.model import Active, HasEnded, Kind, Refused, ShownTie, State
from firsthand.directory.family.words import ALLOWS
from firsthand.identity.code.model import VALID_FOR

HOME: Final = "/me/family"
_INVALID: Final = 422
_SECONDS_PER_MINUTE: Final = 60


@get("/me/family")
async def show_family(request: AnyRequest) -> Response[str]:
    """Show a person's ties, from both sides."""
    visit = await open_visit(request)
    scope = visit.require_person(HOME)
    found = await family.read_family(visit.service.world, scope)
    mine = [*found.carers, *found.of_children]
    over = [one for one in (*found.dependants, *found.carers) if not one.living and not one.waiting]
    page = FamilyPage(
        frame=visit.frame(HOME),
        dependants=_facts(visit, [one for one in found.dependants if one.living]),
        asked=_facts(visit, [one for one in found.dependants if one.waiting]),
        carers=_facts(visit, [one for one in found.carers if one.living]),
        asked_of_me=_facts(visit, [one for one in mine if one.waiting]),
        over=_facts(visit, over),
        time_zone=str(visit.service.settings.time_zone),
    )
    return respond(visit, page)


@get("/me/family/{tie_id:uuid}/code")
async def show_asked(request: AnyRequest, tie_id: FromPath[UUID]) -> Response[str]:
    """Show what was asked, and ask for the code that went to the dependant's phone."""
    visit = await open_visit(request)
    return respond(visit, await _asked_page(visit, tie_id))


@post("/me/family/{tie_id:uuid}/code")
async def enter_code(request: AnyRequest, tie_id: FromPath[UUID]) -> Response[str]:
    """Confirm by the code that the dependant told."""
    visit = await open_visit(request)
    scope = visit.require_person(f"{HOME}/{tie_id}/code")
    form = await visit.read_form()
    if not form.get("code", "").strip():
        missing = FieldProblem("code", Problem.CODE_MISSING)
        return respond(visit, await _asked_page(visit, tie_id, (missing,)), status=_INVALID)
    answer = await family.confirm_by_code(visit.service.world, visit.caller(), scope, tie_id, form["code"])
    if isinstance(answer, Refused):
        problem = _told(answer)
        page = await _asked_page(visit, tie_id, (problem,))
        status, retry = status_of(problem.problem), retry_seconds_of(problem.problem)
        return respond(visit, page, status=status, retry_seconds=retry)
    return lead_on_with(visit, HOME, Notice.TIE_ACTIVE)


@post("/me/family/{tie_id:uuid}/code-again")
async def send_again(request: AnyRequest, tie_id: FromPath[UUID]) -> Response[str]:
    """Send a new code to the dependant's phone."""
    visit = await open_visit(request)
    here = f"{HOME}/{tie_id}/code"
    scope = visit.require_person(here)
    await visit.read_form()
    answer = await send_code_again(visit.service.world, visit.caller(), scope, tie_id)
    if isinstance(answer, Refused):
        problem = _told(answer)
        page = await _asked_page(visit, tie_id, (problem,))
        status, retry = status_of(problem.problem), retry_seconds_of(problem.problem)
        return respond(visit, page, status=status, retry_seconds=retry)
    return lead_on_with(visit, here, Notice.TIE_CODE_SENT)


@get("/me/family/{tie_id:uuid}/confirm")
async def ask_to_confirm(request: AnyRequest, tie_id: FromPath[UUID]) -> Response[str]:
    """Say what a tie allows, and ask for a yes or a no."""
    visit = await open_visit(request)
    return respond(visit, await _confirm_page(visit, tie_id))


@post("/me/family/{tie_id:uuid}/confirm")
async def confirm(request: AnyRequest, tie_id: FromPath[UUID]) -> Response[str]:
    """Say yes, or let it go on."""
    visit = await open_visit(request)
    scope = visit.require_person(f"{HOME}/{tie_id}/confirm")
    await visit.read_form()
    world, shown = visit.service.world, _mine(await family.read_family(visit.service.world, scope), tie_id)
    renewing = shown is not None and shown.tie.state is State.ACTIVE
    say_yes = family.renew_tie if renewing else family.confirm_tie
    match await say_yes(world, visit.caller(), scope, tie_id, visit.language):
        case Active():
            return lead_on_with(visit, HOME, Notice.TIE_RENEWED if renewing else Notice.TIE_ACTIVE)
        case Refused() as refused:
            problem = _told(refused).problem
            page = await _confirm_page(visit, tie_id, problem)
            return respond(visit, page, status=status_of(problem))


@get("/me/family/{tie_id:uuid}/end")
async def ask_to_end(request: AnyRequest, tie_id: FromPath[UUID]) -> Response[str]:
    """Ask once more before a tie is ended for good."""
    visit = await open_visit(request)
    return respond(visit, await _end_page(visit, tie_id))


@post("/me/family/{tie_id:uuid}/end")
async def end(request: AnyRequest, tie_id: FromPath[UUID]) -> Response[str]:
    """End a tie, or say no to one."""
    visit = await open_visit(request)
    scope = visit.require_person(f"{HOME}/{tie_id}/end")
    await visit.read_form()
    match await family.end_tie(visit.service.world, visit.caller(), scope, tie_id):
        case HasEnded(_, why):
            return lead_on_with(visit, HOME, Notice.TIE_DECLINED if why == "declined" else Notice.TIE_ENDED)
        case Refused() as refused:
            problem = _told(refused).problem
            page = await _end_page(visit, tie_id, problem)
            return respond(visit, page, status=status_of(problem))


async def _asked_page(visit: Visit, tie_id: UUID, problems: tuple[FieldProblem, ...] = ()) -> AskedPage:
    scope = visit.require_person(f"{HOME}/{tie_id}/code")
    found = await family.read_family(visit.service.world, scope)
    shown = next((one for one in found.dependants if one.tie.id == tie_id), None)
    if shown is None or not shown.waiting or shown.tie.kind is not Kind.CARER:
        raise PageError(404)
    return AskedPage(
        frame=visit.frame(f"{HOME}/{tie_id}/code"),
        tie=_facts(visit, [shown])[0],
        code_minutes=int(VALID_FOR.total_seconds()) // _SECONDS_PER_MINUTE,
        time_zone=str(visit.service.settings.time_zone),
        problems=problems,
    )


async def _confirm_page(visit: Visit, tie_id: UUID, problem: Problem | None = None) -> ConfirmTiePage:
    here = f"{HOME}/{tie_id}/confirm"
    scope = visit.require_person(here)
    shown = _mine(await family.read_family(visit.service.world, scope), tie_id)
    if shown is None or (problem is None and not (shown.can_confirm or shown.can_renew)):
        raise PageError(404)
    return ConfirmTiePage(
        frame=visit.frame(here),
        tie=_facts(visit, [shown])[0],
        allows=ALLOWS[shown.tie.kind][visit.language],
        renewing=shown.tie.state is State.ACTIVE,
        problem=problem,
    )


async def _end_page(visit: Visit, tie_id: UUID, problem: Problem | None = None) -> EndTiePage:
    here = f"{HOME}/{tie_id}/end"
    scope = visit.require_person(here)
    found = await family.read_family(visit.service.world, scope)
    shown = next((one for one in (*found.dependants, *found.carers, *found.of_children) if one.tie.id == tie_id), None)
    if shown is None or (problem is None and not (shown.living or shown.waiting)):
        raise PageError(404)
    return EndTiePage(
        frame=visit.frame(here),
        tie=_facts(visit, [shown])[0],
        waiting=shown.waiting,
        is_carer=shown.tie.carer_id == scope.person_id,
        problem=problem,
    )


def _mine(found: Family, tie_id: UUID) -> ShownTie | None:
    """Return the tie that the person can say yes to, as its dependant or as a guardian of the child."""
    return next((one for one in (*found.carers, *found.of_children) if one.tie.id == tie_id), None)


def _facts(visit: Visit, shown: list[ShownTie]) -> tuple[TieFacts, ...]:
    now = visit.service.world.clock.now()
    return tuple(
        TieFacts(
            id=one.tie.id,
            kind=one.tie.kind,
            name=one.name,
            asked_at=one.tie.asked_at,
            child_name=one.child_name,
            usable_from=one.tie.usable_from if one.tie.usable_from and one.tie.usable_from > now else None,
            lapses_at=one.tie.lapses_at if one.waiting else None,
            term_ends_at=one.tie.term_ends_at if one.living else None,
            ended_at=one.tie.ended_at,
            ended_why=one.tie.ended_why,
            can_confirm=one.can_confirm,
            can_renew=one.can_renew,
            undocumented=one.undocumented,
        )
        for one in shown
    )


def _told(refused: Refused) -> FieldProblem:
    """Return how a refusal is told. Raises PageError 404 where there is no such tie for this person."""
    problem = of_family(refused.reason)
    if problem is None:
        raise PageError(404)
    return problem


HANDLERS: Final = (
    show_family,
    show_asked,
    enter_code,
    send_again,
    ask_to_confirm,
    confirm,
    ask_to_end,
    end,
)
