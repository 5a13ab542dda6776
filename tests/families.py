"""Ties for tests, made by the same actions as real ones."""

from datetime import date, timedelta
from uuid import UUID

from stdnum.cn import ric

from firsthand.audit.model import ActorKind, Caller, Channel
from firsthand.directory.family.actions import confirm_tie, dependants_of
from firsthand.directory.family.asking import ask_adult, ask_child
from firsthand.directory.family.desk import DeskTie, confirm_at_desk
from firsthand.directory.family.model import Active, AdultAsked, Asked, ChildAsked
from firsthand.directory.person.actions import register_people
from firsthand.directory.person.model import PersonName, Phone, Registration
from firsthand.identity.document.model import Document, DocumentType
from firsthand.platform.clock import ManualClock
from firsthand.platform.i18n import Language
from firsthand.platform.scope import HospitalScope, PersonScope
from firsthand.platform.world import World
from tests.city import SYSTEM, City
from tests.people import HERE

COOLING = timedelta(hours=24)
CHILD_BORN = date(2018, 5, 6)


def born_document(born_on: date, number: int = 0) -> Document:
    """Return a made-up resident number of somebody born on a day."""
    digits = f"110101{born_on:%Y%m%d}{number:03}"
    return Document(DocumentType.RESIDENT_ID, digits + ric.calc_check_digit(digits + "0"))


def person(person_id: UUID) -> Caller:
    """A person who acts himself."""
    return Caller(ActorKind.PERSON, person_id, Channel.WEB, "request-1")


async def register(world: World, document: Document, name: str, phone: str = "") -> UUID:
    """Register somebody by the house itself, with or without a phone."""
    (added,) = await register_people(
        world, SYSTEM, [Registration(document, PersonName(name), Phone(phone), Language.ENGLISH)]
    )
    assert isinstance(added, UUID)
    return added


async def asked(world: World, city: City, carer: int = 0, dependant: int = 1) -> UUID:
    """Let one person of the city ask to act for another, and return the tie."""
    me = city.person_ids[carer]
    answer = await ask_adult(
        world, person(me), PersonScope(me), AdultAsked(city.documents[dependant], "Grandmother"), HERE
    )
    assert isinstance(answer, Asked), answer
    return answer.tie_id


async def tied(world: World, city: City, carer: int = 0, dependant: int = 1) -> UUID:
    """Let one person of the city act for another who confirms on his own page. Its cooling time begins."""
    tie_id = await asked(world, city, carer, dependant)
    other = city.person_ids[dependant]
    answer = await confirm_tie(world, person(other), PersonScope(other), tie_id, Language.ENGLISH)
    assert isinstance(answer, Active), answer
    return tie_id


async def tied_and_cooled(world: World, clock: ManualClock, city: City, carer: int = 0, dependant: int = 1) -> UUID:
    """As `tied`, with its cooling time over."""
    tie_id = await tied(world, city, carer, dependant)
    clock.advance(COOLING)
    return tie_id


async def tied_at_desk(world: World, city: City, carer: Document, dependant: Document, *, hospital: int = 0) -> Active:
    """Let the clerk of a hospital confirm a tie from both documents."""
    scope = HospitalScope(city.hospital_ids[hospital])
    answer = await confirm_at_desk(world, DeskTie(city.desk(hospital), scope, carer, dependant))
    assert isinstance(answer, Active), answer
    return answer


def child(document: Document | None = None, *, name: str = "Little Person", born_on: date = CHILD_BORN) -> ChildAsked:
    """Return what a guardian gives of a child."""
    return ChildAsked(PersonName(name), born_on, document, Language.ENGLISH)


async def child_of(world: World, guardian_id: UUID, *, name: str = "Little Person") -> tuple[UUID, UUID]:
    """Register a child without a document under a guardian; return the tie and the child."""
    answer = await ask_child(world, person(guardian_id), PersonScope(guardian_id), child(name=name), HERE)
    assert isinstance(answer, Active), answer
    ties = await dependants_of(world, PersonScope(guardian_id))
    (child_id,) = [one.tie.dependant_id for one in ties if one.tie.id == answer.tie_id and one.tie.dependant_id]
    return answer.tie_id, child_id
