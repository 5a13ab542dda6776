"""What each page of staff's sign-in is given; the rules of `contexts.py` hold here too."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from firsthand.channels.web.frame import FieldProblem, Frame
from firsthand.identity.reset.model import ResetKind


@dataclass(frozen=True, slots=True)
class StaffSignInPage:
    """GET and POST /desk/sign-in, and /staff/sign-in: fields `username`, `password`, `next`."""

    template: ClassVar[str] = "pages/staff_sign_in.html"
    frame: Frame
    username: str
    next: str
    problems: tuple[FieldProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class StaffSecondStepPage:
    """GET and POST /staff/second-step (a code of the app) and /staff/recovery (a recovery code): field `code`."""

    template: ClassVar[str] = "pages/staff_second_step.html"
    frame: Frame
    next: str
    recovery: bool
    problems: tuple[FieldProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class StaffEnrolPage:
    """A new app's secret: GET and POST /staff/enrol at a first sign-in, /staff/security/app later: field `code`.

    action: where the form goes. address: what the QR code says. secret: the same, to be typed.
    """

    template: ClassVar[str] = "pages/staff_enrol.html"
    frame: Frame
    action: str
    next: str
    address: str = field(repr=False)
    secret: str = field(repr=False)
    problems: tuple[FieldProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class StaffCodesPage:
    """New recovery codes, shown once, and where to go on."""

    template: ClassVar[str] = "pages/staff_codes.html"
    frame: Frame
    codes: tuple[str, ...] = field(repr=False)
    leads_to: str


@dataclass(frozen=True, slots=True)
class StaffSetUpPage:
    """GET and POST /staff/set-up: fields `link`, `password`, `again`. name: whose link it is; "" where it is spent."""

    template: ClassVar[str] = "pages/staff_set_up.html"
    frame: Frame
    link: str = field(repr=False)
    name: str
    username: str
    problems: tuple[FieldProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class ResetFacts:
    """Something that an administrator did to a sign-in. by: his name, "" for whoever runs the servers."""

    kind: ResetKind
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class StaffSecurityPage:
    """GET /staff/security, and what is posted below it. time_zone: in which times are shown."""

    template: ClassVar[str] = "pages/staff_security.html"
    frame: Frame
    username: str
    has_password: bool
    has_app: bool
    codes_left: int
    news: tuple[ResetFacts, ...]
    time_zone: str
    problems: tuple[FieldProblem, ...] = ()
