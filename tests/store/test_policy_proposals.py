"""A policy changes by two people: proposed by one, approved by another as it was shown, in force at its instant."""

from datetime import timedelta
from uuid import UUID

import psycopg
import pytest

from firsthand.audit.model import Caller
from firsthand.platform.access import Role
from firsthand.platform.clock import ManualClock
from firsthand.platform.database import Connection
from firsthand.platform.postgres import Role as PostgresRole
from firsthand.platform.world import World
from firsthand.policy.actions import read_in_force
from firsthand.policy.fields import FORMS
from firsthand.policy.model import BookingPolicy, SignInPolicy, Version
from firsthand.policy.proposal.actions import approve_policy, propose_policy, refuse_policy, withdraw_policy
from firsthand.policy.proposal.model import Preview, Proposal, Reason, Refused, Seen, State, Wish
from firsthand.policy.proposal.reading import count_to_decide, read_policies, read_proposal
from firsthand.policy.proposal.rules import NOTICE_AT_APPROVAL, WAITING_MAX
from firsthand.policy.store import add_version
from firsthand.policy.typed import Fault
from tests.city import NO_CAPS, make_city
from tests.conftest import START, FreshDatabase
from tests.people import as_owner
from tests.policies import BELOW, IN_TWO_DAYS, WHY, administrator, approved, proposed, seen_by, typed_now, wish
from tests.staffing import make_crew

DAY = timedelta(days=1)


@pytest.fixture
async def one(world: World) -> Caller:
    return await administrator(world, "admin.one")


@pytest.fixture
async def two(world: World) -> Caller:
    return await administrator(world, "admin.two")


@pytest.fixture
def live(fresh_database: FreshDatabase) -> None:
    """The database serves patients."""
    with psycopg.connect(fresh_database.dsn(PostgresRole.OWNER)) as owner:
        owner.execute("UPDATE platform.deployment SET kind = 'live'")


def lines(database: FreshDatabase) -> list[tuple[str, str]]:
    rows = as_owner(database, "SELECT action, outcome FROM audit.line WHERE action LIKE 'policy.%' ORDER BY n")
    return [(str(action), str(outcome)) for action, outcome in rows]


async def in_force(world: World) -> BookingPolicy:
    async with world.database.connection() as conn:
        return await read_in_force(conn, BookingPolicy, at=world.clock.now())


@pytest.mark.usefixtures("live")
async def test_what_one_proposes_and_another_approves_is_in_force_at_its_instant(
    world: World, clock: ManualClock, fresh_database: FreshDatabase, one: Caller, two: Caller
) -> None:
    proposal = await proposed(world, one, "booking", holds_live_max="1", caps__1__max_count="1", caps__2__remove="yes")
    preview = await read_proposal(world, two, proposal.id)
    assert isinstance(preview, Preview)
    assert preview.hindrance is None
    assert [(change.meaning, change.row, change.before, change.after) for change in preview.changes] == [
        ("booking.holds_live_max", "", "2", "1"),
        ("booking.caps.max_count", "day", "2", "1"),
        ("booking.caps.name", "week", "week", None),
        ("booking.caps.days", "week", "7", None),
        ("booking.caps.per_department", "week", "no", None),
        ("booking.caps.max_count", "week", "3", None),
    ]
    assert isinstance(await approve_policy(world, two, proposal.id, preview.seen), Proposal)
    assert (await in_force(world)).holds_live_max == 2
    clock.advance(2 * DAY)
    policy = await in_force(world)
    assert (policy.holds_live_max, [cap.name for cap in policy.caps]) == (1, ["department_day", "day"])
    assert lines(fresh_database)[-3:] == [
        ("policy.propose", "done"),
        ("policy.read_proposal", "done"),
        ("policy.approve", "done"),
    ]
    ((body, source, proposal_id),) = as_owner(
        fresh_database,
        "SELECT body ->> 'hold_seconds', source, proposal_id FROM policy.version WHERE source LIKE 'The%'",
    )
    assert (body, source, proposal_id) == ("900", WHY, proposal.id)


async def test_every_policy_can_be_proposed_as_its_form_shows_it(world: World, one: Caller, two: Caller) -> None:
    changed = {
        "booking": {"hold_seconds": "600"},
        "arrival": {"late_after_minutes": "30"},
        "family": {"cooling_hours": "48"},
        "messages": {"quiet_from": "21:30", "exempt.booking_confirmed": "yes"},
        "document": {
            "kinds.2.code": "seaman_book", "kinds.2.name_zh": "海员证", "kinds.2.name_en": "Seaman's book",
            "kinds.2.alphabet.digits": "yes", "kinds.2.characters_min": "8", "kinds.2.characters_max": "9",
            "kinds.2.check": "none",
        },
        "sign_in": {"guard_on_failures": "5000"},
    }  # fmt: skip
    assert set(changed) == set(FORMS)
    for name, fields in changed.items():
        typed = {**await typed_now(world, one, name), **fields}
        made = await propose_policy(world, one, wish(name, typed), BELOW)
        assert isinstance(made, Proposal), (name, made)
        await approved(world, two, made.id)
    found = await read_policies(world, one)
    assert not isinstance(found, Refused)
    assert [len(standing.coming) for standing in found.values()] == [1] * len(FORMS)
    assert {standing.decided[0].state for standing in found.values()} == {State.APPROVED}


async def test_nobody_approves_or_refuses_what_he_proposed_and_only_he_takes_it_back(
    world: World, one: Caller, two: Caller
) -> None:
    proposal = await proposed(world, one, "booking", holds_live_max="1")
    seen = await seen_by(world, one, proposal.id)
    assert await approve_policy(world, one, proposal.id, seen) == Refused(Reason.OWN_PROPOSAL)
    assert await refuse_policy(world, one, proposal.id, WHY) == Refused(Reason.OWN_PROPOSAL)
    assert await withdraw_policy(world, two, proposal.id) == Refused(Reason.ANOTHERS_PROPOSAL)
    assert isinstance(await withdraw_policy(world, one, proposal.id), Proposal)
    for answer in (
        await approve_policy(world, two, proposal.id, seen),
        await refuse_policy(world, two, proposal.id, WHY),
        await withdraw_policy(world, one, proposal.id),
    ):
        assert answer == Refused(Reason.ALREADY_DECIDED)


async def test_a_refusal_says_why(world: World, one: Caller, two: Caller) -> None:
    proposal = await proposed(world, one, "booking", holds_live_max="1")
    assert await refuse_policy(world, two, proposal.id, "no") == Refused(Reason.WORDS_TOO_SHORT)
    assert await refuse_policy(world, two, proposal.id, "\u202eno, because of that") == Refused(Reason.WORDS_INVALID)
    assert isinstance(await refuse_policy(world, two, proposal.id, "  Families\nwould suffer by it  "), Proposal)
    preview = await read_proposal(world, one, proposal.id)
    assert isinstance(preview, Preview)
    assert (preview.proposal.state, preview.proposal.words) == (State.REFUSED, "Families would suffer by it")
    assert preview.hindrance is Reason.ALREADY_DECIDED


async def test_an_approval_holds_for_what_was_shown_alone(world: World, one: Caller, two: Caller) -> None:
    proposal = await proposed(world, one, "booking", holds_live_max="1")
    for seen in (Seen("0" * 64, None), Seen("", None), Seen(proposal.digest, START + 9 * DAY)):
        assert await approve_policy(world, two, proposal.id, seen) == Refused(Reason.NOT_AS_SHOWN)


async def test_a_proposal_upon_what_was_changed_meanwhile_is_proposed_anew(
    world: World, one: Caller, two: Caller
) -> None:
    later = await proposed(world, one, "booking", START + 3 * DAY, holds_live_max="1")
    seen = await seen_by(world, two, later.id)
    earlier = await proposed(world, two, "booking", START + 2 * DAY, hold_seconds="600")
    await approved(world, one, earlier.id)
    assert await approve_policy(world, two, later.id, seen) == Refused(Reason.BASE_SUPERSEDED)


async def test_a_version_that_takes_over_is_shown_to_who_approves_the_one_before_it(
    world: World, one: Caller, two: Caller
) -> None:
    earlier = await proposed(world, one, "booking", START + 2 * DAY, holds_live_max="1")
    seen = await seen_by(world, two, earlier.id)
    later = await proposed(world, one, "booking", START + 3 * DAY, hold_seconds="600")
    await approved(world, two, later.id)
    assert await approve_policy(world, two, earlier.id, seen) == Refused(Reason.NOT_AS_SHOWN)
    again = await seen_by(world, two, earlier.id)
    assert again == Seen(earlier.digest, START + 3 * DAY)
    assert isinstance(await approve_policy(world, two, earlier.id, again), Proposal)


async def test_two_versions_never_begin_at_one_instant(world: World, one: Caller, two: Caller) -> None:
    first = await proposed(world, one, "booking", holds_live_max="1")
    second = await proposed(world, one, "booking", hold_seconds="600")
    await approved(world, two, first.id)
    seen = Seen(second.digest, None)
    assert await approve_policy(world, two, second.id, seen) == Refused(Reason.INSTANT_TAKEN)
    typed = await typed_now(world, one, "booking", hold_seconds="660")
    assert await propose_policy(world, one, wish("booking", typed), BELOW) == Refused(Reason.INSTANT_TAKEN)


async def test_notice_is_given(world: World, clock: ManualClock, one: Caller, two: Caller) -> None:
    typed = await typed_now(world, one, "booking", hold_seconds="600")
    for at, reason in (
        (START - DAY, Reason.NOTICE_TOO_SHORT),
        (START + DAY - timedelta(seconds=1), Reason.NOTICE_TOO_SHORT),
        (START + 367 * DAY, Reason.TOO_FAR_AHEAD),
        (None, Reason.INSTANT_INVALID),
    ):
        assert await propose_policy(world, one, Wish("booking", typed, at, WHY), BELOW) == Refused(reason)
    # What defends against an attack does not wait a day.
    quick = await proposed(world, one, "sign_in", START + timedelta(hours=1), guard_on_failures="100")
    await approved(world, two, quick.id)
    late = await proposed(world, one, "booking", START + DAY, hold_seconds="600")
    seen = await seen_by(world, two, late.id)
    clock.advance(DAY - NOTICE_AT_APPROVAL + timedelta(seconds=1))
    assert await approve_policy(world, two, late.id, seen) == Refused(Reason.NOTICE_TOO_SHORT)
    async with world.database.connection() as conn:
        assert (await read_in_force(conn, SignInPolicy, at=clock.now())).guard_on_failures == 100


async def test_everything_that_is_wrong_is_said_at_once(world: World, one: Caller) -> None:
    typed = await typed_now(world, one, "booking", hold_seconds="NaN", holds_live_max="0", caps__0__days="")
    answer = await propose_policy(world, one, Wish("booking", typed, START, "short"), BELOW)
    assert isinstance(answer, Refused)
    assert (answer.reason, answer.also) == (
        Reason.BODY_INVALID,
        (Reason.NOTICE_TOO_SHORT, Reason.WORDS_TOO_SHORT),
    )
    assert [(fault.path, fault.fault) for fault in answer.faults] == [
        ("hold_seconds", Fault.NUMBER_INVALID),
        ("holds_live_max", Fault.TOO_SMALL),
        ("caps.0.days", Fault.MISSING),
    ]


async def test_nothing_new_and_too_much_are_not_proposed(world: World, one: Caller) -> None:
    typed = await typed_now(world, one, "booking")
    assert await propose_policy(world, one, wish("booking", typed), BELOW) == Refused(Reason.NOTHING_CHANGES)
    assert await propose_policy(world, one, wish("prices", typed), BELOW) == Refused(Reason.POLICY_UNKNOWN)
    for number in range(WAITING_MAX):
        await proposed(world, one, "booking", hold_seconds=str(600 + number))
    many = wish("booking", {**typed, "hold_seconds": "700"})
    assert await propose_policy(world, one, many, BELOW) == Refused(Reason.TOO_MANY_WAITING)


async def test_who_decides_is_told_how_much_waits(world: World, one: Caller, two: Caller) -> None:
    crew = await make_crew(world, await make_city(world))
    assert await count_to_decide(world, two) == 0
    await proposed(world, one, "booking", holds_live_max="1")
    assert [await count_to_decide(world, caller) for caller in (one, two)] == [0, 1]
    assert await count_to_decide(world, crew.caller(Role.HOSPITAL_ADMIN)) == 0


async def test_a_hospitals_administrator_proposes_and_never_approves(world: World, one: Caller) -> None:
    crew = await make_crew(world, await make_city(world))
    here, there = crew.caller(Role.HOSPITAL_ADMIN), crew.caller(Role.HOSPITAL_ADMIN, 0)
    proposal = await proposed(world, here, "booking", holds_live_max="1")
    preview = await read_proposal(world, here, proposal.id)
    assert isinstance(preview, Preview)
    assert preview.hindrance is Reason.NOT_PERMITTED
    assert await approve_policy(world, there, proposal.id, preview.seen) == Refused(Reason.NOT_PERMITTED)
    assert await refuse_policy(world, there, proposal.id, WHY) == Refused(Reason.NOT_PERMITTED)
    await approved(world, one, proposal.id)


# --- what the database itself refuses ---------------------------------------------------------------------------------

FORGED = UUID(int=77)


async def insert_version(conn: Connection, proposal_id: UUID | None, seconds: int = 1) -> None:
    await conn.execute(
        """
        INSERT INTO policy.version (name, effective_from, body, source, proposal_id)
        VALUES ('booking', %s, jsonb_build_object('hold_seconds', %s::integer), 'forged', %s)
        """,
        (IN_TWO_DAYS, seconds, proposal_id),
    )


@pytest.mark.usefixtures("live")
async def test_a_live_database_takes_no_version_without_an_approved_proposal(
    world: World, one: Caller, two: Caller
) -> None:
    waiting = await proposed(world, one, "booking", holds_live_max="1")
    other = await proposed(world, one, "arrival", late_after_minutes="30")
    await approved(world, two, other.id)
    async with world.database.connection() as conn:
        with pytest.raises(psycopg.errors.CheckViolation):
            await add_version(conn, Version(IN_TWO_DAYS, NO_CAPS, "forged"))
        for proposal_id in (waiting.id, other.id, FORGED):
            with pytest.raises((psycopg.errors.CheckViolation, psycopg.errors.ForeignKeyViolation)):
                await insert_version(conn, proposal_id)
    assert await in_force(world) != NO_CAPS


APPROVED_AT_ONCE = """
INSERT INTO policy.proposal (id, name, effective_from, body, source, based_on, digest, proposed_by, proposed_at,
                             state, seen, decided_by, decided_at)
SELECT gen_random_uuid(), name, effective_from, body, source, based_on, digest, proposed_by, proposed_at,
       'approved', digest, gen_random_uuid(), proposed_at FROM policy.proposal
"""


@pytest.mark.usefixtures("live")
async def test_the_databases_owner_adds_a_version_in_an_emergency(world: World, fresh_database: FreshDatabase) -> None:
    """As docs/operations.md says it."""
    with psycopg.connect(fresh_database.dsn(PostgresRole.OWNER)) as owner:
        owner.execute(
            """
            INSERT INTO policy.version (name, effective_from, body, source)
            SELECT name, %s, body || '{"hold_seconds": 600}', 'Decided by two on the phone' FROM policy.version
            WHERE name = 'booking' AND effective_from <= now() ORDER BY effective_from DESC LIMIT 1
            """,
            (START,),
        )
    assert (await in_force(world)).hold_seconds == 600


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE policy.version SET body = '{}'",
        "DELETE FROM policy.version",
        "UPDATE policy.proposal SET body = '{}'",
        "UPDATE policy.proposal SET effective_from = effective_from + interval '1 day'",
        "UPDATE policy.proposal SET proposed_by = gen_random_uuid()",
        "UPDATE policy.proposal SET digest = repeat('0', 64)",
        "DELETE FROM policy.proposal",
        APPROVED_AT_ONCE,
        "UPDATE platform.deployment SET kind = 'demo'",
        "ALTER TABLE policy.version DISABLE TRIGGER version_is_approved",
    ],
)
@pytest.mark.usefixtures("live")
async def test_the_application_cannot_change_what_was_proposed_or_ruled(
    world: World, one: Caller, statement: str
) -> None:
    await proposed(world, one, "booking", holds_live_max="1")
    async with world.database.connection() as conn:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await conn.execute(statement.encode())


async def test_the_database_wants_two_people_one_decision_and_the_digest_that_was_shown(
    world: World, one: Caller, two: Caller
) -> None:
    proposal = await proposed(world, one, "booking", holds_live_max="1")
    decide = """
    UPDATE policy.proposal SET state = %s, decided_by = %s, decided_at = %s, seen = %s, words = %s WHERE id = %s
    """
    for state, by, at, seen, words in (
        ("approved", one.id, START, proposal.digest, None),
        ("approved", two.id, START, "0" * 64, None),
        ("approved", two.id, START, None, None),
        ("approved", two.id, IN_TWO_DAYS, proposal.digest, None),
        ("refused", one.id, START, None, WHY),
        ("refused", two.id, START, None, None),
        ("withdrawn", two.id, START, None, None),
        ("approved", None, None, proposal.digest, None),
    ):
        async with world.database.connection() as conn:
            with pytest.raises(psycopg.errors.CheckViolation):
                await conn.execute(decide, (state, by, at, seen, words, proposal.id))
    assert isinstance(await withdraw_policy(world, one, proposal.id), Proposal)
    async with world.database.connection() as conn:
        with pytest.raises(psycopg.errors.CheckViolation, match="stays so"):
            await conn.execute(decide, ("approved", two.id, START, proposal.digest, None, proposal.id))
