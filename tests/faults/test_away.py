"""While the database is away the web server says so, in words and in time; when it is back, it serves again."""

import asyncio
import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from tests.faults.house import House


@contextmanager
def nobody_starts_it(house: House) -> Iterator[None]:
    """Keep every process of the house from starting the database, as a recovery that takes long does."""
    with (house.settings.data_dir / "postgres.turn").open("r+") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        yield


async def ask(http: httpx.AsyncClient, path: str, **headers: str) -> httpx.Response:
    return await http.get(path, headers=headers)


async def test_the_web_server_says_that_the_database_is_away_and_serves_when_it_is_back(house: House) -> None:
    web = house.start_web()
    bearer = f"Bearer {house.people.tokens[0]}"
    async with httpx.AsyncClient(base_url=house.address, timeout=60.0) as http:
        with nobody_starts_it(house):
            house.kill_database()
            alive, ready, api, page, figures = await asyncio.gather(
                ask(http, "/healthz"),
                ask(http, "/readyz"),
                ask(http, "/api/v1/bookings", Authorization=bearer),
                ask(http, "/", Accept="text/html"),
                ask(http, "/metrics"),
            )
        assert alive.status_code == 200
        assert [answer.status_code for answer in (ready, api, page)] == [503] * 3
        assert [int(answer.headers["retry-after"]) > 0 for answer in (ready, api, page)] == [True] * 3
        assert api.json()["type"] == "urn:firsthand:problem:try_again"
        assert page.headers["content-type"].startswith("text/html")
        assert "firsthand_database_up 0.0" in figures.text
        house.wait_until_ready(web)
        again = await ask(http, "/api/v1/bookings", Authorization=bearer)
        assert (again.status_code, again.json()) == (200, [])
        with nobody_starts_it(house):
            house.kill_database()
            refused = asyncio.create_task(ask(http, "/api/v1/bookings", Authorization=bearer))
            await ask(http, "/readyz")
            web.told_to_stop()
            assert (await refused).status_code == 503
        assert await asyncio.to_thread(web.end_status) == 0, web.log.read_text()
