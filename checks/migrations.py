"""Migrations go forward only, lock little, and grant what they make."""

import re
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from pathlib import PurePosixPath

from checks.findings import Finding

_NAME = re.compile(r"(\d{4})_[a-z][a-z_0-9]*\.sql")
_ALLOW = re.compile(r"--\s*lint: allow \S+")
# A dollar-quoted body, a quoted string, a line comment, or the semicolon that ends a statement.
_TOKEN = re.compile(r"\$\w*\$.*?\$\w*\$|'(?:[^']|'')*'|--[^\n]*|;", re.DOTALL)
_COMMENT = re.compile(r"--[^\n]*")

_FORBIDDEN = (
    (
        re.compile(r"\bDROP\s+(TABLE|COLUMN|SCHEMA|VIEW|FUNCTION|CONSTRAINT|INDEX|TYPE)\b"),
        "destroys what may be in use",
    ),
    (re.compile(r"\bTRUNCATE\b"), "destroys data"),
    (re.compile(r"\bDELETE\s+FROM\b"), "destroys data"),
    (re.compile(r"\bRENAME\b"), "breaks the version that still runs"),
    (
        re.compile(r"\bSET\s+(LOCAL\s+|SESSION\s+)?(lock|statement)_timeout\b"),
        "is not for a file: the migrator sets the timeouts",
    ),
    (re.compile(r"\b(BEGIN|COMMIT|ROLLBACK)\s*$"), "is not for a file: the migrator runs each in one transaction"),
)
_CREATED = re.compile(r"\bCREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?([\w.]+)")
_INDEXED = re.compile(r"\bCREATE\s+(?:UNIQUE\s+)?INDEX\s+(?:\w+\s+)?ON\s+(?:ONLY\s+)?([\w.]+)")
_ALTERED = re.compile(r"\bALTER\s+TABLE\s+(?:IF\s+EXISTS\s+)?(?:ONLY\s+)?([\w.]+)")
_GRANTED = re.compile(r"\bGRANT\s+.+?\s+ON\s+(?:TABLE\s+)?([\w.,\s]+?)\s+TO\b", re.DOTALL)


_UNLESS = " (or say `-- lint: allow <reason>`)"


def check_migrations(files: Sequence[tuple[PurePosixPath, str]]) -> Iterator[Finding]:
    """Report broken rules in the migrations, given as (path, SQL) in the order of their names."""
    for expected, (path, sql) in enumerate(files, start=1):
        name = _NAME.fullmatch(path.name)
        if name is None:
            yield Finding(path, 1, "a migration is named NNNN_what_it_adds.sql")
        elif int(name[1]) != expected:
            yield Finding(path, 1, f"the next migration has the number {expected:04}: numbers have no gaps")
        yield from _check_file(path, sql)


def _check_file(path: PurePosixPath, sql: str) -> Iterator[Finding]:
    statements = list(split_statements(sql))
    created = {name: line for line, text, _ in statements for name in _CREATED.findall(text)}
    grants = [names for _, text, _ in statements for names in _GRANTED.findall(text)]
    granted = {name.strip() for names in grants for name in names.split(",")}
    for name, line in created.items():
        if "." not in name:
            yield Finding(path, line, f"name the schema of {name}")
        if name not in granted:
            yield Finding(path, line, f"no GRANT says which role may use {name}")
    for line, text, comments in statements:
        if not _ALLOW.search(comments):
            yield from (Finding(path, line, why + _UNLESS) for why in _dangers(text, created.keys()))


def _dangers(statement: str, created: AbstractSet[str]) -> Iterator[str]:
    for pattern, why in _FORBIDDEN:
        if found := pattern.search(statement):
            yield f"{found[0].strip()} {why}"
    for name in [*_INDEXED.findall(statement), *_ALTERED.findall(statement)]:
        if name not in created:
            yield f"locks {name}, which may be large"


def split_statements(sql: str) -> Iterator[tuple[int, str, str]]:
    """Yield each statement's first line, its text without comments, quoted text or bodies, and its comments."""
    text, start = "", 0
    begin = 0
    for token in _TOKEN.finditer(sql):
        text += sql[start : token.start()] + ("''" if token[0][0] in "'$" else "")
        start = token.end()
        if token[0] == ";":
            yield _statement(sql, begin, token.end(), text)
            text, begin = "", token.end()
    if text.strip() or sql[start:].strip():
        yield _statement(sql, begin, len(sql), text + sql[start:])


def _statement(sql: str, begin: int, end: int, text: str) -> tuple[int, str, str]:
    raw = sql[begin:end]
    code = re.search(r"^(?!\s*--)\s*\S", raw, re.MULTILINE)
    line = sql.count("\n", 0, begin + (code.end() - 1 if code else 0)) + 1
    return line, text.strip(), "\n".join(_COMMENT.findall(raw))
