"""What the pages are given by which administrators look after others' sign-ins; see `contexts.py`."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from firsthand.channels.web.frame import FieldProblem, Frame
from firsthand.channels.web.staff_sign_in_contexts import NewsFacts
from firsthand.directory.staff.model import Staff
from firsthand.directory.staff_sign_in.resets import Done


class Deed(StrEnum):
    """What an administrator may do to a member's sign-in, as its address calls it."""

    LINK = "link"
    SECOND_FACTOR = "second-factor"
    PASSKEYS = "passkeys"
    SESSIONS = "sessions"


@dataclass(frozen=True, slots=True)
class WaysFacts:
    """By what a member signs in, on /admin/staff/{id}. passkeys, sessions: how many. lately: newest first."""

    has_password: bool
    has_app: bool
    passkeys: int
    sessions: int
    lately: tuple[NewsFacts, ...]


@dataclass(frozen=True, slots=True)
class SignInDeedPage:
    """GET /admin/staff/{id}/sign-in/{deed}, which asks once more; it posts to the same address."""

    template: ClassVar[str] = "pages/admin_sign_in_deed.html"
    frame: Frame
    staff: Staff
    deed: Deed
    problems: tuple[FieldProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class SignInLinkPage:
    """A link to set up a sign-in, shown once. time_zone: in which its end is shown."""

    template: ClassVar[str] = "pages/admin_sign_in_link.html"
    frame: Frame
    staff: Staff
    address: str = field(repr=False)
    expires_at: datetime
    time_zone: str


@dataclass(frozen=True, slots=True)
class SignInsPage:
    """GET /admin/sign-ins: what administrators did to sign-ins in the city lately, newest first. most: of them."""

    template: ClassVar[str] = "pages/admin_sign_ins.html"
    frame: Frame
    done: tuple[Done, ...]
    most: int
    time_zone: str
