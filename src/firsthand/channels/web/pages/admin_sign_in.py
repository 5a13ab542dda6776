"""Administrators help a member who cannot sign in, or shut out who should not; and what they did, for the auditor."""

from typing import Final, assert_never

from litestar import Response, get, post
from litestar.params import FromPath

from firsthand.channels.requests import AnyRequest
from firsthand.channels.web.admin_sign_in_contexts import Deed, SignInDeedPage, SignInLinkPage, SignInsPage
from firsthand.channels.web.answers import lead_on_with, respond
from firsthand.channels.web.frame import FieldProblem, Notice
from firsthand.channels.web.page_error import PageError
from firsthand.channels.web.pages.admin_staff import manager_of, member_of
from firsthand.channels.web.pages.sign_in import refuse
from firsthand.channels.web.staff_refusals import of_staff_sign_in
from firsthand.channels.web.visits import Visit, open_visit
from firsthand.directory.staff.model import Staff
from firsthand.directory.staff_sign_in import resets
from firsthand.directory.staff_sign_in.model import Refused
from firsthand.identity.reset.model import Link

MOST: Final = 200
_NOTICES: Final = {
    Deed.SECOND_FACTOR: Notice.SECOND_FACTOR_RESET,
    Deed.PASSKEYS: Notice.PASSKEYS_TAKEN,
    Deed.SESSIONS: Notice.STAFF_SESSIONS_ENDED,
}


@get("/admin/staff/{staff_id:str}/sign-in/{deed:str}")
async def ask(request: AnyRequest, staff_id: FromPath[str], deed: FromPath[str]) -> Response[str]:
    """Ask once more before a member's sign-in is changed. It takes a fresh sign-in."""
    visit, staff, wanted = await _prepared(request, staff_id, deed)
    return respond(visit, _page(visit, staff, wanted))


@post("/admin/staff/{staff_id:str}/sign-in/{deed:str}")
async def do(request: AnyRequest, staff_id: FromPath[str], deed: FromPath[str]) -> Response[str]:
    """Change a member's sign-in. A link is shown, this once."""
    visit, staff, wanted = await _prepared(request, staff_id, deed)
    await visit.read_form()
    answer = await _done(visit, staff, wanted)
    if isinstance(answer, Refused):
        problem = of_staff_sign_in(answer.reason)
        return refuse(visit, _page(visit, staff, wanted, problem), problem)
    if isinstance(answer, Link):
        return respond(
            visit,
            SignInLinkPage(
                frame=visit.frame(f"/admin/staff/{staff.id}"),
                staff=staff,
                address=f"{visit.service.settings.base_url}/staff/set-up?link={answer.token}",
                expires_at=answer.expires_at,
                time_zone=visit.service.settings.time_zone.key,
            ),
        )
    return lead_on_with(visit, f"/admin/staff/{staff.id}", _NOTICES[wanted])


@get("/admin/sign-ins")
async def show_sign_ins(request: AnyRequest) -> Response[str]:
    """Show what administrators did to sign-ins in the city: for the auditor."""
    visit = await open_visit(request)
    visit.require_staff("/admin/sign-ins")
    done = await resets.read_resets(visit.service.world, visit.caller(), limit=MOST)
    if isinstance(done, Refused):
        raise PageError(403)
    return respond(
        visit,
        SignInsPage(visit.frame("/admin/sign-ins"), tuple(done), MOST, visit.service.settings.time_zone.key),
    )


async def _prepared(request: AnyRequest, staff_id: str, deed: str) -> tuple[Visit, Staff, Deed]:
    """Return who is visited with which intent. Raises SignInNeededError or PageError 403 or 404."""
    address = f"/admin/staff/{staff_id}/sign-in/{deed}"
    visit = await manager_of(request, address)
    if deed not in set(Deed):
        raise PageError(404)
    member = await member_of(visit, staff_id)
    visit.require_fresh_staff(f"/admin/staff/{member.staff.id}/sign-in/{deed}")
    return visit, member.staff, Deed(deed)


async def _done(visit: Visit, staff: Staff, deed: Deed) -> object:
    world, caller = visit.service.world, visit.caller()
    match deed:
        case Deed.LINK:
            return await resets.make_enrolment_link(world, caller, staff.id)
        case Deed.SECOND_FACTOR:
            return await resets.reset_second_factor(world, caller, staff.id)
        case Deed.PASSKEYS:
            return await resets.remove_passkeys(world, caller, staff.id)
        case Deed.SESSIONS:
            return await resets.end_sessions(world, caller, staff.id)
        case _:
            assert_never(deed)


def _page(visit: Visit, staff: Staff, deed: Deed, *problems: FieldProblem) -> SignInDeedPage:
    return SignInDeedPage(visit.frame(f"/admin/staff/{staff.id}/sign-in/{deed}"), staff, deed, problems)


HANDLERS: Final = (ask, do, show_sign_ins)
