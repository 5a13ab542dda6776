"""From the rooms' records to the facts that pages show."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from firsthand.arrival.model import ExpectedPatient
from firsthand.booking import rules as booking_rules
from firsthand.booking.model import Booking, Reason, Refused, State, TakeFacts
from firsthand.channels.web.contexts import (
    BookingFacts,
    DocumentFacts,
    Fee,
    HospitalFacts,
    SessionCard,
    SessionFacts,
    SessionState,
)
from firsthand.directory.hospital.actions import list_hospitals
from firsthand.directory.hospital.model import StoredHospital
from firsthand.identity.document.model import Document
from firsthand.platform.world import World
from firsthand.policy.actions import read_in_force
from firsthand.policy.documents import DocumentKind
from firsthand.policy.model import BookingPolicy
from firsthand.release.model import Offer
from firsthand.release.model import SessionFacts as OfferedSession

DOCUMENT_TAIL_CHARACTERS = 4
SECONDS_PER_MINUTE = 60


async def read_policy(world: World) -> BookingPolicy:
    """Return the booking policy in force now."""
    async with world.database.connection() as conn:
        return await read_in_force(conn, BookingPolicy, at=world.clock.now())


async def read_hospital(world: World, hospital_id: UUID) -> StoredHospital | None:
    """Return a hospital, or None when there is no such one."""
    return next((one for one in await list_hospitals(world) if one.id == hospital_id), None)


def hold_minutes(policy: BookingPolicy) -> int:
    """Return for how many whole minutes a place is held."""
    return policy.hold_seconds // SECONDS_PER_MINUTE


def hospital_facts(stored: StoredHospital) -> HospitalFacts:
    """Return a hospital as pages show it."""
    one = stored.hospital
    return HospitalFacts(stored.id, one.name, one.address, one.time_zone, one.phone, one.url)


def session_facts(offer: Offer, hospital: StoredHospital | None = None) -> SessionFacts:
    """Return a session as pages show it. hospital: its own record, where phone and page of the hospital are wanted."""
    name, address, zone = offer.hospital_name, offer.hospital_address, offer.time_zone
    return SessionFacts(
        id=offer.session_id,
        hospital=hospital_facts(hospital) if hospital else HospitalFacts(offer.hospital_id, name, address, zone),
        service=offer.service,
        department=offer.department_name or "",
        doctor=offer.doctor_name or "",
        day=offer.day,
        starts_at=offer.starts_at,
        ends_at=offer.ends_at,
        fee=Fee(offer.fee_cents, offer.currency) if offer.fee_cents is not None and offer.currency else None,
        phone=offer.phone,
        deep_link=offer.deep_link,
    )


def session_card(
    offer: Offer, policy: BookingPolicy, *, now: datetime, hospital: StoredHospital | None = None
) -> SessionCard:
    """Return a session with whether a place of it can be held. now: an aware instant."""
    return SessionCard(session_facts(offer, hospital), session_state(offer, policy, now=now), offer.open_count)


def session_state(offer: Offer, policy: BookingPolicy, *, now: datetime) -> SessionState:
    """Return whether somebody who has no booking yet could hold a place: booking's own rule decides."""
    session = OfferedSession(
        session_id=offer.session_id,
        hospital_id=offer.hospital_id,
        department_id=None,
        day=offer.day,
        starts_at=offer.starts_at,
        ends_at=offer.ends_at,
        status=offer.status,
        capacity=offer.capacity,
        time_zone=offer.time_zone,
    )
    facts = TakeFacts(
        permitted=True, patient_known=True, session=session, holds_live=0, ended_in_a_day=0, patient_days=()
    )
    decision = booking_rules.decide_take(facts, policy, now=now)
    if isinstance(decision, Refused):
        return SessionState.NOT_YET_OPEN if decision.reason is Reason.TOO_EARLY else SessionState.CLOSED
    return SessionState.OPEN if offer.open_count else SessionState.FULL


def opens_on(offer: Offer, policy: BookingPolicy) -> date:
    """Return the day from which the session can be booked."""
    return offer.day - timedelta(days=policy.booking_days_ahead_max)


def shown_state(booking: Booking, *, now: datetime) -> State:
    """Return where a booking stands: a hold whose time is over has ended, though the job has not come by yet."""
    return State.EXPIRED if booking.state is State.HELD and booking.held_until <= now else booking.state


def is_to_come(booking: Booking, *, now: datetime) -> bool:
    """Say whether a person still has to do with the booking."""
    return shown_state(booking, now=now) in {State.HELD, State.BOOKED, State.ARRIVED} and booking.ends_at > now


def booking_facts(
    found: ExpectedPatient, session: SessionFacts, *, now: datetime, for_other: bool = False
) -> BookingFacts:
    """Return a booking, with its patient's name and arrival, as its holder sees it. now: an aware instant."""
    booking = found.booking
    return BookingFacts(
        id=booking.id,
        session=session,
        state=shown_state(booking, now=now),
        number=booking.number,
        expected_at=booking.expected_at,
        code=booking.code,
        patient_name=found.name,
        held_until=booking.held_until,
        arrived_at=found.arrived_at,
        late=found.late,
        for_other=for_other,
    )


def document_facts(documents: list[Document], kinds: Sequence[DocumentKind]) -> DocumentFacts | None:
    """Return which document the patient has to bring: the first of his. kinds: those besides the built-in ones."""
    if not documents:
        return None
    return DocumentFacts(documents[0].type, documents[0].number[-DOCUMENT_TAIL_CHARACTERS:], tuple(kinds))


def pages_of(total: int, page_size: int) -> int:
    """Return how many pages a list of `total` entries has, at least 1."""
    return max(1, -(-total // page_size))
