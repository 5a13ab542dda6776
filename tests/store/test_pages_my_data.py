"""The pages of a person's own data, as his browser gets them."""

import json
import re
from collections.abc import AsyncIterator

import httpx
import pytest
from litestar import Litestar

from firsthand.identity.session.model import FRESH_FOR
from firsthand.platform.clock import ManualClock
from firsthand.platform.world import World
from tests.account_scene import MAIL, ME, WHY, Scene, live_through, open_account_scene
from tests.city import City
from tests.conftest import FreshDatabase
from tests.families import COOLING, child_of
from tests.visitor import Visitor, visiting


@pytest.fixture
async def scene(world: World, clock: ManualClock, fresh_database: FreshDatabase) -> Scene:
    return await open_account_scene(world, clock, fresh_database)


@pytest.fixture
async def city(scene: Scene) -> City:
    return scene.city


@pytest.fixture
async def me(app: Litestar, scene: Scene) -> AsyncIterator[Visitor]:
    async with visiting(app) as one:
        await one.sign_in(scene.world, scene.city.documents[ME])
        yield one


async def test_a_person_sees_what_is_held_why_and_until_when(me: Visitor) -> None:
    page = await me.open("/me/data")
    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    for said in ("Person 0", "+8613800000000", "Who you are", "Your appointments", "****"):
        assert said in page.text
    assert "Kept for 3 years, after the day of the appointment. It is erased." in page.text
    assert "Personal Information Protection Law, Article 13" in page.text
    assert "P0000000" not in page.text


async def test_numbers_are_shown_once_on_asking_and_recorded(me: Visitor, scene: Scene) -> None:
    await me.open("/me/data")
    shown = await me.send("/me/data/numbers", {})
    assert shown.status_code == 200
    assert "P0000000" in shown.text
    assert scene.lines("identity.document_read") == 1
    assert "P0000000" not in (await me.open("/me/data")).text
    looked = await me.open("/me/data/looks")
    assert "Read your document numbers" in looked.text


async def test_looks_of_staff_are_shown_by_role_and_place_and_never_by_name(me: Visitor, scene: Scene) -> None:
    await scene.counter.find(ME)
    page = await me.open("/me/data/looks")
    assert "Found you, at the counter or on the phone" in page.text
    assert "Hospital 0" in page.text
    assert "Desk, member of staff " in page.text
    assert "Desk 0" not in page.text


async def test_the_file_is_saved_after_a_tick_by_somebody_who_has_just_signed_in(me: Visitor, scene: Scene) -> None:
    page = await me.open("/me/data/export")
    assert page.status_code == 200
    unticked = await me.send("/me/data/export", {"confirm": ""})
    assert unticked.status_code == 422
    assert "Tick the box" in unticked.text
    saved = await me.send("/me/data/export", {"confirm": "yes", "kind": "json"})
    assert saved.status_code == 200
    assert saved.headers["content-disposition"] == 'attachment; filename="my-data-2026-03-02.json"'
    assert saved.headers["content-type"] == "application/json"
    assert saved.headers["cache-control"] == "no-store"
    file = json.loads(saved.content)
    assert (file["format"], file["version"], file["language"]) == ("firsthand.my-data", 1, "en")
    assert file["person_id"] == str(scene.id())
    assert "P0000000" in saved.text
    assert [look["action"] for look in file["looks"]] == ["identity.document_read", "account.export_data"]
    assert scene.lines("account.export_data") == 1


async def test_an_old_sign_in_is_asked_to_show_once_more_who_it_is(
    me: Visitor, clock: ManualClock, scene: Scene
) -> None:
    await me.open("/me/data")
    clock.advance(FRESH_FOR * 2)
    for answer in (
        await me.client.get("/me/data/export", follow_redirects=False),
        await me.client.post("/me/data/export", data=form(me, confirm="yes"), follow_redirects=False),
    ):
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in/again?next=/me/data/export")
    numbers = await me.client.post("/me/data/numbers", data=form(me), follow_redirects=False)
    assert (numbers.status_code, numbers.headers["location"]) == (303, "/sign-in/again?next=/me/data")
    assert scene.lines("account.export_data") == scene.lines("identity.document_read") == 0


def form(visitor: Visitor, **fields: str) -> dict[str, str]:
    """Return the fields of the form that shows numbers, with more."""
    return {"csrf": csrf_of(visitor.page), **fields}


def csrf_of(page: httpx.Response) -> str:
    """Return the token of a page's forms."""
    return page.text.split('name="csrf" value="')[1].split('"')[0]


async def test_a_guardian_is_led_to_the_childs_data_and_saves_its_file(
    me: Visitor, scene: Scene, clock: ManualClock
) -> None:
    _, child_id = await child_of(scene.world, scene.id(), name="Little Zero")
    assert (await me.open(f"/me/data?child={child_id}")).status_code == 404
    clock.advance(COOLING)
    await me.sign_in(scene.world, scene.city.documents[ME])
    page = await me.open("/me/data")
    assert f'href="/me/data?child={child_id}"' in page.text
    page = await me.open(f"/me/data?child={child_id}")
    assert "Data of Little Zero" in page.text
    assert "Registered under" in page.text
    assert "Person 0" in page.text
    assert "Where you are signed in" not in page.text
    await me.open(f"/me/data/export?child={child_id}")
    saved = await me.send("/me/data/export", {"confirm": "yes", "kind": "json"})
    file = json.loads(saved.content)
    assert file["person_id"] == str(child_id)
    assert {"is": "person", "name": "Person 0"} in [look["who"] for look in file["looks"]]


async def test_everything_can_be_shown_of_somebody_to_whom_everything_happened(app: Litestar, scene: Scene) -> None:
    child_id = await live_through(scene)
    async with visiting(app, language="zh") as one:
        await one.sign_in(scene.world, scene.city.documents[ME])
        for address in ("/me/data", f"/me/data?child={child_id}", "/me/data/looks", "/me/data/export"):
            page = await one.open(address)
            assert page.status_code == 200, address
        saved = await one.send("/me/data/export", {"confirm": "yes", "kind": "json"})
        file = json.loads(saved.content)
        lists = {key for category in file["held"] for key, one_list in category["lists"].items() if one_list["rows"]}
        assert lists >= {"person", "bookings", "messages", "ties", "corrections", "emergencies", "passkeys", "sessions"}


async def test_the_file_to_read_has_the_same_and_needs_nothing_else(app: Litestar, scene: Scene) -> None:
    await live_through(scene)
    async with visiting(app) as one:
        await one.sign_in(scene.world, scene.city.documents[ME])
        await one.open("/me/data/export")
        saved = await one.send("/me/data/export", {"confirm": "yes"})
    assert saved.headers["content-disposition"] == 'attachment; filename="my-data-2026-03-04.html"'
    assert saved.headers["content-security-policy"] == "default-src 'none'"
    for said in (
        "P0000000",
        "X0000077",
        "Little Zero",
        "Once Zero",
        WHY,
        "Person 1",
        MAIL,
        "Checked you in",
        "My phone",
    ):
        assert said in saved.text, said
    assert not {"<script", "<link", "<style", "<form", "href=", "src="} & set(re.findall(r"<\w+|\w+=", saved.text))
    assert "Desk 0" not in saved.text
    assert "Nothing is held." not in saved.text


async def test_the_kind_that_was_chosen_stays_chosen(me: Visitor) -> None:
    await me.open("/me/data/export")
    assert 'value="page" checked' in me.page.text
    unticked = await me.send("/me/data/export", {"confirm": "", "kind": "json"})
    assert 'value="json" checked' in unticked.text
    unknown = await me.send("/me/data/export", {"confirm": "", "kind": "exe"})
    assert 'value="page" checked' in unknown.text
