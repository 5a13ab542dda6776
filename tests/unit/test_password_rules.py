"""Passwords, usernames and one-time codes as they are typed."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firsthand.directory.staff.rules import is_display_name, parse_username
from firsthand.identity.code.rules import parse_code
from firsthand.identity.password.rules import CHARACTERS_MAX, SALT_BYTES, hash_password, is_acceptable, matches

SALT = bytes(range(SALT_BYTES))


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
    ("password", "acceptable"),
    [
        ("correct horse battery", True),
        ("预约不可转让请携带身份证件", True),
        ("short", False),
        ("aaaaaaaaaaaaaaaa", False),
        ("121212121212", False),
        ("desk.wang and more", False),
        ("DESK.WANG and more", False),
        ("abcdefgh " * 40, False),
    ],
)
def test_which_passwords_are_acceptable(password: str, *, acceptable: bool) -> None:
    assert is_acceptable(password, username="desk.wang") is acceptable


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
