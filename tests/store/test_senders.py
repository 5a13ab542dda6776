"""The senders, over real sockets: what is sent, what each answer means, and that nothing goes out in the clear."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from firsthand.messages.model import (
    Accepted,
    Event,
    EventMethod,
    Outgoing,
    SendError,
    TryAgain,
    TurnedAway,
    Way,
)
from firsthand.messages.senders import sms
from firsthand.messages.senders.email import EmailSender
from firsthand.messages.senders.opening import open_senders, read_report_key
from firsthand.messages.senders.sms import SmsSender
from firsthand.platform.addresses import MailServer as MailAddress
from firsthand.platform.i18n import Language
from firsthand.platform.settings import Settings, SettingsError
from tests.gateways import (
    Certificates,
    Gateway,
    MailServer,
    accepted,
    make_certificates,
    open_gateway,
    open_mail_server,
    reply,
)

MADE = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
FROM = "appointments@example.org"
SMS = Outgoing(UUID(int=7), "+8613800000001", Language.CHINESE, "主题", "【亲约】验证码 482913", MADE)
EVENT = Event(
    UUID(int=9), EventMethod.REQUEST, 0, MADE + timedelta(days=3), MADE + timedelta(days=3, hours=1), "Hospital 0"
)
MAIL = replace(SMS, address="somebody@example.com", language=Language.ENGLISH, subject="Firsthand: x", event=EVENT)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


def here(server: MailServer, **changes: object) -> MailAddress:
    address = MailAddress("127.0.0.1", server.port, encrypted=False, username="", tls_needed=False)
    return replace(address, **changes)  # type: ignore[arg-type]


# --- SMS --------------------------------------------------------------------------------------------------------------


async def test_a_gateway_is_told_everything_that_it_needs_and_no_more() -> None:
    async with open_gateway(Gateway()) as gateway:
        sender = SmsSender(gateway.url, token="secret-token", sender_name="Firsthand")
        assert await sender.send(SMS) == Accepted("sms-1")
    (heard,) = gateway.heard
    assert heard.path == "/send"
    assert heard.body == {
        "id": str(SMS.id), "to": SMS.address, "text": SMS.body, "language": "zh-Hans", "from": "Firsthand",
    }  # fmt: skip
    assert heard.headers["authorization"] == "Bearer secret-token"
    assert heard.headers["idempotency-key"] == str(SMS.id)
    assert "secret-token" not in repr(sender)


@pytest.mark.parametrize(
    ("answer", "meaning"),
    [
        (reply("200 OK", b'{"id": "a-1"}'), Accepted("a-1")),
        (reply("204 No Content"), Accepted()),
        (reply("200 OK", b"thanks"), Accepted()),
        (reply("200 OK", b'{"id": 7}'), Accepted()),
        (reply("200 OK", b'{"id": "a\\r\\nb"}'), Accepted()),
        (reply("200 OK", b'{"id": "' + b"x" * 500 + b'"}'), Accepted()),
        (reply("200 OK", b"x" * 100_000), Accepted()),
        (reply("400 Bad Request"), TurnedAway(SendError.MESSAGE_REFUSED)),
        (reply("422 Unprocessable Content"), TurnedAway(SendError.MESSAGE_REFUSED)),
        (reply("401 Unauthorized"), TryAgain(SendError.NOT_ADMITTED)),
        (reply("403 Forbidden"), TryAgain(SendError.NOT_ADMITTED)),
        (reply("404 Not Found"), TryAgain(SendError.GATEWAY_FAULT)),
        (reply("429 Too Many Requests"), TryAgain(SendError.BUSY)),
        (reply("500 Internal Server Error"), TryAgain(SendError.GATEWAY_FAULT)),
        (reply("503 Service Unavailable"), TryAgain(SendError.GATEWAY_FAULT)),
        (b"", TryAgain(SendError.UNREACHABLE)),
        (b"what? \r\n\r\n", TryAgain(SendError.UNREACHABLE)),
    ],
)
async def test_what_a_gateways_answer_means(answer: bytes, meaning: object) -> None:
    async with open_gateway(Gateway([answer])) as gateway:
        assert await SmsSender(gateway.url).send(SMS) == meaning


async def test_a_yes_that_breaks_off_is_a_yes() -> None:
    broken = b"200 OK\r\nContent-Length: 500\r\n\r\n{"
    async with open_gateway(Gateway([broken])) as gateway:
        assert await SmsSender(gateway.url).send(SMS) == Accepted()


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"])
async def test_a_gateway_that_leads_elsewhere_is_not_followed(status: str) -> None:
    async with open_gateway(Gateway()) as elsewhere:
        led = reply(status, b"", f"Location: {elsewhere.url}")
        async with open_gateway(Gateway([led])) as gateway:
            assert await SmsSender(gateway.url, token="t").send(SMS) == TryAgain(SendError.LED_ELSEWHERE)
    assert elsewhere.heard == []


async def test_a_gateway_that_says_nothing_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sms, "TRY_SECONDS_MAX", 0.05)
    over = asyncio.Event()

    async def until_over() -> None:
        await over.wait()

    async with open_gateway(Gateway(before_answer=until_over)) as gateway:
        assert await SmsSender(gateway.url).send(SMS) == TryAgain(SendError.TOOK_TOO_LONG)
        over.set()


async def test_where_no_gateway_is_the_message_waits() -> None:
    async with open_gateway(Gateway()) as gateway:
        pass
    assert await SmsSender(gateway.url).send(SMS) == TryAgain(SendError.UNREACHABLE)


async def test_a_gateway_without_a_believed_certificate_gets_nothing(certificates: Certificates) -> None:
    async with open_gateway(Gateway(), certificates.server) as gateway:
        url = gateway.url.replace("http:", "https:")
        assert await SmsSender(url).send(SMS) == TryAgain(SendError.UNREACHABLE)
        assert gateway.heard == []
        assert await SmsSender(url, tls=certificates.client).send(SMS) == Accepted("sms-1")


async def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_gateway(Gateway()) as proxy, open_gateway(Gateway([accepted("direct")])) as gateway:
        for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert await SmsSender(gateway.url).send(SMS) == Accepted("direct")
    assert proxy.heard == []


# --- e-mail -----------------------------------------------------------------------------------------------------------


async def test_an_email_brings_words_and_the_calendars_entry() -> None:
    async with open_mail_server(MailServer()) as server:
        assert await EmailSender(here(server), FROM).send(MAIL) == Accepted()
    (mail,) = server.mails
    assert (mail.sender, mail.recipients) == (FROM, ("somebody@example.com",))
    message = mail.message
    assert message["From"] == f"Firsthand <{FROM}>"
    assert message["To"] == "somebody@example.com"
    assert message["Message-ID"] == f"<{MAIL.id}@example.org>"
    assert message["Auto-Submitted"] == "auto-generated"
    words, calendar = message.iter_parts()
    assert words.get_content().strip() == MAIL.body
    assert calendar.get_content_type() == "text/calendar"
    assert calendar["Content-Type"].params["method"] == "REQUEST"
    file = calendar.get_content().replace("\r\n", "\n").replace("\n ", "")
    for line in ("METHOD:REQUEST", f"UID:{EVENT.id}", "SEQUENCE:0", "STATUS:CONFIRMED", f"ORGANIZER:mailto:{FROM}",
                 "ATTENDEE;PARTSTAT=ACCEPTED;RSVP=FALSE:mailto:somebody@example.com"):  # fmt: skip
        assert line in file.split("\n")


async def test_a_message_without_an_event_is_words_alone_and_chinese_words_arrive() -> None:
    async with open_mail_server(MailServer()) as server:
        plain = replace(MAIL, event=None, language=Language.CHINESE, subject="亲约：预约成功")
        assert await EmailSender(here(server), FROM).send(plain) == Accepted()
    (mail,) = server.mails
    assert mail.raw.isascii()
    assert mail.message["Subject"] == "亲约：预约成功"
    assert mail.message.get_content().strip() == MAIL.body


@pytest.mark.parametrize(
    ("says", "meaning"),
    [
        ({"RCPT": "550 nobody here"}, TurnedAway(SendError.ADDRESS_REFUSED)),
        ({"RCPT": "452 mailbox full"}, TryAgain(SendError.BUSY)),
        ({".": "554 no"}, TurnedAway(SendError.MESSAGE_REFUSED)),
        ({".": "451 later"}, TryAgain(SendError.BUSY)),
        ({"DATA": "421 closing"}, TryAgain(SendError.BUSY)),
        ({"MAIL": "530 sign in first"}, TryAgain(SendError.NOT_ADMITTED)),
        ({"CONNECT": "421 too many"}, TryAgain(SendError.UNREACHABLE)),
    ],
)
async def test_what_a_mail_servers_answer_means(says: dict[str, str], meaning: object) -> None:
    async with open_mail_server(MailServer(says)) as server:
        assert await EmailSender(here(server), FROM).send(MAIL) == meaning
    assert server.mails == []


async def test_a_goodbye_that_fails_changes_nothing() -> None:
    async with open_mail_server(MailServer(hang_up_after="QUIT")) as server:
        assert await EmailSender(here(server), FROM).send(MAIL) == Accepted()


@pytest.mark.parametrize("word", ["EHLO", "MAIL", "."])
async def test_a_server_that_hangs_up_is_asked_again(word: str) -> None:
    async with open_mail_server(MailServer(hang_up_after=word)) as server:
        assert await EmailSender(here(server), FROM).send(MAIL) == TryAgain(SendError.UNREACHABLE)


async def test_neither_password_nor_message_goes_to_a_server_without_tls() -> None:
    async with open_mail_server(MailServer()) as server:
        needed = here(server, tls_needed=True, username="firsthand")
        answer = await EmailSender(needed, FROM, password="secret-password").send(MAIL)
    assert answer == TryAgain(SendError.NOT_ENCRYPTED)
    assert not any(command.startswith(("AUTH", "MAIL")) for command in server.commands)


async def test_a_server_whose_certificate_is_not_believed_gets_nothing(certificates: Certificates) -> None:
    async with open_mail_server(MailServer(tls=certificates.server)) as server:
        answer = await EmailSender(here(server, tls_needed=True), FROM).send(MAIL)
    assert answer == TryAgain(SendError.NOT_ENCRYPTED)
    assert server.mails == []


async def test_over_starttls_and_over_tls_a_password_signs_in(certificates: Certificates) -> None:
    async with open_mail_server(MailServer(tls=certificates.server)) as server:
        needed = here(server, tls_needed=True, username="firsthand")
        sender = EmailSender(needed, FROM, password="secret-password", tls=certificates.client)
        assert await sender.send(MAIL) == Accepted()
    async with open_mail_server(MailServer(), certificates.server) as encrypted:
        needed = here(encrypted, encrypted=True, tls_needed=True, username="firsthand")
        assert await EmailSender(needed, FROM, password="p", tls=certificates.client).send(MAIL) == Accepted()
    assert [(mail.encrypted, mail.signed_in) for mail in server.mails] == [(True, True)]
    assert [mail.signed_in for mail in encrypted.mails] == [True]
    assert "secret-password" not in repr(sender)


async def test_a_wrong_password_is_ours_and_not_the_messages_fault() -> None:
    async with open_mail_server(MailServer({"AUTH": "535 no"})) as server:
        sender = EmailSender(here(server, username="firsthand"), FROM, password="wrong")
        assert await sender.send(MAIL) == TryAgain(SendError.NOT_ADMITTED)


# --- which there are, by the settings ---------------------------------------------------------------------------------


def settings(folder: Path, **more: str) -> Settings:
    return Settings.read({"FIRSTHAND_DATA_DIR": str(folder)} | {f"FIRSTHAND_{k.upper()}": v for k, v in more.items()})


def secret_file(folder: Path, text: str, mode: int = 0o600) -> str:
    path = folder / "secret"
    path.write_text(text)
    path.chmod(mode)
    return str(path)


def test_senders_are_chosen_by_the_settings(tmp_path: Path) -> None:
    assert open_senders(settings(tmp_path)) == {}
    token = secret_file(tmp_path, "token-of-the-gateway\n")
    both = settings(
        tmp_path, sms_url="https://sms.example/send", sms_token_file=token,
        smtp_server="smtps://firsthand@mail.example", smtp_password_file=token, email_from=FROM,
    )  # fmt: skip
    assert set(open_senders(both)) == {Way.SMS, Way.EMAIL}
    with pytest.raises(SettingsError, match="FIRSTHAND_EMAIL_FROM"):
        open_senders(settings(tmp_path, smtp_server="smtps://mail.example"))


@pytest.mark.parametrize(("text", "mode"), [("", 0o600), ("two words", 0o600), ("a\nb", 0o600), ("x" * 40, 0o644)])
def test_a_secret_that_is_none_or_lies_open_is_refused(tmp_path: Path, text: str, mode: int) -> None:
    given = settings(tmp_path, sms_report_key_file=secret_file(tmp_path, text, mode))
    with pytest.raises(SettingsError) as refused:
        read_report_key(given)
    assert not text or text not in str(refused.value)


def test_a_report_key_is_long_and_there(tmp_path: Path) -> None:
    assert read_report_key(settings(tmp_path)) is None
    assert read_report_key(settings(tmp_path, sms_report_key_file=secret_file(tmp_path, "k" * 32))) == b"k" * 32
    with pytest.raises(SettingsError, match="32 characters"):
        read_report_key(settings(tmp_path, sms_report_key_file=secret_file(tmp_path, "k" * 31)))
    with pytest.raises(SettingsError, match="cannot be read"):
        read_report_key(settings(tmp_path, sms_report_key_file=str(tmp_path / "nowhere")))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("sms_url", "http://sms.example/send"),
        ("sms_url", "https://user:pass@sms.example/"),
        ("sms_url", "file:///etc/passwd"),
        ("sms_url", "https://sms.example/\r\nX: y"),
        ("sms_url", "//sms.example"),
        ("sms_url", "http://127.0.0.1.evil.example/"),
        ("smtp_server", "smtp://user:password@mail.example"),
        ("smtp_server", "mail.example"),
        ("smtp_server", "smtp://mail.example:99999"),
        ("smtp_server", "smtp://mail.example/path"),
        ("email_from", "Firsthand <a@example.org>"),
        ("email_from", "a@example.org, b@example.org"),
        ("email_from", "a@example.org\r\nBcc: b@example.org"),
        ("email_from", "appointments@localhost"),
    ],
)
def test_addresses_that_are_none_or_go_in_the_clear_are_refused(tmp_path: Path, name: str, text: str) -> None:
    with pytest.raises(SettingsError, match=f"FIRSTHAND_{name.upper()} must be") as refused:
        settings(tmp_path, **{name: text})
    assert text not in str(refused.value)


def test_this_machine_may_be_spoken_to_without_tls(tmp_path: Path) -> None:
    local = settings(tmp_path, sms_url="http://127.0.0.1:9000/send", smtp_server="smtp://localhost:2525")
    assert local.smtp_server == MailAddress("localhost", 2525, encrypted=False, username="", tls_needed=False)
    away = settings(tmp_path, smtp_server="smtp://me%40example.org@mail.example").smtp_server
    assert away == MailAddress("mail.example", 587, encrypted=False, username="me@example.org", tls_needed=True)
