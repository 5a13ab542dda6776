"""What the pages about messages are given; the rules of `contexts.py` hold here too."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from firsthand.channels.web.frame import FieldProblem, Frame
from firsthand.messages.model import SendError, State, Template, Way
from firsthand.messages.segments import SmsLength
from firsthand.platform.i18n import Language


@dataclass(frozen=True, slots=True)
class EmailPage:
    """GET and POST /me/email: field `email`; POST /me/email/remove.

    current: the verified address, "" where there is none. typed: what stays in the field after a problem. offered:
    whether this deployment sends e-mail at all.
    """

    template: ClassVar[str] = "pages/message_email.html"
    frame: Frame
    current: str
    offered: bool
    typed: str = ""
    problems: tuple[FieldProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class EmailCodePage:
    """GET (`attempt`) and POST /me/email/code: fields `attempt`, `code`."""

    template: ClassVar[str] = "pages/message_email_code.html"
    frame: Frame
    attempt: str
    code_minutes: int
    problems: tuple[FieldProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class Saying:
    """What a message says in one language, with made-up facts. calendar: the file that its e-mail brings, or ""."""

    language: Language
    subject: str
    body: str
    length: SmsLength
    calendar: str


@dataclass(frozen=True, slots=True)
class Preview:
    """One template in every language. held_back: whether it may have to wait for the end of quiet hours."""

    template: Template
    title: str
    held_back: bool
    sayings: tuple[Saying, ...]


@dataclass(frozen=True, slots=True)
class Tally:
    """How many messages became what."""

    way: Way
    state: State
    count: int


@dataclass(frozen=True, slots=True)
class Failure:
    """How many messages of one template did not go out, or not yet, for one reason. template: its name."""

    template: str
    way: Way
    state: State
    error: SendError
    count: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class MessagesPage:
    """GET /admin/messages. tallies, failures: of the last `days` days; None for whoever does not see the whole city."""

    template: ClassVar[str] = "pages/message_admin.html"
    frame: Frame
    previews: tuple[Preview, ...]
    tallies: tuple[Tally, ...] | None
    failures: tuple[Failure, ...] | None
    days: int
    time_zone: str
