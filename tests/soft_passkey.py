"""A passkey in software: makes and uses credentials as a device does, rightly or with any one thing wrong.

The library under test is not used to make what it checks: bytes are put together by the W3C's text (Web Authentication,
level 3, sections 6.1 and 6.5).
"""

import base64
import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

PRESENT, VERIFIED, BACKUP_ELIGIBLE, BACKED_UP, ATTESTED = 0x01, 0x04, 0x08, 0x10, 0x40


@dataclass(slots=True)
class SoftPasskey:
    """One credential on one made-up device. `count` is what it says next; 0 stays 0."""

    origin: str
    credential_id: bytes
    handle: bytes = b""
    count: int = 0
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def make(self, options: str, *, flags: int = PRESENT | VERIFIED, **wrong: Any) -> str:  # noqa: ANN401 - whatever is wrong
        """Return the JSON of a new credential for these options. wrong: what to say instead of the right thing."""
        asked = json.loads(options)
        self.handle = _bytes(asked["user"]["id"])
        public = self.key.public_key().public_numbers()
        cose = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: public.x.to_bytes(32), -3: public.y.to_bytes(32)})
        data = self._data(wrong.get("rp_id", asked["rp"]["id"]), flags | ATTESTED)
        data += bytes(16) + len(self.credential_id).to_bytes(2) + self.credential_id + cose
        attestation = cbor2.dumps({"fmt": wrong.get("fmt", "none"), "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", asked["challenge"], wrong)
        return self._json({"clientDataJSON": _text(client), "attestationObject": _text(attestation)})

    def answer(self, options: str, *, flags: int = PRESENT | VERIFIED, **wrong: Any) -> str:  # noqa: ANN401 - whatever is wrong
        """Return the JSON of an answer to these options, and let the count go on where the device counts."""
        asked = json.loads(options)
        self.count += 1 if self.count else 0
        data = self._data(wrong.get("rp_id", asked["rpId"]), flags)
        client = self._client("webauthn.get", asked["challenge"], wrong)
        key: ec.EllipticCurvePrivateKey = wrong.get("key", self.key)
        signature = key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        handle: bytes | None = wrong.get("handle", self.handle)
        said = {
            "clientDataJSON": _text(client),
            "authenticatorData": _text(wrong.get("data", data)),
            "signature": _text(signature),
        }
        return self._json(said | ({} if handle is None else {"userHandle": _text(handle)}))

    def _data(self, rp_id: str, flags: int) -> bytes:
        return hashlib.sha256(rp_id.encode()).digest() + bytes([flags]) + self.count.to_bytes(4)

    def _client(self, kind: str, challenge: str, wrong: dict[str, Any]) -> bytes:
        said = {
            "type": wrong.get("type", kind),
            "challenge": wrong.get("challenge", challenge),
            "origin": wrong.get("origin", self.origin),
            "crossOrigin": False,
        }
        return json.dumps(said).encode()

    def _json(self, response: dict[str, str]) -> str:
        name = _text(self.credential_id)
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": response})


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
