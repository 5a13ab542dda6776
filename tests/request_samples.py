"""The pages of people's requests, in every state that they can show."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from firsthand.booking.deleting import ChildOf
from firsthand.channels.web import request_contexts as r
from firsthand.channels.web.contexts import DocumentFields
from firsthand.channels.web.frame import FieldProblem, Frame, Problem, Standing, Visitor
from firsthand.channels.web.render import Page
from firsthand.channels.web.ways import Way
from firsthand.directory.forgetting.model import ChildsWay
from firsthand.directory.person.model import PersonName
from firsthand.directory.request.actions import OwnRequest
from firsthand.directory.request.model import ABOUT, About, Kind, Queued, Request, Shown, State
from firsthand.platform.access import Role
from firsthand.platform.i18n import Language

NOW = datetime(2026, 3, 27, 1, 20, tzinfo=UTC)
ZONE = "Asia/Shanghai"
WEEK = timedelta(days=7)
WORDS = "我的名字里“晓”写成了“小” <b>&amp;</b>, and this is a very long sentence " + "without an end " * 12
ANSWER = "查过了：请带身份证到窗口 <script>alert(1)</script>"
HOSPITALS = (r.HospitalChoice(UUID(int=1), "第三人民医院"), r.HospitalChoice(UUID(int=2), "Vaccine Clinic Boston"))


def request(kind: Kind, about: About, state: State, *, hospital: bool = False) -> Request:
    """Return a request in a state."""
    ended = None if state is State.ASKED else NOW + WEEK
    answered = state in {State.GRANTED, State.REFUSED}
    return Request(
        id=UUID(int=100 + list(State).index(state)),
        person_id=UUID(int=1),
        kind=kind,
        about=about,
        hospital_id=UUID(int=1) if hospital else None,
        words="" if kind is Kind.DELETION else WORDS,
        state=state,
        asked_at=NOW,
        due_at=NOW + 2 * WEEK,
        runs_from=NOW + WEEK if kind is Kind.DELETION else None,
        ended_at=ended,
        decided_by=UUID(int=9) if answered else None,
        answer=ANSWER if answered else "",
    )


def request_pages(language: Language, frame: Callable[..., Frame]) -> Iterator[tuple[str, Page]]:
    """Yield the pages on which people ask, and those on which staff answer."""
    yield from _own(language, frame)
    yield from _of_staff(language, frame)


def _own(language: Language, frame: Callable[..., Frame]) -> Iterator[tuple[str, Page]]:
    here = frame(language, "/me/requests", Visitor.PERSON)
    waiting = [
        OwnRequest(request(Kind.DELETION, About.ACCOUNT, State.ASKED), ""),
        OwnRequest(request(Kind.CORRECTION, About.NAME, State.ASKED, hospital=True), "第三人民医院"),
    ]
    over = [
        OwnRequest(request(Kind.CORRECTION, About.DOCUMENT, State.GRANTED), ""),
        OwnRequest(request(Kind.OBJECTION, About.EMERGENCY, State.REFUSED, hospital=True), "第三人民医院"),
        OwnRequest(request(Kind.OBJECTION, About.OTHER, State.WITHDRAWN), ""),
    ]
    yield "requests", r.RequestsPage(here, (*waiting, *over), 15, ZONE)
    yield "requests-empty", r.RequestsPage(here, (), 15, ZONE)
    problem = FieldProblem("", Problem.REQUEST_OVER)
    yield "requests-over", r.RequestsPage(here, tuple(over), 15, ZONE, (problem,))
    for kind in (Kind.CORRECTION, Kind.OBJECTION):
        own = frame(language, f"/me/requests/{kind.value}", Visitor.PERSON)
        yield f"request-{kind.value}", r.RequestPage(own, kind, ABOUT[kind], HOSPITALS, 15, {})
        problems = (
            FieldProblem("about", Problem.REQUEST_ABOUT_MISSING),
            FieldProblem("words", Problem.REQUEST_WORDS_TOO_SHORT),
        )
        typed = {"about": "nothing", "hospital": str(UUID(int=2)), "words": "<b>"}
        yield f"request-{kind.value}-wrong", r.RequestPage(own, kind, ABOUT[kind], HOSPITALS, 15, typed, problems)
    own = frame(language, "/me/requests/deletion", Visitor.PERSON)
    yield (
        "deletion",
        r.DeletionPage(own, DocumentFields(), 7, NOW + WEEK, booking_counts=False, children=(), time_zone=ZONE),
    )
    children = tuple(ChildOf(PersonName("王小朵"), way) for way in ChildsWay)
    problems = (
        FieldProblem("document_number", Problem.NOT_YOUR_DOCUMENT),
        FieldProblem("understood", Problem.DELETION_NOT_CONFIRMED),
    )
    typed_document = DocumentFields("passport", "E1234567")
    yield (
        "deletion-wrong",
        r.DeletionPage(
            own,
            typed_document,
            7,
            NOW + 3 * WEEK,
            booking_counts=True,
            children=children,
            time_zone=ZONE,
            problems=problems,
        ),
    )


def _of_staff(language: Language, frame: Callable[..., Frame]) -> Iterator[tuple[str, Page]]:
    standing = Standing(Role.SUPERVISOR, "第三人民医院", "/desk", (Way("/admin/requests", "Requests"),))
    here = replace(frame(language, "/admin/requests", Visitor.STAFF), standing=standing)
    waiting = tuple(
        Queued(UUID(int=number), kind, about, hospital, State.ASKED, NOW - WEEK, NOW + timedelta(days=days), None)
        for number, (kind, about, hospital, days) in enumerate(
            [
                (Kind.CORRECTION, About.BIRTH, "第三人民医院", -1),
                (Kind.OBJECTION, About.LOOK, "", 3),
            ]
        )
    )
    over = tuple(
        Queued(UUID(int=20 + number), Kind.OBJECTION, About.RECORD, "第三人民医院", state, NOW, NOW + WEEK, NOW)
        for number, state in enumerate((State.GRANTED, State.REFUSED, State.WITHDRAWN))
    )
    yield "admin-requests", r.QueuePage(here, waiting, over, NOW, ZONE, 2, 3)
    of_city = replace(here, standing=Standing(Role.CITY_ADMIN, "", "/admin", ()))
    yield "admin-requests-empty", r.QueuePage(of_city, (), (), NOW, ZONE, 1, 1)
    one = replace(frame(language, f"/admin/requests/{UUID(int=1)}", Visitor.STAFF), standing=standing)
    for kind, about in ((Kind.CORRECTION, About.DOCUMENT), (Kind.OBJECTION, About.EMERGENCY)):
        shown = Shown(request(kind, about, State.ASKED, hospital=True), "王小明", "第三人民医院", "")
        yield f"admin-request-{kind.value}", r.AnswerPage(one, shown, NOW + 3 * WEEK, ZONE, {})
    problems = (
        FieldProblem("granted", Problem.ANSWER_MISSING),
        FieldProblem("words", Problem.REQUEST_WORDS_TOO_LONG),
    )
    shown = Shown(request(Kind.CORRECTION, About.NAME, State.ASKED), "王小明", "", "")
    yield "admin-request-wrong", r.AnswerPage(one, shown, NOW, ZONE, {"words": "<i>"}, problems)
    answered = Shown(request(Kind.OBJECTION, About.OTHER, State.REFUSED), "", "", "李文静")
    yield "admin-request-answered", r.AnswerPage(one, answered, NOW, ZONE, {})
    withdrawn = Shown(request(Kind.OBJECTION, About.OTHER, State.WITHDRAWN), "王小明", "", "")
    yield "admin-request-withdrawn", r.AnswerPage(one, withdrawn, NOW, ZONE, {})
