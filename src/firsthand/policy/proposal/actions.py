"""Proposing a change of a policy, and deciding on it: approving, refusing, taking it back.

Policies are rules of the whole city. Whoever may propose does so in the duty that he has; only the city's own
administrators approve, and never what they proposed themselves.
"""

from typing import Final
from uuid import UUID

from firsthand.audit.model import DONE, ActorKind, Caller, Detail, Line
from firsthand.audit.store import append
from firsthand.platform.access import Permission
from firsthand.platform.chance import new_id
from firsthand.platform.database import Connection
from firsthand.platform.world import World
from firsthand.policy.fields import FORMS, Below
from firsthand.policy.proposal import rules, store
from firsthand.policy.proposal.model import Proposal, Reason, Refused, Seen, State, Wish

_PROPOSE: Final = "policy.propose"
_APPROVE: Final = "policy.approve"
_REFUSE: Final = "policy.refuse"
_WITHDRAW: Final = "policy.withdraw"


async def propose_policy(world: World, caller: Caller, wish: Wish, below: Below) -> Proposal | Refused:
    """Propose a change of a policy. It binds nobody until somebody else has approved it.

    The same change that the same member of staff has waiting is the same proposal: a form may be sent twice.
    """
    async with world.database.transaction() as conn:
        outcome = await _propose(conn, world, caller, wish, below)
        await append(conn, [_line(world, caller, _PROPOSE, outcome)])
        return outcome


async def approve_policy(world: World, caller: Caller, proposal_id: UUID, seen: Seen) -> Proposal | Refused:
    """Approve a proposal of somebody else, so that it is in force from its instant on.

    seen: what the caller was shown. The approval holds for that and for nothing else.
    """
    async with world.database.transaction() as conn:
        outcome = await _approve(conn, world, caller, proposal_id, seen)
        await append(conn, [_line(world, caller, _APPROVE, outcome, proposal_id)])
        return outcome


async def refuse_policy(world: World, caller: Caller, proposal_id: UUID, words: str) -> Proposal | Refused:
    """Refuse a proposal of somebody else, and say why."""
    async with world.database.transaction() as conn:
        outcome = await _refuse(conn, world, caller, proposal_id, words)
        await append(conn, [_line(world, caller, _REFUSE, outcome, proposal_id)])
        return outcome


async def withdraw_policy(world: World, caller: Caller, proposal_id: UUID) -> Proposal | Refused:
    """Take one's own proposal back."""
    async with world.database.transaction() as conn:
        outcome = await _withdraw(conn, world, caller, proposal_id)
        await append(conn, [_line(world, caller, _WITHDRAW, outcome, proposal_id)])
        return outcome


async def _propose(conn: Connection, world: World, caller: Caller, wish: Wish, below: Below) -> Proposal | Refused:
    staff_id = _staff_who_may(caller, Permission.PROPOSE_POLICY, at=caller.hospital_id)
    if staff_id is None:
        return Refused(Reason.NOT_PERMITTED)
    if wish.name not in FORMS:
        return Refused(Reason.POLICY_UNKNOWN)
    now = world.clock.now()
    timeline = (await store.read_timeline(conn, [wish.name]))[wish.name]
    await store.hold_proposer(conn, staff_id)
    own = [one for one in await store.list_proposals(conn, [wish.name], decided_max=0) if one.proposed_by == staff_id]
    waiting, _ = await store.count_waiting(conn, staff_id)
    draft = rules.decide_wish(wish, timeline, below, waiting=waiting, now=now)
    if isinstance(draft, Refused):
        return draft
    if same := next((one for one in own if one.draft == draft), None):
        return same
    proposal_id = new_id(world.chance, now)
    proposal = Proposal(proposal_id, draft, rules.digest_of(proposal_id, draft, staff_id), staff_id, now)
    await store.add(conn, proposal)
    return proposal


async def _approve(conn: Connection, world: World, caller: Caller, proposal_id: UUID, seen: Seen) -> Proposal | Refused:
    staff_id = _staff_who_may(caller, Permission.APPROVE_POLICY, at=None)
    if staff_id is None:
        return Refused(Reason.NOT_PERMITTED)
    proposal = await store.lock(conn, proposal_id)
    if proposal is None:
        return Refused(Reason.PROPOSAL_UNKNOWN)
    name = proposal.draft.name
    timeline = (await store.read_timeline(conn, [name]))[name]
    now = world.clock.now()
    reason = rules.decide_approval(proposal, staff_id, timeline, seen, now=now)
    if reason is not None:
        return Refused(reason)
    if not await store.decide(conn, proposal_id, State.APPROVED, by=staff_id, at=now, seen=seen.digest):
        return Refused(Reason.ALREADY_DECIDED)
    await store.put_in_force(conn, proposal_id)
    return proposal


async def _refuse(conn: Connection, world: World, caller: Caller, proposal_id: UUID, words: str) -> Proposal | Refused:
    staff_id = _staff_who_may(caller, Permission.APPROVE_POLICY, at=None)
    if staff_id is None:
        return Refused(Reason.NOT_PERMITTED)
    proposal = await store.lock(conn, proposal_id)
    if proposal is None:
        return Refused(Reason.PROPOSAL_UNKNOWN)
    reason, why = rules.decide_refusal(proposal, staff_id), rules.parse_words(words)
    if reason is not None or isinstance(why, Reason):
        return Refused(reason or Reason(why))
    if not await store.decide(conn, proposal_id, State.REFUSED, by=staff_id, at=world.clock.now(), words=why):
        return Refused(Reason.ALREADY_DECIDED)
    return proposal


async def _withdraw(conn: Connection, world: World, caller: Caller, proposal_id: UUID) -> Proposal | Refused:
    staff_id = _staff_who_may(caller, Permission.PROPOSE_POLICY, at=caller.hospital_id)
    if staff_id is None:
        return Refused(Reason.NOT_PERMITTED)
    proposal = await store.lock(conn, proposal_id)
    if proposal is None:
        return Refused(Reason.PROPOSAL_UNKNOWN)
    reason = rules.decide_withdrawal(proposal, staff_id)
    if reason is not None:
        return Refused(reason)
    if not await store.decide(conn, proposal_id, State.WITHDRAWN, by=staff_id, at=world.clock.now()):
        return Refused(Reason.ALREADY_DECIDED)
    return proposal


def _staff_who_may(caller: Caller, permission: Permission, *, at: UUID | None) -> UUID | None:
    """Return the id of a member of staff who may do something. The house itself has no second person, and may not."""
    permitted = caller.kind is ActorKind.STAFF and caller.may(permission, at=at)
    return caller.id if permitted else None


def _line(
    world: World, caller: Caller, action: str, outcome: Proposal | Refused, proposal_id: UUID | None = None
) -> Line:
    """Return the audit line. What was typed in words stays with the proposal."""
    detail: Detail = {"role": caller.role.value} if caller.role else {}
    if isinstance(outcome, Proposal):
        draft = outcome.draft
        instants = {"effective_from": draft.effective_from.isoformat(), "based_on": draft.based_on.isoformat()}
        detail = {**detail, "policy": draft.name, "digest": outcome.digest, **instants}
    elif outcome.faults:
        detail = {**detail, "faults": ", ".join(sorted({fault.fault.value for fault in outcome.faults}))}
    return Line(
        at=world.clock.now(),
        caller=caller,
        action=action,
        outcome=outcome.reason if isinstance(outcome, Refused) else DONE,
        hospital_id=caller.hospital_id,
        subject_id=outcome.id if isinstance(outcome, Proposal) else proposal_id,
        detail=detail,
    )
