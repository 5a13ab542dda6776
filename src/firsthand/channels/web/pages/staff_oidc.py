"""Staff sign in through their hospital's own sign-in, link an account there, and leave.

A form is posted here, and what answers is a page that leads on: were it a redirect, the content security policy would
stop it, which lets forms lead to this site alone. The browser comes back by a GET from another site, with which it
sends cookies that are `SameSite=Lax`, and no others.
"""

from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from firsthand.channels.requests import AnyRequest, client_address
from firsthand.channels.retry import LIMIT_SECONDS
from firsthand.channels.web.answers import lead_on, lead_on_with, respond
from firsthand.channels.web.forms import parse_id
from firsthand.channels.web.frame import FieldProblem, Notice, Visitor
from firsthand.channels.web.oidc_contexts import (
    OwnAccountsPage,
    OwnSignInAgainPage,
    OwnSignInEndPage,
    OwnSignInFailedPage,
    OwnSignInGoingPage,
)
from firsthand.channels.web.oidc_refusals import of_own_sign_in, status_of_own_sign_in
from firsthand.channels.web.page_error import SignInNeededError
from firsthand.channels.web.pages.sign_in import next_of
from firsthand.channels.web.pages.staff_sign_in import begin_staff, staff_cookies
from firsthand.channels.web.visits import Visit, open_visit
from firsthand.channels.web.ways import home_of
from firsthand.directory.staff_oidc import going, linking
from firsthand.directory.staff_oidc.coming_back import come_back
from firsthand.directory.staff_oidc.model import Arrived, Back, Going, Outward, Reason, Refused
from firsthand.identity.oidc.model import Purpose
from firsthand.identity.session.model import SignedIn

_HERE: Final = "/staff/oidc"
_SIGN_IN: Final = "/desk/sign-in"
_AGAIN: Final = "/staff/again"
_HERE_AGAIN: Final = "/staff/oidc/again"
# Some providers' codes are long.
_QUERY_CHARACTERS_MAX: Final = 8_000
_BROWSER_CHARACTERS_MAX: Final = 100
_STATE_CHARACTERS_MAX: Final = 200


@post("/staff/oidc/start")
async def start(request: AnyRequest) -> Response[str]:
    """Send a browser to the provider that was chosen, to sign in."""
    visit = await open_visit(request)
    form = await visit.read_form()
    outward = _outward(visit, form.get("provider", ""), next_of(form))
    begun = await going.begin_sign_in(visit.service.world, visit.caller(), visit.service.providers, outward)
    return _lead_out(visit, begun, _SIGN_IN)


@get(_HERE_AGAIN)
async def show_again(request: AnyRequest) -> Response[str]:
    """Ask a member for whom a hospital vouches to show there once more that it is he."""
    visit = await open_visit(request)
    signed_in = visit.require_staff(_HERE)
    own, leads_to = await going.find_own(visit.service.world, signed_in), next_of(visit.query)
    if own is None:
        return lead_on(f"{_AGAIN}?{urlencode({'next': leads_to})}")
    frame = visit.frame(_HERE_AGAIN, [("next", leads_to)])
    return respond(visit, OwnSignInAgainPage(frame, own.hospital_name, leads_to))


@post(_HERE_AGAIN)
async def again(request: AnyRequest) -> Response[str]:
    """Send a member for whom a provider vouched there again, to prove himself anew."""
    visit = await open_visit(request)
    signed_in = visit.require_staff(_HERE)
    form = await visit.read_form()
    own = await going.find_own(visit.service.world, signed_in)
    outward = _outward(visit, str(own.provider_id) if own else "", next_of(form))
    world, providers = visit.service.world, visit.service.providers
    begun = await going.begin_own_proof(world, visit.caller(), providers, outward, signed_in)
    return _lead_out(visit, begun, _HERE_AGAIN)


@get("/staff/oidc/back/{provider_id:str}")
async def back(request: AnyRequest, provider_id: FromPath[str]) -> Response[str]:
    """Take what a browser brings back from a provider."""
    visit = await open_visit(request, characters_max=_QUERY_CHARACTERS_MAX)
    brought = visit.query
    found = parse_id(provider_id) or UUID(int=0)
    arrived = await come_back(
        visit.service.world,
        visit.caller(),
        visit.service.providers,
        Back(
            provider_id=found,
            state=brought.get("state", "")[:_STATE_CHARACTERS_MAX],
            code=brought.get("code", ""),
            error=brought.get("error", ""),
            issuer=brought.get("iss", ""),
            browser=request.cookies.get(visit.cookies.oidc, "")[:_BROWSER_CHARACTERS_MAX],
            address=client_address(request),
            back=back_of(visit, found),
            signed_in=visit.signed_in,
        ),
    )
    if isinstance(arrived, Refused):
        return _fail(visit, arrived, _HERE if visit.visitor is Visitor.STAFF else _SIGN_IN)
    return await _arrive(visit, arrived)


@get(_HERE)
async def show_own(request: AnyRequest) -> Response[str]:
    """Show a member's accounts at his hospitals' own sign-ins, and where he may link one."""
    visit = await open_visit(request)
    signed_in = visit.require_staff(_HERE)
    page = await _own_page(visit, signed_in)
    await linking.note_links_told(visit.service.world, visit.caller())
    return respond(visit, page)


@post("/staff/oidc/link")
async def link(request: AnyRequest) -> Response[str]:
    """Send a member to a provider whose account there is to be linked."""
    visit = await open_visit(request)
    signed_in = _fresh(visit)
    form = await visit.read_form()
    outward = _outward(visit, form.get("provider", ""), _HERE)
    world, providers = visit.service.world, visit.service.providers
    begun = await going.begin_own_link(world, visit.caller(), providers, outward, signed_in)
    return _lead_out(visit, begun, _HERE)


@post("/staff/oidc/unlink")
async def unlink(request: AnyRequest) -> Response[str]:
    """Forget a member's own account at a provider."""
    visit = await open_visit(request)
    signed_in = _fresh(visit)
    form = await visit.read_form()
    provider_id = parse_id(form.get("provider", "")) or UUID(int=0)
    refused = await linking.unlink_own_account(visit.service.world, visit.caller(), signed_in, provider_id)
    if refused is not None:
        page = await _own_page(visit, signed_in, of_own_sign_in(refused.reason))
        return respond(visit, page, status=status_of_own_sign_in(refused.reason))
    return lead_on_with(visit, _HERE, Notice.ACCOUNT_UNLINKED)


@get("/staff/oidc/signed-out")
async def show_end(request: AnyRequest) -> Response[str]:
    """Show somebody who signed out here how to sign out at his hospital too."""
    visit = await open_visit(request)
    if visit.signed_in is not None:
        return lead_on(_SIGN_IN)
    provider_id = parse_id(visit.query.get("provider", "")) or UUID(int=0)
    found = await going.find_end(visit.service.world, visit.service.providers, provider_id, client_address(request))
    if found is None:
        return lead_on(_SIGN_IN)
    button, address, client_id = found
    asked = urlencode({"client_id": client_id, "post_logout_redirect_uri": end_of(visit)})
    address = f"{address}{'&' if '?' in address else '?'}{asked}"
    return respond(visit, OwnSignInEndPage(visit.frame(_SIGN_IN), button.hospital_name, address))


def back_of(visit: Visit, provider_id: UUID) -> str:
    """Return where a provider is told to send browsers back to. Each has an address of its own.

    So an answer of one is never taken for another's. Source: RFC 9700, section 4.4.2.2.
    """
    return f"{visit.service.settings.base_url}/staff/oidc/back/{provider_id}"


def end_of(visit: Visit) -> str:
    """Return where a provider may send browsers on to when somebody signed out there."""
    return f"{visit.service.settings.base_url}{_SIGN_IN}"


def _outward(visit: Visit, provider_id: str, leads_to: str) -> Outward:
    found = parse_id(provider_id) or UUID(int=0)
    return Outward(found, client_address(visit.request), back_of(visit, found), leads_to)


def _lead_out(visit: Visit, begun: Going | Refused, begin_again: str) -> Response[str]:
    if isinstance(begun, Refused):
        return _fail(visit, begun, begin_again)
    page = OwnSignInGoingPage(visit.frame(_SIGN_IN), begun.hospital_name, begun.address)
    response = respond(visit, page, cookies=[visit.cookies.keep_oidc(begun.browser)])
    response.headers["Refresh"] = f"0;url={begun.address}"
    return response


def _fail(visit: Visit, refused: Refused, begin_again: str) -> Response[str]:
    problem = of_own_sign_in(refused.reason)
    page = OwnSignInFailedPage(visit.frame(begin_again), begin_again, (FieldProblem("", problem.problem),))
    jar = visit.cookies
    dropped = [jar.drop(jar.oidc)] if jar.oidc in visit.request.cookies else []
    seconds = LIMIT_SECONDS if refused.reason is Reason.TOO_MANY_TRIES else None
    status = status_of_own_sign_in(refused.reason)
    return respond(visit, page, status=status, retry_seconds=seconds, cookies=dropped)


async def _arrive(visit: Visit, arrived: Arrived) -> Response[str]:
    jar = visit.cookies
    if arrived.session is None:
        return lead_on_with(visit, arrived.leads_to or _HERE, Notice.ACCOUNT_LINKED, jar.drop(jar.oidc))
    if arrived.purpose is Purpose.SIGN_IN:
        response = await begin_staff(visit, arrived.session, arrived.leads_to)
        response.set_cookie(jar.drop(jar.oidc))
        return response
    address = arrived.leads_to or home_of(arrived.session.signed_in.role)
    kept = await staff_cookies(visit, arrived.session)
    return lead_on_with(visit, address, Notice.SIGNED_IN, *kept, jar.drop(jar.oidc))


def _fresh(visit: Visit) -> SignedIn:
    """Return the session of a member who has just proved who he is; others do so first."""
    signed_in = visit.require_staff(_HERE)
    if not signed_in.is_fresh(visit.service.world.clock.now()):
        again_at = _HERE_AGAIN if signed_in.is_of_hospital else _AGAIN
        raise SignInNeededError(f"{again_at}?{urlencode({'next': _HERE})}")
    return signed_in


async def _own_page(visit: Visit, signed_in: SignedIn, *problems: FieldProblem) -> OwnAccountsPage:
    accounts, offers = await linking.read_own_accounts(visit.service.world, signed_in)
    return OwnAccountsPage(
        frame=visit.frame(_HERE),
        accounts=tuple(accounts),
        offers=tuple(offers),
        vouched=signed_in.is_of_hospital,
        time_zone=visit.service.settings.time_zone.key,
        problems=problems,
    )


HANDLERS: Final = (start, show_again, again, back, show_own, link, unlink, show_end)
