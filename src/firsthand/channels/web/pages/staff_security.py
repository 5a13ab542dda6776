"""What a member of staff sees of his own sign-in, and changes."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from firsthand.channels.requests import AnyRequest
from firsthand.channels.web.answers import lead_on, lead_on_with, respond
from firsthand.channels.web.forms import Fields
from firsthand.channels.web.frame import FieldProblem, Notice, Problem, Visitor
from firsthand.channels.web.page_error import SignInNeededError
from firsthand.channels.web.pages.security import passkey_row, session_row
from firsthand.channels.web.pages.sign_in import refuse
from firsthand.channels.web.pages.staff_sign_in import codes_page
from firsthand.channels.web.refusals import of_identity
from firsthand.channels.web.sign_in_contexts import SessionRow
from firsthand.channels.web.staff_refusals import of_staff_sign_in
from firsthand.channels.web.staff_sign_in_contexts import NewsFacts, StaffEnrolPage, StaffSecurityPage
from firsthand.channels.web.visits import Visit, open_visit
from firsthand.directory.hospital.actions import list_hospitals
from firsthand.directory.staff.actions import read_staff
from firsthand.directory.staff_sign_in.model import Refused
from firsthand.directory.staff_sign_in.news import note_told, read_own_news
from firsthand.directory.staff_sign_in.own import (
    begin_own_app,
    change_own_password,
    read_own_enrolment,
    read_own_sign_in,
    renew_own_codes,
    set_up_own_app,
)
from firsthand.directory.staff_sign_in.passkeys import list_own_passkeys
from firsthand.identity.news.model import News
from firsthand.identity.reset.model import Reset
from firsthand.identity.session.actions import end_other_sessions, end_own_session, list_sessions
from firsthand.identity.session.model import SignedIn
from firsthand.identity.totp.rules import address_of, spelled
from firsthand.platform.world import World

_HERE: Final = "/staff/security"
_APP: Final = "/staff/security/app"


@get(_HERE)
async def show_security(request: AnyRequest) -> Response[str]:
    """Show by what the member signs in, where he is signed in, and what happened to his sign-in lately."""
    visit = await open_visit(request)
    signed_in = _staff(visit)
    lately = await read_own_news(visit.service.world, signed_in.subject_id)
    page = await _security_page(visit, signed_in, ())
    await note_told(visit.service.world, visit.caller(), [one.id for one in lately if one.told_at is None])
    return respond(visit, page)


@post(f"{_HERE}/sessions/{{session_id:uuid}}/end")
async def end_session(request: AnyRequest, session_id: FromPath[UUID]) -> Response[str]:
    """Sign one of the member's devices out."""
    visit = await open_visit(request)
    signed_in = _staff(visit)
    await visit.read_form()
    refused = await end_own_session(visit.service.world, visit.caller(), signed_in, session_id)
    if refused is not None:
        problem = of_identity(refused.reason)
        return refuse(visit, await _security_page(visit, signed_in, (problem,)), problem)
    if session_id == signed_in.session_id:
        return lead_on_with(visit, "/desk/sign-in", Notice.SIGNED_OUT, visit.cookies.drop(visit.cookies.session))
    return lead_on_with(visit, _HERE, Notice.SESSION_ENDED)


@post(f"{_HERE}/sessions/end-others")
async def end_others(request: AnyRequest) -> Response[str]:
    """Sign all of the member's other devices out."""
    visit = await open_visit(request)
    signed_in = _staff(visit)
    await visit.read_form()
    await end_other_sessions(visit.service.world, visit.caller(), signed_in)
    return lead_on_with(visit, _HERE, Notice.SESSIONS_ENDED)


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
    return StaffSecurityPage(
        frame=visit.frame(_HERE),
        username=own.username if own else "",
        has_password=own is not None and own.has_password,
        has_app=own is not None and own.has_app,
        codes_left=own.codes.count if own else 0,
        news=await news_of(world, await read_own_news(world, signed_in.subject_id)),
        sessions=await _sessions(visit, signed_in),
        passkeys=tuple(passkey_row(one) for one in await list_own_passkeys(world, signed_in.subject_id)),
        time_zone=visit.service.settings.time_zone.key,
        problems=problems,
    )


async def news_of(world: World, happened: Iterable[Reset | News]) -> tuple[NewsFacts, ...]:
    """Return what happened to a sign-in, with the names of who did it."""
    told = []
    for one in happened:
        by = await read_staff(world, one.by_staff_id) if one.by_staff_id else None
        told.append(NewsFacts(one.kind, one.made_at, by.display_name if by else ""))
    return tuple(told)


async def _sessions(visit: Visit, signed_in: SignedIn) -> tuple[SessionRow, ...]:
    world = visit.service.world
    hospitals = {one.id: one.hospital.name for one in await list_hospitals(world)}
    return tuple(
        replace(
            session_row(one, signed_in),
            role=one.role,
            hospital=hospitals.get(one.hospital_id, "") if one.hospital_id else "",
        )
        for one in await list_sessions(world, signed_in)
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


HANDLERS: Final = (show_security, change, show_app, set_up_app, end_session, end_others)
