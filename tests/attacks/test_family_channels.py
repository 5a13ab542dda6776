"""Attacks on families through pages and the API: each is refused and changes nothing.

Where an attack never reaches an action, as with a token that is not the form's own, no line is due.
"""

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from litestar import Litestar

from firsthand.directory.family.asking import ask_adult
from firsthand.directory.family.model import AdultAsked, Asked
from firsthand.platform.clock import ManualClock
from firsthand.platform.scope import PersonScope
from firsthand.platform.world import World
from tests.api_client import Api, open_api
from tests.conftest import FreshDatabase
from tests.families import (
    born_document,
    person,
    register,
)
from tests.family_scene import BUYER, CARER, PATIENT, STRANGER, TOUT, Scene, code_of, open_scene
from tests.people import HERE, as_owner, audited, said
from tests.visitor import Visitor, pages, visiting


@pytest.fixture
async def scene(world: World, clock: ManualClock, fresh_database: FreshDatabase) -> Scene:
    return await open_scene(world, clock, fresh_database)


@pytest.fixture
async def app(world: World, scene: Scene, tmp_path: Path) -> AsyncIterator[Litestar]:
    assert scene.city.session_ids
    async with pages(world, tmp_path) as served:
        yield served


@pytest.fixture
async def carer(app: Litestar, scene: Scene) -> AsyncIterator[Visitor]:
    async with visiting(app) as one:
        await one.sign_in(scene.world, scene.city.documents[CARER])
        yield one


@pytest.fixture
async def api(world: World, scene: Scene) -> AsyncIterator[Api]:
    async with open_api(world, scene.city) as opened:
        yield opened


async def test_a_code_for_a_tie_signs_nobody_in(scene: Scene, app: Litestar) -> None:
    _, code = await code_of(scene)
    ((code_id,),) = as_owner(scene.database, "SELECT code_id FROM directory.tie WHERE code_id IS NOT NULL")
    async with visiting(app) as one:
        await one.open("/sign-in")
        await one.open(f"/sign-in/code?attempt={code_id}")
        page = await one.send("/sign-in/code", {"code": code})
    assert page.status_code == 401
    assert as_owner(scene.database, "SELECT count(*) FROM identity.session") == [(0,)]
    assert audited(scene.database)[-1][1] == "code_spent"


# --- over HTTP -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["adult", "child", "{tie}/end", "{tie}/confirm", "{tie}/code", "{tie}/code-again"])
@pytest.mark.parametrize("csrf", ["", "0" * 64])
async def test_a_form_of_another_site(scene: Scene, carer: Visitor, path: str, csrf: str) -> None:
    before = scene.kept()
    fields = {
        "csrf": csrf,
        "label": "Buyer",
        "document_type": "passport",
        "document_number": "P0000003",
        "agreed": "yes",
    }
    answer = await carer.post(f"/me/family/{path.format(tie=scene.tie_id)}", urlencode(fields).encode())
    assert answer.status_code == 403
    assert scene.kept() == before


@pytest.mark.parametrize("field", ["kind", "state", "active_from", "usable_from", "carer_id", "dependant_id", "how"])
async def test_a_field_that_the_form_does_not_have(scene: Scene, carer: Visitor, field: str) -> None:
    await carer.open("/me/family/adult")
    document = scene.city.documents[BUYER]
    value = {"kind": "guardian", "state": "active", "how": "desk"}.get(field, str(scene.id(TOUT)))
    await carer.send(
        "/me/family/adult",
        {
            "label": "Buyer",
            "document_type": document.type,
            "document_number": document.number,
            "agreed": "yes",
            field: value,
        },
    )
    rows = as_owner(
        scene.database,
        "SELECT kind, state, active_from, usable_from, carer_id, dependant_id FROM directory.tie"
        " WHERE state <> 'active'",
    )
    assert rows == [("carer", "asked", None, None, scene.id(CARER), scene.id(BUYER))]


@pytest.mark.parametrize("field", ["kind", "state", "active_from", "dependant_id", "how"])
async def test_a_field_that_the_api_does_not_know(scene: Scene, api: Api, field: str) -> None:
    before = scene.kept()
    body = {"document_type": "passport", "document_number": "P0000003", "label": "Buyer", field: "active"}
    answer = await api.http.post("/api/v1/ties/adults", json=body, headers=api.as_person(CARER))
    assert answer.status_code == 400
    assert {**scene.kept(), "identity.session": []} == {**before, "identity.session": []}


@pytest.mark.parametrize("body", ["patient", "payer", "both"])
async def test_a_patient_or_payer_forged_in_the_api(scene: Scene, api: Api, body: str) -> None:
    before = scene.kept()
    named = {"patient_id": str(scene.id(STRANGER)), "payer_id": str(scene.id(BUYER))}
    sent = {name: value for name, value in named.items() if body in {"both", name.removesuffix("_id")}}
    answer = await api.http.post(
        "/api/v1/bookings",
        json={"session_id": str(scene.city.session_ids[1]), **sent},
        headers=api.as_person(CARER, key="forged"),
    )
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:firsthand:problem:not_permitted")
    assert scene.kept()["booking.booking"] == before["booking.booking"]
    assert audited(scene.database)[-1] == ("booking.take", "not_permitted")


async def test_a_key_replayed_for_another_patient(scene: Scene, api: Api) -> None:
    session = {"session_id": str(scene.city.session_ids[1])}
    first = await api.http.post("/api/v1/bookings", json=session, headers=api.as_person(CARER, key="one"))
    assert first.status_code == 201
    other = {**session, "patient_id": str(scene.id(PATIENT))}
    answer = await api.http.post("/api/v1/bookings", json=other, headers=api.as_person(CARER, key="one"))
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:firsthand:problem:key_reused")


@pytest.mark.parametrize("path", ["code", "confirmation", "end"])
async def test_anothers_tie_in_the_api(scene: Scene, api: Api, path: str) -> None:
    before = scene.kept()
    for tie_id in (scene.tie_id, uuid4()):
        body = {"code": "123456"} if path == "code" else None
        answer = await api.http.post(f"/api/v1/ties/{tie_id}/{path}", json=body, headers=api.as_person(TOUT))
        assert (answer.status_code, answer.json()["type"]) == (404, "urn:firsthand:problem:tie_unknown")
    assert scene.kept() == before


@pytest.mark.parametrize("path", ["end", "confirm", "code"])
async def test_anothers_tie_on_the_pages(scene: Scene, app: Litestar, path: str) -> None:
    async with visiting(app) as one:
        await one.sign_in(scene.world, scene.city.documents[TOUT])
        answers = [await one.open(f"/me/family/{tie_id}/{path}") for tie_id in (scene.tie_id, uuid4())]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert not any(f"Person {number}" in answer.text for answer in answers for number in (CARER, PATIENT))


async def test_pages_tell_no_known_document_from_an_unknown_one(scene: Scene, app: Litestar) -> None:
    """The answers are one page but for the ids, and so is what stands on the family's page after it."""
    seen = []
    for who, document in ((STRANGER, scene.city.documents[BUYER]), (TOUT, born_document(date(1971, 2, 3)))):
        async with visiting(app) as one:
            await one.sign_in(scene.world, scene.city.documents[who])
            await one.open("/me/family/adult")
            sent = {
                "label": "Buyer",
                "document_type": document.type,
                "document_number": document.number,
                "agreed": "yes",
            }
            page = await one.send("/me/family/adult", sent)
            tie_id = str(page.url).split("/")[-2]
            wrong = await one.send(f"/me/family/{tie_id}/code", {"code": "000000"})
            home = await one.open("/me/family")
            seen.append([plain(each.text, tie_id, who) for each in (page, wrong, home)])
    assert seen[0] == seen[1]


def plain(text: str, tie_id: str, who: int) -> str:
    """Return a page without what is another one's in each: ids, tokens and the visitor's name."""
    lines = [
        line for line in text.replace(tie_id, "TIE").replace(f"Person {who}", "ME").splitlines() if "csrf" not in line
    ]
    return "\n".join(lines)


async def test_staff_have_no_family_pages_and_people_no_desk(scene: Scene, app: Litestar) -> None:
    async with visiting(app) as clerk:
        await clerk.sign_in_at_desk()
        assert (await clerk.open("/me/family")).status_code == 403
    async with visiting(app) as one:
        await one.sign_in(scene.world, scene.city.documents[CARER])
        page = await one.open("/desk/family")
        assert "/desk/sign-in" in str(page.url) or page.status_code == 403


async def test_a_name_carries_no_message_to_a_stranger(scene: Scene) -> None:
    """Who registers chooses his name, and whom he asks: the message has the letters of the name and no more."""
    tout = await register(
        scene.world, born_document(date(1980, 5, 5)), "Pay 0900-123 now: evil.example/x", "+8613900000003"
    )
    asked_for = AdultAsked(scene.city.documents[BUYER], "Someone")
    assert isinstance(await ask_adult(scene.world, person(tout), PersonScope(tout), asked_for, HERE), Asked)
    body = next(one.body for one in await said(scene.world) if "evil" in one.body)
    assert "evil.example" not in body
    assert "0900" not in body
