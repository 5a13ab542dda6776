"""A member of a hospital's staff."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType
from uuid import UUID

from firsthand.platform.access import Role

# Made by `rules.parse_username` alone: lower case, and of characters that no two of look alike.
Username = NewType("Username", str)


class Reason(StrEnum):
    """Why a member of staff is not added, or not found."""

    USERNAME_INVALID = "username_invalid"
    USERNAME_TAKEN = "username_taken"
    DISPLAY_NAME_INVALID = "display_name_invalid"
    PASSWORD_UNACCEPTABLE = "password_unacceptable"  # noqa: S105 - the name of a reason
    HOSPITAL_UNKNOWN = "hospital_unknown"
    STAFF_UNKNOWN = "staff_unknown"


@dataclass(frozen=True, slots=True)
class Refused:
    """Refused, and why."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Staff:
    """A member of staff. One who has left is kept, not active, because the record names him."""

    id: UUID
    hospital_id: UUID
    username: Username
    display_name: str
    role: Role
    active: bool
