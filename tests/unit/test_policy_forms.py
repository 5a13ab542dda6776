"""Policies as forms: what is typed becomes a policy or is told field by field, and what differs is found."""

import dataclasses
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.policy.comparing import compare, describe
from firsthand.policy.fields import FORMS, Field, Rows, Shape, choices_of
from firsthand.policy.typed import Fault, FieldFault, parse, row_numbers, typed_of
from tests.policies import BELOW

NAMES = sorted(FORMS)
names = st.sampled_from(NAMES)


def typed_field(path: str, field: Field) -> st.SearchStrategy[dict[str, str]]:
    """Return what can be typed into a field and makes sense by itself."""
    match field.shape:
        case Shape.NUMBER:
            text = st.integers(field.least, field.most).map(str)
            return (text | st.just("") if field.may_be_empty else text).map(lambda text: {path: text})
        case Shape.CHOICES:
            chosen = st.sets(st.sampled_from(choices_of(field, BELOW)), min_size=0 if field.may_be_empty else 1)
            return chosen.map(lambda chosen: {f"{path}.{choice}": "yes" for choice in chosen})
        case Shape.CHOICE:
            return st.sampled_from(choices_of(field, BELOW)).map(lambda text: {path: text})
        case Shape.TRUTH:
            return st.sampled_from(["yes", "no"]).map(lambda text: {path: text})
        case Shape.TIME:
            return st.times().map(lambda time: {path: f"{time:%H:%M}"})
        case Shape.ZONE:
            return st.sampled_from(["Asia/Shanghai", "UTC", "America/Argentina/Buenos_Aires"]).map(lambda z: {path: z})
        case Shape.CODE:
            return st.from_regex(r"[a-z][a-z0-9_]{0,39}", fullmatch=True).map(lambda text: {path: text})
        case Shape.TEXT:
            return st.sampled_from(["海员证", "Seaman's book", "<b>O'Neil</b>"]).map(lambda text: {path: text})


@st.composite
def typed_forms(draw: st.DrawFn, name: str | None = None) -> tuple[str, dict[str, str]]:
    """A kind of policy, and a form of it in which every field makes sense by itself."""
    name = name or draw(names)
    typed: dict[str, str] = {}
    for entry in FORMS[name].entries:
        if isinstance(entry, Rows):
            for number in draw(st.sets(st.integers(0, entry.most - 1), max_size=4)):
                for field in entry.fields:
                    typed |= draw(typed_field(f"{entry.name}.{number}.{field.name}", field))
        else:
            typed |= draw(typed_field(entry.name, entry))
    return name, typed


def test_every_field_of_every_policy_has_its_place_in_a_form() -> None:
    for form in FORMS.values():
        assert [entry.name for entry in form.entries] == [field.name for field in dataclasses.fields(form.kind)]
        for entry in form.entries:
            if isinstance(entry, Rows):
                assert [one.name for one in entry.fields] == [field.name for field in dataclasses.fields(entry.kind)]


@given(typed_forms())
def test_a_policy_is_typed_in_again_as_it_was_read(form: tuple[str, dict[str, str]]) -> None:
    name, typed = form
    policy = parse(name, typed, BELOW)
    if isinstance(policy, tuple):
        # What each field says by itself makes sense; only together some of them do not.
        together = {Fault.DUPLICATE, Fault.REVERSED, Fault.BEYOND_TERM, Fault.CHECK_WITH_HAN, Fault.CODE_TAKEN}
        assert {fault.fault for fault in policy} <= together
        return
    assert parse(name, typed_of(name, policy), BELOW) == policy
    assert compare(name, policy, policy) == ()
    assert all(line.before == line.after for line in describe(name, policy))


@given(st.data())
def test_what_differs_is_found_and_nothing_else(data: st.DataObject) -> None:
    name = data.draw(names)
    before, after = (parse(name, data.draw(typed_forms(name))[1], BELOW) for _ in range(2))
    if isinstance(before, tuple) or isinstance(after, tuple):
        return
    changes = compare(name, before, after)
    old = {(line.meaning, line.row): line.before for line in describe(name, before)}
    new = {(line.meaning, line.row): line.after for line in describe(name, after)}
    assert {(one.meaning, one.row): (one.before, one.after) for one in changes} == {
        key: (old.get(key), new.get(key)) for key in old | new if old.get(key) != new.get(key)
    }
    back = compare(name, after, before)
    assert sorted((one.meaning, one.row, one.after, one.before) for one in back) == sorted(
        (one.meaning, one.row, one.before, one.after) for one in changes
    ) or any(None in (one.before, one.after) for one in changes)


paths = st.sampled_from(
    ["hold_seconds", "caps.0.name", "caps.0.days", "caps.99.days", "caps.x.days", "kinds.0.code", "state", "", "caps",
     "caps.0", "caps.0.days.1", "exempt.booking_confirmed", "quiet_from", "time_zone", "caps.0.remove", "caps.-1.days"]
)  # fmt: skip


@given(names, st.dictionaries(paths | st.text(max_size=20), st.text(max_size=30) | st.integers().map(str)))
def test_whatever_is_sent_is_answered_field_by_field(name: str, typed: Mapping[str, str]) -> None:
    answer = parse(name, typed, BELOW)
    assert isinstance(answer, tuple)  # a form of which most is missing
    assert all(
        fault.path == "" or fault.path.split(".")[0] in {e.name for e in FORMS[name].entries} for fault in answer
    )


@given(typed_forms(), st.text(min_size=1, max_size=30), st.data())
def test_a_field_that_a_form_has_not_spoils_it(
    form: tuple[str, dict[str, str]], extra: str, data: st.DataObject
) -> None:
    name, typed = form
    assert parse(name, {**typed, "x " + extra: data.draw(st.text())}, BELOW)[-1:] == (  # type: ignore[index]
        FieldFault("", Fault.FIELD_UNKNOWN),
    )


ARRIVAL = {"early_minutes_max": "120", "late_after_minutes": "15", "no_show_after_end_minutes": "30"}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", Fault.MISSING),
        (" ", Fault.MISSING),
        ("NaN", Fault.NUMBER_INVALID),
        ("inf", Fault.NUMBER_INVALID),
        ("-1", Fault.NUMBER_INVALID),
        ("1.5", Fault.NUMBER_INVALID),
        ("1e3", Fault.NUMBER_INVALID),
        ("0x10", Fault.NUMBER_INVALID),
        ("1_0", Fault.NUMBER_INVALID),
        ("１５", Fault.NUMBER_INVALID),
        ("1441", Fault.TOO_GREAT),
        ("9" * 400, Fault.TOO_GREAT),
        ("' OR 1=1 --", Fault.NUMBER_INVALID),
    ],
)
def test_a_number_is_one(text: str, fault: Fault) -> None:
    (found,) = parse("arrival", {**ARRIVAL, "early_minutes_max": text}, BELOW)  # type: ignore[misc]
    assert (found.path, found.fault) == ("early_minutes_max", fault)


KIND = {
    "kinds.0.code": "seaman_book", "kinds.0.name_zh": "海员证", "kinds.0.name_en": "Seaman's book",
    "kinds.0.alphabet.digits": "yes", "kinds.0.characters_min": "8", "kinds.0.characters_max": "9",
    "kinds.0.check": "none", "former_days": "365",
}  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "path", "fault"),
    [
        ({"kinds.0.code": "passport"}, "kinds.0.code", Fault.CODE_TAKEN),
        ({"kinds.0.code": "Seaman"}, "kinds.0.code", Fault.CODE_INVALID),
        ({"kinds.0.code": ""}, "kinds.0.code", Fault.MISSING),
        ({"kinds.0.name_zh": "\u202e海员证"}, "kinds.0.name_zh", Fault.TEXT_INVALID),
        ({"kinds.0.name_en": "x" * 61}, "kinds.0.name_en", Fault.TEXT_INVALID),
        ({"kinds.0.alphabet.digits": "no"}, "kinds.0.alphabet", Fault.MISSING),
        ({"kinds.0.characters_min": "10"}, "kinds.0.characters_max", Fault.REVERSED),
        ({"kinds.0.lasting_characters": "10"}, "kinds.0.lasting_characters", Fault.REVERSED),
        ({"kinds.0.check": "luhn", "kinds.0.alphabet.han": "yes"}, "kinds.0.check", Fault.CHECK_WITH_HAN),
        ({"kinds.0.check": "crc"}, "kinds.0.check", Fault.CHOICE_INVALID),
        ({path.replace(".0.", ".1."): text for path, text in KIND.items()}, "kinds.1.code", Fault.DUPLICATE),
    ],
)
def test_a_kind_of_document_makes_sense(changed: dict[str, str], path: str, fault: Fault) -> None:
    (found,) = parse("document", {**KIND, **changed}, BELOW)  # type: ignore[misc]
    assert (found.path, found.fault) == (path, fault)


def test_a_row_is_removed_by_its_box_and_an_empty_one_is_none() -> None:
    (rows,) = [entry for entry in FORMS["document"].entries if isinstance(entry, Rows)]
    assert row_numbers(rows, KIND) == [0]
    assert row_numbers(rows, {**KIND, "kinds.0.remove": "yes"}) == []
    assert row_numbers(rows, {"kinds.1.check": "none", "kinds.1.code": " ", "kinds.77.code": "x"}) == []


@pytest.mark.parametrize("zone", ["Asia", "../../etc/passwd", "/etc/localtime", "Mars/Olympus", "Asia/Shanghai\x00"])
def test_a_time_zone_is_one(zone: str) -> None:
    typed = {"quiet_from": "22:00", "quiet_until": "07:00", "time_zone": zone}
    (found,) = parse("messages", typed, BELOW)  # type: ignore[misc]
    assert (found.path, found.fault) == ("time_zone", Fault.ZONE_UNKNOWN)
