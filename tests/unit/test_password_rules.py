"""Passwords, usernames and one-time codes as they are typed."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from zxcvbn.frequency_lists import FREQUENCY_LISTS  # type: ignore[import-untyped]

from firsthand.directory.staff.rules import is_display_name, parse_username
from firsthand.identity.code.rules import parse_code
from firsthand.identity.password.rules import (
    CHARACTERS_MAX,
    CHARACTERS_MIN,
    SALT_BYTES,
    Flaw,
    flaw_of,
    hash_password,
    matches,
)

SALT = bytes(range(SALT_BYTES))
WORDS = ("marble", "lantern", "orchard", "violet", "harbour", "copper", "saddle", "thimble", "walnut", "glacier")


@settings(max_examples=5)
@given(st.text(min_size=1, max_size=30), st.text(min_size=1, max_size=30))
def test_only_the_same_password_matches(password: str, other: str) -> None:
    phc = hash_password(password, SALT)
    assert phc.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert matches(password, phc)
    assert not matches(other + password, phc)


def test_a_password_is_the_same_in_composed_and_full_width_letters() -> None:
    assert matches("Zoë-１２３-correct", hash_password("Zoe\u0308-123-correct", SALT))


@pytest.mark.parametrize("phc", [None, "", "junk", "$argon2id$v=19$m=8,t=1,p=1$AAAA"])
def test_nothing_matches_what_is_no_password(phc: str | None) -> None:
    assert not matches("correct horse battery", phc)


def test_an_endless_or_broken_password_is_only_wrong() -> None:
    assert not matches("a" * (CHARACTERS_MAX + 1), hash_password("a" * CHARACTERS_MAX, SALT))
    assert not matches("\ud800", None)


@pytest.mark.parametrize(
    ("password", "flaw"),
    [
        ("correct horse battery", None),
        ("预约不可转让请携带身份证件", None),
        ("short", Flaw.UNACCEPTABLE),
        ("aaaaaaaaaaaaaaaa", Flaw.UNACCEPTABLE),
        ("121212121212", Flaw.UNACCEPTABLE),
        ("desk.wang and more", Flaw.UNACCEPTABLE),
        ("DESK.WANG and more", Flaw.UNACCEPTABLE),
        ("abcdefgh " * 40, Flaw.UNACCEPTABLE),
    ],
)
def test_which_passwords_are_acceptable(password: str, flaw: Flaw | None) -> None:
    assert flaw_of(password, username="desk.wang") is flaw


@pytest.mark.parametrize(
    "password",
    [
        # common ones, and what people make of them
        "123456789012", "1234567890123", "passwordpassword", "password12345", "p@ssw0rd1234", "P@ssw0rd2026!",
        "qwertyuiop123", "qwerty123456", "iloveyou123456", "letmeinplease", "welcome12345", "trustno1trustno1",
        "administrator", "administrator1", "unbelievable", "leavemealone", "sonyericsson", "michaeljordan23",
        # keyboards, rows and dates
        "1qaz2wsx3edc", "1qaz2wsx3edc4rfv", "q1w2e3r4t5y6", "asdfghjkl;'", "zxcvbnm,./12", "qazwsxedcrfv",
        "abcdefghijkl", "januaryfebruary", "199001011990", "20260101 20260101",
        # one short thing again and again
        "abcabcabcabc", "woaini woaini woaini", "hunter.hunter.hunter", "密码医院密码医院密码医院",
        "x7Kqx7Kqx7Kqx7Kq", "a1b2a1b2a1b2",
        # this house, this hospital, this member
        "firsthand2026", "Firsthand!Firsthand!", "appointment123", "hospital2026!", "riverside2026", "riversidegeneral",
        "supervisor2026", "yiyuanguahao1", "ruthpalmer123", "palmer.ruth.1", "reception2026", "desk.desk.2026",
    ],
)  # fmt: skip
def test_what_others_think_of_too_is_refused(password: str) -> None:
    words = ("Ruth Palmer", "Riverside General Hospital")
    flaw = flaw_of(password if len(password) >= CHARACTERS_MIN else password + "1", username="r.palmer", words=words)
    assert flaw in {Flaw.GUESSABLE, Flaw.UNACCEPTABLE}


def test_the_words_of_ones_own_hospital_count() -> None:
    assert flaw_of("zhelvogradski 1907", username="desk.li") is None
    assert flaw_of("zhelvogradski 1907", username="desk.li", words=("Zhelvogradski Hospital",)) is Flaw.GUESSABLE


COMMON = [word for word in FREQUENCY_LISTS["passwords"] if len(word) >= CHARACTERS_MIN]


def test_every_common_password_of_the_list_that_is_long_enough_is_refused() -> None:
    assert len(COMMON) > 200
    assert [word for word in COMMON if flaw_of(word, username="desk.li") is None] == []


@settings(max_examples=30)
@given(st.sampled_from(COMMON), st.sampled_from([str.upper, str.title, str.swapcase, str.lower]))
def test_a_common_password_in_other_letters_stays_common(word: str, other: Callable[[str], str]) -> None:
    assert flaw_of(other(word), username="desk.li") is not None


@settings(max_examples=30)
@given(st.lists(st.integers(0, len(WORDS) - 1), min_size=4, max_size=4, unique=True))
def test_four_words_that_do_not_belong_together_will_do(chosen: list[int]) -> None:
    assert flaw_of(" ".join(WORDS[number] for number in chosen), username="desk.li") is None


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=300), st.text(max_size=20), st.lists(st.text(max_size=30), max_size=3))
def test_anything_that_is_typed_is_judged(password: str, username: str, words: list[str]) -> None:
    flaw = flaw_of(password, username=username, words=words)
    assert flaw is None or flaw in Flaw


@given(st.text(max_size=120))
def test_a_username_stays_as_it_is(raw: str) -> None:
    name = parse_username(raw)
    if name is not None:
        assert name.isascii()
        assert parse_username(name.upper()) == name


@pytest.mark.parametrize("raw", ["", "ab", ".dot", "a b c", "wаng", "x" * 65, "x" * 10_000, "王小明"])
def test_what_is_no_username_is_none(raw: str) -> None:
    assert parse_username(raw) is None


@pytest.mark.parametrize(
    ("text", "shown"), [("王护士", True), ("", False), (" x", False), ("a\nb", False), ("x" * 101, False)]
)
def test_which_names_can_be_shown(text: str, *, shown: bool) -> None:
    assert is_display_name(text) is shown


@given(st.integers(0, 999_999), st.sampled_from(["", " ", "-", "\t"]))
def test_a_code_is_the_same_in_any_width_and_spacing(value: int, gap: str) -> None:
    code = f"{value:06}"
    assert parse_code(f" {code[:3]}{gap}{code[3:]}\n") == code
    assert parse_code("".join(chr(ord(digit) + 0xFEE0) for digit in code)) == code


@pytest.mark.parametrize("raw", ["", "12345", "1234567", "12345a", "١٢٣٤٥٦", "1" * 1000, "123456789012"])
def test_what_is_no_code_is_none(raw: str) -> None:
    assert parse_code(raw) is None
