"""The page on which staff see what every message says and, where they look after the city, what became of them."""

from collections import Counter
from typing import Final

from litestar import Response, get

from firsthand.audit.model import ActorKind
from firsthand.channels.requests import AnyRequest
from firsthand.channels.web.answers import respond
from firsthand.channels.web.message_contexts import Failure, MessagesPage, Preview, Saying, Tally
from firsthand.channels.web.page_error import PageError
from firsthand.channels.web.visits import open_visit
from firsthand.messages.actions import COUNTED_FOR, read_counts
from firsthand.messages.calendar import write_event
from firsthand.messages.examples import example_event, example_facts
from firsthand.messages.model import Count, Refused, Template
from firsthand.messages.rules import CODES
from firsthand.messages.segments import measure
from firsthand.messages.templates import SUBJECTS, render
from firsthand.platform.access import Permission
from firsthand.platform.i18n import Language

_HERE: Final = "/admin/messages"
_ORGANIZER: Final = "appointments@example.org"
_ATTENDEE: Final = "somebody@example.org"


@get(_HERE)
async def show_messages(request: AnyRequest) -> Response[str]:
    """Show every message in every language; to the city's administrators also counts, which name nobody."""
    visit = await open_visit(request)
    staff = visit.require_staff(_HERE)
    if not visit.may(Permission.PREVIEW_MESSAGES, at=staff.hospital_id):
        raise PageError(403)
    counts: list[Count] | Refused | None = None
    if visit.caller().kind is ActorKind.STAFF and visit.may(Permission.PREVIEW_MESSAGES, at=None):
        counts = await read_counts(visit.service.world, visit.caller())
    if isinstance(counts, Refused):
        raise PageError(403)
    page = MessagesPage(
        frame=visit.frame(_HERE),
        previews=tuple(preview_of(template, visit.language) for template in Template),
        tallies=None if counts is None else _tallies(counts),
        failures=None if counts is None else _failures(counts),
        days=COUNTED_FOR.days,
        time_zone=visit.service.settings.time_zone.key,
    )
    return respond(visit, page)


def preview_of(template: Template, spoken: Language) -> Preview:
    """Return a template as the page shows it to somebody who speaks this language."""
    sayings = tuple(_saying(template, language) for language in Language)
    return Preview(template, SUBJECTS[template][spoken], template not in CODES, sayings)


def _saying(template: Template, language: Language) -> Saying:
    body = render(template, language, example_facts(template, language))
    event = example_event(template, language)
    calendar = ""
    if event is not None:
        file = write_event(event, now=event.starts_at, organizer=_ORGANIZER, attendee=_ATTENDEE)
        calendar = file.decode().replace("\r\n", "\n")
    return Saying(language, SUBJECTS[template][language], body, measure(body), calendar)


def _tallies(counts: list[Count]) -> tuple[Tally, ...]:
    summed: Counter[tuple[str, str]] = Counter()
    for count in counts:
        summed[count.way, count.state] += count.count
    kinds = {(count.way, count.state) for count in counts}
    return tuple(Tally(way, state, summed[way, state]) for way, state in sorted(kinds))


def _failures(counts: list[Count]) -> tuple[Failure, ...]:
    return tuple(
        Failure(count.template, count.way, count.state, count.error, count.count, count.last_at)
        for count in counts
        if count.error is not None
    )


HANDLERS: Final = (show_messages,)
