"""A member of a hospital's staff."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

from firsthand.platform.access import Role

# Made by `rules.parse_username` alone: lower case, and of characters that no two of look alike.
Username = NewType("Username", str)


class Reason(StrEnum):
    """Why something about staff is not done."""

    NOT_PERMITTED = "not_permitted"

    USERNAME_INVALID = "username_invalid"
    USERNAME_TAKEN = "username_taken"
    DISPLAY_NAME_INVALID = "display_name_invalid"
    PASSWORD_UNACCEPTABLE = "password_unacceptable"  # noqa: S105 - the name of a reason
    PASSWORD_GUESSABLE = "password_guessable"  # noqa: S105 - the same
    HOSPITAL_UNKNOWN = "hospital_unknown"
    STAFF_UNKNOWN = "staff_unknown"
    DUTY_UNKNOWN = "duty_unknown"
    DUTY_HELD = "duty_held"
    ROLE_AND_HOSPITAL = "role_and_hospital"
    NOT_ONESELF = "not_oneself"


@dataclass(frozen=True, slots=True)
class Refused:
    """Refused, and why."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Staff:
    """A member of staff. One who has left is kept, not active, because the record names him.

    hospital_id: the hospital that looks after the account; None for the city's own staff.
    """

    id: UUID
    hospital_id: UUID | None
    username: Username
    display_name: str
    active: bool


@dataclass(frozen=True, slots=True)
class Duty:
    """What a member of staff does at a hospital, or for the city (None), from an instant until another, if any."""

    id: UUID
    staff_id: UUID
    hospital_id: UUID | None
    role: Role
    begins_at: datetime
    ends_at: datetime | None
