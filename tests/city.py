"""A small city for tests, made by the same actions as a real one: hospitals, sessions with places, persons, a desk.

Days count from START, a Monday. `make_city` gives what a test asks for; `City` builds the requests that people make.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from firsthand.arrival.model import CheckInRequest
from firsthand.audit.model import ActorKind, Caller, Channel
from firsthand.booking.model import ChangeRequest, Held, TakeRequest
from firsthand.booking.taking import take_places
from firsthand.directory.hospital.model import Hospital
from firsthand.directory.person.actions import register_people
from firsthand.directory.person.model import PersonName, Phone, Registration
from firsthand.directory.staff.actions import add_staff
from firsthand.directory.staff.model import Staff
from firsthand.identity.document.model import Document, DocumentType
from firsthand.platform.access import Role
from firsthand.platform.i18n import Language
from firsthand.platform.idempotency import IdempotencyKey
from firsthand.platform.world import World
from firsthand.policy.model import BookingPolicy, Cap, Version
from firsthand.policy.store import add_version
from firsthand.release.model import Pool, SessionStatus
from firsthand.release.publication.actions import import_publication
from firsthand.release.publication.model import Publication, Report, Schedule, Session
from tests.conftest import START

FEED = "tests"
TIME_ZONE = "Asia/Shanghai"
SYSTEM = Caller(ActorKind.SYSTEM, None, Channel.WORKER, "test")
NO_CAPS = BookingPolicy(
    hold_seconds=900,
    holds_live_max=1000,
    ended_a_day_max=1000,
    booking_days_ahead_max=28,
    take_cutoff_minutes=30,
    give_back_cutoff_minutes=0,
    caps=(),
)


@dataclass(frozen=True, slots=True)
class Opening:
    """A session to be: at a hospital by number, so many days after START, with so many places."""

    places: int = 10
    day: int = 1
    hour: int = 9
    hours: int = 3
    hospital: int = 0
    department: str | None = "Dermatology"
    status: SessionStatus = SessionStatus.OPEN


@dataclass(frozen=True, slots=True)
class City:
    """What was made, in the order in which it was asked for, and the requests that its people make."""

    openings: tuple[Opening, ...]
    hospital_ids: tuple[UUID, ...]
    session_ids: tuple[UUID, ...]
    person_ids: tuple[UUID, ...]
    documents: tuple[Document, ...]
    staff_ids: tuple[UUID, ...]

    def person(self, number: int = 0) -> Caller:
        """A person who acts for himself."""
        return Caller(ActorKind.PERSON, self.person_ids[number], Channel.API, "test")

    def desk(self, hospital: int = 0) -> Caller:
        """The clerk at a hospital's desk."""
        return Caller(
            ActorKind.STAFF, self.staff_ids[hospital], Channel.DESK, "test", self.hospital_ids[hospital], Role.DESK
        )

    def take(self, person: int = 0, session: int = 0, *, key: IdempotencyKey | None = None) -> TakeRequest:
        """A person asks for a place for himself."""
        person_id = self.person_ids[person]
        return TakeRequest(self.person(person), self.session_ids[session], person_id, person_id, key=key)

    def take_at_desk(self, person: int = 0, session: int = 0, *, pool: Pool = Pool.RETURNED) -> TakeRequest:
        """The clerk of the session's hospital asks for a place for a person who stands there."""
        desk = self.desk(self.openings[session].hospital)
        person_id = self.person_ids[person]
        return TakeRequest(desk, self.session_ids[session], person_id, person_id, pool)

    def change(self, person: int, booking_id: UUID, *, key: IdempotencyKey | None = None) -> ChangeRequest:
        """A person asks to confirm or give back a booking."""
        return ChangeRequest(self.person(person), booking_id, key)

    def check_in(self, person: int, code: str, *, hospital: int = 0) -> CheckInRequest:
        """The clerk checks in a person by code and document."""
        return CheckInRequest(self.desk(hospital), code, self.documents[person])


async def make_city(
    world: World,
    *,
    sessions: Sequence[Opening] | int = 1,
    places: int = 10,
    persons: int = 1,
    time_zone: str = TIME_ZONE,
) -> City:
    """Make a city with these sessions (or so many like one another, on days in a row, with `places` each)."""
    openings = (
        tuple(Opening(places, day=1 + number) for number in range(sessions))
        if isinstance(sessions, int)
        else tuple(sessions)
    )
    await publish(world, openings, time_zone=time_zone)
    hospital_ids = await _ids(world, "directory.hospital")
    session_ids = await _ids(world, "release.session")
    registrations = [_registration(number) for number in range(persons)]
    person_ids = [found for found in await register_people(world, SYSTEM, registrations) if isinstance(found, UUID)]
    assert len(person_ids) == persons
    staff = []
    for number, hospital_id in enumerate(hospital_ids):
        added = await add_staff(
            world,
            SYSTEM,
            hospital_id,
            username=f"desk{number}",
            display_name=f"Desk {number}",
            role=Role.DESK,
            password="violet harbour lantern",
        )
        assert isinstance(added, Staff)
        staff.append(added.id)
    return City(
        openings,
        tuple(hospital_ids),
        tuple(session_ids),
        tuple(person_ids),
        tuple(registration.document for registration in registrations),
        tuple(staff),
    )


async def publish(world: World, openings: Sequence[Opening], *, time_zone: str = TIME_ZONE) -> Report:
    """Import what the hospitals of the city say of their sessions now, the later word counting."""
    hospitals = range(max((opening.hospital for opening in openings), default=0) + 1)
    departments = sorted({(o.hospital, o.department) for o in openings}, key=lambda pair: (pair[0], pair[1] or ""))
    report = await import_publication(
        world,
        SYSTEM,
        Publication(
            feed=FEED,
            published_at=world.clock.now(),
            complete=True,
            hospitals=tuple(Hospital(f"{number:04}", f"Hospital {number}", time_zone) for number in hospitals),
            schedules=tuple(
                Schedule(f"{hospital}/{department}", f"{hospital:04}", department=department)
                for hospital, department in departments
            ),
            sessions=tuple(_session(number, opening, time_zone) for number, opening in enumerate(openings)),
        ),
    )
    assert isinstance(report, Report)
    return report


async def hold(world: World, city: City, person: int = 0, session: int = 0) -> Held:
    """Take a place, of which there must be one."""
    (held,) = await take_places(world, [city.take(person, session)])
    assert isinstance(held, Held), held
    return held


async def set_policy(world: World, policy: BookingPolicy, *, effective_from: datetime = START) -> None:
    """Let a booking policy be in force from an instant."""
    async with world.database.transaction() as conn:
        await add_version(conn, Version(effective_from, policy, "a test"))


def capped(*caps: Cap) -> BookingPolicy:
    """Return a policy that allows everything but to pass these caps."""
    return BookingPolicy(
        hold_seconds=NO_CAPS.hold_seconds,
        holds_live_max=NO_CAPS.holds_live_max,
        ended_a_day_max=NO_CAPS.ended_a_day_max,
        booking_days_ahead_max=NO_CAPS.booking_days_ahead_max,
        take_cutoff_minutes=NO_CAPS.take_cutoff_minutes,
        give_back_cutoff_minutes=NO_CAPS.give_back_cutoff_minutes,
        caps=caps,
    )


async def place_states(world: World, session_id: UUID) -> dict[str, int]:
    """Count a session's places by state."""
    query = "SELECT state, count(*) FROM release.place WHERE session_id = %s GROUP BY state"
    async with world.database.transaction() as conn:
        return dict(await (await conn.execute(query, (session_id,))).fetchall())


async def booking_states(world: World) -> dict[UUID, str]:
    """Return the state of every booking."""
    async with world.database.transaction() as conn:
        return dict(await (await conn.execute("SELECT id, state FROM booking.booking")).fetchall())


async def assert_consistent(world: World) -> None:
    """Check what must hold at every moment, whatever happened: a place is taken when one live booking has it."""
    async with world.database.transaction() as conn:
        for rule, query in _NEVER.items():
            found = await (await conn.execute(query)).fetchall()
            assert not found, f"{rule}: {found[:3]}"


_NEVER = {
    "a place is taken if and only if exactly one live booking has it": """
        SELECT place.id, place.state, count(booking.id)
        FROM release.place LEFT JOIN booking.booking
          ON booking.place_id = place.id AND booking.state IN ('held', 'booked', 'arrived', 'no_show')
        GROUP BY place.id HAVING count(booking.id) <> (place.state = 'taken')::integer""",
    "a booking is for the session of its place": """
        SELECT booking.id FROM booking.booking JOIN release.place ON place.id = booking.place_id
        WHERE place.session_id <> booking.session_id""",
    "a booking is arrived if and only if somebody checked in": """
        SELECT booking.id, booking.state FROM booking.booking
        LEFT JOIN arrival.check_in ON check_in.booking_id = booking.id
        WHERE (booking.state = 'arrived') <> (check_in.booking_id IS NOT NULL)""",
}


async def _ids(world: World, table: str) -> list[UUID]:
    query = f"SELECT id FROM {table} WHERE feed = %s ORDER BY external_id"
    async with world.database.transaction() as conn:
        rows = await (await conn.execute(query.encode(), (FEED,))).fetchall()
    return [row[0] for row in rows]


def _session(number: int, opening: Opening, time_zone: str) -> Session:
    day = START.astimezone(ZoneInfo(time_zone)).date() + timedelta(days=opening.day)
    starts_at = datetime.combine(day, time(opening.hour), ZoneInfo(time_zone))
    return Session(
        external_id=f"{number:06}",
        schedule=f"{opening.hospital}/{opening.department}",
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=opening.hours),
        capacity=opening.places,
        status=opening.status,
    )


def _registration(number: int) -> Registration:
    return Registration(
        Document(DocumentType.PASSPORT, f"P{number:07}"),
        PersonName(f"Person {number}"),
        Phone(f"+86138{number:08}"),
        Language.ENGLISH,
        date(1980, 1, 1),
    )
