"""A counter for tests: clerks and supervisors of a small city, and what they do with people there."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from stdnum.cn import ric

from firsthand.audit.model import ActorKind, Caller, Channel
from firsthand.directory.correction.actions import ask_correction
from firsthand.directory.correction.deciding import approve_correction
from firsthand.directory.correction.model import Evidence, EvidenceKind, OnePersonTwice, State, WrongDocument
from firsthand.directory.counter.finding import find_by_document
from firsthand.directory.counter.model import Found
from firsthand.directory.staff.actions import add_staff
from firsthand.directory.staff.model import Staff
from firsthand.identity.document.model import Document, DocumentType
from firsthand.identity.document.store import read_rows
from firsthand.platform.access import Role
from firsthand.platform.scope import CityScope, HospitalScope
from firsthand.platform.world import World
from tests.city import SYSTEM, City

ANYBODY = CityScope("test")
SEEN = Evidence(EvidenceKind.ORIGINAL_DOCUMENT, "Saw the original, the last digits differ.")


def resident(born_on: date, number: int = 1) -> Document:
    """Return the resident number of somebody made up who was born on this day."""
    digits = f"110101{born_on:%Y%m%d}{number:03}"
    return Document(DocumentType.RESIDENT_ID, digits + ric.calc_check_digit(digits + "0"))


def passport(number: int) -> Document:
    """Return a made-up passport that nobody has registered yet."""
    return Document(DocumentType.PASSPORT, f"X{number:07}")


@dataclass(frozen=True, slots=True)
class Counter:
    """The counter of one hospital: its clerk, another clerk, and its supervisor."""

    world: World
    city: City
    scope: HospitalScope
    clerk: Caller
    colleague: Caller
    supervisor: Caller

    async def find(self, person: int = 0, *, caller: Caller | None = None) -> UUID:
        """The clerk finds a person of the city by his document."""
        return await self.find_document(self.city.documents[person], caller=caller)

    async def find_document(self, document: Document, *, caller: Caller | None = None) -> UUID:
        """The clerk finds whoever has this document."""
        found = await find_by_document(self.world, caller or self.clerk, self.scope, document)
        assert isinstance(found, Found), found
        return found.person_id

    async def documents(self, person_id: UUID) -> dict[str, UUID]:
        """Return the numbers of a person's documents, with the ids of their rows."""
        async with self.world.database.transaction() as conn:
            rows = await read_rows(conn, self.world.keyring, ANYBODY, person_id)
        return {row.document.number: row.id for row in rows}

    async def ask_merger(self, kept: int = 0, other: int = 1) -> UUID:
        """The clerk finds two people of the city and asks for their records to be made one."""
        wish = OnePersonTwice(await self.find(kept), await self.find(other))
        asked = await ask_correction(self.world, self.clerk, self.scope, wish, SEEN)
        assert isinstance(asked, UUID), asked
        return asked

    async def merge(self, kept: int = 0, other: int = 1) -> UUID:
        """Two records become one person; return the correction."""
        asked = await self.ask_merger(kept, other)
        assert await approve_correction(self.world, self.supervisor, self.scope, asked) is State.APPROVED
        return asked

    async def ask_document(self, person: int = 0, replacement: Document | None = None) -> UUID:
        """The clerk asks for a person's first document to be corrected."""
        person_id = await self.find(person)
        document_id = (await self.documents(person_id))[self.city.documents[person].number]
        wish = WrongDocument(person_id, document_id, replacement)
        asked = await ask_correction(self.world, self.clerk, self.scope, wish, SEEN)
        assert isinstance(asked, UUID), asked
        return asked


async def open_counter(world: World, city: City, hospital: int = 0) -> Counter:
    """Return the counter of a hospital of the city, with a second clerk and a supervisor."""
    hospital_id = city.hospital_ids[hospital]
    callers = []
    for number, role in enumerate((Role.DESK, Role.SUPERVISOR)):
        added = await add_staff(
            world,
            SYSTEM,
            hospital_id,
            username=f"counter{hospital}{number}",
            display_name=f"{role.value.title()} {hospital}",
            role=role,
            password="violet harbour lantern",
        )
        assert isinstance(added, Staff), added
        callers.append(Caller(ActorKind.STAFF, added.id, Channel.DESK, "test", hospital_id, role))
    return Counter(world, city, HospitalScope(hospital_id), city.desk(hospital), *callers)
