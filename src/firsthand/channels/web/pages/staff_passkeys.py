"""Staff's passkeys: the ceremonies, as the pages' script asks for them, and looking after one's own."""

from typing import Final
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from firsthand.channels.requests import AnyRequest, client_address
from firsthand.channels.web.answers import lead_on_with, respond
from firsthand.channels.web.forms import parse_id
from firsthand.channels.web.frame import FieldProblem, Notice, Visitor
from firsthand.channels.web.page_error import PageError
from firsthand.channels.web.pages.passkeys import challenge_of, lead_script_on, party_of, told
from firsthand.channels.web.pages.security import passkey_row
from firsthand.channels.web.pages.sign_in import next_of, refuse
from firsthand.channels.web.pages.staff_sign_in import acting_in, home_or_news, staff_cookies
from firsthand.channels.web.refusals import of_identity
from firsthand.channels.web.sign_in_contexts import PasskeyAddPage, PasskeyPage, PasskeyRemovePage, PasskeyRow
from firsthand.channels.web.visits import Visit, open_visit
from firsthand.directory.staff_sign_in import passkeys
from firsthand.identity.model import Refused

HERE: Final = "/staff/security"
_NONE: Final = UUID(int=0)


@post("/staff/passkey/options", status_code=200)
async def begin_sign_in(request: AnyRequest) -> Response[str]:
    """Give a browser what a passkey has to sign; for a member who is signed in, his own passkey."""
    visit = await open_visit(request)
    await visit.read_json()
    begun = await passkeys.begin_passkey_sign_in(
        visit.service.world,
        visit.caller(),
        party_of(visit),
        client_address(request),
        bound_to=visit.bound_to,
        signed_in=visit.signed_in if visit.visitor is Visitor.STAFF else None,
    )
    return told(visit, begun) if isinstance(begun, Refused) else challenge_of(begun)


@post("/staff/passkey", status_code=200)
async def sign_in(request: AnyRequest) -> Response[str]:
    """Sign a member in by what his passkey has signed, and say where to go on."""
    visit = await open_visit(request)
    sent = await visit.read_json()
    opened = await passkeys.sign_in_by_passkey(
        visit.service.world,
        visit.caller(),
        party_of(visit),
        parse_id(sent.get("id", "")) or _NONE,
        sent.get("credential", ""),
        bound_to=visit.bound_to,
        acting_in=acting_in(visit),
    )
    if isinstance(opened, Refused):
        return told(visit, opened)
    address = await home_or_news(visit, opened, next_of(sent))
    return lead_script_on(visit, address, Notice.SIGNED_IN, *await staff_cookies(visit, opened))


@post(f"{HERE}/passkeys/options", status_code=200)
async def begin_adding(request: AnyRequest) -> Response[str]:
    """Give the member's browser what it needs to make a passkey."""
    visit = await open_visit(request)
    await visit.read_json()
    signed_in = visit.require_staff(HERE)
    begun = await passkeys.begin_adding_passkey(
        visit.service.world, visit.caller(), signed_in, party_of(visit), bound_to=visit.bound_to
    )
    return told(visit, begun) if isinstance(begun, Refused) else challenge_of(begun)


@post(f"{HERE}/passkeys", status_code=200)
async def add(request: AnyRequest) -> Response[str]:
    """Add the passkey that the member's browser has made."""
    visit = await open_visit(request)
    sent = await visit.read_json()
    added = await passkeys.add_passkey(
        visit.service.world,
        visit.caller(),
        visit.require_staff(HERE),
        party_of(visit),
        parse_id(sent.get("id", "")) or _NONE,
        sent.get("credential", ""),
        name=sent.get("name", ""),
        bound_to=visit.bound_to,
    )
    return told(visit, added) if isinstance(added, Refused) else lead_script_on(visit, HERE, Notice.PASSKEY_ADDED)


@get(f"{HERE}/passkeys/add")
async def show_add(request: AnyRequest) -> Response[str]:
    """Offer to make a passkey. It takes a fresh sign-in, and scripts."""
    visit = await open_visit(request)
    visit.require_fresh_staff(f"{HERE}/passkeys/add")
    return respond(visit, PasskeyAddPage(visit.frame(f"{HERE}/passkeys/add"), HERE))


@get(f"{HERE}/passkeys/{{passkey_id:uuid}}")
async def show_passkey(request: AnyRequest, passkey_id: FromPath[UUID]) -> Response[str]:
    """Show one passkey, to be called something else or removed."""
    visit = await open_visit(request)
    found = await _passkey(visit, passkey_id)
    return respond(visit, _passkey_page(visit, found, found.name, ()))


@post(f"{HERE}/passkeys/{{passkey_id:uuid}}")
async def rename(request: AnyRequest, passkey_id: FromPath[UUID]) -> Response[str]:
    """Call a passkey something else."""
    visit = await open_visit(request)
    signed_in = visit.require_staff(HERE)
    form = await visit.read_form()
    found, name = await _passkey(visit, passkey_id), form.get("name", "")
    refused = await passkeys.rename_passkey(visit.service.world, visit.caller(), signed_in, passkey_id, name)
    if refused is not None:
        problem = of_identity(refused.reason)
        return refuse(visit, _passkey_page(visit, found, name, (problem,)), problem)
    return lead_on_with(visit, HERE, Notice.PASSKEY_RENAMED)


@get(f"{HERE}/passkeys/{{passkey_id:uuid}}/remove")
async def ask_remove(request: AnyRequest, passkey_id: FromPath[UUID]) -> Response[str]:
    """Ask once more before a passkey is removed. It takes a fresh sign-in."""
    visit = await open_visit(request)
    visit.require_fresh_staff(f"{HERE}/passkeys/{passkey_id}/remove")
    found = await _passkey(visit, passkey_id)
    return respond(visit, PasskeyRemovePage(visit.frame(f"{HERE}/passkeys/{passkey_id}/remove"), found, here=HERE))


@post(f"{HERE}/passkeys/{{passkey_id:uuid}}/remove")
async def remove(request: AnyRequest, passkey_id: FromPath[UUID]) -> Response[str]:
    """Remove a passkey."""
    visit = await open_visit(request)
    signed_in = visit.require_fresh_staff(f"{HERE}/passkeys/{passkey_id}/remove")
    await visit.read_form()
    refused = await passkeys.remove_passkey(visit.service.world, visit.caller(), signed_in, passkey_id)
    if refused is not None:
        raise PageError(404)
    return lead_on_with(visit, HERE, Notice.PASSKEY_REMOVED)


async def _passkey(visit: Visit, passkey_id: UUID) -> PasskeyRow:
    signed_in = visit.require_staff(HERE)
    for passkey in await passkeys.list_own_passkeys(visit.service.world, signed_in.subject_id):
        if passkey.id == passkey_id:
            return passkey_row(passkey)
    raise PageError(404)


def _passkey_page(visit: Visit, found: PasskeyRow, name: str, problems: tuple[FieldProblem, ...]) -> PasskeyPage:
    frame = visit.frame(f"{HERE}/passkeys/{found.id}")
    return PasskeyPage(frame, found, name, visit.service.settings.time_zone.key, problems, HERE)


HANDLERS: Final = (begin_sign_in, sign_in, begin_adding, add, show_add, show_passkey, rename, ask_remove, remove)
