"""People at the counter who have a booking here: finding them by it, and what the desk sees of their bookings."""

from datetime import date
from uuid import UUID

from firsthand.audit.model import Caller
from firsthand.audit.store import append
from firsthand.booking import store
from firsthand.booking.model import Booking
from firsthand.directory.counter.finding import line_of, may_search, open_found, require_found
from firsthand.directory.counter.model import Basis, Deed, Found, Reason, Refused
from firsthand.directory.counter.store import find_by_name
from firsthand.directory.person.store import same_people
from firsthand.platform.access import Permission
from firsthand.platform.scope import CityScope, HospitalScope
from firsthand.platform.world import World

_ACTION = "booking.find_person"
_SAME = CityScope("know the records of one person as one")


async def find_by_name_here(
    world: World, caller: Caller, scope: HospitalScope, name: str, born_on: date
) -> list[Found] | Refused:
    """Find people by name and date of birth among those with a booking at this hospital, and among nobody else."""
    async with world.database.transaction() as conn:
        refused = await may_search(conn, world, caller, scope)
        found: list[Found] = []
        if refused is None:
            named = await find_by_name(conn, world.keyring, scope, name, born_on)
            same = await same_people(conn, _SAME, named)
            here = await store.expected_here(conn, scope, [record for one in same.values() for record in one.ids])
            expected = [person_id for person_id in named if here & set(same[person_id].ids)]
            found = [await open_found(conn, world, caller, scope, one, Basis.BOOKING) for one in expected]
        refused = refused or (None if found else Refused(Reason.NOT_FOUND))
        await append(conn, [line_of(world, caller, scope, _ACTION, refused, None, {"people": len(found)})])
        return refused or found


async def find_by_booking(world: World, caller: Caller, scope: HospitalScope, code: str) -> Found | Refused:
    """Find the patient of a booking at this hospital by its code, as he shows it at the counter or says it.

    code: 12 characters, as `arrival.rules.parse_code` returns them.
    """
    async with world.database.transaction() as conn:
        refused = await may_search(conn, world, caller, scope)
        booking = None if refused else await store.find_by_code(conn, scope, code)
        if refused is None and booking is None:
            refused = Refused(Reason.NOT_FOUND)
        subject = booking.id if booking else None
        await append(conn, [line_of(world, caller, scope, _ACTION, refused, None, subject_id=subject)])
        if refused is not None or booking is None:
            return refused or Refused(Reason.NOT_FOUND)
        return await open_found(conn, world, caller, scope, booking.patient_id, Basis.BOOKING)


async def read_bookings_here(
    world: World, caller: Caller, scope: HospitalScope, person_id: UUID, *, limit: int = 50
) -> list[Booking] | Refused:
    """Return the bookings at this hospital of a person whom this clerk has found, the latest session first."""
    async with world.database.transaction() as conn:
        basis = await require_found(conn, world, caller, scope, person_id, Permission.FIND_PERSON, Deed.LOOK)
        answer: list[Booking] | Refused
        if isinstance(basis, Refused):
            answer = basis
        else:
            same = await same_people(conn, _SAME, [person_id])
            answer = await store.list_of_person(conn, scope, same[person_id].ids, limit=limit)
        detail = {"bookings": 0 if isinstance(answer, Refused) else len(answer)}
        await append(conn, [line_of(world, caller, scope, "booking.read_of_person", answer, person_id, detail)])
        return answer
