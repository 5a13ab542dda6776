"""A carer with a patient who agreed, and others who have nothing to do with them: what touts are let loose upon."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from uuid import UUID

from firsthand.audit.model import Caller
from firsthand.booking.model import TakeRequest
from firsthand.booking.taking import take_places
from firsthand.directory.family.asking import ask_adult
from firsthand.directory.family.model import AdultAsked
from firsthand.identity.document.model import Document
from firsthand.platform.clock import ManualClock
from firsthand.platform.scope import PersonScope
from firsthand.platform.world import World
from tests.city import NO_CAPS, City, Opening, make_city, set_policy
from tests.conftest import FreshDatabase
from tests.families import (
    asked,
    person,
    tied_and_cooled,
)
from tests.people import HERE, as_owner, said
from tests.visitor import code_in

TABLES = (
    "directory.tie", "directory.consent", "directory.person", "identity.document", "booking.booking", "release.place",
    "arrival.check_in", "identity.session",
)  # fmt: skip
CARER, PATIENT, STRANGER, BUYER, TOUT = range(5)


@dataclass(frozen=True, slots=True)
class Scene:
    """A carer with a patient who agreed, and others who have nothing to do with them."""

    world: World
    clock: ManualClock
    city: City
    database: FreshDatabase
    tie_id: UUID

    def id(self, number: int) -> UUID:
        return self.city.person_ids[number]

    def scope(self, number: int) -> PersonScope:
        return PersonScope(self.id(number))

    def who(self, number: int) -> Caller:
        return person(self.id(number))

    def take(self, holder: int, patient: UUID, *, payer: UUID | None = None, session: int = 1) -> TakeRequest:
        return replace(self.city.take(holder, session), patient_id=patient, payer_id=payer)

    def kept(self) -> dict[str, list[tuple[object, ...]]]:
        """Return everything that an attack on families could change."""
        return {table: as_owner(self.database, f"SELECT t::text FROM {table} t ORDER BY 1") for table in TABLES}


async def open_scene(world: World, clock: ManualClock, database: FreshDatabase) -> Scene:
    """Make the city, and let the carer's cooling time be over."""
    await set_policy(world, NO_CAPS)
    sessions = [Opening(places=20, day=day) for day in (1, 3, 4)]
    city = await make_city(world, sessions=[*sessions, Opening(places=5, day=3, hospital=1)], persons=6)
    return Scene(world, clock, city, database, await tied_and_cooled(world, clock, city, CARER, PATIENT))


Attack = Callable[[Scene], Awaitable[object]]
Prepare = Callable[[Scene], Awaitable[Attack]]


def at_once(attack: Attack) -> Prepare:
    """Attack the scene as it stands."""

    async def prepare(_scene: Scene) -> Attack:
        return attack

    return prepare


async def take(scene: Scene, request: TakeRequest) -> object:
    (answer,) = await take_places(scene.world, [request])
    return answer


async def ask(scene: Scene, who: int, document: Document, *, scope: int | None = None) -> object:
    own = scene.scope(who if scope is None else scope)
    return await ask_adult(scene.world, scene.who(who), own, AdultAsked(document, "Someone"), HERE)


async def waiting_tie(scene: Scene) -> UUID:
    return await asked(scene.world, scene.city, TOUT, BUYER)


async def code_of(scene: Scene) -> tuple[UUID, str]:
    before = {one.id for one in await said(scene.world)}
    tie_id = await waiting_tie(scene)
    (sent,) = [one for one in await said(scene.world) if one.id not in before]
    assert sent.person_id == scene.id(BUYER)
    return tie_id, code_in(sent)
