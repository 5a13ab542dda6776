"""The lines of what is done at the counter, for people and for their records."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any
from uuid import UUID

import firsthand.booking.counter as bookings
import firsthand.directory.correction.actions as corrections
from firsthand.audit.model import ActorKind, Caller, Channel
from firsthand.booking.actions import confirm_bookings
from firsthand.booking.desk import FoundRequest, book_for_found
from firsthand.booking.model import Booked, ChangeRequest, Held, TakeRequest
from firsthand.booking.taking import take_places
from firsthand.directory.correction import deciding
from firsthand.directory.correction.model import Evidence, EvidenceKind, OnePersonTwice
from firsthand.directory.counter import desk, finding, variants
from firsthand.directory.counter.model import Found, NewAtDesk, VariantKind
from firsthand.directory.person.actions import register_people
from firsthand.directory.person.model import PersonName, Phone
from firsthand.directory.person.store import NewChild
from firsthand.identity.document.store import find_person
from firsthand.platform.access import Permission, Role
from firsthand.platform.i18n import Language
from firsthand.platform.scope import HospitalScope
from firsthand.platform.world import World
from firsthand.release.model import Pool
from tests.counter import passport
from tests.people import SYSTEM, document, registration
from tests.roles.scene import Scene, Walked, Without

SEEN = Evidence(EvidenceKind.BOTH_DOCUMENTS, "Both cards lay on the counter, and it is one face")
NOBODY_YET = UUID(int=1)


async def find(scene: Scene, caller: Caller, number: int) -> object:
    """Find the person whose document lies before the caller."""
    return await finding.find_by_document(scene.world, caller, scene.scope, scene.city.documents[number])


def for_person(
    deed: Callable[[World, Caller, HospitalScope, UUID], Awaitable[Any]],
) -> Callable[[Scene, Caller, int], Awaitable[Any]]:
    """Return the deed as it is done to the person with a number."""
    return lambda s, c, number: deed(s.world, c, s.scope, s.city.person_ids[number])


async def child(scene: Scene) -> tuple[int, UUID]:
    """Return the number of a guardian and the id of the child that a clerk has registered under him."""
    number, clerk = await scene.person(), scene.crew.caller(Role.DESK)
    await find(scene, clerk, number)
    found = await register(scene.world, clerk, scene.scope, scene.city.person_ids[number])
    assert isinstance(found, Found), found
    return number, found.person_id


async def register(world: World, caller: Caller, scope: HospitalScope, guardian_id: UUID) -> object:
    """Register a child."""
    born_on = world.clock.now().date().replace(year=world.clock.now().year - 3)
    new = NewChild(NOBODY_YET, guardian_id, PersonName("Little One"), born_on, Language.ENGLISH)
    return await desk.register_child(world, caller, scope, guardian_id, new)


async def asked(scene: Scene) -> tuple[int, UUID]:
    """Return the number of a person, and the correction that a clerk has asked for."""
    number, other, clerk = await scene.person(), await scene.person(), scene.crew.caller(Role.DESK)
    for each in (number, other):
        await find(scene, clerk, each)
    wish = OnePersonTwice(scene.city.person_ids[number], scene.city.person_ids[other])
    correction = await corrections.ask_correction(scene.world, clerk, scene.scope, wish, SEEN)
    assert isinstance(correction, UUID), correction
    return number, correction


async def approved(scene: Scene) -> tuple[int, UUID]:
    """Return the same, approved by a supervisor who is not among those that are tried."""
    number, correction = await asked(scene)
    supervisor = scene.crew.caller(Role.SUPERVISOR)
    member = await scene.member(Role.SUPERVISOR)
    second = Caller(ActorKind.STAFF, member.id, Channel.DESK, "test", supervisor.hospital_id, Role.SUPERVISOR)
    await deciding.approve_correction(scene.world, second, scene.scope, correction)
    return number, correction


async def two(scene: Scene) -> tuple[int, int]:
    """Return the numbers of two persons."""
    return await scene.person(), await scene.person()


async def find_both(scene: Scene, caller: Caller, numbers: tuple[int, int]) -> None:
    """Find two persons."""
    for number in numbers:
        await find(scene, caller, number)


async def merge(scene: Scene, caller: Caller, numbers: tuple[int, int]) -> object:
    """Ask for two records to be merged."""
    first, second = (scene.city.person_ids[number] for number in numbers)
    return await corrections.ask_correction(scene.world, caller, scene.scope, OnePersonTwice(first, second), SEEN)


async def newcomer(scene: Scene, caller: Caller, _: object) -> object:
    """Register somebody whom nobody knows."""
    number = int(scene.number())
    new = NewAtDesk(document(500 + number), PersonName(f"New {number}"), Phone(""), Language.ENGLISH)
    return await desk.register_at_desk(scene.world, caller, scene.scope, new)


async def speaker(scene: Scene) -> int:
    """Return the number of somebody who has just registered with an identity card, which says when he was born."""
    number = 600 + int(scene.number())
    (registered,) = await register_people(scene.world, SYSTEM, [registration(number)])
    assert isinstance(registered, UUID)
    return number


async def speak(scene: Scene, caller: Caller, number: int) -> object:
    """Find the person who says who he is on the phone."""
    born_on = date(1990, 1, 1)
    return await finding.find_on_phone(scene.world, caller, scene.scope, document(number), f"Person {number}", born_on)


async def named(scene: Scene) -> tuple[int, UUID]:
    """Return the number of a person, and the id of his other name."""
    number, clerk = await scene.person(), scene.crew.caller(Role.DESK)
    await find(scene, clerk, number)
    person_id, name = scene.city.person_ids[number], PersonName("Once Called")
    added = await variants.add_name(scene.world, clerk, scene.scope, person_id, VariantKind.FORMER, name)
    assert hasattr(added, "id"), added
    return number, added.id


async def expected(scene: Scene) -> tuple[int, Booked]:
    """Return the number of somebody with an identity card, and his booking here."""
    number = await speaker(scene)
    person_id = await person_with(scene, number)
    caller = Caller(ActorKind.PERSON, person_id, Channel.WEB, "test")
    (held,) = await take_places(scene.world, [TakeRequest(caller, scene.city.session_ids[1], person_id, person_id)])
    assert isinstance(held, Held), held
    (booked,) = await confirm_bookings(scene.world, [ChangeRequest(caller, held.booking_id)])
    assert isinstance(booked, Booked), booked
    return number, booked


async def person_with(scene: Scene, number: int) -> UUID:
    """Return the id of the person with this identity card."""
    async with scene.world.database.connection() as conn:
        found = await find_person(conn, scene.world.keyring, scene.scope, document(number))
    assert found is not None
    return found


async def book_found(scene: Scene, caller: Caller, number: int) -> object:
    """Book an open place for somebody whom the caller has found."""
    person_id = scene.city.person_ids[number]
    request = FoundRequest(caller, scene.scope, scene.city.session_ids[0], person_id, Pool.OPEN)
    return await book_for_found(scene.world, request)


ROWS: tuple[Walked | Without, ...] = (
    Walked(finding.find_by_document, Permission.FIND_PERSON, find, Scene.person),
    Walked(finding.find_on_phone, Permission.FIND_PERSON, speak, speaker),
    Walked(finding.find_child, Permission.FIND_PERSON,
           lambda s, c, made: finding.find_child(s.world, c, s.scope, made[1]), child,
           lambda s, c, made: find(s, c, made[0])),
    Walked(finding.read_record, Permission.FIND_PERSON, for_person(finding.read_record), Scene.person, find),
    Walked(finding.read_numbers, Permission.READ_DOCUMENTS, for_person(finding.read_numbers), Scene.person, find),
    Walked(bookings.find_by_name_here, Permission.FIND_PERSON,
           lambda s, c, made: bookings.find_by_name_here(s.world, c, s.scope, f"Person {made[0]}", date(1990, 1, 1)),
           expected),
    Walked(bookings.find_by_booking, Permission.FIND_PERSON,
           lambda s, c, made: bookings.find_by_booking(s.world, c, s.scope, made[1].code), expected),
    Walked(bookings.read_bookings_here, Permission.FIND_PERSON, for_person(bookings.read_bookings_here),
           Scene.person, find),
    Walked(book_for_found, Permission.BOOK_AT_DESK, book_found, Scene.person, find),
    Walked(desk.register_at_desk, Permission.REGISTER_PERSON, newcomer),
    Walked(desk.register_child, Permission.REGISTER_PERSON, for_person(register), Scene.person, find),
    Walked(desk.add_document, Permission.REGISTER_PERSON,
           for_person(lambda w, c, s, p: desk.add_document(w, c, s, p, passport(p.int % 10**7))),
           Scene.person, find),
    Walked(desk.change_phone, Permission.RECOVER_SIGN_IN,
           for_person(lambda w, c, s, p: desk.change_phone(w, c, s, p, Phone("+8613900000001"))), Scene.person, find),
    Walked(variants.add_name, Permission.REGISTER_PERSON,
           for_person(lambda w, c, s, p: variants.add_name(w, c, s, p, VariantKind.FORMER, PersonName("Once Called"))),
           Scene.person, find),
    Walked(corrections.ask_correction, Permission.ASK_CORRECTION, merge, two, find_both),
    Walked(corrections.read_corrections, Permission.APPROVE_CORRECTION,
           lambda s, c, _: corrections.read_corrections(s.world, c, s.scope), asked),
    Walked(deciding.approve_correction, Permission.APPROVE_CORRECTION,
           lambda s, c, made: deciding.approve_correction(s.world, c, s.scope, made[1]), asked),
    Walked(deciding.refuse_correction, Permission.APPROVE_CORRECTION,
           lambda s, c, made: deciding.refuse_correction(s.world, c, s.scope, made[1]), asked),
    Walked(deciding.undo_correction, Permission.APPROVE_CORRECTION,
           lambda s, c, made: deciding.undo_correction(s.world, c, s.scope, made[1]), approved),
    Walked(variants.remove_name, Permission.REGISTER_PERSON,
           lambda s, c, made: variants.remove_name(s.world, c, s.scope, s.city.person_ids[made[0]], made[1]),
           named, lambda s, c, made: find(s, c, made[0])),
)  # fmt: skip
