"""The bytes of an audit line that the log seals.

Version 1 of the canonical form, from which anyone can recompute a leaf from a dump of the table:

    "firsthand audit line 1" 0x0A
    then each column of `audit.line` in the order of `LineRow`, as
        0x00                                        for NULL, or
        0x01 | length, 4 bytes | that many bytes    for a value (integers are big-endian)
    n, at: 8 bytes, signed. xid: 8 bytes, unsigned. uuid: its 16 bytes. text: UTF-8. detail: UTF-8 of the text that
    PostgreSQL prints for the jsonb value, which has one form for each value.

The lengths make it unambiguous: no two different rows have the same bytes.
"""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from firsthand.audit import merkle

LEAF_VERSION: Final = b"firsthand audit line 1\n"


@dataclass(frozen=True, slots=True, order=True)
class LineKey:
    """The place of a line in the order of the log: by transaction, then by number."""

    xid: int
    n: int


@dataclass(frozen=True, slots=True)
class LineRow:
    """A row of `audit.line` as it is stored.

    at: microseconds since 2000-01-01T00:00Z, PostgreSQL's own form, in which any tampered instant still has a value.
    detail: the text of the jsonb value.
    """

    n: int
    xid: int
    at: int
    actor_kind: str
    actor_id: UUID | None
    channel: str
    request_id: str
    action: str
    outcome: str
    hospital_id: UUID | None
    subject_id: UUID | None
    person_id: UUID | None
    purpose: str | None
    detail: str

    @property
    def key(self) -> LineKey:
        """Where the line stands in the order of the log."""
        return LineKey(self.xid, self.n)


def canonical_bytes(row: LineRow) -> bytes:
    """Return the bytes of `row` that are hashed into the log."""
    numbers = (_signed(row.n), row.xid.to_bytes(8), _signed(row.at))
    columns = (
        row.actor_kind,
        row.actor_id,
        row.channel,
        row.request_id,
        row.action,
        row.outcome,
        row.hospital_id,
        row.subject_id,
        row.person_id,
        row.purpose,
        row.detail,
    )
    return b"".join([LEAF_VERSION, *map(_value, numbers), *map(_column, columns)])


def hash_line(row: LineRow) -> bytes:
    """Return the leaf hash (32 bytes) of `row`."""
    return merkle.leaf_hash(canonical_bytes(row))


def _column(value: str | UUID | None) -> bytes:
    if value is None:
        return b"\x00"
    return _value(value.bytes if isinstance(value, UUID) else value.encode())


def _value(body: bytes) -> bytes:
    return b"\x01" + len(body).to_bytes(4) + body


def _signed(number: int) -> bytes:
    return number.to_bytes(8, signed=True)
