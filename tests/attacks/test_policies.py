"""Attacks on policies: each is refused, changes nothing, and is recorded where it reaches an action.

An attack is somebody's request with his own live session and a valid token, so that only what is attacked stops it.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode
from uuid import UUID

import httpx
import pytest
from litestar import Litestar

from firsthand.audit.model import ActorKind, Caller, Channel
from firsthand.directory.staff.duties import end_duty, give_duty, read_duties, session_of
from firsthand.directory.staff.model import Duty
from firsthand.identity.session.store import open_person_session, open_staff_session
from firsthand.platform.access import Role
from firsthand.platform.clock import ManualClock
from firsthand.platform.world import World
from firsthand.policy.proposal.actions import approve_policy, propose_policy, refuse_policy, withdraw_policy
from firsthand.policy.proposal.model import Proposal, Reason, Refused, Seen
from firsthand.policy.proposal.reading import read_policies, read_proposal
from tests.city import City, Opening, make_city
from tests.conftest import START, FreshDatabase
from tests.people import SYSTEM, as_owner
from tests.policies import BELOW, WHY, administrator, approved, proposed, typed_now, wish
from tests.staffing import Crew, make_crew
from tests.store.test_roles import contents, last_line
from tests.visitor import Visitor, forms_of, pages, visiting

READING = {"policy.read", "policy.read_proposal"}
COOKIE = "firsthand_session"
DAY = timedelta(days=1)


@dataclass(slots=True)
class Field:
    """Where attacks happen: two city administrators besides the crew's, a proposal of the first, and a browser."""

    world: World
    city: City
    crew: Crew
    one: Caller
    two: Caller
    proposal: Proposal
    form: dict[str, str]
    visitor: Visitor

    async def be(self, staff_id: UUID | None, role: Role) -> None:
        """Have a live session of a member of staff in his duty of this role."""
        assert staff_id is not None
        async with self.world.database.transaction() as conn:
            (duty,) = [one for one in await read_duties(self.world, staff_id) if one.role is role]
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
        return await self.visitor.post(address, urlencode({"csrf": await self.token(), **fields}).encode())

    @property
    def address(self) -> str:
        """Where the proposal is."""
        return f"/admin/policies/proposals/{self.proposal.id}"

    @property
    def yes(self) -> dict[str, str]:
        """What the form of an approval sends."""
        return {"digest": self.proposal.digest, "until": "", "understood": "yes"}


@pytest.fixture
async def city(world: World) -> City:
    return await make_city(world, sessions=[Opening(), Opening(hospital=1)], persons=1)


@pytest.fixture
async def app(world: World, city: City, tmp_path: Path) -> AsyncIterator[Litestar]:
    assert city.session_ids
    async with pages(world, tmp_path) as served:
        yield served


@pytest.fixture
async def field(world: World, city: City, app: Litestar) -> AsyncIterator[Field]:
    crew = await make_crew(world, city)
    one, two = await administrator(world, "admin.one"), await administrator(world, "admin.two")
    proposal = await proposed(world, one, "booking", holds_live_max="1000")
    typed = await typed_now(world, one, "booking", hold_seconds="600")
    form = {**typed, "begins_day": "2026-03-05", "begins_time": "00:00", "reason": WHY}
    async with visiting(app) as visitor:
        yield Field(world, city, crew, one, two, proposal, form, visitor)


@dataclass(frozen=True, slots=True)
class Attack:
    """What somebody sends, and what he is answered. who: "one" proposed what waits, "two" is another administrator."""

    name: str
    who: Role | str
    address: Callable[[Field], str] | str
    status: int
    fields: Callable[[Field], Mapping[str, str]]
    refusal: str = ""  # the audit line's outcome, where an action is reached
    method: str = "POST"


CHANGE = "/admin/policies/booking/change"
NOTHING: Callable[[Field], Mapping[str, str]] = lambda _: {}  # noqa: E731


def approving(field: Field) -> str:
    return f"{field.address}/approve"


def form_with(**more: str) -> Callable[[Field], Mapping[str, str]]:
    """Return the form of a change with some fields changed; `__` stands for a dot."""
    return lambda field: {**field.form, **{name.replace("__", "."): text for name, text in more.items()}}


def yes_with(**more: str) -> Callable[[Field], Mapping[str, str]]:
    return lambda field: {**field.yes, **more}


def proposing(what: str, refusal: str = "body_invalid", status: int = 422, /, **more: str) -> Attack:
    return Attack(f"a change with {what}", "one", CHANGE, status, form_with(**more), refusal)


SQL = "'; DROP TABLE policy.version; --"
ATTACKS = (
    # one's own proposal, and anybody's who may not
    Attack("who proposed approves", "one", approving, 409, yes_with(), "own_proposal"),
    Attack("who proposed refuses, to look decided on", "one", lambda f: f"{f.address}/refuse", 409,
           lambda _: {"reason": WHY}, "own_proposal"),
    Attack("another takes it back", "two", lambda f: f"{f.address}/withdraw", 409, lambda _: {"sure": "yes"},
           "anothers_proposal"),
    Attack("a hospital's administrator approves", Role.HOSPITAL_ADMIN, approving, 403, yes_with(), "not_permitted"),
    Attack("a hospital's administrator refuses", Role.HOSPITAL_ADMIN, lambda f: f"{f.address}/refuse", 403,
           lambda _: {"reason": WHY}, "not_permitted"),
    Attack("an authority approves", Role.AUTHORITY, approving, 403, yes_with(), "not_permitted"),
    Attack("an auditor approves", Role.AUDITOR, approving, 403, yes_with(), "not_permitted"),
    Attack("a supervisor approves", Role.SUPERVISOR, approving, 403, yes_with(), "not_permitted"),
    Attack("a clerk approves", Role.DESK, approving, 403, yes_with(), "not_permitted"),
    Attack("an officer proposes", Role.OFFICER, CHANGE, 403, form_with(), "not_permitted"),
    Attack("a clerk proposes", Role.DESK, CHANGE, 403, form_with(), "not_permitted"),
    Attack("an auditor looks at a proposal", Role.AUDITOR, lambda f: f.address, 403, NOTHING, "not_permitted", "GET"),
    Attack("a clerk looks at policies", Role.DESK, "/admin/policies", 403, NOTHING, "not_permitted", "GET"),
    # an approval of something else than was shown
    Attack("a digest of one's own making", "two", approving, 409, yes_with(digest="0" * 64), "not_as_shown"),
    Attack("no digest", "two", approving, 409, yes_with(digest=""), "not_as_shown"),
    Attack("a digest in capitals", "two", approving, 409, lambda f: {**f.yes, "digest": f.proposal.digest.upper()},
           "not_as_shown"),
    Attack("a digest with something behind it", "two", approving, 409,
           lambda f: {**f.yes, "digest": f"{f.proposal.digest}\r\nX: y"}, "not_as_shown"),
    Attack("an end that was not shown", "two", approving, 409, yes_with(until="2026-03-09T00:00:00+00:00"),
           "not_as_shown"),
    Attack("an end that is no instant", "two", approving, 409, yes_with(until=SQL), "not_as_shown"),
    Attack("an end in no zone", "two", approving, 409, yes_with(until="2026-03-09T00:00:00"), "not_as_shown"),
    Attack("an approval that nobody confirmed", "two", approving, 422, yes_with(understood="")),
    Attack("a proposal that does not exist", "two", f"/admin/policies/proposals/{UUID(int=7)}/approve", 404,
           yes_with(), "proposal_unknown"),
    Attack("a proposal by SQL", "two", "/admin/policies/proposals/' OR 1=1 --/approve", 404, yes_with(),
           "proposal_unknown"),
    Attack("a refusal without a word", "two", lambda f: f"{f.address}/refuse", 422, NOTHING, "words_too_short"),
    Attack("a refusal in one letter", "two", lambda f: f"{f.address}/refuse", 422, lambda _: {"reason": "a" * 50},
           "words_too_short"),
    Attack("a refusal that turns the direction of writing", "two", lambda f: f"{f.address}/refuse", 422,
           lambda _: {"reason": f"\u202e{WHY}"}, "words_invalid"),
    # mass assignment
    proposing("a state", state="approved"),
    proposing("a proposer", proposed_by=str(UUID(int=8))),
    proposing("an approver", decided_by=str(UUID(int=9))),
    proposing("another name", name="sign_in"),
    proposing("an instant of its own", effective_from="2020-01-01T00:00:00Z"),
    proposing("a digest", digest="0" * 64),
    proposing("a base", based_on="2020-01-01T00:00:00Z"),
    proposing("a source", source="the law"),
    proposing("a whole body", body='{"hold_seconds": 1}'),
    proposing("Python's insides", __class____name="x"),
    proposing("a field of another policy", guard_on_failures="1"),
    proposing("a row far away", caps__99__name="x"),
    proposing("no row", caps__x__name="x"),
    # values
    proposing("NaN", hold_seconds="NaN"),
    proposing("infinity", hold_seconds="Infinity"),
    proposing("a negative number", holds_live_max="-1"),
    proposing("a negative number in Chinese digits", holds_live_max="−１"),
    proposing("an exponent", hold_seconds="9e9"),
    proposing("a huge number", hold_seconds="9" * 900),
    proposing("a number beyond its bounds", booking_days_ahead_max="100000"),
    proposing("SQL as a number", hold_seconds=SQL),
    proposing("SQL as a name", caps__0__name=SQL),
    proposing("a script as a name", caps__0__name="<script>alert(1)</script>"),
    proposing("a line's end in a name", caps__0__name="day\r\nSet-Cookie: a=b"),
    proposing("the same cap twice", caps__1__name="department_day"),
    proposing("two caps that count the same", caps__2__days="1"),
    proposing("a choice that there is not", caps__0__per_department="maybe"),
    # time
    proposing("a day that is over", "notice_too_short", 409, begins_day="2026-03-01"),
    proposing("this very day", "notice_too_short", 409, begins_day="2026-03-02", begins_time="23:59"),
    proposing("the year 9999", "too_far_ahead", begins_day="9999-12-31"),
    proposing("a day that there is not", "instant_invalid", begins_day="2026-02-30"),
    proposing("a time with a zone", "instant_invalid", begins_time="00:00+14:00"),
    proposing("a time beyond the day", "instant_invalid", begins_time="24:01"),
    proposing("no reason", "words_too_short", reason=""),
    proposing("a reason that cannot be seen", "words_invalid", reason=f"{WHY}\u200b"),
    proposing("a reason without an end", "words_invalid", reason="why " * 200),
    Attack("the body of another kind", "one", "/admin/policies/arrival/change", 422, form_with(), "body_invalid"),
    Attack("a policy that there is not", "one", "/admin/policies/prices/change", 404, form_with(), "policy_unknown"),
    Attack("a policy by its path", "one", "/admin/policies/..%2Fbooking/change", 404, form_with()),
)  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name.replace(" ", "-"))
async def test_an_attack_is_refused_and_changes_nothing(
    field: Field, fresh_database: FreshDatabase, attack: Attack
) -> None:
    if isinstance(attack.who, Role):
        await field.be(field.crew.staff_id(attack.who), attack.who)
    else:
        await field.be((field.one if attack.who == "one" else field.two).id, Role.CITY_ADMIN)
    address = attack.address if isinstance(attack.address, str) else attack.address(field)
    before, last = contents(fresh_database), last_line(fresh_database)
    answer = await field.send(attack.method, address, attack.fields(field))
    assert answer.status_code == attack.status, answer.text
    assert "<script>alert" not in answer.text
    assert not {"x", "set-cookie"} & {name for name in answer.headers if answer.headers[name] in {"y", "a=b"}}
    assert contents(fresh_database) == before
    lines = as_owner(fresh_database, f"SELECT action, outcome FROM audit.line WHERE n > {last}")
    assert [action for action, outcome in lines if outcome == "done" and action not in READING] == []
    if attack.refusal:
        assert attack.refusal in {outcome for _, outcome in lines}


async def test_what_is_attacked_would_else_be_done(field: Field) -> None:
    await field.be(field.one.id, Role.CITY_ADMIN)
    assert (await field.send("POST", CHANGE, field.form)).status_code == 303
    await field.be(field.two.id, Role.CITY_ADMIN)
    assert (await field.send("POST", approving(field), field.yes)).status_code == 303


FORMS: tuple[tuple[str, str, str], ...] = (
    ("one", "change", ""),
    ("two", "approve", "/approve"),
    ("two", "refuse", "/refuse"),
    ("one", "withdraw", "/withdraw"),
)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form[1])
async def test_a_form_from_elsewhere_does_nothing(
    field: Field, fresh_database: FreshDatabase, form: tuple[str, str, str]
) -> None:
    who, name, end = form
    me, another = (field.one, field.two) if who == "one" else (field.two, field.one)
    await field.be(another.id, Role.CITY_ADMIN)
    anothers = await field.token()
    await field.be(me.id, Role.CITY_ADMIN)
    earlier = await field.token()
    await field.be(me.id, Role.CITY_ADMIN)
    own = await field.token()
    target = CHANGE if name == "change" else f"{field.address}{end}"
    fields = field.form if name == "change" else {**field.yes, "reason": WHY, "sure": "yes"}
    before = contents(fresh_database)
    for token, headers in (
        ("", {}),
        (anothers, {}),
        (earlier, {}),
        (own, {"sec-fetch-site": "cross-site"}),
        (own, {"origin": "https://attacker.example"}),
        (own, {"content-type": "application/json"}),
        (own, {"content-type": "multipart/form-data; boundary=x"}),
    ):
        answer = await field.visitor.post(target, urlencode({**fields, "csrf": token}).encode(), headers)
        assert answer.status_code in {403, 415}, (token, headers)
        assert (await field.visitor.client.get(f"{target}?{urlencode(fields)}")).status_code in {200, 404, 405}
    assert contents(fresh_database) == before


async def test_another_duty_or_session_of_who_proposed_is_the_same_person(
    field: Field, fresh_database: FreshDatabase
) -> None:
    clerk = field.crew.staff_id(Role.HOSPITAL_ADMIN)
    assert isinstance(await give_duty(field.world, SYSTEM, clerk, Role.CITY_ADMIN, None), Duty)
    own = await proposed(field.world, field.crew.caller(Role.HOSPITAL_ADMIN), "arrival", late_after_minutes="60")
    before, last = contents(fresh_database), last_line(fresh_database)
    for _ in range(2):  # in his other duty, and once more under a new session
        await field.be(clerk, Role.CITY_ADMIN)
        sessions = contents(fresh_database)["identity.session"]
        sent = {"digest": own.digest, "until": "", "understood": "yes"}
        answer = await field.send("POST", f"/admin/policies/proposals/{own.id}/approve", sent)
        assert answer.status_code == 409
        assert contents(fresh_database) == {**before, "identity.session": sessions}
    lines = as_owner(fresh_database, f"SELECT outcome FROM audit.line WHERE n > {last} AND action = 'policy.approve'")
    assert lines == [("own_proposal",), ("own_proposal",)]


async def test_an_approval_is_not_repeated_nor_is_what_follows_it_changed(
    field: Field, fresh_database: FreshDatabase
) -> None:
    await field.be(field.two.id, Role.CITY_ADMIN)
    assert (await field.send("POST", approving(field), field.yes)).status_code == 303
    before = contents(fresh_database)
    for end, fields in (("approve", field.yes), ("refuse", {"reason": WHY}), ("withdraw", {"sure": "yes"})):
        assert (await field.send("POST", f"{field.address}/{end}", fields)).status_code == 409
    await field.be(field.one.id, Role.CITY_ADMIN)
    assert (await field.send("POST", f"{field.address}/withdraw", {"sure": "yes"})).status_code == 409
    assert contents(fresh_database)["policy.proposal"] == before["policy.proposal"]
    assert contents(fresh_database)["policy.version"] == before["policy.version"]


async def test_an_approval_for_one_proposal_is_none_for_another(field: Field, fresh_database: FreshDatabase) -> None:
    other = await proposed(field.world, field.one, "booking", START + 4 * DAY, holds_live_max="999")
    before = contents(fresh_database)
    seen = Seen(field.proposal.digest, None)
    assert await approve_policy(field.world, field.two, other.id, seen) == Refused(Reason.NOT_AS_SHOWN)
    assert contents(fresh_database) == before


async def test_an_approval_after_the_base_has_changed(field: Field, fresh_database: FreshDatabase) -> None:
    between = await proposed(field.world, field.one, "booking", START + DAY, hold_seconds="600")
    await approved(field.world, field.two, between.id)
    await field.be(field.two.id, Role.CITY_ADMIN)
    before = contents(fresh_database)
    assert (await field.send("POST", approving(field), field.yes)).status_code == 409
    assert contents(fresh_database) == before


async def test_an_approval_when_the_time_has_come(
    field: Field, clock: ManualClock, fresh_database: FreshDatabase
) -> None:
    for ahead in (2 * DAY, 30 * DAY):
        clock.advance(ahead)
        before = contents(fresh_database)
        answer = await approve_policy(field.world, field.two, field.proposal.id, Seen(field.proposal.digest, None))
        assert answer == Refused(Reason.NOTICE_TOO_SHORT)
        assert contents(fresh_database) == before


async def test_an_ended_duty_with_a_live_cookie_decides_nothing(field: Field, fresh_database: FreshDatabase) -> None:
    assert field.two.id is not None
    await field.be(field.two.id, Role.CITY_ADMIN)
    token = await field.token()
    (duty,) = await read_duties(field.world, field.two.id)
    assert await end_duty(field.world, SYSTEM, duty.id) is None
    before = contents(fresh_database)
    for end in ("approve", "refuse"):
        sent = {**field.yes, "reason": WHY, "csrf": token}
        answer = await field.visitor.post(f"{field.address}/{end}", urlencode(sent).encode())
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/desk/sign-in")
    assert contents(fresh_database) == before


async def test_the_house_a_person_and_nobody_change_no_policy(field: Field, fresh_database: FreshDatabase) -> None:
    sent = wish("booking", {name: text for name, text in field.form.items() if name[:6] not in {"begins", "reason"}})
    person = Caller(ActorKind.PERSON, field.city.person_ids[0], Channel.WEB, "test")
    nobody = Caller(ActorKind.NOBODY, None, Channel.WEB, "test")
    before, last = contents(fresh_database), last_line(fresh_database)
    # The house itself, one who claims a role that a person has not, and the house under an administrator's id.
    for caller in (SYSTEM, person, nobody, replace(person, role=Role.CITY_ADMIN), replace(SYSTEM, id=field.two.id)):
        for answer in (
            await propose_policy(field.world, caller, sent, BELOW),
            await approve_policy(field.world, caller, field.proposal.id, Seen(field.proposal.digest, None)),
            await refuse_policy(field.world, caller, field.proposal.id, WHY),
            await withdraw_policy(field.world, caller, field.proposal.id),
            await read_policies(field.world, caller),
            await read_proposal(field.world, caller, field.proposal.id),
        ):
            assert answer == Refused(Reason.NOT_PERMITTED)
    assert contents(fresh_database) == before
    lines = as_owner(fresh_database, f"SELECT outcome FROM audit.line WHERE n > {last}")
    assert lines == [("not_permitted",)] * 30


async def test_a_patient_and_a_stranger_are_sent_away(field: Field, fresh_database: FreshDatabase) -> None:
    addresses = ("/admin/policies", "/admin/policies/booking", CHANGE, field.address)
    for _ in range(2):
        before = contents(fresh_database)
        for address in addresses:
            answer = await field.visitor.client.get(address)
            assert answer.status_code == 303
            assert answer.headers["location"].startswith("/desk/sign-in")
        for end in ("approve", "refuse", "withdraw"):
            answer = await field.visitor.post(f"{field.address}/{end}", urlencode(field.yes).encode())
            assert answer.status_code in {303, 403}
        assert contents(fresh_database) == before
        async with field.world.database.transaction() as conn:
            opened = await open_person_session(conn, field.world, field.city.person_ids[0])
        field.visitor.client.cookies.set(COOKIE, opened.token)


async def test_what_is_written_is_shown_as_letters_and_forges_no_line(
    field: Field, fresh_database: FreshDatabase
) -> None:
    forged = f"<script>alert(1)</script> {WHY}\r\n2026-03-02 policy.approve done"
    last = last_line(fresh_database)
    await field.be(field.one.id, Role.CITY_ADMIN)
    made = await field.send("POST", CHANGE, {**field.form, "reason": forged})
    assert made.status_code == 303
    lines = as_owner(fresh_database, f"SELECT action, row_to_json(line)::text FROM audit.line WHERE n > {last}")
    assert {str(action) for action, _ in lines} == {"policy.read", "policy.propose"}
    assert "script" not in str(lines)
    for address in (made.headers["location"], "/admin/policies", "/admin/policies/booking"):
        page = await field.visitor.open(address)
        assert page.status_code == 200
        assert "<script>alert" not in page.text
    ((source,),) = as_owner(fresh_database, "SELECT source FROM policy.proposal WHERE source LIKE '%script%'")
    assert "\n" not in str(source)


async def test_a_flood_of_proposals_ends(field: Field) -> None:
    await field.be(field.one.id, Role.CITY_ADMIN)
    statuses = [
        (await field.send("POST", CHANGE, {**field.form, "hold_seconds": str(600 + number)})).status_code
        for number in range(11)
    ]
    assert statuses == [303] * 9 + [409] * 2
