"""A statement is made of constants alone: every value in it is a parameter, so that no value can become SQL."""

import ast
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from checks.findings import Finding
from checks.sql_place import is_sql, may_hold_sql

_CONSTANT_NAME = re.compile(r"_?[A-Z][A-Z_0-9]*")
_MESSAGE = "a statement is joined from constants alone: pass the value as a parameter"


def check_assembled(path: PurePosixPath, tree: ast.Module) -> Iterator[Finding]:
    """Report statements formatted from, or joined with, anything but constants."""
    if not may_hold_sql(path):
        return
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(value=text, attr="format")) if _holds_sql(text):
                yield Finding(path, node.lineno, _MESSAGE)
            case ast.JoinedStr() | ast.BinOp(op=ast.Mod()) if _holds_sql(node):
                yield Finding(path, node.lineno, _MESSAGE)
            case ast.BinOp(op=ast.Add()) if _holds_sql(node) and not _is_constant(node):
                yield Finding(path, node.lineno, _MESSAGE)


def _holds_sql(node: ast.expr) -> bool:
    match node:
        case ast.Constant(value=str(text)):
            return is_sql(text)
        case ast.JoinedStr(values=parts):
            return any(_holds_sql(part) for part in parts)
        case ast.BinOp(left=left, right=right):
            return _holds_sql(left) or _holds_sql(right)
    return False


def _is_constant(node: ast.expr) -> bool:
    match node:
        case ast.Constant(value=str()):
            return True
        case ast.Name(id=name):
            return _CONSTANT_NAME.fullmatch(name) is not None
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _is_constant(left) and _is_constant(right)
    return False
