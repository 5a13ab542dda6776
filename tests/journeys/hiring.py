"""Staff for journeys, added to the look's hospital or to the city by the ordinary action."""

from uuid import UUID

from firsthand.directory.staff.actions import add_staff
from firsthand.directory.staff.model import Staff
from firsthand.platform.access import Role
from firsthand.platform.world import World
from tests.journeys.town import PASSWORD, words_of
from tests.journeys.walk import Walk
from tests.people import SYSTEM


def hire(walk: Walk, username: str, role: Role) -> UUID:
    """Add a member of staff with a first duty and return who it is."""

    async def hired(world: World) -> UUID:
        added = await add_staff(
            world,
            SYSTEM,
            None if role.is_of_city else walk.town.hospitals[walk.look.hospital],
            username=username,
            display_name=words_of(walk.look).doctors[1],
            role=role,
            password=PASSWORD,
        )
        assert isinstance(added, Staff), added
        return added.id

    return walk.served.do(hired)
