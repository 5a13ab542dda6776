"""Some families among the demo's people: guardians with a child without a document, and carers of adults."""

from datetime import date
from typing import Final
from uuid import UUID

from firsthand.audit.model import ActorKind, Caller, Channel
from firsthand.channels.demo.model import Family
from firsthand.channels.demo.people import document_of
from firsthand.directory.family.actions import confirm_tie, dependants_of
from firsthand.directory.family.asking import ask_adult, ask_child
from firsthand.directory.family.model import Active, AdultAsked, Asked, ChildAsked, Refused
from firsthand.directory.person.model import PersonName
from firsthand.platform.i18n import Language
from firsthand.platform.scope import PersonScope
from firsthand.platform.world import World

# One in so many people has a child, or looks after the next but one: enough to be met, and a second of the play.
_GUARDIAN_EVERY: Final = 50
_CARER_EVERY: Final = 80
_OTHER: Final = 2
_FAMILIES_MAX: Final = 60
_CHILD_BORN: Final = date(2021, 6, 1)


async def make_families(world: World, person_ids: tuple[UUID, ...]) -> tuple[Family, ...]:
    """Let some people register a child, and others be confirmed as the carer of an adult."""
    families: list[Family] = []
    for number, guardian in enumerate(range(0, len(person_ids), _GUARDIAN_EVERY)):
        if number < _FAMILIES_MAX and (child := await _register_child(world, person_ids[guardian], number)):
            families.append(Family(guardian, guardian, child))
    # Guardians are at even places: carers are others.
    for number, carer in enumerate(range(1, len(person_ids) - _OTHER, _CARER_EVERY)):
        if number < _FAMILIES_MAX and await _agree(world, person_ids, carer, number):
            families.append(Family(carer, carer + _OTHER, person_ids[carer + _OTHER]))
    return tuple(families)


async def _register_child(world: World, guardian_id: UUID, number: int) -> UUID | None:
    child = ChildAsked(PersonName(f"小患者{number + 1:02}"), _CHILD_BORN, None, Language.CHINESE)
    scope = PersonScope(guardian_id)
    answer = await ask_child(world, _himself(guardian_id), scope, child, _address(number))
    if not isinstance(answer, Active):
        return None
    ties = await dependants_of(world, scope)
    return next((one.tie.dependant_id for one in ties if one.tie.id == answer.tie_id), None)


async def _agree(world: World, person_ids: tuple[UUID, ...], carer: int, number: int) -> bool:
    carer_id, other_id = person_ids[carer], person_ids[carer + _OTHER]
    wish = AdultAsked(document_of(carer + _OTHER + 1), "奶奶")
    asked = await ask_adult(world, _himself(carer_id), PersonScope(carer_id), wish, _address(_FAMILIES_MAX + number))
    if not isinstance(asked, Asked):
        return False
    scope = PersonScope(other_id)
    answer = await confirm_tie(world, _himself(other_id), scope, asked.tie_id, Language.CHINESE)
    return not isinstance(answer, Refused)


def _himself(person_id: UUID) -> Caller:
    return Caller(ActorKind.PERSON, person_id, Channel.WEB, "demo")


def _address(number: int) -> str:
    """Return an address of the network that is kept for examples (RFC 5737): each family sits at its own."""
    return f"198.51.100.{number + 1}"
