"""A person's own other names: a former one, or his name in another script. Clerks see them where they compare names."""

from typing import Final
from uuid import UUID

from litestar import Response, get, post

from firsthand.channels.requests import AnyRequest
from firsthand.channels.web.answers import lead_on_with, respond
from firsthand.channels.web.forms import Fields, parse_id
from firsthand.channels.web.frame import FieldProblem, Notice, Problem
from firsthand.channels.web.pages.people import INVALID, read_name
from firsthand.channels.web.people_contexts import OwnNamesPage
from firsthand.channels.web.people_refusals import of_counter
from firsthand.channels.web.refusals import status_of
from firsthand.channels.web.visits import Visit, open_visit
from firsthand.directory.counter.model import Refused, VariantKind
from firsthand.directory.counter.variants import add_name, read_own_names, remove_name
from firsthand.platform.scope import PersonScope

_HERE: Final = "/me/names"


@get(_HERE)
async def show_own_names(request: AnyRequest) -> Response[str]:
    """Show the person's other names."""
    visit = await open_visit(request)
    return respond(visit, await _page(visit, visit.require_person(_HERE), visit.query))


@post(_HERE)
async def add_own_name(request: AnyRequest) -> Response[str]:
    """Add another name."""
    visit = await open_visit(request)
    scope = visit.require_person(_HERE)
    form = await visit.read_form()
    name, kind = read_name(form), form.get("kind", "")
    problems = [name] if isinstance(name, FieldProblem) else []
    if kind not in set(VariantKind):
        problems.append(FieldProblem("kind", Problem.CHOICE_WRONG))
    if isinstance(name, FieldProblem) or problems:
        return respond(visit, await _page(visit, scope, form, problems=tuple(problems)), status=INVALID)
    added = await add_name(visit.service.world, visit.caller(), scope, scope.person_id, VariantKind(kind), name)
    if isinstance(added, Refused):
        problem = of_counter(added.reason)
        page = await _page(visit, scope, form, problems=(problem,))
        return respond(visit, page, status=status_of(problem.problem))
    return lead_on_with(visit, _HERE, Notice.NAME_ADDED)


@post(f"{_HERE}/remove")
async def remove_own_name(request: AnyRequest) -> Response[str]:
    """Remove another name."""
    visit = await open_visit(request)
    scope = visit.require_person(_HERE)
    form = await visit.read_form()
    variant_id = parse_id(form.get("variant", "")) or UUID(int=0)
    refused = await remove_name(visit.service.world, visit.caller(), scope, scope.person_id, variant_id)
    if refused is not None:
        told = of_counter(refused.reason).problem
        return respond(visit, await _page(visit, scope, {}, problem=told), status=status_of(told))
    return lead_on_with(visit, _HERE, Notice.NAME_REMOVED)


async def _page(
    visit: Visit,
    scope: PersonScope,
    typed: Fields,
    *,
    problem: Problem | None = None,
    problems: tuple[FieldProblem, ...] = (),
) -> OwnNamesPage:
    return OwnNamesPage(
        frame=visit.frame(_HERE),
        variants=tuple(await read_own_names(visit.service.world, scope)),
        kind=typed.get("kind", VariantKind.FORMER.value),
        name=typed.get("name", ""),
        problem=problem,
        problems=problems,
    )


HANDLERS: Final = (show_own_names, add_own_name, remove_own_name)
