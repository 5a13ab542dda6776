"""The lines of families: who may act for whom."""

import firsthand.directory.family.actions as ties
from firsthand.audit.model import Caller
from firsthand.directory.family import asking, chores, desk
from firsthand.directory.family.desk import DeskTie
from firsthand.directory.family.model import Active
from firsthand.platform.access import Permission, Role
from tests.roles.scene import HOUSE, OWN, Scene, Walked, Without


async def two(scene: Scene) -> tuple[int, int]:
    """Return the numbers of two persons."""
    return await scene.person(), await scene.person()


async def tied(scene: Scene) -> tuple[int, int]:
    """Return the numbers of a carer and of whom he may act for."""
    pair = await two(scene)
    confirmed = await desk.confirm_at_desk(scene.world, asked(scene, scene.crew.caller(Role.DESK), pair))
    assert isinstance(confirmed, Active), confirmed
    return pair


def asked(scene: Scene, caller: Caller, pair: tuple[int, int]) -> DeskTie:
    """Return what a clerk asks with both documents before him."""
    carer, dependant = (scene.city.documents[number] for number in pair)
    return DeskTie(caller, scene.scope, carer, dependant)


ROWS: tuple[Walked | Without, ...] = (
    Walked(desk.confirm_at_desk, Permission.CONFIRM_TIE,
           lambda s, c, pair: desk.confirm_at_desk(s.world, asked(s, c, pair)), two),
    Walked(desk.end_at_desk, Permission.CONFIRM_TIE,
           lambda s, c, pair: desk.end_at_desk(s.world, asked(s, c, pair)), tied),
    Without(ties.confirm_tie, OWN),
    Without(ties.confirm_by_code, OWN),
    Without(ties.end_tie, OWN),
    Without(ties.renew_tie, OWN),
    Without(asking.ask_adult, OWN),
    Without(asking.ask_child, OWN),
    Without(asking.send_code_again, OWN),
    Without(chores.settle_children, HOUSE),
    Without(chores.end_what_is_over, HOUSE),
)  # fmt: skip
