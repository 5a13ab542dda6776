"""Attacks by way of messages: on the mailbox page, on the gateway's reports, on the gateway, and on what is sent.

Each is refused on the real application, changes nothing, and stands in the record where it reached an action.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest
import structlog
from litestar import Litestar

from firsthand.directory.email.actions import confirm_email, request_email
from firsthand.directory.email.model import Reason as EmailReason
from firsthand.directory.email.model import Refused as EmailRefused
from firsthand.directory.email.model import Verified
from firsthand.directory.person.model import EmailAddress
from firsthand.identity.code.model import TRIES_MAX, CodeRequested
from firsthand.messages.actions import DEMO_SENDERS, send_message
from firsthand.messages.model import (
    Event,
    EventMethod,
    Message,
    Outgoing,
    SendError,
    Senders,
    State,
    Template,
    Way,
)
from firsthand.messages.reports import sign_report
from firsthand.messages.senders.email import EmailSender
from firsthand.messages.senders.sms import SmsSender
from firsthand.platform.access import Role
from firsthand.platform.addresses import MailServer as MailAddress
from firsthand.platform.i18n import Language
from firsthand.platform.scope import PersonScope
from firsthand.platform.world import World
from tests.city import City, make_city
from tests.conftest import START, FreshDatabase
from tests.gateways import Gateway, MailServer, open_gateway, open_mail_server, reply
from tests.people import HERE, SYSTEM, as_owner, audited, said
from tests.staffing import make_crew, username_of
from tests.store.test_messages import enqueue, message
from tests.visitor import PASSWORD, Visitor, code_in, kept, pages, visiting

KEY = "the-secret-of-the-gateway-which-is-long"
REPORTS = "/api/v1/message-reports"
FROM = "appointments@example.org"
MAIL = EmailAddress("somebody@example.com")

# What a hospital, a person or a feed could be called by somebody who means harm.
HOSTILE = {
    "header": "Hospital\r\nBcc: everybody@evil.example",
    "header-lf": "Hospital\nSubject: you won",
    "body": "Hospital\r\n\r\n<script>alert(1)</script>",
    "boundary": "Hospital\r\n--===============0==\r\nContent-Type: text/html\r\n\r\nhi",
    "data-end": "Hospital\r\n.\r\nMAIL FROM:<a@evil.example>",
    "event": "Hospital\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nSUMMARY:x",
    "attendee": "Hospital\nATTENDEE:mailto:a@evil.example",
    "alarm": "Hospital\\nBEGIN:VALARM\\nACTION:AUDIO",
    "parameter": 'Hospital";X=1:mailto:a@evil.example,b;c',
    "template": "{code}{0.__class__.__mro__}{hospital!r}",
    "percent": "%(hospital)s%s%n",
    "bidi": "Hospital \u202egnp.exe\u2066\u2069\u200f",
    "zero-width": "Hos\u200bpi\ufefftal\u00ad",
    "controls": "Hospital\x00\x1b[2J\x07\x85\u2028\u2029",
    "link": "Call https://evil.example/x now, or www.evil.example",
    "long": "H" * 5000,
}


@pytest.fixture
async def city(world: World) -> City:
    return await make_city(world, persons=2)


@pytest.fixture
async def app(world: World, city: City, tmp_path: Path) -> AsyncIterator[Litestar]:
    """The application of a city whose gateway reports."""
    assert city.person_ids
    key = tmp_path / "report-key"
    key.write_text(KEY)
    key.chmod(0o600)
    async with pages(world, tmp_path, FIRSTHAND_SMS_REPORT_KEY_FILE=str(key)) as served:
        yield served


@pytest.fixture
async def visitor(app: Litestar) -> AsyncIterator[Visitor]:
    async with visiting(app) as one:
        yield one


@pytest.fixture
async def person(visitor: Visitor, world: World, city: City) -> Visitor:
    """The first person of the city, signed in."""
    await visitor.sign_in(world, city.documents[0])
    return visitor


def about_email(database: FreshDatabase) -> list[tuple[object, ...]]:
    return [line for line in audited(database) if str(line[0]).endswith("_email")]


def emails(database: FreshDatabase) -> list[tuple[object, ...]]:
    return as_owner(database, "SELECT email IS NULL FROM directory.person ORDER BY id")


# --- reports that are not the gateway's -------------------------------------------------------------------------------


def reported(message_id: UUID, state: str = "delivered") -> bytes:
    return json.dumps({"id": str(message_id), "state": state}).encode()


def signed(body: bytes, *, stamp: str = "", key: str = KEY) -> dict[str, str]:
    stamp = stamp or str(int(START.timestamp()))
    return {"Firsthand-Time": stamp, "Firsthand-Signature": sign_report(key.encode(), stamp, body)}


async def sent(world: World, event: str = "a") -> UUID:
    *_, message_id = await enqueue(world, message(event))  # after what signing in has left
    assert await send_message(world, SYSTEM, message_id, DEMO_SENDERS) is State.SENT
    return message_id


def forgeries(message_id: UUID) -> Mapping[str, tuple[bytes, Mapping[str, str]]]:
    """Return reports that nobody with the secret made for this message, now."""
    body, other = reported(message_id), reported(uuid4())
    right, now = signed(body), str(int(START.timestamp()))
    signature = right["Firsthand-Signature"]
    past, future = (str(int((START + timedelta(seconds=seconds)).timestamp())) for seconds in (-301, 301))
    return {
        "unsigned": (body, {}),
        "only-a-time": (body, {"Firsthand-Time": now}),
        "another-secret": (body, signed(body, key="k" * 40)),
        "no-secret": (body, signed(body, key="")),
        "for-another-message": (body, signed(other)),
        "turned-around": (reported(message_id, "failed"), right),
        "a-byte-more": (body + b" ", right),
        "of-the-past": (body, signed(body, stamp=past)),
        "of-the-future": (body, signed(body, stamp=future)),
        "another-time": (body, {**right, "Firsthand-Time": str(int(now) + 1)}),
        "a-time-with-a-sign": (body, signed(body, stamp=f"+{now}")),
        "a-time-in-other-digits": (body, {**right, "Firsthand-Time": "1e9"}),
        "a-time-without-end": (body, signed(body, stamp="9" * 400)),
        "half-a-signature": (body, {**right, "Firsthand-Signature": signature[:32]}),
        "in-capitals": (body, {**right, "Firsthand-Signature": signature.upper()}),
        "a-signature-of-nothing": (body, {**right, "Firsthand-Signature": sign_report(KEY.encode(), now, b"")}),
        "a-signature-that-tells": (body, {**right, "Firsthand-Signature": "<script>&\t%0d%0aX: y"}),
    }


@pytest.mark.parametrize("forgery", forgeries(UUID(int=0)))
async def test_a_forged_report(world: World, visitor: Visitor, fresh_database: FreshDatabase, forgery: str) -> None:
    body, headers = forgeries(await sent(world))[forgery]
    before, lines = kept(fresh_database), audited(fresh_database)
    with structlog.testing.capture_logs() as logs:
        answer = await visitor.post(REPORTS, body, {"content-type": "application/json", **headers})
    assert answer.status_code == 401
    assert (kept(fresh_database), audited(fresh_database)) == (before, lines)
    assert [set(log) for log in logs if log["event"] == "message_report_not_signed"] == [
        {"event", "log_level", "request_id"}
    ]


@pytest.mark.parametrize(
    "body",
    [
        '{"id": "%s", "id": "00000000-0000-0000-0000-000000000000", "state": "failed"}',
        '{"id": "%s", "state": "failed", "person_id": "00000000-0000-0000-0000-000000000000"}',
        '{"id": "%s", "state": "queued"}',
        '{"id": "%s", "state": "sent"}',
        '{"id": "%s", "state": ["failed"]}',
        '{"id": "%s\' OR 1=1 --", "state": "failed"}',
        '{"id": "%s", "state": NaN}',
    ],
)
async def test_a_report_of_the_gateways_that_wants_more_than_a_report(
    world: World, visitor: Visitor, fresh_database: FreshDatabase, body: str
) -> None:
    whole = (body % await sent(world)).encode()
    before, lines = kept(fresh_database), audited(fresh_database)
    answer = await visitor.post(REPORTS, whole, {"content-type": "application/json", **signed(whole)})
    assert answer.status_code == 400
    assert (kept(fresh_database), audited(fresh_database)) == (before, lines)


async def test_a_report_of_many_bytes(visitor: Visitor, fresh_database: FreshDatabase) -> None:
    body = reported(uuid4()) + b" " * 1_000_000
    answer = await visitor.post(REPORTS, body, {"content-type": "application/json", **signed(body)})
    assert answer.status_code == 413
    assert audited(fresh_database)[-1][0] != "messages.report"


async def test_a_report_replayed_and_turned_around_after_it_counted(
    world: World, visitor: Visitor, fresh_database: FreshDatabase
) -> None:
    message_id = await sent(world)
    for state in ("delivered", "delivered", "failed"):
        body = reported(message_id, state)
        answer = await visitor.post(REPORTS, body, {"content-type": "application/json", **signed(body)})
        assert answer.status_code == 204
    assert as_owner(fresh_database, "SELECT state FROM messages.message") == [("delivered",)]
    heard = [outcome for action, outcome in audited(fresh_database) if action == "messages.report"]
    assert heard == ["done", "already_settled", "already_settled"]


async def test_reports_in_parallel_settle_a_message_once(
    world: World, visitor: Visitor, fresh_database: FreshDatabase
) -> None:
    message_id = await sent(world)
    bodies = [reported(message_id, state) for state in ("delivered", "failed") * 6]
    await asyncio.gather(
        *(visitor.post(REPORTS, body, {"content-type": "application/json", **signed(body)}) for body in bodies)
    )
    heard = [outcome for action, outcome in audited(fresh_database) if action == "messages.report"]
    assert sorted(map(str, heard)) == ["already_settled"] * 11 + ["done"]


async def test_a_code_that_was_never_handed_over_cannot_be_made_to_count_as_delivered(
    world: World, visitor: Visitor, fresh_database: FreshDatabase
) -> None:
    (message_id,) = await enqueue(world, message())
    body = reported(message_id)
    await visitor.post(REPORTS, body, {"content-type": "application/json", **signed(body)})
    assert as_owner(fresh_database, "SELECT state FROM messages.message") == [("queued",)]
    assert audited(fresh_database)[-1] == ("messages.report", "already_settled")


async def test_a_person_who_is_signed_in_is_no_gateway(
    world: World, person: Visitor, fresh_database: FreshDatabase
) -> None:
    body = reported(await sent(world))
    lines = audited(fresh_database)
    token = next(iter(person.client.cookies.values()))
    headers = {"content-type": "application/json", "authorization": f"Bearer {token}"}
    assert (await person.post(REPORTS, body, headers)).status_code == 401
    assert audited(fresh_database) == lines


# --- a gateway that means harm ----------------------------------------------------------------------------------------

ANSWERS: dict[str, Callable[[int], bytes]] = {
    "leads-to-this-house": lambda port: reply("307 Temporary Redirect", b"", f"Location: http://127.0.0.1:{port}/"),
    "leads-to-a-file": lambda _port: reply("302 Found", b"", "Location: file:///etc/passwd"),
    "leads-to-itself": lambda _port: reply("308 Permanent Redirect", b"", "Location: /send"),
    "breaks-off": lambda _port: b"",
    "speaks-nonsense": lambda _port: b"\x00\x01\x02\r\n\r\n",
    "has-endless-headers": lambda _port: b"200 OK\r\n" + b"X: y\r\n" * 100_000 + b"\r\n",
}


@pytest.mark.parametrize("answer", ANSWERS)
async def test_a_gateway_leads_the_worker_elsewhere_or_nowhere(
    world: World, fresh_database: FreshDatabase, answer: str
) -> None:
    (message_id,) = await enqueue(world, message())
    async with (
        open_gateway(Gateway()) as inside,
        open_gateway(Gateway([ANSWERS[answer](inside.port)])) as gateway,
    ):
        sender = SmsSender(gateway.url, token="secret-token")
        with structlog.testing.capture_logs() as logs:
            assert await send_message(world, SYSTEM, message_id, {Way.SMS: sender}) is State.QUEUED
    assert (inside.heard, len(gateway.heard)) == ([], 1)
    assert "secret-token" not in repr(logs)
    assert "482913" not in repr(logs)
    ((error,),) = as_owner(fresh_database, "SELECT last_error FROM messages.message")
    assert error in {SendError.LED_ELSEWHERE, SendError.UNREACHABLE}


@pytest.mark.parametrize(
    "said_id",
    ["a\r\nlevel=error forged", "\u202eabc", "x" * 201, "", "<script>", "' OR 1=1", "a\x00b", "\x1b[2J"],
)
async def test_a_gateways_id_that_would_forge_a_log_line(
    world: World, fresh_database: FreshDatabase, said_id: str
) -> None:
    (message_id,) = await enqueue(world, message())
    yes = reply("200 OK", json.dumps({"id": said_id}).encode())
    async with open_gateway(Gateway([yes])) as gateway:
        assert await send_message(world, SYSTEM, message_id, {Way.SMS: SmsSender(gateway.url)}) is State.SENT
    ((kept_id,),) = as_owner(fresh_database, "SELECT gateway_id FROM messages.message")
    assert kept_id is None or (str(kept_id).isprintable() and " " not in str(kept_id))
    ((detail,),) = as_owner(fresh_database, "SELECT detail::text FROM audit.line WHERE action = 'messages.send'")
    assert not said_id or said_id not in str(detail)


# --- what is sent -----------------------------------------------------------------------------------------------------


def hostile_news(name: str, *, way: Way) -> Message:
    """Return news of an appointment at a hospital of that name."""
    event = Event(UUID(int=9), EventMethod.REQUEST, 0, START, START + timedelta(hours=1), name, name, name, name)
    facts = {"hospital": name, "time": "Friday 6 March 09:30", "code": "7KQM4XTB9RWD"}
    address = MAIL if way is Way.EMAIL else "+8613800000001"
    return Message(
        uuid4(), address, Template.BOOKING_CONFIRMED, Language.ENGLISH, facts, "booking_confirmed:1", way=way,
        event=event if way is Way.EMAIL else None,
    )  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hospitals_name_becomes_part_of_an_email(
    world: World, fresh_database: FreshDatabase, name: str
) -> None:
    (message_id,) = await enqueue(world, hostile_news(HOSTILE[name], way=Way.EMAIL))
    async with open_mail_server(MailServer()) as server:
        sender = EmailSender(MailAddress("127.0.0.1", server.port, False, "", False), FROM)  # noqa: FBT003
        assert await send_message(world, SYSTEM, message_id, {Way.EMAIL: sender}) is State.SENT
    (mail,) = server.mails
    assert (mail.sender, mail.recipients) == (FROM, (MAIL,))
    assert sorted(mail.message.keys()) == [
        "Auto-Submitted", "Content-Language", "Content-Type", "Date", "From", "MIME-Version", "Message-ID", "Subject",
        "To",
    ]  # fmt: skip
    assert mail.message["Subject"] == "Firsthand: your appointment is booked"
    words, calendar = mail.message.iter_parts()
    assert words.get_content_type() == "text/plain"
    assert len(words.get_content().strip().splitlines()) == 1
    lines = calendar.get_content().replace("\r\n", "\n").replace("\n ", "").strip().split("\n")
    assert [line.split(":")[0].split(";")[0] for line in lines] == [
        "BEGIN", "VERSION", "PRODID", "CALSCALE", "METHOD", "BEGIN", "UID", "SEQUENCE", "STATUS", "DTSTAMP", "DTSTART",
        "DTEND", "SUMMARY", "LOCATION", "DESCRIPTION", "ORGANIZER", "ATTENDEE", "URL", "END", "END",
    ]  # fmt: skip
    assert [line for line in lines if line.startswith("ATTENDEE")] == [
        f"ATTENDEE;PARTSTAT=ACCEPTED;RSVP=FALSE:mailto:{MAIL}"
    ]
    assert audited(fresh_database) == [("messages.send", "done")]


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hospitals_name_becomes_part_of_an_sms(world: World, name: str) -> None:
    (message_id,) = await enqueue(world, hostile_news(HOSTILE[name], way=Way.SMS))
    async with open_gateway(Gateway()) as gateway:
        assert await send_message(world, SYSTEM, message_id, {Way.SMS: SmsSender(gateway.url)}) is State.SENT
    (heard,) = gateway.heard
    text = heard.body["text"]
    assert heard.body.keys() == {"id", "to", "text", "language"}
    assert text.isprintable()
    assert text.startswith("Firsthand: booked at ")
    assert text.endswith("cannot be passed on.")
    assert len(text) < 500
    assert not any(link in text for link in ("https://", "www.evil", "evil.example"))


@pytest.mark.parametrize(
    ("way", "address"),
    [
        (Way.EMAIL, "a@example.com\r\nBcc: b@evil.example"),
        (Way.EMAIL, "a@example.com,b@evil.example"),
        (Way.EMAIL, "a@example.com> RCPT TO:<b@evil.example"),
        (Way.EMAIL, "-oQ/tmp -X/tmp/x"),
        (Way.SMS, "+8613800000001\r\nX: y"),
        (Way.SMS, "+8613800000001,+8613800000002"),
        (Way.SMS, "tel:110"),
        (Way.SMS, "+86138<script>"),
    ],
)
async def test_an_address_that_was_slipped_into_the_store(
    world: World, fresh_database: FreshDatabase, way: Way, address: str
) -> None:
    slipped = replace(hostile_news("Hospital 0", way=way), address=address)
    (message_id,) = await enqueue(world, slipped)
    async with open_mail_server(MailServer()) as server, open_gateway(Gateway()) as gateway:
        senders: Senders = {
            Way.SMS: SmsSender(gateway.url),
            Way.EMAIL: EmailSender(MailAddress("127.0.0.1", server.port, False, "", False), FROM),  # noqa: FBT003
        }
        assert await send_message(world, SYSTEM, message_id, senders) is State.FAILED
    assert (server.commands, gateway.heard) == ([], [])
    assert audited(fresh_database) == [("messages.send", "failed")]


async def test_words_with_a_line_end_stay_words(world: World) -> None:
    assert world.clock.now() == START
    outgoing = Outgoing(uuid4(), MAIL, Language.ENGLISH, "Subject\r\nBcc: b@evil.example", "words", START)
    async with open_mail_server(MailServer()) as server:
        sender = EmailSender(MailAddress("127.0.0.1", server.port, False, "", False), FROM)  # noqa: FBT003
        with pytest.raises(ValueError, match="linefeed"):
            await sender.send(outgoing)
    assert server.commands == []


# --- the mailbox of a person ------------------------------------------------------------------------------------------

TYPED = {
    "line-end": "a@example.com\r\nBcc: b@evil.example",
    "bare-line-end": "a@example.com\nb@evil.example",
    "two": "a@example.com,b@evil.example",
    "two-by-semicolon": "a@example.com;b@evil.example",
    "a-name": "Hospital <a@example.com>",
    "quoted": '"a b"@example.com',
    "a-comment": "a(b)@example.com",
    "an-address-of-the-network": "a@[169.254.169.254]",
    "a-host-of-the-house": "root@localhost",
    "two-ats": "a@b@example.com",
    "turned-around": "moc.elpmaxe@a\u202e",
    "another-alphabet": "а@example.com",
    "zero-width": "a\u200b@example.com",
    "percent": "a%evil.example@example.com",
    "a-pipe": "|id@example.com",
    "a-uri": "mailto:a@example.com?bcc=b@evil.example",
    "very-long": "a" * 300 + "@example.com",
}


@pytest.mark.parametrize("typed", TYPED)
async def test_a_mailbox_that_is_none(world: World, person: Visitor, fresh_database: FreshDatabase, typed: str) -> None:
    await person.open("/me/email")
    before, lines = kept(fresh_database), about_email(fresh_database)
    page = await person.send("/me/email", {"email": TYPED[typed]})
    assert page.status_code == 422
    assert "Check the e-mail address" in page.text
    assert (kept(fresh_database), about_email(fresh_database)) == (before, lines)
    assert not [one for one in await said(world) if one.way is Way.EMAIL]


@pytest.mark.parametrize("address", ["/me/email", "/me/email/code", "/me/email/remove"])
@pytest.mark.parametrize("token", ["", "0" * 64, "another"])
async def test_a_form_of_another_site(person: Visitor, fresh_database: FreshDatabase, address: str, token: str) -> None:
    before = kept(fresh_database)
    body = f"csrf={token}&email=a%40evil.example&attempt={uuid4()}&code=000000".encode()
    assert (await person.post(address, body)).status_code == 403
    cross = await person.post(address, body, {"sec-fetch-site": "cross-site"})
    assert cross.status_code == 403
    assert (kept(fresh_database), about_email(fresh_database)) == (before, [])


@pytest.mark.parametrize("address", ["/me/email", "/me/email/code?attempt=" + str(UUID(int=7)), "/admin/messages"])
async def test_a_stranger_sees_nothing(visitor: Visitor, address: str) -> None:
    answer = await visitor.client.get(address)
    assert answer.status_code == 303
    assert "/sign-in?next=" in answer.headers["location"]


async def test_staff_have_no_mailbox_here_and_a_person_no_page_of_staff(person: Visitor, app: Litestar) -> None:
    answer = await person.open("/admin/messages")
    assert answer.url.path == "/desk/sign-in"
    async with visiting(app) as clerk:
        await clerk.sign_in_at_desk()
        assert (await clerk.open("/me/email")).status_code == 403


@pytest.mark.parametrize("role", [Role.DESK, Role.OFFICER, Role.SUPERVISOR, Role.AUTHORITY, Role.AUDITOR])
async def test_staff_who_do_not_look_after_messages(
    world: World, city: City, app: Litestar, fresh_database: FreshDatabase, role: Role
) -> None:
    await make_crew(world, city)
    async with visiting(app) as clerk:
        await clerk.open("/desk/sign-in")
        await clerk.send("/desk/sign-in", {"username": username_of(role), "password": PASSWORD})
        answer = await clerk.open("/admin/messages")
    assert answer.status_code == 403
    assert ("messages.read_counts", "done") not in audited(fresh_database)


async def test_a_hospitals_administrator_asks_for_the_citys_numbers(
    world: World, city: City, app: Litestar, fresh_database: FreshDatabase
) -> None:
    await make_crew(world, city)
    async with visiting(app) as clerk:
        await clerk.open("/desk/sign-in")
        await clerk.send("/desk/sign-in", {"username": username_of(Role.HOSPITAL_ADMIN), "password": PASSWORD})
        answer = await clerk.open("/admin/messages?city=1&days=9999")
    assert answer.status_code == 200
    assert "What became of the messages" not in answer.text
    assert ("messages.read_counts", "done") not in audited(fresh_database)


async def test_fields_that_nobody_asked_for(
    world: World, city: City, person: Visitor, fresh_database: FreshDatabase
) -> None:
    await person.open("/me/email")
    other = str(city.person_ids[1])
    more = {"person_id": other, "scope": other, "email_verified_at": "2020-01-01", "verified": "1", "phone": "+8613"}
    await person.send("/me/email", {"email": MAIL, **more})
    assert emails(fresh_database) == [(True,), (True,)]
    (code,) = [one for one in await said(world) if one.way is Way.EMAIL]
    assert code.person_id == city.person_ids[0]
    await person.send("/me/email/code", {"code": code_in(code), **more})
    mine = as_owner(fresh_database, "SELECT id FROM directory.person WHERE email IS NOT NULL")
    assert mine == [(city.person_ids[0],)]


async def test_an_address_that_somebody_has_is_answered_like_one_that_nobody_has(
    world: World, city: City, person: Visitor
) -> None:
    other = city.person(1)
    requested = await request_email(world, other, PersonScope(city.person_ids[1]), MAIL, HERE)
    assert isinstance(requested, CodeRequested)
    (sent_code,) = [one for one in await said(world) if one.way is Way.EMAIL]
    verified = await confirm_email(world, other, PersonScope(city.person_ids[1]), requested.code_id, code_in(sent_code))
    assert isinstance(verified, Verified)
    answers: list[httpx.Response] = []
    for address in (MAIL, "nobodys@example.com"):
        await person.open("/me/email")
        answers.append(await person.send("/me/email", {"email": address}))
    first, second = answers
    assert (first.status_code, first.url.path) == (second.status_code, second.url.path) == (200, "/me/email/code")


async def test_guessing_a_mailboxs_code_in_parallel(world: World, city: City, fresh_database: FreshDatabase) -> None:
    caller, scope = city.person(), PersonScope(city.person_ids[0])
    requested = await request_email(world, caller, scope, MAIL, HERE)
    assert isinstance(requested, CodeRequested)
    right = code_in((await said(world))[-1])
    guesses = [f"{number:06}" for number in range(30) if f"{number:06}" != right][:20]
    answers = await asyncio.gather(
        *(confirm_email(world, caller, scope, requested.code_id, guess) for guess in guesses)
    )
    wrong = [one for one in answers if one == EmailRefused(EmailReason.CODE_WRONG)]
    assert len(wrong) == TRIES_MAX - 1
    spent = EmailRefused(EmailReason.CODE_SPENT)
    assert await confirm_email(world, caller, scope, requested.code_id, right) == spent
    assert emails(fresh_database) == [(True,), (True,)]
    outcomes = [outcome for _, outcome in about_email(fresh_database)]
    assert outcomes.count("code_wrong") == TRIES_MAX - 1
    assert outcomes.count("code_spent") == len(guesses) - TRIES_MAX + 2


async def test_a_right_code_entered_twice_at_once_counts_once(world: World, city: City) -> None:
    caller, scope = city.person(), PersonScope(city.person_ids[0])
    requested = await request_email(world, caller, scope, MAIL, HERE)
    assert isinstance(requested, CodeRequested)
    code = code_in((await said(world))[-1])
    answers = await asyncio.gather(*(confirm_email(world, caller, scope, requested.code_id, code) for _ in range(8)))
    assert sum(isinstance(answer, Verified) for answer in answers) == 1


async def test_another_persons_code_on_ones_own_page(
    world: World, city: City, person: Visitor, fresh_database: FreshDatabase
) -> None:
    requested = await request_email(world, city.person(1), PersonScope(city.person_ids[1]), MAIL, HERE)
    assert isinstance(requested, CodeRequested)
    (sent_code,) = [one for one in await said(world) if one.way is Way.EMAIL]
    await person.open(f"/me/email/code?attempt={requested.code_id}")
    page = await person.send("/me/email/code", {"code": code_in(sent_code)})
    assert page.status_code == 401
    assert emails(fresh_database) == [(True,), (True,)]
    assert about_email(fresh_database)[-1] == ("directory.confirm_email", "code_spent")


async def test_a_mailbox_is_flooded(person: Visitor, fresh_database: FreshDatabase) -> None:
    answers = []
    for number in range(6):
        await person.open("/me/email")
        answers.append(await person.send("/me/email", {"email": f"somebody{number}@example.com"}))
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert int(answers[-1].headers["retry-after"]) > 0
    assert about_email(fresh_database)[-1] == ("directory.request_email", "too_many_requests")


async def test_a_script_in_what_was_typed_is_shown_as_text(person: Visitor) -> None:
    await person.open("/me/email")
    page = await person.send("/me/email", {"email": '"><script>alert(1)</script>'})
    assert "<script>alert(1)" not in page.text
