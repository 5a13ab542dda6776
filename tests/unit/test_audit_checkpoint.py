"""Signed notes: what is signed is read back, and nothing else is accepted."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from firsthand.audit import rules
from firsthand.audit.checkpoint import Checkpoint, NoteFault, Signer, VerifyingKey, parse_key, read_note
from firsthand.audit.merkle import Frontier
from firsthand.audit.model import CheckpointRow
from tests.audit_samples import ROOT, SIGNER, row_of

KEYS = (SIGNER.verifying_key,)
ROOTS = st.binary(min_size=32, max_size=32)


def test_key_of_the_published_example() -> None:
    """The example key and signature in the documentation of Go's `note` package."""
    key = parse_key("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
    body = base64.b64decode(
        "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
    )
    assert body[:4] == key.key_id
    assert key.accepts(text, body[4:])
    assert not key.accepts(text + "x", body[4:])


def test_the_note_has_the_published_form() -> None:
    note = SIGNER.sign(42, ROOT).note
    origin, size, root, empty, signature, end = note.split("\n")
    assert (origin, size, root, empty, end) == ("city.example/audit", "42", base64.b64encode(ROOT).decode(), "", "")
    dash, name, encoded = signature.split(" ")
    assert (dash, name) == ("\N{EM DASH}", "city.example/audit")
    assert base64.b64decode(encoded)[:4] == SIGNER.verifying_key.key_id


@given(st.integers(0, 2**62), ROOTS)
def test_what_was_signed_is_read_back(size: int, root: bytes) -> None:
    assert read_note(SIGNER.sign(size, root).note, KEYS) == Checkpoint("city.example/audit", size, root)


@given(st.integers(0, 10**6), ROOTS, st.data())
def test_no_other_text_is_accepted(size: int, root: bytes, data: st.DataObject) -> None:
    note = SIGNER.sign(size, root).note
    place = data.draw(st.integers(0, len(note)))
    removed = data.draw(st.integers(0, 3))
    changed = note[:place] + data.draw(st.text(max_size=3)) + note[place + removed :]
    assert isinstance(read_note(changed, KEYS), NoteFault) == (changed != note)


@given(st.text())
def test_any_text_is_answered(text: str) -> None:
    assert isinstance(read_note(text, KEYS), NoteFault)


@pytest.mark.parametrize(
    ("note", "fault"),
    [
        ("", NoteFault.MALFORMED),
        (SIGNER.sign(1, ROOT).note.replace("\n1\n", "\n01\n"), NoteFault.MALFORMED),
        (SIGNER.sign(1, ROOT).note.replace("\n1\n", "\n-1\n"), NoteFault.MALFORMED),
        (SIGNER.sign(1, ROOT).note.replace("\n1\n", "\n2\n"), NoteFault.BAD_SIGNATURE),
        (SIGNER.sign(1, ROOT).note.replace("city.example", "town.example"), NoteFault.UNKNOWN_KEY),
        (Signer("city.example/audit", Ed25519PrivateKey.generate()).sign(1, ROOT).note, NoteFault.UNKNOWN_KEY),
    ],
)
def test_why_a_note_is_refused(note: str, fault: NoteFault) -> None:
    assert read_note(note, KEYS) is fault


def test_an_older_key_still_opens_its_notes() -> None:
    older = Signer("city.example/audit", Ed25519PrivateKey.generate())
    keys = (older.verifying_key, SIGNER.verifying_key)
    assert not isinstance(read_note(older.sign(1, ROOT).note, keys), NoteFault)
    assert not isinstance(read_note(SIGNER.sign(2, ROOT).note, keys), NoteFault)


def test_a_key_survives_being_written_down() -> None:
    assert parse_key(SIGNER.verifying_key.text()) == SIGNER.verifying_key


@given(st.data())
def test_a_mistyped_key_is_refused(data: st.DataObject) -> None:
    text = SIGNER.verifying_key.text()
    place = data.draw(st.integers(0, len(text) - 1))
    letter = data.draw(st.characters(codec="ascii", categories=["L", "N"]).filter(lambda one: one != text[place]))
    with pytest.raises(ValueError, match=r".+"):
        parse_key(text[:place] + letter + text[place + 1 :])


@pytest.mark.parametrize("name", ["", "two words", "plus+sign"])
def test_a_key_has_a_name_that_can_be_read(name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        VerifyingKey(name, SIGNER.verifying_key.public_bytes)


def test_a_signer_does_not_show_its_key() -> None:
    assert "Ed25519" not in repr(SIGNER)


@given(st.lists(ROOTS, min_size=1, max_size=20))
def test_a_stored_checkpoint_is_sound_as_it_was_made(leaves: list[bytes]) -> None:
    row = row_of(Frontier().append(leaves))
    assert rules.is_sound(row, KEYS)
    assert rules.frontier_of(row) == Frontier().append(leaves)


@given(st.lists(ROOTS, min_size=1, max_size=20), st.data())
def test_a_stored_checkpoint_is_not_sound_with_any_column_changed(leaves: list[bytes], data: st.DataObject) -> None:
    row = row_of(Frontier().append(leaves))
    other = row_of(Frontier().append([*leaves, ROOT]))
    name = data.draw(st.sampled_from(["size", "root", "hashes", "note"]))
    columns = {"size": row.size, "root": row.root, "hashes": row.hashes, "note": row.note}
    columns[name] = getattr(other, name)
    assert not rules.is_sound(CheckpointRow(**columns, sealed_at=row.sealed_at), KEYS)  # type: ignore[arg-type]
