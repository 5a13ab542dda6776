"""One's own duties: in which of them one acts."""

from typing import Final
from uuid import UUID

from litestar import Response, get, post

from firsthand.channels.requests import AnyRequest
from firsthand.channels.web.admin_contexts import DutiesPage
from firsthand.channels.web.admin_refusals import STAFF
from firsthand.channels.web.answers import lead_on_with, respond
from firsthand.channels.web.forms import parse_id
from firsthand.channels.web.frame import FieldProblem, Notice
from firsthand.channels.web.visits import Visit, open_visit
from firsthand.channels.web.ways import home_of
from firsthand.directory.hospital.actions import list_hospitals
from firsthand.directory.staff.duties import read_duties, switch_duty
from firsthand.directory.staff.model import Refused
from firsthand.identity.session.model import SignedIn

_ADDRESS: Final = "/staff/duties"


@get(_ADDRESS)
async def show_duties(request: AnyRequest) -> Response[str]:
    """Show the visitor's duties."""
    visit = await open_visit(request)
    return respond(visit, await _page(visit, visit.require_staff(_ADDRESS)))


@post(_ADDRESS)
async def change_duty(request: AnyRequest) -> Response[str]:
    """Act in another duty: under a new session, whose cookie replaces the old one's."""
    visit = await open_visit(request)
    signed_in = visit.require_staff(_ADDRESS)
    form = await visit.read_form()
    duty_id = parse_id(form.get("duty", "")) or UUID(int=0)
    opened = await switch_duty(visit.service.world, visit.caller(), signed_in, duty_id)
    if isinstance(opened, Refused):
        return respond(visit, await _page(visit, signed_in, STAFF[opened.reason]), status=409)
    address = home_of(opened.signed_in.role)
    return lead_on_with(visit, address, Notice.DUTY_CHANGED, visit.cookies.keep_session(opened.token))


async def _page(visit: Visit, signed_in: SignedIn, *problems: FieldProblem) -> DutiesPage:
    world = visit.service.world
    return DutiesPage(
        frame=visit.frame(_ADDRESS),
        duties=tuple(await read_duties(world, signed_in.subject_id)),
        hospitals={one.id: one.hospital.name for one in await list_hospitals(world)},
        current=signed_in.duty_id,
        time_zone=visit.service.settings.time_zone.key,
        problems=problems,
    )


HANDLERS: Final = (show_duties, change_duty)
