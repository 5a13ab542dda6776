"""Names and phones as people write them, and claims as they are kept."""

import unicodedata
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.directory.person.model import (
    Claim,
    NobodysClaim,
    PersonName,
    Phone,
    Reason,
    Refused,
    Registration,
    RegistrationClaim,
    SignInClaim,
)
from firsthand.directory.person.rules import (
    NAME_CHARACTERS_MAX,
    decode_claim,
    encode_claim,
    parse_name,
    parse_phone,
)
from firsthand.identity.document.model import Document, DocumentType
from firsthand.platform.i18n import Language

mobiles = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True).filter(str.isascii)
registrations = st.builds(
    Registration,
    document=st.builds(Document, st.sampled_from(DocumentType), st.text(min_size=1)),
    name=st.text(min_size=1).map(PersonName),
    phone=mobiles.map(Phone),
    language=st.sampled_from(Language),
)


@given(st.text(max_size=3 * NAME_CHARACTERS_MAX))
def test_any_text_gets_an_answer_and_a_name_stays_as_it_is(raw: str) -> None:
    name = parse_name(raw)
    if not isinstance(name, Refused):
        assert 1 <= len(name) <= NAME_CHARACTERS_MAX
        assert unicodedata.is_normalized("NFC", name)
        assert parse_name(name) == name


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        (" 王小明 ", "王小明"),
        ("Anne-Marie  O’Neill", "Anne-Marie O’Neill"),
        ("Zoe\u0308", "Zoë"),
        ("阿依古丽·买买提", None),
    ],
)
def test_names_as_people_write_them(raw: str, name: str | None) -> None:
    assert parse_name(raw) == (name or raw)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("", Reason.NAME_MISSING),
        ("  \u3000", Reason.NAME_MISSING),
        ("王\x00明", Reason.NAME_INVALID),
        ("王\u202e明", Reason.NAME_INVALID),
        ("12345", Reason.NAME_INVALID),
        ("\ud800a", Reason.NAME_INVALID),
        ("a\nb", Reason.NAME_INVALID),
        ("a" * (NAME_CHARACTERS_MAX + 1), Reason.NAME_TOO_LONG),
        ("a" * 10_000, Reason.NAME_TOO_LONG),
    ],
)
def test_what_is_no_name_is_refused(raw: str, reason: Reason) -> None:
    assert parse_name(raw) == Refused(reason)


@given(mobiles, st.sampled_from(["", "+86", "0086", "+86 ", "(+86)"]), st.integers(0, 11), st.sampled_from(" -－"))
def test_a_mobile_number_is_the_same_however_it_is_written(mobile: str, prefix: str, place: int, filler: str) -> None:
    assert parse_phone(f" {prefix}{mobile[:place]}{filler}{mobile[place:]}") == f"+86{mobile}"


@given(st.text(max_size=60))
def test_any_text_gets_an_answer_and_a_phone_stays_as_it_is(raw: str) -> None:
    phone = parse_phone(raw)
    if not isinstance(phone, Refused):
        assert phone.isascii()
        assert 8 <= len(phone) <= 16
        assert parse_phone(phone) == phone


@pytest.mark.parametrize(
    "raw", ["", "10086", "010-12345678", "+8612345678", "+0123456789", "+1" * 20, "+44 20 7946 x1"]
)
def test_what_is_no_phone_is_refused(raw: str) -> None:
    assert parse_phone(raw) == Refused(Reason.PHONE_INVALID)


def test_a_foreign_number_keeps_its_country() -> None:
    assert parse_phone("00 44 (20) 7946-0123") == "+442079460123"


@given(st.one_of(st.uuids().map(SignInClaim), registrations.map(RegistrationClaim), st.just(NobodysClaim())))
def test_a_claim_comes_back_as_it_was(claim: Claim) -> None:
    assert decode_claim(encode_claim(claim)) == claim


def test_a_registration_shows_nobody_when_it_is_printed() -> None:
    document = Document(DocumentType.PASSPORT, "E12345678")
    registration = Registration(document, PersonName("王小明"), Phone("+8613800000000"), Language.CHINESE)
    shown = repr(RegistrationClaim(registration))
    assert not any(secret in shown for secret in ("E12345678", "王小明", "13800000000"))
    assert str(UUID(int=7)) in repr(SignInClaim(UUID(int=7)))
