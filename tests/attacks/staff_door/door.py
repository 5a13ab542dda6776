"""What attacks on staff's sign-in begin with: a clerk's live session, his passkey, and the ceremonies by hand."""

import json
from datetime import timedelta
from uuid import UUID

import httpx

from firsthand.directory.staff.duties import read_duties, session_of
from firsthand.identity.session.model import OpenedSession
from firsthand.identity.session.store import open_person_session, open_staff_session
from firsthand.platform.clock import ManualClock
from firsthand.platform.world import World
from tests.city import City
from tests.conftest import FreshDatabase
from tests.people import as_owner
from tests.soft_passkey import SoftPasskey
from tests.visitor import BASE_URL, Visitor, forms_of

SECURITY = "/staff/security"
DOOR = "/staff/passkey"
COOKIE = "firsthand_session"


async def opened(world: World, staff_id: UUID, *, device: str = "") -> OpenedSession:
    """Open a session for a member in his newest duty, as a right sign-in does."""
    duty = (await read_duties(world, staff_id))[0]
    async with world.database.transaction() as conn:
        return await open_staff_session(conn, world, session_of(duty), device=device)


async def be(visitor: Visitor, world: World, city: City, number: int = 0) -> OpenedSession:
    """Have a live session of the clerk of the hospital with this number."""
    one = await opened(world, city.staff_ids[number])
    visitor.client.cookies.set(COOKIE, one.token, domain="pages.test")
    return one


async def be_patient(visitor: Visitor, world: World, city: City) -> OpenedSession:
    """Have a live session of a patient."""
    async with world.database.transaction() as conn:
        one = await open_person_session(conn, world, city.person_ids[0])
    visitor.client.cookies.set(COOKIE, one.token, domain="pages.test")
    return one


async def csrf_of(visitor: Visitor, address: str = "/desk/sign-in") -> str:
    """Return the token of a page's forms."""
    page = await visitor.open(address)
    return next(form.fields["csrf"] for form in forms_of(page).values() if "csrf" in form.fields)


async def post_json(visitor: Visitor, address: str, content: dict[str, str]) -> httpx.Response:
    """Post what a page's script would."""
    return await visitor.client.post(address, json=content)


async def own_passkey(
    visitor: Visitor, world: World, city: City, number: int = 0, *, count: int = 0, person: bool = False
) -> SoftPasskey:
    """Add a passkey for a clerk, or for the patient, by the pages, and sign out."""
    here = "/me/security" if person else SECURITY
    await (be_patient(visitor, world, city) if person else be(visitor, world, city, number))
    soft = SoftPasskey(BASE_URL, f"device {number} {person}".encode(), count=count)
    csrf = await csrf_of(visitor, f"{here}/passkeys/add")
    begun = (await post_json(visitor, f"{here}/passkeys/options", {"csrf": csrf})).json()
    made = {"csrf": csrf, "id": begun["id"], "name": "phone", "credential": soft.make(json.dumps(begun["options"]))}
    added = await post_json(visitor, f"{here}/passkeys", made)
    assert added.json() == {"location": here}
    visitor.client.cookies.clear()
    return soft


async def begin(visitor: Visitor, door: str = DOOR) -> tuple[str, str, str]:
    """Ask for a challenge at a door; return the page's token, the challenge's id and its options."""
    csrf = await csrf_of(visitor, "/desk/sign-in" if door == DOOR else "/sign-in")
    begun = (await post_json(visitor, f"{door}/options", {"csrf": csrf})).json()
    return csrf, begun["id"], json.dumps(begun["options"])


async def end(visitor: Visitor, csrf: str, challenge: str, credential: str, *, door: str = DOOR) -> httpx.Response:
    """Answer a challenge at a door."""
    return await post_json(visitor, door, {"csrf": csrf, "id": challenge, "credential": credential})


def is_refused(answer: httpx.Response, reason: str = "passkey_wrong") -> bool:
    """Say whether an answer is a refusal for this reason, which opens nothing."""
    cookies = answer.headers.get_list("set-cookie")
    return answer.json().get("reason") == reason and not any(f"{COOKIE}=" in one for one in cookies)


def staff_sessions(database: FreshDatabase) -> int:
    """Return how many sessions of staff there are."""
    ((count,),) = as_owner(database, "SELECT count(*)::integer FROM identity.session WHERE subject_kind = 'staff'")
    assert isinstance(count, int)
    return count


def passkeys_kept(database: FreshDatabase) -> list[tuple[object, ...]]:
    """Return every passkey that is kept."""
    return as_owner(database, "SELECT id, subject_id, name FROM identity.passkey ORDER BY id")


def advance(world: World, by: timedelta) -> None:
    """Let time go by."""
    assert isinstance(world.clock, ManualClock)
    world.clock.advance(by)
