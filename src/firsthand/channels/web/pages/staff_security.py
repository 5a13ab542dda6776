"""What a member of staff sees of his own sign-in, and changes."""

from typing import Final

from litestar import Response, get, post

from firsthand.channels.requests import AnyRequest
from firsthand.channels.web.answers import lead_on, lead_on_with, respond
from firsthand.channels.web.forms import Fields
from firsthand.channels.web.frame import FieldProblem, Notice, Problem, Visitor
from firsthand.channels.web.page_error import SignInNeededError
from firsthand.channels.web.pages.sign_in import refuse
from firsthand.channels.web.pages.staff_sign_in import codes_page
from firsthand.channels.web.staff_refusals import of_staff_sign_in
from firsthand.channels.web.staff_sign_in_contexts import ResetFacts, StaffEnrolPage, StaffSecurityPage
from firsthand.channels.web.visits import Visit, open_visit
from firsthand.directory.staff.actions import read_staff
from firsthand.directory.staff_sign_in.model import Refused
from firsthand.directory.staff_sign_in.own import (
    begin_own_app,
    change_own_password,
    read_own_enrolment,
    read_own_sign_in,
    renew_own_codes,
    set_up_own_app,
)
from firsthand.directory.staff_sign_in.resets import note_told, read_untold
from firsthand.identity.session.model import SignedIn
from firsthand.identity.totp.rules import address_of, spelled

_HERE: Final = "/staff/security"
_APP: Final = "/staff/security/app"


@get(_HERE)
async def show_security(request: AnyRequest) -> Response[str]:
    """Show by what the member signs in, and once what an administrator did to it."""
    visit = await open_visit(request)
    signed_in = _staff(visit)
    untold = await read_untold(visit.service.world, signed_in.subject_id)
    page = await _security_page(visit, signed_in, ())
    await note_told(visit.service.world, visit.caller(), [reset.id for reset in untold])
    return respond(visit, page)


@post("/staff/security/change")
async def change(request: AnyRequest) -> Response[str]:
    """Change the password, begin to set up an app, or make new recovery codes: each after the password of now."""
    visit = await open_visit(request)
    signed_in = _staff(visit)
    form = await visit.read_form()
    world, current = visit.service.world, form.get("current", "")
    match form.get("do", ""):
        case "app":
            answer = await begin_own_app(world, visit.caller(), signed_in.token_hash, current)
            return await _refuse(visit, signed_in, answer) if isinstance(answer, Refused) else lead_on(_APP)
        case "codes":
            made = await renew_own_codes(world, visit.caller(), current)
            if isinstance(made, Refused):
                return await _refuse(visit, signed_in, made)
            return codes_page(visit, made.codes, _HERE, [])
        case _:
            return await _change_password(visit, signed_in, form)


@get(_APP)
async def show_app(request: AnyRequest) -> Response[str]:
    """Show the secret of an app that is to be set up."""
    visit = await open_visit(request)
    page = await _app_page(visit, _staff(visit), ())
    return respond(visit, page) if page else lead_on(_HERE)


@post(_APP)
async def set_up_app(request: AnyRequest) -> Response[str]:
    """Set the app up by its first code, and show the recovery codes."""
    visit = await open_visit(request)
    signed_in = _staff(visit)
    form = await visit.read_form()
    enrolled = await set_up_own_app(visit.service.world, visit.caller(), signed_in.token_hash, form.get("code", ""))
    if not isinstance(enrolled, Refused):
        return codes_page(visit, enrolled.codes, _HERE, [])
    problem = of_staff_sign_in(enrolled.reason)
    page = await _app_page(visit, signed_in, (problem,))
    return refuse(visit, page, problem) if page else await _refuse(visit, signed_in, enrolled)


async def _change_password(visit: Visit, signed_in: SignedIn, form: Fields) -> Response[str]:
    if form.get("password", "") != form.get("again", ""):
        problem = FieldProblem("again", Problem.PASSWORDS_DIFFER)
        return refuse(visit, await _security_page(visit, signed_in, (problem,)), problem)
    refused = await change_own_password(
        visit.service.world,
        visit.caller(),
        signed_in=signed_in,
        current=form.get("current", ""),
        new=form.get("password", ""),
    )
    if refused is not None:
        return await _refuse(visit, signed_in, refused)
    return lead_on_with(visit, _HERE, Notice.PASSWORD_CHANGED)


async def _refuse(visit: Visit, signed_in: SignedIn, refused: Refused) -> Response[str]:
    problem = of_staff_sign_in(refused.reason)
    return refuse(visit, await _security_page(visit, signed_in, (problem,)), problem)


def _staff(visit: Visit) -> SignedIn:
    if visit.signed_in is None or visit.visitor is not Visitor.STAFF:
        raise SignInNeededError(f"/desk/sign-in?next={_HERE}")
    return visit.signed_in


async def _security_page(visit: Visit, signed_in: SignedIn, problems: tuple[FieldProblem, ...]) -> StaffSecurityPage:
    world = visit.service.world
    own = await read_own_sign_in(world, signed_in.subject_id)
    news = []
    for reset in await read_untold(world, signed_in.subject_id):
        by = await read_staff(world, reset.by_staff_id) if reset.by_staff_id else None
        news.append(ResetFacts(reset.kind, reset.made_at, by.display_name if by else ""))
    return StaffSecurityPage(
        frame=visit.frame(_HERE),
        username=own.username if own else "",
        has_password=own is not None and own.has_password,
        has_app=own is not None and own.has_app,
        codes_left=own.codes.count if own else 0,
        news=tuple(news),
        time_zone=visit.service.settings.time_zone.key,
        problems=problems,
    )


async def _app_page(visit: Visit, signed_in: SignedIn, problems: tuple[FieldProblem, ...]) -> StaffEnrolPage | None:
    world = visit.service.world
    enrolment = await read_own_enrolment(world, signed_in.subject_id, signed_in.token_hash)
    staff = await read_staff(world, signed_in.subject_id)
    if enrolment is None or staff is None:
        return None
    return StaffEnrolPage(
        frame=visit.frame(_APP),
        action=_APP,
        next="",
        address=address_of(enrolment.secret, staff.username),
        secret=spelled(enrolment.secret),
        problems=problems,
    )


HANDLERS: Final = (show_security, change, show_app, set_up_app)
