"""Addresses of gateways and mailboxes. What goes to them is personal: it is encrypted, or stays on this machine."""

import ipaddress
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlsplit

# Source: RFC 5321, 4.5.3.1; the mailboxes that people have use no more of what RFC 5322 allows than this.
EMAIL_CHARACTERS_MAX: Final = 254
_EMAIL: Final = re.compile(
    r"(?=.{1,64}@)[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}"
)
_SMTP_PORTS: Final = {"smtp": 587, "smtps": 465}


@dataclass(frozen=True, slots=True)
class MailServer:
    """A mail server. encrypted: TLS from the first byte; else by STARTTLS. username: "" where none is asked for.

    tls_needed: no message and no password goes there in the clear. False on this machine alone.
    """

    host: str
    port: int
    encrypted: bool
    username: str
    tls_needed: bool


def gateway_address(text: str) -> str:
    """Return the address of an SMS gateway: https, or http to this machine. Raises ValueError."""
    parts = _split(text)
    plain = parts.scheme == "http" and is_loopback(parts.hostname or "")
    if not (parts.scheme == "https" or plain) or not parts.hostname or parts.username or parts.fragment:
        raise ValueError("an https:// address without a user name in it (http:// for this machine alone)")
    return text


def mail_server(text: str) -> MailServer:
    """Return the mail server that `smtp://user@host:port` or `smtps://...` names. Raises ValueError."""
    parts = _split(text)
    if (
        parts.scheme not in _SMTP_PORTS
        or not parts.hostname
        or parts.password is not None
        or (parts.path, parts.query, parts.fragment) != ("", "", "")
    ):
        raise ValueError("smtp://user@host:587 (STARTTLS) or smtps://user@host:465, the password in a file of its own")
    return MailServer(
        host=parts.hostname,
        port=parts.port or _SMTP_PORTS[parts.scheme],
        encrypted=parts.scheme == "smtps",
        username=(parts.username or "").replace("%40", "@"),
        tls_needed=not is_loopback(parts.hostname),
    )


def email_address(text: str) -> str:
    """Return a plain e-mail address: nothing in it can be read as a header or a second address. Raises ValueError."""
    if len(text) > EMAIL_CHARACTERS_MAX or not _EMAIL.fullmatch(text):
        raise ValueError("an e-mail address such as appointments@example.org, without a name around it")
    return text


def is_loopback(host: str) -> bool:
    """Say whether a host is this machine, by an address or by the one name that always means it."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _split(text: str) -> SplitResult:
    plain = text.isascii() and text.isprintable() and " " not in text
    try:
        parts = urlsplit(text if plain else "")
        _ = parts.port  # raises for a port that is none
    except ValueError:
        return urlsplit("")
    return parts
