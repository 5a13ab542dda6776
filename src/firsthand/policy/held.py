"""What is held on one person, as his own rows say it: what the rooms hand to `account`, which shows it to him."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

# Text, a number, yes or no, a day, an aware instant, an id that `account` replaces by words, or a list of texts.
Value = str | int | bool | date | datetime | UUID | tuple[str, ...] | None

# The columns of one row, opened where they are sealed, by their names in the table.
Row = Mapping[str, Value]

# Rows by their tables, named with the schema as in `register.py`.
Rows = Mapping[str, Sequence[Row]]


def rows_of(columns: str, found: Iterable[Sequence[Value]]) -> list[Row]:
    """Return rows with the names of their columns, which are separated by spaces."""
    names = columns.split()
    return [dict(zip(names, row, strict=True)) for row in found]
