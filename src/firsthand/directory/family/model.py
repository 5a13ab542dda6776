"""Ties: who may act for whom, and what is asked about them."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from firsthand.directory.person.model import PersonName
from firsthand.identity.document.model import Document
from firsthand.platform.i18n import Language


class Kind(StrEnum):
    """A guardian acts for a minor; a carer for an adult."""

    GUARDIAN = "guardian"
    CARER = "carer"


class State(StrEnum):
    """ASKED waits for somebody's yes and permits nothing. ENDED never begins again."""

    ASKED = "asked"
    ACTIVE = "active"
    ENDED = "ended"


class How(StrEnum):
    """How somebody said yes: on his own page, by a code from his own phone, as the guardian, or at a desk."""

    OWN_PAGE = "own_page"
    OWN_CODE = "own_code"
    GUARDIAN = "guardian"
    DESK = "desk"


class Ended(StrEnum):
    """Why a tie is over. LAPSED: nobody said yes in time. TERM: it was not renewed."""

    DECLINED = "declined"
    TAKEN_BACK = "taken_back"
    LAPSED = "lapsed"
    BY_CARER = "by_carer"
    BY_DEPENDANT = "by_dependant"
    MAJORITY = "majority"
    TERM = "term"
    BY_DESK = "by_desk"


class Reason(StrEnum):
    """Why a request about a tie is refused. None says whether a document is known.

    TIE_UNKNOWN: also another's tie. CONFIRMED_BY_OTHERS: not by this person, or not in this way.
    """

    NOT_PERMITTED = "not_permitted"
    TIE_UNKNOWN = "tie_unknown"
    ONESELF = "oneself"
    CARER_NOT_OF_AGE = "carer_not_of_age"
    LABEL_INVALID = "label_invalid"
    CHILD_OF_AGE = "child_of_age"
    BIRTH_INVALID = "birth_invalid"
    BIRTH_DIFFERS = "birth_differs"
    TOO_MANY_DEPENDANTS = "too_many_dependants"
    TOO_MANY_UNDOCUMENTED = "too_many_undocumented"
    TOO_MANY_CARERS = "too_many_carers"
    TOO_MANY_NEW = "too_many_new"
    ASKED_LATELY = "asked_lately"
    PHONE_SHARED = "phone_shared"
    ALREADY_TIED = "already_tied"
    ALREADY_ENDED = "already_ended"
    CONFIRMED_BY_OTHERS = "confirmed_by_others"
    TOO_EARLY_TO_RENEW = "too_early_to_renew"
    PERSON_UNKNOWN = "person_unknown"
    TOO_MANY_REQUESTS = "too_many_requests"
    CODE_WRONG = "code_wrong"
    CODE_SPENT = "code_spent"


@dataclass(frozen=True, slots=True)
class Refused:
    """Refused, and why."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class AdultAsked:
    """A carer asks to act for the adult with this document. label: what he calls him, as `rules.parse_label` gives it.

    The name of somebody who has not said yes is none of his business, so the label stands for it.
    """

    document: Document
    label: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ChildAsked:
    """A guardian registers a child, or asks to be another guardian of one. document: None for a child without one."""

    name: PersonName = field(repr=False)
    born_on: date = field(repr=False)
    document: Document | None
    language: Language


@dataclass(frozen=True, slots=True)
class Asked:
    """The answer to every asking that is within the caps: it says nothing of whether anybody is known."""

    tie_id: UUID


@dataclass(frozen=True, slots=True)
class Active:
    """A tie is active, and may be used from an instant."""

    tie_id: UUID
    usable_from: datetime


@dataclass(frozen=True, slots=True)
class HasEnded:
    """A tie is over."""

    tie_id: UUID
    why: Ended


@dataclass(frozen=True, slots=True)
class Tie:
    """A tie as its row tells it. Instants are aware; what does not apply is None.

    dependant_id: None while nobody is known. lapses_at: until when an asking waits. usable_from: when its cooling
    time is over. term_ends_at: of a carer. counted_from: of a guardian, the day from which the date of birth is
    looked at.
    """

    id: UUID
    kind: Kind
    carer_id: UUID
    dependant_id: UUID | None
    state: State
    asked_at: datetime
    lapses_at: datetime
    code_id: UUID | None
    active_from: datetime | None
    usable_from: datetime | None
    term_ends_at: datetime | None
    counted_from: date | None
    ended_at: datetime | None
    ended_why: Ended | None
    label: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Past:
    """One tie of a carer, as his caps count it. undocumented: its child has no document."""

    state: State
    asked_at: datetime
    was_active: bool
    ended_at: datetime | None
    ended_why: Ended | None
    undocumented: bool = False


@dataclass(frozen=True, slots=True)
class Consent:
    """Who said yes to a tie, how and when, to which words, and what a desk saw."""

    tie_id: UUID
    given_by: UUID
    how: How
    words: str
    language: Language
    given_at: datetime
    staff_id: UUID | None = None
    hospital_id: UUID | None = None
    seen: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ShownTie:
    """A tie as one of its two sides sees it. name: the other side's, or the label where it is not his to know.

    child_name: whose guardian the other wants to be, where a guardian of the child looks. undocumented: the dependant
    has no document, and checks in by his guardian's. living: active, and not run out.
    waiting: for a yes.
    """

    tie: Tie
    name: str = field(repr=False)
    child_name: str = field(repr=False)
    can_confirm: bool
    can_renew: bool
    undocumented: bool
    living: bool
    waiting: bool
