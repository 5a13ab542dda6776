"""Who keeps the keyring: the file by itself, or a key management service (KMS) by which the file is wrapped.

A service is asked once when a process starts, and again when the file has changed: never for a value. What it is
asked follows the Transit API of HashiCorp Vault and OpenBao: `POST {url}/encrypt/{key}` and `/decrypt/{key}`.
"""

import base64
import binascii
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

import httpx

from firsthand.platform.keys.files import KeyringError, read_private

_ANSWER_SECONDS_MAX: Final = 5.0
_UNAUTHORIZED: Final = frozenset({401, 403})
_NOT_FOUND: Final = 404
_REFUSED: Final = 400


class Custodian(Protocol):
    """Wraps what is written into `keyring.json`, and unwraps what is read from it."""

    @property
    def name(self) -> str:
        """Which custodian it is, as `keyring.json` says it."""
        ...

    def wrap(self, secret: bytes) -> str:
        """Return the secret as text that says nothing to others. Raises KeyringError."""
        ...

    def unwrap(self, wrapped: str) -> bytes:
        """Return what was wrapped. Raises KeyringError."""
        ...


@dataclass(frozen=True, slots=True)
class KmsCustodian:
    """A service that speaks the Transit API. It alone can open the keyring, for whoever has its token.

    url: of the mount, such as https://kms.example.org:8200/v1/transit. token_file: holds the token, read each time, so
    that it can be renewed under a process that runs.
    """

    url: str
    key: str
    token_file: Path = field(repr=False)

    @property
    def name(self) -> str:
        """Say that it is a KMS."""
        return "kms"

    def wrap(self, secret: bytes) -> str:
        """Let the service encrypt. Raises KeyringError."""
        answer = self._ask("encrypt", {"plaintext": base64.b64encode(secret).decode()})
        ciphertext = answer.get("ciphertext")
        if not isinstance(ciphertext, str) or not ciphertext:
            raise KeyringError(self._strange())
        # Whatever answered could be anything: the file is only written where the way back works.
        if self.unwrap(ciphertext) != secret:
            raise KeyringError(self._strange())
        return ciphertext

    def unwrap(self, wrapped: str) -> bytes:
        """Let the service decrypt. Raises KeyringError."""
        answer = self._ask("decrypt", {"ciphertext": wrapped})
        try:
            return base64.b64decode(answer["plaintext"], validate=True)
        except (KeyError, TypeError, ValueError, binascii.Error) as error:
            raise KeyringError(self._strange()) from error

    def _ask(self, verb: str, body: dict[str, str]) -> dict[str, Any]:
        token = read_private(self.token_file).decode("ascii", "replace").strip()
        if not token or not token.isprintable():
            raise KeyringError(f"{self.token_file} holds no token of the key management service: write one into it")
        try:
            with httpx.Client(timeout=_ANSWER_SECONDS_MAX, trust_env=False) as http:
                response = http.post(f"{self.url}/{verb}/{self.key}", json=body, headers={"X-Vault-Token": token})
        except (httpx.HTTPError, UnicodeError) as error:
            raise KeyringError(
                f"the key management service at {self.url} does not answer ({type(error).__name__}): bring it back, or "
                "look at FIRSTHAND_KEYS_KMS_URL"
            ) from error
        return self._read(verb, response)

    def _read(self, verb: str, response: httpx.Response) -> dict[str, Any]:
        status = response.status_code
        if status in _UNAUTHORIZED:
            raise KeyringError(
                f"the key management service at {self.url} refuses the token to {verb} with the key {self.key!r}: "
                f"renew the token in {self.token_file}, and look at its policy"
            )
        if status == _NOT_FOUND:
            raise KeyringError(
                f"the key management service at {self.url} has no key {self.key!r}: look at FIRSTHAND_KEYS_KMS_KEY and "
                "at the end of FIRSTHAND_KEYS_KMS_URL"
            )
        if status == _REFUSED and verb == "decrypt":
            raise KeyringError(
                f"the key {self.key!r} of the key management service at {self.url} does not open keyring.json: it was "
                "wrapped by another key, or changed; restore the file, or that key"
            )
        if not response.is_success:
            raise KeyringError(f"the key management service at {self.url} answers {status}: look at its own log")
        try:
            data = response.json()["data"]
        except (ValueError, KeyError, TypeError) as error:
            raise KeyringError(self._strange()) from error
        if not isinstance(data, dict):
            raise KeyringError(self._strange())
        return data

    def _strange(self) -> str:
        return f"what answers at {self.url} is no key management service: look at FIRSTHAND_KEYS_KMS_URL"
