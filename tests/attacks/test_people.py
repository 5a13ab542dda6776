"""Attacks on people's records through the desk: each is refused, changes nothing, and leaves a line.

Where an attack never reaches an action, as with a token that is not the form's own, nothing was done; no line is due.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path as FilePath
from urllib.parse import urlencode
from uuid import UUID, uuid4

import psycopg
import pytest
from litestar import Litestar

from firsthand.audit.model import ActorKind, Caller, Channel
from firsthand.booking.desk import FoundRequest, book_for_found
from firsthand.booking.model import Reason as BookingReason
from firsthand.booking.model import Refused as BookingRefused
from firsthand.directory.correction.actions import ask_correction, read_corrections
from firsthand.directory.correction.deciding import approve_correction, refuse_correction, undo_correction
from firsthand.directory.correction.model import OnePersonTwice, Reason, Refused, State, WrongDocument
from firsthand.directory.correction.rules import parse_evidence
from firsthand.directory.counter.desk import add_document, change_phone, register_at_desk, register_child
from firsthand.directory.counter.finding import find_by_document, find_child, find_on_phone, read_numbers, read_record
from firsthand.directory.counter.limits import PER_CLERK
from firsthand.directory.counter.model import Found, NewAtDesk, VariantKind
from firsthand.directory.counter.model import Reason as CounterReason
from firsthand.directory.counter.model import Refused as CounterRefused
from firsthand.directory.counter.variants import add_name, remove_name
from firsthand.directory.person.model import PersonName, Phone
from firsthand.directory.person.model import Refused as PersonRefused
from firsthand.directory.person.rules import parse_name
from firsthand.directory.person.store import NewChild
from firsthand.identity.document.model import Document
from firsthand.identity.document.rules import parse_document
from firsthand.identity.model import Refused as IdentityRefused
from firsthand.platform.access import Role
from firsthand.platform.i18n import Language
from firsthand.platform.postgres import Role as DatabaseRole
from firsthand.platform.scope import HospitalScope, PersonScope
from firsthand.platform.world import World
from firsthand.policy.documents import Alphabet, DocumentKind, DocumentPolicy, NumberCheck
from firsthand.release.model import Pool
from tests.city import City, Opening, make_city
from tests.conftest import FreshDatabase
from tests.counter import SEEN, Counter, open_counter, passport
from tests.people import as_owner, audited
from tests.visitor import Visitor, pages, visiting

TABLES = (
    "directory.person", "directory.name_variant", "directory.correction", "directory.found_person",
    "identity.document", "identity.former_document", "booking.booking",
)  # fmt: skip
NOT_FOUND = CounterRefused(CounterReason.NOT_FOUND)


@dataclass(frozen=True, slots=True)
class Scene:
    """Two hospitals with a counter each, and the database in which nothing may change."""

    world: World
    here: Counter
    there: Counter
    database: FreshDatabase

    @property
    def city(self) -> City:
        return self.here.city

    def kept(self) -> dict[str, list[tuple[object, ...]]]:
        """Return everything that an attack on people could change."""
        return {table: as_owner(self.database, f"SELECT t::text FROM {table} t ORDER BY 1") for table in TABLES}

    def lines(self, action: str, outcome: str) -> int:
        """Count the audit lines of an action with an outcome."""
        return audited(self.database).count((action, outcome))


@pytest.fixture
async def city(world: World) -> City:
    return await make_city(world, sessions=[Opening(places=5), Opening(places=5, hospital=1)], persons=4)


@pytest.fixture
async def app(world: World, city: City, tmp_path: FilePath) -> AsyncIterator[Litestar]:
    assert city.session_ids
    async with pages(world, tmp_path) as served:
        yield served


@pytest.fixture
async def scene(world: World, city: City, fresh_database: FreshDatabase) -> Scene:
    return Scene(world, await open_counter(world, city), await open_counter(world, city, 1), fresh_database)


@pytest.fixture
async def clerk(app: Litestar) -> AsyncIterator[Visitor]:
    async with visiting(app) as one:
        await one.sign_in_at_desk()
        yield one


def patient(scene: Scene, person: int = 0) -> Caller:
    return Caller(ActorKind.PERSON, scene.city.person_ids[person], Channel.WEB, "attack")


def nobody() -> Caller:
    return Caller(ActorKind.NOBODY, None, Channel.WEB, "attack")


def acting_as(caller: Caller, role: Role, hospital_id: UUID | None) -> Caller:
    """The same member of staff in another duty."""
    return Caller(caller.kind, caller.id, caller.channel, "attack", hospital_id, role)


# --- other hospitals' people ------------------------------------------------------------------------------------------


async def test_another_hospitals_clerk_cannot_open_whom_this_one_found(scene: Scene) -> None:
    person_id = await scene.here.find()
    before = scene.kept()
    assert await read_record(scene.world, scene.there.clerk, scene.there.scope, person_id) == NOT_FOUND
    assert scene.kept() == before
    assert scene.lines("directory.read_record", "not_found") == 1


async def test_a_clerk_cannot_name_another_hospital_as_his_scope(scene: Scene) -> None:
    person_id = await scene.there.find()
    denied = CounterRefused(CounterReason.NOT_PERMITTED)
    assert await read_record(scene.world, scene.here.clerk, scene.there.scope, person_id) == denied
    assert await find_by_document(scene.world, scene.here.clerk, scene.there.scope, scene.city.documents[1]) == denied
    assert scene.lines("directory.find_person", "not_permitted") == 1


async def test_an_id_alone_opens_nothing_at_all(scene: Scene) -> None:
    person_id, clerk, scope = scene.city.person_ids[0], scene.here.clerk, scene.here.scope
    child = NewChild(uuid4(), person_id, PersonName("A"), date(2020, 1, 1), Language.ENGLISH)
    before = scene.kept()
    answers = [
        await read_record(scene.world, clerk, scope, person_id),
        await read_numbers(scene.world, clerk, scope, person_id),
        await add_document(scene.world, clerk, scope, person_id, passport(1)),
        await change_phone(scene.world, clerk, scope, person_id, Phone("+8613911112222")),
        await add_name(scene.world, clerk, scope, person_id, VariantKind.FORMER, PersonName("X")),
        await remove_name(scene.world, clerk, scope, person_id, uuid4()),
        await register_child(scene.world, clerk, scope, person_id, child),
        await find_child(scene.world, clerk, scope, person_id),
    ]
    assert answers == [NOT_FOUND] * len(answers)
    assert scene.kept() == before
    for action in ("add_document", "change_phone", "add_name", "remove_name", "register_child"):
        assert scene.lines(f"directory.{action}", "not_found") == 1


async def test_a_booking_cannot_be_made_for_somebody_who_was_not_found(scene: Scene) -> None:
    request = FoundRequest(
        scene.here.clerk, scene.here.scope, scene.city.session_ids[0], scene.city.person_ids[0], Pool.OPEN
    )
    assert await book_for_found(scene.world, request) == BookingRefused(BookingReason.PERSON_UNKNOWN)
    assert scene.lines("booking.find_patient", "person_unknown") == 1


async def test_a_found_person_is_not_booked_at_another_hospital(scene: Scene) -> None:
    person_id = await scene.here.find()
    request = FoundRequest(scene.here.clerk, scene.here.scope, scene.city.session_ids[1], person_id, Pool.OPEN)
    assert await book_for_found(scene.world, request) == BookingRefused(BookingReason.NOT_PERMITTED)
    assert scene.lines("booking.take", "not_permitted") == 1


async def test_another_hospitals_supervisor_cannot_see_or_decide_a_correction(scene: Scene) -> None:
    asked = await scene.here.ask_document(0)
    before = scene.kept()
    boss, own, other = scene.there.supervisor, scene.there.scope, scene.here.scope
    assert await approve_correction(scene.world, boss, own, asked) == Refused(Reason.NOT_FOUND)
    assert await approve_correction(scene.world, boss, other, asked) == Refused(Reason.NOT_PERMITTED)
    assert await refuse_correction(scene.world, boss, other, asked) == Refused(Reason.NOT_PERMITTED)
    assert await read_corrections(scene.world, boss, other) == Refused(Reason.NOT_PERMITTED)
    assert await read_corrections(scene.world, boss, own) == ([], 0)
    assert scene.kept() == before
    assert scene.lines("directory.approve_correction", "not_found") == 1
    assert scene.lines("directory.approve_correction", "not_permitted") == 1


# --- going through numbers --------------------------------------------------------------------------------------------


async def test_guessing_document_numbers_ends_at_the_limit_and_each_guess_is_recorded(scene: Scene) -> None:
    clerk, scope = scene.here.clerk, scene.here.scope
    for number in range(PER_CLERK.attempts_max + 5):
        await find_by_document(scene.world, clerk, scope, passport(number))
    known = await find_by_document(scene.world, clerk, scope, scene.city.documents[0])
    assert known == CounterRefused(CounterReason.TOO_MANY_SEARCHES)
    assert scene.lines("directory.find_person", "not_found") == PER_CLERK.attempts_max
    assert scene.lines("directory.find_person", "too_many_searches") == 6


async def test_a_change_of_duty_or_channel_does_not_give_more_guesses(scene: Scene) -> None:
    clerk, scope = scene.here.clerk, scene.here.scope
    for number in range(PER_CLERK.attempts_max):
        await find_by_document(scene.world, clerk, scope, passport(number))
    again = Caller(clerk.kind, clerk.id, Channel.API, "attack", clerk.hospital_id, Role.SUPERVISOR)
    answer = await find_on_phone(scene.world, again, scope, passport(0), "A", date(2000, 1, 1))
    assert answer == CounterRefused(CounterReason.TOO_MANY_SEARCHES)


async def test_on_the_phone_a_known_number_with_a_wrong_name_looks_unknown(scene: Scene) -> None:
    asked = (scene.world, scene.here.clerk, scene.here.scope)
    known = await find_on_phone(*asked, scene.city.documents[0], "Somebody", date(1990, 1, 1))
    unknown = await find_on_phone(*asked, passport(1), "Somebody", date(1990, 1, 1))
    assert known == unknown == NOT_FOUND
    lines = as_owner(scene.database, "SELECT person_id, detail FROM audit.line WHERE action = 'directory.find_person'")
    assert lines[0] == lines[1]


@pytest.mark.parametrize("who", ["patient", "nobody"])
async def test_who_is_no_staff_finds_and_registers_nobody(scene: Scene, who: str) -> None:
    caller = patient(scene) if who == "patient" else nobody()
    new = NewAtDesk(passport(1), PersonName("A"), Phone(""), Language.ENGLISH)
    before = scene.kept()
    denied = CounterRefused(CounterReason.NOT_PERMITTED)
    assert await find_by_document(scene.world, caller, scene.here.scope, scene.city.documents[1]) == denied
    assert await register_at_desk(scene.world, caller, scene.here.scope, new) == denied
    assert await read_record(scene.world, caller, scene.here.scope, scene.city.person_ids[1]) == denied
    assert scene.kept() == before
    assert scene.lines("directory.register_at_desk", "not_permitted") == 1


@pytest.mark.parametrize("role", [Role.OFFICER, Role.HOSPITAL_ADMIN, Role.AUDITOR, Role.CITY_ADMIN, Role.AUTHORITY])
async def test_other_duties_do_not_register_or_change(scene: Scene, role: Role) -> None:
    hospital_id = None if role.is_of_city else scene.here.scope.hospital_id
    caller = acting_as(scene.here.clerk, role, hospital_id)
    person_id = await scene.here.find()
    before = scene.kept()
    new = NewAtDesk(passport(1), PersonName("A"), Phone(""), Language.ENGLISH)
    denied = CounterRefused(CounterReason.NOT_PERMITTED)
    assert await register_at_desk(scene.world, caller, scene.here.scope, new) == denied
    assert await change_phone(scene.world, caller, scene.here.scope, person_id, Phone("+8613911112222")) == denied
    assert await read_numbers(scene.world, caller, scene.here.scope, person_id) == denied
    assert scene.kept() == before
    assert scene.lines("identity.document_read", "not_permitted") == 1


# --- corrections ------------------------------------------------------------------------------------------------------


async def test_nobody_approves_his_own_correction_in_whatever_duty(scene: Scene) -> None:
    asked = await scene.here.ask_document(0)
    before = scene.kept()
    promoted = acting_as(scene.here.clerk, Role.SUPERVISOR, scene.here.scope.hospital_id)
    assert await approve_correction(scene.world, promoted, scene.here.scope, asked) == Refused(Reason.OWN_REQUEST)
    assert await refuse_correction(scene.world, promoted, scene.here.scope, asked) == Refused(Reason.OWN_REQUEST)
    assert scene.kept() == before
    assert scene.lines("directory.approve_correction", "own_request") == 1


async def test_the_database_itself_refuses_one_person_as_both(scene: Scene) -> None:
    asked = await scene.here.ask_document(0)
    statement = b"UPDATE directory.correction SET state = 'approved', decided_by = asked_by, decided_at = now() "
    with psycopg.connect(scene.database.dsn(DatabaseRole.APP)) as conn, pytest.raises(psycopg.errors.CheckViolation):
        conn.execute(statement + b"WHERE id = %s", (asked,))


async def test_the_application_cannot_rewrite_who_asked_or_what(scene: Scene) -> None:
    await scene.here.ask_document(0)
    for column in ("asked_by", "evidence", "person_id", "other_id", "document_id", "hospital_id", "replacement"):
        denied = pytest.raises(psycopg.errors.InsufficientPrivilege)
        with psycopg.connect(scene.database.dsn(DatabaseRole.APP)) as conn, denied:
            conn.execute(f"UPDATE directory.correction SET {column} = {column}".encode())


async def test_a_number_cannot_be_stolen_by_a_correction_alone(scene: Scene) -> None:
    """Asking frees nothing: until a second person approves, the number stays its owner's."""
    await scene.here.ask_document(0)
    thief = await scene.here.find(1)
    before = scene.kept()
    stolen = await add_document(scene.world, scene.here.clerk, scene.here.scope, thief, scene.city.documents[0])
    assert stolen == CounterRefused(CounterReason.DOCUMENT_KNOWN)
    assert scene.kept() == before
    assert scene.lines("directory.add_document", "document_known") == 1


async def test_a_replacement_cannot_be_somebody_elses_number(scene: Scene) -> None:
    person_id = await scene.here.find(0)
    document_id = next(iter((await scene.here.documents(person_id)).values()))
    before = scene.kept()
    wish = WrongDocument(person_id, document_id, scene.city.documents[1])
    asked = await ask_correction(scene.world, scene.here.clerk, scene.here.scope, wish, SEEN)
    assert asked == Refused(Reason.DOCUMENT_KNOWN)
    assert scene.kept() == before
    assert scene.lines("directory.ask_correction", "document_known") == 1


async def test_a_document_of_somebody_else_cannot_be_corrected_away_through_ones_own_record(scene: Scene) -> None:
    person_id, victim_id = await scene.here.find(0), await scene.here.find(1)
    document_id = next(iter((await scene.here.documents(victim_id)).values()))
    wish = WrongDocument(person_id, document_id, None)
    asked = await ask_correction(scene.world, scene.here.clerk, scene.here.scope, wish, SEEN)
    assert asked == Refused(Reason.DOCUMENT_UNKNOWN)
    assert scene.lines("directory.ask_correction", "document_unknown") == 1


async def test_a_correction_that_waits_finds_the_document_moved_and_does_nothing(scene: Scene) -> None:
    """The document was corrected away by one request; a second one about the same row has nothing to take."""
    asked = await scene.here.ask_document(0)
    assert await approve_correction(scene.world, scene.here.supervisor, scene.here.scope, asked) is State.APPROVED
    before = scene.kept()
    again = await approve_correction(scene.world, scene.here.supervisor, scene.here.scope, asked)
    assert again == Refused(Reason.ALREADY_DECIDED)
    assert scene.kept() == before
    assert scene.lines("directory.approve_correction", "already_decided") == 1


async def test_undoing_twice_changes_nothing_the_second_time(scene: Scene) -> None:
    merged = await scene.here.merge(0, 1)
    boss, scope = scene.here.supervisor, scene.here.scope
    assert await undo_correction(scene.world, boss, scope, merged) is State.UNDONE
    before = scene.kept()
    assert await undo_correction(scene.world, boss, scope, merged) == Refused(Reason.NOT_APPROVED)
    assert scene.kept() == before
    assert scene.lines("directory.undo_correction", "not_approved") == 1


async def test_a_clerk_cannot_undo(scene: Scene) -> None:
    merged = await scene.here.merge(0, 1)
    before = scene.kept()
    undone = await undo_correction(scene.world, scene.here.clerk, scene.here.scope, merged)
    assert undone == Refused(Reason.NOT_PERMITTED)
    assert scene.kept() == before
    assert scene.lines("directory.undo_correction", "not_permitted") == 1


async def test_what_was_refused_or_only_asked_cannot_be_undone(scene: Scene) -> None:
    asked = await scene.here.ask_document(0)
    boss, scope = scene.here.supervisor, scene.here.scope
    assert await undo_correction(scene.world, boss, scope, asked) == Refused(Reason.NOT_APPROVED)
    assert await refuse_correction(scene.world, boss, scope, asked) is State.REFUSED
    assert await undo_correction(scene.world, boss, scope, asked) == Refused(Reason.NOT_APPROVED)
    assert scene.lines("directory.undo_correction", "not_approved") == 2


# --- mergers ----------------------------------------------------------------------------------------------------------


async def test_a_record_is_not_merged_into_itself(scene: Scene) -> None:
    person_id = await scene.here.find(0)
    before = scene.kept()
    wish = OnePersonTwice(person_id, person_id)
    asked = await ask_correction(scene.world, scene.here.clerk, scene.here.scope, wish, SEEN)
    assert asked == Refused(Reason.SAME_PERSON)
    assert scene.kept() == before
    assert scene.lines("directory.ask_correction", "same_person") == 1


async def test_mergers_close_no_circle(scene: Scene) -> None:
    asked = [await scene.here.ask_merger(0, 1), await scene.here.ask_merger(1, 0)]
    boss, scope = scene.here.supervisor, scene.here.scope
    assert await approve_correction(scene.world, boss, scope, asked[0]) is State.APPROVED
    assert await approve_correction(scene.world, boss, scope, asked[1]) == Refused(Reason.ALREADY_MERGED)
    assert scene.lines("directory.approve_correction", "already_merged") == 1


async def test_the_database_refuses_a_record_merged_into_itself_or_into_a_chain(scene: Scene) -> None:
    one = scene.city.person_ids[0]
    for statement in (
        b"UPDATE directory.person SET merged_into = id WHERE id = %s",
        (
            b"UPDATE directory.person SET merged_into = (SELECT max(id::text)::uuid FROM directory.person), "
            b"merged_count = 1 WHERE id = %s"
        ),
    ):
        refused = pytest.raises(psycopg.errors.CheckViolation)
        with psycopg.connect(scene.database.dsn(DatabaseRole.APP)) as conn, refused:
            conn.execute(statement, (one,))


async def test_a_merger_with_somebody_who_was_not_found_is_not_asked(scene: Scene) -> None:
    """A clerk cannot attach a stranger's record, and his bookings, to the person before him."""
    person_id = await scene.here.find(0)
    before = scene.kept()
    wish = OnePersonTwice(person_id, scene.city.person_ids[2])
    asked = await ask_correction(scene.world, scene.here.clerk, scene.here.scope, wish, SEEN)
    assert asked == Refused(Reason.NOT_FOUND)
    assert scene.kept() == before
    assert scene.lines("directory.ask_correction", "not_found") == 1


async def test_a_caller_on_the_phone_gets_nothing_changed(scene: Scene) -> None:
    new = NewAtDesk(passport(5), PersonName("Zhao Min"), Phone(""), Language.ENGLISH, date(1980, 3, 4))
    registered = await register_at_desk(scene.world, scene.here.clerk, scene.here.scope, new)
    assert isinstance(registered, Found)
    clerk, scope, person_id = scene.here.colleague, scene.here.scope, registered.person_id
    found = await find_on_phone(scene.world, clerk, scope, passport(5), "Zhao Min", date(1980, 3, 4))
    assert isinstance(found, Found)
    before = scene.kept()
    needed = CounterRefused(CounterReason.DOCUMENT_NEEDED)
    assert await change_phone(scene.world, clerk, scope, person_id, Phone("+8613911112222")) == needed
    assert await add_document(scene.world, clerk, scope, person_id, passport(6)) == needed
    assert await read_numbers(scene.world, clerk, scope, person_id) == needed
    wish = OnePersonTwice(person_id, person_id)
    assert await ask_correction(scene.world, clerk, scope, wish, SEEN) == Refused(Reason.DOCUMENT_NEEDED)
    assert scene.kept() == before
    assert scene.lines("directory.change_phone", "document_needed") == 1
    assert scene.lines("identity.document_read", "document_needed") == 1


async def test_a_person_cannot_name_somebody_else_in_his_own_scope(scene: Scene) -> None:
    victim = scene.city.person_ids[1]
    before = scene.kept()
    for scope in (PersonScope(victim), PersonScope(scene.city.person_ids[0])):
        answer = await add_name(scene.world, patient(scene), scope, victim, VariantKind.FORMER, PersonName("X"))
        assert answer == CounterRefused(CounterReason.NOT_PERMITTED)
    assert scene.kept() == before
    assert scene.lines("directory.add_name", "not_permitted") == 2


async def test_a_clerk_cannot_use_a_persons_scope_to_skip_the_counter(scene: Scene) -> None:
    victim = scene.city.person_ids[1]
    answer = await add_name(
        scene.world, scene.here.clerk, PersonScope(victim), victim, VariantKind.FORMER, PersonName("X")
    )
    assert answer == CounterRefused(CounterReason.NOT_PERMITTED)


# --- what is typed ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["\u200bZhao", "Zhao\u202eMin", "\u2060", "A\x00B", "Zhao\nMin\r\nX", "x" * 5000, "　", "12345", "\ufeffWu"]
)
def test_invisible_reversed_and_endless_names_are_no_names(name: str) -> None:
    parsed = parse_name(name)
    assert isinstance(parsed, PersonRefused) or not any(ord(one) < 32 for one in parsed)


@pytest.mark.parametrize(
    "kind",
    ["RESIDENT_ID", "resident_id ", "", "'; DROP TABLE directory.person; --", "../other", "other\x00", "x" * 500],
)
def test_a_kind_of_document_is_one_of_the_list(kind: str) -> None:
    assert isinstance(parse_document(kind, "ABC12345"), IdentityRefused)


@pytest.mark.parametrize("number", ["A" * 100_000, "(a+)+$" * 10, "А1234567", "P'; --", "\u0000", "１２３"])
def test_hostile_document_numbers_are_refused_at_once(number: str) -> None:
    parsed = parse_document("passport", number)
    assert isinstance(parsed, IdentityRefused) or parsed.number.isascii()


@pytest.mark.parametrize(
    "given",
    [
        {"code": "resident_id; x"},
        {"code": "Ümlaut"},
        {"code": ""},
        {"name_zh": " "},
        {"alphabet": ()},
        {"characters_min": 1},
        {"characters_max": 1_000_000},
        {"characters_min": 9, "characters_max": 5},
        {"lasting_characters": 2},
        {"check": NumberCheck.LUHN, "alphabet": (Alphabet.HAN,)},
    ],
)
def test_a_policy_cannot_bring_in_a_kind_that_means_nothing(given: Mapping[str, object]) -> None:
    sound: dict[str, object] = {
        "code": "kind", "name_zh": "证", "name_en": "Kind", "alphabet": (Alphabet.DIGITS,), "characters_min": 5,
        "characters_max": 9,
    }  # fmt: skip
    with pytest.raises(ValueError, match="document kind"):
        DocumentKind(**{**sound, **given})  # type: ignore[arg-type]


def test_a_further_kind_cannot_take_a_built_in_ones_place() -> None:
    kind = DocumentKind("passport", "护照", "Passport", (Alphabet.HAN,), 4, 4)
    assert isinstance(parse_document("passport", "护照号码", (kind,)), IdentityRefused)
    assert isinstance(parse_document("passport", "AB12345", (kind,)), Document)
    with pytest.raises(ValueError, match="each code once"):
        DocumentPolicy(365, (kind, kind))


@pytest.mark.parametrize("note", ["short", " " * 400, "x" * 2000, "bell \x07 in the note here", "\u202eabcdefghijk"])
def test_evidence_is_a_readable_note(note: str) -> None:
    assert isinstance(parse_evidence("original_document", note), Refused)
    assert isinstance(parse_evidence("everything", "A note that is long enough."), Refused)


# --- over the pages ---------------------------------------------------------------------------------------------------


async def test_a_form_without_its_token_does_nothing(scene: Scene, clerk: Visitor) -> None:
    person_id = await scene.here.find()
    before = scene.kept()
    forged = urlencode({"csrf": "0" * 64, "confirmed": "yes", "phone": "13911112222"}).encode()
    for address in (f"/desk/people/{person_id}/phone", "/desk/people", f"/desk/people/{person_id}/numbers"):
        assert (await clerk.post(address, forged)).status_code == 403
    evil = {"origin": "https://evil.example", "sec-fetch-site": "cross-site"}
    assert (await clerk.post("/desk/people/new", forged, evil)).status_code == 403
    assert scene.kept() == before


async def test_fields_that_no_form_has_are_passed_over(scene: Scene, clerk: Visitor) -> None:
    """Mass assignment: neither an id, nor a state, nor a merger comes in through a registration."""
    await clerk.open("/desk/people/new")
    document = passport(8)
    sent = {
        "document_type": document.type, "document_number": document.number, "name": "Zhao Min", "phone": "",
        "language": "en", "id": str(scene.city.person_ids[0]), "person_id": str(scene.city.person_ids[0]),
        "state": "anonymised", "merged_into": str(scene.city.person_ids[0]), "merged_count": "9",
        "email_verified_at": "2020-01-01", "guardian_id": str(scene.city.person_ids[1]),
    }  # fmt: skip
    page = await clerk.send("/desk/people/new", sent)
    assert page.status_code == 200
    query = "SELECT id, state, merged_into, merged_count, email_verified_at, guardian_id FROM directory.person"
    rows = {row[0]: row[1:] for row in as_owner(scene.database, query)}
    assert len(rows) == len(scene.city.person_ids) + 1
    assert set(rows.values()) == {("active", None, 0, None, None)}


async def test_a_posted_child_of_somebody_else_is_not_opened(scene: Scene, clerk: Visitor) -> None:
    stranger = await scene.here.find(1, caller=scene.here.colleague)
    new = NewChild(uuid4(), stranger, PersonName("Little"), date(2020, 1, 1), Language.ENGLISH)
    child = await register_child(scene.world, scene.here.colleague, scene.here.scope, stranger, new)
    assert isinstance(child, Found)
    await clerk.open("/desk/people")
    document = scene.city.documents[0]
    found = await clerk.send("/desk/people", {"document_type": document.type, "document_number": document.number})
    token = found.text.split('name="csrf" value="')[1].split('"')[0]
    body = urlencode({"csrf": token, "child": str(child.person_id)}).encode()
    page = await clerk.post(f"/desk/people/{scene.city.person_ids[0]}/open-child", body)
    assert "Little" not in page.text
    assert scene.lines("directory.find_person", "not_found") == 1


@pytest.mark.parametrize(
    "body",
    [
        b"csrf=%ff%fe", b"a=" + b"x" * 2000, b"&".join(b"a%d=1" % n for n in range(50)), b"name=%00",
        b"x" * 40_000, b"",
    ],
)  # fmt: skip
async def test_unreadable_and_huge_forms_are_turned_away(scene: Scene, clerk: Visitor, body: bytes) -> None:
    before = scene.kept()
    for address in ("/desk/people", "/desk/people/new", f"/desk/people/{scene.city.person_ids[0]}/merger"):
        assert (await clerk.post(address, body)).status_code in {400, 403, 413}
    assert scene.kept() == before


async def test_script_in_a_name_is_shown_as_text(clerk: Visitor) -> None:
    await clerk.open("/desk/people/new")
    sent = {"document_type": "passport", "document_number": "K1234567", "phone": "", "language": "en"}
    page = await clerk.send("/desk/people/new", {**sent, "name": "<script>alert(1)</script>"})
    assert "<script>alert" not in page.text


async def test_a_clerk_does_not_reach_the_corrections_page(clerk: Visitor, scene: Scene) -> None:
    asked = await scene.here.ask_document(0)
    assert (await clerk.open("/desk/corrections")).status_code == 403
    await clerk.open("/desk/people")
    token = clerk.page.text.split('name="csrf" value="')[1].split('"')[0]
    body = urlencode({"csrf": token}).encode()
    assert (await clerk.post(f"/desk/corrections/{asked}/approve", body)).status_code == 403
    assert as_owner(scene.database, "SELECT state FROM directory.correction") == [("asked",)]


async def test_a_stranger_is_sent_to_sign_in_and_told_nothing(app: Litestar, scene: Scene) -> None:
    async with visiting(app) as stranger:
        for suffix in ("", "/new", f"/{scene.city.person_ids[0]}", f"/{uuid4()}", f"/{scene.city.person_ids[0]}/book"):
            page = await stranger.open(f"/desk/people{suffix}")
            assert page.url.path == "/desk/sign-in"
            assert "Person 0" not in page.text


async def test_no_number_or_name_stands_in_clear_in_the_tables(scene: Scene) -> None:
    new = NewAtDesk(passport(77), PersonName("Very Rare Name"), Phone("+8613955556666"), Language.ENGLISH)
    registered = await register_at_desk(scene.world, scene.here.clerk, scene.here.scope, new)
    assert isinstance(registered, Found)
    person_id = registered.person_id
    await add_name(scene.world, scene.here.clerk, scene.here.scope, person_id, VariantKind.FORMER, PersonName("Rarer"))
    await scene.here.ask_document(0, passport(78))
    dump = repr([scene.kept(), as_owner(scene.database, "SELECT t::text FROM audit.line t")])
    for secret in (passport(77).number, passport(78).number, "Very Rare Name", "Rarer", "13955556666", SEEN.note):
        assert secret not in dump
        assert secret.encode().hex() not in dump


async def test_a_scope_of_no_hospital_finds_nothing(scene: Scene) -> None:
    ghost = HospitalScope(UUID(int=3))
    answer = await find_by_document(scene.world, scene.here.clerk, ghost, scene.city.documents[0])
    assert answer == CounterRefused(CounterReason.NOT_PERMITTED)
