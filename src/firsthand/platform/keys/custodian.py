"""Who keeps the keyring: the file by itself, or a key management service (KMS) by which the file is wrapped.

A service is asked once when a process starts, and again when the file has changed: never for a value. What it is
asked follows the Transit API of HashiCorp Vault and OpenBao: `POST {url}/encrypt/{key}` and `/decrypt/{key}`. One that
is just being restarted is asked again, all within a few seconds, so that a process that runs is not held up for long.
"""

import base64
import binascii
import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

import httpx

from firsthand.platform.keys.files import KeyringError, read_private

# For one question with all its tries.
_ANSWER_SECONDS_MAX: Final = 5.0
_ANSWER_BYTES_MAX: Final = 1 << 20
_PAUSES_SECONDS: Final = (0.2, 0.8)
# It may be over in a moment: too many at once, a restart, another node taking over.
_PASSING: Final = frozenset({429, 500, 502, 503, 504})
_OK: Final = 200
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
        deadline = time.monotonic() + _ANSWER_SECONDS_MAX
        found = self._tried(verb, body, token, deadline)
        for pause in _PAUSES_SECONDS:
            is_passing = isinstance(found, KeyringError) or found[0] in _PASSING
            if not is_passing or time.monotonic() + pause >= deadline:
                break
            time.sleep(pause)
            found = self._tried(verb, body, token, deadline)
        if isinstance(found, KeyringError):
            raise found
        return self._read(verb, *found)

    def _tried(self, verb: str, body: dict[str, str], token: str, deadline: float) -> tuple[int, bytes] | KeyringError:
        try:
            return self._answer(verb, body, token, deadline)
        except (httpx.HTTPError, UnicodeError) as error:
            return KeyringError(
                f"the key management service at {self.url} does not answer ({type(error).__name__}): bring it back, "
                "or look at FIRSTHAND_KEYS_KMS_URL"
            )

    def _answer(self, verb: str, body: dict[str, str], token: str, deadline: float) -> tuple[int, bytes]:
        """Return status and body of one answer. Raises httpx.HTTPError, UnicodeError; KeyringError: it is too long."""
        left, answer = max(0.1, deadline - time.monotonic()), b""
        with (
            httpx.Client(timeout=left, trust_env=False) as http,
            http.stream("POST", f"{self.url}/{verb}/{self.key}", json=body, headers={"X-Vault-Token": token}) as given,
        ):
            for part in given.iter_bytes():
                answer += part
                if len(answer) > _ANSWER_BYTES_MAX:
                    raise KeyringError(self._strange())
                if time.monotonic() > deadline:
                    raise httpx.ReadTimeout("it answers too slowly")
            return given.status_code, answer

    def _read(self, verb: str, status: int, answer: bytes) -> dict[str, Any]:
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
        if status != _OK:
            raise KeyringError(f"the key management service at {self.url} answers {status}: look at its own log")
        try:
            data = json.loads(answer)["data"]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise KeyringError(self._strange()) from error
        if not isinstance(data, dict):
            raise KeyringError(self._strange())
        return data

    def _strange(self) -> str:
        return f"what answers at {self.url} is no key management service: look at FIRSTHAND_KEYS_KMS_URL"
