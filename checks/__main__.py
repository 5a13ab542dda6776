"""Run every house rule over the repository: `python -m checks [FOLDER]`."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from checks.assembled import check_assembled
from checks.catalogue import check_catalogue
from checks.findings import PACKAGE, Finding
from checks.libraries import check_libraries
from checks.migrations import check_migrations
from checks.pure import check_pure
from checks.scope import check_scope
from checks.sealed import MIGRATIONS, check_sealed
from checks.sql_place import check_place, check_schema


def check_source(path: PurePosixPath, source: str) -> Iterator[Finding]:
    """Run the checks of one Python file. The path is relative to the top of the repository."""
    tree = ast.parse(source, str(path))
    for check in (check_place, check_schema, check_assembled, check_pure, check_libraries):
        yield from check(path, tree)
    yield from check_scope(path, tree, source)


def check_repository(root: Path) -> list[Finding]:
    """Run every check over the repository at `root` and return what was found, in order."""
    findings: list[Finding] = []
    for folder in (PACKAGE, PurePosixPath("tests")):
        for file in sorted((root / folder).rglob("*.py")):
            findings += check_source(PurePosixPath(file.relative_to(root).as_posix()), file.read_text("utf-8"))
    migrations = sorted((root / MIGRATIONS).glob("*.sql"))
    findings += check_migrations([(MIGRATIONS / file.name, file.read_text("utf-8")) for file in migrations])
    findings += check_sealed(root)
    findings += check_catalogue(root)
    return sorted(set(findings))


def main() -> int:
    """Print every finding and return the exit status: 0 when there is none."""
    root = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    findings = check_repository(root)
    for finding in findings:
        print(finding)
    print("House rules: " + (f"{len(findings)} broken" if findings else "kept"))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
