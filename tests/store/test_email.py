"""E-mail addresses of people: taken once a code has come back, told of, and taken back."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from firsthand.audit.model import ActorKind, Caller, Channel
from firsthand.booking.actions import confirm_bookings, give_back_bookings
from firsthand.booking.telling import tell_patient
from firsthand.directory.email import limits
from firsthand.directory.email.actions import confirm_email, read_own_email, remove_email, request_email
from firsthand.directory.email.model import EmailClaim, Reason, Refused, Removed, Verified
from firsthand.directory.email.rules import decode_claim, encode_claim, parse_email
from firsthand.directory.person.actions import register_people
from firsthand.directory.person.asking import Browser
from firsthand.directory.person.model import EmailAddress
from firsthand.directory.person.sign_in import enter_code, request_sign_in
from firsthand.identity.code.model import VALID_FOR, CodeRequested
from firsthand.messages.model import EventMethod, State, Template, Way
from firsthand.platform.clock import ManualClock
from firsthand.platform.scope import PersonScope
from firsthand.platform.world import World
from tests.city import hold, make_city
from tests.conftest import FreshDatabase
from tests.people import ELSEWHERE, HERE, STRANGER, SYSTEM, as_owner, audited, document, registration, said
from tests.visitor import code_in

MAIL = EmailAddress("somebody@example.com")


async def person(world: World, number: int = 1) -> tuple[Caller, PersonScope]:
    (person_id,) = await register_people(world, SYSTEM, [registration(number)])
    assert isinstance(person_id, UUID)
    return Caller(ActorKind.PERSON, person_id, Channel.WEB, "request-1"), PersonScope(person_id)


async def asked(world: World, who: tuple[Caller, PersonScope], email: EmailAddress = MAIL) -> tuple[UUID, str]:
    """Ask for a code and return its id, and the code that the mailbox was sent."""
    requested = await request_email(world, *who, email, HERE)
    assert isinstance(requested, CodeRequested)
    (sent,) = [one for one in await said(world) if one.template is Template.EMAIL_CODE and one.address == email][-1:]
    assert sent.way is Way.EMAIL
    return requested.code_id, code_in(sent)


async def have(world: World, who: tuple[Caller, PersonScope], email: EmailAddress = MAIL) -> None:
    assert await confirm_email(world, *who, *await asked(world, who, email)) == Verified(email)


async def test_an_address_counts_once_its_code_has_come_back(world: World, fresh_database: FreshDatabase) -> None:
    who = await person(world)
    code_id, code = await asked(world, who)
    assert await read_own_email(world, who[1]) == ""
    assert await confirm_email(world, *who, code_id, code) == Verified(MAIL)
    assert await read_own_email(world, who[1]) == MAIL
    assert await confirm_email(world, *who, code_id, code) == Refused(Reason.CODE_SPENT)
    ((row,),) = as_owner(fresh_database, "SELECT encode(email, 'escape') FROM directory.person")
    assert "somebody" not in str(row)
    assert audited(fresh_database)[1:] == [
        ("directory.request_email", "done"),
        ("directory.confirm_email", "done"),
        ("directory.confirm_email", "code_spent"),
    ]


async def test_the_phone_and_the_mailbox_before_are_told(world: World) -> None:
    who = await person(world)
    await have(world, who)
    await have(world, who, EmailAddress("another@example.com"))
    assert await remove_email(world, *who) == Removed()
    told = [(one.way, one.address) for one in await said(world) if one.template is Template.EMAIL_CHANGED]
    phone = (Way.SMS, "+8613800000001")
    assert sorted(told) == sorted([phone, phone, phone, (Way.EMAIL, MAIL), (Way.EMAIL, "another@example.com")])
    assert await read_own_email(world, who[1]) == ""
    assert await remove_email(world, *who) == Refused(Reason.NO_EMAIL)


async def test_a_wrong_code_counts_and_a_late_one_is_spent(world: World, clock: ManualClock) -> None:
    who = await person(world)
    code_id, code = await asked(world, who)
    wrong = "000000" if code != "000000" else "111111"
    assert await confirm_email(world, *who, code_id, wrong) == Refused(Reason.CODE_WRONG)
    assert await confirm_email(world, *who, code_id, "abc") == Refused(Reason.CODE_WRONG)
    clock.advance(VALID_FOR)
    assert await confirm_email(world, *who, code_id, code) == Refused(Reason.CODE_SPENT)
    assert await confirm_email(world, *who, uuid4(), code) == Refused(Reason.CODE_SPENT)


async def test_nobody_uses_another_ones_code(world: World) -> None:
    mine, other = await person(world, 1), await person(world, 2)
    code_id, code = await asked(world, mine)
    assert await confirm_email(world, *other, code_id, code) == Refused(Reason.CODE_SPENT)
    assert await read_own_email(world, other[1]) == ""


async def test_a_code_is_good_for_one_thing_alone(world: World) -> None:
    who = await person(world)
    code_id, code = await asked(world, who)
    signed_in = await enter_code(world, STRANGER, code_id, code, Browser(HERE))
    assert not hasattr(signed_in, "token")
    requested = await request_sign_in(world, STRANGER, document(1), Browser(HERE))
    assert isinstance(requested, CodeRequested)
    sent = [one for one in await said(world) if one.template is Template.ONE_TIME_CODE][-1]
    answer = await confirm_email(world, *who, requested.code_id, code_in(sent))
    assert answer == Refused(Reason.CODE_SPENT)


async def test_only_the_person_himself_may(world: World, fresh_database: FreshDatabase) -> None:
    (mine, scope), (other, _) = await person(world, 1), await person(world, 2)
    assert mine.id != other.id
    refused = Refused(Reason.NOT_PERMITTED)
    for caller in (other, STRANGER, SYSTEM):
        assert await request_email(world, caller, scope, MAIL, HERE) == refused
        assert await confirm_email(world, caller, scope, uuid4(), "000000") == refused
        assert await remove_email(world, caller, scope) == refused
    assert [outcome for action, outcome in audited(fresh_database) if str(action).endswith("_email")] == [
        "not_permitted"
    ] * 9


async def test_codes_are_sent_so_often_and_no_more(world: World, clock: ManualClock) -> None:
    who = await person(world)
    for _ in range(limits.PER_PERSON.attempts_max):
        assert isinstance(await request_email(world, *who, MAIL, HERE), CodeRequested)
    too_many = Refused(Reason.TOO_MANY_REQUESTS)
    assert await request_email(world, *who, MAIL, ELSEWHERE) == too_many
    clock.advance(timedelta(minutes=10))
    assert isinstance(await request_email(world, *who, MAIL, ELSEWHERE), CodeRequested)


async def test_nobody_fills_a_mailbox_from_many_accounts(world: World) -> None:
    answers = []
    for number in range(1, 5):
        who = await person(world, number)
        answers += [await request_email(world, *who, MAIL, f"192.0.2.{number}") for _ in range(4)]
    sent = [answer for answer in answers if isinstance(answer, CodeRequested)]
    assert len(sent) == limits.PER_MAILBOX_DAY.attempts_max


async def test_news_of_a_booking_comes_by_email_too_with_one_entry_for_the_calendar(
    world: World, clock: ManualClock
) -> None:
    city = await make_city(world)
    who = (city.person(), PersonScope(city.person_ids[0]))
    await have(world, who)
    held = await hold(world, city)
    await confirm_bookings(world, [city.change(0, held.booking_id)])
    await tell_patient(world, SYSTEM, held.booking_id, Template.BOOKING_CONFIRMED)
    clock.advance(timedelta(minutes=1))
    await give_back_bookings(world, [city.change(0, held.booking_id)])
    for _ in range(2):
        await tell_patient(world, SYSTEM, held.booking_id, Template.BOOKING_GIVEN_BACK)
    news = [one for one in await said(world) if one.template.value.startswith("booking")]
    assert sorted((one.template, one.way) for one in news) == [
        (template, way)
        for template in (Template.BOOKING_CONFIRMED, Template.BOOKING_GIVEN_BACK)
        for way in (Way.EMAIL, Way.SMS)
    ]
    events = [one.event for one in news if one.event is not None]
    assert [(event.id, event.method, event.sequence) for event in events] == [
        (held.booking_id, EventMethod.REQUEST, 0),
        (held.booking_id, EventMethod.CANCEL, 1),
    ]
    assert {one.state for one in news} == {State.QUEUED}


@pytest.mark.parametrize(
    "typed",
    [
        "", "@", "a@", "@example.com", "a@b", "a b@example.com", "a@example..com", "a@-example.com", "a@example.com.",
        "a@example.com\r\nBcc: b@example.com", "a@example.com, b@example.com", "<a@example.com>", "A <a@example.com>",
        '"a b"@example.com', "a@[127.0.0.1]", "a@127.0.0.1", "a@example.com\x00", "a\u202e@example.com",
        "а@example.com",
        "a@exa\u200bmple.com", ".a@example.com", "a..b@example.com", "x" * 65 + "@example.com",
        "a@" + "x" * 250 + ".com", "mailto:a@example.com", "a@example.com?subject=x", "a;b@example.com",
        "a%b@example.com", "a@例子.com",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(typed: str) -> None:
    assert parse_email(typed) == Refused(Reason.EMAIL_INVALID)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (" Some.Body+x@Example.COM ", "Some.Body+x@example.com"),
        ("ａ＠ｅｘａｍｐｌｅ．ｃｏｍ", "a@example.com"),
        ("1234567@qq.example", "1234567@qq.example"),
    ],
)
def test_an_address_is_kept_as_it_is_but_for_width_and_the_domains_case(typed: str, kept: str) -> None:
    assert parse_email(typed) == kept


@given(st.text(max_size=300))
@example("a@example.com")
def test_what_is_taken_can_stand_in_a_header(typed: str) -> None:
    found = parse_email(typed)
    if not isinstance(found, Refused):
        assert found.isascii()
        assert found.isprintable()
        assert not set(found) & set(' ,;:<>()[]"\\%')
        assert found.count("@") == 1
        assert parse_email(found) == found


def test_a_claim_is_kept_and_another_ones_is_none() -> None:
    claim = EmailClaim(UUID(int=1), MAIL)
    assert decode_claim(encode_claim(claim)) == claim
    assert decode_claim(b'{"sign_in": "00000000-0000-0000-0000-000000000001"}') is None
    assert decode_claim(b"{}") is None
