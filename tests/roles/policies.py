"""The actions that change policies, for the walk of roles."""

from uuid import UUID

import firsthand.policy.proposal.actions as deciding
from firsthand.audit.model import Caller
from firsthand.platform.access import Permission, Role
from firsthand.policy.proposal import reading
from firsthand.policy.proposal.model import Proposal, Seen
from tests.policies import BELOW, WHY, wish
from tests.roles.scene import Scene, Walked, Without


async def propose(scene: Scene, caller: Caller) -> object:
    """Propose what nobody has proposed before."""
    typed = {"early_minutes_max": str(200 + int(scene.number())), "late_after_minutes": "15"}
    sent = wish("arrival", {**typed, "no_show_after_end_minutes": "30"})
    return await deciding.propose_policy(scene.world, caller, sent, BELOW)


async def proposal(scene: Scene) -> Proposal:
    """Return what a hospital's administrator has proposed."""
    made = await propose(scene, scene.crew.caller(Role.HOSPITAL_ADMIN))
    assert isinstance(made, Proposal), made
    return made


async def propose_and_withdraw(scene: Scene, caller: Caller) -> object:
    """Take back what the caller proposes, or, where he may not propose, what does not exist."""
    made = await propose(scene, caller)
    return await deciding.withdraw_policy(scene.world, caller, made.id if isinstance(made, Proposal) else UUID(int=1))


ROWS: tuple[Walked | Without, ...] = (
    Walked(deciding.propose_policy, Permission.PROPOSE_POLICY, lambda s, c, _: propose(s, c), own=True),
    Walked(deciding.withdraw_policy, Permission.PROPOSE_POLICY, lambda s, c, _: propose_and_withdraw(s, c), own=True),
    Walked(deciding.approve_policy, Permission.APPROVE_POLICY,
           lambda s, c, made: deciding.approve_policy(s.world, c, made.id, Seen(made.digest, None)), proposal,
           city=True),
    Walked(deciding.refuse_policy, Permission.APPROVE_POLICY,
           lambda s, c, made: deciding.refuse_policy(s.world, c, made.id, WHY), proposal, city=True),
    Walked(reading.read_policies, Permission.PROPOSE_POLICY,
           lambda s, c, _: reading.read_policies(s.world, c), own=True),
    Walked(reading.read_proposal, Permission.PROPOSE_POLICY,
           lambda s, c, made: reading.read_proposal(s.world, c, made.id), proposal, own=True),
    Without(reading.count_to_decide, "a number on a page; none for one who decides nothing"),
)  # fmt: skip
