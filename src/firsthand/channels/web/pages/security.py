"""A person's sign-in and devices: who is signed in where, passkeys, the phone; and showing once more who one is."""

from datetime import datetime
from typing import Final
from urllib.parse import quote, urlencode
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from firsthand.channels.requests import AnyRequest
from firsthand.channels.web.answers import lead_on, lead_on_with, respond
from firsthand.channels.web.forms import Fields, parse_id
from firsthand.channels.web.frame import FieldProblem, Notice, Problem
from firsthand.channels.web.page_error import PageError
from firsthand.channels.web.pages.person_sign_in import browser_of, to_code, work_of
from firsthand.channels.web.pages.sign_in import next_of, refuse
from firsthand.channels.web.refusals import of_identity, of_person
from firsthand.channels.web.sign_in_contexts import (
    AgainPage,
    PasskeyAddPage,
    PasskeyPage,
    PasskeyRemovePage,
    PasskeyRow,
    PhoneCodePage,
    PhonePage,
    SecurityPage,
    SessionRow,
)
from firsthand.channels.web.visits import Visit, open_visit
from firsthand.directory.person import passkeys, phones
from firsthand.directory.person import sign_in as people
from firsthand.directory.person.model import Refused as PersonRefused
from firsthand.directory.person.rules import parse_phone
from firsthand.identity.challenge.model import Path
from firsthand.identity.code.model import VALID_FOR
from firsthand.identity.model import Refused
from firsthand.identity.passkey.model import Passkey
from firsthand.identity.session.actions import end_other_sessions, end_own_session, list_sessions
from firsthand.identity.session.model import Listed, SignedIn
from firsthand.platform.scope import PersonScope

HERE: Final = "/me/security"
_INVALID: Final = 422
_NONE: Final = UUID(int=0)


@get(HERE)
async def show_security(request: AnyRequest) -> Response[str]:
    """Show where the person is signed in, his passkeys and the end of his phone."""
    visit = await open_visit(request)
    return respond(visit, await _security_page(visit, _own(visit), ()))


@post(f"{HERE}/sessions/{{session_id:uuid}}/end")
async def end_session(request: AnyRequest, session_id: FromPath[UUID]) -> Response[str]:
    """Sign one of the person's devices out."""
    visit = await open_visit(request)
    signed_in = _own(visit)
    await visit.read_form()
    refused = await end_own_session(visit.service.world, visit.caller(), signed_in, session_id)
    if refused is not None:
        problem = of_identity(refused.reason)
        return refuse(visit, await _security_page(visit, signed_in, (problem,)), problem)
    if session_id == signed_in.session_id:
        return lead_on_with(visit, "/", Notice.SIGNED_OUT, visit.cookies.drop(visit.cookies.session))
    return lead_on_with(visit, HERE, Notice.SESSION_ENDED)


@post(f"{HERE}/sessions/end-others")
async def end_others(request: AnyRequest) -> Response[str]:
    """Sign all of the person's other devices out."""
    visit = await open_visit(request)
    signed_in = _own(visit)
    await visit.read_form()
    await end_other_sessions(visit.service.world, visit.caller(), signed_in)
    return lead_on_with(visit, HERE, Notice.SESSIONS_ENDED)


@get(f"{HERE}/passkeys/add")
async def show_add(request: AnyRequest) -> Response[str]:
    """Offer to make a passkey. It takes a fresh sign-in, and scripts."""
    visit = await open_visit(request)
    visit.require_fresh(f"{HERE}/passkeys/add")
    return respond(visit, PasskeyAddPage(visit.frame(f"{HERE}/passkeys/add")))


@get(f"{HERE}/passkeys/{{passkey_id:uuid}}")
async def show_passkey(request: AnyRequest, passkey_id: FromPath[UUID]) -> Response[str]:
    """Show one passkey, to be called something else or removed."""
    visit = await open_visit(request)
    _own(visit)
    found = await _passkey(visit, passkey_id)
    return respond(visit, _passkey_page(visit, found, found.name, ()))


@post(f"{HERE}/passkeys/{{passkey_id:uuid}}")
async def rename(request: AnyRequest, passkey_id: FromPath[UUID]) -> Response[str]:
    """Call a passkey something else."""
    visit = await open_visit(request)
    signed_in = _own(visit)
    form = await visit.read_form()
    found = await _passkey(visit, passkey_id)
    name = form.get("name", "")
    refused = await passkeys.rename_passkey(visit.service.world, visit.caller(), signed_in, passkey_id, name)
    if refused is not None:
        problem = of_identity(refused.reason)
        return refuse(visit, _passkey_page(visit, found, name, (problem,)), problem)
    return lead_on_with(visit, HERE, Notice.PASSKEY_RENAMED)


@get(f"{HERE}/passkeys/{{passkey_id:uuid}}/remove")
async def ask_remove(request: AnyRequest, passkey_id: FromPath[UUID]) -> Response[str]:
    """Ask once more before a passkey is removed. It takes a fresh sign-in."""
    visit = await open_visit(request)
    visit.require_fresh(f"{HERE}/passkeys/{passkey_id}/remove")
    found = await _passkey(visit, passkey_id)
    return respond(visit, PasskeyRemovePage(visit.frame(f"{HERE}/passkeys/{passkey_id}/remove"), found))


@post(f"{HERE}/passkeys/{{passkey_id:uuid}}/remove")
async def remove(request: AnyRequest, passkey_id: FromPath[UUID]) -> Response[str]:
    """Remove a passkey."""
    visit = await open_visit(request)
    signed_in = visit.require_fresh(f"{HERE}/passkeys/{passkey_id}/remove")
    await visit.read_form()
    refused = await passkeys.remove_passkey(visit.service.world, visit.caller(), signed_in, passkey_id)
    if refused is not None:
        problem = of_identity(refused.reason)
        return refuse(visit, await _security_page(visit, signed_in, (problem,)), problem)
    return lead_on_with(visit, HERE, Notice.PASSKEY_REMOVED)


@get(f"{HERE}/phone")
async def show_phone(request: AnyRequest) -> Response[str]:
    """Ask for a new phone. It takes a fresh sign-in."""
    visit = await open_visit(request)
    visit.require_fresh(f"{HERE}/phone")
    return respond(visit, await _phone_page(visit, {}, ()))


@post(f"{HERE}/phone")
async def request_phone(request: AnyRequest) -> Response[str]:
    """Ask for a code for the new phone."""
    visit = await open_visit(request)
    signed_in = visit.require_fresh(f"{HERE}/phone")
    form = await visit.read_form()
    phone = parse_phone(form.get("phone", ""))
    if isinstance(phone, PersonRefused):
        return respond(visit, await _phone_page(visit, form, (of_person(phone.reason),)), status=_INVALID)
    asked = await phones.request_phone_change(
        visit.service.world, visit.caller(), signed_in, phone, browser_of(visit, form)
    )
    if isinstance(asked, Refused):
        problem = of_identity(asked.reason)
        return refuse(visit, await _phone_page(visit, form, (problem,)), problem)
    return lead_on(f"{HERE}/phone/code?{urlencode({'attempt': str(asked.code_id)})}")


@get(f"{HERE}/phone/code")
async def show_phone_code(request: AnyRequest) -> Response[str]:
    """Ask for the code that was sent to the new phone."""
    visit = await open_visit(request)
    visit.require_fresh(f"{HERE}/phone")
    attempt = parse_id(visit.query.get("attempt", ""))
    return lead_on(f"{HERE}/phone") if attempt is None else respond(visit, await _phone_code_page(visit, attempt, ()))


@post(f"{HERE}/phone/code")
async def change_phone(request: AnyRequest) -> Response[str]:
    """Change the phone by the code that was sent to the new one."""
    visit = await open_visit(request)
    signed_in = visit.require_fresh(f"{HERE}/phone")
    form = await visit.read_form()
    attempt = parse_id(form.get("attempt", "")) or _NONE
    if not form.get("code", "").strip():
        missing = FieldProblem("code", Problem.CODE_MISSING)
        return respond(visit, await _phone_code_page(visit, attempt, (missing,)), status=_INVALID)
    refused = await phones.change_phone(
        visit.service.world, visit.caller(), signed_in, attempt, form["code"], browser_of(visit, form)
    )
    if refused is not None:
        problem = of_identity(refused.reason)
        return refuse(visit, await _phone_code_page(visit, attempt, (problem,)), problem)
    return lead_on_with(visit, HERE, Notice.PHONE_CHANGED)


@get("/sign-in/again")
async def show_again(request: AnyRequest) -> Response[str]:
    """Ask whoever is signed in to show once more that it is he."""
    visit = await open_visit(request)
    _own(visit, f"/sign-in/again?next={quote(next_of(visit.query))}")
    return respond(visit, await _again_page(visit, visit.query, ()))


@post("/sign-in/again")
async def request_again(request: AnyRequest) -> Response[str]:
    """Send a code to the phone of whoever is signed in."""
    visit = await open_visit(request)
    signed_in = _own(visit, "/sign-in/again")
    form = await visit.read_form()
    scope = PersonScope(signed_in.subject_id)
    asked = await people.request_again(visit.service.world, visit.caller(), scope, browser_of(visit, form))
    if isinstance(asked, Refused):
        problem = of_identity(asked.reason)
        return refuse(visit, await _again_page(visit, form, (problem,)), problem)
    return to_code(asked, form)


def _own(visit: Visit, back: str = HERE) -> SignedIn:
    visit.require_person(back)
    if visit.signed_in is None:
        raise PageError(403)
    return visit.signed_in


async def _passkey(visit: Visit, passkey_id: UUID) -> PasskeyRow:
    scope = PersonScope(_own(visit).subject_id)
    for passkey in await passkeys.list_passkeys(visit.service.world, scope):
        if passkey.id == passkey_id:
            return passkey_row(passkey)
    raise PageError(404)


async def _security_page(visit: Visit, signed_in: SignedIn, problems: tuple[FieldProblem, ...]) -> SecurityPage:
    world, scope = visit.service.world, PersonScope(signed_in.subject_id)
    return SecurityPage(
        frame=visit.frame(HERE),
        sessions=tuple(session_row(one, signed_in) for one in await list_sessions(world, signed_in)),
        passkeys=tuple(passkey_row(passkey) for passkey in await passkeys.list_passkeys(world, scope)),
        phone_tail=await phones.read_phone_tail(world, scope),
        time_zone=visit.service.settings.time_zone.key,
        problems=problems,
    )


async def _phone_page(visit: Visit, typed: Fields, problems: tuple[FieldProblem, ...]) -> PhonePage:
    tail = await phones.read_phone_tail(visit.service.world, PersonScope(_own(visit).subject_id))
    work = await work_of(visit, Path.REGISTER)
    return PhonePage(visit.frame(f"{HERE}/phone"), typed.get("phone", ""), tail, work, problems)


async def _phone_code_page(visit: Visit, attempt: UUID, problems: tuple[FieldProblem, ...]) -> PhoneCodePage:
    return PhoneCodePage(
        frame=visit.frame(f"{HERE}/phone/code", [("attempt", str(attempt))]),
        attempt=str(attempt),
        code_minutes=int(VALID_FOR.total_seconds()) // 60,
        work=await work_of(visit, Path.ENTER_CODE),
        problems=problems,
    )


async def _again_page(visit: Visit, typed: Fields, problems: tuple[FieldProblem, ...]) -> AgainPage:
    leads_to = next_of(typed)
    tail = await phones.read_phone_tail(visit.service.world, PersonScope(_own(visit).subject_id))
    frame = visit.frame("/sign-in/again", [("next", leads_to)])
    return AgainPage(frame, tail, leads_to, await work_of(visit, Path.ASK_CODE), problems)


def _passkey_page(visit: Visit, found: PasskeyRow, name: str, problems: tuple[FieldProblem, ...]) -> PasskeyPage:
    frame = visit.frame(f"{HERE}/passkeys/{found.id}")
    return PasskeyPage(frame, found, name, visit.service.settings.time_zone.key, problems)


def session_row(one: Listed, signed_in: SignedIn) -> SessionRow:
    """Return a session as lists show it. signed_in: the one that looks at the list."""
    seen: datetime = one.last_seen_at
    return SessionRow(one.id, one.device, one.method, one.created_at, seen, one.id == signed_in.session_id)


def passkey_row(passkey: Passkey) -> PasskeyRow:
    """Return a passkey as lists show it."""
    return PasskeyRow(passkey.id, passkey.name, passkey.backed_up, passkey.created_at, passkey.last_used_at)


HANDLERS: Final = (
    show_security,
    end_session,
    end_others,
    show_add,
    show_passkey,
    rename,
    ask_remove,
    remove,
    show_phone,
    request_phone,
    show_phone_code,
    change_phone,
    show_again,
    request_again,
)
