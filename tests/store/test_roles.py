"""Every action with every role: done exactly where the table of roles says so, else refused, recorded and undone.

The actions are found by looking at the rooms; `tests/roles/table.py` says of each what it asks for.
"""

import dataclasses
import hashlib
import importlib
import inspect
import pkgutil
import typing
from collections.abc import Iterator
from uuid import UUID

import psycopg
import pytest

import firsthand
from firsthand.audit.model import ActorKind, Caller, Channel
from firsthand.platform.access import GRANTS, Permission, Role, permits
from firsthand.platform.database import Connection
from firsthand.platform.postgres import Role as PostgresRole
from firsthand.platform.world import World
from tests.conftest import FreshDatabase
from tests.people import as_owner
from tests.roles.scene import Action, Scene, Walked, Without, make_scene
from tests.roles.table import TABLE

_NO_ACTIONS = {"store", "rules", "model"}
# What only counts or records tries.
_COUNTING = {"audit.line", "platform.attempt"}
_TABLES = """
SELECT table_schema || '.' || table_name FROM information_schema.tables
WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')
"""
WHAT_TO_DO = """
{} takes a Caller and is in no line of tests/roles/table.py. Add one: Walked(action, Permission.X, call, ...) where it
asks for a permission, else Without(action, "why it asks for none").
"""
WALKED = [entry for entry in TABLE if isinstance(entry, Walked)]


def name_of(action: Action) -> str:
    return f"{action.__module__}.{action.__name__}"


def actions() -> Iterator[Action]:
    """Yield every public action of the rooms that is handed a caller, by itself or in what is asked."""
    for found in pkgutil.walk_packages(firsthand.__path__, "firsthand."):
        _, room, *rest = found.name.split(".")
        if room in {"channels", "lab"} or (rest and rest[-1] in _NO_ACTIONS):
            continue
        module = importlib.import_module(found.name)
        for name, value in vars(module).items():
            own = inspect.iscoroutinefunction(value) and value.__module__ == found.name
            if own and not name.startswith("_") and _has_caller(value):
                yield value


def _has_caller(action: Action) -> bool:
    hints = typing.get_type_hints(action)
    asked = {name: hint for name, hint in hints.items() if name != "return"}
    # What is done in somebody else's transaction is a part of an action.
    return Connection not in asked.values() and any(_holds_caller(hint) for hint in asked.values())


def _holds_caller(hint: object, *around: object) -> bool:
    if hint is Caller:
        return True
    if dataclasses.is_dataclass(hint) and hint not in around:
        return any(_holds_caller(inner, hint, *around) for inner in typing.get_type_hints(hint).values())
    return any(_holds_caller(inner, *around) for inner in typing.get_args(hint))


def test_every_action_is_in_the_table() -> None:
    listed = {entry.action for entry in TABLE}
    unlisted = sorted(name_of(action) for action in actions() if action not in listed)
    assert not unlisted, WHAT_TO_DO.format(", ".join(unlisted))


def test_nothing_else_is_in_the_table() -> None:
    found = set(actions())
    assert [name_of(entry.action) for entry in TABLE if entry.action not in found] == []
    walked, without = {entry.action for entry in WALKED}, {e.action for e in TABLE if isinstance(e, Without)}
    assert walked & without == set()


def test_the_search_finds_an_action_by_its_caller_and_by_its_request() -> None:
    found = {name_of(action) for action in actions()}
    assert "firsthand.directory.staff.duties.end_duty" in found
    assert "firsthand.booking.taking.take_places" in found
    assert "firsthand.arrival.actions.check_in" in found


# Permissions for which no action is there yet are named, so that none is forgotten.
NOT_YET = frozenset(
    {
        Permission.ANSWER_REQUESTS,
        Permission.PREVIEW_MESSAGES,
    }
)


def test_every_permission_is_walked() -> None:
    walked = {entry.permission for entry in WALKED}
    assert set(Permission) - walked <= NOT_YET, "a permission that no action of the table asks for"


def callers(scene: Scene) -> Iterator[Caller]:
    """Yield every role at both hospitals, a person to whom nothing belongs, and nobody."""
    for role in Role:
        for hospital in (0,) if role.is_of_city else (0, 1):
            yield scene.crew.caller(role, hospital, channel=Channel.DESK)
    yield Caller(ActorKind.PERSON, scene.city.person_ids[-1], Channel.WEB, "test")
    yield Caller(ActorKind.NOBODY, None, Channel.WEB, "test")


def is_allowed(entry: Walked, caller: Caller, here: UUID) -> bool:
    """Say by the table of roles alone whether the caller may do the deed."""
    if caller.role is None:
        return False
    if entry.own:
        return entry.permission in GRANTS[caller.role]
    return permits(caller.role, caller.hospital_id, entry.permission, at=None if entry.city else here)


def is_refusal(answer: object, entry: Walked) -> bool:
    return type(answer).__name__ == "Refused" or (entry.empty and not answer)


@pytest.mark.parametrize("entry", WALKED, ids=lambda entry: f"{name_of(entry.action)[10:]}-{entry.permission}")
async def test_an_action_is_done_by_those_who_may_and_by_nobody_else(
    world: World, fresh_database: FreshDatabase, entry: Walked
) -> None:
    scene = await make_scene(world)
    target = await entry.make(scene)
    for caller in callers(scene):
        if is_allowed(entry, caller, scene.here):
            continue
        if entry.first:
            await entry.first(scene, caller, target)
        before, last = contents(fresh_database), last_line(fresh_database)
        answer = await entry.call(scene, caller, target)
        assert is_refusal(answer, entry), f"{caller.kind} {caller.role} was allowed: {answer}"
        written = lines_after(fresh_database, last)
        assert written, f"{caller.kind} {caller.role} was refused, and no line says so"
        assert "done" not in written, f"{caller.kind} {caller.role}: {written}"
        assert contents(fresh_database) == before, f"{caller.kind} {caller.role} was refused, and changed something"
    allowed = [caller for caller in callers(scene) if is_allowed(entry, caller, scene.here)]
    assert allowed
    for caller in allowed:
        target, last = await entry.make(scene), last_line(fresh_database)
        if entry.first:
            await entry.first(scene, caller, target)
        answer = await entry.call(scene, caller, target)
        assert not is_refusal(answer, entry), f"{caller.role} was refused: {answer}"
        assert entry.quiet or "done" in lines_after(fresh_database, last)


def contents(database: FreshDatabase) -> dict[str, str]:
    """Return a digest of every table but those that count and record."""
    found = {}
    with psycopg.connect(database.dsn(PostgresRole.OWNER)) as conn:
        for (table,) in conn.execute(_TABLES).fetchall():
            if table not in _COUNTING:
                rows = conn.execute(f"SELECT t::text FROM {table} t ORDER BY 1".encode()).fetchall()
                found[table] = hashlib.sha256(repr(rows).encode()).hexdigest()
    return found


def last_line(database: FreshDatabase) -> int:
    ((n,),) = as_owner(database, "SELECT coalesce(max(n), 0) FROM audit.line")
    return int(str(n))


def lines_after(database: FreshDatabase, n: int) -> list[str]:
    return [str(outcome) for (outcome,) in as_owner(database, f"SELECT outcome FROM audit.line WHERE n > {n}")]
