"""Staff sign in: password, then a code of the app or a recovery code; and set up the app at the first sign-in."""

from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from litestar import Response, get, post
from litestar.datastructures import Cookie

from firsthand.channels.requests import AnyRequest, client_address
from firsthand.channels.web.answers import lead_on, lead_on_with, respond
from firsthand.channels.web.forms import Fields
from firsthand.channels.web.frame import FieldProblem, Notice, Problem, Visitor
from firsthand.channels.web.pages.sign_in import cookies_of, next_of, refuse
from firsthand.channels.web.refusals import retry_seconds_of, status_of
from firsthand.channels.web.staff_refusals import of_staff_sign_in
from firsthand.channels.web.staff_sign_in_contexts import (
    StaffCodesPage,
    StaffEnrolPage,
    StaffSecondStepPage,
    StaffSetUpPage,
    StaffSignInPage,
)
from firsthand.channels.web.visits import Visit, open_visit
from firsthand.channels.web.ways import home_of
from firsthand.directory.staff_oidc.going import read_buttons
from firsthand.directory.staff_oidc.linking import has_untold_links
from firsthand.directory.staff_sign_in.actions import enter_second_factor, find_step, note_device, sign_in_staff
from firsthand.directory.staff_sign_in.enrolment import find_link, finish_enrolment, read_enrolment, use_link
from firsthand.directory.staff_sign_in.model import Entered, Reason, Refused, Typed
from firsthand.directory.staff_sign_in.news import has_news
from firsthand.identity.challenge.guard import ask_work
from firsthand.identity.challenge.model import Path
from firsthand.identity.recovery.rules import spelled as spelled_code
from firsthand.identity.session.model import OpenedSession
from firsthand.identity.step.model import Need, OpenedStep, Step
from firsthand.identity.totp.rules import address_of, spelled
from firsthand.platform.crypto import token_hash

_INVALID: Final = 422
_TOKEN_LENGTH_MAX: Final = 200


@get(["/desk/sign-in", "/staff/sign-in"])
async def show_sign_in(request: AnyRequest) -> Response[str]:
    """Ask a member of staff for his user name and password, or a passkey. One who is signed in is led on."""
    visit = await open_visit(request)
    if visit.visitor is Visitor.STAFF:
        return lead_on(next_of(visit.query) or home_of(visit.signed_in.role if visit.signed_in else None))
    return respond(visit, await _sign_in_page(visit, visit.query, ()))


@post(["/desk/sign-in", "/staff/sign-in"])
async def sign_in(request: AnyRequest) -> Response[str]:
    """Take a password, and lead on to what it still needs."""
    visit = await open_visit(request)
    form = await visit.read_form()
    username, password = form.get("username", ""), form.get("password", "")
    missing = [
        FieldProblem(field, problem)
        for field, text, problem in (
            ("username", username.strip(), Problem.USERNAME_MISSING),
            ("password", password, Problem.PASSWORD_MISSING),
        )
        if not text
    ]
    if missing:
        return respond(visit, await _sign_in_page(visit, form, tuple(missing)), status=_INVALID)
    typed = Typed(username, password, client_address(request), device_of(visit), form.get("proof", ""))
    answer = await sign_in_staff(visit.service.world, visit.caller(), typed, acting_in=acting_in(visit))
    if isinstance(answer, Refused):
        problem = of_staff_sign_in(answer.reason)
        return refuse(visit, await _sign_in_page(visit, form, (problem,)), problem)
    return await go_on(visit, answer, form)


@get("/staff/second-step")
async def show_second_step(request: AnyRequest) -> Response[str]:
    """Ask for a code of the app."""
    visit = await open_visit(request)
    step = await _step(visit)
    if step is None or step.need is not Need.SECOND_FACTOR:
        return lead_on("/staff/sign-in")
    return respond(visit, await _second_step_page(visit, visit.query, ()))


@get("/staff/recovery")
async def show_recovery(request: AnyRequest) -> Response[str]:
    """Ask for a recovery code, of somebody without his app."""
    visit = await open_visit(request)
    step = await _step(visit)
    if step is None or step.need is not Need.SECOND_FACTOR:
        return lead_on("/staff/sign-in")
    return respond(visit, await _second_step_page(visit, visit.query, (), recovery=True))


@post(["/staff/second-step", "/staff/recovery"])
async def enter_code(request: AnyRequest) -> Response[str]:
    """Sign in by the code."""
    visit = await open_visit(request)
    form = await visit.read_form()
    recovery = request.url.path == "/staff/recovery"
    if not form.get("code", "").strip():
        missing = (FieldProblem("code", Problem.CODE_MISSING),)
        return respond(visit, await _second_step_page(visit, form, missing, recovery=recovery), status=_INVALID)
    world = visit.service.world
    entered = Entered(form["code"], device_of(visit), form.get("proof", ""))
    opened = await enter_second_factor(world, visit.caller(), _step_hash(visit), entered, acting_in=acting_in(visit))
    if isinstance(opened, Refused):
        told = (of_staff_sign_in(opened.reason),)
        return await _refuse_step(visit, form, opened, await _second_step_page(visit, form, told, recovery=recovery))
    return await begin_staff(visit, opened, next_of(form))


@get("/staff/enrol")
async def show_enrolment(request: AnyRequest) -> Response[str]:
    """Show the secret of an app that is to be set up."""
    visit = await open_visit(request)
    page = await _enrol_page(visit, visit.query, ())
    return respond(visit, page) if page else lead_on("/staff/sign-in")


@post("/staff/enrol")
async def enrol(request: AnyRequest) -> Response[str]:
    """Set the app up by its first code, sign in, and show the recovery codes."""
    visit = await open_visit(request)
    form = await visit.read_form()
    if not form.get("code", "").strip():
        page = await _enrol_page(visit, form, (FieldProblem("code", Problem.CODE_MISSING),))
        return respond(visit, page, status=_INVALID) if page else lead_on("/staff/sign-in")
    enrolled = await finish_enrolment(visit.service.world, visit.caller(), _step_hash(visit), form["code"])
    if isinstance(enrolled, Refused):
        page = await _enrol_page(visit, form, (of_staff_sign_in(enrolled.reason),))
        return await _refuse_step(visit, form, enrolled, page)
    kept = await staff_cookies(visit, enrolled.session) if enrolled.session else []
    home = home_of(enrolled.session.signed_in.role if enrolled.session else None)
    return codes_page(visit, enrolled.codes, next_of(form) or home, kept)


@get("/staff/set-up")
async def show_set_up(request: AnyRequest) -> Response[str]:
    """Ask for a password of somebody with a one-time link. Looking at it does not use it up."""
    visit = await open_visit(request)
    return await _show_set_up(visit, visit.query, ())


@post("/staff/set-up")
async def set_up(request: AnyRequest) -> Response[str]:
    """Choose a password by a one-time link, and lead on to setting up an app."""
    visit = await open_visit(request)
    form = await visit.read_form()
    if not form.get("password", ""):
        return await _show_set_up(visit, form, (FieldProblem("password", Problem.PASSWORD_MISSING),))
    if form["password"] != form.get("again", ""):
        return await _show_set_up(visit, form, (FieldProblem("again", Problem.PASSWORDS_DIFFER),))
    world, link = visit.service.world, form.get("link", "")
    answer = await use_link(world, visit.caller(), link, form["password"], client_address(request))
    if isinstance(answer, Refused):
        return await _show_set_up(visit, form, (of_staff_sign_in(answer.reason),))
    return _to_step(visit, answer, {})


async def go_on(visit: Visit, answer: OpenedSession | OpenedStep, form: Fields) -> Response[str]:
    """Lead on after a right password: into the pages, or to what it still needs."""
    return (
        _to_step(visit, answer, form)
        if isinstance(answer, OpenedStep)
        else await begin_staff(visit, answer, next_of(form))
    )


async def begin_staff(visit: Visit, opened: OpenedSession, leads_to: str) -> Response[str]:
    """Hand a member's new session over."""
    address = await home_or_news(visit, opened, leads_to)
    return lead_on_with(visit, address, Notice.SIGNED_IN, *await staff_cookies(visit, opened))


async def home_or_news(visit: Visit, opened: OpenedSession, leads_to: str) -> str:
    """Return where a new session begins. What happened to a member's sign-in is told before anything else."""
    if await has_news(visit.service.world, opened.signed_in.subject_id):
        return "/staff/security"
    if await has_untold_links(visit.service.world, opened.signed_in.subject_id):
        return "/staff/oidc"
    return leads_to or home_of(opened.signed_in.role)


def device_of(visit: Visit) -> str:
    """Return what the browser keeps of the members who have signed in there."""
    return visit.request.cookies.get(visit.cookies.desk, "")


def acting_in(visit: Visit) -> UUID | None:
    """Return the duty in which somebody acts who signs in anew: he goes on in it where it is his."""
    return visit.signed_in.duty_id if visit.signed_in else None


async def staff_cookies(visit: Visit, opened: OpenedSession) -> list[Cookie]:
    """Return everything that a browser is to keep of a member's new session."""
    jar = visit.cookies
    device = await note_device(visit.service.world, device_of(visit), opened.signed_in.subject_id)
    own = [jar.keep_desk(device), *([jar.drop(jar.step)] if jar.step in visit.request.cookies else [])]
    return [*await cookies_of(visit, opened), *own]


def codes_page(visit: Visit, codes: tuple[str, ...], leads_to: str, cookies: list[Cookie]) -> Response[str]:
    """Show new recovery codes: the only time that anybody sees them."""
    frame = visit.frame("/staff/security")
    return respond(visit, StaffCodesPage(frame, tuple(map(spelled_code, codes)), leads_to), cookies=cookies)


async def _refuse_step(
    visit: Visit, form: Fields, refused: Refused, page: StaffSecondStepPage | StaffEnrolPage | None
) -> Response[str]:
    """Tell why a code was refused: where the step is over, the sign-in begins anew."""
    problem = of_staff_sign_in(refused.reason)
    if page is None or refused.reason in {Reason.STEP_OVER, Reason.ENROLLED_ALREADY}:
        begun_anew = await _sign_in_page(visit, {"next": next_of(form)}, (problem,))
        return respond(visit, begun_anew, status=status_of(problem.problem))
    return refuse(visit, page, problem)


async def _step(visit: Visit) -> Step | None:
    return await find_step(visit.service.world, _step_hash(visit))


def _step_hash(visit: Visit) -> bytes:
    return token_hash(visit.request.cookies.get(visit.cookies.step, "")[:_TOKEN_LENGTH_MAX])


def _to_step(visit: Visit, opened: OpenedStep, form: Fields) -> Response[str]:
    address = "/staff/enrol" if opened.step.need is Need.ENROLMENT else "/staff/second-step"
    leads_to = next_of(form)
    query = f"?{urlencode({'next': leads_to})}" if leads_to else ""
    return lead_on(f"{address}{query}", visit.cookies.keep_step(opened.token))


async def _sign_in_page(visit: Visit, typed: Fields, problems: tuple[FieldProblem, ...]) -> StaffSignInPage:
    leads_to = next_of(typed)
    frame = visit.frame("/desk/sign-in", [("next", leads_to)])
    providers = tuple(await read_buttons(visit.service.world))
    work = await ask_work(visit.service.world, Path.STAFF)
    return StaffSignInPage(frame, typed.get("username", ""), leads_to, work, problems, providers)


async def _second_step_page(
    visit: Visit, typed: Fields, problems: tuple[FieldProblem, ...], *, recovery: bool = False
) -> StaffSecondStepPage:
    leads_to = next_of(typed)
    path = "/staff/recovery" if recovery else "/staff/second-step"
    work = await ask_work(visit.service.world, Path.STAFF)
    return StaffSecondStepPage(visit.frame(path, [("next", leads_to)]), leads_to, recovery, work, problems)


async def _enrol_page(visit: Visit, typed: Fields, problems: tuple[FieldProblem, ...]) -> StaffEnrolPage | None:
    found = await read_enrolment(visit.service.world, _step_hash(visit))
    if found is None:
        return None
    staff, enrolment = found
    leads_to = next_of(typed)
    return StaffEnrolPage(
        frame=visit.frame("/staff/enrol", [("next", leads_to)]),
        action="/staff/enrol",
        next=leads_to,
        address=address_of(enrolment.secret, staff.username),
        secret=spelled(enrolment.secret),
        problems=problems,
    )


async def _show_set_up(visit: Visit, typed: Fields, problems: tuple[FieldProblem, ...]) -> Response[str]:
    link = typed.get("link", "")[:_TOKEN_LENGTH_MAX]
    staff = await find_link(visit.service.world, link)
    if staff is None and not problems:
        problems = (of_staff_sign_in(Reason.LINK_SPENT),)
    page = StaffSetUpPage(
        frame=visit.frame("/staff/set-up", [("link", link)]),
        link=link,
        name=staff.display_name if staff else "",
        username=staff.username if staff else "",
        problems=problems,
    )
    if not problems:
        return respond(visit, page)
    told = problems[0].problem
    status = _INVALID if told is Problem.PASSWORD_MISSING else status_of(told)
    return respond(visit, page, status=status, retry_seconds=retry_seconds_of(told))


HANDLERS: Final = (
    show_sign_in,
    sign_in,
    show_second_step,
    show_recovery,
    enter_code,
    show_enrolment,
    enrol,
    show_set_up,
    set_up,
)
