"""Corrections: a wrong document and two records of one person, asked by one, approved by another, and undone."""

from datetime import timedelta
from uuid import UUID

import pytest

from firsthand.arrival.actions import check_in
from firsthand.arrival.model import Arrived
from firsthand.booking.actions import confirm_bookings, give_back_bookings, read_own_bookings
from firsthand.booking.model import Booked, ChangeRequest, GivenBack, Held, TakeRequest
from firsthand.booking.model import Reason as BookingReason
from firsthand.booking.model import Refused as BookingRefused
from firsthand.booking.taking import take_places
from firsthand.directory.correction.actions import ask_correction, read_corrections
from firsthand.directory.correction.deciding import approve_correction, refuse_correction, undo_correction
from firsthand.directory.correction.model import OnePersonTwice, Reason, Refused, State, WrongDocument
from firsthand.directory.counter.desk import add_document, register_at_desk
from firsthand.directory.counter.finding import read_record
from firsthand.directory.counter.model import Found, NewAtDesk, Record
from firsthand.directory.person.model import PersonName, Phone
from firsthand.directory.person.store import find_by_phone, same_people
from firsthand.identity.session.actions import delete_expired, find_sessions
from firsthand.identity.session.store import open_person_session
from firsthand.platform.clock import ManualClock
from firsthand.platform.crypto import token_hash
from firsthand.platform.i18n import Language
from firsthand.platform.scope import PersonScope
from firsthand.platform.world import World
from tests.city import SYSTEM, Opening, hold, make_city
from tests.counter import ANYBODY, SEEN, Counter, open_counter, passport
from tests.people import said

YEAR = timedelta(days=365)


@pytest.fixture
async def counter(world: World) -> Counter:
    sessions = [Opening(places=5), Opening(places=5, hospital=1), Opening(places=5, day=2, department="Eyes")]
    return await open_counter(world, await make_city(world, sessions=sessions, persons=4))


async def approve(counter: Counter, correction_id: UUID) -> State | Refused:
    return await approve_correction(counter.world, counter.supervisor, counter.scope, correction_id)


async def undo(counter: Counter, correction_id: UUID) -> State | Refused:
    return await undo_correction(counter.world, counter.supervisor, counter.scope, correction_id)


async def is_free(counter: Counter, person: int) -> Found | object:
    """Somebody registers at the desk with a person's document, as its true owner would."""
    new = NewAtDesk(counter.city.documents[person], PersonName("True Owner"), Phone(""), Language.ENGLISH)
    return await register_at_desk(counter.world, counter.clerk, counter.scope, new)


async def test_a_wrong_document_is_replaced_and_its_number_is_free(world: World, counter: Counter) -> None:
    asked = await counter.ask_document(0, passport(1))
    person_id = counter.city.person_ids[0]
    async with world.database.transaction() as conn:
        opened = await open_person_session(conn, world, person_id)
    assert await approve(counter, asked) is State.APPROVED
    assert set(await counter.documents(person_id)) == {passport(1).number}
    assert await find_sessions(world, [token_hash(opened.token)]) == [None]
    assert [message.template for message in await said(world)] == ["document_corrected"]
    assert isinstance(await is_free(counter, 0), Found)


async def test_a_correction_is_undone_exactly_while_nobody_took_the_number(counter: Counter) -> None:
    person_id = counter.city.person_ids[0]
    before = await counter.documents(person_id)
    asked = await counter.ask_document(0, passport(1))
    assert await approve(counter, asked) is State.APPROVED
    assert await undo(counter, asked) is State.UNDONE
    assert await counter.documents(person_id) == before
    assert await undo(counter, asked) == Refused(Reason.NOT_APPROVED)


async def test_a_number_that_was_registered_since_stays_its_owners(counter: Counter) -> None:
    asked = await counter.ask_document(0)
    assert await approve(counter, asked) is State.APPROVED
    assert isinstance(await is_free(counter, 0), Found)
    assert await undo(counter, asked) == Refused(Reason.NUMBER_TAKEN)
    assert await counter.documents(counter.city.person_ids[0]) == {}


async def test_a_former_document_is_erased_when_its_term_is_over(world: World, counter: Counter) -> None:
    asked = await counter.ask_document(0)
    assert await approve(counter, asked) is State.APPROVED
    assert isinstance(world.clock, ManualClock)
    world.clock.advance(YEAR)
    await delete_expired(world, SYSTEM)
    assert await undo(counter, asked) == Refused(Reason.ERASED)


async def test_nothing_changes_before_a_second_person_approves(counter: Counter) -> None:
    person_id = counter.city.person_ids[0]
    before = await counter.documents(person_id)
    asked = await counter.ask_document(0, passport(1))
    assert await counter.documents(person_id) == before
    refused = await refuse_correction(counter.world, counter.supervisor, counter.scope, asked)
    assert refused is State.REFUSED
    assert await counter.documents(person_id) == before
    assert await approve(counter, asked) == Refused(Reason.ALREADY_DECIDED)


async def test_who_asked_cannot_approve_even_as_a_supervisor(counter: Counter) -> None:
    world, scope, boss = counter.world, counter.scope, counter.supervisor
    person_id = await counter.find(caller=boss)
    document_id = (await counter.documents(person_id))[counter.city.documents[0].number]
    asked = await ask_correction(world, boss, scope, WrongDocument(person_id, document_id, None), SEEN)
    assert isinstance(asked, UUID)
    assert await approve(counter, asked) == Refused(Reason.OWN_REQUEST)
    assert await approve_correction(world, counter.clerk, scope, asked) == Refused(Reason.NOT_PERMITTED)


async def test_what_is_asked_for_must_make_sense(counter: Counter) -> None:
    world, scope, clerk = counter.world, counter.scope, counter.clerk
    person_id, other_id = await counter.find(0), await counter.find(1)
    own = (await counter.documents(person_id))[counter.city.documents[0].number]
    others = (await counter.documents(other_id))[counter.city.documents[1].number]
    for wish, reason in (
        (WrongDocument(person_id, others, None), Reason.DOCUMENT_UNKNOWN),
        (WrongDocument(person_id, own, counter.city.documents[0]), Reason.SAME_DOCUMENT),
        (WrongDocument(person_id, own, counter.city.documents[2]), Reason.DOCUMENT_KNOWN),
        (OnePersonTwice(person_id, person_id), Reason.SAME_PERSON),
        (OnePersonTwice(person_id, counter.city.person_ids[3]), Reason.NOT_FOUND),
        (WrongDocument(counter.city.person_ids[3], own, None), Reason.NOT_FOUND),
    ):
        assert await ask_correction(world, clerk, scope, wish, SEEN) == Refused(reason)
    wish = WrongDocument(person_id, own, None)
    assert isinstance(await ask_correction(world, clerk, scope, wish, SEEN), UUID)
    assert await ask_correction(world, clerk, scope, wish, SEEN) == Refused(Reason.ALREADY_ASKED)


async def test_a_replacement_that_was_registered_meanwhile_changes_nothing(counter: Counter) -> None:
    asked = await counter.ask_document(0, passport(1))
    other_id = await counter.find(1)
    await add_document(counter.world, counter.clerk, counter.scope, other_id, passport(1))
    assert await approve(counter, asked) == Refused(Reason.DOCUMENT_KNOWN)
    assert set(await counter.documents(counter.city.person_ids[0])) == {counter.city.documents[0].number}


# --- mergers ----------------------------------------------------------------------------------------------------------


async def test_two_records_become_one_person_with_one_set_of_caps(world: World, counter: Counter) -> None:
    city = counter.city
    first = await hold(world, city, 1, 0)
    await counter.merge(0, 1)
    async with world.database.transaction() as conn:
        people = await same_people(conn, ANYBODY, list(city.person_ids[:2]))
        assert await find_by_phone(conn, world.keyring, ANYBODY, Phone("+8613800000001")) == []
    assert {people[one].id for one in city.person_ids[:2]} == {city.person_ids[0]}
    (refused,) = await take_places(world, [city.take(0, 0)])
    assert refused == BookingRefused(BookingReason.CAP_REACHED, "department_day")
    own = await read_own_bookings(world, PersonScope(city.person_ids[0]))
    assert [one.id for one in own] == [first.booking_id]
    (booked,) = await confirm_bookings(world, [city.change(0, first.booking_id)])
    assert isinstance(booked, Booked)
    (back,) = await give_back_bookings(world, [city.change(0, first.booking_id)])
    assert isinstance(back, GivenBack)
    assert {message.address for message in await said(world)} >= {"+8613800000000", "+8613800000001"}


async def test_a_merged_persons_booking_is_checked_in_with_either_document(world: World, counter: Counter) -> None:
    city = counter.city
    held = await hold(world, city, 1, 0)
    (booked,) = await confirm_bookings(world, [city.change(1, held.booking_id)])
    assert isinstance(booked, Booked)
    await counter.merge(0, 1)
    assert isinstance(world.clock, ManualClock)
    world.clock.advance(timedelta(days=1, hours=1))
    assert isinstance(await check_in(world, city.check_in(0, booked.code)), Arrived)


async def test_a_merger_is_undone_exactly(world: World, counter: Counter) -> None:
    city = counter.city
    kept_id, other_id = city.person_ids[:2]
    before = await counter.documents(kept_id), await counter.documents(other_id)
    held = await hold(world, city, 1, 0)
    merged = await counter.merge(0, 1)
    assert await counter.documents(other_id) == {}
    assert await undo(counter, merged) is State.UNDONE
    assert (await counter.documents(kept_id), await counter.documents(other_id)) == before
    own = await read_own_bookings(world, PersonScope(other_id))
    assert [one.id for one in own] == [held.booking_id]
    assert await read_own_bookings(world, PersonScope(kept_id)) == []
    assert await undo(counter, merged) == Refused(Reason.NOT_APPROVED)
    (taken,) = await take_places(world, [city.take(0, 0)])
    assert isinstance(taken, Held)


async def test_a_document_that_was_corrected_meanwhile_is_not_moved_back(counter: Counter) -> None:
    merged = await counter.merge(0, 1)
    person_id = await counter.find(0)
    document_id = (await counter.documents(person_id))[counter.city.documents[1].number]
    wish = WrongDocument(person_id, document_id, None)
    asked = await ask_correction(counter.world, counter.clerk, counter.scope, wish, SEEN)
    assert isinstance(asked, UUID)
    assert await approve(counter, asked) is State.APPROVED
    assert await undo(counter, merged) is State.UNDONE
    assert await counter.documents(counter.city.person_ids[1]) == {}


async def test_mergers_make_no_chains_and_no_circles(counter: Counter) -> None:
    world, scope, clerk = counter.world, counter.scope, counter.clerk
    one, other, third = [await counter.find(number) for number in range(3)]
    first = await counter.ask_merger(0, 1)
    back = await counter.ask_merger(1, 0)
    assert await approve(counter, first) is State.APPROVED
    assert await approve(counter, back) == Refused(Reason.ALREADY_MERGED)
    for wish, reason in (
        (OnePersonTwice(third, one), Reason.KEEPS_OTHERS),
        (OnePersonTwice(third, other), Reason.ALREADY_MERGED),
        (OnePersonTwice(other, third), Reason.ALREADY_MERGED),
    ):
        assert await ask_correction(world, clerk, scope, wish, SEEN) == Refused(reason)
    second = await counter.merge(0, 2)
    async with world.database.transaction() as conn:
        assert len((await same_people(conn, ANYBODY, [one]))[one].ids) == 3
    assert await undo(counter, first) is State.UNDONE
    assert await undo(counter, second) is State.UNDONE


async def test_the_session_of_a_merged_record_ends_and_its_requests_count_as_the_kept_ones(
    world: World, counter: Counter
) -> None:
    city = counter.city
    async with world.database.transaction() as conn:
        opened = await open_person_session(conn, world, city.person_ids[1])
    await hold(world, city, 0, 0)
    await counter.merge(0, 1)
    assert await find_sessions(world, [token_hash(opened.token)]) == [None]
    late = TakeRequest(city.person(1), city.session_ids[0], city.person_ids[1], city.person_ids[1])
    assert await take_places(world, [late]) == [BookingRefused(BookingReason.CAP_REACHED, "department_day")]
    stranger = ChangeRequest(city.person(2), UUID(int=9))
    assert await confirm_bookings(world, [stranger]) == [BookingRefused(BookingReason.BOOKING_UNKNOWN)]


async def test_the_queue_shows_what_is_asked_and_masks_numbers(counter: Counter) -> None:
    await counter.ask_document(0, passport(1))
    await counter.ask_merger(0, 1)
    page = await read_corrections(counter.world, counter.supervisor, counter.scope)
    assert not isinstance(page, Refused)
    shown, total = page
    assert total == 2
    assert {one.correction.evidence.note for one in shown} == {SEEN.note}
    assert all(counter.city.documents[0].number not in repr(one) for one in shown)
    assert await read_corrections(counter.world, counter.clerk, counter.scope) == Refused(Reason.NOT_PERMITTED)
    record = await read_record(counter.world, counter.clerk, counter.scope, counter.city.person_ids[0])
    assert isinstance(record, Record)
