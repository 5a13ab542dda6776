"""The file outside the database: what a crash leaves is repaired, and what somebody edits is not hidden."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from firsthand.audit.checkpoint_file import CheckpointFile
from tests.audit_samples import ROOT, SIGNER

NOTES = [SIGNER.sign(size, ROOT).note for size in (3, 5, 700)]


@pytest.fixture
def file(tmp_path: Path) -> CheckpointFile:
    made = CheckpointFile(tmp_path / "outside")
    made.create()
    return made


def write_all(file: CheckpointFile, notes: list[str]) -> None:
    last = file.last()
    after = last.text if last else None
    for note in notes:
        assert file.append(note, after=after)
        after = note


def texts(file: CheckpointFile) -> list[str]:
    return [entry.text for entry in file.entries(length_bytes=file.length_bytes()) if entry.complete]


def test_an_empty_file_has_no_last_note(file: CheckpointFile) -> None:
    assert file.last() is None
    assert texts(file) == []


def test_notes_are_read_in_the_order_of_writing(file: CheckpointFile) -> None:
    write_all(file, NOTES)
    assert texts(file) == NOTES
    assert [entry.line for entry in file.entries(length_bytes=file.length_bytes())] == [1, 7, 13]
    last = file.last()
    assert last is not None
    assert last.text == NOTES[-1]


def test_only_as_much_is_read_as_was_there(file: CheckpointFile) -> None:
    write_all(file, NOTES[:2])
    length = file.length_bytes()
    write_all(file, NOTES[2:])
    assert [entry.text for entry in file.entries(length_bytes=length)] == NOTES[:2]


def test_a_note_is_not_written_after_another_than_was_seen(file: CheckpointFile) -> None:
    write_all(file, NOTES[:2])
    assert not file.append(NOTES[2], after=NOTES[0])
    assert not file.append(NOTES[2], after=None)
    assert texts(file) == NOTES[:2]


@given(cut=st.integers(1, len((NOTES[1] + "\n").encode()) - 1))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_a_crash_cut_off_is_written_anew(file: CheckpointFile, cut: int) -> None:
    whole = (NOTES[0] + "\n").encode()
    file.path.write_bytes(whole + (NOTES[1] + "\n").encode()[:cut])
    last = file.last()
    assert last is not None
    assert last.text == NOTES[0]
    assert [entry.complete for entry in file.entries(length_bytes=file.length_bytes())] == [True, False]
    assert file.append(NOTES[1], after=NOTES[0])
    assert texts(file) == NOTES[:2]


def test_a_first_note_cut_off_is_written_anew(file: CheckpointFile) -> None:
    file.path.write_bytes(NOTES[0].encode()[:20])
    assert file.last() is None
    write_all(file, NOTES)
    assert texts(file) == NOTES


def test_damage_to_one_note_leaves_the_others_readable(file: CheckpointFile) -> None:
    write_all(file, NOTES)
    file.path.write_text(file.path.read_text().replace("\n5\n", "\n"))
    assert texts(file)[0] == NOTES[0]
    assert texts(file)[2] == NOTES[2]


def test_the_last_note_is_found_in_a_long_file(file: CheckpointFile) -> None:
    body = "".join(SIGNER.sign(size, ROOT).note + "\n" for size in range(1, 301))
    file.path.write_text(body)
    last = file.last()
    assert last is not None
    assert last.text == SIGNER.sign(300, ROOT).note
    assert file.append(NOTES[2], after=last.text)
    assert texts(file)[-2:] == [SIGNER.sign(300, ROOT).note, NOTES[2]]


@given(junk=st.binary(max_size=300))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_read_without_an_error(file: CheckpointFile, junk: bytes) -> None:
    file.path.write_bytes(junk)
    entries = list(file.entries(length_bytes=len(junk)))
    assert not entries or entries[-1].end == len(junk)


def test_a_file_of_one_endless_line_is_read_in_pieces(file: CheckpointFile) -> None:
    file.path.write_bytes(b"x" * 100_000)
    assert all(len(entry.text) <= 8192 for entry in file.entries(length_bytes=100_000))


def test_a_key_is_published_once(file: CheckpointFile) -> None:
    file.publish_key(SIGNER.verifying_key)
    file.publish_key(SIGNER.verifying_key)
    assert file.keys() == (SIGNER.verifying_key,)
    assert file.keys_path.read_text() == SIGNER.verifying_key.text() + "\n"


def test_no_keys_where_none_was_published(file: CheckpointFile) -> None:
    assert file.keys() == ()
