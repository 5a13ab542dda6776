"""Tokens: a person proves a document by a code sent to his phone; staff sign in by password."""

from typing import Final

from litestar import delete, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from firsthand.audit.model import Channel
from firsthand.channels.api import problems
from firsthand.channels.api.access import document_of
from firsthand.channels.api.problems import ApiError, documented
from firsthand.channels.api.schemas import AttemptOut, CodeIn, DocumentIn, RegistrationIn, StaffIn, TokenOut
from firsthand.channels.requests import AnyRequest, caller_of, client_address, request_id, service_of
from firsthand.directory.person import actions as people
from firsthand.directory.person.model import Refused as PersonRefused
from firsthand.directory.person.model import Registration
from firsthand.directory.person.rules import parse_name, parse_phone
from firsthand.directory.staff.actions import sign_in_staff
from firsthand.identity.code.model import CodeRequested
from firsthand.identity.model import Refused as IdentityRefused
from firsthand.identity.session.actions import end_session
from firsthand.identity.session.model import OpenedSession, SignedIn
from firsthand.platform.i18n import parse_language


@post(
    "/sign-in-codes",
    status_code=202,
    summary="Ask for a code",
    tags=["sign-in"],
    responses=documented(422, 429, body=True),
)
async def request_code(request: AnyRequest, data: JSONBody[DocumentIn]) -> AttemptOut:
    """Ask for a one-time code. The answer is the same whether the document is known or not."""
    document = document_of(request, data.document_type, data.document_number)
    caller = caller_of(request, None, Channel.API)
    asked = await people.request_sign_in(service_of(request).world, caller, document, client_address(request))
    return _attempt(request, asked)


@post(
    "/registrations",
    status_code=202,
    summary="Register a person",
    tags=["sign-in"],
    responses=documented(422, 429, body=True),
)
async def register(request: AnyRequest, data: JSONBody[RegistrationIn]) -> AttemptOut:
    """Ask for a code that registers a new person. The answer is the same when the document is registered already."""
    document = document_of(request, data.document_type, data.document_number)
    name, phone, language = parse_name(data.name), parse_phone(data.phone), parse_language(data.language)
    if isinstance(name, PersonRefused):
        raise problems.of_person(name.reason, request_id(request))
    if isinstance(phone, PersonRefused):
        raise problems.of_person(phone.reason, request_id(request))
    if language is None:
        detail = "Choose zh-Hans or en."
        raise ApiError(problems.make(422, "language_unknown", detail, request_id(request)))
    registration = Registration(document, name, phone, language)
    caller = caller_of(request, None, Channel.API)
    asked = await people.request_registration(service_of(request).world, caller, registration, client_address(request))
    return _attempt(request, asked)


@post("/tokens", status_code=201, summary="Enter a code", tags=["sign-in"], responses=documented(401, body=True))
async def enter_code(request: AnyRequest, data: JSONBody[CodeIn]) -> TokenOut:
    """Exchange a one-time code for a token."""
    caller = caller_of(request, None, Channel.API)
    opened = await people.enter_code(service_of(request).world, caller, data.attempt, data.code)
    return _token(request, opened)


@post(
    "/staff-tokens",
    status_code=201,
    summary="Sign staff in",
    tags=["sign-in"],
    responses=documented(401, 429, body=True),
)
async def sign_in(request: AnyRequest, data: JSONBody[StaffIn]) -> TokenOut:
    """Exchange a user name and a password for a token."""
    caller = caller_of(request, None, Channel.API)
    opened = await sign_in_staff(
        service_of(request).world, caller, data.username, data.password, client_address(request)
    )
    return _token(request, opened)


@delete("/tokens/current", status_code=204, summary="Sign out", tags=["sign-in"], responses=documented(401))
async def sign_out(request: AnyRequest, signed_in: NamedDependency[SignedIn]) -> None:
    """End the token that this request was sent with."""
    await end_session(service_of(request).world, caller_of(request, signed_in, Channel.API), signed_in)


def _attempt(request: AnyRequest, asked: CodeRequested | IdentityRefused) -> AttemptOut:
    if isinstance(asked, IdentityRefused):
        raise problems.of_identity(asked.reason, request_id(request))
    return AttemptOut(asked.code_id, asked.expires_at)


def _token(request: AnyRequest, opened: OpenedSession | IdentityRefused) -> TokenOut:
    if isinstance(opened, IdentityRefused):
        raise problems.of_identity(opened.reason, request_id(request))
    return TokenOut(opened.token, opened.expires_at)


HANDLERS: Final = (request_code, register, enter_code, sign_in)
HANDLERS_SIGNED_IN: Final = (sign_out,)
