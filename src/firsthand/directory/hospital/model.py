"""A hospital as it publishes itself, and as it is kept."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

# What a hospital's administrator may say instead of its feed. By the time zone the feed's own times were read.
BY_HAND: Final = ("name", "address", "phone", "url")


class Reason(StrEnum):
    """Why something of a hospital is not changed."""

    NOT_PERMITTED = "not_permitted"
    NAME_INVALID = "name_invalid"
    TEXT_INVALID = "text_invalid"
    PHONE_INVALID = "phone_invalid"
    URL_INVALID = "url_invalid"
    NAME_TAKEN = "name_taken"
    ENTRY_UNKNOWN = "entry_unknown"


@dataclass(frozen=True, slots=True)
class Refused:
    """Refused, and why. field: which of those that were sent, "" where it is none."""

    reason: Reason
    field: str = ""


class Kind(StrEnum):
    """What a hospital has a list of."""

    DEPARTMENT = "department"
    DOCTOR = "doctor"


@dataclass(frozen=True, slots=True)
class Hospital:
    """A place where people are seen.

    external_id: the hospital's own name for itself within its feed. time_zone: an IANA name, by which local days are
    told. Empty text means that the hospital does not say.
    """

    external_id: str
    name: str
    time_zone: str
    address: str = ""
    phone: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class StoredHospital:
    """A hospital with the id under which everything else here refers to it.

    by_hand: the fields that no import changes, where an import asks for them.
    """

    id: UUID
    hospital: Hospital
    by_hand: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Named:
    """A department or a doctor: known within a hospital by the name alone."""

    hospital_id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A department or a doctor in a hospital's list.

    feed_name: by which the next import knows it; name: what it is called. retired_at: since when it is no longer
    listed, None while it is.
    """

    id: UUID
    name: str
    feed_name: str
    retired_at: datetime | None


@dataclass(frozen=True, slots=True)
class Managed:
    """A hospital as its administrator sees it. by_hand: the fields that no import changes."""

    id: UUID
    hospital: Hospital
    feed: str
    by_hand: frozenset[str]
    departments: tuple[Entry, ...]
    doctors: tuple[Entry, ...]
