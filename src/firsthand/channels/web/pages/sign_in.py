"""Signing in: a person by a document and a one-time code, a clerk by password. And signing out."""

from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from litestar import Response, get, post

from firsthand.channels.requests import AnyRequest, client_address
from firsthand.channels.web.answers import lead_on, lead_on_with, respond
from firsthand.channels.web.contexts import CodePage, DocumentFields, RegisterPage, SignInPage
from firsthand.channels.web.desk_contexts import DeskSignInPage
from firsthand.channels.web.forms import Fields, local_address, parse_id
from firsthand.channels.web.frame import FieldProblem, Notice, Problem, Visitor
from firsthand.channels.web.refusals import of_identity, of_person, retry_seconds_of, status_of
from firsthand.channels.web.visits import Visit, open_visit
from firsthand.directory.person import actions as people
from firsthand.directory.person.model import Refused as PersonRefused
from firsthand.directory.person.model import Registration
from firsthand.directory.person.rules import parse_name, parse_phone
from firsthand.directory.staff.actions import sign_in_staff
from firsthand.identity.code.model import VALID_FOR, CodeRequested
from firsthand.identity.document.model import Document
from firsthand.identity.document.rules import parse_document
from firsthand.identity.model import Refused as IdentityRefused
from firsthand.identity.session.actions import end_session
from firsthand.identity.session.model import OpenedSession
from firsthand.platform.i18n import parse_language

_INVALID: Final = 422


@get("/sign-in")
async def show_sign_in(request: AnyRequest) -> Response[str]:
    """Ask for a document. Somebody who is signed in is led on."""
    visit = await open_visit(request)
    if visit.visitor is Visitor.PERSON:
        return lead_on(_next(visit.query) or "/bookings")
    return respond(visit, _sign_in_page(visit, visit.query, ()))


@post("/sign-in")
async def request_code(request: AnyRequest) -> Response[str]:
    """Ask for a code for a document, and lead on to where it is entered, whether the document is known or not."""
    visit = await open_visit(request)
    form = await visit.read_form()
    document = read_document(form)
    if isinstance(document, FieldProblem):
        return respond(visit, _sign_in_page(visit, form, (document,)), status=_INVALID)
    asked = await people.request_sign_in(visit.service.world, visit.caller(), document, client_address(request))
    if isinstance(asked, IdentityRefused):
        problem = of_identity(asked.reason)
        return _refuse(visit, _sign_in_page(visit, form, (problem,)), problem)
    return _to_code(asked, form)


@get("/register")
async def show_register(request: AnyRequest) -> Response[str]:
    """Ask who somebody is. Somebody who is signed in is led on."""
    visit = await open_visit(request)
    if visit.visitor is Visitor.PERSON:
        return lead_on(_next(visit.query) or "/bookings")
    return respond(visit, _register_page(visit, visit.query, ()))


@post("/register")
async def register(request: AnyRequest) -> Response[str]:
    """Ask for a code that registers a new person. The answer is the same where the document is registered already."""
    visit = await open_visit(request)
    form = await visit.read_form()
    registration = _read_registration(form)
    if not isinstance(registration, Registration):
        return respond(visit, _register_page(visit, form, registration), status=_INVALID)
    asked = await people.request_registration(
        visit.service.world, visit.caller(), registration, client_address(request)
    )
    if isinstance(asked, IdentityRefused):
        problem = of_identity(asked.reason)
        return _refuse(visit, _register_page(visit, form, (problem,)), problem)
    return _to_code(asked, form)


@get("/sign-in/code")
async def show_code(request: AnyRequest) -> Response[str]:
    """Ask for the code that was sent."""
    visit = await open_visit(request)
    attempt = parse_id(visit.query.get("attempt", ""))
    if attempt is None:
        return lead_on("/sign-in")
    return respond(visit, _code_page(visit, attempt, visit.query, ()))


@post("/sign-in/code")
async def enter_code(request: AnyRequest) -> Response[str]:
    """Sign in by the code, and lead on to where the visitor had wanted to go."""
    visit = await open_visit(request)
    form = await visit.read_form()
    attempt = parse_id(form.get("attempt", "")) or UUID(int=0)
    if not form.get("code", "").strip():
        missing = FieldProblem("code", Problem.CODE_MISSING)
        return respond(visit, _code_page(visit, attempt, form, (missing,)), status=_INVALID)
    opened = await people.enter_code(visit.service.world, visit.caller(), attempt, form["code"])
    if isinstance(opened, IdentityRefused):
        problem = of_identity(opened.reason)
        return _refuse(visit, _code_page(visit, attempt, form, (problem,)), problem)
    return await _begin(visit, opened, _next(form) or "/bookings")


@get("/desk/sign-in")
async def show_desk_sign_in(request: AnyRequest) -> Response[str]:
    """Ask a clerk for his user name and password. One who is signed in is led on."""
    visit = await open_visit(request)
    if visit.visitor is Visitor.STAFF:
        return lead_on(_next(visit.query) or "/desk")
    return respond(visit, _desk_sign_in_page(visit, visit.query, ()))


@post("/desk/sign-in")
async def sign_in_at_desk(request: AnyRequest) -> Response[str]:
    """Sign a clerk in by password."""
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
        return respond(visit, _desk_sign_in_page(visit, form, tuple(missing)), status=_INVALID)
    opened = await sign_in_staff(visit.service.world, visit.caller(), username, password, client_address(request))
    if isinstance(opened, IdentityRefused):
        problem = of_identity(opened.reason)
        return _refuse(visit, _desk_sign_in_page(visit, form, (problem,)), problem)
    return await _begin(visit, opened, _next(form) or "/desk")


@post(["/sign-out", "/desk/sign-out"])
async def sign_out(request: AnyRequest) -> Response[str]:
    """End the session, on the server and in the browser."""
    visit = await open_visit(request)
    await visit.read_form()
    if visit.signed_in is not None:
        await end_session(visit.service.world, visit.caller(), visit.signed_in)
    home = "/desk/sign-in" if visit.visitor is Visitor.STAFF else "/"
    return lead_on_with(visit, home, Notice.SIGNED_OUT, visit.cookies.drop(visit.cookies.session))


def read_document(form: Fields) -> Document | FieldProblem:
    """Return the document that a form names, or what is wrong with it."""
    document = parse_document(form.get("document_type", ""), form.get("document_number", ""))
    if isinstance(document, IdentityRefused):
        problem = of_identity(document.reason)
        if problem.field == "document_number" and not form.get("document_number", "").strip():
            return FieldProblem("document_number", Problem.DOCUMENT_NUMBER_MISSING)
        return problem
    return document


def document_fields(form: Fields) -> DocumentFields:
    """Return a document as it was typed in."""
    typed = DocumentFields()
    return DocumentFields(form.get("document_type", typed.type), form.get("document_number", typed.number))


async def _begin(visit: Visit, opened: OpenedSession, address: str) -> Response[str]:
    """Hand the new session's cookie over. Whoever was signed in on this browser before no longer is."""
    if visit.signed_in is not None:
        await end_session(visit.service.world, visit.caller(), visit.signed_in)
    cookies = [visit.cookies.keep_session(opened.token)]
    if visit.cookies.visitor in visit.request.cookies:
        cookies.append(visit.cookies.drop(visit.cookies.visitor))
    return lead_on_with(visit, address, Notice.SIGNED_IN, *cookies)


def _refuse(
    visit: Visit, page: SignInPage | RegisterPage | CodePage | DeskSignInPage, problem: FieldProblem
) -> Response[str]:
    told = problem.problem
    return respond(visit, page, status=status_of(told), retry_seconds=retry_seconds_of(told))


def _next(fields: Fields) -> str:
    return local_address(fields.get("next", ""))


def _to_code(asked: CodeRequested, form: Fields) -> Response[str]:
    query = {"attempt": str(asked.code_id), **({"next": _next(form)} if _next(form) else {})}
    return lead_on(f"/sign-in/code?{urlencode(query)}")


def _read_registration(form: Fields) -> Registration | tuple[FieldProblem, ...]:
    name, phone = parse_name(form.get("name", "")), parse_phone(form.get("phone", ""))
    document, language = read_document(form), parse_language(form.get("language"))
    problems = []
    if isinstance(name, PersonRefused):
        problems.append(of_person(name.reason))
    if isinstance(document, FieldProblem):
        problems.append(document)
    if isinstance(phone, PersonRefused):
        problems.append(of_person(phone.reason))
    if language is None:
        problems.append(FieldProblem("language", Problem.LANGUAGE_INVALID))
    if (
        isinstance(name, PersonRefused)
        or isinstance(document, FieldProblem)
        or isinstance(phone, PersonRefused)
        or language is None
    ):
        return tuple(problems)
    return Registration(document, name, phone, language)


def _sign_in_page(visit: Visit, typed: Fields, problems: tuple[FieldProblem, ...]) -> SignInPage:
    leads_to = _next(typed)
    return SignInPage(visit.frame("/sign-in", [("next", leads_to)]), document_fields(typed), leads_to, problems)


def _register_page(visit: Visit, typed: Fields, problems: tuple[FieldProblem, ...]) -> RegisterPage:
    leads_to = _next(typed)
    language = parse_language(typed.get("language")) or visit.language
    return RegisterPage(
        frame=visit.frame("/register", [("next", leads_to)]),
        name=typed.get("name", ""),
        document=document_fields(typed),
        phone=typed.get("phone", ""),
        language=language,
        next=leads_to,
        problems=problems,
    )


def _code_page(visit: Visit, attempt: UUID, typed: Fields, problems: tuple[FieldProblem, ...]) -> CodePage:
    leads_to = _next(typed)
    return CodePage(
        frame=visit.frame("/sign-in/code", [("attempt", str(attempt)), ("next", leads_to)]),
        attempt=str(attempt),
        next=leads_to,
        code_minutes=int(VALID_FOR.total_seconds()) // 60,
        problems=problems,
    )


def _desk_sign_in_page(visit: Visit, typed: Fields, problems: tuple[FieldProblem, ...]) -> DeskSignInPage:
    leads_to = _next(typed)
    frame = visit.frame("/desk/sign-in", [("next", leads_to)])
    return DeskSignInPage(frame, typed.get("username", ""), leads_to, problems)


HANDLERS: Final = (
    show_sign_in,
    request_code,
    show_register,
    register,
    show_code,
    enter_code,
    show_desk_sign_in,
    sign_in_at_desk,
    sign_out,
)
