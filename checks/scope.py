"""Every public store function that touches a person's data says on whose behalf: it takes a `Scope`.

A set-based function for the whole house that hands nobody's data to anybody (an expiry job, a batch of requests whose
persons were checked before) carries a comment on its `def` instead: `# scope: <reason>`.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from checks.findings import Finding, parts_of, strings_of

PERSON_TABLES = (
    "arrival.check_in",
    "booking.booking",
    "directory.break_glass",
    "directory.consent",
    "directory.correction",
    "directory.left_carer",
    "directory.name_variant",
    "directory.person",
    "directory.request",
    "directory.tie",
    "identity.document",
    "identity.former_document",
    "messages.message",
)

_TABLE = re.compile(
    r"\b(?:FROM|JOIN|INTO|UPDATE|USING)\s+(" + "|".join(re.escape(table) for table in PERSON_TABLES) + r")\b"
)
_REASON = re.compile(r"# scope: \S+")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def check_scope(path: PurePosixPath, tree: ast.Module, source: str) -> Iterator[Finding]:
    """Report public store functions that read or write a person's data without a scope."""
    if "store" not in parts_of(path):
        return
    constants = _personal_constants(tree)
    private = {
        node.name: _tables(node, constants) for node in tree.body if isinstance(node, Function) and _is_private(node)
    }
    lines = source.splitlines()
    for node in tree.body:
        if not isinstance(node, Function) or _is_private(node):
            continue
        tables = _tables(node, constants | private)
        signature = "\n".join(lines[node.lineno - 1 : node.body[0].lineno - 1])
        if tables and not _takes_scope(node) and not _REASON.search(signature):
            touched = ", ".join(sorted(tables))
            yield Finding(path, node.lineno, f"{node.name} touches {touched}: take a Scope, or say `# scope: <reason>`")


def _is_private(node: Function) -> bool:
    return node.name.startswith("_")


def _personal_constants(tree: ast.Module) -> dict[str, set[str]]:
    """Return, for each module-level name, the person tables in its text or in the text of the names it uses."""
    found: dict[str, set[str]] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                if isinstance(target, ast.Name):
                    found[target.id] = _tables(node.value, found)
    return found


def _tables(node: ast.AST, named: dict[str, set[str]]) -> set[str]:
    tables = {str(match) for _, text in strings_of(node) for match in _TABLE.findall(text)}
    for part in ast.walk(node):
        if isinstance(part, ast.Name):
            tables |= named.get(part.id, set())
    return tables


def _takes_scope(node: Function) -> bool:
    arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    return any("Scope" in ast.unparse(argument.annotation) for argument in arguments if argument.annotation)
