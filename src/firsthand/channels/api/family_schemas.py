"""What the API takes and gives about families. Field names are stable; times are RFC 3339 with an offset."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from firsthand.channels.api.schemas import Text100


class AdultTieIn(Struct, frozen=True, forbid_unknown_fields=True):
    """Whom somebody wants to act for. label: what he calls this person; nobody else sees it."""

    document_type: Text100
    document_number: Text100
    label: Text100


class ChildTieIn(Struct, frozen=True, forbid_unknown_fields=True):
    """A child, under the caller as its guardian. A document's type and number both, or neither."""

    name: Annotated[str, Meta(min_length=1, max_length=200)]
    born_on: date
    document_type: Text100 | None = None
    document_number: Text100 | None = None
    language: Annotated[str, Meta(min_length=2, max_length=20)] = "zh-Hans"


class TieCodeIn(Struct, frozen=True, forbid_unknown_fields=True):
    """The code that went to the dependant's own phone."""

    code: Annotated[str, Meta(min_length=1, max_length=40)]


class TieAskedOut(Struct, frozen=True):
    """A tie is asked for. usable_from: null while somebody has to say yes, which does not say whether anybody can."""

    tie_id: UUID
    usable_from: datetime | None


class TieActiveOut(Struct, frozen=True):
    """A tie is active, and can be used from an instant."""

    tie_id: UUID
    usable_from: datetime


class TieEndedOut(Struct, frozen=True):
    """A tie is over."""

    tie_id: UUID
    why: str


class TieOut(Struct, frozen=True):
    """A tie. side: of the caller: carer, dependant, or guardian where another asks about his child.

    person_id: the dependant, to book for; null while the tie is not active. name: the other side's, or the caller's own
    label for him. usable_from and ends_at are null where they do not apply.
    """

    tie_id: UUID
    side: str
    kind: str
    state: str
    name: str
    person_id: UUID | None
    usable_from: datetime | None
    ends_at: datetime | None
