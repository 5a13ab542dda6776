"""A tie's way from asking to its end, and what is done by it, on the real database."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import psycopg
import pytest

from firsthand.booking.actions import confirm_bookings, give_back_bookings, read_booking, read_own_bookings
from firsthand.booking.model import Booked, Held, Reason, Refused, TakeRequest
from firsthand.booking.taking import take_places
from firsthand.booking.telling import tell_patient
from firsthand.directory.family import model as family
from firsthand.directory.family.actions import (
    confirm_by_code,
    confirm_tie,
    dependants_of,
    end_tie,
    read_consents,
    read_family,
    renew_tie,
)
from firsthand.directory.family.asking import ask_adult, ask_child, send_code_again
from firsthand.directory.family.chores import end_what_is_over, settle_children
from firsthand.directory.family.desk import DeskTie, confirm_at_desk, end_at_desk
from firsthand.directory.family.model import Active, AdultAsked, Asked, Ended, HasEnded, How, Kind
from firsthand.messages.model import Template
from firsthand.platform.access import Role
from firsthand.platform.clock import ManualClock
from firsthand.platform.i18n import Language
from firsthand.platform.scope import HospitalScope, PersonScope
from firsthand.platform.world import World
from tests.city import SYSTEM, City, Opening, assert_consistent, make_city
from tests.conftest import START, FreshDatabase
from tests.families import (
    CHILD_BORN,
    COOLING,
    asked,
    born_document,
    child,
    child_of,
    person,
    register,
    tied,
    tied_and_cooled,
    tied_at_desk,
)
from tests.people import HERE, as_owner, audited, said
from tests.visitor import code_in

FamilyRefused, Because = family.Refused, family.Reason


@pytest.fixture
async def city(world: World) -> City:
    """Four people, two hospitals, and some sessions."""
    return await make_city(world, sessions=[Opening(day=1), Opening(day=3), Opening(day=4, hospital=1)], persons=4)


def for_other(city: City, session: int = 1, carer: int = 0, patient: int = 1) -> TakeRequest:
    """One person asks for a place for another."""
    return replace(city.take(carer, session), patient_id=city.person_ids[patient])


async def test_an_adult_confirms_on_his_own_page_and_is_booked_for_after_the_cooling_time(
    world: World, clock: ManualClock, city: City, fresh_database: FreshDatabase
) -> None:
    tie_id = await tied(world, city)
    assert await take_places(world, [for_other(city)]) == [Refused(Reason.NOT_PERMITTED)]
    clock.advance(COOLING - timedelta(seconds=1))
    assert await take_places(world, [for_other(city)]) == [Refused(Reason.NOT_PERMITTED)]
    clock.advance(timedelta(seconds=1))
    (held,) = await take_places(world, [for_other(city)])
    assert isinstance(held, Held)
    (booked,) = await confirm_bookings(world, [city.change(0, held.booking_id)])
    assert isinstance(booked, Booked)

    kept = await read_booking(world, PersonScope(city.person_ids[1]), held.booking_id)
    assert kept is not None
    assert (kept.holder_id, kept.patient_id, kept.payer_id) == (*city.person_ids[:2], city.person_ids[1])
    assert (kept.acted_by_kind, kept.acted_by) == ("person", city.person_ids[0])
    (consent,) = await read_consents(world, PersonScope(city.person_ids[1]), [tie_id])
    assert (consent.given_by, consent.how, consent.given_at) == (city.person_ids[1], How.OWN_PAGE, START)
    lines = as_owner(
        fresh_database,
        "SELECT DISTINCT actor_id, person_id, detail->>'holder', detail->>'payer' FROM audit.line"
        " WHERE action IN ('booking.take', 'booking.confirm') AND outcome = 'done'",
    )
    carer, patient = city.person_ids[:2]
    assert lines == [(carer, patient, str(carer), str(patient))]
    await assert_consistent(world)


async def test_a_code_from_the_dependants_own_phone_confirms(world: World, city: City) -> None:
    tie_id = await asked(world, city)
    (sent,) = await said(world)
    assert (sent.template, sent.person_id) == (Template.TIE_ASKED_CODE, city.person_ids[1])
    assert "Person 0" not in sent.body  # a name has letters only when it comes from a stranger
    me = city.person_ids[0]
    wrong = "000000" if code_in(sent) != "000000" else "000001"
    assert await confirm_by_code(world, person(me), PersonScope(me), tie_id, wrong) == FamilyRefused(Because.CODE_WRONG)
    answer = await confirm_by_code(world, person(me), PersonScope(me), tie_id, code_in(sent))
    assert answer == Active(tie_id, START + COOLING)
    (consent,) = await read_consents(world, PersonScope(me), [tie_id])
    assert (consent.given_by, consent.how) == (city.person_ids[1], How.OWN_CODE)
    told = {one.person_id for one in await said(world) if one.template is Template.TIE_ACTIVE}
    assert told == set(city.person_ids[:2])


async def test_a_known_and_an_unknown_document_look_alike(
    world: World, city: City, fresh_database: FreshDatabase
) -> None:
    me = city.person_ids[0]
    known, unknown = city.documents[1], born_document(date(1970, 1, 1))
    answers = [
        await ask_adult(world, person(me), PersonScope(me), AdultAsked(document, "Someone"), HERE)
        for document in (known, unknown)
    ]
    assert all(isinstance(answer, Asked) for answer in answers)
    shown = (await read_family(world, PersonScope(me))).dependants
    kinds = {(one.name, one.tie.kind, one.can_confirm, one.waiting, one.living) for one in shown}
    assert kinds == {("Someone", Kind.CARER, False, True, False)}
    for answer in answers:
        assert isinstance(answer, Asked)
        for _ in range(4):
            refused = await confirm_by_code(world, person(me), PersonScope(me), answer.tie_id, "000000")
            assert refused == FamilyRefused(Because.CODE_WRONG)
        again = await send_code_again(world, person(me), PersonScope(me), answer.tie_id)
        assert again == answer
    rows = as_owner(fresh_database, "SELECT count(*), count(DISTINCT code_id) FROM directory.tie WHERE code_id <> id")
    assert rows == [(2, 2)]
    # As many messages were written, and half of them go to nobody.
    written = as_owner(fresh_database, "SELECT count(*), count(person_id) FROM messages.message")
    assert written == [(4, 2)]


async def test_a_child_without_a_document_is_its_guardians_at_once(
    world: World, clock: ManualClock, city: City
) -> None:
    me = city.person_ids[0]
    _, child_id = await child_of(world, me)
    (shown,) = await dependants_of(world, PersonScope(me))
    assert (shown.name, shown.undocumented, shown.tie.kind) == ("Little Person", True, Kind.GUARDIAN)
    take = replace(city.take(0, 1), patient_id=child_id)
    assert await take_places(world, [take]) == [Refused(Reason.NOT_PERMITTED)]
    clock.advance(COOLING)
    (held,) = await take_places(world, [take])
    assert isinstance(held, Held)
    await confirm_bookings(world, [city.change(0, held.booking_id)])
    await tell_patient(world, SYSTEM, held.booking_id, Template.BOOKING_CONFIRMED)
    (told,) = [one for one in await said(world) if one.template is Template.BOOKING_CONFIRMED_FOR_OTHER]
    assert told.person_id == me
    assert "Little Person" in told.body


async def test_a_new_child_with_a_document_is_registered_when_its_guardian_has_waited(
    world: World, clock: ManualClock, city: City
) -> None:
    me, document = city.person_ids[0], born_document(CHILD_BORN)
    answer = await ask_child(world, person(me), PersonScope(me), child(document), HERE)
    assert isinstance(answer, Asked)
    assert await settle_children(world, SYSTEM) == 0
    clock.advance(COOLING)
    assert await settle_children(world, SYSTEM) == 1
    (shown,) = await dependants_of(world, PersonScope(me))
    assert (shown.undocumented, shown.tie.usable_from) == (False, START + COOLING)
    assert shown.tie.dependant_id is not None
    (held,) = await take_places(world, [replace(city.take(0, 1), patient_id=shown.tie.dependant_id)])
    assert isinstance(held, Held)
    assert await settle_children(world, SYSTEM) == 0


async def test_of_a_known_child_its_guardian_is_asked(world: World, clock: ManualClock, city: City) -> None:
    mother, father = city.person_ids[:2]
    document = born_document(CHILD_BORN)
    await register(world, document, "Little Person")
    await tied_at_desk(world, city, city.documents[0], document)
    answer = await ask_child(world, person(father), PersonScope(father), child(document), HERE)
    assert isinstance(answer, Asked)
    clock.advance(COOLING)
    await settle_children(world, SYSTEM)
    assert await dependants_of(world, PersonScope(father)) == []
    told = [one.person_id for one in await said(world) if one.template is Template.TIE_ASKED_OF_GUARDIAN]
    assert told == [mother]
    (waiting,) = (await read_family(world, PersonScope(mother))).of_children
    assert (waiting.can_confirm, waiting.child_name) == (True, "Little Person")
    confirmed = await confirm_tie(world, person(mother), PersonScope(mother), answer.tie_id, Language.ENGLISH)
    assert confirmed == Active(answer.tie_id, START + 2 * COOLING)


async def test_the_desk_confirms_and_a_guardian_need_not_wait(
    world: World, city: City, fresh_database: FreshDatabase
) -> None:
    document = born_document(CHILD_BORN)
    child_id = await register(world, document, "Little Person")
    active = await tied_at_desk(world, city, city.documents[0], document)
    assert active.usable_from == START
    (held,) = await take_places(world, [replace(city.take(0, 1), patient_id=child_id)])
    assert isinstance(held, Held)
    adult = await tied_at_desk(world, city, city.documents[0], city.documents[1])
    assert adult.usable_from == START + COOLING
    rows = as_owner(
        fresh_database, "SELECT how, staff_id, hospital_id, seen FROM directory.consent ORDER BY given_at, id"
    )
    assert rows == [
        ("desk", city.staff_ids[0], city.hospital_ids[0], ["resident_id", "passport"][::-1]),
        ("desk", city.staff_ids[0], city.hospital_ids[0], ["passport", "passport"]),
    ]


async def test_the_end_takes_sight_and_power_at_once_and_the_booking_stays(
    world: World, clock: ManualClock, city: City
) -> None:
    tie_id = await tied_and_cooled(world, clock, city)
    (held,) = await take_places(world, [for_other(city)])
    assert isinstance(held, Held)
    await confirm_bookings(world, [city.change(0, held.booking_id)])
    carer, patient = (PersonScope(one) for one in city.person_ids[:2])
    assert len(await read_own_bookings(world, carer)) == 1
    assert await end_tie(world, person(patient.person_id), patient, tie_id) == HasEnded(tie_id, Ended.BY_DEPENDANT)

    assert await read_own_bookings(world, carer) == []
    assert await read_booking(world, carer, held.booking_id) is None
    assert await give_back_bookings(world, [city.change(0, held.booking_id)]) == [Refused(Reason.BOOKING_UNKNOWN)]
    assert await take_places(world, [for_other(city, 0)]) == [Refused(Reason.NOT_PERMITTED)]
    assert len(await read_own_bookings(world, patient)) == 1
    await tell_patient(world, SYSTEM, held.booking_id, Template.BOOKING_CONFIRMED)
    readers = [one.person_id for one in await said(world) if "booking" in one.template]
    assert readers == [patient.person_id]
    assert await end_tie(world, person(carer.person_id), carer, tie_id) == FamilyRefused(Because.ALREADY_ENDED)
    (shown,) = (await read_family(world, carer)).dependants
    assert shown.name == "Grandmother"


async def test_majority_ends_a_guardians_tie_from_its_first_moment(
    world: World, clock: ManualClock, city: City
) -> None:
    document = born_document(date(2008, 3, 3))
    child_id = await register(world, document, "Nearly Grown", "+8613900000001")
    active = await tied_at_desk(world, city, city.documents[0], document)
    take = replace(city.take(0, 1), patient_id=child_id)
    clock.move_to(datetime(2026, 3, 2, 15, 59, 59, tzinfo=UTC))  # a second before midnight in the city
    (held,) = await take_places(world, [take])
    assert isinstance(held, Held)
    assert await end_what_is_over(world, SYSTEM) == 0
    clock.advance(timedelta(seconds=1))
    assert await confirm_bookings(world, [city.change(0, held.booking_id)]) == [Refused(Reason.BOOKING_UNKNOWN)]
    assert await take_places(world, [replace(take, session_id=city.session_ids[2])]) == [Refused(Reason.NOT_PERMITTED)]
    assert await end_what_is_over(world, SYSTEM) == 1
    told = {one.person_id for one in await said(world) if one.template is Template.TIE_ENDED_BY_MAJORITY}
    assert told == {city.person_ids[0], child_id}
    (shown,) = (await read_family(world, PersonScope(city.person_ids[0]))).dependants
    assert (shown.tie.id, shown.tie.ended_why) == (active.tie_id, Ended.MAJORITY)


async def test_what_nobody_answers_lapses_and_what_is_not_renewed_runs_out(
    world: World, clock: ManualClock, city: City
) -> None:
    waiting, living = await asked(world, city, 0, 2), await tied(world, city, 0, 1)
    clock.advance(timedelta(days=14))
    late = PersonScope(city.person_ids[2])
    refused = await confirm_tie(world, person(late.person_id), late, waiting, Language.ENGLISH)
    assert refused == FamilyRefused(Because.ALREADY_ENDED)
    assert await end_what_is_over(world, SYSTEM) == 1

    patient = PersonScope(city.person_ids[1])
    early = await renew_tie(world, person(patient.person_id), patient, living, Language.ENGLISH)
    assert early == FamilyRefused(Because.TOO_EARLY_TO_RENEW)
    clock.move_to(START + timedelta(days=700))
    assert isinstance(await renew_tie(world, person(patient.person_id), patient, living, Language.ENGLISH), Active)
    clock.move_to(START + timedelta(days=1430))
    assert await end_what_is_over(world, SYSTEM) == 1
    ended = {
        one.tie.id: one.tie.ended_why for one in (await read_family(world, PersonScope(city.person_ids[0]))).dependants
    }
    assert ended == {waiting: Ended.LAPSED, living: Ended.TERM}


async def test_whoever_pays_is_tied_to_the_patient(world: World, clock: ManualClock, city: City) -> None:
    await tied_and_cooled(world, clock, city, 0, 1)
    own = city.take(1, 1)
    for payer, answer in ((2, Refused(Reason.NOT_PERMITTED)), (0, None)):
        (got,) = await take_places(world, [replace(own, payer_id=city.person_ids[payer])])
        assert got == answer or (answer is None and isinstance(got, Held))
    (kept,) = await read_own_bookings(world, PersonScope(city.person_ids[1]))
    assert (kept.holder_id, kept.payer_id) == (city.person_ids[1], city.person_ids[0])


async def test_a_carer_may_ask_for_no_more_than_the_caps(world: World, clock: ManualClock) -> None:
    city = await make_city(world, persons=9)
    me = PersonScope(city.person_ids[0])
    for number in range(1, 5):
        await asked(world, city, 0, number)
    over = await ask_adult(world, person(me.person_id), me, AdultAsked(city.documents[5], "Someone"), HERE)
    assert over == FamilyRefused(Because.TOO_MANY_NEW)
    again = await ask_adult(world, person(me.person_id), me, AdultAsked(city.documents[1], "Someone"), HERE)
    assert isinstance(again, Asked)
    clock.advance(timedelta(days=31))
    for number in range(1, 5):
        await tied(world, city, 0, number)
    clock.advance(timedelta(days=31))
    for number in (5, 6):
        await tied(world, city, 0, number)
    over = await ask_adult(world, person(me.person_id), me, AdultAsked(city.documents[7], "Someone"), HERE)
    assert over == FamilyRefused(Because.TOO_MANY_DEPENDANTS)
    # A place that was given up is not free for another buyer.
    for shown in await dependants_of(world, me):
        await end_tie(world, person(me.person_id), me, shown.tie.id)
    over = await ask_adult(world, person(me.person_id), me, AdultAsked(city.documents[7], "Someone"), HERE)
    assert over == FamilyRefused(Because.TOO_MANY_DEPENDANTS)
    same = await ask_adult(world, person(me.person_id), me, AdultAsked(city.documents[5], "Someone"), HERE)
    assert same == FamilyRefused(Because.ASKED_LATELY)


async def test_one_can_have_only_so_many_carers(world: World) -> None:
    city = await make_city(world, persons=6)
    for carer in range(1, 5):
        await tied(world, city, carer, 0)
    tie_id = await asked(world, city, 5, 0)
    patient = PersonScope(city.person_ids[0])
    refused = await confirm_tie(world, person(patient.person_id), patient, tie_id, Language.ENGLISH)
    assert refused == FamilyRefused(Because.TOO_MANY_CARERS)


async def test_who_shares_the_carers_phone_confirms_at_a_desk_alone(world: World, city: City) -> None:
    document = born_document(date(1950, 1, 1))
    grandmother = await register(world, document, "Grand Mother", "+8613800000000")
    me = PersonScope(city.person_ids[0])
    answer = await ask_adult(world, person(me.person_id), me, AdultAsked(document, "Grandmother"), HERE)
    assert isinstance(answer, Asked)
    assert await said(world) == []
    own = PersonScope(grandmother)
    refused = await confirm_tie(world, person(grandmother), own, answer.tie_id, Language.ENGLISH)
    assert refused == FamilyRefused(Because.PHONE_SHARED)
    assert (await tied_at_desk(world, city, city.documents[0], document)).tie_id == answer.tie_id


async def test_staff_of_other_roles_confirm_nothing(world: World, city: City, fresh_database: FreshDatabase) -> None:
    scope = HospitalScope(city.hospital_ids[0])
    for caller in (city.desk(1), replace(city.desk(), role=Role.OFFICER), person(city.person_ids[0])):
        one = DeskTie(caller, scope, city.documents[0], city.documents[1])
        assert await confirm_at_desk(world, one) == FamilyRefused(Because.NOT_PERMITTED)
        assert await end_at_desk(world, one) == FamilyRefused(Because.NOT_PERMITTED)
    assert len([line for line in audited(fresh_database) if line[1] == "not_permitted"]) == 6
    assert as_owner(fresh_database, "SELECT id FROM directory.tie") == []


async def test_a_tie_never_changes_hands_nor_begins_again(
    world: World, city: City, fresh_database: FreshDatabase
) -> None:
    tie_id = await tied(world, city)
    for column, value in (("carer_id", city.person_ids[2]), ("dependant_id", city.person_ids[2])):
        with pytest.raises(psycopg.errors.CheckViolation, match="never change"):
            as_owner(fresh_database, f"UPDATE directory.tie SET {column} = '{value}' RETURNING id")
    me = PersonScope(city.person_ids[0])
    await end_tie(world, person(me.person_id), me, tie_id)
    with pytest.raises(psycopg.errors.CheckViolation, match="begin again"):
        as_owner(
            fresh_database,
            "UPDATE directory.tie SET state = 'active', ended_at = NULL, ended_why = NULL RETURNING id",
        )
    for statement in (
        "UPDATE directory.tie SET carer_id = carer_id",
        "UPDATE directory.consent SET how = how",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            async with world.database.transaction() as conn:
                await conn.execute(statement.encode())


async def test_another_ones_tie_is_as_unknown_as_one_that_is_not_there(world: World, city: City) -> None:
    waiting = await asked(world, city)
    stranger = PersonScope(city.person_ids[2])
    who = person(stranger.person_id)
    unknown = FamilyRefused(Because.TIE_UNKNOWN)
    for tie_id in (waiting, uuid4()):
        assert await confirm_tie(world, who, stranger, tie_id, Language.ENGLISH) == unknown
        assert await confirm_by_code(world, who, stranger, tie_id, "123456") == unknown
        assert await end_tie(world, who, stranger, tie_id) == unknown
        assert await renew_tie(world, who, stranger, tie_id, Language.ENGLISH) == unknown
        assert await send_code_again(world, who, stranger, tie_id) == unknown
    assert isinstance(waiting, UUID)
