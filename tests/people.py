"""People, callers and a hospital, for tests that need some."""

import psycopg
from stdnum.cn import ric

from firsthand.audit.model import ActorKind, Caller, Channel
from firsthand.directory.person.model import PersonName, Phone, Registration
from firsthand.identity.document.model import Document, DocumentType
from firsthand.messages.model import StoredMessage
from firsthand.messages.store import recent
from firsthand.platform.i18n import Language
from firsthand.platform.postgres import Role
from firsthand.platform.scope import CityScope
from firsthand.platform.world import World
from tests.conftest import FreshDatabase

STRANGER = Caller(ActorKind.NOBODY, None, Channel.WEB, "request-1")
SYSTEM = Caller(ActorKind.SYSTEM, None, Channel.WORKER, "job-1")
HERE, ELSEWHERE = "192.0.2.7", "198.51.100.9"


def document(number: int) -> Document:
    """Return the resident number of the made-up person with this number."""
    digits = f"11010119900101{number:03}"
    return Document(DocumentType.RESIDENT_ID, digits + ric.calc_check_digit(digits + "0"))


def registration(number: int, *, language: Language = Language.ENGLISH) -> Registration:
    """Return how the made-up person with this number registers."""
    return Registration(document(number), PersonName(f"Person {number}"), Phone(f"+8613800000{number:03}"), language)


async def said(world: World) -> list[StoredMessage]:
    """Return every message to somebody, oldest first."""
    async with world.database.transaction() as conn:
        return (await recent(conn, world.keyring, CityScope("test"), 1000))[::-1]


def as_owner(database: FreshDatabase, query: str) -> list[tuple[object, ...]]:
    """Return the rows of a query that the application's role may not run."""
    with psycopg.connect(database.dsn(Role.OWNER)) as conn:
        return conn.execute(query.encode()).fetchall()


def audited(database: FreshDatabase) -> list[tuple[object, ...]]:
    """Return (action, outcome) of every audit line, in order."""
    return as_owner(database, "SELECT action, outcome FROM audit.line ORDER BY n")
