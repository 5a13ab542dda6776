"""Reading what browsers send: forms, query parameters, and addresses to go on to. All of it can be hostile."""

import secrets
from collections.abc import Mapping
from datetime import date
from typing import Final
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

BODY_BYTES_MAX: Final = 32_768
FIELDS_MAX: Final = 32
VALUE_CHARACTERS_MAX: Final = 1000
ADDRESS_CHARACTERS_MAX: Final = 500
KEY_CHARACTERS_MAX: Final = 64
PAGE_MAX: Final = 10_000

Fields = Mapping[str, str]


class UnreadableError(ValueError):
    """What was sent is no form: too much of it, not UTF-8, or with a NUL, which the database cannot keep."""


def parse_fields(encoded: bytes, *, fields_max: int = FIELDS_MAX, characters_max: int = VALUE_CHARACTERS_MAX) -> Fields:
    """Return the fields of a form or a query (application/x-www-form-urlencoded). A field sent twice counts once.

    characters_max: of a value. Raises UnreadableError.
    """
    try:
        pairs = parse_qsl(
            encoded.decode("utf-8"),
            keep_blank_values=True,
            encoding="utf-8",
            errors="strict",
            max_num_fields=fields_max,
        )
    except ValueError as error:  # a UnicodeDecodeError is one
        raise UnreadableError("not a form in UTF-8, or too many fields") from error
    fields: dict[str, str] = {}
    for name, value in pairs:
        if len(value) > characters_max or "\x00" in value:
            raise UnreadableError("a value is too long or has a NUL in it")
        fields.setdefault(name, value)
    return fields


def parse_id(text: str) -> UUID | None:
    """Return the id that a form or an address names in its usual spelling, or None."""
    try:
        found = UUID(text)
    except ValueError:
        return None
    return found if str(found) == text.lower() else None


def parse_day(text: str) -> date | None:
    """Return the day of an ISO text such as 2026-03-27, or None."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.isoformat() == text else None


def parse_page(text: str) -> int:
    """Return the number of a page of a list, 1 where none or a senseless one is asked for."""
    if text.isascii() and text.isdecimal() and len(text) <= len(str(PAGE_MAX)):
        return min(max(int(text), 1), PAGE_MAX)
    return 1


def local_address(text: str) -> str:
    """Return an address of this site to go on to, or "" where the text is none: nobody is led elsewhere.

    Browsers take backslashes for slashes, drop tabs and line ends, and read `//` as another host.
    """
    plain = text.isascii() and text.isprintable() and not set(text) & set(' \\"<>^`{|}')
    if not plain or len(text) > ADDRESS_CHARACTERS_MAX or not text.startswith("/") or text.startswith("//"):
        return ""
    try:
        parts = urlsplit(text)
    except ValueError:
        return ""
    return "" if parts.scheme or parts.netloc else text


def new_key() -> str:
    """Return a random key for one form: what is sent under it is done once."""
    return secrets.token_urlsafe(16)


def is_key(text: str) -> bool:
    """Say whether a text can be the key of a form."""
    return 1 <= len(text) <= KEY_CHARACTERS_MAX and text.isascii() and text.isprintable()
