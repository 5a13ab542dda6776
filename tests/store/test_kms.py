"""The keyring in the keeping of a key management service: a stand-in on this machine that speaks the Transit API."""

import base64
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from firsthand.platform.crypto import make_keyring
from firsthand.platform.keys.custodian import KmsCustodian
from firsthand.platform.keys.files import KeyringError
from firsthand.platform.keys.kept import KeyringFile, load_keyring, save_keyring

TOKEN, KEY = "s.token-of-the-tests", "firsthand"
Answer = Callable[[str, dict[str, str]], tuple[int, Any]]


@dataclass
class Kms:
    """A service that wraps under one key, and what it was asked. answer: instead of its own, where a test says so."""

    url: str = ""
    secret: bytes = field(default_factory=lambda: AESGCM.generate_key(256))
    asked: list[str] = field(default_factory=list)
    answer: Answer | None = None

    def respond(self, path: str, token: str | None, body: dict[str, str]) -> tuple[int, Any]:
        """Answer as Transit does."""
        self.asked.append(path)
        if self.answer is not None:
            return self.answer(path, body)
        if token != TOKEN:
            return 403, {"errors": ["permission denied"]}
        verb, _, key = path.removeprefix("/v1/transit/").partition("/")
        if key != KEY:
            return 404, {"errors": []}
        cipher, nonce = AESGCM(self.secret), bytes(12)
        if verb == "encrypt":
            sealed = cipher.encrypt(nonce, base64.b64decode(body["plaintext"]), None)
            return 200, {"data": {"ciphertext": "vault:v1:" + base64.b64encode(sealed).decode()}}
        try:
            opened = cipher.decrypt(nonce, base64.b64decode(body["ciphertext"].removeprefix("vault:v1:")), None)
        except (InvalidTag, ValueError):
            return 400, {"errors": ["cipher: message authentication failed"]}
        return 200, {"data": {"plaintext": base64.b64encode(opened).decode()}}


@pytest.fixture
def kms() -> Iterator[Kms]:
    """The service, on a port of this machine's own."""
    service = Kms()

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
            self.wfile.write(raw)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the library names it
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    service.url = f"http://127.0.0.1:{server.server_address[1]}/v1/transit"
    yield service
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def custodian(kms: Kms, tmp_path: Path) -> KmsCustodian:
    """Who asks the service, with a token of a file."""
    token = tmp_path / "token"
    token.write_text(TOKEN)
    token.chmod(0o600)
    return KmsCustodian(kms.url, KEY, token)


def test_the_file_says_nothing_and_the_service_is_asked_once_for_a_process(
    kms: Kms, custodian: KmsCustodian, tmp_path: Path
) -> None:
    made = make_keyring()
    KeyringFile(tmp_path / "keys", custodian).add(made.keys)
    written = (tmp_path / "keys" / "keyring.json").read_text()
    for key in (*made.keys.sealing_keys.values(), made.keys.index_key):
        assert key.hex() not in written
        assert base64.b64encode(key).decode() not in written
    kms.asked.clear()
    keyring = load_keyring(tmp_path / "keys", custodian)
    sealed = [keyring.seal(f"{number}".encode(), purpose="p", context=b"c") for number in range(20)]
    assert [made.open(value, purpose="p", context=b"c") for value in sealed] == [f"{n}".encode() for n in range(20)]
    assert kms.asked == ["/v1/transit/decrypt/firsthand"]


def test_a_keyring_that_lay_open_is_wrapped_and_no_longer_read_open(custodian: KmsCustodian, tmp_path: Path) -> None:
    made = make_keyring()
    save_keyring(made, tmp_path / "keys")
    with pytest.raises(KeyringError, match="is not wrapped"):
        load_keyring(tmp_path / "keys", custodian)
    KeyringFile(tmp_path / "keys", custodian).replace(KeyringFile(tmp_path / "keys").read())
    assert load_keyring(tmp_path / "keys", custodian).keys == made.keys
    with pytest.raises(KeyringError, match="set FIRSTHAND_KEYS_KMS_URL"):
        load_keyring(tmp_path / "keys")


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ((403, {"errors": []}), "refuses the token"),
        ((404, {"errors": []}), "has no key"),
        ((400, {"errors": []}), "does not open keyring.json"),
        ((500, {}), "answers 500"),
        ((503, {}), "answers 503"),
        ((307, {}), "answers 307"),
        ((200, b"<html>"), "is no key management service"),
        ((200, {"data": []}), "is no key management service"),
        ((200, {"data": {"plaintext": "%%%"}}), "is no key management service"),
        ((200, {"data": {"plaintext": base64.b64encode(b"other").decode()}}), "is damaged"),
    ],
)
def test_what_goes_wrong_is_said_in_one_line(
    kms: Kms, custodian: KmsCustodian, tmp_path: Path, answer: tuple[int, Any], told: str
) -> None:
    KeyringFile(tmp_path / "keys", custodian).add(make_keyring().keys)
    kms.answer = lambda _path, _body: answer
    with pytest.raises(KeyringError, match=told) as raised:
        load_keyring(tmp_path / "keys", custodian)
    assert "\n" not in str(raised.value)
    assert TOKEN not in str(raised.value)


def test_a_keyring_wrapped_by_another_key_does_not_open(kms: Kms, custodian: KmsCustodian, tmp_path: Path) -> None:
    KeyringFile(tmp_path / "keys", custodian).add(make_keyring().keys)
    kms.secret = AESGCM.generate_key(256)
    with pytest.raises(KeyringError, match="wrapped by another key"):
        load_keyring(tmp_path / "keys", custodian)


def test_a_service_that_does_not_give_back_what_it_was_given_never_gets_the_keyring(
    kms: Kms, custodian: KmsCustodian, tmp_path: Path
) -> None:
    save_keyring(make_keyring(), tmp_path / "keys")
    before = (tmp_path / "keys" / "keyring.json").read_bytes()
    kms.answer = lambda path, _body: (
        (200, {"data": {"ciphertext": "vault:v1:x"}})
        if "encrypt" in path
        else (200, {"data": {"plaintext": base64.b64encode(b"{}").decode()}})
    )
    with pytest.raises(KeyringError, match="is no key management service"):
        KeyringFile(tmp_path / "keys", custodian).replace(KeyringFile(tmp_path / "keys").read())
    assert (tmp_path / "keys" / "keyring.json").read_bytes() == before


def test_a_service_that_is_away_and_a_token_that_others_can_read(custodian: KmsCustodian, tmp_path: Path) -> None:
    KeyringFile(tmp_path / "keys", custodian).add(make_keyring().keys)
    away = KmsCustodian("http://127.0.0.1:9/v1/transit", KEY, custodian.token_file)
    with pytest.raises(KeyringError, match="does not answer"):
        load_keyring(tmp_path / "keys", away)
    custodian.token_file.chmod(0o644)
    with pytest.raises(KeyringError, match="can be read by others"):
        load_keyring(tmp_path / "keys", custodian)
