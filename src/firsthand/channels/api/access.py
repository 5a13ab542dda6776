"""Who may call: bearer tokens, roles, and the idempotency key of a request."""

from typing import Final
from uuid import UUID

from litestar.di import NamedDependency, Provide

from firsthand.audit.model import Caller, Channel
from firsthand.channels.api import problems
from firsthand.channels.api.problems import ApiError
from firsthand.channels.requests import AnyRequest, caller_of, find_signed_in, request_id
from firsthand.identity.document.model import Document
from firsthand.identity.document.rules import parse_document
from firsthand.identity.model import Refused as IdentityRefused
from firsthand.identity.session.model import SignedIn, SubjectKind
from firsthand.platform.idempotency import IdempotencyKey, fingerprint
from firsthand.platform.scope import HospitalScope

KEY_LENGTH_MAX: Final = 200


async def provide_signed_in(request: AnyRequest) -> SignedIn:
    """Return whom the bearer token stands for. Raises ApiError 401."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    signed_in = await find_signed_in(request, token.strip()) if scheme.lower() == "bearer" else None
    if signed_in is None:
        detail = "Send a token that is still valid: Authorization: Bearer <token>."
        problem = problems.make(401, "not_signed_in", detail, request_id(request))
        raise ApiError(problem, {"WWW-Authenticate": "Bearer"})
    return signed_in


async def provide_person(request: AnyRequest, signed_in: NamedDependency[SignedIn]) -> Caller:
    """Return the person who calls. Raises ApiError 401 or 403."""
    if signed_in.kind is not SubjectKind.PERSON:
        raise _not_permitted(request, "Only a person books for himself. The desk has addresses of its own.")
    return caller_of(request, signed_in, Channel.API)


async def provide_staff(request: AnyRequest, signed_in: NamedDependency[SignedIn]) -> Caller:
    """Return the member of staff who calls. Raises ApiError 401 or 403."""
    if signed_in.kind is not SubjectKind.STAFF:
        raise _not_permitted(request, "Only the desk of a hospital may do this.")
    return caller_of(request, signed_in, Channel.API)


def key_of(request: AnyRequest, caller: Caller, key: str, *parts: object) -> IdempotencyKey:
    """Return the idempotency key of a request, bound to what it asks. Raises ApiError 400."""
    if not (1 <= len(key) <= KEY_LENGTH_MAX and key.isascii() and key.isprintable()) or caller.id is None:
        detail = f"Send an Idempotency-Key of 1 to {KEY_LENGTH_MAX} plain characters, new for each thing you ask."
        raise ApiError(problems.make(400, "idempotency_key_invalid", detail, request_id(request)))
    return IdempotencyKey(caller.id, key, fingerprint(request.url.path, *parts))


def document_of(request: AnyRequest, document_type: str, number: str) -> Document:
    """Return the document that a request names. Raises ApiError 422."""
    document = parse_document(document_type, number)
    if isinstance(document, IdentityRefused):
        raise problems.of_identity(document.reason, request_id(request))
    return document


def hospital_scope(caller: Caller) -> HospitalScope:
    """Return the scope of a member of staff: his hospital."""
    return HospitalScope(caller.hospital_id or UUID(int=0))


def _not_permitted(request: AnyRequest, detail: str) -> ApiError:
    return ApiError(problems.make(403, "not_permitted", detail, request_id(request)))


DEPENDENCIES: Final = {
    "signed_in": Provide(provide_signed_in),
    "person": Provide(provide_person),
    "staff": Provide(provide_staff),
}
