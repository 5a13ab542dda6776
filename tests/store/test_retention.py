"""The register of retention against the database as it is: nothing is held of which nobody said for how long."""

from collections.abc import Mapping
from pathlib import Path

from firsthand.policy.register import HOLDINGS, IMPERSONAL
from firsthand.policy.retention import PERSON_TERM, Category, Holding, Impersonal, find_unknown, page
from firsthand.policy.retention import WORDS as CATEGORY_WORDS
from tests.conftest import FreshDatabase
from tests.people import as_owner

_COLUMNS = """
SELECT table_schema || '.' || table_name, column_name::text
FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')
"""
WHAT_TO_DO = """
The register of retention (src/firsthand/policy/register.py) does not fit the database:
  {}
Put each new column into HOLDINGS, with its category and term, or into IMPERSONAL, with the reason why it says nothing
of any person. Then write docs/retention.md anew: python -m firsthand.policy.register > docs/retention.md
"""


def columns_of(database: FreshDatabase) -> Mapping[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for table, column in as_owner(database, _COLUMNS):
        found.setdefault(str(table), set()).add(str(column))
    return {table: frozenset(names) for table, names in found.items()}


def test_every_column_of_the_database_has_a_term_or_says_nothing_of_anybody(fresh_database: FreshDatabase) -> None:
    wrong = find_unknown(columns_of(fresh_database), HOLDINGS, IMPERSONAL)
    assert not wrong, WHAT_TO_DO.format("\n  ".join(wrong))


def test_a_new_column_or_table_is_noticed() -> None:
    held = Holding("directory.person", ("name",), Category.IDENTITY, PERSON_TERM)
    said = Impersonal("directory.person", ("tail",), "a test")
    columns = {
        "directory.person": frozenset({"name", "tail", "shoe_size"}),
        "directory.diary": frozenset({"person_id"}),
    }
    assert find_unknown(columns, (held,), (said,)) == [
        "directory.diary.person_id is in no entry",
        "directory.person.shoe_size is in no entry",
    ]
    assert find_unknown({"directory.person": frozenset({"name"})}, (held, held), (said,)) == [
        "directory.person.tail is listed and does not exist",
        "directory.person.name is listed twice",
    ]


def test_every_category_is_explained_and_the_page_of_the_docs_is_current() -> None:
    assert CATEGORY_WORDS.keys() == set(Category)
    written = Path("docs/retention.md").read_text("utf-8")
    assert written == page(HOLDINGS, IMPERSONAL), "python -m firsthand.policy.register > docs/retention.md"
