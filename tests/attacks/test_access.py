"""Attacks on roles, administration, emergencies and the record: each is refused, changes nothing, and is recorded.

An attack is somebody's request with his own live session and a valid token, so that only what is attacked stops it.
Where it never reaches an action (a page that his duty has not, a form that is not his), it is enough that nothing was
done.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode
from uuid import UUID

import httpx
import pytest
from litestar import Litestar

from firsthand.audit.model import ActorKind, Caller, Channel
from firsthand.directory.emergency.actions import open_record
from firsthand.directory.emergency.model import OPEN_FOR, Access, Wanted
from firsthand.directory.hospital.managing.store import find
from firsthand.directory.staff.actions import deactivate_staff
from firsthand.directory.staff.duties import end_duty, read_duties, session_of
from firsthand.identity.session.store import open_person_session, open_staff_session
from firsthand.platform.access import Role
from firsthand.platform.clock import ManualClock
from firsthand.platform.world import World
from tests.city import City, Opening, make_city
from tests.conftest import FreshDatabase
from tests.people import SYSTEM, as_owner
from tests.staffing import PASSWORD, Crew, make_crew
from tests.store.test_roles import contents, last_line
from tests.visitor import BASE_URL, Visitor, forms_of, pages, visiting

WHY = "Found unconscious at the bus stop, no papers"
READING = {
    "directory.list_staff",
    "directory.read_staff",
    "directory.read_staff_sign_in",
    "directory.list_emergencies",
    "identity.end_session",
}
COOKIE = "firsthand_session"


@dataclass(slots=True)
class Field:
    """Where attacks happen: a city with its staff, an emergency access at hospital 0, and a browser."""

    world: World
    city: City
    crew: Crew
    access: Access
    department: UUID
    duty: UUID
    visitor: Visitor

    async def be(self, role: Role, hospital: int = 0) -> None:
        """Have a live session of the crew's member with this role."""
        staff_id = self.crew.staff_id(role, hospital)
        async with self.world.database.transaction() as conn:
            (duty,) = await read_duties(self.world, staff_id)
            opened = await open_staff_session(conn, self.world, session_of(duty))
        self.visitor.client.cookies.set(COOKIE, opened.token)

    async def token(self) -> str:
        """Return the form token of the session."""
        page = await self.visitor.open("/staff/duties")
        return forms_of(page)["/sign-out"].fields["csrf"]

    async def send(self, method: str, address: str, fields: Mapping[str, str]) -> httpx.Response:
        """Send a request as it is, with the session's own token."""
        if method == "GET":
            return await self.visitor.client.get(address)
        body = urlencode({"csrf": await self.token(), **fields}).encode()
        headers = {"content-type": "application/x-www-form-urlencoded"}
        return await self.visitor.client.request(method, address, content=body, headers=headers)


@pytest.fixture
async def city(world: World) -> City:
    return await make_city(world, sessions=[Opening(), Opening(hospital=1)], persons=3)


@pytest.fixture
async def app(world: World, city: City, tmp_path: Path) -> AsyncIterator[Litestar]:
    assert city.session_ids
    async with pages(world, tmp_path) as served:
        yield served


@pytest.fixture
async def field(world: World, city: City, app: Litestar) -> AsyncIterator[Field]:
    crew = await make_crew(world, city)
    access = await open_record(world, crew.caller(Role.DESK), Wanted(city.documents[0]), WHY)
    assert isinstance(access, Access)
    async with world.database.connection() as conn:
        managed = await find(conn, city.hospital_ids[0])
    assert managed is not None
    (duty,) = await read_duties(world, crew.staff_id(Role.DESK))
    async with visiting(app) as visitor:
        yield Field(world, city, crew, access, managed.departments[0].id, duty.id, visitor)


NEW = {"username": "new.one", "display_name": "New One", "role": "desk", "password": PASSWORD}


def here(field: Field) -> str:
    return f"/admin/hospitals/{field.city.hospital_ids[0]}"


def there(field: Field) -> str:
    return f"/admin/hospitals/{field.city.hospital_ids[1]}"


def clerk(field: Field) -> str:
    return f"/admin/staff/{field.crew.staff_id(Role.DESK)}"


def review(field: Field) -> str:
    return f"/admin/reviews/{field.access.id}"


def record(field: Field) -> str:
    return f"/desk/emergency/{field.access.id}"


def emergency(field: Field) -> dict[str, str]:
    document = field.city.documents[1]
    return {
        "document_type": document.type, "document_number": document.number, "reason": WHY, "understood": "yes",
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Attack:
    """What somebody with a role at a hospital sends, and what he is answered."""

    name: str
    role: Role
    hospital: int
    method: str
    address: Callable[[Field], str] | str
    status: int
    fields: Callable[[Field], dict[str, str]] | Mapping[str, str] | None = None
    refusal: str = ""  # the audit line's outcome, where an action is reached


JUDGED = {"justified": "yes", "reason": "It was an emergency, I say"}
D, F, S, H, C, A, T = (
    Role.DESK, Role.OFFICER, Role.SUPERVISOR, Role.HOSPITAL_ADMIN, Role.CITY_ADMIN, Role.AUDITOR, Role.AUTHORITY,
)  # fmt: skip
ATTACKS = (
    # upwards: what the role has not
    Attack("a clerk lists the staff", D, 0, "GET", "/admin/staff", 403, refusal="not_permitted"),
    Attack("a clerk opens the form for new staff", D, 0, "GET", "/admin/staff/new", 403),
    Attack("a clerk adds an administrator", D, 0, "POST", "/admin/staff/new", 403, {**NEW, "role": "hospital_admin"}),
    Attack("a clerk looks at an account", D, 0, "GET", clerk, 403),
    Attack("a clerk makes himself a supervisor", D, 0, "POST", lambda f: f"{clerk(f)}/duties", 403,
           {"role": "supervisor"}),
    Attack("a supervisor makes a clerk an administrator", S, 0, "POST", lambda f: f"{clerk(f)}/duties", 403,
           {"role": "hospital_admin"}),
    Attack("an officer ends a colleague's duty", F, 0, "POST", lambda f: f"{clerk(f)}/duties/{f.duty}/end", 403),
    Attack("an officer lists the hospitals", F, 0, "GET", "/admin/hospitals", 403),
    Attack("a clerk opens his hospital's page", D, 0, "GET", here, 404, refusal="not_permitted"),
    Attack("a supervisor renames his hospital", S, 0, "POST", here, 404, {"name": "Mine"}, "not_permitted"),
    Attack("a clerk reads the record", D, 0, "GET", "/admin/audit", 403),
    Attack("a supervisor reads the record", S, 0, "GET", "/admin/audit", 403),
    Attack("the city's administrator reads the record", C, 0, "GET", "/admin/audit", 403),
    Attack("the authority reads the record", T, 0, "GET", "/admin/audit", 403),
    Attack("an administrator reads the reviews", H, 0, "GET", "/admin/reviews", 403, refusal="not_permitted"),
    Attack("a clerk reads the reviews", D, 0, "GET", "/admin/reviews", 403, refusal="not_permitted"),
    Attack("a clerk justifies his own access", D, 0, "POST", review, 403, JUDGED, "not_permitted"),
    Attack("an officer justifies a colleague's access", F, 0, "POST", review, 403, JUDGED, "not_permitted"),
    Attack("an administrator opens the emergency form", H, 0, "GET", "/desk/emergency", 403),
    Attack("the city opens a record in an emergency", C, 0, "POST", "/desk/emergency", 403, emergency),
    Attack("an auditor opens a record in an emergency", A, 0, "POST", "/desk/emergency", 403, emergency),
    Attack("an auditor adds staff", A, 0, "POST", "/admin/staff/new", 403, NEW),
    Attack("an auditor renames a hospital", A, 0, "POST", here, 404, {"name": "Mine"}, "not_permitted"),
    Attack("an auditor closes an account", A, 0, "POST", lambda f: f"{clerk(f)}/leave", 403),
    Attack("the authority lists the staff", T, 0, "GET", "/admin/staff", 403, refusal="not_permitted"),
    Attack("the city's administrator stands at a desk", C, 0, "GET", "/desk", 403),
    Attack("the city's administrator checks somebody in", C, 0, "POST", "/desk/check-in", 403, {"code": "ABCD"}),
    Attack("an auditor gives out a returned place", A, 0, "POST", "/desk/returned", 403, {"session": "x"}),
    Attack("an auditor writes to the record", A, 0, "POST", "/admin/audit", 405),
    Attack("an auditor deletes from the record", A, 0, "DELETE", "/admin/audit", 405),
    Attack("an auditor patches the record", A, 0, "PATCH", "/admin/audit", 405),
    # sideways: what belongs to another hospital, or to a colleague
    Attack("another's administrator looks at a clerk", H, 1, "GET", clerk, 404, refusal="staff_unknown"),
    Attack("another's administrator gives a clerk a duty", H, 1, "POST", lambda f: f"{clerk(f)}/duties", 404,
           {"role": "supervisor"}, "staff_unknown"),
    Attack("another's administrator ends a clerk's duty", H, 1, "POST",
           lambda f: f"{clerk(f)}/duties/{f.duty}/end", 404, refusal="staff_unknown"),
    Attack("another's administrator closes an account", H, 1, "POST", lambda f: f"{clerk(f)}/leave", 404,
           refusal="staff_unknown"),
    Attack("another's administrator ends a duty under his own account", H, 1, "POST",
           lambda f: f"/admin/staff/{f.crew.staff_id(Role.DESK, 1)}/duties/{f.duty}/end", 404),
    Attack("another's administrator opens the hospital", H, 1, "GET", here, 404, refusal="not_permitted"),
    Attack("another's administrator changes the hospital's phone", H, 1, "POST", here, 404, {"phone": "010 1"},
           "not_permitted"),
    Attack("another's administrator adds a doctor", H, 1, "POST", lambda f: f"{here(f)}/doctors", 404,
           {"doctor_name": "Dr No"}, "not_permitted"),
    Attack("another's department is renamed under one's own hospital", H, 1, "POST",
           lambda f: f"{there(f)}/departments/{f.department}", 404, {"entry_name": "Mine"}),
    Attack("another's department is taken off the list", H, 1, "POST",
           lambda f: f"{there(f)}/departments/{f.department}/retire", 404),
    Attack("another's supervisor reviews an access", S, 1, "POST", review, 409, JUDGED, "access_unknown"),
    Attack("another's clerk opens the record by its address", D, 1, "GET", record, 404, refusal="access_unknown"),
    Attack("a colleague opens the record by its address", F, 0, "GET", record, 404, refusal="access_unknown"),
    Attack("a supervisor opens the record by its address", S, 0, "GET", record, 404, refusal="access_unknown"),
    Attack("a clerk names an access by a person's id", D, 0, "GET",
           lambda f: f"/desk/emergency/{f.city.person_ids[0]}", 404, refusal="access_unknown"),
    # more than was offered
    Attack("an administrator makes somebody the city's", H, 0, "POST", "/admin/staff/new", 403,
           {**NEW, "role": "city_admin"}, "not_permitted"),
    Attack("an administrator adds staff to another hospital", H, 0, "POST", "/admin/staff/new", 403,
           lambda f: {**NEW, "hospital": str(f.city.hospital_ids[1])}, "not_permitted"),
    Attack("an administrator gives a duty at another hospital", H, 0, "POST", lambda f: f"{clerk(f)}/duties", 403,
           lambda f: {"role": "desk", "hospital": str(f.city.hospital_ids[1])}, "not_permitted"),
    Attack("an administrator gives himself a duty", H, 0, "POST",
           lambda f: f"/admin/staff/{f.crew.staff_id(Role.HOSPITAL_ADMIN)}/duties", 422, {"role": "supervisor"},
           "not_oneself"),
    Attack("the city's administrator gives himself a duty", C, 0, "POST",
           lambda f: f"/admin/staff/{f.crew.staff_id(Role.CITY_ADMIN)}/duties", 422, {"role": "auditor"},
           "not_oneself"),
    Attack("an administrator closes his own account", H, 0, "POST",
           lambda f: f"/admin/staff/{f.crew.staff_id(Role.HOSPITAL_ADMIN)}/leave", 409, refusal="staff_unknown"),
    Attack("a role that there is not", H, 0, "POST", "/admin/staff/new", 422, {**NEW, "role": "root"}),
    Attack("a name that turns the writing round", H, 0, "POST", "/admin/staff/new", 422,
           {**NEW, "display_name": "\u202egnaW"}, "display_name_invalid"),
    Attack("a name with a line end", H, 0, "POST", "/admin/staff/new", 422,
           {**NEW, "display_name": "Wang\r\nSet-Cookie: a=b"}, "display_name_invalid"),
    Attack("a web page that is a script", H, 0, "POST", here, 422, {"url": "javascript:alert(1)"}, "url_invalid"),
    Attack("another's duty is taken up", D, 1, "POST", "/staff/duties", 409, lambda f: {"duty": str(f.duty)},
           "duty_unknown"),
    Attack("a duty that there is not is taken up", D, 0, "POST", "/staff/duties", 409, {"duty": "1"}, "duty_unknown"),
    Attack("an emergency without a reason", D, 0, "POST", "/desk/emergency", 422,
           lambda f: {**emergency(f), "reason": "."}, "reason_too_short"),
    Attack("an emergency with a reason of one letter", D, 0, "POST", "/desk/emergency", 422,
           lambda f: {**emergency(f), "reason": "a" * 40}, "reason_too_short"),
    Attack("an emergency with a reason that turns round", D, 0, "POST", "/desk/emergency", 422,
           lambda f: {**emergency(f), "reason": f"{WHY}\u202e"}, "words_invalid"),
    Attack("an emergency that nobody has agreed to", D, 0, "POST", "/desk/emergency", 422,
           lambda f: {**emergency(f), "understood": "no"}),
    # other verbs
    Attack("a duty is ended by GET", H, 0, "GET", lambda f: f"{clerk(f)}/duties/{f.duty}/end", 405),
    Attack("a review is put", S, 0, "PUT", review, 405, JUDGED),
    Attack("an account is deleted", H, 0, "DELETE", clerk, 405),
)  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name.replace(" ", "-"))
async def test_an_attack_is_refused_and_changes_nothing(
    field: Field, fresh_database: FreshDatabase, attack: Attack
) -> None:
    await field.be(attack.role, attack.hospital)
    address = attack.address if isinstance(attack.address, str) else attack.address(field)
    fields = attack.fields(field) if callable(attack.fields) else attack.fields or {}
    before, last = contents(fresh_database), last_line(fresh_database)
    answer = await field.send(attack.method, address, fields)
    assert answer.status_code == attack.status, answer.text
    assert contents(fresh_database) == before
    lines = as_owner(fresh_database, f"SELECT action, outcome FROM audit.line WHERE n > {last}")
    assert [action for action, outcome in lines if outcome == "done" and action not in READING] == []
    if attack.refusal:
        assert attack.refusal in {outcome for _, outcome in lines}


FORMS: tuple[tuple[Role, Callable[[Field], str]], ...] = (
    (Role.HOSPITAL_ADMIN, lambda _: "/admin/staff/new"),
    (Role.HOSPITAL_ADMIN, lambda f: f"{clerk(f)}/duties"),
    (Role.HOSPITAL_ADMIN, lambda f: f"{clerk(f)}/duties/{f.duty}/end"),
    (Role.HOSPITAL_ADMIN, lambda f: f"{clerk(f)}/leave"),
    (Role.HOSPITAL_ADMIN, here),
    (Role.HOSPITAL_ADMIN, lambda f: f"{here(f)}/departments/{f.department}/retire"),
    (Role.SUPERVISOR, review),
    (Role.DESK, lambda _: "/desk/emergency"),
    (Role.DESK, lambda _: "/staff/duties"),
)


@pytest.mark.parametrize("number", range(len(FORMS)))
async def test_a_form_from_elsewhere_does_nothing(field: Field, fresh_database: FreshDatabase, number: int) -> None:
    role, address = FORMS[number]
    await field.be(Role.CITY_ADMIN)
    anothers = await field.token()
    await field.be(role)
    own = await field.token()
    fields = {**NEW, **JUDGED, **emergency(field), "duty": str(field.duty), "name": "Mine"}
    before = contents(fresh_database)
    target = address(field)
    for token, headers in (
        ("", {}),
        (anothers, {}),
        (own, {"sec-fetch-site": "cross-site"}),
        (own, {"origin": "https://attacker.example"}),
        (own, {"content-type": "application/json"}),
    ):
        body = urlencode({**fields, "csrf": token}).encode()
        answer = await field.visitor.post(target, body, headers)
        assert answer.status_code in {403, 415}, (token, headers)
    assert contents(fresh_database) == before


async def test_an_ended_duty_with_a_live_cookie_opens_nothing(field: Field) -> None:
    await field.be(Role.DESK)
    assert (await field.visitor.client.get("/desk")).status_code == 200
    assert await end_duty(field.world, SYSTEM, field.duty) is None
    for address in ("/desk", "/desk/emergency", record(field), "/staff/duties"):
        answer = await field.visitor.client.get(address)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/desk/sign-in")


async def test_somebody_who_has_left_opens_nothing(field: Field) -> None:
    await field.be(Role.HOSPITAL_ADMIN)
    assert (await field.visitor.client.get("/admin/staff")).status_code == 200
    assert await deactivate_staff(field.world, SYSTEM, field.crew.staff_id(Role.HOSPITAL_ADMIN)) is None
    assert (await field.visitor.client.get("/admin/staff")).status_code == 303


async def test_a_record_is_not_opened_again_by_its_address(field: Field, clock: ManualClock) -> None:
    await field.be(Role.DESK)
    assert (await field.visitor.client.get(record(field))).status_code == 200
    clock.advance(OPEN_FOR)
    answer = await field.visitor.client.get(record(field))
    assert answer.status_code == 409
    assert "Person 0" not in answer.text


async def test_a_supervisor_does_not_review_what_he_opened(field: Field, fresh_database: FreshDatabase) -> None:
    own = await open_record(field.world, field.crew.caller(Role.SUPERVISOR), Wanted(field.city.documents[1]), WHY)
    assert isinstance(own, Access)
    await field.be(Role.SUPERVISOR)
    before = contents(fresh_database)
    answer = await field.send("POST", f"/admin/reviews/{own.id}", JUDGED)
    assert answer.status_code == 409
    assert contents(fresh_database) == before


async def test_further_fields_of_a_form_are_nothing(field: Field, fresh_database: FreshDatabase) -> None:
    await field.be(Role.HOSPITAL_ADMIN)
    more = {
        "id": str(UUID(int=7)), "active": "false", "given_by": str(UUID(int=8)), "begins_at": "2020-01-01",
        "hospital_id": str(field.city.hospital_ids[1]), "staff_id": str(UUID(int=9)), "created_at": "2020-01-01",
    }  # fmt: skip
    answer = await field.send("POST", "/admin/staff/new", {**NEW, **more})
    assert answer.status_code == 303
    ((staff_id, hospital_id, active),) = as_owner(
        fresh_database, "SELECT id, hospital_id, active FROM directory.staff WHERE username = 'new.one'"
    )
    assert (hospital_id, active) == (field.city.hospital_ids[0], True)
    assert staff_id != UUID(int=7)
    ((given_by,),) = as_owner(fresh_database, f"SELECT given_by FROM directory.duty WHERE staff_id = '{staff_id}'")
    assert given_by == field.crew.staff_id(Role.HOSPITAL_ADMIN)


async def test_scripts_in_names_and_reasons_are_shown_as_letters(field: Field) -> None:
    script = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    await field.be(Role.HOSPITAL_ADMIN)
    added = await field.send("POST", "/admin/staff/new", {**NEW, "display_name": script[:90]})
    assert added.status_code == 303
    page = await field.visitor.open(added.headers["location"])
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;" in page.text
    officer = field.crew.caller(Role.OFFICER)
    opened = await open_record(field.world, officer, Wanted(field.city.documents[1]), f"{script} {WHY}")
    assert isinstance(opened, Access)
    await field.be(Role.SUPERVISOR)
    page = await field.visitor.open("/admin/reviews")
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;" in page.text


async def test_a_reason_forges_no_line(field: Field, fresh_database: FreshDatabase) -> None:
    forged = f'{WHY}\r\n2026-03-02 audit.line action="directory.give_duty" outcome="done"'
    last = last_line(fresh_database)
    opened = await open_record(field.world, field.crew.caller(Role.OFFICER), Wanted(field.city.documents[1]), forged)
    assert isinstance(opened, Access)
    assert "\n" not in opened.reason
    lines = as_owner(fresh_database, f"SELECT row_to_json(line)::text FROM audit.line WHERE n > {last}")
    assert len(lines) == 1
    assert "give_duty" not in str(lines)


async def test_a_search_for_sql_finds_nobody(field: Field) -> None:
    await field.be(Role.HOSPITAL_ADMIN)
    for text in ("' OR 1=1 --", "%", "_", "\\", "'; DROP TABLE directory.staff; --"):
        page = await field.visitor.open(f"/admin/staff?{urlencode({'text': text})}")
        assert page.status_code == 200
        assert "Nobody was found" in page.text or text == "_"
    await field.be(Role.AUDITOR)
    page = await field.visitor.open(f"/admin/audit?{urlencode({'action': chr(39) + ' OR 1=1 --'})}")
    assert "No line was found" in page.text


async def test_a_person_and_a_stranger_are_sent_away(field: Field, fresh_database: FreshDatabase) -> None:
    addresses = ["/admin", "/admin/staff", "/admin/audit", "/admin/reviews", "/admin/hospitals", here(field)]
    addresses += ["/desk/emergency", record(field), "/staff/duties", clerk(field)]
    before = contents(fresh_database)
    for address in addresses:
        answer = await field.visitor.client.get(address)
        assert (answer.status_code, answer.headers["location"][:13]) == (303, "/desk/sign-in"), address
    async with field.world.database.transaction() as conn:
        opened = await open_person_session(conn, field.world, field.city.person_ids[0])
    field.visitor.client.cookies.set(COOKIE, opened.token)
    for address in addresses:
        assert (await field.visitor.client.get(address)).status_code == 303, address
    after = contents(fresh_database)
    assert {table for table in after if after[table] != before[table]} == {"identity.session"}


async def test_the_header_of_another_verb_is_nothing(field: Field, fresh_database: FreshDatabase) -> None:
    await field.be(Role.HOSPITAL_ADMIN)
    before = contents(fresh_database)
    for name in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"):
        answer = await field.visitor.client.get(f"{clerk(field)}/leave", headers={name: "POST"})
        assert answer.status_code == 200
    assert contents(fresh_database) == before


async def test_the_application_reads_no_line_without_leaving_one(field: Field, fresh_database: FreshDatabase) -> None:
    caller = Caller(ActorKind.STAFF, field.crew.staff_id(Role.AUDITOR), Channel.WEB, "test", None, Role.AUDITOR)
    last = last_line(fresh_database)
    await field.be(Role.AUDITOR)
    await field.visitor.open(f"{BASE_URL}/admin/audit?outcome=nothing-has-this")
    lines = as_owner(fresh_database, f"SELECT action, actor_id FROM audit.line WHERE n > {last}")
    assert ("audit.read_lines", caller.id) in lines
