"""The folder of a demo: whose it is, and whether its play came to the end.

One file tells. It is written before anything else is made, so that a folder of another kind is never taken for a
demo's; and again when the play has ended, so that one which was cut off is never served.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import msgspec

from firsthand.channels.demo.cast import DemoError
from firsthand.channels.demo.model import Outcome
from firsthand.platform.postgres.cluster import make_data_dir
from firsthand.platform.settings import Settings

_FILE: Final = "demo.json"
_LOCK: Final = "demo.lock"


class _Kept(msgspec.Struct, frozen=True):
    """What the file says. outcome: None until the play has ended."""

    outcome: Outcome | None


class DemoFolder:
    """A demo's folder, held by this process. begun: whether a play was begun here before."""

    def __init__(self, settings: Settings) -> None:
        """Read what stands in the folder of `settings`. Raises DemoError where it is not a demo's."""
        self._settings = settings
        self._file = settings.data_dir / _FILE
        self.begun = self._file.exists()
        if not self.begun and any(entry.name != _LOCK for entry in settings.data_dir.iterdir()):
            raise DemoError(f"{settings.data_dir} holds something that is no demo: choose another --data-dir.")

    def outcome(self) -> Outcome | None:
        """Return how the play ended here, or None where none has. Raises DemoError."""
        if not self.begun:
            return None
        try:
            return msgspec.json.decode(self._file.read_bytes(), type=_Kept).outcome
        except (OSError, msgspec.DecodeError) as error:
            raise DemoError(f"{self._file} cannot be read: play anew with --fresh.") from error

    def begin(self) -> None:
        """Note that a play begins, and remove what was kept outside the database of one before."""
        self._write(_Kept(None))
        shutil.rmtree(self._settings.checkpoints, ignore_errors=True)

    def end(self, outcome: Outcome) -> None:
        """Note how the play ended."""
        self._write(_Kept(outcome))

    def _write(self, kept: _Kept) -> None:
        half = self._file.with_suffix(".new")
        with half.open("wb") as file:
            file.write(msgspec.json.encode(kept))
            file.flush()
            os.fsync(file.fileno())
        half.rename(self._file)
        self.begun = True


@contextmanager
def held_folder(settings: Settings) -> Iterator[DemoFolder]:
    """Hold the demo's folder, made where there is none, for the block. Raises DemoError, PostgresError."""
    make_data_dir(settings.data_dir)
    try:
        handle = os.open(settings.data_dir / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise DemoError(f"{settings.data_dir} cannot be written to: {error.strerror}.") from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DemoError(f"A demo runs in {settings.data_dir} already: stop it, or choose another.") from None
        yield DemoFolder(settings)
    finally:
        os.close(handle)
