"""The house of a test: a copy of one that is made once in a run."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.house import House, People, make_house


@pytest.fixture(scope="session")
def made_house() -> Iterator[tuple[Path, People]]:
    """A house with a city in it, in which nothing runs. Its folder lets the database's account pass through."""
    folder = Path(tempfile.mkdtemp(prefix="firsthand-faults-"))
    folder.chmod(0o711)
    yield folder, make_house(folder / "made")
    shutil.rmtree(folder)


@pytest.fixture
def house(made_house: tuple[Path, People]) -> Iterator[House]:
    """A house of the test's own. At the end nothing of it runs any more."""
    folder, people = made_house
    copy = folder / "copy"
    subprocess.run(["cp", "-a", folder / "made", copy], check=True)  # with the owners, which Python's copy leaves out
    opened = House(copy, people)
    yield opened
    opened.close()
    shutil.rmtree(copy)
