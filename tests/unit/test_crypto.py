"""Sealed values open for their own row and key, and for nothing else."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.platform.crypto import Keyring, Keys, SealError, make_keyring
from firsthand.platform.keys import KeyringError, load_keyring, save_keyring

KEYS = make_keyring()
OTHER_KEYS = make_keyring()


def turned_over(old: Keys, new: Keys) -> Keyring:
    """Return a keyring that seals with the new key and opens what either has sealed."""
    return Keyring(replace(new, sealing_keys={**old.sealing_keys, **new.sealing_keys}))


@given(st.binary(), st.text(max_size=20), st.binary(max_size=20))
def test_what_is_sealed_opens_again(plaintext: bytes, purpose: str, context: bytes) -> None:
    sealed = KEYS.seal(plaintext, purpose=purpose, context=context)
    assert KEYS.open(sealed, purpose=purpose, context=context) == plaintext
    assert len(sealed) == len(plaintext) + 93


@given(st.text("ab", max_size=4), st.binary(max_size=4), st.text("ab", max_size=4), st.binary(max_size=4))
def test_a_value_opens_only_where_it_belongs(purpose: str, context: bytes, elsewhere: str, other: bytes) -> None:
    sealed = KEYS.seal(b"secret", purpose=purpose, context=context)
    if (purpose, context) != (elsewhere, other):
        with pytest.raises(SealError, match="changed or moved"):
            KEYS.open(sealed, purpose=elsewhere, context=other)


@given(st.integers(0), st.integers(1, 255))
def test_a_changed_byte_is_noticed(place: int, change: int) -> None:
    sealed = bytearray(KEYS.seal(b"secret", purpose="p", context=b"c"))
    sealed[place % len(sealed)] ^= change
    with pytest.raises(SealError):
        KEYS.open(bytes(sealed), purpose="p", context=b"c")


@given(st.binary(max_size=200))
def test_what_was_never_sealed_does_not_open(junk: bytes) -> None:
    with pytest.raises(SealError):
        KEYS.open(b"\x01" + KEYS.keys.current_key_id + junk, purpose="p", context=b"c")


def test_a_value_opens_with_an_older_key_and_not_without_it() -> None:
    sealed = KEYS.seal(b"secret", purpose="p", context=b"c")
    turned = turned_over(KEYS.keys, OTHER_KEYS.keys)
    assert turned.open(sealed, purpose="p", context=b"c") == b"secret"
    with pytest.raises(SealError, match="not in the keyring"):
        OTHER_KEYS.open(sealed, purpose="p", context=b"c")


def test_a_blind_index_depends_on_purpose_value_and_key() -> None:
    indexes = {
        keys.blind_index(purpose, value) for keys in (KEYS, OTHER_KEYS) for purpose in "pq" for value in ("a", "b")
    }
    assert len(indexes) == 8
    assert KEYS.blind_index("p", "a") == KEYS.blind_index("p", "a") != KEYS.blind_index("pa", "")


def test_a_keyring_is_kept_for_its_owner_alone_and_never_overwritten(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    save_keyring(KEYS, folder)
    assert (folder.stat().st_mode & 0o777, (folder / "keyring.json").stat().st_mode & 0o777) == (0o700, 0o600)
    assert load_keyring(folder).keys == KEYS.keys
    with pytest.raises(KeyringError, match="cannot write"):
        save_keyring(OTHER_KEYS, folder)


@pytest.mark.parametrize(
    "body", ["", "[]", "{}", '{"sealing_keys": {"00": "00"}, "current_key_id": "00", "index_key": ""}']
)
def test_a_damaged_keyring_is_refused(tmp_path: Path, body: str) -> None:
    file = tmp_path / "keyring.json"
    file.write_text(body)
    file.chmod(0o600)
    with pytest.raises(KeyringError, match="damaged"):
        load_keyring(tmp_path)


def test_a_keyring_open_to_others_or_missing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyringError, match="restore them"):
        load_keyring(tmp_path)
    save_keyring(KEYS, tmp_path)
    (tmp_path / "keyring.json").chmod(0o640)
    with pytest.raises(KeyringError, match="chmod 600"):
        load_keyring(tmp_path)


def test_no_key_is_shown_where_a_keyring_is_printed() -> None:
    keys = [*KEYS.keys.sealing_keys.values(), KEYS.keys.index_key]
    assert not any(key.hex() in repr(KEYS) or repr(key) in repr(KEYS) for key in keys)
