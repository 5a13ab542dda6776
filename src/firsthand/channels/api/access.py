"""Who may call: bearer tokens, roles, and the idempotency key of a request.

Who calls is found out by a guard, before anything else of the request is read: a stranger learns nothing of what an
address takes, and costs no more than a look at his token.
"""

from typing import Final
from uuid import UUID

from litestar.di import Provide
from litestar.handlers import BaseRouteHandler

from firsthand.audit.model import Caller, Channel
from firsthand.channels.api import problems
from firsthand.channels.api.problems import ApiError
from firsthand.channels.requests import AnyConnection, AnyRequest, caller_of, find_signed_in, request_id, service_of
from firsthand.identity.document.model import Document
from firsthand.identity.document.rules import parse_document
from firsthand.identity.model import Refused as IdentityRefused
from firsthand.identity.session.model import SignedIn, SubjectKind
from firsthand.platform.idempotency import IdempotencyKey, fingerprint
from firsthand.platform.scope import HospitalScope

KEY_LENGTH_MAX: Final = 200
_STATE: Final = "signed_in"


async def admit_signed_in(connection: AnyConnection, _handler: BaseRouteHandler) -> None:
    """Let in whoever's bearer token is valid. Raises ApiError 401."""
    await _admit(connection)


async def admit_person(connection: AnyConnection, _handler: BaseRouteHandler) -> None:
    """Let in a person who books for himself. Raises ApiError 401 or 403."""
    if (await _admit(connection)).kind is not SubjectKind.PERSON:
        raise _not_permitted(connection, "Only a person books for himself. The desk has addresses of its own.")


async def admit_staff(connection: AnyConnection, _handler: BaseRouteHandler) -> None:
    """Let in the desk of a hospital. Raises ApiError 401 or 403."""
    signed_in = await _admit(connection)
    if signed_in.kind is not SubjectKind.STAFF or signed_in.hospital_id is None:
        raise _not_permitted(connection, "Only the desk of a hospital may do this.")


async def provide_signed_in(request: AnyRequest) -> SignedIn:
    """Return whom a guard let in."""
    signed_in: SignedIn = request.scope["state"][_STATE]
    return signed_in


async def provide_caller(request: AnyRequest) -> Caller:
    """Return whom a guard let in, as actions know him."""
    return caller_of(request, await provide_signed_in(request), Channel.API)


def key_of(request: AnyRequest, caller: Caller, key: str, *parts: object) -> IdempotencyKey:
    """Return the idempotency key of a request, bound to what it asks. Raises ApiError 400."""
    plain = key.isascii() and key.isprintable() and key == key.strip()
    if not (plain and 1 <= len(key) <= KEY_LENGTH_MAX):
        raise problems.of_idempotency_key(request_id(request))
    return IdempotencyKey(own_id(caller), key, fingerprint(request.url.path, *parts))


def document_of(request: AnyRequest, document_type: str, number: str) -> Document:
    """Return the document that a request names. Raises ApiError 422."""
    document = parse_document(document_type, number, service_of(request).kinds.current)
    if isinstance(document, IdentityRefused):
        raise problems.of_identity(document.reason, request_id(request))
    return document


def own_id(caller: Caller) -> UUID:
    """Return the id of whom a guard let in. Nobody is let in without one."""
    if caller.id is None:
        raise TypeError("a caller whom a guard let in has an id")
    return caller.id


def hospital_scope(caller: Caller) -> HospitalScope:
    """Return the scope of a member of staff: his hospital."""
    if caller.hospital_id is None:
        raise TypeError("a member of staff has a hospital")
    return HospitalScope(caller.hospital_id)


async def _admit(connection: AnyConnection) -> SignedIn:
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    signed_in = await find_signed_in(connection, token.strip()) if scheme.lower() == "bearer" else None
    if signed_in is None:
        detail = "Send a token that is still valid: Authorization: Bearer <token>."
        raise ApiError(problems.make(401, "not_signed_in", detail, request_id(connection)), problems.CHALLENGE)
    connection.scope["state"][_STATE] = signed_in
    return signed_in


def _not_permitted(connection: AnyConnection, detail: str) -> ApiError:
    return ApiError(problems.make(403, "not_permitted", detail, request_id(connection)))


DEPENDENCIES: Final = {"signed_in": Provide(provide_signed_in), "caller": Provide(provide_caller)}
