"""People at the desk: find whoever stands there, register him, see his record, and book for him."""

from typing import Final
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from firsthand.audit.model import Caller
from firsthand.booking.desk import FoundRequest, book_for_found
from firsthand.booking.model import Refused as BookingRefused
from firsthand.channels.api import problems
from firsthand.channels.api.access import document_of, hospital_scope, key_of
from firsthand.channels.api.bookings import IdempotencyHeader
from firsthand.channels.api.people_schemas import (
    BookForPersonIn,
    DocumentKindOut,
    FindPersonIn,
    FoundOut,
    MaskedDocumentOut,
    NewPersonIn,
    RecordOut,
)
from firsthand.channels.api.problems import ApiError, documented
from firsthand.channels.api.schemas import DeskBookedOut
from firsthand.channels.requests import AnyRequest, request_id, service_of
from firsthand.directory.counter.desk import register_at_desk
from firsthand.directory.counter.finding import find_by_document, find_on_phone, read_record
from firsthand.directory.counter.model import Found, NewAtDesk, Reason, Refused
from firsthand.directory.person.model import Phone
from firsthand.directory.person.model import Refused as PersonRefused
from firsthand.directory.person.rules import parse_name, parse_phone
from firsthand.identity.document.model import DocumentType
from firsthand.platform.i18n import Language, parse_language
from firsthand.release.model import Pool

_STATUS: Final = {Reason.NOT_PERMITTED: 403, Reason.NOT_FOUND: 404, Reason.TOO_MANY_SEARCHES: 429}
_DETAIL: Final = {
    Reason.NOT_PERMITTED: "Your duty does not allow this.",
    Reason.NOT_FOUND: "Nobody was found, or not by you within the last half hour. Find the person first.",
    Reason.TOO_MANY_SEARCHES: "There were too many searches. Wait a few minutes.",
    Reason.DOCUMENT_KNOWN: "Somebody is registered with this document. Find the person by it.",
    Reason.BIRTH_CONTRADICTS: "The date of birth is not the one that the document says.",
}


@get("/document-kinds", summary="List the kinds of documents", tags=["sign-in"], responses=documented())
async def get_kinds(request: AnyRequest) -> list[DocumentKindOut]:
    """Return every kind of document that is accepted: the built-in ones by their codes, further ones with names."""
    built_in = [DocumentKindOut(kind.value, None, None) for kind in DocumentType]
    further = service_of(request).kinds.current
    return [*built_in, *(DocumentKindOut(kind.code, kind.name_zh, kind.name_en) for kind in further)]


@post(
    "/desk/people/found",
    summary="Find a person",
    tags=["desk"],
    status_code=200,
    responses=documented(401, 403, 404, 422, 429, body=True),
)
async def post_find(request: AnyRequest, caller: NamedDependency[Caller], data: JSONBody[FindPersonIn]) -> FoundOut:
    """Find a person by the document on the counter; with name and date of birth, one who says all three on the phone.

    What was found holds for this member of staff, at this hospital, for half an hour. Each search is recorded.
    """
    document = document_of(request, data.document_type, data.document_number)
    world, scope = service_of(request).world, hospital_scope(caller)
    if data.name is not None and data.born_on is not None:
        answer = await find_on_phone(world, caller, scope, document, data.name, data.born_on)
    else:
        answer = await find_by_document(world, caller, scope, document)
    return _found(request, answer)


@post(
    "/desk/people",
    summary="Register a person at the desk",
    tags=["desk"],
    status_code=201,
    responses=documented(401, 403, 409, 422, body=True),
)
async def post_person(request: AnyRequest, caller: NamedDependency[Caller], data: JSONBody[NewPersonIn]) -> FoundOut:
    """Register the person whose document lies on the counter, with or without a phone."""
    document, name = document_of(request, data.document_type, data.document_number), parse_name(data.name)
    phone, language = parse_phone(data.phone) if data.phone else Phone(""), parse_language(data.language)
    if isinstance(name, PersonRefused):
        raise problems.of_person(name.reason, request_id(request))
    if isinstance(phone, PersonRefused):
        raise problems.of_person(phone.reason, request_id(request))
    if language is None:
        raise ApiError(problems.make(422, "language_unknown", "Choose zh-Hans or en.", request_id(request)))
    new = NewAtDesk(document, name, phone, Language(language), data.born_on)
    return _found(request, await register_at_desk(service_of(request).world, caller, hospital_scope(caller), new))


@get(
    "/desk/people/{person_id:uuid}",
    summary="Read the record of a person who was found",
    tags=["desk"],
    responses=documented(400, 401, 403, 404),
)
async def get_record(request: AnyRequest, caller: NamedDependency[Caller], person_id: FromPath[UUID]) -> RecordOut:
    """Return what the desk sees of a person whom this member of staff has found. Numbers are masked. It is recorded."""
    record = await read_record(service_of(request).world, caller, hospital_scope(caller), person_id)
    if isinstance(record, Refused):
        raise _problem(request, record.reason)
    names = [*(variant.name for variant in record.variants), *record.merged_names]
    documents = [MaskedDocumentOut(one.type, one.tail) for one in record.documents]
    return RecordOut(
        record.person_id, record.basis, record.name, list(names), record.born_on, record.phone_tail, documents
    )


@post(
    "/desk/people/{person_id:uuid}/bookings",
    summary="Book for a person who was found",
    tags=["desk"],
    status_code=201,
    responses=documented(401, 403, 404, 409, 422, body=True),
)
async def post_booking_for(
    request: AnyRequest,
    caller: NamedDependency[Caller],
    person_id: FromPath[UUID],
    data: JSONBody[BookForPersonIn],
    idempotency_key: IdempotencyHeader = "",
) -> DeskBookedOut:
    """Book an open or returned place of the hospital for the person, by the same rules as everywhere."""
    key = key_of(request, caller, idempotency_key, data.session_id, data.pool, person_id)
    asked = FoundRequest(caller, hospital_scope(caller), data.session_id, person_id, Pool(data.pool), key)
    answer = await book_for_found(service_of(request).world, asked)
    if isinstance(answer, BookingRefused):
        raise problems.of_booking(answer.reason, answer.cap, request_id(request))
    return DeskBookedOut(answer.booking_id, answer.code, answer.number)


def _found(request: AnyRequest, answer: Found | Refused) -> FoundOut:
    if isinstance(answer, Refused):
        raise _problem(request, answer.reason)
    return FoundOut(answer.person_id, answer.basis)


def _problem(request: AnyRequest, reason: Reason) -> ApiError:
    status, detail = _STATUS.get(reason, 409), _DETAIL.get(reason, "This cannot be done for this person.")
    headers = {"Retry-After": "600"} if status == _STATUS[Reason.TOO_MANY_SEARCHES] else None
    return ApiError(problems.make(status, reason, detail, request_id(request)), headers)


OPEN_HANDLERS: Final = (get_kinds,)
HANDLERS: Final = (post_find, post_person, get_record, post_booking_for)
