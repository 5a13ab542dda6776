"""The sealed bytes of a line: the same for the same row, and different for any other."""

from dataclasses import fields, replace
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from firsthand.audit.leaf import LineKey, LineRow, canonical_bytes, hash_line

TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=6)
IDS = st.none() | st.uuids()
BIGINT = st.integers(-(2**63), 2**63 - 1)
ROWS = st.builds(
    LineRow,
    n=BIGINT,
    xid=st.integers(0, 2**64 - 1),
    at=BIGINT,
    actor_kind=TEXT,
    actor_id=IDS,
    channel=TEXT,
    request_id=TEXT,
    action=TEXT,
    outcome=TEXT,
    hospital_id=IDS,
    subject_id=IDS,
    person_id=IDS,
    purpose=st.none() | TEXT,
    detail=TEXT,
)
ROW = LineRow(
    7, 740, 825638400000000, "person", UUID(int=1), "web", "r1", "take", "done", None, None, UUID(int=2), None, "{}"
)


def test_version_one_never_changes() -> None:
    """The layout that the module describes, byte by byte: what is sealed today is checked in ten years."""
    assert canonical_bytes(ROW) == b"".join(
        [
            b"firsthand audit line 1\n",
            b"\x01\x00\x00\x00\x08" + bytes(7) + b"\x07",
            b"\x01\x00\x00\x00\x08" + (740).to_bytes(8),
            b"\x01\x00\x00\x00\x08" + (825638400000000).to_bytes(8),
            b"\x01\x00\x00\x00\x06person",
            b"\x01\x00\x00\x00\x10" + bytes(15) + b"\x01",
            b"\x01\x00\x00\x00\x03web",
            b"\x01\x00\x00\x00\x02r1",
            b"\x01\x00\x00\x00\x04take",
            b"\x01\x00\x00\x00\x04done",
            b"\x00\x00",
            b"\x01\x00\x00\x00\x10" + bytes(15) + b"\x02",
            b"\x00",
            b"\x01\x00\x00\x00\x02{}",
        ]
    )
    assert hash_line(ROW).hex() == "2d18ee8967fae4b260e537c2f7ccb039ff889a511857cba73696f6961cf4a4dd"


@given(ROWS, ROWS, st.data())
def test_any_changed_column_changes_the_bytes(row: LineRow, other: LineRow, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from([column.name for column in fields(LineRow)]))
    changed = replace(row, **{name: getattr(other, name)})
    assert (canonical_bytes(changed) == canonical_bytes(row)) == (changed == row)


@given(ROWS, ROWS)
def test_different_rows_have_different_bytes(one: LineRow, other: LineRow) -> None:
    assert (canonical_bytes(one) == canonical_bytes(other)) == (one == other)


@given(ROWS, st.data())
def test_text_that_moves_to_the_next_column_is_seen(row: LineRow, data: st.DataObject) -> None:
    text = row.action + row.outcome
    cut = data.draw(st.integers(0, len(text)))
    moved = replace(row, action=text[:cut], outcome=text[cut:])
    assert (canonical_bytes(moved) == canonical_bytes(row)) == (moved == row)


@given(ROWS, ROWS)
def test_lines_are_ordered_by_transaction_and_then_by_number(one: LineRow, other: LineRow) -> None:
    assert (one.key < other.key) == ((one.xid, one.n) < (other.xid, other.n))
    assert one.key == LineKey(one.xid, one.n)
