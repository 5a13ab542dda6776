"""Looking at staff: who somebody acts as, a hospital's staff, one member with all his duties."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from firsthand.audit.model import DONE, Caller
from firsthand.audit.store import append
from firsthand.directory.hospital.store import read_names
from firsthand.directory.staff import store
from firsthand.directory.staff.duties import staff_line
from firsthand.directory.staff.model import Duty, Reason, Refused, Staff
from firsthand.identity.session.model import SignedIn
from firsthand.platform.access import Permission
from firsthand.platform.world import World

_LIST: Final = "directory.list_staff"
_READ: Final = "directory.read_staff"
SEARCH_CHARACTERS_MAX: Final = 100


@dataclass(frozen=True, slots=True)
class Acting:
    """As whom a member of staff acts. hospital_name: "" for a role of the city."""

    display_name: str
    hospital_name: str


@dataclass(frozen=True, slots=True)
class Listed:
    """One of a list of staff, with the duties that he has now. hospital_name: of his account, "" for the city's."""

    staff: Staff
    hospital_name: str
    duties: tuple[Duty, ...]


@dataclass(frozen=True, slots=True)
class Member:
    """One member of staff. duties: all that he ever had, the newest first. hospitals: the names of those in them."""

    staff: Staff
    duties: tuple[Duty, ...]
    hospitals: dict[UUID, str]


async def read_acting(world: World, signed_in: SignedIn) -> Acting | None:
    """Return as whom a session of staff acts, None when there is no such member any more."""
    async with world.database.connection() as conn:
        staff = await store.find(conn, signed_in.subject_id)
        hospitals = await read_names(conn, [signed_in.hospital_id] if signed_in.hospital_id else [])
    if staff is None:
        return None
    return Acting(staff.display_name, hospitals.get(signed_in.hospital_id, "") if signed_in.hospital_id else "")


async def list_staff(
    world: World, caller: Caller, *, text: str = "", limit: int = 50, offset: int = 0
) -> tuple[list[Listed], int] | Refused:
    """Return one page of the staff whom the caller looks after, by name, and how many they are.

    A hospital's administrator sees his hospital's accounts and whoever has a duty there, the city's everybody.
    text: a part of the name or username.
    """
    async with world.database.transaction() as conn:
        of_city = caller.may(Permission.MANAGE_CITY_STAFF, at=None)
        if not of_city and not caller.may(Permission.MANAGE_HOSPITAL_STAFF, at=caller.hospital_id):
            await append(conn, [staff_line(world, caller, _LIST, Reason.NOT_PERMITTED)])
            return Refused(Reason.NOT_PERMITTED)
        now, hospital_id = world.clock.now(), None if of_city else caller.hospital_id
        text = text[:SEARCH_CHARACTERS_MAX]
        found = await store.search(conn, hospital_id, text, now=now, limit=limit, offset=offset)
        total = await store.count_search(conn, hospital_id, text, now=now)
        duties = await store.live_duties_of(conn, [one.id for one in found], now=now)
        names = await read_names(conn, [one.hospital_id for one in found if one.hospital_id])
        await append(conn, [staff_line(world, caller, _LIST, DONE)])
        return [Listed(one, _name(names, one.hospital_id), tuple(duties.get(one.id, ()))) for one in found], total


async def read_member(world: World, caller: Caller, staff_id: UUID) -> Member | Refused:
    """Return a member of staff whom the caller looks after. One of another hospital is as unknown as none."""
    async with world.database.transaction() as conn:
        staff = await store.find(conn, staff_id)
        duties = await store.duties_of(conn, staff_id) if staff else []
        if staff is None or not _may_see(caller, staff, duties):
            await append(conn, [staff_line(world, caller, _READ, Reason.STAFF_UNKNOWN, subject_id=staff_id)])
            return Refused(Reason.STAFF_UNKNOWN)
        wanted = [one.hospital_id for one in duties if one.hospital_id] + [staff.hospital_id or staff.id]
        hospitals = await read_names(conn, wanted)
        await append(conn, [staff_line(world, caller, _READ, DONE, staff)])
        return Member(staff, tuple(duties), hospitals)


async def read_staff_names(world: World, staff_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Return the names of members of staff, for a page that says who of them did something."""
    async with world.database.connection() as conn:
        return await store.names_of_staff(conn, staff_ids)


def may_manage_some_staff(caller: Caller) -> bool:
    """Say whether the caller looks after any staff: his hospital's, or the city's."""
    own = caller.may(Permission.MANAGE_HOSPITAL_STAFF, at=caller.hospital_id)
    return own or caller.may(Permission.MANAGE_CITY_STAFF, at=None)


def _may_see(caller: Caller, staff: Staff, duties: Sequence[Duty]) -> bool:
    if caller.may(Permission.MANAGE_CITY_STAFF, at=None):
        return True
    hospitals = {staff.hospital_id, *(duty.hospital_id for duty in duties)} - {None}
    return any(caller.may(Permission.MANAGE_HOSPITAL_STAFF, at=hospital_id) for hospital_id in hospitals)


def _name(names: dict[UUID, str], hospital_id: UUID | None) -> str:
    return names.get(hospital_id, "") if hospital_id else ""
