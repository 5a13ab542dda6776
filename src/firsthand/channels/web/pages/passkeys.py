"""The ceremonies with passkeys, as the pages' own script asks for them: JSON in, JSON out, bound to the browser."""

from typing import Final
from uuid import UUID

import msgspec
from litestar import Response, post
from litestar.datastructures import Cookie

from firsthand.channels.requests import AnyRequest, client_address
from firsthand.channels.web.answers import answer_json
from firsthand.channels.web.forms import parse_id
from firsthand.channels.web.frame import Notice, Visitor
from firsthand.channels.web.page_error import PageError
from firsthand.channels.web.pages.sign_in import cookies_of, next_of
from firsthand.channels.web.refusals import of_identity, status_of
from firsthand.channels.web.visits import Visit, open_visit
from firsthand.channels.web.words import PROBLEMS
from firsthand.directory.person import passkeys
from firsthand.identity.model import Refused
from firsthand.identity.passkey.model import Begun, RelyingParty
from firsthand.identity.passkey.rules import relying_party
from firsthand.platform.i18n import say

_NONE: Final = UUID(int=0)


@post("/sign-in/passkey/options", status_code=200)
async def begin_sign_in(request: AnyRequest) -> Response[str]:
    """Give a browser what a passkey has to sign; for somebody who is signed in, his own passkey."""
    visit = await open_visit(request)
    await visit.read_json()
    begun = await passkeys.begin_passkey_sign_in(
        visit.service.world,
        visit.caller(),
        party_of(visit),
        client_address(request),
        bound_to=visit.bound_to,
        signed_in=visit.signed_in if visit.visitor is Visitor.PERSON else None,
    )
    return told(visit, begun) if isinstance(begun, Refused) else challenge_of(begun)


@post("/sign-in/passkey", status_code=200)
async def sign_in(request: AnyRequest) -> Response[str]:
    """Sign in by what a passkey has signed, and say where to go on."""
    visit = await open_visit(request)
    sent = await visit.read_json()
    opened = await passkeys.sign_in_by_passkey(
        visit.service.world,
        visit.caller(),
        party_of(visit),
        parse_id(sent.get("id", "")) or _NONE,
        sent.get("credential", ""),
        bound_to=visit.bound_to,
    )
    if isinstance(opened, Refused):
        return told(visit, opened)
    return lead_script_on(visit, next_of(sent) or "/bookings", Notice.SIGNED_IN, *await cookies_of(visit, opened))


@post("/me/security/passkeys/options", status_code=200)
async def begin_adding(request: AnyRequest) -> Response[str]:
    """Give the person's browser what it needs to make a passkey."""
    visit = await open_visit(request)
    await visit.read_json()
    visit.require_person("/me/security")
    if visit.signed_in is None:
        raise PageError(403)
    begun = await passkeys.begin_adding_passkey(
        visit.service.world, visit.caller(), visit.signed_in, party_of(visit), bound_to=visit.bound_to
    )
    return told(visit, begun) if isinstance(begun, Refused) else challenge_of(begun)


@post("/me/security/passkeys", status_code=200)
async def add(request: AnyRequest) -> Response[str]:
    """Add the passkey that the person's browser has made."""
    visit = await open_visit(request)
    sent = await visit.read_json()
    visit.require_person("/me/security")
    if visit.signed_in is None:
        raise PageError(403)
    added = await passkeys.add_passkey(
        visit.service.world,
        visit.caller(),
        visit.signed_in,
        party_of(visit),
        parse_id(sent.get("id", "")) or _NONE,
        sent.get("credential", ""),
        name=sent.get("name", ""),
        bound_to=visit.bound_to,
    )
    if isinstance(added, Refused):
        return told(visit, added)
    return lead_script_on(visit, "/me/security", Notice.PASSKEY_ADDED)


def party_of(visit: Visit) -> RelyingParty:
    """Return what this site is to browsers."""
    return relying_party(visit.service.settings.base_url)


def told(visit: Visit, refused: Refused) -> Response[str]:
    """Tell a script why something was refused, in words for its page."""
    problem = of_identity(refused.reason).problem
    words = say(visit.language, PROBLEMS[problem])
    return answer_json({"problem": words, "reason": refused.reason.value}, status=status_of(problem))


def challenge_of(begun: Begun) -> Response[str]:
    """Tell a script what a passkey is asked."""
    return answer_json({"id": str(begun.id), "options": msgspec.json.decode(begun.options)})


def lead_script_on(visit: Visit, address: str, notice: Notice, *cookies: Cookie) -> Response[str]:
    """Tell a script where its page goes on."""
    return answer_json({"location": address}, visit.cookies.keep_notice(notice), *cookies)


HANDLERS: Final = (begin_sign_in, sign_in, begin_adding, add)
