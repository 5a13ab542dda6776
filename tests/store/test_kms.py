"""The keyring in the keeping of a key management service: a stand-in on this machine that speaks the Transit API."""

import base64
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from firsthand.platform.crypto import make_keyring
from firsthand.platform.keys.custodian import KmsCustodian
from firsthand.platform.keys.files import KeyringError
from firsthand.platform.keys.kept import KeyringFile, load_keyring, save_keyring
from firsthand.platform.world import World
from tests.city import make_city
from tests.conftest import FreshDatabase
from tests.deployment import last_json, of_database
from tests.kms import KEY, TOKEN, Kms, open_kms


@pytest.fixture
def kms() -> Iterator[Kms]:
    """The service, on a port of this machine's own."""
    with open_kms() as service:
        yield service


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
    kms.versions = [AESGCM.generate_key(256)]
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


def test_a_service_that_is_being_restarted_is_asked_again(kms: Kms, custodian: KmsCustodian, tmp_path: Path) -> None:
    made = make_keyring()
    KeyringFile(tmp_path / "keys", custodian).add(made.keys)
    kms.asked.clear()
    own = kms.answer

    def twice_away(_path: str, _body: dict[str, str]) -> tuple[int, Any]:
        kms.answer = own if len(kms.asked) == 2 else twice_away
        return 503, {}

    kms.answer = twice_away
    assert load_keyring(tmp_path / "keys", custodian).keys == made.keys
    assert len(kms.asked) == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 418])
def test_what_asking_again_does_not_mend_is_asked_once(
    kms: Kms, custodian: KmsCustodian, tmp_path: Path, status: int
) -> None:
    KeyringFile(tmp_path / "keys", custodian).add(make_keyring().keys)
    kms.asked.clear()
    kms.answer = lambda _path, _body: (status, {})
    with pytest.raises(KeyringError):
        load_keyring(tmp_path / "keys", custodian)
    assert len(kms.asked) == 1


def test_a_service_that_hangs_holds_a_running_process_up_once(
    kms: Kms, custodian: KmsCustodian, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = KeyringFile(tmp_path / "keys", custodian)
    file.add(make_keyring().keys)
    running = load_keyring(tmp_path / "keys", custodian)
    file.replace(replace(running.keys, generation=2))
    monkeypatch.setattr("firsthand.platform.keys.custodian._ANSWER_SECONDS_MAX", 0.3)
    kms.free.clear()
    kms.asked.clear()
    for _ in range(5):
        running.look_again()
    assert len(kms.asked) == 1
    assert running.open(running.seal(b"x", purpose="p", context=b"c"), purpose="p", context=b"c") == b"x"
    with pytest.raises(KeyringError, match="does not answer"):
        load_keyring(tmp_path / "keys", custodian)


def test_a_token_that_is_renewed_in_its_file_is_taken_up_by_a_running_process(
    kms: Kms, custodian: KmsCustodian, tmp_path: Path
) -> None:
    file = KeyringFile(tmp_path / "keys", custodian)
    file.add(make_keyring().keys)
    running = load_keyring(tmp_path / "keys", custodian)
    kms.token = "s.another-token"
    with pytest.raises(KeyringError, match="renew the token"):
        load_keyring(tmp_path / "keys", custodian)
    custodian.token_file.write_text("s.another-token\n")
    file.replace(replace(running.keys, generation=2))
    running.look_again()
    assert running.keys.generation == 2


async def test_the_commands_bring_the_keyring_to_the_service_turn_keys_over_there_and_bring_it_back(
    kms: Kms, custodian: KmsCustodian, world: World, fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    await make_city(world, persons=2)
    machine = of_database(world, fresh_database, tmp_path)
    file = tmp_path / "keys" / "keyring.json"
    there = {
        "FIRSTHAND_KEYS_KMS_URL": kms.url,
        "FIRSTHAND_KEYS_KMS_TOKEN_FILE": str(custodian.token_file),
    }

    def called(*command: str) -> dict[str, Any]:
        done = machine.call("keys", *command, "--json", **there)
        assert done.returncode == 0, done.stderr
        return last_json(done.stdout)

    unwrapped = machine.call("keys", "status", **there)
    assert "run `firsthand keys wrap`" in unwrapped.stderr
    assert called("wrap")["again"] is False
    assert '"vault:v1:' in file.read_text()
    assert "set FIRSTHAND_KEYS_KMS_URL" in machine.call("keys", "status").stderr
    turned = called("rotate", "--retire")
    assert (turned["fresh"], turned["unreadable"], len(turned["retired"])) == (True, 0, 1)
    assert '"vault:v1:' in file.read_text()
    kms.turn_over()
    assert called("wrap")["again"] is True
    assert '"vault:v2:' in file.read_text()
    assert called("status")["keys"].keys() == {turned["current"]}
    kms.token = "s.revoked"
    refused = machine.call("keys", "unwrap", **there)
    assert refused.returncode == 1
    assert "refuses the token" in refused.stderr
    assert '"vault:v2:' in file.read_text()
    kms.token = TOKEN
    called("unwrap")
    assert last_json(machine.call("keys", "status", "--json").stdout)["keys"].keys() == {turned["current"]}
    assert "FIRSTHAND_KEYS_KMS_URL is not set" in machine.call("keys", "unwrap").stderr
    assert "Set FIRSTHAND_KEYS_KMS_URL" in machine.call("keys", "wrap").stderr
