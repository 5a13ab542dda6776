"""Policies: what is in force, proposing a change, and deciding on what somebody else proposed."""

from datetime import datetime, time, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from litestar import Response, get, post
from litestar.params import FromPath

from firsthand.booking.foreseen.actions import foresee
from firsthand.channels.requests import AnyRequest
from firsthand.channels.web.answers import lead_on_with, respond
from firsthand.channels.web.forms import Fields, parse_day, parse_id
from firsthand.channels.web.frame import FieldProblem, Notice, Problem
from firsthand.channels.web.page_error import PageError
from firsthand.channels.web.policy_contexts import (
    Described,
    PoliciesPage,
    PolicyChangePage,
    PolicyPage,
    ProposalPage,
)
from firsthand.channels.web.policy_refusals import of_policy, status_of_policy
from firsthand.channels.web.visits import Visit, open_visit
from firsthand.directory.staff.reading import read_staff_names
from firsthand.identity.document.model import DocumentType
from firsthand.messages.model import Template
from firsthand.messages.rules import CODES
from firsthand.platform.access import Permission
from firsthand.policy.comparing import describe
from firsthand.policy.fields import FORMS, Below
from firsthand.policy.proposal import actions
from firsthand.policy.proposal.model import Dated, Preview, Proposal, Reason, Refused, Seen, Standing, State, Wish
from firsthand.policy.proposal.reading import read_policies, read_proposal
from firsthand.policy.proposal.rules import notice_for
from firsthand.policy.typed import FieldFault, typed_of

_ADDRESS: Final = "/admin/policies"
_PROPOSALS: Final = f"{_ADDRESS}/proposals"
_INVALID: Final = 422
# The fields of the form that are no fields of the policy; whatever else is sent must be one.
_AROUND: Final = frozenset({"csrf", "begins_day", "begins_time", "reason"})
# A list of documents with all its rows has some two hundred fields.
FIELDS_MAX: Final = 400
_TIME_CHARACTERS: Final = 5
BELOW: Final = Below(
    templates=tuple(template.value for template in Template if template not in CODES),
    document_types=tuple(kind.value for kind in DocumentType),
)


@get(_ADDRESS)
async def show_policies(request: AnyRequest) -> Response[str]:
    """Show what is in force, what is coming and what waits for a second person."""
    visit = await _open(request, _ADDRESS)
    standings = await read_policies(visit.service.world, visit.caller())
    if isinstance(standings, Refused):
        raise _error(standings)
    waiting = [proposal for standing in standings.values() for proposal in standing.waiting]
    decided = [proposal for standing in standings.values() for proposal in standing.decided]
    page = PoliciesPage(
        frame=visit.frame(_ADDRESS),
        standings=standings,
        waiting=tuple(sorted(waiting, key=lambda one: one.proposed_at, reverse=True)),
        decided=tuple(sorted(decided, key=lambda one: one.decided_at or one.proposed_at, reverse=True)),
        names=await _names(visit, [*waiting, *decided]),
        time_zone=_zone(visit).key,
    )
    return respond(visit, page)


@get("/admin/policies/{name:str}")
async def show_policy(request: AnyRequest, name: FromPath[str]) -> Response[str]:
    """Show one policy with all that it was and will be."""
    visit = await _open(request, _ADDRESS)
    standing = await _standing(visit, name)
    described = {version: Described(version, describe(name, version.policy)) for version in _versions(standing)}
    page = PolicyPage(
        frame=visit.frame(f"{_ADDRESS}/{name}"),
        standing=standing,
        in_force=described[standing.in_force],
        coming=tuple(described[version] for version in standing.coming),
        past=tuple(described[version] for version in standing.past),
        names=await _names(visit, [*standing.waiting, *standing.decided]),
        time_zone=_zone(visit).key,
    )
    return respond(visit, page)


@get("/admin/policies/{name:str}/change")
async def show_change(request: AnyRequest, name: FromPath[str]) -> Response[str]:
    """Show the form of a change, with what the last version says in its fields."""
    visit = await _open(request, _ADDRESS)
    standing = await _standing(visit, name)
    begins = visit.service.world.clock.now().astimezone(_zone(visit)) + notice_for(name)
    typed = {
        **typed_of(name, _versions(standing)[-1].policy),
        "begins_day": (begins + timedelta(days=1)).date().isoformat(),
        "begins_time": "00:00",
    }
    return respond(visit, _change_page(visit, standing, typed))


@post("/admin/policies/{name:str}/change")
async def propose(request: AnyRequest, name: FromPath[str]) -> Response[str]:
    """Propose a change."""
    visit = await _open(request, _ADDRESS)
    form = await visit.read_form(fields_max=FIELDS_MAX)
    standing = await _standing(visit, name)
    typed = {field: text for field, text in form.items() if field not in _AROUND}
    wish = Wish(name, typed, _instant(visit, form), form.get("reason", ""))
    made = await actions.propose_policy(visit.service.world, visit.caller(), wish, BELOW)
    if isinstance(made, Refused):
        problems = [of_policy(reason) for reason in (made.reason, *made.also) if reason is not Reason.BODY_INVALID]
        page = _change_page(visit, standing, form, made.faults, problems)
        return respond(visit, page, status=status_of_policy(made.reason))
    return lead_on_with(visit, f"{_PROPOSALS}/{made.id}", Notice.POLICY_PROPOSED)


@get("/admin/policies/proposals/{proposal_id:str}")
async def show_proposal(request: AnyRequest, proposal_id: FromPath[str]) -> Response[str]:
    """Show what a proposal would change, and the forms of those who may decide on it."""
    visit = await _open(request, f"{_PROPOSALS}/{proposal_id}")
    return respond(visit, await _proposal_page(visit, await _preview(visit, proposal_id), {}))


@post("/admin/policies/proposals/{proposal_id:str}/approve")
async def approve(request: AnyRequest, proposal_id: FromPath[str]) -> Response[str]:
    """Approve a proposal as it was shown."""
    visit = await _open(request, f"{_PROPOSALS}/{proposal_id}")
    form = await visit.read_form()
    if form.get("understood") != "yes":
        problem = FieldProblem("understood", Problem.CONFIRM_APPROVAL)
        page = await _proposal_page(visit, await _preview(visit, proposal_id), form, problem)
        return respond(visit, page, status=_INVALID)
    seen = Seen(form.get("digest", ""), _until(form.get("until", "")))
    wanted = parse_id(proposal_id) or UUID(int=0)
    done = await actions.approve_policy(visit.service.world, visit.caller(), wanted, seen)
    return await _decided(visit, proposal_id, form, done, Notice.POLICY_APPROVED)


@post("/admin/policies/proposals/{proposal_id:str}/refuse")
async def refuse(request: AnyRequest, proposal_id: FromPath[str]) -> Response[str]:
    """Refuse a proposal, and say why."""
    visit = await _open(request, f"{_PROPOSALS}/{proposal_id}")
    form = await visit.read_form()
    wanted = parse_id(proposal_id) or UUID(int=0)
    done = await actions.refuse_policy(visit.service.world, visit.caller(), wanted, form.get("reason", ""))
    return await _decided(visit, proposal_id, form, done, Notice.POLICY_REFUSED)


@post("/admin/policies/proposals/{proposal_id:str}/withdraw")
async def withdraw(request: AnyRequest, proposal_id: FromPath[str]) -> Response[str]:
    """Take one's own proposal back."""
    visit = await _open(request, f"{_PROPOSALS}/{proposal_id}")
    form = await visit.read_form()
    if form.get("sure") != "yes":
        problem = FieldProblem("sure", Problem.CONFIRM_WITHDRAWAL)
        page = await _proposal_page(visit, await _preview(visit, proposal_id), form, problem)
        return respond(visit, page, status=_INVALID)
    wanted = parse_id(proposal_id) or UUID(int=0)
    done = await actions.withdraw_policy(visit.service.world, visit.caller(), wanted)
    return await _decided(visit, proposal_id, form, done, Notice.POLICY_WITHDRAWN)


async def _open(request: AnyRequest, back: str) -> Visit:
    """Return the visit of a member of staff; what he may is said by the actions."""
    visit = await open_visit(request)
    visit.require_staff(back)
    return visit


async def _decided(
    visit: Visit, proposal_id: str, form: Fields, done: Proposal | Refused, notice: Notice
) -> Response[str]:
    """Lead on to what was decided, or show the proposal again with why it was not."""
    if isinstance(done, Proposal):
        return lead_on_with(visit, f"{_PROPOSALS}/{done.id}", notice)
    preview = await _preview(visit, proposal_id)
    page = await _proposal_page(visit, preview, form, of_policy(done.reason))
    return respond(visit, page, status=status_of_policy(done.reason))


async def _standing(visit: Visit, name: str) -> Standing:
    found = await read_policies(visit.service.world, visit.caller(), name)
    if isinstance(found, Refused):
        raise _error(found)
    return found[name]


async def _preview(visit: Visit, proposal_id: str) -> Preview:
    found = await read_proposal(visit.service.world, visit.caller(), parse_id(proposal_id) or UUID(int=0))
    if isinstance(found, Refused):
        raise _error(found)
    return found


def _error(refused: Refused) -> PageError:
    return PageError(status_of_policy(refused.reason))


def _versions(standing: Standing) -> list[Dated]:
    """Return every version, in the order in which they begin."""
    return [*reversed(standing.past), standing.in_force, *standing.coming]


async def _names(visit: Visit, proposals: list[Proposal]) -> dict[UUID, str]:
    ids = {one.proposed_by for one in proposals} | {one.decided_by for one in proposals if one.decided_by}
    return await read_staff_names(visit.service.world, sorted(ids))


def _zone(visit: Visit) -> ZoneInfo:
    return visit.service.settings.time_zone


def _instant(visit: Visit, form: Fields) -> datetime | None:
    """Return the instant that was typed in, in the city's time zone; None where it is none."""
    day, text = parse_day(form.get("begins_day", "").strip()), form.get("begins_time", "").strip()
    try:
        at = time.fromisoformat(text) if len(text) == _TIME_CHARACTERS else None
    except ValueError:
        return None
    return datetime.combine(day, at, _zone(visit)) if day and at else None


def _until(text: str) -> datetime | None:
    """Return the instant that the form of an approval carries. One that makes no sense was not shown to anybody."""
    try:
        at = datetime.fromisoformat(text) if text else None
    except ValueError:
        return datetime.max.replace(tzinfo=ZoneInfo("UTC"))
    return at


def _change_page(
    visit: Visit,
    standing: Standing,
    typed: Fields,
    faults: tuple[FieldFault, ...] = (),
    problems: list[FieldProblem] | None = None,
) -> PolicyChangePage:
    name = standing.name
    return PolicyChangePage(
        frame=visit.frame(f"{_ADDRESS}/{name}/change"),
        name=name,
        form=FORMS[name],
        typed=typed,
        base=_versions(standing)[-1],
        below=BELOW,
        notice=notice_for(name),
        time_zone=_zone(visit).key,
        faults=faults,
        problems=tuple(problems or ()),
    )


async def _proposal_page(visit: Visit, preview: Preview, typed: Fields, *problems: FieldProblem) -> ProposalPage:
    proposal = preview.proposal
    waits, own = proposal.state is State.WAITING, proposal.proposed_by == visit.caller().id
    hindrance = preview.hindrance
    told = waits and hindrance is not None and hindrance is not Reason.NOT_PERMITTED
    world, before, after = visit.service.world, preview.base.policy, proposal.draft.policy
    today = world.clock.now().astimezone(_zone(visit)).date()
    return ProposalPage(
        frame=visit.frame(f"{_PROPOSALS}/{proposal.id}"),
        preview=preview,
        touched=await foresee(world, before, after, today=today) if waits else (),
        names=await _names(visit, [proposal]),
        time_zone=_zone(visit).key,
        may_approve=hindrance is None,
        may_refuse=waits and not own and visit.may(Permission.APPROVE_POLICY, at=None),
        may_withdraw=waits and own,
        hindrance=of_policy(hindrance).problem if told and hindrance else None,
        typed=typed,
        problems=problems,
    )


HANDLERS: Final = (
    show_policies, show_policy, show_change, propose, show_proposal, approve, refuse, withdraw,
)  # fmt: skip
