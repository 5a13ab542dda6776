"""SQL stands in `store.py` files alone, and a room's store writes only to the room's own schema."""

import ast
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from checks.findings import PACKAGE, Finding, parts_of, room_of, strings_of

# The platform has no store.py: these of its modules each own one small mechanism of the database.
PLATFORM_MODULES = {
    "database": "opens transactions",
    "deployment": "reads what the database was made for",
    "migrate": "applies migrations and records them",
    "outbox": "the outbox table, written by every room",
    "idempotency": "the table of first answers",
    "attempts": "the table of counted attempts",
    "known": "which keys the database knows, written by the owner's commands",
    "reindexing": "stands alone on the database while everything is indexed by another key",
    "sealed": "turns the sealing key over in every column of sealed values, as the owner of them all",
    "postgres": "sets up roles and databases of the embedded server",
}

# Schemas besides its own that a room's store may write to, with the reason.
SHARED_SCHEMAS = {
    "platform": {"migration"},  # what was applied, which is older than every other schema
}

_SQL = re.compile(
    r"""^\s*(
        SELECT\b | INSERT\s+INTO\b | UPDATE\s+\S+\s+(\w+\s+)?SET\b | DELETE\s+FROM\b | MERGE\s+INTO\b
        | WITH\s+(RECURSIVE\s+)?\w+\s*(\(.*\)\s*)?AS\b | COPY\s+[\w.]+ | TRUNCATE\b | LOCK\s+TABLE\b | VALUES\s*\(
        | (CREATE|ALTER|DROP)\s+(TABLE|SCHEMA|INDEX|ROLE|VIEW|DATABASE|FUNCTION|EXTENSION|TRIGGER)\b | GRANT\s+\w+
        | SET\s+(LOCAL|ROLE|SESSION)\b | (LISTEN|NOTIFY)\s+\w+ | SAVEPOINT\b
    )""",
    re.VERBOSE,
)
_SQL_ANY_CASE = re.compile(r"\b(insert\s+into\s+\w+|delete\s+from\s+\w+\.|select\s+.+\s+from\s+\w+\.\w)", re.IGNORECASE)
_WRITE = re.compile(
    r"(?:INSERT\s+INTO|(?<!FOR\s)(?<!KEY\s)(?<!DO\s)UPDATE|DELETE\s+FROM|MERGE\s+INTO|TRUNCATE(?:\s+TABLE)?|COPY)"
    r"\s+(?:ONLY\s+)?([a-z_][a-z_0-9]*)(?:\.([a-z_][a-z_0-9]*))?"
)
_EXECUTING = {"execute", "executemany", "cursor"}


def may_hold_sql(path: PurePosixPath) -> bool:
    """Say whether this file is one of those that SQL belongs in."""
    room, parts = room_of(path), parts_of(path)
    if room is None or room == "channels":
        return False
    return bool(parts & PLATFORM_MODULES.keys()) if room == "platform" else "store" in parts


def is_sql(text: str) -> bool:
    """Say whether a string begins as a statement, or holds one in any case."""
    return bool(_SQL.search(text) or _SQL_ANY_CASE.search(text))


def check_place(path: PurePosixPath, tree: ast.Module) -> Iterator[Finding]:
    """Report SQL text, and statements run on a connection, in the package or the journeys outside their place."""
    watched = path.is_relative_to(PACKAGE) or path.is_relative_to("tests/journeys")
    if not watched or may_hold_sql(path):
        return
    for line, text in strings_of(tree):
        if is_sql(text):
            yield Finding(path, line, "SQL belongs in a store.py: move it there and call the function")
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _EXECUTING:
            yield Finding(
                path, node.lineno, f".{node.func.attr}() belongs in a store.py: call a store function instead"
            )


def check_schema(path: PurePosixPath, tree: ast.Module) -> Iterator[Finding]:
    """Report statements by which a store writes to another room's tables, or to a table without its schema."""
    room = room_of(path)
    if room is None or not may_hold_sql(path):
        return
    own = {room} | SHARED_SCHEMAS.get(room, set())
    for line, text in strings_of(tree):
        for match in _WRITE.finditer(text):
            schema, table = match.groups()
            at = line + text.count("\n", 0, match.start())
            if table is None:
                yield Finding(path, at, f"name the schema of {schema}")
            elif schema not in own:
                yield Finding(path, at, f"{room} may not write to {schema}.{table}: call {schema}'s store instead")
