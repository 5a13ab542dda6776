"""Large libraries stay where they belong, so that the rooms can be read without knowing them."""

import ast
from collections.abc import Iterator
from pathlib import PurePosixPath

from checks.findings import PACKAGE, Finding, imports_of, parts_of, room_of

# Library -> rooms that may import it, or `room/name` for a file or folder in it; `*/store` is every store.
HOMES = {
    "granian": {"channels"},
    "jinja2": {"channels", "messages", "platform/i18n"},
    "litestar": {"channels"},
    "procrastinate": {"channels", "platform"},
    "psycopg": {"platform", "*/store"},
    "psycopg_pool": {"platform"},
    "rich": {"channels"},
    "typer": {"channels"},
}


def check_libraries(path: PurePosixPath, tree: ast.Module) -> Iterator[Finding]:
    """Report imports of a library outside the rooms that may know it."""
    if not path.is_relative_to(PACKAGE):
        return
    room, parts = room_of(path), parts_of(path)
    here = {room} | {f"{home}/{part}" for home in (room, "*") for part in parts}
    for line, name in imports_of(tree):
        library = name.split(".")[0]
        if library in HOMES and not HOMES[library] & here:
            yield Finding(path, line, f"{library} may be imported only in {', '.join(sorted(HOMES[library]))}")
