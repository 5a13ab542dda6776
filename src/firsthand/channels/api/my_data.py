"""A person's own data: everything as one document, and who looked. A guardian names the child."""

from typing import Annotated, Final
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromQuery, QueryParameter
from msgspec import Struct

from firsthand.account.actions import export_data, read_looks
from firsthand.account.model import Reason, Refused
from firsthand.audit.model import Caller
from firsthand.channels.api import problems
from firsthand.channels.api.access import own_id
from firsthand.channels.api.problems import ApiError, documented
from firsthand.channels.data_file import LookOut, MyDataOut, file_of, look_of
from firsthand.channels.requests import AnyRequest, request_id, service_of
from firsthand.identity.session.model import SignedIn
from firsthand.platform.i18n import Language, choose_language
from firsthand.platform.scope import PersonScope

_STATUS: Final = {
    Reason.NOT_PERMITTED: 403,
    Reason.PERSON_UNKNOWN: 404,
    Reason.STALE: 403,
    Reason.TOO_MANY: 429,
}
_DETAIL: Final = {
    Reason.NOT_PERMITTED: "Only the person himself reads this, by the record that is kept of him.",
    Reason.PERSON_UNKNOWN: "You are nobody's guardian of this id.",
    Reason.STALE: "Sign in anew: what can be carried away asks for a token that is at most ten minutes old.",
    Reason.TOO_MANY: "That was too often. Wait an hour.",
}
_LINE_MAX: Final = 2**63 - 1


class LooksOut(Struct, frozen=True):
    """A page of looks, newest first. below: what to send for older ones; null where there are none."""

    looks: list[LookOut]
    below: int | None


@get("/me/data", summary="All that is held on you", tags=["my data"], responses=documented(400, 401, 403, 404, 429))
async def get_my_data(
    request: AnyRequest,
    caller: NamedDependency[Caller],
    signed_in: NamedDependency[SignedIn],
    child: FromQuery[UUID | None] = None,
) -> MyDataOut:
    """Return the same file as the pages do, whole document numbers and looks in it. That it was made is recorded."""
    answer = await export_data(service_of(request).world, caller, signed_in, child or own_id(caller))
    if isinstance(answer, Refused):
        raise _problem(request, answer.reason)
    return file_of(answer, _language(request))


@get("/me/looks", summary="Who looked", tags=["my data"], responses=documented(400, 401, 403, 404, 429))
async def get_my_looks(
    request: AnyRequest,
    caller: NamedDependency[Caller],
    child: FromQuery[UUID | None] = None,
    below: Annotated[int | None, QueryParameter(ge=1, le=_LINE_MAX)] = None,
) -> LooksOut:
    """Return what staff, and people who act for you, did with your data, 50 to a page."""
    own, world = own_id(caller), service_of(request).world
    answer = await read_looks(world, caller, PersonScope(own), child or own, below=below)
    if isinstance(answer, Refused):
        raise _problem(request, answer.reason)
    language = _language(request)
    return LooksOut([look_of(look, language) for look in answer.looks], answer.more)


def _language(request: AnyRequest) -> Language:
    return choose_language(accept_language=request.headers.get("accept-language"))


def _problem(request: AnyRequest, reason: Reason) -> ApiError:
    headers = {"Retry-After": "3600"} if reason is Reason.TOO_MANY else None
    return ApiError(problems.make(_STATUS[reason], reason, _DETAIL[reason], request_id(request)), headers)


HANDLERS: Final = (get_my_data, get_my_looks)
