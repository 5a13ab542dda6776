"""Answering with a page, or by leading on to one."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from litestar import MediaType, Response
from litestar.datastructures import Cookie

from firsthand.channels.web.frame import Notice
from firsthand.channels.web.oidc_contexts import OwnSignInGoingPage
from firsthand.channels.web.render import Page, render
from firsthand.channels.web.sign_in_contexts import ChoosePage, CodePage, DocumentSignInPage, RegisterPage, SignInPage
from firsthand.channels.web.staff_sign_in_contexts import (
    StaffCodesPage,
    StaffEnrolPage,
    StaffSecondStepPage,
    StaffSetUpPage,
    StaffSignInPage,
)
from firsthand.channels.web.visits import Visit, asked_language

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "form-action 'self'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# Only these give somebody who is not signed in a cookie of his own; whoever just looks around gets none.
_FORMS_FOR_STRANGERS: Final = (
    SignInPage,
    DocumentSignInPage,
    RegisterPage,
    CodePage,
    ChoosePage,
    StaffSignInPage,
    StaffSecondStepPage,
    StaffEnrolPage,
    StaffSetUpPage,
)
# These hold secrets, though nobody is signed in yet.
_KEPT_NOWHERE: Final = (OwnSignInGoingPage, StaffEnrolPage, StaffCodesPage, StaffSetUpPage)


def respond(
    visit: Visit, page: Page, *, status: int = 200, retry_seconds: int | None = None, cookies: Iterable[Cookie] = ()
) -> Response[str]:
    """Return a page. What a signed-in visitor sees is kept nowhere; other pages are asked for anew each time."""
    private = visit.signed_in is not None or isinstance(page, _KEPT_NOWHERE)
    headers = {
        "Content-Security-Policy": CONTENT_SECURITY_POLICY,
        "Content-Language": visit.language.value,
        "Cache-Control": "no-store" if private else "private, no-cache",
        "Vary": "Accept-Language, Cookie",
    }
    if retry_seconds is not None:
        headers["Retry-After"] = str(retry_seconds)
    kept = [*_cookies(visit, has_form=isinstance(page, _FORMS_FOR_STRANGERS)), *cookies]
    return Response(render(page), status_code=status, media_type=MediaType.HTML, headers=headers, cookies=kept)


def answer_json(content: Mapping[str, Any], *cookies: Cookie, status: int = 200) -> Response[str]:
    """Return what a page's own script asked for."""
    body = json.dumps(content, ensure_ascii=False)
    headers = {"Cache-Control": "no-store"}
    return Response(body, status_code=status, media_type=MediaType.JSON, headers=headers, cookies=list(cookies))


def lead_on(address: str, *cookies: Cookie) -> Response[str]:
    """Send the visitor on to an address of this site, by GET."""
    headers = {"Location": address, "Cache-Control": "no-store"}
    return Response("", status_code=303, media_type=MediaType.TEXT, headers=headers, cookies=list(cookies))


def lead_on_with(visit: Visit, address: str, notice: Notice, *cookies: Cookie) -> Response[str]:
    """Send the visitor on, with good news for the next page."""
    return lead_on(address, visit.cookies.keep_notice(notice), *cookies)


def _cookies(visit: Visit, *, has_form: bool) -> Iterable[Cookie]:
    jar, given = visit.cookies, visit.request.cookies
    if (language := asked_language(visit)) is not None:
        yield jar.keep_language(language)
    if visit.notice is not None:
        yield jar.drop(jar.notice)
    if visit.has_ended:
        yield jar.drop(jar.session)
    if visit.signed_in is None and has_form and given.get(jar.visitor) != visit.visitor_id:
        yield jar.keep_visitor(visit.visitor_id)
