"""A visit: what is known of whoever asks for a page, and whether a form that he sends is his own."""

import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote, urlsplit
from uuid import UUID

import msgspec

from firsthand.audit.model import ActorKind, Caller, Channel
from firsthand.channels.requests import AnyRequest, caller_of, client_address, find_signed_in, service_of
from firsthand.channels.service import Service
from firsthand.channels.web.cookies import CookieJar
from firsthand.channels.web.forms import (
    FIELDS_MAX,
    VALUE_CHARACTERS_MAX,
    Fields,
    UnreadableError,
    is_key,
    parse_fields,
)
from firsthand.channels.web.frame import Frame, Notice, Standing, Visitor
from firsthand.channels.web.page_error import PageError, SignInNeededError
from firsthand.channels.web.ways import POLICIES, REQUESTS, REVIEWS, home_of, ways_of
from firsthand.directory.emergency.actions import count_waiting
from firsthand.directory.person.actions import read_own_name
from firsthand.directory.person.asking import Browser
from firsthand.directory.request.answering import count_waiting as count_requests
from firsthand.directory.staff.reading import read_acting
from firsthand.identity.session.model import SignedIn, SubjectKind
from firsthand.platform.access import Permission
from firsthand.platform.i18n import Language, choose_language, parse_language
from firsthand.platform.idempotency import IdempotencyKey, fingerprint
from firsthand.platform.scope import HospitalScope, PersonScope
from firsthand.policy.documents import DocumentKind
from firsthand.policy.proposal.reading import count_to_decide

_FORM_TYPE: Final = "application/x-www-form-urlencoded"
_JSON_TYPE: Final = "application/json"
_VISITOR_ID_LENGTH_MAX: Final = 100


@dataclass(frozen=True, slots=True)
class Visit:
    """One request for a page.

    visitor_id: a random name for the browser of somebody who is not signed in. has_ended: whether the browser still
    keeps the token of a session that is over.
    """

    request: AnyRequest = field(repr=False)
    service: Service = field(repr=False)
    cookies: CookieJar
    query: Fields
    language: Language
    signed_in: SignedIn | None = None
    name: str = ""
    visitor_id: str = ""
    has_ended: bool = False
    notice: Notice | None = None
    standing: Standing | None = None

    @property
    def visitor(self) -> Visitor:
        """Who looks at the page."""
        if self.signed_in is None:
            return Visitor.NOBODY
        return Visitor.PERSON if self.signed_in.kind is SubjectKind.PERSON else Visitor.STAFF

    @property
    def kinds(self) -> tuple[DocumentKind, ...]:
        """The kinds of documents that forms accept besides the built-in ones."""
        return self.service.kinds.current

    @property
    def csrf(self) -> str:
        """The token that the page's forms send back: it belongs to this session, or to this browser.

        Litestar's own protection ties a form to a cookie alone. This one ties it to the session: a form does not
        outlive a sign-in, and a neighbouring host that plants a cookie gains nothing. It needs no key of its own.
        """
        return self.service.world.keyring.blind_index("web.csrf", self._owner).hex()

    @property
    def bound_to(self) -> bytes:
        """A keyed hash (32 bytes) of this session, or of this browser: what is asked of it, no other may answer."""
        return self.service.world.keyring.blind_index("web.bound_to", self._owner)

    @property
    def browser(self) -> Browser:
        """Where the request comes from, as the actions of signing in count it. A form adds the work it brings."""
        return Browser(client_address(self.request), self.request.cookies.get(self.cookies.device, ""))

    @property
    def _owner(self) -> str:
        return f"visitor:{self.visitor_id}" if self.signed_in is None else f"session:{self.signed_in.token_hash.hex()}"

    def caller(self, channel: Channel = Channel.WEB) -> Caller:
        """Return who calls, as actions know him."""
        return caller_of(self.request, self.signed_in, channel)

    def frame(self, path: str, query: Iterable[tuple[str, str]] = ()) -> Frame:
        """Return what stands around a page. path and query: where a GET shows it again."""
        return Frame(
            language=self.language,
            path=path,
            query=tuple((name, value) for name, value in query if value),
            visitor=self.visitor,
            visitor_name=self.name,
            csrf=self.csrf,
            demo=self.service.demo,
            notice=self.notice,
            standing=self.standing,
        )

    def require_person(self, back: str) -> PersonScope:
        """Return the scope of the person who is signed in. Others are sent to sign in, and then `back`; staff may not.

        Raises SignInNeededError or PageError 403.
        """
        if self.signed_in is None:
            raise SignInNeededError(f"/sign-in?next={quote(back)}")
        if self.visitor is not Visitor.PERSON:
            raise PageError(403)
        return PersonScope(self.signed_in.subject_id)

    def require(self, permission: Permission, back: str) -> HospitalScope:
        """Return the scope of a member of a hospital's staff who may do something there.

        Others are sent to sign in, and then `back`. Raises SignInNeededError or PageError 403.
        """
        signed_in = self.require_staff(back)
        if signed_in.hospital_id is None or not self.may(permission, at=signed_in.hospital_id):
            raise PageError(403)
        return HospitalScope(signed_in.hospital_id)

    def require_at(self, permission: Permission, back: str, *, at: UUID | None) -> None:
        """Let only staff go on who may do something at a hospital, or for the whole city (None).

        Raises SignInNeededError or PageError 403.
        """
        self.require_staff(back)
        if not self.may(permission, at=at):
            raise PageError(403)

    def require_staff(self, back: str) -> SignedIn:
        """Return the session of a member of staff, whatever his duty. Raises SignInNeededError for anybody else."""
        if self.signed_in is None or self.signed_in.kind is not SubjectKind.STAFF:
            raise SignInNeededError(f"/desk/sign-in?next={quote(back)}")
        return self.signed_in

    def may(self, permission: Permission, *, at: UUID | None) -> bool:
        """Say whether the visitor is staff who may do something there."""
        return self.caller().kind is ActorKind.STAFF and self.caller().may(permission, at=at)

    async def read_form(self, *, fields_max: int = FIELDS_MAX) -> Fields:
        """Return the fields of the form that was posted, once it is known to come from a page of this visitor's.

        Raises PageError 400, 403 or 415.
        """
        if self.request.headers.get("content-type", "").split(";")[0].strip().lower() != _FORM_TYPE:
            raise PageError(415)
        try:
            fields = parse_fields(await self.request.body(), fields_max=fields_max)
        except UnreadableError:
            raise PageError(400) from None
        self._check_own(fields.get("csrf", ""))
        return fields

    async def read_json(self) -> Fields:
        """Return the texts of the JSON object that a page's own script posted, known to come from it as a form is.

        Raises PageError 400, 403 or 415.
        """
        if self.request.headers.get("content-type", "").split(";")[0].strip().lower() != _JSON_TYPE:
            raise PageError(415)
        try:
            sent = msgspec.json.decode(await self.request.body(), type=dict[str, str])
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            raise PageError(400) from None
        if any("\x00" in text for text in sent.values()):
            raise PageError(400)
        self._check_own(sent.get("csrf", ""))
        return sent

    def require_fresh(self, back: str) -> SignedIn:
        """Return the session of a person who showed a few minutes ago who he is; others do so, and then go `back`.

        Raises SignInNeededError or PageError 403.
        """
        self.require_person(back)
        if self.signed_in is None or not self.signed_in.is_fresh(self.service.world.clock.now()):
            raise SignInNeededError(f"/sign-in/again?next={quote(back)}")
        return self.signed_in

    def require_fresh_staff(self, back: str) -> SignedIn:
        """Return the session of a member of staff who showed a few minutes ago who he is; others do so, and go `back`.

        So does one for whom a hospital alone vouches: that opens no change of how he signs in. Raises
        SignInNeededError.
        """
        signed_in = self.require_staff(back)
        if signed_in.is_of_hospital or not signed_in.is_fresh(self.service.world.clock.now()):
            raise SignInNeededError(f"/staff/again?next={quote(back)}")
        return signed_in

    def _check_own(self, csrf: str) -> None:
        if not self._is_from_here() or not hmac.compare_digest(csrf.encode(), self.csrf.encode()):
            raise PageError(403)

    def key(self, form: Fields, *parts: object) -> IdempotencyKey:
        """Return the idempotency key of a form: one for each address, bound to what is asked. Raises PageError 400."""
        typed, path = form.get("idempotency_key", ""), self.request.url.path
        if not is_key(typed) or self.signed_in is None:
            raise PageError(400)
        return IdempotencyKey(self.signed_in.subject_id, f"{path} {typed}", fingerprint(path, *parts))

    def _is_from_here(self) -> bool:
        """Say whether the browser, where it tells, posts from a page of this site. Source: W3C Fetch Metadata."""
        headers = self.request.headers
        site, origin = headers.get("sec-fetch-site"), headers.get("origin")
        if site is not None:
            return site in {"same-origin", "none"}
        host = f"{self.request.url.scheme}://{headers.get('host', '')}"
        return origin is None or _origin_of(origin) in {_origin_of(host), _origin_of(self.service.settings.base_url)}


async def open_visit(request: AnyRequest, *, characters_max: int = VALUE_CHARACTERS_MAX) -> Visit:
    """Return the visit that a request belongs to, and remember it for an error page. Raises PageError 400.

    characters_max: of a value in the query.
    """
    service = service_of(request)
    jar = CookieJar(service.settings)
    try:
        query = parse_fields(request.scope["query_string"], characters_max=characters_max)
    except UnreadableError:
        raise PageError(400) from None
    token = request.cookies.get(jar.session)
    signed_in = await find_signed_in(request, token)
    name, standing = await _who(request, service, signed_in)
    visit = Visit(
        request=request,
        service=service,
        cookies=jar,
        query=query,
        language=_language(request, jar, query.get("lang")),
        signed_in=signed_in,
        name=name,
        visitor_id=_visitor_id(request, jar),
        has_ended=token is not None and signed_in is None,
        notice=_notice(request, jar),
        standing=standing,
    )
    request.scope["state"]["visit"] = visit
    return visit


def visit_so_far(request: AnyRequest) -> Visit:
    """Return the visit of a request that failed: as far as it was known, else that of a stranger."""
    known: Visit | None = request.scope["state"].get("visit")
    if known is not None:
        return known
    service = service_of(request)
    jar = CookieJar(service.settings)
    return Visit(request, service, jar, {}, _language(request, jar, None), visitor_id=_visitor_id(request, jar))


def _language(request: AnyRequest, jar: CookieJar, asked: str | None) -> Language:
    accepted = request.headers.get("accept-language")
    return choose_language(asked, request.cookies.get(jar.language), accept_language=accepted)


def _visitor_id(request: AnyRequest, jar: CookieJar) -> str:
    kept = request.cookies.get(jar.visitor, "")
    return kept if 0 < len(kept) <= _VISITOR_ID_LENGTH_MAX else secrets.token_urlsafe(24)


def _notice(request: AnyRequest, jar: CookieJar) -> Notice | None:
    carried = request.cookies.get(jar.notice)
    return Notice(carried) if carried in set(Notice) else None


def _origin_of(address: str) -> str | None:
    try:
        parts = urlsplit(address.lower())
    except ValueError:
        return None
    return f"{parts.scheme}://{parts.netloc}"


async def _who(request: AnyRequest, service: Service, signed_in: SignedIn | None) -> tuple[str, Standing | None]:
    """Return the visitor's name, and as whom he acts where he is staff."""
    if signed_in is None:
        return "", None
    if signed_in.kind is SubjectKind.PERSON:
        return await read_own_name(service.world, PersonScope(signed_in.subject_id)) or "", None
    acting = await read_acting(service.world, signed_in)
    if acting is None or signed_in.role is None:
        return "", None
    caller = caller_of(request, signed_in, Channel.WEB)
    reviews = await count_waiting(service.world, caller)
    waiting = {
        REVIEWS: reviews.count if reviews else 0,
        POLICIES: await count_to_decide(service.world, caller),
        REQUESTS: await count_requests(service.world, caller) or 0,
    }
    ways = ways_of(caller, {route.path for route in request.app.routes}, waiting)
    return acting.display_name, Standing(signed_in.role, acting.hospital_name, home_of(signed_in.role), ways)


def asked_language(visit: Visit) -> Language | None:
    """Return the language that the address of this page asks for, to be remembered."""
    return parse_language(visit.query.get("lang"))
