"""What a check reports, and how it reads Python source."""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """A broken rule: where it is, and what to do instead."""

    path: PurePosixPath
    line: int
    message: str

    def __str__(self) -> str:
        """Return `path:line: message`, which editors can follow."""
        return f"{self.path}:{self.line}: {self.message}"


# A check of one Python file. The path is relative to the top of the repository.
SourceCheck = Callable[[PurePosixPath, ast.Module], Iterator[Finding]]

PACKAGE = PurePosixPath("src/firsthand")


def room_of(path: PurePosixPath) -> str | None:
    """Return the room that a file of the package lies in, or None for a file outside every room."""
    if not path.is_relative_to(PACKAGE) or len(path.relative_to(PACKAGE).parts) == 1:
        return None
    return path.relative_to(PACKAGE).parts[0]


def parts_of(path: PurePosixPath) -> frozenset[str]:
    """Return the names below the room: `store` is among them for `room/store.py` and for `room/noun/store.py`."""
    if room_of(path) is None:
        return frozenset()
    return frozenset(path.relative_to(PACKAGE).with_suffix("").parts[1:])


def strings_of(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield the line and text of each string constant that is not a docstring or a bare comment-like string."""
    bare = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in bare:
            yield node.lineno, node.value


def imports_of(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield the line and full dotted name of everything imported: `from a.b import c` gives `a.b.c`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield node.lineno, f"{node.module}.{alias.name}"
