"""Tokens: a person proves a phone or a document by a code sent to his phone; staff sign in by password."""

from typing import Any, Final
from uuid import UUID

import msgspec
from litestar import delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from firsthand.audit.model import Channel
from firsthand.channels.api import problems
from firsthand.channels.api.access import document_of
from firsthand.channels.api.problems import ApiError, documented
from firsthand.channels.api.schemas import (
    AttemptOut,
    ChoiceOut,
    ChosenIn,
    CodeIn,
    RegistrationIn,
    SignInCodeIn,
    SignInOut,
    StaffIn,
    TokenOut,
)
from firsthand.channels.requests import AnyRequest, caller_of, client_address, request_id, service_of
from firsthand.directory.person import sign_in as people
from firsthand.directory.person.asking import Browser
from firsthand.directory.person.model import Choice, Phone, Registration
from firsthand.directory.person.model import Refused as PersonRefused
from firsthand.directory.person.rules import parse_name, parse_phone
from firsthand.directory.staff_sign_in.actions import sign_in_with_code
from firsthand.directory.staff_sign_in.model import Reason as StaffReason
from firsthand.directory.staff_sign_in.model import Refused as StaffRefused
from firsthand.directory.staff_sign_in.model import Typed
from firsthand.identity.challenge.guard import ask_work
from firsthand.identity.challenge.model import Path
from firsthand.identity.code.model import CodeRequested
from firsthand.identity.document.model import Document
from firsthand.identity.model import Reason as IdentityReason
from firsthand.identity.model import Refused as IdentityRefused
from firsthand.identity.session.actions import end_other_sessions, end_own_session, end_session, list_sessions
from firsthand.identity.session.model import OpenedSession, SignedIn
from firsthand.platform.i18n import parse_language


@post(
    "/sign-in-codes",
    status_code=202,
    summary="Ask for a code",
    tags=["sign-in"],
    responses=documented(403, 422, 429, body=True),
)
async def request_code(request: AnyRequest, data: JSONBody[SignInCodeIn]) -> AttemptOut:
    """Ask for a one-time code for a phone or a document. The answer is the same whether it is known or not."""
    number = _number(request, data)
    caller = caller_of(request, None, Channel.API)
    asked = await people.request_sign_in(service_of(request).world, caller, number, _browser(request, data.proof))
    return await _attempt(request, asked, Path.ASK_CODE)


@post(
    "/registrations",
    status_code=202,
    summary="Register a person",
    tags=["sign-in"],
    responses=documented(403, 422, 429, body=True),
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
    browser = _browser(request, data.proof)
    asked = await people.request_registration(service_of(request).world, caller, registration, browser)
    return await _attempt(request, asked, Path.REGISTER)


@post(
    "/tokens",
    status_code=201,
    summary="Enter a code",
    tags=["sign-in"],
    responses=documented(401, 403, 429, body=True),
)
async def enter_code(request: AnyRequest, data: JSONBody[CodeIn]) -> TokenOut | ChoiceOut:
    """Exchange a one-time code for a token; or, where several people share the phone, for the choice of one."""
    caller = caller_of(request, None, Channel.API)
    browser = _browser(request, data.proof)
    opened = await people.enter_code(service_of(request).world, caller, data.attempt, data.code, browser)
    if isinstance(opened, Choice):
        return ChoiceOut(opened.id, opened.secret, list(opened.names), opened.expires_at)
    return await _token(request, opened, Path.ENTER_CODE)


@post(
    "/tokens/chosen",
    status_code=201,
    summary="Choose who signs in",
    tags=["sign-in"],
    responses=documented(401, body=True),
)
async def choose(request: AnyRequest, data: JSONBody[ChosenIn]) -> TokenOut:
    """Exchange the choice of one of several people who share a phone for a token. It is made once."""
    caller = caller_of(request, None, Channel.API)
    opened = await people.choose_person(service_of(request).world, caller, data.choice, data.secret, data.person)
    return await _token(request, opened, Path.ENTER_CODE)


@post(
    "/staff-tokens",
    status_code=201,
    summary="Sign staff in",
    tags=["sign-in"],
    responses=documented(401, 403, 429, body=True),
)
async def sign_in(request: AnyRequest, data: JSONBody[StaffIn]) -> TokenOut:
    """Exchange a user name, a password and a code of the authenticator app for a token.

    Without the code the answer is 401 `second_factor_needed` once the password is right. Whoever has no app yet sets it
    up on the pages first (403 `enrolment_needed`).
    """
    caller = caller_of(request, None, Channel.API)
    typed = Typed(data.username, data.password, client_address(request), proof=data.proof)
    opened = await sign_in_with_code(service_of(request).world, caller, typed, data.totp)
    if isinstance(opened, StaffRefused):
        asked = opened.reason in {StaffReason.PROOF_NEEDED, StaffReason.PROOF_WRONG}
        challenge = await _challenge(request, Path.STAFF) if asked else None
        raise problems.of_staff_sign_in(opened.reason, request_id(request), challenge)
    return TokenOut(opened.token, opened.expires_at)


@delete("/tokens/current", status_code=204, summary="Sign out", tags=["sign-in"], responses=documented(401))
async def sign_out(request: AnyRequest, signed_in: NamedDependency[SignedIn]) -> None:
    """End the token that this request was sent with."""
    await end_session(service_of(request).world, caller_of(request, signed_in, Channel.API), signed_in)


@get("/sign-ins", summary="Where you are signed in", tags=["sign-in"], responses=documented(401))
async def get_sign_ins(request: AnyRequest, signed_in: NamedDependency[SignedIn]) -> list[SignInOut]:
    """Return the devices and programs that are signed in as you, the one used last first."""
    return [
        SignInOut(
            one.id,
            one.method,
            one.device,
            one.created_at,
            one.last_seen_at,
            one.expires_at,
            current=one.id == signed_in.session_id,
        )
        for one in await list_sessions(service_of(request).world, signed_in)
    ]


@delete(
    "/sign-ins/others", status_code=204, summary="Sign out everywhere else", tags=["sign-in"], responses=documented(401)
)
async def end_others(request: AnyRequest, signed_in: NamedDependency[SignedIn]) -> None:
    """End every token and session of yours but the one that this request was sent with."""
    await end_other_sessions(service_of(request).world, caller_of(request, signed_in, Channel.API), signed_in)


@delete(
    "/sign-ins/{sign_in_id:uuid}",
    status_code=204,
    summary="Sign one out",
    tags=["sign-in"],
    responses=documented(400, 401, 404),
)
async def end_one(request: AnyRequest, signed_in: NamedDependency[SignedIn], sign_in_id: FromPath[UUID]) -> None:
    """End one token or session of yours."""
    caller = caller_of(request, signed_in, Channel.API)
    refused = await end_own_session(service_of(request).world, caller, signed_in, sign_in_id)
    if refused is not None:
        raise problems.of_identity(refused.reason, request_id(request))


def _number(request: AnyRequest, data: SignInCodeIn) -> Document | Phone:
    """Return the phone or the document that is named. Raises ApiError 422."""
    if data.phone is not None and data.document_type is None and data.document_number is None:
        phone = parse_phone(data.phone)
        if isinstance(phone, PersonRefused):
            raise problems.of_person(phone.reason, request_id(request))
        return phone
    if data.phone is None and data.document_type is not None and data.document_number is not None:
        return document_of(request, data.document_type, data.document_number)
    detail = "Send a phone, or a document_type with a document_number, and not both."
    raise ApiError(problems.make(422, "number_missing", detail, request_id(request)))


def _browser(request: AnyRequest, proof: str) -> Browser:
    return Browser(client_address(request), proof=proof)


async def _refusal(request: AnyRequest, reason: IdentityReason, path: Path) -> ApiError:
    asked = reason in {IdentityReason.PROOF_NEEDED, IdentityReason.PROOF_WRONG}
    return problems.of_identity(reason, request_id(request), await _challenge(request, path) if asked else None)


async def _challenge(request: AnyRequest, path: Path) -> dict[str, Any] | None:
    work = await ask_work(service_of(request).world, path)
    return msgspec.json.decode(work, type=dict[str, Any]) if work else None


async def _attempt(request: AnyRequest, asked: CodeRequested | IdentityRefused, path: Path) -> AttemptOut:
    if isinstance(asked, IdentityRefused):
        raise await _refusal(request, asked.reason, path)
    return AttemptOut(asked.code_id, asked.expires_at)


async def _token(request: AnyRequest, opened: OpenedSession | IdentityRefused, path: Path) -> TokenOut:
    if isinstance(opened, IdentityRefused):
        raise await _refusal(request, opened.reason, path)
    return TokenOut(opened.token, opened.expires_at)


HANDLERS: Final = (request_code, register, enter_code, choose, sign_in)
HANDLERS_SIGNED_IN: Final = (sign_out, get_sign_ins, end_others, end_one)
