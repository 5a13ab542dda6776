"""Names, phones, document numbers and messages stand nowhere in clear in a dump of every table."""

import base64
from datetime import timedelta

import psycopg
import pytest

from firsthand.arrival.actions import check_in
from firsthand.arrival.model import Arrived
from firsthand.booking.actions import confirm_bookings
from firsthand.booking.model import Booked
from firsthand.booking.telling import tell_patient
from firsthand.messages.model import Template
from firsthand.platform.clock import ManualClock
from firsthand.platform.idempotency import IdempotencyKey, fingerprint
from firsthand.platform.postgres import Role
from firsthand.platform.world import World
from tests.city import SYSTEM, City, Opening, hold, make_city
from tests.conftest import FreshDatabase
from tests.families import tied
from tests.people import said

_TABLES = """
SELECT format('%I.%I', nspname, relname) FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
WHERE relkind IN ('r', 'p', 'm') AND nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
ORDER BY 1
"""


@pytest.fixture
async def secrets(world: World, clock: ManualClock) -> list[str]:
    """Let people live for a day, and return what names them or was said to them alone."""
    city = await make_city(world, sessions=[Opening(day=0, hour=9)], persons=4)
    key = IdempotencyKey(city.person_ids[0], "once", fingerprint("a take"))
    held = await hold(world, city, 0)
    (booked,) = await confirm_bookings(world, [city.change(0, held.booking_id, key=key)])
    assert isinstance(booked, Booked)
    await tell_patient(world, SYSTEM, held.booking_id, Template.BOOKING_CONFIRMED)
    await tied(world, city, 1, 2)
    clock.advance(timedelta(hours=1))
    assert isinstance(await check_in(world, city.check_in(0, booked.code)), Arrived)
    return _named(city) + [message.body for message in await said(world)]


def _named(city: City) -> list[str]:
    numbers = range(len(city.person_ids))
    return [
        *(f"Person {number}" for number in numbers),
        *(f"138{number:08}" for number in numbers),
        *(document.number for document in city.documents),
    ]


def dumped(database: FreshDatabase) -> dict[str, bytes]:
    """Return every table of the database as COPY writes it, by its name: whatever tables there are."""
    tables = {}
    with psycopg.connect(database.dsn(Role.OWNER)) as owner:
        for (name,) in owner.execute(_TABLES).fetchall():
            with owner.cursor().copy(f"COPY {name} TO STDOUT".encode()) as copy:
                tables[name] = b"".join(bytes(part) for part in copy)
    return tables


def spellings(secret: str) -> set[bytes]:
    """Return how a text could lie in a dump: as it is, in other cases, in hexadecimal, in base64, as JSON writes it."""
    plain = secret.encode()
    # In base64 of a longer text a part's letters depend on where it begins, and its last ones on what follows.
    shifted = {
        base64.b64encode(b" " * lead + plain).rstrip(b"=")[4 if lead else 0 : -1 if (lead + len(plain)) % 3 else None]
        for lead in range(3)
    }
    return {
        plain,
        secret.lower().encode(),
        secret.upper().encode(),
        plain.hex().encode(),
        plain.hex().upper().encode(),
        secret.encode("unicode_escape"),
        *(part for part in shifted if len(part) >= 7),
    }


async def test_a_dump_holds_nothing_in_clear_that_names_people(
    secrets: list[str], fresh_database: FreshDatabase
) -> None:
    tables = dumped(fresh_database)
    assert {"directory.person", "identity.document", "messages.message", "audit.line", "platform.outbox"} <= set(tables)
    assert {"platform.idempotency", "jobs.procrastinate_jobs", "directory.tie"} <= set(tables)
    assert len(secrets) > 12
    found = {
        (name, secret)
        for name, text in tables.items()
        for secret in secrets
        for spelling in spellings(secret)
        if spelling in text
    }
    assert not found


async def test_what_it_looks_for_would_be_found(fresh_database: FreshDatabase) -> None:
    with psycopg.connect(fresh_database.dsn(Role.OWNER)) as owner:
        owner.execute(
            "INSERT INTO directory.hospital (id, feed, external_id, name, time_zone)"
            " VALUES (gen_random_uuid(), 't', '1', 'x Person 0', encode('xP0000001', 'base64'))"
        )
    text = dumped(fresh_database)["directory.hospital"]
    assert any(spelling in text for spelling in spellings("Person 0"))
    assert any(spelling in text for spelling in spellings("P0000001"))
