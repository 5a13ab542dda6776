"""Looking at policies: what is in force, what is coming, what waits, and what a proposal would change."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from firsthand.audit.model import DONE, ActorKind, Caller, Line
from firsthand.audit.store import append
from firsthand.platform.access import Permission
from firsthand.platform.database import Connection
from firsthand.platform.world import World
from firsthand.policy import comparing
from firsthand.policy.fields import FORMS
from firsthand.policy.proposal import rules, store
from firsthand.policy.proposal.model import Dated, Preview, Proposal, Reason, Refused, Standing, State

_READ: Final = "policy.read"
_READ_PROPOSAL: Final = "policy.read_proposal"
DECIDED_MAX: Final = 50


async def read_policies(world: World, caller: Caller, name: str | None = None) -> Mapping[str, Standing] | Refused:
    """Return every kind of policy as it stands, or the one of this name, for those who propose or approve."""
    async with world.database.transaction() as conn:
        outcome = await _read(conn, world, caller, name)
        await append(conn, [_line(world, caller, _READ, outcome)])
        return outcome


async def read_proposal(world: World, caller: Caller, proposal_id: UUID) -> Preview | Refused:
    """Return a proposal beside what would be in force without it, for those who propose or approve."""
    async with world.database.transaction() as conn:
        outcome = await _preview(conn, world, caller, proposal_id)
        await append(conn, [_line(world, caller, _READ_PROPOSAL, outcome, proposal_id)])
        return outcome


async def count_to_decide(world: World, caller: Caller) -> int:
    """Return how many proposals wait for the caller's decision: none for one who decides on none."""
    if caller.kind is not ActorKind.STAFF or caller.id is None or not caller.may(Permission.APPROVE_POLICY, at=None):
        return 0
    async with world.database.connection() as conn:
        _, others = await store.count_waiting(conn, caller.id)
        return others


async def _read(conn: Connection, world: World, caller: Caller, name: str | None) -> Mapping[str, Standing] | Refused:
    if not _may_look(caller):
        return Refused(Reason.NOT_PERMITTED)
    if name is not None and name not in FORMS:
        return Refused(Reason.POLICY_UNKNOWN)
    names = [name] if name else list(FORMS)
    timelines = await store.read_timeline(conn, names)
    proposals = await store.list_proposals(conn, names, decided_max=DECIDED_MAX)
    now = world.clock.now()
    return {one: standing(one, timelines[one], proposals, now=now) for one in names}


def standing(name: str, timeline: Sequence[Dated], proposals: Sequence[Proposal], *, now: datetime) -> Standing:
    """Return a kind of policy as it stands at an aware instant. timeline: its versions, in the order of beginning."""
    begun = [version for version in timeline if version.effective_from <= now]
    mine = [proposal for proposal in proposals if proposal.draft.name == name]
    return Standing(
        name=name,
        in_force=begun[-1],
        coming=tuple(version for version in timeline if version.effective_from > now),
        past=tuple(reversed(begun[:-1])),
        waiting=tuple(proposal for proposal in mine if proposal.state is State.WAITING),
        decided=tuple(proposal for proposal in mine if proposal.state is not State.WAITING),
    )


async def _preview(conn: Connection, world: World, caller: Caller, proposal_id: UUID) -> Preview | Refused:
    if not _may_look(caller):
        return Refused(Reason.NOT_PERMITTED)
    proposal = await store.find(conn, proposal_id)
    if proposal is None:
        return Refused(Reason.PROPOSAL_UNKNOWN)
    draft = proposal.draft
    timeline = (await store.read_timeline(conn, [draft.name]))[draft.name]
    base = next(version for version in timeline if version.effective_from == draft.based_on)
    return Preview(
        proposal=proposal,
        base=base,
        changes=comparing.compare(draft.name, base.policy, draft.policy),
        seen=rules.shown(proposal, timeline),
        hindrance=_hindrance(world, caller, proposal, timeline),
    )


def _hindrance(world: World, caller: Caller, proposal: Proposal, timeline: Sequence[Dated]) -> Reason | None:
    if caller.id is None or not caller.may(Permission.APPROVE_POLICY, at=None):
        return Reason.NOT_PERMITTED
    return rules.decide_approval(proposal, caller.id, timeline, None, now=world.clock.now())


def _may_look(caller: Caller) -> bool:
    if caller.kind is not ActorKind.STAFF:
        return False
    own = caller.may(Permission.PROPOSE_POLICY, at=caller.hospital_id)
    return own or caller.may(Permission.APPROVE_POLICY, at=None)


def _line(world: World, caller: Caller, action: str, outcome: object, subject_id: UUID | None = None) -> Line:
    return Line(
        at=world.clock.now(),
        caller=caller,
        action=action,
        outcome=outcome.reason if isinstance(outcome, Refused) else DONE,
        hospital_id=caller.hospital_id,
        subject_id=subject_id,
        detail={"role": caller.role.value} if caller.role else {},
    )
