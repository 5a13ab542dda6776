"""`rules.py` and `model.py` decide and describe: they read no clock, database, file or random source.

Whatever a rule needs is an argument, so that a decision can be replayed and tested for every input.
"""

import ast
from collections.abc import Iterator
from pathlib import PurePosixPath

from checks.findings import Finding, imports_of, parts_of

PURE_PARTS = {"rules", "model"}

IMPURE_LIBRARIES = {
    "asyncio", "granian", "httpx", "jinja2", "litestar", "multiprocessing", "os", "pathlib", "procrastinate",
    "psycopg", "psycopg_pool", "random", "secrets", "shutil", "socket", "structlog", "subprocess", "tempfile",
    "threading", "time", "typer", "urllib.request",
}  # fmt: skip
IMPURE_PLATFORM = {
    "attempts", "chance", "clock", "database", "deployment", "gather", "metrics", "migrate", "outbox", "postgres",
    "settings", "telemetry", "world",
}  # fmt: skip
IMPURE_CALLS = {
    "breakpoint", "exec", "eval", "input", "open", "print",
    "date.today", "datetime.date.today", "datetime.datetime.now", "datetime.datetime.today", "datetime.now",
    "datetime.today", "datetime.utcnow", "uuid.uuid1", "uuid.uuid4", "uuid1", "uuid4",
}  # fmt: skip


def check_pure(path: PurePosixPath, tree: ast.Module) -> Iterator[Finding]:
    """Report what makes a rule or a record depend on anything but its arguments."""
    if not parts_of(path) & PURE_PARTS:
        return
    for line, name in imports_of(tree):
        if _impure_import(name):
            yield Finding(path, line, f"{name} is not pure: take what it would give as an argument")
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in IMPURE_CALLS:
            yield Finding(path, node.lineno, f"{ast.unparse(node.func)}() is not pure: take its answer as an argument")
        elif isinstance(node, ast.AsyncFor | ast.AsyncWith | ast.Await):
            yield Finding(path, node.lineno, "a pure function waits for nothing")
        elif isinstance(node, ast.Global):
            yield Finding(path, node.lineno, "a pure function changes nothing outside itself")


def _impure_import(name: str) -> bool:
    parts = name.split(".")
    if parts[0] == "firsthand":
        is_constant = parts[-1].isupper()
        in_platform = parts[1:2] == ["platform"] and bool(set(parts[2:]) & IMPURE_PLATFORM) and not is_constant
        return in_platform or bool(set(parts[2:]) & {"store", "actions"}) or parts[1:2] == ["channels"]
    return any(name == library or name.startswith(library + ".") for library in IMPURE_LIBRARIES)
