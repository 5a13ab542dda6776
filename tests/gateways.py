"""An SMS gateway and a mail server on this machine, for tests: they keep what they get, and say what they are told to.

Both speak over real sockets. The mail server is as small as RFC 5321 lets one be.
"""

import asyncio
import datetime as dt
import ipaddress
import json
import ssl
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

LINE_BYTES_MAX = 65_536


@dataclass(frozen=True, slots=True)
class Heard:
    """One request to the gateway. headers: by their names in lower case."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]


@dataclass
class Gateway:
    """An SMS gateway. answers: what it says to one request after another; the last one for all that follow.

    An answer is the whole response after the status line's "HTTP/1.1 ", or a coroutine to wait for before it.
    """

    answers: list[bytes] = field(default_factory=lambda: [accepted()])
    heard: list[Heard] = field(default_factory=list)
    before_answer: Callable[[], Awaitable[None]] | None = None
    port: int = 0

    @property
    def url(self) -> str:
        """Where it is reached."""
        return f"http://127.0.0.1:{self.port}/send"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take one request and answer it."""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:-2])}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            self.heard.append(Heard(head[0].split()[1], headers, json.loads(body or b"{}")))
            if self.before_answer is not None:
                await self.before_answer()
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            if answer:
                writer.write(b"HTTP/1.1 " + answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


def accepted(gateway_id: str = "sms-1") -> bytes:
    """Return a gateway's yes."""
    return reply("202 Accepted", json.dumps({"id": gateway_id}).encode())


def reply(status: str, body: bytes = b"", *headers: str) -> bytes:
    """Return an answer with a status, a body and more headers."""
    lines = [status, *headers, "Content-Type: application/json", f"Content-Length: {len(body)}", "Connection: close"]
    return "\r\n".join([*lines, "", ""]).encode() + body


@asynccontextmanager
async def open_gateway(gateway: Gateway, tls: ssl.SSLContext | None = None) -> AsyncIterator[Gateway]:
    """Serve a gateway for the block."""
    server = await asyncio.start_server(gateway.serve, "127.0.0.1", 0, ssl=tls)
    gateway.port = server.sockets[0].getsockname()[1]
    async with server:
        yield gateway


@dataclass(frozen=True, slots=True)
class Delivered:
    """One e-mail as the server took it. raw: with its line ends as they came."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes
    encrypted: bool
    signed_in: bool

    @property
    def message(self) -> EmailMessage:
        """The e-mail, parsed."""
        parsed = message_from_bytes(self.raw, policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed


@dataclass
class MailServer:
    """A mail server. says: its answers to commands, by the command's first word ("." for the end of the data).

    tls: offers STARTTLS with this context. hang_up_after: a command without an answer.
    """

    says: dict[str, str] = field(default_factory=dict)
    tls: ssl.SSLContext | None = None
    hang_up_after: str = ""
    mails: list[Delivered] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    port: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Hold one conversation."""
        try:
            await _Conversation(self, reader, writer).hold()
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            pass
        finally:
            writer.close()


@dataclass
class _Conversation:
    """What one client and the server say to each other."""

    server: MailServer
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    sender: str = ""
    recipients: list[str] = field(default_factory=list)
    encrypted: bool = False
    signed_in: bool = False

    async def hold(self) -> None:
        """Speak until one of the two has said goodbye."""
        does = {
            "EHLO": self._greet, "STARTTLS": self._encrypt, "AUTH": self._sign_in, "MAIL": self._begin,
            "RCPT": self._add, "DATA": self._take,
        }  # fmt: skip
        await self._say(self.server.says.get("CONNECT", "220 mail.test ESMTP"))
        while line := await self.reader.readline():
            command = line.decode().strip()
            word = command.split(" ")[0].split(":")[0].upper()
            self.server.commands.append(command)
            if word == self.server.hang_up_after:
                return None
            if word == "QUIT":
                return await self._say("221 bye")
            answer = self.server.says.get(word)
            if answer is not None and not answer.startswith("2"):
                await self._say(answer)
            elif word in does:
                await does[word](command)
            else:
                await self._say("250 fine")
        return None

    async def _say(self, text: str) -> None:
        self.writer.write(text.encode() + b"\r\n")
        await self.writer.drain()

    async def _greet(self, _command: str) -> None:
        offered = ["STARTTLS"] if self.server.tls is not None and not self.encrypted else []
        for line in ["mail.test", *offered, "AUTH PLAIN"]:
            await self._say(f"250-{line}")
        await self._say("250 8BITMIME")

    async def _encrypt(self, _command: str) -> None:
        assert self.server.tls is not None
        await self._say("220 go on")
        await self.writer.start_tls(self.server.tls)
        self.encrypted = True

    async def _sign_in(self, _command: str) -> None:
        self.signed_in = True
        await self._say("235 welcome")

    async def _begin(self, command: str) -> None:
        self.sender = command.split("<")[1].split(">", maxsplit=1)[0]
        await self._say("250 fine")

    async def _add(self, command: str) -> None:
        self.recipients.append(command.split("<")[1].split(">", maxsplit=1)[0])
        await self._say("250 fine")

    async def _take(self, _command: str) -> None:
        await self._say("354 go on")
        raw = (await self.reader.readuntil(b"\r\n.\r\n"))[:-3]
        answer = self.server.says.get(".", "250 taken")
        if answer.startswith("250"):
            mail = Delivered(self.sender, tuple(self.recipients), raw, self.encrypted, self.signed_in)
            self.server.mails.append(mail)
        if self.server.hang_up_after == ".":
            raise ConnectionAbortedError
        await self._say(answer)


@asynccontextmanager
async def open_mail_server(server: MailServer, tls: ssl.SSLContext | None = None) -> AsyncIterator[MailServer]:
    """Serve a mail server for the block. tls: encrypted from the first byte."""
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0, ssl=tls, limit=LINE_BYTES_MAX * 16)
    server.port = listening.sockets[0].getsockname()[1]
    async with listening:
        yield server


@dataclass(frozen=True, slots=True)
class Certificates:
    """A certificate of this machine: the context that shows it, and one that believes it."""

    server: ssl.SSLContext
    client: ssl.SSLContext


def make_certificates(folder: Path) -> Certificates:
    """Make a certificate for 127.0.0.1, signed by itself, that is valid for an hour."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "gateway.test")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(minutes=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "gateway.pem"
    pem.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(pem)
    return Certificates(
        server, ssl.create_default_context(cadata=certificate.public_bytes(serialization.Encoding.PEM).decode())
    )


@contextmanager
def gateway_beside(gateway: Gateway) -> Iterator[Gateway]:
    """Serve a gateway in a thread of its own for the block, for tests that wait without a loop."""
    ready, over = threading.Event(), threading.Event()

    async def serve() -> None:
        async with open_gateway(gateway):
            ready.set()
            await asyncio.to_thread(over.wait)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    ready.wait()
    try:
        yield gateway
    finally:
        over.set()
        thread.join()
