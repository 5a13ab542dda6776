"""Keys outside the database: sealing (envelope encryption), blind indexes, and hashes of tokens.

A sealed value is `version | key id | wrapped data key | nonce | ciphertext`. Each value has a data key of its own,
wrapped by the current sealing key, so that turning the sealing key over rewraps 32 bytes and never the data.
Both layers are AES-256-GCM and bound to a purpose and a context (the row), so that a value copied into another row or
column does not open. Source: NIST SP 800-38D; docs/decisions/0005-keys.md.
"""

import hashlib
import hmac
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

_VERSION: Final = b"\x01"
_KEY_ID_BYTES: Final = 4
_NONCE_BYTES: Final = 12
_KEY_BYTES: Final = 32
_WRAPPED_BYTES: Final = _NONCE_BYTES + _KEY_BYTES + 16
_PRIVATE_FILE_MODE: Final = 0o600
_PRIVATE_FOLDER_MODE: Final = 0o700


class KeyringError(Exception):
    """Keys are missing, unreadable or open to others. The message says which, and what to do."""


class SealError(Exception):
    """A sealed value does not open: changed, moved to another row, or sealed with a key that is not here."""


@dataclass(frozen=True, slots=True)
class Keyring:
    """The keys of one deployment. Its representation shows none of them."""

    sealing_keys: dict[bytes, bytes]
    current_key_id: bytes
    index_key: bytes

    def __repr__(self) -> str:
        """Name the keys without showing them."""
        return f"Keyring({len(self.sealing_keys)} sealing keys, current {self.current_key_id.hex()})"

    def seal(self, plaintext: bytes, *, purpose: str, context: bytes) -> bytes:
        """Encrypt `plaintext` for `purpose` (a column) and `context` (the row it stands in)."""
        bound = _bound(purpose, context)
        data_key = secrets.token_bytes(_KEY_BYTES)
        wrap_nonce, nonce = secrets.token_bytes(_NONCE_BYTES), secrets.token_bytes(_NONCE_BYTES)
        wrapped = AESGCM(self.sealing_keys[self.current_key_id]).encrypt(wrap_nonce, data_key, bound)
        ciphertext = AESGCM(data_key).encrypt(nonce, plaintext, bound)
        return _VERSION + self.current_key_id + wrap_nonce + wrapped + nonce + ciphertext

    def open(self, sealed: bytes, *, purpose: str, context: bytes) -> bytes:
        """Decrypt what `seal` made for the same purpose and context. Raises SealError."""
        bound = _bound(purpose, context)
        key_id = sealed[1 : 1 + _KEY_ID_BYTES]
        if sealed[:1] != _VERSION or key_id not in self.sealing_keys:
            message = f"{purpose}: sealed with a key that is not in the keyring"
            raise SealError(message)
        wrapped, rest = (
            sealed[1 + _KEY_ID_BYTES :][:_WRAPPED_BYTES],
            sealed[1 + _KEY_ID_BYTES + _WRAPPED_BYTES :],
        )
        try:
            data_key = AESGCM(self.sealing_keys[key_id]).decrypt(wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], bound)
            return AESGCM(data_key).decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], bound)
        except (InvalidTag, ValueError) as error:
            message = f"{purpose}: the sealed value was changed or moved"
            raise SealError(message) from error

    def blind_index(self, purpose: str, value: str) -> bytes:
        """Return the 32 bytes by which an encrypted value is found: HMAC-SHA-256 under a key of its own."""
        return hmac.digest(self.index_key, _bound(purpose, value.encode()), "sha256")


def token_hash(token: str) -> bytes:
    """Return the SHA-256 (32 bytes) under which a random token of 128 bits or more is kept."""
    return hashlib.sha256(token.encode()).digest()


def make_keyring() -> Keyring:
    """Make a keyring of fresh random keys."""
    key_id = secrets.token_bytes(_KEY_ID_BYTES)
    return Keyring({key_id: secrets.token_bytes(_KEY_BYTES)}, key_id, secrets.token_bytes(_KEY_BYTES))


def save_keyring(keyring: Keyring, folder: Path) -> None:
    """Write the keyring into `folder` (made 0700) as a file of mode 0600. Never overwrites one. Raises KeyringError."""
    body = {
        "sealing_keys": {key_id.hex(): key.hex() for key_id, key in keyring.sealing_keys.items()},
        "current_key_id": keyring.current_key_id.hex(),
        "index_key": keyring.index_key.hex(),
    }
    _write_private(folder / "keyring.json", json.dumps(body, indent=1).encode())


def load_keyring(folder: Path) -> Keyring:
    """Read the keyring of `folder`. Raises KeyringError when it is missing, damaged, or readable by others."""
    raw = _read_private(folder / "keyring.json")
    try:
        body = json.loads(raw)
        sealing_keys = {bytes.fromhex(key_id): bytes.fromhex(key) for key_id, key in body["sealing_keys"].items()}
        keyring = Keyring(sealing_keys, bytes.fromhex(body["current_key_id"]), bytes.fromhex(body["index_key"]))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        message = f"{folder / 'keyring.json'} is damaged: restore it from its backup"
        raise KeyringError(message) from error
    sound = all(len(key) == _KEY_BYTES for key in [*sealing_keys.values(), keyring.index_key])
    if not sound or keyring.current_key_id not in sealing_keys:
        message = f"{folder / 'keyring.json'} is damaged: restore it from its backup"
        raise KeyringError(message)
    return keyring


def save_signing_key(folder: Path) -> Ed25519PrivateKey:
    """Make the key that signs audit checkpoints and write it into `folder`. Never overwrites one."""
    key = Ed25519PrivateKey.generate()
    _write_private(folder / "audit-signing.pem", key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return key


def load_signing_key(folder: Path) -> Ed25519PrivateKey:
    """Read the key that signs audit checkpoints. Raises KeyringError."""
    path = folder / "audit-signing.pem"
    try:
        key = load_pem_private_key(_read_private(path), password=None)
    except ValueError as error:
        message = f"{path} is damaged: restore it from its backup"
        raise KeyringError(message) from error
    if not isinstance(key, Ed25519PrivateKey):
        message = f"{path} does not hold an Ed25519 key"
        raise KeyringError(message)
    return key


def _bound(purpose: str, context: bytes) -> bytes:
    # The length in front keeps ("ab", "c") and ("a", "bc") apart.
    name = purpose.encode()
    return len(name).to_bytes(2) + name + context


def _write_private(path: Path, body: bytes) -> None:
    path.parent.mkdir(mode=_PRIVATE_FOLDER_MODE, parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE_FILE_MODE)
    except OSError as error:
        message = f"cannot write {path}: {error.strerror}"
        raise KeyringError(message) from error
    with os.fdopen(handle, "wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())


def _read_private(path: Path) -> bytes:
    try:
        if path.stat().st_mode & 0o077:
            message = f"{path} can be read by others: run `chmod 600 {path}`"
            raise KeyringError(message)
        return path.read_bytes()
    except OSError as error:
        message = f"cannot read {path}: {error.strerror}. Without its keys the data cannot be opened: restore them."
        raise KeyringError(message) from error
