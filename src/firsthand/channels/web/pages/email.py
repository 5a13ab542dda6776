"""The e-mail address of the person who is signed in: add it, show that it is one's own, take it back."""

from typing import Final, assert_never
from uuid import UUID

from litestar import Response, get, post

from firsthand.channels.requests import AnyRequest, client_address
from firsthand.channels.web.answers import lead_on, lead_on_with, respond
from firsthand.channels.web.forms import Fields, parse_id
from firsthand.channels.web.frame import FieldProblem, Notice, Problem
from firsthand.channels.web.message_contexts import EmailCodePage, EmailPage
from firsthand.channels.web.page_error import PageError
from firsthand.channels.web.refusals import retry_seconds_of, status_of
from firsthand.channels.web.visits import Visit, open_visit
from firsthand.directory.email.actions import confirm_email, read_own_email, remove_email, request_email
from firsthand.directory.email.model import Reason, Refused
from firsthand.directory.email.rules import parse_email
from firsthand.identity.code.model import VALID_FOR
from firsthand.platform.scope import PersonScope

_INVALID: Final = 422
_HERE: Final = "/me/email"


@get(_HERE)
async def show_email(request: AnyRequest) -> Response[str]:
    """Show the address that news goes to, and ask for one."""
    visit = await open_visit(request)
    scope = visit.require_person(_HERE)
    return respond(visit, await _email_page(visit, scope))


@post(_HERE)
async def ask_for_code(request: AnyRequest) -> Response[str]:
    """Send a code to the address, and lead on to where it is entered."""
    visit = await open_visit(request)
    scope = visit.require_person(_HERE)
    form = await visit.read_form()
    if not _offered(visit):
        raise PageError(404)
    typed = form.get("email", "")
    if not typed.strip():
        missing = FieldProblem("email", Problem.EMAIL_MISSING)
        return respond(visit, await _email_page(visit, scope, typed, missing), status=_INVALID)
    email = parse_email(typed)
    if isinstance(email, Refused):
        return respond(visit, await _email_page(visit, scope, typed, _told(email.reason)), status=_INVALID)
    asked = await request_email(visit.service.world, visit.caller(), scope, email, client_address(request))
    if isinstance(asked, Refused):
        problem = _told(asked.reason)
        return _refuse(visit, await _email_page(visit, scope, typed, problem), problem)
    return lead_on(f"{_HERE}/code?attempt={asked.code_id}")


@get(f"{_HERE}/code")
async def show_code(request: AnyRequest) -> Response[str]:
    """Ask for the code that was sent."""
    visit = await open_visit(request)
    visit.require_person(_HERE)
    attempt = parse_id(visit.query.get("attempt", ""))
    if attempt is None:
        return lead_on(_HERE)
    return respond(visit, _code_page(visit, attempt))


@post(f"{_HERE}/code")
async def enter_code(request: AnyRequest) -> Response[str]:
    """Take the address, if the code is right."""
    visit = await open_visit(request)
    scope = visit.require_person(_HERE)
    form = await visit.read_form()
    attempt = _attempt(form)
    if not form.get("code", "").strip():
        return respond(visit, _code_page(visit, attempt, FieldProblem("code", Problem.CODE_MISSING)), status=_INVALID)
    verified = await confirm_email(visit.service.world, visit.caller(), scope, attempt, form["code"])
    if isinstance(verified, Refused):
        problem = _told(verified.reason)
        return _refuse(visit, _code_page(visit, attempt, problem), problem)
    return lead_on_with(visit, _HERE, Notice.EMAIL_VERIFIED)


@post(f"{_HERE}/remove")
async def remove(request: AnyRequest) -> Response[str]:
    """Take the address back. Where there was none, that is as it was wished."""
    visit = await open_visit(request)
    scope = visit.require_person(_HERE)
    await visit.read_form()
    removed = await remove_email(visit.service.world, visit.caller(), scope)
    if isinstance(removed, Refused) and removed.reason is not Reason.NO_EMAIL:
        raise PageError(403)
    return lead_on_with(visit, _HERE, Notice.EMAIL_REMOVED)


def _offered(visit: Visit) -> bool:
    return visit.service.demo or visit.service.settings.smtp_server is not None


def _attempt(form: Fields) -> UUID:
    return parse_id(form.get("attempt", "")) or UUID(int=0)


async def _email_page(
    visit: Visit, scope: PersonScope, typed: str = "", problem: FieldProblem | None = None
) -> EmailPage:
    current = await read_own_email(visit.service.world, scope)
    return EmailPage(visit.frame(_HERE), current, _offered(visit), typed, (problem,) if problem else ())


def _code_page(visit: Visit, attempt: UUID, problem: FieldProblem | None = None) -> EmailCodePage:
    frame = visit.frame(f"{_HERE}/code", [("attempt", str(attempt))])
    minutes = int(VALID_FOR.total_seconds()) // 60
    return EmailCodePage(frame, str(attempt), minutes, (problem,) if problem else ())


def _told(reason: Reason) -> FieldProblem:
    """Return how a refusal is told."""
    match reason:
        case Reason.EMAIL_INVALID | Reason.NO_EMAIL:
            return FieldProblem("email", Problem.EMAIL_INVALID)
        case Reason.TOO_MANY_REQUESTS:
            return FieldProblem("", Problem.TOO_MANY_TRIES)
        case Reason.CODE_WRONG:
            return FieldProblem("code", Problem.ONE_TIME_CODE_WRONG)
        case Reason.CODE_SPENT:
            return FieldProblem("code", Problem.ONE_TIME_CODE_EXPIRED)
        case Reason.NOT_PERMITTED:
            return FieldProblem("", Problem.NOT_PERMITTED)
        case _:
            assert_never(reason)


def _refuse(visit: Visit, page: EmailPage | EmailCodePage, problem: FieldProblem) -> Response[str]:
    told = problem.problem
    return respond(visit, page, status=status_of(told), retry_seconds=retry_seconds_of(told))


HANDLERS: Final = (show_email, ask_for_code, show_code, enter_code, remove)
