"""What came of an attack, for all of them."""

from tests.conftest import FreshDatabase
from tests.people import as_owner

EVIL = "https://evil.example"


def sessions(database: FreshDatabase) -> int:
    """Return how many sessions there are."""
    ((count,),) = as_owner(database, "SELECT count(*) FROM identity.session")
    assert isinstance(count, int)
    return count


def last_line(database: FreshDatabase) -> tuple[object, ...]:
    """Return the action, outcome and reason of the latest audit line."""
    query = "SELECT action, outcome, detail ->> 'why' FROM audit.line ORDER BY n DESC LIMIT 1"
    return as_owner(database, query)[0]


def refused(database: FreshDatabase, outcome: str, why: str | None = None) -> None:
    """Check that a sign-in was refused so, and opened nothing."""
    assert last_line(database) == ("directory.sign_in_staff", outcome, why)
    assert sessions(database) == 0
