"""What a clerk changes, or asks to have changed, for a person whose document lies on the counter: one page for each."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from typing import Final
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from firsthand.audit.model import Channel
from firsthand.channels.requests import AnyRequest
from firsthand.channels.web.answers import lead_on_with, respond
from firsthand.channels.web.forms import Fields, parse_id
from firsthand.channels.web.frame import FieldProblem, Notice, Problem
from firsthand.channels.web.page_error import PageError
from firsthand.channels.web.pages.people import INVALID, lost_page, read_birth, read_name
from firsthand.channels.web.pages.person_record import changes_for, known_id
from firsthand.channels.web.pages.sign_in import document_fields, read_document
from firsthand.channels.web.people_contexts import Change, ChangePersonPage
from firsthand.channels.web.people_refusals import of_correction, of_counter
from firsthand.channels.web.refusals import of_person, retry_seconds_of, status_of
from firsthand.channels.web.visits import Visit, open_visit
from firsthand.directory.correction.actions import ask_correction
from firsthand.directory.correction.model import Evidence, EvidenceKind, OnePersonTwice, WrongDocument
from firsthand.directory.correction.model import Refused as CorrectionRefused
from firsthand.directory.correction.rules import parse_evidence
from firsthand.directory.counter.desk import add_document, change_phone, register_child
from firsthand.directory.counter.finding import find_by_document, read_record
from firsthand.directory.counter.model import Reason, Record, Refused, VariantKind
from firsthand.directory.counter.variants import add_name
from firsthand.directory.person.model import Refused as PersonRefused
from firsthand.directory.person.rules import parse_phone
from firsthand.directory.person.store import NewChild
from firsthand.platform.access import Permission
from firsthand.platform.scope import HospitalScope

_CONFIRMED: Final = "yes"
_NOBODY: Final = UUID(int=0)

Outcome = Notice | tuple[FieldProblem, ...]


@get("/desk/people/{person:str}/{change:str}")
async def show_change(request: AnyRequest, person: FromPath[str], change: FromPath[str]) -> Response[str]:
    """Show the form of one change."""
    visit = await open_visit(request)
    scope, record = await _open(visit, person, change)
    if isinstance(record, Refused):
        return await lost_page(visit, scope, record.reason)
    return respond(visit, _page(visit, Change(change), record, visit.query))


@post("/desk/people/{person:str}/{change:str}")
async def make_change(request: AnyRequest, person: FromPath[str], change: FromPath[str]) -> Response[str]:
    """Make the change, or ask for it, and lead back to the record."""
    visit = await open_visit(request)
    scope, record = await _open(visit, person, change)
    form = await visit.read_form()
    if isinstance(record, Refused):
        return await lost_page(visit, scope, record.reason)
    if form.get("confirmed") != _CONFIRMED:
        outcome: Outcome = (FieldProblem("confirmed", Problem.CONFIRM_SEEN),)
    else:
        outcome = await _MAKE[Change(change)](visit, scope, record, form)
    if isinstance(outcome, Notice):
        return lead_on_with(visit, f"/desk/people/{record.person_id}", outcome)
    told = outcome[0].problem if not outcome[0].field else None
    page = _page(visit, Change(change), record, form, problem=told, problems=() if told else outcome)
    status = INVALID if told is None else status_of(told)
    return respond(visit, page, status=status, retry_seconds=retry_seconds_of(told) if told else None)


async def _open(visit: Visit, person: str, change: str) -> tuple[HospitalScope, Record | Refused]:
    """Return the record, where this clerk may make this change to it. Raises PageError 403 or 404."""
    person_id = known_id(person)
    if change not in set(Change):
        raise PageError(404)
    scope = visit.require(Permission.FIND_PERSON, f"/desk/people/{person_id}/{change}")
    record = await read_record(visit.service.world, visit.caller(Channel.DESK), scope, person_id)
    if isinstance(record, Refused) or Change(change) in changes_for(visit, scope, record.basis):
        return scope, record
    if changes_for(visit, scope, record.basis):
        raise PageError(403)
    return scope, Refused(Reason.DOCUMENT_NEEDED)


async def _add_document(visit: Visit, scope: HospitalScope, record: Record, form: Fields) -> Outcome:
    document = read_document(form, visit.kinds)
    if isinstance(document, FieldProblem):
        return (document,)
    world, caller = visit.service.world, visit.caller(Channel.DESK)
    return _told(await add_document(world, caller, scope, record.person_id, document), Notice.DOCUMENT_ADDED)


async def _change_phone(visit: Visit, scope: HospitalScope, record: Record, form: Fields) -> Outcome:
    phone = parse_phone(form.get("phone", ""))
    if isinstance(phone, PersonRefused):
        return (of_person(phone.reason),)
    world, caller = visit.service.world, visit.caller(Channel.DESK)
    return _told(await change_phone(world, caller, scope, record.person_id, phone), Notice.PHONE_CHANGED_AT_DESK)


async def _add_name(visit: Visit, scope: HospitalScope, record: Record, form: Fields) -> Outcome:
    name = read_name(form)
    if isinstance(name, FieldProblem):
        return (name,)
    world, caller = visit.service.world, visit.caller(Channel.DESK)
    return _told(await add_name(world, caller, scope, record.person_id, _kind(form), name), Notice.NAME_ADDED)


async def _register_child(visit: Visit, scope: HospitalScope, record: Record, form: Fields) -> Outcome:
    name, born_on = read_name(form), read_birth(form, needed=True)
    problems = tuple(one for one in (name, born_on) if isinstance(one, FieldProblem))
    if isinstance(name, FieldProblem) or not isinstance(born_on, date):
        return problems
    world, caller = visit.service.world, visit.caller(Channel.DESK)
    child = NewChild(_NOBODY, record.person_id, name, born_on, visit.language)
    return _told(await register_child(world, caller, scope, record.person_id, child), Notice.CHILD_REGISTERED)


async def _ask_correction(visit: Visit, scope: HospitalScope, record: Record, form: Fields) -> Outcome:
    evidence, wrong = _evidence(form), parse_id(form.get("wrong", ""))
    has_right_one = bool(form.get("document_number", "").strip())
    right = read_document(form, visit.kinds) if has_right_one else None
    problems = [one for one in (right, evidence) if isinstance(one, FieldProblem)]
    if wrong is None:
        problems.insert(0, FieldProblem("wrong", Problem.WRONG_DOCUMENT_MISSING))
    if wrong is None or isinstance(evidence, FieldProblem) or isinstance(right, FieldProblem):
        return tuple(problems)
    wish = WrongDocument(record.person_id, wrong, right)
    asked = await ask_correction(visit.service.world, visit.caller(Channel.DESK), scope, wish, evidence)
    return _asked(asked)


async def _ask_merger(visit: Visit, scope: HospitalScope, record: Record, form: Fields) -> Outcome:
    """Ask for two records to be merged. The other one is found by the document that lies beside the first."""
    evidence, document = _evidence(form), read_document(form, visit.kinds)
    problems = tuple(one for one in (document, evidence) if isinstance(one, FieldProblem))
    if isinstance(evidence, FieldProblem) or isinstance(document, FieldProblem):
        return problems
    world, caller = visit.service.world, visit.caller(Channel.DESK)
    other = await find_by_document(world, caller, scope, document)
    if isinstance(other, Refused):
        found_nobody = other.reason is Reason.NOT_FOUND
        return (FieldProblem("document_number", Problem.NOBODY_FOUND) if found_nobody else of_counter(other.reason),)
    wish = OnePersonTwice(record.person_id, other.person_id)
    return _asked(await ask_correction(world, caller, scope, wish, evidence))


_MAKE: Final[Mapping[Change, Callable[[Visit, HospitalScope, Record, Fields], Awaitable[Outcome]]]] = {
    Change.DOCUMENT: _add_document,
    Change.PHONE: _change_phone,
    Change.NAME: _add_name,
    Change.CHILD: _register_child,
    Change.CORRECTION: _ask_correction,
    Change.MERGER: _ask_merger,
}


def _told(answer: object, done: Notice) -> Outcome:
    return (of_counter(answer.reason),) if isinstance(answer, Refused) else done


def _asked(answer: UUID | CorrectionRefused) -> Outcome:
    return (of_correction(answer.reason),) if isinstance(answer, CorrectionRefused) else Notice.CORRECTION_ASKED


def _evidence(form: Fields) -> Evidence | FieldProblem:
    evidence = parse_evidence(form.get("evidence", ""), form.get("note", ""))
    return of_correction(evidence.reason) if isinstance(evidence, CorrectionRefused) else evidence


def _kind(form: Fields) -> VariantKind:
    asked = form.get("kind", "")
    return VariantKind(asked) if asked in set(VariantKind) else VariantKind.FORMER


def _page(
    visit: Visit,
    change: Change,
    record: Record,
    typed: Fields,
    *,
    problem: Problem | None = None,
    problems: tuple[FieldProblem, ...] = (),
) -> ChangePersonPage:
    evidence = typed.get("evidence", "")
    both = EvidenceKind.BOTH_DOCUMENTS if change is Change.MERGER else EvidenceKind.ORIGINAL_DOCUMENT
    return ChangePersonPage(
        frame=visit.frame(f"/desk/people/{record.person_id}/{change.value}"),
        change=change,
        record=record,
        document=document_fields(typed, visit.kinds),
        phone=typed.get("phone", ""),
        name=typed.get("name", ""),
        born_on=typed.get("born_on", ""),
        kind=_kind(typed),
        wrong=typed.get("wrong", ""),
        evidence=EvidenceKind(evidence) if evidence in set(EvidenceKind) else both,
        note=typed.get("note", ""),
        problem=problem,
        problems=problems,
    )


HANDLERS: Final = (show_change, make_change)
