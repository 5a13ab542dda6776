"""What the API offers to all, who is let in where, and what stands around every answer."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from litestar import HttpMethod

from firsthand.channels.observe import HEADERS
from firsthand.platform.world import World
from tests.api_client import Api, assert_problem, bearer
from tests.city import Opening, publish
from tests.conftest import FreshDatabase
from tests.people import as_owner

NOBODY = "00000000-0000-0000-0000-000000000000"


async def test_hospitals_and_sessions_are_open_to_all(api: Api) -> None:
    hospitals = (await api.http.get("/api/v1/hospitals")).json()
    assert [hospital["name"] for hospital in hospitals] == ["Hospital 0", "Hospital 1"]
    found = (await api.http.get("/api/v1/sessions")).json()
    assert (found["total"], found["page"], len(found["sessions"])) == (2, 1, 2)
    (first, _) = found["sessions"]
    assert (first["department"], first["day"], first["starts_at"], first["time_zone"], first["places_left"]) == (
        "Dermatology",
        "2026-03-03",
        "2026-03-03T01:00:00Z",
        "Asia/Shanghai",
        2,
    )
    one = await api.http.get(f"/api/v1/sessions/{first['id']}")
    assert one.json() == first
    assert_problem(await api.http.get(f"/api/v1/sessions/{NOBODY}"), 404, "session_unknown")


@pytest.mark.parametrize(
    ("query", "total"),
    [
        ("hospital={hospital}", 1),
        (f"hospital={NOBODY}", 0),
        ("text=dermatology", 2),
        ("text=皮肤", 0),
        ("text=%25_%27", 0),
        ("from=2026-03-03&to=2026-03-03", 2),
        ("from=2026-03-04", 0),
        ("to=2026-03-02", 0),
        ("from=0001-01-01&to=9999-12-31", 2),
        ("page=10000", 2),
    ],
)
async def test_sessions_are_searched(api: Api, query: str, total: int) -> None:
    response = await api.http.get(f"/api/v1/sessions?{query.format(hospital=api.city.hospital_ids[1])}")
    assert (response.status_code, response.json()["total"]) == (200, total)


async def test_nothing_is_left_of_a_session_that_was_withdrawn(api: Api, world: World) -> None:
    await publish(world, [Opening(2)])
    session = (await api.http.get(f"/api/v1/sessions/{api.city.session_ids[1]}")).json()
    assert (session["status"], session["places_left"]) == ("withdrawn", 0)
    assert (await api.http.get("/api/v1/sessions")).json()["total"] == 1


# Looking somebody up changes nothing, and a second try at these finds it done: a document or a pair is there once.
DONE_ONCE_ANYHOW = ("/api/v1/desk/people", "/api/v1/ties")


def operations(api: Api) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield the method, address and description of every operation that the API describes."""
    for path, item in api.app.openapi_schema.to_schema()["paths"].items():
        for method, operation in item.items():
            yield method.upper(), re.sub(r"\{\w+\}", str(NOBODY), path), operation


async def test_every_operation_says_whom_it_lets_in_and_keeps_to_it(api: Api, fresh_database: FreshDatabase) -> None:
    before = as_owner(fresh_database, "SELECT count(*) FROM audit.line")
    closed = 0
    for method, address, operation in operations(api):
        if "security" not in operation:
            proves = "token" in address or operation["tags"] == ["gateway"]
            assert 401 not in {int(status) for status in operation["responses"]} or proves
            continue
        closed += 1
        assert operation["security"] == [{"bearer": []}]
        for headers in ({}, {"Authorization": "Basic abc"}, {"Authorization": "Bearer"}, bearer("guessed")):
            response = await api.http.request(method, address, headers=headers)
            assert_problem(response, 401, "not_signed_in")
            assert response.headers["www-authenticate"] == "Bearer"
        outsider = {"desk": api.as_person(key="k"), "bookings": api.as_desk(key="k")}.get(operation["tags"][0])
        if outsider:
            assert_problem(await api.http.request(method, address, headers=outsider), 403, "not_permitted")
    assert closed == 25
    assert as_owner(fresh_database, "SELECT count(*) FROM audit.line") == before


async def test_the_description_is_openapi_3_1_and_says_what_every_operation_needs(api: Api) -> None:
    described = (await api.http.get("/api/openapi.json")).json()
    assert described["openapi"].startswith("3.1.")
    assert described["components"]["securitySchemes"] == {"bearer": {"type": "http", "scheme": "bearer"}}
    assert described["components"]["schemas"]["Problem"]["required"] == [
        "detail",
        "instance",
        "status",
        "title",
        "type",
    ]
    for method, address, operation in operations(api):
        keys = [one for one in operation.get("parameters", []) if one["name"] == "Idempotency-Key"]
        done_once = address.startswith(DONE_ONCE_ANYHOW) and not address.endswith("/bookings")
        changes = method == "POST" and "security" in operation and not done_once
        assert bool(keys) == changes, address
        assert all(key["required"] and key["in"] == "header" for key in keys)
        for status, response in operation["responses"].items():
            if int(status) >= 400:
                assert list(response["content"]) == ["application/problem+json"], (address, status)


def methods_in(response: httpx.Response) -> set[str]:
    """Return the methods that an answer says are allowed."""
    return {method.strip() for method in response.headers["allow"].split(",")}


async def test_a_wrong_method_or_address_is_said_so(api: Api) -> None:
    methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "BREW"]
    known: dict[str, set[str]] = {}
    for method, address, _ in operations(api):
        known.setdefault(address, set()).add(method)
    for address, allowed in known.items():
        for method in sorted(set(methods) - allowed):
            response = await api.http.request(method, address, headers=api.as_person())
            if method != "HEAD":  # whose answers have no body
                assert_problem(response, 405, "method_not_allowed")
            assert methods_in(response) == allowed | {HttpMethod.OPTIONS}
        asked = await api.http.options(address, headers=api.as_desk() if "/desk/" in address else api.as_person())
        assert (asked.status_code, methods_in(asked)) == (204, allowed | {HttpMethod.OPTIONS})
    for address in ("/api/v1/", "/api/v1/nowhere", "/api/v2/hospitals", "/api/v1/bookings/not-an-id", "/api/v1/%00"):
        assert_problem(await api.http.get(address), 404, "unknown_address")


@pytest.mark.parametrize(
    "address", ["/api/v1/hospitals", "/api/v1/bookings", "/api/v1/nowhere", "/healthz", "/nowhere"]
)
async def test_every_answer_has_an_id_and_safe_headers(api: Api, address: str) -> None:
    response = await api.http.get(address)
    assert len(response.headers["x-request-id"]) == 16
    for name, value in HEADERS.items():
        assert response.headers[name] == value
