"""Attacks by whoever answers as the key management service, on the way to it, and on its token: none gets a key.

What is refused is said in one line, which holds neither a key nor the token, and the keyring stays as it was.
"""

import base64
import traceback
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from firsthand.channels.opening import Logins, open_keyring
from firsthand.platform.crypto import make_keyring, make_keys
from firsthand.platform.database import connect
from firsthand.platform.keys import KeyringError, KeyringFile, KmsCustodian, load_keyring
from firsthand.platform.keys.known import make_known
from firsthand.platform.postgres import Role
from firsthand.platform.settings import Settings, SettingsError
from tests.conftest import FreshDatabase
from tests.kms import KEY, TOKEN, Kms, assert_silent, open_kms


@pytest.fixture
def kms() -> Iterator[Kms]:
    with open_kms() as service:
        yield service


@pytest.fixture
def custodian(kms: Kms, tmp_path: Path) -> KmsCustodian:
    token = tmp_path / "token"
    token.write_text(TOKEN)
    token.chmod(0o600)
    return KmsCustodian(kms.url, KEY, token)


def told(plaintext: bytes) -> tuple[int, Any]:
    """Return how the service says that this was wrapped."""
    return 200, {"data": {"plaintext": base64.b64encode(plaintext).decode()}}


ANSWERS: dict[str, tuple[Callable[[Kms], None], str]] = {
    "another key": (lambda kms: kms.versions.__setitem__(0, bytes(32)), "wrapped by another key"),
    "a token that has run out": (lambda kms: setattr(kms, "token", "s.other"), "renew the token"),
    "forbidden": (lambda kms: setattr(kms, "answer", lambda *_: (401, {})), "renew the token"),
    "an error": (lambda kms: setattr(kms, "answer", lambda *_: (500, {})), "answers 500"),
    "somewhere else": (lambda kms: setattr(kms, "answer", lambda *_: (307, {})), "answers 307"),
    "never": (lambda kms: kms.free.clear(), "does not answer"),
    "endlessly": (lambda kms: setattr(kms, "answer", lambda *_: (200, b"x" * (1 << 21))), "is no key management"),
    "deeply": (lambda kms: setattr(kms, "answer", lambda *_: (200, b"[" * 500_000)), "is no key management"),
    "a page": (lambda kms: setattr(kms, "answer", lambda *_: (200, b"<html>")), "is no key management"),
    "no plaintext": (lambda kms: setattr(kms, "answer", lambda *_: (200, {"data": {}})), "is no key management"),
    "another plaintext": (lambda kms: setattr(kms, "answer", lambda *_: told(b"{}")), "is damaged"),
    "a wrapped one again": (lambda kms: setattr(kms, "answer", lambda *_: told(b'{"wrapped": "x"}')), "is damaged"),
}


@pytest.mark.parametrize("how", ANSWERS)
def test_a_service_that_answers_wrongly_opens_nothing_and_its_token_is_told_to_nobody(
    kms: Kms, custodian: KmsCustodian, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    file, made = KeyringFile(tmp_path / "keys", custodian), make_keyring()
    file.add(made.keys)
    running, before = load_keyring(tmp_path / "keys", custodian), file.path.read_bytes()
    answer, said_so = ANSWERS[how]
    answer(kms)
    if how == "never":
        monkeypatch.setattr("firsthand.platform.keys.custodian._ANSWER_SECONDS_MAX", 0.5)
    with pytest.raises(KeyringError, match=said_so) as raised:
        file.read()
    whole = "".join(traceback.format_exception(raised.value))
    assert TOKEN not in whole
    assert_silent(whole, made.keys)
    if how != "another key":  # which wraps and unwraps as well as the first
        with pytest.raises(KeyringError):
            file.replace(make_keys())
    assert file.path.read_bytes() == before
    assert running.open(running.seal(b"x", purpose="p", context=b"c"), purpose="p", context=b"c") == b"x"


async def test_a_keyring_that_the_service_makes_up_is_not_taken_at_the_start_nor_by_who_runs(
    kms: Kms, custodian: KmsCustodian, fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    file, made = KeyringFile(tmp_path / "keys", custodian), make_keyring()
    file.add(made.keys)
    dsn = fresh_database.dsn(Role.OWNER)
    async with connect(dsn) as owner:
        await make_known(owner, made.keys)
    running = load_keyring(tmp_path / "keys", custodian)
    KeyringFile(tmp_path / "theirs").add(replace(make_keys(), generation=7))
    theirs = (tmp_path / "theirs" / "keyring.json").read_bytes()
    kms.answer = lambda *_: told(theirs)
    settings = Settings.read(
        {
            "FIRSTHAND_DATA_DIR": str(tmp_path),
            "FIRSTHAND_KEYS_KMS_URL": kms.url,
            "FIRSTHAND_KEYS_KMS_TOKEN_FILE": str(custodian.token_file),
        }
    )
    with pytest.raises(KeyringError, match="belongs to another database"):
        await open_keyring(settings, Logins(app=dsn, audit=dsn, owner=dsn))
    file.path.write_text(file.path.read_text() + " ")  # whoever runs looks again
    running.look_again()
    assert running.keys == made.keys


def test_a_keyring_of_ones_own_does_not_take_the_place_of_a_wrapped_one(
    custodian: KmsCustodian, tmp_path: Path
) -> None:
    file, made = KeyringFile(tmp_path / "keys", custodian), make_keyring()
    file.add(made.keys)
    running = load_keyring(tmp_path / "keys", custodian)
    KeyringFile(tmp_path / "keys").replace(replace(made.keys, generation=5))
    with pytest.raises(KeyringError, match="is not wrapped"):
        file.read()
    running.look_again()
    assert running.keys == made.keys


@pytest.mark.parametrize(
    "variable",
    [
        ("FIRSTHAND_KEYS_KMS_URL", "http://kms.example.org/v1/transit"),
        ("FIRSTHAND_KEYS_KMS_URL", "http://127.0.0.1.example.org/v1/transit"),
        ("FIRSTHAND_KEYS_KMS_URL", "https://somebody:secret@kms.example.org/v1/transit"),
        ("FIRSTHAND_KEYS_KMS_URL", "https://kms.example.org/v1/transit?x=1"),
        ("FIRSTHAND_KEYS_KMS_URL", "file:///etc/firsthand"),
        ("FIRSTHAND_KEYS_KMS_KEY", "../../sys/seal"),
        ("FIRSTHAND_KEYS_KMS_KEY", "firsthand/../other"),
        ("FIRSTHAND_KEYS_KMS_KEY", "a\r\nX-Vault-Namespace: other"),
    ],
    ids=str,
)
def test_keys_travel_to_no_other_place_than_the_service(variable: tuple[str, str]) -> None:
    name, value = variable
    with pytest.raises(SettingsError, match=name) as raised:
        Settings.read({name: value, "HOME": "/"})
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize("token", ["", "\n", "s.one\r\nX-Vault-Namespace: other", "s.\x00", "s.\x1b[2J"], ids=repr)
def test_a_token_that_is_none_is_sent_nowhere(kms: Kms, custodian: KmsCustodian, tmp_path: Path, token: str) -> None:
    KeyringFile(tmp_path / "keys", custodian).add(make_keyring().keys)
    custodian.token_file.write_bytes(token.encode())
    kms.asked.clear()
    with pytest.raises(KeyringError, match="holds no token"):
        load_keyring(tmp_path / "keys", custodian)
    assert kms.asked == []
