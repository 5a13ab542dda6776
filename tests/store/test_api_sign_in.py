"""Tokens over the API: how they are had and ended, and that nobody learns which documents are known."""

import re
from datetime import timedelta
from typing import Any

import httpx
import psycopg
import pytest

from firsthand.directory.person.store import names_of
from firsthand.identity.code.limits import PER_NUMBER
from firsthand.identity.code.model import TRIES_MAX
from firsthand.platform.clock import ManualClock
from firsthand.platform.scope import CityScope
from firsthand.platform.world import World
from tests.api_client import Api, assert_problem, bearer, contents
from tests.conftest import FreshDatabase
from tests.people import document, said

NEW = {
    "document_type": "resident_id",
    "document_number": document(1).number,
    "name": "王小明",
    "phone": "13800000001",
}
STRANGER = {"document_type": "resident_id", "document_number": document(2).number}
PASSWORD = "violet harbour lantern"


async def ask_code(api: Api, fields: dict[str, str]) -> httpx.Response:
    return await api.http.post("/api/v1/sign-in-codes", json=fields)


async def enter_code(api: Api, attempt: str, code: str) -> httpx.Response:
    return await api.http.post("/api/v1/tokens", json={"attempt": attempt, "code": code})


async def last_code(world: World) -> str:
    found = re.search(r"\b\d{6}\b", (await said(world))[-1].body)
    assert found is not None
    return found[0]


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


async def test_a_new_person_registers_and_books(api: Api, world: World) -> None:
    asked = await api.http.post("/api/v1/registrations", json=NEW)
    assert asked.status_code == 202
    entered = await enter_code(api, asked.json()["attempt"], await last_code(world))
    assert entered.status_code == 201
    headers = bearer(entered.json()["token"], key="first")
    body = {"session_id": str(api.city.session_ids[0])}
    assert (await api.http.post("/api/v1/bookings", json=body, headers=headers)).status_code == 201
    async with world.database.transaction() as conn:
        row = await (await conn.execute("SELECT patient_id FROM booking.booking")).fetchone()
        assert row is not None
        assert await names_of(conn, world.keyring, CityScope("test"), [row[0]]) == {row[0]: "王小明"}


async def test_a_known_person_signs_in_and_out(api: Api, world: World) -> None:
    asked = await ask_code(api, api.document())
    assert (asked.status_code, asked.json().keys()) == (202, {"attempt", "expires_at"})
    entered = await enter_code(api, asked.json()["attempt"], await last_code(world))
    headers = bearer(entered.json()["token"])
    assert (await api.http.get("/api/v1/bookings", headers=headers)).status_code == 200
    ended = await api.http.delete("/api/v1/tokens/current", headers=headers)
    assert (ended.status_code, ended.content) == (204, b"")
    for response in (
        await api.http.get("/api/v1/bookings", headers=headers),
        await api.http.delete("/api/v1/tokens/current", headers=headers),
    ):
        assert_problem(response, 401, "not_signed_in")


async def test_staff_sign_in_and_see_their_day(api: Api) -> None:
    entered = await api.http.post("/api/v1/staff-tokens", json={"username": "DESK1", "password": PASSWORD})
    assert entered.status_code == 201
    headers = bearer(entered.json()["token"])
    day = await api.http.get("/api/v1/desk/day?day=2026-03-03", headers=headers)
    assert [one["session_id"] for one in day.json()["sessions"]] == [str(api.city.session_ids[1])]


@pytest.mark.parametrize(
    ("spoiled", "status", "reason"),
    [
        ({"document_type": "library card"}, 422, "document_type_unknown"),
        ({"document_number": "110101199001010010"}, 422, "document_number_invalid"),
        ({"name": " "}, 422, "name_missing"),
        ({"name": "王\u200b小明"}, 422, "name_invalid"),
        ({"name": "n" * 150}, 422, "name_too_long"),
        ({"phone": "12345"}, 422, "phone_invalid"),
        ({"language": "tlh"}, 422, "language_unknown"),
    ],
)
async def test_a_registration_is_refused(
    api: Api, fresh_database: FreshDatabase, spoiled: dict[str, str], status: int, reason: str
) -> None:
    before = contents(fresh_database)
    assert_problem(await api.http.post("/api/v1/registrations", json={**NEW, **spoiled}), status, reason)
    assert contents(fresh_database) == before


async def test_a_code_is_wrong_until_it_is_spent(api: Api, world: World) -> None:
    attempt = (await ask_code(api, api.document())).json()["attempt"]
    code = await last_code(world)
    for _ in range(TRIES_MAX - 1):
        assert_problem(await enter_code(api, attempt, wrong(code)), 401, "code_wrong")
    assert_problem(await enter_code(api, attempt, wrong(code)), 401, "code_spent")
    assert_problem(await enter_code(api, attempt, code), 401, "code_spent")


async def test_a_wrong_password_and_an_unknown_name_are_answered_alike(api: Api) -> None:
    problems = [
        assert_problem(
            await api.http.post("/api/v1/staff-tokens", json={"username": name, "password": password}),
            401,
            "sign_in_wrong",
        )
        for name, password in (("desk0", "not the password"), ("nobody", PASSWORD), ("n\x00", "\x00"))
    ]
    assert len({problem["detail"] for problem in problems}) == 1


async def test_who_tries_too_often_is_told_when_to_come_again(api: Api, clock: ManualClock) -> None:
    for _ in range(PER_NUMBER.attempts_max):
        assert (await ask_code(api, api.document())).status_code == 202
    limited = await ask_code(api, api.document())
    assert_problem(limited, 429, "too_many_requests")
    clock.advance(timedelta(seconds=int(limited.headers["retry-after"])))
    assert (await ask_code(api, api.document())).status_code == 202


async def test_a_token_ends_with_its_hours(api: Api, clock: ManualClock) -> None:
    clock.advance(timedelta(hours=12))
    assert_problem(await api.http.get("/api/v1/bookings", headers=api.as_person()), 401, "not_signed_in")
    assert_problem(await api.http.get("/api/v1/desk/returned", headers=api.as_desk()), 401, "not_signed_in")


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every statement that is sent to the database, as it is sent."""
    sent: list[str] = []
    execute = psycopg.AsyncCursor.execute

    async def note_and_execute(self: Any, query: Any, *args: Any, **more: Any) -> Any:  # noqa: ANN401 - psycopg's own
        sent.append(str(query))
        return await execute(self, query, *args, **more)

    monkeypatch.setattr(psycopg.AsyncCursor, "execute", note_and_execute)
    return sent


@pytest.mark.parametrize("address", ["/api/v1/sign-in-codes", "/api/v1/registrations"])
async def test_nothing_tells_whether_a_document_is_known(
    api: Api, statements: list[str], clock: ManualClock, fresh_database: FreshDatabase, address: str
) -> None:
    seen = []
    for fields in (api.document(), STRANGER):
        clock.advance(timedelta(minutes=10))
        body = {**NEW, **fields} if "registrations" in address else fields
        before = contents(fresh_database)
        statements.clear()
        response = await api.http.post(address, json=body)
        after = contents(fresh_database)
        grown = {table: len(rows) - len(before[table]) for table, rows in after.items() if rows != before[table]}
        shape = re.sub(r"[0-9a-f]", "0", response.json()["attempt"])
        headers = sorted(response.headers.keys())
        lengths = (len(response.content), response.headers["content-length"])
        wait = response.json()["expires_at"] == (clock.now() + timedelta(minutes=5)).isoformat().replace("+00:00", "Z")
        seen.append((response.status_code, shape, headers, lengths, wait, grown, tuple(statements)))
    assert seen[0] == seen[1]
    assert seen[0][0] == 202
    assert seen[0][4]
    assert len(seen[0][6]) > 5


async def test_a_token_does_not_tell_whether_an_attempt_was_about_anybody(api: Api) -> None:
    answers = []
    for fields in (api.document(), STRANGER):
        attempt = (await ask_code(api, fields)).json()["attempt"]
        answers.append([assert_problem(await enter_code(api, attempt, "no code"), 401, "code_wrong")["detail"]])
        for _ in range(TRIES_MAX + 1):
            answers[-1].append((await enter_code(api, attempt, "000000")).json()["type"])
    assert answers[0] == answers[1]
