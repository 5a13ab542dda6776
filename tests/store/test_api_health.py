"""What machines ask of a process, and what is written down of every request."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import psycopg
import pytest
from prometheus_client.parser import text_string_to_metric_families
from psycopg import sql
from structlog.testing import capture_logs

from firsthand.audit.model import TAIL_AGE_MAX
from firsthand.channels.health import MESSAGE_AGE_MAX
from firsthand.directory.emergency.actions import open_record, review_access
from firsthand.directory.emergency.model import REVIEW_WITHIN, Access, Wanted
from firsthand.directory.request.answering import answer_request
from firsthand.directory.request.model import ANSWER_WITHIN, Request
from firsthand.platform.access import Role as StaffRole
from firsthand.platform.clock import ManualClock
from firsthand.platform.postgres import Role
from tests.api_client import Api, assert_problem
from tests.conftest import FreshDatabase
from tests.requests import REASONS, asked, asked_to_delete
from tests.staffing import make_crew

MICROSECOND = timedelta(microseconds=1)


def figures(text: str) -> dict[str, float]:
    """Return every sample by its name and labels."""
    return {
        f"{sample.name}{sorted(sample.labels.items())}": sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def test_the_process_is_alive_and_ready(api: Api) -> None:
    alive, ready = await api.http.get("/healthz"), await api.http.get("/readyz")
    assert (alive.status_code, alive.text) == (200, "alive\n")
    assert (ready.status_code, ready.json()) == (200, {"ready": True, "alarms": []})


async def test_an_old_unsealed_line_alarms_and_does_not_stop_the_service(api: Api, clock: ManualClock) -> None:
    clock.advance(TAIL_AGE_MAX)
    assert (await api.http.get("/readyz")).json()["alarms"] == []
    clock.advance(MICROSECOND)
    ready = await api.http.get("/readyz")
    assert (ready.status_code, ready.json()["ready"]) == (200, True)
    (alarm,) = ready.json()["alarms"]
    assert "sealer" in alarm


async def test_an_old_unsent_message_alarms(api: Api, clock: ManualClock) -> None:
    await api.http.post("/api/v1/sign-in-codes", json=api.document())
    clock.advance(MESSAGE_AGE_MAX)
    assert not any("messages" in alarm for alarm in (await api.http.get("/readyz")).json()["alarms"])
    clock.advance(MICROSECOND)
    alarms = (await api.http.get("/readyz")).json()["alarms"]
    assert sum("messages" in alarm for alarm in alarms) == 1


async def test_an_emergency_that_nobody_reviews_alarms_until_somebody_does(api: Api, clock: ManualClock) -> None:
    crew = await make_crew(api.service.world, api.city)
    desk, supervisor = crew.caller(StaffRole.DESK), crew.caller(StaffRole.SUPERVISOR)
    access = await open_record(api.service.world, desk, Wanted(api.city.documents[0]), "Found unconscious, no papers")
    assert isinstance(access, Access)
    name = "firsthand_emergency_reviews_overdue[]"
    clock.advance(REVIEW_WITHIN)
    assert await overdue(api) == []
    assert figures((await api.http.get("/metrics")).text)[name] == 0
    clock.advance(MICROSECOND)
    assert len(await overdue(api)) == 1
    assert figures((await api.http.get("/metrics")).text)[name] == 1
    await review_access(api.service.world, supervisor, access.id, justified=True, words="He came by ambulance")
    assert await overdue(api) == []
    assert figures((await api.http.get("/metrics")).text)[name] == 0


async def test_a_request_that_nobody_answers_alarms_until_somebody_does(api: Api, clock: ManualClock) -> None:
    world, name = api.service.world, "firsthand_requests_overdue[]"
    crew = await make_crew(world, api.city)
    request = await asked(world, api.city.person_ids[0], hospital_id=api.city.hospital_ids[0])
    await asked_to_delete(world, api.city, 1)  # which nobody has to answer
    clock.advance(ANSWER_WITHIN)
    assert await overdue(api, "requests") == []
    clock.advance(MICROSECOND)
    assert len(await overdue(api, "requests")) == 1
    assert figures((await api.http.get("/metrics")).text)[name] == 1
    supervisor = crew.caller(StaffRole.SUPERVISOR)
    assert isinstance(await answer_request(world, supervisor, request.id, granted=True, words=REASONS), Request)
    assert await overdue(api, "requests") == []


async def overdue(api: Api, about: str = "emergency") -> list[str]:
    """Return the alarms about something, from a process that is ready all the same."""
    ready = await api.http.get("/readyz")
    assert (ready.status_code, ready.json()["ready"]) == (200, True)
    return [alarm for alarm in ready.json()["alarms"] if about in alarm]


@contextmanager
def away(database: FreshDatabase) -> Iterator[None]:
    """Let the database end every connection and let in no new one, as one that is away does."""
    name = sql.Identifier(database.name)
    others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()"
    with psycopg.connect(database.server.admin_dsn(), autocommit=True) as admin:
        with psycopg.connect(database.dsn(Role.APP)) as application:  # only a role itself may end its connections
            admin.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(name))
            application.execute(others, (database.name,))
        yield
        admin.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(name))


async def test_a_process_without_its_database_lives_and_is_not_ready(api: Api, fresh_database: FreshDatabase) -> None:
    with away(fresh_database):
        assert (await api.http.get("/healthz")).status_code == 200
        ready = await api.http.get("/readyz")
        assert (ready.status_code, ready.json()["ready"]) == (503, False)
        metrics = await api.http.get("/metrics")
        assert metrics.status_code == 200
        assert figures(metrics.text)["firsthand_database_up[]"] == 0


async def test_figures_count_what_happened_and_name_nobody(api: Api) -> None:
    before = figures((await api.http.get("/metrics")).text)
    booked = await api.booked()
    await api.http.get(f"/api/v1/bookings/{booked['booking_id']}?secret=question", headers=api.as_person())
    await api.http.get(f"/api/v1/nowhere/{booked['code']}")
    await api.http.request("STEAL", "/api/v1/bookings")
    response = await api.http.get("/metrics")
    assert response.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    after = figures(response.text)

    def counted(method: str, route: str, status: int) -> float:
        labels = [("method", method), ("route", route), ("status", str(status))]
        name = f"firsthand_request_seconds_count{labels}"
        return after.get(name, 0) - before.get(name, 0)

    assert counted("POST", "/api/v1/bookings", 201) == 1
    assert counted("GET", "/api/v1/bookings/{booking_id}", 200) == 1
    assert counted("GET", "unknown", 404) == 1
    assert counted("other", "unknown", 405) == 1
    assert after["firsthand_database_up[]"] == 1
    assert after["firsthand_audit_unsealed_lines[]"] > 0
    requests = f"firsthand_gather_requests_total{[('action', 'take')]}"
    assert after[requests] - before.get(requests, 0) == 1
    people = [str(person_id) for person_id in api.city.person_ids]
    for private in (*people, *booked.values(), "Person", "P0000000", "secret", *api.person_tokens):
        assert private not in response.text


@pytest.mark.parametrize("given", ["0af7651916cd43dd", "a.client_s-own-id", "x" * 64])
async def test_a_sound_id_of_the_client_is_kept(api: Api, given: str) -> None:
    response = await api.http.get("/api/v1/bookings", headers={"X-Request-Id": given})
    assert response.headers["x-request-id"] == given
    assert assert_problem(response, 401, "not_signed_in")["instance"] == given


@pytest.mark.parametrize(
    "given", ["", "short", "x" * 65, "with space in it", "line\tfeed1234", "中文中文中文中文", "<script>1234"]
)
async def test_an_unsound_id_is_replaced(api: Api, given: str) -> None:
    response = await api.http.get("/api/v1/hospitals", headers=[(b"X-Request-Id", given.encode())])
    assert re.fullmatch("[0-9a-f]{16}", response.headers["x-request-id"])


async def test_a_request_is_logged_by_its_route_alone(api: Api) -> None:
    booked = await api.booked()
    private = [booked["booking_id"], booked["code"], "13800000000", api.person_tokens[0]]
    with capture_logs() as lines:
        await api.http.get(f"/api/v1/bookings/{private[0]}?phone={private[2]}", headers=api.as_person())
        await api.http.get(f"/api/v1/nothing/{private[1]}?phone={private[2]}", headers=api.as_person())
        await api.http.get(f"/api/v1/sessions?text={private[2]}&page=none")
        await api.http.post("/api/v1/bookings", json={"session_id": private[1]}, headers=api.as_person())
    assert [(line["event"], line["method"], line["route"], line["status"]) for line in lines] == [
        ("request", "GET", "/api/v1/bookings/{booking_id}", 200),
        ("request", "GET", "unknown", 404),
        ("request", "GET", "/api/v1/sessions", 400),
        ("request", "POST", "/api/v1/bookings", 400),
    ]
    for value in private:
        assert value not in str(lines)
