"""Delivery reports over the API: signed, fresh, and each heard once."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest

from firsthand.channels.app import create_app
from firsthand.messages.actions import DEMO_SENDERS, send_message, take_report
from firsthand.messages.model import ReportedState, State
from firsthand.messages.reports import SECONDS_APART_MAX, sign_report
from firsthand.platform.clock import ManualClock
from firsthand.platform.world import World
from tests.api_client import SETTINGS, assert_problem, running
from tests.conftest import FreshDatabase
from tests.people import SYSTEM, as_owner, audited
from tests.store.test_messages import enqueue, message

KEY = "k" * 40
ADDRESS = "/api/v1/message-reports"


@pytest.fixture
async def http(world: World, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """The application of a house that takes reports."""
    path = tmp_path / "report-key"
    path.write_text(KEY)
    path.chmod(0o600)
    async with running(create_app(world, replace(SETTINGS, sms_report_key_file=path))) as app:
        transport = httpx.ASGITransport(app)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://firsthand.test") as client:
            yield client


def body_of(message_id: UUID, state: str = "delivered") -> bytes:
    return json.dumps({"id": str(message_id), "state": state}).encode()


def signed(world: World, body: bytes, *, key: str = KEY, seconds: int = 0) -> dict[str, str]:
    stamp = str(int(world.clock.now().timestamp()) + seconds)
    return {
        "Content-Type": "application/json",
        "Firsthand-Time": stamp,
        "Firsthand-Signature": sign_report(key.encode(), stamp, body),
    }


async def report(http: httpx.AsyncClient, world: World, message_id: UUID, state: str = "delivered") -> httpx.Response:
    body = body_of(message_id, state)
    return await http.post(ADDRESS, content=body, headers=signed(world, body))


async def sent(world: World, event: str = "a") -> UUID:
    (message_id,) = await enqueue(world, message(event))
    assert await send_message(world, SYSTEM, message_id, DEMO_SENDERS) is State.SENT
    return message_id


def states(database: FreshDatabase) -> list[tuple[object, ...]]:
    return as_owner(database, "SELECT state, last_error FROM messages.message ORDER BY made_at, id")


async def test_a_report_settles_a_message_once(
    http: httpx.AsyncClient, world: World, fresh_database: FreshDatabase
) -> None:
    message_id = await sent(world)
    for state in ("delivered", "delivered", "failed"):
        assert (await report(http, world, message_id, state)).status_code == 204
    assert states(fresh_database) == [("delivered", None)]
    assert audited(fresh_database)[1:] == [
        ("messages.report", "done"),
        ("messages.report", "already_settled"),
        ("messages.report", "already_settled"),
    ]


async def test_what_was_not_delivered_is_failed(
    http: httpx.AsyncClient, world: World, fresh_database: FreshDatabase
) -> None:
    message_id = await sent(world)
    assert (await report(http, world, message_id, "failed")).status_code == 204
    assert states(fresh_database) == [("failed", "not_delivered")]


async def test_a_message_that_nobody_knows_is_answered_like_another(
    http: httpx.AsyncClient, world: World, fresh_database: FreshDatabase
) -> None:
    assert (await report(http, world, uuid4())).status_code == 204
    assert audited(fresh_database) == [("messages.report", "message_unknown")]


async def test_what_was_never_handed_over_cannot_be_delivered(
    http: httpx.AsyncClient, world: World, fresh_database: FreshDatabase
) -> None:
    (message_id,) = await enqueue(world, message())
    assert (await report(http, world, message_id)).status_code == 204
    assert states(fresh_database) == [("queued", None)]


async def test_a_report_that_overtakes_the_workers_word_is_believed(
    world: World, fresh_database: FreshDatabase
) -> None:
    (message_id,) = await enqueue(world, message())

    class DyingSender:
        async def send(self, _outgoing: object) -> object:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        await send_message(world, SYSTEM, message_id, dict.fromkeys(DEMO_SENDERS, DyingSender()))  # type: ignore[arg-type]
    assert await take_report(world, SYSTEM, message_id, ReportedState.DELIVERED) is State.DELIVERED
    assert await send_message(world, SYSTEM, message_id, DEMO_SENDERS) is State.DELIVERED
    assert states(fresh_database) == [("delivered", None)]


async def test_a_report_is_of_no_use_later(http: httpx.AsyncClient, world: World, clock: ManualClock) -> None:
    body = body_of(uuid4())
    headers = signed(world, body)
    clock.advance(timedelta(seconds=SECONDS_APART_MAX))
    assert (await http.post(ADDRESS, content=body, headers=headers)).status_code == 204
    clock.advance(timedelta(seconds=1))
    assert_problem(await http.post(ADDRESS, content=body, headers=headers), 401, "not_signed")


async def test_without_a_key_no_report_is_taken(world: World) -> None:
    async with running(create_app(world, SETTINGS)) as app:
        transport = httpx.ASGITransport(app)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://firsthand.test") as client:
            body = body_of(uuid4())
            answer = await client.post(ADDRESS, content=body, headers=signed(world, body))
    assert_problem(answer, 404, "not_found")


@pytest.mark.parametrize("body", [b"", b"{}", b'{"id": "x", "state": "delivered"}', b"[]", b'{"id": 1}'])
async def test_a_signed_report_that_makes_no_sense_is_refused(
    http: httpx.AsyncClient, world: World, fresh_database: FreshDatabase, body: bytes
) -> None:
    answer = await http.post(ADDRESS, content=body, headers=signed(world, body))
    assert_problem(answer, 400, "invalid_request")
    assert audited(fresh_database) == []
