"""A database of the first version, with people, staff and bookings in it, is brought to this one, and goes on living.

What the first version wrote is written here as it did, in SQL: its own code is no longer there to do it.
"""

import itertools
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import sql

from firsthand.audit.model import ActorKind, Caller, Channel
from firsthand.booking.actions import confirm_bookings, read_own_bookings
from firsthand.booking.model import Booked, ChangeRequest, State
from firsthand.directory.person.asking import Browser
from firsthand.directory.person.sign_in import request_sign_in
from firsthand.directory.staff.duties import read_duties
from firsthand.identity.code.model import CodeRequested
from firsthand.identity.document.rules import parse_document
from firsthand.identity.password.rules import hash_password
from firsthand.identity.session.actions import find_sessions
from firsthand.platform import migrate as migrating
from firsthand.platform.access import Role as StaffRole
from firsthand.platform.chance import SeededChance
from firsthand.platform.clock import ManualClock
from firsthand.platform.crypto import Keyring, make_keyring, token_hash
from firsthand.platform.database import Database
from firsthand.platform.deployment import DeploymentKind
from firsthand.platform.postgres import EmbeddedServer, Role
from firsthand.platform.scope import PersonScope
from firsthand.platform.world import World
from tests.conftest import START
from tests.people import HERE, STRANGER, document

FIRST_VERSION = 9
HOSPITAL, CLERK, PERSON, SCHEDULE, SESSION, BOOKED, HELD = (UUID(int=number) for number in range(1, 8))
PASSWORD = "violet harbour lantern"
_numbers = itertools.count(1)


@pytest.fixture
def earlier(server: EmbeddedServer) -> Iterator[str]:
    """The name of an empty database of the owner's."""
    name = f"earlier_{os.getpid()}_{next(_numbers)}"
    owner = psycopg.conninfo.conninfo_to_dict(server.dsn(Role.OWNER))["user"]
    with psycopg.connect(server.admin_dsn(), autocommit=True) as admin:
        create = sql.SQL("CREATE DATABASE {} OWNER {}")
        admin.execute(create.format(sql.Identifier(name), sql.Identifier(str(owner))))
        yield name
        admin.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))


@asynccontextmanager
async def carried_over(
    server: EmbeddedServer, name: str, keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[World]:
    """Fill a database of the first version, bring it to this one, and open it."""
    dsn, shipped = server.dsn(Role.OWNER, database=name), migrating.shipped_migrations()
    with monkeypatch.context() as first_version:
        first_version.setattr(migrating, "shipped_migrations", lambda: shipped[:FIRST_VERSION])
        await migrating.migrate(dsn, kind=DeploymentKind.DEMO)
    with psycopg.connect(dsn) as owner:
        for statement, values in written_by_the_first_version(keyring):
            owner.execute(statement.encode(), values)
    await migrating.migrate(dsn, kind=DeploymentKind.DEMO)
    database = Database(server.dsn(Role.APP, database=name), connections_max=4)
    await database.open()
    yield World(database, ManualClock(START), SeededChance(1), keyring)
    await database.close()


def written_by_the_first_version(keyring: Keyring) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Yield the statements with which the first version would have written a small city."""

    def sealed(text: str, purpose: str, row: UUID) -> bytes:
        return keyring.seal(text.encode(), purpose=purpose, context=row.bytes)

    own, day = document(1), START.date() + timedelta(days=1)
    yield (
        "INSERT INTO directory.hospital (id, feed, external_id, name, time_zone) VALUES (%s, 't', '1', 'One', %s)",
        (HOSPITAL, "Asia/Shanghai"),
    )
    yield (
        (
            "INSERT INTO directory.staff (id, hospital_id, username, display_name, role, created_at)"
            " VALUES (%s, %s, 'desk.wang', 'Wang', 'desk', %s)"
        ),
        (CLERK, HOSPITAL, START),
    )
    yield (
        "INSERT INTO identity.password (staff_id, phc, changed_at) VALUES (%s, %s, %s)",
        (CLERK, hash_password(PASSWORD, bytes(16)), START),
    )
    yield (
        "INSERT INTO directory.person (id, name, phone, language, created_at) VALUES (%s, %s, %s, 'en', %s)",
        (
            PERSON,
            sealed("Person 1", "directory.person.name", PERSON),
            sealed("+8613800000001", "directory.person.phone", PERSON),
            START,
        ),
    )
    yield (
        (
            "INSERT INTO identity.document (id, person_id, type, number, blind_index, created_at)"
            " VALUES (%s, %s, %s, %s, %s, %s)"
        ),
        (
            PERSON,
            PERSON,
            own.type,
            sealed(own.number, "identity.document.number", PERSON),
            keyring.blind_index("document", own.key),
            START,
        ),
    )
    yield (
        "INSERT INTO release.schedule (id, feed, external_id, hospital_id) VALUES (%s, 't', '1', %s)",
        (SCHEDULE, HOSPITAL),
    )
    yield (
        (
            "INSERT INTO release.session"
            " (id, feed, external_id, schedule_id, hospital_id, starts_at, ends_at, day, capacity, status)"
            " VALUES (%s, 't', '1', %s, %s, %s, %s, %s, 2, 'open')"
        ),
        (SESSION, SCHEDULE, HOSPITAL, START + timedelta(hours=25), START + timedelta(hours=28), day),
    )
    yield (
        "INSERT INTO release.place (session_id, number, state) VALUES (%s, 1, 'taken'), (%s, 2, 'taken')",
        (SESSION,) * 2,
    )
    for number, (booking, state) in enumerate(((BOOKED, "booked"), (HELD, "held")), start=1):
        booked_at = START if state == "booked" else None
        yield (
            ("INSERT INTO booking.booking (id, place_id, session_id, holder_id, patient_id, channel, code, state,"
            " held_until, taken_at, booked_at)"
            " SELECT %s, id, %s, %s, %s, 'web', %s, %s, %s, %s, %s FROM release.place WHERE number = %s"),
            (booking, SESSION, PERSON, PERSON, f"CODE0000000{number}", state, START + timedelta(minutes=15), START,
             booked_at, number),
        )  # fmt: skip
    # The record says that a clerk asked for one of them; of the other it says nothing.
    yield (
        (
            "INSERT INTO audit.line (at, actor_kind, actor_id, channel, request_id, action, outcome, subject_id)"
            " VALUES (%s, 'staff', %s, 'desk', 'r', 'booking.take', 'done', %s)"
        ),
        (START, CLERK, BOOKED),
    )
    for token, kind, subject, hospital, role in (
        ("the clerk's", "staff", CLERK, HOSPITAL, "desk"),
        ("the person's", "person", PERSON, None, None),
    ):
        yield (
            (
                "INSERT INTO identity.session (token_hash, subject_kind, subject_id, hospital_id, role, created_at,"
                " expires_at) VALUES (%s, %s, %s, %s, %s, %s, %s)"
            ),
            (token_hash(token), kind, subject, hospital, role, START, START + timedelta(hours=8)),
        )


async def test_staff_have_the_duty_that_was_their_role_and_stay_signed_in(
    server: EmbeddedServer, earlier: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with carried_over(server, earlier, make_keyring(), monkeypatch) as world:
        (duty,) = await read_duties(world, CLERK)
        assert (duty.role, duty.hospital_id, duty.ends_at) == (StaffRole.DESK, HOSPITAL, None)
        (session,) = await find_sessions(world, [token_hash("the clerk's")])
        assert session is not None
        assert (session.role, session.hospital_id, session.duty_id) == (StaffRole.DESK, HOSPITAL, duty.id)


async def test_a_person_is_known_by_his_document_and_stays_signed_in(
    server: EmbeddedServer, earlier: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with carried_over(server, earlier, make_keyring(), monkeypatch) as world:
        (session,) = await find_sessions(world, [token_hash("the person's")])
        assert session is not None
        assert session.subject_id == PERSON
        own = parse_document(document(1).type, document(1).number)
        assert own == document(1)
        assert isinstance(await request_sign_in(world, STRANGER, document(1), Browser(HERE)), CodeRequested)


async def test_bookings_go_on_where_they_were(
    server: EmbeddedServer, earlier: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with carried_over(server, earlier, make_keyring(), monkeypatch) as world:
        scope = PersonScope(PERSON)
        kept = {booking.id: booking.state for booking in await read_own_bookings(world, scope)}
        assert kept == {BOOKED: State.BOOKED, HELD: State.HELD}
        who = {one.id: (one.payer_id, one.acted_by_kind, one.acted_by) for one in await read_own_bookings(world, scope)}
        assert who == {BOOKED: (PERSON, ActorKind.STAFF, CLERK), HELD: (PERSON, ActorKind.PERSON, PERSON)}
        person = Caller(ActorKind.PERSON, PERSON, Channel.WEB, "test")
        (answer,) = await confirm_bookings(world, [ChangeRequest(person, HELD)])
        assert isinstance(answer, Booked)
