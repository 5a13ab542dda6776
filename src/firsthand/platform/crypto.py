"""Sealing (envelope encryption), blind indexes, and hashes of tokens. Where the keys are kept: `platform/keys/`.

A sealed value is `version | key id | wrapped data key | nonce | ciphertext`. Each value has a data key of its own,
wrapped by the current sealing key, so that turning the sealing key over rewraps 32 bytes and never the data.
Both layers are AES-256-GCM and bound to a purpose and a context (the row), so that a value copied into another row or
column does not open. Source: NIST SP 800-38D; docs/decisions/0005-keys.md.
"""

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_ID_BYTES: Final = 4
KEY_BYTES: Final = 32

_VERSION: Final = b"\x01"
_NONCE_BYTES: Final = 12
_WRAPPED_BYTES: Final = _NONCE_BYTES + KEY_BYTES + 16
# Nobody seals with a key that he last saw in force longer ago than this: rotation counts on it.
LOOK_AGAIN_SECONDS: Final = 2.0
# Values under a key that is not here may come in any number; after the first the file is not looked at for each.
_UNKNOWN_SECONDS: Final = 0.5
_MISSED_MAX: Final = 64


class SealError(Exception):
    """A sealed value does not open: changed, moved to another row, or sealed with a key that is not here."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of one deployment at one time. Their representation shows none of them.

    sealing_keys: 32 bytes each, by an id of 4, in the order in which they were made. current_key_id: the one that
    seals. index_key: 32 bytes. generation: counts changes, from 1, so that an older keyring shows itself as one.
    next_index_key: one that is to take the place of the index key, while everything is being indexed by it.
    """

    sealing_keys: Mapping[bytes, bytes]
    current_key_id: bytes
    index_key: bytes
    generation: int = 1
    next_index_key: bytes | None = None

    def __repr__(self) -> str:
        """Name the keys without showing them."""
        return f"Keys({len(self.sealing_keys)} sealing keys, current {self.current_key_id.hex()})"

    @property
    def is_sound(self) -> bool:
        """Say whether ids and keys have their lengths, and the current key is there."""
        return (
            all(len(key) == KEY_BYTES for key in [*self.sealing_keys.values(), self.index_key])
            and (self.next_index_key is None or len(self.next_index_key) == KEY_BYTES)
            and all(len(key_id) == KEY_ID_BYTES for key_id in self.sealing_keys)
            and self.current_key_id in self.sealing_keys
            and self.generation >= 1
        )

    @property
    def prepared_key_id(self) -> bytes | None:
        """The key that was made after the current one, and is to be put in force next."""
        *_, newest = self.sealing_keys
        return None if newest == self.current_key_id else newest


class Source(Protocol):
    """Where keys are read from."""

    def newer(self) -> Keys | None:
        """Return the keys as they are kept now, or None where nothing has changed since the last look.

        Blocks, and never raises: keys that cannot be read leave those that are here in use.
        """
        ...


class Keyring:
    """The keys that a process holds: it looks again where they are kept, so that a change reaches it while it runs."""

    def __init__(
        self, keys: Keys, source: Source | None = None, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        """Hold `keys`. source: where newer ones come from; None: they never change. monotonic: seconds."""
        self._keys = keys
        self._source = source
        self._monotonic = monotonic
        self._looked_at = monotonic()
        self._missed: dict[bytes, float] = {}

    def __repr__(self) -> str:
        """Name the keys without showing them."""
        return f"Keyring({self._keys!r})"

    @property
    def keys(self) -> Keys:
        """The keys as they were last read."""
        return self._keys

    def look_again(self) -> None:
        """Take up the keys as they are kept now. Blocks where they have changed; else it is one look at a file."""
        self._looked_at = self._monotonic()
        newer = self._source.newer() if self._source is not None else None
        if newer is not None:
            self._keys = newer

    def seal(self, plaintext: bytes, *, purpose: str, context: bytes) -> bytes:
        """Encrypt `plaintext` for `purpose` (a column) and `context` (the row it stands in)."""
        if self._monotonic() - self._looked_at >= LOOK_AGAIN_SECONDS:
            self.look_again()
        bound = _bound(purpose, context)
        data_key, nonce = secrets.token_bytes(KEY_BYTES), secrets.token_bytes(_NONCE_BYTES)
        return self._wrapped(data_key, bound) + nonce + AESGCM(data_key).encrypt(nonce, plaintext, bound)

    def open(self, sealed: bytes, *, purpose: str, context: bytes) -> bytes:
        """Decrypt what `seal` made for the same purpose and context. Raises SealError."""
        bound = _bound(purpose, context)
        data_key, rest = self._unwrapped(sealed, purpose, bound)
        try:
            return AESGCM(data_key).decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], bound)
        except (InvalidTag, ValueError) as error:
            raise SealError(f"{purpose}: the sealed value was changed or moved") from error

    def rewrap(self, sealed: bytes, *, purpose: str, context: bytes) -> bytes:
        """Return a sealed value with its data key under the current sealing key. The data is not opened.

        Raises SealError.
        """
        bound = _bound(purpose, context)
        data_key, rest = self._unwrapped(sealed, purpose, bound)
        return self._wrapped(data_key, bound) + rest

    def blind_index(self, purpose: str, value: str) -> bytes:
        """Return the 32 bytes by which an encrypted value is found: HMAC-SHA-256 under a key of its own."""
        return hmac.digest(self._keys.index_key, _bound(purpose, value.encode()), "sha256")

    def _wrapped(self, data_key: bytes, bound: bytes) -> bytes:
        keys = self._keys  # once: another thread may take up newer ones
        nonce = secrets.token_bytes(_NONCE_BYTES)
        wrapped = AESGCM(keys.sealing_keys[keys.current_key_id]).encrypt(nonce, data_key, bound)
        return _VERSION + keys.current_key_id + nonce + wrapped

    def _unwrapped(self, sealed: bytes, purpose: str, bound: bytes) -> tuple[bytes, bytes]:
        """Return the data key, and what follows it."""
        if sealed[:1] != _VERSION:
            raise SealError(f"{purpose}: this is no sealed value")
        key_id = key_id_of(sealed)
        if key_id not in self._keys.sealing_keys:
            self._look_for(key_id)
        key = self._keys.sealing_keys.get(key_id)
        if key is None:
            raise SealError(f"{purpose}: sealed with a key that is not in the keyring ({key_id.hex()})")
        start = 1 + KEY_ID_BYTES
        wrapped, rest = sealed[start : start + _WRAPPED_BYTES], sealed[start + _WRAPPED_BYTES :]
        try:
            return AESGCM(key).decrypt(wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], bound), rest
        except (InvalidTag, ValueError) as error:
            raise SealError(f"{purpose}: the sealed value was changed or moved") from error

    def _look_for(self, key_id: bytes) -> None:
        """Look again for a key that is not here: at once the first time, for another process may just have sealed."""
        now = self._monotonic()
        if now - self._missed.get(key_id, -_UNKNOWN_SECONDS) < _UNKNOWN_SECONDS:
            return
        self.look_again()
        if len(self._missed) >= _MISSED_MAX:
            self._missed.clear()
        self._missed[key_id] = now


def key_id_of(sealed: bytes) -> bytes:
    """Return the id of the key that a value is sealed with."""
    return sealed[1 : 1 + KEY_ID_BYTES]


def proof_of(key: bytes) -> bytes:
    """Return the 32 bytes by which a key is known again, and from which it cannot be found."""
    return hmac.digest(key, b"firsthand: which key this is", "sha256")


def token_hash(token: str) -> bytes:
    """Return the SHA-256 (32 bytes) under which a random token of 128 bits or more is kept."""
    return hashlib.sha256(token.encode()).digest()


def make_keys() -> Keys:
    """Make fresh random keys."""
    key_id = secrets.token_bytes(KEY_ID_BYTES)
    return Keys({key_id: secrets.token_bytes(KEY_BYTES)}, key_id, secrets.token_bytes(KEY_BYTES))


def make_keyring() -> Keyring:
    """Make a keyring of fresh random keys, kept nowhere."""
    return Keyring(make_keys())


def _bound(purpose: str, context: bytes) -> bytes:
    # The length in front keeps ("ab", "c") and ("a", "bc") apart.
    name = purpose.encode()
    return len(name).to_bytes(2) + name + context
