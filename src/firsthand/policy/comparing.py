"""What differs between two policies of one kind, and what one says, field by field."""

from dataclasses import dataclass

from firsthand.policy.fields import FORMS, Field, Rows
from firsthand.policy.model import Policy
from firsthand.policy.typed import written


@dataclass(frozen=True, slots=True)
class Change:
    """What differs between two policies in one field. row: the name of the row that it stands in, "" outside of lists.

    before, after: as they are typed, CHOICES separated by commas; None where there was, or will be, no such row.
    """

    meaning: str
    field: Field
    row: str
    before: str | None
    after: str | None


def compare(name: str, before: Policy, after: Policy) -> tuple[Change, ...]:
    """Return what differs between two policies of the kind `name`, field by field; rows go by their first field.

    Rows in another order alone are no difference.
    """
    old, new = _named(name, before), _named(name, after)
    keys = [*new, *(key for key in old if key not in new)]
    return tuple(
        Change(meaning, (new.get(key) or old[key])[0], row, _written(old.get(key)), _written(new.get(key)))
        for key in keys
        for meaning, row in [key]
        if _written(old.get(key)) != _written(new.get(key))
    )


def describe(name: str, policy: Policy) -> tuple[Change, ...]:
    """Return every field of a policy with its value, as `compare` returns what differs: before and after are alike."""
    return tuple(
        Change(meaning, field, row, value, value) for (meaning, row), (field, value) in _named(name, policy).items()
    )


def _named(name: str, policy: Policy) -> dict[tuple[str, str], tuple[Field, str]]:
    """Return every value with its field, by its meaning and the name of its row."""
    found: dict[tuple[str, str], tuple[Field, str]] = {}
    for entry in FORMS[name].entries:
        if isinstance(entry, Rows):
            for record in getattr(policy, entry.name):
                row = str(getattr(record, entry.fields[0].name))
                for field in entry.fields:
                    value = written(getattr(record, field.name))
                    found[f"{name}.{entry.name}.{field.name}", row] = (field, value)
        else:
            found[f"{name}.{entry.name}", ""] = (entry, written(getattr(policy, entry.name)))
    return found


def _written(entry: tuple[Field, str] | None) -> str | None:
    return entry[1] if entry else None
