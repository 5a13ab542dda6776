"""Released migrations never change: `migrations/SHA256SUMS` holds the digest of each.

`python -m checks.sealed` adds the new ones; a line that is there is never rewritten. Without the file nothing is
released yet, and nothing is checked.
"""

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from checks.findings import PACKAGE, Finding

MIGRATIONS = PACKAGE / "migrations"
SUMS = "SHA256SUMS"


def check_sealed(root: Path) -> Iterator[Finding]:
    """Report migrations that differ from their digest, are missing, or have none."""
    sums = root / MIGRATIONS / SUMS
    if not sums.exists():
        return
    sealed = _read(sums)
    present = _digests(root)
    for name in sorted(sealed.keys() | present.keys()):
        path = PurePosixPath(MIGRATIONS / name)
        if name not in present:
            yield Finding(path, 1, "a released migration was removed")
        elif name not in sealed:
            yield Finding(path, 1, "a new migration is released with `make migrations-seal`")
        elif sealed[name] != present[name]:
            yield Finding(path, 1, "a released migration was changed: write a new one instead")


def seal(root: Path) -> list[str]:
    """Add the digests of new migrations and return their names, in order."""
    sums = root / MIGRATIONS / SUMS
    sealed = _read(sums) if sums.exists() else {}
    new = {name: digest for name, digest in _digests(root).items() if name not in sealed}
    lines = [f"{digest}  {name}\n" for name, digest in (sealed | new).items()]
    sums.write_text("".join(sorted(lines, key=lambda line: line.split()[1])), "utf-8")
    return sorted(new)


def _read(sums: Path) -> dict[str, str]:
    pairs = (line.split() for line in sums.read_text("utf-8").splitlines())
    return {name: digest for digest, name in pairs}


def _digests(root: Path) -> dict[str, str]:
    files = sorted((root / MIGRATIONS).glob("*.sql"))
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


if __name__ == "__main__":
    for name in seal(Path.cwd()):
        print(f"sealed {name}")
    sys.exit(0)
