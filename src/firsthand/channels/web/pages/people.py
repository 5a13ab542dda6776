"""People at the desk: finding somebody who stands there or speaks on the phone, and registering him."""

from datetime import date
from typing import Final
from uuid import UUID

from litestar import Response, get, post

from firsthand.arrival.model import Refused as CodeRefused
from firsthand.arrival.rules import parse_code
from firsthand.audit.model import Channel
from firsthand.booking.counter import find_by_booking, find_by_name_here
from firsthand.channels.requests import AnyRequest
from firsthand.channels.web.answers import lead_on, lead_on_with, respond
from firsthand.channels.web.facts import hospital_facts
from firsthand.channels.web.forms import Fields, parse_day
from firsthand.channels.web.frame import FieldProblem, Notice, Problem
from firsthand.channels.web.pages.desk import hospital_of
from firsthand.channels.web.pages.sign_in import document_fields, read_document
from firsthand.channels.web.people_contexts import FindBy, FindPersonPage, NewPersonPage
from firsthand.channels.web.people_refusals import of_counter
from firsthand.channels.web.refusals import of_person, retry_seconds_of, status_of
from firsthand.channels.web.visits import Visit, open_visit
from firsthand.directory.counter.desk import register_at_desk
from firsthand.directory.counter.finding import find_by_document, find_on_phone
from firsthand.directory.counter.model import Found, NewAtDesk, Reason, Refused
from firsthand.directory.person.model import PersonName, Phone
from firsthand.directory.person.model import Refused as PersonRefused
from firsthand.directory.person.rules import parse_name, parse_phone
from firsthand.platform.access import Permission
from firsthand.platform.i18n import parse_language
from firsthand.platform.scope import HospitalScope

INVALID: Final = 422
_NOT_FOUND: Final = 404


@get("/desk/people")
async def show_find(request: AnyRequest) -> Response[str]:
    """Ask whom the clerk looks for."""
    visit = await open_visit(request)
    scope = visit.require(Permission.FIND_PERSON, "/desk/people")
    return respond(visit, await _find_page(visit, scope, visit.query))


@post("/desk/people")
async def find(request: AnyRequest) -> Response[str]:
    """Find somebody, and lead on to his record. Where several are found, show them to choose from."""
    visit = await open_visit(request)
    scope = visit.require(Permission.FIND_PERSON, "/desk/people")
    form = await visit.read_form()
    answer = await _find(visit, scope, form)
    match answer:
        case Found(person_id):
            return lead_on(f"/desk/people/{person_id}")
        case Refused(Reason.NOT_FOUND):
            return respond(visit, await _find_page(visit, scope, form, nobody=True), status=_NOT_FOUND)
        case Refused(reason):
            told = of_counter(reason).problem
            page = await _find_page(visit, scope, form, problem=told)
            return respond(visit, page, status=status_of(told), retry_seconds=retry_seconds_of(told))
        case tuple():
            return respond(visit, await _find_page(visit, scope, form, problems=answer), status=INVALID)
        case _:
            return respond(visit, await _find_page(visit, scope, form, found=tuple(one.person_id for one in answer)))


@get("/desk/people/new")
async def show_new(request: AnyRequest) -> Response[str]:
    """Ask who the new person is whose document lies on the counter."""
    visit = await open_visit(request)
    visit.require(Permission.REGISTER_PERSON, "/desk/people/new")
    return respond(visit, _new_page(visit, visit.query))


@post("/desk/people/new")
async def register(request: AnyRequest) -> Response[str]:
    """Register a person, and lead on to his record."""
    visit = await open_visit(request)
    scope = visit.require(Permission.REGISTER_PERSON, "/desk/people/new")
    form = await visit.read_form()
    new = _read_new(visit, form)
    if not isinstance(new, NewAtDesk):
        return respond(visit, _new_page(visit, form, new), status=INVALID)
    answer = await register_at_desk(visit.service.world, visit.caller(Channel.DESK), scope, new)
    if isinstance(answer, Refused):
        problem = of_counter(answer.reason)
        return respond(visit, _new_page(visit, form, (problem,)), status=status_of(problem.problem))
    return lead_on_with(visit, f"/desk/people/{answer.person_id}", Notice.REGISTERED_AT_DESK)


def read_birth(form: Fields, *, needed: bool) -> date | FieldProblem | None:
    """Return the date of birth of a form, None where it may be left out and is, or what is wrong with it."""
    typed = form.get("born_on", "").strip()
    if not typed and not needed:
        return None
    return parse_day(typed) or FieldProblem("born_on", Problem.BIRTH_INVALID)


def read_phone(form: Fields) -> Phone | FieldProblem:
    """Return the phone of a form, "" where it is left out, or what is wrong with it."""
    typed = form.get("phone", "").strip()
    phone = parse_phone(typed) if typed else Phone("")
    return of_person(phone.reason) if isinstance(phone, PersonRefused) else phone


def read_name(form: Fields) -> PersonName | FieldProblem:
    """Return the name of a form, or what is wrong with it."""
    name = parse_name(form.get("name", ""))
    return of_person(name.reason) if isinstance(name, PersonRefused) else name


def _by(fields: Fields) -> FindBy:
    asked = fields.get("by", "")
    return FindBy(asked) if asked in set(FindBy) else FindBy.DOCUMENT


async def _find(
    visit: Visit, scope: HospitalScope, form: Fields
) -> Found | list[Found] | Refused | tuple[FieldProblem, ...]:
    world, caller, by = visit.service.world, visit.caller(Channel.DESK), _by(form)
    document, name, born_on = read_document(form, visit.kinds), read_name(form), read_birth(form, needed=True)
    if by is FindBy.CODE:
        code = parse_code(form.get("code", ""))
        if isinstance(code, CodeRefused):
            return (FieldProblem("code", Problem.BOOKING_CODE_INVALID),)
        return await find_by_booking(world, caller, scope, code)
    needed: list[object] = []
    if by in {FindBy.DOCUMENT, FindBy.PHONE}:
        needed.append(document)
    if by in {FindBy.NAME, FindBy.PHONE}:
        needed += [name, born_on]
    if problems := tuple(one for one in needed if isinstance(one, FieldProblem)):
        return problems
    if by is FindBy.DOCUMENT and not isinstance(document, FieldProblem):
        return await find_by_document(world, caller, scope, document)
    if isinstance(name, FieldProblem) or not isinstance(born_on, date):
        return ()
    if by is FindBy.PHONE and not isinstance(document, FieldProblem):
        return await find_on_phone(world, caller, scope, document, name, born_on)
    found = await find_by_name_here(world, caller, scope, name, born_on)
    return found[0] if not isinstance(found, Refused) and len(found) == 1 else found


async def _find_page(
    visit: Visit,
    scope: HospitalScope,
    typed: Fields,
    *,
    found: tuple[UUID, ...] = (),
    nobody: bool = False,
    problem: Problem | None = None,
    problems: tuple[FieldProblem, ...] = (),
) -> FindPersonPage:
    by = _by(typed)
    return FindPersonPage(
        frame=visit.frame("/desk/people", [("by", by.value)]),
        hospital=hospital_facts(await hospital_of(visit, scope)),
        by=by,
        document=document_fields(typed, visit.kinds),
        code=typed.get("code", ""),
        name=typed.get("name", ""),
        born_on=typed.get("born_on", ""),
        found=found,
        nobody=nobody,
        may_register=visit.may(Permission.REGISTER_PERSON, at=scope.hospital_id),
        may_approve=visit.may(Permission.APPROVE_CORRECTION, at=scope.hospital_id),
        problem=problem,
        problems=problems,
    )


async def lost_page(visit: Visit, scope: HospitalScope, reason: Reason) -> Response[str]:
    """Answer for a person whom this clerk has not found lately: the page to find him, and nothing of him."""
    told = of_counter(reason).problem
    status = _NOT_FOUND if reason is Reason.NOT_FOUND else status_of(told)
    return respond(visit, await _find_page(visit, scope, {}, problem=told), status=status)


def _read_new(visit: Visit, form: Fields) -> NewAtDesk | tuple[FieldProblem, ...]:
    name, document, phone = read_name(form), read_document(form, visit.kinds), read_phone(form)
    born_on, language = read_birth(form, needed=False), parse_language(form.get("language"))
    problems = [one for one in (name, document, born_on, phone) if isinstance(one, FieldProblem)]
    if language is None:
        problems.append(FieldProblem("language", Problem.LANGUAGE_INVALID))
    if (
        isinstance(name, FieldProblem)
        or isinstance(document, FieldProblem)
        or isinstance(phone, FieldProblem)
        or isinstance(born_on, FieldProblem)
        or language is None
    ):
        return tuple(problems)
    return NewAtDesk(document, name, phone, language, born_on)


def _new_page(visit: Visit, typed: Fields, problems: tuple[FieldProblem, ...] = ()) -> NewPersonPage:
    return NewPersonPage(
        frame=visit.frame("/desk/people/new"),
        document=document_fields(typed, visit.kinds),
        name=typed.get("name", ""),
        born_on=typed.get("born_on", ""),
        phone=typed.get("phone", ""),
        language=parse_language(typed.get("language")) or visit.language,
        problems=problems,
    )


HANDLERS: Final = (show_find, find, show_new, register)
