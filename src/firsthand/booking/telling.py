"""Telling a patient what became of his booking, as a job: a hot transaction has no time for names and addresses."""

from collections.abc import Sequence
from uuid import UUID

from firsthand.audit.model import DONE, Caller, Line
from firsthand.audit.store import append
from firsthand.booking.model import Booking
from firsthand.booking.store import read_bookings
from firsthand.directory.hospital.store import read_names
from firsthand.directory.person.model import Contact
from firsthand.directory.person.store import contacts_of
from firsthand.messages.model import Message, Template
from firsthand.messages.store import enqueue
from firsthand.messages.templates import facts_of
from firsthand.platform.days import local_day
from firsthand.platform.i18n import format_day, format_time
from firsthand.platform.scope import CityScope
from firsthand.platform.world import World


async def tell_patient(world: World, caller: Caller, booking_id: UUID, template: Template) -> bool:
    """Leave a message about a booking to its patient, in his language. False when there is no such booking.

    However often it is called, one template says one thing of one booking once.
    """
    (told,) = await tell_patients(world, caller, [(booking_id, template)])
    return told


async def tell_patients(world: World, caller: Caller, news: Sequence[tuple[UUID, Template]]) -> list[bool]:
    """Leave several messages about bookings in one transaction, as `tell_patient` does with one."""
    scope = CityScope("tell the patient what became of the booking")
    async with world.database.transaction() as conn:
        bookings = await read_bookings(conn, scope, [booking_id for booking_id, _ in news])
        contacts = await contacts_of(
            conn, world.keyring, scope, sorted({booking.patient_id for booking in bookings.values()})
        )
        hospitals = await read_names(conn, sorted({booking.hospital_id for booking in bookings.values()}))
        known = [(bookings[booking_id], template) for booking_id, template in news if booking_id in bookings]
        messages = [
            _message(booking, contacts[booking.patient_id], hospitals[booking.hospital_id], template)
            for booking, template in known
        ]
        await enqueue(conn, world, messages)
        lines = [
            Line(
                at=world.clock.now(),
                caller=caller,
                action="booking.tell",
                outcome=DONE,
                hospital_id=booking.hospital_id,
                subject_id=booking.id,
                person_id=booking.patient_id,
                purpose=scope.purpose,
                detail={"template": template.value},
            )
            for booking, template in known
        ]
        await append(conn, lines)
        return [booking_id in bookings for booking_id, _ in news]


def _message(booking: Booking, contact: Contact, hospital: str, template: Template) -> Message:
    day = format_day(local_day(booking.expected_at, booking.time_zone), contact.language)
    known = {
        "hospital": hospital,
        "time": f"{day} {format_time(booking.expected_at, booking.time_zone, contact.language)}",
        "code": booking.code,
    }
    wanted = facts_of(template, contact.language)
    return Message(
        person_id=booking.patient_id,
        address=contact.phone,
        template=template,
        language=contact.language,
        facts={name: fact for name, fact in known.items() if name in wanted},
        event_key=f"{template}:{booking.id}",
    )
