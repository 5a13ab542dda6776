"""Attacks on people's requests and on the deletion of accounts: each is refused, changes nothing, and is recorded.

As elsewhere an attacker has his own live session and a valid token, so that only what is attacked stops him.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode
from uuid import UUID

import httpx
import pytest
from litestar import Litestar

from firsthand.booking.deleting import delete_account
from firsthand.directory.emergency.actions import open_record
from firsthand.directory.emergency.model import Access, Wanted
from firsthand.directory.person import passkeys
from firsthand.directory.person.actions import register_people
from firsthand.directory.person.model import PersonName, Phone, Registration
from firsthand.directory.request.actions import ask_deletion, make_request, read_own_requests, withdraw_request
from firsthand.directory.request.answering import answer_request
from firsthand.directory.request.limits import WRONG_DOCUMENT_DAY
from firsthand.directory.request.model import About, Kind, Reason, Refused, Request, State, Wish
from firsthand.directory.staff.duties import end_duty, read_duties, session_of
from firsthand.identity.model import Reason as IdentityReason
from firsthand.identity.model import Refused as IdentityRefused
from firsthand.identity.passkey.model import Begun
from firsthand.identity.passkey.rules import relying_party
from firsthand.identity.session.store import open_person_session, open_staff_session
from firsthand.platform.access import Role
from firsthand.platform.clock import ManualClock
from firsthand.platform.i18n import Language
from firsthand.platform.scope import PersonScope
from firsthand.platform.world import World
from tests.city import SYSTEM, City, Opening, make_city
from tests.conftest import FreshDatabase
from tests.families import person, tied_and_cooled
from tests.people import HERE, STRANGER, as_owner, document, said
from tests.requests import REASONS, WHY_LOOKED, WRONG_NAME, asked, asked_to_delete, signed_in, try_deleting
from tests.soft_passkey import SoftPasskey
from tests.staffing import Crew, make_crew
from tests.store.test_roles import contents, last_line
from tests.visitor import FORM, Visitor, forms_of, pages, visiting

COOKIE = "firsthand_session"
WHY = "Found unconscious at the bus stop, no papers"
WEEK = timedelta(days=7)
PARTY = relying_party("https://firsthand.test")
BROWSER = b"b" * 32
# What reading leaves, and what anybody may do.
READING = {"directory.list_requests", "directory.read_request"}
VICTIM, ATTACKER, LEAVING, WATCHED = range(4)


@dataclass(slots=True)
class Field:
    """Where attacks happen: a request of the victim's at hospital 0, one at the city, a deletion, and a browser.

    own: what the attacker asked himself and took back. watched: an objection to an access of the supervisor's.
    """

    world: World
    city: City
    crew: Crew
    visitor: Visitor
    here: UUID
    at_city: UUID
    deletion: UUID
    own: UUID
    watched: UUID

    async def be_staff(self, role: Role, hospital: int = 0) -> None:
        """Have a live session of the crew's member with this role."""
        (duty,) = await read_duties(self.world, self.crew.staff_id(role, hospital))
        async with self.world.database.transaction() as conn:
            opened = await open_staff_session(conn, self.world, session_of(duty))
        self.visitor.client.cookies.set(COOKIE, opened.token)

    async def be(self, number: int) -> None:
        """Have a live session of a person."""
        async with self.world.database.transaction() as conn:
            opened = await open_person_session(conn, self.world, self.city.person_ids[number])
        self.visitor.client.cookies.set(COOKIE, opened.token)

    async def token(self) -> str:
        """Return the form token of the session."""
        page = await self.visitor.open("/about")
        return forms_of(page)["/sign-out"].fields["csrf"]

    async def send(self, method: str, address: str, fields: Mapping[str, str]) -> httpx.Response:
        """Send a request as it is, with the session's own token."""
        if method == "GET":
            return await self.visitor.client.get(address)
        body = urlencode({"csrf": await self.token(), **fields}).encode()
        return await self.visitor.client.request(method, address, content=body, headers={"content-type": FORM})


@pytest.fixture
async def city(world: World) -> City:
    return await make_city(world, sessions=[Opening(), Opening(hospital=1)], persons=4)


@pytest.fixture
async def app(world: World, city: City, tmp_path: Path) -> AsyncIterator[Litestar]:
    assert city.session_ids
    async with pages(world, tmp_path) as served:
        yield served


@pytest.fixture
async def field(world: World, city: City, app: Litestar) -> AsyncIterator[Field]:
    crew, people, here = await make_crew(world, city), city.person_ids, city.hospital_ids[0]
    asked_here = await asked(world, people[VICTIM], hospital_id=here)
    at_city = await asked(world, people[VICTIM], Kind.OBJECTION, About.RECORD, words=WHY_LOOKED)
    deletion = await asked_to_delete(world, city, LEAVING)
    own = await asked(world, people[ATTACKER])
    await withdraw_request(world, person(people[ATTACKER]), PersonScope(people[ATTACKER]), own.id)
    opened = await open_record(world, crew.caller(Role.SUPERVISOR), Wanted(city.documents[WATCHED]), WHY)
    assert isinstance(opened, Access)
    watched = await asked(world, people[WATCHED], Kind.OBJECTION, About.EMERGENCY, hospital_id=here, words=WHY_LOOKED)
    async with visiting(app) as visitor:
        yield Field(world, city, crew, visitor, asked_here.id, at_city.id, deletion.id, own.id, watched.id)


@dataclass(frozen=True, slots=True)
class Attack:
    """What somebody sends, and what he is answered. who: a role at a hospital, or the number of a person."""

    name: str
    who: tuple[Role, int] | int
    method: str
    address: Callable[[Field], str] | str
    status: int
    fields: Callable[[Field], dict[str, str]] | Mapping[str, str] | None = None
    refusal: str = ""  # the audit line's outcome, where an action is reached


def one(field: Field) -> str:
    return f"/admin/requests/{field.here}"


def document_of(field: Field, number: int) -> dict[str, str]:
    document = field.city.documents[number]
    return {"document_type": document.type, "document_number": document.number, "understood": "yes"}


D, F, S, H, C, A, T = (
    (Role.DESK, 0), (Role.OFFICER, 0), (Role.SUPERVISOR, 0), (Role.HOSPITAL_ADMIN, 0), (Role.CITY_ADMIN, 0),
    (Role.AUDITOR, 0), (Role.AUTHORITY, 0),
)  # fmt: skip
ELSEWHERE = (Role.SUPERVISOR, 1)
GRANT = {"granted": "yes", "words": REASONS}
NEW = {"about": "name", "words": WRONG_NAME, "hospital": ""}
CORRECTION, OBJECTION, DELETION = "/me/requests/correction", "/me/requests/objection", "/me/requests/deletion"
ATTACKS = (
    # another person's requests
    Attack("another takes a request back", ATTACKER, "POST", lambda f: f"/me/requests/{f.here}/withdraw", 404,
           refusal="request_unknown"),
    Attack("another takes a deletion back", ATTACKER, "POST", lambda f: f"/me/requests/{f.deletion}/withdraw", 404,
           refusal="request_unknown"),
    Attack("a request is named by a persons id", ATTACKER, "POST",
           lambda f: f"/me/requests/{f.city.person_ids[VICTIM]}/withdraw", 404, refusal="request_unknown"),
    Attack("a request is named in another spelling", VICTIM, "POST",
           lambda f: f"/me/requests/{{{f.here}}}/withdraw", 404, refusal="request_unknown"),
    Attack("a request is named by SQL", ATTACKER, "POST", "/me/requests/'%20OR%20true--/withdraw", 404,
           refusal="request_unknown"),
    Attack("another scope is named in the form", ATTACKER, "POST", lambda f: f"/me/requests/{f.here}/withdraw", 404,
           lambda f: {"person_id": str(f.city.person_ids[VICTIM])}, "request_unknown"),
    Attack("what was taken back is taken back again", ATTACKER, "POST",
           lambda f: f"/me/requests/{f.own}/withdraw", 409, refusal="already_ended"),
    # persons at staff's pages
    Attack("a person lists what others asked", ATTACKER, "GET", "/admin/requests", 303),
    Attack("a person reads what another asked", ATTACKER, "GET", one, 303),
    Attack("a person answers his own request", VICTIM, "POST", one, 303, GRANT),
    # what is asked
    Attack("a deletion is asked as a correction", ATTACKER, "POST", CORRECTION, 422, {**NEW, "about": "account"},
           "about_unknown"),
    Attack("a correction is asked as an objection", ATTACKER, "POST", OBJECTION, 422, NEW, "about_unknown"),
    Attack("a request about what there is not", ATTACKER, "POST", CORRECTION, 422, {**NEW, "about": "'--"},
           "about_unknown"),
    Attack("a hospital that there is not", ATTACKER, "POST", CORRECTION, 422,
           lambda f: {**NEW, "hospital": str(f.here)}, "hospital_unknown"),
    Attack("a hospital that is no id", ATTACKER, "POST", CORRECTION, 422, {**NEW, "hospital": "../1"},
           "hospital_unknown"),
    Attack("too many words", ATTACKER, "POST", CORRECTION, 422, {**NEW, "words": "word " * 130}, "words_too_long"),
    Attack("a book of words", ATTACKER, "POST", CORRECTION, 400, {**NEW, "words": "w" * 5000}),
    Attack("words that turn the writing round", ATTACKER, "POST", CORRECTION, 422,
           {**NEW, "words": f"{WRONG_NAME}\u202e"}, "words_invalid"),
    Attack("words with a bell", ATTACKER, "POST", CORRECTION, 422, {**NEW, "words": f"{WRONG_NAME}\x07"},
           "words_invalid"),
    Attack("words with a NUL", ATTACKER, "POST", CORRECTION, 400, {**NEW, "words": f"{WRONG_NAME}\x00"}),
    Attack("words of nothing but spaces", ATTACKER, "POST", CORRECTION, 422, {**NEW, "words": "\u3000" * 40},
           "words_too_short"),
    Attack("a kind that there is not", ATTACKER, "POST", "/me/requests/secession", 404, NEW),
    # deletions
    Attack("an account is deleted by anothers document", ATTACKER, "POST", DELETION, 422,
           lambda f: document_of(f, VICTIM), "document_wrong"),
    Attack("an account is deleted for another", ATTACKER, "POST", DELETION, 422,
           lambda f: {**document_of(f, VICTIM), "person_id": str(f.city.person_ids[VICTIM])}, "document_wrong"),
    Attack("an account is deleted without a yes", ATTACKER, "POST", DELETION, 422,
           lambda f: {**document_of(f, ATTACKER), "understood": "no"}),
    Attack("an account is deleted twice", LEAVING, "POST", DELETION, 409, lambda f: document_of(f, LEAVING),
           "already_asked"),
    Attack("an account is deleted at once", LEAVING, "POST", DELETION, 409,
           lambda f: {**document_of(f, LEAVING), "runs_from": "2020-01-01", "state": "done"}, "already_asked"),
    # staff whose role has it not
    Attack("a clerk lists requests", D, "GET", "/admin/requests", 403, refusal="not_permitted"),
    Attack("an officer reads a request", F, "GET", one, 403, refusal="not_permitted"),
    Attack("an administrator answers a request", H, "POST", one, 403, GRANT, "not_permitted"),
    Attack("an auditor reads a request", A, "GET", one, 403, refusal="not_permitted"),
    Attack("the authority answers a request", T, "POST", one, 403, GRANT, "not_permitted"),
    Attack("a clerk answers a request", D, "POST", one, 403, GRANT, "not_permitted"),
    # another hospital's, and nobody's
    Attack("anothers supervisor reads a request", ELSEWHERE, "GET", one, 404, refusal="request_unknown"),
    Attack("anothers supervisor answers a request", ELSEWHERE, "POST", one, 404, GRANT, "request_unknown"),
    Attack("a supervisor reads what the city was asked", S, "GET", lambda f: f"/admin/requests/{f.at_city}", 404,
           refusal="request_unknown"),
    Attack("a supervisor answers what the city was asked", S, "POST", lambda f: f"/admin/requests/{f.at_city}", 404,
           GRANT, "request_unknown"),
    Attack("a supervisor refuses a deletion", S, "POST", lambda f: f"/admin/requests/{f.deletion}", 404,
           {**GRANT, "granted": "no"}, "request_unknown"),
    Attack("the city refuses a deletion", C, "POST", lambda f: f"/admin/requests/{f.deletion}", 404,
           {**GRANT, "granted": "no"}, "request_unknown"),
    Attack("the city reads who leaves", C, "GET", lambda f: f"/admin/requests/{f.deletion}", 404,
           refusal="request_unknown"),
    Attack("a supervisor answers an objection to his own access", S, "POST",
           lambda f: f"/admin/requests/{f.watched}", 409, {**GRANT, "granted": "no"}, "own_doing"),
    # answers that are none
    Attack("an answer without reasons", S, "POST", one, 422, {"granted": "no", "words": ""}, "words_too_short"),
    Attack("an answer that is neither", S, "POST", one, 422, {"granted": "maybe", "words": REASONS}),
    Attack("an answer with hidden characters", S, "POST", one, 422, {**GRANT, "words": f"{REASONS}\u200b"},
           "words_invalid"),
    Attack("what was taken back is answered", C, "POST", lambda f: f"/admin/requests/{f.own}", 409, GRANT,
           "already_ended"),
    # staff at people's pages, and other verbs
    Attack("a supervisor asks as a person", S, "POST", CORRECTION, 403, NEW),
    Attack("a supervisor looks at a persons requests", S, "GET", "/me/requests", 403),
    Attack("a request is erased", S, "DELETE", one, 405),
    Attack("a request is patched", S, "PATCH", one, 405, GRANT),
    Attack("a request is taken back by GET", VICTIM, "GET", lambda f: f"/me/requests/{f.here}/withdraw", 405),
)  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name.replace(" ", "-"))
async def test_an_attack_is_refused_and_changes_nothing(
    field: Field, fresh_database: FreshDatabase, attack: Attack
) -> None:
    await (field.be(attack.who) if isinstance(attack.who, int) else field.be_staff(*attack.who))
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


FORMS: tuple[tuple[tuple[Role, int] | int, Callable[[Field], str]], ...] = (
    (VICTIM, lambda _: CORRECTION),
    (VICTIM, lambda _: OBJECTION),
    (VICTIM, lambda _: DELETION),
    (VICTIM, lambda f: f"/me/requests/{f.here}/withdraw"),
    (S, one),
)


@pytest.mark.parametrize("number", range(len(FORMS)))
async def test_a_form_from_elsewhere_does_nothing(field: Field, fresh_database: FreshDatabase, number: int) -> None:
    who, address = FORMS[number]
    await field.be(ATTACKER)
    anothers = await field.token()
    await (field.be(who) if isinstance(who, int) else field.be_staff(*who))
    own = await field.token()
    fields, target = {**NEW, **GRANT, **document_of(field, VICTIM)}, address(field)
    before = contents(fresh_database)
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


async def test_fields_that_were_not_offered_say_nothing(field: Field, fresh_database: FreshDatabase) -> None:
    """Somebody asks in another's name, as answered, and due in a century: he asks for himself, as everybody does."""
    await field.be(ATTACKER)
    forged = {
        "person_id": str(field.city.person_ids[VICTIM]), "id": str(UUID(int=7)), "kind": "deletion",
        "state": "granted", "due_at": "2126-01-01", "decided_by": str(field.crew.staff_id(Role.SUPERVISOR)),
        "answer": "Yes", "asked_at": "2000-01-01",
    }  # fmt: skip
    answer = await field.send("POST", CORRECTION, {**NEW, **forged})
    assert answer.status_code == 303
    (row,) = as_owner(
        fresh_database,
        "SELECT person_id, kind, state, decided_by, answer, due_at - asked_at FROM directory.request"
        " ORDER BY id DESC LIMIT 1",
    )
    assert row == (field.city.person_ids[ATTACKER], "correction", "asked", None, None, timedelta(days=15))


@pytest.mark.parametrize("script", ["<script>alert(1)</script>", '" onmouseover="alert(1)', "{{ 7 * 7 }} ${7*7} %(x)s"])
async def test_words_are_text_wherever_they_are_shown(field: Field, script: str) -> None:
    await field.be(ATTACKER)
    words = f"My name is {script}"
    await field.send("POST", CORRECTION, {**NEW, "words": words, "hospital": str(field.city.hospital_ids[0])})
    own = await field.visitor.client.get("/me/requests")
    request_id = next(
        row.request.id
        for row in await read_own_requests(field.world, PersonScope(field.city.person_ids[ATTACKER]))
        if row.request.is_open
    )
    await field.be_staff(Role.SUPERVISOR)
    shown = await field.visitor.client.get(f"/admin/requests/{request_id}")
    for page in (own, shown):
        assert page.status_code == 200
        assert "<script>alert" not in page.text
        assert 'onmouseover="alert' not in page.text.replace("&#34; onmouseover=&#34;", "")
        assert "49" not in page.text.split("My name is")[1][:60]


async def test_words_become_no_header_no_line_and_no_message(field: Field, fresh_database: FreshDatabase) -> None:
    await field.be(ATTACKER)
    words = 'Wrong name\r\nSet-Cookie: a=b\n{"action": "audit.forged", "outcome": "done"}\nBcc: all@example.com'
    answer = await field.send("POST", CORRECTION, {**NEW, "words": words})
    assert answer.status_code == 303
    assert "a=b" not in str(answer.headers)
    (own, *_) = await read_own_requests(field.world, PersonScope(field.city.person_ids[ATTACKER]))
    assert "\n" not in own.request.words
    assert all("Set-Cookie" not in one.body and "Wrong name" not in one.body for one in await said(field.world))
    forged = as_owner(
        fresh_database, "SELECT FROM audit.line WHERE action = 'audit.forged' OR detail::text LIKE '%Wrong%'"
    )
    assert forged == []


async def test_anothers_request_and_none_look_the_same(field: Field, fresh_database: FreshDatabase) -> None:
    async def tried(address: str, method: str) -> tuple[int, str, object]:
        last = last_line(fresh_database)
        answer = await field.send(method, address, GRANT)
        ((outcome,),) = as_owner(fresh_database, f"SELECT outcome FROM audit.line WHERE n > {last}")
        return answer.status_code, answer.text.replace(address, ""), outcome

    await field.be(ATTACKER)
    same = {
        (status, outcome)
        for request_id in (field.here, field.deletion, UUID(int=5))
        for status, _, outcome in [await tried(f"/me/requests/{request_id}/withdraw", "POST")]
    }
    assert same == {(404, "request_unknown")}
    await field.be_staff(Role.SUPERVISOR, 1)
    for method in ("GET", "POST"):
        answers = [
            await tried(f"/admin/requests/{request_id}", method)
            for request_id in (field.here, field.at_city, field.deletion, UUID(int=5))
        ]
        assert {(status, outcome) for status, _, outcome in answers} == {(404, "request_unknown")}
        assert "Person 0" not in "".join(text for _, text, _ in answers)


async def test_a_request_is_answered_once_whatever_is_sent_again(field: Field, fresh_database: FreshDatabase) -> None:
    await field.be_staff(Role.SUPERVISOR)
    assert (await field.send("POST", one(field), GRANT)).status_code == 303
    before = as_owner(fresh_database, "SELECT * FROM directory.request ORDER BY id")
    for fields in (GRANT, {**GRANT, "granted": "no"}):
        assert (await field.send("POST", one(field), fields)).status_code == 409
    await field.be_staff(Role.CITY_ADMIN)
    assert (await field.send("POST", one(field), {**GRANT, "granted": "no"})).status_code == 409
    assert as_owner(fresh_database, "SELECT * FROM directory.request ORDER BY id") == before


async def test_an_ended_duty_answers_nothing(field: Field, fresh_database: FreshDatabase) -> None:
    await field.be_staff(Role.SUPERVISOR)
    token = await field.token()
    (duty,) = await read_duties(field.world, field.crew.staff_id(Role.SUPERVISOR))
    assert await end_duty(field.world, SYSTEM, duty.id) is None
    before = contents(fresh_database)
    body = urlencode({"csrf": token, **GRANT}).encode()
    answer = await field.visitor.post(one(field), body)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/desk/sign-in")
    assert contents(fresh_database) == before


async def test_a_stale_sign_in_deletes_nothing(field: Field, fresh_database: FreshDatabase, clock: ManualClock) -> None:
    await field.be(ATTACKER)
    token = await field.token()
    clock.advance(timedelta(minutes=11))
    before = as_owner(fresh_database, "SELECT count(*) FROM directory.request")
    body = urlencode({"csrf": token, **document_of(field, ATTACKER)}).encode()
    answer = await field.visitor.post(DELETION, body)
    assert (answer.status_code, answer.headers["location"][:14]) == (303, "/sign-in/again")
    stale = await try_deleting(
        field.world, field.city.person_ids[ATTACKER], field.city.documents[ATTACKER], ago=timedelta(minutes=11)
    )
    assert stale == Refused(Reason.SIGN_IN_STALE)
    assert as_owner(fresh_database, "SELECT count(*) FROM directory.request") == before


async def test_documents_are_not_guessed_to_delete_an_account(field: Field) -> None:
    """Whoever shares the phone, and has signed in as another, does not end his account without his document."""
    me = field.city.person_ids[VICTIM]
    for number in range(WRONG_DOCUMENT_DAY.attempts_max):
        guess = field.city.documents[(number % 3) + 1]
        assert await try_deleting(field.world, me, guess) == Refused(Reason.DOCUMENT_WRONG)
    right = field.city.documents[VICTIM]
    assert await try_deleting(field.world, me, right) == Refused(Reason.TOO_MANY_REQUESTS)


async def test_who_shares_the_phone_deletes_only_himself(world: World, city: City) -> None:
    shared = Phone("+8613800000000")
    (wife,) = await register_people(
        world, SYSTEM, [Registration(document(500), PersonName("Wife"), shared, Language.ENGLISH)]
    )
    assert isinstance(wife, UUID)
    husband = city.person_ids[0]
    assert await try_deleting(world, husband, document(500)) == Refused(Reason.DOCUMENT_WRONG)
    assert await try_deleting(world, wife, city.documents[0]) == Refused(Reason.DOCUMENT_WRONG)
    own = await try_deleting(world, wife, document(500))
    assert isinstance(own, Request)
    assert own.person_id == wife


async def test_a_carer_deletes_no_adult(world: World, city: City, clock: ManualClock) -> None:
    carer, adult = city.person_ids[:2]
    await tied_and_cooled(world, clock, city)
    assert await try_deleting(world, carer, city.documents[1]) == Refused(Reason.DOCUMENT_WRONG)
    as_adult = await ask_deletion(world, person(carer), await signed_in(world, adult), city.documents[1])
    assert as_adult == Refused(Reason.NOT_PERMITTED)
    wish = Wish(Kind.CORRECTION, About.NAME, None, WRONG_NAME)
    assert await make_request(world, person(carer), PersonScope(adult), wish) == Refused(Reason.NOT_PERMITTED)
    theirs = await asked(world, adult)
    taken = await withdraw_request(world, person(carer), PersonScope(adult), theirs.id)
    assert taken == Refused(Reason.REQUEST_UNKNOWN)


async def test_the_house_and_strangers_answer_nothing(field: Field) -> None:
    for caller in (SYSTEM, STRANGER, person(field.city.person_ids[VICTIM])):
        answer = await answer_request(field.world, caller, field.here, granted=True, words=REASONS)
        assert answer == Refused(Reason.NOT_PERMITTED)


async def test_a_session_of_a_deleted_account_opens_nothing(
    field: Field, clock: ManualClock, fresh_database: FreshDatabase
) -> None:
    clock.advance(WEEK)
    await field.be(LEAVING)
    token = await field.token()
    assert await delete_account(field.world, SYSTEM, field.city.person_ids[LEAVING]) is True
    before = contents(fresh_database)
    for address in ("/me", "/me/requests", "/me/data", "/bookings"):
        assert (await field.visitor.client.get(address)).status_code == 303
    body = urlencode({"csrf": token, **NEW}).encode()
    assert (await field.visitor.post(CORRECTION, body)).status_code in {303, 403}
    assert contents(fresh_database) == before


async def test_a_passkey_of_a_deleted_account_signs_nobody_in(world: World, city: City, clock: ManualClock) -> None:
    """Its answer is refused in the words in which one that was never known is."""
    me = city.person_ids[0]
    soft, session = SoftPasskey(PARTY.origin, b"device"), await signed_in(world, me)
    begun = await passkeys.begin_adding_passkey(world, person(me), session, PARTY, bound_to=BROWSER)
    assert isinstance(begun, Begun)
    made = soft.make(begun.options)
    added = await passkeys.add_passkey(
        world, person(me), session, PARTY, begun.id, made, name="My phone", bound_to=BROWSER
    )
    assert isinstance(added, UUID)
    await asked_to_delete(world, city)
    clock.advance(WEEK)
    asking = await passkeys.begin_passkey_sign_in(world, STRANGER, PARTY, HERE, bound_to=BROWSER)
    assert isinstance(asking, Begun)
    assert await delete_account(world, SYSTEM, me) is True
    answer = soft.answer(asking.options)
    refused = await passkeys.sign_in_by_passkey(world, STRANGER, PARTY, asking.id, answer, bound_to=BROWSER)
    assert refused == IdentityRefused(IdentityReason.PASSKEY_WRONG)


async def test_what_is_under_way_when_the_account_goes_writes_nothing_any_more(
    world: World, city: City, clock: ManualClock, fresh_database: FreshDatabase
) -> None:
    """A session that was read a moment before the account went asks for a passkey, a request and a deletion."""
    me = city.person_ids[0]
    await asked_to_delete(world, city)
    clock.advance(WEEK)
    session = await signed_in(world, me)
    begun = await passkeys.begin_adding_passkey(world, person(me), session, PARTY, bound_to=BROWSER)
    assert isinstance(begun, Begun)
    made = SoftPasskey(PARTY.origin, b"device").make(begun.options)
    assert await delete_account(world, SYSTEM, me) is True
    before = contents(fresh_database)
    wish = Wish(Kind.CORRECTION, About.NAME, None, WRONG_NAME)
    assert await make_request(world, person(me), PersonScope(me), wish) == Refused(Reason.NOT_PERMITTED)
    assert await ask_deletion(world, person(me), session, city.documents[0]) == Refused(Reason.NOT_PERMITTED)
    added = await passkeys.add_passkey(
        world, person(me), session, PARTY, begun.id, made, name="My phone", bound_to=BROWSER
    )
    assert isinstance(added, IdentityRefused)
    assert contents(fresh_database) == before


async def test_a_deletion_that_was_taken_back_is_not_carried_out(field: Field, clock: ManualClock) -> None:
    me = field.city.person_ids[LEAVING]
    assert isinstance(await withdraw_request(field.world, person(me), PersonScope(me), field.deletion), Request)
    clock.advance(2 * WEEK)
    assert await delete_account(field.world, SYSTEM, me) is False
    (own,) = await read_own_requests(field.world, PersonScope(me))
    assert own.request.state is State.WITHDRAWN
