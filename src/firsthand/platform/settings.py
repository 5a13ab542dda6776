"""The settings of a deployment, read once from environment variables that begin with FIRSTHAND_.

Each is declared once, with its help; `python -m firsthand.platform.settings` prints docs/settings.md from that.
There is no setting for a demo, for the clock or for randomness, so that no slip of an operator can switch them on.
"""

import difflib
import ipaddress
import logging
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final, Self, get_type_hints
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import psycopg
from psycopg.conninfo import conninfo_to_dict

from firsthand.platform.addresses import MailServer, email_address, gateway_address, mail_server

PREFIX: Final = "FIRSTHAND_"

# Read by the tests, the demo and make, and no settings of a deployment.
_NOT_SETTINGS: Final = frozenset({"FIRSTHAND_DATA", "FIRSTHAND_CHROMIUM"})

_PORT_MAX: Final = 65_535
_PROCESSES_MAX: Final = 64
_CONNECTIONS_MAX: Final = 1000
_TIME_ZONE: Final = ZoneInfo("Asia/Shanghai")


class SettingsError(Exception):
    """A setting is unknown or has no meaning. The message names the variable and says what to do; it holds no value."""


class LogFormat(StrEnum):
    """JSON is for machines, one object a line. CONSOLE is for people."""

    JSON = "json"
    CONSOLE = "console"


def _dsn(text: str) -> str:
    try:
        conninfo_to_dict(text)
    except psycopg.Error:
        raise ValueError("a libpq connection string or a postgresql:// address") from None
    return text


def _folder(text: str) -> Path:
    try:
        path = Path(text).expanduser()
    except RuntimeError:  # the home of a user that there is not
        path = Path()
    if not path.is_absolute() or "\0" in text:
        raise ValueError("an absolute path")
    return path


def _number(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if text.isascii() and text.isdecimal() and low <= int(text[:10]) <= high:
            return int(text[:10])
        raise ValueError(f"a whole number from {low} to {high}")

    return parse


def _choice(*allowed: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text.lower() in allowed:
            return text.lower()
        raise ValueError(f"one of {', '.join(allowed)}")

    return parse


def _time_zone(text: str) -> ZoneInfo:
    try:
        return ZoneInfo(text)
    except (ValueError, OSError, KeyError):  # a bad name, a folder, and a zone that is not there
        raise ValueError("an IANA time zone, such as Asia/Shanghai") from None


def _public_url(text: str) -> str:
    try:
        parts = urlsplit(text)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise ValueError("an address such as https://appointments.example.org")
    return text.rstrip("/")


def _kms_url(text: str) -> str:
    url = _public_url(text)
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in {"127.0.0.1", "::1", "localhost"}:
        raise ValueError("an https address, for keys travel there")
    return url


def _kms_key(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}", text):
        raise ValueError("a name of letters, digits, dots, dashes and underscores")
    return text


def _networks(text: str) -> tuple[str, ...]:
    try:
        return tuple(str(ipaddress.ip_network(part.strip())) for part in text.split(","))
    except ValueError:
        raise ValueError("IP addresses or networks, separated by commas") from None


def _log_format(text: str) -> LogFormat:
    return LogFormat(_choice(*LogFormat)(text))


def _data_home(environment: Mapping[str, str]) -> Path:
    """Return where programs keep a user's data. Source: XDG Base Directory Specification."""
    given = Path(environment.get("XDG_DATA_HOME", ""))
    return given if given.is_absolute() else Path(environment.get("HOME") or Path.home()) / ".local" / "share"


@dataclass(frozen=True, slots=True)
class Declared:
    """What stands beside each field of `Settings`: its help, how it is read, and its default in words for the table.

    read: raises ValueError, which ends the sentence "FIRSTHAND_X must be".
    """

    help: str
    read: Callable[[str], object]
    default: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings, parsed. The name of each variable is FIRSTHAND_ and the field's name in capitals."""

    data_dir: Annotated[
        Path,
        Declared(
            "Where the embedded database, the keys and the checkpoints are kept.",
            _folder,
            "`~/.local/share/firsthand`, or below `$XDG_DATA_HOME`",
        ),
    ]
    keys: Annotated[
        Path,
        Declared(
            "The folder of the keys. Back it up, apart from the database: without it the data cannot be opened.",
            _folder,
            "`keys` in the data directory",
        ),
    ]
    checkpoints: Annotated[
        Path,
        Declared(
            "The folder of the signed audit checkpoints. Copy it often to where no administrator of the database can "
            "write.",
            _folder,
            "`checkpoints` in the data directory",
        ),
    ]
    keys_kms_url: Annotated[
        str | None,
        Declared(
            "The mount of a key management service with the Transit API that wraps the keyring, such as "
            "`https://kms.example.org:8200/v1/transit`.",
            _kms_url,
            "none: the file alone",
        ),
    ] = None
    keys_kms_key: Annotated[str, Declared("The name of the key in that service.", _kms_key, "`firsthand`")] = (
        "firsthand"
    )
    keys_kms_token_file: Annotated[
        Path | None,
        Declared("The file, readable by Firsthand alone, that holds the token for that service.", _folder, "none"),
    ] = None
    database: Annotated[
        str | None,
        Declared(
            "How to connect to PostgreSQL 18 as the application. The login must be `firsthand_app` or be able to act "
            "as it.",
            _dsn,
            "the embedded server, in the data directory",
        ),
    ] = field(default=None, repr=False)
    database_owner: Annotated[
        str | None,
        Declared("How `firsthand migrate` connects: as the owner of the database.", _dsn, "`FIRSTHAND_DATABASE`"),
    ] = field(default=None, repr=False)
    database_audit: Annotated[
        str | None,
        Declared(
            "How the sealer and `firsthand audit verify` connect. The login must be `firsthand_audit` or be able to "
            "act as it; give it to the worker alone.",
            _dsn,
            "`FIRSTHAND_DATABASE`",
        ),
    ] = field(default=None, repr=False)
    host: Annotated[str, Declared("The address that the web server listens on.", str, "`127.0.0.1`")] = "127.0.0.1"
    port: Annotated[int, Declared("The port that the web server listens on.", _number(1, _PORT_MAX), "`8000`")] = 8000
    public_url: Annotated[
        str | None,
        Declared(
            "The address by which people reach the pages. With https, cookies are marked secure.",
            _public_url,
            "`http://` with host and port",
        ),
    ] = None
    trusted_proxy: Annotated[
        tuple[str, ...],
        Declared(
            "Addresses or networks of the reverse proxies whose `X-Forwarded-For` is believed, separated by commas.",
            _networks,
            "none",
        ),
    ] = ()
    web_processes: Annotated[
        int, Declared("How many processes answer requests on this machine.", _number(1, _PROCESSES_MAX), "`1`")
    ] = 1
    connections_max: Annotated[
        int, Declared("How many database connections each process may open.", _number(1, _CONNECTIONS_MAX), "`10`")
    ] = 10
    worker_metrics_port: Annotated[
        int,
        Declared(
            "The port on which the worker answers `/metrics`, at the address of `FIRSTHAND_HOST`. 0: it does not.",
            _number(0, _PORT_MAX),
            "`0`",
        ),
    ] = 0
    time_zone: Annotated[
        ZoneInfo,
        Declared("The city's time zone, for pages that concern no single hospital.", _time_zone, "`Asia/Shanghai`"),
    ] = _TIME_ZONE
    log_level: Annotated[
        str,
        Declared(
            "The least that is logged: `debug`, `info`, `warning` or `error`.",
            _choice("debug", "info", "warning", "error"),
            "`info`",
        ),
    ] = "info"
    log_format: Annotated[
        LogFormat,
        Declared(
            "How it is written to standard error: `json`, one object a line, or `console`, for people.",
            _log_format,
            "`json`",
        ),
    ] = LogFormat.JSON
    postgres_account: Annotated[
        str | None,
        Declared(
            "The account that the embedded server runs as when Firsthand is started by root.",
            str,
            "`postgres`, else `nobody`",
        ),
    ] = None

    sms_url: Annotated[
        str | None,
        Declared(
            "The address of the SMS gateway, which speaks the protocol of docs/operations.md.",
            gateway_address,
            "none: messages by SMS wait, and are given up after a day",
        ),
    ] = None
    sms_token_file: Annotated[
        Path | None,
        Declared("The file of the token that the SMS gateway asks for, mode 0600.", _folder, "no token is sent"),
    ] = None
    sms_sender: Annotated[
        str,
        Declared("The name or number that SMS come from, where the gateway asks for one.", str, "the gateway's choice"),
    ] = ""
    sms_report_key_file: Annotated[
        Path | None,
        Declared(
            "The file of the secret with which the SMS gateway signs its delivery reports, 32 characters or more, mode "
            "0600; for `firsthand serve`.",
            _folder,
            "no report is taken",
        ),
    ] = None
    oidc_networks: Annotated[
        tuple[str, ...],
        Declared(
            "Addresses or networks, besides the internet's, at which hospitals' own sign-ins may be asked, separated "
            "by commas.",
            _networks,
            "the internet's alone",
        ),
    ] = ()
    smtp_server: Annotated[
        MailServer | None,
        Declared(
            "The mail server: `smtp://user@host:587`, which must offer STARTTLS, or `smtps://user@host:465`.",
            mail_server,
            "none: there is no e-mail",
        ),
    ] = None
    smtp_password_file: Annotated[
        Path | None,
        Declared("The file of the mail server's password, mode 0600.", _folder, "nobody signs in to the mail server"),
    ] = None
    email_from: Annotated[
        str | None,
        Declared(
            "The address that e-mails come from; it also stands in the entries for calendars.",
            email_address,
            "none; e-mail needs one",
        ),
    ] = None

    @property
    def log_level_number(self) -> int:
        """The level as Python's logging counts it."""
        return logging.getLevelNamesMapping()[self.log_level.upper()]

    @property
    def base_url(self) -> str:
        """By which address people reach the pages, without a slash at the end."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.public_url or f"http://{host}:{self.port}"

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Self:
        """Read the settings from a process's environment. An empty variable counts as one that is not set.

        Raises SettingsError for a variable with our prefix that is not known, and for a value that makes no sense.
        """
        declared = declarations()
        given = {name: text for name, text in environment.items() if name.startswith(PREFIX) and text != ""}
        for name in sorted(given.keys() - {variable_of(field_name) for field_name in declared} - _NOT_SETTINGS):
            raise SettingsError(_unknown(name))
        values: dict[str, Any] = {}
        for field_name, declaration in declared.items():
            name = variable_of(field_name)
            if name in given:
                try:
                    values[field_name] = declaration.read(given[name])
                except ValueError as error:
                    raise SettingsError(f"{name} must be {error}.") from None
        data_dir: Path = values.setdefault("data_dir", _data_home(environment) / "firsthand")
        values.setdefault("keys", data_dir / "keys")
        values.setdefault("checkpoints", data_dir / "checkpoints")
        return cls(**values)


def variable_of(field_name: str) -> str:
    """Return the variable that a field of `Settings` is read from."""
    return PREFIX + field_name.upper()


def declarations() -> dict[str, Declared]:
    """Return what is declared of each setting, by its field."""
    return {
        field_name: hint.__metadata__[0] for field_name, hint in get_type_hints(Settings, include_extras=True).items()
    }


def table() -> str:
    """Return docs/settings.md."""
    rows = [
        f"| `{variable_of(field_name)}` | {declared.help} | {declared.default} |"
        for field_name, declared in declarations().items()
    ]
    return "\n".join([_INTRODUCTION, "| Variable | What it says | Where it is not given |", "|---|---|---|", *rows, ""])


_INTRODUCTION: Final = """\
# Settings

Firsthand is set up by environment variables alone. One that begins with `FIRSTHAND_` and is not in this table is
refused, so that a slip of the pen is noticed. This page is written by `python -m firsthand.platform.settings`.
"""


def _unknown(name: str) -> str:
    known = [variable_of(field_name) for field_name in declarations()]
    (near,) = difflib.get_close_matches(name, known, n=1, cutoff=0)
    return f"{name} is no setting of Firsthand. Did you mean {near}? All of them are in docs/settings.md."


if __name__ == "__main__":
    sys.stdout.write(table())
