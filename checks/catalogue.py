"""Every sentence of the program has a Chinese translation that fits it.

The sentences are English and stand in the code and the templates; `translations/zh_Hans.po` holds the Chinese.
`python -m checks.catalogue` writes that file anew: new sentences come in empty, sentences no longer said go out.
"""

import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from babel.messages import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po, write_po

from checks.findings import PACKAGE, Finding

CATALOGUE = PACKAGE / "translations" / "zh_Hans.po"
LOCALE = "zh_Hans"
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
OPTIONS = {"**/templates/**.html": {"trimmed": "true", "silent": "false"}}
KEYWORDS = {**DEFAULT_KEYWORDS, "phrase": None}
PLACEHOLDER = re.compile(r"%\((\w+)\)s")


def extract(root: Path) -> Catalog:
    """Return the sentences that stand in the package below `root`, with the files that say them."""
    said = Catalog(locale=LOCALE, charset="utf-8", fuzzy=False)
    package = root / PACKAGE
    for name, line, message, _comments, context in extract_from_dir(package, METHODS, OPTIONS, KEYWORDS):
        said.add(message, None, [((PACKAGE / PurePosixPath(name)).as_posix(), line)], context=context)
    return said


def check_catalogue(root: Path) -> Iterator[Finding]:
    """Report each sentence without a translation, with one that does not fit, and each translation of nothing."""
    if not (root / CATALOGUE).exists():
        return
    said = extract(root)
    with (root / CATALOGUE).open("rb") as file:
        written = read_po(file, locale=LOCALE)
    for message in said:
        if not message.id:
            continue
        path, line = message.locations[0]
        wrong = _fault(message, written.get(message.id, message.context))
        if wrong is not None:
            yield Finding(PurePosixPath(path), line, f'"{_first(message)}" {wrong}')
    for message in written:
        if message.id and said.get(message.id, message.context) is None:
            yield Finding(CATALOGUE, message.lineno or 1, f'nothing says "{_first(message)}" any more')


def _fault(message: Message, translated: Message | None) -> str | None:
    """Return what is wrong with a translation, or None."""
    if translated is None or not translated.string or (message.pluralizable and not all(translated.string)):
        return "has no Chinese translation"
    if translated.fuzzy:
        return "has a translation that is only a guess"
    forms = [translated.string] if isinstance(translated.string, str) else translated.string
    wanted = set(PLACEHOLDER.findall(_last(message)))
    if any(set(PLACEHOLDER.findall(form)) != wanted for form in forms):
        return f"must be translated with the same values: {', '.join(sorted(wanted)) or 'none'}"
    return None


def _first(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def _last(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[-1]


def write_anew(root: Path) -> None:
    """Write the catalogue with the sentences that are said now, keeping the translations it has."""
    path = root / CATALOGUE
    with path.open("rb") as file:
        written = read_po(file, locale=LOCALE)
    fresh = Catalog(locale=LOCALE, charset="utf-8", fuzzy=False)
    for message in sorted(extract(root), key=_first):
        if message.id:
            known = written.get(message.id, message.context)
            string = known.string if known is not None and not known.fuzzy else None
            files = sorted({(name, 0) for name, _line in message.locations})
            fresh.add(message.id, string, files, context=message.context)
    out = io.BytesIO()
    write_po(out, fresh, width=120, omit_header=True, include_lineno=False)
    head = 'msgid ""\nmsgstr ""\n"Language: zh_Hans\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n'
    plural = '"Content-Transfer-Encoding: 8bit\\n"\n"Plural-Forms: nplurals=1; plural=0;\\n"\n\n'
    path.write_text(head + plural + out.getvalue().decode(), encoding="utf-8")


if __name__ == "__main__":
    write_anew(Path(sys.argv[1] if len(sys.argv) > 1 else "."))
