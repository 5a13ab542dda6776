"""Attacks that would find out who is registered: by what is answered, and by the work that is done."""

from collections.abc import Mapping

import pytest
from litestar import Litestar

from firsthand.directory.person.model import Phone
from firsthand.directory.person.sign_in import enter_code, request_registration, request_sign_in
from firsthand.identity.code.model import CodeRequested
from firsthand.identity.document.model import Document
from firsthand.platform.world import World
from tests.attacks.sign_in.town import HOME, Town, counted
from tests.people import STRANGER, document, registration
from tests.visitor import forms_of, visiting


@pytest.mark.parametrize("known", [Phone("+8613800000001"), Phone("+8613800000003"), document(1)])
async def test_counting_the_work_of_asking_for_a_code(
    world: World, town: Town, monkeypatch: pytest.MonkeyPatch, known: Document | Phone
) -> None:
    unknown = document(77) if known == document(1) else Phone("+8613899999999")
    runs = []
    for number in (known, unknown):
        with counted(monkeypatch) as run:
            assert isinstance(await request_sign_in(world, STRANGER, number, HOME), CodeRequested)
        runs.append(run)
    assert runs[0] == runs[1] != []
    assert town.ids


async def test_counting_the_work_of_registering(world: World, town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = []
    for new in (town.people[0], registration(77)):
        with counted(monkeypatch) as run:
            assert isinstance(await request_registration(world, STRANGER, new, HOME), CodeRequested)
        runs.append(run)
    assert runs[0] == runs[1] != []


async def test_counting_the_work_of_a_wrong_code(world: World, town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = []
    for number in (town.people[0].phone, Phone("+8613899999999")):
        asked = await request_sign_in(world, STRANGER, number, HOME)
        assert isinstance(asked, CodeRequested)
        with counted(monkeypatch) as run:
            await enter_code(world, STRANGER, asked.code_id, "no number", HOME)
            await enter_code(world, STRANGER, asked.code_id, "000000", HOME)
        runs.append(run)
    assert runs[0] == runs[1] != []


@pytest.mark.parametrize("way", ["/sign-in", "/sign-in/document"])
async def test_reading_the_answer_for_a_known_and_an_unknown_number(app: Litestar, town: Town, way: str) -> None:
    answers = []
    for number in (1, 77):
        typed = {"phone": f"+8613800000{number:03}"}
        if way == "/sign-in/document":
            typed = {"document_type": "resident_id", "document_number": document(number).number}
        async with visiting(app) as visitor:
            await visitor.open(way)
            fields = {**forms_of(visitor.page)[way].fields, **typed}
            led = await visitor.client.post(way, data=fields)
            page = await visitor.open(led.headers["location"])
            attempt, csrf = led.headers["location"].partition("attempt=")[2], fields["csrf"]
            shown = (
                page.text.replace(attempt, "")
                .replace(csrf, "")
                .replace(visitor.client.cookies["firsthand_visitor"], "")
            )
            answers.append((led.status_code, sorted(led.headers), sorted(page.headers), shown))
    assert answers[0] == answers[1]
    assert town.ids


@pytest.mark.parametrize("body", [{"phone": "+8613800000001"}, {"phone": "+8613899999999"}])
async def test_asking_the_api(app: Litestar, body: Mapping[str, str]) -> None:
    async with visiting(app) as visitor:
        answer = await visitor.client.post("/api/v1/sign-in-codes", json=body)
    assert (answer.status_code, sorted(answer.json())) == (202, ["attempt", "expires_at"])
