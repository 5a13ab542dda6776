"""A stand-in for a key management service on this machine: it speaks the Transit API of Vault and OpenBao."""

import base64
import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from firsthand.platform.crypto import Keys

TOKEN, KEY = "s.token-of-the-tests", "firsthand"
Answer = Callable[[str, dict[str, str]], tuple[int, Any]]


@dataclass
class Kms:
    """A service that wraps under the newest version of one key, and what it was asked.

    answer: instead of its own, where a test says so. free: cleared, it takes questions and never answers.
    """

    url: str = ""
    versions: list[bytes] = field(default_factory=lambda: [AESGCM.generate_key(256)])
    token: str = TOKEN
    asked: list[str] = field(default_factory=list)
    answer: Answer | None = None
    free: threading.Event = field(default_factory=threading.Event)

    def turn_over(self) -> None:
        """Wrap by a further version from now on; what an older one wrapped still opens."""
        self.versions.append(AESGCM.generate_key(256))

    def respond(self, path: str, token: str | None, body: dict[str, str]) -> tuple[int, Any]:
        """Answer as Transit does."""
        self.asked.append(path)
        if self.answer is not None:
            return self.answer(path, body)
        self.free.wait()
        if token != self.token:
            return 403, {"errors": ["permission denied"]}
        verb, _, key = path.removeprefix("/v1/transit/").partition("/")
        if key != KEY:
            return 404, {"errors": []}
        nonce = bytes(12)
        if verb == "encrypt":
            sealed = AESGCM(self.versions[-1]).encrypt(nonce, base64.b64decode(body["plaintext"]), None)
            return 200, {"data": {"ciphertext": f"vault:v{len(self.versions)}:{base64.b64encode(sealed).decode()}"}}
        try:
            _, version, sealed_text = body["ciphertext"].split(":")
            cipher = AESGCM(self.versions[int(version.removeprefix("v")) - 1])
            opened = cipher.decrypt(nonce, base64.b64decode(sealed_text), None)
        except (InvalidTag, ValueError, IndexError):
            return 400, {"errors": ["cipher: message authentication failed"]}
        return 200, {"data": {"plaintext": base64.b64encode(opened).decode()}}


@contextmanager
def open_kms() -> Iterator[Kms]:
    """Run the service for the block, on a port of this machine's own."""
    service = Kms()
    service.free.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, answer = service.respond(self.path, self.headers.get("X-Vault-Token"), body)
            raw = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            if status == 307:
                self.send_header("Location", "http://127.0.0.1:9/elsewhere")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            with contextlib.suppress(OSError):  # whoever asked may have gone
                self.wfile.write(raw)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the library names it
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    service.url = f"http://127.0.0.1:{server.server_address[1]}/v1/transit"
    try:
        yield service
    finally:
        service.free.set()
        server.shutdown()
        thread.join()
        server.server_close()


def assert_silent(text: str, keys: Keys) -> None:
    """Check that a text holds no key, in any spelling."""
    for key in (*keys.sealing_keys.values(), keys.index_key):
        spellings = key.hex(), key.hex().upper(), base64.b64encode(key).decode(), repr(key)[2:-1], str(list(key))[1:-1]
        assert not any(spelling in text for spelling in spellings)
