"""Telling a patient what became of his booking, as a job: a hot transaction has no time for names and addresses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from firsthand.audit.model import DONE, Caller, Line
from firsthand.audit.store import append
from firsthand.booking.actions import who
from firsthand.booking.model import Booking
from firsthand.booking.rules import is_for_another
from firsthand.booking.store import read_bookings
from firsthand.directory.family.acting import acting_for
from firsthand.directory.hospital.store import read_names
from firsthand.directory.person.model import Contact
from firsthand.directory.person.store import contacts_of, names_of, same_people
from firsthand.messages.calendar import KEPT_FREE
from firsthand.messages.model import Event, EventMethod, Message, Template, Way
from firsthand.messages.store import enqueue
from firsthand.messages.templates import facts_of
from firsthand.platform.database import Connection
from firsthand.platform.days import local_day
from firsthand.platform.i18n import Language, format_day, format_time, phrase, say
from firsthand.platform.scope import CityScope
from firsthand.platform.world import World

_SCOPE = CityScope("tell the patient what became of the booking")
_FOR_OTHER: Final[Mapping[Template, Template]] = {
    Template.BOOKING_CONFIRMED: Template.BOOKING_CONFIRMED_FOR_OTHER,
    Template.BOOKING_GIVEN_BACK: Template.BOOKING_GIVEN_BACK_FOR_OTHER,
}


@dataclass(frozen=True, slots=True)
class _Reader:
    """Who is told of a booking. patient_name: for whom he holds it, "" where it is his own."""

    contact: Contact
    patient_name: str = ""


async def tell_patient(world: World, caller: Caller, booking_id: UUID, template: Template) -> bool:
    """Leave a message about a booking to its patient, in his language. False when there is no such booking.

    However often it is called, one template says one thing of one booking once.
    """
    (told,) = await tell_patients(world, caller, [(booking_id, template)])
    return told


async def tell_patients(world: World, caller: Caller, news: Sequence[tuple[UUID, Template]]) -> list[bool]:
    """Leave several messages about bookings in one transaction, as `tell_patient` does with one.

    The holder is told too, while he may act for the patient; a patient without a phone is told through him alone.
    """
    async with world.database.transaction() as conn:
        bookings = await read_bookings(conn, _SCOPE, [booking_id for booking_id, _ in news])
        hospitals = await read_names(conn, sorted({booking.hospital_id for booking in bookings.values()}))
        known = [(bookings[booking_id], template) for booking_id, template in news if booking_id in bookings]
        readers = await _readers(world, conn, [booking for booking, _ in known])
        messages = [
            message
            for booking, template in known
            for reader in readers[booking.id]
            for message in _messages(booking, reader, hospitals[booking.hospital_id], template)
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
                purpose=_SCOPE.purpose,
                detail={**who(booking), "template": template.value, "readers": len(readers[booking.id])},
            )
            for booking, template in known
        ]
        await append(conn, lines)
        return [booking_id in bookings for booking_id, _ in news]


async def _readers(world: World, conn: Connection, bookings: Sequence[Booking]) -> dict[UUID, list[_Reader]]:
    """Return, for each booking, whom to tell of it. One who cannot be reached is told as nobody."""
    for_others = [one for one in bookings if is_for_another(one)]
    pairs = [(one.holder_id, one.patient_id) for one in for_others]
    acting = await acting_for(conn, world.keyring, _SCOPE, pairs, now=world.clock.now())
    people = {one.patient_id for one in bookings} | {holder for holder, _ in acting}
    contacts = await _contacts(world, conn, sorted(people))
    names = await names_of(conn, world.keyring, _SCOPE, sorted({patient for _, patient in acting}))
    readers: dict[UUID, list[_Reader]] = {}
    for booking in bookings:
        own, carers = _Reader(contacts[booking.patient_id]), []
        if (booking.holder_id, booking.patient_id) in acting:
            carers = [_Reader(contacts[booking.holder_id], names.get(booking.patient_id, ""))]
        readers[booking.id] = [own, *carers] if own.contact.phone or own.contact.email or not carers else carers
    return readers


async def _contacts(world: World, conn: Connection, people: Sequence[UUID]) -> dict[UUID, Contact]:
    """Return where people are reached: who has two records, where the one that is kept says."""
    same = await same_people(conn, _SCOPE, people)
    contacts = await contacts_of(conn, world.keyring, _SCOPE, sorted({one.id for one in same.values()}))
    return {asked: replace(contacts[one.id], person_id=asked) for asked, one in same.items()}


def _messages(booking: Booking, reader: _Reader, hospital: str, template: Template) -> list[Message]:
    """Return the message by SMS and, to a verified e-mail address, also one that brings the calendar its entry."""
    contact, event_key = reader.contact, f"{template}:{booking.id}"
    event = _event(booking, hospital, contact.language, template)
    if contact.person_id != booking.patient_id:
        template, event_key = _FOR_OTHER[template], f"{event_key}:{contact.person_id}"
    day = format_day(local_day(booking.expected_at, booking.time_zone), contact.language)
    known = {
        "hospital": hospital,
        "time": f"{day} {format_time(booking.expected_at, booking.time_zone, contact.language)}",
        "code": booking.code,
        "patient": reader.patient_name,
    }
    wanted = facts_of(template, contact.language)
    by_sms = Message(
        person_id=contact.person_id,
        address=contact.phone,
        template=template,
        language=contact.language,
        facts={name: fact for name, fact in known.items() if name in wanted},
        event_key=event_key,
        time_zone=booking.time_zone,
        concerns_at=booking.expected_at,
    )
    if not contact.email:
        return [by_sms]
    by_email = replace(by_sms, address=contact.email, way=Way.EMAIL, event=event, event_key=f"{event_key}:email")
    return [by_sms, by_email] if contact.phone else [by_email]


def _event(booking: Booking, hospital: str, language: Language, template: Template) -> Event:
    """Return the calendar's entry: under the booking's id, so that giving back takes out what confirming put in."""
    given_back = template is Template.BOOKING_GIVEN_BACK
    return Event(
        id=booking.id,
        method=EventMethod.CANCEL if given_back else EventMethod.REQUEST,
        sequence=1 if given_back else 0,
        starts_at=booking.expected_at,
        ends_at=min(booking.ends_at, booking.expected_at + KEPT_FREE),
        summary=say(language, phrase("Appointment at %(hospital)s"), hospital=hospital),
        location=hospital,
    )
