"""What is typed into a policy's form: how it becomes a policy, and how a policy is written there."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import time
from enum import StrEnum
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from firsthand.policy.documents import Alphabet, DocumentPolicy, NumberCheck
from firsthand.policy.fields import FORMS, TEXT_CHARACTERS_MAX, Below, Field, Form, Rows, Shape, choices_of
from firsthand.policy.model import BookingPolicy, FamilyPolicy, Policy

YES: Final = "yes"
NO: Final = "no"
REMOVE: Final = "remove"

_NUMBER: Final = re.compile(r"[0-9]{1,9}")
_ROW: Final = re.compile(r"[0-9]{1,2}")
_TIME: Final = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_CODE: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
_ZONE: Final = re.compile(r"[A-Za-z0-9_+/-]{1,60}")

Typed = Mapping[str, str]
_Value = int | bool | str | list[str] | None


class Fault(StrEnum):
    """What is wrong with a field."""

    MISSING = "missing"
    NUMBER_INVALID = "number_invalid"
    TOO_SMALL = "too_small"
    TOO_GREAT = "too_great"
    CHOICE_INVALID = "choice_invalid"
    TEXT_INVALID = "text_invalid"
    CODE_INVALID = "code_invalid"
    ZONE_UNKNOWN = "zone_unknown"
    TIME_INVALID = "time_invalid"
    DUPLICATE = "duplicate"
    CODE_TAKEN = "code_taken"
    REVERSED = "reversed"
    BEYOND_TERM = "beyond_term"
    CHECK_WITH_HAN = "check_with_han"
    # of the form as a whole
    FIELD_UNKNOWN = "field_unknown"
    SENSELESS = "senseless"


@dataclass(frozen=True, slots=True)
class FieldFault:
    """What is wrong, and with which field; path: "" is the whole form. field: where it is one, with its bounds."""

    path: str
    fault: Fault
    field: Field | None = None


def parse(name: str, typed: Typed, below: Below) -> Policy | tuple[FieldFault, ...]:
    """Return the policy of the kind `name` that was typed in, or everything that is wrong with it, field by field."""
    form = FORMS[name]
    values: dict[str, Any] = {}
    faults: list[FieldFault] = []
    for entry in form.entries:
        if isinstance(entry, Rows):
            values[entry.name] = []
            for number in row_numbers(entry, typed):
                row, wrong = _read_all(entry.fields, f"{entry.name}.{number}.", typed, below)
                values[entry.name].append(row)
                faults += wrong
        else:
            found, wrong = _read_all((entry,), "", typed, below)
            values |= found
            faults += wrong
    if not set(typed) <= _paths(form, below):
        faults.append(FieldFault("", Fault.FIELD_UNKNOWN))
    if faults:
        return tuple(faults)
    faults = list(_contradictions(form, values, typed, below))
    if faults:
        return tuple(faults)
    try:
        policy: Policy = msgspec.convert(values, form.kind)
    except ValueError:  # msgspec.ValidationError is one: a record refused itself
        return (FieldFault("", Fault.SENSELESS),)
    return policy


def row_numbers(rows: Rows, typed: Typed) -> list[int]:
    """Return the numbers of a list's rows into which something was typed and which are not to be removed."""
    found = set()
    for path, value in typed.items():
        match path.split("."):
            case [rows.name, number, name, *_] if _ROW.fullmatch(number) and int(number) < rows.most:
                field = next((one for one in rows.fields if one.name == name), None)
                # A choice between yes and no is made in an empty row too.
                if field and value.strip() and field.shape not in {Shape.TRUTH, Shape.CHOICE}:
                    found.add(int(number))
    return sorted(number for number in found if typed.get(f"{rows.name}.{number}.{REMOVE}") != YES)


def typed_of(name: str, policy: Policy) -> dict[str, str]:
    """Return a policy of the kind `name` as it would be typed in."""
    found: dict[str, str] = {}
    for entry in FORMS[name].entries:
        if isinstance(entry, Rows):
            for number, record in enumerate(getattr(policy, entry.name)):
                for field in entry.fields:
                    found |= _typed(f"{entry.name}.{number}.{field.name}", field, getattr(record, field.name))
        else:
            found |= _typed(entry.name, entry, getattr(policy, entry.name))
    return found


def _paths(form: Form, below: Below) -> set[str]:
    """Return every field's path that a form may send."""
    found = set()
    for entry in form.entries:
        if isinstance(entry, Rows):
            for number in range(entry.most):
                prefix = f"{entry.name}.{number}."
                found |= {prefix + path for field in entry.fields for path in _paths_of(field, below)}
                found.add(prefix + REMOVE)
        else:
            found |= set(_paths_of(entry, below))
    return found


def _paths_of(field: Field, below: Below) -> Iterator[str]:
    if field.shape is Shape.CHOICES:
        yield from (f"{field.name}.{choice}" for choice in choices_of(field, below))
    else:
        yield field.name


def _read_all(
    fields: tuple[Field, ...], prefix: str, typed: Typed, below: Below
) -> tuple[dict[str, _Value], list[FieldFault]]:
    values: dict[str, _Value] = {}
    faults: list[FieldFault] = []
    for field in fields:
        path = prefix + field.name
        value = _read(field, path, typed, below)
        if isinstance(value, Fault):
            faults.append(FieldFault(path, value, field))
        else:
            values[field.name] = value
    return values, faults


def _read(field: Field, path: str, typed: Typed, below: Below) -> _Value | Fault:
    if field.shape is Shape.CHOICES:
        ticked = [choice for choice in choices_of(field, below) if typed.get(f"{path}.{choice}") == YES]
        return ticked if ticked or field.may_be_empty else Fault.MISSING
    text = typed.get(path, "").strip()
    if not text:
        return None if field.may_be_empty else Fault.MISSING
    return _READERS[field.shape](field, text)


def _number(field: Field, text: str) -> int | Fault:
    if not _NUMBER.fullmatch(text):
        return Fault.TOO_GREAT if re.fullmatch(r"[0-9]+", text) else Fault.NUMBER_INVALID
    if int(text) < field.least:
        return Fault.TOO_SMALL
    return int(text) if int(text) <= field.most else Fault.TOO_GREAT


def _truth(_field: Field, text: str) -> bool | Fault:
    return {YES: True, NO: False}.get(text, Fault.CHOICE_INVALID)


def _time(_field: Field, text: str) -> str | Fault:
    return f"{text}:00" if _TIME.fullmatch(text) else Fault.TIME_INVALID


def _code(_field: Field, text: str) -> str | Fault:
    return text if _CODE.fullmatch(text) else Fault.CODE_INVALID


def _text(_field: Field, text: str) -> str | Fault:
    return text if len(text) <= TEXT_CHARACTERS_MAX and text.isprintable() else Fault.TEXT_INVALID


def _choice(field: Field, text: str) -> str | Fault:
    return text if text in (field.choices or ()) else Fault.CHOICE_INVALID


def _zone(_field: Field, text: str) -> str | Fault:
    if not _ZONE.fullmatch(text):
        return Fault.ZONE_UNKNOWN
    try:
        ZoneInfo(text)
    except (ValueError, OSError, KeyError):
        return Fault.ZONE_UNKNOWN
    return text


_READERS: Final = {
    Shape.NUMBER: _number,
    Shape.TRUTH: _truth,
    Shape.TIME: _time,
    Shape.ZONE: _zone,
    Shape.CODE: _code,
    Shape.TEXT: _text,
    Shape.CHOICE: _choice,
}


def _contradictions(form: Form, values: Mapping[str, Any], typed: Typed, below: Below) -> Iterator[FieldFault]:
    """Yield what is well formed by itself and makes no sense together."""
    for entry in form.entries:
        if isinstance(entry, Rows):
            paths = [f"{entry.name}.{number}" for number in row_numbers(entry, typed)]
            rows = list(zip(paths, values[entry.name], strict=True))
            key = entry.fields[0].name
            yield from _repeated([(f"{path}.{key}", row[key]) for path, row in rows])
            if form.kind is BookingPolicy:
                # Of two caps that count the same, the higher says nothing.
                yield from _repeated([(f"{path}.days", (row["days"], row["per_department"])) for path, row in rows])
            if form.kind is DocumentPolicy:
                yield from (fault for path, row in rows for fault in _kind_faults(path, row, below))
    if form.kind is FamilyPolicy and values["renew_within_days"] > values["carer_term_days"]:
        yield FieldFault("renew_within_days", Fault.BEYOND_TERM)


def _repeated(entries: list[tuple[str, object]]) -> Iterator[FieldFault]:
    values = [value for _, value in entries]
    yield from (FieldFault(path, Fault.DUPLICATE) for n, (path, value) in enumerate(entries) if value in values[:n])


def _kind_faults(path: str, row: Mapping[str, Any], below: Below) -> Iterator[FieldFault]:
    if row["code"] in below.document_types:
        yield FieldFault(f"{path}.code", Fault.CODE_TAKEN)
    if row["characters_min"] > row["characters_max"]:
        yield FieldFault(f"{path}.characters_max", Fault.REVERSED)
    elif (row["lasting_characters"] or 0) > row["characters_max"]:
        yield FieldFault(f"{path}.lasting_characters", Fault.REVERSED)
    if row["check"] != NumberCheck.NONE and Alphabet.HAN in row["alphabet"]:
        yield FieldFault(f"{path}.check", Fault.CHECK_WITH_HAN)


def _typed(path: str, field: Field, value: object) -> dict[str, str]:
    if field.shape is Shape.CHOICES and isinstance(value, tuple):
        return {f"{path}.{choice}": YES for choice in value}
    return {path: written(value)}


def written(value: object) -> str:
    """Return a value of a policy as it is typed, choices separated by commas and in one order."""
    if isinstance(value, bool):
        return YES if value else NO
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if isinstance(value, tuple):
        return ",".join(sorted(value))
    return "" if value is None else str(value)
