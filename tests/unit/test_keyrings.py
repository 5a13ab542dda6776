"""Which keyring a database takes, and which one a running process takes up, for any history of keys."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.platform.crypto import Keyring, Keys, SealError, key_id_of, make_keys
from firsthand.platform.keys import KeyringFile
from firsthand.platform.keys.known import KeyKind, KnownKey, known_of, missing_keys, why_wrong

OTHERS = make_keys()
STEPS = st.lists(st.sampled_from(["prepare", "force", "retire"]), max_size=12)
FIRST = make_keys()
texts = st.text(max_size=60)


@dataclass(frozen=True, slots=True)
class Moment:
    """A keyring as it lay in its file at one time, and what the database knew then."""

    keys: Keys
    known: tuple[KnownKey, ...]


def history(steps: list[str]) -> Iterator[Moment]:
    """Yield every state that a series of rotations, each begun or broken off anywhere, leaves."""
    keys, known = FIRST, {each.key_id: each for each in known_of(FIRST)}
    yield Moment(keys, tuple(known.values()))
    for number, step in enumerate(steps):
        if step == "prepare" and keys.prepared_key_id is None:
            sealing_keys = {**keys.sealing_keys, number.to_bytes(4): bytes([number]) * 32}
            keys = replace(keys, sealing_keys=sealing_keys, generation=keys.generation + 1)
            yield Moment(keys, tuple(known.values()))
            known |= {each.key_id: each for each in known_of(keys)}
        elif step == "force" and (prepared := keys.prepared_key_id) is not None:
            keys = replace(keys, current_key_id=prepared, generation=keys.generation + 1)
        elif step == "retire" and keys.prepared_key_id is None:
            older = set(keys.sealing_keys) - {keys.current_key_id}
            known |= {key_id: replace(known[key_id], is_retired=True) for key_id in older}
            yield Moment(keys, tuple(known.values()))
            remaining = {keys.current_key_id: keys.sealing_keys[keys.current_key_id]}
            keys = replace(keys, sealing_keys=remaining, generation=keys.generation + 1)
        yield Moment(keys, tuple(known.values()))


@given(STEPS)
def test_wherever_a_rotation_is_broken_off_its_keyring_is_taken(steps: list[str]) -> None:
    for moment in history(steps):
        assert why_wrong(moment.keys, moment.known) is None
        assert moment.keys.is_sound


@given(STEPS, st.integers(0, 100))
def test_an_older_keyring_is_taken_only_while_it_opens_all_and_seals_with_nothing_retired(
    steps: list[str], back: int
) -> None:
    moments = list(history(steps))
    now, older = moments[-1], moments[max(0, len(moments) - 1 - back)].keys
    needed = {each.key_id for each in now.known if each.kind is KeyKind.SEALING and not each.is_retired}
    retired = {each.key_id for each in now.known if each.is_retired}
    right = needed <= older.sealing_keys.keys() and older.current_key_id not in retired
    assert (why_wrong(older, now.known) is None) is right


@given(STEPS)
def test_another_deployments_keyring_and_a_changed_key_are_refused(steps: list[str]) -> None:
    *_, now = history(steps)
    assert "belongs to another database" in str(why_wrong(OTHERS, now.known))
    changed = replace(now.keys, sealing_keys=dict.fromkeys(now.keys.sealing_keys, b"\xff" * 32))
    assert "lacks keys" in str(why_wrong(changed, now.known))
    assert why_wrong(OTHERS, ()) is None  # a database that knows none yet


@given(STEPS)
def test_what_a_database_knows_of_keys_shows_none_of_them(steps: list[str]) -> None:
    *_, now = history(steps)
    secret = [*now.keys.sealing_keys.values(), now.keys.index_key]
    told = repr((now.known, missing_keys(OTHERS, now.known), why_wrong(OTHERS, now.known)))
    assert not any(key.hex() in told or repr(key)[2:-1] in told for key in secret)


@given(texts, texts, st.binary(max_size=40), st.binary(max_size=40))
def test_rewrapping_keeps_text_and_place(text: str, purpose: str, context: bytes, elsewhere: bytes) -> None:
    new = OTHERS.sealing_keys[OTHERS.current_key_id]
    both = {**FIRST.sealing_keys, OTHERS.current_key_id: new}
    old_ring, between = Keyring(FIRST), Keyring(replace(FIRST, sealing_keys=both, current_key_id=OTHERS.current_key_id))
    new_ring = Keyring(replace(FIRST, sealing_keys={OTHERS.current_key_id: new}, current_key_id=OTHERS.current_key_id))
    sealed = old_ring.seal(text.encode(), purpose=purpose, context=context)
    renewed = between.rewrap(sealed, purpose=purpose, context=context)
    assert (key_id_of(sealed), key_id_of(renewed)) == (FIRST.current_key_id, OTHERS.current_key_id)
    for ring, value in ((old_ring, sealed), (between, sealed), (between, renewed), (new_ring, renewed)):
        assert ring.open(value, purpose=purpose, context=context).decode() == text
    for ring, value in ((old_ring, renewed), (new_ring, sealed)):
        with pytest.raises(SealError, match="not in the keyring"):
            ring.open(value, purpose=purpose, context=context)
    if elsewhere != context:
        for wrong in (between.open, between.rewrap):
            with pytest.raises(SealError, match="changed or moved"):
                wrong(renewed, purpose=purpose, context=elsewhere)


@given(texts, st.data())
def test_a_changed_bit_is_noticed_by_opening_and_by_rewrapping_what_it_concerns(text: str, data: st.DataObject) -> None:
    ring = Keyring(FIRST)
    sealed = bytearray(ring.seal(text.encode(), purpose="p", context=b"c"))
    bit = data.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(SealError):
        ring.open(bytes(sealed), purpose="p", context=b"c")
    if bit // 8 < 65:  # version, key id, and the wrapped data key
        with pytest.raises(SealError):
            ring.rewrap(bytes(sealed), purpose="p", context=b"c")


@pytest.fixture
def running(tmp_path: Path) -> tuple[KeyringFile, Keyring]:
    """A keyring of the second generation in its file, and a process that runs with it."""
    KeyringFile(tmp_path).add(replace(FIRST, generation=2))
    file = KeyringFile(tmp_path)
    return file, Keyring(file.read(), file)


def put(file: KeyringFile, keys: Keys) -> None:
    """Put a keyring there as an operator does, who copies a file."""
    KeyringFile(file.folder).replace(keys)


def test_a_running_process_leaves_an_older_keyring_and_anothers_where_they_lie(
    running: tuple[KeyringFile, Keyring],
) -> None:
    file, ring = running
    for wrong in (replace(FIRST, generation=1), replace(OTHERS, generation=9)):
        put(file, wrong)
        ring.look_again()
        assert ring.keys == replace(FIRST, generation=2)
    file.path.write_text("{")
    ring.look_again()
    file.path.unlink()
    ring.look_again()
    assert ring.keys == replace(FIRST, generation=2)
    KeyringFile(file.folder).add(replace(FIRST, generation=3))
    ring.look_again()
    assert ring.keys.generation == 3


def test_a_value_under_a_key_that_another_process_just_took_up_opens_at_once(
    running: tuple[KeyringFile, Keyring],
) -> None:
    file, ring = running
    ring.look_again()  # a moment ago, and nothing was new
    key_id = b"next"
    keys = replace(FIRST, sealing_keys={**FIRST.sealing_keys, key_id: b"n" * 32}, current_key_id=key_id, generation=3)
    put(file, keys)
    sealed = Keyring(keys).seal(b"x", purpose="p", context=b"c")
    assert ring.open(sealed, purpose="p", context=b"c") == b"x"


def test_values_under_an_unknown_key_do_not_have_the_file_read_for_each() -> None:
    looks = 0

    class Counting:
        def newer(self) -> None:
            nonlocal looks
            looks += 1

    now = 0.0
    ring = Keyring(FIRST, Counting(), monotonic=lambda: now)
    for now in (0.0, 0.1, 0.2, 0.6):  # noqa: B007 - the clock reads it
        with pytest.raises(SealError, match="not in the keyring"):
            ring.open(b"\x01none" + bytes(100), purpose="p", context=b"c")
    assert looks == 2


def test_a_keyring_of_the_first_version_is_of_the_first_generation(tmp_path: Path) -> None:
    KeyringFile(tmp_path).add(FIRST)
    file = tmp_path / "keyring.json"
    body = json.loads(file.read_text())
    del body["generation"]
    file.write_text(json.dumps(body))
    assert KeyringFile(tmp_path).read() == FIRST
