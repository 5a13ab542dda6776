"""What no browser of ours would send: each gets a clear page, nothing is changed, and nothing fails."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

import pytest
from litestar import Litestar

from firsthand.platform.world import World
from tests.city import City, Opening, make_city
from tests.conftest import FreshDatabase
from tests.visitor import FORM, Visitor, forms_of, kept, visiting

NIL = "00000000-0000-0000-0000-000000000000"
MULTIPART = b'--x\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n1\r\n--x--\r\n'


@dataclass(frozen=True, slots=True)
class Case:
    """One request and the status that it gets. fields: what differs from the form as the page gave it."""

    name: str
    status: int
    fields: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    content_type: str = FORM


def bodies() -> Iterator[Case]:
    """Yield bodies that are no form at all, for any address that takes one."""
    yield Case("an empty body", 403, body=b"")
    yield Case("no content type", 415, body=b"csrf=1", content_type="")
    yield Case("JSON", 415, body=b"{}", content_type="application/json")
    yield Case("multipart", 415, body=MULTIPART, content_type="multipart/form-data; boundary=x")
    yield Case("bytes that are not UTF-8", 400, body=b"csrf=\xff\xfe")
    yield Case("escapes that are not UTF-8", 400, body=b"csrf=%ff%fe")
    yield Case("half a character", 400, body="csrf=好".encode()[:-1])
    yield Case("UTF-16", 400, body="csrf=1".encode("utf-16"))
    yield Case("a surrogate", 400, body=b"csrf=%ed%a0%80")
    yield Case("a NUL", 400, body=b"csrf=1&code=%00")
    yield Case("too many fields", 400, body=b"&".join(b"a=1" for _ in range(33)))
    yield Case("a value too long", 400, body=b"name=" + b"x" * 1001)
    yield Case("a body too large", 413, body=b"name=" + b"x" * 40_000)
    yield Case("only separators", 403, body=b"&&&;;;===")
    yield Case("broken escapes", 403, body=b"csrf=%zz%u0041%")


def registrations() -> Iterator[Case]:
    """Yield registrations with something senseless in them."""
    good = {"name": "Ana", "document_type": "passport", "document_number": "AB12345", "phone": "+5511987654321"}
    for name, wrong in (
        ("a name of spaces", {"name": "\u3000 \u00a0"}),
        ("a name of line ends", {"name": "Ana\r\nBcc: x"}),
        ("a name turned around", {"name": "Ana\u202e"}),
        ("a name of digits", {"name": "12345"}),
        ("a name that is too long", {"name": "王" * 101}),
        ("a type that there is not", {"document_type": "library_card"}),
        ("a type in capitals", {"document_type": "PASSPORT"}),
        ("a number of spaces", {"document_number": " "}),
        ("a number with markup", {"document_number": "<script>"}),
        ("a number that is too long", {"document_number": "A" * 999}),
        (
            "a resident number with a wrong digit",
            {"document_type": "resident_id", "document_number": "110101199001010013"},
        ),
        ("a resident born on no day", {"document_type": "resident_id", "document_number": "110101199002300014"}),
        ("a phone of letters", {"phone": "call me"}),
        ("a phone that is too short", {"phone": "+86 12"}),
        ("a phone of another alphabet's digits", {"phone": "١٢٣"}),
        ("a phone with SQL", {"phone": "1'; DROP TABLE x; --"}),
        ("a language that there is not", {"language": "tlh"}),
    ):
        yield Case(name, 422, {"language": "en", **good, **wrong})


def codes() -> Iterator[Case]:
    """Yield one-time codes and attempts that are none."""
    for code in ("", "   ", "\u3000"):
        yield Case(f"the code {code!r}", 422, {"attempt": NIL, "code": code})
    for code in ("12345", "1234567", "abcdef", "12 34 5x", "-12345", "1e5", "٠١٢٣٤٥٦", "9" * 51, "'--", "12345\u200b"):
        yield Case(f"the code {code!r}", 401, {"attempt": NIL, "code": code})
    for attempt in ("", "x", NIL[:-1], "{" + NIL + "}", "urn:uuid:" + NIL, NIL.replace("-", ""), "9" * 900):
        yield Case(f"the attempt {attempt!r}", 401, {"attempt": attempt, "code": "123456"})


def keys() -> Iterator[Case]:
    """Yield keys under which nothing can be asked."""
    for key in ("", "x" * 65, "é", "a\tb", "\u202e", "a\nb"):
        yield Case(f"the key {key!r}", 400, {"idempotency_key": key})


@pytest.fixture
async def city(world: World) -> City:
    return await make_city(world, sessions=[Opening(day=0), Opening(day=1)], persons=1)


async def check(visitor: Visitor, address: str, action: str, cases: Iterator[Case], database: FreshDatabase) -> int:
    """Send each case where the form of a page goes, and see that it is told and changes nothing."""
    fields = forms_of(await visitor.open(address))[action].fields
    before, count = kept(database), 0
    for case in cases:
        body = case.body if case.body is not None else urlencode({**fields, **case.fields}).encode()
        answer = await visitor.post(action, body, {"content-type": case.content_type})
        assert answer.status_code == case.status, (action, case.name, answer.status_code)
        assert answer.headers["content-type"] == "text/html; charset=utf-8", case.name
        assert "<h1" in answer.text, case.name
        assert "<script>" not in answer.text.replace('<script src="', ""), case.name
        count += 1
    assert kept(database) == before, action
    assert count > 0
    return count


async def test_forms_of_strangers_that_make_no_sense(app: Litestar, fresh_database: FreshDatabase) -> None:
    async with visiting(app) as visitor:
        for address in ("/sign-in", "/register", "/desk/sign-in"):
            assert await check(visitor, address, address, bodies(), fresh_database) == 15
        assert await check(visitor, "/register", "/register", registrations(), fresh_database) == 17
        code = f"/sign-in/code?attempt={NIL}"
        assert await check(visitor, code, "/sign-in/code", codes(), fresh_database) == 20


async def test_forms_of_a_person_that_make_no_sense(
    app: Litestar, world: World, city: City, fresh_database: FreshDatabase
) -> None:
    async with visiting(app) as visitor:
        await visitor.sign_in(world, city.documents[0])
        session = f"/sessions/{city.session_ids[1]}"
        for cases in (bodies(), keys()):
            await check(visitor, session, f"{session}/hold", cases, fresh_database)
        await visitor.open(session)
        here = (await visitor.send(f"{session}/hold")).url.path
        for action in ("confirm", "give-back"):
            for cases in (bodies(), keys()):
                await check(visitor, here, f"{here}/{action}", cases, fresh_database)


async def test_forms_of_a_clerk_that_make_no_sense(app: Litestar, city: City, fresh_database: FreshDatabase) -> None:
    shown = {"code": "0" * 12, "document_type": "passport", "document_number": city.documents[0].number}

    def scans() -> Iterator[Case]:
        for code in (
            "",
            "0" * 11,
            "0" * 13,
            "UUUUUUUUUUUU",
            "好" * 12,
            "0" * 65,
            "https://evil.example/",
            "\u202e" * 12,
        ):
            yield Case(f"the code {code!r}", 422, {**shown, "code": code})
        for key in keys():
            yield Case(key.name, key.status, {**shown, **key.fields})

    async with visiting(app) as clerk:
        await clerk.sign_in_at_desk()
        await check(clerk, "/desk", "/desk/check-in", bodies(), fresh_database)
        await check(clerk, "/desk", "/desk/check-in", scans(), fresh_database)


async def test_addresses_that_make_no_sense(
    app: Litestar, world: World, city: City, fresh_database: FreshDatabase
) -> None:
    addresses = {
        "/?text=%00": 400,
        "/?text=%ff": 400,
        "/?text=%ed%a0%80": 400,
        "/?" + "&".join("a=1" for _ in range(33)): 400,
        "/?text=" + "x" * 1001: 400,
        "/?page=-1": 200,
        "/?page=1e9": 200,
        "/?page=99999999999999999999": 200,
        "/?page=%D9%A1": 200,
        "/?lang=%27%22%3E%3Cscript%3E": 200,
        "/?hospital=%27%3B--": 200,
        "/?from=0000-00-00&to=9999-99-99": 200,
        "/?from=0001-01-01&to=9999-12-31": 200,
        "/sessions/" + quote("../../etc/passwd", safe=""): 404,
        "/sessions/" + "9" * 5000: 404,
        f"/sessions/{NIL}": 404,
        f"/bookings/{NIL}": 404,
        "/bookings/%00": 404,
        "/bookings/%ff": 404,
        "/bookings/x/calendar.ics": 404,
        f"/bookings/{NIL}/confirm": 405,
        "/sign-in/code?attempt=x": 200,
        "/sign-in?next=" + "%2F" * 400: 200,
        "/desk/check-in": 405,
        "/.env": 404,
        "/static/": 404,
    }
    async with visiting(app) as visitor:
        await visitor.sign_in(world, city.documents[0])
        before = kept(fresh_database)
        for address, status in addresses.items():
            answer = await visitor.open(address)
            assert answer.status_code == status, address
            assert "<script>" not in answer.text, address
            assert "<h1" in answer.text, address
        assert kept(fresh_database) == before
        for cookies in ("firsthand_session=" + "x" * 5000, "firsthand_session=\xff", "firsthand_lang=\x01; ;;==", "="):
            answer = await visitor.client.get("/about", headers=[(b"cookie", cookies.encode("latin-1"))])
            assert answer.status_code == 200, cookies
