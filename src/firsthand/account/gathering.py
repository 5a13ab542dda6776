"""Putting together what the rooms hold on one person, in his own terms: no other person's data, no colleague's name."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from firsthand.account import rules
from firsthand.account.listings import LISTINGS, term_of
from firsthand.account.model import Form, Is, Listing, Look, Section, Told, ToldRow, Who
from firsthand.arrival.store import held_check_ins
from firsthand.audit.model import ActorKind, LookLine
from firsthand.booking.held.store import read_rows as read_bookings
from firsthand.directory.counter.store import guardian_of
from firsthand.directory.family.acting import acting_for
from firsthand.directory.family.store import of_dependant
from firsthand.directory.held.store import read_rows as read_directory
from firsthand.directory.hospital.store import read_names
from firsthand.directory.person.model import OnePerson
from firsthand.directory.person.store import names_of
from firsthand.directory.staff.model import Duty
from firsthand.directory.staff.store import duties_of_many
from firsthand.identity.held.store import read_rows as read_identity
from firsthand.messages.held.store import read_rows as read_messages
from firsthand.platform.crypto import Keyring
from firsthand.platform.database import Connection
from firsthand.platform.scope import CityScope, PersonScope
from firsthand.platform.world import World
from firsthand.policy.held import Row, Value
from firsthand.release.store import read_offers

_TIES_MAX: Final = 100
_FAMILY: Final = CityScope("show a person who is tied to him")


@dataclass(frozen=True, slots=True)
class Known:
    """By what ids are replaced. own: each of the person's records. names: of those to whom a tie binds him."""

    keyring: Keyring
    own: tuple[UUID, ...]
    names: dict[UUID, str] = field(repr=False)
    hospitals: Mapping[UUID, str]
    duties: Mapping[UUID, list[Duty]]

    def staff(self, staff_id: UUID, hospital_id: UUID | None = None, at: datetime | None = None) -> Who:
        """Return a member of staff as the person may know him: by a reference that is the same on his pages alone."""
        index = self.keyring.blind_index("account.staff", f"{self.own[0]}:{staff_id}")
        roles = rules.roles_at(self.duties.get(staff_id, ()), hospital_id, at) if at is not None else ()
        return Who(Is.STAFF, reference=rules.reference_of(index), roles=roles)


@dataclass(frozen=True, slots=True)
class Gathered:
    """What is held on a person. others_bookings: those that he took for somebody for whom he acts no more."""

    sections: tuple[Section, ...] = field(repr=False)
    others_bookings: int


async def gather(
    conn: Connection, world: World, person: OnePerson, *, listings: Iterable[Listing] = LISTINGS, numbers: bool
) -> Gathered:
    """Return the rows of a person in the order of the listings. numbers: whether document numbers are whole."""
    scope, now = PersonScope(person.id), world.clock.now()
    rows: dict[str, Sequence[Row]] = {
        **await read_directory(conn, world.keyring, scope, person.ids),
        **await read_identity(conn, world.keyring, scope, person.ids, now=now),
        **await read_messages(conn, world.keyring, scope, person.ids),
    }
    rows["directory.tie"] = [rules.dependant_of(tie, person.ids) for tie in rows["directory.tie"]]
    bookings = await read_bookings(conn, scope, person.ids)
    patients = {patient for one in bookings if isinstance(patient := one["patient_id"], UUID)} - set(person.ids)
    pairs = {(person.id, other) for other in {*patients, *_dependants(rows["directory.tie"], person.ids)}}
    acting = {other for _, other in await acting_for(conn, world.keyring, scope, sorted(pairs), now=now)}
    rows["booking.booking"] = await _with_offers(
        conn, [one for one in bookings if one["patient_id"] in {*person.ids, *acting}]
    )
    ids = [booking_id for one in rows["booking.booking"] if isinstance(booking_id := one["id"], UUID)]
    rows["arrival.check_in"] = await held_check_ins(conn, scope, ids)
    known = await know(conn, world.keyring, person, rows, acting)
    sections = [Section(one, term_of(one), _told(one, rows[one.table], known, numbers=numbers)) for one in listings]
    return Gathered(tuple(sections), len(bookings) - len(ids))


async def _with_offers(conn: Connection, bookings: Sequence[Row]) -> list[Row]:
    """Return bookings with the department and the doctor, as the hospital publishes them."""
    offers = await read_offers(conn, sorted(_ids([bookings], "session_id")))
    told: list[Row] = []
    for one in bookings:
        offer = offers.get(session_id) if isinstance(session_id := one["session_id"], UUID) else None
        department, doctor = (offer.department_name, offer.doctor_name) if offer else (None, None)
        told.append({**one, "department": department, "doctor": doctor})
    return told


async def know(
    conn: Connection, keyring: Keyring, person: OnePerson, rows: Mapping[str, Sequence[Row]], acting: set[UUID]
) -> Known:
    """Return by what the ids in these rows are replaced. acting: for whom the person may act just now.

    A carer's name is known to whom he acts for, and a guardian's to the child; a dependant's name to his carer for as
    long as he may act for him.
    """
    carers = {tie["carer_id"] for tie in rows["directory.tie"] if tie["dependant_id"] in person.ids}
    guardians = {one["guardian_id"] for one in rows["directory.person"]}
    related = [one for one in {*carers, *guardians, *acting} if isinstance(one, UUID)]
    names = await names_of(conn, keyring, _FAMILY, sorted(related))
    hospitals = await read_names(conn, sorted(_ids(rows.values(), "hospital_id")))
    return Known(keyring, person.ids, {one: str(name) for one, name in names.items()}, hospitals, {})


async def tell_looks(
    conn: Connection, keyring: Keyring, person: OnePerson, lines: Sequence[LookLine], names: dict[UUID, str]
) -> tuple[Look, ...]:
    """Return lines in the person's own terms. names: of those to whom a tie binds him."""
    staff = {line.actor_id for line in lines if line.actor_id and line.actor_kind is ActorKind.STAFF}
    hospitals = await read_names(conn, sorted({line.hospital_id for line in lines if line.hospital_id}))
    duties = await duties_of_many(conn, sorted(staff))
    known = Known(keyring, person.ids, names, hospitals, duties)
    return tuple(
        Look(
            n=line.n,
            at=line.at,
            who=_actor(line, known),
            action=line.action,
            outcome=line.outcome,
            channel=line.channel,
            hospital=hospitals.get(line.hospital_id, "") if line.hospital_id else "",
        )
        for line in lines
    )


async def names_of_related(conn: Connection, keyring: Keyring, person: OnePerson) -> dict[UUID, str]:
    """Return the names of those who act or acted for a person, which he knows."""
    ties = await of_dependant(conn, keyring, PersonScope(person.id), limit=_TIES_MAX)
    guardian_id = await guardian_of(conn, PersonScope(person.id), person.id)
    related = {tie.carer_id for tie in ties} | ({guardian_id} if guardian_id else set())
    return {one: str(name) for one, name in (await names_of(conn, keyring, _FAMILY, sorted(related))).items()}


def _actor(line: LookLine, known: Known) -> Who:
    match line.actor_kind:
        case ActorKind.STAFF if line.actor_id is not None:
            return known.staff(line.actor_id, line.hospital_id, line.at)
        case ActorKind.PERSON:
            return rules.person_of(line.actor_id, known.own, known.names) or Who(Is.PERSON)
        case _:
            return Who(Is.HOUSE)


def _told(listing: Listing, rows: Iterable[Row], known: Known, *, numbers: bool) -> tuple[ToldRow, ...]:
    told = [{column: _tell(column, form, row, known) for column, form in listing.forms.items()} for row in rows]
    for one in told:
        number = one.get("number")
        if listing.forms.get("number") is Form.NUMBER and isinstance(number, str):
            # A number that was taken away as wrong may be somebody else's.
            one["number"] = number if numbers and listing.key == "documents" else rules.mask(number)
    return tuple(told)


def _tell(column: str, form: Form, row: Row, known: Known) -> Told:
    value: Value = row[column]
    if column == "evidence" and not rules.may_see_evidence(row):
        return None
    if not isinstance(value, UUID):
        return value
    match form:
        case Form.PERSON:
            return rules.person_of(value, known.own, known.names)
        case Form.STAFF:
            return known.staff(value)
        case Form.HOSPITAL:
            return known.hospitals.get(value, "")
        case _:
            message = f"{column} is an id, and its form does not say of what"
            raise TypeError(message)


def _dependants(ties: Iterable[Row], own: Sequence[UUID]) -> set[UUID]:
    return {one for tie in ties if tie["carer_id"] in own and isinstance(one := tie["dependant_id"], UUID)}


def _ids(tables: Iterable[Sequence[Row]], column: str) -> set[UUID]:
    return {value for rows in tables for row in rows if isinstance(value := row.get(column), UUID)}
