"""Turns bytes into messages, and what is wrong with the bytes into problems."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Final, TypeVar

import msgspec

from firsthand.channels.feeds.limits import LINE_BYTES_MAX
from firsthand.channels.feeds.problem import Place, Problems, shown

M = TypeVar("M")

BOM: Final = b"\xef\xbb\xbf"
YEAR_MIN, YEAR_MAX = 2000, 2100
_PATH: Final = re.compile(r"(?P<what>.*?)(?: - at `\$(?P<path>.*)`)?", re.DOTALL)
_MISSING: Final = re.compile(r"Object missing required field `(?P<name>.*)`")
# FHIR's `instant`, and also an offset of whole hours ("-05"), which the specification's own example has.
_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d(:?\d\d)?)", re.ASCII)


def lines_of(raw: bytes, file: str, problems: Problems) -> Iterator[tuple[Place, bytes]]:
    """Yield each line that is not blank, without a byte order mark or line end; overlong lines are reported."""
    for number, line in enumerate(raw.removeprefix(BOM).split(b"\n"), start=1):
        stripped = line.strip()
        if len(stripped) > LINE_BYTES_MAX:
            place = Place(problems, file, number)
            place.report("", f"the line has {len(stripped)} bytes; at most {LINE_BYTES_MAX} are allowed")
        elif stripped:
            yield Place(problems, file, number), stripped


def decode(raw: bytes, decoder: msgspec.json.Decoder[M], place: Place) -> M | None:
    """Decode one JSON document, or report what is wrong with it."""
    try:
        # Text that is ignored must be sound as well: a file in another encoding has other mistakes to come.
        return decoder.decode(raw.decode())
    except UnicodeDecodeError as error:
        place.report("", f"is not UTF-8: byte {error.start + 1} is 0x{raw[error.start]:02x}")
    except msgspec.ValidationError as error:
        place.report(*_explain(str(error)))
    except msgspec.DecodeError as error:
        place.report("", f"is not JSON: {error}")
    except RecursionError:
        place.report("", "is nested too deeply")
    return None


def instant(text: str, field_name: str, place: Place) -> datetime | None:
    """Read an aware instant with seconds, or report why `text` is none."""
    if not _INSTANT.fullmatch(text):
        place.report(field_name, f"is {shown(text)}; a date, time and offset are expected: 2021-03-01T14:00:00Z")
        return None
    try:
        read = datetime.fromisoformat(text)
    except ValueError as error:
        place.report(field_name, f"is {shown(text)}: {error}")
        return None
    if not YEAR_MIN <= read.year <= YEAR_MAX:
        place.report(field_name, f"is {shown(text)}; years from {YEAR_MIN} to {YEAR_MAX} are allowed")
        return None
    return read


def _explain(message: str) -> tuple[str, str]:
    """Split what msgspec says into the field's path and the rest."""
    match = _PATH.fullmatch(message)
    what, path = (match["what"], match["path"] or "") if match else (message, "")
    path = path.removeprefix(".")
    missing = _MISSING.fullmatch(what)
    if missing:
        return (f"{path}.{missing['name']}" if path else missing["name"]), "is missing"
    return path, (what[:1].lower() + what[1:]).replace(" | null`", "`")
