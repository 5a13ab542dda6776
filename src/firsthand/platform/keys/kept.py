"""`keyring.json`: how the keyring is written down, in the clear or wrapped by a custodian, and read again."""

import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, cast

import structlog

from firsthand.platform.crypto import Keyring, Keys
from firsthand.platform.keys.custodian import Custodian
from firsthand.platform.keys.files import KeyringError, read_private, replace_private, write_private

FILE_NAME: Final = "keyring.json"
# How long a content that could not be read is left alone by a process that runs.
_AGAIN_SECONDS: Final = 30.0

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class KeyringFile:
    """The keyring of one folder. custodian: who wraps it; None: nobody, the file is all there is."""

    folder: Path
    custodian: Custodian | None = None
    _seen: bytes = field(default=b"", repr=False)
    _keys: Keys | None = field(default=None, repr=False)
    _failed: tuple[bytes, float] = field(default=(b"", 0.0), repr=False)

    @property
    def path(self) -> Path:
        """Where it lies."""
        return self.folder / FILE_NAME

    def read(self) -> Keys:
        """Return the keys. Raises KeyringError: missing, damaged, open to others, not to be unwrapped."""
        raw = read_private(self.path)
        keys = self._parsed(raw)
        self._seen, self._keys = raw, keys
        return keys

    def newer(self) -> Keys | None:
        """Return the keys where the file has changed since it was last read; a KMS is asked only then.

        What cannot be read, and what is no later keyring of this deployment, is logged and left: those keys that are
        in use stay. The same content is looked at again after a while, so that a KMS that hangs holds nobody up.
        """
        raw = b""
        try:
            raw = read_private(self.path)
            if raw == self._seen or self._has_just_failed(raw):
                return None
            keys = self._parsed(raw)
            self._refuse_stranger(keys)
        except KeyringError as error:
            if not self._has_just_failed(raw):
                self._failed = (raw, time.monotonic())
                _log.error("keyring_not_read", reason=str(error))
            return None
        self._seen, self._keys = raw, keys
        _log.info("keyring_read_again", current=keys.current_key_id.hex())
        return keys

    def is_wrapped(self) -> bool:
        """Say whether a custodian has wrapped what lies there. Raises KeyringError."""
        return "wrapped" in self._json(read_private(self.path))

    def add(self, keys: Keys) -> None:
        """Write the first keyring of a folder. Never overwrites one. Raises KeyringError."""
        write_private(self.path, self._packed(keys))

    def replace(self, keys: Keys) -> None:
        """Put other keys in the place of those that are there, at one blow. Raises KeyringError."""
        replace_private(self.path, self._packed(keys))

    def _has_just_failed(self, raw: bytes) -> bool:
        return raw == self._failed[0] and time.monotonic() - self._failed[1] < _AGAIN_SECONDS

    def _refuse_stranger(self, keys: Keys) -> None:
        """Raise KeyringError for keys that may not take the place of those in use."""
        if self._keys is None:
            return
        if keys.index_key != self._keys.index_key:
            raise KeyringError(
                f"{self.path} was replaced by the keyring of another deployment, or by one with another index key: put "
                "the right one back, or start this process anew"
            )
        if keys.generation < self._keys.generation:
            raise KeyringError(
                f"{self.path} was replaced by an older one (generation {keys.generation}; in use is "
                f"{self._keys.generation}): put the newest one back"
            )

    def _packed(self, keys: Keys) -> bytes:
        body: dict[str, Any] = {
            "sealing_keys": {key_id.hex(): key.hex() for key_id, key in keys.sealing_keys.items()},
            "current_key_id": keys.current_key_id.hex(),
            "index_key": keys.index_key.hex(),
            "generation": keys.generation,
        }
        if keys.next_index_key is not None:
            body["next_index_key"] = keys.next_index_key.hex()
        if self.custodian is not None:
            body = {"custodian": self.custodian.name, "wrapped": self.custodian.wrap(json.dumps(body).encode())}
        return json.dumps(body, indent=1).encode()

    def _parsed(self, raw: bytes) -> Keys:
        body = self._json(raw)
        if "wrapped" in body:
            if self.custodian is None:
                raise KeyringError(f"{self.path} is wrapped by a key management service: set FIRSTHAND_KEYS_KMS_URL")
            if not isinstance(body["wrapped"], str):
                raise KeyringError(self._damaged())
            body = self._json(self.custodian.unwrap(body["wrapped"]))
        elif self.custodian is not None:
            # Refused: else whoever can write the file could put keys of his own there.
            raise KeyringError(
                f"{self.path} is not wrapped, although FIRSTHAND_KEYS_KMS_URL is set: run `firsthand keys wrap`"
            )
        try:
            sealing_keys = {bytes.fromhex(key_id): bytes.fromhex(key) for key_id, key in body["sealing_keys"].items()}
            # Keyrings of the first version do not say their generation.
            keys = Keys(
                sealing_keys,
                bytes.fromhex(body["current_key_id"]),
                bytes.fromhex(body["index_key"]),
                int(body.get("generation", 1)),
                bytes.fromhex(body["next_index_key"]) if "next_index_key" in body else None,
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise KeyringError(self._damaged()) from error
        if not keys.is_sound:
            raise KeyringError(self._damaged())
        return keys

    def _json(self, raw: bytes) -> dict[str, Any]:
        try:
            body = json.loads(raw)
        except (ValueError, RecursionError) as error:
            raise KeyringError(self._damaged()) from error
        if not isinstance(body, dict):
            raise KeyringError(self._damaged())
        return cast("dict[str, Any]", body)

    def _damaged(self) -> str:
        return f"{self.path} is damaged: restore it from its backup"


def save_keyring(keyring: Keyring, folder: Path) -> None:
    """Write a keyring into `folder` (made 0700), wrapped by nobody. Never overwrites one. Raises KeyringError."""
    KeyringFile(folder).add(keyring.keys)


def load_keyring(folder: Path, custodian: Custodian | None = None) -> Keyring:
    """Return the keyring of `folder`, which looks at its file again when it must. Raises KeyringError."""
    file = KeyringFile(folder, custodian)
    return Keyring(file.read(), file)
