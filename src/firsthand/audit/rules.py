"""What is decided about the log from facts alone."""

from collections.abc import Sequence

from firsthand.audit.checkpoint import Checkpoint, NoteFault, VerifyingKey, read_note
from firsthand.audit.merkle import Frontier
from firsthand.audit.model import CheckpointRow


def frontier_of(row: CheckpointRow) -> Frontier | None:
    """Return the frontier that a stored checkpoint claims, or None when it does not lead to the checkpoint's root."""
    try:
        frontier = Frontier(row.size, row.hashes)
    except ValueError:
        return None
    return frontier if frontier.root() == row.root else None


def is_sound(row: CheckpointRow, keys: Sequence[VerifyingKey]) -> bool:
    """Tell whether a stored checkpoint agrees with itself: its columns, its frontier and its signed note."""
    signed = read_note(row.note, keys)
    if isinstance(signed, NoteFault):
        return False
    return says_the_same(row, signed) and frontier_of(row) is not None


def says_the_same(row: CheckpointRow, outside: Checkpoint) -> bool:
    """Tell whether a stored checkpoint and a signed one name the same log."""
    return (row.size, row.root) == (outside.size, outside.root)
