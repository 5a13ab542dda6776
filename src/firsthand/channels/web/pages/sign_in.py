"""What every way of signing in ends with. And signing out."""

from collections.abc import Sequence
from typing import Final

from litestar import Response, post
from litestar.datastructures import Cookie

from firsthand.channels.requests import AnyRequest
from firsthand.channels.web.answers import lead_on_with, respond
from firsthand.channels.web.contexts import DocumentFields
from firsthand.channels.web.forms import Fields, local_address
from firsthand.channels.web.frame import FieldProblem, Notice, Problem, Visitor
from firsthand.channels.web.refusals import of_identity, retry_seconds_of, status_of
from firsthand.channels.web.render import Page
from firsthand.channels.web.visits import Visit, open_visit
from firsthand.directory.staff_oidc.going import find_own
from firsthand.identity.browser.rules import NAME_BYTES, marked
from firsthand.identity.document.model import Document
from firsthand.identity.document.rules import parse_document
from firsthand.identity.model import Refused as IdentityRefused
from firsthand.identity.session.actions import end_session
from firsthand.identity.session.model import OpenedSession, SubjectKind
from firsthand.policy.documents import DocumentKind

_INVALID: Final = 422


@post(["/sign-out", "/desk/sign-out"])
async def sign_out(request: AnyRequest) -> Response[str]:
    """End the session, on the server and in the browser."""
    visit = await open_visit(request)
    await visit.read_form()
    home = "/desk/sign-in" if visit.visitor is Visitor.STAFF else "/"
    if visit.signed_in is not None:
        own = await find_own(visit.service.world, visit.signed_in)
        home = f"/staff/oidc/signed-out?provider={own.provider_id}" if own else home
        await end_session(visit.service.world, visit.caller(), visit.signed_in)
    return lead_on_with(visit, home, Notice.SIGNED_OUT, visit.cookies.drop(visit.cookies.session))


def read_document(form: Fields, kinds: Sequence[DocumentKind] = ()) -> Document | FieldProblem:
    """Return the document that a form names, or what is wrong with it. kinds: those besides the built-in ones."""
    document = parse_document(form.get("document_type", ""), form.get("document_number", ""), kinds)
    if isinstance(document, IdentityRefused):
        problem = of_identity(document.reason)
        if problem.field == "document_number" and not form.get("document_number", "").strip():
            return FieldProblem("document_number", Problem.DOCUMENT_NUMBER_MISSING)
        return problem
    return document


def document_fields(form: Fields, kinds: Sequence[DocumentKind] = ()) -> DocumentFields:
    """Return a document as it was typed in, and the further kinds that can be chosen."""
    typed = DocumentFields()
    kind, number = form.get("document_type", typed.type), form.get("document_number", typed.number)
    return DocumentFields(kind, number, tuple(kinds))


async def begin(visit: Visit, opened: OpenedSession, address: str) -> Response[str]:
    """Hand the new session's cookie over, and lead on. Whoever was signed in on this browser before no longer is."""
    return lead_on_with(visit, address, Notice.SIGNED_IN, *await cookies_of(visit, opened))


async def cookies_of(visit: Visit, opened: OpenedSession) -> list[Cookie]:
    """Return the cookies of a new session, having ended the one that this browser had."""
    if visit.signed_in is not None:
        await end_session(visit.service.world, visit.caller(), visit.signed_in)
    jar, world = visit.cookies, visit.service.world
    cookies = [jar.keep_session(opened.token)]
    if jar.visitor in visit.request.cookies:
        cookies.append(jar.drop(jar.visitor))
    if opened.signed_in.kind is SubjectKind.PERSON:
        drawn = world.chance.bytes(NAME_BYTES)
        mark = marked(world.keyring, visit.browser.mark, opened.signed_in.subject_id, drawn=drawn)
        cookies.append(jar.keep_device(mark))
    return cookies


def refuse(visit: Visit, page: Page, problem: FieldProblem) -> Response[str]:
    """Return a page that tells why something was refused, with its status."""
    told = problem.problem
    return respond(visit, page, status=status_of(told), retry_seconds=retry_seconds_of(told))


def next_of(fields: Fields) -> str:
    """Return the address of this site that a form leads on to, or ""."""
    return local_address(fields.get("next", ""))


HANDLERS: Final = (sign_out,)
