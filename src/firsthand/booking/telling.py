"""Telling a patient what became of his booking, as a job: a hot transaction has no time for names and addresses."""

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
from firsthand.platform.i18n import format_day, format_time, local_day
from firsthand.platform.scope import CityScope
from firsthand.platform.world import World


async def tell_patient(world: World, caller: Caller, booking_id: UUID, template: Template) -> bool:
    """Leave a message about a booking to its patient, in his language. False when there is no such booking.

    However often it is called, one template says one thing of one booking once.
    """
    scope = CityScope("tell the patient what became of the booking")
    async with world.database.transaction() as conn:
        booking = (await read_bookings(conn, scope, [booking_id])).get(booking_id)
        if booking is None:
            return False
        contacts = await contacts_of(conn, world.keyring, scope, [booking.patient_id])
        hospitals = await read_names(conn, [booking.hospital_id])
        message = _message(booking, contacts[booking.patient_id], hospitals[booking.hospital_id], template)
        await enqueue(conn, world, [message])
        line = Line(
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
        await append(conn, [line])
        return True


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
