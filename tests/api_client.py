"""The API over the real application and the real database, and the people who call it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg
from litestar import Litestar
from psycopg import sql

from firsthand.channels.app import create_app
from firsthand.channels.service import Service
from firsthand.directory.staff.duties import session_of
from firsthand.directory.staff.store import live_duties
from firsthand.identity.session.store import open_person_session, open_staff_session
from firsthand.platform.postgres import Role
from firsthand.platform.settings import Settings
from firsthand.platform.world import World
from tests.city import City
from tests.conftest import FreshDatabase
from tests.people import HERE

# Nothing is read from these folders: the world is open already.
SETTINGS = Settings(data_dir=Path("/nonexistent"), keys=Path("/nonexistent"), checkpoints=Path("/nonexistent"))
PROBLEM = "application/problem+json"


@dataclass(slots=True)
class Api:
    """A client of the running application, and the tokens of a city's people in their order."""

    app: Litestar
    http: httpx.AsyncClient
    city: City
    person_tokens: tuple[str, ...]
    desk_tokens: tuple[str, ...]

    @property
    def service(self) -> Service:
        """What the running application shares between requests."""
        service: Service = self.app.state.service
        return service

    def as_person(self, number: int = 0, *, key: str | None = None) -> dict[str, str]:
        """Return the headers of a person."""
        return bearer(self.person_tokens[number], key=key)

    def as_desk(self, hospital: int = 0, *, key: str | None = None) -> dict[str, str]:
        """Return the headers of the clerk at a hospital's desk."""
        return bearer(self.desk_tokens[hospital], key=key)

    async def sign_in_anew(self) -> None:
        """Give everybody a new token: the old ones end where the clock is moved by a day."""
        self.person_tokens, self.desk_tokens = await sign_in_everybody(self.service.world, self.city)

    async def take(self, person: int = 0, session: int = 0, *, key: str = "take") -> httpx.Response:
        """Ask for a place as a person."""
        body = {"session_id": str(self.city.session_ids[session])}
        return await self.http.post("/api/v1/bookings", json=body, headers=self.as_person(person, key=key))

    async def confirm(self, booking_id: str, person: int = 0, *, key: str = "confirm") -> httpx.Response:
        """Ask to confirm a booking as a person."""
        address = f"/api/v1/bookings/{booking_id}/confirmation"
        return await self.http.post(address, headers=self.as_person(person, key=key))

    async def give_back(self, booking_id: str, person: int = 0, *, key: str = "return") -> httpx.Response:
        """Ask to give a booking back as a person."""
        return await self.http.post(f"/api/v1/bookings/{booking_id}/return", headers=self.as_person(person, key=key))

    async def check_in(self, code: str, person: int = 0, hospital: int = 0, *, key: str = "arrive") -> httpx.Response:
        """Ask to check in a person by code and document as a clerk."""
        body = {"code": code, **self.document(person)}
        return await self.http.post("/api/v1/desk/check-ins", json=body, headers=self.as_desk(hospital, key=key))

    async def book_at_desk(
        self, person: int = 0, session: int = 0, hospital: int = 0, *, pool: str = "open", key: str = "desk"
    ) -> httpx.Response:
        """Ask for a place for a person at the counter as a clerk."""
        body = {"session_id": str(self.city.session_ids[session]), **self.document(person), "pool": pool}
        return await self.http.post("/api/v1/desk/bookings", json=body, headers=self.as_desk(hospital, key=key))

    async def booked(self, person: int = 0, session: int = 0) -> dict[str, str]:
        """Take and confirm a place, which must work, and return the booking's id and code."""
        held = await self.take(person, session, key=f"take {person} {session}")
        assert held.status_code == 201, held.text
        booked = await self.confirm(held.json()["booking_id"], person, key=f"confirm {person} {session}")
        assert booked.status_code == 200, booked.text
        found: dict[str, str] = booked.json()
        return found

    def document(self, person: int = 0) -> dict[str, str]:
        """Return the fields that name a person's document."""
        document = self.city.documents[person]
        return {"document_type": document.type, "document_number": document.number}


def bearer(token: str, *, key: str | None = None) -> dict[str, str]:
    """Return the headers of a request with a token, and with an idempotency key where there is one."""
    return {"Authorization": f"Bearer {token}"} | ({"Idempotency-Key": key} if key is not None else {})


@asynccontextmanager
async def running(app: Litestar) -> AsyncIterator[Litestar]:
    """Run an application from its start-up to its shut-down, as a server does."""
    asked: asyncio.Queue[Any] = asyncio.Queue()
    said: asyncio.Queue[Any] = asyncio.Queue()
    life = asyncio.create_task(app({"type": "lifespan", "asgi": {"version": "3.0"}}, asked.get, said.put))  # type: ignore[arg-type]
    for event in ("startup", "shutdown"):
        asked.put_nowait({"type": f"lifespan.{event}"})
        answer = await said.get()
        assert answer["type"] == f"lifespan.{event}.complete", answer
        if event == "startup":
            yield app
    await life


@asynccontextmanager
async def open_api(world: World, city: City) -> AsyncIterator[Api]:
    """Run the application on a world, and sign in everybody of the city."""
    async with running(create_app(world, SETTINGS)) as app:
        # Requests come from an address that limits are counted by.
        transport = httpx.ASGITransport(app, client=(HERE, 50000))  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://firsthand.test") as http:
            yield Api(app, http, city, *await sign_in_everybody(world, city))


async def sign_in_everybody(world: World, city: City) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the tokens of a city's persons and of its desks, in their order."""
    async with world.database.transaction() as conn:
        persons = [(await open_person_session(conn, world, person_id)).token for person_id in city.person_ids]
        desks = [
            (await open_staff_session(conn, world, session_of(duty))).token
            for staff_id in city.staff_ids
            for duty in await live_duties(conn, staff_id, now=world.clock.now())
        ]
    return tuple(persons), tuple(desks)


def assert_problem(response: httpx.Response, status: int, reason: str) -> dict[str, Any]:
    """Check that an answer is this problem in the one form that all have, and return it."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == PROBLEM
    assert response.headers["cache-control"] == "no-store"
    problem: dict[str, Any] = response.json()
    assert problem["type"] == f"urn:firsthand:problem:{reason}", problem
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"]
    assert problem["instance"] == response.headers["x-request-id"]
    assert ("www-authenticate" in response.headers) == (status == 401)
    return problem


def contents(database: FreshDatabase, *, without: tuple[str, ...] = ()) -> dict[str, list[str]]:
    """Return every row of every table of the house as text, by table, to see what a request changed."""
    with psycopg.connect(database.dsn(Role.OWNER)) as conn:
        tables = conn.execute(
            "SELECT schemaname, tablename FROM pg_tables WHERE tableowner = 'firsthand_owner' "
            "AND schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, 2"
        ).fetchall()
        rows: dict[str, list[str]] = {}
        for schema, table in tables:
            if f"{schema}.{table}" not in without:
                query = sql.SQL("SELECT t::text FROM {} AS t ORDER BY 1").format(sql.Identifier(schema, table))
                rows[f"{schema}.{table}"] = [text for (text,) in conn.execute(query).fetchall()]
        return rows
