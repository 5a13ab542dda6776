"""Records of one person, asked about at the same moment: mergers, bookings, corrections and registrations."""

import asyncio
from collections import Counter as Tally
from uuid import UUID

from firsthand.booking.model import Held, TakeRequest
from firsthand.booking.taking import take_places
from firsthand.directory.correction.deciding import approve_correction, undo_correction
from firsthand.directory.correction.model import Reason, Refused, State
from firsthand.directory.counter.desk import change_phone, register_at_desk
from firsthand.directory.counter.model import VARIANTS_MAX, Found, NameVariant, NewAtDesk, VariantKind
from firsthand.directory.counter.model import Refused as CounterRefused
from firsthand.directory.counter.variants import add_name
from firsthand.directory.person.model import PersonName, Phone
from firsthand.directory.person.store import same_people
from firsthand.platform.i18n import Language
from firsthand.platform.world import World
from firsthand.policy.model import Cap
from tests.city import City, assert_consistent, capped, make_city, set_policy
from tests.counter import ANYBODY, Counter, open_counter

TWO = Cap("two", days=7, per_department=False, max_count=2)


async def counter_of(world: World, *, sessions: int = 1, persons: int = 2) -> Counter:
    return await open_counter(world, await make_city(world, sessions=sessions, places=10, persons=persons))


def asks(city: City, sessions: int) -> list[TakeRequest]:
    """Both records of one person ask for a place of every session."""
    return [city.take(person, session) for session in range(sessions) for person in (0, 1)]


async def test_parallel_requests_of_merged_records_pass_no_cap(world: World) -> None:
    counter = await counter_of(world, sessions=6)
    await set_policy(world, capped(TWO))
    await counter.merge(0, 1)
    answers = await asyncio.gather(*(take_places(world, [one]) for one in asks(counter.city, 6)))
    assert sum(isinstance(one, Held) for (one,) in answers) == TWO.max_count
    await assert_consistent(world)


async def test_one_batch_of_merged_records_passes_no_cap(world: World) -> None:
    counter = await counter_of(world, sessions=6)
    await set_policy(world, capped(TWO))
    await counter.merge(0, 1)
    answers = await take_places(world, asks(counter.city, 6))
    assert sum(isinstance(one, Held) for one in answers) == TWO.max_count


async def test_a_merger_against_bookings_counts_each_booking_before_or_after(world: World) -> None:
    """Before the merger each record has its own cap; after it they share one: never more than both together."""
    counter = await counter_of(world, sessions=6)
    await set_policy(world, capped(TWO))
    asked = await counter.ask_merger(0, 1)
    requests = asks(counter.city, 6)
    merging = asyncio.create_task(approve_correction(world, counter.supervisor, counter.scope, asked))
    answers = await asyncio.gather(*(take_places(world, [one]) for one in requests))
    merged = await merging
    assert merged is State.APPROVED
    held = Tally(request.patient_id for request, (one,) in zip(requests, answers, strict=True) if isinstance(one, Held))
    assert TWO.max_count <= held.total() <= 2 * TWO.max_count
    assert max(held.values()) <= TWO.max_count
    (after,) = await take_places(world, [counter.city.take(1, 5)])
    assert not isinstance(after, Held)
    await assert_consistent(world)


async def test_two_mergers_of_the_same_records_both_ways_make_one_person_once(world: World) -> None:
    counter = await counter_of(world)
    asked = [await counter.ask_merger(0, 1), await counter.ask_merger(1, 0)]
    answers = await asyncio.gather(
        *(approve_correction(world, counter.supervisor, counter.scope, one) for one in asked)
    )
    assert sorted(map(str, answers)) == sorted(map(str, [State.APPROVED, Refused(Reason.ALREADY_MERGED)]))


async def test_mergers_around_a_circle_at_once_never_close_it(world: World) -> None:
    counter = await counter_of(world, persons=4)
    asked = [await counter.ask_merger(number, (number + 1) % 4) for number in range(4)]
    answers = await asyncio.gather(
        *(approve_correction(world, counter.supervisor, counter.scope, one) for one in asked)
    )
    assert State.APPROVED in answers
    async with world.database.transaction() as conn:
        people = await same_people(conn, ANYBODY, list(counter.city.person_ids))
    for one in people.values():
        assert people[one.id].id == one.id


async def test_one_correction_is_approved_and_undone_once(world: World) -> None:
    counter = await counter_of(world)
    asked = await counter.ask_merger(0, 1)
    decided = await asyncio.gather(
        *(approve_correction(world, counter.supervisor, counter.scope, asked) for _ in range(5))
    )
    assert Tally(map(str, decided))[str(State.APPROVED)] == 1
    undone = await asyncio.gather(*(undo_correction(world, counter.supervisor, counter.scope, asked) for _ in range(5)))
    assert Tally(map(str, undone))[str(State.UNDONE)] == 1
    async with world.database.transaction() as conn:
        people = await same_people(conn, ANYBODY, list(counter.city.person_ids))
    assert all(len(one.ids) == 1 for one in people.values())


async def test_a_freed_number_has_one_owner_whoever_comes_first(world: World) -> None:
    counter = await counter_of(world)
    asked = await counter.ask_document(0)
    number = counter.city.documents[0].number
    new = NewAtDesk(counter.city.documents[0], PersonName("True Owner"), Phone(""), Language.ENGLISH)
    approved, *registered = await asyncio.gather(
        approve_correction(world, counter.supervisor, counter.scope, asked),
        *(register_at_desk(world, counter.colleague, counter.scope, new) for _ in range(4)),
    )
    assert approved is State.APPROVED
    owners = [one.person_id for one in registered if isinstance(one, Found)]
    assert len(owners) <= 1
    undone = await undo_correction(world, counter.supervisor, counter.scope, asked)
    assert undone == (Refused(Reason.NUMBER_TAKEN) if owners else State.UNDONE)
    owner_id = owners[0] if owners else counter.city.person_ids[0]
    assert number in await counter.documents(owner_id)


async def test_undoing_against_a_registration_leaves_one_owner(world: World) -> None:
    counter = await counter_of(world)
    asked = await counter.ask_document(0)
    assert await approve_correction(world, counter.supervisor, counter.scope, asked) is State.APPROVED
    new = NewAtDesk(counter.city.documents[0], PersonName("True Owner"), Phone(""), Language.ENGLISH)
    undone, registered = await asyncio.gather(
        undo_correction(world, counter.supervisor, counter.scope, asked),
        register_at_desk(world, counter.colleague, counter.scope, new),
    )
    assert (undone is State.UNDONE) != isinstance(registered, Found)


async def test_names_added_at_once_do_not_pass_the_limit(world: World) -> None:
    counter = await counter_of(world)
    person_id = await counter.find()
    answers = await asyncio.gather(
        *(
            add_name(world, counter.clerk, counter.scope, person_id, VariantKind.FORMER, PersonName(f"Name {number}"))
            for number in range(VARIANTS_MAX + 4)
        )
    )
    assert sum(isinstance(one, NameVariant) for one in answers) == VARIANTS_MAX


async def test_a_phone_is_changed_once_however_often_it_is_asked_at_once(world: World) -> None:
    counter = await counter_of(world)
    person_id: UUID = await counter.find()
    answers = await asyncio.gather(
        *(
            change_phone(world, counter.clerk, counter.scope, person_id, Phone(f"+861391111000{number}"))
            for number in range(6)
        )
    )
    assert sum(not isinstance(one, CounterRefused) for one in answers) == 1
