"""Emergency access: opened with a reason, told, shown for half an hour to who opened it, and reviewed by another."""

import asyncio
from datetime import timedelta
from uuid import UUID

import psycopg
import pytest

from firsthand.audit.model import Caller
from firsthand.booking.actions import confirm_bookings
from firsthand.booking.emergency import EmergencyRecord, read_emergency_record
from firsthand.booking.model import Booked
from firsthand.directory.emergency.actions import count_waiting, list_own_open, list_reviews, open_record, review_access
from firsthand.directory.emergency.limits import PER_STAFF
from firsthand.directory.emergency.model import OPEN_FOR, Access, Reason, Refused, Wanted
from firsthand.directory.person.actions import register_people
from firsthand.directory.person.model import PersonName, Phone, Registration
from firsthand.directory.staff_sign_in.actions import sign_in_staff
from firsthand.directory.staff_sign_in.model import Typed
from firsthand.identity.session.actions import find_sessions
from firsthand.identity.session.model import OpenedSession
from firsthand.messages.model import Template
from firsthand.platform.access import Role
from firsthand.platform.clock import ManualClock
from firsthand.platform.i18n import Language
from firsthand.platform.world import World
from tests.city import City, Opening, hold, make_city
from tests.conftest import FreshDatabase
from tests.people import HERE, STRANGER, SYSTEM, as_owner, audited, document, said
from tests.staffing import PASSWORD, Crew, make_crew, username_of

WHY = "Found unconscious at the bus stop, no papers"
JUDGED = "He was brought in by ambulance, see the log"
SESSIONS = (Opening(), Opening(hospital=1))


@pytest.fixture
async def city(world: World) -> City:
    return await make_city(world, sessions=SESSIONS, persons=3)


@pytest.fixture
async def crew(world: World, city: City) -> Crew:
    return await make_crew(world, city)


def phone_of(number: int) -> Phone:
    return Phone(f"+8613800000{number:03}")


async def opened_by(world: World, caller: Caller, city: City, person: int = 0) -> Access:
    access = await open_record(world, caller, Wanted(city.documents[person]), WHY)
    assert isinstance(access, Access), access
    return access


async def test_a_record_shows_names_phone_and_where_the_person_is_expected_and_nothing_else(
    world: World, city: City, crew: Crew
) -> None:
    held = await hold(world, city, session=1)
    (booked,) = await confirm_bookings(world, [city.change(0, held.booking_id)])
    assert isinstance(booked, Booked)
    await hold(world, city)  # only held, so nobody expects him there
    clerk = crew.caller(Role.DESK)
    access = await opened_by(world, clerk, city)
    record = await read_emergency_record(world, clerk, access.id)
    assert isinstance(record, EmergencyRecord)
    assert record.names
    assert record.phone
    assert [(one.hospital, one.department) for one in record.expected] == [("Hospital 1", "Dermatology")]
    assert await list_own_open(world, clerk) == [access]


async def test_the_person_is_told_at_once(world: World, city: City, crew: Crew) -> None:
    await opened_by(world, crew.caller(Role.OFFICER), city)
    (message,) = [one for one in await said(world) if one.template is Template.EMERGENCY_ACCESS]
    assert message.person_id == city.person_ids[0]
    assert "Hospital 0" in message.body


async def test_it_is_over_after_half_an_hour_and_is_nobody_elses(
    world: World, city: City, crew: Crew, clock: ManualClock
) -> None:
    clerk = crew.caller(Role.DESK)
    access = await opened_by(world, clerk, city)
    for other in (crew.caller(Role.OFFICER), crew.caller(Role.SUPERVISOR), crew.caller(Role.DESK, 1)):
        assert await read_emergency_record(world, other, access.id) == Refused(Reason.ACCESS_UNKNOWN)
    clock.advance(OPEN_FOR)
    assert await read_emergency_record(world, clerk, access.id) == Refused(Reason.ACCESS_OVER)
    assert await list_own_open(world, clerk) == []


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("", Reason.REASON_TOO_SHORT),
        ("urgent", Reason.REASON_TOO_SHORT),
        ("xxxxxxxxxxxxxxxxxxxx", Reason.REASON_TOO_SHORT),
        ("            a            ", Reason.REASON_TOO_SHORT),
        (f"{WHY}\x00\x1b[31m", Reason.WORDS_INVALID),
        (f"{WHY} \u202egnihton", Reason.WORDS_INVALID),
        ("long " * 200, Reason.WORDS_INVALID),
    ],
)
async def test_a_reason_has_to_be_one(
    world: World, city: City, crew: Crew, fresh_database: FreshDatabase, words: str, reason: Reason
) -> None:
    asked = await open_record(world, crew.caller(Role.DESK), Wanted(city.documents[0]), words)
    assert asked == Refused(reason)
    assert as_owner(fresh_database, "SELECT count(*) FROM directory.break_glass") == [(0,)]
    assert audited(fresh_database)[-1] == ("directory.open_emergency", reason)


async def test_a_phone_that_several_share_wants_a_name(world: World, crew: Crew) -> None:
    clerk, phone = crew.caller(Role.DESK), await _share_a_phone(world)
    assert await open_record(world, clerk, Wanted(phone), WHY) == Refused(Reason.SEVERAL_PEOPLE)
    unknown = Wanted(phone, PersonName("Nobody"))
    assert await open_record(world, clerk, unknown, WHY) == Refused(Reason.PERSON_UNKNOWN)
    asked = await open_record(world, clerk, Wanted(phone, PersonName("person  901")), WHY)
    assert isinstance(asked, Access)
    assert asked.found_by == "phone"


async def test_tries_are_limited_for_each_member_of_staff(world: World, city: City, crew: Crew) -> None:
    clerk = crew.caller(Role.DESK)
    nobody = Wanted(document(999))
    for _ in range(PER_STAFF.attempts_max):
        assert await open_record(world, clerk, nobody, WHY) == Refused(Reason.PERSON_UNKNOWN)
    assert await open_record(world, clerk, Wanted(city.documents[0]), WHY) == Refused(Reason.TOO_MANY)
    await opened_by(world, crew.caller(Role.OFFICER), city)


async def test_parallel_tries_pass_no_limit(world: World, city: City, crew: Crew) -> None:
    asked = [open_record(world, crew.caller(Role.DESK), Wanted(city.documents[0]), WHY) for _ in range(9)]
    answers = await asyncio.gather(*asked)
    assert sum(isinstance(answer, Access) for answer in answers) == PER_STAFF.attempts_max


async def test_a_form_sent_twice_opens_one_access_and_tells_once(world: World, city: City, crew: Crew) -> None:
    clerk = crew.caller(Role.DESK)
    answers = await asyncio.gather(*(opened_by(world, clerk, city) for _ in range(PER_STAFF.attempts_max - 1)))
    assert len({answer.id for answer in answers}) == 1
    assert len([one for one in await said(world) if one.template is Template.EMERGENCY_ACCESS]) == 1
    other_words = await open_record(
        world, clerk, Wanted(city.documents[0]), "His mother is on her way and asks for him"
    )
    assert isinstance(other_words, Access)
    assert other_words.id != answers[0].id


async def test_a_supervisor_reviews_what_others_opened_and_an_auditor_what_the_city_did(
    world: World, city: City, crew: Crew
) -> None:
    own = await opened_by(world, crew.caller(Role.SUPERVISOR), city)
    others = await opened_by(world, crew.caller(Role.DESK), city)
    elsewhere = await opened_by(world, crew.caller(Role.DESK, 1), city)
    supervisor, auditor = crew.caller(Role.SUPERVISOR), crew.caller(Role.AUDITOR)
    waiting = await count_waiting(world, supervisor)
    assert waiting is not None
    assert waiting.count == 1
    reviews = await list_reviews(world, supervisor)
    assert isinstance(reviews, list)
    assert {one.access.id for one in reviews} == {own.id, others.id}

    async def review(caller: Caller, access: Access) -> Access | Refused:
        return await review_access(world, caller, access.id, justified=True, words=JUDGED)

    assert await review(supervisor, own) == Refused(Reason.OWN_ACCESS)
    assert await review(supervisor, elsewhere) == Refused(Reason.ACCESS_UNKNOWN)
    assert await review(crew.caller(Role.DESK), own) == Refused(Reason.NOT_PERMITTED)
    assert isinstance(await review(supervisor, others), Access)
    assert await review(auditor, others) == Refused(Reason.ALREADY_REVIEWED)
    assert isinstance(await review(auditor, own), Access)
    assert isinstance(await review(auditor, elsewhere), Access)
    waiting = await count_waiting(world, auditor)
    assert waiting is not None
    assert waiting.count == 0


async def test_two_reviews_at_once_are_one(world: World, city: City, crew: Crew) -> None:
    access = await opened_by(world, crew.caller(Role.DESK), city)
    callers = [crew.caller(Role.SUPERVISOR), crew.caller(Role.AUDITOR)] * 3
    answers = await asyncio.gather(
        *(review_access(world, caller, access.id, justified=True, words=JUDGED) for caller in callers)
    )
    assert sum(isinstance(answer, Access) for answer in answers) == 1


async def test_one_that_was_not_justified_closes_and_ends_the_sessions(world: World, city: City, crew: Crew) -> None:
    clerk = crew.caller(Role.DESK)
    signed_in = await sign_in_staff(world, STRANGER, Typed(username_of(Role.DESK), PASSWORD, HERE))
    assert isinstance(signed_in, OpenedSession)
    access = await opened_by(world, clerk, city)
    judged = await review_access(world, crew.caller(Role.SUPERVISOR), access.id, justified=False, words=JUDGED)
    assert isinstance(judged, Access)
    assert await read_emergency_record(world, clerk, access.id) == Refused(Reason.ACCESS_OVER)
    assert await find_sessions(world, [signed_in.signed_in.token_hash]) == [None]


async def test_neither_reason_nor_judgement_is_in_clear_or_in_the_record(
    world: World, city: City, crew: Crew, fresh_database: FreshDatabase
) -> None:
    access = await opened_by(world, crew.caller(Role.DESK), city)
    await review_access(world, crew.caller(Role.SUPERVISOR), access.id, justified=True, words=JUDGED)
    rows = as_owner(fresh_database, "SELECT b::text FROM directory.break_glass b")
    lines = as_owner(fresh_database, "SELECT row_to_json(line)::text FROM audit.line")
    assert not any(word in str(rows + lines) for word in ("unconscious", "ambulance"))


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE directory.break_glass SET reviewed_by = staff_id, reviewed_at = now(), justified = true, words = ''",
        "UPDATE directory.break_glass SET expires_at = opened_at + interval '2 hours'",
        "UPDATE directory.break_glass SET expires_at = opened_at",
        "UPDATE directory.break_glass SET justified = true",
    ],
)
async def test_the_database_has_the_last_word(
    world: World, city: City, crew: Crew, fresh_database: FreshDatabase, change: str
) -> None:
    await opened_by(world, crew.caller(Role.DESK), city)
    with pytest.raises(psycopg.errors.CheckViolation):
        as_owner(fresh_database, change)


async def test_a_review_is_not_changed(world: World, city: City, crew: Crew, fresh_database: FreshDatabase) -> None:
    access = await opened_by(world, crew.caller(Role.DESK), city)
    await review_access(world, crew.caller(Role.SUPERVISOR), access.id, justified=False, words=JUDGED)
    with pytest.raises(psycopg.errors.CheckViolation, match="reviewed once"):
        as_owner(fresh_database, "UPDATE directory.break_glass SET justified = true")


async def test_old_accesses_wait_however_long(world: World, city: City, crew: Crew, clock: ManualClock) -> None:
    access = await opened_by(world, crew.caller(Role.DESK), city)
    clock.advance(timedelta(days=40))
    waiting = await count_waiting(world, crew.caller(Role.AUDITOR))
    assert waiting is not None
    assert (waiting.count, waiting.oldest_at) == (1, access.opened_at)


async def _share_a_phone(world: World) -> Phone:
    phone = phone_of(900)
    people = [Registration(document(n), PersonName(f"Person {n}"), phone, Language.ENGLISH) for n in (900, 901)]
    assert all(isinstance(one, UUID) for one in await register_people(world, SYSTEM, people))
    return phone
