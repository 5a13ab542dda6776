"""A document number is the same however it is typed, and nothing else is one."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric

from firsthand.identity.document.model import Document, DocumentType
from firsthand.identity.document.rules import RAW_CHARACTERS_MAX, normalise, parse_document
from firsthand.identity.model import Reason, Refused

INVALID = Refused(Reason.DOCUMENT_NUMBER_INVALID)
FULL_WIDTH = str.maketrans(string.digits + "X", "０１２３４５６７８９Ｘ")

resident_numbers = st.builds(
    lambda district, day, order: with_check_digit(f"{district}{day:%Y%m%d}{order:03}"),
    st.integers(110000, 659999),
    st.dates().filter(lambda day: day.year >= 1900),
    st.integers(0, 999),
)
passports = st.text(string.ascii_uppercase + string.digits, min_size=5, max_size=15)


def with_check_digit(digits: str) -> str:
    return digits + ric.calc_check_digit(digits + "0")


@given(resident_numbers)
def test_a_resident_number_with_its_check_digit_is_accepted(number: str) -> None:
    assert parse_document("resident_id", number) == Document(DocumentType.RESIDENT_ID, number)


@given(resident_numbers, st.integers(0, 17), st.integers(1, 9))
def test_a_resident_number_with_one_wrong_digit_is_refused(number: str, place: int, shift: int) -> None:
    old = "0123456789X".index(number[place])
    wrong = number[:place] + str((old + shift) % 10) + number[place + 1 :]
    if wrong != number:
        assert parse_document("resident_id", wrong) == INVALID


@given(resident_numbers, st.lists(st.tuples(st.integers(0, 18), st.sampled_from(" -－—\u200b\t　"))), st.booleans())
def test_spaces_dashes_width_and_case_make_no_difference(
    number: str,
    fillers: list[tuple[int, str]],
    full_width: bool,  # noqa: FBT001 - drawn by Hypothesis
) -> None:
    typed = (number.translate(FULL_WIDTH) if full_width else number).lower()
    for place, filler in fillers:
        typed = typed[:place] + filler + typed[place:]
    if len(typed) <= RAW_CHARACTERS_MAX:
        assert parse_document("resident_id", typed) == parse_document("resident_id", number)


@given(st.sampled_from(DocumentType), st.text(max_size=2 * RAW_CHARACTERS_MAX))
def test_anything_typed_gets_an_answer_and_what_is_accepted_stays_as_it_is(kind: DocumentType, raw: str) -> None:
    parsed = parse_document(kind, raw)
    if isinstance(parsed, Document):
        assert parse_document(kind, parsed.number) == parsed
    else:
        assert parsed == INVALID


@given(st.text(max_size=RAW_CHARACTERS_MAX))
def test_normalising_twice_is_normalising_once(raw: str) -> None:
    once = normalise(raw)
    if once.isascii():
        assert normalise(once) == once


@given(passports, passports)
def test_two_documents_share_a_key_only_when_they_are_one(first: str, second: str) -> None:
    documents = [
        Document(kind, number) for kind in (DocumentType.PASSPORT, DocumentType.OTHER) for number in (first, second)
    ]
    for one in documents:
        for other in documents:
            assert (one.key == other.key) == (one == other)


@pytest.mark.parametrize(
    ("kind", "raw", "number"),
    [
        ("resident_id", "11010519491231002x", "11010519491231002X"),
        ("resident_id", "830000199001010006", with_check_digit("83000019900101000")),
        ("passport", "e 1234 5678", "E12345678"),
        ("hk_macao_permit", "H12345678", "H12345678"),
        ("hk_macao_permit", "h1234567802", "H12345678"),
        ("taiwan_permit", "1234567801", "12345678"),
        ("foreign_permanent_resident", "FRA110078060101", "FRA110078060101"),
        ("other", "南字第00123456号", "南字第00123456号"),
    ],
)
def test_numbers_as_they_are_printed(kind: str, raw: str, number: str) -> None:
    if kind == "resident_id":
        raw = raw[:-1] + number[-1]
    assert parse_document(kind, raw) == Document(DocumentType(kind), number)


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        ("resident_id", ""),
        ("resident_id", "110105491231002"),
        ("resident_id", with_check_digit("11010519490230002")),
        ("resident_id", with_check_digit("01010519491231002")),
        ("passport", "E123'; --"),
        ("passport", "E" * 16),
        ("hk_macao_permit", "X12345678"),
        ("taiwan_permit", "1234567"),
        ("foreign_permanent_resident", with_check_digit("91110519490230002")),
        ("other", "号"),
        ("other", "\ud800" * 5),
        ("passport", "1" * (RAW_CHARACTERS_MAX + 1)),
    ],
)
def test_what_is_no_number_is_refused(kind: str, raw: str) -> None:
    assert parse_document(kind, raw) == INVALID


def test_an_unknown_type_is_refused() -> None:
    assert parse_document("library_card", "12345678") == Refused(Reason.DOCUMENT_TYPE_UNKNOWN)


def test_the_number_is_not_shown_where_a_document_is_printed() -> None:
    assert "E12345678" not in repr(Document(DocumentType.PASSPORT, "E12345678"))
