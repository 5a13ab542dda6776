"""Attacks on ties: each is refused, changes nothing, and leaves a line.

Touts are the adversary: a tie that was not truly given is how many places come into one hand.
"""

from datetime import date, timedelta
from uuid import UUID

import pytest

from firsthand.audit.model import ActorKind, Caller, Channel
from firsthand.directory.family.actions import confirm_by_code, confirm_tie, end_tie, renew_tie
from firsthand.directory.family.asking import ask_adult, ask_child, send_code_again
from firsthand.directory.family.chores import settle_children
from firsthand.directory.family.desk import DeskTie, confirm_at_desk, end_at_desk
from firsthand.directory.family.model import Active, AdultAsked, Asked, ChildAsked, HasEnded
from firsthand.directory.person.model import PersonName
from firsthand.identity.document.model import Document
from firsthand.platform.clock import ManualClock
from firsthand.platform.i18n import Language
from firsthand.platform.scope import HospitalScope, PersonScope
from firsthand.platform.world import World
from tests.city import SYSTEM
from tests.conftest import FreshDatabase
from tests.families import (
    CHILD_BORN,
    COOLING,
    asked,
    born_document,
    child,
    child_of,
    person,
    register,
)
from tests.family_scene import (
    BUYER,
    CARER,
    PATIENT,
    STRANGER,
    TOUT,
    Attack,
    Prepare,
    Scene,
    ask,
    code_of,
    open_scene,
    waiting_tie,
)
from tests.people import HERE, as_owner, audited


@pytest.fixture
async def scene(world: World, clock: ManualClock, fresh_database: FreshDatabase) -> Scene:
    return await open_scene(world, clock, fresh_database)


async def confirm(scene: Scene, who: int, tie_id: UUID, *, scope: int | None = None) -> object:
    own = scene.scope(who if scope is None else scope)
    return await confirm_tie(scene.world, scene.who(who), own, tie_id, Language.ENGLISH)


async def the_carer_confirms(scene: Scene) -> Attack:
    tie_id = await waiting_tie(scene)
    return lambda s: confirm(s, TOUT, tie_id)


async def the_carer_confirms_in_the_dependants_scope(scene: Scene) -> Attack:
    tie_id = await waiting_tie(scene)
    return lambda s: confirm(s, TOUT, tie_id, scope=BUYER)


async def a_third_confirms(scene: Scene) -> Attack:
    tie_id = await waiting_tie(scene)
    return lambda s: confirm(s, STRANGER, tie_id)


async def nobody_confirms(scene: Scene) -> Attack:
    tie_id = await waiting_tie(scene)
    who = Caller(ActorKind.NOBODY, None, Channel.WEB, "attack")
    return lambda s: confirm_tie(s.world, who, s.scope(BUYER), tie_id, Language.ENGLISH)


async def a_clerk_confirms_as_a_person(scene: Scene) -> Attack:
    tie_id = await waiting_tie(scene)
    return lambda s: confirm_tie(s.world, s.city.desk(), s.scope(BUYER), tie_id, Language.ENGLISH)


async def confirmed_again(_scene: Scene) -> Attack:
    return lambda s: confirm(s, PATIENT, s.tie_id)


async def confirmed_after_its_end(scene: Scene) -> Attack:
    await end_tie(scene.world, scene.who(CARER), scene.scope(CARER), scene.tie_id)
    return lambda s: confirm(s, PATIENT, s.tie_id)


async def confirmed_after_it_lapsed(scene: Scene) -> Attack:
    tie_id = await waiting_tie(scene)
    scene.clock.advance(timedelta(days=15))
    return lambda s: confirm(s, BUYER, tie_id)


async def who_is_guardian_no_more_confirms_another(scene: Scene) -> Attack:
    document = born_document(CHILD_BORN)
    await ask_child(scene.world, scene.who(TOUT), scene.scope(TOUT), child(document), HERE)
    scene.clock.advance(COOLING)
    await settle_children(scene.world, SYSTEM)
    await end_the_tie_of(scene, TOUT)
    answer = await ask_child(scene.world, scene.who(BUYER), scene.scope(BUYER), child(document), HERE)
    assert isinstance(answer, Asked)
    return lambda s: confirm(s, TOUT, answer.tie_id)


async def end_the_tie_of(scene: Scene, number: int) -> None:
    (row,) = as_owner(scene.database, f"SELECT id FROM directory.tie WHERE carer_id = '{scene.id(number)}'")
    assert isinstance(row[0], UUID)
    assert isinstance(await end_tie(scene.world, scene.who(number), scene.scope(number), row[0]), HasEnded)


async def by_code(scene: Scene, who: int, tie_id: UUID, code: str) -> object:
    return await confirm_by_code(scene.world, scene.who(who), scene.scope(who), tie_id, code)


async def another_enters_the_code(scene: Scene) -> Attack:
    tie_id, code = await code_of(scene)
    return lambda s: by_code(s, STRANGER, tie_id, code)


async def the_code_of_another_tie(scene: Scene) -> Attack:
    _, code = await code_of(scene)
    other = await asked(scene.world, scene.city, TOUT, STRANGER)
    return lambda s: by_code(s, TOUT, other, code)


async def a_code_that_ran_out(scene: Scene) -> Attack:
    tie_id, code = await code_of(scene)
    scene.clock.advance(timedelta(minutes=6))
    return lambda s: by_code(s, TOUT, tie_id, code)


async def a_code_before_the_newest(scene: Scene) -> Attack:
    tie_id, code = await code_of(scene)
    assert isinstance(await send_code_again(scene.world, scene.who(TOUT), scene.scope(TOUT), tie_id), Asked)
    return lambda s: by_code(s, TOUT, tie_id, code)


async def a_code_that_was_used(scene: Scene) -> Attack:
    tie_id, code = await code_of(scene)
    assert isinstance(await by_code(scene, TOUT, tie_id, code), Active)
    return lambda s: by_code(s, TOUT, tie_id, code)


async def renewed_by_the_carer(scene: Scene) -> Attack:
    scene.clock.advance(timedelta(days=700))
    return lambda s: renew_tie(s.world, s.who(CARER), s.scope(CARER), s.tie_id, Language.ENGLISH)


async def a_tie_of_strangers_is_ended(_scene: Scene) -> Attack:
    return lambda s: end_tie(s.world, s.who(TOUT), s.scope(TOUT), s.tie_id)


async def ended_in_anothers_scope(_scene: Scene) -> Attack:
    return lambda s: end_tie(s.world, s.who(TOUT), s.scope(PATIENT), s.tie_id)


async def asked_in_anothers_scope(_scene: Scene) -> Attack:
    return lambda s: ask(s, TOUT, s.city.documents[BUYER], scope=STRANGER)


async def asked_for_oneself(_scene: Scene) -> Attack:
    return lambda s: ask(s, TOUT, s.city.documents[TOUT])


async def asked_again_after_a_no(scene: Scene) -> Attack:
    tie_id = await waiting_tie(scene)
    await end_tie(scene.world, scene.who(BUYER), scene.scope(BUYER), tie_id)
    return lambda s: ask(s, TOUT, s.city.documents[BUYER])


async def more_than_a_month_allows(scene: Scene) -> Attack:
    for number in range(4):
        await ask(scene, TOUT, born_document(date(1960, 1, 1), number))
    return lambda s: ask(s, TOUT, s.city.documents[BUYER])


async def a_third_child_without_a_document(scene: Scene) -> Attack:
    for name in ("Ann", "Ben"):
        await child_of(scene.world, scene.id(TOUT), name=name)
    return lambda s: ask_child(s.world, s.who(TOUT), s.scope(TOUT), child(name="Cid"), HERE)


async def an_adult_as_a_child(_scene: Scene) -> Attack:
    grown = ChildAsked(PersonName("Tall Child"), date(1990, 1, 1), None, Language.ENGLISH)
    return lambda s: ask_child(s.world, s.who(TOUT), s.scope(TOUT), grown, HERE)


async def a_child_that_is_made_younger_than_its_document(_scene: Scene) -> Attack:
    young = child(born_document(date(1990, 1, 1)), born_on=CHILD_BORN)
    return lambda s: ask_child(s.world, s.who(TOUT), s.scope(TOUT), young, HERE)


async def a_minor_as_a_carer(scene: Scene) -> Attack:
    minor = await register(scene.world, born_document(date(2010, 6, 1)), "Young Tout", "+8613900000009")
    wish = AdultAsked(scene.city.documents[BUYER], "Someone")
    return lambda s: ask_adult(s.world, person(minor), PersonScope(minor), wish, HERE)


async def a_minor_as_a_carer_at_a_desk(scene: Scene) -> Attack:
    document = born_document(date(2010, 6, 1))
    await register(scene.world, document, "Young Tout")
    return lambda s: at_desk(s, s.city.desk(), document, s.city.documents[BUYER])


async def at_desk(scene: Scene, clerk: Caller, carer: Document, dependant: Document) -> object:
    scope = HospitalScope(scene.city.hospital_ids[0])
    return await confirm_at_desk(scene.world, DeskTie(clerk, scope, carer, dependant))


async def a_clerk_from_elsewhere(_scene: Scene) -> Attack:
    return lambda s: at_desk(s, s.city.desk(1), s.city.documents[TOUT], s.city.documents[BUYER])


async def a_clerk_from_elsewhere_ends(scene: Scene) -> Attack:
    one = DeskTie(
        scene.city.desk(1),
        HospitalScope(scene.city.hospital_ids[0]),
        scene.city.documents[CARER],
        scene.city.documents[PATIENT],
    )
    return lambda s: end_at_desk(s.world, one)


async def a_person_at_the_desks_action(_scene: Scene) -> Attack:
    return lambda s: at_desk(s, s.who(TOUT), s.city.documents[TOUT], s.city.documents[BUYER])


async def one_document_twice_at_a_desk(_scene: Scene) -> Attack:
    return lambda s: at_desk(s, s.city.desk(), s.city.documents[TOUT], s.city.documents[TOUT])


async def a_desk_past_the_months_cap(scene: Scene) -> Attack:
    """A bribed clerk is bound by the same caps."""
    await more_than_a_month_allows(scene)
    return lambda s: at_desk(s, s.city.desk(), s.city.documents[TOUT], s.city.documents[BUYER])


REFUSED_TIES: dict[str, tuple[Prepare, str]] = {
    "the carer confirms in the dependant's place": (the_carer_confirms, "tie_unknown"),
    "the carer confirms in the dependant's scope": (the_carer_confirms_in_the_dependants_scope, "tie_unknown"),
    "a third person confirms": (a_third_confirms, "tie_unknown"),
    "nobody confirms": (nobody_confirms, "tie_unknown"),
    "a clerk confirms as if he were the person": (a_clerk_confirms_as_a_person, "tie_unknown"),
    "a yes is said again": (confirmed_again, "already_ended"),
    "a yes is said after the end": (confirmed_after_its_end, "already_ended"),
    "a yes is said after it lapsed": (confirmed_after_it_lapsed, "already_ended"),
    "who is guardian no more confirms another guardian": (
        who_is_guardian_no_more_confirms_another, "tie_unknown",
    ),
    "somebody else enters the code": (another_enters_the_code, "tie_unknown"),
    "the code of another tie is entered": (the_code_of_another_tie, "code_wrong"),
    "a code that ran out is entered": (a_code_that_ran_out, "code_spent"),
    "a code before the newest is entered": (a_code_before_the_newest, "code_wrong"),
    "a code is replayed": (a_code_that_was_used, "already_ended"),
    "the carer renews by himself": (renewed_by_the_carer, "tie_unknown"),
    "strangers' tie is ended": (a_tie_of_strangers_is_ended, "tie_unknown"),
    "a tie is ended in another's scope": (ended_in_anothers_scope, "tie_unknown"),
    "a tie is asked for in another's scope": (asked_in_anothers_scope, "not_permitted"),
    "a tie to oneself is asked for": (asked_for_oneself, "oneself"),
    "a no is answered by asking again": (asked_again_after_a_no, "asked_lately"),
    "more ties than a month allows": (more_than_a_month_allows, "too_many_new"),
    "more children without a document than allowed": (a_third_child_without_a_document, "too_many_undocumented"),
    "an adult is registered as a child": (an_adult_as_a_child, "child_of_age"),
    "a child is made younger than its document": (a_child_that_is_made_younger_than_its_document, "birth_differs"),
    "a minor acts for others": (a_minor_as_a_carer, "carer_not_of_age"),
    "a minor is made a carer at a desk": (a_minor_as_a_carer_at_a_desk, "carer_not_of_age"),
    "a clerk confirms at another hospital": (a_clerk_from_elsewhere, "not_permitted"),
    "a clerk ends at another hospital": (a_clerk_from_elsewhere_ends, "not_permitted"),
    "a person calls the desk's action": (a_person_at_the_desks_action, "not_permitted"),
    "one document lies there as both": (one_document_twice_at_a_desk, "oneself"),
    "a desk confirms past the month's cap": (a_desk_past_the_months_cap, "too_many_new"),
}  # fmt: skip


@pytest.mark.parametrize("attack", REFUSED_TIES)
async def test_a_tie_that_is_not_theirs_to_make_or_end(scene: Scene, attack: str) -> None:
    prepare, reason = REFUSED_TIES[attack]
    act = await prepare(scene)
    before = scene.kept()
    answer = await act(scene)
    assert getattr(answer, "reason", answer) == reason
    assert scene.kept() == before
    assert audited(scene.database)[-1][1] == reason
