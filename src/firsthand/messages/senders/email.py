"""E-mail over SMTP: Python's own library, in a thread, one connection for each message.

Headers are set through `email.message.EmailMessage`, whose policy refuses line ends in them; none holds a word that
somebody outside of the house wrote, but the address, and that is checked letter by letter.
"""

import asyncio
import contextlib
import smtplib
import ssl
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final

import structlog

from firsthand.messages.calendar import write_event
from firsthand.messages.model import Accepted, Outgoing, SendError, TryAgain, TurnedAway
from firsthand.platform.addresses import MailServer, email_address
from firsthand.platform.i18n import Language

# For each word of the conversation. About ten of them stay below `rules.CLAIMED_FOR`.
ANSWER_SECONDS_MAX: Final = 10.0
_FIRST_PERMANENT: Final = 500
_NAMES: Final = {Language.CHINESE: "亲约", Language.ENGLISH: "Firsthand"}
# Letters beyond ASCII are encoded: not every server on the way takes them as they are.
_POLICY: Final = SMTP.clone(cte_type="7bit")

_log = structlog.get_logger(__name__)


class EmailSender:
    """Hands messages to one mail server. Its representation shows no password."""

    def __init__(
        self, server: MailServer, sender: str, *, password: str = "", tls: ssl.SSLContext | None = None
    ) -> None:
        """Send from the address `sender`. tls: the system's certificates unless a test has its own."""
        self._server = server
        self._sender = sender
        self._password = password
        self._tls = tls or ssl.create_default_context()

    async def send(self, outgoing: Outgoing) -> Accepted | TurnedAway | TryAgain:
        """Ask the mail server to deliver a message."""
        try:
            email_address(outgoing.address)
        except ValueError:
            return TurnedAway(SendError.ADDRESS_REFUSED)
        message = write_email(outgoing, self._sender)
        answer = await asyncio.to_thread(self._hand_over, message, outgoing.address)
        if isinstance(answer, TryAgain):
            _log.warning("mail_server_no", error=answer.error)
        return answer

    def _hand_over(self, message: EmailMessage, address: str) -> Accepted | TurnedAway | TryAgain:
        try:
            smtp = self._connect()
        except (smtplib.SMTPNotSupportedError, ssl.SSLError):
            return TryAgain(SendError.NOT_ENCRYPTED)
        except smtplib.SMTPAuthenticationError:
            return TryAgain(SendError.NOT_ADMITTED)
        except TimeoutError:
            return TryAgain(SendError.TOOK_TOO_LONG)
        except (smtplib.SMTPException, OSError, UnicodeError):
            return TryAgain(SendError.UNREACHABLE)
        try:
            smtp.send_message(message, from_addr=self._sender, to_addrs=[address])
        except smtplib.SMTPException as error:
            return _judge(error)
        except TimeoutError:
            return TryAgain(SendError.TOOK_TOO_LONG)
        except OSError:
            return TryAgain(SendError.UNREACHABLE)
        finally:
            # The message is with the server by now, or is not: how the goodbye goes changes nothing.
            with contextlib.suppress(smtplib.SMTPException, OSError):
                smtp.quit()
            smtp.close()
        return Accepted()

    def _connect(self) -> smtplib.SMTP:
        server = self._server
        if server.encrypted:
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, timeout=ANSWER_SECONDS_MAX, context=self._tls
            )
        else:
            smtp = smtplib.SMTP(server.host, server.port, timeout=ANSWER_SECONDS_MAX)
        try:
            smtp.ehlo()
            if not server.encrypted and (server.tls_needed or smtp.has_extn("starttls")):
                smtp.starttls(context=self._tls)
                smtp.ehlo()
            if server.username and self._password:
                smtp.login(server.username, self._password)
        except BaseException:
            smtp.close()
            raise
        return smtp


def write_email(outgoing: Outgoing, sender: str) -> EmailMessage:
    """Return a message as an e-mail from the address `sender`, with its entry for the calendar where it brings one."""
    message = EmailMessage(policy=_POLICY)
    message["From"] = Address(_NAMES[outgoing.language], addr_spec=sender)
    message["To"] = Address(addr_spec=outgoing.address)
    message["Subject"] = outgoing.subject
    message["Date"] = format_datetime(outgoing.made_at)
    # The same at every try, so that a mailbox can tell that it has the message.
    message["Message-ID"] = f"<{outgoing.id}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's machine answers it
    message.set_content(outgoing.body + "\n")
    if outgoing.event is not None:
        file = write_event(outgoing.event, now=outgoing.made_at, organizer=sender, attendee=outgoing.address)
        message.add_alternative(
            file.decode(), subtype="calendar", params={"method": outgoing.event.method.value, "name": "appointment.ics"}
        )
    message["Content-Language"] = outgoing.language.value
    return message


def _judge(error: smtplib.SMTPException) -> TurnedAway | TryAgain:
    """Return what a mail server's no means. Source: RFC 5321, 4.2.1: 4yz may pass, 5yz is final."""
    match error:
        case smtplib.SMTPRecipientsRefused():
            codes = [code for code, _ in error.recipients.values()]
            final = bool(codes) and min(codes) >= _FIRST_PERMANENT
            return TurnedAway(SendError.ADDRESS_REFUSED) if final else TryAgain(SendError.BUSY)
        case smtplib.SMTPSenderRefused():
            return TryAgain(SendError.NOT_ADMITTED)
        case smtplib.SMTPResponseException() if error.smtp_code >= _FIRST_PERMANENT:
            return TurnedAway(SendError.MESSAGE_REFUSED)
        case smtplib.SMTPResponseException():
            return TryAgain(SendError.BUSY)
        case _:
            return TryAgain(SendError.UNREACHABLE)
