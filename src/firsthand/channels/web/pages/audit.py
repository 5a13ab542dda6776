"""The audit record, for auditors. Each look at it is itself recorded."""

from datetime import datetime, time, timedelta
from typing import Final
from uuid import UUID

from litestar import Response, get

from firsthand.audit.reading import Refused, Wanted, read_lines
from firsthand.channels.requests import AnyRequest
from firsthand.channels.web.answers import respond
from firsthand.channels.web.emergency_contexts import AuditPage
from firsthand.channels.web.forms import Fields, parse_day, parse_id
from firsthand.channels.web.frame import FieldProblem, Problem
from firsthand.channels.web.page_error import PageError
from firsthand.channels.web.visits import Visit, open_visit
from firsthand.platform.access import Permission

_ADDRESS: Final = "/admin/audit"
_FIELDS: Final = ("since", "until", "action", "outcome", "staff", "person", "hospital", "below")
_NUMBER_DIGITS_MAX: Final = 18
# An instant outside of these is no day of any record, and some are none in every time zone.
_YEAR_FIRST, _YEAR_LAST = 2000, 2200


@get(_ADDRESS)
async def show_audit(request: AnyRequest) -> Response[str]:
    """Show the lines that are looked for, newest first, and how far the record is sealed."""
    visit = await open_visit(request)
    visit.require_at(Permission.READ_AUDIT, _ADDRESS, at=None)
    typed = {name: visit.query.get(name, "").strip() for name in _FIELDS}
    wanted = _wanted(visit, typed)
    if isinstance(wanted, FieldProblem):
        return respond(visit, _page(visit, typed, wanted))
    found = await read_lines(visit.service.world, visit.caller(), wanted)
    if isinstance(found, Refused):
        raise PageError(403)
    late = found.state.tail.is_late(visit.service.world.clock.now())
    frame = visit.frame(_ADDRESS, typed.items())
    return respond(visit, AuditPage(frame, typed, found, visit.service.settings.time_zone.key, late))


def _wanted(visit: Visit, typed: Fields) -> Wanted | FieldProblem:
    zone = visit.service.settings.time_zone
    days = {name: parse_day(typed[name]) for name in ("since", "until") if typed[name]}
    ids = {name: parse_id(typed[name]) for name in ("staff", "person", "hospital") if typed[name]}
    for name, day in days.items():
        if day is None or not _YEAR_FIRST <= day.year <= _YEAR_LAST:
            return FieldProblem(name, Problem.DAY_INVALID)
    for name, wanted in ids.items():
        if wanted is None:
            return FieldProblem(name, Problem.ID_INVALID)
    below = typed["below"]
    is_number = below.isascii() and below.isdecimal() and len(below) <= _NUMBER_DIGITS_MAX
    since, until = days.get("since"), days.get("until")
    return Wanted(
        since=datetime.combine(since, time(), zone) if since else None,
        until=datetime.combine(until + timedelta(days=1), time(), zone) if until else None,
        action=typed["action"] or None,
        outcome=typed["outcome"] or None,
        actor_id=_id(ids, "staff"),
        person_id=_id(ids, "person"),
        hospital_id=_id(ids, "hospital"),
        below=int(below) if is_number else None,
    )


def _id(ids: dict[str, UUID | None], name: str) -> UUID | None:
    return ids.get(name)


def _page(visit: Visit, typed: Fields, problem: FieldProblem) -> AuditPage:
    frame = visit.frame(_ADDRESS, typed.items())
    return AuditPage(frame, typed, None, visit.service.settings.time_zone.key, problems=(problem,))


HANDLERS: Final = (show_audit,)
