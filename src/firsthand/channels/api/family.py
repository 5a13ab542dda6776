"""Families: for whom somebody acts, who acts for him, and how that begins and ends."""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from firsthand.audit.model import Caller
from firsthand.channels import retry
from firsthand.channels.api import problems
from firsthand.channels.api.access import document_of, own_id
from firsthand.channels.api.family_schemas import (
    AdultTieIn,
    ChildTieIn,
    TieActiveOut,
    TieAskedOut,
    TieCodeIn,
    TieEndedOut,
    TieOut,
)
from firsthand.channels.api.problems import ApiError, documented
from firsthand.channels.requests import AnyRequest, client_address, request_id, service_of
from firsthand.directory.family import actions as family
from firsthand.directory.family.asking import ask_adult, ask_child
from firsthand.directory.family.model import Active, AdultAsked, ChildAsked, Reason, Refused, ShownTie, State
from firsthand.directory.family.rules import parse_label
from firsthand.directory.person.model import Refused as PersonRefused
from firsthand.directory.person.rules import parse_name
from firsthand.platform.i18n import DEFAULT_LANGUAGE, Language, parse_language
from firsthand.platform.scope import PersonScope

_STATUS: Final[Mapping[Reason, int]] = {
    Reason.NOT_PERMITTED: 403,
    Reason.CARER_NOT_OF_AGE: 403,
    Reason.TIE_UNKNOWN: 404,
    Reason.PERSON_UNKNOWN: 404,
    Reason.LABEL_INVALID: 422,
    Reason.BIRTH_INVALID: 422,
    Reason.BIRTH_DIFFERS: 422,
    Reason.CHILD_OF_AGE: 422,
    Reason.ONESELF: 422,
    Reason.TOO_MANY_REQUESTS: 429,
}
_DETAIL: Final[Mapping[Reason, str]] = {
    Reason.NOT_PERMITTED: "This is not yours to ask.",
    Reason.CARER_NOT_OF_AGE: "Only somebody who is known to be of age can act for others. Ask at a hospital's desk.",
    Reason.TIE_UNKNOWN: "There is no such tie.",
    Reason.LABEL_INVALID: "A label has letters, and at most 30 characters.",
    Reason.BIRTH_INVALID: "Nobody is born on this day.",
    Reason.BIRTH_DIFFERS: "The document's number says another date of birth.",
    Reason.CHILD_OF_AGE: "This person is of age: ask as for an adult.",
    Reason.ONESELF: "This is your own document.",
    Reason.CODE_WRONG: "The code is not right. There are tries left.",
    Reason.CODE_SPENT: "The code can no longer be used.",
    Reason.TOO_MANY_REQUESTS: "There were too many requests. Wait a few minutes.",
    Reason.PHONE_SHARED: "Both have one phone, which cannot show who says yes. A hospital's desk can confirm it.",
}


@get("/ties", summary="List one's family ties", tags=["family"], responses=documented(401, 403))
async def get_ties(request: AnyRequest, caller: NamedDependency[Caller]) -> list[TieOut]:
    """Return for whom the caller acts, who acts for him, and what others ask about his children; the latest first."""
    found = await family.read_family(service_of(request).world, PersonScope(own_id(caller)))
    sides: Sequence[tuple[str, Sequence[ShownTie]]] = (
        ("carer", found.dependants),
        ("dependant", found.carers),
        ("guardian", found.of_children),
    )
    return [_tie_out(side, shown) for side, ties in sides for shown in ties]


@post(
    "/ties/adults",
    status_code=202,
    summary="Ask to act for an adult",
    tags=["family"],
    responses=documented(401, 403, 409, 422, 429, body=True),
)
async def post_adult(request: AnyRequest, caller: NamedDependency[Caller], data: JSONBody[AdultTieIn]) -> TieAskedOut:
    """Ask the adult with this document. The answer is the same whether anybody has it or not."""
    document, label = document_of(request, data.document_type, data.document_number), parse_label(data.label)
    if isinstance(label, Refused):
        raise _problem(request, label)
    asked = AdultAsked(document, label)
    scope = PersonScope(own_id(caller))
    answer = await ask_adult(service_of(request).world, caller, scope, asked, client_address(request))
    if isinstance(answer, Refused):
        raise _problem(request, answer)
    return TieAskedOut(answer.tie_id, None)


@post(
    "/ties/children",
    status_code=202,
    summary="Add a child",
    tags=["family"],
    responses=documented(401, 403, 409, 422, 429, body=True),
)
async def post_child(request: AnyRequest, caller: NamedDependency[Caller], data: JSONBody[ChildTieIn]) -> TieAskedOut:
    """Register a child, or ask to be another guardian of one. With a document the answer does not say which."""
    name, language = parse_name(data.name), parse_language(data.language)
    if isinstance(name, PersonRefused):
        raise problems.of_person(name.reason, request_id(request))
    if language is None:
        raise ApiError(problems.make(422, "language_unknown", "Choose zh-Hans or en.", request_id(request)))
    document = None
    if data.document_type is not None or data.document_number is not None:
        document = document_of(request, data.document_type or "", data.document_number or "")
    asked = ChildAsked(name, data.born_on, document, Language(language))
    scope = PersonScope(own_id(caller))
    answer = await ask_child(service_of(request).world, caller, scope, asked, client_address(request))
    if isinstance(answer, Refused):
        raise _problem(request, answer)
    return TieAskedOut(answer.tie_id, answer.usable_from if isinstance(answer, Active) else None)


@post(
    "/ties/{tie_id:uuid}/code",
    status_code=200,
    summary="Confirm a tie by code",
    tags=["family"],
    responses=documented(401, 403, 404, 409, body=True),
)
async def post_code(
    request: AnyRequest, caller: NamedDependency[Caller], tie_id: FromPath[UUID], data: JSONBody[TieCodeIn]
) -> TieActiveOut:
    """Enter, as the carer, the code that went to the dependant's own phone."""
    scope = PersonScope(own_id(caller))
    answer = await family.confirm_by_code(service_of(request).world, caller, scope, tie_id, data.code)
    return _active(request, answer)


@post(
    "/ties/{tie_id:uuid}/confirmation",
    status_code=200,
    summary="Say yes to a tie",
    tags=["family"],
    responses=documented(400, 401, 403, 404, 409),
)
async def post_confirmation(
    request: AnyRequest, caller: NamedDependency[Caller], tie_id: FromPath[UUID]
) -> TieActiveOut:
    """Say yes: as the dependant, or as a guardian of the child."""
    scope = PersonScope(own_id(caller))
    answer = await family.confirm_tie(service_of(request).world, caller, scope, tie_id, DEFAULT_LANGUAGE)
    return _active(request, answer)


@post(
    "/ties/{tie_id:uuid}/end",
    status_code=200,
    summary="End a tie, or say no to one",
    tags=["family"],
    responses=documented(400, 401, 403, 404, 409),
)
async def post_end(request: AnyRequest, caller: NamedDependency[Caller], tie_id: FromPath[UUID]) -> TieEndedOut:
    """End a tie at once, as either side. Bookings already made stay the patient's."""
    answer = await family.end_tie(service_of(request).world, caller, PersonScope(own_id(caller)), tie_id)
    if isinstance(answer, Refused):
        raise _problem(request, answer)
    return TieEndedOut(answer.tie_id, answer.why)


def _tie_out(side: str, shown: ShownTie) -> TieOut:
    tie = shown.tie
    # What has run out is over, whether a job has ended it yet or not.
    over = not shown.living and not shown.waiting
    return TieOut(
        tie_id=tie.id,
        side=side,
        kind=tie.kind,
        state=State.ENDED if over else tie.state,
        name=shown.name,
        person_id=tie.dependant_id if shown.living else None,
        usable_from=tie.usable_from if shown.living else None,
        ends_at=tie.term_ends_at if shown.living else None,
    )


def _active(request: AnyRequest, answer: Active | Refused) -> TieActiveOut:
    if isinstance(answer, Refused):
        raise _problem(request, answer)
    return TieActiveOut(answer.tie_id, answer.usable_from)


def _problem(request: AnyRequest, refused: Refused) -> ApiError:
    reason = refused.reason
    status = _STATUS.get(reason, 409)
    detail = _DETAIL.get(reason, "This is not possible as things stand.")
    headers = {"Retry-After": str(retry.LIMIT_SECONDS)} if reason is Reason.TOO_MANY_REQUESTS else None
    return ApiError(problems.make(status, reason, detail, request_id(request)), headers)


HANDLERS: Final = (get_ties, post_adult, post_child, post_code, post_confirmation, post_end)
