"""What each page of staff's sign-in is given; the rules of `contexts.py` hold here too."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from firsthand.channels.web.frame import FieldProblem, Frame
from firsthand.channels.web.sign_in_contexts import PasskeyRow, SessionRow
from firsthand.directory.staff_oidc.model import Button
from firsthand.identity.news.model import NewsKind
from firsthand.identity.reset.model import ResetKind


@dataclass(frozen=True, slots=True)
class StaffSignInPage:
    """GET and POST /desk/sign-in, and /staff/sign-in: fields `username`, `password`, `next`, `proof`.

    work: what the browser has to do first, or "". A passkey's script posts JSON to /staff/passkey.
    providers: hospitals' own sign-ins that can be used instead.
    """

    template: ClassVar[str] = "pages/staff_sign_in.html"
    frame: Frame
    username: str
    next: str
    work: str = ""
    problems: tuple[FieldProblem, ...] = ()
    providers: tuple[Button, ...] = ()


@dataclass(frozen=True, slots=True)
class StaffAgainPage:
    """GET and POST /staff/again: who is signed in shows once more that it is he: `password`, `next`, `proof`.

    has_password: else his passkey is the way.
    """

    template: ClassVar[str] = "pages/staff_again.html"
    frame: Frame
    username: str
    has_password: bool
    next: str
    work: str = ""
    problems: tuple[FieldProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class StaffSecondStepPage:
    """GET and POST /staff/second-step (a code of the app) and /staff/recovery (a recovery code): `code`, `proof`."""

    template: ClassVar[str] = "pages/staff_second_step.html"
    frame: Frame
    next: str
    recovery: bool
    work: str = ""
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
class NewsFacts:
    """Something that happened to a sign-in. by: who did it; "" for whoever runs the servers, or for nobody known."""

    kind: ResetKind | NewsKind
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class StaffSecurityPage:
    """GET /staff/security, and what is posted below it: `do`, `current`, `password`, `again`; sessions, passkeys.

    news: what happened lately, newest first. time_zone: in which times are shown.
    """

    template: ClassVar[str] = "pages/staff_security.html"
    frame: Frame
    username: str
    has_password: bool
    has_app: bool
    codes_left: int
    news: tuple[NewsFacts, ...]
    sessions: tuple[SessionRow, ...]
    passkeys: tuple[PasskeyRow, ...]
    time_zone: str
    problems: tuple[FieldProblem, ...] = ()
