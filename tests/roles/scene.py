"""The city in which every action is tried as every role, and how a line of the table is written."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import firsthand.booking.actions as bookings
import firsthand.directory.emergency.actions as emergency
import firsthand.directory.hospital.managing.actions as managing
import firsthand.directory.staff.actions as staff
from firsthand.audit.model import Caller
from firsthand.booking.model import Booked, GivenBack
from firsthand.directory.emergency.model import Access, Wanted
from firsthand.directory.hospital.model import Kind
from firsthand.directory.staff import duties
from firsthand.directory.staff.model import Duty, Staff
from firsthand.platform.access import Permission, Role
from firsthand.platform.scope import HospitalScope
from firsthand.platform.world import World
from tests.city import NO_CAPS, SYSTEM, City, Opening, hold, make_city, set_policy
from tests.staffing import PASSWORD, Crew, make_crew

WHY = "Found unconscious at the bus stop, no papers"
SESSIONS = (Opening(places=50), Opening(places=50, day=0, hour=9), Opening(places=5, hospital=1))
Action = Callable[..., Awaitable[Any]]


@dataclass(slots=True)
class Scene:
    """A city of two hospitals with everybody in it, and what a deed is done to. Persons and places do not run out."""

    world: World
    city: City
    crew: Crew
    made: int = 0

    @property
    def here(self) -> UUID:
        """The hospital where the scene lies."""
        return self.city.hospital_ids[0]

    @property
    def scope(self) -> HospitalScope:
        """Its scope."""
        return HospitalScope(self.here)

    async def nothing(self) -> None:
        """Set no scene."""

    async def person(self) -> int:
        """Return the number of a person to whom nothing has happened yet."""
        self.made += 1
        return self.made

    async def held(self) -> tuple[int, UUID]:
        """Return a person's number and the booking that he holds."""
        number = await self.person()
        return number, (await hold(self.world, self.city, number)).booking_id

    async def booked(self) -> tuple[int, Booked]:
        """Return a person's number and his booking of today."""
        number = await self.person()
        held = await hold(self.world, self.city, number, session=1)
        (booked,) = await bookings.confirm_bookings(self.world, [self.city.change(number, held.booking_id)])
        assert isinstance(booked, Booked)
        return number, booked

    async def returned(self) -> int:
        """Return the number of a person who wants a place, of which one has just come back."""
        number, booking_id = await self.held()
        (given,) = await bookings.give_back_bookings(self.world, [self.city.change(number, booking_id)])
        assert isinstance(given, GivenBack)
        return await self.person()

    async def member(self, role: Role = Role.DESK, hospital: int | None = 0) -> Staff:
        """Return a new member of staff."""
        self.made += 1
        hospital_id = None if hospital is None else self.city.hospital_ids[hospital]
        added = await staff.add_staff(
            self.world,
            SYSTEM,
            hospital_id,
            username=f"new.{self.made}",
            display_name="New",
            role=role,
            password=PASSWORD,
        )
        assert isinstance(added, Staff), added
        return added

    async def duty(self, role: Role = Role.OFFICER) -> Duty:
        """Return a duty of a new member of staff, at this hospital or of the city."""
        member = await self.member()
        given = await duties.give_duty(self.world, SYSTEM, member.id, role, None if role.is_of_city else self.here)
        assert isinstance(given, Duty), given
        return given

    async def access(self, hospital: int = 0) -> Access:
        """Return an emergency access that a new clerk of this hospital has opened."""
        member = await self.member(hospital=hospital)
        clerk = self.crew.caller(Role.DESK, hospital)
        caller = Caller(clerk.kind, member.id, clerk.channel, clerk.request_id, clerk.hospital_id, clerk.role)
        opened = await emergency.open_record(self.world, caller, Wanted(self.city.documents[0]), WHY)
        assert isinstance(opened, Access), opened
        return opened

    async def doctor(self) -> UUID:
        """Return a doctor of this hospital's list."""
        added = await managing.add_entry(self.world, SYSTEM, self.here, Kind.DOCTOR, f"Dr {self.number()}")
        assert isinstance(added, UUID), added
        return added

    async def said_by_hand(self) -> None:
        """Let the hospital's phone be said by hand."""
        said = {"phone": f"010 5555 {self.number()}"}
        assert await managing.say_of_hospital(self.world, SYSTEM, self.here, said) == frozenset({"phone"})

    def number(self) -> str:
        """Return a number that was not used before."""
        self.made += 1
        return str(self.made)


async def make_scene(world: World) -> Scene:
    """Make the city of a deed: a session tomorrow and one today at hospital 0, one at hospital 1."""
    city = await make_city(world, sessions=SESSIONS, persons=40)
    await set_policy(world, NO_CAPS)
    return Scene(world, city, await make_crew(world, city))


@dataclass(frozen=True, slots=True)
class Walked:
    """An action that asks for a permission: tried by every role at both hospitals, by a person and by nobody.

    first: what the caller does before, where he can: what follows is then refused for the deed's own sake.
    empty: whether who may not is answered with nothing there, instead of a refusal.
    quiet: whether doing it, which shows nobody's data, leaves no line.
    own: whether the deed is the caller's own, in his present duty, so that it is allowed at whatever hospital it is.
    """

    action: Action
    permission: Permission
    call: Callable[[Scene, Caller, Any], Awaitable[Any]]
    make: Callable[[Scene], Awaitable[Any]] = Scene.nothing
    first: Callable[[Scene, Caller, Any], Awaitable[Any]] | None = None
    city: bool = False
    empty: bool = False
    own: bool = False
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Without:
    """An action that asks for no permission, and why not."""

    action: Action
    why: str


async def one(answers: Awaitable[list[Any]]) -> object:
    """Return the one answer of a batch of one."""
    (answer,) = await answers
    return answer


OWN = "a person's own affair, which his scope says"
SIGN_IN = "whoever signs in is nobody yet"
HOUSE = "the worker's or the operator's: no channel that people reach calls it"
