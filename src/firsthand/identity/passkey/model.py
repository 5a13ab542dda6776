"""A passkey, whose it is, and what one ceremony with a browser needs."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from firsthand.identity.session.model import SubjectKind

# Long enough to look for a security key, short enough that a page left open proves nothing.
CHALLENGE_VALID_FOR: Final = timedelta(minutes=5)
CHALLENGE_BYTES: Final = 32
HANDLE_BYTES: Final = 32
# Everybody's devices, and a few of the family's; a list that a person can look over.
PASSKEYS_MAX: Final = 10
NAME_CHARACTERS_MAX: Final = 50


class Ceremony(StrEnum):
    """What a challenge is for. SIGN_IN also serves to show once more who is there."""

    ADD = "add"
    SIGN_IN = "sign_in"


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose a passkey is: a person, or a member of staff."""

    kind: SubjectKind
    id: UUID


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """The site as browsers know it. id: its host. origin: scheme, host and port."""

    id: str
    origin: str
    name: str = "Firsthand"


@dataclass(frozen=True, slots=True)
class Begun:
    """A ceremony that has begun. options: JSON for the browser (W3C Web Authentication, level 3, section 5.1.8)."""

    id: UUID
    options: str


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a browser was asked to sign, taken back: it is answered once. subject_id: None where anybody may answer."""

    ceremony: Ceremony
    kind: SubjectKind
    subject_id: UUID | None
    challenge: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Passkey:
    """A passkey as its owner sees it. backed_up: whether its maker keeps a copy, so that losing a device is none."""

    id: UUID
    name: str = field(repr=False)
    backed_up: bool
    created_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class KnownPasskey:
    """A passkey as an answer is checked against it."""

    id: UUID
    subject: Subject
    handle: bytes = field(repr=False)
    public_key: bytes = field(repr=False)
    sign_count: int


@dataclass(frozen=True, slots=True)
class MadePasskey:
    """A passkey that a browser has just made. credential_id: 1 to 1023 bytes, the maker's choice."""

    credential_id: bytes = field(repr=False)
    public_key: bytes = field(repr=False)
    sign_count: int
    backed_up: bool


@dataclass(frozen=True, slots=True)
class Answered:
    """A challenge rightly signed by a passkey, with the count that the device gives."""

    passkey: KnownPasskey
    sign_count: int
    backed_up: bool
