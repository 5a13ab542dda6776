"""A worker that is killed in the middle of deleting an account leaves all of it, and the next one deletes all of it."""

import signal
from pathlib import Path

import psycopg
import pytest

from firsthand.platform.postgres import Role
from firsthand.platform.world import World
from tests.city import City, make_city
from tests.conftest import FreshDatabase
from tests.deployment import Deployment, of_database, wait_until
from tests.families import tied
from tests.people import as_owner
from tests.requests import asked_to_delete

BLOCKED_BY = "SELECT count(*) FROM pg_stat_activity WHERE {} = ANY(pg_blocking_pids(pid))"
WHOLE = """
SELECT person.state, (SELECT count(*) FROM identity.document WHERE person_id = person.id),
       (SELECT count(*) FROM messages.message WHERE person_id = person.id),
       (SELECT count(*) FROM directory.tie WHERE carer_id = person.id AND state = 'active'),
       (SELECT state FROM directory.request WHERE person_id = person.id AND kind = 'deletion')
FROM directory.person WHERE id = '{}'
"""


@pytest.fixture
async def city(world: World) -> City:
    return await make_city(world, persons=2)


@pytest.fixture
def house(world: World, fresh_database: FreshDatabase, tmp_path: Path) -> Deployment:
    return of_database(world, fresh_database, tmp_path)


def count(database: FreshDatabase, query: str) -> int:
    ((found,),) = as_owner(database, query)
    return int(str(found))


async def test_an_account_goes_whole_or_stays_whole(
    world: World, city: City, house: Deployment, fresh_database: FreshDatabase
) -> None:
    me = city.person_ids[0]
    await tied(world, city)
    await asked_to_delete(world, city)  # by the tests' clock: for the worker's it was due long ago
    (before,) = as_owner(fresh_database, WHOLE.format(me))
    assert before[0] == "active"
    assert before[1] == before[3] == 1
    with psycopg.connect(fresh_database.dsn(Role.OWNER)) as owner:
        # Ties have ended by then, and sessions; the document is held, so that the worker waits in the middle.
        blocked = BLOCKED_BY.format(owner.info.backend_pid)
        owner.execute("SELECT FROM identity.document WHERE person_id = %s FOR UPDATE", (me,))
        with house.running("worker") as killed:
            wait_until(lambda: count(fresh_database, blocked) == 1)
            killed.send_signal(signal.SIGKILL)
            killed.wait()
        owner.rollback()
    ((state, documents, _, ties, request),) = as_owner(fresh_database, WHOLE.format(me))
    assert (state, documents, ties, request) == ("active", 1, 1, "asked")
    with house.running("worker"):
        wait_until(lambda: as_owner(fresh_database, WHOLE.format(me))[0][0] == "anonymised")
    assert as_owner(fresh_database, WHOLE.format(me)) == [("anonymised", 0, 0, 0, "done")]
    lines = "SELECT count(*) FROM audit.line WHERE action = 'booking.delete_account' AND outcome = 'done'"
    assert count(fresh_database, lines) == 1
