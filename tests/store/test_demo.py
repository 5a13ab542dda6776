"""The demo's play, small and on a real database: its sums are the database's, and nothing happens twice or too late."""

import asyncio
import base64
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from firsthand.audit.checkpoint import Signer
from firsthand.audit.checkpoint_file import CheckpointFile
from firsthand.audit.model import ActorKind, Caller, Channel
from firsthand.channels.demo.cast import DemoError, read_demo_feed
from firsthand.channels.demo.chores import Stage
from firsthand.channels.demo.feed import TIME_ZONE, write_feed
from firsthand.channels.demo.model import Outcome, StaffSignIn
from firsthand.channels.demo.staging import SPAN, Script, stage_demo
from firsthand.directory.emergency.actions import list_reviews
from firsthand.directory.hospital.actions import list_hospitals
from firsthand.directory.staff.duties import read_duties
from firsthand.directory.staff_sign_in.actions import enter_second_factor, sign_in_staff
from firsthand.directory.staff_sign_in.model import Entered, Typed
from firsthand.identity.session.model import OpenedSession, SignedIn
from firsthand.identity.step.model import OpenedStep
from firsthand.identity.totp.rules import code_at, step_at
from firsthand.platform.access import Role as StaffRole
from firsthand.platform.chance import SeededChance
from firsthand.platform.clock import ManualClock
from firsthand.platform.crypto import make_keyring
from firsthand.platform.database import Database
from firsthand.platform.keys import load_signing_key, save_signing_key
from firsthand.platform.postgres import EmbeddedServer, Role
from firsthand.platform.world import World
from tests.city import assert_consistent
from tests.conftest import START, FreshDatabase, copied_database
from tests.people import STRANGER, as_owner

PEOPLE = 60


@asynccontextmanager
async def a_stage(database: FreshDatabase, folder: Path, now: datetime) -> AsyncIterator[Stage]:
    """Open what the play needs on a test's own database."""
    save_signing_key(folder / "keys")
    clock = ManualClock(now - SPAN)
    app = Database(database.dsn(Role.APP), connections_max=8)
    audit = Database(database.dsn(Role.AUDIT), connections_max=2)
    await app.open()
    await audit.open()
    try:
        yield Stage(
            World(app, clock, SeededChance(1), make_keyring()),
            clock,
            audit,
            Signer("tests", load_signing_key(folder / "keys")),
            CheckpointFile(folder / "checkpoints"),
        )
    finally:
        await app.close()
        await audit.close()


async def a_script(where: Path, *, people: int = PEOPLE, seed: int = 1) -> Script:
    await asyncio.to_thread(where.mkdir)
    await asyncio.to_thread(write_feed, where)
    read, time_zone = await read_demo_feed(str(where), None, TIME_ZONE)
    return Script(read, time_zone, people, seed)


async def a_play(server: EmbeddedServer, folder: Path, script: Script, now: datetime) -> Outcome:
    """Play on a database of its own, and drop it."""
    with copied_database(server) as database:
        async with a_stage(database, folder, now) as stage:
            return await stage_demo(stage, script, progress=lambda _done, _total: None, acknowledge=lambda _: None)


async def test_the_sums_are_those_of_the_database(fresh_database: FreshDatabase, tmp_path: Path) -> None:
    acknowledged: list[UUID] = []
    steps: list[tuple[int, int]] = []
    script = await a_script(tmp_path / "feed")
    async with a_stage(fresh_database, tmp_path, START) as stage:
        outcome = await stage_demo(
            stage,
            script,
            progress=lambda done, total: steps.append((done, total)),
            acknowledge=acknowledged.append,
        )
        await assert_consistent(stage.world)
        assert stage.clock.now() == START
    assert (outcome.locations, outcome.schedules, outcome.slots, outcome.places) == (10, 10, 210, 21_000)
    assert steps[-1][0] == steps[-1][1]

    states = Counter(str(state) for (state,) in as_owner(fresh_database, "SELECT state FROM booking.booking"))
    assert states["arrived"] == outcome.arrived > 0
    assert states["no_show"] == outcome.no_show > 0
    assert states["given_back"] == outcome.returned > 0
    assert states["expired"] == outcome.held_expired
    assert states["booked"] == outcome.ahead > 0
    # Two guardians and a carer among so few; each of them asked once.
    assert outcome.ties == 3
    for_others = "SELECT count(*) FROM booking.booking WHERE holder_id <> patient_id AND booked_at IS NOT NULL"
    assert as_owner(fresh_database, for_others) == [(outcome.booked_for_others,)]
    assert outcome.booked == outcome.arrived + outcome.no_show + outcome.returned + outcome.ahead

    booked = as_owner(fresh_database, "SELECT id FROM booking.booking WHERE booked_at IS NOT NULL")
    assert set(acknowledged) == {booking_id for (booking_id,) in booked}
    assert len(acknowledged) == len(booked) == outcome.booked

    ((lines, latest),) = as_owner(fresh_database, "SELECT count(*), max(at) FROM audit.line")
    assert lines == outcome.audit_lines == outcome.sealed
    assert latest == START
    ((messages,),) = as_owner(fresh_database, "SELECT count(*) FROM messages.message WHERE state = 'sent'")
    assert messages == outcome.messages
    of_bookings = "SELECT count(*) FROM messages.message WHERE template IN ('booking_confirmed', 'booking_given_back')"
    of_others = "SELECT count(*) FROM messages.message WHERE template LIKE 'booking%other' AND person_id = ANY({})"
    told = as_owner(fresh_database, of_bookings)[0][0]
    # A child has no phone: its guardian is told in its place, and of a dependant who has one the carer besides.
    children = "ARRAY(SELECT carer_id FROM directory.tie WHERE undocumented)"
    assert told == outcome.booked + outcome.returned - int(
        str(as_owner(fresh_database, of_others.format(children))[0][0])
    )
    # A code that its dependant did not need is given up: he said yes on his own page.
    refused = as_owner(
        fresh_database, "SELECT count(*) FROM audit.line WHERE outcome NOT IN ('done', 'sent', 'gave_up')"
    )
    assert refused == [(sum(sum(reasons.values()) for reasons in outcome.refused.values()),)]


async def test_staff_of_every_role_sign_in_and_have_met_an_emergency(
    fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    script = await a_script(tmp_path / "feed", people=20)
    async with a_stage(fresh_database, tmp_path, START) as stage:
        outcome = await stage_demo(stage, script, progress=lambda _done, _total: None, acknowledge=lambda _: None)
        password = outcome.desk_password
        acting = {member.username: await signed_in(stage.world, member, password) for member in outcome.staff}
        assert {member.role for member in outcome.staff} == set(StaffRole) - {StaffRole.DESK}
        assert sum(member.role == StaffRole.CITY_ADMIN for member in outcome.staff) == 2
        assert [member.username for member in outcome.staff if member.app_secret] == ["auditor1"]
        hospitals = {one.id: one.hospital.name for one in await list_hospitals(stage.world)}
        for member in outcome.staff:
            session = acting[member.username]
            assert session.role == member.role
            assert (hospitals[session.hospital_id] if session.hospital_id else "") == member.hospital
        for desk in outcome.desks:
            session = await signed_in(stage.world, StaffSignIn("desk", desk.hospital, desk.username), password)
            assert session.role == StaffRole.DESK
        supervisor = acting["supervisor1"]
        reviews = await list_reviews(stage.world, caller_of(supervisor))
        assert isinstance(reviews, list)
        assert [one.access.justified for one in reviews] == [None, True]
        assert (outcome.emergencies, outcome.emergencies_reviewed) == (2, 1)
        assert len(await read_duties(stage.world, supervisor.subject_id)) == 2


def caller_of(signed_in: SignedIn) -> Caller:
    """Return the member of staff who signed in, as actions know him."""
    return Caller(
        ActorKind.STAFF, signed_in.subject_id, Channel.WEB, "test", signed_in.hospital_id, role=signed_in.role
    )


async def signed_in(world: World, member: StaffSignIn, password: str) -> SignedIn:
    """Sign a member of the demo's staff in, with his app where he has one."""
    typed = Typed(member.username, password, "203.0.113.7")
    answer = await sign_in_staff(world, STRANGER, typed)
    if isinstance(answer, OpenedStep):
        secret = base64.b32decode(member.app_secret.replace(" ", ""))
        code = code_at(secret, step_at(world.clock.now()))
        answer = await enter_second_factor(world, STRANGER, answer.step.token_hash, Entered(code))
    assert isinstance(answer, OpenedSession), answer
    return answer.signed_in


async def test_nothing_is_played_in_a_database_that_serves_patients(
    fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    as_owner(fresh_database, "UPDATE platform.deployment SET kind = 'live' RETURNING kind")
    script = await a_script(tmp_path / "feed", people=20)
    async with a_stage(fresh_database, tmp_path, START) as stage:
        with pytest.raises(DemoError, match="not a demo's"):
            await stage_demo(stage, script, progress=lambda _done, _total: None, acknowledge=lambda _: None)
    assert as_owner(fresh_database, "SELECT FROM directory.staff") == []


async def test_nothing_lies_in_the_future_and_there_is_something_left_to_book(
    fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    script = await a_script(tmp_path / "feed")
    async with a_stage(fresh_database, tmp_path, START) as stage:
        outcome = await stage_demo(stage, script, progress=lambda _done, _total: None, acknowledge=lambda _: None)
    moments = """
        SELECT max(greatest(booking.taken_at, booking.booked_at, booking.ended_at)),
               (SELECT max(at) FROM arrival.check_in), (SELECT max(made_at) FROM messages.message),
               (SELECT max(created_at) FROM directory.person), (SELECT max(sealed_at) FROM audit.checkpoint)
        FROM booking.booking"""
    ((*found,),) = as_owner(fresh_database, moments)
    assert all(isinstance(moment, datetime) and START - SPAN <= moment <= START for moment in found)
    assert as_owner(fresh_database, "SELECT count(*) FROM platform.outbox") == [(0,)]
    # The first sessions are past, today has some, and most lie ahead.
    days = as_owner(fresh_database, "SELECT day, count(*) FROM release.session GROUP BY day ORDER BY day")
    assert days[0][0] < START.date() - timedelta(days=1)  # type: ignore[operator]
    assert START.date() in {day for day, _ in days}
    assert days[-1][0] >= START.date() + timedelta(days=11)  # type: ignore[operator]
    assert outcome.bookable > 10_000
    assert outcome.guests


async def test_the_same_seed_at_the_same_moment_plays_the_same(server: EmbeddedServer, tmp_path: Path) -> None:
    script = await a_script(tmp_path / "feed", people=30)
    first = await a_play(server, tmp_path / "first", script, START)
    again = await a_play(server, tmp_path / "again", script, START)
    assert replace(again, seconds=first.seconds) == first


async def test_the_real_feed_is_played_in_its_own_zone(
    fresh_database: FreshDatabase, shared_data: Path, tmp_path: Path
) -> None:
    read, time_zone = await read_demo_feed(str(shared_data / "smart-scheduling-links"), None, TIME_ZONE)
    assert time_zone == "America/New_York"
    async with a_stage(fresh_database, tmp_path, START) as stage:
        script = Script(read, time_zone, 20, 1)
        outcome = await stage_demo(stage, script, progress=lambda _done, _total: None, acknowledge=lambda _: None)
    assert (outcome.locations, outcome.slots, outcome.places) == (10, 210, 21_000)
    hours = as_owner(
        fresh_database, "SELECT DISTINCT (starts_at AT TIME ZONE 'America/New_York')::time::text FROM release.session"
    )
    # Its clinics open at 14:00 UTC, and its weeks reach over the change to summer time.
    assert sorted(hours) == [("09:00:00",), ("10:00:00",)]
