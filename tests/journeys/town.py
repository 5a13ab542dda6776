"""A town for journeys, made by the ordinary actions: for each look a hospital of its own, with a day behind it.

The clock of a journey is the machine's. So the hospitals lie where it is about noon: whatever the hour at which the
tests run, sessions of "today" are under way, and midnight is far.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum
from itertools import count
from uuid import UUID
from zoneinfo import ZoneInfo

from firsthand.arrival.actions import check_in
from firsthand.arrival.model import Arrived, CheckInRequest
from firsthand.audit.model import ActorKind, Caller, Channel
from firsthand.booking.actions import confirm_bookings, give_back_bookings
from firsthand.booking.model import Booked, ChangeRequest, GivenBack, Held, TakeRequest
from firsthand.booking.taking import take_places
from firsthand.directory.hospital.model import Hospital
from firsthand.directory.person.actions import register_people
from firsthand.directory.person.model import PersonName, Phone, Registration
from firsthand.directory.staff.actions import add_staff
from firsthand.directory.staff.model import Staff
from firsthand.identity.document.model import Document
from firsthand.platform.access import Role
from firsthand.platform.clock import ManualClock
from firsthand.platform.i18n import Language
from firsthand.platform.world import World
from firsthand.release.actions import search_offers
from firsthand.release.model import OfferSearch, SessionStatus
from firsthand.release.publication.actions import import_publication
from firsthand.release.publication.model import Publication, Report, Schedule, Session
from tests.people import document

PASSWORD = "violet harbour lantern"
_MAKER = Caller(ActorKind.SYSTEM, None, Channel.CLI, "journeys")


@dataclass(frozen=True, slots=True)
class Look:
    """A language and a size of the browser's window, and the number of the hospital that is visited so."""

    language: Language
    width: int
    height: int
    hospital: int

    def __str__(self) -> str:
        return f"{self.language}-{self.width}"


LOOKS = (
    Look(Language.ENGLISH, 390, 844, 0),
    Look(Language.ENGLISH, 1280, 900, 1),
    Look(Language.CHINESE, 390, 844, 2),
    Look(Language.CHINESE, 1280, 900, 3),
)


# Each language and each width once, for what looks alike in the other two.
CROSSED = (LOOKS[1], LOOKS[2])


@dataclass(frozen=True, slots=True)
class Words:
    """What a hospital and its people are called."""

    hospital: str
    address: str
    clerk: str
    service: str
    skin: str
    heart: str
    children: str
    eyes: str
    doctors: tuple[str, str, str, str]
    people: tuple[str, ...]


_ENGLISH = Words(
    "Riverside General Hospital",
    "12 Orchard Road",
    "Ruth Palmer",
    "Specialist clinic",
    "Dermatology",
    "Cardiology",
    "Paediatrics",
    "Eye clinic",
    ("Dr Amina Yusuf", "Dr Peter Novak", "Dr Lin Zhao", "Dr Marie Laurent"),
    ("Anna Kowalska", "Ben Carter", "Chen Yu", "Daniel Okafor", "Elena Petrova", "Farid Rahman", "Grace Kim",
     "Hugo Martin", "Ines Costa", "James Li", "Kofi Mensah", "Laura Rossi"),
)  # fmt: skip
_CHINESE = Words(
    "第一人民医院",
    "解放路 12 号",
    "陈护士",
    "专家门诊",
    "皮肤科",
    "心血管内科",
    "儿科",
    "眼科",
    ("李文静", "周建国", "赵琳", "吴敏"),
    ("王小明", "张丽华", "刘洋", "陈思远", "杨静", "黄伟", "赵敏", "周杰", "吴芳", "徐强", "孙悦", "马超"),
)
_OTHER_NAMES = {0: "", 1: "Hillside Hospital", 2: "", 3: "第二人民医院"}


def words_of(look: Look) -> Words:
    """Return what is said of a look's hospital."""
    return _CHINESE if look.language is Language.CHINESE else _ENGLISH


def hospital_name(look: Look) -> str:
    """Return what a look's hospital is called."""
    return _OTHER_NAMES[look.hospital] or words_of(look).hospital


class Clinic(Enum):
    """A session of each hospital: days after today, hours, a department, and places."""

    SKIN_TODAY = (0, 10, 15, "skin", 24)
    HEART_TODAY = (0, 13, 17, "heart", 60)
    CHILDREN_TODAY = (0, 13, 18, "children", 12)
    SKIN_TOMORROW = (1, 9, 12, "skin", 40)
    EYES_TOMORROW = (1, 9, 12, "eyes", 1)
    SKIN_TOMORROW_LATER = (1, 14, 17, "skin", 30)
    HEART_TOMORROW = (1, 14, 17, "heart", 3)
    LAST_PLACE = (2, 9, 10, "eyes", 1)
    CLOSED_SOON = (2, 10, 12, "heart", 8)
    CHILDREN_LATER = (3, 9, 12, "children", 30)
    NOT_YET = (40, 9, 12, "skin", 20)

    def __init__(self, day: int, first_hour: int, last_hour: int, department: str, places: int) -> None:
        self.day = day
        self.first_hour = first_hour
        self.last_hour = last_hour
        self.department = department
        self.places = places


@dataclass(frozen=True, slots=True)
class Somebody:
    """A person who is registered."""

    id: UUID
    name: str
    document: Document
    phone: str


@dataclass(frozen=True, slots=True)
class Kept:
    """A booking that was made before the journey."""

    person: Somebody
    booking_id: UUID
    code: str


class Town:
    """The town: its time, its sessions by hospital and clinic, and what other people do in it meanwhile."""

    def __init__(self, now: datetime) -> None:
        """Lie where it is about noon at the aware instant `now`."""
        self.time_zone = _zone_of_noon(now)
        self.today = now.astimezone(ZoneInfo(self.time_zone)).date()
        self.sessions: dict[tuple[int, Clinic], UUID] = {}
        self.hospitals: dict[int, UUID] = {}
        self.staff: dict[int, UUID] = {}
        self.late: dict[int, Kept] = {}
        self._numbers = count(1)

    def at(self, clinic: Clinic, hour: int | None = None) -> datetime:
        """Return when a clinic begins, or an hour of its day."""
        day = self.today + timedelta(days=clinic.day)
        return datetime.combine(day, time(clinic.first_hour if hour is None else hour), ZoneInfo(self.time_zone))

    def day(self, days: int) -> date:
        """Return the day so many days after today."""
        return self.today + timedelta(days=days)

    def session(self, look: Look, clinic: Clinic) -> UUID:
        """Return the session of a look's hospital."""
        return self.sessions[look.hospital, clinic]

    def newcomer(self, look: Look) -> Registration:
        """Return somebody who is not registered yet."""
        number = next(self._numbers)
        names = words_of(look).people
        return Registration(
            document(number), PersonName(names[number % len(names)]), Phone(f"+86138000{number:05}"), look.language
        )

    async def register(self, world: World, registration: Registration) -> Somebody:
        """Register a person."""
        (person_id,) = await register_people(world, _MAKER, [registration])
        assert isinstance(person_id, UUID), person_id
        return Somebody(person_id, registration.name, registration.document, registration.phone)

    async def book(self, world: World, look: Look, clinic: Clinic) -> Kept:
        """Register a person and book an appointment for him."""
        person = await self.register(world, self.newcomer(look))
        held = await self.hold(world, person, self.session(look, clinic))
        (booked,) = await confirm_bookings(world, [ChangeRequest(_caller(person), held.booking_id)])
        assert isinstance(booked, Booked), booked
        return Kept(person, booked.booking_id, booked.code)

    async def hold(self, world: World, person: Somebody, session_id: UUID) -> Held:
        """Hold a place for a person."""
        (held,) = await take_places(world, [TakeRequest(_caller(person), session_id, person.id, person.id)])
        assert isinstance(held, Held), held
        return held

    async def give_back(self, world: World, person: Somebody, booking_id: UUID) -> None:
        """Give a booking or a hold back."""
        (given,) = await give_back_bookings(world, [ChangeRequest(_caller(person), booking_id)])
        assert isinstance(given, GivenBack), given

    async def publish(self, world: World, *, closed: frozenset[tuple[int, Clinic]] = frozenset()) -> None:
        """Publish every session of the town, some of them closed."""
        clinics = [(look, clinic) for look in LOOKS for clinic in Clinic]
        publication = Publication(
            feed="journeys",
            published_at=world.clock.now(),
            complete=True,
            hospitals=tuple(_hospital(look, self.time_zone) for look in LOOKS),
            schedules=tuple(
                _schedule(look, department) for look in LOOKS for department in ("skin", "heart", "children", "eyes")
            ),
            sessions=tuple(
                Session(
                    external_id=f"{look.hospital}-{clinic.name}",
                    schedule=f"{look.hospital}-{clinic.department}",
                    starts_at=self.at(clinic),
                    ends_at=self.at(clinic, clinic.last_hour),
                    capacity=clinic.places,
                    status=SessionStatus.CLOSED if (look.hospital, clinic) in closed else SessionStatus.OPEN,
                    fee_cents=5000 if clinic.department in {"skin", "heart"} else 3000,
                    currency="CNY",
                )
                for look, clinic in clinics
            ),
        )
        report = await import_publication(world, _MAKER, publication)
        assert isinstance(report, Report), report


async def make_town(world: World, clock: ManualClock, now: datetime) -> Town:
    """Make the town as it stands at `now`: people booked yesterday, and some of them came this morning.

    clock: the world's, standing at least a day before `now`.
    """
    town = Town(now)
    await town.publish(world)
    await _find_sessions(town, world)
    for look in LOOKS:
        clerk = await add_staff(
            world,
            _MAKER,
            town.hospitals[look.hospital],
            username=f"desk{look.hospital}",
            display_name=words_of(look).clerk,
            role=Role.DESK,
            password=PASSWORD,
        )
        assert isinstance(clerk, Staff), clerk
        town.staff[look.hospital] = clerk.id
        await town.book(world, look, Clinic.EYES_TOMORROW)
        await _hold_and_give_back(town, world, look)
    mornings = {look: [await town.book(world, look, Clinic.SKIN_TODAY) for _ in range(6)] for look in LOOKS}
    for look in LOOKS:
        for _ in range(3):
            await town.book(world, look, Clinic.HEART_TODAY)
        town.late[look.hospital] = mornings[look].pop()
    for minutes in range(5):
        clock.move_to(max(clock.now(), town.at(Clinic.SKIN_TODAY) + timedelta(minutes=14 * minutes - 5)))
        for look in LOOKS:
            if minutes < 4:
                await _come(town, world, look, mornings[look][minutes])
    return town


async def _come(town: Town, world: World, look: Look, kept: Kept) -> None:
    hospital_id = town.hospitals[look.hospital]
    desk = Caller(ActorKind.STAFF, town.staff[look.hospital], Channel.DESK, "journeys", hospital_id, Role.DESK)
    arrived = await check_in(world, CheckInRequest(desk, kept.code, kept.person.document))
    assert isinstance(arrived, Arrived), arrived


async def _hold_and_give_back(town: Town, world: World, look: Look) -> None:
    for clinic in (Clinic.CHILDREN_TODAY, Clinic.CHILDREN_TODAY, Clinic.SKIN_TOMORROW_LATER):
        person = await town.register(world, town.newcomer(look))
        held = await town.hold(world, person, town.session(look, clinic))
        await town.give_back(world, person, held.booking_id)


async def _find_sessions(town: Town, world: World) -> None:
    found = await search_offers(world, OfferSearch(ends_after=town.at(Clinic.SKIN_TODAY, 0), limit=500))
    for look in LOOKS:
        for clinic in Clinic:
            (offer,) = (
                offer
                for offer in found.offers
                if offer.hospital_name == hospital_name(look)
                and offer.starts_at == town.at(clinic)
                and offer.department_name == getattr(words_of(look), clinic.department)
            )
            town.sessions[look.hospital, clinic] = offer.session_id
            town.hospitals[look.hospital] = offer.hospital_id


def _hospital(look: Look, time_zone: str) -> Hospital:
    words = words_of(look)
    return Hospital(
        str(look.hospital),
        hospital_name(look),
        time_zone,
        address=words.address,
        phone="010-5555 0100",
        url="https://hospital.example",
    )


def _schedule(look: Look, department: str) -> Schedule:
    words = words_of(look)
    doctor = words.doctors[("skin", "heart", "children", "eyes").index(department)]
    name: str = getattr(words, department)
    return Schedule(f"{look.hospital}-{department}", str(look.hospital), words.service, department=name, doctor=doctor)


def _caller(person: Somebody) -> Caller:
    return Caller(ActorKind.PERSON, person.id, Channel.WEB, "journeys")


def _zone_of_noon(now: datetime) -> str:
    """Return the zone in which it is between twelve and one. Its names count westwards (tzdata's `etcetera`)."""
    return f"Etc/GMT{now.astimezone(UTC).hour - 12:+d}"
