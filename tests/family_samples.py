"""A record for every page of families, and every state that it can show, in a given language."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from firsthand.channels.web import family_contexts as f
from firsthand.channels.web.contexts import DocumentFields, HospitalFacts
from firsthand.channels.web.frame import FieldProblem, Frame, Problem, Visitor
from firsthand.channels.web.render import Page
from firsthand.directory.family.model import Ended, Kind
from firsthand.directory.family.words import ALLOWS
from firsthand.platform.i18n import Language

NOW = datetime(2026, 3, 27, 1, 20, tzinfo=UTC)
ZONE = "Asia/Shanghai"
TIE = f.TieFacts(UUID(int=950), Kind.CARER, "王小明", NOW)

FrameOf = Callable[..., Frame]


def family_pages(language: Language, frame: FrameOf, hospital: HospitalFacts) -> Iterator[tuple[str, Page]]:
    """Yield a name and a record for every page and state. frame: of a path and a visitor."""
    around = frame(language, "/me/family", Visitor.PERSON)
    yield "family-empty", f.FamilyPage(around, (), (), (), (), (), ZONE)
    waiting = replace(TIE, lapses_at=NOW + timedelta(days=14), can_confirm=True)
    guardian = replace(TIE, kind=Kind.GUARDIAN, undocumented=True, usable_from=NOW + timedelta(hours=9))
    carer = replace(TIE, term_ends_at=NOW + timedelta(days=30), can_renew=True)
    over = tuple(replace(TIE, ended_at=NOW, ended_why=why) for why in Ended)
    of_child = replace(waiting, kind=Kind.GUARDIAN, child_name="王小朵")
    yield (
        "family",
        f.FamilyPage(
            around,
            dependants=(guardian, TIE),
            asked=(waiting, replace(waiting, kind=Kind.GUARDIAN)),
            carers=(carer,),
            asked_of_me=(waiting, of_child),
            over=over,
            time_zone=ZONE,
        ),
    )
    adult = f.AskAdultPage(around, DocumentFields(), "奶奶", ALLOWS[Kind.CARER][language])
    yield "family-adult", adult
    fields = ("label", "document_number", "agreed")
    problems = (Problem.TIE_LABEL_INVALID, Problem.TIE_ONESELF, Problem.TIE_NOT_AGREED)
    yield "family-adult-problems", replace(adult, problems=tuple(map(FieldProblem, fields, problems)))
    child = f.AskChildPage(around, "王小朵", "2020-02-03", "no", DocumentFields(), ALLOWS[Kind.GUARDIAN][language])
    yield "family-child", child
    fields = ("born_on", "has_document", "")
    problems = (Problem.BIRTH_CONTRADICTS, Problem.HAS_DOCUMENT_MISSING, Problem.TIE_TOO_MANY_DEPENDANTS)
    yield "family-child-problems", replace(child, problems=tuple(map(FieldProblem, fields, problems)))
    asked = f.AskedPage(around, waiting, 5, ZONE)
    yield "family-asked", asked
    wrong = (FieldProblem("code", Problem.ONE_TIME_CODE_WRONG),)
    yield "family-asked-wrong", replace(asked, problems=wrong)
    confirm = f.ConfirmTiePage(around, waiting, ALLOWS[Kind.CARER][language], renewing=False)
    yield "family-confirm", confirm
    yield "family-confirm-child", replace(confirm, tie=of_child, allows=ALLOWS[Kind.GUARDIAN][language])
    yield "family-renew", replace(confirm, tie=carer, renewing=True)
    yield "family-confirm-refused", replace(confirm, problem=Problem.TIE_PHONE_SHARED)
    for is_carer in (False, True):
        side = "carer" if is_carer else "patient"
        yield f"family-end-{side}", f.EndTiePage(around, TIE, waiting=False, is_carer=is_carer)
        yield f"family-end-waiting-{side}", f.EndTiePage(around, waiting, waiting=True, is_carer=is_carer)
    yield "family-end-over", f.EndTiePage(around, TIE, waiting=False, is_carer=True, problem=Problem.TIE_OVER)
    desk = f.DeskFamilyPage(
        frame(language, "/desk/family", Visitor.STAFF),
        hospital,
        DocumentFields(),
        DocumentFields(),
        ALLOWS[Kind.GUARDIAN][language],
    )
    yield "desk-family", desk
    yield "desk-family-confirmed", replace(desk, done=f.DeskTieDone(NOW))
    yield "desk-family-ended", replace(desk, done=f.DeskTieDone(None))
    unknown = (FieldProblem("dependant_number", Problem.TIE_ONESELF), FieldProblem("agreed", Problem.TIE_NOT_AGREED))
    yield "desk-family-problems", replace(desk, problems=unknown)
