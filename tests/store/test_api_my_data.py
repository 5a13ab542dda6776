"""A person's own data by the API: the same file as on the pages, under the same limits."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest

from firsthand.account.limits import EXPORTS
from firsthand.identity.session.model import FRESH_FOR
from firsthand.platform.clock import ManualClock
from firsthand.platform.world import World
from tests.account_scene import Scene, live_through, open_account_scene
from tests.api_client import Api, open_api
from tests.conftest import FreshDatabase
from tests.families import COOLING, child_of

DATA, LOOKS = "/api/v1/me/data", "/api/v1/me/looks"


@pytest.fixture
async def scene(world: World, clock: ManualClock, fresh_database: FreshDatabase) -> Scene:
    return await open_account_scene(world, clock, fresh_database)


@pytest.fixture
async def api(scene: Scene) -> AsyncIterator[Api]:
    async with open_api(scene.world, scene.city) as opened:
        yield opened


def lists_of(file: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of every list of a file by its key."""
    return {key: one["rows"] for category in file["held"] for key, one in category["lists"].items()}


async def test_the_file_has_everything_and_who_looked(api: Api, scene: Scene) -> None:
    await live_through(scene)
    await api.sign_in_anew()
    answer = await api.http.get(DATA, headers=api.as_person() | {"accept-language": "en"})
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    file = answer.json()
    assert (file["format"], file["version"], file["language"]) == ("firsthand.my-data", 1, "en")
    lists = lists_of(file)
    assert sorted(row["number"] for row in lists["documents"]) == ["P0000000", "X0000077"]
    assert lists["former_documents"][0]["number"].startswith("***")
    assert {row["template"] for row in lists["messages"] if row["body"] is None} == {"email_code", "tie_asked_code"}
    assert all(row["taken_at"].endswith("Z") for row in lists["bookings"])
    words = [look["words"] for look in file["looks"]]
    assert words[:2] == ["Read your document numbers", "Saved a file with all that is held on you"]
    assert {"Opened your record in an emergency", "Checked you in", "Took a place for you"} <= set(words)
    assert not file["older_looks"]


async def test_looks_come_in_pages(api: Api, scene: Scene) -> None:
    for _ in range(26):
        await scene.counter.find()
        await api.http.get(LOOKS, headers=api.as_person())
        await scene.counter.find(caller=scene.counter.colleague)
    seen: list[dict[str, Any]] = []
    below: int | None = 2**40
    while below is not None:
        page = (await api.http.get(f"{LOOKS}?below={below}", headers=api.as_person())).json()
        seen += page["looks"]
        below = page["below"]
        assert len(page["looks"]) <= 50
    assert len(seen) == 52
    references = [look["who"]["reference"] for look in seen]
    assert len(set(references)) == 2
    assert references[0] != references[1]
    assert [look["who"]["roles"] for look in seen] == [["desk"]] * 52


async def test_a_token_of_an_hour_ago_reads_looks_and_carries_nothing_away(
    api: Api, scene: Scene, clock: ManualClock
) -> None:
    clock.advance(FRESH_FOR * 2)
    refused = await api.http.get(DATA, headers=api.as_person())
    assert (refused.status_code, refused.json()["type"]) == (403, "urn:firsthand:problem:sign_in_stale")
    assert (await api.http.get(LOOKS, headers=api.as_person())).status_code == 200
    assert scene.lines("account.export_data", "sign_in_stale") == 1


async def test_files_are_counted(api: Api, scene: Scene) -> None:
    answers = [await api.http.get(DATA, headers=api.as_person()) for _ in range(EXPORTS.attempts_max + 1)]
    assert [answer.status_code for answer in answers] == [200] * EXPORTS.attempts_max + [429]
    assert answers[-1].headers["retry-after"] == "3600"
    assert scene.lines("account.export_data", "too_many_requests") == 1
    # Another person is not counted with him.
    assert (await api.http.get(DATA, headers=api.as_person(1))).status_code == 200


async def test_a_guardian_names_the_child_and_nobody_else_can(api: Api, scene: Scene, clock: ManualClock) -> None:
    _, child_id = await child_of(scene.world, scene.id(), name="Little Zero")
    clock.advance(COOLING)
    await api.sign_in_anew()
    file = (await api.http.get(f"{DATA}?child={child_id}", headers=api.as_person())).json()
    assert file["person_id"] == str(child_id)
    assert lists_of(file)["person"][0]["name"] == "Little Zero"
    assert "sessions" not in lists_of(file)
    for asked in (child_id, scene.id(), uuid4()):
        for address in (DATA, LOOKS):
            answer = await api.http.get(f"{address}?child={asked}", headers=api.as_person(1))
            assert (answer.status_code, answer.json()["type"]) == (404, "urn:firsthand:problem:person_unknown")


async def test_staff_and_strangers_are_not_let_in(api: Api) -> None:
    for address in (DATA, LOOKS):
        assert (await api.http.get(address)).status_code == 401
        assert (await api.http.get(address, headers=api.as_desk())).status_code == 403
