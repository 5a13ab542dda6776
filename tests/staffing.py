"""Staff of every role at the hospitals of a test's city, made by the same actions as real ones."""

from dataclasses import dataclass
from uuid import UUID

from firsthand.audit.model import ActorKind, Caller, Channel
from firsthand.directory.staff.actions import add_staff
from firsthand.directory.staff.model import Staff
from firsthand.platform.access import Role
from firsthand.platform.world import World
from tests.city import SYSTEM, City

PASSWORD = "violet harbour lantern"


@dataclass(frozen=True, slots=True)
class Crew:
    """One member of staff for each role: at each hospital by its number, or of the city (None)."""

    staff_ids: dict[tuple[Role, int | None], UUID]
    hospital_ids: tuple[UUID, ...]

    def caller(self, role: Role, hospital: int = 0, *, channel: Channel = Channel.WEB) -> Caller:
        """Return the member of staff with this role, at a hospital where it is one of a hospital."""
        where = None if role.is_of_city else hospital
        hospital_id = None if where is None else self.hospital_ids[where]
        return Caller(ActorKind.STAFF, self.staff_ids[role, where], channel, "test", hospital_id, role)

    def staff_id(self, role: Role, hospital: int = 0) -> UUID:
        """Return the id of the same."""
        return self.staff_ids[role, None if role.is_of_city else hospital]


def username_of(role: Role, hospital: int = 0) -> str:
    """Return the username of a member of the crew."""
    name = role.value.replace("_", "-")
    return f"the-{name}" if role.is_of_city else f"the-{name}-{hospital}"


async def make_crew(world: World, city: City) -> Crew:
    """Add a member of staff for each role: to each hospital of the city, and to the city itself."""
    staff_ids: dict[tuple[Role, int | None], UUID] = {}
    for role in Role:
        for number, hospital_id in [(None, None)] if role.is_of_city else list(enumerate(city.hospital_ids)):
            added = await add_staff(
                world,
                SYSTEM,
                hospital_id,
                username=username_of(role, number or 0),
                display_name=f"The {role.value} {number}",
                role=role,
                password=PASSWORD,
            )
            assert isinstance(added, Staff), added
            staff_ids[role, number] = added.id
    return Crew(staff_ids, city.hospital_ids)
