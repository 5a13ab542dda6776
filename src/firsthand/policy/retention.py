"""What is held of people, why, and until when: the words of it. `register.py` has the list, table by table.

`python -m firsthand.policy.register` prints docs/retention.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, LiteralString

from firsthand.platform.i18n import phrase

DAYS_OF_YEAR: Final = 365


class Category(StrEnum):
    """What kind of data it is. `WORDS` says of each what it is called, what it is for, and by what right."""

    IDENTITY = "identity"
    CONTACT = "contact"
    APPOINTMENT = "appointment"
    FAMILY = "family"
    MESSAGE = "message"
    SIGN_IN = "sign_in"
    REQUEST = "request"
    RECORD = "record"
    CARE = "care"
    STAFF = "staff"


@dataclass(frozen=True, slots=True)
class CategoryWords:
    """A category in plain words: its name, what the data is for, and on what it rests. Sentences of the catalogue."""

    name: LiteralString
    purpose: LiteralString
    basis: LiteralString


_CONTRACT: Final = phrase(
    "It is needed for the appointment that you asked for (Personal Information Protection Law, Article 13 (2))"
)
_DUTY: Final = phrase("The law demands it (Personal Information Protection Law, Article 13 (3))")
_CONSENT: Final = phrase(
    "You agreed to it, and can take that back (Personal Information Protection Law, Articles 13 (1) and 15)"
)

WORDS: Final[Mapping[Category, CategoryWords]] = {
    Category.IDENTITY: CategoryWords(
        phrase("Who you are"),
        phrase("Appointments are made in a real name, so that nobody can trade in them"),
        _DUTY,
    ),
    Category.CONTACT: CategoryWords(
        phrase("How to reach you"),
        phrase("Codes for signing in and news of your appointments are sent there"),
        _CONTRACT,
    ),
    Category.APPOINTMENT: CategoryWords(
        phrase("Your appointments"),
        phrase("The hospital expects you by them, and limits for everybody are counted from them"),
        _CONTRACT,
    ),
    Category.FAMILY: CategoryWords(
        phrase("Family and carers"),
        phrase("It says who may book for whom"),
        _CONSENT,
    ),
    Category.MESSAGE: CategoryWords(
        phrase("Messages to you"),
        phrase("They tell you what happened, and can be looked up when one did not arrive"),
        _CONTRACT,
    ),
    Category.SIGN_IN: CategoryWords(
        phrase("Signing in"),
        phrase("It keeps others out of your account"),
        _CONTRACT,
    ),
    Category.REQUEST: CategoryWords(
        phrase("Your requests"),
        phrase("You asked for something and have a right to an answer"),
        _DUTY,
    ),
    Category.RECORD: CategoryWords(
        phrase("The record of what was done"),
        phrase("It proves who did what. It names people by an id alone, and cannot be changed"),
        _DUTY,
    ),
    Category.CARE: CategoryWords(
        phrase("Doctors"),
        phrase("Hospitals publish who sees patients"),
        phrase("The hospital published it (Personal Information Protection Law, Article 13 (6))"),
    ),
    Category.STAFF: CategoryWords(
        phrase("Staff"),
        phrase("It says who of the staff may do what, and who did it"),
        _DUTY,
    ),
}


class Since(StrEnum):
    """The instant from which a term runs. `SINCE` has the words."""

    FORGOTTEN = "forgotten"
    OWNER_GONE = "owner_gone"
    SESSION = "session"
    MADE = "made"
    ENDED = "ended"
    EXPIRED = "expired"
    LEFT = "left"
    NEVER = "never"


SINCE: Final[Mapping[Since, LiteralString]] = {
    Since.FORGOTTEN: phrase(
        "when you have your account deleted, or have not come for as long as appointments are kept"
    ),
    Since.OWNER_GONE: phrase("when you have your account deleted; of staff, 30 days after they left"),
    Since.SESSION: phrase("after the day of the appointment"),
    Since.MADE: phrase("after it was written down"),
    Since.ENDED: phrase("after it ended"),
    Since.EXPIRED: phrase("after it ran out"),
    Since.LEFT: phrase("after the member of staff left"),
    Since.NEVER: phrase("for as long as the record is kept"),
}


class Ending(StrEnum):
    """What happens when a term is over. `ENDINGS` has the words."""

    ERASE = "erase"
    BLANK = "blank"
    PROOF = "proof"


ENDINGS: Final[Mapping[Ending, LiteralString]] = {
    Ending.ERASE: phrase("It is erased"),
    Ending.BLANK: phrase("The value is erased; an id without a name stays"),
    Ending.PROOF: phrase("It is kept as proof, under an id without a name"),
}


@dataclass(frozen=True, slots=True)
class Term:
    """How long something is kept: so many days since an instant, and what happens then. days: 0 is at once."""

    days: int
    since: Since
    ending: Ending

    def begins(self, now: datetime) -> datetime:
        """Return the aware instant before which a thing must have ended, been made ..., to be over at `now`."""
        return now - timedelta(days=self.days)


# What is asked again after years is asked of the appointment: e-commerce law keeps a transaction for three years
# (E-Commerce Law, Article 31), and a claim can be brought as long (Civil Code, Article 188).
APPOINTMENT_TERM: Final = Term(3 * DAYS_OF_YEAR, Since.SESSION, Ending.ERASE)
PERSON_TERM: Final = Term(0, Since.FORGOTTEN, Ending.BLANK)
PERSONS_ROW_TERM: Final = Term(0, Since.FORGOTTEN, Ending.ERASE)
OWNERS_ROW_TERM: Final = Term(0, Since.OWNER_GONE, Ending.ERASE)
MESSAGE_TERM: Final = Term(90, Since.MADE, Ending.ERASE)
ENDED_TERM: Final = Term(3 * DAYS_OF_YEAR, Since.ENDED, Ending.ERASE)
EXPIRED_TERM: Final = Term(0, Since.EXPIRED, Ending.ERASE)
DAY_TERM: Final = Term(1, Since.MADE, Ending.ERASE)
LEFT_TERM: Final = Term(30, Since.LEFT, Ending.ERASE)
PROOF_TERM: Final = Term(0, Since.NEVER, Ending.PROOF)


@dataclass(frozen=True, slots=True)
class Holding:
    """Columns of one table that hold data of people, in one category and for one term."""

    table: str
    columns: tuple[str, ...]
    category: Category
    term: Term


@dataclass(frozen=True, slots=True)
class Impersonal:
    """Columns of one table that say nothing of any person, and why that is so."""

    table: str
    columns: tuple[str, ...]
    why: str


def find_unknown(
    columns: Mapping[str, frozenset[str]], holdings: tuple[Holding, ...], impersonal: tuple[Impersonal, ...]
) -> list[str]:
    """Return what is wrong between a database and the list, in sentences: columns of neither, of both, of nothing.

    columns: of each table, named with its schema.
    """
    listed: dict[str, list[str]] = {}
    entries: tuple[Holding | Impersonal, ...] = (*holdings, *impersonal)
    for entry in entries:
        listed.setdefault(entry.table, []).extend(entry.columns)
    wrong = []
    for table in sorted(columns.keys() | listed.keys()):
        known, names = columns.get(table, frozenset()), listed.get(table, [])
        wrong += [f"{table}.{name} is in no entry" for name in sorted(known - set(names))]
        wrong += [f"{table}.{name} is listed and does not exist" for name in sorted(set(names) - known)]
        wrong += [f"{table}.{name} is listed twice" for name in sorted({n for n in names if names.count(n) > 1})]
    return wrong


def length_of(term: Term) -> str:
    """Return a term's length in English, for the page of the docs: "3 years", "90 days", "at once"."""
    if term.days == 0:
        return "at once" if term.since is not Since.NEVER else "kept"
    years, rest = divmod(term.days, DAYS_OF_YEAR)
    if years and not rest:
        return f"{years} year{'s' * (years > 1)}"
    return f"{term.days} day{'s' * (term.days > 1)}"


def page(holdings: tuple[Holding, ...], impersonal: tuple[Impersonal, ...]) -> str:
    """Return docs/retention.md."""
    lines = [
        "# What is kept of people, why, and how long",
        "",
        "This page is written by `python -m firsthand.policy.register`. `tests/store/test_retention.py` fails when a",
        "column of the database is in no entry. The worker erases once an hour what is over its term",
        "(`channels/worker/erasing.py`), and every five minutes what ran out. What nobody decides in 90 days (a wished",
        "correction, the review of an emergency access) ends then. Who has his account deleted becomes an id without a",
        "name, and everything of his that says who he was goes in that moment, earlier than the terms below where",
        "those are longer: his messages, the words of his requests, his corrections. The last message, which says that",
        "it is done, goes by the term of messages. Why it is so: [retention](decisions/0016-retention.md), and",
        "[the rights of the person](decisions/0020-rights-of-the-person.md).",
        "",
        "## Why",
        "| Data | What for | By what right |",
        "|---|---|---|",
        *(f"| {words.name} | {words.purpose} | {words.basis} |" for words in WORDS.values()),
        "",
        "## How long",
        "| Table | Columns | Data | Kept | From when | Then |",
        "|---|---|---|---|---|---|",
    ]
    for held in holdings:
        names = ", ".join(f"`{name}`" for name in held.columns)
        term = held.term
        lines.append(
            f"| `{held.table}` | {names} | {WORDS[held.category].name} | {length_of(term)} | {SINCE[term.since]} | "
            f"{ENDINGS[term.ending]} |"
        )
    lines += ["", "## What says nothing of any person", "| Table | Columns | Why |", "|---|---|---|"]
    lines += [
        f"| `{entry.table}` | {', '.join(f'`{name}`' for name in entry.columns)} | {entry.why} |"
        for entry in impersonal
    ]
    return "\n".join([*lines, ""])
