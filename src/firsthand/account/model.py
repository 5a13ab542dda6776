"""What is shown to a person of himself, how each column of it is told, and why something is refused."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import LiteralString
from uuid import UUID

from firsthand.platform.access import Role
from firsthand.policy.retention import Category, Term


class Reason(StrEnum):
    """Why nothing is shown. PERSON_UNKNOWN: nobody whose data the reader may see, whether he exists or not.

    STALE: what can be carried away asks for a sign-in of the last minutes.
    """

    NOT_PERMITTED = "not_permitted"
    PERSON_UNKNOWN = "person_unknown"
    STALE = "sign_in_stale"
    TOO_MANY = "too_many_requests"


@dataclass(frozen=True, slots=True)
class Refused:
    """Refused, and why."""

    reason: Reason


class Form(StrEnum):
    """How a column is told. WORD: one of a few codes. NUMBER: a document's. KIND: a type of document, perhaps its end.

    PERSON, STAFF, HOSPITAL: an id, which is told by whom or what it stands for.
    """

    TEXT = "text"
    WORD = "word"
    INSTANT = "instant"
    DAY = "day"
    YES_NO = "yes_no"
    COUNT = "count"
    NUMBER = "number"
    KIND = "kind"
    PERSON = "person"
    STAFF = "staff"
    HOSPITAL = "hospital"


@dataclass(frozen=True, slots=True)
class Listing:
    """Rows of one table that a person is shown, under a key that his file has too.

    forms: how each column is told, in this order. by_others: columns that are not told themselves because another one
    says the same in a way that means something to him.
    """

    key: str
    table: str
    category: Category
    forms: Mapping[str, Form]
    by_others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Withheld:
    """Columns that a person is not shown, and why. why: a sentence of the catalogue."""

    table: str
    columns: tuple[str, ...]
    why: LiteralString


class Is(StrEnum):
    """Who somebody is to the person who reads."""

    YOU = "you"
    PERSON = "person"
    STAFF = "staff"
    HOUSE = "house"


@dataclass(frozen=True, slots=True)
class Who:
    """Somebody, as far as the reader may know him.

    name: of a person to whom a tie binds him, "" of any other. reference: by which the same member of staff is known
    again on his pages, and by nobody else. roles: in which that member may have acted.
    """

    kind: Is
    name: str = field(default="", repr=False)
    reference: str = ""
    roles: tuple[Role, ...] = ()


# What a row says once ids are replaced. Texts are as they were typed: whoever shows them escapes them.
Told = str | int | bool | date | datetime | Who | tuple[str, ...] | None
ToldRow = Mapping[str, Told]


@dataclass(frozen=True, slots=True)
class Section:
    """The rows of one listing, and for how long they are kept."""

    listing: Listing
    term: Term
    rows: tuple[ToldRow, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Child:
    """A child as whose guardian the reader acts, and whose data he may see therefore."""

    person_id: UUID
    name: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Look:
    """That somebody did something with the person's data. n: the number of the line, from which older ones go on.

    outcome: "done", or the reason of a refusal. hospital: its name, "" where it was at none.
    """

    n: int
    at: datetime
    who: Who
    action: str
    outcome: str
    channel: str
    hospital: str


@dataclass(frozen=True, slots=True)
class LooksPage:
    """Looks, newest first. more: the number below which the next page begins, None where this is the last."""

    of: UUID
    child: str = field(repr=False)
    looks: tuple[Look, ...] = field(repr=False)
    more: int | None


@dataclass(frozen=True, slots=True)
class PersonData:
    """All that is held on a person. of: whose; child: the name of the child whose data a guardian reads, "" of oneself.

    others_bookings: how many bookings he took for people for whom he acts no more; they are those people's.
    shows_numbers: whether document numbers are whole. children: whose data he may read besides his own.
    """

    of: UUID
    child: str = field(repr=False)
    made_at: datetime
    sections: tuple[Section, ...] = field(repr=False)
    others_bookings: int
    shows_numbers: bool
    children: tuple[Child, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class DataFile:
    """What a person carries away: everything, and who looked. older_looks: whether there are more than it holds."""

    data: PersonData
    looks: tuple[Look, ...] = field(repr=False)
    older_looks: bool
