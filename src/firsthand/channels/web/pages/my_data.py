"""A person's own data: all that is held, why, until when, who looked, and a file of it all.

A guardian sees the same of a child: its id stands in the address and in forms as `child`. To everybody else there is no
such page, whether there is such a person or not.
"""

from dataclasses import replace
from typing import Final, NoReturn
from urllib.parse import urlencode
from uuid import UUID

from litestar import Response, get, post

from firsthand.account.actions import export_data, read_data, read_looks, read_numbers, read_whose
from firsthand.account.limits import EXPORTS
from firsthand.account.model import DataFile, PersonData, Reason, Refused
from firsthand.channels import data_file
from firsthand.channels.requests import AnyRequest
from firsthand.channels.web.answers import respond
from firsthand.channels.web.forms import Fields, parse_id
from firsthand.channels.web.frame import FieldProblem, Problem
from firsthand.channels.web.my_data_contexts import FileKind, MyDataFilePage, MyDataPage, MyExportPage, MyLooksPage
from firsthand.channels.web.my_data_saying import Speaker, withheld_reasons
from firsthand.channels.web.page_error import PageError, SignInNeededError
from firsthand.channels.web.render import render
from firsthand.channels.web.visits import Visit, open_visit

HERE: Final = "/me/data"
_LOOKS: Final = f"{HERE}/looks"
_EXPORT: Final = f"{HERE}/export"
_NUMBER_DIGITS_MAX: Final = 18
_INVALID: Final = 422
_HOUR_SECONDS: Final = 3600
_ENDINGS: Final = {FileKind.PAGE: "html", FileKind.JSON: "json"}


@get(HERE)
async def show_data(request: AnyRequest) -> Response[str]:
    """Show all that is held on the person, document numbers masked."""
    visit = await open_visit(request)
    scope = visit.require_person(_back(HERE, visit.query))
    child = _child(visit.query)
    answer = await read_data(visit.service.world, visit.caller(), scope, child or scope.person_id)
    if isinstance(answer, Refused):
        _refuse(answer.reason, HERE)
    return respond(visit, _page(visit, answer, child))


@post(f"{HERE}/numbers")
async def show_numbers(request: AnyRequest) -> Response[str]:
    """Show the same with document numbers, to somebody who has just shown who he is. It is recorded each time."""
    visit = await open_visit(request)
    visit.require_person(HERE)
    form = await visit.read_form()
    child = _child(form)
    signed_in = visit.require_fresh(_back(HERE, form))
    answer = await read_numbers(visit.service.world, visit.caller(), signed_in, child or signed_in.subject_id)
    if isinstance(answer, Refused):
        _refuse(answer.reason, _back(HERE, form))
    return respond(visit, _page(visit, answer, child))


@get(_LOOKS)
async def show_looks(request: AnyRequest) -> Response[str]:
    """Show what others did with the person's data, newest first."""
    visit = await open_visit(request)
    scope = visit.require_person(_back(_LOOKS, visit.query))
    child, below = _child(visit.query), _below(visit.query)
    of = child or scope.person_id
    answer = await read_looks(visit.service.world, visit.caller(), scope, of, below=below)
    if isinstance(answer, Refused):
        _refuse(answer.reason, _LOOKS)
    speaker = _speaker(visit)
    page = MyLooksPage(
        frame=visit.frame(_LOOKS, [("child", _text(child)), ("below", str(below or ""))]),
        looks=tuple(speaker.look(look) for look in answer.looks),
        name=answer.child,
        child=_text(child),
        older=answer.more,
        newer=below is not None,
    )
    return respond(visit, page)


@get(_EXPORT)
async def ask_export(request: AnyRequest) -> Response[str]:
    """Ask once more before a file is made. It takes a fresh sign-in."""
    visit = await open_visit(request)
    back = _back(_EXPORT, visit.query)
    visit.require_fresh(back)
    return respond(visit, await _export_page(visit, _child(visit.query), ()))


@post(_EXPORT)
async def export(request: AnyRequest) -> Response[bytes] | Response[str]:
    """Give the file. It takes a fresh sign-in and a tick, and is recorded."""
    visit = await open_visit(request)
    visit.require_person(_EXPORT)
    form = await visit.read_form()
    child = _child(form)
    signed_in = visit.require_fresh(_back(_EXPORT, form))
    kind = FileKind.JSON if form.get("kind") == FileKind.JSON else FileKind.PAGE
    if form.get("confirm") != "yes":
        problem = FieldProblem("confirm", Problem.EXPORT_NOT_CONFIRMED)
        return respond(visit, await _export_page(visit, child, (problem,), kind), status=_INVALID)
    answer = await export_data(visit.service.world, visit.caller(), signed_in, child or signed_in.subject_id)
    if isinstance(answer, Refused):
        _refuse(answer.reason, _back(_EXPORT, form))
    return _file(visit, answer, kind)


def _file(visit: Visit, file: DataFile, kind: FileKind) -> Response[bytes]:
    """Return the file, to be kept and never opened as a page of this site."""
    if kind is FileKind.JSON:
        content, media_type = data_file.bytes_of(file, visit.language), "application/json"
    else:
        content, media_type = render(_file_page(visit, file)).encode(), "text/html; charset=utf-8"
    headers = {
        "Content-Disposition": f'attachment; filename="{data_file.name_of(file, _ENDINGS[kind])}"',
        "Content-Security-Policy": "default-src 'none'",
        "Cache-Control": "no-store",
    }
    return Response(content, status_code=200, media_type=media_type, headers=headers)


def _file_page(visit: Visit, file: DataFile) -> MyDataFilePage:
    speaker = replace(_speaker(visit), rows_max=None)
    return MyDataFilePage(
        frame=visit.frame(HERE),
        name=file.data.child,
        made_at=speaker.instant(file.data.made_at),
        categories=speaker.categories(file.data),
        looks=tuple(speaker.look(look) for look in file.looks),
        older_looks=file.older_looks,
        withheld=withheld_reasons(visit.language),
    )


async def _export_page(
    visit: Visit, child: UUID | None, problems: tuple[FieldProblem, ...], kind: FileKind = FileKind.PAGE
) -> MyExportPage:
    scope = visit.require_person(_EXPORT)
    name = await read_whose(visit.service.world, visit.caller(), scope, child or scope.person_id)
    if isinstance(name, Refused):
        _refuse(name.reason, _EXPORT)
    frame = visit.frame(_EXPORT, [("child", _text(child))])
    return MyExportPage(frame, _text(child), name, EXPORTS.attempts_max, kind, problems)


def _page(visit: Visit, data: PersonData, child: UUID | None) -> MyDataPage:
    return MyDataPage(
        frame=visit.frame(HERE, [("child", _text(child))]),
        data=data,
        categories=_speaker(visit).categories(data),
        withheld=withheld_reasons(visit.language),
        child=_text(child),
    )


def _speaker(visit: Visit) -> Speaker:
    return Speaker(visit.language, visit.service.settings.time_zone.key, visit.kinds)


def _child(fields: Fields) -> UUID | None:
    """Return the child that an address or a form names, None for oneself. Raises PageError 404."""
    typed = fields.get("child", "")
    if not typed:
        return None
    if (child := parse_id(typed)) is None:
        raise PageError(404)
    return child


def _below(query: Fields) -> int | None:
    """Return the number from which older looks go on; None where there is none, or none that makes sense."""
    typed = query.get("below", "")
    is_number = typed.isascii() and typed.isdecimal() and len(typed) <= _NUMBER_DIGITS_MAX
    return int(typed) if is_number else None


def _back(address: str, fields: Fields) -> str:
    child = parse_id(fields.get("child", ""))
    return f"{address}?{urlencode({'child': str(child)})}" if child else address


def _text(child: UUID | None) -> str:
    return str(child) if child else ""


def _refuse(reason: Reason, back: str) -> NoReturn:
    """Answer a refusal. Raises PageError, or SignInNeededError where a fresh sign-in is all that is missing."""
    match reason:
        case Reason.PERSON_UNKNOWN:
            raise PageError(404)
        case Reason.TOO_MANY:
            raise PageError(429, retry_seconds=_HOUR_SECONDS)
        case Reason.NOT_PERMITTED:
            raise PageError(403)
        case Reason.STALE:
            raise SignInNeededError(f"/sign-in/again?{urlencode({'next': back})}")


HANDLERS: Final = (show_data, show_numbers, show_looks, ask_export, export)
