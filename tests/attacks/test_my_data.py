"""Attacks on what a person may see of himself: each is refused, gives nothing of anybody else, and leaves a line.

Where an attack never reaches an action, as with a token that is not the form's own, nothing was read; no line is due.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path as FilePath
from urllib.parse import urlencode
from uuid import UUID

import httpx
import psycopg
import pytest
from litestar import Litestar

from firsthand.account.actions import export_data, read_data, read_looks, read_numbers, read_whose
from firsthand.account.limits import EXPORTS, NUMBERS, READS
from firsthand.account.model import DataFile, LooksPage, PersonData, Reason, Refused
from firsthand.audit.model import ActorKind, Caller, Channel
from firsthand.booking.deleting import delete_account
from firsthand.directory.family.actions import end_tie
from firsthand.directory.family.asking import ask_child
from firsthand.directory.person.store import names_of
from firsthand.identity.session.model import FRESH_FOR, SignedIn, SubjectKind
from firsthand.platform.clock import ManualClock
from firsthand.platform.postgres import Role as DatabaseRole
from firsthand.platform.scope import CityScope
from firsthand.platform.world import World
from tests.account_scene import CARER, ME, STRANGE, TWIN, Scene, open_account_scene, open_session
from tests.city import SYSTEM, hold
from tests.conftest import FreshDatabase
from tests.families import CHILD_BORN, COOLING, born_document, child, child_of, person, register, tied, tied_and_cooled
from tests.people import HERE
from tests.requests import asked_to_delete
from tests.visitor import Visitor, forms_of, pages, visiting

NOBODY = UUID("00000000-0000-7000-8000-00000000dead")
# What every way of reading leaves when it is refused.
ACTIONS = ("account.read_data", "identity.document_read", "account.read_looks", "account.export_data")
PAGES = ("/me/data", "/me/data/looks", "/me/data/export")
MARKUP = "<img src=x onerror=alert(1)>"


@pytest.fixture
async def scene(world: World, clock: ManualClock, fresh_database: FreshDatabase) -> Scene:
    return await open_account_scene(world, clock, fresh_database)


@pytest.fixture
async def app(scene: Scene, tmp_path: FilePath) -> AsyncIterator[Litestar]:
    async with pages(scene.world, tmp_path) as served:
        yield served


@pytest.fixture
async def tout(app: Litestar, scene: Scene) -> AsyncIterator[Visitor]:
    """Somebody who is rightly signed in and wants what is not his."""
    async with visiting(app) as one:
        await one.sign_in(scene.world, scene.city.documents[STRANGE])
        yield one


async def every_way(scene: Scene, caller: Caller, signed_in: SignedIn, of: UUID) -> list[object]:
    """Try each way of reading what is held on somebody."""
    world = scene.world
    scope = (
        scene.scope(STRANGE)
        if caller.id == scene.id(STRANGE)
        else replace(scene.scope(), person_id=signed_in.subject_id)
    )
    return [
        await read_data(world, caller, scope, of),
        await read_numbers(world, caller, signed_in, of),
        await read_looks(world, caller, scope, of),
        await export_data(world, caller, signed_in, of),
    ]


Prepare = Callable[[Scene], Awaitable[UUID]]


async def another_person(scene: Scene) -> UUID:
    return scene.id(ME)


async def nobody_at_all(_scene: Scene) -> UUID:
    return NOBODY


async def anothers_child(scene: Scene) -> UUID:
    _, child_id = await child_of(scene.world, scene.id(ME), name="Little Zero")
    scene.clock.advance(COOLING)
    return child_id


async def his_child_while_the_tie_cools(scene: Scene) -> UUID:
    _, child_id = await child_of(scene.world, scene.id(STRANGE), name="Little Four")
    return child_id


async def his_child_after_the_tie_has_ended(scene: Scene) -> UUID:
    tie_id, child_id = await child_of(scene.world, scene.id(STRANGE), name="Little Four")
    scene.clock.advance(COOLING)
    assert isinstance(await read_whose(scene.world, scene.who(STRANGE), scene.scope(STRANGE), child_id), str)
    await end_tie(scene.world, scene.who(STRANGE), scene.scope(STRANGE), tie_id)
    return child_id


async def his_child_that_has_come_of_age(scene: Scene) -> UUID:
    _, child_id = await child_of(scene.world, scene.id(STRANGE), name="Little Four")
    grown = date(CHILD_BORN.year + 18, CHILD_BORN.month, CHILD_BORN.day)
    scene.clock.advance(timedelta(days=(grown - scene.clock.now().date()).days + 1))
    return child_id


async def an_adult_for_whom_he_acts(scene: Scene) -> UUID:
    await tied_and_cooled(scene.world, scene.clock, scene.city, STRANGE, ME)
    return scene.id(ME)


async def who_acts_for_him(scene: Scene) -> UUID:
    await tied_and_cooled(scene.world, scene.clock, scene.city, ME, STRANGE)
    return scene.id(ME)


async def a_child_whose_guardian_he_only_asks_to_be(scene: Scene) -> UUID:
    document = born_document(CHILD_BORN)
    child_id = await register(scene.world, document, "Little Person")
    await ask_child(scene.world, scene.who(STRANGE), scene.scope(STRANGE), child(document), HERE)
    scene.clock.advance(COOLING * 2)
    return child_id


async def a_record_that_was_merged_into_anothers(scene: Scene) -> UUID:
    await scene.counter.merge(ME, TWIN)
    return scene.id(TWIN)


UNKNOWN: tuple[Prepare, ...] = (
    another_person,
    nobody_at_all,
    anothers_child,
    his_child_while_the_tie_cools,
    his_child_after_the_tie_has_ended,
    his_child_that_has_come_of_age,
    an_adult_for_whom_he_acts,
    who_acts_for_him,
    a_child_whose_guardian_he_only_asks_to_be,
    a_record_that_was_merged_into_anothers,
)


@pytest.mark.parametrize("prepare", UNKNOWN, ids=[one.__name__ for one in UNKNOWN])
async def test_nobody_reads_what_is_held_on_another(scene: Scene, prepare: Prepare) -> None:
    of = await prepare(scene)
    signed_in = await scene.sign_in(STRANGE)
    before = {action: scene.lines(action, "person_unknown") for action in ACTIONS}
    answers = await every_way(scene, scene.who(STRANGE), signed_in, of)
    assert answers == [Refused(Reason.PERSON_UNKNOWN)] * len(ACTIONS)
    for action in ACTIONS:
        assert scene.lines(action, "person_unknown") == before[action] + 1
        assert scene.lines(action) == 0 or action == "account.read_data"


async def test_whoever_tries_is_shown_to_the_one_he_tried(scene: Scene) -> None:
    await every_way(scene, scene.who(STRANGE), await scene.sign_in(STRANGE), scene.id())
    page = await read_looks(scene.world, scene.who(), scene.scope(), scene.id())
    assert isinstance(page, LooksPage)
    tried = {(look.action, look.outcome, look.who.name) for look in page.looks}
    assert tried == {(action, "person_unknown", "") for action in ACTIONS}


# --- who is no person, or not this one --------------------------------------------------------------------------------


def callers(scene: Scene) -> dict[str, Caller]:
    """Return everybody who is not the person, however he calls himself."""
    me = scene.id()
    return {
        "clerk": scene.counter.clerk,
        "supervisor": scene.counter.supervisor,
        "clerk with the person's id": replace(scene.counter.clerk, id=me),
        "system": SYSTEM,
        "system with the person's id": Caller(ActorKind.SYSTEM, me, Channel.CLI, "attack"),
        "nobody": Caller(ActorKind.NOBODY, None, Channel.WEB, "attack"),
        "nobody with the person's id": Caller(ActorKind.NOBODY, me, Channel.WEB, "attack"),
        "another person": person(scene.id(STRANGE)),
    }


@pytest.mark.parametrize(
    "name",
    ["clerk", "supervisor", "clerk with the person's id", "system", "system with the person's id", "nobody",
     "nobody with the person's id", "another person"],
)  # fmt: skip
async def test_who_is_not_the_person_reads_nothing_in_his_scope(scene: Scene, name: str) -> None:
    caller, signed_in, world = callers(scene)[name], await scene.sign_in(), scene.world
    answers = [
        await read_data(world, caller, scene.scope(), scene.id()),
        await read_numbers(world, caller, signed_in, scene.id()),
        await read_looks(world, caller, scene.scope(), scene.id()),
        await export_data(world, caller, signed_in, scene.id()),
    ]
    assert answers == [Refused(Reason.NOT_PERMITTED)] * len(ACTIONS)
    assert [scene.lines(action, "not_permitted") for action in ACTIONS] == [1] * len(ACTIONS)


async def test_a_session_of_staff_with_the_id_of_a_person_carries_nothing_away(scene: Scene) -> None:
    forged = replace(await scene.sign_in(), kind=SubjectKind.STAFF)
    for deed in (read_numbers, export_data):
        assert await deed(scene.world, scene.who(), forged, scene.id()) == Refused(Reason.NOT_PERMITTED)
    assert scene.lines("account.export_data", "not_permitted") == 1


async def test_a_session_that_outlived_a_merger_reads_nothing(scene: Scene) -> None:
    await scene.counter.merge(ME, TWIN)
    left_over = await open_session(scene.world, scene.id(TWIN))
    answers = await every_way(scene, scene.who(TWIN), left_over, scene.id(TWIN))
    assert answers == [Refused(Reason.NOT_PERMITTED)] * len(ACTIONS)
    # Nor does the merged record lead to the one that is kept.
    answers = await every_way(scene, scene.who(TWIN), left_over, scene.id(ME))
    assert answers == [Refused(Reason.NOT_PERMITTED)] * len(ACTIONS)


async def test_a_session_that_outlived_a_deletion_reads_nothing(scene: Scene) -> None:
    request = await asked_to_delete(scene.world, scene.city, ME)
    assert request.runs_from is not None
    scene.clock.move_to(request.runs_from)
    assert await delete_account(scene.world, SYSTEM, scene.id())
    left_over = await scene.sign_in()
    answers = await every_way(scene, scene.who(), left_over, scene.id())
    assert answers == [Refused(Reason.NOT_PERMITTED)] * len(ACTIONS)
    assert scene.lines("account.export_data", "not_permitted") == 1


async def test_a_carer_who_had_his_account_deleted_has_no_name_left(scene: Scene) -> None:
    await tied_and_cooled(scene.world, scene.clock, scene.city, CARER, ME)
    request = await asked_to_delete(scene.world, scene.city, CARER)
    assert request.runs_from is not None
    scene.clock.move_to(request.runs_from)
    assert await delete_account(scene.world, SYSTEM, scene.id(CARER))
    assert "Person 1" not in repr([one.rows for one in (await scene.data()).sections if one.listing.key != "messages"])
    page = await read_looks(scene.world, scene.who(), scene.scope(), scene.id())
    assert isinstance(page, LooksPage)
    assert {look.who.name for look in page.looks} == {""}


async def test_a_session_of_nobody_who_exists_reads_nothing(scene: Scene) -> None:
    ghost = replace(await scene.sign_in(), subject_id=NOBODY)
    caller = person(NOBODY)
    for deed in (read_numbers, export_data):
        assert await deed(scene.world, caller, ghost, NOBODY) == Refused(Reason.NOT_PERMITTED)
    assert scene.lines("account.export_data", "not_permitted") == 1


@pytest.mark.parametrize("seconds", [1, 3600])
async def test_a_sign_in_that_is_not_fresh_carries_nothing_away(scene: Scene, seconds: int) -> None:
    signed_in = await scene.sign_in()
    scene.clock.advance(FRESH_FOR + timedelta(seconds=seconds))
    assert await export_data(scene.world, scene.who(), signed_in, scene.id()) == Refused(Reason.STALE)
    assert await read_numbers(scene.world, scene.who(), signed_in, scene.id()) == Refused(Reason.STALE)
    assert (
        scene.lines("account.export_data", "sign_in_stale")
        == scene.lines("identity.document_read", "sign_in_stale")
        == 1
    )


# --- too much ---------------------------------------------------------------------------------------------------------


async def test_parallel_files_pass_no_limit(scene: Scene) -> None:
    signed_in = await scene.sign_in()
    asked = [export_data(scene.world, scene.who(), signed_in, scene.id()) for _ in range(EXPORTS.attempts_max + 6)]
    answers = await asyncio.gather(*asked)
    assert sum(isinstance(answer, DataFile) for answer in answers) == EXPORTS.attempts_max
    assert scene.lines("account.export_data") == EXPORTS.attempts_max
    assert scene.lines("account.export_data", "too_many_requests") == 6


async def test_several_sessions_and_children_share_one_limit(scene: Scene) -> None:
    _, child_id = await child_of(scene.world, scene.id(), name="Little Zero")
    scene.clock.advance(COOLING)
    sessions = [await scene.sign_in(), await scene.sign_in()]
    targets = [scene.id(), child_id]
    answers = [
        await export_data(scene.world, scene.who(), sessions[number % 2], targets[number // 2 % 2])
        for number in range(EXPORTS.attempts_max + 2)
    ]
    assert [isinstance(answer, DataFile) for answer in answers] == [True] * EXPORTS.attempts_max + [False] * 2


async def test_guessing_ids_ends_at_the_limit(scene: Scene) -> None:
    world, caller, scope = scene.world, scene.who(STRANGE), scene.scope(STRANGE)
    for number in range(READS.attempts_max):
        await read_looks(world, caller, scope, UUID(int=number + 1))
    assert await read_data(world, caller, scope, scene.id(STRANGE)) == Refused(Reason.TOO_MANY)
    assert scene.lines("account.read_looks", "person_unknown") == READS.attempts_max


async def test_numbers_are_not_read_all_day(scene: Scene) -> None:
    signed_in = await scene.sign_in()
    answers = [
        await read_numbers(scene.world, scene.who(), signed_in, scene.id()) for _ in range(NUMBERS.attempts_max + 1)
    ]
    assert [isinstance(answer, PersonData) for answer in answers] == [True] * NUMBERS.attempts_max + [False]
    assert scene.lines("identity.document_read", "too_many_requests") == 1


# --- what the answer says of others -----------------------------------------------------------------------------------


async def test_a_file_holds_nothing_of_anybody_else(scene: Scene) -> None:
    await tied_and_cooled(scene.world, scene.clock, scene.city, STRANGE, CARER)
    await hold(scene.world, scene.city, CARER)
    await scene.counter.find(CARER)
    text = repr(await scene.file())
    for other in (CARER, STRANGE):
        assert str(scene.id(other)) not in text
        assert scene.city.documents[other].number not in text
    for staff in (scene.counter.clerk, scene.counter.colleague, scene.counter.supervisor):
        assert str(staff.id) not in text


async def test_staff_are_never_named_nor_told_by_their_id(scene: Scene) -> None:
    await scene.counter.find()
    await scene.counter.merge(ME, TWIN)
    file = await scene.file()
    text = repr(file) + repr([look.who for look in file.looks]) + repr([one.rows for one in file.data.sections])
    assert "Desk 0" not in text
    assert "Supervisor 0" not in text
    assert str(scene.counter.clerk.id) not in text


async def test_an_asking_does_not_tell_whether_its_document_is_known(scene: Scene) -> None:
    await tied_asked_twice(scene)
    rows = next(one.rows for one in (await scene.data(STRANGE)).sections if one.listing.key == "ties")
    known, unknown = ({key: value for key, value in row.items() if key != "label"} for row in rows)
    assert known == unknown
    assert known["dependant_id"] is None


async def tied_asked_twice(scene: Scene) -> None:
    """Ask about a child who is known and about one who is not, at one moment."""
    document = born_document(CHILD_BORN, 1)
    await register(scene.world, document, "Little Person")
    for one in (document, born_document(CHILD_BORN, 2)):
        await ask_child(scene.world, scene.who(STRANGE), scene.scope(STRANGE), child(one), HERE)


async def test_a_dependants_name_goes_with_the_tie(scene: Scene) -> None:
    tie_id = await tied_and_cooled(scene.world, scene.clock, scene.city, ME, CARER)
    during = repr([one.rows for one in (await scene.data()).sections])
    await end_tie(scene.world, scene.who(CARER), scene.scope(CARER), tie_id)
    data = await scene.data()
    after = repr([one.rows for one in data.sections if one.listing.key in {"ties", "bookings"}])
    named = repr([row["dependant_id"] for one in data.sections if one.listing.key == "ties" for row in one.rows])
    async with scene.world.database.transaction() as conn:
        name = (await names_of(conn, scene.world.keyring, CityScope("test"), [scene.id(CARER)]))[scene.id(CARER)]
    assert "dependant_id" in during
    assert name not in after
    assert "PERSON" in named


async def test_a_cooling_tie_does_not_name_its_dependant_to_the_carer(scene: Scene) -> None:
    await tied(scene.world, scene.city, ME, CARER)
    (ties,) = (one.rows for one in (await scene.data()).sections if one.listing.key == "ties")
    who = ties[0]["dependant_id"]
    assert getattr(who, "name", None) == ""


async def test_looks_below_anothers_line_are_still_ones_own(scene: Scene) -> None:
    await scene.counter.find(CARER)
    await scene.counter.find(ME)
    for below in (1, 2**62, 2**31):
        page = await read_looks(scene.world, scene.who(STRANGE), scene.scope(STRANGE), scene.id(STRANGE), below=below)
        assert isinstance(page, LooksPage)
        assert page.looks == ()


# --- the database itself ----------------------------------------------------------------------------------------------


async def test_the_application_reads_no_line_but_by_what_leaves_one(scene: Scene) -> None:
    before = scene.lines("audit.looks_at")
    with psycopg.connect(scene.database.dsn(DatabaseRole.APP), autocommit=True) as conn:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            conn.execute("SELECT * FROM audit.line")
        asked = "SELECT * FROM audit.looks_at(%s, 'person', 'web', 'attack', now(), %s, NULL, %s)"
        columns = conn.execute(asked, (scene.id(), [scene.id(CARER)], 10**9)).description
    assert scene.lines("audit.looks_at") == before + 1
    assert columns is not None
    assert {one.name for one in columns}.isdisjoint({"request_id", "subject_id", "detail", "purpose", "person_id"})


# --- the pages --------------------------------------------------------------------------------------------------------


def said(answer: httpx.Response) -> str:
    """Return a page without what differs from one request to the next."""
    return re.sub(r"[0-9a-f]{16,}", "", answer.text)


async def test_no_page_tells_a_known_id_from_an_unknown_one(tout: Visitor, scene: Scene) -> None:
    child_id = await anothers_child(scene)
    await tout.sign_in(scene.world, scene.city.documents[STRANGE])
    for address in PAGES:
        answers = [
            await tout.client.get(f"{address}?child={one}", follow_redirects=False)
            for one in (scene.id(), child_id, NOBODY)
        ]
        assert [answer.status_code for answer in answers] == [404] * 3
        bodies = {
            said(answer).replace(str(one), "")
            for answer, one in zip(answers, (scene.id(), child_id, NOBODY), strict=True)
        }
        assert len(bodies) == 1


@pytest.mark.parametrize(
    "typed", ["x", "1", "../../me", "%00", "' OR 1=1--", "{" + str(NOBODY) + "}", "urn:uuid:" + str(NOBODY)]
)
async def test_an_id_that_is_none_is_no_page(tout: Visitor, typed: str, scene: Scene) -> None:
    for address in PAGES:
        answer = await tout.client.get(f"{address}?{urlencode({'child': typed})}", follow_redirects=False)
        assert answer.status_code == 404
    assert scene.lines("account.read_data") == 0


async def test_a_nul_is_no_request(tout: Visitor) -> None:
    assert (await tout.client.get("/me/data?child=%00")).status_code == 400
    assert (await tout.client.get("/me/data/looks?below=%00")).status_code == 400


@pytest.mark.parametrize("below", ["-1", "0", "1e9", "９", "9" * 40, "NaN", "1;DROP TABLE audit.line", " 5", "0x10"])
async def test_a_tampered_cursor_shows_ones_own_first_page_or_nothing(tout: Visitor, scene: Scene, below: str) -> None:
    await scene.counter.find(ME)
    await scene.counter.find(STRANGE)
    page = await tout.open(f"/me/data/looks?{urlencode({'below': below})}")
    assert page.status_code == 200
    assert page.text.count("Found you") <= 1


async def test_a_form_without_its_token_reads_nothing(tout: Visitor, scene: Scene) -> None:
    await tout.open("/me/data")
    for address in ("/me/data/numbers", "/me/data/export"):
        for fields in ({"confirm": "yes"}, {"confirm": "yes", "csrf": "0" * 64}, {"confirm": "yes", "csrf": ""}):
            assert (await tout.client.post(address, data=fields)).status_code == 403
    assert scene.lines("identity.document_read") == scene.lines("account.export_data") == 0


async def test_another_sessions_token_reads_nothing(app: Litestar, tout: Visitor, scene: Scene) -> None:
    async with visiting(app) as victim:
        await victim.sign_in(scene.world, scene.city.documents[ME])
        await victim.open("/me/data/export")
        own = forms_of(victim.page)["/me/data/export"].fields["csrf"]
    refused = await tout.client.post("/me/data/export", data={"csrf": own, "confirm": "yes"})
    assert refused.status_code == 403
    assert scene.lines("account.export_data") == 0


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
    ],
)
async def test_a_form_of_another_site_reads_nothing(tout: Visitor, scene: Scene, headers: dict[str, str]) -> None:
    page = await tout.open("/me/data/export")
    fields = {**forms_of(page)["/me/data/export"].fields, "confirm": "yes"}
    for address in ("/me/data/export", "/me/data/numbers"):
        assert (await tout.client.post(address, data=fields, headers=headers)).status_code == 403
    assert scene.lines("account.export_data") == scene.lines("identity.document_read") == 0


async def test_a_form_sent_again_after_signing_out_reads_nothing(tout: Visitor, scene: Scene) -> None:
    page = await tout.open("/me/data/export")
    fields = {**forms_of(page)["/me/data/export"].fields, "confirm": "yes"}
    await tout.send("/sign-out", {})
    answer = await tout.client.post("/me/data/export", data=fields, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=/me/data/export")
    await tout.sign_in(scene.world, scene.city.documents[STRANGE])
    assert (await tout.client.post("/me/data/export", data=fields)).status_code == 403
    assert scene.lines("account.export_data") == 0


async def test_fields_that_no_form_has_change_nothing(tout: Visitor, scene: Scene) -> None:
    me = str(scene.id())
    page = await tout.open(f"/me/data/export?of={me}&person_id={me}&subject_id={me}")
    more = dict.fromkeys(("of", "person", "person_id", "subject_id", "id", "scope", "user", "Child", "child[]"), me)
    fields = {
        **forms_of(page)["/me/data/export"].fields,
        "confirm": "yes",
        **more,
        "kind": "json",
        "created_at": "2999-01-01",
        "fresh": "true",
    }
    saved = await tout.client.post(f"/me/data/export?child={me}", data=fields)
    assert json.loads(saved.content)["person_id"] == str(scene.id(STRANGE))
    assert me not in saved.text


async def test_a_child_named_twice_counts_once_and_in_the_form_alone(tout: Visitor, scene: Scene) -> None:
    page = await tout.open("/me/data/export")
    csrf = forms_of(page)["/me/data/export"].fields["csrf"]
    body = urlencode([("csrf", csrf), ("confirm", "yes"), ("child", str(scene.id())), ("child", "")]).encode()
    assert (await tout.post("/me/data/export", body)).status_code == 404
    assert scene.lines("account.export_data", "person_unknown") == 1


@pytest.mark.parametrize("address", ["/me/data/numbers", "/me/data/export"])
async def test_nothing_is_carried_away_by_following_a_link(tout: Visitor, scene: Scene, address: str) -> None:
    answer = await tout.client.get(f"{address}?confirm=yes")
    assert answer.status_code in {200, 405}
    assert scene.city.documents[STRANGE].number not in answer.text
    assert scene.lines("identity.document_read") == scene.lines("account.export_data") == 0


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "multipart/form-data; boundary=x"])
async def test_a_body_that_is_no_form_reads_nothing(tout: Visitor, kind: str) -> None:
    await tout.open("/me/data")
    answer = await tout.post("/me/data/export", b'{"confirm":"yes"}', {"content-type": kind})
    assert answer.status_code == 415


async def test_staff_and_strangers_reach_no_page(app: Litestar, scene: Scene) -> None:
    async with visiting(app) as clerk:
        await clerk.sign_in_at_desk()
        for address in PAGES:
            assert (await clerk.open(f"{address}?child={scene.id()}")).status_code == 403
        assert (await clerk.client.post("/me/data/export", data={"confirm": "yes"})).status_code == 403
    async with visiting(app) as stranger:
        for address in PAGES:
            answer = await stranger.client.get(address, follow_redirects=False)
            assert (answer.status_code, answer.headers["location"]) == (303, f"/sign-in?next={address}")
    assert scene.lines("account.read_data") == 0


async def test_nothing_on_the_way_keeps_an_answer(tout: Visitor) -> None:
    for address in PAGES:
        assert (await tout.open(address)).headers["cache-control"] == "no-store"
    saved = await tout.send("/me/data/export", {"confirm": "yes"})
    assert saved.headers["cache-control"] == "no-store"
    assert saved.headers["x-content-type-options"] == "nosniff"


NAMES = (MARKUP, 'A"; filename="evil.exe', "=HYPERLINK(A1)", '"},{"admin":true', "a{{7*7}}b", "%0d%0aSet-Cookie: a=b")


@pytest.mark.parametrize("name", NAMES)
async def test_what_somebody_called_a_child_is_text_and_nothing_else(tout: Visitor, scene: Scene, name: str) -> None:
    _, child_id = await child_of(scene.world, scene.id(STRANGE), name=name)
    scene.clock.advance(COOLING)
    await tout.sign_in(scene.world, scene.city.documents[STRANGE])
    for address in (
        "/me/data",
        f"/me/data?child={child_id}",
        f"/me/data/looks?child={child_id}",
        f"/me/data/export?child={child_id}",
    ):
        page = await tout.open(address)
        assert page.status_code == 200
        assert MARKUP not in page.text
        assert "a49b" not in page.text
    saved = await tout.client.post("/me/data/export", data=filled_in(tout, kind="json"))
    read = await tout.client.post("/me/data/export", data=filled_in(tout, kind="page"))
    for answer, ending in ((saved, "json"), (read, "html")):
        form = rf'attachment; filename="my-data-\d{{4}}-\d\d-\d\d\.{ending}"'
        assert re.fullmatch(form, answer.headers["content-disposition"])
        assert answer.headers["content-security-policy"] == "default-src 'none'"
    assert MARKUP not in read.text
    assert "a49b" not in read.text
    assert "set-cookie" not in saved.headers
    file = json.loads(saved.content)
    names = [row["name"] for row in file["held"][0]["lists"]["person"]["rows"]]
    assert names == [name]
    assert "admin" not in file


def filled_in(visitor: Visitor, **fields: str) -> dict[str, str]:
    """Return the fields of the form that saves the file, ticked."""
    return {**forms_of(visitor.page)["/me/data/export"].fields, "confirm": "yes", **fields}


async def test_what_a_browser_calls_itself_is_text_and_nothing_else(tout: Visitor, scene: Scene) -> None:
    await scene.sign_in(STRANGE, device=MARKUP)
    page = await tout.open("/me/data")
    assert MARKUP not in page.text
    assert "&lt;img src=x" in page.text
