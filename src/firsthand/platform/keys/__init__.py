"""Where the keys are kept, outside the database: in files, or wrapped by a key management service."""

from firsthand.platform.keys.custodian import Custodian, KmsCustodian
from firsthand.platform.keys.files import KeyringError
from firsthand.platform.keys.kept import KeyringFile, load_keyring, save_keyring
from firsthand.platform.keys.known import in_force, may_change, read_known, refuse_wrong, why_wrong
from firsthand.platform.keys.signing import load_signing_key, save_signing_key

__all__ = [
    "Custodian",
    "KeyringError",
    "KeyringFile",
    "KmsCustodian",
    "in_force",
    "load_keyring",
    "load_signing_key",
    "may_change",
    "read_known",
    "refuse_wrong",
    "save_keyring",
    "save_signing_key",
    "why_wrong",
]
