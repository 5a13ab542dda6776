"""The key that signs audit checkpoints, in a file of its own: only the sealer has it."""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from firsthand.platform.keys.files import KeyringError, read_private, write_private


def save_signing_key(folder: Path) -> Ed25519PrivateKey:
    """Make the key that signs audit checkpoints and write it into `folder`. Never overwrites one."""
    key = Ed25519PrivateKey.generate()
    write_private(folder / "audit-signing.pem", key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return key


def load_signing_key(folder: Path) -> Ed25519PrivateKey:
    """Read the key that signs audit checkpoints. Raises KeyringError."""
    path = folder / "audit-signing.pem"
    try:
        key = load_pem_private_key(read_private(path), password=None)
    except ValueError as error:
        message = f"{path} is damaged: restore it from its backup"
        raise KeyringError(message) from error
    if not isinstance(key, Ed25519PrivateKey):
        message = f"{path} does not hold an Ed25519 key"
        raise KeyringError(message)
    return key
