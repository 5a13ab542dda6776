"""A member of staff shows once more that it is he: by signing in anew, in the duty in which he acts."""

from typing import Final
from urllib.parse import quote

from litestar import Response, get, post

from firsthand.channels.requests import AnyRequest, client_address
from firsthand.channels.web.answers import respond
from firsthand.channels.web.forms import Fields
from firsthand.channels.web.frame import FieldProblem, Problem
from firsthand.channels.web.pages.sign_in import next_of, refuse
from firsthand.channels.web.pages.staff_sign_in import acting_in, device_of, go_on
from firsthand.channels.web.staff_refusals import of_staff_sign_in
from firsthand.channels.web.staff_sign_in_contexts import StaffAgainPage
from firsthand.channels.web.visits import Visit, open_visit
from firsthand.directory.staff_sign_in.actions import sign_in_staff
from firsthand.directory.staff_sign_in.model import Reason, Refused, Typed
from firsthand.directory.staff_sign_in.own import read_own_sign_in
from firsthand.identity.challenge.guard import ask_work
from firsthand.identity.challenge.model import Path

_HERE: Final = "/staff/again"
_INVALID: Final = 422


@get(_HERE)
async def show_again(request: AnyRequest) -> Response[str]:
    """Ask whoever is signed in to show once more that it is he."""
    visit = await open_visit(request)
    visit.require_staff(f"{_HERE}?next={quote(next_of(visit.query))}")
    return respond(visit, await _page(visit, visit.query, ()))


@post(_HERE)
async def show_it(request: AnyRequest) -> Response[str]:
    """Take the password of whoever is signed in, and lead on to what it still needs."""
    visit = await open_visit(request)
    visit.require_staff(_HERE)
    form = await visit.read_form()
    page = await _page(visit, form, (FieldProblem("password", Problem.PASSWORD_MISSING),))
    if not form.get("password", ""):
        return respond(visit, page, status=_INVALID)
    typed = Typed(page.username, form["password"], client_address(request), device_of(visit), form.get("proof", ""))
    answer = await sign_in_staff(visit.service.world, visit.caller(), typed, acting_in=acting_in(visit))
    if not isinstance(answer, Refused):
        return await go_on(visit, answer, form)
    wrong = answer.reason is Reason.SIGN_IN_WRONG
    problem = FieldProblem("password", Problem.PASSWORD_WRONG) if wrong else of_staff_sign_in(answer.reason)
    return refuse(visit, await _page(visit, form, (problem,)), problem)


async def _page(visit: Visit, typed: Fields, problems: tuple[FieldProblem, ...]) -> StaffAgainPage:
    leads_to, world = next_of(typed), visit.service.world
    own = await read_own_sign_in(world, visit.require_staff(_HERE).subject_id)
    return StaffAgainPage(
        frame=visit.frame(_HERE, [("next", leads_to)]),
        username=own.username if own else "",
        has_password=own is not None and own.has_password,
        next=leads_to,
        work=await ask_work(world, Path.STAFF),
        problems=problems,
    )


HANDLERS: Final = (show_again, show_it)
