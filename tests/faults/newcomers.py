"""People who register, sign in and look at what is theirs, over HTTP, whatever happens to the house meanwhile.

What they get to see was opened by a process of the house; what they are told is opened by the test's own process.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Self

import httpx

from firsthand.messages.store import recent
from firsthand.platform.scope import CityScope
from firsthand.platform.world import World
from tests.faults.house import House
from tests.faults.traffic import ANSWER_SECONDS_MAX, PAUSE_SECONDS, TRIES_MAX

_CODE = re.compile(r"\b\d{6}\b")


class Newcomers:
    """Everybody who comes to the house, and those who were there and look at their own page."""

    def __init__(self, house: House, world: World) -> None:
        """Come to `house`. world: of the test's own process, as another machine's."""
        self.looks = 0
        self._house, self._world = house, world
        self._looked = asyncio.Condition()
        fresh = httpx.Limits(max_keepalive_connections=0)
        self._http = httpx.AsyncClient(base_url=house.address, timeout=ANSWER_SECONDS_MAX, limits=fresh)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def register(self, number: int) -> None:
        """Register by a code, and see one's own name; whatever was cut off is begun anew."""
        wish = {
            "document_type": "passport",
            "document_number": f"N{number:08}",
            "name": f"Newcomer {number}",
            "phone": f"+86139{number:08}",
        }
        token = await self._enter("/api/v1/registrations", wish)
        assert f"Newcomer {number}" in await self._own_page(token)

    async def sign_in(self, number: int) -> None:
        """Come again, by one's document, and see one's own name."""
        wish = {"document_type": "passport", "document_number": f"N{number:08}"}
        token = await self._enter("/api/v1/sign-in-codes", wish, phone=f"+86139{number:08}")
        assert f"Newcomer {number}" in await self._own_page(token)

    @asynccontextmanager
    async def looking(self) -> AsyncIterator[None]:
        """Let everybody of the house look at his own page in turn, again and again, while the block lasts."""
        everybody = asyncio.create_task(self._look())
        try:
            yield
        finally:
            everybody.cancel()
        await asyncio.gather(everybody, return_exceptions=True)
        if not everybody.cancelled():
            everybody.result()

    async def everybody_looked(self) -> None:
        """Wait until each person of the house has seen his own name once more."""
        wanted = self.looks + len(self._house.people.ids) + 1
        async with asyncio.timeout(ANSWER_SECONDS_MAX), self._looked:
            await self._looked.wait_for(lambda: self.looks >= wanted)

    async def _look(self) -> None:
        while True:
            for number, token in enumerate(self._house.people.tokens):
                assert f"Person {number}" in await self._own_page(token)
                self.looks += 1
                async with self._looked:
                    self._looked.notify_all()

    async def _own_page(self, token: str) -> str:
        headers = {"Accept-Language": "en", "Cookie": f"firsthand_session={token}"}
        answer = await self._answered(self._http.build_request("GET", "/me", headers=headers))
        assert answer.status_code == 200, answer.text
        return answer.text

    async def _enter(self, path: str, wish: dict[str, str], *, phone: str = "") -> str:
        """Ask for a code, read it, and return the token that it gives."""
        for _ in range(TRIES_MAX):
            asked = await self._answered(self._http.build_request("POST", path, json=wish))
            assert asked.status_code == 202, asked.text
            code = await self._code(phone or wish["phone"])
            entry = {"attempt": asked.json()["attempt"], "code": code}
            try:
                entered = await self._http.post("/api/v1/tokens", json=entry)
            except httpx.TransportError:
                continue  # perhaps it was used: a code is good once
            if entered.status_code != 503:
                assert entered.status_code == 201, entered.text
                token: str = entered.json()["token"]
                return token
        raise AssertionError(f"{path} was never answered")

    async def _code(self, phone: str) -> str:
        async with self._world.database.transaction() as conn:
            messages = await recent(conn, self._world.keyring, CityScope("test"), 1000)
        return next(
            found[0]
            for message in messages
            if message.address == phone and (found := _CODE.search(message.body)) is not None
        )

    async def _answered(self, request: httpx.Request) -> httpx.Response:
        for _ in range(TRIES_MAX):
            try:
                answer = await self._http.send(request)
            except httpx.TransportError:
                pass
            else:
                if answer.status_code != 503:
                    return answer
            await asyncio.sleep(PAUSE_SECONDS)  # as a client that was told to try again
        raise AssertionError(f"{request.url} was never answered")
