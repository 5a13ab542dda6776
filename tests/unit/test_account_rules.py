"""What a person is told of himself, by rules: nothing held is forgotten, and nothing told says too much."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from firsthand.account import rules
from firsthand.account.listings import LISTINGS, LOOKS, WITHHELD, term_of
from firsthand.account.model import Is, Listing
from firsthand.directory.staff.model import Duty
from firsthand.platform.access import Role
from firsthand.policy.register import HOLDINGS
from firsthand.policy.retention import Category

NOW = datetime(2026, 3, 2, tzinfo=UTC)
WHAT_TO_DO = """
What is held of people and what they are shown do not fit: {}
A column of HOLDINGS (policy/register.py) is shown in a listing of account/listings.py, or withheld there with a reason.
"""
BOTH: tuple[Listing, ...] = (*LISTINGS, LOOKS)


def placed() -> list[tuple[str, str]]:
    """Return every column with a place, once for each place."""
    shown = [(one.table, column) for one in BOTH for column in (*one.forms, *one.by_others)]
    return shown + [(one.table, column) for one in WITHHELD for column in one.columns]


def test_every_column_that_is_held_of_people_is_shown_or_withheld_with_a_reason() -> None:
    held = {(holding.table, column) for holding in HOLDINGS for column in holding.columns}
    missing = sorted(held - set(placed()))
    assert not missing, WHAT_TO_DO.format(missing)
    assert all(one.why for one in WITHHELD)


def test_no_column_is_both_shown_and_withheld() -> None:
    shown = {(one.table, column) for one in BOTH for column in (*one.forms, *one.by_others)}
    assert not shown & {(one.table, column) for one in WITHHELD for column in one.columns}


def test_what_is_listed_is_held_in_that_category_for_one_term() -> None:
    # Of a booking the session's own columns stand for the ids of session and place.
    told_for_ids = {"hospital_id", "department", "doctor", "starts_at", "ends_at", "number"}
    for listing in BOTH:
        holdings = [one for one in HOLDINGS if (one.table, one.category) == (listing.table, listing.category)]
        columns = {column for one in holdings for column in one.columns}
        extra = set(listing.forms) - columns - (told_for_ids if listing.table == "booking.booking" else set())
        assert not extra, (listing.key, extra)
        assert {one.term for one in holdings if set(one.columns) & set(listing.forms)} == {term_of(listing)}


def test_a_new_column_without_a_place_is_noticed() -> None:
    assert ("directory.person", "shoe_size") not in placed()
    assert ("directory.person", "name") in placed()


@given(st.text(min_size=1, max_size=40))
def test_a_masked_number_keeps_its_length_and_at_most_a_third_of_itself(number: str) -> None:
    masked = rules.mask(number)
    kept = len(masked) - len(masked.rstrip("*")) if number.endswith("*") else len(number) - masked.rfind("*") - 1
    assert len(masked) == len(number)
    assert masked.startswith("*")
    if "*" not in number:
        assert kept <= min(4, len(number) // 3)
        assert number.endswith(masked.lstrip("*"))


@given(st.binary(min_size=5, max_size=32))
def test_a_reference_can_be_read_aloud(index: bytes) -> None:
    reference = rules.reference_of(index)
    assert len(reference) == 9
    assert reference[4] == "-"
    assert not set(reference) & set("ILOU")
    assert reference == rules.reference_of(index[:5])


@given(st.binary(min_size=5, max_size=5), st.binary(min_size=5, max_size=5))
def test_different_marks_have_different_references(one: bytes, other: bytes) -> None:
    assert (rules.reference_of(one) == rules.reference_of(other)) == (one == other)


def duty(role: Role, hospital: int | None, begins: int, ends: int | None) -> Duty:
    """Return a duty between two hours."""
    until = None if ends is None else NOW + timedelta(hours=ends)
    where = None if hospital is None else UUID(int=hospital)
    return Duty(UUID(int=9), UUID(int=8), where, role, NOW + timedelta(hours=begins), until)


@given(
    st.lists(
        st.builds(
            duty,
            st.sampled_from(Role),
            st.sampled_from([1, 2, None]),
            st.integers(0, 9),
            st.none() | st.integers(10, 20),
        )
    ),
    st.integers(0, 30),
)
def test_roles_are_those_of_duties_that_lasted_there_at_the_time(duties: list[Duty], hour: int) -> None:
    at = NOW + timedelta(hours=hour)
    roles = rules.roles_at(duties, UUID(int=1), at)
    lasting = {one.role for one in duties if one.begins_at <= at and (one.ends_at is None or at < one.ends_at)}
    assert set(roles) <= lasting
    assert set(roles) >= {
        one.role for one in duties if one.hospital_id == UUID(int=1) and one.begins_at <= at and one.ends_at is None
    }
    assert list(roles) == sorted(set(roles))
    assert set(rules.roles_at(duties, None, at)) == lasting


def test_others_are_named_only_where_a_tie_makes_them_known() -> None:
    me, other, stranger = (UUID(int=number) for number in (1, 2, 3))
    names = {other: "Carer"}
    assert rules.person_of(None, [me], names) is None
    told = [rules.person_of(one, [me], names) for one in (me, other, stranger)]
    assert [(one.kind, one.name) for one in told if one] == [(Is.YOU, ""), (Is.PERSON, "Carer"), (Is.PERSON, "")]


def test_whether_somebody_is_known_by_a_document_is_not_told_while_nobody_said_yes() -> None:
    me, other = UUID(int=1), UUID(int=2)
    asked = {"carer_id": me, "dependant_id": other, "active_from": None}
    assert rules.dependant_of(asked, [me])["dependant_id"] is None
    assert rules.dependant_of(asked, [other])["dependant_id"] == other
    assert rules.dependant_of({**asked, "active_from": NOW}, [me])["dependant_id"] == other


def test_a_note_about_two_people_is_nobodys() -> None:
    told = [
        rules.may_see_evidence({"kind": kind, "state": state})
        for kind in ("document", "merger")
        for state in ("asked", "approved", "refused", "undone")
    ]
    assert told == [True] * 4 + [False, True, False, False]


def test_a_guardian_sees_all_but_the_childs_own_sign_in() -> None:
    hidden = {listing.key for listing in LISTINGS if not rules.is_shown_to_guardian(listing)}
    assert hidden == {listing.key for listing in LISTINGS if listing.category is Category.SIGN_IN}
    assert hidden == {"sessions", "passkeys"}
