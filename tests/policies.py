"""Changing policies as two people do it: what is typed into their forms, and callers who propose and approve."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from firsthand.audit.model import ActorKind, Caller, Channel
from firsthand.directory.staff.actions import add_staff
from firsthand.directory.staff.model import Staff
from firsthand.identity.document.model import DocumentType
from firsthand.messages.model import Template
from firsthand.platform.access import Role
from firsthand.platform.world import World
from firsthand.policy.fields import Below
from firsthand.policy.proposal.actions import approve_policy, propose_policy
from firsthand.policy.proposal.model import Preview, Proposal, Seen, Wish
from firsthand.policy.proposal.reading import read_policies, read_proposal
from firsthand.policy.typed import typed_of
from tests.city import SYSTEM
from tests.conftest import START
from tests.staffing import PASSWORD

BELOW = Below(tuple(template.value for template in Template), tuple(kind.value for kind in DocumentType))
WHY = "The hospitals asked for it in their meeting of March"
IN_TWO_DAYS = START + timedelta(days=2)


async def administrator(world: World, name: str) -> Caller:
    """Add an administrator of the city."""
    added = await add_staff(
        world, SYSTEM, None, username=name, display_name=f"Name of {name}", role=Role.CITY_ADMIN, password=PASSWORD
    )
    assert isinstance(added, Staff), added
    return Caller(ActorKind.STAFF, added.id, Channel.WEB, "test", None, Role.CITY_ADMIN)


async def typed_now(world: World, caller: Caller, name: str, **changed: str) -> dict[str, str]:
    """Return what the form of a policy shows now, changed in some fields. A field's dots are written as `__`."""
    found = await read_policies(world, caller, name)
    assert isinstance(found, Mapping), found
    typed = typed_of(name, found[name].in_force.policy)
    return {**typed, **{field.replace("__", "."): value for field, value in changed.items()}}


def wish(name: str, typed: Mapping[str, str], at: datetime = IN_TWO_DAYS, source: str = WHY) -> Wish:
    """Return what somebody asks for."""
    return Wish(name, typed, at, source)


async def proposed(world: World, caller: Caller, name: str, at: datetime = IN_TWO_DAYS, **changed: str) -> Proposal:
    """Propose a change of what is in force now."""
    made = await propose_policy(world, caller, wish(name, await typed_now(world, caller, name, **changed), at), BELOW)
    assert isinstance(made, Proposal), made
    return made


async def seen_by(world: World, caller: Caller, proposal_id: UUID) -> Seen:
    """Return what somebody is shown of a proposal."""
    preview = await read_proposal(world, caller, proposal_id)
    assert isinstance(preview, Preview), preview
    return preview.seen


async def approved(world: World, caller: Caller, proposal_id: UUID) -> None:
    """Approve a proposal as it is shown."""
    done = await approve_policy(world, caller, proposal_id, await seen_by(world, caller, proposal_id))
    assert isinstance(done, Proposal), done
