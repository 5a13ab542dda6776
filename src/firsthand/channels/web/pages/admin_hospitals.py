"""Administering hospitals: how they, their departments and doctors are called and reached."""

from typing import Final
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from firsthand.channels.requests import AnyRequest
from firsthand.channels.web.admin_contexts import EntryPage, HospitalListPage, HospitalPage
from firsthand.channels.web.admin_refusals import of_hospital
from firsthand.channels.web.answers import lead_on_with, respond
from firsthand.channels.web.forms import Fields, parse_id
from firsthand.channels.web.frame import FieldProblem, Notice
from firsthand.channels.web.page_error import PageError
from firsthand.channels.web.visits import Visit, open_visit
from firsthand.directory.hospital.actions import list_hospitals
from firsthand.directory.hospital.managing import actions as managing
from firsthand.directory.hospital.model import BY_HAND, Entry, Kind, Managed, Refused
from firsthand.platform.access import Permission

_ADDRESS: Final = "/admin/hospitals"
_KINDS: Final = {f"{kind}s": kind for kind in Kind}
_INVALID: Final = 422


@get(_ADDRESS)
async def show_hospitals(request: AnyRequest) -> Response[str]:
    """Show the hospitals that the visitor manages."""
    visit = await open_visit(request)
    visit.require_staff(_ADDRESS)
    managed = [one for one in await list_hospitals(visit.service.world) if _may(visit, one.id)]
    if not managed and not visit.may(Permission.MANAGE_HOSPITAL, at=visit.caller().hospital_id):
        raise PageError(403)
    return respond(visit, HospitalListPage(visit.frame(_ADDRESS), tuple(managed)))


@get("/admin/hospitals/{hospital_id:str}")
async def show_hospital(request: AnyRequest, hospital_id: FromPath[str]) -> Response[str]:
    """Show what is said of a hospital, by its feed and by hand."""
    visit, managed = await _managed(request, hospital_id)
    return respond(visit, _page(visit, managed, {}))


@post("/admin/hospitals/{hospital_id:str}")
async def change(request: AnyRequest, hospital_id: FromPath[str]) -> Response[str]:
    """Say by hand what a hospital is called and how it is reached."""
    visit, managed = await _managed(request, hospital_id)
    form = await visit.read_form()
    said = {field: form[field] for field in BY_HAND if field in form}
    done = await managing.say_of_hospital(visit.service.world, visit.caller(), managed.id, said)
    if isinstance(done, Refused):
        return respond(visit, _page(visit, managed, form, of_hospital(done)), status=_INVALID)
    return lead_on_with(visit, f"{_ADDRESS}/{managed.id}", Notice.HOSPITAL_CHANGED)


@post("/admin/hospitals/{hospital_id:str}/leave-to-feed")
async def leave_to_feed(request: AnyRequest, hospital_id: FromPath[str]) -> Response[str]:
    """Let the feed say a field again."""
    visit, managed = await _managed(request, hospital_id)
    form = await visit.read_form()
    done = await managing.leave_to_feed(visit.service.world, visit.caller(), managed.id, form.get("field", ""))
    if isinstance(done, Refused):
        return respond(visit, _page(visit, managed, {}, of_hospital(done)), status=409)
    return lead_on_with(visit, f"{_ADDRESS}/{managed.id}", Notice.LEFT_TO_FEED)


@post("/admin/hospitals/{hospital_id:str}/{kinds:str}")
async def add(request: AnyRequest, hospital_id: FromPath[str], kinds: FromPath[str]) -> Response[str]:
    """Add a department or a doctor."""
    visit, managed = await _managed(request, hospital_id)
    kind, form = _kind(kinds), await visit.read_form()
    name = form.get(f"{kind}_name", "")
    done = await managing.add_entry(visit.service.world, visit.caller(), managed.id, kind, name)
    if isinstance(done, Refused):
        page = _page(visit, managed, form, of_hospital(done, f"{kind}_name"))
        return respond(visit, page, status=_INVALID)
    return lead_on_with(visit, f"{_ADDRESS}/{managed.id}", Notice.ENTRY_ADDED)


@get("/admin/hospitals/{hospital_id:str}/{kinds:str}/{entry_id:str}")
async def show_entry(
    request: AnyRequest, hospital_id: FromPath[str], kinds: FromPath[str], entry_id: FromPath[str]
) -> Response[str]:
    """Show a department or a doctor, to be called something else or listed no longer."""
    visit, managed = await _managed(request, hospital_id)
    entry = _entry(managed, _kind(kinds), entry_id)
    return respond(visit, _entry_page(visit, managed, _kind(kinds), entry, entry.name))


@post("/admin/hospitals/{hospital_id:str}/{kinds:str}/{entry_id:str}")
async def rename(
    request: AnyRequest, hospital_id: FromPath[str], kinds: FromPath[str], entry_id: FromPath[str]
) -> Response[str]:
    """Call a department or a doctor something else."""
    visit, managed = await _managed(request, hospital_id)
    kind, form = _kind(kinds), await visit.read_form()
    entry, name = _entry(managed, kind, entry_id), form.get("entry_name", "")
    done = await managing.rename_entry(visit.service.world, visit.caller(), managed.id, kind, entry.id, name)
    if isinstance(done, Refused):
        page = _entry_page(visit, managed, kind, entry, name, of_hospital(done, "entry_name"))
        return respond(visit, page, status=_INVALID)
    return lead_on_with(visit, f"{_ADDRESS}/{managed.id}", Notice.ENTRY_RENAMED)


@post("/admin/hospitals/{hospital_id:str}/{kinds:str}/{entry_id:str}/retire")
async def retire(
    request: AnyRequest, hospital_id: FromPath[str], kinds: FromPath[str], entry_id: FromPath[str]
) -> Response[str]:
    """List a department or a doctor no longer."""
    visit, managed = await _managed(request, hospital_id)
    await visit.read_form()
    kind = _kind(kinds)
    entry = _entry(managed, kind, entry_id)
    done = await managing.retire_entry(visit.service.world, visit.caller(), managed.id, kind, entry.id)
    if isinstance(done, Refused):
        return respond(visit, _entry_page(visit, managed, kind, entry, entry.name, of_hospital(done)), status=409)
    return lead_on_with(visit, f"{_ADDRESS}/{managed.id}", Notice.ENTRY_RETIRED)


async def _managed(request: AnyRequest, hospital_id: str) -> tuple[Visit, Managed]:
    visit = await open_visit(request)
    visit.require_staff(_ADDRESS)
    found = await managing.read_managed(visit.service.world, visit.caller(), parse_id(hospital_id) or UUID(int=0))
    if isinstance(found, Refused):
        # A hospital that one does not manage is as unknown as one that there is not.
        raise PageError(404)
    return visit, found


def _may(visit: Visit, hospital_id: UUID) -> bool:
    return visit.may(Permission.MANAGE_HOSPITAL, at=hospital_id)


def _kind(kinds: str) -> Kind:
    if kinds not in _KINDS:
        raise PageError(404)
    return _KINDS[kinds]


def _entry(managed: Managed, kind: Kind, entry_id: str) -> Entry:
    entries = managed.departments if kind is Kind.DEPARTMENT else managed.doctors
    found = next((one for one in entries if str(one.id) == entry_id), None)
    if found is None:
        raise PageError(404)
    return found


def _page(visit: Visit, managed: Managed, typed: Fields, *problems: FieldProblem) -> HospitalPage:
    return HospitalPage(visit.frame(f"{_ADDRESS}/{managed.id}"), managed, typed, problems)


def _entry_page(
    visit: Visit, managed: Managed, kind: Kind, entry: Entry, typed: str, *problems: FieldProblem
) -> EntryPage:
    frame = visit.frame(f"{_ADDRESS}/{managed.id}/{kind}s/{entry.id}")
    return EntryPage(frame, managed, kind, entry, typed, problems)


HANDLERS: Final = (show_hospitals, show_hospital, change, leave_to_feed, add, show_entry, rename, retire)
