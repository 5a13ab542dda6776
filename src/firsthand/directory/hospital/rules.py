"""What can be said of a hospital by hand, and what of it an import leaves as it is."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit

from firsthand.directory.hospital.model import BY_HAND, Hospital, Reason, Refused

TEXT_CHARACTERS_MAX: Final = 200
_PHONE: Final = re.compile(r"[+0-9 ()./-]{3,40}")


def parse_name(raw: str) -> str | Refused:
    """Return the name of a hospital, a department or a doctor: 1 to 200 visible characters on one line."""
    text = _tidy(raw)
    if not text or len(text) > TEXT_CHARACTERS_MAX or _is_hidden(text):
        return Refused(Reason.NAME_INVALID)
    return text


def parse_said(field: str, raw: str) -> str | Refused:
    """Return what is said in a field of `BY_HAND`; "" where the hospital does not say, which a name cannot be."""
    if field == "name":
        return parse_name(raw)
    text = _tidy(raw)
    if len(text) > TEXT_CHARACTERS_MAX or _is_hidden(text):
        return Refused(Reason.TEXT_INVALID)
    if field == "phone" and text and not _PHONE.fullmatch(text):
        return Refused(Reason.PHONE_INVALID)
    if field == "url" and text and not _is_public(text):
        return Refused(Reason.URL_INVALID)
    return text


def keep_by_hand(published: Hospital, stored: Hospital, by_hand: frozenset[str]) -> Hospital:
    """Return what an import makes of a hospital: what the feed says, but for the fields that were said by hand."""
    kept = {field: getattr(stored, field) for field in BY_HAND if field in by_hand}
    return replace(published, **kept)


def changed_fields(stored: Hospital, said: Mapping[str, str]) -> frozenset[str]:
    """Return the fields in which somebody says something else than what stands there."""
    return frozenset(field for field in BY_HAND if field in said and said[field] != getattr(stored, field))


def _tidy(raw: str) -> str:
    return unicodedata.normalize("NFC", raw).strip()


def _is_hidden(text: str) -> bool:
    return any(unicodedata.category(one)[0] == "C" or unicodedata.category(one) in {"Zl", "Zp"} for one in text)


def _is_public(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and not parts.username and " " not in text
