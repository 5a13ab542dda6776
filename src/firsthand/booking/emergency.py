"""What somebody sees who has opened a person's record in an emergency: his names, his phone, where he is expected."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from firsthand.audit.model import DONE, ActorKind, Caller, Line
from firsthand.audit.store import append
from firsthand.booking import store
from firsthand.booking.model import Booking, State
from firsthand.directory.emergency import rules
from firsthand.directory.emergency.model import Access, Reason, Refused
from firsthand.directory.emergency.store import find
from firsthand.directory.person.store import contacts_of, names_of, same_people
from firsthand.platform.access import Permission
from firsthand.platform.scope import CityScope, HospitalScope, PersonScope
from firsthand.platform.world import World
from firsthand.release.store import read_offers

_ACTION: Final = "booking.read_emergency"
_SCOPE: Final = CityScope("see a person's record in an emergency")
_BOOKINGS_MAX: Final = 100
# Somebody who was expected an hour ago may have been on his way.
_MISSED: Final = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Expected:
    """Where and when the person is expected. Texts are "" where the hospital does not say."""

    hospital: str
    department: str
    starts_at: datetime
    time_zone: str


@dataclass(frozen=True, slots=True)
class EmergencyRecord:
    """What is shown of a person, and nothing else of him: no document, no code, no history."""

    access: Access
    names: tuple[str, ...] = field(repr=False)
    phone: str = field(repr=False)
    expected: tuple[Expected, ...] = field(repr=False)


async def read_emergency_record(world: World, caller: Caller, access_id: UUID) -> EmergencyRecord | Refused:
    """Return what the caller's own, still open access lets him see of the person. Each look is recorded."""
    async with world.database.transaction() as conn:
        now = world.clock.now()
        staff_id, at = caller.id, caller.hospital_id
        permitted = caller.kind is ActorKind.STAFF and caller.may(Permission.BREAK_GLASS, at=at)
        if not permitted or staff_id is None or at is None:
            shown: Access | Refused = Refused(Reason.NOT_PERMITTED)
        else:
            access = await find(conn, world.keyring, HospitalScope(at), access_id)
            shown = rules.decide_show(access, staff_id, at, now=now)
        line = Line(
            at=now,
            caller=caller,
            action=_ACTION,
            outcome=shown.reason if isinstance(shown, Refused) else DONE,
            hospital_id=at,
            subject_id=access_id,
            person_id=shown.person_id if isinstance(shown, Access) else None,
            purpose=_SCOPE.purpose,
        )
        await append(conn, [line])
        if isinstance(shown, Refused):
            return shown
        people = await same_people(conn, _SCOPE, [shown.person_id])
        ids = people[shown.person_id].ids
        names = await names_of(conn, world.keyring, _SCOPE, ids)
        contacts = await contacts_of(conn, world.keyring, _SCOPE, [shown.person_id])
        bookings: list[Booking] = []
        for person_id in ids:
            bookings += await store.list_of_person(conn, PersonScope(person_id), [person_id], limit=_BOOKINGS_MAX)
        coming = {one.id: one for one in bookings if one.patient_id in ids and _is_near(one, now)}
        offers = await read_offers(conn, sorted({one.session_id for one in coming.values()}))
    expected = [
        Expected(offer.hospital_name, offer.department_name or "", one.expected_at, offer.time_zone)
        for one in sorted(coming.values(), key=lambda one: one.expected_at)
        if (offer := offers.get(one.session_id))
    ]
    phone = contacts[shown.person_id].phone if shown.person_id in contacts else ""
    return EmergencyRecord(shown, tuple(dict.fromkeys(filter(None, names.values()))), phone, tuple(expected))


def _is_near(booking: Booking, now: datetime) -> bool:
    return booking.state in {State.BOOKED, State.ARRIVED} and booking.ends_at > now - _MISSED
