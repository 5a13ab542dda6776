"""The checkpoints that are kept outside the database, where its owner cannot change them.

A folder with two files: `checkpoints`, one signed note after another, each followed by an empty line; and
`public-keys`, one key a line, for whoever checks them. A copy of either, taken elsewhere, is worth as much as the
original: copy them often, to a place that the servers' administrators cannot reach.
"""

import fcntl
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from firsthand.audit.checkpoint import SIGNATURE_MARK, VerifyingKey, parse_key

_MARK: Final = SIGNATURE_MARK.encode()
# Far more than a note has; a longer run of bytes is no note, and reading it must not fill the memory.
_NOTE_BYTES_MAX: Final = 4096
_TAIL_BYTES: Final = 4 * _NOTE_BYTES_MAX


@dataclass(frozen=True, slots=True)
class Entry:
    """A note as it stands in the file.

    line: the number, from 1, of the line where it starts. complete: it ends as notes do; only what a crash cut off at
    the end of the file is not. end: how many bytes of what was read come up to its end.
    """

    line: int
    text: str
    complete: bool
    end: int


@dataclass(frozen=True, slots=True)
class CheckpointFile:
    """The folder outside the database. Blocking: call it in a thread where a loop must not wait for the disk."""

    folder: Path

    @property
    def path(self) -> Path:
        """Where the notes are."""
        return self.folder / "checkpoints"

    @property
    def keys_path(self) -> Path:
        """Where the public keys are."""
        return self.folder / "public-keys"

    def exists(self) -> bool:
        """Tell whether the file was ever begun."""
        return self.path.exists()

    def create(self) -> None:
        """Begin an empty file, durably, unless there is one."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.path.open("ab") as file:
            os.fsync(file.fileno())
        _sync_folder(self.folder)

    def length_bytes(self) -> int:
        """Return how long the file is now; 0 when there is none."""
        return self.path.stat().st_size if self.exists() else 0

    def entries(self, *, length_bytes: int) -> Iterator[Entry]:
        """Read the notes in the first `length_bytes` of the file, in order, one at a time."""
        if self.exists():
            with self.path.open("rb") as file:
                yield from _split(_lines(file, length_bytes))

    def last(self) -> Entry | None:
        """Return the last complete note, or None when there is none."""
        with self.path.open("rb") as file:
            return _last(file)[0]

    def append(self, note: str, *, after: str | None) -> bool:
        """Write a note durably at the end, replacing what a crash left half written there.

        after: the last complete note as the caller knows it. False when it is another: somebody else has written, and
        nothing is changed. Raises OSError; then the next call repairs the file.
        """
        with self.path.open("r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            last, end = _last(file)
            if (last.text if last else None) != after:
                return False
            file.seek(end)
            file.truncate()
            file.write(note.encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        return True

    def publish_key(self, key: VerifyingKey) -> None:
        """Lay the public key beside the notes, unless it is there. Earlier keys stay: they signed earlier notes."""
        if key not in self.keys():
            self.folder.mkdir(parents=True, exist_ok=True)
            with self.keys_path.open("ab") as file:
                file.write(key.text().encode() + b"\n")
                file.flush()
                os.fsync(file.fileno())
            _sync_folder(self.folder)

    def keys(self) -> tuple[VerifyingKey, ...]:
        """Return the public keys, oldest first. Raises ValueError when one is damaged."""
        if not self.keys_path.exists():
            return ()
        return tuple(parse_key(line) for line in self.keys_path.read_text("utf-8").splitlines() if line)


def _last(file: BinaryIO) -> tuple[Entry | None, int]:
    """Return the last complete note and the offset in bytes where the next one belongs."""
    length = file.seek(0, os.SEEK_END)
    start = max(0, length - _TAIL_BYTES)
    file.seek(start)
    last = None
    for entry in _split(_lines(file, length - start)):
        if entry.complete:
            last = entry
    return last, start + last.end if last else 0 if start == 0 else length


def _lines(file: BinaryIO, length_bytes: int) -> Iterator[bytes]:
    while length_bytes > 0 and (line := file.readline(min(length_bytes, _NOTE_BYTES_MAX))):
        length_bytes -= len(line)
        yield line


def _split(lines: Iterable[bytes]) -> Iterator[Entry]:
    # A note ends at an empty line after a signature, so that damage to one note does not shift those after it.
    body, started, end = b"", 1, 0
    signed = False
    for number, line in enumerate(lines, start=1):
        end += len(line)
        if (signed and line == b"\n") or len(body) + len(line) > _NOTE_BYTES_MAX:
            text = body if signed and line == b"\n" else body + line
            yield Entry(started, text.decode("utf-8", "replace"), complete=True, end=end)
            body, started, signed = b"", number + 1, False
            continue
        body += line
        signed = line.startswith(_MARK)
    if body:
        yield Entry(started, body.decode("utf-8", "replace"), complete=False, end=end)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
