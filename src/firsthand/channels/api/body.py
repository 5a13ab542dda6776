"""What may stand in a body: one JSON text (RFC 8259) in UTF-8, which every reader reads in the same way.

Checked before a body is decoded. A field that is given twice is refused, because the next reader could take the other
one; NaN and the like, because JSON has none; nesting without end, because nothing of this API is nested.
"""

import json
from collections.abc import Sequence
from typing import Any, Final

from litestar.enums import HttpMethod

from firsthand.channels.api import problems
from firsthand.channels.api.problems import ApiError
from firsthand.channels.requests import AnyRequest, request_id

BODY_BYTES_MAX: Final = 65_536
MEDIA_TYPE: Final = "application/json"


async def check_body(request: AnyRequest) -> None:
    """Refuse a body that is no JSON, or not plainly so. Raises ApiError 400 or 415, and Litestar's error for 413."""
    if request.method != HttpMethod.POST:
        return
    body = await request.body()
    if not body:
        if "data" in request.route_handler.parsed_fn_signature.parameters:
            raise _unreadable(request, "it is missing")
        return
    media_type, parameters = request.content_type
    charset = parameters.get("charset", "utf-8").lower()
    coding = request.headers.get("content-encoding", "identity").lower()
    if (media_type, charset, coding) != (MEDIA_TYPE, "utf-8", "identity"):
        detail = f"Send {MEDIA_TYPE}, in UTF-8 and not compressed."
        problem = problems.make(415, "media_type_not_accepted", detail, request_id(request))
        raise ApiError(problem, {"Accept": MEDIA_TYPE})
    try:
        json.loads(body.decode(), object_pairs_hook=_each_once, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        # What the decoder says names a place in the body and never quotes it.
        reason = str(error) if isinstance(error, json.JSONDecodeError | _NotPlainError) else "it cannot be decoded"
        raise _unreadable(request, reason) from None


class _NotPlainError(ValueError):
    """The body can be read in more than one way."""


def _unreadable(request: AnyRequest, reason: str) -> ApiError:
    detail = f"The body is not plain JSON in UTF-8: {reason}."
    return ApiError(problems.make(400, "invalid_request", detail, request_id(request)))


def _each_once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise _NotPlainError("a field is given twice")
    return fields


def _no_constant(_name: str) -> None:
    raise _NotPlainError("NaN and Infinity are no JSON")
