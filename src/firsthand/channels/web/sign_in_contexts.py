"""The pages by which a person signs in, registers, and looks after his ways in. See `contexts.py`."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final
from uuid import UUID

from firsthand.channels.web.contexts import DocumentFields
from firsthand.channels.web.frame import FieldProblem, Frame
from firsthand.identity.session.model import Method
from firsthand.platform.access import Role
from firsthand.platform.i18n import Language

# Where people look after their ways in; staff do so elsewhere.
PERSONS: Final = "/me/security"


@dataclass(frozen=True, slots=True)
class SignInPage:
    """GET and POST /sign-in: fields `phone`, `next`, `proof`. work: what the browser has to do first, or ""."""

    template: ClassVar[str] = "pages/sign_in.html"
    frame: Frame
    phone: str
    next: str
    work: str = ""
    problems: tuple[FieldProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class DocumentSignInPage:
    """GET and POST /sign-in/document: fields `document_type`, `document_number`, `next`, `proof`."""

    template: ClassVar[str] = "pages/sign_in_document.html"
    frame: Frame
    document: DocumentFields
    next: str
    work: str = ""
    problems: tuple[FieldProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class RegisterPage:
    """GET and POST /register: `name`, `document_type`, `document_number`, `phone`, `language`, `next`, `proof`."""

    template: ClassVar[str] = "pages/register.html"
    frame: Frame
    name: str
    document: DocumentFields
    phone: str
    language: Language
    next: str
    work: str = ""
    problems: tuple[FieldProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class CodePage:
    """GET and POST /sign-in/code: fields `attempt` (which one-time code is meant), `code`, `next`, `proof`."""

    template: ClassVar[str] = "pages/code.html"
    frame: Frame
    attempt: str
    next: str
    code_minutes: int
    work: str = ""
    problems: tuple[FieldProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class ChoosePage:
    """What POST /sign-in/code answers where several people share the phone.

    Its form posts to /sign-in/choose: fields `choice`, `secret`, `person` (a number in the order of names), `next`.
    """

    template: ClassVar[str] = "pages/sign_in_choose.html"
    frame: Frame
    choice: str
    secret: str
    names: tuple[str, ...]
    next: str
    problems: tuple[FieldProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class SignInHelpPage:
    """GET /sign-in/help: what to do when the phone, or everything, is lost."""

    template: ClassVar[str] = "pages/sign_in_help.html"
    frame: Frame


@dataclass(frozen=True, slots=True)
class AgainPage:
    """GET and POST /sign-in/again: who is signed in shows once more that it is he. phone_tail: "" without a phone."""

    template: ClassVar[str] = "pages/sign_in_again.html"
    frame: Frame
    phone_tail: str
    next: str
    work: str = ""
    problems: tuple[FieldProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A device that is signed in. is_this: it is the one that looks at the page. role, hospital: of staff's duty."""

    id: UUID
    device: str
    method: Method
    signed_in_at: datetime
    last_seen_at: datetime
    is_this: bool
    role: Role | None = None
    hospital: str = ""


@dataclass(frozen=True, slots=True)
class PasskeyRow:
    """A passkey in a list."""

    id: UUID
    name: str
    backed_up: bool
    added_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class SecurityPage:
    """GET /me/security: devices, passkeys and phone. time_zone: the city's."""

    template: ClassVar[str] = "pages/security.html"
    frame: Frame
    sessions: tuple[SessionRow, ...]
    passkeys: tuple[PasskeyRow, ...]
    phone_tail: str
    time_zone: str
    problems: tuple[FieldProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class PasskeyAddPage:
    """GET {here}/passkeys/add. Its script posts JSON to {here}/passkeys.

    here: /me/security, or /staff/security.
    """

    template: ClassVar[str] = "pages/security_passkey_add.html"
    frame: Frame
    here: str = PERSONS
    problems: tuple[FieldProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class PasskeyPage:
    """GET and POST {here}/passkeys/{id}: field `name`. And .../remove, which asks once more."""

    template: ClassVar[str] = "pages/security_passkey.html"
    frame: Frame
    passkey: PasskeyRow
    name: str
    time_zone: str
    problems: tuple[FieldProblem, ...] = ()
    here: str = PERSONS


@dataclass(frozen=True, slots=True)
class PasskeyRemovePage:
    """GET and POST {here}/passkeys/{id}/remove, which asks once more."""

    template: ClassVar[str] = "pages/security_passkey_remove.html"
    frame: Frame
    passkey: PasskeyRow
    problems: tuple[FieldProblem, ...] = ()
    here: str = PERSONS


@dataclass(frozen=True, slots=True)
class PhonePage:
    """GET and POST /me/security/phone: fields `phone`, `proof`."""

    template: ClassVar[str] = "pages/security_phone.html"
    frame: Frame
    phone: str
    phone_tail: str
    work: str = ""
    problems: tuple[FieldProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class PhoneCodePage:
    """GET and POST /me/security/phone/code: fields `attempt`, `code`, `proof`."""

    template: ClassVar[str] = "pages/security_phone_code.html"
    frame: Frame
    attempt: str
    code_minutes: int
    work: str = ""
    problems: tuple[FieldProblem, ...] = ()
