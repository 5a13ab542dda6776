"""Administering staff: who there is, giving and ending duties, leaving."""

from datetime import datetime, time, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from litestar import Response, get, post
from litestar.params import FromPath

from firsthand.channels.requests import AnyRequest
from firsthand.channels.web.admin_contexts import AdminPage, StaffLeavePage, StaffListPage, StaffNewPage, StaffPage
from firsthand.channels.web.admin_refusals import STAFF
from firsthand.channels.web.admin_sign_in_contexts import WaysFacts
from firsthand.channels.web.answers import lead_on, lead_on_with, respond
from firsthand.channels.web.contexts import HospitalChoice
from firsthand.channels.web.facts import pages_of, read_hospital
from firsthand.channels.web.forms import Fields, parse_day, parse_id, parse_page
from firsthand.channels.web.frame import FieldProblem, Notice, Problem
from firsthand.channels.web.page_error import PageError
from firsthand.channels.web.refusals import status_of
from firsthand.channels.web.staff_sign_in_contexts import NewsFacts
from firsthand.channels.web.visits import Visit, open_visit
from firsthand.directory.hospital.actions import list_hospitals
from firsthand.directory.staff import duties as giving
from firsthand.directory.staff.actions import add_staff, deactivate_staff, may_look_after
from firsthand.directory.staff.model import Duty, Reason, Refused
from firsthand.directory.staff.reading import Member, list_staff, may_manage_some_staff, read_member
from firsthand.directory.staff_sign_in.model import Refused as SignInRefused
from firsthand.directory.staff_sign_in.resets import read_ways
from firsthand.platform.access import Permission, Role

PAGE_SIZE: Final = 50
_INVALID: Final = 422
_NEW: Final = "/admin/staff/new"


@get("/admin")
async def show_admin(request: AnyRequest) -> Response[str]:
    """Show where a member of staff may go from here."""
    visit = await open_visit(request)
    visit.require_staff("/admin")
    return respond(visit, AdminPage(visit.frame("/admin")))


@get("/admin/staff")
async def show_staff(request: AnyRequest) -> Response[str]:
    """Show the staff whom the visitor looks after."""
    visit = await open_visit(request)
    visit.require_staff("/admin/staff")
    text, number = visit.query.get("text", ""), parse_page(visit.query.get("page", ""))
    found = await list_staff(
        visit.service.world, visit.caller(), text=text, limit=PAGE_SIZE, offset=(number - 1) * PAGE_SIZE
    )
    if isinstance(found, Refused):
        raise PageError(403)
    staff, total = found
    pages = pages_of(total, PAGE_SIZE)
    page = StaffListPage(
        frame=visit.frame("/admin/staff", [("text", text), ("page", visit.query.get("page", ""))]),
        text=text,
        staff=tuple(staff),
        total=total,
        page=number,
        pages=pages,
        of_city=visit.may(Permission.MANAGE_CITY_STAFF, at=None),
    )
    return lead_on(page.page_address(pages)) if number > pages else respond(visit, page)


@get(_NEW)
async def show_new(request: AnyRequest) -> Response[str]:
    """Ask who is to be added."""
    visit = await manager_of(request, _NEW)
    return respond(visit, await _new_page(visit, visit.query))


@post(_NEW)
async def add(request: AnyRequest) -> Response[str]:
    """Add a member of staff with a first duty, and a first password where one is typed; else a link follows."""
    visit = await manager_of(request, _NEW)
    form = await visit.read_form()
    role, hospital_id = await _role_and_hospital(visit, form)
    if role is None:
        problem = FieldProblem("role", Problem.ROLE_MISSING)
        return respond(visit, await _new_page(visit, form, problem), status=_INVALID)
    added = await add_staff(
        visit.service.world,
        visit.caller(),
        hospital_id,
        username=form.get("username", ""),
        display_name=form.get("display_name", ""),
        role=role,
        password=form.get("password", ""),
    )
    if isinstance(added, Refused):
        problem = STAFF[added.reason]
        return respond(visit, await _new_page(visit, form, problem), status=_status(added.reason))
    notice = Notice.STAFF_ADDED if form.get("password", "") else Notice.STAFF_ADDED_BARE
    return lead_on_with(visit, f"/admin/staff/{added.id}", notice)


@get("/admin/staff/{staff_id:str}")
async def show_member(request: AnyRequest, staff_id: FromPath[str]) -> Response[str]:
    """Show a member of staff with his duties."""
    visit = await manager_of(request, f"/admin/staff/{staff_id}")
    return respond(visit, await _member_page(visit, await member_of(visit, staff_id), {}))


@post("/admin/staff/{staff_id:str}/duties")
async def give(request: AnyRequest, staff_id: FromPath[str]) -> Response[str]:
    """Give one more duty, until the end of a day where one is named."""
    visit = await manager_of(request, f"/admin/staff/{staff_id}")
    form = await visit.read_form()
    member = await member_of(visit, staff_id)
    role, hospital_id = await _role_and_hospital(visit, form)
    ends_at = _end_of(visit, form.get("ends", ""))
    problem = FieldProblem("role", Problem.ROLE_MISSING) if role is None else None
    if isinstance(ends_at, FieldProblem):
        problem = ends_at
    if problem is not None or role is None or isinstance(ends_at, FieldProblem):
        return respond(visit, await _member_page(visit, member, form, problem), status=_INVALID)
    given = await giving.give_duty(
        visit.service.world, visit.caller(), member.staff.id, role, hospital_id, ends_at=ends_at
    )
    if isinstance(given, Refused):
        page = await _member_page(visit, member, form, STAFF[given.reason])
        return respond(visit, page, status=_status(given.reason))
    return lead_on_with(visit, f"/admin/staff/{member.staff.id}", Notice.DUTY_GIVEN)


@post("/admin/staff/{staff_id:str}/duties/{duty_id:str}/end")
async def end(request: AnyRequest, staff_id: FromPath[str], duty_id: FromPath[str]) -> Response[str]:
    """End a duty at once."""
    visit = await manager_of(request, f"/admin/staff/{staff_id}")
    await visit.read_form()
    member = await member_of(visit, staff_id)
    duty = next((one for one in member.duties if str(one.id) == duty_id), None)
    if duty is None:
        raise PageError(404)
    ended = await giving.end_duty(visit.service.world, visit.caller(), duty.id)
    if isinstance(ended, Refused):
        return respond(visit, await _member_page(visit, member, {}, STAFF[ended.reason]), status=409)
    return lead_on_with(visit, f"/admin/staff/{member.staff.id}", Notice.DUTY_ENDED)


@get("/admin/staff/{staff_id:str}/leave")
async def show_leave(request: AnyRequest, staff_id: FromPath[str]) -> Response[str]:
    """Ask once more before an account is closed for good."""
    visit = await manager_of(request, f"/admin/staff/{staff_id}")
    member = await member_of(visit, staff_id)
    if not member.staff.active:
        return lead_on(f"/admin/staff/{member.staff.id}")
    return respond(visit, StaffLeavePage(visit.frame(f"/admin/staff/{member.staff.id}/leave"), member.staff))


@post("/admin/staff/{staff_id:str}/leave")
async def leave(request: AnyRequest, staff_id: FromPath[str]) -> Response[str]:
    """Close an account: no session lives on, and none is opened again."""
    visit = await manager_of(request, f"/admin/staff/{staff_id}")
    await visit.read_form()
    member = await member_of(visit, staff_id)
    left = await deactivate_staff(visit.service.world, visit.caller(), member.staff.id)
    if isinstance(left, Refused):
        return respond(visit, await _member_page(visit, member, {}, STAFF[left.reason]), status=409)
    return lead_on_with(visit, f"/admin/staff/{member.staff.id}", Notice.STAFF_LEFT)


async def manager_of(request: AnyRequest, back: str) -> Visit:
    """Return the visit of somebody who looks after staff."""
    visit = await open_visit(request)
    visit.require_staff(back)
    if not may_manage_some_staff(visit.caller()):
        raise PageError(403)
    return visit


async def member_of(visit: Visit, staff_id: str) -> Member:
    """Return the member of staff with this id, as it stands in an address. Raises PageError 404."""
    found = await read_member(visit.service.world, visit.caller(), parse_id(staff_id) or UUID(int=0))
    if isinstance(found, Refused):
        raise PageError(404)
    return found


def _status(reason: Reason) -> int:
    return status_of(STAFF[reason].problem) if reason in {Reason.NOT_PERMITTED, Reason.USERNAME_TAKEN} else _INVALID


def roles_for(visit: Visit) -> tuple[Role, ...]:
    """Return the roles that the visitor may give somewhere."""
    of_city = visit.may(Permission.MANAGE_CITY_STAFF, at=None)
    return tuple(role for role in Role if of_city or not role.is_of_city)


async def choices_for(visit: Visit) -> tuple[HospitalChoice, ...]:
    """Return the hospitals to choose from: for the city all, for a hospital's administrator none but his own."""
    hospitals = await list_hospitals(visit.service.world)
    return tuple(
        HospitalChoice(one.id, one.hospital.name)
        for one in hospitals
        if visit.may(Permission.MANAGE_HOSPITAL_STAFF, at=one.id)
    )


async def _role_and_hospital(visit: Visit, form: Fields) -> tuple[Role | None, UUID | None]:
    role = Role(form["role"]) if form.get("role") in set(Role) else None
    own = visit.caller().hospital_id
    # A hospital's administrator has nothing to choose; what he sends all the same is refused by the action.
    sent = parse_id(form["hospital"]) or UUID(int=0) if form.get("hospital") else own
    return role, sent


def _end_of(visit: Visit, text: str) -> datetime | FieldProblem | None:
    """Return the end of the day that was typed, in the city's time zone; None where there is to be no end."""
    if not text.strip():
        return None
    day, zone = parse_day(text.strip()), visit.service.settings.time_zone
    now = visit.service.world.clock.now()
    if day is None or not now.astimezone(zone).date() <= day <= now.date() + timedelta(days=3660):
        return FieldProblem("ends", Problem.END_INVALID)
    return datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone.key))


async def _new_page(visit: Visit, typed: Fields, *problems: FieldProblem) -> StaffNewPage:
    return StaffNewPage(visit.frame(_NEW), typed, roles_for(visit), await choices_for(visit), problems)


async def _member_page(visit: Visit, member: Member, typed: Fields, problem: FieldProblem | None = None) -> StaffPage:
    now, caller = visit.service.world.clock.now(), visit.caller()
    hospital = await read_hospital(visit.service.world, caller.hospital_id) if caller.hospital_id else None

    def goes_on(duty: Duty) -> bool:
        return member.staff.active and (duty.ends_at is None or duty.ends_at > now)

    live = tuple(duty for duty in member.duties if goes_on(duty))
    manageable = frozenset(duty.id for duty in member.duties if giving.may_manage(caller, duty.role, duty.hospital_id))
    looks_after = caller.id != member.staff.id and may_look_after(caller, member.staff)
    in_charge = member.staff.active and looks_after and all(duty.id in manageable for duty in live)
    return StaffPage(
        frame=visit.frame(f"/admin/staff/{member.staff.id}"),
        member=member,
        live=live,
        past=tuple(duty for duty in member.duties if not goes_on(duty)),
        manageable=manageable,
        looks_after=looks_after,
        roles=roles_for(visit),
        hospitals=await choices_for(visit),
        time_zone=hospital.hospital.time_zone if hospital else visit.service.settings.time_zone.key,
        typed=typed,
        problems=(problem,) if problem else (),
        ways=await _ways(visit, member) if in_charge else None,
        is_own=caller.id == member.staff.id,
    )


async def _ways(visit: Visit, member: Member) -> WaysFacts | None:
    found = await read_ways(visit.service.world, visit.caller(), member.staff.id)
    if isinstance(found, SignInRefused):
        return None
    lately = (NewsFacts(one.kind, one.made_at, found.name_of(one.by_staff_id)) for one in found.lately)
    return WaysFacts(found.has_password, found.has_app, found.passkeys, found.sessions, tuple(lately))


HANDLERS: Final = (show_admin, show_staff, show_new, add, show_member, give, end, show_leave, leave)
