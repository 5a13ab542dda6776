"""Whatever arrives instead of a request: a clear problem comes back, and nothing has changed.

What asks for a code or a password is counted, and audited, by design; so these tables are left out where they are.
"""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Final

import httpx
import pytest
import pytest_asyncio

from firsthand.channels.api.body import BODY_BYTES_MAX
from firsthand.platform.chance import SeededChance
from firsthand.platform.clock import ManualClock
from firsthand.platform.crypto import make_keyring
from firsthand.platform.database import Database
from firsthand.platform.postgres import EmbeddedServer, Role
from firsthand.platform.world import World
from tests.api_client import PROBLEM, Api, contents, open_api
from tests.city import Opening, make_city
from tests.conftest import START, FreshDatabase, copied_database

pytestmark = pytest.mark.asyncio(loop_scope="module")

SESSION, BOOKING = "SESSION", "BOOKING"  # stand for ids that there are
COUNTED: Final = ("audit.line", "platform.attempt")
JSON: Final[Mapping[str, bytes | str]] = {"Content-Type": "application/json"}


@dataclass(frozen=True, slots=True)
class Wrong:
    """A request that is wrong, who sends it, and what it must be told."""

    name: str
    status: int
    address: str
    method: str = "POST"
    body: bytes | None = None
    headers: Mapping[str, bytes | str] = field(default_factory=dict)
    sender: str = "person"
    key: bool = True


def take(name: str, status: int, body: bytes, **headers: bytes | str) -> Wrong:
    """A take whose body is wrong."""
    given = {header.replace("_", "-"): value for header, value in headers.items()}
    return Wrong(name, status, "/bookings", body=body, headers={**JSON, **given})


def post(name: str, status: int, address: str, fields: Mapping[str, object], sender: str = "nobody") -> Wrong:
    """A well-formed body that says something impossible. JSON can spell what text cannot be."""
    return Wrong(name, status, address, body=json.dumps(fields).encode(), headers=JSON, sender=sender)


def get(name: str, status: int, address: str, sender: str = "nobody") -> Wrong:
    """An address that asks for something impossible."""
    return Wrong(name, status, address, method="GET", sender=sender)


GOOD: Final = b'{"session_id": "SESSION"}'
PERSON: Final[Mapping[str, object]] = {"document_type": "passport", "document_number": "P0000000"}
NEW: Final[Mapping[str, object]] = {**PERSON, "name": "Li", "phone": "+8613800000000"}
ENTRY: Final[Mapping[str, object]] = {"attempt": SESSION, "code": "123456"}
CLERK: Final[Mapping[str, object]] = {"username": "desk0", "password": "violet harbour lantern"}
ARRIVING: Final[Mapping[str, object]] = {**PERSON, "code": "0" * 12}
WANTED: Final[Mapping[str, object]] = {**PERSON, "session_id": SESSION}
WRONG: Final = [
    # bodies that are no JSON, or not in UTF-8
    take("empty", 400, b""),
    take("no json", 400, b"session_id=SESSION"),
    take("cut off", 400, GOOD[:-1]),
    take("two texts", 400, GOOD + GOOD),
    take("utf-16", 400, GOOD.decode().encode("utf-16")),
    take("utf-8 with a mark", 400, b"\xef\xbb\xbf" + GOOD),
    take("latin-1", 400, b'{"session_id": "\xe9"}'),
    take("overlong utf-8", 400, b'{"session_id": "\xc0\x80"}'),
    take("raw control character", 400, b'{"session_id": "\x00"}'),
    take("lone surrogate", 400, b'{"session_id": "\\ud800"}'),
    take("encoded surrogate", 400, b'{"session_id": "\xed\xa0\x80"}'),
    take("nan", 400, b'{"session_id": NaN}'),
    take("infinity", 400, b'{"session_id": -Infinity}'),
    take("comment", 400, b'{"session_id": "SESSION" /* please */}'),
    take("nested without end", 400, b"[" * 60_000),
    take("nested objects", 400, b'{"a":' * 9_000 + b"1" + b"}" * 9_000),
    take("a number of 10,000 digits", 400, b'{"session_id": ' + b"9" * 10_000 + b"}"),
    # JSON of another form
    take("null", 400, b"null"),
    take("array", 400, b'["SESSION"]'),
    take("string", 400, b'"SESSION"'),
    take("no field", 400, b"{}"),
    take("unknown field", 400, b'{"session_id": "SESSION", "doctor_id": "SESSION"}'),
    take("field in capitals", 400, b'{"SESSION_ID": "SESSION"}'),
    take("field twice", 400, b'{"session_id": "SESSION", "session_id": "SESSION"}'),
    take("field twice, spelt otherwise", 400, b'{"session_id": "SESSION", "session\\u005fid": "SESSION"}'),
    take("id is a number", 400, b'{"session_id": 1}'),
    take("id is no id", 400, b'{"session_id": "SESSIONx"}'),
    take("id with a NUL", 400, b'{"session_id": "SESSION\\u0000"}'),
    take("id is null", 400, b'{"session_id": null}'),
    # media types, codings, sizes
    take("form", 415, GOOD, Content_Type="application/x-www-form-urlencoded"),
    take("text", 415, GOOD, Content_Type="text/plain"),
    take("multipart", 415, GOOD, Content_Type="multipart/form-data; boundary=x"),
    take("no such media type", 415, GOOD, Content_Type=";;;"),
    take("other charset", 415, GOOD, Content_Type="application/json; charset=gbk"),
    take("compressed", 415, GOOD, Content_Encoding="gzip"),
    take("too large", 413, b" " * BODY_BYTES_MAX + GOOD),
    take("too large, and says less", 413, b" " * BODY_BYTES_MAX + GOOD, Content_Length="10"),
    Wrong("untyped", 415, "/bookings", body=GOOD),
    Wrong("untyped where none belongs", 415, "/bookings/BOOKING/return", body=b"x"),
    # keys and tokens
    Wrong("no key", 400, "/bookings", body=GOOD, headers=JSON, key=False),
    take("key with a control character", 400, GOOD, Idempotency_Key=b"\x01\x02"),
    take("key in another alphabet", 400, GOOD, Idempotency_Key="键".encode()),
    take("key of 60,000 characters", 400, GOOD, Idempotency_Key=b"k" * 60_000),
    take("token with control characters", 401, GOOD, Authorization=b"Bearer \x00\xff"),
    take("token of 60,000 characters", 401, GOOD, Authorization=b"Bearer " + b"t" * 60_000),
    take("two tokens in one", 401, GOOD, Authorization=b"Bearer a, Bearer b"),
    take("another scheme", 401, GOOD, Authorization=b"Digest username=x"),
    # ids and addresses
    get("id too short", 404, "/bookings/1234", "person"),
    get("address with a NUL", 404, "/bookings/%00", "person"),
    get("id in braces", 404, "/sessions/{0}"),
    get("id that climbs", 404, "/sessions/..%2f..%2fhealthz"),
    get("address of 8,000 characters", 404, "/" + "x" * 8_000),
    get("address that is no utf-8", 404, "/%ff%fe"),
    Wrong("unknown method", 405, "/bookings", method="STEAL"),
    Wrong("other method", 405, "/bookings", method="PUT", body=GOOD, headers=JSON),
    # questions
    get("text with a NUL", 400, "/sessions?text=a%00b"),
    get("text of 101 characters", 400, "/sessions?text=" + "x" * 101),
    get("page 0", 400, "/sessions?page=0"),
    get("page -1", 400, "/sessions?page=-1"),
    get("page without end", 400, "/sessions?page=" + "9" * 30),
    get("page and a half", 400, "/sessions?page=1.5"),
    get("page in words", 400, "/sessions?page=one"),
    get("hospital is no id", 400, "/sessions?hospital=first"),
    get("year 0", 400, "/sessions?from=0000-01-01"),
    get("year 10000", 400, "/sessions?to=10000-01-01"),
    get("30 February", 400, "/sessions?from=2026-02-30"),
    get("a day as an instant", 400, "/sessions?from=2026-03-02T00:00:00Z"),
    get("no day", 400, "/desk/day", "desk"),
    get("a day in words", 400, "/desk/day?day=today", "desk"),
    get("a day with a NUL", 400, "/desk/day?day=2026-03-02%00", "desk"),
    # documents, names, codes and passwords
    post("document with a NUL", 422, "/sign-in-codes", {**PERSON, "document_number": "P\0001234"}),
    post("type with a NUL", 422, "/sign-in-codes", {**PERSON, "document_type": "passport\0"}),
    post("document of 101 characters", 400, "/sign-in-codes", {**PERSON, "document_number": "P" * 101}),
    post("document is a list", 400, "/sign-in-codes", {**PERSON, "document_number": ["P0000000"]}),
    post("name with a NUL", 422, "/registrations", {**NEW, "name": "Li\0"}),
    post("name turned round", 422, "/registrations", {**NEW, "name": "Li\u202eiL"}),
    post("name is a surrogate", 400, "/registrations", {**NEW, "name": "\udfff"}),
    post("name of 201 characters", 400, "/registrations", {**NEW, "name": "n" * 201}),
    post("phone with a NUL", 422, "/registrations", {**NEW, "phone": "+861380000000\0"}),
    post("language with a NUL", 422, "/registrations", {**NEW, "language": "en\0"}),
    post("attempt is no id", 400, "/tokens", {**ENTRY, "attempt": "1"}),
    post("one-time code with a NUL", 401, "/tokens", {**ENTRY, "code": "12345\0"}),
    post("one-time code is a number", 400, "/tokens", {**ENTRY, "code": 123456}),
    post("username with a NUL", 401, "/staff-tokens", {**CLERK, "username": "desk0\0"}),
    post("password with a NUL", 401, "/staff-tokens", {**CLERK, "password": "\0"}),
    post("password is a surrogate", 400, "/staff-tokens", {**CLERK, "password": "\ud800"}),
    post("password of 501 characters", 400, "/staff-tokens", {**CLERK, "password": "p" * 501}),
    # the desk
    post("code with a NUL at the desk", 422, "/desk/check-ins", {**ARRIVING, "code": "00000\000000000"}, "desk"),
    post("code in another alphabet", 422, "/desk/check-ins", {**ARRIVING, "code": "Å" * 12}, "desk"),
    post("code of 65 characters", 400, "/desk/check-ins", {**ARRIVING, "code": "0" * 65}, "desk"),
    post("no document", 400, "/desk/check-ins", {"code": "0" * 12}, "desk"),
    post("empty document", 400, "/desk/check-ins", {**ARRIVING, "document_number": ""}, "desk"),
    post("pool that there is not", 400, "/desk/bookings", {**WANTED, "pool": "withdrawn"}, "desk"),
    post("pool with a line break", 400, "/desk/bookings", {**WANTED, "pool": "open\n"}, "desk"),
]  # fmt: skip


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def opened(server: EmbeddedServer) -> AsyncIterator[tuple[Api, FreshDatabase, str]]:
    """One city for the whole file: nothing changes in it."""
    with copied_database(server) as fresh_database:
        database = Database(fresh_database.dsn(Role.APP), connections_max=4)
        await database.open()
        world = World(database, ManualClock(START), SeededChance(1), make_keyring())
        city = await make_city(world, sessions=[Opening(places=2)])
        async with open_api(world, city) as api:
            yield api, fresh_database, (await api.booked())["booking_id"]
        await database.close()


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong.name)
async def test_what_is_wrong_is_said_and_changes_nothing(opened: tuple[Api, FreshDatabase, str], wrong: Wrong) -> None:
    api, database, booking_id = opened
    before = contents(database, without=COUNTED)
    response = await api.http.send(request_of(api, wrong, booking_id))
    assert response.status_code == wrong.status, response.text
    assert response.headers["content-type"] == PROBLEM
    problem = response.json()
    assert problem["type"].startswith("urn:firsthand:problem:")
    assert (problem["status"], problem["instance"]) == (wrong.status, response.headers["x-request-id"])
    assert len(problem["detail"]) > 10
    assert contents(database, without=COUNTED) == before


def request_of(api: Api, wrong: Wrong, booking_id: str) -> httpx.Request:
    """Put a wrong request together, byte for byte."""
    headers: dict[str, bytes | str] = {}
    if wrong.sender != "nobody":
        headers |= api.as_person() if wrong.sender == "person" else api.as_desk()
        headers |= {"Idempotency-Key": wrong.name} if wrong.key else {}
    raw = [
        (name.encode(), value if isinstance(value, bytes) else value.encode())
        for name, value in {**headers, **wrong.headers}.items()
    ]
    session_id = str(api.city.session_ids[0])
    body = wrong.body.replace(SESSION.encode(), session_id.encode()) if wrong.body is not None else None
    address = wrong.address.replace(BOOKING, booking_id)
    return api.http.build_request(wrong.method, f"/api/v1{address}", headers=raw, content=body)


async def test_the_wrong_requests_are_wrong_in_what_they_say_alone(opened: tuple[Api, FreshDatabase, str]) -> None:
    """The same addresses, senders and headers work with a sound body: what is refused above is refused for itself."""
    api, _, _ = opened
    assert (await api.http.send(request_of(api, take("sound", 201, GOOD), ""))).status_code == 409
    assert (await api.http.send(request_of(api, get("sound", 200, "/sessions?text=a&page=1"), ""))).status_code == 200
    day = get("sound", 200, "/desk/day?day=2026-03-03", "desk")
    assert (await api.http.send(request_of(api, day, ""))).status_code == 200
    assert len(WRONG) >= 40
    assert len({wrong.name for wrong in WRONG}) == len(WRONG)
