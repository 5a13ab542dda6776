"""What is wrong with a feed, said so that whoever publishes it can find the place."""

import unicodedata
from dataclasses import dataclass, field
from typing import Final

PROBLEMS_MAX: Final = 100


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong. line: counted from 1, or None for the file as a whole. field: "" for the whole line."""

    file: str
    line: int | None
    field: str
    what: str

    def __str__(self) -> str:
        """Return `file:line: field: what`, leaving out what does not apply."""
        where = self.file if self.line is None else f"{self.file}:{self.line}"
        return ": ".join(part for part in (where, self.field, self.what) if part)


@dataclass(frozen=True, slots=True)
class Rejected:
    """A feed of which nothing is imported. more: whether problems beyond the first hundred were left uncounted."""

    problems: tuple[Problem, ...]
    more: bool = False


@dataclass(slots=True)
class Problems:
    """The first hundred problems of a feed, in the order in which they were met."""

    found: list[Problem] = field(default_factory=list)
    more: bool = False

    def add(self, problem: Problem) -> None:
        """Keep `problem` while there is room."""
        if len(self.found) < PROBLEMS_MAX:
            self.found.append(problem)
        else:
            self.more = True

    def rejection(self) -> Rejected | None:
        """Return what to answer if there is any problem."""
        return Rejected(tuple(self.found), self.more) if self.found else None


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a file, to which problems are added."""

    problems: Problems
    file: str
    line: int | None

    def report(self, field_name: str, what: str) -> None:
        """Add a problem with `field_name` on this line."""
        self.problems.add(Problem(self.file, self.line, field_name, what))

    def text(self, field_name: str, value: str, *, length_max: int, required: bool = False) -> str:
        """Return `value` without the space around it, reporting what cannot be stored or shown."""
        value = unicodedata.normalize("NFC", value.strip())
        if required and not value:
            self.report(field_name, "is empty")
        elif len(value) > length_max:
            self.report(field_name, f"has {len(value)} characters; at most {length_max} are allowed")
        elif any(unicodedata.category(character) in ("Cc", "Cs") for character in value):
            self.report(field_name, "contains a control character")
        return value

    def whole_number(self, field_name: str, value: object, *, maximum: int) -> int:
        """Return `value` if it is a whole number from 0 to `maximum`; else report it and return 0."""
        if isinstance(value, bool) or not isinstance(value, int):
            self.report(field_name, f"is {shown(value)}; a whole number is expected")
            return 0
        if not 0 <= value <= maximum:
            self.report(field_name, f"is {shown(value)}; 0 to {maximum} is allowed")
            return 0
        return value


def shown(value: object) -> str:
    """Return `value` as an error message shows it: quoted where it is text, and short."""
    shown_max = 60
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= shown_max else text[: shown_max - 3] + "..."
