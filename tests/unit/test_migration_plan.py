"""What is still to be applied, and what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.platform.migrate import Migration, MigrationError, plan, shipped_migrations

SHIPPED = [
    Migration("0001_first.sql", "SELECT 1"),
    Migration("0002_second.sql", "SELECT 2"),
    Migration("0003_third.sql", "SELECT 3"),
    Migration("0004_fourth.sql", "SELECT 4"),
]


@given(st.integers(0, len(SHIPPED)))
def test_what_is_pending_follows_what_was_applied(count: int) -> None:
    applied = {migration.name: migration.digest for migration in SHIPPED[:count]}
    assert plan(SHIPPED, applied) == SHIPPED[count:]


@given(st.sets(st.sampled_from(SHIPPED)))
def test_a_gap_is_refused(done: set[Migration]) -> None:
    applied = {migration.name: migration.digest for migration in done}
    if done != set(SHIPPED[: len(done)]):
        with pytest.raises(MigrationError, match="missing although later"):
            plan(SHIPPED, applied)


@given(st.integers(1, len(SHIPPED)), st.data())
def test_a_changed_file_is_refused_by_its_name(count: int, data: st.DataObject) -> None:
    applied = {migration.name: migration.digest for migration in SHIPPED[:count]}
    changed = data.draw(st.sampled_from(SHIPPED[:count]))
    applied[changed.name] = bytes(32)
    with pytest.raises(MigrationError, match=rf"{changed.name} was changed"):
        plan(SHIPPED, applied)


def test_a_database_of_a_later_version_is_refused() -> None:
    applied = {migration.name: migration.digest for migration in SHIPPED}
    with pytest.raises(MigrationError, match=r"newer than this version.*0004_fourth\.sql"):
        plan(SHIPPED[:3], applied)


def test_the_shipped_files_are_numbered_in_order() -> None:
    names = [migration.name for migration in shipped_migrations()]
    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))
