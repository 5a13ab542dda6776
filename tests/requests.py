"""People's requests for tests, made by the same actions as real ones."""

from datetime import datetime, timedelta
from uuid import UUID

from firsthand.directory.request.actions import ask_deletion, make_request
from firsthand.directory.request.model import About, Kind, Refused, Request
from firsthand.directory.request.rules import parse_wish
from firsthand.identity.document.model import Document
from firsthand.identity.session.model import Method, SignedIn, SubjectKind
from firsthand.identity.session.store import open_person_session
from firsthand.platform.scope import PersonScope
from firsthand.platform.world import World
from tests.city import City
from tests.families import person

WRONG_NAME = "My name is written with the wrong character."
WHY_LOOKED = "I was not at this hospital on that day."
REASONS = "The office has looked into it: see the note."


async def asked(
    world: World,
    person_id: UUID,
    kind: Kind = Kind.CORRECTION,
    about: About = About.NAME,
    *,
    hospital_id: UUID | None = None,
    words: str = WRONG_NAME,
) -> Request:
    """Let somebody ask for a correction or object, and return what he asked."""
    answer = await try_asking(world, person_id, kind, about, hospital_id=hospital_id, words=words)
    assert isinstance(answer, Request), answer
    return answer


async def try_asking(
    world: World,
    person_id: UUID,
    kind: Kind = Kind.CORRECTION,
    about: str = About.NAME,
    *,
    hospital_id: UUID | None = None,
    words: str = WRONG_NAME,
) -> Request | Refused:
    """Let somebody try the same."""
    wish = parse_wish(kind, about, hospital_id, words)
    return await make_request(world, person(person_id), PersonScope(person_id), wish)


async def signed_in(world: World, person_id: UUID, *, ago: timedelta = timedelta()) -> SignedIn:
    """Return a session of somebody, who showed so long ago who he is."""
    async with world.database.transaction() as conn:
        opened = await open_person_session(conn, world, person_id)
    now: datetime = world.clock.now()
    one = opened.signed_in
    return SignedIn(
        SubjectKind.PERSON, one.subject_id, None, None, one.token_hash, one.session_id, None, Method.CODE, now - ago
    )


async def asked_to_delete(world: World, city: City, number: int = 0) -> Request:
    """Let a person of the city ask for his account to be deleted."""
    answer = await try_deleting(world, city.person_ids[number], city.documents[number])
    assert isinstance(answer, Request), answer
    return answer


async def try_deleting(
    world: World, person_id: UUID, document: Document, *, ago: timedelta = timedelta()
) -> Request | Refused:
    """Let somebody try to have his account deleted."""
    return await ask_deletion(world, person(person_id), await signed_in(world, person_id, ago=ago), document)
