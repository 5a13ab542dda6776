"""Properties of the counter's rules, of corrections, and of kinds of documents."""

import unicodedata
from datetime import date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.channels.web.people_refusals import of_correction, of_counter
from firsthand.directory.correction.model import Correction, Evidence, EvidenceKind, Kind, Reason, Refused, State
from firsthand.directory.correction.rules import check_decision, check_merger, check_undoing, parse_evidence
from firsthand.directory.counter.model import CHILDREN_MAX, MINOR_YEARS, Basis, Deed
from firsthand.directory.counter.model import Reason as CounterReason
from firsthand.directory.counter.rules import TAIL_CHARACTERS, age_on, allows, check_child, is_same_name, tail
from firsthand.directory.person.model import RecordState
from firsthand.directory.person.rules import name_key
from firsthand.identity.document.model import Document, DocumentType
from firsthand.identity.document.rules import birth_of, parse_document
from firsthand.policy.documents import Alphabet, DocumentKind, NumberCheck
from tests.conftest import START
from tests.counter import resident

IDS = st.integers(1, 4).map(lambda number: UUID(int=number))
DAYS = st.dates(date(1900, 1, 1), date(2100, 1, 1))
RECORDS = st.builds(RecordState, IDS, st.none() | IDS, st.integers(0, 2), st.booleans())


@given(st.text(max_size=60))
def test_a_name_is_itself_however_it_is_written(name: str) -> None:
    for written in (name.upper().lower(), f" {name} ", " ".join(name), unicodedata.normalize("NFKC", name)):
        if name_key(written) == name_key(name) != "":
            assert is_same_name(written, [name])
    assert name_key(name_key(name)) == name_key(name)
    assert not is_same_name("", [name])
    assert is_same_name(name, [name]) == bool(name_key(name))


@given(st.text(max_size=40))
def test_a_masked_number_tells_no_more_than_a_third_of_itself(number: str) -> None:
    shown = tail(number)
    assert number.endswith(shown)
    assert len(shown) <= min(TAIL_CHARACTERS, len(number) // 3)


@given(DAYS, DAYS, st.integers(0, 12))
def test_only_minors_are_registered_without_a_document(born_on: date, today: date, children: int) -> None:
    refused = check_child(born_on, children, today=today)
    is_minor = born_on <= today and age_on(born_on, today) < MINOR_YEARS
    assert (refused is None) == (is_minor and children < CHILDREN_MAX)


@given(DAYS, st.integers(0, 100))
def test_nobody_grows_older_before_his_birthday(born_on: date, years: int) -> None:
    day = born_on + timedelta(days=int(years * 365.2425) - 1)
    if day >= born_on:
        assert age_on(born_on, day) <= years


@pytest.mark.parametrize("basis", Basis)
def test_only_a_document_on_the_counter_lets_a_record_be_changed(basis: Basis) -> None:
    for deed in (Deed.CHANGE, Deed.ASK_CORRECTION, Deed.READ_NUMBERS):
        assert allows(basis, deed) == (basis is Basis.DOCUMENT)
    assert allows(basis, Deed.LOOK)


@given(RECORDS, RECORDS)
def test_what_may_be_merged_leaves_neither_chains_nor_circles(kept: RecordState, other: RecordState) -> None:
    if check_merger(kept, other) is None:
        assert kept.id != other.id
        assert kept.merged_into is None
        assert other.merged_into is None
        assert other.merged_count == 0
    assert check_merger(kept, kept) is not None
    assert check_merger(None, other) == check_merger(kept, None) == Refused(Reason.NOT_FOUND)


@given(IDS, st.none() | IDS, st.sampled_from(State))
def test_a_decision_takes_two_and_is_taken_once(asker: UUID, decider: UUID | None, state: State) -> None:
    correction = _correction(asker, state)
    allowed = check_decision(correction, decider) is None
    assert allowed == (decider is not None and decider != asker and state is State.ASKED)
    assert (check_undoing(correction) is None) == (state is State.APPROVED)


@given(st.text(max_size=1200), st.sampled_from(EvidenceKind))
def test_evidence_that_is_accepted_can_be_read(note: str, kind: EvidenceKind) -> None:
    parsed = parse_evidence(kind, note)
    if isinstance(parsed, Evidence):
        assert parsed.note.isprintable() or all(unicodedata.category(one)[0] != "C" for one in parsed.note)
        assert parse_evidence(kind, parsed.note) == parsed


@given(DAYS.filter(lambda day: day.year >= 1900), st.integers(0, 999))
def test_a_resident_number_tells_the_day_that_it_was_made_for(born_on: date, number: int) -> None:
    assert birth_of(resident(born_on, number)) == born_on
    assert birth_of(Document(DocumentType.PASSPORT, resident(born_on, number).number)) is None


@given(st.text(max_size=120), st.sampled_from(NumberCheck), st.sets(st.sampled_from(Alphabet), min_size=1))
def test_a_further_kind_accepts_only_what_it_says(raw: str, check: NumberCheck, alphabet: set[Alphabet]) -> None:
    check = NumberCheck.NONE if Alphabet.HAN in alphabet else check
    kind = DocumentKind("kind", "证", "Kind", tuple(sorted(alphabet)), 5, 12, 5, check)
    parsed = parse_document("kind", raw, (kind,))
    if isinstance(parsed, Document):
        assert len(parsed.number) == 5
        assert Alphabet.DIGITS in alphabet or not any(one in "0123456789" for one in parsed.number)
        assert Alphabet.HAN in alphabet or parsed.number.isascii()


def test_every_refusal_has_words() -> None:
    assert {of_counter(reason) for reason in CounterReason}
    assert {of_correction(reason) for reason in Reason}


def _correction(asker: UUID, state: State) -> Correction:
    moment: datetime = START
    evidence = Evidence(EvidenceKind.ORIGINAL_DOCUMENT, "A note that is long enough")
    someone = UUID(int=9)
    return Correction(
        someone, Kind.MERGER, state, someone, someone, UUID(int=8), None, None, evidence, (), asker, moment, None, None,
        None,
    )  # fmt: skip
