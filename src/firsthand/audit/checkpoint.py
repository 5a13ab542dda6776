"""Checkpoints: the size and root of the log, signed so that anyone with the public key can check them.

A checkpoint is a signed note of five lines:

    origin                          the log's name, which is also the name of the key
    size                            decimal
    root                            base64 of 32 bytes
    (an empty line)
    — name base64(key id | signature)

Source: C2SP tlog-checkpoint and signed-note. Ed25519 signatures repeat themselves, so the same checkpoint always has
the same note.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from firsthand.audit.merkle import HASH_BYTES

SIGNATURE_MARK: Final = "— "
_ALGORITHM_ED25519: Final = b"\x01"
_KEY_ID_BYTES: Final = 4
_SIGNATURE_BYTES: Final = 64
_NAME: Final = re.compile(r"[^\s+]+")
_SIZE: Final = re.compile(r"0|[1-9][0-9]{0,18}")
_NOTE_LINES: Final = 6  # the five, and what follows the last line feed: nothing


class NoteFault(StrEnum):
    """Why a note is not accepted."""

    MALFORMED = "malformed"
    UNKNOWN_KEY = "unknown_key"
    BAD_SIGNATURE = "bad_signature"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What is signed: the log `origin` had `size` leaves and this root (32 bytes)."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """Return the three lines that are signed."""
        return f"{self.origin}\n{self.size}\n{_base64(self.root)}\n"


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint with the note that carries it."""

    checkpoint: Checkpoint
    note: str


@dataclass(frozen=True, slots=True)
class VerifyingKey:
    """The public half of a signing key, under the name of its log. Raises ValueError when it cannot be one."""

    name: str
    public_bytes: bytes

    def __post_init__(self) -> None:
        """Refuse a name that could be read as something else."""
        if not _NAME.fullmatch(self.name):
            raise ValueError("a key's name is one word without spaces or plus signs")
        Ed25519PublicKey.from_public_bytes(self.public_bytes)

    @property
    def key_id(self) -> bytes:
        """The 4 bytes by which a signature names its key."""
        body = self.name.encode() + b"\n" + _ALGORITHM_ED25519 + self.public_bytes
        return hashlib.sha256(body).digest()[:_KEY_ID_BYTES]

    def text(self) -> str:
        """Return the key in the one-line form of signed notes: name, key id and key, joined by plus signs."""
        return f"{self.name}+{self.key_id.hex()}+{_base64(_ALGORITHM_ED25519 + self.public_bytes)}"

    def accepts(self, text: str, signature: bytes) -> bool:
        """Tell whether the key's owner signed `text`."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public_bytes).verify(signature, text.encode())
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs the checkpoints of the log `name`. The key stays outside the database and out of every representation."""

    name: str
    private_key: Ed25519PrivateKey = field(repr=False)

    @property
    def verifying_key(self) -> VerifyingKey:
        """What others need to check the signatures."""
        return VerifyingKey(self.name, self.private_key.public_key().public_bytes_raw())

    def sign(self, size: int, root: bytes) -> SignedCheckpoint:
        """Sign that the log has `size` leaves and this root."""
        checkpoint = Checkpoint(self.name, size, root)
        text = checkpoint.text()
        signature = self.verifying_key.key_id + self.private_key.sign(text.encode())
        return SignedCheckpoint(checkpoint, f"{text}\n{SIGNATURE_MARK}{self.name} {_base64(signature)}\n")


def parse_key(text: str) -> VerifyingKey:
    """Read the one-line form of a public key. Raises ValueError when it is not one."""
    name, _, rest = text.strip().partition("+")
    key_id, _, encoded = rest.partition("+")
    body = _unbase64(encoded)
    if body is None or body[:1] != _ALGORITHM_ED25519:
        raise ValueError("not an Ed25519 key in the form of signed notes")
    key = VerifyingKey(name, body[1:])
    if key.key_id.hex() != key_id:
        raise ValueError("the key's id does not belong to it: a character was lost or changed")
    return key


def read_note(note: str, keys: Sequence[VerifyingKey]) -> Checkpoint | NoteFault:
    """Read a note and check its signature by the key of `keys` that it names.

    Only the exact form that `Signer.sign` makes is accepted, so that a checkpoint has one note and no other.
    """
    lines = note.split("\n")
    if len(lines) != _NOTE_LINES or lines[3] or lines[5]:
        return NoteFault.MALFORMED
    checkpoint, signed = _parse_checkpoint(lines), _parse_signature(lines[4])
    if checkpoint is None or signed is None:
        return NoteFault.MALFORMED
    name, key_id, signature = signed
    for key in keys:
        if (key.name, key.key_id) == (name, key_id) and checkpoint.origin == name:
            return checkpoint if key.accepts(checkpoint.text(), signature) else NoteFault.BAD_SIGNATURE
    return NoteFault.UNKNOWN_KEY


def _parse_checkpoint(lines: Sequence[str]) -> Checkpoint | None:
    root = _unbase64(lines[2])
    if not _NAME.fullmatch(lines[0]) or not _SIZE.fullmatch(lines[1]) or root is None or len(root) != HASH_BYTES:
        return None
    return Checkpoint(lines[0], int(lines[1]), root)


def _parse_signature(line: str) -> tuple[str, bytes, bytes] | None:
    if not line.startswith(SIGNATURE_MARK):
        return None
    name, _, encoded = line.removeprefix(SIGNATURE_MARK).partition(" ")
    body = _unbase64(encoded)
    if body is None or len(body) != _KEY_ID_BYTES + _SIGNATURE_BYTES:
        return None
    return name, body[:_KEY_ID_BYTES], body[_KEY_ID_BYTES:]


def _base64(body: bytes) -> str:
    return base64.b64encode(body).decode()


def _unbase64(text: str) -> bytes | None:
    try:
        body = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        return None
    # Python ignores the spare bits of the last character: without this two texts could stand for the same bytes.
    return body if _base64(body) == text else None
