"""What the documents name is there: files behind links, files by their paths, commands."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest
from typer.main import get_command

from firsthand.channels.cli.main import app

ROOT = Path(__file__).parents[2]
TOPS = (".ci", "assets", "checks", "docs", "requirements", "src", "tests")
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(path for top in TOPS for path in (ROOT / top).rglob("*.md"))])

FENCE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)|\b(?:src|href)=\"([^\"]+)\"")
QUOTED = re.compile(r"`([^`\n]+)`")
A_PATH = re.compile(rf"(?:{'|'.join(map(re.escape, TOPS))})/[\w./-]*")
IN_PACKAGE = re.compile(r"[a-z_]+(?:/[a-z_0-9]+)+(?:\.\w+|/)?")
A_DOCUMENT = re.compile(r"\bdocs/[\w./-]+\.md\b")
COMMAND = re.compile(r"`firsthand ([a-z]+(?: [a-z-]+)?)`")


def prose(document: Path) -> str:
    """The text of a document without what stands in fences."""
    return FENCE.sub("", document.read_text("utf-8"))


def links(document: Path) -> Iterator[Path]:
    for first, second in LINK.findall(prose(document)):
        address = unquote((first or second).split("#")[0])
        if address and "://" not in address and not address.startswith("mailto:"):
            yield document.parent / address


def named(document: Path) -> Iterator[str]:
    """What stands in backticks and looks like a path from the top of the repository, or from the package.

    What follows a module after a dot, as in `arrival/rules.decide_check_in`, is a name in it.
    """
    for quoted in QUOTED.findall(prose(document)):
        if A_PATH.fullmatch(quoted):
            yield quoted
        elif IN_PACKAGE.fullmatch(quoted) and (ROOT / "src/firsthand" / quoted.split("/")[0]).is_dir():
            yield f"src/firsthand/{quoted}"


def is_there(name: str) -> bool:
    module, _, word = name.rpartition(".")
    source = ROOT / f"{module}.py"
    return (ROOT / name).exists() or (
        source.exists() and re.search(rf"\b{word}\b", source.read_text("utf-8")) is not None
    )


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    assert [str(target) for target in links(document) if not target.exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_that_are_named_are_there(document: Path) -> None:
    assert [name for name in named(document) if not is_there(name)] == []


def test_documents_that_the_sources_name_are_there() -> None:
    sources = [path for suffix in ("py", "sql", "html") for path in (ROOT / "src").rglob(f"*.{suffix}")]
    cited = {name for source in sources for name in A_DOCUMENT.findall(source.read_text("utf-8"))}
    assert "docs/settings.md" in cited
    assert [name for name in sorted(cited) if not (ROOT / name).exists()] == []


def test_the_readme_lists_every_command_and_no_other() -> None:
    told = set(COMMAND.findall((ROOT / "README.md").read_text("utf-8")))
    assert told == set(commands())


def commands() -> Iterator[str]:
    top = get_command(app)
    for name, command in getattr(top, "commands", {}).items():
        inner = getattr(command, "commands", {})
        yield from [f"{name} {word}" for word in inner] if inner else [name]
