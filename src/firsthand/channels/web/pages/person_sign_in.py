"""Signing in as a person, by phone or document and a one-time code; and registering."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from litestar import Response, get, post

from firsthand.channels.requests import AnyRequest
from firsthand.channels.web.answers import lead_on, respond
from firsthand.channels.web.forms import Fields, parse_id
from firsthand.channels.web.frame import FieldProblem, Problem, Visitor
from firsthand.channels.web.pages.sign_in import begin, document_fields, next_of, read_document, refuse
from firsthand.channels.web.refusals import of_identity, of_person
from firsthand.channels.web.sign_in_contexts import (
    ChoosePage,
    CodePage,
    DocumentSignInPage,
    RegisterPage,
    SignInHelpPage,
    SignInPage,
)
from firsthand.channels.web.visits import Visit, open_visit
from firsthand.directory.person import sign_in as people
from firsthand.directory.person.asking import Browser
from firsthand.directory.person.model import Choice, Registration
from firsthand.directory.person.model import Refused as PersonRefused
from firsthand.directory.person.rules import parse_name, parse_phone
from firsthand.identity.challenge.guard import ask_work
from firsthand.identity.challenge.model import Path
from firsthand.identity.code.model import VALID_FOR, CodeRequested
from firsthand.identity.model import Refused
from firsthand.platform.i18n import parse_language
from firsthand.policy.documents import DocumentKind

_INVALID: Final = 422
_NONE: Final = UUID(int=0)


@get("/sign-in")
async def show_sign_in(request: AnyRequest) -> Response[str]:
    """Ask for a phone. Somebody who is signed in is led on."""
    visit = await open_visit(request)
    if visit.visitor is Visitor.PERSON:
        return lead_on(next_of(visit.query) or "/bookings")
    return respond(visit, await _sign_in_page(visit, visit.query, ()))


@post("/sign-in")
async def request_code(request: AnyRequest) -> Response[str]:
    """Ask for a code for a phone, and lead on to where it is entered, whether the phone is known or not."""
    visit = await open_visit(request)
    form = await visit.read_form()
    phone = parse_phone(form.get("phone", ""))
    if isinstance(phone, PersonRefused):
        return respond(visit, await _sign_in_page(visit, form, (of_person(phone.reason),)), status=_INVALID)
    asked = await people.request_sign_in(visit.service.world, visit.caller(), phone, browser_of(visit, form))
    if isinstance(asked, Refused):
        problem = of_identity(asked.reason)
        return refuse(visit, await _sign_in_page(visit, form, (problem,)), problem)
    return to_code(asked, form)


@get("/sign-in/document")
async def show_document(request: AnyRequest) -> Response[str]:
    """Ask for a document, for those who have a new phone or none of their own."""
    visit = await open_visit(request)
    if visit.visitor is Visitor.PERSON:
        return lead_on(next_of(visit.query) or "/bookings")
    return respond(visit, await _document_page(visit, visit.query, ()))


@post("/sign-in/document")
async def request_code_by_document(request: AnyRequest) -> Response[str]:
    """Ask for a code for a document, and lead on to where it is entered, whether the document is known or not."""
    visit = await open_visit(request)
    form = await visit.read_form()
    document = read_document(form, visit.kinds)
    if isinstance(document, FieldProblem):
        return respond(visit, await _document_page(visit, form, (document,)), status=_INVALID)
    asked = await people.request_sign_in(visit.service.world, visit.caller(), document, browser_of(visit, form))
    if isinstance(asked, Refused):
        problem = of_identity(asked.reason)
        return refuse(visit, await _document_page(visit, form, (problem,)), problem)
    return to_code(asked, form)


@get("/register")
async def show_register(request: AnyRequest) -> Response[str]:
    """Ask who somebody is. Somebody who is signed in is led on."""
    visit = await open_visit(request)
    if visit.visitor is Visitor.PERSON:
        return lead_on(next_of(visit.query) or "/bookings")
    return respond(visit, await _register_page(visit, visit.query, ()))


@post("/register")
async def register(request: AnyRequest) -> Response[str]:
    """Ask for a code that registers a new person. The answer is the same where the document is registered already."""
    visit = await open_visit(request)
    form = await visit.read_form()
    registration = _read_registration(form, visit.kinds)
    if not isinstance(registration, Registration):
        return respond(visit, await _register_page(visit, form, registration), status=_INVALID)
    asked = await people.request_registration(
        visit.service.world, visit.caller(), registration, browser_of(visit, form)
    )
    if isinstance(asked, Refused):
        problem = of_identity(asked.reason)
        return refuse(visit, await _register_page(visit, form, (problem,)), problem)
    return to_code(asked, form)


@get("/sign-in/code")
async def show_code(request: AnyRequest) -> Response[str]:
    """Ask for the code that was sent."""
    visit = await open_visit(request)
    attempt = parse_id(visit.query.get("attempt", ""))
    if attempt is None:
        return lead_on("/sign-in")
    return respond(visit, await _code_page(visit, attempt, visit.query, ()))


@post("/sign-in/code")
async def enter_code(request: AnyRequest) -> Response[str]:
    """Sign in by the code, and lead on to where the visitor had wanted to go; or ask which of several he is."""
    visit = await open_visit(request)
    form = await visit.read_form()
    attempt = parse_id(form.get("attempt", "")) or _NONE
    if not form.get("code", "").strip():
        missing = FieldProblem("code", Problem.CODE_MISSING)
        return respond(visit, await _code_page(visit, attempt, form, (missing,)), status=_INVALID)
    opened = await people.enter_code(
        visit.service.world, visit.caller(), attempt, form["code"], browser_of(visit, form)
    )
    if isinstance(opened, Choice):
        return respond(visit, _choose_page(visit, opened, form))
    if isinstance(opened, Refused):
        problem = of_identity(opened.reason)
        return refuse(visit, await _code_page(visit, attempt, form, (problem,)), problem)
    return await begin(visit, opened, next_of(form) or "/bookings")


@post("/sign-in/choose")
async def choose(request: AnyRequest) -> Response[str]:
    """Sign in the one of those who share the phone who was chosen. The choice is made once."""
    visit = await open_visit(request)
    form = await visit.read_form()
    choice = parse_id(form.get("choice", "")) or _NONE
    typed = form.get("person", "")
    number = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) <= 2 else -1  # noqa: PLR2004
    opened = await people.choose_person(visit.service.world, visit.caller(), choice, form.get("secret", ""), number)
    if isinstance(opened, Refused):
        problem = of_identity(opened.reason)
        return refuse(visit, await _sign_in_page(visit, form, (problem,)), problem)
    return await begin(visit, opened, next_of(form) or "/bookings")


@get("/sign-in/help")
async def show_help(request: AnyRequest) -> Response[str]:
    """Say what to do when the phone, or everything, is lost."""
    visit = await open_visit(request)
    return respond(visit, SignInHelpPage(visit.frame("/sign-in/help")))


def browser_of(visit: Visit, form: Fields) -> Browser:
    """Return where a form comes from, with the work that it brings."""
    return replace(visit.browser, proof=form.get("proof", ""))


def to_code(asked: CodeRequested, form: Fields) -> Response[str]:
    """Lead on to where a code is entered."""
    query = {"attempt": str(asked.code_id), **({"next": next_of(form)} if next_of(form) else {})}
    return lead_on(f"/sign-in/code?{urlencode(query)}")


async def work_of(visit: Visit, path: Path) -> str:
    """Return the work that a form of this path has to bring, "" while there is no attack."""
    return await ask_work(visit.service.world, path)


def _read_registration(form: Fields, kinds: Sequence[DocumentKind]) -> Registration | tuple[FieldProblem, ...]:
    name, phone = parse_name(form.get("name", "")), parse_phone(form.get("phone", ""))
    document, language = read_document(form, kinds), parse_language(form.get("language"))
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


async def _sign_in_page(visit: Visit, typed: Fields, problems: tuple[FieldProblem, ...]) -> SignInPage:
    leads_to = next_of(typed)
    frame = visit.frame("/sign-in", [("next", leads_to)])
    return SignInPage(frame, typed.get("phone", ""), leads_to, await work_of(visit, Path.ASK_CODE), problems)


async def _document_page(visit: Visit, typed: Fields, problems: tuple[FieldProblem, ...]) -> DocumentSignInPage:
    leads_to = next_of(typed)
    frame = visit.frame("/sign-in/document", [("next", leads_to)])
    work = await work_of(visit, Path.ASK_CODE)
    return DocumentSignInPage(frame, document_fields(typed, visit.kinds), leads_to, work, problems)


async def _register_page(visit: Visit, typed: Fields, problems: tuple[FieldProblem, ...]) -> RegisterPage:
    leads_to = next_of(typed)
    language = parse_language(typed.get("language")) or visit.language
    return RegisterPage(
        frame=visit.frame("/register", [("next", leads_to)]),
        name=typed.get("name", ""),
        document=document_fields(typed, visit.kinds),
        phone=typed.get("phone", ""),
        language=language,
        next=leads_to,
        work=await work_of(visit, Path.REGISTER),
        problems=problems,
    )


async def _code_page(visit: Visit, attempt: UUID, typed: Fields, problems: tuple[FieldProblem, ...]) -> CodePage:
    leads_to = next_of(typed)
    return CodePage(
        frame=visit.frame("/sign-in/code", [("attempt", str(attempt)), ("next", leads_to)]),
        attempt=str(attempt),
        next=leads_to,
        code_minutes=int(VALID_FOR.total_seconds()) // 60,
        work=await work_of(visit, Path.ENTER_CODE),
        problems=problems,
    )


def _choose_page(visit: Visit, choice: Choice, typed: Fields) -> ChoosePage:
    frame = visit.frame("/sign-in", [("next", next_of(typed))])
    return ChoosePage(frame, str(choice.id), choice.secret, tuple(choice.names), next_of(typed))


HANDLERS: Final = (
    show_sign_in,
    request_code,
    show_document,
    request_code_by_document,
    show_register,
    register,
    show_code,
    enter_code,
    choose,
    show_help,
)
