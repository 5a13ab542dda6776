"""Attacks on booking for others: each is refused, changes nothing, and leaves a line."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import uuid4

import psycopg
import pytest

from firsthand.arrival.actions import check_in
from firsthand.arrival.model import CheckInRequest
from firsthand.booking.actions import confirm_bookings, give_back_bookings
from firsthand.booking.model import Booked, Held
from firsthand.directory.family.actions import end_tie
from firsthand.platform.access import Role
from firsthand.platform.clock import ManualClock
from firsthand.platform.world import World
from tests.conftest import FreshDatabase
from tests.counter import open_counter
from tests.families import (
    CHILD_BORN,
    COOLING,
    asked,
    born_document,
    child_of,
    register,
    tied,
    tied_and_cooled,
    tied_at_desk,
)
from tests.family_scene import BUYER, CARER, PATIENT, STRANGER, TOUT, Attack, Prepare, Scene, at_once, open_scene, take
from tests.people import as_owner, audited


@pytest.fixture
async def scene(world: World, clock: ManualClock, fresh_database: FreshDatabase) -> Scene:
    return await open_scene(world, clock, fresh_database)


async def ended(scene: Scene) -> Attack:
    await end_tie(scene.world, scene.who(PATIENT), scene.scope(PATIENT), scene.tie_id)
    return lambda s: take(s, s.take(CARER, s.id(PATIENT)))


async def only_asked(scene: Scene) -> Attack:
    await asked(scene.world, scene.city, TOUT, BUYER)
    return lambda s: take(s, s.take(TOUT, s.id(BUYER)))


async def cooling(scene: Scene) -> Attack:
    await tied(scene.world, scene.city, TOUT, BUYER)
    return lambda s: take(s, s.take(TOUT, s.id(BUYER)))


async def run_out(scene: Scene) -> Attack:
    scene.clock.advance(timedelta(days=731))
    return lambda s: take(s, s.take(CARER, s.id(PATIENT)))


async def come_of_age(scene: Scene) -> Attack:
    document = born_document(date(2008, 3, 5))
    grown = await register(scene.world, document, "Grown Up")
    await tied_at_desk(scene.world, scene.city, scene.city.documents[TOUT], document)
    scene.clock.advance(timedelta(days=3))
    return lambda s: take(s, s.take(TOUT, grown))


async def through_a_third(scene: Scene) -> Attack:
    """A may act for B and B for C: A may not act for C."""
    await tied_and_cooled(scene.world, scene.clock, scene.city, PATIENT, BUYER)
    return lambda s: take(s, s.take(CARER, s.id(BUYER)))


async def around_in_a_circle(scene: Scene) -> Attack:
    """The patient acts for his carer too; neither becomes able to act for a third, nor to pay for one."""
    await tied_and_cooled(scene.world, scene.clock, scene.city, PATIENT, CARER)
    return lambda s: take(s, s.take(PATIENT, s.id(PATIENT), payer=s.id(STRANGER)))


async def merged_away(scene: Scene) -> Attack:
    """A record to which a tout has a tie is merged into another person's: the tie does not come along."""
    await tied_and_cooled(scene.world, scene.clock, scene.city, TOUT, BUYER)
    await merge(scene, kept=STRANGER, away=BUYER)
    return lambda s: take(s, s.take(TOUT, s.id(STRANGER)))


async def merged_record(scene: Scene) -> Attack:
    """The same, naming the record that was merged away."""
    await merged_away(scene)
    return lambda s: take(s, s.take(TOUT, s.id(BUYER)))


async def merge(scene: Scene, *, kept: int, away: int) -> None:
    counter = await open_counter(scene.world, scene.city)
    await counter.merge(kept, away)


REFUSED_BOOKINGS: dict[str, Prepare] = {
    "a stranger is booked for by his id": at_once(lambda s: take(s, s.take(TOUT, s.id(STRANGER)))),
    "nobody is booked for by an id that is made up": at_once(lambda s: take(s, s.take(TOUT, uuid4()))),
    "the tie has ended": ended,
    "the tie is only asked for": only_asked,
    "the tie's cooling time runs": cooling,
    "the tie has run out, and no job has ended it yet": run_out,
    "the child has come of age, and no job has ended it yet": come_of_age,
    "the tied record was merged into another person's": merged_away,
    "the tied record that was merged away is named": merged_record,
    "the tie is used the other way round": at_once(lambda s: take(s, s.take(PATIENT, s.id(CARER)))),
    "a chain of ties is followed": through_a_third,
    "a circle of ties is used to name a payer": around_in_a_circle,
    "a payer is forged": at_once(lambda s: take(s, s.take(CARER, s.id(CARER), payer=s.id(STRANGER)))),
    "a payer is forged for a dependant": at_once(lambda s: take(s, s.take(CARER, s.id(PATIENT), payer=s.id(TOUT)))),
    "a payer is made up": at_once(lambda s: take(s, s.take(CARER, s.id(CARER), payer=uuid4()))),
    "the holder is somebody else than the caller": at_once(
        lambda s: take(s, replace(s.take(CARER, s.id(PATIENT)), caller=s.who(TOUT)))
    ),
    "a clerk of another hospital books for a tied pair": at_once(
        lambda s: take(s, replace(s.take(CARER, s.id(PATIENT)), caller=s.city.desk(1)))
    ),
    "an officer of the hospital does": at_once(
        lambda s: take(s, replace(s.take(CARER, s.id(PATIENT)), caller=replace(s.city.desk(), role=Role.OFFICER)))
    ),
}


@pytest.mark.parametrize("attack", REFUSED_BOOKINGS)
async def test_a_place_for_somebody_who_did_not_give_it(scene: Scene, attack: str) -> None:
    act = await REFUSED_BOOKINGS[attack](scene)
    before = scene.kept()
    answer = await act(scene)
    assert getattr(answer, "reason", None) in {"not_permitted", "person_unknown"}, answer
    assert scene.kept() == before
    assert audited(scene.database)[-1] == ("booking.take", answer.reason)  # type: ignore[attr-defined]


# --- bookings that were made -----------------------------------------------------------------------------------------


async def held_by_carer(scene: Scene) -> Held:
    answer = await take(scene, scene.take(CARER, scene.id(PATIENT)))
    assert isinstance(answer, Held), answer
    return answer


@pytest.mark.parametrize("column", ["patient_id", "holder_id", "payer_id", "acted_by"])
async def test_nobody_is_put_in_anothers_place_after_the_booking(scene: Scene, column: str) -> None:
    held = await held_by_carer(scene)
    before = scene.kept()
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        async with scene.world.database.transaction() as conn:
            await conn.execute(
                f"UPDATE booking.booking SET {column} = %s WHERE id = %s".encode(), (scene.id(BUYER), held.booking_id)
            )
    with pytest.raises(psycopg.errors.CheckViolation):
        as_owner(scene.database, f"UPDATE booking.booking SET {column} = '{scene.id(BUYER)}' RETURNING id")
    assert scene.kept() == before


@pytest.mark.parametrize("deed", ["confirm", "give_back"])
@pytest.mark.parametrize("who", [STRANGER, CARER])
async def test_whoever_is_no_carer_any_more_changes_no_booking(scene: Scene, deed: str, who: int) -> None:
    held = await held_by_carer(scene)
    await end_tie(scene.world, scene.who(PATIENT), scene.scope(PATIENT), scene.tie_id)
    before = scene.kept()
    act = confirm_bookings if deed == "confirm" else give_back_bookings
    (answer,) = await act(scene.world, [scene.city.change(who, held.booking_id)])
    assert getattr(answer, "reason", None) == "booking_unknown"
    assert scene.kept() == before
    assert audited(scene.database)[-1] == (f"booking.{deed}", "booking_unknown")


@pytest.mark.parametrize("comes", [CARER, STRANGER])
async def test_nobody_comes_in_an_adults_place(scene: Scene, comes: int) -> None:
    held = await held_by_carer(scene)
    (booked,) = await confirm_bookings(scene.world, [scene.city.change(CARER, held.booking_id)])
    assert isinstance(booked, Booked)
    scene.clock.advance(timedelta(hours=48 - 24 + 1))
    before = scene.kept()
    one = CheckInRequest(scene.city.desk(), booked.code, scene.city.documents[comes])
    answer = await check_in(scene.world, one)
    assert getattr(answer, "reason", None) == "wrong_person"
    assert scene.kept() == before
    assert audited(scene.database)[-1] == ("arrival.check_in", "wrong_person")


async def test_a_guardian_does_not_come_in_the_place_of_a_child_with_a_document(scene: Scene) -> None:
    document = born_document(CHILD_BORN)
    child_id = await register(scene.world, document, "Little Person")
    await tied_at_desk(scene.world, scene.city, scene.city.documents[TOUT], document)
    held = await take(scene, scene.take(TOUT, child_id))
    assert isinstance(held, Held)
    (booked,) = await confirm_bookings(scene.world, [scene.city.change(TOUT, held.booking_id)])
    assert isinstance(booked, Booked)
    answer = await check_in(scene.world, CheckInRequest(scene.city.desk(), booked.code, scene.city.documents[TOUT]))
    assert getattr(answer, "reason", None) == "wrong_person"


async def test_a_buyer_does_not_come_with_a_touts_child(scene: Scene) -> None:
    """A child without a document is checked in by its own guardian alone: the place cannot be sold with the child."""
    _, child_id = await child_of(scene.world, scene.id(TOUT))
    scene.clock.advance(COOLING)
    held = await take(scene, scene.take(TOUT, child_id))
    assert isinstance(held, Held)
    (booked,) = await confirm_bookings(scene.world, [scene.city.change(TOUT, held.booking_id)])
    assert isinstance(booked, Booked)
    before = scene.kept()
    answer = await check_in(scene.world, CheckInRequest(scene.city.desk(), booked.code, scene.city.documents[BUYER]))
    assert getattr(answer, "reason", None) == "wrong_person"
    assert scene.kept() == before
