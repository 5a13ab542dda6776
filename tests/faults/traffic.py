"""People who book, each through the API with an idempotency key, and do not give up until they are answered.

Every person takes a place on each day, confirms all but the last one, and gives the second one back. A test may hold
the days closed and open them one by one, so that people book in the state that it has brought about.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Self

import httpx

from tests.faults.house import DAYS, House

ANSWER_SECONDS_MAX = 120.0
PAUSE_SECONDS = 0.2
TRIES_MAX = 600
IN_FLIGHT = "urn:firsthand:problem:key_in_flight"
NONE_LEFT = "urn:firsthand:problem:place_taken"
DAY_LEFT_HELD = 2
DAY_GIVEN_BACK = 1


@dataclass(frozen=True, slots=True)
class Asked:
    """One thing that one person asks for. `key` names it; the same again is the same thing."""

    person: int
    day: int
    verb: str
    path: str
    session_id: str | None = None

    @property
    def key(self) -> str:
        """The idempotency key."""
        return f"{self.verb} {self.person} {self.day}"

    @classmethod
    def take(cls, house: House, person: int, day: int = 0) -> Self:
        """Return a person's wish for a place on one of the days."""
        return cls(person, day, "take", "/api/v1/bookings", str(house.people.sessions[day]))


@dataclass(slots=True)
class Ledger:
    """What was acknowledged: status and body of each first answer. troubles: what else was met on the way."""

    answers: dict[Asked, tuple[int, dict[str, Any]]] = field(default_factory=dict)
    troubles: Counter[str] = field(default_factory=Counter)

    def done(self, verb: str) -> dict[str, tuple[Asked, dict[str, Any]]]:
        """Return what was done under this verb by the id of the booking that it concerns."""
        return {
            str(body["booking_id"]): (asked, body)
            for asked, (status, body) in self.answers.items()
            if asked.verb == verb and status < 300
        }


class Traffic:
    """Everybody's requests at once. Each has a fresh connection, so that no request is lost with an idle one."""

    def __init__(self, house: House, *, days_open: int = DAYS) -> None:
        """Let the people of `house` book. days_open: how many days they may book from the beginning."""
        self.ledger = Ledger()
        self._days = [asyncio.Event() for _ in range(DAYS)]
        self.open_days(days_open)
        self._house = house
        self._acknowledged = asyncio.Condition()
        fresh = httpx.Limits(max_keepalive_connections=0)
        self._http = httpx.AsyncClient(base_url=house.address, timeout=ANSWER_SECONDS_MAX, limits=fresh)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    @asynccontextmanager
    async def flowing(self) -> AsyncIterator[None]:
        """Let everybody book while the block lasts, and at its end until each has been answered.

        Then each request is sent once more, to the same answer.
        """
        async with asyncio.TaskGroup() as everybody:
            for person in range(len(self._house.people.ids)):
                everybody.create_task(self._live(person))
            yield
        again = await asyncio.gather(*(self._answer(asked) for asked in self.ledger.answers))
        assert again == list(self.ledger.answers.values())

    def open_days(self, count: int) -> None:
        """Let the first days be booked, so many in all."""
        for day in self._days[:count]:
            day.set()

    async def acknowledged(self, count: int) -> None:
        """Wait until so many answers were acknowledged in all."""
        async with asyncio.timeout(ANSWER_SECONDS_MAX), self._acknowledged:
            await self._acknowledged.wait_for(lambda: len(self.ledger.answers) >= count)

    async def met(self, trouble: str, count: int = 1) -> None:
        """Wait until a trouble was met so often in all."""
        async with asyncio.timeout(ANSWER_SECONDS_MAX), self._acknowledged:
            await self._acknowledged.wait_for(lambda: self.ledger.troubles[trouble] >= count)

    async def ask(self, asked: Asked) -> dict[str, Any] | None:
        """Ask until it is answered, write the answer down, and return it where the thing was done."""
        answer = await self._answer(asked)
        self.ledger.answers[asked] = answer
        async with self._acknowledged:
            self._acknowledged.notify_all()
        status, body = answer
        return body if status < 300 else None

    async def _live(self, person: int) -> None:
        for day in range(DAYS):
            await self._days[day].wait()
            held = await self.ask(Asked.take(self._house, person, day))
            if held is None or day == DAY_LEFT_HELD:
                continue
            booking = f"/api/v1/bookings/{held['booking_id']}"
            await self.ask(Asked(person, day, "confirm", f"{booking}/confirmation"))
            if day == DAY_GIVEN_BACK:
                await self.ask(Asked(person, day, "give_back", f"{booking}/return"))

    async def _answer(self, asked: Asked) -> tuple[int, dict[str, Any]]:
        for _ in range(TRIES_MAX):
            answer = await self._send(asked)
            if isinstance(answer, httpx.Response):
                return answer.status_code, answer.json() | {"instance": None}
            self.ledger.troubles[answer] += 1
            async with self._acknowledged:
                self._acknowledged.notify_all()
            await asyncio.sleep(PAUSE_SECONDS)  # as a client that was told to try again
        raise AssertionError(f"{asked} was never answered: {self.ledger.troubles}")

    async def _send(self, asked: Asked) -> httpx.Response | str:
        """Return the answer, or what stood in its way and is worth another try."""
        token = self._house.people.tokens[asked.person]
        body = {"session_id": asked.session_id} if asked.session_id else None
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": asked.key}
        try:
            response = await self._http.post(asked.path, json=body, headers=headers)
        except httpx.ConnectError:
            return "no connection"
        except httpx.TransportError:
            return "cut off"
        if response.status_code == 503:
            assert int(response.headers["retry-after"]) > 0
            return "unavailable"
        problem = response.json().get("type")
        if problem == IN_FLIGHT:
            assert int(response.headers["retry-after"]) > 0
            return "in flight"
        expected = {"take": 201, "confirm": 200, "give_back": 200}[asked.verb]
        assert response.status_code == expected or problem == NONE_LEFT, response.text
        return response
